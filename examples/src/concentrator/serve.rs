//! The loop: what comes from lines, the server, the clock and signals goes to the calls, and what comes out of them goes
//! back.

use super::arguments::Arguments;
use super::failure::Failure;
use super::line::{Line, Outcome};
use super::port::{Port, Pty};
use crate::client::progress::step;
use crate::net::SystemError;
use crate::net::clock::{Clock, entropy};
use crate::net::gre::{GreSocket, MAX_DATAGRAM};
use crate::net::signals::Signals;
use mio::net::{TcpListener, TcpStream};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use pptp_core::calls::{Calls, Slot};
use pptp_core::gre::{peek_call_id, strip_ipv4};
use pptp_core::ppp::Random;
use pptp_core::time::Instant;
use signal_hook::consts::{SIGINT, SIGTERM};
use slab::Slab;
use std::io::ErrorKind;
use std::net::{SocketAddr, SocketAddrV4, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

/// How many packets are taken before the lines have their turn.
const TURN: usize = 64;

/// How long the server has to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// What there is to wait for; a line has two tokens, for itself and for its control connection.
const SIGNALS: Token = Token(0);
const LISTENER: Token = Token(1);
const GRE: Token = Token(2);
const FIRST: usize = 4;

/// The loop.
#[derive(Debug)]
pub struct Loop<'a> {
    arguments: &'a Arguments,
    server: SocketAddrV4,
    clock: Clock,
    poll: Poll,
    signals: Signals,
    gre: GreSocket,
    listener: Option<TcpListener>,
    lines: Slab<Line>,
    /// Which line a call id is of.
    calls: Calls<usize, Vec<Slot<usize>>>,
    number: u64,
    /// Whether there may be more packets than were taken.
    more: bool,
    stopping: Option<Instant>,
}

impl<'a> Loop<'a> {
    /// With all that it needs open.
    ///
    /// # Errors
    /// [`Failure`] if the operating system does not let us, or the server has no address.
    pub fn new(arguments: &'a Arguments) -> Result<Self, Failure> {
        let server = resolve(&arguments.server, arguments.port)?;
        let failed = |error| SystemError::new("epoll", error);
        let poll = Poll::new().map_err(failed)?;
        let registry = poll.registry();
        let signals = Signals::new(&[SIGINT, SIGTERM])?;
        let gre = GreSocket::connected(*server.ip())?;
        gre.let_fragment()?;
        for (fd, token) in [
            (signals.as_fd().as_raw_fd(), SIGNALS),
            (gre.as_raw_fd(), GRE),
        ] {
            registry
                .register(&mut SourceFd(&fd), token, Interest::READABLE)
                .map_err(failed)?;
        }
        let listen = |address| {
            let mut listener = TcpListener::bind(address)
                .map_err(|error| SystemError::new(format_args!("listening on {address}"), error))?;
            registry
                .register(&mut listener, LISTENER, Interest::READABLE)
                .map_err(failed)?;
            Ok::<_, SystemError>(listener)
        };
        let listener = arguments.listen_tcp.map(listen).transpose()?;
        // As many may end within a quarantine as there are.
        let slots = vec![Slot::EMPTY; usize::from(arguments.lines) * 2];
        let mut random = Random::new(entropy()?);
        let quarantine = Calls::<usize, Vec<Slot<usize>>>::QUARANTINE;
        let mut this = Self {
            arguments,
            server,
            clock: Clock::start(),
            signals,
            gre,
            listener,
            lines: Slab::new(),
            calls: Calls::new(slots, quarantine, &mut random),
            number: 0,
            more: false,
            stopping: None,
            poll,
        };
        for link in &arguments.pty {
            let port = Port::Pty(Pty::open(link)?);
            this.add(port).map_err(failed)?;
        }
        Ok(this)
    }

