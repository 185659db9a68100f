//! Packets of the caller's into frames.

use super::Ppp;
use crate::codec::Writer;
use crate::error::SendError;
use crate::networks::Network;
use crate::profile::Profile;
use crate::suite::sealed::{Gate, SuiteLayer};
use crate::wire::{Frame, Protocol};
use core::fmt;
use heapless::Vec;
use pptp_mppe::BATCH;

/// A packet to be sent, and room for what becomes of it: for [`Ppp::send_batch`].
pub struct Outgoing<'a> {
    packet: &'a [u8],
    out: &'a mut [u8],
    headroom: usize,
    sent: Result<usize, SendError>,
}

impl<'a> Outgoing<'a> {
    /// `packet`, to be put into the start of `out`, as [`Ppp::send`] does it.
    #[must_use]
    pub const fn new(packet: &'a [u8], out: &'a mut [u8]) -> Self {
        Self {
            packet,
            out,
            headroom: 0,
            sent: Err(SendError::NotOpen),
        }
    }

    /// What has been written.
    ///
    /// # Errors
    /// [`SendError`] if it was not sent.
    pub fn sent(&self) -> Result<&[u8], SendError> {
        self.sent.map(|len| self.out.get(..len).unwrap_or_default())
    }

    /// The packet.
    #[must_use]
    pub const fn packet(&self) -> &'a [u8] {
        self.packet
    }

    /// The room for what is written.
    #[must_use]
    pub const fn room(&mut self) -> &mut [u8] {
        self.out
    }

    /// Leaves so many octets free at the start of the room, for what carries the frame. They count as written.
    pub const fn set_headroom(&mut self, octets: usize) {
        self.headroom = octets;
    }

    /// Says what has become of it: how many octets were written.
    pub const fn set_sent(&mut self, sent: Result<usize, SendError>) {
        self.sent = sent;
    }
}

/// Without the packet, which is the user's.
impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("len", &self.packet.len())
            .field("room", &self.out.len())
            .field("headroom", &self.headroom)
            .field("sent", &self.sent)
            .finish()
    }
}

impl<P: Profile> Ppp<P> {
    /// Puts `packet` into a frame in `out`, compressed and encrypted if that was agreed on.
    ///
    /// `out` needs [`MAX_FRAME_OVERHEAD`](crate::MAX_FRAME_OVERHEAD) octets more than the packet has.
    ///
    /// # Errors
    /// [`SendError`]; then nothing has changed.
    pub fn send<'b>(
        &mut self,
        network: Network,
        packet: &[u8],
        out: &'b mut [u8],
    ) -> Result<&'b mut [u8], SendError> {
        let needed = self.frame_len(network, packet.len())?;
        let room = out
            .get_mut(..needed)
            .ok_or(SendError::BufferTooSmall { needed })?;
        let len = self.write_packet(network, packet, room, P::Suite::seal);
        Ok(out.get_mut(..len).unwrap_or_default())
    }

    /// As [`Ppp::send`] of one packet after the other, to the same octets. Where they are encrypted in stateless mode,
    /// that is done with several at once, which takes less time.
    ///
    /// What has become of each it says itself: [`Outgoing::sent`].
    ///
    /// ```
    /// # use pptp_ppp::{Minimal, Network, Outgoing, Ppp, SendError};
    /// fn send(link: &mut Ppp<Minimal>, packets: [&[u8]; 2], transmit: fn(&[u8])) -> Result<(), SendError> {
    ///     let mut buffers = [[0; 1500]; 2];
    ///     let [one, two] = &mut buffers;
    ///     let mut outgoing = [Outgoing::new(packets[0], one), Outgoing::new(packets[1], two)];
    ///     link.send_batch(Network::Ipv4, &mut outgoing);
    ///     for outgoing in &outgoing {
    ///         transmit(outgoing.sent()?);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn send_batch(&mut self, network: Network, packets: &mut [Outgoing<'_>]) {
        if packets.len() < 2 || !self.suite.seals_in_batches() {
            for packet in packets {
                self.send_outgoing(network, packet, P::Suite::seal);
            }
            return;
        }
        for packets in packets.chunks_mut(BATCH) {
            let mut staged: Vec<&mut [u8], BATCH> = Vec::new();
            for packet in packets {
                self.send_outgoing(network, packet, P::Suite::stage);
                let (Ok(end), start) = (packet.sent, packet.headroom) else {
                    continue;
                };
                let frame = packet.out.get_mut(start..end).unwrap_or_default();
                if let Ok((_, information)) = Frame::parse_mut(frame) {
                    let _ = staged.push(information);
                }
            }
            self.suite.seal_staged(&mut staged);
        }
    }

    /// How long a frame with a packet of `len` octets is at the most: as much room [`Ppp::send`] needs.
    ///
    /// # Errors
    /// [`SendError::NotOpen`] and [`SendError::TooLong`], as with [`Ppp::send`].
    pub fn frame_len(&self, network: Network, len: usize) -> Result<usize, SendError> {
        if !self.is_up(network) {
            return Err(SendError::NotOpen);
        }
        let mtu = self.mtu();
        if len > mtu {
            return Err(SendError::TooLong { mtu });
        }
        let mut header = Writer::new(&mut []);
        let overhead = if self.suite.gate() == Gate::Sealed {
            self.write_frame_header(&mut header, Protocol::COMPRESSED);
            P::Suite::OVERHEAD
        } else {
            self.write_frame_header(&mut header, network.protocol());
            0
        };
        Ok(header.len().saturating_add(overhead).saturating_add(len))
    }

    fn send_outgoing(
        &mut self,
        network: Network,
        packet: &mut Outgoing<'_>,
        seal: impl FnOnce(&mut P::Suite, Protocol, &[u8], &mut [u8]) -> usize,
    ) {
        let needed = self.frame_len(network, packet.packet.len());
        packet.sent = needed.and_then(|needed| {
            let end = packet.headroom.saturating_add(needed);
            let room = packet.out.get_mut(packet.headroom..end);
            let room = room.ok_or(SendError::BufferTooSmall { needed: end })?;
            let len = self.write_packet(network, packet.packet, room, seal);
            Ok(packet.headroom.saturating_add(len))
        });
    }

    /// Writes a frame to the start of `out`, which has room for it, and gives its length. The one gate for sending.
    fn write_packet(
        &mut self,
        network: Network,
        packet: &[u8],
        out: &mut [u8],
        seal: impl FnOnce(&mut P::Suite, Protocol, &[u8], &mut [u8]) -> usize,
    ) -> usize {
        let mut writer = Writer::new(out);
        if self.suite.gate() == Gate::Sealed {
            self.write_frame_header(&mut writer, Protocol::COMPRESSED);
            let start = writer.len();
            let room = out.get_mut(start..).unwrap_or_default();
            let len = seal(&mut self.suite, network.protocol(), packet, room);
            return start.saturating_add(len);
        }
        self.write_frame_header(&mut writer, network.protocol());
        writer.bytes(packet);
        writer.len()
    }
}
