//! The header of a TCP segment (RFC 9293 §3.1), and how a segment is changed with its checksum kept right.

use super::checksum::{replace_octet, replace_word};
use crate::codec::{ParseError, Reader};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// Where the flags stand in the header, and the checksum.
const FLAGS_AT: usize = 13;
const CHECKSUM_AT: usize = 16;

/// What of a header matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) sequence: u32,
    pub(super) acknowledgment: Option<u32>,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    /// How long the header is, with its options, in octets.
    pub(super) len: usize,
}

impl Header {
    pub(super) fn parse(segment: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(segment);
        reader.u16("TCP Source Port")?;
        reader.u16("TCP Destination Port")?;
        let sequence = reader.u32("TCP Sequence Number")?;
        let acknowledgment = reader.u32("TCP Acknowledgment Number")?;
        let len = usize::from(reader.u8("TCP Data Offset")? >> 4).saturating_mul(4);
        let flags = reader.u8("TCP flags")?;
        reader.u16("TCP Window")?;
        reader.u16("TCP Checksum")?;
        reader.u16("TCP Urgent Pointer")?;
        if len < reader.offset() || len > segment.len() {
            return Err(ParseError::invalid("TCP Data Offset", 12));
        }
        Ok(Self {
            sequence,
            acknowledgment: (flags & ACK != 0).then_some(acknowledgment),
            syn: flags & SYN != 0,
            fin: flags & FIN != 0,
            rst: flags & RST != 0,
            len,
        })
    }

    /// The number of the first octet of data.
    pub(super) const fn data(&self) -> u32 {
        self.sequence.wrapping_add(if self.syn { 1 } else { 0 })
    }
}

/// Writes `new` over the octet at `at` of a segment.
pub(super) fn write_octet(segment: &mut [u8], at: usize, new: u8) {
    let Some(octet) = segment.get_mut(at) else {
        return;
    };
    let old = core::mem::replace(octet, new);
    update(segment, |checksum| replace_octet(checksum, at, old, new));
}

/// Cuts a segment to `len` octets, which is at least its header; a FIN behind what is cut off goes with it.
pub(super) fn cut(segment: &mut [u8], len: usize) -> &mut [u8] {
    // The length is a word of the pseudo-header.
    let lens = [segment.len(), len].map(|len| u16::try_from(len).unwrap_or(u16::MAX));
    let [old, new] = lens;
    if old == new {
        return segment;
    }
    let (kept, gone) = segment.split_at_mut_checked(len).unwrap_or_default();
    for (offset, octet) in gone.iter().enumerate() {
        let at = len.saturating_add(offset);
        update(kept, |checksum| replace_octet(checksum, at, *octet, 0));
    }
    update(kept, |checksum| replace_word(checksum, old, new));
    if let Some(flags) = kept.get(FLAGS_AT).copied() {
        write_octet(kept, FLAGS_AT, flags & !FIN);
    }
    kept
}

/// Has `change` change the checksum.
pub(super) fn update(segment: &mut [u8], change: impl FnOnce(u16) -> u16) {
    let rest = segment.get_mut(CHECKSUM_AT..).unwrap_or_default();
    if let Some(checksum) = rest.first_chunk_mut() {
        *checksum = change(u16::from_be_bytes(*checksum)).to_be_bytes();
    }
}
