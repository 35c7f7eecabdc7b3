//! Tests of the content of lists, and of the entries that are believed.
use super::*;

pub(crate) fn place(own: &Path) -> Place {
    Place {
        hierarchy: "v2".into(),
        v2: true,
        controllers: Vec::new(),
        mount_point: own.into(),
        own: own.into(),
        favordynmods: true,
    }
}

fn list_of(scratch: &Path) -> io::Result<Option<Content>> {
    let state = StateFolder::below(scratch);
    let name = format!("{}.toml", RunId::own().unwrap());
    read(&mut state.open(OsStr::new(&name)).unwrap())
}

#[test]
fn what_is_about_to_be_made_is_on_disk_first_and_goes_with_the_end() {
    let scratch = tempfile::tempdir().unwrap();
    let id = RunId::own().unwrap();
    let mut manifest =
        Manifest::begin(StateFolder::below(scratch.path()), id, &place(scratch.path())).unwrap();
    let top = scratch.path().join(id.to_string());
    manifest.cgroup(&top).unwrap();
    manifest.cgroup(&top.join("a")).unwrap();
    manifest.process(std::process::id()).unwrap();
    manifest.process(0).unwrap();
    manifest.instance(id).unwrap();
    let content = list_of(scratch.path()).unwrap().expect("reads");
    assert_eq!(content.cgroups_of(id).count(), 2);
    assert_eq!(content.cgroups_of(RunId::parse("attach-rig-1-2").unwrap()).count(), 0);
    assert_eq!(content.process.iter().map(|process| process.pid).collect::<Vec<_>>(), [std::process::id()]);
    assert_eq!(content.instance[0].name, id.to_string());
    assert_eq!((content.boot.as_str(), content.hierarchy.as_str()), (boot().as_str(), "v2"));
    assert_eq!(Some(content.pid_namespace), run_id::pid_namespace());
    let again = Manifest::begin(StateFolder::below(scratch.path()), id, &place(scratch.path())).unwrap_err();
    assert!(again.to_string().contains("attach-rig clean"), "{again}");
    manifest.end();
    assert_eq!(StateFolder::below(scratch.path()).names().unwrap(), [""; 0]);
}

#[test]
fn what_a_kill_has_cut_off_was_not_made() {
    let scratch = tempfile::tempdir().unwrap();
    let id = RunId::own().unwrap();
    let mut manifest =
        Manifest::begin(StateFolder::below(scratch.path()), id, &place(scratch.path())).unwrap();
    manifest.cgroup(&scratch.path().join(id.to_string())).unwrap();
    let file = scratch.path().join("attach-rig").join(format!("{id}.toml"));
    let whole = fs::read_to_string(&file).unwrap();
    let second = whole.find("[[cgroup]]").unwrap();
    for end in 0..whole.len() {
        fs::write(&file, &whole[..end]).unwrap();
        let cgroups = list_of(scratch.path()).unwrap().map(|content| content.cgroup.len());
        assert_eq!(cgroups, (end >= second).then_some(0), "{end} of {whole}");
    }
}

#[test]
fn a_list_that_cannot_be_read_says_why() {
    let scratch = tempfile::tempdir().unwrap();
    let id = RunId::own().unwrap();
    let _manifest = Manifest::begin(StateFolder::below(scratch.path()), id, &place(scratch.path())).unwrap();
    let file = scratch.path().join("attach-rig").join(format!("{id}.toml"));
    let earlier = |boot: &str| format!("boot = \"{boot}\"\ncgroups = []\nprocesses = []\n");
    fs::write(&file, earlier("another")).unwrap();
    assert_eq!(list_of(scratch.path()).unwrap(), None, "nothing of another boot is left");
    for (text, why) in [
        (earlier(&boot()).as_str(), "earlier version"),
        ("boot = 3\n\n", "invalid type"),
        ("boot = \"x\"\nfuture = 1\n\n", "unknown field"),
    ] {
        fs::write(&file, text).unwrap();
        let error = list_of(scratch.path()).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    fs::write(&file, b"\xff\n\n").unwrap();
    assert!(list_of(scratch.path()).is_err());
}

#[test]
fn only_the_own_subtree_of_a_run_is_believed() {
    let id = RunId::parse("attach-rig-12-345").unwrap();
    let content = |path: &str| Content {
        boot: boot(),
        pid_namespace: 1,
        hierarchy: "v2".into(),
        mount: "/sys/fs/cgroup".into(),
        mount_root: 1,
        cgroup: vec![Cgroup { path: path.into() }],
        process: Vec::new(),
        instance: Vec::new(),
    };
    for (path, ours) in [
        ("attach-rig-12-345", true),
        ("user.slice/x/attach-rig-12-345/a", true),
        ("attach-rig-12-345/a/b", false),
        ("attach-rig-12-346", false),
        ("attach-rig-12-345/../system.slice", false),
        ("../attach-rig-12-345", false),
        ("/attach-rig-12-345", false),
        ("system.slice", false),
        ("", false),
    ] {
        assert_eq!(content(path).cgroups_of(id).count(), usize::from(ours), "{path}");
    }
}
