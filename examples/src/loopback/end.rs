//! One end of the tunnel together with its user: takes what comes out, answers, sends and receives a file.

use super::datagram;
use super::transfer::{self, Transfer};
use pptp_core::codec::BufferTooSmall;
use pptp_core::gre::{Received, Reorder};
use pptp_core::ppp::auth::{Grant, Verdict};
use pptp_core::ppp::{self, Compression, Encryption, Full, Ipv4};
use pptp_core::testkit::Endpoint;
use pptp_core::time::Instant;
use pptp_core::wire::GreHeader;
use pptp_core::{Discard, DownReason, Event, Inbound, Network, ProtocolError, SendError, Session};
use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::Duration;

/// The UDP port of both ends.
const PORT: u16 = 4000;
/// How long a packet waits for those before it: longer than the path makes one late.
const ORDER_PATIENCE: Duration = Duration::from_millis(50);
/// How long a packet that could not be sent waits.
const HOLD_OFF: Duration = Duration::from_millis(10);

type Order = Reorder<32, 1600>;

/// A client or a server, and its user.
#[derive(Debug)]
pub(super) struct End<R> {
    pub(super) session: Session<Full, R>,
    /// Where packets are put in order, if anywhere.
    order: Option<Box<Order>>,
    /// What everybody has to prove to know.
    password: Option<&'static str>,
    file: Arc<[u8]>,
    /// From when IPv4 is up.
    pub(super) transfer: Option<Transfer>,
    addresses: Option<(SocketAddrV4, SocketAddrV4)>,
    hold_off: Option<Instant>,
    /// What has happened and has not been told yet.
    pub(super) news: Vec<(Instant, String)>,
    told_percent: usize,
    pub(super) agreed: Agreed,
    pub(super) arrivals: Arrivals,
    pub(super) down: Option<DownReason>,
    /// The octets of the network packets that were sent.
    pub(super) octets_sent: u64,
}

/// What an end says has been agreed on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Agreed {
    /// When IPv4 came up.
    pub up_at: Option<Instant>,
    /// The longest packet that the peer takes, by LCP.
    pub peer_mru: Option<u16>,
    /// How packets are encrypted that the end sends.
    pub send: Option<Encryption>,
    /// How packets are encrypted that the end receives.
    pub receive: Option<Encryption>,
    /// How packets are compressed that the end sends.
    pub compression: Option<Compression>,
    /// Addresses and name servers.
    pub ipv4: Option<Ipv4>,
}

/// What became of the packets that arrived at an end.
#[derive(Debug, Clone, Default)]
pub struct Arrivals {
    seen: BTreeSet<u32>,
    /// Packets that arrived a second time.
    pub duplicates: u64,
    /// Packets that arrived after a later one.
    pub overtaken: u64,
    /// Of these, those that were dropped for it.
    pub late: u64,
    /// Network packets that were dropped because their protocol was not up at this end yet, or no more.
    pub not_up: u64,
    /// Packets that were dropped because of a loss before them, until the sender started again (stateful mode).
    pub awaited_reset: u64,
    /// Packets that could not be read for another reason.
    pub unreadable: u64,
    /// Network packets that came out of the tunnel, and their octets.
    pub packets: u64,
    /// The octets of these.
    pub octets: u64,
}