    /// Serves until it is told to stop.
    ///
    /// # Errors
    /// [`Failure`] if the operating system fails us.
    pub fn run(mut self) -> Result<(), Failure> {
        let now = self.clock.now();
        if let Some(address) = self.arguments.listen_tcp {
            step(
                now,
                format_args!("lines come in on {address}, for {}", self.server),
            );
        }
        for (_, line) in &self.lines {
            line.say(
                now,
                format_args!("{} is a line for {}", line.port.name(), self.server),
            );
        }
        let mut events = Events::with_capacity(256);
        loop {
            match self.poll.poll(&mut events, self.patience()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(SystemError::new("epoll", error).into()),
            }
            let now = self.clock.now();
            for event in &events {
                match event.token() {
                    SIGNALS => self.obey(now),
                    LISTENER => self.accept(now),
                    GRE => {}
                    Token(token) => {
                        let (key, is_control) = ((token - FIRST) / 2, token % 2 == 1);
                        if is_control {
                            self.control_ready(now, key);
                            // Before packets of the call that this may be about.
                            self.turn(now, key);
                        } else {
                            self.line_ready(now, key);
                        }
                    }
                }
            }
            self.read_gre(now);
            let keys: Vec<_> = self.lines.iter().map(|(key, _)| key).collect();
            for key in keys {
                self.turn(now, key);
            }
            self.gre.flush();
            if let Some(until) = self.stopping
                && (until <= now || !self.lines.iter().any(|(_, line)| line.is_busy()))
            {
                step(now, format_args!("stopped"));
                return Ok(());
            }
        }
    }

    /// A line is there.
    fn add(&mut self, mut port: Port) -> std::io::Result<usize> {
        let entry = self.lines.vacant_entry();
        let key = entry.key();
        port.register(self.poll.registry(), Token(FIRST + 2 * key))?;
        self.number += 1;
        entry.insert(Line::new(self.number, port));
        Ok(key)
    }

    fn patience(&self) -> Option<Duration> {
        if self.more || self.lines.iter().any(|(_, line)| line.more) {
            return Some(Duration::ZERO);
        }
        let lines = self
            .lines
            .iter()
            .filter_map(|(_, line)| line.next_timeout());
        let until = lines.chain(self.stopping).min()?;
        let left = until.saturating_since(self.clock.now());
        // The kernel counts in milliseconds; too early would be for nothing.
        Some(left.saturating_add(Duration::from_micros(999)))
    }

    fn obey(&mut self, now: Instant) {
        for _ in self.signals.take() {
            if self.stopping.is_some() {
                self.stopping = Some(now);
                continue;
            }
            let busy = self.lines.iter().filter(|(_, line)| line.is_busy()).count();
            step(now, format_args!("told to stop: {busy} lines to hang up"));
            self.stopping = Some(now + GOODBYE);
            for (_, line) in &mut self.lines {
                line.end(now);
            }
        }
    }

