//! A wire that loses, duplicates, delays and reorders frames by a seed.

use super::{End, Pair};
use pptp_ppp::{Grant, Instant, Minimal, Network, Verdict};

/// Numbers by a seed (xorshift64*).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What the wire does to frames.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    pub loss: u64,
    pub duplicates: u64,
    /// The longest delay, in milliseconds; the shortest is a tenth of it. The difference reorders.
    pub delay: u64,
}

/// What came of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When a packet had come through in each direction, in milliseconds.
    pub up: Option<u64>,
    /// Packets sent, and packets that came through, after that.
    pub sent: u64,
    pub received: u64,
}

/// Has the ends of `pair` find together over a bad wire, and use the link for ten seconds more. B asks `password`.
pub fn run(
    pair: &mut Pair<Minimal, Minimal>,
    password: &str,
    wire: Wire,
    seed: u64,
    limit: u64,
) -> Run {
    let mut dice = Dice::new(seed);
    let mut flying: Vec<(u64, End, Vec<u8>)> = Vec::new();
    let start = pair.now;
    let millis = |at: Instant| (at - start).as_millis();
    let mut result = Run {
        up: None,
        sent: 0,
        received: 0,
    };
    let (mut to_a, mut to_b) = (false, false);
    let mut tick = 0_u64;
    let mut end = limit;
    while tick <= end {
        pair.now = Instant::from_micros(start.as_micros() + tick * 1000);
        let now = pair.now;
        for (to, frame) in take_due(&mut flying, tick) {
            pair.deliver(to.other(), frame);
        }
        pair.a.handle_timeout(now);
        pair.b.handle_timeout(now);
        pair.drain();
        if let Some(id) = pair.request.take() {
            let verdict = Verdict::Password(password);
            pair.b.authorize(now, id, &verdict, Grant::default());
        }
        pair.drain();
        // Either end uses the link as soon as it thinks it can.
        if tick.is_multiple_of(100) {
            for from in [End::A, End::B] {
                let packet = super::ipv4(&tick.to_be_bytes());
                let open = match from {
                    End::A => pair.a.is_up(Network::Ipv4),
                    End::B => pair.b.is_up(Network::Ipv4),
                };
                if open {
                    pair.send(from, &packet).unwrap();
                    result.sent += u64::from(result.up.is_some());
                }
            }
        }
        while let Some((from, frame)) = pair.wire.pop_front() {
            let copies = 1 + u64::from(dice.percent(wire.duplicates));
            for _ in 0..copies {
                if !dice.percent(wire.loss) {
                    let delay = wire.delay / 10 + dice.below(wire.delay.max(1));
                    flying.push((tick + 1 + delay, from.other(), frame.clone()));
                }
            }
        }
        for (to, _) in pair.packets.drain(..) {
            to_a |= to == End::A;
            to_b |= to == End::B;
            result.received += u64::from(result.up.is_some());
        }
        if to_a && to_b && result.up.is_none() {
            result.up = Some(u64::try_from(millis(now)).unwrap());
            end = tick + 10_000;
        }
        if pair.a.down_reason().is_some() && pair.b.down_reason().is_some() {
            break;
        }
        pair.log.clear();
        pair.events.clear();
        pair.discards.clear();
        tick += 1;
    }
    result
}

fn take_due(flying: &mut Vec<(u64, End, Vec<u8>)>, tick: u64) -> Vec<(End, Vec<u8>)> {
    let mut due: Vec<_> = flying.extract_if(.., |(at, ..)| *at <= tick).collect();
    due.sort_by_key(|(at, ..)| *at);
    due.into_iter().map(|(_, to, frame)| (to, frame)).collect()
}
