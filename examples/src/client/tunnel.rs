//! The loop: what comes from the sockets, the device, the clock and the user goes into the library's `Client`, and what
//! comes out of that goes to them.

use super::arguments::Arguments;
use super::device::TunnelDevice;
use super::failure::Failure;
use super::progress;
use crate::net::clock::Clock;
use crate::net::gre::{GreSocket, MAX_DATAGRAM};
use crate::net::signals::Signals;
use ipnet::Ipv4Net;
use log::{debug, trace};
use pptp_core::codec::BufferTooSmall;
use pptp_core::gre::{Received, Reorder, strip_ipv4};
use pptp_core::ppp::{Event as LinkEvent, Inbound, Ipv4, Minimal};
use pptp_core::time::Instant;
use pptp_core::{Client, ClientConfig, DownReason, Event, MAX_OUTPUT, Network, SendError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddrV4, TcpStream};
use std::time::Duration;

/// The longest packet that is read, in octets: longer ones do not fit the tunnel.
const MAX_PACKET: usize = MAX_DATAGRAM;

/// How many packets are held back at most until those before them come: at 100 Mbit/s those of 10 ms.
const HELD_PACKETS: usize = 128;

/// The longest payload that is held back, in octets.
const HELD_LEN: usize = 1536;

/// How many packets are taken from one source before the others have their turn.
const TURN: usize = 64;

/// How long saying goodbye may take; the library needs less.
const GOODBYE: Duration = Duration::from_secs(10);

type Order = Reorder<HELD_PACKETS, HELD_LEN>;

/// The signals by which a user asks to stop.
pub const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// What is counted here and not by the library.
#[derive(Debug, Clone, Copy, Default)]
struct Counters {
    /// Packets that went into the tunnel, and their octets.
    sent: (u64, u64),
    /// Packets that came out of it, and their octets.
    received: (u64, u64),
    /// Packets that came out although others had overtaken them.
    reordered: u64,
    /// Packets for the tunnel that did not get through: it was not up, or the network was full.
    unsent: u64,
}

/// One end of a tunnel with its sockets and its device.
#[derive(Debug)]
pub struct Tunnel {
    session: Client<Minimal>,
    server: SocketAddrV4,
    gre: GreSocket,
    order: Option<Box<Order>>,
    device: Option<TunnelDevice>,
    device_name: Option<String>,
    routes: Vec<Ipv4Net>,
    counters: Counters,
    /// The highest sequence number that came.
    highest: Option<u32>,
    /// The last one that came after a higher one.
    overtaken: Option<u32>,
    clock: Clock,
    /// Why it cannot go on, if the library does not know.
    failure: Option<Failure>,
    down: Option<DownReason>,
}

/// The TCP connection and what is on its way through it.
#[derive(Debug)]
struct Control {
    tcp: TcpStream,
    /// Came, and not taken by the library yet.
    inbox: Vec<u8>,
    /// Given by the library, and not taken by the kernel yet.
    outbox: Vec<u8>,
}

impl Tunnel {
    /// A tunnel whose clock starts now.
    #[must_use]
    pub fn new(
        arguments: &Arguments,
        config: ClientConfig,
        entropy: [u8; 32],
        server: SocketAddrV4,
        gre: GreSocket,
    ) -> Self {
        Self {
            session: Client::new(config, entropy),
            server,
            gre,
            order: arguments
                .patience()
                .map(|patience| Box::new(Order::with_timeout(patience))),
            device: None,
            device_name: arguments.device.clone(),
            routes: arguments.route.clone(),
            counters: Counters::default(),
            highest: None,
            overtaken: None,
            clock: Clock::start(),
            failure: None,
            down: None,
        }
    }

