//! HdrHistogram's forms: `.hgrm` against HdrHistogram's own text, `.hlog` through HdrHistogram's own reader.
use crate::demo::{demo_linux, demo_run, empty_cell, series};
use crate::outputs::demos;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use reports::hist::Hist;
use reports::outputs::{hgrm, hlog};
use reports::schema::{Cell, LatencyKind, Run, Subject};
use std::collections::BTreeMap;
use std::time::Duration;

/// Made by HdrHistogram for Java, see `golden/HdrText.java`.
const THEIRS: &str = include_str!("golden/hdr-java.hgrm");

/// Returns the samples of `HdrText.java`.
fn sample(i: u64) -> u64 {
    let spread = i * i * 7919 % 1_000_003;
    if i.is_multiple_of(3) { 4_000 + spread * spread / 400_000 } else { 4_500 + spread % 1_700 }
}

/// Returns a run with one series of `n` of these samples.
fn run_of(n: u64) -> Run {
    let mut histogram = Histogram::new(3).unwrap();
    let all: Vec<u64> = (1..=n).map(sample).collect();
    all.iter().for_each(|value| histogram.record(*value).unwrap());
    let exact = (*all.iter().min().unwrap(), *all.iter().max().unwrap(), all.iter().sum());
    let mut cell = empty_cell("v2", 1);
    cell.attach.latency.push(series("moved", LatencyKind::Raw, Hist::encode(&histogram, exact)));
    Run { cells: vec![cell], ..demo_linux() }
}

/// Returns lines that hold figures.
fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.contains(|c: char| c.is_ascii_digit()) && !line.starts_with('#'))
        .collect()
}

#[test]
fn every_line_of_ours_is_theirs_byte_for_byte_up_to_the_largest_sample() {
    for block in THEIRS.split("# samples=").skip(1) {
        let (n, theirs) = block.split_once('\n').unwrap();
        let n: u64 = n.parse().unwrap();
        let whole = hgrm(&run_of(n)).unwrap();
        let (ours, theirs_lines) = (lines(&whole), lines(theirs));
        let (last, ours) = ours.split_last().unwrap();
        let value =
            |line: &str| line.split_whitespace().next().unwrap().replace('.', "").parse::<u64>().unwrap();
        let largest = value(last);
        for (ours, theirs) in ours.iter().zip(&theirs_lines).skip(1) {
            // In the last bucket theirs is its edge, beyond every sample.
            let same = if value(theirs) > largest { &last[..12] } else { &theirs[..12] };
            assert_eq!((&ours[..12], &ours[12..]), (same, &theirs[12..]), "{n} samples");
        }
        assert_eq!(ours.len() > 20, n >= 60, "what {n} samples support is compared: {}", ours.len());
        let edge = value(theirs_lines.last().unwrap());
        assert!(largest <= edge && edge - largest <= edge / 1_000, "{largest} and {edge}");
        assert_eq!(last[12..], theirs_lines.last().unwrap()[12..]);
        let title = |text: &str| text.lines().find(|line| line.contains("Value")).map(str::to_owned);
        assert_eq!(title(&whole), title(theirs));
        let foot = |text: &str, from: &str| {
            let line = text.lines().find(|line| line.starts_with(from)).unwrap();
            line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>()
        };
        for from in ["#[Mean", "#[Max"] {
            assert_eq!(foot(&whole, from), foot(theirs, from), "the same columns, {n} samples");
        }
    }
}

/// Returns every interval of the log: its tag, its length, its histogram.
fn intervals(log: &str) -> Vec<(String, Duration, Histogram<u64>)> {
    let read = |entry| match entry {
        Ok(LogEntry::Interval(interval)) => {
            let interval: hdrhistogram::serialization::interval_log::IntervalLogHistogram<'_> = interval;
            assert_eq!(interval.start_timestamp(), Duration::ZERO);
            let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
            let histogram = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
            (interval.tag().unwrap().as_str().to_owned(), interval.duration(), histogram)
        }
        other => panic!("neither a comment nor an interval: {other:?}"),
    };
    IntervalLogIterator::new(log.as_bytes()).map(read).collect()
}

/// Returns the histograms of a cell that are not empty, in the order of the log.
fn hists(cell: &Cell) -> Vec<&Hist> {
    let attach = cell.attach.latency.iter().map(|series| &series.hist);
    let phases = cell.attach.phases.iter().map(|series| &series.hist);
    let others = cell.bystanders.iter().map(|series| &series.hist);
    let locks = cell.locks.iter().flat_map(|row| [&row.wait, &row.hold]);
    attach.chain(phases).chain(others).chain(locks).filter(|hist| hist.count > 0).collect()
}

#[test]
fn the_log_reads_back_with_every_histogram_of_the_run() {
    for (name, run) in demos() {
        let read = intervals(&hlog(&run).unwrap());
        let wanted: Vec<(u64, &Hist)> = run
            .cells
            .iter()
            .flat_map(|cell| hists(cell).into_iter().map(|hist| (cell.duration_ns, hist)))
            .collect();
        assert_eq!(read.len(), wanted.len(), "{name}");
        for ((tag, length, histogram), (ns, hist)) in read.iter().zip(wanted) {
            assert_eq!(*length, Duration::from_nanos(ns), "{tag}");
            assert_eq!(*histogram, hist.decode().unwrap(), "{tag}");
        }
        let mut tags: BTreeMap<&str, u64> = BTreeMap::new();
        read.iter().for_each(|(tag, _, _)| *tags.entry(tag).or_default() += 1);
        assert!(tags.values().all(|n| *n == 1), "{name}: no two series under one tag");
        assert!(tags.keys().all(|tag| tag.starts_with(if name == "sim" { "sim/" } else { "linux/" })));
    }
}

#[test]
fn a_log_of_the_model_names_no_time_of_day_and_says_why() {
    let log = hlog(&demo_run()).unwrap();
    assert!(log.starts_with("#[Histogram log format version 1.3]\n"), "{}", &log[..200]);
    let comments: Vec<&str> = log.lines().take_while(|line| line.starts_with('#')).collect();
    assert!(comments.iter().any(|line| line.contains("virtual time") && line.contains("no wall time")));
    assert!(!log.contains("StartTime") && !log.contains("BaseTime"));
    assert!(hlog(&demo_linux()).unwrap().contains("wall time"));
}

#[test]
fn a_tag_ends_where_it_should() {
    let mut run = run_of(100);
    run.cells[0].subject = Subject::of("a, b\nc=d");
    let read = intervals(&hlog(&run).unwrap());
    assert_eq!(read[0].0, "linux/a__b_c=d/seed=1/attach-latency/moved/raw");
}
