//! The report: its text as a snapshot, escaping, plots, size, time. Files are written to the target folder, to be
//! looked at.
use crate::demo::{demo_charges, demo_env, demo_linux, demo_run, demo_run_of, note};
use base64::Engine as _;
use reports::axis::Axis;
use reports::html::{MAX_BYTES, render};
use reports::schema::{LockRow, NoteKind, Run, Subject};
use sha2::Digest as _;
use std::path::Path;

fn page(run: &Run) -> String {
    render(run, None).unwrap()
}

/// Returns the report without its style sheet, tags and pictures, as a reader without any of them sees it.
pub(crate) fn words(html: &str) -> String {
    let body = html.split_once("<main>").unwrap().1;
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, tail) = after.split_once('>').unwrap();
        let name = tag.split_whitespace().next().unwrap_or("");
        rest = tail;
        match name {
            "svg" if !tag.contains("aria-hidden") => {
                let (picture, tail) = tail.split_once("</svg>").unwrap();
                let title = picture.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
                text.push_str(&format!("\n[plot: {title}]"));
                rest = tail;
            }
            "h1" | "h2" | "h3" | "caption" | "section" => text.push_str("\n\n"),
            "p" | "tr" | "li" | "dt" | "dd" | "pre" | "summary" | "details" | "figure" => text.push('\n'),
            "td" | "th" => text.push_str(" | "),
            "br" => text.push_str("; "),
            _ => {}
        }
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut out = lines.join("\n");
    while out.contains("\n\n\n") {
        out = out.replace("\n\n\n", "\n\n");
    }
    out
}

pub(crate) fn keep(name: &str, html: &str) {
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), html).unwrap();
}

#[test]
fn the_model_report_reads_as_it_did() {
    let html = render(&demo_run(), Some(&demo_env())).unwrap();
    keep("sim.html", &html);
    insta::assert_snapshot!("sim-words", words(&html));
    assert!(html.len() <= 400_000, "{} bytes", html.len());
}

#[test]
fn the_linux_report_reads_as_it_did() {
    let html = page(&demo_linux());
    keep("linux.html", &html);
    assert!(html.contains("a closed loop does not show how long a single move takes"));
    insta::assert_snapshot!("linux-words", words(&html));
}

#[test]
fn pages_have_a_price_and_what_stays_by_design_is_no_drift() {
    let html = page(&demo_charges());
    keep("charges.html", &html);
    insta::assert_snapshot!("charges-words", words(&html));
}

/// Holds that were not measured are never written as 0, whether the other rows have holds or not.
#[test]
fn unknown_holds_are_not_zero() {
    let row = |html: &str, class: &str| {
        let rest = html.split_once(&format!("<th scope=\"row\">{class}</th>")).unwrap().1;
        rest.split_once("</tr>").unwrap().0.to_owned()
    };
    let mut run = demo_charges();
    assert_eq!(row(&page(&run), "css_set_lock").matches("not measured").count(), 1);
    let known = LockRow { acquisitions: 7, class: "other".into(), ..run.cells[0].locks[0].clone() };
    run.cells[0].locks.push(known);
    let html = page(&run);
    let unknown = row(&html, "css_set_lock");
    assert_eq!(unknown.matches("not measured").count(), 5);
    assert!(!unknown.contains(">0.00<") && !unknown.contains(">0<"));
    assert!(!row(&html, "other").contains("not measured"));
}

#[test]
fn a_drift_beyond_its_tolerance_is_said() {
    let mut run = demo_charges();
    assert!(page(&run).contains("than per-CPU batches may hide"));
    run.cells[0].drift[0].drift_final = 159;
    let html = page(&run);
    assert!(html.contains("v1 ends up to 159 pages off") && html.contains("<strong>+159</strong>"));
}

#[test]
fn nothing_is_concluded_from_how_long_traced_moves_take() {
    let mut run = demo_linux();
    // In this run the traced cells are those in which rare moves are slowest.
    run.cells.retain(|cell| ["v1:pids", "v2:favordynmods"].contains(&cell.subject.label()));
    assert!(words(&page(&run)).contains("Under v1:pids a move every 50 ms"));
    for cell in run.cells.iter_mut().filter(|cell| cell.subject.label() == "v1:pids") {
        cell.subject = cell.subject.with(|parts| parts.traced = true);
    }
    let said = words(&page(&run));
    assert!(said.contains("| v1:pids traced |"), "they are shown");
    assert!(said.contains("Under v2:favordynmods a move every 1 ms"), "{said}");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(page(&demo_run()), page(&demo_run()));
}

