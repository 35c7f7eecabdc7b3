//! A guest that only shows that guests run: it prints to QEMU's stdout until its end.
use std::io::Read as _;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Most bytes of QEMU's own words.
const WORDS_MAX: u64 = 4096;
/// Most bytes of a guest's words that are kept.
const SAID_MAX: usize = 1 << 20;

/// A child that does not outlive this value.
pub(super) struct Guest {
    child: Child,
    stderr: ChildStderr,
    words: Receiver<Vec<u8>>,
    said: Vec<u8>,
}

/// End of listening.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The guest said the words that were waited for.
    Enough,
    /// QEMU ended, with these words of its own.
    Ended(String),
    /// The time was over.
    Silent,
}

impl Guest {
    /// Starts QEMU; `Err` with the reason in words.
    pub(super) fn start(command: &mut Command) -> Result<Self, String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_owned();
        let mut child = command.spawn().map_err(|error| format!("{program:?} does not start: {error}"))?;
        let (tell, words) = channel();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (Some(mut stdout), Some(stderr)) = (stdout, stderr) else {
            end(&mut child);
            return Err("its output cannot be read".into());
        };
        let listen = move || {
            let mut bytes = [0; 4096];
            // Ends with QEMU, or when there is no receiver any more.
            while let Ok(read @ 1..) = stdout.read(&mut bytes) {
                if tell.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        };
        if let Err(error) = thread::Builder::new().spawn(listen) {
            end(&mut child);
            return Err(format!("no thread to listen: {error}"));
        }
        Ok(Self { child, stderr, words, said: Vec::new() })
    }

    /// Listens until `is_enough` of all that was said so far, or until the time is over.
    pub(super) fn hear(&mut self, patience: Duration, is_enough: impl Fn(&[u8]) -> bool) -> Heard {
        let until = Instant::now() + patience;
        while !is_enough(&self.said) {
            match self.words.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(words) => {
                    let room = SAID_MAX - self.said.len();
                    self.said.extend(words.into_iter().take(room));
                }
                Err(RecvTimeoutError::Timeout) => return Heard::Silent,
                Err(RecvTimeoutError::Disconnected) => return Heard::Ended(self.last_words()),
            }
        }
        Heard::Enough
    }

    /// Returns all output of the guest so far, safe to print.
    pub(super) fn said(&self) -> String {
        input::text::printable_lines(&String::from_utf8_lossy(&self.said).replace('\r', "")).into_owned()
    }

    /// Returns QEMU's own words, once it has closed its output.
    fn last_words(&mut self) -> String {
        end(&mut self.child);
        let mut words = Vec::new();
        let _unread = self.stderr.by_ref().take(WORDS_MAX).read_to_end(&mut words);
        let words = String::from_utf8_lossy(&words).trim().lines().collect::<Vec<_>>().join("; ");
        input::text::excerpt(words.as_bytes(), 300)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It has not been reaped yet, or is gone already. `Child` never signals a pid that it has reaped.
    let _gone = child.kill();
    let _reaped = child.wait();
}
