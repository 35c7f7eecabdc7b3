//! The parts of the reference that are lists: attributes of fault rules, costs, and names that values refer to.
use super::types::{About, Key, Source};
use super::{keys, table};
use faults::Errno;
use model::checks::Check;
use model::seam::costs;
use reports::figure::metric::{METRICS, statistic_names};
use scenario::catalogue::{self, Rows};

const RULE: &str = "faults/src/rule.rs";

/// The example of a rule.
const RULES: &str = "memrlimit.prepare_sleep: probability=10 errno=ENOMEM
memory.prepare: nth=3
core.switched: delay=10us
core.css_set_alloc: interval=7 exit
memory.can_attach: 7,100,0,-1
";

/// Returns the attributes of a rule: fields of `Rule`, and the actions that have a value.
pub(super) fn attributes() -> Vec<Key> {
    let others = [("Site", String::new()), ("Fault", String::new())];
    let source = Source::read(RULE, &others);
    let is_attribute = |key: &Key| !["site", "action"].contains(&key.name.as_str());
    let numbers =
        source.keys("Rule").into_iter().filter(is_attribute).map(|key| Key { optional: true, ..key });
    let actions =
        source.variants("Fault").into_iter().filter(|(name, _)| name != "Throw").map(|(name, about)| Key {
            kind: if name == "Delay" { "time without quotes" } else { "text" }.to_owned(),
            name: name.to_lowercase(),
            optional: true,
            about,
            ..Key::default()
        });
    numbers.chain(actions).collect()
}

/// Returns the part about fault rules.
pub(super) fn fault_rules() -> String {
    let rules: Result<faults::FaultPlan, _> = faults::FaultPlan::parse(RULES);
    rules.unwrap_or_else(|error| panic!("{error}"));
    format!(
        "## Fault rules\n\nA rule is a text, in `faults` of a scenario or a litmus test, or after `--fault`: a [site](#fault-sites), a \
         colon, and attributes and at most one action, separated by blanks. An action is `errno=`, `delay=` or an \
         [event](#events) as a bare word. Four numbers right after the colon are `interval`, `probability`, `space` and `times`, as in \
         the kernel's fault injection. Several rules may name one site; the first one that fires wins.\n\n```\n{RULES}```\n\n{}\n",
        keys(&attributes())
    )
}

/// Returns the part about expectations of a scenario.
pub(super) fn expect_of_scenarios() -> String {
    let variants = Source::read("reports/src/schema.rs", &[]).variants("Expectation");
    let row = |(name, about): (String, About)| vec![format!("`\"{}\"`", name.to_lowercase()), about.meaning];
    let rows: Vec<_> = variants.into_iter().map(row).collect();
    format!(
        "### `[expect]`\n\nA table for each protocol; its keys are [invariants](#invariants), and its values say in which cells \
         the invariant is violated. A protocol with options is in quotes: `\"prepare-undo:hold=locks\" = {{ drift = \"never\" }}`.\n\n{}\n",
        table(&["value", "meaning"], &rows)
    )
}

/// The part about expectations of a litmus test.
pub(super) const EXPECT_OF_LITMUS_TESTS: &str = "### `[expect]` of a litmus test

A table for each protocol that has expectations; the name is exact, with its options. Its keys are [invariants](#invariants) with the
values `\"never\"`, `\"sometimes\"` and `\"always\"`, here about schedules and not about cells, and `exists`, `forbidden` and `states`
for this protocol alone. An invariant that is not listed is expected to hold. [Litmus tests](../rig/litmus/README.md#the-format)
explains conditions.

";

/// Returns the part about costs.
pub(super) fn costs() -> String {
    let source = Source::read("rig/model/src/seam/costs.rs", &[]);
    let accesses = Source::read("rig/model/src/seam/object.rs", &[]).variants("Access");
    let work = source.variants("Work");
    let sched = source.documented("Costs").into_iter();
    let sched = sched.map(|(name, about)| (name.trim_end_matches("_ns").to_owned(), about));
    let snake = |name: String| {
        let parts = name.char_indices().map(|(at, c)| match c.is_uppercase() && at > 0 {
            true => format!("_{}", c.to_lowercase()),
            false => c.to_lowercase().to_string(),
        });
        parts.collect::<String>()
    };
    let of = |group: &str, all: Vec<(String, About)>| {
        all.into_iter()
            .map(|(name, about)| (format!("{group}.{}", snake(name)), about.meaning))
            .collect::<Vec<_>>()
    };
    let about = [of("access", accesses), of("sched", sched.collect()), of("work", work)].concat();
    let table_of_costs = costs::built_in();
    let row = |(group, name): (&str, &str)| {
        let full = format!("{group}.{name}");
        let (_, meaning) =
            about.iter().find(|(known, _)| *known == full).unwrap_or_else(|| panic!("{full} has no text"));
        let entry = &table_of_costs[group][name];
        assert!(!meaning.is_empty(), "{full} has no text");
        vec![format!("`{full}`"), entry.ns.to_string(), meaning.clone(), entry.source.clone()]
    };
    let rows: Vec<_> = costs::names().map(row).collect();
    format!(
        "## Tables of costs\n\nA table for `--costs FILE` has every entry, as [costs.toml](../rig/model/src/seam/costs.toml) has; \
         `attach-rig calibrate` writes one. An entry has the keys of [`[costs.GROUP.NAME]`](#costsgroupname).\n\n\
         ```toml\n[work.exec]\nns = 500000\nsource = \"measured on the machine that is of interest\"\n```\n\n{}\n",
        table(&["entry", "default, virtual ns", "cost of", "source of the default"], &rows)
    )
}

/// Returns the lists of names that values refer to.
pub(super) fn lists() -> String {
    let list = |heading: &str, intro: &str, rows: Rows| {
        let rows: Vec<_> = rows.into_iter().map(|(name, about)| vec![format!("`{name}`"), about]).collect();
        let intro = if intro.is_empty() { String::new() } else { format!("{intro}\n\n") };
        format!("### {heading}\n\n{intro}{}\n", table(&["name", "meaning"], &rows))
    };
    let errors = Errno::ALL.iter().map(|errno| (errno.name().to_owned(), errno.about().to_owned())).collect();
    let invariants: Vec<_> = Check::names().map(|name| format!("`{name}`")).collect();
    let metrics = Source::read("reports/src/figure/metric.rs", &[]).variants("Metric");
    let metric = |(name, metric): &(&str, reports::figure::Metric)| {
        let (_, about) =
            metrics.iter().find(|(known, _)| *known == format!("{metric:?}")).expect("a variant");
        let statistics: Vec<_> = statistic_names(*metric).map(|name| format!("`{name}`")).collect();
        vec![format!("`{name}`"), about.meaning.clone(), statistics.join(", ")]
    };
    [
        "## Names\n\n`attach-rig list` prints them as well.\n\n".to_owned(),
        list("Protocols", "The first value of each option is its default.", catalogue::protocols()),
        list("Controllers", "", catalogue::controllers()),
        list("Shapes", "", catalogue::workloads()),
        format!(
            "### Invariants\n\n{}. The [guide](guide.md#invariants) explains each.\n\n",
            invariants.join(", ")
        ),
        list("Fault sites", "", catalogue::sites()),
        list("Events", "", catalogue::events()),
        list("Error numbers", "", errors),
        format!(
            "### Metrics\n\n{}",
            table(&["name", "meaning", "statistics"], &METRICS.iter().map(metric).collect::<Vec<_>>())
        ),
    ]
    .concat()
}