impl Arrivals {
    /// How many packets with a sequence number arrived, each counted once.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.seen.len() as u64
    }

    fn note(&mut self, datagram: &[u8]) {
        let Some(sequence) = GreHeader::parse(datagram)
            .ok()
            .and_then(|(header, _)| header.sequence)
        else {
            return;
        };
        let overtaken = self.seen.last().is_some_and(|last| sequence < *last);
        if !self.seen.insert(sequence) {
            self.duplicates += 1;
        } else if overtaken {
            self.overtaken += 1;
        }
    }

    fn discarded(&mut self, discard: Discard) {
        match discard {
            Discard::Late { .. } => self.late += 1,
            Discard::NoCall
            | Discard::Ppp(
                ppp::Discard::NetworkNotUp
                | ppp::Discard::EncryptionNotUp
                | ppp::Discard::ProtocolNotUp
                | ppp::Discard::LinkDown,
            ) => self.not_up += 1,
            Discard::Ppp(ppp::Discard::AwaitsReset) => self.awaited_reset += 1,
            Discard::Ppp(
                ppp::Discard::Malformed(_)
                | ppp::Discard::Implausible
                | ppp::Discard::WrongCount
                | ppp::Discard::WrongEncryptionBits
                | ppp::Discard::NotEncrypted,
            ) => self.unreadable += 1,
            // Duplicates are counted as they arrive; messages of a negotiation that have been answered do not matter.
            _ => {}
        }
    }
}

impl<R> End<R> {
    pub(super) fn new(session: Session<Full, R>, file: Arc<[u8]>) -> Self {
        Self {
            session,
            order: None,
            password: None,
            file,
            transfer: None,
            addresses: None,
            hold_off: None,
            news: Vec::new(),
            told_percent: 0,
            agreed: Agreed::default(),
            arrivals: Arrivals::default(),
            down: None,
            octets_sent: 0,
        }
    }

    /// Has packets put in order instead of late ones dropped.
    pub(super) fn with_reorder(mut self) -> Self {
        self.order = Some(Box::new(Order::with_timeout(ORDER_PATIENCE)));
        self
    }

    /// Everybody's password.
    pub(super) const fn with_password(mut self, password: &'static str) -> Self {
        self.password = Some(password);
        self
    }

    pub(super) fn is_complete(&self) -> bool {
        self.transfer.as_ref().is_some_and(Transfer::is_complete)
    }

    fn deliver(&mut self, now: Instant, sequence: u32, payload: &mut [u8]) {
        match self.session.deliver(now, sequence, payload) {
            Ok(Inbound::Packet { packet, .. }) => {
                self.arrivals.packets += 1;
                self.arrivals.octets += packet.len() as u64;
                if let (Some((local, _)), Some(transfer)) = (self.addresses, &mut self.transfer) {
                    match datagram::parse(packet, local) {
                        Some(segment) => transfer.handle(now, segment),
                        None => self.arrivals.unreadable += 1,
                    }
                }
            }
            Ok(_) => {}
            Err(discard) => self.arrivals.discarded(discard),
        }
        self.tell_progress(now);
    }

    /// Hands on what comes next in order, with `incoming` put in its place.
    fn release(&mut self, now: Instant, mut incoming: Option<(u32, &mut [u8])>) {
        let Some(mut order) = self.order.take() else {
            return;
        };
        while let Some((sequence, payload)) = order.release(now, &mut incoming) {
            self.deliver(now, sequence, payload);
        }
        self.order = Some(order);
    }

    fn tell_progress(&mut self, now: Instant) {
        let percent = self.transfer.as_ref().map_or(0, Transfer::percent) / 25 * 25;
        if percent > self.told_percent {
            self.told_percent = percent;
            let news = format!("{percent} % of the peer's file received");
            self.news.push((now, news));
        }
    }

    /// IPv4 is up: the transfer may start.
    fn ipv4_up(&mut self, now: Instant, ipv4: Ipv4) {
        self.agreed.ipv4 = Some(ipv4);
        self.agreed.up_at.get_or_insert(now);
        if let (Some(local), Some(remote)) = (ipv4.local, ipv4.remote) {
            self.addresses = Some((
                SocketAddrV4::new(local, PORT),
                SocketAddrV4::new(remote, PORT),
            ));
        }
        if self.transfer.is_none() {
            let block = ipv4.mtu - datagram::OVERHEAD - transfer::OVERHEAD;
            self.transfer = Some(Transfer::new(self.file.clone(), block));
        }
    }

