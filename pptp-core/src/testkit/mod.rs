//! A simulated network: two ends, a bad path between them, a clock that does not run, all of it by seed.
//!
//! Only with the feature `testkit`. This is the one part of the crate that needs `alloc`, and that may panic: on what no
//! test should go on after, such as an end that never stops sending. It is for tests, fuzzing, benches and harnesses.
//!
//! * [`Sim`] drives two [`Endpoint`]s over virtual time, keeps a [log](Sim::log) of what they sent, and lets an
//!   [attacker](Sim::set_attacker) on the path see, change, withhold and invent what crosses it.
//! * [`Node`] is a client or a server together with somebody who uses it.
//! * [`Link`] is one direction of a path for datagrams, [`Pipe`] one of a TCP connection; both get worse by
//!   [`Conditions`].
//! * [`pcap`] makes a capture file of a log, and reads those of others.
//! * [`Rng`] is where all chance comes from: the same seed, the same run.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is for tests, where a panic is a finding"
)]

mod link;
mod node;
pub mod pcap;
mod pipe;
mod rng;
mod sim;

pub use link::{Conditions, Link};
pub use node::{Node, REORDER_LEN, REORDER_PACKETS};
pub use pipe::{Piece, Pipe};
pub use rng::Rng;
pub use sim::{Endpoint, Kind, Packet, Side, Sim};
