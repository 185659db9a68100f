//! Stateless mode: a new key for each packet (RFC 3078 §7.1, §8.1).
//!
//! No cipher state is kept between packets, only the session key and the count, and what keeps jumps cheap.

mod ahead;

use ahead::Ahead;

use crate::encryptor::places;
use crate::{
    BufferTooSmall, Count, DecryptError, Sealed, SessionKey, StartKey, Strength, rc4::Rc4,
};
use core::fmt;

/// How many packets may be missing before one, unless [`Decryptor::with_max_jump`] says otherwise.
///
/// Each costs a key change, but that of most is done only once, however many packets are forged: a forged one costs 64
/// changes at the most, once the first has led there.
pub const DEFAULT_MAX_JUMP: u16 = Ahead::SPAN;

/// Encrypts one direction of a link in stateless mode. See [`crate::Encryptor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryptor {
    /// Of the packet before.
    key: SessionKey,
    next: Count,
    resets: u32,
    packets: u64,
}

impl Encryptor {
    /// An encryptor whose first packet has the count 0.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength) -> Self {
        Self {
            key: SessionKey::new(start, strength),
            next: Count::FIRST,
            resets: 0,
            packets: 0,
        }
    }

    /// As [`crate::Encryptor::encrypt`].
    ///
    /// # Errors
    /// [`BufferTooSmall`]; nothing has changed then.
    pub fn encrypt(
        &mut self,
        prefix: &[u8],
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<Sealed, BufferTooSmall> {
        let (prefix_place, payload_place) = places(prefix, payload, out)?;
        let (sealed, mut cipher) = self.advance();
        cipher.apply_keystream_to(prefix, prefix_place);
        cipher.apply_keystream_to(payload, payload_place);
        Ok(sealed)
    }

    /// As [`crate::Encryptor::encrypt_in_place`].
    pub fn encrypt_in_place(&mut self, data: &mut [u8]) -> Sealed {
        let (sealed, mut cipher) = self.advance();
        cipher.apply_keystream(data);
        sealed
    }

    /// Counts a Reset-Request, which stateless mode has no use for: it must not start the count or the keys again.
    pub const fn flush(&mut self) {
        self.resets = self.resets.saturating_add(1);
    }

    /// How many packets have been encrypted.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// How many Reset-Requests have been taken.
    #[must_use]
    pub const fn resets(&self) -> u32 {
        self.resets
    }

    fn advance(&mut self) -> (Sealed, Rc4) {
        self.key.change();
        let sealed = Sealed {
            count: self.next,
            flushed: true,
        };
        self.next = self.next.next();
        self.packets = self.packets.saturating_add(1);
        (sealed, self.key.cipher())
    }
}

/// Decrypts one direction of a link in stateless mode. See [`crate::Decryptor`].
#[derive(Debug, Clone)]
pub struct Decryptor {
    /// Of the packet before the one expected.
    key: SessionKey,
    expected: Count,
    max_jump: u16,
    packets: u64,
    ahead: Ahead,
}

/// The keys ahead are left out: they follow from the key.
impl PartialEq for Decryptor {
    fn eq(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.expected, it.max_jump, it.packets);
        of(self) == of(other) && self.key == other.key
    }
}

impl Eq for Decryptor {}

impl Decryptor {
    /// A decryptor that expects the count 0 first.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength) -> Self {
        Self {
            key: SessionKey::new(start, strength),
            expected: Count::FIRST,
            max_jump: DEFAULT_MAX_JUMP,
            packets: 0,
            ahead: Ahead::new(),
        }
    }

    /// The same, taking a packet before which up to `packets` are missing: at most 2047, as a count further ahead
    /// cannot be told from one behind. Beyond [`DEFAULT_MAX_JUMP`] each forged packet costs as many key changes again.
    #[must_use]
    pub const fn with_max_jump(mut self, packets: u16) -> Self {
        const MOST: u16 = Count::SPACE / 2 - 1;
        self.max_jump = if packets > MOST { MOST } else { packets };
        self
    }

    /// As [`crate::Decryptor::decrypt`]. Whether bit A is set does not matter: each packet has a key of its own.
    ///
    /// # Errors
    /// [`DecryptError::Behind`] and [`DecryptError::JumpTooFar`]; nothing has changed then.
    pub fn decrypt<'a, 'd>(
        &'a mut self,
        count: Count,
        data: &'d mut [u8],
    ) -> Result<Trial<'a, 'd>, DecryptError> {
        let missing = count.since(self.expected);
        if missing >= Count::SPACE / 2 {
            let by = self.expected.since(count);
            return Err(DecryptError::Behind { by });
        }
        if missing > self.max_jump {
            return Err(DecryptError::JumpTooFar { missing });
        }
        let key = self.ahead.key_of(count, &self.key, self.expected);
        let mut trial = Trial {
            decryptor: self,
            count,
            missing,
            candidate: Some(key),
            data,
        };
        trial.apply();
        Ok(trial)
    }

    /// The count of the packet that comes next, when none is lost.
    #[must_use]
    pub const fn expected(&self) -> Count {
        self.expected
    }

    /// How many packets have been decrypted and committed.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }
}

/// A packet, decrypted with the one key that it can have. See [`crate::Trial`].
#[must_use = "nothing is decrypted for good until the trial is committed"]
pub struct Trial<'a, 'd> {
    decryptor: &'a mut Decryptor,
    count: Count,
    missing: u16,
    /// `None` when the data is ciphertext again.
    candidate: Option<SessionKey>,
    data: &'d mut [u8],
}

impl<'d> Trial<'_, 'd> {
    /// As [`crate::Trial::plaintext`].
    #[must_use]
    pub const fn plaintext(&self) -> &[u8] {
        self.data
    }

    /// As [`crate::Trial::missing`].
    #[must_use]
    pub const fn missing(&self) -> u16 {
        self.missing
    }

    /// As [`crate::Trial::retry`]: there is no other candidate in this mode.
    #[must_use = "without a further candidate the data is ciphertext"]
    pub fn retry(&mut self) -> bool {
        self.apply();
        self.candidate = None;
        false
    }

    /// As [`crate::Trial::commit`].
    pub fn commit(self) -> &'d mut [u8] {
        if let Some(key) = self.candidate {
            self.decryptor.key = key;
            self.decryptor.expected = self.count.next();
            self.decryptor.ahead.forget_before(self.count.next());
            self.decryptor.packets = self.decryptor.packets.saturating_add(1);
        }
        self.data
    }

    /// As [`crate::Trial::abort`].
    pub fn abort(mut self) -> &'d mut [u8] {
        self.apply();
        self.data
    }

    /// Combines the data with the key stream of the candidate: once to decrypt, once more to undo that.
    fn apply(&mut self) {
        if let Some(key) = &self.candidate {
            key.cipher().apply_keystream(self.data);
        }
    }
}

/// Without the data, which is the user's.
impl fmt::Debug for Trial<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("count", &self.count)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}
