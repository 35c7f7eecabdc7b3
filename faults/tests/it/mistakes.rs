//! Tests of mistakes in rules: the message, the suggestion, and the marked part.

use faults::{Errno, FaultPlan, ParseError, Problem, Rule, Site, Thrown};

fn error(text: &str) -> ParseError {
    Rule::parse(text).expect_err(text)
}

/// Asserts the message, and that the marked part is `wrong`.
#[track_caller]
fn check(text: &str, wrong: &str, message: &str) {
    let error = error(text);
    assert_eq!(error.message(), message);
    assert_eq!(&text[error.span()], wrong);
}

#[test]
fn a_misspelt_site_gets_the_nearest() {
    check(
        "  memrlimit.prepare_slep: nth=3",
        "memrlimit.prepare_slep",
        "unknown fault site `memrlimit.prepare_slep`; did you mean `memrlimit.prepare_sleep`?",
    );
    let full = error("numtasks.prepare_attach_nosleep: nth=1").message();
    assert!(full.ends_with("did you mean `numtasks.prepare_nosleep`?"), "the kernel's name: {full}");
    let bare = error("css_set_alloc: nth=1").message();
    assert!(bare.ends_with("did you mean `core.css_set_alloc`?"), "without controller: {bare}");
    assert!(
        error("zzz: nth=1").to_string().contains("there are `memrlimit.can_attach`, `memrlimit.prepare`, ")
    );
}

#[test]
fn a_misspelt_attribute_gets_the_nearest_and_the_list() {
    check(
        "memory.prepare_sleep: prob=10",
        "prob",
        "unknown attribute `prob`; did you mean `probability`? there are `interval`, `probability`, `space`, `times`, `nth`, `errno`, `delay`",
    );
}

#[test]
fn a_misspelt_word_gets_the_nearest_of_attributes_and_events() {
    check(
        "core.switched: nth=1 offline",
        "offline",
        "unknown event or attribute `offline`; did you mean `offline-cpu`? there are `interval`, `probability`, `space`, `times`, `nth`, `errno`, `delay`, \
         `exit`, `fork`, `offline-cpu`, `lower-limit`, `rmdir`",
    );
    for (word, meant) in
        [("Exit", "exit"), ("forks", "fork"), ("LOWER_LIMIT", "lower-limit"), ("prob", "probability")]
    {
        let error = error(&format!("core.exit: {word}"));
        assert_eq!(error.problem(), &Problem::UnknownWord(word.to_owned()));
        assert!(error.to_string().contains(&format!("did you mean `{meant}`?")), "{error}");
    }
    let unlike = error("core.exit: unlink").message();
    assert!(
        unlike.ends_with(
            "; there are `interval`, `probability`, `space`, `times`, `nth`, `errno`, `delay`, \
             `exit`, `fork`, `offline-cpu`, `lower-limit`, `rmdir`"
        ),
        "{unlike}"
    );
}

#[test]
fn an_event_takes_no_value() {
    check(
        "core.switched: nth=1 rmdir=b",
        "rmdir=b",
        "event `rmdir` takes no value; write rmdir alone, without `=`",
    );
    for thrown in Thrown::ALL {
        assert_eq!(error(&format!("core.exit: {thrown}=")).problem(), &Problem::EventWithValue(thrown));
    }
}

#[test]
fn a_duplicate_points_at_the_second() {
    check(
        "memory.prepare: nth=3 errno=EINTR nth=4",
        "nth",
        "attribute `nth` is given twice; keep one nth=, or write two rules",
    );
    check(
        "memory.prepare: 1,10,0,-1 times=2",
        "times",
        "attribute `times` is given twice; keep one times=, or write two rules",
    );
}

#[test]
fn units_are_listed() {
    check(
        "core.exit: delay=200sec",
        "sec",
        "the delay `200sec` has the unknown unit `sec`; write a whole number of ns, us, ms, s, m or h, from 1ns to 3600s, for example 5ms",
    );
    check(
        "core.exit: delay=200",
        "200",
        "the delay `200` has no unit; write a whole number of ns, us, ms, s, m or h, from 1ns to 3600s, for example 5ms",
    );
}

#[test]
fn numbers_stay_in_their_range() {
    check(
        "core.exit: probability=101",
        "101",
        "probability is out of range: `101`; probability takes 0 to 100 percent, whole",
    );
    check("core.exit: 1,100,-5,-1", "-5", "space is out of range: `-5`; space takes 0 to 4294967295");
    for wrong in ["interval=0", "interval=-1", "nth=0", "times=-2", "times=4294967296", "space=-1"] {
        let error = error(&format!("core.exit: {wrong}"));
        assert!(matches!(error.problem(), Problem::OutOfRange { .. }), "{error}");
    }
    for wrong in [
        "delay=0s",
        "delay=-3us",
        "delay=3601s",
        "delay=2h",
        "delay=99999999999999999999s",
        "delay=1.5ms",
        "delay=us",
    ] {
        let error = error(&format!("core.exit: {wrong}"));
        assert!(matches!(error.problem(), Problem::Delay(_)), "{error}");
        assert!(error.to_string().contains("from 1ns to 3600s"), "{error}");
    }
    assert_eq!(Rule::parse("core.exit: delay=60min").unwrap().to_string(), "core.exit: delay=3600s");
    for wrong in ["probability=0.5", "probability=10%", "nth=+1", "times=-"] {
        let error = error(&format!("core.exit: {wrong}"));
        assert!(matches!(error.problem(), Problem::NotANumber { .. }), "{error}");
    }
}

