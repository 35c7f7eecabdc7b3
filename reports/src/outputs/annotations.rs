//! `::error` lines, which GitHub shows next to a job: the findings that were not as expected, the worst first.
//!
//! GitHub shows ten annotations of a kind from one step. With [`MOST`] and one that counts the rest, nothing is dropped
//! silently. GitHub reads such lines from stderr as well, so that stdout is left to the result.
use crate::labels;
use crate::schema::{Judgement, Run};

/// Largest number of annotations before the rest is counted.
pub const MOST: usize = 9;

/// Returns a line for each verdict of `run` that failed.
#[must_use]
pub fn annotations(run: &Run) -> Vec<String> {
    let failed = run.verdicts.iter().filter(|verdict| verdict.outcome == Judgement::Fail);
    let of = |verdict| {
        let title = format!("attach-rig {} on {}", run.scenario.name, labels::engine(run.engine));
        (title, labels::verdict_sentence(verdict))
    };
    errors(failed.map(of))
}

/// Returns a line for each (title, message), [`MOST`] of them, and one for the rest.
pub(crate) fn errors(all: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut all: Vec<(String, String)> = all.collect();
    let rest = all.split_off(all.len().min(MOST));
    if let Some((title, _)) = rest.first() {
        all.push((title.clone(), format!("and {} more", rest.len())));
    }
    let line = |(title, message): &(String, String)| {
        let title = data(title).replace(':', "%3A").replace(',', "%2C");
        format!("::error title={title}::{}", data(message))
    };
    all.iter().map(line).collect()
}

/// Escapes text for GitHub's commands.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
