//! Layout of JSON on the lines of a file: the two outer levels with a line for each entry, everything inside on one
//! line.
//!
//! Separate from [`crate::json`], which decides what is written. Each cell, verdict and note of a run is one line. So a
//! diff shows which cells differ, the line of an error identifies the cell, and the file is a third smaller than with
//! every bracket on its own line.
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io;

/// Levels whose entries have lines of their own.
const OPEN_LEVELS: usize = 2;

/// Returns `value` as JSON with a newline at its end.
pub(crate) fn to_vec<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Lines { level: 0, empty: true }))?;
    bytes.push(b'\n');
    Ok(bytes)
}

struct Lines {
    /// Number of open brackets.
    level: usize,
    /// Says that the innermost bracket has no entry yet.
    empty: bool,
}

impl Lines {
    fn open<W: ?Sized + io::Write>(&mut self, out: &mut W, bracket: u8) -> io::Result<()> {
        self.level += 1;
        self.empty = true;
        out.write_all(&[bracket])
    }

    fn close<W: ?Sized + io::Write>(&mut self, out: &mut W, bracket: u8) -> io::Result<()> {
        self.level -= 1;
        if !self.empty && self.level < OPEN_LEVELS {
            self.line(out)?;
        }
        self.empty = false;
        out.write_all(&[bracket])
    }

    fn entry<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        self.empty = false;
        if self.level <= OPEN_LEVELS { self.line(out) } else { Ok(()) }
    }

    fn line<W: ?Sized + io::Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.level).try_for_each(|_| out.write_all(b" "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b'[')
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b']')
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.entry(out, first)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b'{')
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b'}')
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.entry(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.level <= OPEN_LEVELS { b": " } else { b":" })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    #[test]
    fn only_the_outer_levels_have_lines() {
        let value = BTreeMap::from([
            ("a", vec![BTreeMap::from([("x", vec![1, 2])]), BTreeMap::new()]),
            ("b", vec![]),
        ]);
        let text = String::from_utf8(super::to_vec(&value).unwrap()).unwrap();
        assert_eq!(text, "{\n \"a\": [\n  {\"x\":[1,2]},\n  {}\n ],\n \"b\": []\n}\n");
        assert_eq!(
            serde_json::from_str::<BTreeMap<String, Vec<BTreeMap<String, Vec<i32>>>>>(&text).unwrap().len(),
            2
        );
    }
}
