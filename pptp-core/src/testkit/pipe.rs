//! One direction of a TCP connection.

use super::{Conditions, Rng};
use crate::time::Instant;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

/// How long it takes until a lost segment is sent again.
const RETRANSMISSION: Duration = Duration::from_millis(200);

/// What comes out of a [`Pipe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Some octets of the stream.
    Octets(Vec<u8>),
    /// The end of the stream.
    End,
}

/// One direction of a TCP connection: octets arrive in order and completely, but cut and joined anywhere, by seed.
///
/// Of the [`Conditions`] only delay, jitter and loss matter. A loss shows as a delay.
#[derive(Debug, Clone)]
pub struct Pipe {
    conditions: Conditions,
    rng: Rng,
    last: Instant,
    flying: VecDeque<(Instant, Piece)>,
}

impl Pipe {
    /// An empty stream.
    #[must_use]
    pub const fn new(conditions: Conditions, rng: Rng) -> Self {
        Self {
            conditions,
            rng,
            last: Instant::ZERO,
            flying: VecDeque::new(),
        }
    }

    /// Makes the path better or worse, for what is written from now on.
    pub const fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Writes `octets` to the end of the stream.
    pub fn write(&mut self, now: Instant, mut octets: &[u8]) {
        while !octets.is_empty() {
            // Mostly whole, as in life; now and then cut, several times if it so happens.
            let len = match self.rng.below(4) {
                0 => 1 + self.rng.below(octets.len()),
                _ => octets.len(),
            };
            let (segment, rest) = octets.split_at(len);
            self.fly(now, Piece::Octets(segment.to_vec()));
            octets = rest;
        }
    }

    /// Ends the stream.
    pub fn end(&mut self, now: Instant) {
        self.fly(now, Piece::End);
    }

    /// When the next piece arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Instant> {
        self.flying.front().map(|(at, _)| *at)
    }

    /// What has arrived by `now`, the first of it or all at once.
    pub fn read(&mut self, now: Instant) -> Option<Piece> {
        let mut piece = self.pop(now)?;
        while let Piece::Octets(octets) = &mut piece
            && self.rng.chance(0.5)
            && let Some((at, Piece::Octets(more))) = self.flying.front()
            && *at <= now
        {
            octets.extend(more);
            self.flying.pop_front();
        }
        Some(piece)
    }

    fn pop(&mut self, now: Instant) -> Option<Piece> {
        if self.next_arrival()? > now {
            return None;
        }
        self.flying.pop_front().map(|(_, piece)| piece)
    }

    fn fly(&mut self, now: Instant, piece: Piece) {
        let Conditions {
            delay,
            jitter,
            loss,
            ..
        } = self.conditions;
        let mut at = now + delay + self.rng.duration(jitter);
        let mut wait = RETRANSMISSION;
        // TCP gives up at some point; here it gets through at the seventh attempt.
        for _ in 0..6 {
            if !self.rng.chance(loss) {
                break;
            }
            at = at + wait;
            wait *= 2;
        }
        self.last = self.last.max(at);
        self.flying.push_back((self.last, piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_octets_arrive_in_order_cut_and_joined() {
        let octets: Vec<u8> = (0..=255).cycle().take(20_000).collect();
        let (mut cut, mut joined) = (0, 0);
        for seed in 0..20 {
            let conditions = Conditions {
                loss: 0.2,
                ..Conditions::ROUGH
            };
            let mut pipe = Pipe::new(conditions, Rng::new(seed));
            for (n, message) in octets.chunks(156).enumerate() {
                pipe.write(Instant::from_millis(n as u64), message);
            }
            pipe.end(Instant::from_millis(500));
            let mut arrived = Vec::new();
            let mut last = Instant::ZERO;
            loop {
                let at = pipe.next_arrival().unwrap();
                assert!(at >= last);
                last = at;
                match pipe.read(at).unwrap() {
                    Piece::Octets(piece) => {
                        assert!(!piece.is_empty());
                        cut += u32::from(piece.len() < 156);
                        joined += u32::from(piece.len() > 156);
                        arrived.extend(piece);
                    }
                    Piece::End => break,
                }
            }
            assert_eq!(arrived, octets);
            assert_eq!(pipe.next_arrival(), None);
        }
        assert!(cut > 100 && joined > 100, "{cut} cut, {joined} joined");
    }
}
