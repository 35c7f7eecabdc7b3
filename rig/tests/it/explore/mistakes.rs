//! Bad litmus tests: each error says which value is wrong, where it is, and which values are valid.
use explore::Litmus;

const GOOD: &str = r#"name = "good"
faults = []

[hierarchy]
controllers = ["memrlimit", "cpuset"]

[cgroups.a]
[cgroups.b]
memrlimit.limit = 100
cpuset.cpus = [0, 1]

[processes.p]
cgroup = "a"
threads = 2
vm = 10
rss = 0

[[actors]]
name = "mover"
ops = ["attach process p -> b"]

[[actors]]
as = "p.0"
ops = ["mmap 5", "exit"]

[expect]
"three-phase" = { drift = "sometimes" }
"#;

/// Returns the error for the good test with `old` replaced by `new`.
fn error(old: &str, new: &str) -> String {
    assert_eq!(GOOD.matches(old).count(), 1, "{old}");
    let text = GOOD.replacen(old, new, 1);
    Litmus::parse("t.toml", &text).err().unwrap_or_else(|| panic!("{new} is accepted")).to_string()
}

#[test]
fn the_good_one_is_read() {
    let good = Litmus::parse("t.toml", GOOD).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(good.threads, ["p.0", "p.1"]);
    assert_eq!(good.spec.cpus, 2);
}

#[test]
fn unknown_names_are_errors_that_list_the_known_ones() {
    let cases = [
        ("-> b", "-> c", "t.toml:20:8: there is no cgroup `c`; there are `a`, `b`"),
        ("cgroup = \"a\"", "cgroup = \"x\"", "t.toml:13:10: there is no cgroup `x`; there are `a`, `b`"),
        ("-> b", "-> mem:/", "t.toml:20:8: there is no cgroup `mem:/`; there are `a`, `b`, `/`"),
        (
            "as = \"p.0\"",
            "as = \"p.7\"",
            "t.toml:23:6: there is no thread `p.7`; did you mean `p.0` or `p.1`? there are `p.0`, `p.1`",
        ),
        ("process p ->", "process q ->", "t.toml:20:8: there is no process `q`; there is `p`"),
        ("mmap 5", "mmpa 5", "t.toml:24:8: unknown operation `mmpa 5`; did you mean `mmap`? there are"),
        (
            "\"memrlimit\", \"cpuset\"",
            "\"memrlimit\", \"cpuste\"",
            "t.toml:5:29: `controllers` cannot be `cpuste`; did you mean `cpuset`? there are",
        ),
        ("drift =", "drfit =", "t.toml:27:19: unknown invariant `drfit`; did you mean `drift`? there are"),
        (
            "\"three-phase\"",
            "\"two-phase\"",
            "t.toml:27:1: unknown protocol `two-phase`; there are `three-phase`",
        ),
        (
            "\"sometimes\"",
            "\"often\"",
            "t.toml:27:27: unknown value `often`; there are `never`, `sometimes`, `always`",
        ),
        (
            "{ drift = \"sometimes\" }",
            "{ forbiden = [\"p.0@b\"] }",
            "t.toml:27:19: unknown invariant `forbiden`; did you mean `forbidden`? there are",
        ),
        (
            "{ drift = \"sometimes\" }",
            "{ forbidden = [\"p.7@b\"] }",
            "t.toml:27:32: there is no thread `p.7`; did you mean `p.0` or `p.1`? there are `p.0`, `p.1`",
        ),
        (
            "{ drift = \"sometimes\" }",
            "{ states = [\"p.0@b\", \"p.1@c\"] }",
            "t.toml:27:38: there is no cgroup `c`; there are `a`, `b`",
        ),
        (
            "{ drift = \"sometimes\" }",
            "{ exists = [\"b.memrlimti = 3\"] }",
            "t.toml:27:29: there is no counter `b.memrlimti`; did you mean `b.memrlimit`? there are",
        ),
        (
            "faults = []",
            "forbidden = [\"b.frozen\"]",
            "t.toml:2:14: no hierarchy has the controller `freezer`; add it to `controllers`",
        ),
        ("faults = []", "faults = [\"core.exot: nth=1\"]", "t.toml:2:12: unknown fault site `core.exot`"),
        (
            "\"attach process p -> b\"",
            "\"set b memrlimit.limits 3\"",
            "t.toml:20:8: a cgroup has no file `memrlimit.limits` to be set; did you mean `memrlimit.limit`?",
        ),
        (
            "\"attach process p -> b\"",
            "\"set b memory.limit 3\"",
            "t.toml:20:8: `b` has no controller `memory`",
        ),
        ("\"attach process p -> b\"", "\"freeze b\"", "t.toml:20:8: `b` has no controller `freezer`"),
        ("\"attach process p -> b\"", "\"offline-cpu x\"", "t.toml:20:8: there is no CPU `x`; there are 2"),
    ];
    for (old, new, wanted) in cases {
        let said = error(old, new);
        assert!(said.starts_with(wanted), "{new}: {said}");
    }
}

