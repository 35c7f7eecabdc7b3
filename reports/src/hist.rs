//! Histograms as `run.json` has them: HdrHistogram V2, uncompressed, base64, next to the figures that are read first.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Significant decimal digits of every histogram that a run holds.
const DIGITS: u8 = 3;

/// A histogram of nanoseconds. `hdr` is the whole distribution; the other fields repeat what it says exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hist {
    /// Number of samples.
    pub count: u64,
    /// Smallest sample in ns, 0 when there is none. Exact, not a bucket's edge.
    pub min_ns: u64,
    /// Largest sample in ns, 0 when there is none. Exact, not a bucket's edge.
    pub max_ns: u64,
    /// Sum of the samples in ns, exact.
    pub total_ns: u64,
    /// HdrHistogram V2 encoding without compression, base64; empty when there is no sample.
    pub hdr: String,
}

/// The reason why a histogram could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum HistError {
    /// Not base64.
    #[error("histogram is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// Not an HdrHistogram V2.
    #[error("histogram is not an HdrHistogram V2: {0}")]
    Hdr(String),
    /// The histogram holds another number of samples than `count` says.
    #[error("histogram holds {found} samples where its count says {stated}")]
    Count {
        /// Samples in the encoded histogram.
        found: u64,
        /// The field `count`.
        stated: u64,
    },
}

impl Hist {
    /// Encodes `histogram`; `exact` is (min, max, total) in ns as recorded next to it.
    ///
    /// # Panics
    /// Never: writing to a `Vec` cannot fail and every histogram can be encoded.
    #[must_use]
    pub fn encode(histogram: &Histogram<u64>, exact: (u64, u64, u64)) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(histogram, &mut bytes).expect("a Vec takes every write");
        let (min_ns, max_ns, total_ns) = exact;
        Self { count: histogram.len(), min_ns, max_ns, total_ns, hdr: STANDARD.encode(bytes) }
    }

    /// Reads the distribution back. An empty one gives an empty histogram.
    ///
    /// # Errors
    /// See [`HistError`].
    pub fn decode(&self) -> Result<Histogram<u64>, HistError> {
        if self.hdr.is_empty() {
            let empty = Histogram::new(DIGITS).map_err(|e| HistError::Hdr(e.to_string()));
            return if self.count == 0 {
                empty
            } else {
                Err(HistError::Count { found: 0, stated: self.count })
            };
        }
        let bytes = STANDARD.decode(&self.hdr)?;
        check_header(&bytes)?;
        let histogram: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|e| HistError::Hdr(e.to_string()))?;
        if histogram.len() == self.count {
            Ok(histogram)
        } else {
            Err(HistError::Count { found: histogram.len(), stated: self.count })
        }
    }
}

/// Refuses a header after which the decoder would reserve memory for samples that are not there: a payload longer than
/// the bytes (up to 4 GiB), or more digits than are ever recorded (some 50 MB for five).
fn check_header(bytes: &[u8]) -> Result<(), HistError> {
    const COOKIE: u32 = 0x1c84_9313;
    const HEADER: usize = 40;
    let word = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let wrong = |what: String| Err(HistError::Hdr(what));
    if bytes.len() < HEADER || word(0) != Some(COOKIE) {
        return wrong("it does not begin with the header of one, uncompressed".to_owned());
    }
    let (payload, digits) = (word(4).unwrap_or(0), word(12).unwrap_or(0));
    if payload as usize != bytes.len() - HEADER {
        return wrong(format!(
            "its header says {payload} bytes of counts, there are {}",
            bytes.len() - HEADER
        ));
    }
    if digits > u32::from(DIGITS) {
        return wrong(format!("its header says {digits} significant digits, at most {DIGITS} are recorded"));
    }
    Ok(())
}
