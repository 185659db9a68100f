//! The run loop of `firmware_loop`, in QEMU, on a board that exists only here: at the other end of its network there is
//! a server, and the network is bad. The first connection is refused, the second tunnel is cut, the third one hangs up in
//! good order; what is sent through them comes back. Fails by exit code if any of that does not work.
#![no_std]
#![no_main]

use core::cell::RefCell;
use core::mem::{replace, size_of};
use core::net::Ipv4Addr;
use core::panic::PanicInfo;
use core::time::Duration;
use cortex_m::interrupt::Mutex;
use cortex_m_semihosting::{debug, hprintln};
use pptp_core::control::CallAnswer;
use pptp_core::gre::Reorder;
use pptp_core::time::Instant;
use pptp_core::{
    Client, ClientConfig, DownReason, Event, Inbound, Network, Output, Server, ServerConfig,
};
use pptp_firmware::firmware_loop::{Board, Closed, HELD, PACKET, Tunnel, run_forever};
use pptp_ppp::auth::{Credentials, Demand, Grant, Methods, Verdict};
use pptp_ppp::{Bare, Event as PppEvent, Minimal};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// So many packets are sent through a tunnel, so many of them at once.
const PACKETS: u32 = 100;
const BURST: u32 = 4;

/// So many have to come back: one in ten is lost each way, and those that are overtaken are not.
const ENOUGH: u32 = 78;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}

/// Octets and datagrams that one end has sent and the other has not yet received.
struct Wire {
    octets: heapless::Vec<u8, 512>,
    datagrams: heapless::Deque<heapless::Vec<u8, 256>, 16>,
    sent: u32,
}

impl Wire {
    const fn new() -> Self {
        Self {
            octets: heapless::Vec::new(),
            datagrams: heapless::Deque::new(),
            sent: 0,
        }
    }

    /// Every tenth datagram is lost.
    fn send(&mut self, datagram: &[u8]) {
        self.sent += 1;
        if self.sent % 10 != 0 {
            let datagram = heapless::Vec::from_slice(datagram).expect("small datagrams");
            self.datagrams.push_back(datagram).expect("few at a time");
        }
    }

    fn receive<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b mut [u8]> {
        let datagram = self.datagrams.pop_front()?;
        let place = &mut buffer[..datagram.len()];
        place.copy_from_slice(&datagram);
        Some(place)
    }

    /// The datagram that came second comes first.
    fn overtake(&mut self) {
        let first = self.datagrams.pop_front();
        let second = self.datagrams.pop_front();
        for datagram in [first, second].into_iter().flatten() {
            self.datagrams.push_front(datagram).expect("as many");
        }
    }

    /// Up to `most` octets.
    fn take(&mut self, most: usize, buffer: &mut [u8]) -> usize {
        let len = most.min(buffer.len()).min(self.octets.len());
        buffer[..len].copy_from_slice(&self.octets[..len]);
        self.octets.drain(..len);
        len
    }
}

/// The board, with all the world around it.
struct Lab {
    now: Instant,
    /// For the second and the third connection.
    servers: heapless::Vec<Server<Minimal>, 2>,
    to_server: Wire,
    to_client: Wire,
    /// Octets that have come to the client, later than datagrams sent at the same time.
    come: Wire,
    /// Which of them it is, if any.
    tunnel: usize,
    connections: u8,
    connected: Instant,
    received: u32,
    /// TCP had no room when it was last asked.
    was_full: bool,
    is_up: bool,
    sent: u32,
    last_sent: Instant,
    burst: u32,
    echoed: u32,
    /// The number of the last packet that came back.
    last: Option<u32>,
}

impl Lab {
    const fn new() -> Self {
        Self {
            now: Instant::ZERO,
            servers: heapless::Vec::new(),
            to_server: Wire::new(),
            to_client: Wire::new(),
            come: Wire::new(),
            tunnel: usize::MAX,
            connections: 0,
            connected: Instant::ZERO,
            received: 0,
            was_full: false,
            is_up: false,
            sent: 0,
            last_sent: Instant::ZERO,
            burst: 0,
            echoed: 0,
            last: None,
        }
    }