#[test]
fn a_rule_has_one_action() {
    check(
        "core.exit: errno=ESRCH delay=1ms",
        "delay",
        "a rule has one action: errno=, delay= or an event; write two rules; if both fire at a hit, the first one wins",
    );
    check(
        "core.exit: delay=1ms nth=1 lower-limit",
        "lower-limit",
        "a rule has one action: errno=, delay= or an event; write two rules; if both fire at a hit, the first one wins",
    );
    for (actions, second) in
        [("exit fork", 5), ("exit exit", 5), ("fork errno=ESRCH", 5), ("rmdir delay=1s", 6)]
    {
        let error = error(&format!("core.exit: {actions}"));
        assert_eq!(
            (error.problem(), error.span().start),
            (&Problem::TwoActions, "core.exit: ".len() + second)
        );
    }
}

#[test]
fn the_switch_cannot_refuse() {
    check(
        "core.switched: nth=1 errno=ENOMEM",
        "errno",
        "core.switched cannot refuse, so errno= has no meaning there; give core.switched a delay=, such as delay=200us, or an event: `exit`, `fork`, `offline-cpu`, `lower-limit`, `rmdir`",
    );
    check(
        "core.switched: nth=1",
        "core.switched",
        "core.switched cannot refuse, and the rule gives no delay and no event; give core.switched a delay=, such as delay=200us, or an event: `exit`, `fork`, `offline-cpu`, `lower-limit`, `rmdir`",
    );
}

#[test]
fn an_unknown_errno_gets_the_nearest() {
    check(
        "core.exit: errno=enomem",
        "enomem",
        "unknown error number `enomem`; did you mean `ENOMEM`? there are `EPERM`, `ENOENT`, `ESRCH`, `EINTR`, `EAGAIN`, `ENOMEM`, `EBUSY`, `ENODEV`, \
         `EINVAL`, `ENOSPC`, `EOPNOTSUPP`",
    );
}

#[test]
fn the_rules_that_messages_propose_are_read() {
    for proposed in ["memory.prepare_sleep: probability=10", "core.exit: nth=3 fork"] {
        assert!(error("").to_string().contains(&format!("`{proposed}`")), "{proposed}");
        Rule::parse(proposed).expect(proposed);
    }
}

#[test]
fn the_shape_of_a_rule_is_explained() {
    check(
        "core.exit nth=3",
        "",
        "`:` is missing after the site; a rule is `SITE: ATTRIBUTE=VALUE ...`, such as `memory.prepare_sleep: probability=10`, or with an event, such as \
         `core.exit: nth=3 fork`",
    );
    check(
        "core.exit: 1,100,0",
        "1,100,0",
        "not the kernel's form: `1,100,0`; it is <interval>,<probability>,<space>,<times> without blanks, right after the colon",
    );
    assert_eq!(error("").problem(), &Problem::NoSite);
    assert_eq!(error(": nth=1").problem(), &Problem::NoSite);
    assert_eq!(error("core.exit:  ").problem(), &Problem::NoAttributes);
    assert!(error("core.exit:").to_string().starts_with("no attribute and no event follows the site; "));
    assert_eq!(error("core.exit fork").problem(), &Problem::NoColon);
    assert_eq!(error("core.exit: fork 1,1,1,1").problem(), &Problem::NotKernelForm("1,1,1,1".to_owned()));
    assert_eq!(error("core.exit: nth").problem(), &Problem::NoValue("nth"));
    assert_eq!(error("core.exit: nth=").problem(), &Problem::NoValue("nth"));
    assert_eq!(error("core.exit: 3").problem(), &Problem::NotKernelForm("3".to_owned()));
    assert!(matches!(error("core.exit: nth=1 1,1,1,1").problem(), Problem::NotKernelForm(_)));
    assert_eq!(error("core.exit: nth=1\ncore.exit: nth=2").problem(), &Problem::LineBreak);
}

#[test]
fn a_mark_is_below_its_text_after_tabs_and_wide_letters() {
    assert!(
        error("\tcore.exit: délay=1us")
            .to_string()
            .ends_with("`delay`\n  |\n1 |     core.exit: délay=1us\n  |                ^^^^^")
    );
    check(
        "core.exit: delay=3µs",
        "µs",
        "the delay `3µs` has the unknown unit `µs`; write a whole number of ns, us, ms, s, m or h, from 1ns to \
         3600s, for example 5ms",
    );
}

#[test]
fn an_error_in_a_plan_names_the_line() {
    let text = "core.exit: nth=1\n  core.exit: nht=2\n";
    let error = FaultPlan::parse(text).expect_err("nht");
    assert_eq!(&text[error.span()], "nht");
    assert!(
        error.to_string().ends_with("`delay`\n  |\n2 |   core.exit: nht=2\n  |              ^^^"),
        "{error}"
    );
}

#[test]
fn errors_of_names_alone_say_what_is_known() {
    let site = "cpuset.prepare_nosleeep".parse::<Site>().expect_err("misspelt").to_string();
    assert!(site.contains("did you mean `cpuset.prepare_nosleep`"), "{site}");
    let errno = "EIO".parse::<Errno>().expect_err("not in the list").to_string();
    assert!(errno.ends_with("`ENOSPC`, `EOPNOTSUPP`"), "{errno}");
}