#[test]
fn nothing_is_fetched_and_nothing_is_run() {
    for html in [page(&demo_run()), page(&demo_linux()), page(&demo_charges())] {
        for word in ["http:", "https:", "<script ", "@import", "url(", " src=", "<link", "onload", "onclick"]
        {
            assert!(!html.contains(word), "{word}");
        }
        assert_eq!(html.matches("<script>").count(), 1);
    }
}

/// The page allows one script, by its hash, and that hash is of the script on the page, byte by byte.
#[test]
fn the_policy_names_the_script() {
    let html = page(&demo_run());
    let script = html.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(script));
    assert!(
        html.contains(&format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'"))
    );
}

/// Every element is closed, attributes are quoted, and text is escaped: a strict parser accepts the body.
#[test]
fn the_markup_is_well_formed() {
    for html in [page(&demo_run()), page(&demo_linux()), page(&demo_charges())] {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = html.split_once("<main>").unwrap().1.split_once("</main>").unwrap().0;
        while let Some((text, after)) = rest.split_once('<') {
            assert!(!text.contains('>'), "{text}");
            let (tag, tail) = after.split_once('>').unwrap();
            rest = tail;
            let name = tag.trim_end_matches('/').split_whitespace().next().unwrap();
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed));
            } else if !tag.ends_with('/') && name != "br" {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn every_link_has_its_anchor() {
    let html = page(&demo_run());
    let targets: Vec<&str> =
        html.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(targets.len() > 10);
    for target in targets {
        assert_eq!(html.matches(&format!("id=\"{target}\"")).count(), 1, "{target}");
    }
}

#[test]
fn hostile_names_stay_text() {
    const EVIL: &str = "</title></style><script>alert(1)</script><img src=x onerror=y>\"'&";
    let mut run = demo_run();
    run.scenario.name = EVIL.to_owned();
    run.scenario.about = EVIL.to_owned();
    run.scenario.toml = EVIL.to_owned();
    run.scenario.controllers = vec![EVIL.to_owned()];
    run.command = EVIL.to_owned();
    run.notes = vec![note(NoteKind::Warning, EVIL)];
    run.cells.iter_mut().for_each(|cell| {
        cell.subject = cell.subject.with(|parts| parts.protocol.push_str(EVIL));
        cell.attach.phases[0].phase = EVIL.to_owned();
        cell.bystanders.iter_mut().for_each(|series| series.op.push_str(EVIL));
        cell.drift.iter_mut().for_each(|drift| drift.cgroup = EVIL.to_owned());
        cell.locks[0].class = EVIL.to_owned();
        cell.longest_holds[0].holder = EVIL.to_owned();
        cell.ended = Some(EVIL.to_owned());
        cell.invariants[0].first = Some(EVIL.to_owned());
        cell.faults.rules.iter_mut().for_each(|rule| rule.rule = EVIL.to_owned());
    });
    run.verdicts.iter_mut().for_each(|verdict| {
        verdict.protocol = format!("{}{EVIL}", verdict.protocol);
        verdict.replay = Some(EVIL.to_owned());
    });
    let html = page(&run);
    assert!(!html.contains("<img") && !html.contains("<script>alert"));
    assert_eq!(html.matches("<script").count(), 1, "the report's own");
    assert_eq!(html.matches("</title>").count(), html.matches("<title>").count());
}

#[test]
fn colours_are_never_the_only_difference() {
    let html = page(&demo_run());
    assert!(html.contains("stroke-dasharray"));
    for shape in ["<circle", "<rect", "<polygon"] {
        assert!(html.contains(shape), "{shape}");
    }
    assert!(html.matches("role=\"img\"").count() >= 6, "plots have names");
}

/// Returns left, top, right, bottom of each label of `svg`, with letters as wide as they are in DejaVu Sans, a wide
/// face.
fn labels(svg: &str) -> Vec<(String, [f64; 4])> {
    let attribute = |tag: &str, name: &str| {
        let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
        Some(value.to_owned())
    };
    let mut found = Vec::new();
    for part in svg.split("<text").skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        let text =
            rest.split('<').next().unwrap().replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
        let number = |name| attribute(tag, name).unwrap().parse::<f64>().unwrap();
        let (x, y, width) = (number("x"), number("y"), text.chars().count() as f64 * 13.0);
        let left = match attribute(tag, "text-anchor").as_deref() {
            None => x,
            Some("middle") => x - width / 2.0,
            _ => x - width,
        };
        found.push((text, [left, y - 18.0, left + width, y + 5.0]));
    }
    found
}

