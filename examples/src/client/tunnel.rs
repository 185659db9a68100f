//! The loop: what comes from the sockets, the device, the clock and the user goes into the library's `Client`, and what
//! comes out of that goes to them.

mod asking;
mod eap;
mod packets;

use super::arguments::Arguments;
use super::failure::Failure;
use super::lasting::{Lasting, timespec, wait_for};
use super::progress;
use super::status::{Addresses, Arrivals, Status};
use crate::net::control::Control;
use crate::net::gre::GreSocket;
use crate::net::order::Order;
use crate::net::probe::{Probe, modes};
pub use asking::Secrets;
pub use eap::OwnEap;
use log::{debug, trace};
use pptp_core::control::CloseReason;
use pptp_core::ppp::auth::eap::PassThrough;
use pptp_core::ppp::auth::mschapv2::Change;
use pptp_core::ppp::{
    AllocMppc, AnyOrder, ChapMd5, DownReason as LinkDown, Eap, Event as LinkEvent, Ipv4, Ipv4Only,
    MsChapV1Change, MsChapV2Change, Pap, Profile, Sealer,
};
use pptp_core::testkit::Side;
use pptp_core::time::Instant;
use pptp_core::{Client, ClientConfig, DownReason, Event};
use rustix::event::{PollFd, PollFlags};
use std::net::{SocketAddrV4, TcpStream};
use std::time::Duration;

/// How many packets are held back at most until those before them come: at 100 Mbit/s those of 10 ms.
const HELD_PACKETS: usize = 128;

/// How long saying goodbye may take; the library needs less.
const GOODBYE: Duration = Duration::from_secs(10);

/// Every method of authentication, with changes of password; MPPE, delivered late if that is asked for, MPPC with memory once
/// it is agreed on; IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Every;

impl Profile for Every {
    type Suite = Sealer<AllocMppc, 0, AnyOrder<64>>;
    type Auth = (
        (MsChapV2Change, MsChapV1Change),
        ((ChapMd5, Pap), Eap<Change, PassThrough<1500>>),
    );
    type Networks = Ipv4Only;
}

/// One end of a tunnel with its sockets.
#[derive(Debug)]
pub struct Tunnel<'a> {
    lasting: &'a mut Lasting,
    session: Client<Every>,
    secrets: Secrets,
    eap: OwnEap,
    server: SocketAddrV4,
    control: Control<TcpStream>,
    gre: GreSocket,
    order: Order<HELD_PACKETS>,
    arrivals: Arrivals,
    /// Gets it over losses.
    probe: Probe,
    /// Whether the server has to ask who we are.
    needs_authentication: bool,
    authenticated: bool,
    /// What IPCP agreed on. Without it no packet goes to the device or comes from there.
    open: Option<Ipv4>,
    /// Whether TCP is kept from segments that are too long.
    clamps: bool,
    /// For how long packets, if so, once that is known.
    clamp: Option<usize>,
    /// Since when we are saying goodbye, and how long it may take.
    goodbye: Option<Instant>,
    /// Why it cannot go on, if the library does not know.
    failure: Option<Failure>,
    down: Option<DownReason>,
}

impl<'a> Tunnel<'a> {
    /// A tunnel over `tcp` and `gre`, which both lead to `server`.
    #[must_use]
    pub fn new(
        lasting: &'a mut Lasting,
        arguments: &Arguments,
        config: ClientConfig,
        entropy: [u8; 32],
        server: SocketAddrV4,
        (tcp, gre): (TcpStream, GreSocket),
        (secrets, eap): (Secrets, OwnEap),
    ) -> Self {
        Self {
            lasting,
            session: Client::new(config, entropy),
            secrets,
            eap,
            server,
            control: Control::new(tcp),
            gre,
            order: Order::new(arguments.network.patience()),
            arrivals: Arrivals::default(),
            probe: Probe::default(),
            needs_authentication: arguments.policy.needs_authentication(),
            authenticated: false,
            open: None,
            clamps: !arguments.network.no_mss_clamp,
            clamp: None,
            goodbye: None,
            failure: None,
            down: None,
        }
    }

    /// Has the tunnel until it ends, and tells why it did.
    #[must_use]
    pub fn run(mut self) -> Failure {
        progress::step(self.now(), format_args!("TCP connection is up"));
        self.session.control_connected(self.now());
        let failure = match self.turns() {
            Ok(()) => self.end(),
            Err(failure) => failure,
        };
        if let Some(record) = &mut self.lasting.outside {
            record.close(Side::Client);
        }
        for line in self.status().summary() {
            progress::step(self.now(), format_args!("{line}"));
        }
        failure
    }

