//! Every report under every setting: made-up runs, a page of several, and recorded runs.
use super::browser;
use super::page::{Page, SETTINGS, WIDE};
use crate::demo::{demo_charges, demo_env, demo_linux, demo_run};
use reports::html::{render, render_all};
use reports::json;
use std::path::{Path, PathBuf};

/// Made-up reports in `folder`.
pub(super) fn made_up(folder: &Path) -> Vec<PathBuf> {
    let (run, env) = (demo_run(), demo_env());
    let joint = render_all(&[(run.clone(), Some(env.clone())), (demo_linux(), Some(env.clone()))]).unwrap();
    let pages = [
        ("sim", render(&run, Some(&env)).unwrap()),
        ("linux", render(&demo_linux(), Some(&env)).unwrap()),
        ("charges", render(&demo_charges(), None).unwrap()),
        ("joint", joint),
    ];
    pages
        .map(|(name, html)| {
            let file = folder.join(format!("{name}.html"));
            std::fs::write(&file, html).unwrap();
            file
        })
        .to_vec()
}

/// Sheets of paper on which the report of one run is printed.
const SHEETS: usize = 15;

/// Reports of the runs in `RUNS`.
fn real(folder: &Path) -> Vec<PathBuf> {
    let runs = std::env::var_os("RUNS").unwrap_or_default();
    let runs = std::env::split_paths(&runs).filter(|path| !path.as_os_str().is_empty());
    runs.enumerate()
        .map(|(n, path)| {
            let run = json::read_run(&path.join("run.json")).unwrap_or_else(|error| panic!("{error}"));
            let html = render(&run, json::read_env(&path.join("env.json")).ok().as_ref()).unwrap();
            let file = folder.join(format!("run{n}-{}.html", run.scenario.name));
            std::fs::write(&file, html).unwrap();
            file
        })
        .collect()
}

#[test]
fn every_report_looks_right_and_complains_about_nothing() {
    let Some(mut browser) = browser("reports") else { return };
    let folder = tempfile::tempdir().unwrap();
    let pictures = std::env::var_os("PICTURES").map(PathBuf::from);
    let mut files = made_up(folder.path());
    files.extend(real(folder.path()));
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.strip_prefix(folder.path()).unwrap().display().to_string();
        for setting in SETTINGS {
            let mut page = Page::open(&mut browser, file, setting);
            let mut found = page.complaints();
            // First, since checks open what is folded.
            if setting.print && !name.starts_with("joint") {
                let sheets = page.sheets();
                found.extend((!(1..=SHEETS).contains(&sheets)).then(|| format!("{sheets} sheets")));
            }
            for check in ["overlaps", "anchors", "letters", "graphics", "spare"] {
                found.extend(page.check(check));
            }
            if !setting.print {
                found.extend(page.check("sideways"));
                found.extend(page.check(if setting.width == WIDE.width { "clipped" } else { "unsaid" }));
            }
            let buttons = page.eval("document.querySelectorAll('button').length").as_u64().unwrap();
            if (buttons > 0) != setting.script {
                found.push(format!("{buttons} buttons"));
            }
            wrong.extend(found.into_iter().map(|line| format!("{name}, {setting:?}: {line}")));
            if let Some(pictures) = &pictures {
                for (n, picture) in page.pictures().into_iter().enumerate() {
                    std::fs::write(pictures.join(format!("{name}-{}-{n:02}.png", setting.name())), picture)
                        .unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} things:\n{}", wrong.len(), wrong.join("\n"));
}
