//! Several packets at once.

use super::{MAX_PACKET, Session};
use crate::Discard;
use crate::gre::Received;
use crate::wire::GreHeader;
use core::ops::Range;
use heapless::Vec;
use pptp_ppp::{
    BATCH, Early, Inbound, Instant, Network, Outgoing, Ppp, Profile, SendError, side_by_side,
};

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
            datagrams: Parts::new(datagrams),
        }
    }

    /// As [`Self::handle_gre`] of a GRE packet each of several sessions: [`Jobs::next`] hands out what is in each, to the
    /// same outcome as one after the other. That takes less time than packets of one session do in a batch: their keys do
    /// not follow from each other. Where there are several packets of a session they are for as many calls, one after the
    /// other.
    ///
    /// ```
    /// # use pptp_core::{Inbound, Server, ppp::Minimal, time::Instant};
    /// fn receive(
    ///     now: Instant, sessions: &mut [Server<Minimal>], datagrams: &mut [Vec<u8>], deliver: fn(usize, &[u8]),
    /// ) {
    ///     let datagrams = datagrams.iter_mut().map(Vec::as_mut_slice);
    ///     let mut jobs: Vec<_> = sessions.iter_mut().zip(datagrams).collect();
    ///     let mut jobs = Server::handle_gre_jobs(now, &mut jobs);
    ///     let mut number = 0;
    ///     while let Some(inbound) = jobs.next() {
    ///         if let Ok(Inbound::Packet { packet, .. }) = inbound {
    ///             deliver(number, packet);
    ///         }
    ///         number += 1;
    ///     }
    /// }
    /// ```
    pub const fn handle_gre_jobs<'a, 's, 'd>(
        now: Instant,
        jobs: &'a mut [(&'s mut Self, &'d mut [u8])],
    ) -> Jobs<'a, 's, 'd, P, R> {
        Jobs {
            now,
            jobs: Parts::new(jobs),
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
        let room = usize::try_from(self.gre.window_room()).unwrap_or(usize::MAX);
        // What is encrypted has to go out, so that what does not fit must not be.
        if packets.len() > room
            || packets.len() < 2
            || packets.iter().any(|it| it.packet().len() > MAX_PACKET)
        {
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
            self.seal(now, packet);
        }
    }

    /// As [`Self::send`] of a packet each of several sessions, to the same octets. Where they are encrypted in stateless
    /// mode, that is done with several at once, which takes less time, and less than with packets of one session: their
    /// keys do not follow from each other.
    ///
    /// ```
    /// # use pptp_core::{Network, Outgoing, Server, ppp::Minimal, time::Instant};
    /// fn send(now: Instant, sessions: &mut [Server<Minimal>], packets: &[Vec<u8>], transmit: fn(usize, &[u8])) {
    ///     let mut rooms = vec![[0; 1600]; packets.len()];
    ///     let outgoing = packets.iter().zip(&mut rooms);
    ///     let mut outgoing: Vec<_> = outgoing.map(|(packet, room)| Outgoing::new(packet, room)).collect();
    ///     let mut jobs: Vec<_> = sessions.iter_mut().zip(&mut outgoing).collect();
    ///     Server::send_jobs(now, Network::Ipv4, &mut jobs);
    ///     for (number, outgoing) in outgoing.iter().enumerate() {
    ///         if let Ok(datagram) = outgoing.sent() {
    ///             transmit(number, datagram);
    ///         }
    ///     }
    /// }
    /// ```
    pub fn send_jobs(now: Instant, network: Network, jobs: &mut [(&mut Self, &mut Outgoing<'_>)]) {
        for jobs in jobs.chunks_mut(side_by_side(jobs.len()).max(1)) {
            let mut links: Vec<(&mut Ppp<P>, &mut Outgoing<'_>), BATCH> = Vec::new();
            for (session, packet) in &mut *jobs {
                if !session.carrier {
                    packet.set_sent(Err(SendError::NotOpen));
                } else if packet.packet().len() > MAX_PACKET {
                    let mtu = session.mtu();
                    packet.set_sent(Err(SendError::TooLong { mtu }));
                } else if session.gre.window_room() == 0 {
                    packet.set_sent(Err(SendError::WindowFull));
                } else {
                    packet.set_headroom(session.gre.header_len());
                    let _ = links.push((&mut session.ppp, packet));
                }
            }
            Ppp::send_jobs(network, &mut links);
            drop(links);
            for (session, packet) in jobs {
                session.seal(now, packet);
            }
        }
    }

    /// Prepares the keys of one packet more that is sent, and of one that is received: for when there is nothing else to
    /// do, again and again while it is `true`. See [`Ppp::prepare`].
    pub fn prepare(&mut self) -> bool {
        self.ppp.prepare()
    }

    /// Puts the header before a frame for which room was left there.
    fn seal(&mut self, now: Instant, packet: &mut Outgoing<'_>) {
        if let Ok(len) = packet.sent().map(<[u8]>::len) {
            let payload = len.saturating_sub(self.gre.header_len());
            let sealed = self.gre.seal(now, packet.room(), payload);
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
            let payload = self.payload(datagram);
            if payload.is_empty() {
                continue;
            }
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

    /// The same, of several sessions.
    fn decrypt_early_jobs(jobs: &mut [(&mut Self, &mut [u8])]) -> [Option<Early>; BATCH] {
        let mut links: Vec<(&mut Ppp<P>, &mut [u8]), BATCH> = Vec::new();
        for (session, datagram) in jobs {
            let payload = if session.carrier {
                session.payload(datagram)
            } else {
                &mut []
            };
            if links.push((&mut session.ppp, payload)).is_err() {
                break;
            }
        }
        Ppp::decrypt_early_jobs(&mut links)
    }

    /// The payload of a GRE packet of this call. Empty if there is none.
    fn payload<'d>(&self, datagram: &'d mut [u8]) -> &'d mut [u8] {
        let Ok((header, payload)) = payload(datagram) else {
            return &mut [];
        };
        if header.call_id != self.gre.config().our_call_id {
            return &mut [];
        }
        datagram.get_mut(payload).unwrap_or_default()
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
    datagrams: Parts<'a, &'d mut [u8]>,
}

impl<P: Profile, R> Batch<'_, '_, P, R> {
    /// What the next packet was. `None` if that was all.
    #[expect(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<Result<Inbound<'_>, Discard>> {
        let decrypt = |some: &mut [&mut [u8]]| self.session.decrypt_early(some);
        let (datagram, early) = self.datagrams.next(decrypt)?;
        Some(self.session.handle_early_gre(self.now, early, datagram))
    }

    /// How many have not been handed out.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.datagrams.left()
    }
}

impl<P: Profile, R> Drop for Batch<'_, '_, P, R> {
    fn drop(&mut self) {
        for (datagram, early) in self.datagrams.begun() {
            undo(datagram, early);
        }
    }
}

/// GRE packets of several sessions that are handed out one by one: see [`Session::handle_gre_jobs`].
///
/// If it is dropped, those that were not handed out are as if they had not been in it.
#[derive(Debug)]
#[must_use = "nothing is taken before it is handed out"]
pub struct Jobs<'a, 's, 'd, P: Profile, R> {
    now: Instant,
    jobs: Parts<'a, (&'s mut Session<P, R>, &'d mut [u8])>,
}

