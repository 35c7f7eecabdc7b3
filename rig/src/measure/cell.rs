//! Builds a cell of the schema from raw records.
use super::timelines::export;
use super::{Recorder, Timelines};
use faults::Injector;
use model::checks::{Checks, CounterDrift, Shadow};
use model::kernel::{Controller, Snapshot};
use model::locks::stats::{LockRecorder as Series, LockStats, LongHold};
use model::seam::event::{Callback, Mode, OpKind, Phase};
use model::seam::{ActorId, Class};
use reports::hist::Hist;
use reports::outcome::AttachOutcome;
use reports::schema;
pub use reports::schema::{Cell, SimCounts};
use reports::slices::Slices;
use std::collections::BTreeMap;

/// All records of one cell.
pub struct Records<'a> {
    /// Latencies and counts.
    pub recorder: &'a Recorder,
    /// Lock statistics.
    pub locks: &'a LockStats,
    /// The findings of the checks.
    pub checks: &'a Checks,
    /// The fault log.
    pub injector: &'a Injector,
    /// The final state; absent when the run did not end normally.
    pub last: Option<&'a Snapshot>,
}

fn hist(series: &Series) -> Hist {
    Hist::encode(&series.histogram, (series.min_ns, series.max_ns, series.total_ns))
}

impl Records<'_> {
    /// Returns outcomes, latencies and phases. `undoing` has the callbacks that could have run to undo something.
    #[must_use]
    pub fn attach(&self, undoing: Vec<(Controller, Callback)>) -> schema::Attach {
        let recorder = self.recorder;
        let mut aborts: BTreeMap<String, u64> = undoing
            .into_iter()
            .map(|(controller, callback)| (format!("{controller}.{}", callback.name()), 0))
            .collect();
        aborts.extend(recorder.aborts.iter().map(|(key, n)| (abort_name(key), *n)));
        let count = |key: String, count: &u64| (key, *count);
        schema::Attach {
            outcomes: AttachOutcome::ALL
                .into_iter()
                .zip(recorder.outcomes)
                .map(|(outcome, n)| (outcome.name().to_owned(), n))
                .collect(),
            refusals: recorder
                .refusals
                .iter()
                .map(|((s, e), n)| count(format!("{} {e}", s.name()), n))
                .collect(),
            aborts,
            overlaps: recorder.overlaps,
            spurious_refusals: recorder.spurious_refusals,
            latency: self.latency(),
            phases: self.phases(),
            over_time: recorder.over_time.as_ref().and_then(Slices::used),
            lateness: None,
            moves: None,
        }
    }

    /// Returns how late attaches began; `None` where no start was intended. In virtual time this says nothing, because
    /// nothing disturbs it.
    #[must_use]
    pub fn lateness(&self) -> Option<Hist> {
        Some(hist(&self.recorder.latencies().lateness)).filter(|hist| hist.count > 0)
    }

    fn latency(&self) -> Vec<schema::LatencySeries> {
        let mut list = Vec::new();
        for (outcome, latency) in AttachOutcome::ALL.into_iter().zip(&self.recorder.latencies().whole) {
            let kinds = [
                (schema::LatencyKind::Raw, &latency.raw),
                (schema::LatencyKind::Corrected, &latency.corrected),
            ];
            for (kind, series) in kinds {
                if !series.histogram.is_empty() {
                    list.push(schema::LatencySeries {
                        outcome: outcome.name().to_owned(),
                        kind,
                        hist: hist(series),
                    });
                }
            }
        }
        list
    }

    fn phases(&self) -> Vec<schema::PhaseSeries> {
        let phases = Phase::ALL.iter().zip(&self.recorder.latencies().phases);
        let seen = phases.filter(|(_, series)| !series.histogram.is_empty());
        seen.map(|(phase, series)| schema::PhaseSeries { phase: phase.name().to_owned(), hist: hist(series) })
            .collect()
    }

    /// Returns the operations of the workload.
    #[must_use]
    pub fn bystanders(&self) -> Vec<schema::Bystander> {
        let mut list = Vec::new();
        for (kind, series) in OpKind::ALL.iter().zip(&self.recorder.ops.series) {
            for (at, condition) in
                [schema::Condition::Idle, schema::Condition::Attaching].into_iter().enumerate()
            {
                let (samples, failed) = (&series.by_condition[at], series.failed[at]);
                if !samples.histogram.is_empty() || failed > 0 {
                    list.push(schema::Bystander {
                        op: kind.name().to_owned(),
                        condition,
                        failed,
                        hist: hist(samples),
                    });
                }
            }
        }
        list
    }

    /// Returns the lock table.
    #[must_use]
    pub fn locks(&self) -> Vec<schema::LockRow> {
        let modes = |class: Class| {
            if class.has_readers() {
                &[(Mode::Write, "W"), (Mode::Read, "R")][..]
            } else {
                &[(Mode::Exclusive, "")][..]
            }
        };
        let rows =
            Class::LOCKS.into_iter().flat_map(|class| modes(class).iter().map(move |mode| (class, *mode)));
        rows.map(|(class, mode)| self.lock_row(class, mode)).filter(|row| row.acquisitions > 0).collect()
    }

    fn lock_row(&self, class: Class, (mode, name): (Mode, &str)) -> schema::LockRow {
        let row = self.locks.row(class, mode);
        let by_phase = Phase::ALL.iter().zip(row.by_phase).filter(|(_, (holds, _))| *holds > 0);
        schema::LockRow {
            class: class.name().to_owned(),
            mode: name.to_owned(),
            contentions: row.wait.histogram.len(),
            wait: hist(&row.wait),
            acquisitions: row.hold.histogram.len(),
            hold: hist(&row.hold),
            hold_by_phase: by_phase
                .map(|(phase, (holds, total_ns))| schema::PhaseHold {
                    phase: phase.name().to_owned(),
                    holds,
                    total_ns,
                })
                .collect(),
        }
    }

    /// Returns the longest holds; `who` names an actor.
    #[must_use]
    pub fn longest_holds(&self, who: impl Fn(ActorId) -> String) -> Vec<schema::LongHold> {
        let longest = |hold: &LongHold| schema::LongHold {
            lock: export::lock(hold.object, self.checks.shadow()),
            mode: export::mode(hold.mode).to_owned(),
            hold_ns: hold.hold_ns,
            holder: who(hold.holder),
            phase: hold.phase.map(|phase| phase.name().to_owned()),
            waiters: hold.waiters,
        };
        self.locks.longest().iter().map(longest).collect()
    }

    /// Returns attaches that moved, step by step: near the median, near p99, and the longest.
    #[must_use]
    pub fn timelines(&self, seen: &Timelines) -> Vec<schema::Timeline> {
        let moved = &self.recorder.latencies().whole[0].raw.histogram;
        let figures = [0.5, 0.99].map(|q| moved.value_at_quantile(q));
        seen.exported(&figures, self.checks.shadow())
    }

    /// Returns the drift of each counter.
    #[must_use]
    pub fn drift(&self) -> Vec<schema::Drift> {
        self.checks.drifts().iter().map(|drift| self.counter_drift(drift)).collect()
    }

    fn counter_drift(&self, drift: &CounterDrift) -> schema::Drift {
        let shadow = self.checks.shadow();
        let index = Shadow::index(drift.controller, drift.cgroup);
        let counts = drift.controller.counts();
        let counter = self.last.and_then(|last| {
            let found = last.usage.iter().find(|(c, at, _)| (*c, *at) == (drift.controller, drift.cgroup));
            found.map(|(_, _, usage)| *usage as i64)
        });
        let usage_final = if counts { counter.unwrap_or(shadow.usage(index)) } else { drift.now };
        let truth_final = if counts { shadow.truth(index) } else { 0 };
        schema::Drift {
            controller: drift.controller.name().to_owned(),
            cgroup: shadow.cgroup_name(drift.cgroup).to_owned(),
            unit: drift.controller.unit().to_owned(),
            usage_final,
            truth_final,
            drift_final: usage_final - truth_final,
            tolerance: None,
            how: None,
            by_design: None,
            peak_over: Some(drift.peak_over),
            peak_under: Some(drift.peak_under),
            integral_abs_us: u64::try_from(drift.integral_abs_ns / 1000).ok(),
            events: drift.events,
            clamps: shadow.clamps(index),
            reserved_peak: drift.reserved_peak,
            series: drift
                .series
                .iter()
                .map(|p| schema::DriftPoint { at_ns: p.at_ns, drift: p.drift, quiescent: p.quiescent })
                .collect(),
        }
    }

    /// Returns the findings of every check.
    #[must_use]
    pub fn invariants(&self) -> Vec<schema::Invariant> {
        let invariant = |(name, tally): model::checks::Finding<'_>| schema::Invariant {
            name: name.name().to_owned(),
            violated: tally.violated,
            examined: tally.examined,
            first: tally.first.clone(),
        };
        self.checks.findings().into_iter().map(invariant).collect()
    }

    /// Returns the fault log.
    #[must_use]
    pub fn faults(&self) -> schema::Faults {
        let rules = self.injector.plan().rules.iter().zip(self.injector.counts());
        let fired = |firing: &faults::Firing| schema::FiredFault {
            rule: firing.rule as u32,
            hit: firing.hit,
            at_ns: firing.at_ns,
        };
        schema::Faults {
            rules: rules
                .map(|(rule, n)| schema::FaultRule { rule: rule.to_string(), hits: n.hits, fired: n.fired })
                .collect(),
            fired: self.injector.fired().iter().map(fired).collect(),
        }
    }
}

fn abort_name((controller, callback): &(Controller, Callback)) -> String {
    format!("{controller}.{}", callback.name())
}
