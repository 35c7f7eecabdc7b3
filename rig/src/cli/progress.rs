//! A progress bar on a terminal; no output elsewhere.
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;

/// Makes a bar for `cells` cells on stderr.
pub(super) fn bar(cells: u64) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(cells), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} cells {msg} {elapsed}") {
        bar.set_style(style);
    }
    // No steady tick: that needs a thread, which the system may refuse.
    bar.tick();
    bar
}