    /// The datagram with the next segment of the transfer, if there is one: how long it is.
    fn poll_transfer(
        &mut self,
        now: Instant,
        out: &mut [u8],
    ) -> Result<Option<usize>, BufferTooSmall> {
        let is_held = self.hold_off.is_some_and(|until| now < until);
        let (Some((local, remote)), Some(transfer)) = (self.addresses, &mut self.transfer) else {
            return Ok(None);
        };
        if is_held || !self.session.is_up(Network::Ipv4) {
            return Ok(None);
        }
        let Some(next) = transfer.next(now) else {
            return Ok(None);
        };
        let packet = datagram::write(local, remote, &transfer.segment(next));
        match self.session.send(now, Network::Ipv4, &packet, out) {
            Ok(datagram) => {
                self.hold_off = None;
                self.octets_sent += packet.len() as u64;
                transfer.sent(now, next);
                Ok(Some(datagram.len()))
            }
            Err(SendError::BufferTooSmall { needed }) => Err(BufferTooSmall { needed }),
            Err(_) => {
                self.hold_off = Some(now + HOLD_OFF);
                Ok(None)
            }
        }
    }

    fn transfer_timeout(&self) -> Option<Instant> {
        let transfer = self.transfer.as_ref()?;
        let at = transfer.next_timeout()?;
        self.session
            .is_up(Network::Ipv4)
            .then(|| self.hold_off.map_or(at, |until| at.max(until)))
    }
}

impl<R> Endpoint for End<R> {
    fn control_connected(&mut self, now: Instant) {
        self.news.push((now, "TCP connected".into()));
        self.session.control_connected(now);
    }

    fn control_closed(&mut self, now: Instant) {
        self.news.push((now, "TCP closed".into()));
        self.session.control_closed(now);
    }

    fn handle_control(&mut self, now: Instant, octets: &[u8]) -> Result<usize, ProtocolError> {
        self.session.handle_control(now, octets)
    }

    fn handle_gre(&mut self, now: Instant, datagram: &mut [u8]) {
        self.arrivals.note(datagram);
        match self.session.receive_gre(now, datagram) {
            Ok(Received::Acknowledgment) => {}
            Ok(Received::Packet { sequence, payload }) if self.order.is_some() => {
                self.release(now, Some((sequence, payload)));
            }
            Ok(Received::Packet { sequence, payload }) => self.deliver(now, sequence, payload),
            Err(discard) => self.arrivals.discarded(discard),
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.session.handle_timeout(now);
        self.release(now, None);
    }

    fn next_timeout(&self) -> Option<Instant> {
        let order = self.order.as_ref().and_then(|order| order.next_timeout());
        let all = [self.session.next_timeout(), order, self.transfer_timeout()];
        all.into_iter().flatten().min()
    }

    fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        self.session.poll_control(now, out)
    }

    fn poll_gre<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        let own = self.session.poll_gre(now, out)?.map(<[u8]>::len);
        let len = match own {
            Some(len) => Some(len),
            None => self.poll_transfer(now, out)?,
        };
        Ok(len.and_then(|len| out.get(..len)))
    }

    fn attend(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            self.news.push((now, super::narrate::event(&event)));
            match event {
                Event::Ppp(ppp::Event::AuthRequested(request)) => {
                    let verdict = self
                        .password
                        .map_or(Verdict::WRONG_PASSWORD, Verdict::Password);
                    let id = request.id;
                    self.session.authorize(now, id, &verdict, Grant::default());
                }
                Event::Ppp(ppp::Event::LinkUp { peer_mru }) => {
                    self.agreed.peer_mru = Some(peer_mru);
                }
                Event::Ppp(ppp::Event::Encryption { send, receive }) => {
                    (self.agreed.send, self.agreed.receive) = (send, receive);
                }
                Event::Ppp(ppp::Event::Compression { send, .. }) => self.agreed.compression = send,
                Event::Ppp(ppp::Event::Ipv4Up(ipv4)) => self.ipv4_up(now, ipv4),
                Event::Down(reason) => self.down = Some(reason),
                _ => {}
            }
        }
    }

    fn wants_close(&self) -> bool {
        self.down.is_some()
    }
}
