//! The parts of the reference: each is a table of a file, the struct that declares its keys, and its place in an example.
use explore::Litmus;
use reports::gate::Gates;
use scenario::Scenario;

/// An example, and the place of the table that a part describes.
#[derive(Clone, Copy)]
pub(super) enum Example {
    /// A scenario.
    Scenario(&'static [&'static str]),
    /// A scenario with several hierarchies and a recording.
    Hierarchies(&'static [&'static str]),
    /// A litmus test.
    Litmus(&'static [&'static str]),
    /// A file of gates.
    Gates(&'static [&'static str]),
}

impl Example {
    /// Returns the text of the file.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Scenario(_) => include_str!("scenario.toml"),
            Self::Hierarchies(_) => include_str!("hierarchies.toml"),
            Self::Litmus(_) => include_str!("litmus.toml"),
            Self::Gates(_) => include_str!("gates.toml"),
        }
    }

    fn place(self) -> &'static [&'static str] {
        match self {
            Self::Scenario(place) | Self::Hierarchies(place) | Self::Litmus(place) | Self::Gates(place) => {
                place
            }
        }
    }

    /// Returns the content of the example as text for comparisons; `key` of the table at the place has this value, or is
    /// absent.
    pub(super) fn with(self, key: &str, value: Option<toml::Value>) -> Result<String, String> {
        let mut file: toml::Table = toml::from_str(self.text()).expect("an example is TOML");
        let mut table = &mut file;
        for step in self.place() {
            let value = table.get_mut(*step).unwrap_or_else(|| panic!("the example has no `{step}`"));
            let value = match value {
                toml::Value::Array(list) => list.first_mut().expect("a list of tables"),
                value => value,
            };
            table = value.as_table_mut().unwrap_or_else(|| panic!("`{step}` is not a table"));
        }
        match value {
            Some(value) => table.insert(key.to_owned(), value),
            None => table.remove(key),
        };
        self.parse(&toml::to_string(&file).expect("TOML"))
    }

    /// Reads a file of this kind.
    pub(super) fn parse(self, text: &str) -> Result<String, String> {
        match self {
            Self::Scenario(_) | Self::Hierarchies(_) => {
                let read = Scenario::parse("example.toml", text, &workloads::Folder::new("."));
                let mut scenario = read.map_err(|error| error.to_string())?;
                scenario.toml.clear();
                // The plan has what the text of a workload means.
                scenario.workloads.iter_mut().for_each(|one| one.spec = workloads::Spec::new("", 1, 1));
                Ok(format!("{scenario:?}"))
            }
            Self::Litmus(_) => {
                let read = Litmus::parse("example.toml", text);
                Ok(format!(
                    "{:?}",
                    Litmus { toml: String::new(), ..read.map_err(|error| error.to_string())? }
                ))
            }
            Self::Gates(_) => {
                let read =
                    Gates::parse("example.toml", text, "2026-01-01").map_err(|error| error.to_string())?;
                let facts = read.gates.iter().map(|gate| {
                    format!(
                        "{:?}",
                        (&gate.name, &gate.select, gate.key.to_string(), &gate.against, &gate.limits)
                    )
                });
                Ok(facts.collect::<Vec<_>>().join("\n"))
            }
        }
    }
}

/// A table of a file.
pub(super) struct Part {
    /// The heading; each level is a `#`.
    pub(super) heading: &'static str,
    /// The source, and the struct in it.
    pub(super) of: (&'static str, &'static str),
    /// The prefix of the names of its keys, if the part has only some of them, and whether they have it.
    pub(super) only: Option<(&'static str, bool)>,
    pub(super) example: Example,
}

const fn part(heading: &'static str, of: (&'static str, &'static str), example: Example) -> Part {
    Part { heading, of, only: None, example }
}

const FILE: &str = "rig/scenario/src/file.rs";
const SPEC: &str = "workloads/src/spec.rs";
const LITMUS: &str = "rig/explore/src/litmus/file.rs";
const GATES: &str = "reports/src/gate/file.rs";

/// The prefix of keys for recordings.
const TRACE: &str = "trace_";

/// Every part with keys of structs, in the order of the document.
pub(super) static PARTS: [Part; 23] = [
    part("## Scenarios", (FILE, "File"), Example::Scenario(&[])),
    part("### `[hierarchy]`", (FILE, "Hierarchy"), Example::Scenario(&["hierarchy"])),
    part("### `[[hierarchies]]`", (FILE, "NamedHierarchy"), Example::Hierarchies(&["hierarchies"])),
    part("### `[options]`", (FILE, "WorldTable"), Example::Scenario(&["options"])),
    part("### `[cgroups.NAME]`", (FILE, "Cgroup"), Example::Scenario(&["cgroups", "b"])),
    part("#### A limit", (FILE, "Limited"), Example::Scenario(&["cgroups", "b", "memrlimit"])),
    part("#### `cpuset`", (FILE, "Cpuset"), Example::Scenario(&["cgroups", "b", "cpuset"])),
    part("#### `freezer`", (FILE, "Freezer"), Example::Scenario(&["cgroups", "b", "freezer"])),
    Part {
        heading: "### `[[workloads]]`",
        of: (SPEC, "Spec"),
        only: Some((TRACE, false)),
        example: Example::Scenario(&["workloads"]),
    },
    Part {
        heading: "#### Recordings",
        of: (SPEC, "Spec"),
        only: Some((TRACE, true)),
        example: Example::Hierarchies(&["workloads"]),
    },
    part("#### `mix`", (SPEC, "Mix"), Example::Scenario(&["workloads", "mix"])),
    part("### `[movers]` or `[[movers]]`", (FILE, "Movers"), Example::Scenario(&["movers"])),
    part("### `[[admins]]`", (FILE, "Admin"), Example::Scenario(&["admins"])),
    part("### `[[interrupts]]`", (FILE, "Interrupt"), Example::Scenario(&["interrupts"])),
    part("### `[demand]`", ("rig/scenario/src/lib.rs", "Demand"), Example::Scenario(&["demand"])),
    part(
        "### `[costs.GROUP.NAME]`",
        ("rig/model/src/seam/costs.rs", "Entry"),
        Example::Scenario(&["costs", "work", "exec"]),
    ),
    part("## Litmus tests", (LITMUS, "File"), Example::Litmus(&[])),
    part("### `[processes.NAME]`", (LITMUS, "Process"), Example::Litmus(&["processes", "p"])),
    part("### `[[actors]]`", (LITMUS, "Actor"), Example::Litmus(&["actors"])),
    part("## Gates", (GATES, "RawFile"), Example::Gates(&[])),
    part("### `[[gate]]`", (GATES, "RawGate"), Example::Gates(&["gate"])),
    part("### `select`", (GATES, "Select"), Example::Gates(&["gate", "select"])),
    part("### `waive`", (GATES, "RawWaive"), Example::Gates(&["gate", "waive"])),
];
