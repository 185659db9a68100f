//! IPv4 packets whose addresses change on the way.

use super::checksum::{TCP, replace_word};
use super::tcp;
use crate::codec::ParseError;
use crate::gre::Ipv4Header as Header;
use core::net::Ipv4Addr;

/// Where the fields of the header stand (RFC 791 §3.1).
const TOTAL_LEN_AT: usize = 2;
const CHECKSUM_AT: usize = 10;
const SOURCE_AT: usize = 12;
const DESTINATION_AT: usize = 16;

/// Which address of a packet, and which port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum End {
    /// Where it comes from.
    Source,
    /// Where it goes.
    Destination,
}

/// Gives an IPv4 packet another address at one of its ends and, if it is TCP and `port` is not `None`, another port. The
/// checksums of IPv4 and TCP are updated; that of UDP, which no packet of PPTP has, is not.
///
/// Of fragments only the first has a port and TCP's checksum.
///
/// # Errors
/// If it is no whole IPv4 packet, or TCP with less than a header. Nothing has changed then.
pub fn readdress(
    packet: &mut [u8],
    end: End,
    address: Ipv4Addr,
    port: Option<u16>,
) -> Result<(), ParseError> {
    let header = Header::parse(packet)?;
    let has_tcp = header.protocol == TCP && !header.is_later_fragment;
    if has_tcp {
        let segment = packet.get(header.payload.clone()).unwrap_or_default();
        tcp::Header::parse(segment)?;
    }
    let (at, port_at) = match end {
        End::Source => (SOURCE_AT, 0),
        End::Destination => (DESTINATION_AT, 2),
    };
    let [a, b, c, d] = address.octets();
    for (at, new) in [(at, [a, b]), (at.saturating_add(2), [c, d])] {
        let old = write_word(packet, at, new);
        let segment = packet.get_mut(header.payload.clone()).unwrap_or_default();
        if has_tcp {
            // The addresses are in the pseudo-header.
            tcp::update(segment, |checksum| {
                replace_word(checksum, old, u16::from_be_bytes(new))
            });
        }
    }
    if let Some(port) = port.filter(|_| has_tcp) {
        let segment = packet.get_mut(header.payload).unwrap_or_default();
        let [high, low] = port.to_be_bytes();
        tcp::write_octet(segment, port_at, high);
        tcp::write_octet(segment, port_at.saturating_add(1), low);
    }
    Ok(())
}

/// Cuts a packet to `len` octets.
pub(super) fn cut(packet: &mut [u8], len: usize) -> &mut [u8] {
    let (kept, _) = packet.split_at_mut_checked(len).unwrap_or_default();
    let total_len = u16::try_from(len).unwrap_or(u16::MAX);
    write_word(kept, TOTAL_LEN_AT, total_len.to_be_bytes());
    kept
}

/// Writes `new` over the word at `at` of the header, and gives what it was.
fn write_word(packet: &mut [u8], at: usize, new: [u8; 2]) -> u16 {
    let mut swap = |at: usize, new: [u8; 2]| {
        let word = packet.get_mut(at..).unwrap_or_default().first_chunk_mut();
        word.map_or(0, |word| u16::from_be_bytes(core::mem::replace(word, new)))
    };
    let old = swap(at, new);
    let checksum = swap(CHECKSUM_AT, [0; 2]);
    let checksum = replace_word(checksum, old, u16::from_be_bytes(new));
    swap(CHECKSUM_AT, checksum.to_be_bytes());
    old
}
