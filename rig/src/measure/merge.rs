//! Merges the records of several recorders, each of which observed some of the actors.
use super::Recorder;

impl Recorder {
    /// Adds the records of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.ops.merge(&other.ops);
        other.over_time.iter().for_each(|theirs| self.over_time.get_or_insert_default().merge(theirs));
        if let Some(theirs) = other.latencies.get() {
            let mine = self.latencies_mut();
            for (mine, theirs) in mine.whole.iter_mut().zip(&theirs.whole) {
                mine.raw.merge(&theirs.raw);
                mine.corrected.merge(&theirs.corrected);
            }
            mine.lateness.merge(&theirs.lateness);
            mine.phases.iter_mut().zip(&theirs.phases).for_each(|(mine, theirs)| mine.merge(theirs));
        }
        self.outcomes.iter_mut().zip(other.outcomes).for_each(|(mine, theirs)| *mine += theirs);
        other.refusals.iter().for_each(|(key, n)| *self.refusals.entry(*key).or_insert(0) += n);
        other.aborts.iter().for_each(|(key, n)| *self.aborts.entry(*key).or_insert(0) += n);
        other.census.iter().for_each(|(key, n)| *self.census.entry(*key).or_insert(0) += n);
        self.overlaps += other.overlaps;
        self.asked += other.asked;
        self.spurious_refusals += other.spurious_refusals;
    }
}
