//! Notes for the reader of a run: what is not measured, what was discarded, in which cells too little happened.
use super::super::checks::audit::Looked;
use super::super::error::LinuxError;
use super::super::moving::mover::{Ended, OVERRUN, WARM_UP_CLOSED, warm_up_open};
use super::super::options::LinuxOptions;
use super::measured::{CellRecord, RunSetting};
use super::record::subject;
use engines::signals;
use reports::schema::{Note, NoteKind, Subject};

/// A clock that steps more coarsely cannot time a move of some µs.
const STEP_NS_MAX: u64 = 1_000;

/// The notes of a run, general ones first.
pub(crate) fn notes(
    setting: &RunSetting<'_>,
    records: &[CellRecord],
    failure: Option<&LinuxError>,
) -> Vec<Note> {
    let mut notes = vec![
        note(
            NoteKind::Info,
            "Not measured on linux: the time of an exit, because a process cannot time its own.",
        ),
        note(NoteKind::Info, &warm_up(setting.options)),
    ];
    notes.extend(setting.options.origin.notes.iter().map(|text| note(NoteKind::Info, text)));
    if setting.clock.step_ns > STEP_NS_MAX {
        let step_ns = setting.clock.step_ns;
        let text = format!(
            "The clock advances in steps of {step_ns} ns: shorter latencies cannot be distinguished."
        );
        notes.push(note(NoteKind::Warning, &text));
    }
    notes.extend_from_slice(setting.tracing);
    let place = setting.place.subject(setting.options.move_charges);
    for record in records {
        notes.extend(of_cell(&place, record));
    }
    if let Some(signal) = setting.signal {
        let text = format!("Ended early by {}; later cells are missing.", signals::name(signal));
        notes.push(note(NoteKind::Warning, &text));
    }
    if let Some(error) = failure {
        notes.push(note(NoteKind::Inconclusive, &format!("Ended early, later cells are missing: {error}")));
    }
    notes
}

/// The notes on one cell.
pub(crate) fn of_cell(place: &Subject, record: &CellRecord) -> Vec<Note> {
    let mut notes: Vec<Note> = foreign(place, record).into_iter().collect();
    cell_notes(record, &mut notes);
    notes
}

fn cell_notes(record: &CellRecord, notes: &mut Vec<Note>) {
    if let Some(refused) = &record.refused {
        let text = format!(
            "{}: {} moves {} were refused on purpose.",
            refused.refusal.rule(),
            refused.tried,
            refused.refusal.about()
        );
        return notes.push(note(NoteKind::Info, &text));
    }
    if record.traced.is_some() {
        return;
    }
    let label = record.label();
    if record.samples.moved.count() == 0 {
        notes.push(note(
            NoteKind::Inconclusive,
            &format!("{label}: no move succeeded, so there is no latency."),
        ));
    }
    if record.resident_pages.is_none() && record.work().0 == 0 {
        let text =
            format!("{label}: the worker finished no operation; moves of an idle process were measured.");
        notes.push(note(NoteKind::Inconclusive, &text));
    }
    if record.samples.refused.count() > 0 {
        let refusals: Vec<_> =
            record.samples.refusals().into_iter().map(|(site, n)| format!("{site} {n}")).collect();
        notes.push(note(
            NoteKind::Warning,
            &format!("{label}: the kernel refused moves: {}.", refusals.join(", ")),
        ));
    }
    if let Ended::Backlog { unstarted } = record.ended {
        let text = format!(
            "{label}: the kernel cannot keep up. After {OVERRUN} times the duration {unstarted} intended moves had not \
             begun, and the corrected latency lacks them, so it is too low. Use a lower rate."
        );
        notes.push(note(NoteKind::Warning, &text));
    }
}

/// A note on processes in the run's cgroups that are not the run's.
fn foreign(place: &Subject, record: &CellRecord) -> Option<Note> {
    let Looked { void, foreign, .. } = &record.looked;
    let who = foreign.words()?;
    let (label, protocol) = (record.label(), Some(subject(place, record).to_string()));
    if void.is_empty() {
        let text = format!("{label}: others were in the run's cgroups, and were left alone: {who}.");
        return Some(Note { kind: NoteKind::Warning, protocol, text });
    }
    let are = if void.len() == 1 { "is" } else { "are" };
    let text = format!(
        "{label}: {} {are} not judged, for others were in the run's cgroups, and were left alone: {who}. Move them \
         elsewhere, and measure again.",
        void.join(", ")
    );
    Some(Note { kind: NoteKind::Inconclusive, protocol, text })
}

fn note(kind: NoteKind, text: &str) -> Note {
    Note { kind, protocol: None, text: text.into() }
}

fn warm_up(options: &LinuxOptions) -> String {
    let mut parts = Vec::new();
    if options.closed_loop {
        parts.push(format!("{WARM_UP_CLOSED} in the closed loop"));
    }
    parts.extend(options.rates.iter().map(|rate| format!("{} at {rate}", warm_up_open(*rate))));
    format!("Moves made before measuring, at the pace of their cell, and discarded: {}.", parts.join(", "))
}
