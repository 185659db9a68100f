//! What a frame is for, and whether it may pass.

use super::{Events, Inbound, Phase, Ppp};
use crate::error::Discard;
use crate::lcp::Notice;
use crate::networks::Network;
use crate::networks::sealed::NetworksLayer;
use crate::profile::Profile;
use crate::suite::Early;
use crate::suite::sealed::{Opened, SuiteLayer};
use crate::time::Instant;
use crate::wire::{Frame, Packet, Protocol};

impl<P: Profile> Ppp<P> {
    pub(super) fn handle_compressed<'a>(
        &'a mut self,
        now: Instant,
        early: impl Into<Option<Early>>,
        information: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        let opened = self.suite.open(now, early, information);
        self.follow(now);
        self.handle_opened(now, opened?, information)
    }

    /// Takes a frame that others have overtaken, which only who numbers frames can tell: GRE does.
    ///
    /// Only what is encrypted is taken, and only by a suite that keeps keys for it: see
    /// [`AnyOrder`](crate::AnyOrder).
    ///
    /// # Errors
    /// [`Discard`] if it was dropped, which nothing needs to be done about.
    pub fn handle_late_frame<'a>(
        &'a mut self,
        now: Instant,
        frame: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        if !P::Suite::TAKES_LATE || self.phase != Phase::Network {
            return Err(Discard::Late);
        }
        match Frame::parse_mut(frame).map_err(Discard::Malformed)? {
            (Protocol::COMPRESSED, information) => {
                let opened = self.suite.open_late(now, information)?;
                self.handle_opened(now, opened, information)
            }
            _ => Err(Discard::Late),
        }
    }

    fn handle_opened<'a>(
        &'a mut self,
        now: Instant,
        opened: Opened,
        information: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        let Opened { protocol, place } = opened;
        self.lcp.heard(now);
        // What came encrypted is not quoted in a Protocol-Reject, which is in the clear.
        let network = Network::from_protocol(protocol).ok_or(Discard::UnknownProtocol(protocol))?;
        self.require_up(now, network)?;
        let packet = self.suite.opened(information, place);
        Ok(Inbound::Packet { network, packet })
    }

    pub(super) fn handle_control(
        &mut self,
        now: Instant,
        protocol: Protocol,
        information: &[u8],
    ) -> Result<(), Discard> {
        match protocol {
            Protocol::LCP => {
                let packet = Packet::parse(information).map_err(Discard::Malformed)?;
                match self.lcp.handle_packet(now, packet, &mut self.random)? {
                    None => {}
                    Some(Notice::Identification) => self.tell_text(Events::IDENTIFICATION),
                    Some(Notice::TimeRemaining(seconds)) => {
                        self.seconds_remaining = seconds;
                        self.tell_text(Events::TIME_REMAINING);
                    }
                    Some(Notice::ProtocolRejected(rejected)) => {
                        self.suite.protocol_rejected(now, rejected);
                        self.networks.protocol_rejected(now, rejected);
                    }
                }
                Ok(())
            }
            // Before LCP is Opened nothing else is listened to (RFC 1661 §3.4).
            _ if !self.lcp.is_opened() => Err(Discard::ProtocolNotUp),
            Protocol::CCP => {
                if self.phase != Phase::Network {
                    return Err(Discard::ProtocolNotUp);
                }
                let packet = Packet::parse(information).map_err(Discard::Malformed)?;
                self.auth.settle();
                self.suite.handle_packet(now, packet)
            }
            Protocol::PAP | Protocol::CHAP | Protocol::EAP => {
                self.auth
                    .handle_packet(now, protocol, information, &mut self.random)
            }
            _ if self.phase == Phase::Network => {
                self.auth.settle();
                let taken = self.networks.handle_packet(now, protocol, information);
                if self.networks.take_ready() {
                    self.suite.peer_ready();
                }
                taken
            }
            _ => Err(Discard::ProtocolNotUp),
        }
    }

    pub(super) fn require_up(&mut self, now: Instant, network: Network) -> Result<(), Discard> {
        if self.phase == Phase::Network && !self.networks.is_up(network) {
            self.networks.take_for_ack(now, network);
            self.follow(now);
        }
        if self.phase == Phase::Network && self.networks.is_up(network) {
            Ok(())
        } else {
            Err(Discard::NetworkNotUp)
        }
    }
}
