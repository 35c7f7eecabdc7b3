//! Checks of keys: that they are documented, and that the readers agree with their documentation.
use super::parts::Part;
use super::types::Key;
use faults::Rule;
use input::units::parse_ns;
use std::collections::BTreeSet;
use toml::Value;

/// A key that no file has.
const NO_KEY: &str = "zzz";

/// Words of errors about a value out of range.
const OUT_OF_RANGE: [&str; 5] = ["must be from", "has to be from", "invalid", "out of range", "a limit is"];

/// Returns the missing parts of the documentation of a key.
pub(super) fn undocumented(part: &str, key: &Key) -> Vec<String> {
    let is_number = key.kind.contains("number");
    let needs = [
        ("a meaning", key.about.meaning.is_empty()),
        ("`Unit:`", is_number && key.about.unit.is_none()),
        ("`Values:`", (is_number || key.kind.contains("text")) && key.about.values.is_none()),
        ("`Default:`", key.optional && key.about.default.is_none()),
        ("no `Default:`, because it is required", !key.optional && key.about.default.is_some()),
    ];
    let missing = needs.into_iter().filter(|(_, is_missing)| *is_missing);
    missing.map(|(what, _)| format!("{part}: `{}` needs {what} in its doc comment", key.name)).collect()
}

/// Returns the names in backticks after the last question of an error.
fn listed(error: &str) -> BTreeSet<String> {
    let list = ["there are ", "there is "].iter().find_map(|start| Some(error.split_once(start)?.1));
    let list = list.unwrap_or_else(|| panic!("the error lists no names: {error}"));
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn compare(part: &str, error: &str, keys: &[Key]) {
    let found = listed(error);
    let named: BTreeSet<_> = keys.iter().map(|key| key.name.clone()).collect();
    let read: BTreeSet<_> =
        keys.iter().flat_map(|key| key.aliases.iter().cloned()).chain(named.clone()).collect();
    assert!(named.is_subset(&found), "{part}: the reader does not read {:?}", named.difference(&found));
    assert!(found.is_subset(&read), "{part}: the reference does not have {:?}", found.difference(&read));
}

/// Compares the keys with those that the reader lists for a key that does not exist.
pub(super) fn same_keys(part: &Part, keys: &[Key]) {
    let error = part.example.with(NO_KEY, Some(1.into())).expect_err("an unknown key");
    compare(part.heading, &error, keys);
}

/// Compares the attributes of rules with those that the reader lists.
pub(super) fn same_attributes(keys: &[Key]) {
    compare("Fault rules", &rule_with(NO_KEY, Some(1.into())).expect_err("an unknown attribute"), keys);
}

/// Reads a rule with an attribute.
pub(super) fn rule_with(key: &str, value: Option<Value>) -> Result<String, String> {
    let value = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let attribute = value.map_or_else(String::new, |value| format!(" {key}={value}"));
    let action = if ["errno", "delay"].contains(&key) && !attribute.is_empty() { "" } else { " errno=ESRCH" };
    Rule::parse(&format!("core.exit:{action}{attribute}"))
        .map(|rule| format!("{rule:?}"))
        .map_err(|error| error.to_string())
}

/// A reader of a file in which a key has a value.
type With<'a> = dyn Fn(&str, Option<Value>) -> Result<String, String> + 'a;

/// Compares the documentation of a key with what the reader does, and returns the number of facts compared.
pub(super) fn key(part: &str, key: &Key, with: &With<'_>) -> usize {
    [default(part, key, with), range(part, key, with), choice(part, key, with)]
        .into_iter()
        .map(usize::from)
        .sum()
}

/// Returns the only text in backticks, if there is nothing else.
fn literal(text: &str) -> Option<&str> {
    text.strip_prefix('`')?.strip_suffix('`').filter(|inner| !inner.contains('`'))
}

fn default(part: &str, key: &Key, with: &With<'_>) -> bool {
    let Some(written) = key.about.default.as_deref().and_then(literal) else { return false };
    let value = toml::from_str::<toml::Table>(&format!("x = {written}"))
        .expect("a default is a value of TOML")["x"]
        .clone();
    let (without, with) = (with(&key.name, None), with(&key.name, Some(value)));
    assert!(without.is_ok(), "{part}: `{}` is optional, but: {without:?}", key.name);
    assert!(without == with, "{part}: the default of `{}` is not {written}: {with:?}", key.name);
    true
}

/// Returns the bounds and the values next to them, outside.
fn around(low: &str, high: &str) -> Option<([Value; 2], Vec<Value>)> {
    if let (Ok(low), Ok(high)) = (low.parse::<i64>(), high.parse::<i64>()) {
        let outside = [low.checked_sub(1), high.checked_add(1)];
        return Some(([low.into(), high.into()], outside.into_iter().flatten().map(Value::from).collect()));
    }
    let (low, high) = (parse_ns(low).ok()?, parse_ns(high).ok()?);
    let time = |ns: u64| Value::from(format!("{ns}ns"));
    let outside = [low.checked_sub(1), Some(high + 1)];
    Some(([time(low), time(high)], outside.into_iter().flatten().map(time).collect()))
}

fn range(part: &str, key: &Key, with: &With<'_>) -> bool {
    let bounds = key.about.values.as_deref().and_then(|values| values.split_once(" to "));
    let Some((inside, outside)) = bounds.and_then(|(low, high)| around(low, high)) else { return false };
    let is_list = key.kind.starts_with("list");
    let with = |value: &Value| {
        let value = if is_list { Value::Array(vec![value.clone()]) } else { value.clone() };
        with(&key.name, Some(value)).err()
    };
    for value in &inside {
        let refused = with(value).filter(|error| OUT_OF_RANGE.iter().any(|words| error.contains(words)));
        assert!(refused.is_none(), "{part}: `{}` cannot be {value}: {refused:?}", key.name);
    }
    for value in &outside {
        let refused = with(value).is_some_and(|error| OUT_OF_RANGE.iter().any(|words| error.contains(words)));
        assert!(refused, "{part}: `{}` can be {value}", key.name);
    }
    true
}

fn choice(part: &str, key: &Key, with: &With<'_>) -> bool {
    let values = key.about.values.as_deref().unwrap_or_default();
    let names: Option<BTreeSet<_>> = values.split(", ").map(|one| literal(one).map(str::to_owned)).collect();
    let Some(names) = names else { return false };
    let error = with(&key.name, Some(NO_KEY.into())).expect_err("a value that does not exist");
    assert_eq!(listed(&error), names, "{part}: `{}`: {error}", key.name);
    true
}