    /// Has a tunnel over `tcp` until it ends, and tells why it did, and whether the server's machine said that it takes
    /// no GRE.
    ///
    /// # Errors
    /// [`Failure`] if it was the operating system.
    pub fn run(
        mut self,
        tcp: TcpStream,
        mut signals: Signals,
    ) -> Result<(DownReason, bool), Failure> {
        let mut control = Control {
            tcp,
            inbox: Vec::new(),
            outbox: Vec::new(),
        };
        let mut goodbye: Option<Instant> = None;
        progress::step(self.now(), format_args!("TCP connection is up"));
        self.session.control_connected(self.now());
        loop {
            self.drain(&mut control);
            if self.down.is_some() {
                break;
            }
            let now = self.now();
            if goodbye.is_some_and(|until| until <= now) {
                debug!("the server takes too long to say goodbye");
                break;
            }
            let ready = self.wait(now, goodbye, &control, &signals)?;
            let now = self.now();
            if ready.signal {
                if signals.take().count() > 0 && goodbye.is_some() {
                    break;
                }
                progress::step(now, format_args!("hanging up"));
                self.session.close(now);
                goodbye = Some(now + GOODBYE);
            }
            if ready.control {
                self.read_control(now, &mut control);
            }
            if ready.gre {
                self.read_gre(now);
            }
            if ready.device {
                self.read_device(now);
            }
            self.release(now, None);
            if self.session.next_timeout().is_some_and(|at| at <= now) {
                self.session.handle_timeout(now);
            }
            if self.failure.is_some() && goodbye.is_none() {
                self.session.close(now);
                goodbye = Some(now + GOODBYE);
            }
        }
        self.report();
        match self.failure {
            Some(failure) => Err(failure),
            None => {
                let reason = self.down.unwrap_or(DownReason::Closed);
                Ok((reason, self.gre.is_refused()))
            }
        }
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Waits until there is something to do.
    fn wait(
        &self,
        now: Instant,
        goodbye: Option<Instant>,
        control: &Control,
        signals: &Signals,
    ) -> Result<Ready, Failure> {
        let order = self.order.as_ref().and_then(|order| order.next_timeout());
        let until = [self.session.next_timeout(), order, goodbye]
            .into_iter()
            .flatten()
            .min();
        let timeout = until.map(|until| {
            let left = until.saturating_since(now);
            Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            }
        });
        let tcp = if control.outbox.is_empty() {
            PollFlags::IN
        } else {
            PollFlags::IN | PollFlags::OUT
        };
        let mut sources = vec![
            PollFd::new(signals, PollFlags::IN),
            PollFd::new(&control.tcp, tcp),
        ];
        // The server may send GRE at once, and that may be here before we have read that there is a call: until then it
        // stays in the kernel. A server whose first Configure-Request is lost waits for three seconds.
        if self.session.call_info().is_some() {
            sources.push(PollFd::new(&self.gre, PollFlags::IN));
        }
        if let Some(device) = &self.device {
            sources.push(PollFd::new(device.tun(), PollFlags::IN));
        }
        match poll(&mut sources, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Failure::system("waiting", error)),
        }
        let is_ready = |at: usize| {
            sources
                .get(at)
                .is_some_and(|source| !source.revents().is_empty())
        };
        Ok(Ready {
            signal: is_ready(0),
            control: is_ready(1),
            gre: is_ready(2),
            device: is_ready(3),
        })
    }

    /// Does all that the library wants done.
    fn drain(&mut self, control: &mut Control) {
        while self.drain_once(control) {}
        self.gre.flush();
    }

    /// Tells whether there was anything, and so may be more: what one outlet gives may open another.
    fn drain_once(&mut self, control: &mut Control) -> bool {
        let mut out = [0; MAX_OUTPUT];
        let mut did_something = false;
        let now = self.now();
        self.flush(now, control);
        // TCP may be blocked while GRE goes on.
        if control.outbox.is_empty()
            && let Ok(Some(message)) = self.session.poll_control(now, &mut out)
        {
            control.outbox.extend_from_slice(message);
            did_something = true;
        }
        while self.send_own(now) {
            did_something = true;
        }
        while let Some(event) = self.session.poll_event() {
            did_something = true;
            progress::event(now, &event);
            match event {
                Event::Ppp(LinkEvent::Ipv4Up(ipv4)) => self.open_device(ipv4),
                Event::Down(reason) => self.down = Some(reason),
                other => trace!("{other:?}"),
            }
        }
        if !control.inbox.is_empty() {
            // What is left of the stream may be a message that had to wait for an answer to the one before.
            match self.session.handle_control(now, &control.inbox) {
                Ok(0) => {}
                Ok(consumed) => {
                    control.inbox.drain(..consumed);
                    did_something = true;
                }
                Err(error) => {
                    debug!("{error}");
                    control.inbox.clear();
                    did_something = true;
                }
            }
        }
        did_something
    }

    /// Sends the next GRE packet of the library's own, if there is one.
    fn send_own(&mut self, now: Instant) -> bool {
        let session = &mut self.session;
        let sent = self.gre.send(None, |room| {
            let datagram = session.poll_gre(now, room)?;
            Ok::<_, BufferTooSmall>(datagram.map_or(0, <[u8]>::len))
        });
        sent.is_ok_and(|len| len > 0)
    }

    /// Hands what waits for it to TCP.
    fn flush(&mut self, now: Instant, control: &mut Control) {
        while !control.outbox.is_empty() {
            match control.tcp.write(&control.outbox) {
                Ok(written) => drop(control.outbox.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    debug!("TCP: {error}");
                    control.outbox.clear();
                    self.session.control_closed(now);
                }
            }
        }
    }

    fn read_control(&mut self, now: Instant, control: &mut Control) {
        let mut buffer = [0; 4096];
        match control.tcp.read(&mut buffer) {
            Ok(0) => self.session.control_closed(now),
            Ok(len) => control
                .inbox
                .extend_from_slice(buffer.get(..len).unwrap_or_default()),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => {
                debug!("TCP: {error}");
                self.session.control_closed(now);
            }
        }
    }

    fn read_gre(&mut self, now: Instant) {
        let mut buffer = [0; MAX_PACKET];
        for _ in 0..TURN {
            let len = match self.gre.read(&mut buffer) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => continue,
            };
            let packet = strip_ipv4(buffer.get_mut(..len).unwrap_or_default());
            let received = packet.and_then(|datagram| self.session.receive_gre(now, datagram));
            match received {
                Ok(Received::Packet { sequence, payload }) => {
                    let ahead = self
                        .highest
                        .map_or(1, |highest| sequence.wrapping_sub(highest).cast_signed());
                    if ahead > 0 {
                        self.highest = Some(sequence);
                    } else {
                        self.overtaken = Some(sequence);
                    }
                    if self.order.is_some() {
                        self.release(now, Some((sequence, payload)));
                    } else {
                        self.deliver(now, sequence, payload);
                    }
                }
                Ok(Received::Acknowledgment) => {}
                Err(discard) => debug!("dropped: {discard}"),
            }
        }
    }

    /// Puts a packet in order, and delivers what its turn it is.
    fn release(&mut self, now: Instant, mut packet: Option<(u32, &mut [u8])>) {
        let Some(mut order) = self.order.take() else {
            return;
        };
        while let Some((sequence, payload)) = order.release(now, &mut packet) {
            self.deliver(now, sequence, payload);
        }
        self.order = Some(order);
    }

    /// Decrypts a packet and hands it to the kernel.
    fn deliver(&mut self, now: Instant, sequence: u32, payload: &mut [u8]) {
        match self.session.deliver(now, sequence, payload) {
            Ok(Inbound::Packet { packet, .. }) => {
                if self.overtaken == Some(sequence) {
                    self.counters.reordered += 1;
                }
                let Some(device) = &self.device else { return };
                match device.tun().write(packet) {
                    Ok(_) => count(&mut self.counters.received, packet),
                    Err(error) => debug!("{}: {error}", device.tun().name()),
                }
            }
            Ok(_) => {}
            Err(discard) => debug!("dropped: {discard}"),
        }
    }

    /// Takes packets from the kernel and sends them through the tunnel.
    fn read_device(&mut self, now: Instant) {
        let Some(device) = &self.device else { return };
        let mut packet = [0; MAX_PACKET];
        for _ in 0..TURN {
            let len = match device.tun().read(&mut packet) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    self.failure = Some(Failure::system(device.tun().name(), error));
                    return;
                }
            };
            let packet = packet.get(..len).unwrap_or_default();
            // The kernel sends IPv6 to all devices that are up; this tunnel has none.
            if packet.first().is_none_or(|first| first >> 4 != 4) {
                continue;
            }
            let session = &mut self.session;
            let sent = self.gre.send(None, |room| {
                let datagram = session.send(now, Network::Ipv4, packet, room)?;
                Ok::<_, SendError>(datagram.len())
            });
            match sent {
                Ok(_) => count(&mut self.counters.sent, packet),
                Err(error) => {
                    trace!("not sent: {error}");
                    self.counters.unsent += 1;
                }
            }
        }
    }

    fn open_device(&mut self, ipv4: Ipv4) {
        if !self.device.as_ref().is_some_and(|device| device.is(&ipv4)) {
            // The name has to be free for the next one.
            self.device = None;
            let name = self.device_name.as_deref();
            match TunnelDevice::new(name, ipv4, &self.routes, *self.server.ip()) {
                Ok(device) => self.device = Some(device),
                Err(failure) => self.failure = Some(failure),
            }
        }
        if let Some(device) = &self.device {
            progress::up(self.now(), device.tun().name(), &ipv4);
        }
    }

    fn report(&self) {
        let Counters {
            sent,
            received,
            reordered,
            unsent,
        } = self.counters;
        let unsent = unsent + self.gre.unsent();
        let gre = self.session.gre_stats();
        progress::step(
            self.now(),
            format_args!(
                "sent {} packets, {} octets ({unsent} not); received {} packets, {} octets",
                sent.0, sent.1, received.0, received.1
            ),
        );
        progress::step(
            self.now(),
            format_args!(
                "GRE: sent {}, received {}; {reordered} put in order; dropped: {} late, {} doubled, {} of no use",
                gre.sent, gre.received, gre.late, gre.duplicate, gre.ppp
            ),
        );
    }
}

/// What there is to do.
#[derive(Debug, Clone, Copy)]
struct Ready {
    signal: bool,
    control: bool,
    gre: bool,
    device: bool,
}

fn count((packets, octets): &mut (u64, u64), packet: &[u8]) {
    *packets += 1;
    *octets += u64::try_from(packet.len()).unwrap_or(0);
}
