//! Two ends, the path between them, and the clock.

use super::{Conditions, Link, Piece, Pipe, Rng};
use crate::ProtocolError;
use crate::codec::BufferTooSmall;
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// One end of a simulated path: what [`Client`](crate) and `Server` have, and what a test does with their events.
///
/// A test wraps the end it is about, and this passes on to it. Method kinds and their contracts are those of the crate:
/// what `poll_*` and `next_timeout` are held to is checked on the way (see [`Sim`]).
pub trait Endpoint {
    /// The control connection's TCP connection is up.
    fn control_connected(&mut self, now: Instant);

    /// The TCP connection is gone.
    fn control_closed(&mut self, now: Instant);

    /// Takes octets off the TCP connection and tells how many of them it took. The rest comes again, with what follows
    /// it. An error closes the connection.
    ///
    /// # Errors
    /// If the octets are not PPTP.
    fn handle_control(&mut self, now: Instant, octets: &[u8]) -> Result<usize, ProtocolError>;

    /// Takes a datagram, from its GRE header on.
    fn handle_gre(&mut self, now: Instant, datagram: &mut [u8]);

    /// Does what is due by `now`.
    fn handle_timeout(&mut self, now: Instant);

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    fn next_timeout(&self) -> Option<Instant>;

    /// What is to be written to the TCP connection, if anything is.
    ///
    /// # Errors
    /// If `out` is too small for it.
    fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall>;

    /// The next datagram to send, if there is one, from its GRE header on.
    ///
    /// # Errors
    /// If `out` is too small for it.
    fn poll_gre<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall>;

    /// Does what a user of the end does in between: takes its events, and answers them. Called after every input and
    /// every output.
    fn attend(&mut self, now: Instant) {
        let _ = now;
    }

    /// Whether the TCP connection is to be closed, once everything is written to it.
    fn wants_close(&self) -> bool {
        false
    }
}

/// An end of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The one that opens the control connection.
    Client,
    /// The one that listens on TCP port 1723.
    Server,
}

impl Side {
    /// The other end.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 1,
        }
    }
}

/// What a [`Packet`] is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The control connection: octets that were written to it at once.
    Control,
    /// The end of the control connection; there are no octets.
    Close,
    /// The tunnel: a datagram from its GRE header on.
    Gre,
}

/// Something that was put on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// When.
    pub at: Instant,
    /// Which end it comes from, or claims to.
    pub from: Side,
    /// What it is part of.
    pub kind: Kind,
    /// Its octets.
    pub bytes: Vec<u8>,
    /// Whether it was forged: changed or invented by the attacker or by [`Sim::inject`].
    pub forged: bool,
}

type Attacker = Box<dyn FnMut(&Packet, &mut Vec<Packet>)>;

/// The way to one end.
#[derive(Debug)]
struct Way {
    link: Link,
    pipe: Pipe,
    /// What the end has not taken yet of the TCP stream.
    inbox: Vec<u8>,
    connected: bool,
    blocked: bool,
}

/// Two ends and the path between them, in virtual time: the same ends, seed and calls give the same run.
///
/// ```
/// # use pptp_core::{ProtocolError, codec::BufferTooSmall, time::Instant};
/// # use pptp_core::testkit::{Conditions, Endpoint, Sim};
/// # use core::time::Duration;
/// # struct End;
/// # impl Endpoint for End {
/// #     fn control_connected(&mut self, _: Instant) {}
/// #     fn control_closed(&mut self, _: Instant) {}
/// #     fn handle_control(&mut self, _: Instant, b: &[u8]) -> Result<usize, ProtocolError> { Ok(b.len()) }
/// #     fn handle_gre(&mut self, _: Instant, _: &mut [u8]) {}
/// #     fn handle_timeout(&mut self, _: Instant) {}
/// #     fn next_timeout(&self) -> Option<Instant> { None }
/// #     fn poll_control<'b>(&mut self, _: Instant, _: &'b mut [u8]) -> Result<Option<&'b [u8]>, BufferTooSmall> { Ok(None) }
/// #     fn poll_gre<'b>(&mut self, _: Instant, _: &'b mut [u8]) -> Result<Option<&'b [u8]>, BufferTooSmall> { Ok(None) }
/// # }
/// # let (client, server) = (End, End);
/// let mut sim = Sim::new(client, server, Conditions::ROUGH, 42);
/// sim.connect();
/// sim.run_for(Duration::from_secs(60));
/// let capture: Vec<u8> = pptp_core::testkit::pcap::write(sim.log());
/// ```
///
/// # Panics
/// On what breaks an end's contract, beside what a test checks itself: it never stops sending; it asks for a larger
/// buffer and does not use it; its next timeout is not in the future once everything is polled; it takes more octets
/// than there are. Buffers that are too small and timeouts that are too early are given to it now and then.
pub struct Sim<C, S> {
    /// The end that opens the control connection.
    pub client: C,
    /// The end that listens.
    pub server: S,
    now: Instant,
    rng: Rng,
    /// By the end that they lead to.
    ways: [Way; 2],
    /// When the TCP connection will be up.
    connects: Option<Instant>,
    attacker: Option<Attacker>,
    log: Vec<Packet>,
    keeps_log: bool,
}

