//! `list`: what there is, with one line each.
use super::exit::{self, Failure};
use super::flags::ListFlags;
use super::output;
use crate::driver::built_in;
use crate::kernel::Controller;
use crate::protocols;
use std::fmt::Write as _;

type Rows = Vec<(String, String)>;
/// A list's name, and what makes its rows.
type Part = (&'static str, fn() -> Rows);

const PARTS: [Part; 5] = [
    ("protocols", protocols_rows),
    ("controllers", controllers),
    ("workloads", workloads_rows),
    ("sites", sites),
    ("scenarios", scenarios),
];

pub(super) fn list(flags: &ListFlags) -> Result<u8, Failure> {
    let wanted = flags.what.as_deref();
    let known: Vec<_> = PARTS.iter().map(|(name, _)| *name).collect();
    if let Some(what) = wanted.filter(|what| !known.contains(what)) {
        return Err(Failure::usage(format!("there is no list of `{what}`; there are {}", known.join(", "))));
    }
    let parts = PARTS.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
    let text: Vec<_> = parts.map(|(name, rows)| section(name, &rows())).collect();
    output::result(&text.join("\n"));
    Ok(exit::OK)
}

fn section(name: &str, rows: &Rows) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{name}\n");
    for (name, about) in rows {
        let _ = writeln!(text, "  {name:width$}  {about}");
    }
    text
}

fn protocols_rows() -> Rows {
    let options = |info: &protocols::Info| -> String {
        let each = info.options.iter().enumerate();
        each.map(|(at, (option, values))| {
            format!(" [{}{option}={}]", if at == 0 { ":" } else { "," }, values.join("|"))
        })
        .collect()
    };
    protocols::ALL
        .iter()
        .map(|info| (format!("{}{}", info.id, options(info)), info.about.to_owned()))
        .collect()
}

fn controllers() -> Rows {
    Controller::ALL.into_iter().map(|c| (c.name().to_owned(), c.about().to_owned())).collect()
}

fn workloads_rows() -> Rows {
    workloads::shapes().iter().map(|shape| (shape.name.to_owned(), shape.about.to_owned())).collect()
}

fn sites() -> Rows {
    let row =
        |site: faults::Site| (site.name().to_owned(), format!("{}: {}", site.kernel_name(), site.about()));
    faults::Site::all().map(row).collect()
}

fn scenarios() -> Rows {
    let about = |text: &str| {
        let table: Option<toml::Table> = toml::from_str(text).ok();
        table.and_then(|table| Some(table.get("about")?.as_str()?.to_owned())).unwrap_or_default()
    };
    built_in::ALL.iter().map(|(name, text)| ((*name).to_owned(), about(text))).collect()
}
