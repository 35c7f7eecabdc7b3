//! Unpacks a recording. The first bytes determine the format, never a name, and no file unpacks to more than
//! [`UNPACKED_BYTES_MAX`].

use std::borrow::Cow;
use std::io::{self, Read};

use super::TraceError;

/// Most bytes of one recording after unpacking: 256 MiB.
pub(super) const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// Most nested layers of compression.
const LAYERS_MAX: usize = 3;
/// Most memory of the xz decoder, in KiB: the dictionary of `xz -9` is 64 MiB.
const XZ_MEMORY_KIB_MAX: u32 = 128 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Gzip,
    Xz,
    Zstd,
    Bzip2,
}

impl Format {
    fn of(bytes: &[u8]) -> Option<Format> {
        let known: [(&[u8], Format); 4] = [
            (b"\x1f\x8b", Format::Gzip),
            (b"\xfd7zXZ\0", Format::Xz),
            (b"\x28\xb5\x2f\xfd", Format::Zstd),
            (b"BZh", Format::Bzip2),
        ];
        known.into_iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, format)| format)
    }

    fn name(self) -> &'static str {
        match self {
            Format::Gzip => "gzip",
            Format::Xz => "xz",
            Format::Zstd => "zstd",
            Format::Bzip2 => "bzip2",
        }
    }

    fn unpack(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Format::Gzip => read(flate2::read::MultiGzDecoder::new(bytes)),
            Format::Xz => read(lzma_rust2::XzReader::new_mem_limit(bytes, true, XZ_MEMORY_KIB_MAX)),
            Format::Bzip2 => read(bzip2::read::MultiBzDecoder::new(bytes)),
            Format::Zstd => zstd(bytes),
        }
    }
}

/// Reads to the end, at most one byte beyond the limit.
fn read(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    from.by_ref().take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

/// Reads frame after frame, as `zstd` writes them when files are concatenated.
fn zstd(mut bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    while !bytes.is_empty() && unpacked.len() as u64 <= UNPACKED_BYTES_MAX {
        if let Some(rest) = skippable(bytes) {
            bytes = rest;
            continue;
        }
        let frame = ruzstd::decoding::StreamingDecoder::new(&mut bytes).map_err(io::Error::other)?;
        let room = (UNPACKED_BYTES_MAX + 1).saturating_sub(unpacked.len() as u64);
        frame.take(room).read_to_end(&mut unpacked)?;
    }
    Ok(unpacked)
}

/// Returns the rest after a frame without data, such as the seek table of some writers.
fn skippable(bytes: &[u8]) -> Option<&[u8]> {
    let magic = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let len = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
    (magic & 0xffff_fff0 == 0x184d_2a50).then(|| bytes.get(8 + len as usize..).unwrap_or_default())
}

/// Unpacks `bytes`, and returns the formats, outermost first.
pub(super) fn unpack(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, Vec<&'static str>), TraceError> {
    let mut bytes = Cow::Borrowed(bytes);
    let mut formats = Vec::new();
    while let Some(format) = Format::of(&bytes).filter(|_| formats.len() < LAYERS_MAX) {
        let damaged = |source| TraceError::Damaged { format: format.name(), source };
        bytes = Cow::Owned(format.unpack(&bytes).map_err(damaged)?);
        formats.push(format.name());
    }
    if bytes.len() as u64 > UNPACKED_BYTES_MAX {
        return Err(TraceError::TooBig { limit_bytes: UNPACKED_BYTES_MAX });
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(TraceError::Archive { kind: "zip" });
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Err(TraceError::Archive { kind: "tar" });
    }
    Ok((bytes, formats))
}
