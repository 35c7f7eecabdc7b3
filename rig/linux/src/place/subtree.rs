//! Controllers of v2: which of them the children of a cgroup get. Separate from `group`, since init of a guest needs it
//! too.
use std::fs;
use std::io;
use std::path::Path;

/// Controllers that take part in a move, in the kernel's order; others would only add a cost that is not of interest.
const WANTED: [&str; 4] = ["cpuset", "cpu", "memory", "pids"];

/// Enables, for children of `folder`, the controllers that it offers and `allowed` names. Returns those that are
/// enabled then, in the kernel's order. A folder without `cgroup.controllers` offers nothing.
///
/// # Errors
/// The kernel's answer, with the file: for example EBUSY, where `folder` itself holds processes.
pub(crate) fn enable(folder: &Path, allowed: &[&str]) -> Result<Vec<String>, (String, io::Error)> {
    let offered = match fs::read_to_string(folder.join("cgroup.controllers")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        offered => {
            offered.map_err(|error| (format!("read {}/cgroup.controllers", folder.display()), error))?
        }
    };
    let enabled = chosen(&offered, allowed);
    let file = folder.join("cgroup.subtree_control");
    for name in &enabled {
        fs::write(&file, format!("+{name}"))
            .map_err(|error| (format!("enable {name} by {}", file.display()), error))?;
    }
    Ok(enabled)
}

/// Enables everything that is wanted.
///
/// # Errors
/// As [`enable`].
pub(crate) fn enable_all(folder: &Path) -> Result<Vec<String>, (String, io::Error)> {
    enable(folder, &WANTED)
}

fn chosen(offered: &str, allowed: &[&str]) -> Vec<String> {
    let wanted = |name: &&str| WANTED.contains(name) && allowed.contains(name);
    offered.split_whitespace().filter(wanted).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_offered_wanted_and_allowed_is_enabled() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(enable_all(folder.path()).unwrap(), [""; 0]);
        fs::write(folder.path().join("cgroup.controllers"), "cpuset cpu io memory hugetlb pids rdma\n")
            .unwrap();
        assert_eq!(enable_all(folder.path()).unwrap(), ["cpuset", "cpu", "memory", "pids"]);
        assert_eq!(enable(folder.path(), &["pids", "cpuset", "io"]).unwrap(), ["cpuset", "pids"]);
        assert_eq!(fs::read_to_string(folder.path().join("cgroup.subtree_control")).unwrap(), "+pids");
        fs::remove_file(folder.path().join("cgroup.subtree_control")).unwrap();
        fs::create_dir(folder.path().join("cgroup.subtree_control")).unwrap();
        assert!(enable_all(folder.path()).unwrap_err().0.contains("enable cpuset by"));
    }
}
