//! The Maximum Segment Size of TCP connections that are made through a tunnel (RFC 9293 §3.7.1).

use crate::alg::replace_word;

/// The header of TCP without options, in octets.
const TCP_HEADER: usize = 20;

/// Where things are in a TCP header.
const DATA_OFFSET: usize = 12;
const CHECKSUM: usize = 16;

const TCP: u8 = 6;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;

/// Where a TCP segment's Maximum Segment Size is.
struct Found {
    /// The segment's start in the packet, and that of the two octets of the value in the segment.
    segment: usize,
    value: usize,
    mss: u16,
    /// The headers of IP and TCP at the least, in octets.
    headers: usize,
}

/// Has TCP send no segment that would not fit `mtu` octets: in an IPv4 or IPv6 packet that opens a connection (one with
/// SYN), a Maximum Segment Size of more becomes what fits, and the checksum is put right. Tells what it was before, or
/// `None` if nothing was changed.
///
/// What is not whole, is no SYN, names no size or hides it behind another header is left as it is: this never fails. Both
/// directions want it, for each end names what it wants to receive.
///
/// ```
/// # use pptp_core::path::clamp_mss;
/// # let syn = b"\x45\0\0\x2c\0\0\0\0\x40\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\
/// #     \x04\0\0\x50\0\0\0\x01\0\0\0\0\x60\x02\xff\xff\0\0\0\0\x02\x04\x05\xb4";
/// let mut packet = *syn;
/// assert_eq!(clamp_mss(&mut packet, 1400), Some(1460));
/// assert_eq!(clamp_mss(&mut packet, 1400), None);
/// ```
pub fn clamp_mss(packet: &mut [u8], mtu: usize) -> Option<u16> {
    let found = find(packet)?;
    let fits = u16::try_from(mtu.saturating_sub(found.headers)).unwrap_or(u16::MAX);
    if fits == 0 || found.mss <= fits {
        return None;
    }
    let segment = packet.get_mut(found.segment..)?;
    let checksum = *chunk(segment, CHECKSUM)?;
    let checksum = u16::from_be_bytes(checksum);
    // The sum is over words from the segment's start, whatever lies across two of them.
    let (old, new) = if found.value.is_multiple_of(2) {
        (found.mss, fits)
    } else {
        (found.mss.swap_bytes(), fits.swap_bytes())
    };
    *chunk(segment, found.value)? = fits.to_be_bytes();
    *chunk(segment, CHECKSUM)? = replace_word(checksum, old, new).to_be_bytes();
    Some(found.mss)
}

/// The Maximum Segment Size that an IPv4 or IPv6 packet names, if it opens a TCP connection and names one.
#[must_use]
pub fn tcp_mss(packet: &[u8]) -> Option<u16> {
    find(packet).map(|found| found.mss)
}

fn find(packet: &[u8]) -> Option<Found> {
    let (segment, ip_header) = match packet.first()? >> 4 {
        4 => (ipv4(packet)?, 20),
        6 => (ipv6(packet)?, 40),
        _ => return None,
    };
    let tcp = packet.get(segment.start..segment.end)?;
    let flags = *tcp.get(DATA_OFFSET.saturating_add(1))?;
    if flags & (SYN | RST) != SYN {
        return None;
    }
    let header_len = usize::from(*tcp.get(DATA_OFFSET)? >> 4).saturating_mul(4);
    let header = tcp.get(..header_len)?;
    let value = option(header)?;
    let mss = header.get(value..)?.first_chunk()?;
    Some(Found {
        segment: segment.start,
        value,
        mss: u16::from_be_bytes(*mss),
        headers: TCP_HEADER.saturating_add(ip_header),
    })
}

/// Where the value of the Maximum Segment Size is in a TCP header.
fn option(header: &[u8]) -> Option<usize> {
    let mut at = TCP_HEADER;
    loop {
        match *header.get(at)? {
            0 => return None,
            1 => at = at.saturating_add(1),
            kind => {
                let len = usize::from(*header.get(at.saturating_add(1))?);
                let end = at.saturating_add(len);
                if len < 2 || end > header.len() {
                    return None;
                }
                if (kind, len) == (2, 4) {
                    return Some(at.saturating_add(2));
                }
                at = end;
            }
        }
    }
}

/// Where the TCP segment is that an IPv4 packet has, or the beginning of which it has.
fn ipv4(packet: &[u8]) -> Option<core::ops::Range<usize>> {
    let header: &[u8; 20] = packet.first_chunk()?;
    let [
        first,
        _,
        high,
        low,
        _,
        _,
        offset,
        offset_low,
        _,
        protocol,
        ..,
    ] = *header;
    let start = usize::from(first & 15).saturating_mul(4);
    let end = usize::from(u16::from_be_bytes([high, low]));
    let is_first = u16::from_be_bytes([offset, offset_low]) & 0x1fff == 0;
    (start >= 20 && protocol == TCP && is_first).then_some(start..end)
}

/// The same of an IPv6 packet.
fn ipv6(packet: &[u8]) -> Option<core::ops::Range<usize>> {
    let header: &[u8; 40] = packet.first_chunk()?;
    let [_, _, _, _, high, low, mut next, ..] = *header;
    let end = usize::from(u16::from_be_bytes([high, low])).saturating_add(40);
    let mut at = 40;
    while next != TCP {
        let extension: &[u8; 4] = packet.get(at..end)?.first_chunk()?;
        let [following, len, offset, offset_low] = *extension;
        let len = match next {
            // Hop-by-Hop Options, Routing, Destination Options.
            0 | 43 | 60 => usize::from(len).saturating_add(1).saturating_mul(8),
            44 if u16::from_be_bytes([offset, offset_low]) & 0xfff8 == 0 => 8,
            _ => return None,
        };
        at = at.saturating_add(len);
        next = following;
    }
    Some(at..end)
}

fn chunk(octets: &mut [u8], at: usize) -> Option<&mut [u8; 2]> {
    octets.get_mut(at..)?.first_chunk_mut()
}

#[cfg(test)]
mod tests;
