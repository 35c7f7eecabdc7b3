//! Joins the results of the guests of a series into one run: cells are in the order of the settings, and notes and
//! facts that hold for one setting only say for which. A module separate from `series`, since nothing here boots or
//! waits.
use super::super::options::LinuxOptions;
use super::error::VmError;
use super::label::again;
use super::machine::Machine;
use super::result_channel::GuestResult;
use super::setting::GuestSetting;
use reports::exit::Exit;
use reports::schema::{Noise, Note, NoteKind, Run};
use std::collections::BTreeMap;

/// A guest that has ended.
#[derive(Debug)]
pub struct Guest {
    /// Setting that it mounted.
    pub setting: GuestSetting,
    /// Result of the guest.
    pub result: Result<GuestResult, VmError>,
}

impl Guest {
    /// Exit code that it would have had as a command.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        self.result.as_ref().map_or_else(VmError::exit_code, |delivery| delivery.code)
    }

    /// Returns the failure or the error of the guest, in words.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        match &self.result {
            Ok(delivery) => delivery.failure.clone(),
            Err(error) => Some(error.to_string()),
        }
    }
}

/// One run of several guests.
#[derive(Clone, Debug)]
pub struct Merged {
    /// All cells, verdicts and notes.
    pub run: Run,
    /// Facts for `facts` of [`reports::schema::Env`]; one that differs between settings carries the setting's name in
    /// front.
    pub facts: BTreeMap<String, String>,
    /// Noise of each guest.
    pub noise: Vec<Noise>,
    /// `uname -srm` of the guests.
    pub kernel: String,
    /// Model name of their CPU.
    pub cpu: String,
    /// CPUs of each.
    pub cpus: u32,
}

/// Merges; `settings` are those that were wanted, and `None` is for no result at all.
pub(super) fn merge(
    machine: &Machine,
    settings: &[GuestSetting],
    options: &LinuxOptions,
    guests: &[Guest],
) -> Option<Merged> {
    let parts: Vec<Part<'_>> =
        guests.iter().filter_map(|guest| Some((guest.setting, guest.result.as_ref().ok()?))).collect();
    let &(_, first) = parts.first()?;
    let mut run = Run {
        cells: Vec::new(),
        verdicts: Vec::new(),
        fits: Vec::new(),
        notes: notes(&parts),
        ..first.run.clone()
    };
    for (_, part) in &parts {
        run.cells.extend(part.run.cells.iter().cloned());
        run.verdicts.extend(part.run.verdicts.iter().cloned());
        run.fits.extend(part.run.fits.iter().cloned());
    }
    let planned = parts.iter().filter_map(|(_, part)| part.run.plan.clone());
    run.plan = planned.reduce(|mut all, more| {
        all.places.extend(more.places);
        all
    });
    let missing = missing(settings, guests);
    run.interrupted = !missing.is_empty() || parts.iter().any(|(_, part)| part.run.interrupted);
    run.notes.extend(unlike(&parts));
    run.notes.extend(guests.iter().filter_map(failed));
    if !missing.is_empty() {
        run.notes.push(note(NoteKind::Warning, None, format!("Not measured: {}.", missing.join(", "))));
    }
    run.scenario.controllers = controllers(&parts);
    let names: Vec<_> = settings.iter().map(|setting| setting.name()).collect();
    (run.command, run.scenario.toml) = again(machine, options, &names.join(","));
    let (kernel, cpu) = (first.kernel.clone(), first.cpu.clone());
    Some(Merged { run, facts: facts(&parts), noise: noise(&parts), kernel, cpu, cpus: first.cpus })
}

type Part<'a> = (GuestSetting, &'a GuestResult);

/// Settings without a guest that has finished or has failed for a reason of its own.
fn missing(settings: &[GuestSetting], guests: &[Guest]) -> Vec<String> {
    let own = |guest: &Guest| guest.result.as_ref().map_or_else(|error| !error.is_final(), |_| true);
    let done = |setting: &GuestSetting| guests.iter().any(|guest| guest.setting == *setting && own(guest));
    settings.iter().filter(|setting| !done(setting)).map(|setting| setting.label()).collect()
}