    /// Has the server take what came to it, send back what came through the tunnel, and do what it has to.
    fn serve(&mut self) {
        let now = self.now;
        let Some(server) = self.servers.get_mut(self.tunnel) else {
            return;
        };
        server.handle_timeout(now);
        let taken = server.handle_control(now, &self.to_server.octets);
        self.to_server.octets.drain(..taken.expect("it is PPTP"));
        let (mut packet, mut out) = ([0; 256], [0; Server::<Minimal>::MAX_OUTPUT]);
        while let Some(datagram) = self.to_server.receive(&mut packet) {
            if let Ok(Inbound::Packet { packet, .. }) = server.handle_gre(now, datagram) {
                let packet: [u8; 64] = (*packet).try_into().expect("64 octets");
                let echo = server.send(now, Network::Ipv4, &packet, &mut out);
                self.to_client.send(echo.expect("the tunnel is up"));
            }
        }
        loop {
            match server.poll_output(now, &mut out).expect("enough room") {
                Output::Control(message) => {
                    let octets = &mut self.to_client.octets;
                    octets.extend_from_slice(message).expect("few messages");
                }
                Output::Gre(datagram) => self.to_client.send(datagram),
                Output::Event(Event::Ppp(PppEvent::AuthRequested(request))) => {
                    let (id, verdict) = (request.id, Verdict::Password("wonderland"));
                    server.authorize(now, id, &verdict, Grant::default());
                }
                Output::Event(_) => {}
                Output::Timeout(_) => break,
            }
        }
    }

    /// When all packets have been sent and have had time to come back.
    fn done(&self) -> Option<Instant> {
        (self.sent == PACKETS).then(|| self.last_sent + Duration::from_secs(1))
    }

    fn is_done(&self) -> bool {
        self.done().is_some_and(|at| at <= self.now)
    }
}

impl Board for Lab {
    fn now(&mut self) -> Instant {
        self.now
    }

    fn entropy(&mut self) -> [u8; 32] {
        [self.connections + 1; 32]
    }

    fn hang_up(&mut self) -> bool {
        self.connections == 3 && self.is_done()
    }

    fn event(&mut self, event: &Event<'_>) {
        let at = self.now.as_micros() / 1000;
        match event {
            Event::Connected { .. } => hprintln!("{:6} ms  Connected", at),
            Event::Ppp(event) => hprintln!("{:6} ms  {:?}", at, event),
            event => hprintln!("{:6} ms  {:?}", at, event),
        }
        match event {
            // Had the first packet not been left alone until the call was there, this would take a retransmission.
            Event::Ppp(PppEvent::LinkUp { .. }) => assert_eq!(self.now, self.connected),
            Event::Ppp(PppEvent::Ipv4Up(_)) => self.is_up = true,
            Event::Ppp(PppEvent::Ipv4Down) => self.is_up = false,
            Event::Down(_) => {
                let (sent, echoed) = (replace(&mut self.sent, 0), replace(&mut self.echoed, 0));
                hprintln!("{:6} ms  {} of {} packets came back", at, echoed, sent);
                assert!(self.connections == 1 || sent == PACKETS && echoed >= ENOUGH);
                (self.is_up, self.last) = (false, None);
            }
            _ => {}
        }
    }

    fn tcp_connect(&mut self) -> bool {
        self.connections += 1;
        self.connected = self.now;
        hprintln!(
            "connection {} at {} ms",
            self.connections,
            self.now.as_micros() / 1000
        );
        for wire in [&mut self.to_server, &mut self.to_client, &mut self.come] {
            *wire = Wire::new();
        }
        if self.connections == 1 {
            return false;
        }
        self.tunnel = usize::from(self.connections) - 2;
        let server = self
            .servers
            .get_mut(self.tunnel)
            .expect("no more than two tunnels");
        server.control_connected(self.now);
        true
    }

    /// Has room for 50 octets, then for none until it has been waited for.
    fn tcp_write(&mut self, octets: &[u8]) -> Result<usize, Closed> {
        if replace(&mut self.was_full, true) {
            return Ok(0);
        }
        let len = octets.len().min(50);
        let sent = self.to_server.octets.extend_from_slice(&octets[..len]);
        sent.expect("few messages");
        Ok(len)
    }

    /// Gives 20 octets at once at the most.
    fn tcp_read(&mut self, buffer: &mut [u8]) -> Result<usize, Closed> {
        if self.connections == 2 && self.is_done() {
            return Err(Closed);
        }
        Ok(self.come.take(20, buffer))
    }

    fn tcp_close(&mut self) {
        if let Some(server) = self.servers.get_mut(self.tunnel) {
            server.control_closed(self.now);
        }
    }

    fn gre_receive<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b mut [u8]> {
        self.received += 1;
        if self.received % 6 == 0 {
            self.to_client.overtake();
        }
        self.to_client.receive(buffer)
    }

    fn gre_send(&mut self, datagram: &[u8]) {
        self.to_server.send(datagram);
    }

    fn ip_receive<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b mut [u8]> {
        self.burst = self.burst.checked_sub(1)?;
        let packet = &mut buffer[..64];
        packet.copy_from_slice(&ipv4(self.sent));
        self.sent += 1;
        self.last_sent = self.now;
        Some(packet)
    }

