//! Guests one after the other, each with a boot and a console of its own; the result of one outlives the next.
use super::super::option_error::OptionError;
use super::super::options::LinuxOptions;
use super::belief::believed;
use super::cpio;
use super::error::VmError;
use super::guest_config;
use super::hearing::{Hearing, News};
use super::label::{fell_silent, label};
use super::machine::{Found, Machine};
use super::merge::{Guest, Merged, merge};
use super::news::Feed;
use super::qemu::{self, Files, RESULT_BYTES_MAX};
use super::result_channel::{self, GuestResult};
use super::setting::GuestSetting;
use engines::Interrupt;
use reports::schema::{Note, NoteKind};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// Guests that measure the same, each in another setting.
#[derive(Debug)]
pub struct Series {
    machine: Machine,
    settings: Vec<GuestSetting>,
    options: LinuxOptions,
    folder: PathBuf,
    found: Found,
    interrupts: Interrupt,
    guests: Vec<Guest>,
}

impl Series {
    /// Looks for everything that a guest needs; boots nothing yet. `folder` will keep the consoles.
    ///
    /// # Errors
    /// [`VmError`], such as for a refusal that no setting can have.
    pub fn begin(
        machine: Machine,
        settings: Vec<GuestSetting>,
        options: LinuxOptions,
        (folder, interrupts): (&Path, Interrupt),
    ) -> Result<Self, VmError> {
        check(&settings, &options)?;
        let found = machine.find()?;
        let guests = Vec::with_capacity(settings.len());
        Ok(Self { machine, settings, options, folder: folder.into(), found, interrupts, guests })
    }

    /// Returns the setting whose turn it is; `None` after the last one, and after an error that would come again.
    #[must_use]
    pub fn upcoming(&self) -> Option<GuestSetting> {
        let ended = |guest: &Guest| guest.result.as_ref().is_err_and(VmError::is_final);
        if self.guests.iter().any(ended) { None } else { self.settings.get(self.guests.len()).copied() }
    }

    /// The console of this setting's guest.
    #[must_use]
    pub fn console(&self, setting: GuestSetting) -> PathBuf {
        self.folder.join(format!("console-{}.log", setting.name().replace(':', "-")))
    }

    /// Boots a guest of `setting` and waits for its end. `tell` hears when another accelerator has to execute it, and
    /// hears of its cells as they end.
    pub fn boot(&mut self, setting: GuestSetting, tell: &mut dyn FnMut(News)) -> &Guest {
        let at = self.guests.len();
        let result = self.measured(setting, tell);
        self.guests.push(Guest { setting, result });
        &self.guests[at]
    }

    /// The guests so far.
    #[must_use]
    pub fn guests(&self) -> &[Guest] {
        &self.guests
    }

    /// Returns the results of the guests as one run; `None` when there are none.
    #[must_use]
    pub fn merged(&self) -> Option<Merged> {
        merge(&self.machine, &self.settings, &self.options, &self.guests)
    }

    fn measured(
        &mut self,
        setting: GuestSetting,
        tell: &mut dyn FnMut(News),
    ) -> Result<GuestResult, VmError> {
        let (options, left_out) = fitting(setting, &self.options);
        let files = Files::within(&self.folder, self.console(setting));
        let doing = |doing: String| move |source| VmError::Setup { doing, source };
        let (inside, recordings) = with_recordings(&options);
        let orders =
            guest_config::to_text(&inside).map_err(|error| doing("write orders".into())(error.into()))?;
        files.clear().map_err(doing(format!("remove older files in {}", self.folder.display())))?;
        let mut notes = Vec::new();
        let tell = RefCell::new(tell);
        let machine = self.machine.clone();
        let release = self.found.release.as_deref();
        let mut hearing = Hearing::of((&machine, setting, release), &options);
        let mut of_guest = |said| {
            if let Some(news) = hearing.hear(said) {
                tell.borrow_mut()(news);
            }
        };
        let news = Feed::of(&files.result, &mut of_guest);
        let mut heard = |words: &str| {
            tell.borrow_mut()(News::Words(words.to_owned()));
            notes.push(Note { kind: NoteKind::Warning, protocol: None, text: format!("{words}.") });
        };
        let program = (self.found.init.as_path(), self.found.libraries.as_slice());
        let written = cpio::write(&files.initramfs, program, &orders, &recordings);
        let result = written
            .map_err(doing(format!("write {}", files.initramfs.display())))
            .and_then(|()| {
                let machine = (&mut self.machine, setting);
                qemu::boot(machine, &options, (&self.found, &files), &self.interrupts, (&mut heard, &news))
            })
            .and_then(|silent| Ok((silent, delivered(&files)?)));
        // Nothing needs them after the end, and the initramfs is as large as the rig.
        let removed = files.remove_scratch();
        let (silent, delivery) = match result {
            Err(error) if !error.is_final() && !matches!(error, VmError::NotBelieved { .. }) => {
                (Vec::new(), hearing.finished(&error).ok_or(error)?)
            }
            result => result?,
        };
        removed.map_err(doing(format!("remove what the guest was fed in {}", self.folder.display())))?;
        let mut delivery = believed(delivery, (&self.machine, setting, release), &options)?;
        label(&mut delivery, (&self.machine, setting), &options);
        delivery.run.notes.extend(notes.into_iter().chain(left_out));
        delivery.run.notes.extend(silent.iter().map(|words| fell_silent(setting, words)));
        Ok(delivery)
    }
}

