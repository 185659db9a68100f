//! Sans-IO PPTP (RFC 2637).
#![no_std]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::as_conversions))]

#[cfg(any(test, feature = "testkit"))]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod control;
mod error;
pub mod gre;
mod log;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod wire;

pub use error::{Discard, ProtocolError, SendError};
pub use pptp_ppp::{codec, random, time};
