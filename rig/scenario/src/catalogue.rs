//! The names that a scenario may use, and those of the built-in scenarios, each with a line about it.
use super::built_in;
use faults::{Site, Thrown};
use model::kernel::Controller;
use model::protocols::{self, Mutant};

/// Names, each with one line about it.
pub type Rows = Vec<(String, String)>;

/// Keys of a `[[workloads]]` that no struct declares, each with its type and its description.
pub const PLACEMENT: [(&str, &str, &str); 3] = crate::actors::PLACEMENT;

/// Lists protocols with their options, the default value of each first.
#[must_use]
pub fn protocols() -> Rows {
    let options = |info: &protocols::Info| -> String {
        let each = info.about.options.iter().enumerate();
        each.map(|(at, (option, values))| {
            format!(" [{}{option}={}]", if at == 0 { ":" } else { "," }, values.join("|"))
        })
        .collect()
    };
    protocols::ALL
        .iter()
        .map(|info| (format!("{}{}", info.about.id, options(info)), info.about.about.to_owned()))
        .collect()
}

/// Lists controllers.
#[must_use]
pub fn controllers() -> Rows {
    Controller::ALL.into_iter().map(|c| (c.name().to_owned(), c.about().to_owned())).collect()
}

/// Lists shapes of workloads.
#[must_use]
pub fn workloads() -> Rows {
    workloads::shapes().iter().map(|shape| (shape.name.to_owned(), shape.about.to_owned())).collect()
}

/// Lists fault sites.
#[must_use]
pub fn sites() -> Rows {
    let row = |site: Site| (site.name().to_owned(), format!("{}: {}", site.kernel_name(), site.about()));
    Site::all().map(row).collect()
}

/// Lists events that a fault can throw instead of an error.
#[must_use]
pub fn events() -> Rows {
    Thrown::ALL.iter().map(|event| (event.name().to_owned(), event.about().to_owned())).collect()
}

/// Lists mutants, each with the check that must find it.
#[must_use]
pub fn mutants() -> Rows {
    let row = |mutant: &Mutant| (mutant.name().to_owned(), format!("{}: {}", mutant.check(), mutant.about()));
    Mutant::ALL.iter().map(row).collect()
}

/// Lists built-in scenarios.
#[must_use]
pub fn scenarios() -> Rows {
    let about = |text: &str| {
        let table: Option<toml::Table> = toml::from_str(text).ok();
        table.and_then(|table| Some(table.get("about")?.as_str()?.to_owned())).unwrap_or_default()
    };
    built_in::ALL.iter().map(|(name, text)| ((*name).to_owned(), about(text))).collect()
}
