//! CSV and JSON for other programs, and properties of every form: golden files, the same bytes twice, damage is an
//! error.
use crate::demo::{demo_charges, demo_linux, demo_run};
use reports::outputs::{OutputError, bmf, csv, gab, hgrm, hlog, json, junit, markdown};
use reports::schema::Run;
use std::collections::BTreeMap;

/// A form of a run, as text.
pub(crate) type Form = fn(&Run) -> Result<String, OutputError>;

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Every form, by the name that `--format` gives it.
pub(crate) const FORMS: [(&str, Form); 8] = [
    ("json", |run| json(run).map(text)),
    ("csv", |run| csv(run).map(text)),
    ("hgrm", hgrm),
    ("hlog", hlog),
    ("markdown", markdown),
    ("junit", junit),
    ("bmf", bmf),
    ("gab", gab),
];

/// Returns made-up runs by name: of the model, of a kernel, and of a kernel that counts memory.
pub(crate) fn demos() -> [(&'static str, Run); 3] {
    [("sim", demo_run()), ("linux", demo_linux()), ("charges", demo_charges())]
}

/// Returns rows of the CSV by name of column.
fn rows(run: &Run) -> Vec<BTreeMap<String, String>> {
    let bytes = csv(run).unwrap();
    ::csv::Reader::from_reader(bytes.as_slice()).deserialize().map(Result::unwrap).collect()
}

/// The part of each form in a snapshot: a line of a log of histograms up to the histogram, and of the forms that go
/// cell by cell the first two cells.
#[test]
fn golden_files() {
    for (name, mut run) in demos() {
        let whole: Vec<(&str, Form)> =
            FORMS.into_iter().filter(|(form, _)| !["json", "csv", "hgrm", "hlog"].contains(form)).collect();
        for (form, of) in whole {
            insta::assert_snapshot!(format!("{name}-{form}"), of(&run).unwrap());
        }
        run.cells.truncate(2);
        insta::assert_snapshot!(format!("{name}-csv"), text(csv(&run).unwrap()));
        insta::assert_snapshot!(format!("{name}-hgrm"), hgrm(&run).unwrap());
        let log = hlog(&run).unwrap();
        let bare = log.lines().map(|line| line.rsplit_once(",HISTF").map_or(line, |(head, _)| head));
        insta::assert_snapshot!(format!("{name}-hlog"), bare.collect::<Vec<_>>().join("\n"));
        // Whole histograms say nothing to a reader.
        run.cells.truncate(1);
        (run.cells[0].attach.latency, run.cells[0].attach.phases, run.cells[0].bystanders) =
            (Vec::new(), Vec::new(), Vec::new());
        run.cells[0].locks.clear();
        insta::assert_snapshot!(format!("{name}-json"), text(json(&run).unwrap()));
    }
}

#[test]
fn the_same_bytes_twice_and_json_reads_back() {
    for (name, run) in demos() {
        for (form, of) in FORMS {
            assert_eq!(of(&run).unwrap(), of(&run.clone()).unwrap(), "{form} of {name}");
        }
        assert_eq!(serde_json::from_slice::<Run>(&json(&run).unwrap()).unwrap(), run);
    }
}

#[test]
fn csv_reads_back_with_the_counts_of_the_run() {
    let run = demo_run();
    let rows = rows(&run);
    let sum = |prefix: &str| -> u64 {
        let mine = rows.iter().filter(|row| row["metric"].starts_with(prefix));
        mine.map(|row| row["value"].parse::<u64>().unwrap()).sum()
    };
    let outcomes: u64 = run.cells.iter().flat_map(|cell| cell.attach.outcomes.values()).sum();
    let violated: u64 =
        run.cells.iter().flat_map(|cell| &cell.invariants).map(|invariant| invariant.violated).sum();
    assert_eq!((sum("outcome/"), sum("violated/")), (outcomes, violated));
    assert!(outcomes > 0 && violated > 0);
}

#[test]
fn csv_reads_back_with_every_latency_of_the_run() {
    for (name, run) in demos() {
        let mut found = Vec::new();
        for row in rows(&run).iter().filter(|row| row["metric"].starts_with("attach-latency/")) {
            if row["statistic"] == "total" {
                found.push([&row["value"], &row["n"]].map(|field| field.parse::<u64>().unwrap()));
            }
        }
        let wanted: Vec<[u64; 2]> = run
            .cells
            .iter()
            .flat_map(|cell| &cell.attach.latency)
            .filter(|series| series.hist.count > 0)
            .map(|series| [series.hist.total_ns, series.hist.count])
            .collect();
        assert_eq!(found, wanted, "{name}");
        assert!(!wanted.is_empty());
    }
}

#[test]
fn no_percentile_goes_beyond_its_samples() {
    let (mut seen, needs) = (0, BTreeMap::from([("p50", 20), ("p90", 60), ("p99", 300), ("p99.9", 3_000)]));
    for row in rows(&demo_run()) {
        if let Some(least) = needs.get(row["statistic"].as_str()) {
            seen += 1;
            assert!(row["n"].parse::<u64>().unwrap() >= *least, "{row:?}");
        }
    }
    assert!(seen > 0);
    let few = hgrm(&demo_linux()).unwrap();
    let block = few.split("#[Max").find(|block| block.contains("rate_per_s=20 ")).unwrap();
    assert!(block.contains("0.900000000000") && !block.contains("0.995"), "400 samples end at p99: {block}");
}

#[test]
fn a_damaged_histogram_is_an_error_that_says_where() {
    for (form, of) in FORMS.into_iter().filter(|(form, _)| *form != "json") {
        let mut run = demo_linux();
        run.cells[4].attach.latency[1].hist.hdr = "###".to_owned();
        let error = of(&run).unwrap_err().to_string();
        assert!(error.starts_with("cell 4 (v2, seed 1), ") && error.contains("base64"), "{form}: {error}");
    }
}

#[test]
fn a_run_without_cells_has_every_form() {
    let mut run = demo_linux();
    (run.cells, run.verdicts, run.notes) = (Vec::new(), Vec::new(), Vec::new());
    for (form, of) in FORMS {
        assert!(of(&run).is_ok(), "{form}");
    }
}
