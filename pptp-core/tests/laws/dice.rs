//! Where the choices of an attacker and of a caller come from: a seed, or the octets of a fuzzer.

use pptp_core::testkit::Rng;

#[derive(Debug, Clone)]
pub enum Dice {
    Seed(Rng),
    /// The octets, last one first. When there are none left, every choice is 0.
    Octets(Vec<u8>),
}

impl Dice {
    pub fn seed(seed: u64) -> Self {
        Self::Seed(Rng::new(seed))
    }

    pub fn octets(octets: &[u8]) -> Self {
        Self::Octets(octets.iter().rev().copied().collect())
    }

    /// Dice for somebody else: other numbers, or every second octet of what is left.
    pub fn split(&mut self) -> Self {
        match self {
            Self::Seed(rng) => Self::Seed(rng.fork()),
            Self::Octets(octets) => {
                let half = octets.iter().copied().skip(1).step_by(2).collect();
                *octets = octets.iter().copied().step_by(2).collect();
                Self::Octets(half)
            }
        }
    }

    pub fn octet(&mut self) -> u8 {
        match self {
            Self::Seed(rng) => rng.u64() as u8,
            Self::Octets(octets) => octets.pop().unwrap_or(0),
        }
    }

    /// A number below `end`, which is 65 536 at the most; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let number = if end <= 256 {
            usize::from(self.octet())
        } else {
            usize::from(u16::from_be_bytes([self.octet(), self.octet()]))
        };
        number % end.max(1)
    }

    pub fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == number - 1
    }

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let len = self.below(most + 1);
        (0..len).map(|_| self.octet()).collect()
    }

    /// Whether there are choices left to be made.
    pub fn is_spent(&self) -> bool {
        matches!(self, Self::Octets(octets) if octets.is_empty())
    }
}
