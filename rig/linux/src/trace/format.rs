//! Positions of the fields of a record: the kernel's `format` files, and `header_page` for the head of a page.
use std::collections::BTreeMap;

/// Fields of one kind of record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Format {
    /// `common_type` of such records; 0 for the head of a page.
    pub(super) id: u16,
    /// Offset and size in bytes.
    fields: BTreeMap<String, (usize, usize)>,
}

impl Format {
    /// Reads a file; `None` when it holds no field.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let id = text.lines().find_map(|line| line.strip_prefix("ID:")?.trim().parse().ok());
        let fields: BTreeMap<_, _> = text.lines().filter_map(field).collect();
        (!fields.is_empty()).then_some(Self { id: id.unwrap_or(0), fields })
    }

    /// Offset and size of a field.
    pub(super) fn place(&self, name: &str) -> Option<(usize, usize)> {
        self.fields.get(name).copied()
    }

    /// Returns an unsigned field of a record; `None` when it is missing or outside the record.
    pub(super) fn read(&self, name: &str, record: &[u8]) -> Option<u64> {
        let (offset, size) = self.place(name)?;
        number(record.get(offset..offset.checked_add(size)?)?)
    }
}

/// A number of 1, 2, 4 or 8 bytes in the machine's order.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    match *bytes {
        [a] => Some(a.into()),
        [a, b] => Some(u16::from_ne_bytes([a, b]).into()),
        [a, b, c, d] => Some(u32::from_ne_bytes([a, b, c, d]).into()),
        _ => Some(u64::from_ne_bytes(bytes.try_into().ok()?)),
    }
}

/// Parses a line such as `field:unsigned char common_flags; offset:2; size:1; signed:0;`, with tabs.
fn field(line: &str) -> Option<(String, (usize, usize))> {
    let mut parts = line.trim().strip_prefix("field:")?.split(';').map(str::trim);
    let declared = parts.next()?;
    let named = |part: &str, name: &str| part.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok();
    let (mut offset, mut size) = (None, None);
    for part in parts {
        offset = offset.or_else(|| named(part, "offset"));
        size = size.or_else(|| named(part, "size"));
    }
    let name = declared.split('[').next()?.split_whitespace().last()?.trim_start_matches('*');
    Some((name.to_owned(), (offset?, size?)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const EXIT: &str = "name: funcgraph_exit
ID: 10
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:unsigned long func;	offset:8;	size:8;	signed:0;
	field:int depth;	offset:16;	size:4;	signed:1;
	field:unsigned int overrun;	offset:20;	size:4;	signed:0;
	field:unsigned long long calltime;	offset:24;	size:8;	signed:0;
	field:unsigned long long rettime;	offset:32;	size:8;	signed:0;

print fmt: \"<-- %ps (%d) (start: %llx  end: %llx) over: %d\", (void *)REC->func, REC->depth
";

    #[test]
    fn fields_are_where_the_file_says() {
        let format = Format::parse(EXIT).unwrap();
        assert_eq!((format.id, format.place("rettime"), format.place("print")), (10, Some((32, 8)), None));
        let mut record = [0; 40];
        record[4..8].copy_from_slice(&77_u32.to_ne_bytes());
        record[32..].copy_from_slice(&u64::MAX.to_ne_bytes());
        assert_eq!(
            (format.read("common_pid", &record), format.read("rettime", &record)),
            (Some(77), Some(u64::MAX))
        );
        assert_eq!(format.read("rettime", &record[..39]), None);
    }

    #[test]
    fn arrays_pointers_and_nonsense() {
        let text = "ID: 3\n\tfield:__data_loc char[] dst_path;\toffset:28;\tsize:4;\n\tfield:void * lock_addr;\toffset:8;\tsize:8;\n\tfield:unsigned long args[];\toffset:24;\tsize:0;";
        let format = Format::parse(text).unwrap();
        assert_eq!((format.place("lock_addr"), format.place("args")), (Some((8, 8)), Some((24, 0))));
        let head = Format::parse("\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n").unwrap();
        assert_eq!((head.id, head.place("timestamp")), (0, Some((0, 8))));
        for text in ["", "ID: 5", "field:x;offset:-1;size:2;", "field:;offset:1;size:2;"] {
            assert_eq!(Format::parse(text), None, "{text}");
        }
        let far = Format::parse(&format!("field:int x; offset:{}; size:8;", usize::MAX)).unwrap();
        assert_eq!(far.read("x", &[0; 8]), None);
    }
}
