//! Tests of packers, encodings and damage: an error gives the reason, and escapes all bytes of the file.

use std::io::Write as _;

use workloads::{Part, Trace, TraceError, TraceOptions};

const LOG: &str = "\
5 1795475818.000000 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x200000
5 1795475818.000010 munmap(0x200000, 8192) = 0
5 1795475818.000020 exit_group(0) = ?
";
/// [`LOG`] as `xz -9` and `zstd -19` pack it.
const XZ: &[u8] = include_bytes!("packed/log.xz");
const ZSTD: &[u8] = include_bytes!("packed/log.zst");

fn load(bytes: &[u8]) -> Result<Trace, TraceError> {
    Trace::load(&[Part::whole(bytes.to_vec().into())], TraceOptions::default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_packer_gives_the_same() {
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(LOG.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let coloured = LOG.replace("mmap(", "\u{1b}[1mmmap\u{1b}[0m(").replace('\n', "\r\n");
    let forms: [(&str, Vec<u8>); 9] = [
        ("UTF-8", LOG.into()),
        ("gzip, UTF-8", gzip(LOG.as_bytes())),
        ("xz, UTF-8", XZ.to_vec()),
        ("zstd, UTF-8", ZSTD.to_vec()),
        ("bzip2, UTF-8", bzip2(LOG.as_bytes())),
        ("gzip, xz, UTF-8", gzip(XZ)),
        ("UTF-16 LE", utf16.clone()),
        ("gzip, UTF-16 LE", gzip(&utf16)),
        ("UTF-8, coloured", coloured.into()),
    ];
    for (form, bytes) in forms {
        let trace = load(&bytes).unwrap_or_else(|error| panic!("{form}: {error}"));
        let report = trace.report();
        assert!(report.form.starts_with(&format!("{form}, pids, ")), "{form}: {}", report.form);
        assert_eq!((report.lines, report.used_calls(), report.pages.touched), (3, 3, 2), "{form}");
    }
    assert_eq!(load(&[ZSTD, ZSTD].concat()).unwrap().report().lines, 6, "frames one after the other");
}

#[test]
fn damage_names_the_packer() {
    for (format, bytes) in [
        ("gzip", gzip(LOG.as_bytes())),
        ("xz", XZ.to_vec()),
        ("zstd", ZSTD.to_vec()),
        ("bzip2", bzip2(LOG.as_bytes())),
    ] {
        let error = load(&bytes[..bytes.len() - 9]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("the {format} data is damaged or cut short")), "{error}");
    }
    assert!(load(b"PK\x03\x04rest").unwrap_err().to_string().contains("it is a zip archive"));
}

#[test]
fn a_small_file_that_unpacks_to_very_much_is_refused() {
    let line = vec![b' '; 1 << 20];
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..257).for_each(|_| encoder.write_all(&line).unwrap());
    let error = load(&encoder.finish().unwrap()).unwrap_err();
    assert!(matches!(error, TraceError::TooBig { limit_bytes: 268_435_456 }), "{error}");
}

#[test]
fn no_byte_of_a_file_is_printed_as_it_is() {
    let cases: [(&[u8], &str); 5] = [
        (b"\x1b[31mhello\x1b[0m\n", "(line 1 is `hello`)"),
        (b"\xff\xfeh\0i\0\x07\0", "(UTF-16 LE)"),
        (
            b"\n\n100 1795475818.5 \x07\x00what\n",
            "after pid and time, `NAME(ARGUMENTS) = RESULT` is missing (line 3",
        ),
        (b"\x00\x01\x02\x03\xff", "is missing (line 1 is `\\u{0}\\u{1}"),
        (b"", "there is no line that is not blank"),
    ];
    for (bytes, expected) in cases {
        let error = load(bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.chars().any(input::text::is_hostile), "{error:?}");
    }
}