impl<C: Endpoint, S: Endpoint> Sim<C, S> {
    /// Two ends over a path that is equally bad in both directions. The time is one second after its epoch.
    #[must_use]
    pub fn new(client: C, server: S, conditions: Conditions, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut way = || Way {
            link: Link::new(conditions, rng.fork()),
            pipe: Pipe::new(conditions, rng.fork()),
            inbox: Vec::new(),
            connected: false,
            blocked: false,
        };
        let ways = [way(), way()];
        Self {
            client,
            server,
            now: Instant::from_millis(1000),
            rng,
            ways,
            connects: None,
            attacker: None,
            log: Vec::new(),
            keeps_log: true,
        }
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Everything that was put on the wire so far, whether or not it arrived.
    #[must_use]
    pub fn log(&self) -> &[Packet] {
        &self.log
    }

    /// Starts or stops the log, which takes as much memory as there is traffic.
    pub const fn keep_log(&mut self, keep: bool) {
        self.keeps_log = keep;
    }

    /// The link that takes datagrams to `side`.
    pub const fn link_to(&mut self, side: Side) -> &mut Link {
        &mut self.ways[side.index()].link
    }

    /// Makes the path better or worse, in both directions, for what is sent from now on.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        for way in &mut self.ways {
            way.link.set_conditions(conditions);
            way.pipe.set_conditions(conditions);
        }
    }

    /// Puts an attacker on the path. It sees every packet of the ends, and nothing crosses but what it puts into the
    /// second argument: a copy of the packet, the packet changed, something else, more, or nothing.
    pub fn set_attacker(&mut self, attacker: impl FnMut(&Packet, &mut Vec<Packet>) + 'static) {
        self.attacker = Some(Box::new(attacker));
    }

    /// Takes the attacker off the path.
    pub fn remove_attacker(&mut self) {
        self.attacker = None;
    }

    /// Puts something on the wire that the end `from` has not sent.
    pub fn inject(&mut self, from: Side, kind: Kind, bytes: &[u8]) {
        let packet = self.packet(from, kind, bytes, true);
        self.cross(packet);
    }

    /// Sends a datagram that an end has given out otherwise than by [`Endpoint::poll_gre`], as with application data.
    pub fn send_gre(&mut self, from: Side, datagram: &[u8]) {
        self.transmit(from, Kind::Gre, datagram);
    }

    /// Opens the TCP connection. It takes one round trip and is then up at both ends.
    pub fn connect(&mut self) {
        for way in &mut self.ways {
            way.pipe = Pipe::new(*way.link.conditions(), self.rng.fork());
            way.inbox.clear();
        }
        let delays = self.ways.iter().map(|way| way.link.conditions().delay);
        self.connects = Some(self.now + delays.sum());
    }

    /// Whether the TCP connection is up at an end.
    #[must_use]
    pub const fn is_connected(&self, side: Side) -> bool {
        self.ways[side.index()].connected
    }

    /// Closes the TCP connection from one end, which does not get to write any more.
    pub fn close(&mut self, side: Side) {
        if core::mem::take(&mut self.ways[side.index()].connected) {
            self.transmit(side, Kind::Close, &[]);
            self.ways[side.index()].inbox.clear();
            let now = self.now;
            self.end(side).control_closed(now);
        }
    }

    /// Has the TCP connection take nothing from an end, as when its send buffer is full, or lets it take again.
    pub const fn block_control(&mut self, from: Side, blocked: bool) {
        self.ways[from.index()].blocked = blocked;
    }

    /// Goes on to the next thing that happens, and lets it happen. False if nothing will.
    pub fn step(&mut self) -> bool {
        self.settle();
        let Some(at) = self.next_event() else {
            return false;
        };
        self.now = self.now.max(at);
        self.happen();
        self.settle();
        true
    }

    /// Lets everything happen that happens within `duration`.
    pub fn run_for(&mut self, duration: Duration) {
        self.run_until(duration, |_| false);
    }

    /// Goes on until `done`, for `limit` at most, and tells whether it is done.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + limit;
        loop {
            self.settle();
            if done(self) {
                return true;
            }
            if self.next_event().is_none_or(|at| at > end) {
                self.now = end;
                return false;
            }
            self.step();
        }
    }

    fn end(&mut self, side: Side) -> &mut dyn Endpoint {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn next_event(&self) -> Option<Instant> {
        let arrivals = self.ways.iter().flat_map(|way| {
            let octets = way.pipe.next_arrival().filter(|_| way.connected);
            [way.link.next_arrival(), octets]
        });
        let timeouts = [self.client.next_timeout(), self.server.next_timeout()];
        arrivals
            .chain(timeouts)
            .chain([self.connects])
            .flatten()
            .min()
    }

    /// Lets one thing happen.
    fn happen(&mut self) {
        let now = self.now;
        if self.connects.is_some_and(|at| at <= now) {
            self.connects = None;
            for side in [Side::Client, Side::Server] {
                self.ways[side.index()].connected = true;
                self.end(side).control_connected(now);
            }
            return;
        }
        for side in [Side::Client, Side::Server] {
            let way = &mut self.ways[side.index()];
            if let Some(mut datagram) = way.link.receive(now) {
                return self.end(side).handle_gre(now, &mut datagram);
            }
            if let Some(piece) = way.connected.then(|| way.pipe.read(now)).flatten() {
                return match piece {
                    Piece::Octets(octets) => way.inbox.extend(octets),
                    Piece::End => self.close(side),
                };
            }
        }
    }

    /// Has both ends do what is due, and say and take everything there is.
    fn settle(&mut self) {
        for side in [Side::Client, Side::Server] {
            let (now, early) = (self.now, self.rng.chance(0.05));
            let end = self.end(side);
            if early || end.next_timeout().is_some_and(|at| at <= now) {
                end.handle_timeout(now);
            }
            let mut rounds = 0;
            while self.settle_once(side) {
                rounds += 1;
                assert!(rounds < 10_000, "the {side:?} never stops sending");
            }
            if self.end(side).wants_close() {
                self.close(side);
            }
            let next = self.end(side).next_timeout();
            assert!(
                next.is_none_or(|at| at > now),
                "it is {now:?}, and the {side:?} still has a timeout at {next:?}"
            );
        }
    }

    /// Tells whether anything went in or out.
    fn settle_once(&mut self, side: Side) -> bool {
        let now = self.now;
        self.end(side).attend(now);
        let mut did_something = self.read_inbox(side);
        let way = &self.ways[side.index()];
        if way.connected && !way.blocked {
            let message = self.poll(side, |end, out| end.poll_control(now, out).map(to_len));
            if let Some(message) = message {
                self.transmit(side, Kind::Control, &message);
                did_something = true;
            }
        }
        if let Some(datagram) = self.poll(side, |end, out| end.poll_gre(now, out).map(to_len)) {
            self.transmit(side, Kind::Gre, &datagram);
            did_something = true;
        }
        self.end(side).attend(now);
        did_something
    }

    /// Tells whether the end took any octets.
    fn read_inbox(&mut self, side: Side) -> bool {
        if self.ways[side.index()].inbox.is_empty() {
            return false;
        }
        let now = self.now;
        let inbox = core::mem::take(&mut self.ways[side.index()].inbox);
        match self.end(side).handle_control(now, &inbox) {
            Ok(taken) => {
                let rest = inbox
                    .get(taken..)
                    .expect("it took more octets than there are");
                self.ways[side.index()].inbox = rest.to_vec();
                taken > 0
            }
            Err(_) => {
                self.close(side);
                true
            }
        }
    }

    /// Polls one output, now and then with a buffer that is too small.
    fn poll(
        &mut self,
        side: Side,
        poll: impl Fn(&mut dyn Endpoint, &mut [u8]) -> Result<Option<usize>, BufferTooSmall>,
    ) -> Option<Vec<u8>> {
        let room = if self.rng.chance(0.25) {
            self.rng.below(200)
        } else {
            4096
        };
        let mut out = vec![0; room];
        let end = self.end(side);
        let len = poll(end, &mut out).unwrap_or_else(|BufferTooSmall { needed }| {
            assert!(needed > room, "{room} octets would have been enough");
            out.resize(needed, 0);
            let len = poll(end, &mut out).expect("it got the buffer that it asked for");
            assert!(
                len.is_some(),
                "it has nothing any more for the larger buffer"
            );
            len
        })?;
        out.truncate(len);
        Some(out)
    }

    fn packet(&self, from: Side, kind: Kind, bytes: &[u8], forged: bool) -> Packet {
        Packet {
            at: self.now,
            from,
            kind,
            bytes: bytes.to_vec(),
            forged,
        }
    }

    /// Puts what an end sends on the wire.
    fn transmit(&mut self, from: Side, kind: Kind, bytes: &[u8]) {
        let packet = self.packet(from, kind, bytes, false);
        let Some(attacker) = &mut self.attacker else {
            return self.cross(packet);
        };
        let mut crossing = Vec::new();
        attacker(&packet, &mut crossing);
        if !crossing.contains(&packet) && self.keeps_log {
            self.log.push(packet.clone());
        }
        for mut other in crossing {
            other.at = self.now;
            other.forged |= (other.from, other.kind, &other.bytes) != (from, kind, &packet.bytes);
            self.cross(other);
        }
    }

    /// Has a packet cross the path.
    fn cross(&mut self, packet: Packet) {
        let way = &mut self.ways[packet.from.peer().index()];
        match packet.kind {
            Kind::Gre => way.link.send(self.now, &packet.bytes),
            Kind::Control => way.pipe.write(self.now, &packet.bytes),
            Kind::Close => way.pipe.end(self.now),
        }
        if self.keeps_log {
            self.log.push(packet);
        }
    }
}

impl<C: fmt::Debug, S: fmt::Debug> fmt::Debug for Sim<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim")
            .field("now", &self.now)
            .field("client", &self.client)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// How long what was put into a buffer is; an end's output starts where its buffer does.
fn to_len(output: Option<&[u8]>) -> Option<usize> {
    output.map(<[u8]>::len)
}

#[cfg(test)]
mod tests;
