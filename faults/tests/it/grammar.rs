//! Tests of the grammar of rules: valid texts and their meaning. Mistakes are in `mistakes.rs`.

use faults::{Errno, Fault, FaultPlan, Rule, Site, Thrown};

fn parse(text: &str) -> Rule {
    Rule::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_documented_rules_are_read() {
    let errno = |site, errno| Rule::new(site, Fault::Errno(errno));
    assert_eq!(
        parse("memrlimit.prepare_sleep: probability=10 errno=ENOMEM"),
        Rule { probability: 10, ..errno(Site::MemrlimitPrepareSleep, Errno::ENOMEM) }
    );
    assert_eq!(
        parse("numtasks.prepare_nosleep: nth=3 errno=EAGAIN"),
        Rule { nth: Some(3), ..errno(Site::NumtasksPrepareNosleep, Errno::EAGAIN) }
    );
    assert_eq!(
        parse("cpuset.prepare_sleep: delay=200us interval=10"),
        Rule { interval: 10, ..Rule::new(Site::CpusetPrepareSleep, Fault::Delay { ns: 200_000 }) }
    );
}

#[test]
fn the_kernels_string_is_interval_probability_space_times() {
    let rule = parse("memory.prepare_sleep: 2,10,30,4");
    assert_eq!((rule.interval, rule.probability, rule.space, rule.times), (2, 10, 30, Some(4)));
    assert_eq!(parse("memory.prepare_sleep: 1,10,0,-1"), parse("memory.prepare_sleep: probability=10"));
    assert_eq!(parse("memory.prepare_sleep: 1,100,0,-1 errno=EINTR").action, Fault::Errno(Errno::EINTR));
}

#[test]
fn without_an_action_the_site_decides() {
    for site in Site::all().filter(|site| site.can_refuse()) {
        let errno = site.default_errno().expect("can refuse");
        assert_eq!(parse(&format!("{site}: nth=1")).action, Fault::Errno(errno));
    }
    assert_eq!(parse("core.switched: delay=5us").action, Fault::Delay { ns: 5_000 });
}

#[test]
fn an_event_is_a_bare_word_at_any_site() {
    let throw = |site, thrown| Rule::new(site, Fault::Throw(thrown));
    assert_eq!(
        parse("memory.prepare_sleep: nth=3 exit"),
        Rule { nth: Some(3), ..throw(Site::MemoryPrepareSleep, Thrown::Exit) }
    );
    assert_eq!(
        parse("core.css_set_alloc: lower-limit interval=10"),
        Rule { interval: 10, ..throw(Site::CoreCssSetAlloc, Thrown::LowerLimit) }
    );
    assert_eq!(
        parse("core.switched: 1,5,0,-1 fork"),
        Rule { probability: 5, ..throw(Site::CoreSwitched, Thrown::Fork) }
    );
    for site in Site::all() {
        for thrown in Thrown::ALL {
            assert_eq!(parse(&format!("{site}: {}", thrown.name())), throw(site, thrown));
        }
    }
}

#[test]
fn events_have_the_names_of_the_documents() {
    assert_eq!(Thrown::ALL.map(Thrown::name), ["exit", "fork", "offline-cpu", "lower-limit", "rmdir"]);
    for thrown in Thrown::ALL {
        assert_eq!(Thrown::parse(thrown.name()), Some(thrown));
        assert!(!thrown.about().is_empty() && thrown.about().lines().count() == 1, "{thrown}");
    }
    assert_eq!(Thrown::parse("Exit"), None);
    assert_eq!(format!("{:>6}", Thrown::Fork), "  fork");
}

#[test]
fn delays_have_units() {
    for (text, ns) in [("7ns", 7), ("7us", 7_000), ("7ms", 7_000_000), ("7s", 7_000_000_000)] {
        assert_eq!(parse(&format!("core.exit: delay={text}")).action, Fault::Delay { ns });
    }
}

#[test]
fn the_canonical_text_names_what_differs_from_the_default() {
    let text = |rule: &str| parse(rule).to_string();
    assert_eq!(text(" core.exit :probability=100  "), "core.exit: errno=ESRCH");
    assert_eq!(text("core.exit: delay=2000us nth=4"), "core.exit: nth=4 delay=2ms");
    assert_eq!(
        text("freezer.prepare: times=0 space=3 probability=0 interval=2"),
        "freezer.prepare: interval=2 probability=0 space=3 times=0 errno=EBUSY"
    );
    assert_eq!(text("core.switched: offline-cpu times=2"), "core.switched: times=2 offline-cpu");
}

#[test]
fn a_plan_is_a_rule_a_line() {
    let plan = FaultPlan::parse("# all of it\n\ncore.exit: nth=1 # first\r\n  memory.prepare: 1,10,0,-1\n")
        .expect("plan");
    let texts: Vec<String> = plan.rules.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["core.exit: nth=1 errno=ESRCH", "memory.prepare: probability=10 errno=ENOMEM"]);
}