impl<P: Profile, R> Jobs<'_, '_, '_, P, R> {
    /// What the next packet was, in the order of the jobs. `None` if that was all.
    #[expect(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<Result<Inbound<'_>, Discard>> {
        let ((session, datagram), early) = self.jobs.next(Session::decrypt_early_jobs)?;
        Some(session.handle_early_gre(self.now, early, datagram))
    }

    /// How many have not been handed out.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.jobs.left()
    }
}

impl<P: Profile, R> Drop for Jobs<'_, '_, '_, P, R> {
    fn drop(&mut self) {
        for ((_, datagram), early) in self.jobs.begun() {
            undo(datagram, early);
        }
    }
}

fn undo(datagram: &mut [u8], early: Early) {
    if let Ok((_, place)) = payload(datagram) {
        early.undo_frame(datagram.get_mut(place).unwrap_or_default());
    }
}

/// What is handed out one by one, but decrypted several at once.
#[derive(Debug)]
struct Parts<'a, T> {
    /// Those that have not been handed out; of the first some have been decrypted.
    items: &'a mut [T],
    early: [Option<Early>; BATCH],
    /// How many of the first have been looked at, and how many of these have been handed out.
    begun: usize,
    done: usize,
}

impl<'a, T> Parts<'a, T> {
    const fn new(items: &'a mut [T]) -> Self {
        Self {
            items,
            early: [const { None }; BATCH],
            begun: 0,
            done: 0,
        }
    }

    /// The next one. If it is the first of several, `decrypt` does so with these before.
    fn next(
        &mut self,
        decrypt: impl FnOnce(&mut [T]) -> [Option<Early>; BATCH],
    ) -> Option<(&mut T, Option<Early>)> {
        if self.done >= self.begun {
            let items = core::mem::take(&mut self.items);
            self.items = items.get_mut(self.done..).unwrap_or_default();
            self.begun = side_by_side(self.items.len());
            self.done = 0;
            self.early = decrypt(self.items.get_mut(..self.begun).unwrap_or_default());
        }
        let item = self.items.get_mut(self.done)?;
        let early = self.early.get_mut(self.done).and_then(Option::take);
        self.done = self.done.saturating_add(1);
        Some((item, early))
    }

    const fn left(&self) -> usize {
        self.items.len().saturating_sub(self.done)
    }

    /// Those that have been decrypted, and not been handed out.
    fn begun(&mut self) -> impl Iterator<Item = (&mut T, Early)> {
        let early = self.early.iter_mut().map(Option::take);
        let items = self.items.iter_mut().zip(early);
        items.filter_map(|(item, early)| Some((item, early?)))
    }
}
