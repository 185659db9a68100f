//! Links of people who dial in to an access concentrator, through a tunnel to our server, which is their other end: by an
//! incoming call and by an outgoing one. Nothing between the ends understands PPP.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

extern crate alloc;

use alloc::collections::VecDeque;
use core::net::Ipv4Addr;
use core::time::Duration;
use pptp_core::calls::{Calls, Slot};
use pptp_core::control::{
    CallAnswer, CallRequest, Config, Event, IncomingAnswer, IncomingLine, IncomingRequest,
};
use pptp_core::ppp::config::Ipv4Config;
use pptp_core::ppp::hdlc::{Decoder, Encoder, SendAccm};
use pptp_core::ppp::{
    BufferTooSmall, Credentials, Demand, Inbound, Methods, Minimal, Ppp, PppConfig, Random,
};
use pptp_core::relay::Concentrator;
use pptp_core::testkit::{Conditions, Endpoint, Node, Sim};
use pptp_core::time::Instant;
use pptp_core::{DownReason, Network, Pac, ProtocolError, Server, ServerConfig};

/// Room for whatever goes over the line or the network.
const ROOM: usize = 4096;

/// How the concentrator has its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Incoming,
    Outgoing,
}

/// Somebody who dials in, the line, and the concentrator at its other end.
struct DialIn {
    kind: Kind,
    concentrator: Concentrator<1, 1508>,
    events: Vec<String>,
    /// The call, once it is established.
    call: Option<usize>,
    ended: bool,
    datagrams: VecDeque<Vec<u8>>,
    ppp: Ppp<Minimal>,
    encoder: Encoder,
    decoder: Decoder<1508>,
    packets: Vec<Vec<u8>>,
    /// One octet in so many is damaged on its way to the concentrator.
    noise: Option<usize>,
    octets: usize,
}

impl DialIn {
    fn new(kind: Kind) -> Self {
        let config = PppConfig {
            credentials: Credentials::new("alice", "wonderland").ok(),
            ..PppConfig::default()
        };
        Self {
            kind,
            concentrator: Concentrator::new(Config::default(), Default::default()),
            events: Vec::new(),
            call: None,
            ended: false,
            datagrams: VecDeque::new(),
            ppp: Ppp::new(config, Random::new([3; 32])),
            encoder: Encoder::new(),
            decoder: Decoder::new(),
            packets: Vec::new(),
            noise: None,
            octets: 0,
        }
    }

    /// A frame of whoever has dialed in, over the line.
    fn transmit(&mut self, now: Instant, frame: &[u8]) {
        let (mut out, mut datagram) = ([0; ROOM], [0; ROOM]);
        let line = self.encoder.encode(now, frame, &mut out).unwrap();
        let mut line = line.to_vec();
        for octet in &mut line {
            self.octets += 1;
            if self
                .noise
                .is_some_and(|nth| self.octets.is_multiple_of(nth))
            {
                *octet ^= 0x44;
            }
        }
        let Some(call) = self.call else { return };
        // As a driver gives them: a few at a time.
        for mut piece in line.chunks(13) {
            while let Some(datagram) = self
                .concentrator
                .send_from_line(now, call, &mut piece, &mut datagram)
                .unwrap()
            {
                self.datagrams.push_back(datagram.to_vec());
            }
        }
    }

    fn send(&mut self, now: Instant, packet: &[u8]) {
        let mut out = [0; ROOM];
        let frame = self.ppp.send(Network::Ipv4, packet, &mut out).unwrap();
        let frame = frame.to_vec();
        self.transmit(now, &frame);
    }
}

impl Endpoint for DialIn {
    fn control_connected(&mut self, now: Instant) {
        self.concentrator.control_connected(now);
    }

    fn control_closed(&mut self, now: Instant) {
        self.concentrator.control_closed(now);
    }

    fn handle_control(&mut self, now: Instant, octets: &[u8]) -> Result<usize, ProtocolError> {
        self.concentrator.handle_control(now, octets)
    }

