//! The way of packets between GRE and the device. Nothing here allocates, unless it is recorded.

use super::super::failure::Failure;
use super::Tunnel;
use crate::net::gre::MAX_DATAGRAM;
use crate::net::packet::is_for_tunnel;
use crate::net::segments::with_clamped;
use log::{debug, trace};
use pptp_core::codec::BufferTooSmall;
use pptp_core::gre::{Received, strip_ipv4};
use pptp_core::ppp::Inbound;
use pptp_core::testkit::Side;
use pptp_core::time::Instant;
use pptp_core::{Discard, Network, SendError};
use std::io::ErrorKind;

/// The longest packet that is read, in octets: longer ones do not fit the tunnel.
const MAX_PACKET: usize = MAX_DATAGRAM;

/// How many packets are taken from one source before the others have their turn.
const TURN: usize = 64;

impl Tunnel<'_> {
    /// Sends the next GRE packet of the library's own, and tells whether there was one.
    pub(super) fn send_own(&mut self, now: Instant) -> bool {
        let session = &mut self.session;
        let record = &mut self.lasting.outside;
        let sent = self.gre.send(None, |room| {
            let datagram = session.poll_gre(now, room)?.unwrap_or_default();
            if let (Some(record), [_, ..]) = (record, datagram) {
                record.gre(Side::Client, datagram);
            }
            Ok::<_, BufferTooSmall>(datagram.len())
        });
        sent.is_ok_and(|len| len > 0)
    }

    /// Takes packets from the tunnel.
    pub(super) fn read_gre(&mut self, now: Instant) {
        let mut buffer = [0; MAX_PACKET];
        for _ in 0..TURN {
            let len = match self.gre.read(&mut buffer) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => continue,
            };
            let packet = buffer.get_mut(..len).unwrap_or_default();
            if let Some(record) = &mut self.lasting.outside {
                record.packet(packet);
            }
            let received =
                strip_ipv4(packet).and_then(|datagram| self.session.receive_gre(now, datagram));
            match received {
                Ok(Received::Packet { sequence, payload }) => {
                    self.release(now, Some((sequence, payload)));
                }
                Ok(Received::Acknowledgment) => {}
                Err(discard) => debug!("dropped: {discard}"),
            }
        }
    }

    /// Delivers the packets whose turn it is.
    pub(super) fn release(&mut self, now: Instant, packet: Option<(u32, &mut [u8])>) {
        let mut order = std::mem::take(&mut self.order);
        order.pass(now, packet, |sequence, payload| {
            self.deliver(now, sequence, payload);
        });
        self.order = order;
    }

    /// Decrypts a packet and hands it to the kernel.
    fn deliver(&mut self, now: Instant, sequence: u32, payload: &mut [u8]) {
        match self.session.deliver(now, sequence, payload) {
            Ok(Inbound::Packet { packet, .. }) => {
                self.arrivals.delivered(sequence);
                self.probe.received(now, packet);
                if let Some(record) = &mut self.lasting.inside {
                    record.packet(packet);
                }
                let device = self.lasting.local.device().filter(|_| self.open.is_some());
                let Some(device) = device else { return };
                let written = with_clamped(packet, self.clamp, |packet| device.write(packet));
                match written {
                    Ok(_) => self.lasting.traffic.received.add(packet),
                    Err(error) => debug!("{}: {error}", device.name()),
                }
            }
            Ok(_) => self.arrivals.delivered(sequence),
            Err(discard) => {
                if let Discard::Ppp(_) = discard {
                    self.arrivals.useless();
                }
                debug!("dropped: {discard}");
            }
        }
    }

    /// Takes packets from the kernel and sends them through the tunnel. Before it is open, they are dropped: those for a
    /// tunnel that is lost should not come late.
    pub(super) fn read_device(&mut self, now: Instant) {
        let mut packet = [0; MAX_PACKET];
        for _ in 0..TURN {
            let Some(device) = self.lasting.local.device() else {
                return;
            };
            let len = match device.read(&mut packet) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    self.failure = Some(Failure::system(device.name(), error));
                    return;
                }
            };
            let packet = packet.get(..len).unwrap_or_default();
            if !is_for_tunnel(packet, *self.server.ip()) {
                continue;
            }
            self.send(now, packet);
        }
    }

    /// Sends a packet through the tunnel.
    pub(super) fn send(&mut self, now: Instant, packet: &[u8]) {
        let session = &mut self.session;
        let record = &mut self.lasting.outside;
        let is_open = self.open.is_some();
        let clamp = self.clamp;
        let sent = self.gre.send(None, |room| {
            if !is_open {
                return Err(SendError::NotOpen);
            }
            let datagram = with_clamped(packet, clamp, |packet| {
                session.send(now, Network::Ipv4, packet, room)
            })?;
            if let Some(record) = record {
                record.gre(Side::Client, datagram);
            }
            Ok(datagram.len())
        });
        match sent {
            Ok(_) => {
                self.lasting.traffic.sent.add(packet);
                self.probe.sent(now, packet);
                if let Some(record) = &mut self.lasting.inside {
                    record.packet(packet);
                }
            }
            Err(error) => {
                trace!("not sent: {error}");
                self.lasting.traffic.unsent += 1;
            }
        }
    }
}
