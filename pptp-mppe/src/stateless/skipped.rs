//! Keys of packets that others have overtaken.

use super::{Decryptor, Trial};
use crate::rc4::Octets;
use crate::{Count, SessionKey};
use core::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Keeps the keys of the last `N` packets that were missing when a later one came, so that one of them that comes after
/// all can still be decrypted, once. `N` is a power of 2 up to 128, or 0; each takes 19 octets.
///
/// A [`Decryptor`] alone refuses what is behind, and costs nothing for it; whoever wants late packets has this beside it:
///
/// ```
/// # use pptp_mppe::{Count, DecryptError, stateless::{Decryptor, Skipped}};
/// fn receive<'d>(
///     decryptor: &mut Decryptor, skipped: &mut Skipped<64>, count: Count, data: &'d mut [u8], plausible: fn(&[u8]) -> bool,
/// ) -> Option<&'d mut [u8]> {
///     if decryptor.is_behind(count) {
///         let trial = skipped.decrypt(decryptor, count, data)?;
///         return if plausible(trial.plaintext()) { Some(trial.commit()) } else { None };
///     }
///     let mut trial = decryptor.decrypt(count, data).ok()?;
///     if !plausible(trial.plaintext()) {
///         return None;
///     }
///     skipped.keep(&mut trial);
///     Some(trial.commit())
/// }
/// ```
///
/// # How long a key is kept
///
/// Until its packet was [committed](LateTrial::commit): a second one of the same count finds none. Until the decryptor is
/// more than `N` packets further. And until the second call of [`Skipped::age`] from then on: who has a clock makes one
/// now and then.
///
/// A `Skipped` belongs to one decryptor. When the keys of the link start anew, so does it: [`Skipped::clear`].
#[derive(Clone, ZeroizeOnDrop)]
pub struct Skipped<const N: usize> {
    /// By the count, modulo their number.
    keys: [Octets; N],
    #[zeroize(skip)]
    counts: [Count; N],
    #[zeroize(skip)]
    ages: [Age; N],
    /// How many packets the decryptor had taken when this was last looked at. All that it missed since were kept here.
    #[zeroize(skip)]
    packets: u64,
}

/// What is in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Empty,
    Young,
    Old,
}

