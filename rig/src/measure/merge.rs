//! Merges the records of several recorders, each of which observed some of the actors.
use super::Recorder;

impl Recorder {
    /// Adds the records of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.ops.merge(&other.ops);
        self.over_time.merge(&other.over_time);
        for (mine, theirs) in self.latency.iter_mut().zip(&other.latency) {
            mine.raw.merge(&theirs.raw);
            mine.corrected.merge(&theirs.corrected);
        }
        for (mine, theirs) in self.phases.iter_mut().zip(&other.phases) {
            mine.merge(theirs);
        }
        for (mine, theirs) in self.outcomes.iter_mut().zip(other.outcomes) {
            *mine += theirs;
        }
        other.refusals.iter().for_each(|(key, n)| *self.refusals.entry(*key).or_insert(0) += n);
        other.aborts.iter().for_each(|(key, n)| *self.aborts.entry(*key).or_insert(0) += n);
        other.census.iter().for_each(|(key, n)| *self.census.entry(*key).or_insert(0) += n);
        self.overlaps += other.overlaps;
        self.asked += other.asked;
        self.spurious_refusals += other.spurious_refusals;
    }
}
