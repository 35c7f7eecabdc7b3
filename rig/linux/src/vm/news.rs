//! The messages of a guest that still runs, read from the file of its results as that grows.
use super::qemu::RESULT_BYTES_MAX;
use super::result_channel::{self, Said};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// A file to which whole lines are added.
pub(super) struct Feed<'a> {
    file: &'a Path,
    state: RefCell<State<'a>>,
}

struct State<'a> {
    read: u64,
    /// The begin of a line whose end has not been written.
    rest: Vec<u8>,
    tell: &'a mut dyn FnMut(Said),
}

impl<'a> Feed<'a> {
    pub(super) fn of(file: &'a Path, tell: &'a mut dyn FnMut(Said)) -> Self {
        Self { file, state: RefCell::new(State { read: 0, rest: Vec::new(), tell }) }
    }

    /// Begins again, as the file does.
    pub(super) fn restart(&self) {
        let mut state = self.state.borrow_mut();
        (state.read, state.rest) = (0, Vec::new());
    }

    /// Reports messages that have been added. A read error here shows up again at the end, when the result is read as a
    /// whole.
    pub(super) fn look(&self) {
        let _unread = self.state.borrow_mut().look(self.file);
    }
}

impl State<'_> {
    fn look(&mut self, file: &Path) -> io::Result<()> {
        let mut file = File::open(file)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut fresh = Vec::new();
        let left = RESULT_BYTES_MAX.saturating_sub(self.read);
        self.read += file.take(left).read_to_end(&mut fresh)? as u64;
        let Some(end) = fresh.iter().rposition(|byte| *byte == b'\n') else {
            self.rest.extend(fresh);
            return Ok(());
        };
        let rest = fresh.split_off(end + 1);
        let lines = [std::mem::replace(&mut self.rest, rest), fresh].concat();
        for line in lines.split(|byte| *byte == b'\n') {
            if let Some(said) = result_channel::parse(String::from_utf8_lossy(line).trim_end()) {
                (self.tell)(said);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::record::tests::empty_cell;
    use std::io::Write as _;

    #[test]
    fn each_whole_line_is_reported_once_and_a_file_that_begins_again_is_read_again() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_owned();
        let line =
            result_channel::line(&Said::Cell { cell: Box::new(empty_cell()), notes: Vec::new() }).unwrap();
        let mut reported = 0;
        let mut report = |said| reported += usize::from(matches!(said, Said::Cell { .. }));
        let news = Feed::of(&path, &mut report);
        let (head, tail) = line.split_at(line.len() / 2);
        for part in [head, tail, "noise\n", &line] {
            file.write_all(part.as_bytes()).unwrap();
            news.look();
            news.look();
        }
        news.restart();
        news.look();
        drop(news);
        assert_eq!(reported, 4);
    }
}
