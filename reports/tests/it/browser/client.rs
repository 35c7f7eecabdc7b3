//! Chromium over `--remote-debugging-pipe`: as much of the DevTools protocol as the checks need, and no more.
//!
//! Separate from the checks, which know no protocol. The browser gets a folder of its own and no network services, and
//! is ended by its process id. Messages are JSON with a NUL behind each. Every wait has a timeout.
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longest wait for an answer or an event.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the path of Chromium: `$CHROMIUM`, else a usual name on the path. `None` where there is none.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let all = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

/// A browser that is running.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    /// Events that have come and have not been read yet.
    events: Vec<Value>,
    next: u64,
    _folder: tempfile::TempDir,
}

impl Browser {
    /// Starts `program`.
    pub(crate) fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the browser");
        let mut profile = std::ffi::OsString::from("--user-data-dir=");
        profile.push(folder.path());
        // The shell gives the pipes the numbers that the browser wants, and becomes the browser.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, "sh"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .arg(profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let (to, out) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let (send, from) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(out).split(0) {
                let Ok(message) = message else { return };
                let Ok(value) = serde_json::from_slice(&message) else { return };
                if send.send(value).is_err() {
                    return;
                }
            }
        });
        Self { child, to, from, events: Vec::new(), next: 1, _folder: folder }
    }

    fn take(&mut self, until: Instant, what: &str) -> Value {
        let left = until.saturating_duration_since(Instant::now());
        self.from.recv_timeout(left).unwrap_or_else(|end| panic!("the browser says nothing to {what}: {end}"))
    }

    /// Calls `method` and returns its result; of `session`, or of the browser when that is empty.
    pub(crate) fn call(&mut self, session: &str, method: &str, params: &Value) -> Value {
        let id = self.next;
        self.next += 1;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).and_then(|()| self.to.flush()).expect("the browser listens");
        let until = Instant::now() + PATIENCE;
        loop {
            let mut message = self.take(until, method);
            if message["id"] != id {
                self.events.push(message);
                continue;
            }
            assert!(message["error"].is_null(), "{method}: {}", message["error"]);
            return message["result"].take();
        }
    }

    /// Waits for an event of `session`; it stays among the events.
    pub(crate) fn wait(&mut self, session: &str, method: &str) {
        let until = Instant::now() + PATIENCE;
        let is = |event: &Value| event["method"] == method && event["sessionId"] == session;
        while !self.events.iter().any(is) {
            let event = self.take(until, method);
            self.events.push(event);
        }
    }

    /// Takes the events of `session` that have come so far: (method, parameters).
    pub(crate) fn events(&mut self, session: &str) -> Vec<(String, Value)> {
        self.events.extend(self.from.try_iter());
        let (mine, others) = std::mem::take(&mut self.events)
            .into_iter()
            .partition::<Vec<Value>, _>(|event| event["sessionId"] == session);
        self.events = others;
        let text =
            |mut event: Value| (event["method"].as_str().unwrap_or("").to_owned(), event["params"].take());
        mine.into_iter().map(text).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The child is the browser itself, by its id; its own children end with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
