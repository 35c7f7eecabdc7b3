//! A run of 1,000 cells, each a point of its own: nothing is merged away, and every output has to stay usable.
use crate::demo::demo_run_of;
use crate::mutate::cpu_time;
use crate::outputs::FORMS;
use reports::axis::Axis;
use reports::html;
use std::time::Duration;

#[test]
fn a_thousand_points_have_a_small_page_soon_and_every_other_form() {
    let mut run = demo_run_of(84, 60);
    for (n, cell) in run.cells.iter_mut().enumerate() {
        cell.point = cell.point.with(Axis::Rate, n as u64);
    }
    assert!(run.cells.len() >= 1_000);
    // CPU time is measured, since other work on the machine takes wall time. A build that is not optimised may take
    // more of it.
    let most = Duration::from_secs(if cfg!(debug_assertions) { 40 } else { 2 });
    let (page, took) = timed(|| html::render(&run, None).unwrap());
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    assert!(took < most, "the page took {took:?}");
    let mut said = format!("html: {} bytes in {took:?}\n", page.len());
    for (form, of) in FORMS {
        let (text, took) = timed(|| of(&run).unwrap());
        assert!(took < most, "{form} took {took:?}");
        said.push_str(&format!("{form}: {} bytes in {took:?}\n", text.len()));
    }
    crate::html::keep("thousand-points.txt", &said);
}

/// Returns the result of `of`, and the CPU time that it took.
fn timed<T>(of: impl Fn() -> T) -> (T, Duration) {
    let start = cpu_time();
    let made = of();
    (made, cpu_time().saturating_sub(start))
}
