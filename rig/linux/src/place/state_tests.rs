//! Tests of the folders that are accepted, and of the files in them.
use super::*;
use reports::exit::Exit;
use std::os::unix::fs::{PermissionsExt as _, symlink};

fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().canonicalize().unwrap();
    (scratch, path)
}

fn reason(base: &Path, made: bool) -> String {
    let base = Base { path: base.into(), made, kept: true };
    match look(&base, me(), true) {
        Found::Unfit(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn places(uid: u32, variables: &[(&str, &Path)]) -> Vec<PathBuf> {
    let variable = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_os_str().to_owned())
    };
    bases(uid, variable).into_iter().filter(|base| base.kept).map(|base| base.path).collect()
}

#[test]
fn root_has_one_place_whatever_its_environment_says() {
    let (_scratch, path) = scratch();
    let variables =
        ["XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME", "TMPDIR"].map(|name| (name, path.as_path()));
    assert_eq!(places(0, &variables), [PathBuf::from("/run")]);
}

#[test]
fn others_have_their_runtime_folder_then_their_state() {
    let (_scratch, path) = scratch();
    let (runtime, state) = (Path::new("/x/runtime"), Path::new("/x/state"));
    let stranger = me() + 1;
    let some = places(stranger, &[("XDG_RUNTIME_DIR", runtime), ("XDG_STATE_HOME", state), ("HOME", &path)]);
    assert_eq!(some, [runtime, state], "the home folder belongs to another user");
    assert_eq!(
        places(stranger, &[("XDG_STATE_HOME", Path::new("state")), ("TMPDIR", runtime)]),
        [""; 0].map(PathBuf::from)
    );
    let error = StateFolder::first(&[], stranger).unwrap_err();
    assert_eq!(error.exit_code(), Exit::CannotRun);
    assert!(error.to_string().contains("export XDG_STATE_HOME"), "{error}");
}

#[test]
fn a_missing_folder_is_made_for_its_user_alone() {
    let (_scratch, path) = scratch();
    let base = Base { path: path.join(".local/state"), made: true, kept: true };
    assert!(matches!(look(&base, me(), false), Found::Absent));
    let Found::Fit(state) = look(&base, me(), true) else { panic!("not made") };
    for made in [".local", ".local/state", ".local/state/attach-rig"] {
        assert_eq!(fs::metadata(path.join(made)).unwrap().mode() & 0o777, 0o700, "{made}");
    }
    assert!(matches!(look(&base, me(), false), Found::Fit(found) if found.is(&state)));
    let unmade = Base { path: path.join("runtime"), made: false, kept: true };
    assert!(matches!(look(&unmade, me(), true), Found::Absent));
    // One of an earlier version, which others could read.
    mode(&path.join(".local/state/attach-rig"), 0o755);
    assert!(matches!(look(&base, me(), true), Found::Fit(_)));
    assert_eq!(fs::metadata(path.join(".local/state/attach-rig")).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn no_folder_is_taken_that_others_can_change() {
    let (_scratch, path) = scratch();
    let base = path.join("base");
    fs::create_dir_all(base.join("attach-rig")).unwrap();
    for (changed, wrong) in [(base.join("attach-rig"), 0o777), (base.clone(), 0o770), (base.clone(), 0o1777)]
    {
        let before = fs::metadata(&changed).unwrap().permissions();
        mode(&changed, wrong);
        assert!(reason(&base, false).contains("others may write to"), "{wrong:o}");
        fs::set_permissions(&changed, before).unwrap();
    }
    mode(&path, 0o777);
    assert!(reason(&base, false).contains("others may write to"));
    // As in /tmp: they can add, but cannot rename what is there.
    mode(&path, 0o1777);
    assert!(matches!(look(&Base { path: base.clone(), made: false, kept: true }, me(), true), Found::Fit(_)));
    fs::remove_dir(base.join("attach-rig")).unwrap();
    symlink(&path, base.join("attach-rig")).unwrap();
    assert!(reason(&base, false).contains("is a link or a file"));
    fs::remove_file(base.join("attach-rig")).unwrap();
    fs::write(base.join("attach-rig"), "").unwrap();
    assert!(reason(&base, true).contains("is a link or a file"));
    // Another user sees it as a stranger's folder.
    let theirs = Base { path: base, made: true, kept: true };
    if me() != 0 {
        assert!(matches!(look(&theirs, me() + 1, true), Found::Unfit(why) if why.contains("another user")));
    }
}

#[test]
fn only_regular_files_of_ours_are_opened() {
    let (_scratch, path) = scratch();
    let state = StateFolder::below(&path);
    let folder = path.join("attach-rig");
    let precious = path.join("precious");
    fs::write(&precious, "precious").unwrap();
    symlink(&precious, folder.join("link")).unwrap();
    fs::hard_link(&precious, folder.join("hard")).unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, folder.join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    fs::write(folder.join("open"), "").unwrap();
    mode(&folder.join("open"), 0o666);
    File::create(folder.join("large")).unwrap().set_len(FILE_MAX + 1).unwrap();
    for (name, why) in [
        ("link", "a link"),
        ("hard", "another name"),
        ("folder", "directory"),
        ("fifo", "not a regular file"),
        ("open", "others may write"),
        ("large", "larger than any list"),
    ] {
        let error = state.open(OsStr::new(name)).unwrap_err().to_string();
        assert!(error.contains(why), "{name}: {error}");
        assert!(state.create(name).is_err(), "{name}");
    }
    state.create("new").unwrap();
    assert_eq!(state.open(OsStr::new("new")).unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    state.remove(OsStr::new("new")).unwrap();
    assert_eq!(fs::read_to_string(precious).unwrap(), "precious");
}
