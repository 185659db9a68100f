//! The laws that a client and a server keep, whatever the path, the peer, an attacker and the caller do.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub
)]

mod attacker;
mod batches;
mod calls;
mod diagnosis;
mod dice;
mod endings;
mod ends;
mod fit;
mod hostile;
mod late;
mod links;
mod model;
mod operations;
mod secrecy;
mod time;
mod traffic;
mod window;
