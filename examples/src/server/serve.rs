//! The loop: what comes from sockets, devices, the clock and signals goes to the tunnels, and what comes out of them goes
//! back.

use super::Failure;
use super::admission::Admission;
use super::arguments::Arguments;
use super::config::Config;
use super::control::Console;
use super::devices::Outlet;
use super::eap_tls;
use super::filtering::Refusals;
use super::guarding::Guard;
use super::packets::Sockets;
use super::passwords::Passwords;
use super::pool::Pool;
use super::radius::{self, Ticket};
use super::table::Table;
use super::tunnel::{Newcomer, Tunnel};
use super::users::Users;
use crate::net::SystemError;
use crate::net::clock::{Clock, entropy};
use crate::net::signals::Signals;
use mio::net::TcpListener;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use pptp_core::time::Instant;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;
use tracing::{debug, info, warn};

/// How much is taken from one source before the others have their turn.
pub const TURN: usize = 64;

/// How long clients have to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// How long nobody is accepted after the kernel could not give us another connection.
const BREATHER: Duration = Duration::from_millis(200);

/// The server.
#[derive(Debug)]
pub struct Server {
    pub(super) config: Config,
    pub(super) arguments: Arguments,
    pub(super) radius: Option<radius::Client<Ticket>>,
    /// What is shown to clients in EAP-TLS and PEAP, if one of these is allowed.
    pub(super) tls: Option<eap_tls::Certificates>,
    pub(super) users: Users,
    pub(super) passwords: Passwords,
    pub(super) pool: Pool,
    pub(super) admission: Box<Admission>,
    /// What the filter has not let in.
    pub(super) refusals: Refusals,
    pub(super) guard: Box<Guard>,
    pub(super) table: Table,
    pub(super) outlet: Outlet,
    pub(super) clock: Clock,
    pub(super) poll: Poll,
    listener: TcpListener,
    /// When somebody can be accepted again.
    breather: Option<Instant>,
    signals: Signals,
    console: Option<Console>,
    pub(super) gre: Sockets,
    /// Of which there may be more than was taken.
    pub(super) again: Vec<Source>,
    /// The tunnels that may have something to say.
    marked: Vec<usize>,
    /// How many there have been.
    pub(super) number: u64,
    /// When it ends, whoever is left.
    stopping: Option<Instant>,
}

/// What there is something to read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Somebody connects.
    Listener,
    /// A signal.
    Signals,
    /// Somebody has a command.
    Console,
    /// Whoever had one.
    Visitor(usize),
    /// The device for all.
    Device,
    /// A raw socket.
    Gre(usize),
    /// A tunnel's control connection.
    Control(usize),
    /// A tunnel's own device.
    Own(usize),
    /// A socket on which a RADIUS server is asked.
    Radius(usize),
}

impl Source {
    /// What stands for it.
    #[must_use]
    pub const fn token(self) -> Token {
        let (kind, index) = match self {
            Self::Listener => (0, 0),
            Self::Signals => (1, 0),
            Self::Console => (2, 0),
            Self::Visitor(index) => (3, index),
            Self::Device => (4, 0),
            Self::Gre(index) => (5, index),
            Self::Control(index) => (6, index),
            Self::Own(index) => (7, index),
            Self::Radius(index) => (8, index),
        };
        Token(index << 4 | kind)
    }

    const fn from_token(Token(token): Token) -> Self {
        let index = token >> 4;
        match token & 15 {
            0 => Self::Listener,
            1 => Self::Signals,
            2 => Self::Console,
            3 => Self::Visitor(index),
            4 => Self::Device,
            5 => Self::Gre(index),
            6 => Self::Control(index),
            7 => Self::Own(index),
            _ => Self::Radius(index),
        }
    }
}

impl Server {
    /// A server that listens. `arguments` tell where its configuration is.
    ///
    /// # Errors
    /// [`Failure`] if the configuration is no good, or the operating system does not let us.
    pub fn new(config: Config, arguments: Arguments) -> Result<Self, Failure> {
        let passwords = Passwords::read(config.passwords.file.as_deref())?;
        let users = Users::new(&config.users, &passwords)?;
        let outlet = Outlet::new(&config)?;
        let what = format!("listening on {}", config.listen);
        let mut listener = TcpListener::bind(SocketAddr::V4(config.listen))
            .map_err(SystemError::needing(what, "CAP_NET_BIND_SERVICE"))?;
        let mut signals = Signals::new(&[SIGINT, SIGTERM, SIGHUP])?;
        let console = config.control_socket.as_deref().map(Console::new);
        let mut console = console.transpose()?;

        let failure = |error| SystemError::new("epoll", error);
        let poll = Poll::new().map_err(failure)?;
        let registry = poll.registry();
        let read = Interest::READABLE;
        registry
            .register(&mut listener, Source::Listener.token(), read)
            .map_err(failure)?;
        let fd = signals.as_fd().as_raw_fd();
        registry
            .register(&mut SourceFd(&fd), Source::Signals.token(), read)
            .map_err(failure)?;
        if let Some(console) = &mut console {
            registry
                .register(console.listener(), Source::Console.token(), read)
                .map_err(failure)?;
        }
        if let Some(device) = outlet.shared() {
            let fd = device.as_raw_fd();
            registry
                .register(&mut SourceFd(&fd), Source::Device.token(), read)
                .map_err(failure)?;
        }
        // Signals that came before they were waited for.
        let _ = signals.take().count();
        let limits = &config.limits;
        let most = limits.sessions.saturating_add(limits.half_open);
        Ok(Self {
            pool: Pool::new(config.network.pool.clone()),
            admission: Box::new(Admission::new(config.limits.admission())),
            refusals: Refusals::default(),
            guard: Box::new(Guard::new(config.guard.config(), entropy()?)),
            radius: radius::Client::new(&config.radius)?,
            tls: eap_tls::certificates(&config)?,
            config,
            arguments,
            users,
            passwords,
            table: Table::new(most, entropy()?),
            outlet,
            clock: Clock::start(),
            poll,
            listener,
            breather: None,
            signals,
            console,
            gre: Sockets::default(),
            again: Vec::new(),
            marked: Vec::new(),
            number: 0,
            stopping: None,
        })
    }

