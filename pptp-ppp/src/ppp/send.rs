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
use pptp_mppe::{BATCH, side_by_side};

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

    /// What stands in the frame that was written, behind its Protocol field.
    fn information(&mut self) -> Option<&mut [u8]> {
        let frame = self.out.get_mut(self.headroom..self.sent.ok()?)?;
        Some(Frame::parse_mut(frame).ok()?.1)
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
        for packets in packets.chunks_mut(side_by_side(packets.len())) {
            let mut staged: Vec<&mut [u8], BATCH> = Vec::new();
            for packet in packets {
                self.send_outgoing(network, packet, P::Suite::stage);
                if let Some(information) = packet.information() {
                    let _ = staged.push(information);
                }
            }
            self.suite.seal_staged(&mut staged);
        }
    }

    /// As [`Ppp::send`] of a packet each of several links, to the same octets. Where they are encrypted in stateless
    /// mode, that is done with several at once, which takes less time, and less than with packets of one link: their
    /// keys do not follow from each other.
    ///
    /// ```
    /// # use pptp_ppp::{Minimal, Network, Outgoing, Ppp, SendError};
    /// fn forward(links: &mut [Ppp<Minimal>; 2], packet: &[u8], transmit: fn(&[u8])) -> Result<(), SendError> {
    ///     let mut buffers = [[0; 1500]; 2];
    ///     let mut outgoing = buffers.each_mut().map(|out| Outgoing::new(packet, out));
    ///     let [one, two] = links;
    ///     let [first, second] = &mut outgoing;
    ///     Ppp::send_jobs(Network::Ipv4, &mut [(one, first), (two, second)]);
    ///     for outgoing in &outgoing {
    ///         transmit(outgoing.sent()?);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn send_jobs(network: Network, jobs: &mut [(&mut Self, &mut Outgoing<'_>)]) {
        for jobs in jobs.chunks_mut(side_by_side(jobs.len()).max(1)) {
            let mut staged: Vec<(&mut P::Suite, &mut [u8]), BATCH> = Vec::new();
            for (ppp, packet) in jobs {
                if !ppp.suite.seals_in_batches() {
                    ppp.send_outgoing(network, packet, P::Suite::seal);
                    continue;
                }
                ppp.send_outgoing(network, packet, P::Suite::stage);
                if let Some(information) = packet.information() {
                    let _ = staged.push((&mut ppp.suite, information));
                }
            }
            P::Suite::seal_staged_jobs(&mut staged);
        }
    }

    /// Prepares the keys of one packet more that is sent, and of one that is received: for when there is nothing else to
    /// do, again and again while it is `true`. A packet whose key is ready waits for its encryption a 20th of the time.
    ///
    /// `false` if there is no room: only a link whose suite is a [`Sealer`](crate::Sealer) with `PREPARED` keys has
    /// some, and only packets that are encrypted in stateless mode have keys of their own.
    pub fn prepare(&mut self) -> bool {
        self.suite.prepare()
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
