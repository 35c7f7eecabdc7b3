//! Reports in a real browser, Chromium without a window: what no look at the text of a page can tell.
//!
//! - `client`: the browser and its protocol
//! - `page`: a page under a setting: wide or narrow, light or dark, without script, printed
//! - `looks`: every report looks right under every setting, and complains about nothing
//! - `buttons`: sorting, following a name, copying
//! - `canaries`: pages with one fault each, which the checks must find
//! - `demo`: the made-up runs that the other tests render
//!
//! Without Chromium the tests say so and pass, except where `CI` is set: there they fail. `CHROMIUM` names another program,
//! `RUNS` folders of runs whose reports are looked at as well (as in `PATH`), `PICTURES` a folder for pictures of all.
#[path = "browser/buttons.rs"]
mod buttons;
#[path = "browser/canaries.rs"]
mod canaries;
#[path = "browser/client.rs"]
mod client;
#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "it/demo/mod.rs"]
mod demo;
#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "it/dice.rs"]
mod dice;
#[path = "browser/looks.rs"]
mod looks;
#[path = "browser/page.rs"]
mod page;
#[path = "../../rig/input/tests/support/skip.rs"]
mod skip;

use client::Browser;

/// A browser, or `None` where there is none, which is said at the end.
fn browser(test: &str) -> Option<Browser> {
    let Some(program) = client::find() else {
        skip::skip(test, Some("needs chromium (apt-get install chromium, or set CHROMIUM)"));
        return None;
    };
    skip::skip(test, None);
    Some(Browser::start(&program))
}
