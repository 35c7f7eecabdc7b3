//! The cost of recording a sample: ours, which also keeps exact extremes and the sum, compared with hdrhistogram
//! alone.
//!
//! Both get the same samples in the same order. The samples are waits and holds of a run spread over four decades, so
//! that neither the branch predictor nor one cache line decides. Both have seen the largest value, so neither grows.
//! There is one slot and one thread: recorders are never shared. Read the ratio; it should be at most 1.2. `cargo
//! bench --bench recorder`.
#[path = "shared/mod.rs"]
mod shared;

use criterion::{Criterion, Throughput};
use hdrhistogram::Histogram;
use model::locks::stats::LockRecorder;
use std::hint::black_box;
use std::time::{Duration, Instant};

const SAMPLES: usize = 4096;

/// Returns samples between 100 ns and 1 ms, by a multiplicative generator.
fn samples() -> Vec<u64> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    (0..SAMPLES).map(|_| [100, 1_000, 10_000, 100_000][next() as usize % 4] * (1 + next() % 9)).collect()
}

fn timed(rounds: u64, samples: &[u64], mut record: impl FnMut(u64)) -> Duration {
    let began = Instant::now();
    for _ in 0..rounds {
        for sample in samples {
            record(black_box(*sample));
        }
    }
    began.elapsed()
}

fn ours(rounds: u64, samples: &[u64], digits: u8) -> Duration {
    let mut recorder = LockRecorder::new(digits);
    samples.iter().for_each(|sample| recorder.record(*sample));
    let took = timed(rounds, samples, |sample| recorder.record(sample));
    black_box(&recorder);
    took
}

fn theirs(rounds: u64, samples: &[u64], digits: u8) -> Duration {
    let mut histogram = Histogram::<u64>::new(digits).expect("at most five digits");
    let mut record = |sample| histogram.record(sample).expect("it grows");
    samples.iter().for_each(|sample| record(*sample));
    let took = timed(rounds, samples, record);
    black_box(&histogram);
    took
}

fn main() {
    let mut criterion: Criterion = shared::criterion();
    let samples = samples();
    for (digits, what) in [(2, "locks"), (3, "attaches")] {
        let mut group = criterion.benchmark_group(format!("recorder/{digits} digits ({what})"));
        group.throughput(Throughput::Elements(SAMPLES as u64));
        group.bench_function("ours", |bench| bench.iter_custom(|rounds| ours(rounds, &samples, digits)));
        group.bench_function("hdrhistogram", |bench| {
            bench.iter_custom(|rounds| theirs(rounds, &samples, digits));
        });
        group.finish();
        let name = format!("recorder/{digits} digits: ours compared with hdrhistogram");
        shared::compare_times(
            &name,
            500,
            |rounds| ours(rounds, &samples, digits),
            |rounds| theirs(rounds, &samples, digits),
        );
    }
    criterion.final_summary();
}
