//! The network protocols of a link and their control protocols, chosen by type.

use crate::automaton::{Actions, State};
use crate::codec::Writer;
use crate::config::{Ipv4Config, Timing};
use crate::error::Discard;
use crate::event::Ipv4;
use crate::ipcp::IpcpPolicy;
use crate::negotiation::{Negotiator, Pending};
use crate::time::Instant;
use crate::wire::{Code, Packet, Protocol};
use core::net::Ipv4Addr;

/// A network protocol whose packets a link carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Network {
    /// IPv4 (RFC 1332).
    Ipv4,
}

impl Network {
    /// The number in the Protocol field of its packets.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Ipv4 => Protocol::IPV4,
        }
    }

    pub(crate) const fn from_protocol(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::IPV4 => Some(Self::Ipv4),
            _ => None,
        }
    }
}

/// A set of network protocols. [`Ipv4Only`].
///
/// Sealed: the methods are the link's own business.
pub trait Networks: sealed::NetworksLayer {}

impl<N: sealed::NetworksLayer> Networks for N {}

pub(crate) mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Networks")]

    use super::*;

    /// What the link drives network control protocols by.
    pub trait NetworksLayer: Clone + core::fmt::Debug {
        fn new(config: Ipv4Config, timing: Timing) -> Self;
        /// The peer is to have this address.
        fn assign(&mut self, address: Ipv4Addr);
        fn lower_layer_up(&mut self, now: Instant);
        fn lower_layer_down(&mut self, now: Instant);
        /// Ask again at once: the peer is known to be ready only now.
        fn hurry(&mut self, now: Instant);
        /// A packet of `network` has come from the peer, which therefore has it up.
        fn take_for_ack(&mut self, now: Instant, network: Network);
        /// Whether the peer has just come round: it answered with Terminate-Acks that it is not ready, and now asks itself.
        fn take_ready(&mut self) -> bool;
        /// Takes a packet of a network control protocol.
        ///
        /// [`Discard::UnknownProtocol`] if it is not one of these.
        fn handle_packet(
            &mut self,
            now: Instant,
            protocol: Protocol,
            information: &[u8],
        ) -> Result<(), Discard>;
        fn protocol_rejected(&mut self, now: Instant, protocol: Protocol);
        fn handle_timeout(&mut self, now: Instant);
        fn next_timeout(&self) -> Option<Instant>;
        /// The control protocol whose packet comes next, and what it is.
        fn next_protocol(&self) -> Protocol;
        fn write_next(&self, out: &mut Writer<'_>) -> Option<u8>;
        fn sent(&mut self, pending: u8);
        fn is_up(&self, network: Network) -> bool;
        /// Whether every protocol has been given up.
        fn is_refused(&self) -> bool;
        fn ipv4(&self, mtu: usize) -> Ipv4;
    }
}

/// The longest reply of IPCP: twice what real peers ask for.
const MAX_REPLY: usize = 96;

/// IPv4 alone.
#[derive(Debug, Clone)]
pub struct Ipv4Only {
    ipcp: Negotiator<IpcpPolicy, MAX_REPLY>,
    finished: bool,
    readiness: Readiness,
}

/// Whether the peer is ready for network protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    Unknown,
    /// It answered a Configure-Request with a Terminate-Ack.
    NotYet,
    /// It has come round since, which has not been told yet.
    CameRound,
}

impl Ipv4Only {
    fn follow(&mut self) {
        let signals = self.ipcp.take_signals();
        if signals.contains(Actions::TLF) {
            self.finished = true;
        }
        if matches!(
            self.ipcp.state(),
            State::ReqSent | State::AckSent | State::Opened
        ) {
            self.finished = false;
        }
    }
}

impl sealed::NetworksLayer for Ipv4Only {
    fn new(config: Ipv4Config, timing: Timing) -> Self {
        Self {
            ipcp: Negotiator::new(IpcpPolicy::new(config), timing),
            finished: false,
            readiness: Readiness::Unknown,
        }
    }

    fn assign(&mut self, address: Ipv4Addr) {
        self.ipcp.policy.assign(address);
    }

    fn lower_layer_up(&mut self, now: Instant) {
        self.ipcp.lower_layer_up(now);
        self.ipcp.open(now);
        self.follow();
    }

    fn lower_layer_down(&mut self, now: Instant) {
        self.ipcp.lower_layer_down(now);
        self.follow();
        self.finished = false;
        self.readiness = Readiness::Unknown;
    }

    fn hurry(&mut self, now: Instant) {
        self.ipcp.hurry(now);
    }

    fn take_for_ack(&mut self, now: Instant, network: Network) {
        match network {
            Network::Ipv4 => self.ipcp.take_for_ack(now),
        }
        self.follow();
    }

    fn take_ready(&mut self) -> bool {
        let ready = self.readiness == Readiness::CameRound;
        if ready {
            self.readiness = Readiness::Unknown;
        }
        ready
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        protocol: Protocol,
        information: &[u8],
    ) -> Result<(), Discard> {
        if protocol != Protocol::IPCP {
            return Err(Discard::UnknownProtocol(protocol));
        }
        let packet = Packet::parse(information).map_err(Discard::Malformed)?;
        let taken = self.ipcp.handle_packet(now, packet);
        match (packet.code, self.readiness) {
            (Code::TERMINATE_ACK, _) if !self.ipcp.is_opened() => {
                self.readiness = Readiness::NotYet;
            }
            (Code::CONFIGURE_REQUEST, Readiness::NotYet) => {
                self.readiness = Readiness::CameRound;
            }
            _ => {}
        }
        self.follow();
        taken
    }

    fn protocol_rejected(&mut self, now: Instant, protocol: Protocol) {
        if protocol == Protocol::IPCP {
            self.ipcp.protocol_rejected(now);
            self.follow();
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.ipcp.handle_timeout(now);
        self.follow();
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.ipcp.next_timeout()
    }

    fn next_protocol(&self) -> Protocol {
        Protocol::IPCP
    }

    fn write_next(&self, out: &mut Writer<'_>) -> Option<u8> {
        self.ipcp.write_next(out).map(|pending| pending.bits())
    }

    fn sent(&mut self, pending: u8) {
        self.ipcp.sent(Pending::from_bits_truncate(pending));
    }

    fn is_up(&self, network: Network) -> bool {
        match network {
            Network::Ipv4 => self.ipcp.is_opened(),
        }
    }

    fn is_refused(&self) -> bool {
        self.finished
    }

    fn ipv4(&self, mtu: usize) -> Ipv4 {
        self.ipcp.policy.agreed(mtu)
    }
}
