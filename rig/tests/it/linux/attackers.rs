//! A user who may write to every world-writable folder, against another user and against root. Nothing of the victims
//! changes.
//!
//! The two users have no entry in `/etc/passwd`; the test takes their numbers, for which it needs root.
#![allow(clippy::print_stdout, reason = "the racer says that it races")]
mod cleans;
mod racer;

use crate::cgroups::{groups_of, skipped};
use crate::support::BINARY;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const VICTIM: u32 = 3_000_001;
const MALLORY: u32 = 3_000_002;
const DEAD: &str = "attach-rig-4194304-7";

/// A folder that every user may enter, with a copy of the command, a home of the victim and a file of the victim's.
struct Scene {
    folder: tempfile::TempDir,
    user: u32,
    process: Child,
}

impl Scene {
    fn new(user: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        mode(folder.path(), 0o755);
        fs::copy(BINARY, folder.path().join("attach-rig")).unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        fs::write(folder.path().join("home/keys"), "precious").unwrap();
        fs::create_dir_all(folder.path().join("precious").join(DEAD).join("a")).unwrap();
        for owned in ["home", "home/keys"] {
            chown(folder.path().join(owned), Some(user), Some(user)).unwrap();
        }
        let mut process = Command::new("sleep");
        let process = process.arg("600").uid(user).gid(user).stdin(Stdio::null()).spawn().unwrap();
        Self { folder, user, process }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Plants, as Mallory, a folder of manifests that name the process and the folder, and links to the file.
    fn plant(&self, base: &Path) -> PathBuf {
        let planted = base.join("attach-rig");
        fs::create_dir_all(&planted).unwrap();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let ticks = stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().to_owned();
        let (pid, boot, mount) = (self.process.id(), boot.trim(), self.path("precious"));
        let namespace = std::os::unix::fs::MetadataExt::ino(&fs::metadata("/proc/self/ns/pid").unwrap());
        let (earlier, now) =
            (planted.join("attach-rig-4194303-1.toml"), planted.join(format!("{DEAD}.toml")));
        let cgroup = mount.join(DEAD).join("a");
        fs::write(
            &earlier,
            format!("boot = \"{boot}\"\ncgroups = [{cgroup:?}]\nprocesses = [[{pid}, {ticks}]]\n"),
        )
        .unwrap();
        let header = format!("boot = \"{boot}\"\npid_namespace = {namespace}\nhierarchy = \"v2\"\n");
        let list = format!(
            "{header}mount = {mount:?}\nmount_root = 1\n\n[[cgroup]]\npath = \"{DEAD}/a\"\n\n[[process]]\npid = {pid}\n\
             start_ticks = {ticks}\n\n"
        );
        fs::write(&now, list).unwrap();
        symlink(self.path("home/keys"), planted.join("attach-rig-4194304-8.toml")).unwrap();
        for own in [&planted, &earlier, &now] {
            chown(own, Some(MALLORY), Some(MALLORY)).unwrap();
        }
        mode(&planted, 0o777);
        planted
    }

    /// Runs the command as the user, with every variable that names a folder set to `base`.
    fn run(&self, arguments: &[&str], base: &Path) -> Output {
        let mut command = Command::new(self.path("attach-rig"));
        command.args(arguments).current_dir(self.path("home")).env_clear().env("PATH", "/usr/bin:/bin");
        for name in ["XDG_RUNTIME_DIR", "XDG_STATE_HOME", "TMPDIR"] {
            command.env(name, base);
        }
        command.env("HOME", self.path("home")).uid(self.user).gid(self.user);
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        let output = child.wait_with_output().unwrap();
        assert_eq!(groups_of(pid), [] as [PathBuf; 0], "{output:?}");
        output
    }

    fn nothing_has_changed(&mut self, said: &Output) {
        assert!(self.process.try_wait().unwrap().is_none(), "the process was ended: {said:?}");
        assert_eq!(fs::read_to_string(self.path("home/keys")).unwrap(), "precious");
        assert!(self.path("precious").join(DEAD).join("a").exists(), "{said:?}");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn planted_lists_do_nothing_to_a_user_or_to_root() {
    if skipped("planted_lists_do_nothing_to_a_user_or_to_root") {
        return;
    }
    for user in [VICTIM, 0] {
        // The folders are Mallory's own, one that every user may write to, one like /tmp, and the user's own with all
        // rights.
        for (owner, bits) in [(MALLORY, 0o700), (0, 0o777), (0, 0o1777), (user, 0o777)] {
            let mut scene = Scene::new(user);
            let base = scene.path("base");
            fs::create_dir(&base).unwrap();
            scene.plant(&base);
            mode(&base, bits);
            chown(&base, Some(owner), Some(owner)).unwrap();
            let said = scene.run(&["clean"], &base);
            assert_eq!(said.status.code(), Some(0), "{user} {owner} {bits:o}: {said:?}");
            scene.nothing_has_changed(&said);
            let said = scene.run(&["linux", "--no-trace", "--duration", "30ms", "--out", "out"], &base);
            scene.nothing_has_changed(&said);
        }
    }
}

#[test]
fn a_link_of_another_user_is_not_followed_to_a_folder_of_lists() {
    if skipped("a_link_of_another_user_is_not_followed_to_a_folder_of_lists") {
        return;
    }
    let mut scene = Scene::new(VICTIM);
    let (base, theirs) = (scene.path("base"), scene.path("theirs"));
    fs::create_dir(&base).unwrap();
    scene.plant(&base);
    chown(&base, Some(VICTIM), Some(VICTIM)).unwrap();
    symlink(&base, &theirs).unwrap();
    std::os::unix::fs::lchown(&theirs, Some(MALLORY), Some(MALLORY)).unwrap();
    let said = scene.run(&["clean"], &theirs);
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert!(
        String::from_utf8_lossy(&said.stderr).contains("belongs to another user (uid 3000002)"),
        "{said:?}"
    );
    scene.nothing_has_changed(&said);
}

#[test]
fn without_a_safe_folder_nothing_is_begun_and_the_error_has_the_remedy() {
    if skipped("without_a_safe_folder_nothing_is_begun_and_the_error_has_the_remedy") {
        return;
    }
    let mut scene = Scene::new(VICTIM);
    let base = scene.path("base");
    fs::create_dir(&base).unwrap();
    scene.plant(&base);
    mode(&base, 0o1777);
    mode(&scene.path("home"), 0o777);
    let said = scene.run(&["linux", "--no-trace", "--duration", "30ms", "--out", "out"], &base);
    let text = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(4), "{text}");
    assert!(text.contains("others may write to") && text.contains("export XDG_STATE_HOME"), "{text}");
    scene.nothing_has_changed(&said);
}
