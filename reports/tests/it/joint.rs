//! Several runs on one page: each as in its own report, anchors of its own, and the comparison.
use crate::demo::{demo_charges, demo_env, demo_linux, demo_run, demo_run_of};
use crate::html::{keep, words};
use reports::html::{MAX_BYTES, MAX_RUNS, render, render_all};
use reports::schema::{Engine, Env, Run};
use std::collections::BTreeSet;

/// Returns the demo on the simulator and on Linux under one name, and a third run of another.
fn runs() -> Vec<(Run, Option<Env>)> {
    let mut linux = demo_linux();
    linux.scenario.name = "default".into();
    vec![(demo_run(), None), (linux, Some(demo_env())), (demo_charges(), None)]
}

fn page(runs: &[(Run, Option<Env>)]) -> String {
    render_all(runs).unwrap()
}

/// Returns the section of the comparison.
fn comparison(html: &str) -> &str {
    html.split_once("<section id=\"comparison\">").unwrap().1.split_once("<article").unwrap().0
}

#[test]
fn side_by_side_reads_as_it_did() {
    let html = page(&runs());
    keep("joint.html", &html);
    assert!(html.len() < 800 * 1024, "{} bytes", html.len());
    let head = html.split_once("<article").unwrap().0;
    insta::assert_snapshot!("joint-words", words(head));
}

#[test]
fn anchors_are_unique_and_links_lead_to_them() {
    let html = page(&runs());
    let ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), ids.len());
    let links: Vec<&str> =
        html.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(links.len() > 20);
    for link in links {
        assert!(distinct.contains(link), "{link}");
    }
}

/// Sections of a run are those of its own report, letter by letter except for the anchors.
#[test]
fn each_run_stands_as_it_does_alone() {
    let runs = runs();
    let html = page(&runs);
    for (n, (run, env)) in runs.iter().enumerate() {
        let alone = render(run, env.as_ref()).unwrap();
        let body = |html: &str| html.split_once("<header>").unwrap().1.to_owned();
        let article = html.split_once(&format!("<article id=\"r{}\">", n + 1)).unwrap().1;
        let article = body(article.split_once("</article>").unwrap().0).replace(&format!("r{}-", n + 1), "");
        assert_eq!(article, body(alone.split_once("</main>").unwrap().0), "run {}", n + 1);
    }
}

#[test]
fn times_of_two_clocks_share_neither_table_nor_plot() {
    let html = page(&runs());
    let section = comparison(&html);
    assert!(!section.contains("<svg"), "no plot has both");
    let tables: Vec<&str> = section.split("<table>").skip(1).collect();
    assert_eq!(tables.len(), 3);
    for table in tables {
        let (simulated, measured) = (table.contains("prepare-undo"), table.contains("v1:pids"));
        let times = ["ns</td>", "µs</td>", "ms</td>"].iter().any(|unit| table.contains(unit));
        assert!(!(simulated && measured && times), "{table}");
    }
    assert!(section.contains("simulated ×") && section.contains("measured ×"));
}

#[test]
fn only_the_same_scenario_on_a_model_and_a_machine_is_laid_side_by_side() {
    let mut runs = runs();
    runs[1].0.scenario.name = "other".into();
    assert!(page(&runs).contains("Nothing can be compared"));
    runs[1].0.scenario.name = "default".into();
    runs[1].0.engine = Engine::Sim;
    assert!(page(&runs).contains("Nothing can be compared"));
    // On threads the protocols are the same code, so no nearest protocol has to be chosen.
    let mut threads = demo_run();
    threads.engine = Engine::Threads;
    let html = page(&[(demo_run(), None), (threads, Some(demo_env()))]);
    assert!(comparison(&html).contains("measured ×") && !html.contains("Nearest, not the same"));
}

#[test]
fn a_median_that_the_samples_do_not_support_is_a_dash() {
    let mut runs = runs();
    runs[1].0.cells.iter_mut().for_each(|cell| cell.bystanders.clear());
    let html = page(&runs);
    assert!(comparison(&html).contains("cannot be laid side by side"));
    runs[0].0 = demo_run_of(1, 5);
    let few = page(&runs);
    let row = comparison(&few).split_once("closed loop: p50</th>").unwrap().1.split_once("</tr>").unwrap().0;
    assert!(row.contains('–') && !row.contains("µs"), "{row}");
}

#[test]
fn the_size_is_bounded_whatever_the_runs() {
    let mut big = demo_run_of(1, 30);
    big.scenario.toml = "t".repeat(1 << 20);
    big.cells.iter_mut().for_each(|cell| {
        cell.subject = cell.subject.with(|parts| parts.protocol.insert_str(0, &"\"".repeat(120)));
    });
    let runs: Vec<(Run, Option<Env>)> = (0..MAX_RUNS + 3).map(|_| (big.clone(), Some(demo_env()))).collect();
    let html = page(&runs);
    assert!(html.len() < MAX_BYTES, "{} bytes", html.len());
    assert!(html.contains("3 runs more than a page may hold"));
}

/// Two runs of one scenario on one engine have one plot, with a line for each protocol of either.
#[test]
fn runs_of_one_scenario_are_drawn_over_each_other() {
    let mut slower = demo_run_of(2, 300);
    slower.cells.iter_mut().for_each(|cell| cell.seed += 100);
    let html = page(&[(demo_run_of(3, 300), None), (slower, None)]);
    let section = html.split_once("<section id=\"overlay\">").unwrap().1.split_once("</section>").unwrap().0;
    let figure = section.split_once("<figure>").unwrap().1.split_once("</figure>").unwrap().0;
    assert_eq!(figure.matches("<li data-k").count(), 8);
    assert!(figure.contains("three-phase, run 1") && figure.contains("three-phase, run 2"));
    assert!(section.contains("p50, 2 ÷ 1") && section.contains("<td class=\"n\">×"));
    let mut other = demo_run_of(1, 300);
    other.scenario.name = "other".into();
    assert!(!page(&[(demo_run_of(1, 300), None), (other, None)]).contains("id=\"overlay\""));
}

#[test]
fn runs_that_differ_in_cpus_are_followed_along_them() {
    let on = |cpus: u32, seeds: u64| {
        let mut run = demo_run_of(seeds, 300);
        run.scenario.cpus = cpus;
        (run, None)
    };
    let html = page(&[on(8, 1), on(2, 2), on(16, 3)]);
    let section = html.split_once("<section id=\"scaling\">").unwrap().1.split_once("</section>").unwrap().0;
    let said = words(&html);
    assert!(said.contains("From 2 CPUs to 16 CPUs the median changes most under "), "{said}");
    let (two, eight) = (section.find("2 CPUs: p50, virtual"), section.find("8 CPUs: p50, virtual"));
    assert!(two.unwrap() < eight.unwrap(), "by CPUs, not in the order given");
    assert_eq!((section.matches("<svg viewBox").count(), section.matches("<li data-k").count()), (1, 12));
    // Runs of another engine, or with the same CPUs, have no scale.
    let mut threads = on(4, 1);
    threads.0.engine = Engine::Threads;
    assert!(!page(&[on(8, 1), on(8, 2), threads]).contains("id=\"scaling\""));
}
