//! Notes for the reader of traced cells: how they differ from the others, and what is not in them and why.
use super::super::result::measured::CellRecord;
use super::event::Kind;
use super::figures::Traced;
use super::session::Missing;
use super::why::Unavailable;
use reports::schema::{LockRow, Note, NoteKind};

/// Names of the lock of thread groups, where its address has a name and where it has none.
const PERCPU: [&str; 2] = ["cgroup_threadgroup_rwsem", "unnamed percpu rwsem"];

/// Facts common to the traced cells of a run.
#[derive(Debug)]
pub(super) struct Tracing {
    /// True when calls were recorded.
    pub(super) graph: bool,
    pub(super) missing: Vec<Missing>,
    /// Reason why locks cannot be named by their address.
    pub(super) locks: Option<Unavailable>,
}

/// Note for a run that did not want any.
pub(super) fn not_asked() -> Note {
    info("Phases of an attach, lock waits and holds were not measured (--no-trace).".into())
}

/// Note for a run that could not have any.
pub(super) fn nothing(why: &Unavailable) -> Note {
    info(format!(
        "Phases of an attach, lock waits and holds are not measured: {why}. That does not mean that they are zero."
    ))
}

impl Tracing {
    /// All notes, general ones first.
    pub(super) fn notes(&self, records: &[CellRecord]) -> Vec<Note> {
        let traced = records.iter().filter_map(|record| Some((record, record.traced.as_ref()?)));
        let traced: Vec<(&CellRecord, &Traced)> = traced.collect();
        if traced.is_empty() {
            return Vec::new();
        }
        let mut notes = vec![info(
            "Cells named `traced` were measured with tracing on, which makes every move slower: take latencies from the \
             other cells, and from these what goes on inside."
                .into(),
        )];
        if self.graph {
            notes.push(info(
                "Phases are functions of the kernel, in moves that moved. `rest of` a function is its time without the \
                 others in the list, so that phases add up to the write. A lock is held from the return of what takes it \
                 to the entry of what gives it back; holds are known of the global locks only, and 0 for others means \
                 unknown."
                    .into(),
            ));
        }
        notes.extend(self.missing.iter().map(missing));
        if !self.misses(Kind::WaitBegin) && !self.misses(Kind::WaitEnd) {
            notes.push(info(self.waits(&traced)));
        }
        for (record, figures) in traced {
            self.cell(record, figures, &mut notes);
        }
        notes
    }

    fn misses(&self, kind: Kind) -> bool {
        self.missing.iter().any(|missing| matches!(missing, Missing::Event(known, _) if *known == kind))
    }

    fn waits(&self, traced: &[(&CellRecord, &Traced)]) -> String {
        let named = match &self.locks {
            None => "named by its address through /proc/kallsyms, or by its kind where that has no symbol"
                .to_owned(),
            Some(why) => format!("named by its kind only, since {why}"),
        };
        let percpu = |lock: &LockRow| {
            lock.mode == "W" && PERCPU.contains(&lock.class.as_str()) && lock.contentions > 0
        };
        let grace = if traced.iter().flat_map(|(_, traced)| &traced.locks).any(percpu) {
            " Some kernels report every write lock of a percpu rwsem as contended; its wait holds the grace period of RCU."
        } else {
            ""
        };
        format!("Lock waits are those of the mover and of the moved process. A lock is {named}.{grace}")
    }

    fn cell(&self, record: &CellRecord, traced: &Traced, notes: &mut Vec<Note>) {
        let (label, moved) = (record.label(), record.samples.moved.count());
        let mut warn = |text: String| notes.push(Note { kind: NoteKind::Warning, protocol: None, text });
        if traced.lost > 0 {
            let lost = traced.lost;
            warn(format!(
                "{label}: the trace lacks {lost} records, which had no place; its figures are too low."
            ));
        }
        if moved == 0 {
            warn(format!("{label}: no move succeeded."));
        }
        if traced.attaches != moved && !self.misses(Kind::Attach) {
            let seen = traced.attaches;
            warn(format!("{label}: {moved} writes moved, but the kernel reported {seen} attaches."));
        }
        if traced.transfers > 0 {
            warn(format!("{label}: {} transfers between cgroups came in between.", traced.transfers));
        }
        if self.graph && traced.looked_into < moved {
            let looked = traced.looked_into;
            warn(format!(
                "{label}: phases and holds are those of {looked} of {moved} moves; of the others calls are missing."
            ));
        }
    }
}

fn missing(missing: &Missing) -> Note {
    info(match missing {
        Missing::Event(Kind::WaitBegin | Kind::WaitEnd, why) => {
            format!("Lock waits are not measured: {why}.")
        }
        Missing::Event(kind, why) => format!("{} is not recorded: {why}.", kind.folder()),
        Missing::Graph(why) => format!(
            "Phases of an attach and holds of locks are not measured, for there is no function graph: {why}. Where a lock \
             has waits only, its holds are unknown, which does not mean zero."
        ),
    })
}

fn info(text: String) -> Note {
    Note { kind: NoteKind::Info, protocol: None, text }
}
