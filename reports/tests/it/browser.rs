//! Reports in a real browser, Chromium without a window: checks of faults that the text of a page does not show.
//!
//! - `client`: the browser and its protocol
//! - `page`: a page under a setting: wide or narrow, light or dark, without script, printed
//! - `looks`: every report looks right under every setting, and complains about nothing
//! - `buttons`: sorting, following a name, copying
//! - `mutants`: pages with one fault each, which the checks must find
//!
//! Without Chromium the tests say so and pass, except where `CI` is set: there they fail. `CHROMIUM` names another
//! program. `RUNS` has folders of runs whose reports are looked at as well (as in `PATH`). `PICTURES` is a folder for
//! pictures of all.
mod buttons;
mod client;
mod looks;
mod mutants;
mod page;

use crate::skip::skip;
use client::Browser;

/// Returns a browser, or `None` where there is none, which is reported at the end.
fn browser(test: &str) -> Option<Browser> {
    let Some(program) = client::find() else {
        skip(test, Some("needs chromium (apt-get install chromium, or set CHROMIUM)"));
        return None;
    };
    skip(test, None);
    Some(Browser::start(&program))
}
