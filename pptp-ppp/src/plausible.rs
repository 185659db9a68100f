//! What a packet looks like: the judge of decryption, which has no integrity check of its own.

use crate::codec::{ParseError, Reader};
use crate::wire::Protocol;
use pptp_mppe::is_encryptable;

/// Splits what came out of decryption into Protocol field and packet.
///
/// # Errors
/// If there is no whole Protocol field.
pub fn split(plaintext: &[u8]) -> Result<(Protocol, &[u8]), ParseError> {
    let mut reader = Reader::new(plaintext);
    let first = reader.u8("Protocol")?;
    // An odd first octet ends the field (RFC 1661 §2): some peers compress it even in here.
    let protocol = if first & 1 == 1 {
        u16::from(first)
    } else {
        u16::from_be_bytes([first, reader.u8("Protocol")?])
    };
    Ok((Protocol(protocol), reader.rest()))
}

/// How sure it is that decryption gave what was encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Plausibility {
    /// It is no packet.
    None,
    /// A Protocol field of two octets that MPPE encrypts: one in about 600 random texts has it.
    Weak,
    /// A whole IP packet: random octets are none.
    Strong,
}

/// Judges what came out of decryption.
#[must_use]
pub fn judge(plaintext: &[u8]) -> Plausibility {
    judge_start(plaintext, plaintext.len())
}

/// How many octets at the start of a text are enough for [`judge_start`].
pub const START: usize = 8;

/// Judges a text of `len` octets by those at its `start`, of which it needs [`START`], if there are as many.
#[must_use]
pub fn judge_start(start: &[u8], len: usize) -> Plausibility {
    let Ok((protocol, packet)) = split(start) else {
        return Plausibility::None;
    };
    let field = start.len().saturating_sub(packet.len());
    let len = len.saturating_sub(field);
    match protocol {
        Protocol::IPV4 if is_ipv4(packet, len) => Plausibility::Strong,
        Protocol::IPV6 if is_ipv6(packet, len) => Plausibility::Strong,
        Protocol::IPV4 | Protocol::IPV6 => Plausibility::None,
        // Of one octet nearly every second text has one. Peers that compress the field in here send IP.
        Protocol(other) if is_encryptable(other) && other & 1 == 1 && field == 2 => {
            Plausibility::Weak
        }
        _ => Plausibility::None,
    }
}

/// Version, header length, and a total length that the packet, which has `len` octets, can have.
fn is_ipv4(packet: &[u8], len: usize) -> bool {
    let Some(&[first, _, high, low]) = packet.first_chunk::<4>() else {
        return false;
    };
    let header = usize::from(first & 15).saturating_mul(4);
    let total = usize::from(u16::from_be_bytes([high, low]));
    first >> 4 == 4 && header >= 20 && total >= header && len >= total
}

/// Version, and a payload length that the packet can have.
fn is_ipv6(packet: &[u8], len: usize) -> bool {
    let Some(&[first, _, _, _, high, low]) = packet.first_chunk::<6>() else {
        return false;
    };
    let total = usize::from(u16::from_be_bytes([high, low])).saturating_add(40);
    first >> 4 == 6 && len >= total
}
