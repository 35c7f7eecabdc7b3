//! Tests of invalid specs: the error, its field, and a text that says what would be right.

use workloads::{BuiltIn, Spec, SpecError, WorkloadPlan, shapes};

use crate::support::Bytes;

fn error(text: &str) -> SpecError {
    let spec: Spec = toml::from_str(text).unwrap();
    WorkloadPlan::new(&spec, &BuiltIn).expect_err(text)
}

#[track_caller]
fn check(text: &str, field: &str, message: &str) {
    let error = error(text);
    assert_eq!(error.field(), field, "{error}");
    assert_eq!(error.to_string(), message);
}

#[test]
fn counts_are_bounded() {
    check("shape = 'churn'\nthreads = 0", "threads", "`threads` is 0; it must be from 1 to 4096");
    check("shape = 'churn'\nprocesses = 0", "processes", "`processes` is 0; it must be from 1 to 4096");
    check("shape = 'churn'\nthreads = 4097", "threads", "`threads` is 4097; it must be from 1 to 4096");
    check(
        "shape = 'mixed'\nexec_percent = 101",
        "exec_percent",
        "`exec_percent` is 101; it must be from 0 to 100",
    );
}

#[test]
fn unknown_shapes_get_the_nearest_names() {
    const ALL: &str = "there are `mixed`, `steady`, `churn`, `near-limit`, `fork-storm`, `idle`, \
                       `trace:parallel-build`, `trace:python-threads`";
    let unknown = |shape: &str, hint: &str| {
        let message = format!("there is no shape `{shape}`; {hint}{ALL}");
        check(&format!("shape = '{shape}'"), "shape", &message);
    };
    unknown("chrun", "did you mean `churn`? ");
    unknown("forkstorm", "did you mean `fork-storm`? ");
    unknown("python-threads", "did you mean `trace:python-threads`? ");
    unknown("zzz", "");
}

#[test]
fn bounds_must_not_cross() {
    check(
        "shape = 'churn'\nop_pages_min = 9",
        "op_pages_min",
        "`op_pages_min` is 9 and above `op_pages_max`, which is 8; lower the first or raise the second",
    );
    check(
        "shape = 'churn'\ncap_pages = 4",
        "op_pages_max",
        "`op_pages_max` is 8 and above `cap_pages`, which is 4; lower the first or raise the second",
    );
    assert_eq!(error("shape = 'churn'\ncap_pages = 4").other_field(), Some("cap_pages"));
    check(
        "shape = 'steady'\nthink_min = '1ms'",
        "think_min",
        "`think_min` is 1ms and above `think_max`, which is 20us; lower the first or raise the second",
    );
    check(
        "shape = 'fork-storm'\nfork_gap_ops = 1",
        "child_ops_max",
        "`child_ops_max` is 5 and above `fork_gap_ops`, which is 1; lower the first or raise the second",
    );
}

#[test]
fn weights_and_times() {
    let zero =
        "shape = 'churn'\nmix = { mmap = 0, munmap = 0, touch = 0, fork_thread = 0, fork_process = 0 }";
    assert!(matches!(error(zero), SpecError::NoWeight));
    assert_eq!(error(zero).field(), "mix");
    check(
        "shape = 'steady'\nthink_max = '5 minutes'",
        "think_max",
        "`think_max`: `5 minutes` has the unknown unit `minutes`; \
         write a whole number of ns, us, ms, s, m or h, for example 5ms",
    );
    assert_eq!(error("shape = 'steady'\nthink_min = '0ns'").field(), "think_min");
}

#[test]
fn options_that_do_nothing_are_refused() {
    check(
        "shape = 'churn'\ntrace_repeat = true",
        "trace_repeat",
        "`trace_repeat` has no effect on the shape `churn`: it is for recordings; remove it",
    );
    assert_eq!(error("shape = 'trace:parallel-build'\ncap_pages = 4").field(), "cap_pages");
    assert_eq!(error("shape = 'trace:parallel-build'\nthreads = 2").field(), "threads");
    assert_eq!(
        error("shape = 'trace:parallel-build'\ntrace_touch_percent = 101").field(),
        "trace_touch_percent"
    );
}

#[test]
fn recordings_that_cannot_be_had() {
    check(
        "shape = 'trace:nothing'",
        "shape",
        "cannot read the recording `nothing`: it is not built in; there are `parallel-build`, `python-threads`",
    );
    let spec = Spec::new("trace:text", 1, 1);
    let error = WorkloadPlan::new(&spec, &Bytes(b"hello\nworld\n".to_vec())).unwrap_err().to_string();
    assert!(error.contains("none of its 2 lines") && error.contains("`hello`"), "{error}");
}

#[test]
fn specs_are_toml_and_back() {
    let text = "shape = \"mixed\"\nprocesses = 2\nthreads = 3\nthink_min = \"2us\"\n\n[mix]\ntouch = 9\n";
    let spec: Spec = toml::from_str(text).unwrap();
    assert_eq!(toml::to_string(&spec).unwrap(), text);
    assert!(toml::from_str::<Spec>("shape = 'mixed'\nthreds = 3").is_err());
    assert!(toml::from_str::<Spec>("shape = 'mixed'\nmix = { map = 3 }").is_err());
}

#[test]
fn every_listed_shape_is_one() {
    for shape in shapes() {
        WorkloadPlan::new(&Spec::new(shape.name, 1, 1), &BuiltIn).unwrap();
        assert!(!shape.about.is_empty());
    }
}
