//! Two ends that require encryption, an attacker between them, and what must hold whatever it does.

use super::script::{CCP, CHAP, COMPRESSED, IPCP, LCP, Sent, frame, unhex};
use super::{End, MTU, Pair, ipv4};
use core::net::Ipv4Addr;
use pptp_ppp::config::{Ipv4Config, MppePolicy};
use pptp_ppp::{
    Credentials, Demand, Grant, Inbound, Instant, Methods, Minimal, Network, Phase, Ppp, PppConfig,
    Random, Verdict,
};
use std::collections::HashSet;

/// What is in every packet that the ends send, and never on the wire.
const SECRET: [u8; 16] = *b"not to be seen!!";

/// The two ends and all that was seen.
#[derive(Clone)]
pub struct World {
    pub pair: Pair<Minimal, Minimal>,
    /// The start of each key stream that a packet was encrypted with.
    streams: HashSet<Vec<u8>>,
    looked_at: usize,
}

impl World {
    pub fn new(policy: MppePolicy) -> Self {
        let client = PppConfig {
            mppe: policy,
            credentials: Some(Credentials::new("alice", "wonderland").unwrap()),
            ..PppConfig::default()
        };
        let server = PppConfig {
            mppe: policy,
            demand: Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
            ipv4: Ipv4Config {
                local: Some(Ipv4Addr::new(10, 0, 0, 1)),
                remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
                ..Ipv4Config::default()
            },
            ..PppConfig::default()
        };
        let mut world = Self {
            pair: Pair::new(
                Ppp::new(client, Random::new([1; 32])),
                Ppp::new(server, Random::new([2; 32])),
            ),
            streams: HashSet::new(),
            looked_at: 0,
        };
        world.settle();
        world
    }

    /// Takes what there is to take, answers what is asked, and looks at everything that was sent.
    pub fn settle(&mut self) {
        self.pair.drain();
        if let Some(id) = self.pair.request.take() {
            let now = self.pair.now;
            let verdict = Verdict::Password("wonderland");
            self.pair.b.authorize(now, id, &verdict, Grant::default());
            self.pair.drain();
        }
        for (_, _, raw) in &self.pair.log[self.looked_at..] {
            let sent = Sent::new(raw);
            let control = [LCP, CHAP, CCP, IPCP, COMPRESSED].contains(&sent.protocol);
            assert!(control, "{:04x} in the clear", sent.protocol);
            let shows = raw.windows(SECRET.len()).any(|window| window == SECRET);
            assert!(!shows, "a packet in the clear: {raw:x?}");
        }
        self.looked_at = self.pair.log.len();
        for (phase, reason) in [
            (self.pair.a.phase(), self.pair.a.down_reason()),
            (self.pair.b.phase(), self.pair.b.down_reason()),
        ] {
            assert!(phase < Phase::Terminate || reason.is_some());
        }
    }

    /// The oldest frame under way arrives, or is lost.
    pub fn step(&mut self, lose: bool) -> bool {
        let Some((from, raw)) = self.pair.wire.pop_front() else {
            return false;
        };
        if !lose {
            self.inject(from.other(), raw);
        }
        true
    }

    /// All that is under way arrives, and what that leads to.
    pub fn run(&mut self) {
        let mut steps = 0;
        while self.step(false) {
            steps += 1;
            assert!(steps < 300, "without end:\n{}", self.pair.transcript());
        }
    }

    /// `to` receives a frame, from whomever.
    pub fn inject(&mut self, to: End, mut raw: Vec<u8>) {
        let protocol = if raw.is_empty() {
            0
        } else {
            Sent::new(&[&raw[..], &[0; 4]].concat()).protocol
        };
        let now = self.pair.now;
        let taken = match to {
            End::A => self.pair.a.handle_frame(now, &mut raw),
            End::B => self.pair.b.handle_frame(now, &mut raw),
        };
        if matches!(taken, Ok(Inbound::Packet { .. })) {
            assert_eq!(protocol, COMPRESSED, "delivered from the clear");
        }
        self.settle();
    }

