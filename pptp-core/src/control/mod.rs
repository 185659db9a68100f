//! The control connection (RFC 2637 §2, §3): one [`Connection`] for each TCP connection to port 1723.
//!
//! A connection has two properties that have nothing to do with each other: which end opened the TCP connection
//! ([`Origin`]), and which end asks for calls ([`Role`]). A VPN client is an originator and a PNS, a VPN server a
//! receiver and a PAC.

mod automaton;
mod call;
mod collision;
mod config;
mod connection;
mod event;
mod outgoing_pac;
mod outgoing_pns;
mod receive;
mod send;
mod stats;
mod tell;
mod text;

#[cfg(test)]
mod tests;

pub use automaton::Origin;
pub use collision::{Collision, collision};
pub use config::{CallAnswer, CallRequest, Config, StartConfig, TimeOuts};
pub use connection::{Connection, TimerKind};
pub use event::{CallEnd, CallError, CallInfo, CloseReason, Event};
pub use stats::Stats;
pub use text::FieldText;

/// Which end asks the other to place calls (RFC 2637 §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Role {
    /// PPTP Network Server: it sends Outgoing-Call-Requests. A VPN client is one.
    Pns,
    /// PPTP Access Concentrator: it answers them. A VPN server is one.
    Pac,
}