    /// Serves until it is told to stop.
    ///
    /// # Errors
    /// [`Failure`] if the operating system fails us.
    pub fn run(mut self) -> Result<(), Failure> {
        info!(
            listen = %self.config.listen,
            users = self.users.count(),
            device = self.outlet.shared().map_or("one each", |device| device.name()),
            "listening"
        );
        let mut events = Events::with_capacity(1024);
        let mut ready = Vec::new();
        loop {
            match self.poll.poll(&mut events, self.patience()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(SystemError::new("epoll", error).into()),
            }
            ready.append(&mut self.again);
            ready.extend(events.iter().map(|event| Source::from_token(event.token())));
            let now = self.clock.now();
            for source in ready.drain(..) {
                self.handle(now, source)?;
            }
            self.wake(now);
            while let Some(place) = self.marked.pop() {
                if let Some(tunnel) = self.table.get(place) {
                    tunnel.marked = false;
                }
                self.settle(now, place);
                self.table.set_alarm(place);
                if self
                    .table
                    .get(place)
                    .is_some_and(|it| it.has_more_control())
                {
                    self.again.push(Source::Control(place));
                }
            }
            self.gre.flush();
            if let Some(until) = self.stopping
                && (self.table.is_empty() || until <= now)
            {
                if self.config.network.pptp_only {
                    info!(refused = %self.refusals, "the filter");
                }
                info!(cut_off = self.table.len(), "stopped");
                return Ok(());
            }
        }
    }

    /// How long there is nothing to do of itself.
    fn patience(&self) -> Option<Duration> {
        if !self.again.is_empty() {
            return Some(Duration::ZERO);
        }
        let radius = self.radius.as_ref().and_then(radius::Client::next_timeout);
        let alarms = [
            self.table.next_alarm(),
            self.stopping,
            self.breather,
            radius,
        ];
        let until = alarms.into_iter().flatten().min()?;
        let left = until.saturating_since(self.clock.now());
        // The kernel counts in milliseconds; too early would be for nothing.
        Some(left.saturating_add(Duration::from_micros(999)))
    }

    fn handle(&mut self, now: Instant, source: Source) -> Result<(), Failure> {
        match source {
            Source::Listener => self.accept(now),
            Source::Signals => self.obey_signals(now)?,
            Source::Console => self.welcome(),
            Source::Visitor(visitor) => self.serve_visitor(now, visitor),
            Source::Device => self.read_device(now)?,
            Source::Gre(gre) => self.read_gre(now, gre),
            Source::Control(place) => {
                if let Some(tunnel) = self.table.get(place) {
                    tunnel.read_control(now);
                    self.mark(place);
                }
            }
            Source::Own(place) => self.read_own_device(now, place),
            Source::Radius(question) => self.read_radius(now, question),
        }
        Ok(())
    }

    /// Does what time demands.
    fn wake(&mut self, now: Instant) {
        if self.breather.is_some_and(|at| at <= now) {
            self.breather = None;
            self.again.push(Source::Listener);
        }
        while let Some(place) = self.table.take_alarm(now) {
            let Some(tunnel) = self.table.get(place) else {
                continue;
            };
            tunnel.release(now, None, self.outlet.shared());
            tunnel.wake(now, self.gre.get(tunnel.gre));
            self.mark(place);
        }
        self.wake_radius(now);
    }

