//! One direction of a path for datagrams.

use super::Rng;
use crate::time::Instant;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

/// How bad a path is. All probabilities are from 0 to 1.
///
/// ```
/// use pptp_core::testkit::Conditions;
/// let lossy = Conditions { loss: 0.3, ..Conditions::INTERNET };
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// How long everything takes at least.
    pub delay: Duration,
    /// How much longer it may take. This does not change the order.
    pub jitter: Duration,
    /// How likely a datagram is to be lost.
    pub loss: f64,
    /// How likely the datagram after a lost one is to be lost too, if that is more than `loss`: losses come in bursts.
    pub burst: f64,
    /// How likely a datagram is to arrive twice.
    pub duplication: f64,
    /// How likely a datagram is to be overtaken by those behind it.
    pub reordering: f64,
    /// By how much a datagram that is overtaken is late, at most.
    pub lateness: Duration,
    /// How likely a datagram is to have up to three of its bits flipped.
    pub corruption: f64,
}

impl Conditions {
    /// Everything arrives at once.
    pub const PERFECT: Self = Self {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        loss: 0.0,
        burst: 0.0,
        duplication: 0.0,
        reordering: 0.0,
        lateness: Duration::from_millis(20),
        corruption: 0.0,
    };

    /// A good path over some distance: 20 ms and up to 4 ms more, and nothing gets lost.
    pub const INTERNET: Self = Self {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(4),
        ..Self::PERFECT
    };

    /// A bad one: 60 ms and up to 40 ms more, 10 % lost, often several together, 2 % doubled, 10 % overtaken.
    pub const ROUGH: Self = Self {
        delay: Duration::from_millis(60),
        jitter: Duration::from_millis(40),
        loss: 0.1,
        burst: 0.4,
        duplication: 0.02,
        reordering: 0.1,
        lateness: Duration::from_millis(80),
        corruption: 0.0,
    };
}

/// One direction of a path for datagrams, which loses, delays, doubles, reorders and corrupts them by seed.
#[derive(Debug, Clone)]
pub struct Link {
    conditions: Conditions,
    rng: Rng,
    lost_last: bool,
    /// When the last datagram that kept its place arrives.
    last: Instant,
    serial: u64,
    /// What is on its way, by time of arrival and then by order of sending.
    flying: BTreeMap<(Instant, u64), Vec<u8>>,
}

impl Link {
    /// An empty path.
    #[must_use]
    pub const fn new(conditions: Conditions, rng: Rng) -> Self {
        Self {
            conditions,
            rng,
            lost_last: false,
            last: Instant::ZERO,
            serial: 0,
            flying: BTreeMap::new(),
        }
    }

    /// How bad the path is.
    #[must_use]
    pub const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Makes the path better or worse, for what is sent from now on.
    pub const fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Sends a datagram.
    pub fn send(&mut self, now: Instant, datagram: &[u8]) {
        let Conditions {
            loss,
            burst,
            duplication,
            ..
        } = self.conditions;
        let loss = if self.lost_last {
            burst.max(loss)
        } else {
            loss
        };
        self.lost_last = self.rng.chance(loss);
        if self.lost_last {
            return;
        }
        self.fly(now, datagram);
        if self.rng.chance(duplication) {
            self.fly(now, datagram);
        }
    }

    /// When the next datagram arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Instant> {
        self.flying.keys().next().map(|(at, _)| *at)
    }

    /// The next datagram that has arrived by `now`.
    pub fn receive(&mut self, now: Instant) -> Option<Vec<u8>> {
        let first = self.flying.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    fn fly(&mut self, now: Instant, datagram: &[u8]) {
        let Conditions {
            delay,
            jitter,
            reordering,
            lateness,
            corruption,
            ..
        } = self.conditions;
        let mut at = self.last.max(now + delay + self.rng.duration(jitter));
        if self.rng.chance(reordering) {
            at = at + self.rng.duration(lateness);
        } else {
            self.last = at;
        }
        let mut datagram = datagram.to_vec();
        if self.rng.chance(corruption) && !datagram.is_empty() {
            for _ in 0..=self.rng.below(3) {
                let place = self.rng.below(datagram.len());
                datagram[place] ^= 1 << self.rng.below(8);
            }
        }
        self.flying.insert((at, self.serial), datagram);
        self.serial += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends 10 000 datagrams, one a millisecond, and gives those that arrive, with their time.
    fn run(conditions: Conditions, seed: u64) -> Vec<(Instant, u32)> {
        let mut link = Link::new(conditions, Rng::new(seed));
        for n in 0..10_000_u32 {
            link.send(Instant::from_millis(n.into()), &n.to_be_bytes());
        }
        let mut out = Vec::new();
        while let Some(at) = link.next_arrival() {
            let datagram = link.receive(at).unwrap();
            out.push((at, u32::from_be_bytes(datagram.try_into().unwrap())));
        }
        out
    }

    #[test]
    fn a_perfect_path_changes_nothing() {
        let expected: Vec<_> = (0..10_000)
            .map(|n| (Instant::from_millis(n.into()), n))
            .collect();
        assert_eq!(run(Conditions::PERFECT, 1), expected);
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(run(Conditions::ROUGH, 7), run(Conditions::ROUGH, 7));
        assert_ne!(run(Conditions::ROUGH, 7), run(Conditions::ROUGH, 8));
    }

    #[test]
    fn delay_and_jitter_keep_the_order() {
        let conditions = Conditions {
            delay: Duration::from_millis(50),
            jitter: Duration::from_millis(20),
            ..Conditions::PERFECT
        };
        let arrived = run(conditions, 3);
        assert_eq!(arrived.len(), 10_000);
        assert!(arrived.is_sorted());
        for (at, n) in arrived {
            assert!(at >= Instant::from_millis(u64::from(n) + 50));
        }
    }

    #[test]
    fn loses_doubles_and_reorders_as_often_as_asked() {
        let loses = Conditions {
            loss: 0.3,
            ..Conditions::PERFECT
        };
        assert!((6800..7200).contains(&run(loses, 5).len()));
        let doubles = Conditions {
            duplication: 0.1,
            ..Conditions::PERFECT
        };
        assert!((10_850..11_150).contains(&run(doubles, 5).len()));
        let reorders = Conditions {
            reordering: 0.1,
            ..Conditions::PERFECT
        };
        let arrived = run(reorders, 5);
        let steps_back = arrived
            .windows(2)
            .filter(|pair| pair[1].1 < pair[0].1)
            .count();
        assert_eq!(arrived.len(), 10_000);
        assert!((700..1050).contains(&steps_back), "{steps_back}");
        let bursts = Conditions {
            loss: 0.01,
            burst: 0.9,
            ..Conditions::PERFECT
        };
        assert!((8600..9400).contains(&run(bursts, 5).len()));
    }

    #[test]
    fn flips_bits() {
        let conditions = Conditions {
            corruption: 1.0,
            ..Conditions::PERFECT
        };
        let mut link = Link::new(conditions, Rng::new(1));
        for _ in 0..100 {
            link.send(Instant::ZERO, &[0; 100]);
            link.send(Instant::ZERO, &[]);
            let flipped: u32 = link
                .receive(Instant::ZERO)
                .unwrap()
                .iter()
                .map(|octet| octet.count_ones())
                .sum();
            assert!(flipped <= 3);
            assert_eq!(link.receive(Instant::ZERO), Some(Vec::new()));
        }
    }
}
