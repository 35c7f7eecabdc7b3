//! The expectations of a test: invariants by protocol, and conditions on final states of one protocol or of all.
use super::condition::Condition;
use super::names::Names;
use super::{Expected, Litmus};
use crate::EndState;
use input::nearest::nearest;
use model::checks::Check;
use model::protocols::Protocol;
use reports::schema::Expectation;
use scenario::source::{Read, Source};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// Expectations for one protocol. An invariant that is not listed is expected to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Invariants with their expectations.
    pub invariants: Expected,
    /// Conditions on final states.
    pub conditions: Conditions,
}

impl Wanted {
    /// Reports whether every schedule has to hold the invariant: if the test expects that, or does not list it. A
    /// spurious refusal, which is the price of reserving, fails only a test that lists it as `never`.
    #[must_use]
    pub fn must_hold(&self, invariant: &str) -> bool {
        let price = || Check::parse(invariant).is_some_and(Check::is_price_of_reserving);
        self.invariants.get(invariant).map_or_else(|| !price(), |wanted| *wanted == Expectation::Never)
    }
}

/// Conditions on the final states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Conditions each describing a state that some schedule reaches.
    pub exists: Vec<Condition>,
    /// Conditions each describing states that no schedule reaches.
    pub forbidden: Vec<Condition>,
    /// Conditions that together describe all states; each describes one that is reached.
    pub states: Vec<Condition>,
}

impl Conditions {
    /// Reports whether a schedule that ends in `state` decides one of the conditions.
    #[must_use]
    pub fn ask(&self, state: &EndState) -> bool {
        let named = self.exists.iter().chain(&self.forbidden).any(|condition| condition.holds(state));
        named || self.is_left_out(state)
    }

    /// Reports whether `states` does not describe `state`.
    #[must_use]
    pub fn is_left_out(&self, state: &EndState) -> bool {
        !self.states.is_empty() && !self.states.iter().any(|condition| condition.holds(state))
    }

    fn list(&mut self, key: &str) -> Option<&mut Vec<Condition>> {
        match key {
            "exists" => Some(&mut self.exists),
            "forbidden" => Some(&mut self.forbidden),
            "states" => Some(&mut self.states),
            _ => None,
        }
    }
}

/// Keys of conditions.
pub(crate) const CONDITIONS: [&str; 3] = ["exists", "forbidden", "states"];
const EXPECTATIONS: [(&str, Expectation); 3] =
    [("never", Expectation::Never), ("sometimes", Expectation::Sometimes), ("always", Expectation::Always)];

/// A table, as written.
pub(super) type Table = BTreeMap<Spanned<String>, Spanned<Value>>;

/// A value of `[expect]`, as written.
pub(super) enum Value {
    Word(String),
    List(Vec<Spanned<String>>),
    Table(Table),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("never, sometimes, always, a list of conditions or a table")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Value, E> {
        Ok(Value::Word(word.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(one) = seq.next_element()? {
            list.push(one);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut table = Table::new();
        while let Some((key, value)) = map.next_entry()? {
            table.insert(key, value);
        }
        Ok(Value::Table(table))
    }
}

/// Reads conditions and invariants of one test.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) names: &'a Names<'a>,
}

/// Expectations by protocol, and conditions for all protocols.
pub(super) type All = (Vec<(Protocol, Wanted)>, Conditions);

impl Reader<'_> {
    /// Reads `[expect]`, and the lists of conditions at the top of the file.
    pub(super) fn read(&self, expect: &Table, top: [&Option<Spanned<Value>>; 3]) -> Read<All> {
        let (mut protocols, mut common) = (Vec::new(), Conditions::default());
        for (key, list) in CONDITIONS.into_iter().zip(top) {
            if let Some(list) = list {
                self.conditions(key, list, &mut common)?;
            }
        }
        for (key, value) in expect {
            if CONDITIONS.contains(&key.get_ref().as_str()) {
                self.conditions(key.get_ref(), value, &mut common)?;
                continue;
            }
            let protocol = self.source.protocol(key)?;
            let Value::Table(table) = value.get_ref() else {
                let message = format!(
                    "expectations of a protocol are a table, such as \"{protocol}\" = {{ drift = \"never\" }}"
                );
                return Err(self.source.at(value.span(), message));
            };
            protocols.push((protocol, self.wanted(table)?));
        }
        let spans = expect.keys().filter(|key| !CONDITIONS.contains(&key.get_ref().as_str()));
        let listed = spans.map(Spanned::span).zip(protocols.iter().map(|(protocol, _)| *protocol));
        self.source.no_twice(listed, |protocol| format!("protocol `{protocol}`"))?;
        Ok((protocols, common))
    }

    fn wanted(&self, table: &Table) -> Read<Wanted> {
        let mut wanted = Wanted::default();
        for (key, value) in table {
            let name = key.get_ref();
            if CONDITIONS.contains(&name.as_str()) {
                self.conditions(name, value, &mut wanted.conditions)?;
                continue;
            }
            let check = self.source.invariant(key, &CONDITIONS)?;
            let before = wanted.invariants.insert(check.name().to_owned(), self.expectation(value)?);
            if before.is_some() {
                let message = format!("invariant `{check}` is listed twice; keep one");
                return Err(self.source.at(key.span(), message));
            }
        }
        Ok(wanted)
    }

    fn expectation(&self, value: &Spanned<Value>) -> Read<Expectation> {
        let Value::Word(word) = value.get_ref() else {
            let message = "an invariant is expected to be violated \"never\", \"sometimes\" or \"always\"; write one of them";
            return Err(self.source.at(value.span(), message));
        };
        EXPECTATIONS.iter().find(|(known, _)| known == word).map(|(_, expectation)| *expectation).ok_or_else(
            || {
                let known = nearest(word, EXPECTATIONS.iter().map(|(known, _)| *known));
                self.source.at(value.span(), format!("unknown value `{word}`; {known}"))
            },
        )
    }

    fn conditions(&self, key: &str, value: &Spanned<Value>, into: &mut Conditions) -> Read<()> {
        let example = self.names.example();
        let Value::List(list) = value.get_ref() else {
            let message =
                format!("`{key}` is a list of conditions on final states; write {key} = [\"{example}\"]");
            return Err(self.source.at(value.span(), message));
        };
        if list.is_empty() {
            let message = format!(
                "`{key}` is empty, so it requires nothing; write a condition, such as \"{example}\", or remove it"
            );
            return Err(self.source.at(value.span(), message));
        }
        for text in list {
            let condition = Condition::parse(text.get_ref(), self.names)
                .map_err(|message| self.source.at(text.span(), message))?;
            into.list(key).into_iter().for_each(|list| list.push(condition.clone()));
        }
        Ok(())
    }
}

impl Litmus {
    /// Returns the expectations under `protocol`. If the test lists none, every invariant is expected to hold.
    #[must_use]
    pub fn wanted(&self, protocol: Protocol) -> Wanted {
        let listed = self.expect.iter().find(|(of, _)| *of == protocol).map(|(_, wanted)| wanted);
        let mut wanted = listed.cloned().unwrap_or_default();
        let Conditions { exists, forbidden, states } = self.conditions.clone();
        wanted.conditions.exists.extend(exists);
        wanted.conditions.forbidden.extend(forbidden);
        // The `states` of one protocol stand alone: they replace those for all protocols.
        if wanted.conditions.states.is_empty() {
            wanted.conditions.states = states;
        }
        wanted
    }
}
