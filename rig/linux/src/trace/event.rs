//! Records of the ring buffer -> events, in the order of time over all CPUs.
use super::format::Format;
use super::page::{Layout, Page};
use super::why::Unavailable;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Something that the kernel recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceEvent {
    /// Time in ns of the buffer's clock, which is ours.
    pub(super) at: u64,
    /// Thread during which it was recorded.
    pub(super) tid: u32,
    pub(super) what: What,
}

/// Kind of an event, with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A task, or all threads of one, were attached by a write.
    Attach,
    /// Tasks were moved because their cgroup is being removed.
    Transfer,
    /// A thread begins to wait for a lock, or waits on in another way.
    WaitBegin {
        /// Address.
        lock: u64,
        /// Kind of the lock, see `flags`.
        flags: u32,
    },
    /// It has waited.
    WaitEnd {
        /// Address.
        lock: u64,
    },
    /// A function was called. The time is that of the record: times within it are of another clock. In a guest whose
    /// kernel has misjudged its TSC, that clock runs ten times too fast.
    Enter {
        /// Address.
        func: u64,
    },
    /// It has returned.
    Leave {
        /// Address.
        func: u64,
    },
    /// Earlier records of this CPU were thrown away.
    Missed,
}

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Attach,
    Transfer,
    WaitBegin,
    WaitEnd,
    Enter,
    Leave,
}

impl Kind {
    /// Events that can be switched on.
    pub(super) const EVENTS: [Self; 4] = [Self::Attach, Self::Transfer, Self::WaitBegin, Self::WaitEnd];
    /// Records that the tracer writes.
    pub(super) const GRAPH: [Self; 2] = [Self::Enter, Self::Leave];

    /// Folder below `events`.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Attach => "cgroup/cgroup_attach_task",
            Self::Transfer => "cgroup/cgroup_transfer_tasks",
            Self::WaitBegin => "lock/contention_begin",
            Self::WaitEnd => "lock/contention_end",
            Self::Enter => "ftrace/funcgraph_entry",
            Self::Leave => "ftrace/funcgraph_exit",
        }
    }

    fn decode(self, format: &Format, record: &[u8]) -> Option<What> {
        let read = |name| format.read(name, record);
        Some(match self {
            Self::Attach => What::Attach,
            Self::Transfer => What::Transfer,
            Self::WaitBegin => What::WaitBegin { lock: read("lock_addr")?, flags: read("flags")? as u32 },
            Self::WaitEnd => What::WaitEnd { lock: read("lock_addr")? },
            Self::Enter => What::Enter { func: read("func")? },
            Self::Leave => What::Leave { func: read("func")? },
        })
    }
}

/// Knows this kernel's records.
#[derive(Debug)]
pub(super) struct Decoder {
    layout: Layout,
    kinds: BTreeMap<u16, (Kind, Format)>,
}

impl Decoder {
    /// Reads the formats in tracefs; kinds that the kernel does not have are left out.
    ///
    /// # Errors
    /// [`Unavailable`] when the layout of a page is not known.
    pub(super) fn load(tracefs: &Path) -> Result<Self, Unavailable> {
        let events = tracefs.join("events");
        let head = events.join("header_page");
        let text = at_once(&head).map_err(|error| Unavailable::file("read", &head, &error))?;
        let layout = Format::parse(&text).and_then(|format| Layout::of(&format));
        let unknown =
            || Unavailable::new("the kernel's trace pages have no known layout", "use another kernel");
        let read = |kind: Kind| {
            let text = fs::read_to_string(events.join(kind.folder()).join("format")).ok()?;
            let format = Format::parse(&text)?;
            Some((format.id, (kind, format)))
        };
        Ok(Self {
            layout: layout.ok_or_else(unknown)?,
            kinds: Kind::EVENTS.into_iter().chain(Kind::GRAPH).filter_map(read).collect(),
        })
    }

