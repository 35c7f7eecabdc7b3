//! Names of protocols: `transactional`, `transactional:mmap-sem=unfair`, `prepare-undo:hold=locks`.
use super::{ALL, Info, Protocol};
use std::fmt;

/// Why a name names no protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No such protocol.
    #[error("unknown protocol `{name}`; the protocols are {}", list(ALL.iter().map(|info| info.id)))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The protocol has no such option.
    #[error("protocol `{id}` has no option `{option}`; {help}")]
    Option {
        /// The protocol.
        id: &'static str,
        /// What was asked for.
        option: String,
        /// What there is.
        help: String,
    },
    /// The option has no such value.
    #[error("option `{option}` of `{id}` cannot be `{value}`; it is one of {values}")]
    Value {
        /// The protocol.
        id: &'static str,
        /// The option.
        option: &'static str,
        /// What was asked for.
        value: String,
        /// What there is.
        values: String,
    },
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Protocol {
    /// The protocol of that name.
    ///
    /// # Errors
    /// [`NameError`] with what there is.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let (id, option) = name.split_once(':').map_or((name, None), |(id, option)| (id, Some(option)));
        let info = ALL
            .iter()
            .find(|info| info.id == id)
            .ok_or_else(|| NameError::Unknown { name: name.to_owned() })?;
        option.map_or(Ok((info.make)(0)), |option| Self::with_option(info, option))
    }

    fn with_option(info: &Info, text: &str) -> Result<Self, NameError> {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let Some((option, values)) = info.option.filter(|(option, _)| *option == key) else {
            let help = info.option.map_or("it has none".to_owned(), |(option, values)| {
                format!("it has `{option}=` {}", list(values.iter().copied()))
            });
            return Err(NameError::Option { id: info.id, option: key.to_owned(), help });
        };
        let at = values.iter().position(|v| *v == value).ok_or_else(|| NameError::Value {
            id: info.id,
            option,
            value: value.to_owned(),
            values: list(values.iter().copied()),
        })?;
        Ok((info.make)(at))
    }
}

impl fmt::Display for Protocol {
    /// The shortest name that parses to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for info in &ALL {
            let (option, values) = info.option.unwrap_or(("", &[""]));
            for (at, value) in values.iter().enumerate() {
                if (info.make)(at) == *self {
                    return if at == 0 {
                        f.write_str(info.id)
                    } else {
                        write!(f, "{}:{option}={value}", info.id)
                    };
                }
            }
        }
        unreachable!("every protocol is in the table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_a_default_is_left_out() {
        for name in
            ["three-phase", "transactional", "transactional:mmap-sem=plain", "prepare-undo:hold=locks"]
        {
            assert_eq!(Protocol::parse(name).expect(name).to_string(), name);
        }
        assert_eq!(Protocol::parse("prepare-undo:hold=none").expect("default").to_string(), "prepare-undo");
    }

    #[test]
    fn wrong_names_tell_what_there_is() {
        let error = |name| Protocol::parse(name).expect_err("wrong").to_string();
        assert_eq!(
            error("two-phase"),
            "unknown protocol `two-phase`; the protocols are `three-phase`, `transactional`, `prepare-undo`"
        );
        assert_eq!(error("three-phase:x=1"), "protocol `three-phase` has no option `x`; it has none");
        assert_eq!(
            error("prepare-undo:hold=all"),
            "option `hold` of `prepare-undo` cannot be `all`; it is one of `none`, `locks`"
        );
    }
}
