//! A progress bar with the remaining time, on a terminal; no output elsewhere.
use super::streams::Printing;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal as _;

/// Makes a bar on stderr for `count` pieces of work, which are called `unit`. It is hidden where stderr is not a terminal,
/// in CI, and if quiet.
pub(super) fn bar(count: usize, unit: &str) -> ProgressBar {
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    let is_shown = std::io::stderr().is_terminal() && !in_ci && Printing::chosen() != Printing::Quiet;
    let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    on(target, count, unit)
}

fn on(target: ProgressDrawTarget, count: usize, unit: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(count as u64), target);
    let template = format!("{{bar:30}} {{pos}}/{{len}} {unit}, {{elapsed}}{{left}} {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.with_key("left", left));
    }
    // No steady tick: that needs a thread, which the system may refuse.
    bar.tick();
    bar
}

/// Writes the estimated time to the end; nothing before the first piece is done.
fn left(state: &ProgressState, to: &mut dyn Write) {
    if state.pos() > 0 {
        // Writing to the line of a bar cannot fail.
        let _ = write!(to, ", about {} left", HumanDuration(state.eta()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::io::Result;
    use std::sync::{Arc, Mutex};

    /// A terminal that keeps everything that is written.
    #[derive(Clone, Debug, Default)]
    struct Kept(Arc<Mutex<String>>);

    impl TermLike for Kept {
        fn width(&self) -> u16 {
            120
        }
        fn move_cursor_up(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> Result<()> {
            self.0.lock().unwrap().clear();
            Ok(())
        }
        fn flush(&self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_remaining_time_is_shown_once_something_is_done() {
        let kept = Kept::default();
        let shown = || kept.0.lock().unwrap().clone();
        let bar = on(ProgressDrawTarget::term_like(Box::new(kept.clone())), 4, "cells");
        assert!(shown().contains("0/4 cells") && !shown().contains("left"), "{}", shown());
        bar.set_message("three-phase");
        bar.set_position(1);
        bar.force_draw();
        assert!(shown().contains("1/4 cells") && shown().contains(" left three-phase"), "{}", shown());
        bar.finish_and_clear();
        assert_eq!(shown().trim(), "");
    }
}
