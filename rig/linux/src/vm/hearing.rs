//! The messages of a guest that still runs, as the host takes them. They are checked in the same way as its result will
//! be, and cannot make the host work without end.
use super::super::options::LinuxOptions;
use super::belief::{believed_cell, is_of_another};
use super::error::VmError;
use super::label::{label_begun, label_cell};
use super::machine::Machine;
use super::result_channel::{GuestResult, Said};
use super::setting::GuestSetting;
use reports::schema::{Cell, Note, NoteKind, Run};

/// Most begins of one setting: a guest that falls silent is started again, under each accelerator.
const BEGINS_MAX: usize = 8;

/// An event while a guest runs.
#[derive(Debug)]
pub enum News {
    /// Words for people.
    Words(String),
    /// The guest begins to measure this, which has no cells yet. Results of an earlier guest are void.
    Asked(Box<Run>),
    /// A cell has ended, with remarks on it.
    Cell(Box<Cell>, Vec<Note>),
}

/// The words of one setting's guests so far.
pub(super) struct Hearing<'a> {
    /// The machine, the setting that it mounts, and the release of its kernel where that is known.
    of: (&'a Machine, GuestSetting, Option<&'a str>),
    options: &'a LinuxOptions,
    begins: usize,
    /// Cells since the last begin, ordinary and traced ones; absent where the guest began something that was not asked
    /// for.
    cells: Option<[usize; 2]>,
    /// The last begin with the cells since then, as the guest has named them.
    begun: Option<GuestResult>,
}

impl<'a> Hearing<'a> {
    pub(super) fn of(of: (&'a Machine, GuestSetting, Option<&'a str>), options: &'a LinuxOptions) -> Self {
        Self { of, options, begins: 0, cells: None, begun: None }
    }

    /// Returns the part of `said` that is believed; `None` where it was not asked for, or is too much.
    pub(super) fn hear(&mut self, said: Said) -> Option<News> {
        let (machine, setting, release) = self.of;
        match said {
            Said::Asked(mut delivery) => {
                self.begins += 1;
                (self.cells, self.begun) = (None, None);
                if self.begins > BEGINS_MAX || is_of_another(&delivery, (machine, release), self.options) {
                    return None;
                }
                self.cells = Some([0, 0]);
                (delivery.run.cells, delivery.run.verdicts, delivery.run.fits) = Default::default();
                self.begun = Some((*delivery).clone());
                label_begun(&mut delivery, (machine, setting), self.options);
                Some(News::Asked(Box::new(delivery.run)))
            }
            Said::Cell { cell, mut notes } => {
                let cells = self.cells.as_mut()?;
                let mut cell = believed_cell(*cell, setting, self.options)?;
                // A cell is traced only if it was measured untraced before.
                let count = &mut cells[usize::from(cell.subject.parts().traced)];
                *count += 1;
                if *count > self.options.cells() {
                    return None;
                }
                if let Some(begun) = &mut self.begun {
                    begun.run.cells.push(cell.clone());
                    begun.run.notes.extend(notes.iter().cloned());
                }
                label_cell(&mut cell, &mut notes, setting);
                Some(News::Cell(Box::new(cell), notes))
            }
            Said::Measured(_) | Said::Failed { .. } => None,
        }
    }

    /// Returns the cells of a guest that ended without a result; `None` where there are none.
    pub(super) fn finished(self, why: &VmError) -> Option<GuestResult> {
        let mut delivery = self.begun.filter(|begun| !begun.run.cells.is_empty())?;
        delivery.run.interrupted = true;
        (delivery.failure, delivery.code) = (Some(why.short()), why.exit_code());
        let text = format!("The guest ended before all was measured: {}", why.short());
        delivery.run.notes.push(Note { kind: NoteKind::Inconclusive, protocol: None, text });
        Some(delivery)
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::machine;
    use super::*;
    use crate::result::record::tests::{empty_cell, empty_run};
    use reports::schema::Subject;

    fn asked(options: &LinuxOptions, change: impl Fn(&mut GuestResult)) -> Said {
        let mut run = empty_run();
        (run.scenario.name, run.scenario.seed) = (options.origin.name.clone(), options.seed);
        run.scenario.duration_ns = options.duration.as_nanos() as u64;
        run.cells.push(empty_cell());
        let mut delivery = GuestResult::of(run);
        change(&mut delivery);
        Said::Asked(Box::new(delivery))
    }

    fn cell(protocol: &str) -> Said {
        let cell = Cell { subject: Subject::of(protocol), seed: 1, ..empty_cell() };
        let note =
            Note { kind: NoteKind::Info, protocol: Some(protocol.into()), text: "Something odd.".into() };
        Said::Cell { cell: Box::new(cell), notes: vec![note] }
    }

    #[test]
    fn only_what_was_asked_for_is_heard_and_no_more_of_it() {
        let (machine, options) = (machine(), LinuxOptions::default());
        let mut hearing = Hearing::of((&machine, GuestSetting::V1, Some("6.1.0")), &options);
        assert!(hearing.hear(cell("v1:pids")).is_none(), "before a begin");
        let lies: [fn(&mut GuestResult); 3] = [
            |delivery| delivery.kernel = "Linux 5.0 x86_64".into(),
            |delivery| delivery.run.scenario.seed += 1,
            |delivery| delivery.cpus = 1000,
        ];
        for lie in lies {
            assert!(hearing.hear(asked(&options, lie)).is_none());
            assert!(hearing.hear(cell("v1:pids")).is_none(), "after a begin of another");
        }
        let Some(News::Asked(run)) = hearing.hear(asked(&options, |_| {})) else { panic!("not heard") };
        assert!(run.cells.is_empty() && run.notes[0].text.contains("Linux 6.1.0"), "{:?}", run.notes);
        assert!(hearing.hear(cell("v2")).is_none());
        let heard: Vec<News> =
            (0..options.cells() + 3).filter_map(|_| hearing.hear(cell("v1:pids"))).collect();
        assert_eq!(heard.len(), options.cells());
        let News::Cell(cell, notes) = &heard[0] else { panic!("{heard:?}") };
        assert_eq!((cell.subject.label(), notes[0].protocol.as_deref()), ("vm:v1", Some("vm:v1")));
        let again = (0..100).filter(|_| hearing.hear(asked(&options, |_| {})).is_some()).count();
        assert!(again < BEGINS_MAX, "{again}");
    }
}
