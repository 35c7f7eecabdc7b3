//! Several `clean` at once while a run lives, here and in another pid namespace: the run goes on to its end.
use crate::cgroups::{alone, groups_of, skip, skipped};
use crate::support::BINARY;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// The number of times that all of them are started.
const ROUNDS: usize = 3;
/// A namespace in which the pids of the run and of its processes belong to other processes, or to none.
const ELSEWHERE: [&str; 6] = ["unshare", "-p", "-f", "-m", "--mount-proc", BINARY];

fn start(words: &[&str]) -> Child {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn all_at_once() -> Vec<Output> {
    let here = [BINARY, "clean"];
    let elsewhere = [&ELSEWHERE[..], &["clean"]].concat();
    let each = [&here[..], &elsewhere, &here, &elsewhere].map(start);
    each.map(|clean| clean.wait_with_output().unwrap()).into()
}

#[test]
fn cleans_beside_a_run_that_lives_leave_it_alone_in_every_namespace() {
    let test = "cleans_beside_a_run_that_lives_leave_it_alone_in_every_namespace";
    let can_unshare = start(&[&ELSEWHERE[..], &["--version"]].concat()).wait().unwrap().success();
    if skipped(test) || skip(test, (!can_unshare).then_some("needs unshare, and the right to namespaces")) {
        return;
    }
    let _alone = alone();
    let out = tempfile::tempdir().unwrap();
    let (out, hierarchy) = (out.path().to_str().unwrap(), "auto");
    let arguments =
        [BINARY, "linux", "--hierarchy", hierarchy, "--no-trace", "--duration", "60m", "--out", out];
    let mut rig = start(&arguments);
    let mut said = BufReader::new(rig.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("moves within") {
        assert!(said.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let groups = groups_of(rig.id());
    assert!(!groups.is_empty());
    for _ in 0..ROUNDS {
        for clean in all_at_once() {
            assert_eq!(clean.status.code(), Some(0), "{clean:?}");
            let printed = String::from_utf8_lossy(&clean.stdout).into_owned();
            assert!(
                !printed.contains(&format!("attach-rig-{}-", rig.id())) || printed.contains("under way"),
                "{printed}"
            );
        }
        assert_eq!(groups_of(rig.id()), groups, "its cgroups are there");
        assert!(rig.try_wait().unwrap().is_none(), "it goes on");
    }
    let pid = rustix::process::Pid::from_child(&rig);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    said.read_to_string(&mut text).unwrap();
    assert_eq!(rig.wait().unwrap().code(), Some(130), "{text}");
    assert_eq!(groups_of(rig.id()), [] as [PathBuf; 0]);
    let run = std::fs::read_to_string(format!("{out}/run.json")).unwrap();
    assert!(run.contains("SIGINT"), "what it measured is there");
}
