//! Sans-IO PPP.
#![no_std]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::std_instead_of_alloc
    )
)]

#[cfg(test)]
extern crate std;

pub mod auth;
pub mod automaton;
mod ccp;
pub mod codec;
pub mod config;
mod error;
mod event;
mod ipcp;
mod lcp;
mod log;
pub mod mschap;
mod negotiation;
mod networks;
pub mod plausible;
mod ppp;
mod profile;
pub mod random;
mod suite;
pub mod time;
pub mod wire;

pub use auth::{Auth, AuthId, Credentials, Demand, Grant, Method, MsChapV2, NoAuth, Verdict};
pub use ccp::Encryption;
pub use codec::BufferTooSmall;
pub use config::PppConfig;
pub use error::{Discard, SendError};
pub use event::{AuthRequest, DownReason, Event, Ipv4, Proof};
pub use networks::{Ipv4Only, Network, Networks};
pub use ppp::{Inbound, MAX_CONTROL_FRAME, MAX_FRAME_OVERHEAD, Phase, Ppp, TimerKind};
pub use profile::{Bare, Minimal, Profile};
pub use random::Random;
pub use suite::{Mppe, NoSuite, Suite};
pub use time::Instant;
