//! Earlier results in a folder, moved aside before a new run begins there: into `previous/1`, `previous/2` and so on.
use input::text::printable;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folder of earlier results.
const PREVIOUS: &str = "previous";
/// Names of the parts of a result. The file that represents the result is first, so that a kill leaves no result older
/// than the run.
const NAMES: [&str; 6] =
    ["run.json", reports::cells::FOLDER, "report.html", "env.json", "scenario.toml", super::RECORDINGS];

/// Moves the result in `folder` aside; returns its new folder, or `None` if there was none.
///
/// # Errors
/// The error of the file system.
pub(super) fn move_aside(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut there: Vec<PathBuf> = NAMES.iter().map(|name| folder.join(name)).collect();
    there.retain(|path| path.symlink_metadata().is_ok());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        there.extend(is_console(path.file_name().unwrap_or_default()).then_some(path));
    }
    if there.is_empty() {
        return Ok(None);
    }
    let aside = fresh(&folder.join(PREVIOUS))?;
    for path in there {
        fs::rename(&path, aside.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(Some(aside))
}

/// Reports whether this is the console of a guest.
fn is_console(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("console-") && name.ends_with(".log"))
}

/// Makes the folder with the next number.
fn fresh(previous: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(previous)?;
    let mut last = 0;
    for entry in fs::read_dir(previous)? {
        let number = entry?.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
        last = last.max(number.unwrap_or(0));
    }
    let path = previous.join((last + 1).to_string());
    fs::create_dir(&path)?;
    Ok(path)
}

/// Returns words about earlier results in `folder`; empty if there are none.
pub(crate) fn earlier(folder: &Path) -> String {
    let previous = folder.join(PREVIOUS);
    if !previous.is_dir() {
        return String::new();
    }
    format!("; earlier results are in {}", printable(&previous.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_result_is_moved_and_each_gets_a_folder_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (path, at) = (folder.path(), |name: &str| folder.path().join(name));
        fs::write(at("notes.txt"), "mine").unwrap();
        assert_eq!(move_aside(path).unwrap(), None);
        fs::write(at("run.json"), "1").unwrap();
        fs::write(at("console-v1.log"), "1").unwrap();
        assert_eq!(move_aside(path).unwrap(), Some(at("previous/1")));
        fs::create_dir(at("cells")).unwrap();
        fs::write(at("cells/00000.json"), "2").unwrap();
        assert_eq!(move_aside(path).unwrap(), Some(at("previous/2")));
        assert!(at("previous/1/run.json").exists() && at("previous/1/console-v1.log").exists());
        assert!(at("previous/2/cells/00000.json").exists());
        let mut left: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["notes.txt", "previous"]);
    }
}
