//! Says in every figure that it comes from a virtual machine, and in a note from which one.
//!
//! A module separate from `init`, since only the host knows whether the processor or an emulation executed the guest.
//! No figure leaves `run` without the label.
use super::super::options::LinuxOptions;
use super::super::result::record::{command_of, toml};
use super::machine::{Accel, Machine};
use super::result_channel::GuestResult;
use super::setting::GuestSetting;
use reports::schema::{Cell, Note, NoteKind, Run, Subject, SubjectParts};
use std::collections::BTreeMap;

/// Labels a result of `setting`; `machine` names the accelerator that executed the guest.
pub(super) fn label(
    delivery: &mut GuestResult,
    (machine, setting): (&Machine, GuestSetting),
    options: &LinuxOptions,
) {
    let Machine { cpus, memory, accel, .. } = machine;
    let (text, clock) = (note(delivery, *accel), clock(delivery));
    name_all(&mut delivery.run, (machine, setting), options);
    let run = &mut delivery.run;
    let info = |text| Note { kind: NoteKind::Info, protocol: None, text };
    run.notes.splice(0..0, [info(text), info(clock)]);
    delivery.facts.insert("cgroup.hierarchy".into(), setting.label());
    delivery.facts.insert("vm.accelerator".into(), name(*accel).into());
    delivery.facts.insert("vm.memory".into(), memory.clone());
    delivery.facts.insert("vm.cpus".into(), cpus.to_string());
}

/// Labels a run that a guest is about to measure, before it has figures. It is not settled before the guest's end which
/// accelerator executes it.
pub(super) fn label_begun(
    delivery: &mut GuestResult,
    (machine, setting): (&Machine, GuestSetting),
    options: &LinuxOptions,
) {
    let run = &mut delivery.run;
    name_all(run, (machine, setting), options);
    let text = format!("Measured in a virtual machine, {} under QEMU, which did not end.", delivery.kernel);
    delivery.run.notes.insert(0, Note { kind: NoteKind::Info, protocol: None, text });
}

/// Gives the label of the setting to every figure, and the command on the host to the run.
fn name_all(run: &mut Run, (machine, setting): (&Machine, GuestSetting), options: &LinuxOptions) {
    let (command, toml) = again(machine, options, setting.name());
    let cells = run.cells.iter_mut().map(|cell| &mut cell.subject);
    let places = run.plan.iter_mut().flat_map(|plan| &mut plan.places).map(|place| &mut place.subject);
    let verdicts = run.verdicts.iter_mut().map(|verdict| {
        verdict.replay = verdict.replay.take().map(|_| command.clone());
        &mut verdict.protocol
    });
    let fits = run.fits.iter_mut().map(|fit| &mut fit.protocol);
    let notes = run.notes.iter_mut().filter_map(|note| note.protocol.as_mut());
    rename(cells.chain(places), verdicts.chain(fits).chain(notes), setting);
    if run.scenario.name == "linux" {
        run.scenario.name = "vm".into();
    }
    run.scenario.about = format!("In a virtual machine: {}", run.scenario.about);
    (run.command, run.scenario.toml) = (command, toml);
}

/// Note on a guest that was given up before this one. The emulation may be the reason, or a fault that the user looks
/// for.
pub(super) fn fell_silent(setting: GuestSetting, words: &str) -> Note {
    let text = format!(
        "A guest fell silent and was started again: a timer that the emulation has lost, or a kernel that hangs. Its console \
         ended with:\n{words}"
    );
    Note { kind: NoteKind::Warning, protocol: Some(setting.label()), text }
}

/// Gives the label of the setting to a cell that has ended, and to the remarks on it.
pub(super) fn label_cell(cell: &mut Cell, notes: &mut [Note], setting: GuestSetting) {
    let names = notes.iter_mut().filter_map(|note| note.protocol.as_mut());
    rename([&mut cell.subject].into_iter(), names, setting);
}

/// Returns the subject of cells of the same kind as those of `subject`, where cells of moves measure `moves`.
pub(super) fn of_kind(subject: &Subject, moves: &Subject) -> Subject {
    let SubjectParts { still, traced, refusal, .. } = subject.parts().clone();
    moves.with(|parts| (parts.still, parts.traced, parts.refusal) = (still, traced, refusal))
}

