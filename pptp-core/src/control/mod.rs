//! The control connection (RFC 2637 §2, §3): one [`Connection`] for each TCP connection to port 1723.
//!
//! A connection has two properties that have nothing to do with each other: which end opened the TCP connection
//! ([`Origin`]), and at which end the lines are ([`Role`]). A VPN client is an originator and a PNS, a VPN server a
//! receiver and a PAC; an access concentrator is a PAC that has incoming calls for a server, which is their PNS.
//!
//! There are calls of two kinds, and a connection can have both at once: *outgoing* ones, for which a PNS asks a PAC
//! ([`open_call`](Connection::open_call)), and *incoming* ones, which a PAC has for a PNS
//! ([`offer_call`](Connection::offer_call)).
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

mod automata;
mod automaton;
mod call;
mod calls;
mod collision;
mod config;
mod connection;
mod event;
mod incoming;
mod incoming_pac;
mod incoming_pns;
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
pub use incoming::{
    Disconnect, IncomingAnswer, IncomingLine, IncomingRequest, LinkInfo, WanErrors,
};
pub use stats::Stats;
pub use text::FieldText;

/// At which end the lines are (RFC 2637 §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Role {
    /// PPTP Network Server: it asks for outgoing calls, and takes incoming ones. A VPN client is one.
    Pns,
    /// PPTP Access Concentrator: it places outgoing calls, and has incoming ones. A VPN server is one.
    Pac,
    /// The one or the other, as each call has it: a server both for VPN clients and for access concentrators.
    Both,
}

impl Role {
    /// Whether this end may be the PNS of a call.
    #[must_use]
    pub const fn is_pns(self) -> bool {
        matches!(self, Self::Pns | Self::Both)
    }

    /// Whether this end may be the PAC of a call.
    #[must_use]
    pub const fn is_pac(self) -> bool {
        matches!(self, Self::Pac | Self::Both)
    }
}
