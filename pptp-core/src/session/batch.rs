//! Several packets at once.

use super::{MAX_PACKET, Session};
use crate::Discard;
use crate::gre::Received;
use crate::wire::GreHeader;
use core::ops::Range;
use heapless::Vec;
use pptp_ppp::{BATCH, Early, Inbound, Instant, Network, Outgoing, Profile, SendError};

/// How long the header of a packet is that no acknowledgment rides on.
const HEADER_LEN: usize = 12;

impl<P: Profile, R> Session<P, R> {
    /// Takes several GRE packets, from their GRE headers on: [`Batch::next`] hands out what is in each, as
    /// [`Self::handle_gre`] would one after the other, and to the same outcome. Where packets are encrypted in stateless
    /// mode they are decrypted several at once, which takes less time.
    ///
    /// ```
    /// # use pptp_core::{Client, Inbound, ppp::Minimal, time::Instant};
    /// fn receive(client: &mut Client<Minimal>, now: Instant, datagrams: &mut [&mut [u8]], deliver: fn(&[u8])) {
    ///     let mut batch = client.handle_gre_batch(now, datagrams);
    ///     while let Some(inbound) = batch.next() {
    ///         if let Ok(Inbound::Packet { packet, .. }) = inbound {
    ///             deliver(packet);
    ///         }
    ///     }
    /// }
    /// ```
    pub const fn handle_gre_batch<'a, 'd>(
        &'a mut self,
        now: Instant,
        datagrams: &'a mut [&'d mut [u8]],
    ) -> Batch<'a, 'd, P, R> {
        Batch {
            session: self,
            now,
            datagrams,
            early: [const { None }; BATCH],
            begun: 0,
            done: 0,
        }
    }

    /// Puts several network packets into GRE packets, as [`Self::send`] would one after the other, and to the same
    /// octets. Where they are encrypted in stateless mode, that is done with several at once, which takes less time.
    /// [`Outgoing::sent`] of each tells what is to be sent as a datagram, or why there is none.
    pub fn send_batch(&mut self, now: Instant, network: Network, packets: &mut [Outgoing<'_>]) {
        if !self.carrier {
            for packet in packets {
                packet.set_sent(Err(SendError::NotOpen));
            }
            return;
        }
        // What is encrypted has to go out, so that what does not fit must not be.
        if packets.len() < 2 || packets.iter().any(|it| it.packet().len() > MAX_PACKET) {
            for packet in packets {
                let content = packet.packet();
                let sent = self.send(now, network, content, packet.room());
                let sent = sent.map(<[u8]>::len);
                packet.set_sent(sent);
            }
            return;
        }
        // The first that goes out takes the acknowledgment along.
        let mut header = self.gre.header_len();
        for packet in &mut *packets {
            packet.set_headroom(header);
            let needed = self.ppp.frame_len(network, packet.packet().len());
            let room = packet.room().len();
            if needed.is_ok_and(|needed| needed.saturating_add(header) <= room) {
                header = HEADER_LEN;
            }
        }
        self.ppp.send_batch(network, packets);
        for packet in packets {
            let header = self.gre.header_len();
            let Ok(len) = packet.sent().map(<[u8]>::len) else {
                continue;
            };
            let sealed = self
                .gre
                .seal(now, packet.room(), len.saturating_sub(header));
            let sealed = sealed.map(<[u8]>::len);
            packet.set_sent(sealed);
        }
    }

    /// Decrypts where they are those of the first [`BATCH`] packets that it can before their turn.
    fn decrypt_early(&mut self, datagrams: &mut [&mut [u8]]) -> [Option<Early>; BATCH] {
        let mut early = [const { None }; BATCH];
        if !self.carrier {
            return early;
        }
        let mut payloads: Vec<&mut [u8], BATCH> = Vec::new();
        let mut places: Vec<usize, BATCH> = Vec::new();
        for (place, datagram) in datagrams.iter_mut().enumerate() {
            let Ok((header, payload)) = payload(datagram) else {
                continue;
            };
            if header.call_id != self.gre.config().our_call_id || payload.is_empty() {
                continue;
            }
            let payload = datagram.get_mut(payload).unwrap_or_default();
            if payloads.push(payload).is_err() || places.push(place).is_err() {
                break;
            }
        }
        let of_payloads = self.ppp.decrypt_early(&mut payloads);
        for (place, found) in places.into_iter().zip(of_payloads) {
            if let Some(slot) = early.get_mut(place) {
                *slot = found;
            }
        }
        early
    }

    /// As [`Self::handle_gre`], of a packet that may have been decrypted before its turn.
    fn handle_early_gre<'a>(
        &'a mut self,
        now: Instant,
        early: Option<Early>,
        datagram: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        let (Some(early), Ok((_, place))) = (early, payload(datagram)) else {
            return self.handle_gre(now, datagram);
        };
        let received = self
            .receive_gre(now, datagram)
            .map(|received| match received {
                Received::Acknowledgment => None,
                Received::Packet { sequence, .. } => Some(sequence),
            });
        let payload = datagram.get_mut(place).unwrap_or_default();
        match received {
            Ok(Some(sequence)) => self.deliver_early(now, sequence, Some(early), payload),
            Ok(None) => {
                early.undo_frame(payload);
                Ok(Inbound::Control)
            }
            Err(discard) => {
                early.undo_frame(payload);
                Err(discard)
            }
        }
    }
}

