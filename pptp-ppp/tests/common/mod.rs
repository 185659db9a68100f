//! Two ends of a link and the wire between them, on a virtual clock.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses its own part of this"
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

pub mod hostile;
pub mod lossy;
pub mod script;

use pptp_ppp::{
    AuthId, Discard, DownReason, Event, Inbound, Instant, Network, Ppp, Profile, wire::Frame,
};
use std::collections::VecDeque;

pub const MTU: usize = 2048;

/// Which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    A,
    B,
}

impl End {
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Two ends, and what is under way between them.
#[derive(Clone)]
pub struct Pair<A: Profile, B: Profile> {
    pub a: Ppp<A>,
    pub b: Ppp<B>,
    pub now: Instant,
    pub wire: VecDeque<(End, Vec<u8>)>,
    /// Every frame that was sent, by whom and when.
    pub log: Vec<(Instant, End, Vec<u8>)>,
    pub events: Vec<(End, String)>,
    pub packets: Vec<(End, Vec<u8>)>,
    /// What either end wants a verdict on.
    pub request: Option<AuthId>,
    pub discards: Vec<(End, Discard)>,
}

impl<A: Profile, B: Profile> Pair<A, B> {
    pub fn new(a: Ppp<A>, b: Ppp<B>) -> Self {
        let now = Instant::from_millis(1000);
        let mut pair = Self {
            a,
            b,
            now,
            wire: VecDeque::new(),
            log: Vec::new(),
            events: Vec::new(),
            packets: Vec::new(),
            request: None,
            discards: Vec::new(),
        };
        pair.a.open(now);
        pair.b.open(now);
        pair
    }

    /// Takes all that both ends have to say.
    pub fn drain(&mut self) {
        let mut buffer = [0; MTU];
        loop {
            let mut quiet = true;
            for end in [End::A, End::B] {
                let now = self.now;
                let frame = match end {
                    End::A => self.a.poll_frame(now, &mut buffer).unwrap(),
                    End::B => self.b.poll_frame(now, &mut buffer).unwrap(),
                };
                if let Some(frame) = frame {
                    let frame = frame.to_vec();
                    self.log.push((now, end, frame.clone()));
                    self.wire.push_back((end, frame));
                    quiet = false;
                }
                let event = match end {
                    End::A => self.a.poll_event(),
                    End::B => self.b.poll_event(),
                };
                if let Some(Event::AuthRequested(request)) = event {
                    self.request = Some(request.id);
                }
                let event = event.map(|event| format!("{event:?}"));
                if let Some(event) = event {
                    self.events.push((end, event));
                    quiet = false;
                }
            }
            if quiet {
                break;
            }
        }
        for next in [self.a.next_timeout(), self.b.next_timeout()]
            .into_iter()
            .flatten()
        {
            assert!(next >= self.now, "a timer in the past after a drain");
        }
    }

    /// Hands `frame` from `from` to the other end.
    pub fn deliver(&mut self, from: End, mut frame: Vec<u8>) {
        let to = from.other();
        let now = self.now;
        let inbound = match to {
            End::A => self.a.handle_frame(now, &mut frame),
            End::B => self.b.handle_frame(now, &mut frame),
        };
        match inbound {
            Ok(Inbound::Packet { packet, .. }) => self.packets.push((to, packet.to_vec())),
            Ok(_) => {}
            Err(discard) => self.discards.push((to, discard)),
        }
    }

    /// Runs until nothing is left to do before `until`; `pass` decides the fate of each frame.
    pub fn run_with(&mut self, until: Instant, mut pass: impl FnMut(End, &[u8]) -> bool) {
        loop {
            self.drain();
            if let Some((from, frame)) = self.wire.pop_front() {
                if pass(from, &frame) {
                    self.deliver(from, frame);
                }
                continue;
            }
            let next = [self.a.next_timeout(), self.b.next_timeout()]
                .into_iter()
                .flatten()
                .min();
            match next {
                Some(next) if next <= until => {
                    self.now = self.now.max(next);
                    self.a.handle_timeout(self.now);
                    self.b.handle_timeout(self.now);
                }
                _ => break,
            }
        }
        self.now = until;
    }

    pub fn run(&mut self, seconds: u64) {
        let until = Instant::from_micros(self.now.as_micros() + seconds * 1_000_000);
        self.run_with(until, |_, _| true);
    }

    pub fn send(&mut self, from: End, packet: &[u8]) -> Result<(), pptp_ppp::SendError> {
        let mut buffer = [0; MTU];
        let frame = match from {
            End::A => self.a.send(Network::Ipv4, packet, &mut buffer)?.to_vec(),
            End::B => self.b.send(Network::Ipv4, packet, &mut buffer)?.to_vec(),
        };
        self.log.push((self.now, from, frame.clone()));
        self.wire.push_back((from, frame));
        Ok(())
    }

    pub fn is_up(&self) -> bool {
        self.a.is_up(Network::Ipv4) && self.b.is_up(Network::Ipv4)
    }

    pub fn down_reasons(&self) -> (Option<DownReason>, Option<DownReason>) {
        (self.a.down_reason(), self.b.down_reason())
    }

    /// The conversation, a line a frame, for failing tests.
    pub fn transcript(&self) -> String {
        let line = |(at, from, frame): &(Instant, End, Vec<u8>)| {
            let text = Frame::parse(frame)
                .map(|frame| frame.to_string())
                .unwrap_or_default();
            format!("{:>9} {from:?} {text}\n", at.as_micros())
        };
        self.log.iter().map(line).collect()
    }
}

/// An IPv4 packet with `payload`.
pub fn ipv4(payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 64, 17, 0, 0];
    packet.extend([10, 0, 0, 1, 10, 0, 0, 2]);
    packet.extend(payload);
    packet
}
