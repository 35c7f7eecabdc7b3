//! Readers of text that people write for the model: scenarios, litmus tests, fault rules, costs, schedules, recordings.
use crate::{Target, text, texts};
use explore::Litmus;
use explore::witness::{Schedule, Witness};
use faults::{FaultPlan, Injector, Site};
use model::protocols::Protocol;
use model::seam::costs;
use rig::driver::CellPlan;
use scenario::{Scenario, built_in};
use std::path::Path;
use workloads::{Part, Trace, TraceOptions};

pub(crate) const SCENARIO: Target = Target {
    name: "scenario",
    seeds: || texts(built_in::ALL.iter().chain(built_in::MUTANTS).map(|(_, text)| *text)),
    // No files: a recording named by a damaged scenario could be any file of this machine.
    drive: |input| match Scenario::parse("s.toml", &text(input), &workloads::BuiltIn) {
        Ok(scenario) => {
            assert!(!CellPlan::all(&scenario).is_empty(), "a scenario has cells");
            drop((scenario.world().validate(), scenario.controllers()));
        }
        Err(error) => assert!(error.to_string().starts_with("s.toml"), "{error}"),
    },
};

pub(crate) const LITMUS: Target = Target {
    name: "litmus",
    seeds: || texts(explore::built_in::ALL.iter().map(|(_, text)| *text)),
    drive: |input| {
        if let Err(error) = Litmus::parse("l.toml", &text(input)) {
            assert!(error.to_string().starts_with("l.toml"), "{error}");
        }
    },
};

pub(crate) const FAULT_RULES: Target = Target {
    name: "fault_rules",
    seeds: || {
        texts([
            "memrlimit.prepare_sleep: probability=10 errno=ENOMEM space=3 times=7\ncore.switched: delay=10us",
            "cpuset.prepare_sleep: delay=200us interval=10\nmemory.prepare_sleep: 1,10,0,-1",
            "core.switched: probability=5 fork\ncore.css_set_alloc: interval=7 exit",
        ])
    },
    drive: |input| match FaultPlan::parse(&text(input)) {
        Ok(plan) => {
            for rule in &plan.rules {
                assert_eq!(
                    rule.to_string().parse(),
                    Ok(rule.clone()),
                    "a rule is read back from its own text"
                );
            }
            let mut injector = Injector::new(plan, 1);
            drop((1..20).map(|at_ns| injector.hit(Site::CoreSwitched, at_ns)).collect::<Vec<_>>());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    },
};

pub(crate) const COSTS: Target = Target {
    name: "costs",
    seeds: || texts([costs::text("", &costs::built_in()).as_str()]),
    drive: |input| match costs::read(&text(input)) {
        Ok(table) => drop((costs::differing(&table), costs::text("", &table), costs::Costs::of(&table))),
        Err(error) => assert!(!error.message.is_empty()),
    },
};

pub(crate) const SCHEDULE: Target = Target {
    name: "schedule",
    seeds: || {
        let tests = explore::built_in::ALL.iter().take(4);
        let witness = |(place, toml): &(&str, &str)| {
            Some(Witness {
                place: (*place).to_owned(),
                litmus: Litmus::parse(place, toml).ok()?,
                protocol: Protocol::parse("three-phase").ok()?,
                schedule: Schedule::parse("12a3b14a(1)2b9a").ok()?,
                state: Some("p.0@a".to_owned()),
                violated: vec!["drift".to_owned()],
            })
        };
        tests
            .filter_map(witness)
            .flat_map(|witness| [witness.token().into_bytes(), witness.file().into_bytes()])
            .collect()
    },
    drive: |input| {
        let input = text(input);
        let read = if is_token(&input) { Witness::read(&input) } else { Witness::from_file(&input) };
        match read {
            Ok(witness) => assert!(!explore::replay::replay(&witness).text.is_empty()),
            Err(error) => assert!(!error.is_empty()),
        }
    },
};

/// Reports whether the input is a token of a built-in test; other tokens name files of this machine.
fn is_token(input: &str) -> bool {
    let place = input.splitn(3, '@').nth(2);
    place.is_some_and(|place| explore::built_in::find(place).is_some() && !Path::new(input).exists())
}

pub(crate) const RECORDING: Target = Target {
    name: "recording",
    seeds: || {
        texts([
            "100 1795475818.000000 execve(\"./svc\", [\"./svc\"], 0x7ffd /* 20 vars */) = 0\n\
             100 1795475818.001000 brk(NULL)         = 0x555500000000\n\
             100 1795475818.002000 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n\
             100 1795475818.003000 mmap(NULL, 8392704, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x7f0001000000\n\
             100 1795475818.004000 mprotect(0x7f0001001000, 8388608, PROT_READ|PROT_WRITE) = 0\n\
             100 1795475818.005000 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f0001000000, stack_size=0x7fff80} => {parent_tid=[101]}, 88) = 101\n\
             101 1795475818.006000 mremap(0x7f0000000000, 8192, 16384, MREMAP_MAYMOVE <unfinished ...>\n\
             100 1795475818.006500 madvise(0x7f0000000000, 4096, MADV_DONTNEED) = 0\n\
             101 1795475818.007000 <... mremap resumed>) = 0x7f0003000000\n\
             101 1795475818.008000 exit(0)           = ?\n101 1795475818.008100 +++ exited with 0 +++\n\
             100 1795475818.009000 exit_group(0)     = ?\n",
            "[pid   101] 11:09:25.006000 munmap(0x7f0003000000, 40960) = 0 <0.000010>\n\
             strace: Process 102 attached\n[pid   102] 11:09:25.007000 brk(0x555500021000) = 0x555500021000\n",
        ])
    },
    drive: |input| {
        let whole = Part::whole(input.to_vec().into());
        let options = TraceOptions { lenient: true, ..TraceOptions::default() };
        match Trace::load(&[whole], options) {
            Ok(trace) => drop(trace.report().clone()),
            Err(error) => assert!(!error.to_string().chars().any(|c| c.is_control() && c != '\n'), "{error}"),
        }
    },
};