    fn turns(&mut self) -> Result<(), Failure> {
        loop {
            self.drain();
            let now = self.now();
            if let Some(packet) = self.probe.again(now, self.session.resets()) {
                self.send(now, &packet);
                self.gre.flush();
            }
            if self.is_gone() {
                debug!("there is nobody to say goodbye to");
                self.down = self.session.down_reason();
            }
            if self.down.is_some() {
                return Ok(());
            }
            if self.goodbye.is_some_and(|until| until <= now) {
                debug!("the server takes too long to say goodbye");
                return Ok(());
            }
            if self.session.down_reason().is_some() || self.goodbye.is_some() {
                self.stop_asking();
            }
            if self.failure.is_some() && self.goodbye.is_none() {
                self.say_goodbye(now);
                continue;
            }
            let ready = self.wait(now)?;
            let now = self.now();
            if ready.signal {
                let wishes = self.lasting.wishes();
                if wishes.status {
                    self.tell_status(now);
                }
                if wishes.stop && self.goodbye.is_some() {
                    return Ok(());
                }
                if wishes.stop {
                    progress::step(now, format_args!("hanging up"));
                    self.say_goodbye(now);
                }
            }
            if ready.control {
                let record = self.lasting.outside.as_mut();
                self.control.read(now, &mut self.session, record);
            }
            if ready.gre {
                self.read_gre(now);
            }
            if ready.device {
                self.read_device(now);
            }
            if ready.answer {
                self.read_answer(now);
            }
            self.release(now, None);
            if self.session.next_timeout().is_some_and(|at| at <= now) {
                self.session.handle_timeout(now);
            }
            if let Some(ping) = self.probe.poll(now) {
                self.send(now, &ping);
            }
        }
    }

    /// Whether the server does not answer any more.
    fn is_gone(&self) -> bool {
        use DownReason::{Control, Ppp};
        let reason = self.session.down_reason();
        matches!(
            reason,
            Some(Ppp(LinkDown::PeerLost) | Control(CloseReason::EchoTimedOut))
        )
    }

    fn say_goodbye(&mut self, now: Instant) {
        self.session.close(now);
        self.goodbye = Some(now + GOODBYE);
    }

    /// Why it ended.
    fn end(&mut self) -> Failure {
        if let Some(failure) = self.failure.take() {
            return failure;
        }
        match self.down.unwrap_or(DownReason::Closed) {
            DownReason::Closed => Failure::Stopped,
            // It is for want of authentication that there are no keys.
            DownReason::Ppp(LinkDown::NoEncryptionKeys)
                if self.needs_authentication && !self.authenticated =>
            {
                Failure::NotAuthenticated
            }
            reason => Failure::Down {
                reason: self.eap.explain(reason),
                refused: self.gre.is_refused(),
            },
        }
    }

    fn now(&self) -> Instant {
        self.lasting.clock.now()
    }

    /// Waits until there is something to do.
    fn wait(&mut self, now: Instant) -> Result<Ready, Failure> {
        self.lasting.flush();
        let (order, probe) = (self.order.next_timeout(), self.probe.next_timeout());
        let until = [self.session.next_timeout(), order, probe, self.goodbye]
            .into_iter()
            .flatten()
            .min();
        let timeout = until.map(|until| timespec(until.saturating_since(now)));
        let signals = PollFd::new(&self.lasting.signals, PollFlags::IN);
        // The server may send GRE at once, and that may be here before we have read that there is a call: until then it
        // stays in the kernel. A server whose first Configure-Request is lost waits for three seconds.
        let gre =
            (self.session.call_info().is_some()).then(|| PollFd::new(&self.gre, PollFlags::IN));
        let device = self.lasting.local.device();
        // One that is gone is always ready.
        let device = device.filter(|_| self.failure.is_none());
        let device = device.map(|device| PollFd::new(device, PollFlags::IN));
        let answer = self.secrets.prompt();
        let answer = answer.map(|prompt| PollFd::new(prompt, PollFlags::IN));
        let (has_gre, has_device) = (gre.is_some(), device.is_some());
        let has_question = answer.is_some();
        let mut sources = [
            signals.clone(),
            self.control.source(),
            gre.unwrap_or(signals.clone()),
            device.unwrap_or(signals.clone()),
            answer.unwrap_or(signals),
        ];
        wait_for(&mut sources, timeout.as_ref())?;
        let [signal, control, gre, device, answer] =
            sources.map(|source| !source.revents().is_empty());
        Ok(Ready {
            signal,
            control,
            gre: gre && has_gre,
            device: device && has_device,
            answer: answer && has_question,
        })
    }