    /// Reports whether this kernel has such records.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.kinds.values().any(|(known, _)| *known == kind)
    }

    /// Size of a page in bytes.
    pub(super) fn page_bytes(&self) -> usize {
        self.layout.size
    }

    /// Returns the events in the pages, by time, and the number of records that were thrown away.
    pub(super) fn events(&self, pages: &[Vec<u8>]) -> (Vec<TraceEvent>, u64) {
        let (mut events, mut missed) = (Vec::new(), 0_u64);
        for page in pages {
            let page = Page::new(page, self.layout);
            missed = missed.saturating_add(page.missed);
            if page.missed > 0 {
                events.push(TraceEvent { at: page.at(), tid: 0, what: What::Missed });
            }
            events.extend(page.filter_map(|record| self.event(record.at, record.data)));
        }
        // Stable: records of one CPU with the same time stay in their order.
        events.sort_by_key(|event| event.at);
        (events, missed)
    }

    fn event(&self, at: u64, record: &[u8]) -> Option<TraceEvent> {
        let id = u16::from_ne_bytes(*record.first_chunk()?);
        let (kind, format) = self.kinds.get(&id)?;
        let tid = u32::try_from(format.read("common_pid", record)?).ok()?;
        Some(TraceEvent { at, tid, what: kind.decode(format, record)? })
    }
}

/// A short file by one read: the kernel takes any second read of `header_page` for its end.
fn at_once(path: &Path) -> io::Result<String> {
    let mut text = vec![0; 4096];
    let length = File::open(path)?.read(&mut text)?;
    Ok(String::from_utf8_lossy(&text[..length]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::format::tests::EXIT;
    use super::super::page::tests::{LAYOUT, page};
    use super::*;
    use proptest::prelude::*;

    fn decoder() -> Decoder {
        let exit = Format::parse(EXIT).unwrap();
        let begin = "ID: 4\n\tfield:int common_pid;\toffset:4;\tsize:4;\n\tfield:void * lock_addr;\toffset:8;\tsize:8;\n\tfield:unsigned int flags;\toffset:16;\tsize:4;";
        let begin = Format::parse(begin).unwrap();
        let kinds = [(exit.id, (Kind::Leave, exit)), (begin.id, (Kind::WaitBegin, begin))].into();
        Decoder { layout: LAYOUT, kinds }
    }

    fn leave(tid: u32, func: u64) -> Vec<u8> {
        let mut record = 10_u32.to_ne_bytes().to_vec();
        record.extend(tid.to_ne_bytes());
        record.extend(func.to_ne_bytes());
        record.extend([0; 24]);
        record
    }

    #[test]
    fn pages_of_several_cpus_become_one_order() {
        let (late, early, middle) = (leave(7, 3), leave(7, 1), leave(7, 2));
        let unknown = [99; 12];
        let pages = [page(100, &[(0, &late)]), page(30, &[(1, &early), (1, &unknown), (19, &middle)])];
        let (events, missed) = decoder().events(&pages);
        let left: Vec<_> = events.iter().map(|event| (event.at, event.tid, event.what)).collect();
        let at = |at, func| (at, 7, What::Leave { func });
        assert_eq!(left, [at(31, 1), at(51, 2), at(100, 3)]);
        assert_eq!(missed, 0);
    }

    #[test]
    fn what_was_thrown_away_stands_where_it_is_missing() {
        let mut lossy = page(50, &[(0, &leave(7, 1))]);
        lossy[8..16].copy_from_slice(&(44_u64 | 1 << 31).to_ne_bytes());
        let (events, missed) = decoder().events(&[lossy, page(10, &[(0, &leave(7, 1))])]);
        let what: Vec<_> = events.iter().map(|event| event.what == What::Missed).collect();
        assert_eq!((what, missed), (vec![false, true, false], 1));
    }

    #[test]
    fn a_record_that_is_too_short_is_none() {
        let short = &leave(7, 1)[..12];
        assert_eq!(decoder().events(&[page(0, &[(0, short)])]), (vec![], 0));
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_to_an_end(pages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..4)) {
            let (events, _) = decoder().events(&pages);
            prop_assert!(events.is_sorted_by_key(|event| event.at));
        }
    }
}
