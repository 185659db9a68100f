//! PPP on lines that carry octets: framing like HDLC's, by octet stuffing
//! ([RFC 1662](https://www.rfc-editor.org/rfc/rfc1662)).
//!
//! A tunnel carries frames as they are; a serial line, a modem, a pseudo-terminal or a plain stream of octets needs to be
//! told where each begins and ends, and whether it has arrived whole. An [`Encoder`] makes such a stream of frames, a
//! [`Decoder`] finds the frames in it, and counts what goes wrong on the way:
//!
//! ```
//! use pptp_ppp::Instant;
//! use pptp_ppp::hdlc::{Decoder, Encoder};
//!
//! let mut line = [0; 64];
//! let mut encoder = Encoder::new();
//! let octets = encoder.encode(Instant::ZERO, b"\xff\x03\xc0\x21\x05\x01\x00\x04", &mut line)?;
//!
//! let mut decoder = Decoder::<1504>::new();
//! let mut rest = &*octets;
//! while let Some(frame) = decoder.next_frame(&mut rest) {
//!     match frame {
//!         Ok(frame) => assert_eq!(frame, b"\xff\x03\xc0\x21\x05\x01\x00\x04"),
//!         Err(discard) => println!("dropped: {discard}"),
//!     }
//! }
//! assert_eq!(decoder.stats().frames, 1);
//! # Ok::<(), pptp_ppp::BufferTooSmall>(())
//! ```
//!
//! A frame here is what [`Ppp::handle_frame`](crate::Ppp::handle_frame) takes and
//! [`Ppp::poll_frame`](crate::Ppp::poll_frame) gives: from the Address field on, without flags and check sequence.

mod accm;
mod decoder;
mod encoder;
mod fcs;
mod stats;

#[cfg(test)]
mod tests;

pub use accm::SendAccm;
pub use decoder::{Decoder, Discard, LineError};
pub use encoder::{Encoder, Encoding, max_encoded_len};
pub use fcs::{Fcs, Fcs16, Fcs32, FcsAlternatives};
pub use stats::Stats;

use crate::wire::{Frame, Protocol};

/// The Flag Sequence, which begins and ends each frame.
pub const FLAG: u8 = 0x7e;

/// The Control Escape octet: the next one is to be exclusive-or'd with 0x20.
pub const ESCAPE: u8 = 0x7d;

/// What a transmitter that cannot go on with a frame sends instead of its rest: the receiver drops it (RFC 1662 §4.3).
pub const ABORT: [u8; 2] = [ESCAPE, FLAG];

/// The bit that tells an escaped octet from the one that is meant.
const ESCAPED: u8 = 0x20;

/// Octets below this are control characters.
const CONTROLS: u8 = 0x20;

/// How many octets the search for those that are special looks at together.
const BLOCK: usize = 16;

/// How many octets at the front are not special. None is that is neither a flag nor an escape nor less than `limit`, so
/// that most are passed a block at a time; with the highest limit any may be.
fn plain_run(octets: &[u8], limit: u8, is_special: impl Fn(u8) -> bool) -> usize {
    let mut len: usize = 0;
    let any = limit == u8::MAX;
    let (blocks, rest) = octets.as_chunks::<BLOCK>();
    for block in blocks {
        let is_suspect = |octet: u8| (octet < limit) | (octet.wrapping_sub(ESCAPE) < 2);
        let suspect = block
            .iter()
            .fold(any, |any, &octet| any | is_suspect(octet));
        if suspect && let Some(at) = block.iter().position(|&octet| is_special(octet)) {
            return len.saturating_add(at);
        }
        len = len.saturating_add(BLOCK);
    }
    let run = rest.iter().position(|&octet| is_special(octet));
    len.saturating_add(run.unwrap_or(rest.len()))
}

/// Whether `map` has the control character.
fn is_mapped(map: u32, octet: u8) -> bool {
    octet < CONTROLS && map.wrapping_shr(u32::from(octet)) & 1 == 1
}

/// What decides about how a frame is sent and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// LCP's Configure, Terminate and Code-Reject packets, sent as if nothing had been negotiated (RFC 1661 §5).
    Configuration,
    /// Other packets about the link, its authentication and its network protocols, and what is none.
    Control,
    /// Packets of network protocols.
    Network,
}

impl Kind {
    fn of(frame: &[u8]) -> Self {
        match Frame::parse(frame) {
            Ok(Frame {
                protocol: Protocol::LCP,
                payload: [1..=7, ..],
            }) => Self::Configuration,
            Ok(Frame { protocol, .. }) if protocol.0 < 0x8000 => Self::Network,
            _ => Self::Control,
        }
    }
}