/// Checks that every refusal can be had in at least one setting; one that no setting can have is a mistake.
fn check(settings: &[GuestSetting], options: &LinuxOptions) -> Result<(), OptionError> {
    options.check()?;
    for refusal in &options.refusals {
        let answers: Vec<_> = settings.iter().map(|setting| refusal.fits(&setting.place())).collect();
        if let Some(Err(error)) = answers.into_iter().min_by_key(Result::is_err) {
            return Err(OptionError { expected: "add v1 to the list of --hierarchy".into(), ..error });
        }
    }
    Ok(())
}

/// The options without the refusals that `setting` cannot have, and a note on each of those.
fn fitting(setting: GuestSetting, options: &LinuxOptions) -> (LinuxOptions, Vec<Note>) {
    let place = setting.place();
    let (mut options, mut notes) = (options.clone(), Vec::new());
    options.refusals.retain(|refusal| match refusal.fits(&place) {
        Ok(()) => true,
        Err(error) => {
            let text = format!("{}: left out here, since it {}.", error.given, error.problem);
            notes.push(Note { kind: NoteKind::Info, protocol: Some(setting.label()), text });
            false
        }
    });
    (options, notes)
}

fn delivered(files: &Files) -> Result<GuestResult, VmError> {
    let read = input::file::read(&files.result, RESULT_BYTES_MAX);
    let bytes = read.map_err(|error| VmError::NotBelieved { problem: error.to_string() })?;
    let none = || VmError::NoResult { console: qemu::tail(&files.console) };
    result_channel::read(&String::from_utf8_lossy(&bytes)).ok_or_else(none)?.into_result()
}

/// Returns the options for the guest, in which recordings have other names, and the files of these recordings with
/// their names there.
fn with_recordings(options: &LinuxOptions) -> (LinuxOptions, Vec<(String, PathBuf)>) {
    let (mut options, mut along) = (options.clone(), Vec::new());
    for (number, workload) in options.workloads.iter_mut().enumerate() {
        let shape = &mut workload.spec.shape;
        let Some(path) = shape.strip_prefix(workloads::TRACE_PREFIX).filter(|name| name.starts_with('/'))
        else {
            continue;
        };
        // The path in the guest is not below one of its mount points.
        let carried = workloads::Folder::new("/").carried(path, &format!("/recordings/{number}"));
        if let Some(carried) = carried {
            *shape = format!("{}{}", workloads::TRACE_PREFIX, carried.to);
            along.extend(carried.files.into_iter().map(|(file, name)| (name, file)));
        }
    }
    (options, along)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_have_names_of_their_own_in_the_guest() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["log", "many.7", "many.8"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let of = |name: &str| crate::Workload {
            spec: workloads::Spec::new(format!("trace:{}", folder.path().join(name).display()), 1, 1),
            moved: true,
        };
        let built_in =
            crate::Workload { spec: workloads::Spec::new("trace:python-threads", 1, 1), moved: true };
        let options =
            LinuxOptions { workloads: vec![of("log"), of("many"), built_in], ..LinuxOptions::default() };
        let (inside, along) = with_recordings(&options);
        let shapes: Vec<&str> =
            inside.workloads.iter().map(|workload| workload.spec.shape.as_str()).collect();
        assert_eq!(shapes, ["trace:/recordings/0/log", "trace:/recordings/1", "trace:python-threads"]);
        let names: Vec<&str> = along.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["/recordings/0/log", "/recordings/1/many.7", "/recordings/1/many.8"]);
    }
    use crate::Refusal;

    fn options(rules: &[&str]) -> LinuxOptions {
        let refusals = rules.iter().map(|rule| Refusal::parse(rule).unwrap()).collect();
        LinuxOptions { refusals, ..LinuxOptions::default() }
    }

    #[test]
    fn a_refusal_is_asked_for_where_it_can_be_had_and_nowhere_is_a_mistake() {
        let options = options(&["cpuset.can_attach: errno=ENOSPC", "core.exit: errno=ESRCH"]);
        assert_eq!(check(&[GuestSetting::V2, GuestSetting::V1], &options), Ok(()));
        let error = check(&[GuestSetting::V2, GuestSetting::V2Delegated], &options).unwrap_err();
        assert!(
            error.to_string().contains("cpuset.can_attach") && error.expected.contains("add v1"),
            "{error}"
        );
        let (v1, notes) = fitting(GuestSetting::V1, &options);
        assert!(v1 == options && notes.is_empty());
        let (v2, notes) = fitting(GuestSetting::V2, &options);
        assert_eq!(v2.refusals, options.refusals[1..]);
        assert_eq!(notes[0].protocol.as_deref(), Some("vm:v2"));
        assert!(notes[0].text.contains("cpuset.can_attach: errno=ENOSPC: left out"), "{}", notes[0].text);
    }
}