    fn accept(&mut self, now: Instant) {
        if self.stopping.is_some() || self.breather.is_some() {
            return;
        }
        for _ in 0..TURN {
            let (tcp, peer) = match self.listener.accept() {
                Ok((tcp, SocketAddr::V4(peer))) => (tcp, peer),
                Ok(_) => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // Whoever it was is gone again.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => {
                    warn!(%error, "cannot accept connections");
                    self.breather = Some(now + BREATHER);
                    return;
                }
            };
            let Some(ticket) = self.welcome_client(now, peer) else {
                continue;
            };
            let newcomer = Newcomer { tcp, peer, ticket };
            if let Err(error) = self.begin(now, newcomer) {
                warn!(%peer, %error, "cannot serve");
                self.admission.closed(ticket);
            }
        }
        self.again.push(Source::Listener);
    }

    /// Starts a tunnel.
    fn begin(&mut self, now: Instant, newcomer: Newcomer) -> Result<(), SystemError> {
        let Newcomer { tcp, peer, .. } = &newcomer;
        let peer = *peer;
        let failure = |error| SystemError::new("TCP", error);
        // Each message is a segment of its own: there are peers that expect it so.
        tcp.set_nodelay(true).map_err(failure)?;
        let SocketAddr::V4(local) = tcp.local_addr().map_err(failure)? else {
            return Err(failure(ErrorKind::AddrNotAvailable.into()));
        };
        let entropy = entropy()?;
        let gre = self.gre.open(*local.ip(), self.poll.registry())?;
        // Nothing fails from here on: what is taken is given back when the tunnel is removed.
        let address = self.address_for_nobody();
        let mut session = pptp_core::Server::new(self.session_config(address), entropy);
        session.control_connected(now);
        self.number += 1;
        let patience = Duration::from_millis(self.config.timing.reorder.into());
        let mut tunnel = Tunnel::new(self.number, newcomer, session, gre, patience, now);
        tunnel.clamps = self.config.network.clamp_mss;
        tunnel.address = address;
        tunnel.pooled = address.is_some();
        if self.config.limits.setup_timeout != 0 {
            tunnel.deadline = Some(now + self.config.limits.patience());
        }
        debug!(session = tunnel.number, %peer, "connected");
        let place = self.table.insert(tunnel);
        if let Some(tunnel) = self.table.get(place) {
            let both = Interest::READABLE | Interest::WRITABLE;
            let token = Source::Control(place).token();
            if let Err(error) = self.poll.registry().register(tunnel.tcp(), token, both) {
                warn!(session = tunnel.number, %error, "epoll");
                tunnel.session.control_closed(now);
            }
        }
        self.mark(place);
        Ok(())
    }

    /// Has a tunnel say all that it has to say.
    pub(super) fn settle(&mut self, now: Instant, place: usize) {
        loop {
            let Some(tunnel) = self.table.get(place) else {
                return;
            };
            let gre = self.gre.get(tunnel.gre);
            let spoke = gre.is_some_and(|gre| tunnel.flush(now, gre));
            let happening = tunnel.poll();
            let happened = happening.is_some();
            if let Some(happening) = happening {
                self.follow(now, place, happening);
            }
            if !spoke && !happened {
                break;
            }
        }
        if let Some(tunnel) = self.table.get(place)
            && let Some(gre) = self.gre.get(tunnel.gre)
        {
            tunnel.mend(now, gre);
        }
        let is_lost = |tunnel: &mut Tunnel| !tunnel.up && tunnel.session.down_reason().is_some();
        if self.table.get(place).is_some_and(is_lost) {
            // Whoever merely knows a name must not keep an address while the link ends.
            self.take_back_address(place);
        }
        self.cut_off(now, place);
    }

    /// Forgets a tunnel that has ended.
    pub(super) fn remove(&mut self, now: Instant, place: usize) {
        self.forget_question(place);
        let Some(mut tunnel) = self.table.remove(now, place) else {
            return;
        };
        // A failure means that it is not registered.
        let _ = self.poll.registry().deregister(tunnel.tcp());
        self.outlet.disconnect(&mut tunnel);
        if let Some(address) = tunnel.address.filter(|_| tunnel.pooled) {
            self.pool.give_back(address);
        }
        self.admission.closed(tunnel.ticket);
        self.gre.close(tunnel.gre);
    }

    /// Notes that a tunnel may have something to say.
    pub(super) fn mark(&mut self, place: usize) {
        if let Some(tunnel) = self.table.get(place)
            && !tunnel.marked
        {
            tunnel.marked = true;
            self.marked.push(place);
        }
    }

    fn obey_signals(&mut self, now: Instant) -> Result<(), Failure> {
        let signals: Vec<i32> = self.signals.take().collect();
        for signal in signals {
            if signal == SIGHUP {
                self.reload(now);
            } else if self.stopping.is_some() {
                info!(cut_off = self.table.len(), "stopped at once");
                self.stopping = Some(now);
            } else {
                info!(sessions = self.table.len(), "stopping");
                self.stopping = Some(now + GOODBYE);
                let all: Vec<usize> = self.table.iter().map(|(place, _)| place).collect();
                for place in all {
                    self.end(now, place, "the server stops");
                }
            }
        }
        Ok(())
    }

    fn welcome(&mut self) {
        let registry = self.poll.registry();
        if let Some(console) = &mut self.console {
            console.accept(registry);
        }
    }

    fn serve_visitor(&mut self, now: Instant, visitor: usize) {
        let Some(mut console) = self.console.take() else {
            return;
        };
        if let Some(command) = console.read(visitor) {
            let answer = self.obey(now, &command);
            console.answer(visitor, &answer);
        }
        console.write(visitor, self.poll.registry());
        self.console = Some(console);
    }
}
