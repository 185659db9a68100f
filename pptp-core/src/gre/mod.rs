//! Enhanced GRE (RFC 2637 §4): the packets of one call, numbered and acknowledged.
//!
//! A [`Session`] is one end of one call. It takes datagrams off the network in two steps, so that a caller can put a
//! [`Reorder`] between them, and believes a sequence number that jumps only once the packet has proved genuine:
//!
//! ```
//! # use pptp_core::{Discard, gre::{Proof, Received, Session}, time::Instant};
//! # fn decrypt(_: &mut [u8]) -> Option<Proof> { Some(Proof::Unknown) }
//! fn handle(gre: &mut Session, now: Instant, datagram: &mut [u8]) -> Result<(), Discard> {
//!     match gre.receive(now, datagram)? {
//!         Received::Acknowledgment => {}
//!         Received::Packet { sequence, payload } => {
//!             gre.deliver(sequence)?;
//!             if let Some(proof) = decrypt(payload) {
//!                 gre.confirm(now, sequence, proof);
//!             }
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Everything starts at the GRE header. Where the operating system gives the IPv4 header with it, as raw sockets do,
//! [`strip_ipv4`] comes first, then [`peek_call_id`], which finds the session among many: they are told apart by the
//! peer's address and the call id.
//!
//! What is sent may be longer than the path takes: the operating system should be let fragment it, with Don't Fragment
//! clear. Windows sends it so; Linux sets the bit, and then packets of full length get lost silently.

#[cfg(test)]
mod captures;
mod ipv4;
mod receiver;
mod reorder;
mod session;
mod stats;
mod window;

pub use crate::wire::GreHeader;
pub use ipv4::strip_ipv4;
pub(crate) use ipv4::{GRE, Ipv4Header};
pub use receiver::{Proof, WINDOW};
pub use reorder::Reorder;
pub use session::{Config, Received, Session, TimerKind};
pub use stats::Stats;
pub use window::{MIN_TIMEOUT, PATIENCE, SlidingWindow, WindowState};

use crate::codec::{ParseError, Reader};
use crate::error::Discard;

/// The longest header that [`Session::seal`] writes, in octets.
pub const MAX_HEADER_LEN: usize = GreHeader::MAX_LEN;

/// The longest payload that [`Session::seal`] takes, in octets: what is left of the longest IPv4 packet.
pub const MAX_PAYLOAD_LEN: usize = 65_535 - 20 - MAX_HEADER_LEN;

/// How long [`Session::poll_ack`]'s output gets, in octets.
pub const ACK_LEN: usize = 12;

/// The call id of a GRE packet: the one that its receiver gave to the call.
///
/// # Errors
/// [`Discard::Malformed`] if the packet is shorter than a header or is not enhanced GRE that carries PPP.
pub fn peek_call_id(datagram: &[u8]) -> Result<u16, Discard> {
    let mut reader = Reader::new(datagram);
    let version = reader.u16("GRE flags")? & 0x0007;
    if version != 1 {
        return Err(ParseError::invalid("GRE flags", 0).into());
    }
    if reader.u16("GRE Protocol Type")? != 0x880b {
        return Err(ParseError::invalid("GRE Protocol Type", 2).into());
    }
    reader.u16("GRE Payload Length")?;
    Ok(reader.u16("GRE Call ID")?)
}

/// How far `to` is ahead of `from`; negative if it is behind. Numbers wrap around (32 bits).
pub(crate) const fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_wrap_around() {
        assert_eq!(distance(3, 5), 2);
        assert_eq!(distance(5, 3), -2);
        assert_eq!(distance(u32::MAX, 0), 1);
        assert_eq!(distance(0, u32::MAX), -1);
        assert_eq!(distance(0, 1 << 31), i32::MIN);
    }

    #[test]
    fn the_call_id_is_found_without_a_session() {
        let datagram = b"\x30\x01\x88\x0b\x00\x01\xc9\xc5\x00\x00\x00\x00\x21";
        assert_eq!(peek_call_id(datagram), Ok(0xc9c5));
        for len in 0..8 {
            assert!(peek_call_id(&datagram[..len]).is_err(), "{len} octets");
        }
        let plain_gre = b"\x20\x00\x08\x00\x00\x00\x00\x01";
        assert!(peek_call_id(plain_gre).is_err());
        let other_protocol = b"\x30\x01\x08\x00\x00\x00\x00\x01";
        assert!(peek_call_id(other_protocol).is_err());
    }
}
