//! Results of older versions. Fields that were renamed are read by an alias; the rest is translated here.
//!
//! Schema 1 described a cell of `linux` in the name of its protocol: `vm:v1+charges traced`. No other place parses
//! names.
use super::{Engine, Run, SCHEMA, SCHEMA_1, Subject, SubjectParts, Subtree};

/// Checks that once had another name: that name and the present one.
const RENAMED: [(&str, &str); 1] = [("overrun", "over-limit")];

/// Returns the present name of a check, of its present or of an earlier name.
#[must_use]
pub fn present_name(check: &str) -> &str {
    RENAMED.iter().find(|(earlier, _)| check == *earlier).map_or(check, |(_, present)| present)
}

impl Run {
    /// Returns the run as this version writes it: subjects of [`SCHEMA_1`] and earlier names of checks are translated.
    #[must_use]
    pub fn into_current(mut self) -> Self {
        if self.schema == SCHEMA_1 {
            SCHEMA.clone_into(&mut self.schema);
            if self.engine == Engine::Linux {
                self.translate_subjects();
            }
        }
        self.translate_checks();
        self
    }

    fn translate_checks(&mut self) {
        let cells = self.cells.iter_mut().flat_map(|cell| &mut cell.invariants).map(|check| &mut check.name);
        let verdicts = self.verdicts.iter_mut().map(|verdict| &mut verdict.invariant);
        for name in cells.chain(verdicts) {
            *name = present_name(name).to_owned();
        }
    }

    fn translate_subjects(&mut self) {
        // Outside of guests no name had the flag, although it changes the measurement.
        let charges = self.command.split(' ').any(|word| word == "--move-charges");
        let current = |label: &str| subject(label).with(|parts| parts.charges |= charges);
        let cells = self.cells.iter_mut().map(|cell| &mut cell.subject);
        let places = self.plan.iter_mut().flat_map(|plan| &mut plan.places).map(|place| &mut place.subject);
        cells.chain(places).for_each(|subject| *subject = current(subject.label()));
        let verdicts = self.verdicts.iter_mut().map(|verdict| &mut verdict.protocol);
        let fits = self.fits.iter_mut().map(|fit| &mut fit.protocol);
        let notes = self.notes.iter_mut().filter_map(|note| note.protocol.as_mut());
        verdicts.chain(fits).chain(notes).for_each(|label| *label = current(label).to_string());
    }
}

/// Returns the subject of a name of schema 1. A name in no such form is a protocol as a whole.
fn subject(label: &str) -> Subject {
    let (place, kind) = label.split_once(' ').unwrap_or((label, ""));
    let guests = place.strip_prefix("vm:");
    let mut rest = guests.unwrap_or(place);
    let subtrees = [(":undelegated", Subtree::Undelegated), (":delegated", Subtree::Delegated)];
    let subject = Subject::from(SubjectParts {
        guest: guests.is_some(),
        subtree: subtrees.into_iter().find(|(end, _)| cut(&mut rest, end)).map(|(_, subtree)| subtree),
        charges: cut(&mut rest, "+charges"),
        favordynmods: cut(&mut rest, ":favordynmods"),
        protocol: rest.to_owned(),
        still: kind == "still",
        traced: kind == "traced",
        refusal: (!["", "still", "traced"].contains(&kind)).then(|| kind.to_owned()),
    });
    if subject.label() == label { subject } else { Subject::of(label) }
}

/// Takes `end` off the end of `rest`, and reports whether it was there.
fn cut(rest: &mut &str, end: &str) -> bool {
    let shorter = rest.strip_suffix(end);
    *rest = shorter.unwrap_or(rest);
    shorter.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_schema_1_becomes_facts_and_stays_what_people_read() {
        let of = |protocol: &str| SubjectParts { protocol: protocol.to_owned(), ..Default::default() };
        let guest = |protocol: &str| SubjectParts { guest: true, ..of(protocol) };
        let refusal = || Some("core.exit: errno=ESRCH".to_owned());
        let subtree = Some(Subtree::Undelegated);
        for (label, parts) in [
            ("v1:pids", of("v1:pids")),
            ("v2", of("v2")),
            ("v2:favordynmods", SubjectParts { favordynmods: true, ..of("v2") }),
            ("v1:pids:favordynmods still", SubjectParts { favordynmods: true, still: true, ..of("v1:pids") }),
            ("v1:pids traced", SubjectParts { traced: true, ..of("v1:pids") }),
            ("v1:pids core.exit: errno=ESRCH", SubjectParts { refusal: refusal(), ..of("v1:pids") }),
            ("vm:v1", guest("v1")),
            ("vm:v1+charges traced", SubjectParts { charges: true, traced: true, ..guest("v1") }),
            ("vm:v2:delegated", SubjectParts { subtree: Some(Subtree::Delegated), ..guest("v2") }),
            ("vm:v2:undelegated still", SubjectParts { subtree, still: true, ..guest("v2") }),
            (
                "vm:v2:favordynmods core.exit: errno=ESRCH",
                SubjectParts { favordynmods: true, refusal: refusal(), ..guest("v2") },
            ),
            // No version wrote these, and a reader has to accept anything.
            ("", of("")),
            ("v1 ", of("v1 ")),
            ("v1+charges:favordynmods", SubjectParts { favordynmods: true, ..of("v1+charges") }),
        ] {
            let read = subject(label);
            assert_eq!((read.parts(), read.label()), (&parts, label));
        }
    }
}
