//! `completions` and `man`: scripts for shells and pages for `man`, generated from the flags.
use super::exit::Failure;
use super::flags::{Cli, CompletionsFlags, ManFlags};
use super::streams;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use reports::exit::Exit;
use reports::json::write_atomic;
use std::path::Path;

pub(super) fn completions(flags: &CompletionsFlags) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut Cli::command(), "attach-rig", &mut script);
    streams::bytes(&script).map(|()| Exit::AsExpected)
}

pub(super) fn man(flags: &ManFlags) -> Result<Exit, Failure> {
    let mut all = Cli::command().disable_help_subcommand(true);
    // Names of subcommands become `attach-rig run`, and global flags are on each page.
    all.build();
    match &flags.dir {
        None => streams::bytes(&page(&all, "attach-rig")?)?,
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(|error| {
                Failure::unwritten(format!("cannot make {}: {error}; name another folder", dir.display()))
            })?;
            pages(&all, "attach-rig", dir)?;
        }
    }
    Ok(Exit::AsExpected)
}

/// Writes the page of `command`, and that of each command below it.
fn pages(command: &Command, name: &str, dir: &Path) -> Result<(), Failure> {
    write_atomic(&dir.join(format!("{name}.1")), &page(command, name)?).map_err(Failure::unwritten)?;
    command.get_subcommands().try_for_each(|one| pages(one, &format!("{name}-{}", one.get_name()), dir))
}

fn page(command: &Command, name: &str) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command.clone()).title(name).render(&mut page).map_err(Failure::internal)?;
    Ok(page)
}
