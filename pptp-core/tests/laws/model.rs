//! Law 8, checked over all interleavings of a bounded attacker: every one of his frames at every place of the exchange,
//! two of them in every combination.

use super::attacker::{FORGED, datagram, packet};
use super::ends::{CLIENT_ID, End, Pair, SERVER_ID, client, server};
use pptp_core::ppp::wire::Frame;
use pptp_core::testkit::Side;
use pptp_core::time::Instant;
use pptp_core::wire::GreHeader;
use std::collections::HashMap;

const MARKER: &[u8] = b"~secret of the application~";

/// The frames of the attacker. What answers a Configure-Request answers the newest one, with its Identifier.
const ALPHABET: [(u16, Kind); 16] = [
    (0xc021, Kind::Request(&[1, 4, 5, 0x78])),
    (0xc021, Kind::Code(2)),
    (0xc021, Kind::Code(4)),
    (0xc021, Kind::Plain(5, &[])),
    (0xc021, Kind::Plain(8, &[0, 0xfd, 0, 0])),
    (0xc021, Kind::Plain(8, &[0x80, 0xfd, 1, 1])),
    (0x80fd, Kind::Request(&[])),
    (0x80fd, Kind::Request(&[18, 6, 1, 0, 0, 0x40])),
    (0x80fd, Kind::Code(2)),
    (0x80fd, Kind::Code(4)),
    (0x80fd, Kind::Plain(5, &[])),
    (0x80fd, Kind::Plain(14, &[])),
    (0x8021, Kind::Request(&[3, 6, 10, 0, 0, 2])),
    (0x8021, Kind::Code(2)),
    (
        0xc223,
        Kind::Plain(3, b"S=0123456789ABCDEF0123456789ABCDEF01234567"),
    ),
    (0x0021, Kind::Clear),
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// A Configure-Request of his own.
    Request(&'static [u8]),
    /// An answer that quotes the whole Configure-Request.
    Code(u8),
    /// Any other packet.
    Plain(u8, &'static [u8]),
    /// A network packet.
    Clear,
}

/// The exchange, and what went over the wire.
#[derive(Clone)]
struct State {
    pair: Pair,
    streams: HashMap<[u8; 16], Vec<u8>>,
    sent: u32,
}

impl State {
    /// Has `frame` arrive at the server or at the client, with the next number of the other end.
    fn forge(&mut self, (protocol, kind): (u16, Kind), to_server: bool) {
        let (from, by_receiver) = if to_server {
            (&self.pair.at_client.gre, &self.pair.at_server.gre)
        } else {
            (&self.pair.at_server.gre, &self.pair.at_client.gre)
        };
        let number = |gre: &Vec<u8>| GreHeader::parse(gre).unwrap().0.sequence;
        let sequence = from
            .iter()
            .rev()
            .find_map(number)
            .map_or(0, |it| it.wrapping_add(1));
        let asked = by_receiver.iter().rev().find_map(|gre| {
            let frame = Frame::parse(GreHeader::parse(gre).unwrap().1).ok()?;
            match frame.payload {
                [1, id, _, _, options @ ..] if frame.protocol.0 == protocol => Some((*id, options)),
                _ => None,
            }
        });
        let body = match kind {
            Kind::Request(options) => packet(1, 77, options),
            Kind::Code(code) => match asked {
                Some((id, options)) => packet(code, id, options),
                None => return,
            },
            Kind::Plain(code, data) => packet(code, 1, data),
            Kind::Clear => super::ends::packet(FORGED),
        };
        let payload = [&[0xff, 3], &protocol.to_be_bytes()[..], &body].concat();
        let header = GreHeader {
            payload_len: payload.len() as u16,
            call_id: if to_server { SERVER_ID } else { CLIENT_ID },
            sequence: Some(sequence),
            acknowledgment: None,
        };
        let forged = datagram(Side::Client, Instant::ZERO, header, &payload).bytes;
        let now = self.pair.now;
        let (arrived, out) = if to_server {
            self.pair.server.gre(now, &forged)
        } else {
            self.pair.client.gre(now, &forged)
        };
        assert_eq!(arrived, None, "nobody sent that");
        self.pair.note(out, !to_server);
        self.talk();
    }

    /// Both ends send if they will.
    fn talk(&mut self) {
        for from_client in [true, false] {
            self.sent += 1;
            let packet = super::ends::packet(&[MARKER, &self.sent.to_be_bytes()].concat());
            let now = self.pair.now;
            let sent = if from_client {
                self.pair.client.try_send(now, &packet)
            } else {
                self.pair.server.try_send(now, &packet)
            };
            let Some(datagram) = sent else { continue };
            assert!(
                !datagram.windows(MARKER.len()).any(|it| it == MARKER),
                "in the clear"
            );
            let sealed = &datagram[datagram.len() - packet.len()..];
            let stream: Vec<u8> = sealed.iter().zip(&packet).map(|(a, b)| a ^ b).collect();
            let again = self.streams.insert(*stream.first_chunk().unwrap(), packet);
            assert_eq!(again, None, "a key stream is used once");
            let way = if from_client {
                &mut self.pair.to_server
            } else {
                &mut self.pair.to_client
            };
            way.1.push(datagram);
        }
    }

    /// Delivers the next thing on its way. False if there is none.
    fn step(&mut self) -> bool {
        let Some(arrived) = self.pair.step() else {
            return false;
        };
        let genuine = |packet: Vec<u8>| packet.windows(MARKER.len()).any(|it| it == MARKER);
        assert!(arrived.is_none_or(genuine), "nobody sent that");
        true
    }

    /// What comes after the last frame that was forged.
    fn go_on(mut self) {
        self.run();
        self.talk();
        self.run();
        // And what timers make of it.
        for _ in 0..3 {
            self.pair.run(core::time::Duration::from_secs(3));
            self.talk();
            self.run();
        }
    }

    fn run(&mut self) {
        for _ in 0..200 {
            if !self.step() {
                return;
            }
        }
    }
}

/// Has the attacker send up to `depth` more frames, at every `stride`-th chance, and tells how many runs there were.
fn explore(mut state: State, depth: usize, stride: usize, chance: &mut usize) -> usize {
    if depth == 0 {
        state.go_on();
        return 1;
    }
    let mut runs = 0;
    // The exchange has about forty steps, and nothing that matters comes after it but data.
    for _ in 0..60 {
        for frame in ALPHABET {
            for to_server in [true, false] {
                *chance += 1;
                if chance.is_multiple_of(stride) {
                    let mut attacked = state.clone();
                    attacked.forge(frame, to_server);
                    runs += explore(attacked, depth - 1, stride, chance);
                }
            }
        }
        if !state.step() {
            break;
        }
        if state.pair.is_up() && state.sent < 8 {
            state.talk();
        }
    }
    runs
}

fn check(depth: usize, stride: usize) {
    let mut pair = Pair::new(client(), server());
    // Up to the first datagrams.
    while pair.to_client.1.is_empty() || pair.to_server.1.is_empty() {
        pair.step().expect("the call comes up");
    }
    let start = State {
        pair,
        streams: HashMap::new(),
        sent: 0,
    };
    let runs = explore(start, depth, stride, &mut 0);
    println!("{runs} runs of depth {depth}");
    assert!(runs > 100);
}

#[test]
fn one_forged_frame_anywhere() {
    check(1, 1);
}

#[test]
fn two_forged_frames_in_some_places() {
    check(2, 19);
}

#[test]
#[ignore = "takes a while"]
fn two_forged_frames_everywhere() {
    check(2, 1);
}

#[test]
#[ignore = "takes a while"]
fn three_forged_frames_in_some_places() {
    check(3, 23);
}
