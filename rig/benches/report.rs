//! The time that drawing report.html takes: for one short run, and for one with four seeds for every protocol.
//!
//! The runs are made by the command itself, and simulated, so the same pages are drawn on every machine. Only drawing
//! is measured, not reading run.json. The figure is wall time per page. `cargo bench --bench report`.
#[path = "shared/mod.rs"]
mod shared;

use criterion::Throughput;
use reports::schema::Run;
use reports::{html, json};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// Makes a run of the scenario `steady`, for `duration` with `seeds` seeds.
fn run(folder: &Path, duration: &str, seeds: &str) -> Run {
    let out = folder.join(format!("{duration}-{seeds}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_attach-rig"));
    command.args(["run", "steady", "--duration", duration, "--seeds", seeds, "--out"]).arg(&out);
    let made = command.output().expect("the command starts");
    let file = out.join("run.json");
    json::read_run(&file).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&made.stderr)))
}

fn main() {
    let mut criterion = shared::criterion();
    let scratch = tempfile::tempdir().expect("a folder for temporary files");
    let mut group = criterion.benchmark_group("report/html");
    let long = if shared::full() { "20ms" } else { "2ms" };
    for (name, duration, seeds) in [("1 seed, 2 ms", "2ms", "1"), ("4 seeds, 20 ms", long, "4")] {
        let run = run(scratch.path(), duration, seeds);
        let bytes = html::render(&run, None).expect("a run of ours").len();
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(name, |bench| bench.iter(|| html::render(black_box(&run), None)));
    }
    group.finish();
    criterion.final_summary();
}