    fn accept(&mut self, now: Instant) {
        loop {
            let Some(accepted) = self.listener.as_ref().map(TcpListener::accept) else {
                return;
            };
            let (tcp, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    // The next one in the queue may be there all the same.
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => continue,
                    _ => return step(now, format_args!("a line cannot be taken: {error}")),
                },
            };
            if self.stopping.is_some() {
                continue;
            }
            if self.lines.len() >= usize::from(self.arguments.lines) {
                step(
                    now,
                    format_args!("{peer} is turned away: all lines are busy"),
                );
                continue;
            }
            let _ = tcp.set_nodelay(true);
            match self.add(Port::Tcp(tcp, peer)) {
                Ok(key) => self.ring(now, key),
                Err(error) => step(now, format_args!("{peer}: {error}")),
            }
        }
    }

    /// A line that is quiet has something to say: a call for it.
    fn line_ready(&mut self, now: Instant, key: usize) {
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        line.write();
        line.more |= line.is_busy();
        if !line.is_busy() && self.stopping.is_none() && line.port.has_input() {
            self.ring(now, key);
        }
    }

    fn ring(&mut self, now: Instant, key: usize) {
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        let Ok(id) = self.calls.allocate(now, *self.server.ip(), key) else {
            return line.say(now, format_args!("there is no call id for it"));
        };
        let connect = TcpStream::connect(SocketAddr::V4(self.server)).and_then(|mut tcp| {
            let both = Interest::READABLE | Interest::WRITABLE;
            let token = Token(FIRST + 2 * key + 1);
            self.poll.registry().register(&mut tcp, token, both)?;
            Ok(tcp)
        });
        let patience = Duration::from_secs(self.arguments.connect_timeout.into());
        match connect {
            Ok(tcp) => line.ring(now, id, tcp, patience),
            Err(error) => {
                line.say(now, format_args!("{}: {error}", self.server));
                self.calls.free(now, *self.server.ip(), id);
                self.hang_up(now, key);
            }
        }
    }

    fn control_ready(&mut self, now: Instant, key: usize) {
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        if let Some(error) = line.tcp_ready(now) {
            line.say(now, format_args!("{}: {error}", self.server));
            self.hang_up(now, key);
        }
    }

    /// Gives a line its turn.
    fn turn(&mut self, now: Instant, key: usize) {
        let Some(line) = self.lines.get_mut(key).filter(|line| line.is_busy()) else {
            return;
        };
        let mut outcome = Outcome::Goes;
        if line.next_timeout().is_some_and(|at| at <= now) {
            outcome = line.wake(now);
        }
        if line.more {
            line.read(now, &mut self.gre);
        }
        if outcome == Outcome::Goes {
            outcome = line.settle(now, self.arguments, &mut self.gre);
        }
        if outcome == Outcome::Over {
            self.hang_up(now, key);
        }
    }

    /// A line's call is over, and with it the line, until it rings again.
    fn hang_up(&mut self, now: Instant, key: usize) {
        let Some(mut line) = self.lines.try_remove(key) else {
            return;
        };
        // Goodbyes go out before.
        self.gre.flush();
        if let Some(id) = line.call_id() {
            self.calls.free(now, *self.server.ip(), id);
        }
        if let Some(tcp) = line.tcp() {
            let _ = self.poll.registry().deregister(tcp);
        }
        let number = line.number;
        let Some(mut line) = line.hang_up(now) else {
            return;
        };
        let entry = self.lines.vacant_entry();
        let token = Token(FIRST + 2 * entry.key());
        match line.port.register(self.poll.registry(), token) {
            Ok(()) => drop(entry.insert(line)),
            Err(error) => step(now, format_args!("line {number}: {error}")),
        }
    }

    fn read_gre(&mut self, now: Instant) {
        let mut buffer = [0; MAX_DATAGRAM];
        let server = *self.server.ip();
        self.more = true;
        for _ in 0..TURN {
            let len = match self.gre.read(&mut buffer) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.more = false;
                    return;
                }
                Err(_) => continue,
            };
            let Ok(datagram) = strip_ipv4(buffer.get_mut(..len).unwrap_or_default()) else {
                continue;
            };
            let line = peek_call_id(datagram)
                .ok()
                .and_then(|id| self.calls.get(server, id))
                .and_then(|&key| self.lines.get_mut(key));
            if let Some(line) = line
                && let Err(discard) = line.receive(now, datagram)
            {
                log::trace!("line {}: dropped: {discard}", line.number);
            }
        }
    }
}

/// The first IPv4 address of the server: PPTP has no IPv6.
fn resolve(host: &str, port: u16) -> Result<SocketAddrV4, Failure> {
    let addresses = (host, port).to_socket_addrs();
    let mut addresses = addresses.map_err(|error| Failure::Unknown(format!("{host}: {error}")))?;
    let found = addresses.find_map(|address| match address {
        SocketAddr::V4(address) => Some(address),
        SocketAddr::V6(_) => None,
    });
    found.ok_or_else(|| Failure::Unknown(format!("{host} has no IPv4 address")))
}
