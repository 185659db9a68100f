//! The control connection (RFC 2637 §2, §3): one [`Connection`] for each TCP connection to port 1723.
//!
//! A connection has two properties that have nothing to do with each other: which end opened the TCP connection
//! ([`Origin`]), and which end asks for calls ([`Role`]). A VPN client is an originator and a PNS, a VPN server a
//! receiver and a PAC.
//!
//! What a program does whenever something happened on the TCP connection, or the time of
//! [`next_timeout`](Connection::next_timeout) has come:
//!
//! ```
//! # use pptp_core::{ProtocolError, control::{CallRequest, Connection, Event}, time::Instant, wire};
//! # fn send(_: &[u8]) {}
//! # fn close() {}
//! # fn start_ppp(_: u16, _: u16) {}
//! /// `received` holds what was received and not consumed yet.
//! fn turn(pptp: &mut Connection, now: Instant, mut received: &[u8]) -> Result<usize, ProtocolError> {
//!     let all = received.len();
//!     pptp.handle_timeout(now);
//!     loop {
//!         let mut out = [0; wire::MAX_CONTROL_MESSAGE];
//!         while let Ok(Some(message)) = pptp.poll_control(now, &mut out) {
//!             send(message);
//!         }
//!         while let Some(event) = pptp.poll_event() {
//!             match event {
//!                 // A client asks for its call, and the server's answer follows.
//!                 Event::Connected { .. } => {
//!                     let request = CallRequest { call_id: 4711, ..CallRequest::default() };
//!                     let _ = pptp.open_call(now, request);
//!                 }
//!                 Event::CallConnected { info, .. } => start_ppp(info.our_call_id, info.peer_call_id),
//!                 Event::Closed { .. } => close(),
//!                 _ => {}
//!             }
//!         }
//!         let consumed = pptp.handle_control(now, received)?;
//!         received = &received[consumed..];
//!         if consumed == 0 && !pptp.is_busy() {
//!             return Ok(all - received.len());
//!         }
//!     }
//! }
//! # let mut pptp = Connection::new(pptp_core::control::Role::Pns, pptp_core::control::Origin::Originator, Default::default());
//! # pptp.control_connected(Instant::ZERO);
//! # assert_eq!(turn(&mut pptp, Instant::ZERO, &[]), Ok(0));
//! ```

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
