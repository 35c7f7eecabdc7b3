//! What other programs read: golden files, and the same figures when read back.
use crate::demo::{demo_charges, demo_linux, demo_run};
use reports::outputs::{csv, hgrm, json};
use reports::schema::Run;
use std::collections::BTreeMap;

/// Rows of the CSV by name of column.
fn rows(run: &Run) -> Vec<BTreeMap<String, String>> {
    let bytes = csv(run).unwrap();
    ::csv::Reader::from_reader(bytes.as_slice()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn golden_files() {
    insta::assert_snapshot!("linux-csv", String::from_utf8(csv(&demo_linux()).unwrap()).unwrap());
    insta::assert_snapshot!("linux-hgrm", hgrm(&demo_linux()).unwrap());
}

#[test]
fn the_same_bytes_twice_and_json_reads_back() {
    for run in [demo_run(), demo_linux(), demo_charges()] {
        assert_eq!(csv(&run).unwrap(), csv(&run.clone()).unwrap());
        assert_eq!(hgrm(&run).unwrap(), hgrm(&run.clone()).unwrap());
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
    let broken: u64 = run.cells.iter().flat_map(|cell| &cell.promises).map(|promise| promise.broken).sum();
    assert_eq!((sum("outcome/"), sum("broken/")), (outcomes, broken));
    assert!(outcomes > 0 && broken > 0);
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
    let block = few.split("#[Mean").find(|block| block.contains("rate_per_s=20 ")).unwrap();
    assert!(block.contains("0.900000000000") && !block.contains("0.995"), "400 samples end at p99: {block}");
}

#[test]
fn a_damaged_histogram_is_an_error() {
    let mut run = demo_linux();
    run.cells[0].attach.latency[0].hist.hdr = "###".to_owned();
    assert!(csv(&run).is_err() && hgrm(&run).is_err());
}