/// Marks each of the guest's `subjects` as one of the setting, and renames those to which `names` refer. A name that
/// refers to none of them is about the setting as a whole.
fn rename<'a>(
    subjects: impl Iterator<Item = &'a mut Subject>,
    names: impl Iterator<Item = &'a mut String>,
    setting: GuestSetting,
) {
    let mut known = BTreeMap::new();
    for subject in subjects {
        let guests = subject.to_string();
        *subject = of_kind(subject, &setting.subject());
        known.insert(guests, subject.to_string());
    }
    for name in names {
        *name = known.get(name).cloned().unwrap_or_else(|| setting.label());
    }
}

/// Returns the command that makes the same again, and the same as a file.
pub(super) fn again(machine: &Machine, options: &LinuxOptions, hierarchies: &str) -> (String, String) {
    let Machine { cpus, memory, accel, .. } = machine;
    let cpus = cpus.to_string();
    let begin = [
        "attach-rig",
        "vm",
        "--cpus",
        &cpus,
        "--memory",
        memory,
        "--accel",
        name(*accel),
        "--hierarchy",
        hierarchies,
    ];
    (command_of(begin.map(str::to_owned).to_vec(), options), toml(options, hierarchies))
}

fn note(delivery: &GuestResult, accel: Accel) -> String {
    let by = match accel {
        Accel::Kvm => "KVM; what other guests and the host do is part of every latency",
        Accel::Auto | Accel::Tcg => {
            "emulation (TCG), many times slower than a processor and not evenly so: compare within this run's kind only"
        }
    };
    format!("Measured in a virtual machine, {} under QEMU by {by}.", delivery.kernel)
}

/// Sentence on the guest's clock, which may differ between the guests of a command; the rest of the label does not.
fn clock(delivery: &GuestResult) -> String {
    let fact = |name: &str| delivery.facts.get(name).map_or("unknown", String::as_str);
    format!("The guest's clock ({}) advances in steps of {} ns.", fact("clock.source"), fact("clock.step_ns"))
}

/// Returns the name that the command line uses.
fn name(accel: Accel) -> &'static str {
    match accel {
        Accel::Auto => "auto",
        Accel::Kvm => "kvm",
        Accel::Tcg => "tcg",
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::machine;
    use super::*;
    use crate::result::record::tests::empty_run;
    use input::units::Rate;

    #[test]
    fn a_guest_that_was_given_up_is_reported_with_its_last_words() {
        let note = fell_silent(GuestSetting::V2, "  | clocksource\n");
        assert_eq!((note.kind, note.protocol.as_deref()), (NoteKind::Warning, Some("vm:v2")));
        assert!(note.text.ends_with("| clocksource\n"), "{}", note.text);
    }

    #[test]
    fn every_figure_says_that_it_is_a_guests() {
        let mut run = empty_run();
        let note =
            |protocol: &str| Note { kind: NoteKind::Info, protocol: Some(protocol.into()), text: "".into() };
        run.notes = vec![note("v1:pids core.exit: errno=ESRCH"), note("v1:pids")];
        let facts = [("clock.step_ns".to_owned(), "17".to_owned())].into();
        let mut delivery = GuestResult { facts, ..GuestResult::of(run) };
        let options =
            LinuxOptions { rates: vec![Rate::parse("20/s", 1_000).unwrap()], ..LinuxOptions::default() };
        label(&mut delivery, (&machine(), GuestSetting::V1Charges), &options);
        let run = &delivery.run;
        let begin = "attach-rig vm --cpus 2 --memory 512M --accel tcg --hierarchy v1:charges --rate 20/s";
        assert!(run.command.starts_with(begin), "{}", run.command);
        assert!(run.scenario.toml.contains("\nhierarchy = \"v1:charges\"\n"), "{}", run.scenario.toml);
        assert_eq!(run.notes[2].protocol.as_deref(), Some("vm:v1+charges core.exit: errno=ESRCH"));
        assert_eq!(run.notes[3].protocol.as_deref(), Some("vm:v1+charges"));
        let text = format!("{} {}", run.notes[0].text, run.notes[1].text);
        for part in ["Linux 6.1", "emulation (TCG)", "17 ns"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
