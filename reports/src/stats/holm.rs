//! Several questions at once: Holm's correction.

/// Returns `chances` in the same order, each raised so that those below `alpha` are, all together, wrong at most as
/// often as `alpha` (Holm 1979).
#[must_use]
pub fn holm(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|a, b| chances[*a].total_cmp(&chances[*b]));
    let mut raised = vec![0.0; chances.len()];
    let mut most = 0.0_f64;
    for (place, at) in order.into_iter().enumerate() {
        let left = (chances.len() - place) as f64;
        most = most.max((chances[at] * left).min(1.0));
        raised[at] = most;
    }
    raised
}
