//! The Internet checksum (RFC 1071), and what becomes of it when some octets change (RFC 1624).

use crate::codec::Writer;
use core::net::Ipv4Addr;

/// The IP protocol of TCP.
pub(super) const TCP: u8 = 6;

/// The checksum over these parts, each of an even length but the last: of a header whose own checksum is zero, what
/// belongs there; of one with its checksum in it, zero if that is right.
#[must_use]
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum = words.fold(0_u64, |sum, word| {
        let high = word.first().copied().unwrap_or(0);
        let low = word.get(1).copied().unwrap_or(0);
        sum.wrapping_add(u64::from(u16::from_be_bytes([high, low])))
    });
    !fold(sum)
}

/// Whether a TCP segment has the right checksum, between these addresses (RFC 9293 §3.1).
#[must_use]
pub fn is_tcp_intact(source: Ipv4Addr, destination: Ipv4Addr, segment: &[u8]) -> bool {
    let Ok(len) = u16::try_from(segment.len()) else {
        return false;
    };
    let mut pseudo_header = [0; 12];
    let mut writer = Writer::new(&mut pseudo_header);
    writer.bytes(&source.octets());
    writer.bytes(&destination.octets());
    writer.u8(0);
    writer.u8(TCP);
    writer.u16(len);
    writer.finish().is_ok() && checksum(&[&pseudo_header, segment]) == 0
}

/// What a checksum becomes if the word `old` that it covers becomes `new` (RFC 1624 §3, equation 3). A wrong one stays
/// wrong.
#[must_use]
pub fn replace_word(checksum: u16, old: u16, new: u16) -> u16 {
    let sum = [!checksum, !old, new].map(u64::from);
    !fold(sum.iter().sum())
}

/// As [`replace_word`], for one octet that is `offset` octets from where the checksum's words start.
#[must_use]
pub fn replace_octet(checksum: u16, offset: usize, old: u8, new: u8) -> u16 {
    let word = |octet| match offset % 2 {
        0 => u16::from_be_bytes([octet, 0]),
        _ => u16::from(octet),
    };
    replace_word(checksum, word(old), word(new))
}

/// The sum in 16 bits, in which what is carried out on the left comes in on the right.
fn fold(mut sum: u64) -> u16 {
    loop {
        match u16::try_from(sum) {
            Ok(sum) => return sum,
            Err(_) => sum = (sum >> 16).wrapping_add(sum & 0xffff),
        }
    }
}
