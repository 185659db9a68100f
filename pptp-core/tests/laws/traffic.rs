//! A tunnel under attack, with application data in it, and what must hold of it whatever happens (law 8).

use super::attacker::{Attacker, FORGED};
use super::dice::Dice;
use super::ends::{PASSWORD, client_config, server_config};
use core::time::Duration;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::{Encryption, Minimal, Profile};
use pptp_core::testkit::{Conditions, Kind, Node, Rng, Side, Sim};
use pptp_core::{Client, Network, Pac, Pns, SendError, Server};
use std::collections::{HashMap, HashSet};

pub type Tunnel<P = Minimal> = Sim<Node<P, Pns>, Node<P, Pac>>;

/// Two ends over a path, about to connect. They compress if they can.
pub fn tunnel<P: Profile>(policy: MppePolicy, conditions: Conditions, seed: u64) -> Tunnel<P> {
    let mut rng = Rng::new(seed);
    let (mut client, mut server) = (client_config(policy), server_config(policy));
    client.ppp.mppc = true;
    server.ppp.mppc = true;
    let client = Client::new(client, rng.entropy());
    let server = Server::new(server, rng.entropy());
    let (client, server) = (Node::new(client), Node::new(server).with_password(PASSWORD));
    let mut sim = Sim::new(client, server, conditions, rng.u64());
    sim.connect();
    sim
}

/// What every packet of the application has in it.
const MARKER: &[u8] = b"~secret of the application~";

/// Runs a tunnel until the dice say it is enough, sending application data whenever that is possible, and when not.
pub struct Traffic<P: Profile> {
    pub sim: Tunnel<P>,
    sent: [HashSet<Vec<u8>>; 2],
    /// Of each key stream that was used, how it began and what for.
    streams: HashMap<[u8; 16], Vec<u8>>,
    count: u32,
    /// How many packets were compressed.
    pub compressed: usize,
    flips: bool,
}

impl<P: Profile> Traffic<P> {
    pub fn new(mut sim: Tunnel<P>, dice: Dice, flips: bool) -> Self {
        let mut attacker = Attacker::new(dice);
        attacker.flips_ciphertext = flips;
        sim.set_attacker(move |packet, crossing| attacker.attack(packet, crossing));
        Self {
            sim,
            sent: [HashSet::new(), HashSet::new()],
            streams: HashMap::new(),
            count: 0,
            compressed: 0,
            flips,
        }
    }

    /// Has an end send a packet that is unlike all others, if it will.
    pub fn send(&mut self, from: Side, len: usize) {
        self.count += 1;
        let mut packet = vec![
            0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        packet.extend(self.count.to_be_bytes());
        packet.extend(MARKER);
        if self.count.is_multiple_of(3) {
            // What does not get shorter.
            let mut noise = Rng::new(self.count.into());
            packet.extend((0..len + 200).map(|_| noise.u64() as u8));
        }
        packet.resize(packet.len() + len, b'~');
        let total = packet.len() as u16;
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        let now = self.sim.now();
        let mut out = [0; 2048];
        let (sent, (encrypted, _)): (_, (Option<Encryption>, _)) = match from {
            Side::Client => {
                let session = &mut self.sim.client.session;
                let encryption = session.encryption();
                (
                    session.send(now, Network::Ipv4, &packet, &mut out),
                    encryption,
                )
            }
            Side::Server => {
                let session = &mut self.sim.server.session;
                let encryption = session.encryption();
                (
                    session.send(now, Network::Ipv4, &packet, &mut out),
                    encryption,
                )
            }
        };
        let datagram = match sent {
            Ok(datagram) => datagram.to_vec(),
            Err(error) => {
                assert!(
                    matches!(error, SendError::NotOpen | SendError::TooLong { .. }),
                    "{error}"
                );
                return;
            }
        };
        assert!(encrypted.is_some(), "nothing leaves in the clear");
        // The packet is the last thing in the datagram; two octets of Protocol field come before it. What is compressed
        // is shorter.
        if datagram.len() > packet.len() + 12 + 2 + 2 {
            let sealed = &datagram[datagram.len() - packet.len()..];
            let stream: Vec<u8> = sealed.iter().zip(&packet).map(|(a, b)| a ^ b).collect();
            let stream = *stream.first_chunk().expect("it is longer");
            let again = self.streams.insert(stream, packet.clone());
            assert_eq!(again, None, "a key stream is used once");
        } else {
            self.compressed += 1;
        }
        self.sent[usize::from(from == Side::Server)].insert(packet);
        self.sim.send_gre(from, &datagram);
    }

    pub fn check(&self) {
        for packet in self.sim.log() {
            let clear = packet.bytes.windows(MARKER.len()).any(|it| it == MARKER);
            assert!(!clear, "in the clear: {packet:?}");
            assert!(packet.kind != Kind::Gre || packet.bytes.len() < 1500);
        }
        let arrived = [
            (&self.sim.server.packets, &self.sent[0]),
            (&self.sim.client.packets, &self.sent[1]),
        ];
        for (packets, sent) in arrived {
            let mut seen = HashSet::new();
            for packet in packets {
                let forged = packet.windows(FORGED.len()).any(|it| it == FORGED);
                assert!(!forged, "from nobody: {packet:?}");
                assert!(
                    self.flips || sent.contains(packet),
                    "from nobody: {packet:?}"
                );
                assert!(self.flips || seen.insert(packet), "twice: {packet:?}");
            }
        }
    }

    /// Closes both ends, and sees to it that they end in time and for a reason.
    pub fn end(&mut self) {
        let now = self.sim.now();
        self.sim.client.session.close(now);
        self.sim.server.session.close(now);
        self.sim.run_for(Duration::from_secs(30));
        self.check();
        assert!(self.sim.client.down.is_some(), "{:#?}", self.sim.client);
        assert!(self.sim.server.down.is_some(), "{:#?}", self.sim.server);
    }
}

fn policy(dice: &mut Dice) -> MppePolicy {
    MppePolicy {
        requirement: Requirement::Require,
        strengths: dice.pick(&[Strengths::BITS_128, Strengths::BITS_128, Strengths::all()]),
        modes: dice.pick(&[
            Modes::STATELESS,
            Modes::STATELESS,
            Modes::STATEFUL,
            Modes::all(),
        ]),
    }
}

/// One attacked tunnel, from its beginning to its end: tells how many packets arrived, and how many were compressed.
pub fn attacked<P: Profile>(mut dice: Dice, seed: u64) -> (usize, usize) {
    let conditions = dice.pick(&[Conditions::PERFECT, Conditions::INTERNET, Conditions::ROUGH]);
    let sim = tunnel::<P>(policy(&mut dice), conditions, seed);
    let flips = dice.one_in(4);
    let mut plan = dice.split();
    let mut traffic = Traffic::new(sim, dice, flips);
    for _ in 0..40 {
        let pause = 20 + 10 * plan.below(200) as u64;
        traffic.sim.run_for(Duration::from_millis(pause));
        for _ in 0..plan.below(4) {
            traffic.send(plan.pick(&[Side::Client, Side::Server]), plan.below(200));
        }
    }
    traffic.check();
    let arrived = traffic.sim.client.packets.len() + traffic.sim.server.packets.len();
    traffic.end();
    (arrived, traffic.compressed)
}
