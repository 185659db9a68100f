//! An application-level gateway: what a NAT needs for PPTP to get through.
//!
//! PPTP's data is GRE, which has no ports. What tells a receiver's calls apart is the call id in the GRE header, the one
//! that the receiver chose: two clients behind one address that chose the same are not to be told apart by a NAT that
//! knows nothing of it. A [`Gateway`] reads the control connections on their way through, gives each call of the inside
//! an id of its own towards the outside, writes it into the messages in place of the inside's, and tells for each GRE
//! packet whose it is. Ids of the outside pass as they are. Messages keep their length.
//!
//! ```
//! # use core::net::{Ipv4Addr, SocketAddrV4};
//! use pptp_core::alg::{Config, End, Flow, Gateway, Refusal, Side, readdress};
//! # use pptp_core::{Discard, gre, time::Instant};
//!
//! const PUBLIC: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
//!
//! /// A packet of a control connection, to go out from port `port` of the NAT.
//! fn out<'p>(
//!     gateway: &mut Gateway<64, 128>,
//!     now: Instant,
//!     flow: Flow,
//!     port: u16,
//!     packet: &'p mut [u8],
//! ) -> Result<&'p [u8], Refusal> {
//!     let packet = gateway.handle_packet(now, flow, Side::Inside, packet)?;
//!     readdress(packet, End::Source, PUBLIC, Some(port))?;
//!     Ok(packet)
//! }
//!
//! /// A GRE packet from a server.
//! fn back(gateway: &mut Gateway<64, 128>, server: Ipv4Addr, packet: &mut [u8]) -> Result<(), Discard> {
//!     let call = gateway.handle_gre_from_outside(server, gre::strip_ipv4(packet)?)?;
//!     readdress(packet, End::Destination, call.inside, None)?;
//!     Ok(())
//! }
//! ```
//!
//! # What is followed, and what not
//!
//! Each direction of a connection is followed from its SYN on by TCP's sequence numbers, so that it does not matter how
//! messages are cut into segments or joined, and whether a segment comes twice: what was rewritten is kept until it is
//! acknowledged, and for a while after that, and whatever comes again is rewritten in the same way.
//!
//! * A segment behind a gap is refused, for where its messages begin is not known; TCP sends it again, in order.
//! * A segment that ends with half of a call id goes on without that half, which the sender then sends again with the
//!   other one. A sender that sends single octets gets through as well, for the half is remembered.
//! * A call that there is no room for has its message refused, and what is behind it: TCP tries again until there is
//!   room, or gives up. Its id may be another call's outside, so it cannot pass.
//! * A connection whose SYN was not seen passes as it is, and so does a direction that turns out to be no stream of
//!   control messages (a wrong Magic Cookie, a Length that cannot be): its ends will close it. Their GRE does not pass.
//!   Messages of unknown types pass, and are skipped by their length.
//! * Ids that are of no call pass as they are.
//! * A client that was switched off, and uses its port again, begins anew once the other end answers its SYN: a server
//!   that still has the old connection does not.
//!
//! # When calls end
//!
//! By a Call-Disconnect-Notify, a Stop-Control-Connection-Reply, a RST with the number that comes next, or the second
//! FIN at once; [`Config::closing`] after a Call-Clear-Request, a Stop-Control-Connection-Request or the first FIN; when
//! nothing has been heard of them for [`Config::idle`]; if they are not answered in [`Config::setup`].
//!
//! # When there is no room
//!
//! A connection that has a call is never forgotten for another one. For a new one make way, in this order: connections
//! that both ends have closed, those whose handshake is not complete (of a flood of SYNs the oldest), and those that
//! have had no call and been silent for [`Config::setup`]. Otherwise the new one is refused. One address can open only so
//! many connections, of which its own make way for it alike, and there can be only so many calls on one ([`Config`]).
//! New calls are refused while all places are taken by calls that have not ended.

mod calls;
mod checksum;
mod config;
mod connection;
mod event;
mod fields;
mod gateway;
mod ipv4;
mod stats;
mod tcp;
mod track;

#[cfg(test)]
mod tests;

pub use checksum::{checksum, is_tcp_intact, replace_octet, replace_word};
pub use config::Config;
pub use event::{EndReason, Event, GreFlow, Refusal};
pub use gateway::Gateway;
pub use ipv4::{End, readdress};
pub use stats::Stats;

use core::net::SocketAddrV4;

/// A side of a NAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Side {
    /// That of the addresses that the other side does not see.
    Inside,
    /// The other one.
    Outside,
}

/// A control connection: its ends, as each is on its own side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Flow {
    /// The end inside, before its address and port are translated.
    pub inside: SocketAddrV4,
    /// The end outside.
    pub outside: SocketAddrV4,
}