/// Returns a note that every part has once; each of the others names its setting.
fn notes(parts: &[Part<'_>]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for (setting, part) in parts {
        for note in &part.run.notes {
            let everywhere = parts.iter().all(|(_, other)| other.run.notes.contains(note));
            let protocol = note.protocol.clone().or_else(|| (!everywhere).then(|| setting.label()));
            let note = Note { protocol, ..note.clone() };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

/// Returns a note where the merged run would compare parts that differ.
fn unlike(parts: &[Part<'_>]) -> Option<Note> {
    let alike =
        parts.windows(2).all(|two| two[0].1.run.scenario.controllers == two[1].1.run.scenario.controllers);
    let carried = |(setting, part): &Part<'_>| {
        let names = part.run.scenario.controllers.join(", ");
        format!("{} {}", setting.label(), if names.is_empty() { "none".into() } else { names })
    };
    let text = || {
        let all: Vec<_> = parts.iter().map(carried).collect();
        format!(
            "The settings do not carry the same controllers, so what differs may be the controllers' work: {}.",
            all.join("; ")
        )
    };
    (!alike).then(|| note(NoteKind::Warning, None, text()))
}

/// A guest without a result makes its setting inconclusive.
fn failed(guest: &Guest) -> Option<Note> {
    let error = guest.result.as_ref().err().filter(|error| !matches!(error, VmError::Interrupted { .. }))?;
    Some(note(
        NoteKind::Inconclusive,
        Some(guest.setting),
        format!("Nothing was measured: {}", error.short()),
    ))
}

/// Every controller that any part carries, in the order in which they come.
fn controllers(parts: &[Part<'_>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in parts.iter().flat_map(|(_, part)| &part.run.scenario.controllers) {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

fn facts(parts: &[Part<'_>]) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    for (setting, part) in parts {
        for (name, value) in &part.facts {
            let everywhere = parts.iter().all(|(_, other)| other.facts.get(name) == Some(value));
            let name = if everywhere { name.clone() } else { format!("{}.{name}", setting.label()) };
            facts.insert(name, value.clone());
        }
    }
    facts
}

fn noise(parts: &[Part<'_>]) -> Vec<Noise> {
    let of = |(setting, part): &Part<'_>| Some(Noise { guest: Some(setting.label()), ..part.noise.clone()? });
    parts.iter().filter_map(of).collect()
}

fn note(kind: NoteKind, setting: Option<GuestSetting>, text: String) -> Note {
    Note { kind, protocol: setting.map(GuestSetting::label), text }
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::machine;
    use super::*;
    use crate::result::record::tests::empty_run;

    fn guest(setting: GuestSetting, controllers: &[&str], notes: &[&str]) -> Guest {
        let mut run = empty_run();
        run.scenario.controllers = controllers.iter().copied().map(str::to_owned).collect();
        run.notes = notes.iter().map(|text| note(NoteKind::Info, None, (*text).into())).collect();
        let facts = [("shared", "1"), ("own", setting.name())];
        let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let noise = Some(Noise { load_begin_percent: Some(7), ..Noise::default() });
        let delivery = GuestResult { facts, noise, ..GuestResult::of(run) };
        Guest { setting, result: Ok(delivery) }
    }

    fn merged(settings: &[GuestSetting], guests: &[Guest]) -> Option<Merged> {
        merge(&machine(), settings, &LinuxOptions::default(), guests)
    }

    #[test]
    fn what_holds_for_one_setting_says_for_which() {
        let settings = [GuestSetting::V1, GuestSetting::V2Delegated];
        let guests = [
            guest(settings[0], &["cpuset", "pids"], &["both", "first"]),
            guest(settings[1], &[], &["both", "second"]),
        ];
        let Merged { run, facts, noise, .. } = merged(&settings, &guests).unwrap();
        let noise: Vec<_> =
            noise.iter().map(|noise| (noise.guest.as_deref(), noise.load_begin_percent)).collect();
        assert_eq!(noise, [(Some("vm:v1"), Some(7)), (Some("vm:v2:delegated"), Some(7))]);
        let said: Vec<_> =
            run.notes.iter().map(|note| (note.protocol.as_deref(), note.text.as_str())).collect();
        assert_eq!(
            said[..3],
            [(None, "both"), (Some("vm:v1"), "first"), (Some("vm:v2:delegated"), "second")]
        );
        assert!(said[3].1.contains("vm:v1 cpuset, pids; vm:v2:delegated none"), "{said:?}");
        assert_eq!(run.scenario.controllers, ["cpuset", "pids"]);
        assert!(run.command.contains("--hierarchy 'v1,v2:delegated' "), "{}", run.command);
        assert!(!run.interrupted);
        assert_eq!(facts["shared"], "1");
        assert_eq!((facts["vm:v1.own"].as_str(), facts.get("own")), ("v1", None));
    }

    #[test]
    fn what_was_measured_outlives_a_failure_and_what_is_missing_is_reported() {
        let settings =
            [GuestSetting::V1, GuestSetting::V1Charges, GuestSetting::V2, GuestSetting::V2Favordynmods];
        let lost = || Guest {
            setting: GuestSetting::V1Charges,
            result: Err(VmError::Timeout { limit: "8s".into(), spoke: true, console: "  | boot\n".into() }),
        };
        let stopped = Guest { setting: GuestSetting::V2, result: Err(VmError::Interrupted { signal: 2 }) };
        assert!(merged(&settings, &[lost()]).is_none());
        let guests = [guest(GuestSetting::V1, &["pids"], &[]), lost(), stopped];
        let run = merged(&settings, &guests).unwrap().run;
        assert!(run.interrupted);
        let [lost, missing] = run.notes.as_slice() else { panic!("{:?}", run.notes) };
        assert_eq!((lost.kind, lost.protocol.as_deref()), (NoteKind::Inconclusive, Some("vm:v1+charges")));
        assert!(lost.text.contains("after 8s") && !lost.text.contains('|'), "{}", lost.text);
        assert_eq!(missing.text, "Not measured: vm:v2, vm:v2:favordynmods.");
    }
}