    /// `from` sends a packet, if it can.
    pub fn send(&mut self, from: End) -> bool {
        let packet = ipv4(&[&SECRET[..], &self.pair.now.as_micros().to_be_bytes()].concat());
        let mut buffer = [0; MTU];
        let end = match from {
            End::A => &mut self.pair.a,
            End::B => &mut self.pair.b,
        };
        let Ok(raw) = end.send(Network::Ipv4, &packet, &mut buffer) else {
            return false;
        };
        let raw = raw.to_vec();
        let sent = Sent::new(&raw);
        assert_eq!(sent.protocol, COMPRESSED);
        let plaintext = [&[0x00, 0x21], &packet[..]].concat();
        let stream = sent.information[2..].iter().zip(&plaintext);
        let stream: Vec<u8> = stream
            .map(|(sealed, plain)| sealed ^ plain)
            .take(12)
            .collect();
        assert!(self.streams.insert(stream), "a key stream used twice");
        self.pair.log.push((self.pair.now, from, raw.clone()));
        self.pair.wire.push_back((from, raw));
        self.settle();
        true
    }

    /// Time goes by, and timers go off.
    pub fn wait(&mut self, millis: u64) {
        self.pair.now = Instant::from_micros(self.pair.now.as_micros() + millis * 1000);
        self.pair.a.handle_timeout(self.pair.now);
        self.pair.b.handle_timeout(self.pair.now);
        self.settle();
    }

    /// Both ends use the link for a while, with nobody between.
    pub fn use_it(&mut self) {
        for _ in 0..6 {
            self.send(End::A);
            self.send(End::B);
            self.run();
            self.wait(700);
        }
    }
}

/// What an attacker sends who knows the protocols but not the password: each of it would be worth something to it.
pub fn forgeries() -> Vec<Vec<u8>> {
    let packets: [(u16, u8, u8, &str); 30] = [
        (LCP, 1, 9, ""),
        (LCP, 1, 9, "0506 99999999"),
        (LCP, 1, 9, "0305 c22381 0506 99999999"),
        (LCP, 1, 9, "0304 c023"),
        (LCP, 2, 1, "0104 0578"),
        (LCP, 3, 1, "0305 c22380"),
        (LCP, 4, 1, "0305 c22381"),
        (LCP, 5, 9, ""),
        (LCP, 6, 1, ""),
        (LCP, 7, 9, "0101 0004"),
        (LCP, 8, 9, "80fd 0101 0004"),
        (LCP, 8, 9, "8021 0101 0004"),
        (LCP, 8, 9, "00fd 9000"),
        (LCP, 9, 9, "00000000"),
        (CHAP, 1, 9, "10 ffffffffffffffffffffffffffffffff"),
        (CHAP, 3, 1, "533d30303030"),
        (CHAP, 4, 1, "453d363931"),
        (CCP, 1, 9, ""),
        (CCP, 1, 9, "1206 01000040"),
        (CCP, 1, 1, "1206 01000040"),
        (CCP, 1, 9, "1206 01000020"),
        (CCP, 1, 9, "1206 00000040"),
        (CCP, 2, 1, "1206 01000040"),
        (CCP, 3, 1, "1206 01000020"),
        (CCP, 4, 1, "1206 01000040"),
        (CCP, 5, 9, ""),
        (CCP, 6, 1, ""),
        (CCP, 14, 9, ""),
        (IPCP, 1, 9, "0306 c0a80101"),
        (IPCP, 5, 9, ""),
    ];
    let forge =
        |(protocol, code, identifier, data)| frame(protocol, code, identifier, &unhex(data));
    let mut forgeries: Vec<_> = packets.into_iter().map(forge).collect();
    // A packet in the clear, and one that is not well encrypted.
    forgeries.push([&[0x00, 0x21], &ipv4(b"forged")[..]].concat());
    forgeries.push([&[0x00, 0xfd, 0x90, 0x00], &ipv4(b"forged")[..]].concat());
    forgeries
}
