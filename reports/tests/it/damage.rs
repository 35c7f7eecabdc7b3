//! Damaged histograms give errors that name their place, never panics. Whole files are damaged in `fuzz`.
use crate::demo::{Dice, demo_linux};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reports::aggregate::aggregate;
use reports::hist::{Hist, HistError};

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
        // Half of the rounds aim at the header, where sizes and ranges are.
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
fn a_header_that_asks_for_memory_is_refused_before_it_gets_any() {
    let whole = Dice::new(1).hist(400, 5_000);
    let with = |at: usize, bytes: &[u8]| {
        let mut raw = STANDARD.decode(&whole.hdr).unwrap();
        raw[at..at + bytes.len()].copy_from_slice(bytes);
        Hist { hdr: STANDARD.encode(raw), ..whole.clone() }.decode().unwrap_err().to_string()
    };
    let payload = with(4, &u32::MAX.to_be_bytes());
    assert!(payload.contains("its header says 4294967295 bytes of counts, there are "), "{payload}");
    let digits = with(12, &5_u32.to_be_bytes());
    assert!(digits.contains("5 significant digits, at most 3 are recorded"), "{digits}");
    let compressed = with(0, &0x1c84_9314_u32.to_be_bytes());
    assert!(compressed.contains("does not begin with the header of one, uncompressed"), "{compressed}");
}
