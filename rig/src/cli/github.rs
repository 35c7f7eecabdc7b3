//! What a job on GitHub shows of a result: Markdown on its page, and annotations.
//!
//! Apart from `output`, because nothing here happens unless the environment asks for it. The page is the file that
//! `$GITHUB_STEP_SUMMARY` names; annotations are lines on stderr, since stdout is the result's.
use super::exit::Failure;
use reports::outputs;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

/// Bytes that GitHub takes for the page of one step; it drops all of it when there are more.
const LIMIT: u64 = 1 << 20;

/// Puts `markdown` on the page, and tells `say` the `annotations`, each where the environment asks for it.
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