#[test]
fn no_label_covers_another_or_leaves_its_picture() {
    let mut wide = demo_linux();
    for (n, cell) in wide.cells.iter_mut().enumerate() {
        let rate = cell.point.with(Axis::Rate, 1_000_000 + n as u64);
        cell.point = rate.with(Axis::Delay, 12_300 + n as u64).with(Axis::FaultRate, 100);
    }
    let (mut named, options) = (demo_run(), ":mmap-sem=counted,grace=none,memory.move=yes");
    for cell in &mut named.cells {
        cell.subject = cell.subject.with(|parts| parts.protocol.push_str(options));
    }
    let mut plots = 0;
    for run in [demo_run(), demo_linux(), demo_charges(), wide, named] {
        for svg in page(&run).split("<svg viewBox=\"").skip(1) {
            let svg = svg.split("</svg>").next().unwrap();
            let size: Vec<f64> =
                svg.split('"').next().unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
            let labels = labels(svg);
            assert!(labels.len() > 3);
            plots += 1;
            for (n, (text, a)) in labels.iter().enumerate() {
                assert!(
                    a[0] >= -1.0 && a[1] >= -1.0 && a[2] <= size[2] + 1.0 && a[3] <= size[3] + 1.0,
                    "{text}: {a:?}"
                );
                for (other, b) in &labels[..n] {
                    let disjoint = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                    assert!(disjoint, "{text} {a:?} covers {other} {b:?}");
                }
            }
        }
    }
    assert!(plots > 20, "{plots}");
}

#[test]
fn an_empty_run_is_a_report_too() {
    let mut run = demo_run();
    run.cells.clear();
    run.verdicts.clear();
    run.notes.clear();
    run.interrupted = true;
    let html = page(&run);
    assert!(html.contains("No invariant was checked") && html.contains("The run was interrupted"));
}

/// The run has a thousand cells, each a point of its own in the worst case, with texts of any length.
#[test]
fn the_size_is_bounded_whatever_the_run() {
    let mut run = demo_run_of(84, 60);
    assert!(run.cells.len() >= 1_000);
    let start = std::time::Instant::now();
    let html = page(&run);
    let took = start.elapsed();
    keep("thousand.html", &html);
    keep("thousand.txt", &format!("{} bytes in {took:?}\n", html.len()));
    assert!(html.len() < MAX_BYTES);
    // Wall time is bounded only in optimised builds.
    assert!(cfg!(debug_assertions) || took.as_secs() < 2, "{took:?}");

    for (n, cell) in run.cells.iter_mut().enumerate() {
        cell.subject = Subject::of(format!("{}-{}:{}", cell.subject, n % 40, "a=b<".repeat(60)));
        cell.point = cell.point.with(Axis::Rate, n as u64 % 50);
        cell.ended = Some("x".repeat(5_000));
        cell.invariants.iter_mut().for_each(|invariant| invariant.first = Some("y".repeat(5_000)));
        cell.faults.rules.iter_mut().for_each(|rule| rule.rule.push_str(&"z".repeat(2_000)));
    }
    run.notes =
        (0..5_000).map(|n| note(NoteKind::Inconclusive, &format!("{n} {}", "w".repeat(900)))).collect();
    run.verdicts =
        reports::verdict::judge(&run.cells, &Default::default(), &run.notes, |_, _| Some("r".repeat(3_000)));
    run.scenario.toml = "t".repeat(1 << 20);
    let html = page(&run);
    keep("hostile.html", &html);
    assert!(html.len() < MAX_BYTES, "{} bytes", html.len());
    assert!(!html.contains("A section is left out"), "bounds of tables and plots are enough even for this");

    // Only letters that take five bytes each make a section long enough to be left out.
    run.cells.iter_mut().for_each(|cell| {
        cell.subject = cell.subject.with(|parts| parts.protocol.insert_str(0, &"\"".repeat(120)));
    });
    run.verdicts =
        reports::verdict::judge(&run.cells, &Default::default(), &[], |_, _| Some("&".repeat(3_000)));
    let html = page(&run);
    assert!(html.len() < MAX_BYTES, "{} bytes", html.len());
    assert!(html.contains("A section is left out"));
}
