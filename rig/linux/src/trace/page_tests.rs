//! Pages made by hand, cut short, and of random bytes.
use super::*;
use proptest::prelude::*;

pub(crate) const LAYOUT: Layout = Layout { commit: (8, 8), data: 16, size: 4096 };

fn word(kind: u32, delta: u32) -> [u8; 4] {
    if cfg!(target_endian = "little") { delta << 5 | kind } else { kind << 27 | delta }.to_ne_bytes()
}

/// A page that begins at `at` with these records: time since the one before, and data of whole words.
pub(crate) fn page(at: u64, records: &[(u32, &[u8])]) -> Vec<u8> {
    let mut data = Vec::new();
    for (delta, record) in records {
        data.extend(word(record.len() as u32 / 4, *delta));
        data.extend(*record);
    }
    with_head(at, 0, &data)
}

fn with_head(at: u64, flags: u64, data: &[u8]) -> Vec<u8> {
    let mut page = at.to_ne_bytes().to_vec();
    page.extend((data.len() as u64 | flags).to_ne_bytes());
    page.extend(data);
    page.resize(4096, 0);
    page
}

fn read(page: &[u8]) -> Vec<(u64, Vec<u8>)> {
    Page::new(page, LAYOUT).map(|record| (record.at, record.data.to_vec())).collect()
}

#[test]
fn records_have_the_time_of_all_before_them() {
    assert_eq!(read(&page(1_000, &[(5, &[1; 4]), (7, &[2; 8])])), [(1_005, vec![1; 4]), (1_012, vec![2; 8])]);
    assert_eq!(read(&page(1_000, &[])), []);
}

#[test]
fn long_records_padding_and_time() {
    let mut data = Vec::new();
    // 116 bytes are too long for the head.
    data.extend(word(0, 1));
    data.extend(120_u32.to_ne_bytes());
    data.extend([3; 116]);
    // Taken back: 8 bytes after the head.
    data.extend(word(PADDING, 2));
    data.extend(8_u32.to_ne_bytes());
    data.extend([9; 4]);
    data.extend(word(TIME_EXTEND, 4));
    data.extend(1_u32.to_ne_bytes());
    data.extend(word(1, 0));
    data.extend([4; 4]);
    data.extend(word(TIME_STAMP, 77));
    data.extend(2_u32.to_ne_bytes());
    data.extend(word(1, 1));
    data.extend([5; 4]);
    data.extend(word(PADDING, 0));
    data.extend([0xff; 40]);
    let begin = 3 << STAMP_BITS;
    let expected = [
        (begin + 1, vec![3; 116]),
        (begin + 7 + (1 << 27), vec![4; 4]),
        (begin + 78 + (2 << 27), vec![5; 4]),
    ];
    assert_eq!(read(&with_head(begin, 0, &data)), expected);
}

#[test]
fn what_was_lost_is_known() {
    let missed = |flags, behind: u64| {
        let mut page = with_head(0, flags, &word(1, 0).repeat(2));
        page[24..32].copy_from_slice(&behind.to_ne_bytes());
        Page::new(&page, LAYOUT).missed
    };
    assert_eq!(missed(0, 12), 0);
    assert_eq!(missed(MISSED, 12), 1);
    assert_eq!(missed(MISSED | MISSED_COUNTED, 12), 12);
}

#[test]
fn a_page_that_is_cut_short_gives_what_is_whole() {
    let whole = page(0, &[(1, &[1; 4]), (1, &[2; 12])]);
    let count = |length: usize| Page::new(&whole[..length], LAYOUT).count();
    assert_eq!([0, 7, 15, 16, 20, 23].map(count), [0; 6]);
    assert_eq!([24, 28, 39].map(count), [1; 3]);
    assert_eq!(count(40), 2);
}

#[test]
fn the_layout_is_the_kernels() {
    let text = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\n\tfield: local_t commit;\toffset:8;\tsize:8;\n\tfield: char data;\toffset:16;\tsize:4080;";
    assert_eq!(Layout::of(&Format::parse(text).unwrap()), Some(LAYOUT));
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..600), commit: (usize, usize), data: usize) {
        prop_assert!(Page::new(&bytes, LAYOUT).count() <= 150);
        let layout = Layout { commit, data: data % 700, size: 4096 };
        prop_assert!(Page::new(&bytes, layout).count() <= 150);
    }

    #[test]
    fn any_records_come_back(records in proptest::collection::vec((0_u32..1 << 27, 1_usize..29), 0..60)) {
        let bytes: Vec<(u32, Vec<u8>)> = records.iter().map(|(delta, words)| (*delta, vec![*words as u8; words * 4])).collect();
        let borrowed: Vec<(u32, &[u8])> = bytes.iter().map(|(delta, data)| (*delta, data.as_slice())).collect();
        let fitting = borrowed.iter().scan(16, |sum, (_, data)| { *sum += data.len() + 4; Some(*sum) }).take_while(|sum| *sum <= 4096).count();
        let read = read(&page(9, &borrowed[..fitting]));
        let mut at = 9;
        let expected: Vec<_> = borrowed[..fitting].iter().map(|(delta, data)| { at += u64::from(*delta); (at, data.to_vec()) }).collect();
        prop_assert_eq!(read, expected);
    }
}
