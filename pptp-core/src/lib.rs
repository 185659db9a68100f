//! PPTP ([RFC 2637](https://www.rfc-editor.org/rfc/rfc2637)) without I/O: bytes and time go in, bytes and events come out.
//!
//! **PPTP is broken as a security protocol.** MS-CHAPv2 falls to one search of DES's keys, and MPPE has no integrity:
//! this is for interoperating with what is there, not for protecting anything. Within that the defaults are the best
//! there is: MS-CHAPv2 with the server's proof verified, and 128-bit stateless MPPE or no link.
//!
//! [`Client`] and [`Server`] do the whole job. They are one end of one tunnel each, and consist of layers that are
//! public and useful alone: a [`control::Connection`], a [`gre::Session`], and a [`ppp::Ppp`]. The codecs are in
//! [`wire`] and [`ppp::wire`].
//!
//! For routers between two ends there is [`alg`], which gets the calls of many clients through a NAT.
//!
//! The caller owns the TCP connection, the raw socket for IP protocol 47, the network device, the clock and the
//! source of randomness. What a loop over them looks like is in the README, which is compiled with the tests:
//! whatever happens goes into a `handle_*`, then `poll_*` are drained.
//!
//! # Features
//!
//! * `log`, `defmt`: state changes are logged, through either or both. Secrets never are.
//! * `testkit`: a simulated network for tests and harnesses, `pptp_core::testkit`. Needs `alloc`.

#![no_std]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::as_conversions))]

#[cfg(any(test, feature = "testkit"))]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod admission;
pub mod alg;
pub mod calls;
mod client;
pub mod control;
mod error;
mod event;
pub mod filter;
pub mod gre;
mod log;
pub mod path;
pub mod relay;
mod server;
mod session;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod wire;

/// The code in the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

/// The code in what is said of access concentrators.
#[cfg(doctest)]
#[doc = include_str!("../../docs/access-concentrator.md")]
mod access_concentrator {}

pub use client::{Client, ClientConfig};
pub use error::{Discard, ProtocolError};
pub use event::{DownReason, Event};
pub use pptp_ppp::{self as ppp, codec, random, time};
pub use pptp_ppp::{Inbound, Network, Outgoing, SendError};
pub use server::{Server, ServerConfig};
pub use session::{
    Batch, Diagnosis, GreConfig, Jobs, LastHeard, MAX_GRE_OVERHEAD, Output, Pac, Pns, Session,
    TimerKind,
};