/// The header of a GRE packet, and where its payload is.
fn payload(datagram: &[u8]) -> Result<(GreHeader, Range<usize>), Discard> {
    let (header, payload) = GreHeader::parse(datagram)?;
    let start = header.len();
    Ok((header, start..start.saturating_add(payload.len())))
}

/// GRE packets that are handed out one by one: see [`Session::handle_gre_batch`].
///
/// If it is dropped, those that were not handed out are as if they had not been in it.
#[derive(Debug)]
#[must_use = "nothing is taken before it is handed out"]
pub struct Batch<'a, 'd, P: Profile, R> {
    session: &'a mut Session<P, R>,
    now: Instant,
    /// Those that have not been handed out; of the first some have been decrypted.
    datagrams: &'a mut [&'d mut [u8]],
    early: [Option<Early>; BATCH],
    /// How many of the first have been looked at, and how many of these have been handed out.
    begun: usize,
    done: usize,
}

impl<P: Profile, R> Batch<'_, '_, P, R> {
    /// What the next packet was. `None` if that was all.
    #[expect(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<Result<Inbound<'_>, Discard>> {
        if self.done >= self.begun {
            let datagrams = core::mem::take(&mut self.datagrams);
            self.datagrams = datagrams.get_mut(self.done..).unwrap_or_default();
            self.begun = at_once(self.datagrams.len());
            self.done = 0;
            let some = self.datagrams.get_mut(..self.begun).unwrap_or_default();
            self.early = self.session.decrypt_early(some);
        }
        let datagram = self.datagrams.get_mut(self.done)?;
        let early = self.early.get_mut(self.done).and_then(Option::take);
        self.done = self.done.saturating_add(1);
        Some(self.session.handle_early_gre(self.now, early, datagram))
    }

    /// How many have not been handed out.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.datagrams.len().saturating_sub(self.done)
    }
}

impl<P: Profile, R> Drop for Batch<'_, '_, P, R> {
    fn drop(&mut self) {
        for (datagram, early) in self.datagrams.iter_mut().zip(&mut self.early) {
            if let (Some(early), Ok((_, place))) = (early.take(), payload(datagram)) {
                early.undo_frame(datagram.get_mut(place).unwrap_or_default());
            }
        }
    }
}

/// How many of so many packets to take at once: parts of equal size, as few side by side are slow.
const fn at_once(packets: usize) -> usize {
    match packets.div_ceil(BATCH) {
        0 => 0,
        parts => packets.div_ceil(parts),
    }
}
