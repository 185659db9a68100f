//! Randomness from 32 bytes of the caller's entropy.

use core::fmt;
use sha1::{Digest, Sha1};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A stream of random octets: SHA-1 in counter mode over 32 octets of entropy.
///
/// The entropy must come from a cryptographic source and be used for one object only: challenges, and with them the
/// keys of MPPE, depend on it. The same entropy gives the same octets, which is what makes every state here a function
/// of its inputs.
#[derive(Clone, PartialEq, Eq)]
pub struct Random {
    entropy: [u8; 32],
    counter: u64,
    script: &'static [u8],
}

impl Random {
    /// A stream that is a function of `entropy`.
    #[must_use]
    pub const fn new(entropy: [u8; 32]) -> Self {
        Self {
            entropy,
            counter: 0,
            script: &[],
        }
    }

    /// A stream that starts with the octets of `script`, for tests and for replaying a recorded session, and goes on
    /// as [`Random::new`] does.
    #[must_use]
    pub const fn scripted(script: &'static [u8], entropy: [u8; 32]) -> Self {
        Self {
            entropy,
            counter: 0,
            script,
        }
    }

    /// The next `N` octets of the stream.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        self.fill(&mut octets);
        octets
    }

    /// Fills `out` with the next octets of the stream.
    pub fn fill(&mut self, out: &mut [u8]) {
        let scripted = self.script.len().min(out.len());
        let (head, tail) = out.split_at_mut(scripted);
        if let Some((script, rest)) = self.script.split_at_checked(scripted) {
            head.copy_from_slice(script);
            self.script = rest;
        }
        for chunk in tail.chunks_mut(20) {
            let block = Sha1::new()
                .chain_update(self.entropy)
                .chain_update(self.counter.to_be_bytes())
                .finalize();
            self.counter = self.counter.wrapping_add(1);
            for (place, octet) in chunk.iter_mut().zip(block) {
                *place = octet;
            }
        }
    }

    /// The next 32 bits of the stream.
    pub fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Random").finish_non_exhaustive()
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        self.entropy.zeroize();
    }
}

impl ZeroizeOnDrop for Random {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sha1_in_counter_mode() {
        let mut random = Random::new([0; 32]);
        let octets: [u8; 40] = random.array();
        assert_eq!(octets[..20], Sha1::digest([0; 40])[..]);
        let mut second = [0; 40];
        second[39] = 1;
        assert_eq!(octets[20..], Sha1::digest(second)[..]);
    }

    #[test]
    fn a_script_comes_first() {
        let mut random = Random::scripted(&[1, 2, 3], [0; 32]);
        assert_eq!(random.array::<2>(), [1, 2]);
        let mixed = random.array::<4>();
        assert_eq!(mixed[0], 3);
        assert_eq!(mixed[1..], Random::new([0; 32]).array::<3>());
    }
}
