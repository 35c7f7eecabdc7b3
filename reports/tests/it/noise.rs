//! Noise in the outputs: facts among those of the machine, warnings in the table and in the report.
use crate::demo::{demo_env, demo_linux, demo_run, note};
use crate::html::words;
use reports::html::render;
use reports::noise::{of_machine, of_starts};
use reports::schema::{Engine, Env, LatencyKind, Noise, NoteKind, Run};
use reports::table::{self, TableOptions};

fn noisy() -> Noise {
    Noise {
        guest: None,
        cpus: Some(2),
        load_begin_percent: Some(295),
        load_end_percent: Some(310),
        cpu_ms: Some(40_000),
        steal_ms: Some(900),
    }
}

/// The run as a command publishes it, with the warnings that its noise and its starts ask for.
fn published(mut run: Run, noise: &[Noise]) -> (String, String) {
    run.notes.extend(of_starts(&run.cells));
    run.notes.extend(noise.iter().flat_map(of_machine));
    let env = Env { noise: noise.to_vec(), ..demo_env() };
    let text = table::render(&run, TableOptions::default()).unwrap();
    (text, words(&render(&run, Some(&env)).unwrap()))
}

#[test]
fn noise_is_among_the_facts_and_a_warning_where_it_matters() {
    let guest = Noise { guest: Some("vm:v1".into()), load_begin_percent: None, steal_ms: Some(0), ..noisy() };
    let (text, page) = published(demo_linux(), &[noisy(), guest]);
    for fact in [
        "noise\nload 2.95 at the begin, 3.10 at the end, stolen CPU time 2.3 %",
        "noise of vm:v1\nload not measured at the begin, 3.10 at the end, stolen CPU time 0.0 %",
    ] {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    let warnings = [
        "The load of the machine was 2.95 at the begin, on 2 CPUs",
        "2.3 % of the CPU time of the machine was stolen",
    ];
    for warning in warnings {
        assert!(
            text.contains(&format!("warning: {warning}")) && page.contains(&format!("warning: {warning}")),
            "{warning}"
        );
    }
    let quiet = Noise { load_begin_percent: Some(10), steal_ms: Some(1), ..noisy() };
    let (text, page) = published(demo_linux(), &[quiet]);
    assert!(warnings.iter().all(|warning| !text.contains(warning) && !page.contains(warning)));
}

#[test]
fn late_starts_are_a_warning_of_their_setting() {
    let mut run = demo_linux();
    assert!(
        !published(run.clone(), &[]).0.contains("came later than the median move"),
        "no lateness, no warning"
    );
    for cell in &mut run.cells {
        // As late as the moves take, so half of the starts are later than the median.
        let raw = cell.attach.latency.iter().find(|series| series.kind == LatencyKind::Raw);
        cell.attach.lateness = raw.map(|series| series.hist.clone());
    }
    let (text, page) = published(run, &[]);
    let begin = "warning: v1:pids: At 20 /s ";
    let line = text.lines().find(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("{text}"));
    assert!(
        line.contains(" of 400 starts came later than the median move takes (") && page.contains(line),
        "{line}"
    );
}

#[test]
fn a_warning_is_printed_before_what_is_good_to_know() {
    let mut run = demo_linux();
    run.notes = (0..40).map(|n| note(NoteKind::Info, &format!("fact {n}"))).collect();
    let (text, _) = published(run, &[noisy()]);
    assert!(text.contains("warning: The load of the machine") && text.contains("info: fact 0"), "{text}");
    assert!(text.contains(" more; all are in run.json"), "{text}");
}

/// The simulator has no machine that could disturb it, so its runs hold neither fact, and earlier results are read.
#[test]
fn the_model_has_no_noise() {
    let run = demo_run();
    assert_eq!(run.engine, Engine::Sim);
    assert_eq!(of_starts(&run.cells), []);
    let json = serde_json::to_string(&(&run, demo_env())).unwrap();
    for field in ["\"noise\"", "\"lateness\"", "\"moves\""] {
        assert!(!json.contains(field), "{field}");
    }
    let env: Env = serde_json::from_str(&serde_json::to_string(&demo_env()).unwrap()).unwrap();
    assert_eq!(env.noise, []);
}
