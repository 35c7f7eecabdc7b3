//! Names of protocols: `transactional`, `transactional:mmap-sem=unfair`, `prepare-undo:hold=locks,spin=keep`.
use super::{ALL, Info, Mutant, OptionValues, Protocol};
use input::nearest::{guess, list, nearest};
use std::fmt;

/// An error in the name of a protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The protocol does not exist.
    #[error("unknown protocol `{name}`; {}", nearest(id_of(name), ALL.iter().map(|info| info.about.id)))]
    Unknown {
        /// The unknown name.
        name: String,
    },
    /// The protocol does not have that option.
    #[error("protocol `{id}` has no option `{option}`; {help}")]
    Option {
        /// The protocol.
        id: &'static str,
        /// The unknown name.
        option: String,
        /// The options that it has.
        help: String,
    },
    /// The option does not have that value.
    #[error("option `{option}` of `{id}` cannot be `{value}`; {known}")]
    Value {
        /// The protocol.
        id: &'static str,
        /// The option.
        option: &'static str,
        /// The unknown name.
        value: String,
        /// The nearest value and all values.
        known: String,
    },
}

/// Returns the part of a name before its options.
fn id_of(name: &str) -> &str {
    name.split_once(':').map_or(name, |(id, _)| id)
}

fn parse_mutant(name: &str) -> Result<Mutant, NameError> {
    Mutant::parse(name).ok_or_else(|| NameError::Value {
        id: "transactional",
        option: "mutant",
        value: name.to_owned(),
        known: nearest(name, Mutant::ALL.iter().map(|mutant| mutant.name())),
    })
}

impl Info {
    /// Returns every combination of options, as positions of their values.
    fn combinations(&self) -> Vec<Vec<usize>> {
        self.about.options.iter().fold(vec![Vec::new()], |before, (_, values)| {
            let with = |known: &Vec<usize>, at: usize| known.iter().copied().chain([at]).collect();
            before.iter().flat_map(|known| (0..values.len()).map(move |at| with(known, at))).collect()
        })
    }

    fn help(&self, wrong: &str) -> String {
        let one = |(option, values): &OptionValues| format!("`{option}=` {}", list(values.iter().copied()));
        match self.about.options {
            [] => "it has none".to_owned(),
            options => {
                let hint = guess(wrong, options.iter().map(|(option, _)| *option));
                format!("{hint}it has {}", options.iter().map(one).collect::<Vec<_>>().join(" and "))
            }
        }
    }

    /// Returns the position of the option that `text` sets, and of its value.
    fn option(&self, text: &str) -> Result<(usize, usize), NameError> {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let option = self.about.options.iter().position(|(option, _)| *option == key);
        let option = option.ok_or_else(|| NameError::Option {
            id: self.about.id,
            option: key.to_owned(),
            help: self.help(key),
        })?;
        let (name, values) = self.about.options[option];
        let at = values.iter().position(|v| *v == value).ok_or_else(|| NameError::Value {
            id: self.about.id,
            option: name,
            value: value.to_owned(),
            known: nearest(value, values.iter().copied()),
        })?;
        Ok((option, at))
    }
}

impl Protocol {
    /// Returns the protocol of that name.
    ///
    /// # Errors
    /// [`NameError`] with the names that are known.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let (id, options) = name.split_once(':').map_or((name, None), |(id, options)| (id, Some(options)));
        let info = ALL
            .iter()
            .find(|info| info.about.id == id)
            .ok_or_else(|| NameError::Unknown { name: name.to_owned() })?;
        let mut values = vec![0; info.about.options.len()];
        let mut mutant = None;
        for text in options.into_iter().flat_map(|options| options.split(',')) {
            let named = text.strip_prefix("mutant=").or_else(|| text.strip_prefix("canary="));
            match named.filter(|_| info.about.id == "transactional") {
                Some(name) => mutant = Some(parse_mutant(name)?),
                None => {
                    let (option, value) = info.option(text)?;
                    values[option] = value;
                }
            }
        }
        Ok((info.make)(&values).with_mutant(mutant))
    }

    /// Returns every protocol with every combination of its options.
    #[must_use]
    pub fn every() -> Vec<Self> {
        let of = |info: &Info| info.combinations().into_iter().map(|at| (info.make)(&at)).collect::<Vec<_>>();
        ALL.iter().flat_map(of).collect()
    }
}

impl fmt::Display for Protocol {
    /// Writes the shortest name that parses to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(mutant) = self.mutant() {
            return write!(f, "transactional:mutant={mutant}");
        }
        for info in ALL {
            let Some(at) = info.combinations().into_iter().find(|at| (info.make)(at) == *self) else {
                continue;
            };
            f.write_str(info.about.id)?;
            let set = info.about.options.iter().zip(at).filter(|(_, at)| *at > 0);
            for (n, ((option, values), at)) in set.enumerate() {
                write!(f, "{}{option}={}", if n == 0 { ":" } else { "," }, values[at])?;
            }
            return Ok(());
        }
        unreachable!("every protocol is in the table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_a_default_is_left_out() {
        for name in [
            "three-phase",
            "transactional",
            "transactional:mmap-sem=plain",
            "prepare-undo:hold=locks",
            "prepare-undo:hold=locks,spin=keep",
            "three-phase:threadgroup=process",
            "prepare-undo:hold=none,move=early",
            "three-phase:check=none,loop=once",
            "transactional:mmap-sem=unfair,threadgroup=global",
            "transactional:net=sleep",
        ] {
            assert_eq!(Protocol::parse(name).expect(name).to_string(), name);
        }
        for protocol in Protocol::every() {
            assert_eq!(Protocol::parse(&protocol.to_string()), Ok(protocol));
        }
        assert_eq!(Protocol::every().len(), 3 * (2 * 2 + 3 * 2 + 3 * 2 * 2));
        assert_eq!(
            Protocol::parse("prepare-undo:hold=callback").expect("default").to_string(),
            "prepare-undo"
        );
    }

    #[test]
    fn wrong_names_tell_what_there_is() {
        let error = |name| Protocol::parse(name).expect_err("wrong").to_string();
        assert_eq!(
            error("two-phase"),
            "unknown protocol `two-phase`; there are `three-phase`, `transactional`, `prepare-undo`"
        );
        assert_eq!(
            error("three-phase:x=1"),
            "protocol `three-phase` has no option `x`; it has `check=` `room`, `none` and `loop=` `stable`, `once` and `threadgroup=` `none`, `process`, `global`"
        );
        assert_eq!(
            error("prepare-undo:hold=all"),
            "option `hold` of `prepare-undo` cannot be `all`; did you mean `callback`? there are `callback`, `none`, `locks`"
        );
    }
}