    fn handle_gre(&mut self, now: Instant, datagram: &mut [u8]) {
        let Ok(Some((call, frame))) = self.concentrator.handle_gre(now, datagram) else {
            return;
        };
        assert_eq!(Some(call), self.call);
        let relay = self.concentrator.relay_mut(call).unwrap();
        let mut encoding = relay.to_line(now, frame);
        while !encoding.is_done() {
            let mut room = [0; 29];
            let mut octets = encoding.write(&mut room);
            while let Some(frame) = self.decoder.next_frame(&mut octets) {
                if let Ok(Inbound::Packet { packet, .. }) =
                    self.ppp.handle_frame(now, frame.unwrap())
                {
                    self.packets.push(packet.to_vec());
                }
            }
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.concentrator.handle_timeout(now);
        self.ppp.handle_timeout(now);
    }

    fn next_timeout(&self) -> Option<Instant> {
        let all = [self.concentrator.next_timeout(), self.ppp.next_timeout()];
        all.into_iter().flatten().min()
    }

    fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        self.concentrator.poll_control(now, out)
    }

    fn poll_gre<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        if let Some(needed) = self.datagrams.front().map(Vec::len) {
            let out = out.get_mut(..needed).ok_or(BufferTooSmall { needed })?;
            out.copy_from_slice(&self.datagrams.pop_front().unwrap());
            return Ok(Some(out));
        }
        self.concentrator.poll_gre(now, out)
    }

    fn attend(&mut self, now: Instant) {
        loop {
            let mut accepted = false;
            let mut connected = false;
            let Some(event) = self.concentrator.poll_event() else {
                break;
            };
            self.events.push(event.to_string());
            match event {
                Event::Connected { .. } => connected = true,
                Event::CallAccepted { .. } => accepted = true,
                Event::CallConnected { call, .. } => {
                    self.call = Some(call);
                    self.ppp.open(now);
                }
                Event::CallEnded { .. } | Event::CallFailed { .. } => {
                    self.call = None;
                    self.ended = true;
                }
                _ => {}
            }
            if connected {
                let call = match self.kind {
                    Kind::Incoming => {
                        let request = IncomingRequest {
                            call_id: 7,
                            ..IncomingRequest::default()
                        };
                        self.concentrator.offer_call(now, request)
                    }
                    Kind::Outgoing => {
                        let request = CallRequest {
                            call_id: 7,
                            ..CallRequest::default()
                        };
                        self.concentrator.open_call(now, request)
                    }
                };
                assert_eq!(call, Ok(0));
            }
            if accepted {
                let line = IncomingLine::default();
                self.concentrator.connect_call(now, 0, line).unwrap();
            }
        }
        let mut out = [0; Ppp::<Minimal>::MAX_CONTROL_FRAME];
        while let Some(frame) = self.ppp.poll_frame(now, &mut out).unwrap() {
            let frame = frame.to_vec();
            self.transmit(now, &frame);
        }
        while self.ppp.poll_event().is_some() {}
    }

    fn wants_close(&self) -> bool {
        self.ended
    }
}

type World = Sim<DialIn, Node<Minimal, Pac>>;

fn world(kind: Kind, conditions: Conditions, seed: u64) -> World {
    let mut server = ServerConfig {
        incoming: kind == Kind::Incoming,
        ..ServerConfig::default()
    };
    server.control.accept = Some(CallAnswer {
        call_id: 9,
        ..CallAnswer::default()
    });
    server.control.accept_incoming = Some(IncomingAnswer {
        call_id: 9,
        ..IncomingAnswer::default()
    });
    server.ppp.demand = Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap());
    server.ppp.ipv4 = Ipv4Config {
        local: Some(Ipv4Addr::new(10, 0, 0, 1)),
        remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
        ..Ipv4Config::default()
    };
    let server = Node::new(Server::new(server, [2; 32])).with_password("wonderland");
    let mut sim = Sim::new(DialIn::new(kind), server, conditions, seed);
    sim.connect();
    sim
}

fn is_up(sim: &World) -> bool {
    sim.client.ppp.is_up(Network::Ipv4) && sim.server.session.is_up(Network::Ipv4)
}

fn packet(number: u8) -> Vec<u8> {
    let mut packet = vec![number; 200];
    let header = [
        0x45, 0, 0, 200, 0, number, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
    ];
    packet[..20].copy_from_slice(&header);
    packet
}

