//! Many calls with many peers: their ids, and how a GRE packet finds its call.
//!
//! A GRE packet shows the peer's address and our call id, and nothing else that tells whose it is. So our ids have to be
//! unique among the calls with one address, over all control connections with it (RFC 2637 §2.7), and an id that has become
//! free must not be given to the next call as long as packets of the last one may be under way. [`Calls`] sees to both, and
//! finds a call in a time that does not grow with their number:
//!
//! ```
//! use core::net::Ipv4Addr;
//! use core::time::Duration;
//! use pptp_core::calls::{Calls, Slot};
//! use pptp_core::ppp::Random;
//! use pptp_core::time::Instant;
//!
//! // The storage is the caller's: an array, a slice, or a `Vec`. What is kept of a call is, too.
//! let mut slots = [const { Slot::EMPTY }; 100];
//! let mut calls = Calls::new(&mut slots[..], Duration::from_secs(60), &mut Random::new([7; 32]));
//! let peer = Ipv4Addr::new(192, 0, 2, 1);
//!
//! let id = calls.allocate(Instant::ZERO, peer, "the session's place")?;
//! assert_eq!(calls.get(peer, id), Some(&"the session's place"));
//! assert_eq!(calls.get(Ipv4Addr::new(192, 0, 2, 2), id), None);
//!
//! assert_eq!(calls.free(Instant::ZERO, peer, id), Some("the session's place"));
//! assert_eq!(calls.get(peer, id), None);
//! # Ok::<(), pptp_core::calls::Full>(())
//! ```

mod list;
mod slot;
mod table;

#[cfg(test)]
mod tests;

pub use slot::Slot;
pub use table::{Calls, Full, TakeError};