impl<const N: usize> Default for Skipped<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Skipped<N> {
    /// No key is kept.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(
                N == 0 || (N.is_power_of_two() && N <= 128),
                "0 or a power of 2 up to 128"
            );
        }
        Self {
            keys: [Octets([0; 16]); N],
            counts: [Count::FIRST; N],
            ages: [Age::Empty; N],
            packets: 0,
        }
    }

    /// Keeps the keys of the packets that are missing before the one that is on trial: to be called right before it is
    /// committed, each time. If none is missing, that costs nothing.
    pub fn keep<const PREPARED: usize, const KEPT: usize>(
        &mut self,
        trial: &mut Trial<'_, '_, PREPARED, KEPT>,
    ) {
        let missing = trial.missing();
        if missing == 0 || N == 0 {
            return;
        }
        let decryptor = trial.decryptor();
        let expected = decryptor.expected();
        self.go_on(decryptor.packets(), expected.plus(missing).next());
        let most = u16::try_from(N).unwrap_or(missing);
        let passed_over = missing.saturating_sub(most);
        let mut key = decryptor.key().clone();
        let first = expected.plus(passed_over);
        decryptor.ahead().lead(&mut key, first, expected);
        for number in passed_over..missing {
            if number > passed_over {
                key.change();
            }
            let count = expected.plus(number);
            let at = Self::place(count);
            if let (Some(place), Some(of), Some(age)) = (
                self.keys.get_mut(at),
                self.counts.get_mut(at),
                self.ages.get_mut(at),
            ) {
                *place = key.current();
                *of = count;
                *age = Age::Young;
            }
        }
    }

    /// Decrypts `data`, which came late with this `count`, where it is, on trial. `None`, and nothing is touched, if no
    /// key is kept for it.
    pub fn decrypt<'a, 'd, const PREPARED: usize, const KEPT: usize>(
        &'a mut self,
        decryptor: &Decryptor<PREPARED, KEPT>,
        count: Count,
        data: &'d mut [u8],
    ) -> Option<LateTrial<'a, 'd>> {
        self.go_on(decryptor.packets(), decryptor.expected());
        let at = Self::place(count);
        let age = self.ages.get_mut(at)?;
        if *age == Age::Empty || self.counts.get(at) != Some(&count) {
            return None;
        }
        let kept = self.keys.get_mut(at)?;
        let mut key = decryptor.key().clone();
        key.resume(*kept);
        key.fast_cipher().apply_keystream(data);
        Some(LateTrial {
            kept,
            age,
            key,
            data,
        })
    }

    /// Lets go of the keys that were there at the last call already: a key is kept for one to two times the time between
    /// two calls.
    pub fn age(&mut self) {
        for at in 0..N {
            match self.ages.get_mut(at) {
                Some(age) if *age == Age::Young => *age = Age::Old,
                Some(Age::Old) => self.forget(at),
                _ => {}
            }
        }
    }

    /// Lets go of all keys.
    pub fn clear(&mut self) {
        for at in 0..N {
            self.forget(at);
        }
    }

    /// How many keys are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ages.iter().filter(|age| **age != Age::Empty).count()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ages.iter().all(|age| *age == Age::Empty)
    }

    /// Lets go of what is too far behind, when `expected` is the next packet and `packets` were taken.
    fn go_on(&mut self, packets: u64, expected: Count) {
        // A count alone does not tell one packet from that 4096 before it.
        if packets.wrapping_sub(self.packets) >= u64::try_from(N).unwrap_or_default() {
            self.clear();
        }
        self.packets = packets;
        for at in 0..N {
            let behind = self.counts.get(at).map(|count| expected.since(*count));
            if behind.is_none_or(|behind| usize::from(behind) > N) {
                self.forget(at);
            }
        }
    }

    fn forget(&mut self, at: usize) {
        if let (Some(key), Some(age)) = (self.keys.get_mut(at), self.ages.get_mut(at))
            && *age != Age::Empty
        {
            key.zeroize();
            *age = Age::Empty;
        }
    }

    fn place(count: Count) -> usize {
        // The remainder: it is a power of 2.
        usize::from(count.get()) & N.wrapping_sub(1)
    }
}

impl<const N: usize> fmt::Debug for Skipped<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Skipped")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A late packet, decrypted with the one key that it can have.
///
/// As with [`crate::Trial`], whoever knows what plaintext looks like judges it. Only [`commit`](LateTrial::commit) uses
/// the key up: what is forged costs the packet that it pretends to be nothing.
#[must_use = "nothing is decrypted for good until the trial is committed"]
pub struct LateTrial<'a, 'd> {
    kept: &'a mut Octets,
    age: &'a mut Age,
    key: SessionKey,
    data: &'d mut [u8],
}

impl<'d> LateTrial<'_, 'd> {
    /// The packet as it decrypts: the PPP protocol field, then the packet.
    #[must_use]
    pub const fn plaintext(&self) -> &[u8] {
        self.data
    }

    /// Makes it what has happened: the key is gone, and no other packet of this count is taken. Gives the plaintext.
    pub fn commit(self) -> &'d mut [u8] {
        self.kept.zeroize();
        *self.age = Age::Empty;
        self.data
    }

    /// Makes the data ciphertext again, bit for bit; the key is kept on.
    pub fn abort(self) -> &'d mut [u8] {
        self.key.fast_cipher().apply_keystream(self.data);
        self.data
    }
}

/// Without the data, which is the user's.
impl fmt::Debug for LateTrial<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LateTrial").finish_non_exhaustive()
    }
}