#[test]
fn links_are_relayed_by_calls_of_both_kinds() {
    for kind in [Kind::Incoming, Kind::Outgoing] {
        let mut sim = world(kind, Conditions::PERFECT, 1);
        assert!(
            sim.run_until(Duration::from_secs(5), is_up),
            "{kind:?} {:#?} {:#?}",
            sim.client.events,
            sim.server.events
        );
        // The ends encrypt, and the concentrator could not if it wanted to.
        assert!(sim.client.ppp.encryption().0.is_some());
        let now = sim.now();
        for number in 0..100 {
            sim.client.send(now, &packet(number));
        }
        sim.run_for(Duration::from_secs(1));
        let packets = &sim.server.packets;
        let sent: Vec<_> = (0..100).map(packet).collect();
        assert_eq!(*packets, sent);
        let mut out = [0; ROOM];
        for number in 0..100 {
            let now = sim.now();
            let datagram = sim
                .server
                .session
                .send(now, Network::Ipv4, &packet(number), &mut out)
                .unwrap();
            let mut datagram = datagram.to_vec();
            sim.client.handle_gre(now, &mut datagram);
        }
        assert_eq!(sim.client.packets, sent);
        let relay = sim.client.concentrator.relay(0).unwrap();
        assert_eq!(relay.line_stats().bad_fcs, 0);
        assert!(relay.traffic().sent >= 100 && relay.traffic().received >= 100);
        // The dial-in hangs up.
        let now = sim.now();
        sim.client
            .concentrator
            .hang_up(now, 0, &Default::default())
            .unwrap();
        sim.run_for(Duration::from_secs(10));
        assert!(sim.client.ended, "{:#?}", sim.client.events);
        assert!(
            matches!(sim.server.down, Some(DownReason::Call(_))),
            "{:?}",
            sim.server.down
        );
    }
}

#[test]
fn links_come_up_over_bad_lines_and_bad_paths() {
    for (seed, kind) in [(1, Kind::Incoming), (2, Kind::Outgoing)] {
        let conditions = Conditions {
            loss: 0.1,
            ..Conditions::PERFECT
        };
        let mut sim = world(kind, conditions, seed);
        sim.client.noise = Some(331);
        assert!(
            sim.run_until(Duration::from_secs(60), is_up),
            "{kind:?} {:#?}",
            sim.client.events
        );
        let relay = sim.client.concentrator.relay(0).unwrap();
        assert!(relay.line_stats().bad_fcs > 0);
        // A PNS has nobody to tell it to.
        let told = sim
            .server
            .events
            .iter()
            .any(|(_, event)| event.contains("WanErrors"));
        assert_eq!(told, kind == Kind::Incoming, "{:#?}", sim.server.events);
    }
}

/// A server of many: whose call a packet is of is found by the table, and a late one finds nobody.
#[test]
fn late_packets_of_an_old_call_find_no_new_one() {
    let peer = Ipv4Addr::new(192, 0, 2, 1);
    let slots = [const { Slot::EMPTY }; 8];
    let rest = Duration::from_secs(60);
    let mut calls = Calls::new(slots, rest, &mut Random::new([1; 32]));
    let mut sim = world(Kind::Incoming, Conditions::PERFECT, 1);
    assert!(sim.run_until(Duration::from_secs(5), is_up));
    calls.take(sim.now(), peer, 9, 0_usize).unwrap();
    let now = sim.now();
    sim.client.send(now, &packet(1));
    let mut late = sim.client.datagrams.pop_back().unwrap();
    let id = pptp_core::gre::peek_call_id(&late).unwrap();
    assert_eq!(calls.get(peer, id), Some(&0));
    calls.free(now, peer, 9);
    for call in 1..7_usize {
        assert_ne!(calls.allocate(now, peer, call), Ok(9));
    }
    assert_eq!(calls.get(peer, id), None);
    // Whom it finds all the same has another id.
    let mut other = world(Kind::Incoming, Conditions::PERFECT, 2);
    other.run_until(Duration::from_secs(5), is_up);
    late[7] ^= 1;
    other.server.handle_gre(now, &mut late);
    assert!(other.server.packets.is_empty());
}

/// Maps of the line as its ends have agreed on them get through, too, without anybody telling.
#[test]
fn what_a_pns_relays_is_not_touched() {
    let mut sim = world(Kind::Outgoing, Conditions::PERFECT, 1);
    assert!(sim.run_until(Duration::from_secs(5), is_up));
    sim.client.encoder.set_accm(SendAccm::new(0));
    let now = sim.now();
    for number in 0..32 {
        sim.client.send(now, &packet(number));
    }
    sim.run_for(Duration::from_secs(1));
    assert_eq!(sim.server.packets.len(), 32);
    let relay = sim.client.concentrator.relay(0).unwrap();
    assert_eq!(relay.line_stats().spurious, 0);
}