    /// They come as they were sent, in order, and none of them twice.
    fn ip_send(&mut self, packet: &[u8]) {
        let number = u32::from_be_bytes(packet[20..24].try_into().unwrap());
        assert_eq!(packet, ipv4(number));
        assert!(self.last.is_none_or(|last| last < number));
        self.last = Some(number);
        self.echoed += 1;
    }

    fn wait(&mut self, until: Option<Instant>) {
        self.serve();
        let octets = replace(&mut self.to_client.octets, heapless::Vec::new());
        let is_new = !octets.is_empty() || !self.to_client.datagrams.is_empty();
        self.come
            .octets
            .extend_from_slice(&octets)
            .expect("few messages");
        if replace(&mut self.was_full, false) || is_new {
            return;
        }
        if self.is_up && self.sent < PACKETS {
            self.burst = BURST;
            return;
        }
        // Nothing is under way: the time passes until someone's timer goes off.
        let done = self.done().filter(|&at| at > self.now);
        let server = self.servers.get(self.tunnel).and_then(Server::next_timeout);
        let next = [until, server, done];
        let next = next.into_iter().flatten().min();
        self.now = next.expect("a tunnel that is not over has a timer");
        assert!(self.now < Instant::from_millis(60_000), "it takes too long");
    }
}

fn server(number: u8) -> Server<Minimal> {
    let mut config = ServerConfig::default();
    config.control.accept = Some(CallAnswer {
        call_id: 9,
        ..CallAnswer::default()
    });
    config.ppp.demand = Demand::new(Methods::MS_CHAP_V2, "server").ok();
    config.ppp.ipv4.local = Some(SERVER);
    config.ppp.ipv4.remote = Some(CLIENT);
    Server::new(config, [0x80 + number; 32])
}

/// A packet as IPv4 wants it: MPPE is told from garbage by that.
fn ipv4(number: u32) -> [u8; 64] {
    let mut packet = [0; 64];
    packet[0] = 0x45;
    packet[3] = 64;
    packet[8] = 64;
    packet[9] = 253;
    packet[12..16].copy_from_slice(&CLIENT.octets());
    packet[16..20].copy_from_slice(&SERVER.octets());
    packet[20..24].copy_from_slice(&number.to_be_bytes());
    packet
}

static LAB: Mutex<RefCell<Lab>> = Mutex::new(RefCell::new(Lab::new()));

/// A function of its own, so that the stack it needs is not counted as the loop's.
#[inline(never)]
fn prepare() {
    cortex_m::interrupt::free(|section| {
        let servers = &mut LAB.borrow(section).borrow_mut().servers;
        for number in 0..2 {
            assert!(servers.push(server(number)).is_ok());
        }
    });
}

#[inline(never)]
fn tunnels(lab: &mut Lab) {
    let mut config = ClientConfig::default();
    config.ppp.credentials = Credentials::new("alice", "wonderland").ok();
    let reason = run_forever::<Minimal>(lab, &config);
    assert_eq!(reason, DownReason::Closed);
    assert_eq!(lab.connections, 3);
    let most = Instant::ZERO + Duration::from_millis(1500);
    assert!(lab.now >= most, "there was no back-off");
}

/// How many octets of the stack have ever been used.
fn stack_used() -> usize {
    unsafe extern "C" {
        static _stack_end: u32;
        static _stack_start: u32;
    }
    let (mut lowest, top) = (&raw const _stack_end, &raw const _stack_start);
    // SAFETY: all that is between the two is RAM, and nobody writes to it below this function's own frame.
    unsafe {
        while lowest < top && lowest.read_volatile() == cortex_m_rt::STACK_PAINT_VALUE {
            lowest = lowest.add(1);
        }
        top.byte_offset_from_unsigned(lowest)
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    for (name, size) in [
        ("Client<Minimal>", size_of::<Client<Minimal>>()),
        ("Server<Minimal>", size_of::<Server<Minimal>>()),
        ("Client<Bare>", size_of::<Client<Bare>>()),
        ("Tunnel<Minimal>", size_of::<Tunnel<Minimal>>()),
        ("Tunnel<Bare>", size_of::<Tunnel<Bare>>()),
        ("Reorder", size_of::<Reorder<HELD, PACKET>>()),
        ("ClientConfig", size_of::<ClientConfig>()),
    ] {
        hprintln!("{:15} {:6} octets of RAM", name, size);
    }
    prepare();
    cortex_m::interrupt::free(|section| tunnels(&mut LAB.borrow(section).borrow_mut()));
    hprintln!(
        "{:15} {:6} octets of RAM, the board's included",
        "stack",
        stack_used()
    );
    loop {
        debug::exit(debug::EXIT_SUCCESS);
    }
}
