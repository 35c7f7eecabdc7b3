//! The part of a result that a job on GitHub shows: Markdown on its page, and annotations.
//!
//! Separate from `output`, because nothing here happens unless the environment requests it. The page is the file that
//! `$GITHUB_STEP_SUMMARY` names. Annotations are lines on stderr, since stdout is for the result.
use super::exit::Failure;
use reports::outputs;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

/// Most bytes that GitHub accepts for the page of one step; it drops the whole page if there are more.
const LIMIT: u64 = 1 << 20;

/// Appends `markdown` to the page, and passes the `annotations` to `say`, each if the environment requests it.
pub(super) fn tell(markdown: &str, annotations: &[String], say: fn(&str)) -> Result<(), Failure> {
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|set| set == "true") {
        annotations.iter().for_each(|line| say(line));
    }
    match std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) {
        Some(file) => append(Path::new(&file), markdown),
        None => Ok(()),
    }
}

fn append(file: &Path, markdown: &str) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        let mut page = OpenOptions::new().create(true).append(true).open(file)?;
        let room = LIMIT.saturating_sub(page.metadata()?.len());
        page.write_all(outputs::fitted(markdown, usize::try_from(room).unwrap_or(usize::MAX)).as_bytes())
    };
    write().map_err(|error| {
        let file = file.display();
        Failure::unwritten(format!(
            "cannot append to {file}: {error}; unset GITHUB_STEP_SUMMARY, or name a file"
        ))
    })
}