#[test]
fn errors_say_why_something_cannot_be() {
    let thrown = error("faults = []", "faults = [\"core.mmap: exit\"]");
    assert!(thrown.starts_with("t.toml:2:11: `exit` can be thrown only into an attach"), "{thrown}");
    let cases = [
        (
            "\"mmap 5\", \"exit\"",
            "\"exit\", \"mmap 5\"",
            "t.toml:24:16: `p.0` cannot \"mmap 5\" after \"exit\"; remove this operation or move it before \"exit\"",
        ),
        ("name = \"mover\"", "as = \"p.0\"", "t.toml:22:1: `p.0` is one of the [[actors]] already"),
        (
            "as = \"p.0\"",
            "name = \"other\"",
            "t.toml:24:8: only a thread can `mmap`, and `other` is not a thread; add for example as = \"p.0\"",
        ),
        ("name = \"mover\"", "", "t.toml:18:1: an actor needs a name"),
        ("name = \"mover\"", "name = \"p.1\"", "t.toml:19:8: `p.1` is a thread; write as = \"p.1\""),
        (
            "faults = []",
            "exists = []",
            "t.toml:2:10: `exists` is empty, so it requires nothing; write a condition",
        ),
        (
            "faults = []",
            "exists = \"p.0@b\"",
            "t.toml:2:10: `exists` is a list of conditions on final states",
        ),
        (
            "faults = []",
            "exists = [\"p.0 in b\"]",
            "t.toml:2:11: `p.0 in b` is not a condition; write facts as `explore` prints them",
        ),
        ("faults = []", "exists = [\"(p.0@b\"]", "t.toml:2:11: `(p.0@b` is not a condition"),
        (
            "faults = []",
            "exists = [\"b.memrlimit=b\"]",
            "t.toml:2:11: `b` is not a usage; write a whole number",
        ),
        ("faults = []", "exists = [\"p.0.cpus=x\"]", "t.toml:2:11: `x` is not a list of CPUs"),
        (
            "\"sometimes\"",
            "[\"p.0@b\"]",
            "t.toml:27:27: an invariant is expected to be violated \"never\", \"sometimes\"",
        ),
        ("{ drift = \"sometimes\" }", "\"never\"", "t.toml:27:17: expectations of a protocol are a table"),
        ("rss = 0", "rss = 11", "t.toml:16:7: process `p` has touched 11 pages of 10; rss is at most vm"),
        ("threads = 2", "threads = 0", "t.toml:14:11: `threads` is 0; it must be from 1 to 4096"),
        ("mmap 5", "mmap five", "t.toml:24:8: `five` is not a number of pages"),
        ("mmap 5", "mmap", "t.toml:24:8: `mmap` cannot be read; write for example \"mmap 5\""),
        (
            "faults = []",
            "faults = [\"memrlimit.can_attach: probability=10\"]",
            "t.toml:2:11: `probability` cannot be used when every schedule is run",
        ),
        (
            "name = \"good\"",
            "name = \"very good\"",
            "t.toml:1:8: `name` is `very good`; write a word without blanks",
        ),
        ("name = \"good\"", "nmae = \"good\"", "t.toml:1:1: unknown field `nmae`; did you mean `name`?"),
        ("vm = 10", "vm = -1", "t.toml:15:6: `vm` is -1; it must be from 0 to"),
        (
            "cgroup = \"a\"",
            "cgroups = [\"a\"]",
            "t.toml:13:11: process `p` has 2 threads and 1 `cgroups`; name one for each",
        ),
    ];
    for (old, new, wanted) in cases {
        let said = error(old, new);
        assert!(said.starts_with(wanted), "{new}: {said}");
    }
}

/// A test over two hierarchies, with an operation and a condition to be replaced.
const TWO: &str = r#"
name = "two"
forbidden = ["p.0@CONDITION"]
[[hierarchies]]
name = "mem"
controllers = ["memrlimit"]
[[hierarchies]]
name = "cpu"
controllers = ["cpuset"]
[cgroups.a]
hierarchy = "mem"
[cgroups.b]
hierarchy = "cpu"
[processes.p]
cgroup = "a"
[[actors]]
name = "admin"
ops = ["OPERATION"]
"#;

#[test]
fn a_root_is_named_by_its_hierarchy_and_has_no_files() {
    let read = |operation: &str, condition: &str| {
        let text = TWO.replace("OPERATION", operation).replace("CONDITION", condition);
        Litmus::parse("t.toml", &text).map_err(|error| error.to_string())
    };
    let good = read("attach process p -> mem:/", "mem:/,cpu:/").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(good.spec.tree().name(good.spec.tree().find("cpu:/").expect("a root")), "cpu:/");
    let several = "there are several hierarchies, each with a root; instead of `/` write `mem:/` or `cpu:/`";
    let no_files = "has no limits or states, always has all online CPUs and stays; name a cgroup below it; there are `a`, `b`";
    let cases = [
        ("attach process p -> /", "a", several.to_owned()),
        ("attach process p -> a", "/", several.to_owned()),
        ("set mem:/ memrlimit.limit 5", "a", format!("the root `mem:/` {no_files}")),
        ("set cpu:/ cpuset.cpus [0]", "a", format!("the root `cpu:/` {no_files}")),
        ("rmdir mem:/", "a", format!("the root `mem:/` {no_files}")),
        ("mkdir mem:/", "a", format!("the root `mem:/` {no_files}")),
    ];
    for (operation, condition, wanted) in cases {
        let error = read(operation, condition).err().unwrap_or_else(|| panic!("{operation} is accepted"));
        assert!(error.contains(&wanted), "{operation}, {condition}: {error}");
    }
    let listed = TWO.replace("[cgroups.b]", "[cgroups.\"cpu:/\"]");
    let error = Litmus::parse("t.toml", &listed).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("`cpu:/` is a root, which is there without being listed"), "{error}");
}
