//! Pages of the kernel's ring buffer, as `trace_pipe_raw` gives them: a head with time and length, then records, each
//! with a word of 5 bits of type and 27 bits of time since the one before.
//!
//! This module does not know what records mean. Whatever the bytes are, reading ends and nothing panics.
use super::format::{Format, number};

/// Low bits of the commit word: the number of bytes of records. Bits above say that the kernel threw records away.
const LENGTH: u64 = (1 << 27) - 1;
const MISSED: u64 = 1 << 31;
const MISSED_COUNTED: u64 = 1 << 30;
/// Highest type of a record that gives its length in words; 0 means that a length of its own follows.
const WORDS_MAX: u32 = 28;
const PADDING: u32 = 29;
const TIME_EXTEND: u32 = 30;
const TIME_STAMP: u32 = 31;
/// Bits of time in the head of a record; an extension holds those above.
const DELTA_BITS: u32 = 27;
/// An absolute time lacks its highest bits.
const STAMP_BITS: u32 = 59;

/// Positions of things in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    commit: (usize, usize),
    data: usize,
    /// Size of a page in bytes.
    pub(super) size: usize,
}

impl Layout {
    /// Reads the layout from the file `header_page`.
    pub(super) fn of(head: &Format) -> Option<Self> {
        let (commit, (data, length)) = (head.place("commit")?, head.place("data")?);
        Some(Self { commit, data, size: data.checked_add(length)? })
    }
}

/// A record, with its time in ns of the buffer's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) at: u64,
    pub(super) data: &'a [u8],
}

/// The records of a page.
#[derive(Clone, Debug)]
pub(super) struct Page<'a> {
    /// Records that have not been read yet.
    rest: &'a [u8],
    at: u64,
    /// Records that the kernel threw away before this page; 1 when it does not say how many.
    pub(super) missed: u64,
}

impl<'a> Page<'a> {
    /// Reads the head; a page that is too short for one has no records.
    pub(super) fn new(page: &'a [u8], layout: Layout) -> Self {
        let field = |(offset, size): (usize, usize)| number(page.get(offset..offset.checked_add(size)?)?);
        let (at, commit) = (field((0, 8)).unwrap_or(0), field(layout.commit).unwrap_or(0));
        let data = page.get(layout.data..).unwrap_or_default();
        let length = usize::try_from(commit & LENGTH).unwrap_or(usize::MAX).min(data.len());
        let (rest, behind) = data.split_at(length);
        let counted = (commit & MISSED_COUNTED != 0).then(|| behind.get(..8).and_then(number)).flatten();
        let missed = if commit & MISSED == 0 { 0 } else { counted.unwrap_or(1).max(1) };
        Self { rest, at, missed }
    }

    /// Time of the page's begin, or of the record that was read last.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_ne_bytes(*word))
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(taken)
    }

    /// Takes the data after a word of length, which counts itself.
    fn long(&mut self) -> Option<&'a [u8]> {
        let length = self.word()?.checked_sub(4)? as usize;
        self.take(length.checked_next_multiple_of(4)?)
    }
}

impl<'a> Iterator for Page<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        loop {
            let (kind, delta) = split(self.word()?);
            let delta = u64::from(delta);
            match kind {
                TIME_EXTEND => {
                    let above = u64::from(self.word()?) << DELTA_BITS;
                    self.at = self.at.wrapping_add(above | delta);
                }
                TIME_STAMP => {
                    let low = u64::from(self.word()?) << DELTA_BITS | delta;
                    self.at = self.at >> STAMP_BITS << STAMP_BITS | low & ((1 << STAMP_BITS) - 1);
                }
                // Without a time it fills the rest of the page. Otherwise it is a record that was taken back.
                PADDING if delta == 0 => return None,
                PADDING => {
                    self.at = self.at.wrapping_add(delta);
                    self.long()?;
                }
                words => {
                    self.at = self.at.wrapping_add(delta);
                    let data =
                        if words == 0 { self.long()? } else { self.take(words.min(WORDS_MAX) as usize * 4)? };
                    return Some(Record { at: self.at, data });
                }
            }
        }
    }
}

/// Type and time of the word before a record: a bit field, whose order is the machine's.
fn split(word: u32) -> (u32, u32) {
    if cfg!(target_endian = "little") {
        (word & 31, word >> 5)
    } else {
        (word >> DELTA_BITS, word & LENGTH as u32)
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
pub(super) mod tests;
