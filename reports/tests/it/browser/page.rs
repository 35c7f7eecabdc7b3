//! A page in the browser: it can be opened under a setting and asked by script, and reports its complaints.
//!
//! Separate from [`super::client`], which knows messages, and from the checks, which know reports.
use super::client::Browser;
use base64::Engine as _;
use serde_json::{Value, json};
use std::path::Path;

/// Setting in which a page is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Width of the window in px.
    pub(crate) width: u32,
    /// Says whether dark colours are preferred.
    pub(crate) dark: bool,
    /// Says whether script runs.
    pub(crate) script: bool,
    /// Says whether the page is printed.
    pub(crate) print: bool,
}

impl Setting {
    /// Returns the name of a setting: `390-dark`, `1280-print`.
    pub(crate) fn name(self) -> String {
        let marks = [(self.dark, "-dark"), (!self.script, "-noscript"), (self.print, "-print")];
        let marks = marks.iter().filter(|(there, _)| *there).map(|(_, mark)| *mark);
        format!("{}{}", self.width, marks.collect::<String>())
    }
}

/// A wide window, light, with script.
pub(crate) const WIDE: Setting = Setting { width: 1280, dark: false, script: true, print: false };

/// The settings in which every report must look right.
pub(crate) const SETTINGS: [Setting; 6] = [
    WIDE,
    Setting { dark: true, ..WIDE },
    Setting { width: 390, ..WIDE },
    Setting { width: 390, dark: true, ..WIDE },
    Setting { script: false, ..WIDE },
    Setting { print: true, ..WIDE },
];

/// Height of one picture in px.
const SLICE: u64 = 1_500;

/// Script that the checks run in the page.
const CHECKS: &str = include_str!("checks.js");

/// An open page.
pub(crate) struct Page<'a> {
    browser: &'a mut Browser,
    target: String,
    session: String,
}

impl<'a> Page<'a> {
    /// Opens `file` under `setting`, and waits until it is loaded.
    pub(crate) fn open(browser: &'a mut Browser, file: &Path, setting: Setting) -> Self {
        let url = format!("file://{}", file.display());
        let made = browser.call("", "Target.createTarget", &json!({ "url": "about:blank" }));
        let target = made["targetId"].as_str().expect("a target").to_owned();
        let attached =
            browser.call("", "Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        let mut call = |method: &str, params: Value| browser.call(&session, method, &params);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            call(&format!("{domain}.enable"), json!({}));
        }
        let scheme = if setting.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = if setting.print { "print" } else { "screen" };
        call("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
        let metrics =
            json!({ "width": setting.width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        call("Emulation.setDeviceMetricsOverride", metrics);
        call("Emulation.setScriptExecutionDisabled", json!({ "value": !setting.script }));
        call("Page.navigate", json!({ "url": url }));
        browser.wait(&session, "Page.loadEventFired");
        Self { browser, target, session }
    }

    /// Evaluates an expression and returns its value.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true,
            "userGesture": true });
        let mut got = self.browser.call(&self.session, "Runtime.evaluate", &params);
        assert!(got["exceptionDetails"].is_null(), "{expression}: {}", got["exceptionDetails"]);
        got["result"]["value"].take()
    }

    /// Runs one of the checks in `checks.js` and returns its findings, one line each.
    pub(crate) fn check(&mut self, name: &str) -> Vec<String> {
        let found = self.eval(&format!("{CHECKS}.{name}()"));
        let found = found.as_array().unwrap_or_else(|| panic!("{name} gives a list, not {found}"));
        found.iter().map(|line| line.as_str().unwrap_or("?").to_owned()).collect()
    }

    /// Presses a key on the element that has the focus.
    pub(crate) fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let text = if key == "Enter" && kind == "keyDown" { "\r" } else { "" };
            let code = if key == "Enter" { 13 } else { 9 };
            let params = json!({ "type": kind, "key": key, "code": key, "text": text,
                "windowsVirtualKeyCode": code });
            self.browser.call(&self.session, "Input.dispatchKeyEvent", &params);
        }
    }

    /// Grants or denies the page the use of the clipboard.
    pub(crate) fn clipboard(&mut self, granted: bool) {
        let setting = if granted { "granted" } else { "denied" };
        for name in ["clipboard-write", "clipboard-read"] {
            let params = json!({ "permission": { "name": name, "allowWithoutSanitization": false },
                "setting": setting });
            self.browser.call("", "Browser.setPermission", &params);
        }
        self.browser.call(&self.session, "Page.bringToFront", &json!({}));
    }

    /// Returns errors and warnings that the page has written to the console, and other resources that it has asked for.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // An answer to a question comes after all events that were there before it.
        self.eval("0");
        let events = self.browser.events(&self.session);
        let mut own = events.iter().filter(|(method, _)| method == "Network.requestWillBeSent");
        let document = own.next().map(|(_, params)| params["request"]["url"].clone());
        let bad = |kind: &Value| ["error", "warning", "assert"].contains(&kind.as_str().unwrap_or(""));
        let complaint = |(method, params): &(String, Value)| match method.as_str() {
            "Runtime.consoleAPICalled" if bad(&params["type"]) => {
                Some(format!("console: {}", params["args"]))
            }
            "Runtime.exceptionThrown" => Some(format!("exception: {}", params["exceptionDetails"])),
            "Log.entryAdded" if bad(&params["entry"]["level"]) => {
                Some(format!("log: {}", params["entry"]["text"]))
            }
            "Network.requestWillBeSent" if Some(&params["request"]["url"]) != document.as_ref() => {
                Some(format!("request: {}", params["request"]["url"]))
            }
            _ => None,
        };
        events.iter().filter_map(complaint).collect()
    }

    /// Returns the number of sheets on which the page is printed.
    pub(crate) fn sheets(&mut self) -> usize {
        let made = self.browser.call(&self.session, "Page.printToPDF", &json!({}));
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(made["data"].as_str().expect("a file"))
            .expect("base64");
        // Each sheet is an object of type `Page`, and the list of them is of type `Pages`.
        String::from_utf8_lossy(&bytes).matches("/Type /Page\n").count()
    }

    /// Returns pictures of the page, from top to bottom.
    pub(crate) fn pictures(&mut self) -> Vec<Vec<u8>> {
        let size = self.browser.call(&self.session, "Page.getLayoutMetrics", &json!({}));
        let size = &size["cssContentSize"];
        let (width, height) = (size["width"].as_u64().unwrap_or(0), size["height"].as_u64().unwrap_or(0));
        let slice = |top: u64| {
            let clip =
                json!({ "x": 0, "y": top, "width": width, "height": SLICE.min(height - top), "scale": 1 });
            let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
            let shot = self.browser.call(&self.session, "Page.captureScreenshot", &params);
            let data = shot["data"].as_str().expect("a picture");
            base64::engine::general_purpose::STANDARD.decode(data).expect("base64")
        };
        (0..height).step_by(SLICE as usize).map(slice).collect()
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let params = json!({ "targetId": self.target });
            self.browser.call("", "Target.closeTarget", &params);
        }
    }
}