    /// Does all that the library wants done.
    fn drain(&mut self) {
        while self.drain_once() {}
        self.gre.flush();
    }

    /// Tells whether there was anything, and so may be more: what one outlet gives may open another.
    fn drain_once(&mut self) -> bool {
        let now = self.now();
        let record = self.lasting.outside.as_mut();
        let mut did_something = self.control.exchange(now, &mut self.session, record);
        while self.send_own(now) {
            did_something = true;
        }
        while self.next_event(now) {
            did_something = true;
        }
        did_something
    }

    /// Tells the next event, and whether there was one.
    fn next_event(&mut self, now: Instant) -> bool {
        let Some(event) = self.session.poll_event() else {
            return false;
        };
        progress::event(now, &event);
        match event {
            Event::Ppp(LinkEvent::PasswordWanted {
                error,
                retry,
                change,
                ..
            }) => self.want(now, (error, retry, change)),
            Event::Ppp(LinkEvent::Eap(eap)) => {
                let (id, packet) = (eap.id, eap.packet.to_vec());
                self.answer_eap(now, id, &packet);
            }
            Event::Ppp(LinkEvent::Authenticated) => {
                self.authenticated = true;
                let (method, _) = self.session.authentication();
                progress::authenticated(now, method, self.eap.proved());
                self.believed(now);
            }
            Event::Ppp(LinkEvent::Encryption { .. }) => self.check_authentication(),
            Event::Ppp(LinkEvent::Ipv4Up(ipv4)) => self.come_up(now, ipv4),
            Event::Ppp(LinkEvent::Ipv4Down) => {
                self.open = None;
                self.probe.stop();
            }
            Event::Down(reason) => self.down = Some(reason),
            other => trace!("{other:?}"),
        }
        true
    }

    fn check_authentication(&mut self) {
        if self.needs_authentication && !self.authenticated && self.failure.is_none() {
            self.failure = Some(Failure::NotAuthenticated);
        }
    }

    fn come_up(&mut self, now: Instant, ipv4: Ipv4) {
        self.check_authentication();
        if self.failure.is_some() || self.goodbye.is_some() {
            return;
        }
        if let Err(failure) = self.lasting.local.up(&ipv4, *self.server.ip()) {
            self.failure = Some(failure);
            return;
        }
        self.open = Some(ipv4);
        self.clamp = self.clamps.then_some(ipv4.mtu);
        self.probe
            .start(ipv4.local, ipv4.remote, modes(&self.session));
        self.lasting.came_up(now);
        let device = self
            .lasting
            .local
            .device()
            .map_or("", |device| device.name());
        progress::step(now, format_args!("up: {}", Addresses(device, &ipv4)));
        for dns in ipv4.dns.iter().flatten() {
            progress::step(now, format_args!("DNS server {dns}"));
        }
    }

    fn tell_status(&self, now: Instant) {
        for line in self.status().lines() {
            progress::step(now, format_args!("{line}"));
        }
    }

    fn status(&self) -> Status<'_> {
        let since = self.lasting.up_since.zip(self.open);
        let mut traffic = self.lasting.traffic;
        traffic.unsent += self.gre.unsent();
        Status {
            up: since
                .zip(self.lasting.local.device())
                .map(|((since, ipv4), device)| {
                    let time = self.now().saturating_since(since);
                    (ipv4, device.name(), time)
                }),
            encryption: self.session.encryption(),
            compression: self.session.compression(),
            tunnels: self.lasting.tunnels,
            traffic,
            arrivals: self.arrivals,
            overtaken: self.order.overtaken(),
            late: self.session.delivered_late(),
            gre: self.session.gre_stats(),
            control: self.session.control_stats(),
        }
    }
}

/// What there is to do.
#[derive(Debug, Clone, Copy)]
struct Ready {
    signal: bool,
    control: bool,
    gre: bool,
    device: bool,
    answer: bool,
}
