//! A client on bare metal, in QEMU, with a server at the other end of a simulated network that loses every tenth
//! packet: brings up MS-CHAPv2 and 128-bit MPPE, sends packets that the server sends back, and hangs up. Fails by exit
//! code if any of that does not work.
#![no_std]
#![no_main]

use core::mem::size_of;
use core::net::Ipv4Addr;
use core::panic::PanicInfo;
use cortex_m_semihosting::{debug, hprintln};
use pptp_core::control::CallAnswer;
use pptp_core::time::Instant;
use pptp_core::{
    Client, ClientConfig, Event, Inbound, MAX_GRE_OVERHEAD, MAX_OUTPUT, Network, Output, Server,
    ServerConfig, Session,
};
use pptp_ppp::auth::{Credentials, Demand, Grant, Method, Verdict};
use pptp_ppp::{Bare, Minimal, Profile};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const PACKETS: u32 = 100;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}

/// Datagrams and octets that one end has sent and the other has not yet received.
#[derive(Default)]
struct Wire {
    control: heapless::Vec<u8, 512>,
    datagrams: heapless::Deque<heapless::Vec<u8, 256>, 16>,
    sent: u32,
}

impl Wire {
    fn send(&mut self, datagram: &[u8]) {
        self.sent += 1;
        if self.sent % 10 != 0 {
            let datagram = heapless::Vec::from_slice(datagram).expect("small datagrams");
            self.datagrams.push_back(datagram).expect("few at a time");
        }
    }
}

/// Takes all output of `end`: what is to be sent goes to `wire`. Events go to `handle`, which may answer one.
fn drain<P: Profile, R>(
    end: &mut Session<P, R>,
    now: Instant,
    wire: &mut Wire,
    mut handle: impl FnMut(Event<'_>) -> Option<pptp_ppp::AuthId>,
) -> Option<Instant> {
    let mut out = [0; MAX_OUTPUT];
    loop {
        let request = match end.poll_output(now, &mut out).expect("room for any output") {
            Output::Control(octets) => {
                wire.control
                    .extend_from_slice(octets)
                    .expect("few messages");
                None
            }
            Output::Gre(datagram) => {
                wire.send(datagram);
                None
            }
            Output::Event(event) => handle(event),
            Output::Timeout(at) => return at,
        };
        if let Some(request) = request {
            end.authorize(
                now,
                request,
                &Verdict::Password("wonderland"),
                Grant::default(),
            );
        }
    }
}

/// Gives `end` what is on its way to it. Network packets go to `handle`.
fn receive<P: Profile, R>(
    end: &mut Session<P, R>,
    now: Instant,
    wire: &mut Wire,
    mut handle: impl FnMut(&[u8]),
) {
    let taken = end.handle_control(now, &wire.control).expect("it is PPTP");
    wire.control.drain(..taken);
    while let Some(mut datagram) = wire.datagrams.pop_front() {
        if let Ok(Inbound::Packet { packet, .. }) = end.handle_gre(now, &mut datagram) {
            handle(packet);
        }
    }
}

fn told(now: Instant, event: Event<'_>) {
    let at = now.as_micros() / 1000;
    match event {
        Event::Connected { .. } => hprintln!("{:6} ms  Connected", at),
        Event::Ppp(event) => hprintln!("{:6} ms  {:?}", at, event),
        event => hprintln!("{:6} ms  {:?}", at, event),
    }
}

fn ends() -> (Client<Minimal>, Server<Minimal>) {
    let mut client = ClientConfig::default();
    client.call.call_id = 7;
    client.ppp.credentials = Credentials::new("alice", "wonderland").ok();
    let mut server = ServerConfig::default();
    server.control.accept = Some(CallAnswer {
        call_id: 9,
        ..CallAnswer::default()
    });
    server.ppp.demand = Demand::new(Method::MsChapV2, "server").ok();
    server.ppp.ipv4.local = Some(SERVER);
    server.ppp.ipv4.remote = Some(CLIENT);
    (Client::new(client, [1; 32]), Server::new(server, [2; 32]))
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

#[cortex_m_rt::entry]
fn main() -> ! {
    hprintln!(
        "Client<Minimal>   {:5} octets of RAM",
        size_of::<Client<Minimal>>()
    );
    hprintln!(
        "Server<Minimal>   {:5} octets of RAM",
        size_of::<Server<Minimal>>()
    );
    hprintln!(
        "Client<Bare>      {:5} octets of RAM",
        size_of::<Client<Bare>>()
    );

    let (mut client, mut server) = ends();
    let (mut up, mut down) = (Wire::default(), Wire::default());
    let (mut sent, mut echoed, mut over) = (0, 0, false);
    let mut now = Instant::from_millis(0);
    client.control_connected(now);
    server.control_connected(now);
    while !over {
        let client_timeout = drain(&mut client, now, &mut up, |event| {
            told(now, event);
            over |= matches!(event, Event::Down(_));
            None
        });
        let server_timeout = drain(&mut server, now, &mut down, |event| match event {
            Event::Ppp(pptp_ppp::Event::AuthRequested(request)) => Some(request.id),
            _ => None,
        });
        let idle = [&up, &down]
            .iter()
            .all(|wire| wire.control.is_empty() && wire.datagrams.is_empty());
        if !idle {
            receive(&mut client, now, &mut down, |packet| {
                assert_eq!(
                    packet,
                    ipv4(u32::from_be_bytes(packet[20..24].try_into().unwrap()))
                );
                echoed += 1;
            });
            let mut echoes = heapless::Vec::<[u8; 64], 16>::new();
            receive(&mut server, now, &mut up, |packet| {
                echoes
                    .push(packet.try_into().expect("64 octets"))
                    .expect("few at a time");
            });
            for echo in &echoes {
                send(&mut server, now, echo, &mut down);
            }
        } else if client.is_up(Network::Ipv4) && sent < PACKETS {
            send(&mut client, now, &ipv4(sent), &mut up);
            sent += 1;
        } else if sent == PACKETS && client.down_reason().is_none() {
            hprintln!(
                "{:6} ms  {} of {} packets came back",
                now.as_micros() / 1000,
                echoed,
                sent
            );
            assert!(echoed >= PACKETS * 7 / 10);
            client.close(now);
        } else {
            // Nothing is under way: the time passes until someone's timer goes off.
            let next = [client_timeout, server_timeout].into_iter().flatten().min();
            now = next.expect("a tunnel that is not over has a timer");
            assert!(now < Instant::from_millis(60_000), "it takes too long");
            client.handle_timeout(now);
            server.handle_timeout(now);
        }
    }
    loop {
        debug::exit(debug::EXIT_SUCCESS);
    }
}

fn send<P: Profile, R>(end: &mut Session<P, R>, now: Instant, packet: &[u8], wire: &mut Wire) {
    let mut out = [0; 64 + MAX_GRE_OVERHEAD];
    match end.send(now, Network::Ipv4, packet, &mut out) {
        Ok(datagram) => wire.send(datagram),
        Err(error) => panic!("{error}"),
    }
}
