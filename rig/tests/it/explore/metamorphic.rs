//! Changes of a litmus test that must not change what it finds: other names in another order, an idle process next to it,
//! an mmap in two parts.
//!
//! Every built-in test is changed under every protocol that it mentions. Final states and violated invariants have to be
//! the same, with the names of the original.
use super::support::{limits, run};
use explore::{Found, Litmus, built_in};
use model::protocols::Protocol;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use toml::{Table, Value};

/// Schedules after which a search is given up: a test with more is left out.
const SCHEDULES: u64 = 2_000;
/// Name of the idle process and of its cgroup: the last of all, since a forked process is named after the first one.
const IDLE: &str = "zz-idle";

/// Names: present one -> other one.
type Names = BTreeMap<String, String>;
/// Final states, each with the invariants that schedules to it violate, and with the words of a state in order.
type Results = BTreeMap<Vec<String>, BTreeSet<String>>;

fn table(text: &str) -> Table {
    text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn parsed(table: &Table) -> Arc<Litmus> {
    let text = table.to_string();
    Arc::new(Litmus::parse("changed.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// Replaces whole words that are names, but not the part behind a dot: `b.memory` names a controller.
fn replaced(text: &str, names: &Names) -> String {
    let (mut out, mut word) = (String::new(), String::new());
    for next in text.chars().chain(['\n']) {
        if next.is_alphanumeric() || "-_".contains(next) {
            word.push(next);
            continue;
        }
        let is_name = !out.ends_with('.');
        out.push_str(names.get(&word).filter(|_| is_name).unwrap_or(&word));
        word.clear();
        out.push(next);
    }
    out.pop();
    out
}

fn renamed(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => replaced(text, names).into(),
        Value::Array(list) => list.iter().map(|value| renamed(value, names)).collect::<Vec<_>>().into(),
        Value::Table(table) => {
            Value::Table(table.iter().map(|(key, value)| (key.clone(), renamed(value, names))).collect())
        }
        other => other.clone(),
    }
}

/// Gives every cgroup and process another name, so that each has its order reversed. Returns the way back as well.
fn with_other_names(test: &Table) -> (Table, Names) {
    let of =
        |name: &str| test[name].as_table().into_iter().flat_map(Table::keys).flat_map(|path| path.split('/'));
    let old: BTreeSet<&str> = of("cgroups").chain(of("processes")).collect();
    let new = |at: usize| format!("n{:03}", 999 - at);
    let names: Names = old.iter().enumerate().map(|(at, name)| ((*name).to_owned(), new(at))).collect();
    let mut test = test.clone();
    for part in ["cgroups", "processes", "actors", "hierarchies"] {
        let Some(value) = test.get(part) else { continue };
        let value = renamed(value, &names);
        let value = match value {
            Value::Table(table) => {
                Value::Table(table.into_iter().map(|(key, value)| (replaced(&key, &names), value)).collect())
            }
            other => other,
        };
        test.insert(part.to_owned(), value);
    }
    let back = names.into_iter().map(|(old, new)| (new, old)).collect();
    (test, back)
}

/// Adds a process that does nothing, in a cgroup of its own.
fn with_a_bystander(test: &Table) -> Table {
    let mut test = test.clone();
    let idle = [("cgroups", ""), ("processes", "cgroup = \"zz-idle\"\nthreads = 2\nvm = 3\nrss = 1")];
    for (part, text) in idle {
        test[part].as_table_mut().expect("a table").insert(IDLE.to_owned(), Value::Table(table(text)));
    }
    test
}

/// Keeps only the thread that maps, without limits and faults. With `parts`, each mmap of several pages becomes two.
fn alone(test: &Table, parts: bool) -> Option<Table> {
    let mut test = test.clone();
    let maps =
        |actor: &&Value| actor["ops"].as_array().is_some_and(|ops| ops.iter().any(|op| pages(op).is_some()));
    let mut actor = test["actors"].as_array()?.iter().find(maps)?.clone();
    let ops = actor["ops"].as_array()?.iter().flat_map(|op| match pages(op) {
        Some(pages) if parts => vec![Value::from("mmap 1"), format!("mmap {}", pages - 1).into()],
        _ => vec![op.clone()],
    });
    let ops: Vec<Value> = ops.collect();
    actor.as_table_mut()?.insert("ops".to_owned(), ops.into());
    test.insert("actors".to_owned(), vec![actor].into());
    test.remove("faults");
    for (_, cgroup) in test["cgroups"].as_table_mut()? {
        cgroup.as_table_mut()?.retain(|_, value| value.get("limit").is_none());
    }
    Some(test)
}

/// Returns the pages of an mmap of several.
fn pages(op: &Value) -> Option<u64> {
    op.as_str()?.strip_prefix("mmap ")?.parse().ok().filter(|pages| *pages > 1)
}

fn results(found: &Found, names: &Names) -> Results {
    let words = |text: &str| {
        let words = replaced(text, names);
        let mut words: Vec<_> =
            words.split(' ').filter(|word| !word.starts_with(IDLE)).map(str::to_owned).collect();
        words.sort();
        words
    };
    let mut results = Results::new();
    for (state, reached) in &found.states {
        let violated = reached.violated.iter().map(|(check, details)| {
            let details: Vec<_> = details.iter().map(|detail| replaced(detail, names)).collect();
            let details: BTreeSet<_> = details.into_iter().collect();
            format!("{check}: {details:?}")
        });
        results.entry(words(&state.to_string())).or_default().extend(violated);
    }
    results
}

/// Compares every test with a changed one. Returns the number of pairs that had all schedules within the bound.
fn compared(change: impl Fn(&Table) -> Option<(Table, Table, Names)>) -> usize {
    let (mut pairs, mut wrong) = (0, Vec::new());
    for (name, text) in built_in::ALL {
        let mut test = table(text);
        let original = parsed(&test);
        let protocols: Vec<Protocol> = original.expect.iter().map(|(protocol, _)| *protocol).collect();
        for part in ["expect", "exists", "forbidden", "states"] {
            test.remove(part);
        }
        let Some((before, after, names)) = change(&test) else { continue };
        let (before, after) = (parsed(&before), parsed(&after));
        for protocol in protocols {
            let all = |test| run(test, protocol, "exhaustive", &limits(SCHEDULES));
            let before = all(&before);
            if !before.complete {
                continue;
            }
            let (before, after) = (results(&before, &Names::new()), results(&all(&after), &names));
            pairs += 1;
            if before != after {
                wrong.push(format!("{name} under {protocol}:\n  {before:?}\n  {after:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {pairs}\n{}", wrong.len(), wrong.join("\n"));
    pairs
}

#[test]
fn no_verdict_depends_on_a_name_or_on_the_order_of_names() {
    let pairs = compared(|test| {
        // Processes begin in the order of their names, and a move of all tasks that fails stops in the order of their begin.
        let is_left_out = test.to_string().contains("attach all");
        let (after, names) = with_other_names(test);
        (!is_left_out).then(|| (test.clone(), after, names))
    });
    assert!(pairs > 150, "{pairs} pairs");
}

#[test]
fn an_idle_process_changes_nothing() {
    let pairs = compared(|test| {
        let text = test.to_string();
        // These move every process, or need to know which hierarchy a cgroup is in.
        let is_left_out =
            ["attach all", "adopt ", "[[hierarchies]]"].iter().any(|words| text.contains(words));
        (!is_left_out).then(|| (test.clone(), with_a_bystander(test), Names::new()))
    });
    assert!(pairs > 100, "{pairs} pairs");
}

#[test]
fn an_mmap_in_two_parts_is_the_same_where_nothing_else_acts() {
    let pairs = compared(|test| Some((alone(test, false)?, alone(test, true)?, Names::new())));
    assert!(pairs > 30, "{pairs} pairs");
}

#[test]
fn a_change_that_matters_is_found() {
    let text = built_in::find("charge-between-switch-and-attach").expect("built in");
    let mut test = table(text);
    let of = |test: &Table| {
        let protocol = Protocol::parse("three-phase").expect("a protocol");
        results(&run(&parsed(test), protocol, "exhaustive", &limits(SCHEDULES)), &Names::new())
    };
    test.remove("expect");
    let before = of(&test);
    assert_eq!(of(&with_a_bystander(&test)), before);
    let processes = test["processes"].as_table_mut().expect("a table");
    processes.iter_mut().for_each(|(_, process)| {
        _ = process.as_table_mut().expect("a table").insert("vm".to_owned(), 11.into());
    });
    assert_ne!(of(&test), before);
}
