//! Chance, by seed.

use core::time::Duration;

/// A small generator of pseudo-random numbers, splitmix64: the same seed gives the same numbers, on every machine.
///
/// It is no source of secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng(u64);

impl Rng {
    /// The numbers that belong to `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator whose numbers have nothing to do with those that follow here: what one part of a simulation draws
    /// does not change what the others do.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self(self.u64())
    }

    /// Any number.
    pub const fn u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    pub const fn below(&mut self, end: usize) -> usize {
        let product = (self.u64() as u128) * (end as u128);
        (product >> 64) as usize
    }

    /// True with this probability: never for 0, always for 1.
    pub const fn chance(&mut self, probability: f64) -> bool {
        const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
        ((self.u64() >> 11) as f64) * UNIT < probability
    }

    /// A duration below `end`, in whole microseconds.
    pub fn duration(&mut self, end: Duration) -> Duration {
        let micros = usize::try_from(end.as_micros()).unwrap_or(usize::MAX);
        Duration::from_micros(self.below(micros) as u64)
    }

    /// 32 octets, such as the entropy of a client.
    pub fn entropy(&mut self) -> [u8; 32] {
        let mut octets = [0; 32];
        self.fill(&mut octets);
        octets
    }

    /// Fills `out` with any octets.
    pub fn fill(&mut self, out: &mut [u8]) {
        for octet in out {
            *octet = self.u64() as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_numbers_of_splitmix64() {
        // The first outputs of the reference implementation (S. Vigna, splitmix64.c) for seed 1234567.
        let mut rng = Rng::new(1_234_567);
        let numbers = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(numbers.map(|_| rng.u64()), numbers);
    }

    #[test]
    fn keeps_to_bounds_and_probabilities() {
        let mut rng = Rng::new(1);
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.duration(Duration::ZERO), Duration::ZERO);
        let mut counts = [0; 7];
        let mut hits = 0;
        for _ in 0..70_000 {
            counts[rng.below(7)] += 1;
            hits += u32::from(rng.chance(0.3));
            assert!(!rng.chance(0.0));
            assert!(rng.chance(1.0));
        }
        assert!(counts.iter().all(|count| (9500..10_500).contains(count)));
        assert!((20_300..21_700).contains(&hits));
    }
}
