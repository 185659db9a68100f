//! Sans-IO PPTP (RFC 2637).
#![no_std]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::as_conversions))]

#[cfg(any(test, feature = "testkit"))]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod client;
pub mod control;
mod error;
mod event;
pub mod gre;
mod log;
mod server;
mod session;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod wire;

pub use client::{Client, ClientConfig};
pub use error::{Discard, ProtocolError};
pub use event::{DownReason, Event};
pub use pptp_ppp::{self as ppp, codec, random, time};
pub use pptp_ppp::{Inbound, Network, SendError};
pub use server::{Server, ServerConfig};
pub use session::{
    GreConfig, MAX_CONTROL_DATAGRAM, MAX_GRE_OVERHEAD, MAX_OUTPUT, Output, Pac, Pns, Session,
    TimerKind,
};
