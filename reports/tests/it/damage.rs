//! Damaged histograms and files give errors, never panics.
use crate::demo::{Dice, demo_linux};
use reports::aggregate::aggregate;
use reports::hist::{Hist, HistError};
use reports::json::{read_run, write_run};
use std::fs;

#[test]
fn a_damaged_histogram_names_its_cell_and_series() {
    let mut run = demo_linux();
    run.cells[4].attach.latency[1].hist.hdr.insert(7, '!');
    let error = aggregate(&run).unwrap_err();
    assert!(matches!(error.source, HistError::Base64(_)));
    assert_eq!(
        error.to_string().split(": ").next(),
        Some("cell 4 (v2, seed 1), latency of moved"),
        "the cell and the series are named"
    );

    let mut run = demo_linux();
    run.cells[0].bystanders[0].hist.count += 1;
    assert!(matches!(aggregate(&run).unwrap_err().source, HistError::Count { .. }));
    let mut run = demo_linux();
    run.cells[0].bystanders[0].hist.hdr.clear();
    assert!(matches!(aggregate(&run).unwrap_err().source, HistError::Count { .. }));
}

#[test]
fn no_damage_to_a_histogram_panics() {
    let whole = Dice::new(1).hist(400, 5_000);
    let mut dice = Dice::new(2);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for round in 0..400 {
        let mut bytes = whole.hdr.clone().into_bytes();
        // Half of the rounds aim at the header, where sizes and ranges stand.
        let reach = if round % 2 == 0 { 56 } else { bytes.len() as u64 };
        for _ in 0..=dice.below(4) {
            bytes[dice.below(reach) as usize] = alphabet[dice.below(64) as usize];
        }
        if dice.below(3) == 0 {
            bytes.truncate(dice.below(bytes.len() as u64) as usize);
        }
        let damaged = Hist { hdr: String::from_utf8(bytes).unwrap(), ..whole.clone() };
        if let Ok(samples) = reports::percentile::Samples::of(&damaged) {
            let mut sum = reports::percentile::Samples::of(&whole).unwrap();
            sum.merge(samples);
            let _ = sum.curve();
        }
    }
}

#[test]
fn no_damage_to_a_file_panics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    write_run(&path, &demo_linux()).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut dice = Dice::new(3);
    for _ in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..3 {
            let at = dice.below(bytes.len() as u64) as usize;
            bytes[at] = dice.below(256) as u8;
        }
        bytes.truncate(dice.below(2 * bytes.len() as u64) as usize);
        fs::write(&path, &bytes).unwrap();
        if let Ok(run) = read_run(&path) {
            let _ = aggregate(&run);
        }
    }
}
