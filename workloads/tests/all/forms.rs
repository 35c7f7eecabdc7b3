//! One recording in every form that strace has: all of them give the same plan.

use workloads::{ActorKey, Spec, TraceReport, WorkloadPlan};

use crate::garbage::check_sum;
use crate::support::{Bytes, shown};

/// Pid, milliseconds, body.
type Event = (u32, u64, &'static str);

const CLONE: &str = "clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD|CLONE_SETTLS, child_tid=0x7f0001800990, \
                     exit_signal=0, stack=0x7f0001000000, stack_size=0x7fff80, tls=0x7f00018006c0} => \
                     {parent_tid=[101]}, 88) = 101";

fn canonical() -> Vec<Event> {
    vec![
        (100, 0, "execve(\"./svc\", [\"./svc\"], 0x7ffd /* 20 vars */) = 0"),
        (100, 1, "brk(NULL)         = 0x555500000000"),
        (100, 2, "openat(AT_FDCWD, \"/lib/a) = 1\", O_RDONLY) = 3"),
        (100, 3, "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000"),
        (
            100,
            4,
            "mmap(NULL, 8392704, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x7f0001000000",
        ),
        (100, 7, "mprotect(0x7f0001001000, 8388608, PROT_READ|PROT_WRITE) = 0"),
        (100, 9, CLONE),
        (
            101,
            12,
            "mmap(NULL, 40960, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>",
        ),
        (100, 13, "madvise(0x7f0000000000, 4096, MADV_DONTNEED <unfinished ...>"),
        (101, 14, "<... mmap resumed>) = 0x7f0003000000"),
        (100, 15, "<... madvise resumed>) = 0"),
        (101, 16, "munmap(0x7f0003000000, 40960) = 0"),
        (101, 17, "exit(0)           = ?"),
        (101, 18, "+++ exited with 0 +++"),
        (100, 30, "--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=0} ---"),
        (100, 31, "exit_group(0)     = ?"),
        (100, 32, "+++ exited with 0 +++"),
    ]
}

const ROOT: [&str; 11] = [
    "think 3ms",
    "mmap 2",
    "touch 2",
    "think 1ms",
    "mmap 2049",
    "think 5ms",
    "fork thread",
    "think 4ms",
    "release 1",
    "think 18ms",
    "exit",
];
const THREAD: [&str; 8] =
    ["touch 3", "think 3ms", "mmap 10", "touch 10", "think 4ms", "munmap 10", "release 10", "think 1ms"];

fn load(bytes: Vec<u8>) -> WorkloadPlan {
    let spec = Spec { trace_repeat: Some(false), ..Spec::new("trace:log", 1, 1) };
    WorkloadPlan::new(&spec, &Bytes(bytes)).unwrap_or_else(|error| panic!("{error}"))
}

fn streams(plan: &WorkloadPlan) -> [Vec<String>; 2] {
    let root = ActorKey::root(0, 0);
    [shown(plan, &root, 99), shown(plan, &root.child(0), 99)]
}

/// Returns the plan without times: only the operations.
fn calm(streams: [Vec<String>; 2]) -> [Vec<String>; 2] {
    streams.map(|ops| ops.into_iter().filter(|op| !op.starts_with("think")).collect())
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pid {
    Column,
    Padded,
    Brackets,
    Comm,
    BracketsComm,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Time {
    None,
    Epoch,
    EpochNs,
    Relative,
    RelativePlus,
    Day,
    DayRelative,
    Seconds,
}

/// Additional parts of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Extra {
    None,
    Pointer,
    Spent,
    Paths,
    Raw,
    Verbose,
    Stacks,
    Number,
}

fn with_pid(form: Pid, pid: u32) -> String {
    match form {
        Pid::Column => format!("{pid} "),
        Pid::Padded => format!("{pid:<5} "),
        Pid::Brackets => format!("[pid {pid:>5}] "),
        Pid::Comm => format!("{pid}<Web Content> "),
        Pid::BracketsComm => format!("[pid {pid}<svc>] "),
    }
}

fn with_time(form: Time, at_ms: u64, since_ms: u64) -> String {
    let micros = |ms: u64| format!("{}.{:06}", ms / 1000, ms % 1000 * 1000);
    let relative = format!("{:>6}.{:06}", since_ms / 1000, since_ms % 1000 * 1000);
    // Ten milliseconds before midnight.
    let day_ms = (86_399_990 + at_ms) % 86_400_000;
    let day = format!("{:02}:{:02}:{:02}", day_ms / 3_600_000, day_ms / 60_000 % 60, day_ms / 1000 % 60);
    match form {
        Time::None => String::new(),
        Time::Epoch => format!("{} ", micros(1_795_475_818_000 + at_ms)),
        Time::EpochNs => format!("{}000 ", micros(1_795_475_818_000 + at_ms)),
        Time::Relative => format!("{relative} "),
        Time::RelativePlus => format!("+{relative} "),
        Time::Day => format!("{day}.{:06} ", day_ms % 1000 * 1000),
        Time::DayRelative => format!("{day} (+{relative}) "),
        Time::Seconds => format!("{day} "),
    }
}

fn with_extra(extra: Extra, body: &str) -> String {
    let is_call = body.contains(") = ") || body.contains(")  ");
    let raw = |verbose: bool| {
        let names = [
            ("PROT_READ|PROT_WRITE", "0x3"),
            ("PROT_NONE", "0"),
            ("MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK", "0x20022"),
            ("MAP_PRIVATE|MAP_ANONYMOUS", "0x22"),
            ("CLONE_VM|CLONE_FS|CLONE_THREAD|CLONE_SETTLS", "0x90300"),
            ("MADV_DONTNEED", "0x4"),
        ];
        names.iter().fold(body.to_owned(), |body, (name, number)| {
            let text = if verbose { format!("{number} /* {name} */") } else { (*number).to_owned() };
            // Only once, so that a comment is not changed.
            if body.contains(&format!("/* {name}")) { body } else { body.replacen(name, &text, 1) }
        })
    };
    match extra {
        Extra::None => body.to_owned(),
        Extra::Pointer => format!("[00007f3a1b2c3d4e] {body}"),
        Extra::Number => format!("[ 257] {body}"),
        Extra::Spent if is_call => format!("{body} <0.000010>"),
        Extra::Spent => body.to_owned(),
        Extra::Paths => body.replace(", -1, 0", ", -1</lib/a, b>, 0"),
        Extra::Raw => raw(false),
        Extra::Verbose => raw(true),
        Extra::Stacks => format!("{body}\n > /lib/libc.so.6(brk+0xb) [0x10ab]\n > ./svc(main+0x1) [0x1]"),
    }
}

fn formatted(pid: Pid, time: Time, extra: Extra) -> String {
    let mut before_ms = 0;
    let mut text = String::new();
    for (who, at_ms, body) in canonical() {
        let (leader, time) = (with_pid(pid, who), with_time(time, at_ms, at_ms - before_ms));
        before_ms = at_ms;
        text += &format!("{leader}{time}{}\n", with_extra(extra, body));
    }
    text
}

#[test]
fn every_combination_is_read_to_the_same_plan() {
    let pids = [Pid::Column, Pid::Padded, Pid::Brackets, Pid::Comm, Pid::BracketsComm];
    let times = [
        Time::None,
        Time::Epoch,
        Time::EpochNs,
        Time::Relative,
        Time::RelativePlus,
        Time::Day,
        Time::DayRelative,
        Time::Seconds,
    ];
    let extras = [
        Extra::None,
        Extra::Pointer,
        Extra::Spent,
        Extra::Paths,
        Extra::Raw,
        Extra::Verbose,
        Extra::Stacks,
        Extra::Number,
    ];
    let root: Vec<&str> = ROOT.to_vec();
    let thread: Vec<&str> = THREAD.iter().copied().chain(["exit"]).collect();
    let expected = [root, thread].map(|ops| ops.into_iter().map(str::to_owned).collect::<Vec<_>>());
    for pid in pids {
        for time in times {
            for extra in extras {
                let text = formatted(pid, time, extra);
                let plan = load(text.clone().into_bytes());
                let found = streams(&plan);
                if matches!(time, Time::None | Time::Seconds) {
                    assert_eq!(calm(found), calm(expected.clone()), "{pid:?} {time:?} {extra:?}\n{text}");
                } else {
                    assert_eq!(found, expected, "{pid:?} {time:?} {extra:?}\n{text}");
                }
                check_report(plan.trace_report().unwrap(), &format!("{pid:?} {time:?} {extra:?}"));
            }
        }
    }
}

fn check_report(report: &TraceReport, what: &str) {
    check_sum(report);
    assert_eq!(report.dropped(), 0, "{what}: {report}");
    assert_eq!((report.threads, report.processes, report.adopted), (2, 1, 0), "{what}");
    assert_eq!(report.ignored.keys().collect::<Vec<_>>(), ["openat"], "{what}");
    assert_eq!((report.pages.mapped, report.pages.touched), (2061, 15), "{what}");
}

/// The form of `2> FILE`: no pid while there is one task, notes in the middle of calls, output of the program.
#[test]
fn what_strace_writes_to_stderr_is_the_same() {
    let head = "clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD|CLONE_SETTLS, child_tid=0x7f0001800990, exit_signal=0, \
                stack=0x7f0001000000, stack_size=0x7fff80, tls=0x7f00018006c0}";
    for ending in [
        format!("{head}strace: Process 101 attached\n => {{parent_tid=[101]}}, 88) = 101"),
        format!(
            "{head}strace: Process 101 attached\n <unfinished ...>\n[pid   100] <... clone3 resumed> => {{parent_tid=[101]}}, 88) = 101"
        ),
        format!("{head} => {{parent_tid=[101]}}, 88) = 101\nstrace: Process 101 attached"),
        format!(
            "{head} <unfinished ...>\nstrace: Process 101 attached\n[pid   100] <... clone3 resumed> => {{parent_tid=[101]}}, 88) = 101"
        ),
        // `-q`
        format!("{head} => {{parent_tid=[101]}}, 88) = 101"),
    ] {
        let mut text = String::new();
        let mut together = false;
        for (pid, _, body) in canonical() {
            together |= pid == 101;
            let body = if body == CLONE { ending.as_str() } else { body };
            let body = body.replace(
                "openat(AT_FDCWD, \"/lib/a) = 1\", O_RDONLY) = 3",
                "write(1, \"a\\nb\\n\", 4a\nb\n) = 4",
            );
            text += &if together { format!("[pid   {pid}] {body}\n") } else { format!("{body}\n") };
            together &= !(pid == 101 && body.starts_with("+++"));
        }
        let plan = load(text.clone().into_bytes());
        let root = ROOT.iter().map(|op| (*op).to_owned()).collect();
        let thread = THREAD.iter().chain(&["exit"]).map(|op| (*op).to_owned()).collect();
        assert_eq!(calm(streams(&plan)), calm([root, thread]), "{text}");
        let report = plan.trace_report().unwrap();
        check_sum(report);
        assert_eq!((report.dropped(), report.threads, report.processes), (1, 2, 1), "{report}\n{text}");
    }
}

#[test]
fn output_of_the_program_in_front_of_a_line_and_raw_flags_of_clone3() {
    let plan = load(
        "\
[pid 12] brk(NULL) = 0x1000
hello[pid 12] brk(0x3000) = 0x3000
[pid 12] clone3(0x7ffd00001000, 0x58, 0x7f0000000000) = 0xd
[pid 13] munmap(0x7f0003000000, 40960) = 0
[pid 12] exit_group(0) = ?
"
        .as_bytes()
        .to_vec(),
    );
    let report = plan.trace_report().unwrap();
    assert_eq!(
        (report.threads, report.processes, report.adopted, report.pages.mapped),
        (2, 1, 1, 2),
        "{report}"
    );
    assert!(report.drops.keys().all(|kind| kind.starts_with("clone3 with arguments")), "{report}");
}

#[test]
fn without_any_pid_all_lines_are_of_one_thread() {
    for time in [Time::None, Time::Epoch, Time::Relative, Time::Day] {
        let mut before_ms = 0;
        let mut text = String::new();
        for (_, at_ms, body) in canonical().into_iter().filter(|event| !event.2.contains("<")) {
            text += &format!("{}{body}\n", with_time(time, at_ms, at_ms - before_ms));
            before_ms = at_ms;
        }
        let plan = load(text.into_bytes());
        let report = plan.trace_report().unwrap();
        let ops = calm(streams(&plan));
        assert_eq!(ops[0], ["mmap 2", "touch 2", "mmap 2049", "fork thread", "exit"], "{time:?}");
        assert!(report.assumptions.iter().any(|text| text.contains("no line has a pid")), "{report}");
        assert_eq!(report.dropped(), 0);
    }
}

#[test]
fn calls_of_other_architectures_are_the_same() {
    let text = "\
strace: [ Process PID=12 runs in 32 bit mode. ]
12 execve(\"./a\", [\"./a\"], 0xffd2 /* 3 vars */) = 0
12 brk(NULL) = 0x804d000
12 brk(0x806e000) = 0x806e000
12 old_mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7f10000
12 mmap2(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x3) = 0xf7f20000
12 mmap_pgoff(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7f30000
12 mremap(0xf7f20000, 8192, 16384, MREMAP_MAYMOVE|MREMAP_FIXED, 0xf7f40000) = 0xf7f40000
12 __clone2(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD) = 13
13 exit_group(0) = ?
12 clone(flags=SIGCHLD) = 14
14 execveat(3</bin/x>, \"\", [\"x\"], 0xffd2 /* 3 vars */, AT_EMPTY_PATH) = 0
14 exit_group(0) = ?
12 vfork() = 15
12 _exit(0) = ?
";
    let plan = load(text.as_bytes().to_vec());
    let root = [
        "mmap 33", "touch 33", "mmap 1", "touch 1", "mmap 2", "touch 2", "mmap 2", "touch 2", "mmap 2",
        "touch 2",
    ];
    let forks = ["fork process", "fork process", "fork process", "exit"];
    let expected: Vec<&str> = root.into_iter().chain(forks).collect();
    assert_eq!(shown(&plan, &ActorKey::root(0, 0), 99), expected);
    assert_eq!(shown(&plan, &ActorKey::root(0, 0).child(1), 9), ["exec", "exit"]);
    let report = plan.trace_report().unwrap();
    assert_eq!((report.dropped(), report.processes, report.notes["(message of strace)"]), (0, 4, 1));
}
