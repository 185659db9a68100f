//! Decrypting in stateless mode.

use super::ahead::Ahead;
use super::prepared::Prepared;
use super::{Batch, DEFAULT_MAX_JUMP, Early};
use crate::{Count, DecryptError, Packet, SessionKey, StartKey, Strength};
use core::fmt;

/// Decrypts one direction of a link in stateless mode. See [`crate::Decryptor`].
///
/// `PREPARED` is for how many packets [`Decryptor::prepare`] has room: a power of 2, or 0. `KEPT` is how many keys are
/// kept that jumps have led to: see [`Decryptor::with_kept_keys`].
#[derive(Clone)]
pub struct Decryptor<const PREPARED: usize = 0, const KEPT: usize = 2> {
    /// Of the packet before the one expected.
    key: SessionKey,
    expected: Count,
    max_jump: u16,
    packets: u64,
    ahead: Ahead<KEPT>,
    prepared: Prepared<PREPARED>,
}

impl Decryptor {
    /// A decryptor that expects the count 0 first.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength) -> Self {
        Self {
            key: SessionKey::new(start, strength),
            expected: Count::FIRST,
            max_jump: DEFAULT_MAX_JUMP,
            packets: 0,
            ahead: Ahead::new(Count::FIRST),
            prepared: Prepared::new(),
        }
    }
}

impl<const PREPARED: usize, const KEPT: usize> Decryptor<PREPARED, KEPT> {
    /// The same, taking a packet before which up to `packets` are missing: at most 2047, as a count further ahead
    /// cannot be told from one behind. Beyond [`DEFAULT_MAX_JUMP`] each forged packet costs as many key changes again.
    #[must_use]
    pub const fn with_max_jump(mut self, packets: u16) -> Self {
        const MOST: u16 = Count::SPACE / 2 - 1;
        self.max_jump = if packets > MOST { MOST } else { packets };
        self
    }

    /// The same, keeping up to `N` keys that jumps have led to (0, or a power of 2 up to 64): a forged packet that
    /// jumps by no more than [`DEFAULT_MAX_JUMP`] costs 1024 / `N` key changes at the most, once the first has led
    /// there. Each takes 16 octets.
    #[must_use]
    pub fn with_kept_keys<const N: usize>(self) -> Decryptor<PREPARED, N> {
        Decryptor {
            key: self.key,
            expected: self.expected,
            max_jump: self.max_jump,
            packets: self.packets,
            ahead: Ahead::new(self.expected),
            prepared: self.prepared,
        }
    }

    /// The same, with room for the keys of `N` packets to come (0, or a power of 2 up to 128), of which each takes 274
    /// octets.
    #[must_use]
    pub fn with_prepared<const N: usize>(self) -> Decryptor<N, KEPT> {
        Decryptor {
            key: self.key,
            expected: self.expected,
            max_jump: self.max_jump,
            packets: self.packets,
            ahead: self.ahead,
            prepared: Prepared::new(),
        }
    }

    /// Prepares the key of one packet more: for when there is nothing else to do. `false` if there is no room, so that
    /// nothing was done.
    pub fn prepare(&mut self) -> bool {
        self.prepared.prepare(self.expected, &self.key)
    }

    /// As [`crate::Decryptor::decrypt`]. Whether bit A is set does not matter: each packet has a key of its own.
    ///
    /// # Errors
    /// [`DecryptError::Behind`] and [`DecryptError::JumpTooFar`]; nothing has changed then.
    pub fn decrypt<'a, 'd>(
        &'a mut self,
        count: Count,
        data: &'d mut [u8],
    ) -> Result<Trial<'a, 'd, PREPARED, KEPT>, DecryptError> {
        let missing = self.missing(count)?;
        let mut key = self.key.clone();
        if let Some(slot) = self.prepared.peek(self.expected, missing) {
            key.resume(slot.key);
            slot.cipher.clone().apply_keystream(data);
        } else {
            self.ahead.lead(&mut key, count, self.expected);
            key.fast_cipher().apply_keystream(data);
        }
        Ok(Trial {
            decryptor: self,
            count,
            missing,
            candidate: Some(key),
            data,
        })
    }

    /// As [`crate::Decryptor::decrypt_batch`].
    pub const fn decrypt_batch<'a, 'd>(
        &'a mut self,
        packets: &'a mut [Packet<'d>],
    ) -> Batch<'a, 'd, PREPARED, KEPT> {
        Batch::new(self, packets)
    }

    /// As [`crate::Decryptor::decrypt_late`].
    ///
    /// # Errors
    /// As [`Decryptor::decrypt`]; the data is ciphertext again then.
    pub fn decrypt_late<'a, 'd>(
        &'a mut self,
        early: Early,
        count: Count,
        data: &'d mut [u8],
    ) -> Result<Trial<'a, 'd, PREPARED, KEPT>, DecryptError> {
        let missing = match self.missing(count) {
            Ok(missing) if early.is_for(self.expected, missing) => missing,
            // Others that came in between have made it another packet's key, or that of none.
            _ => {
                early.undo(data);
                return self.decrypt(count, data);
            }
        };
        Ok(Trial {
            decryptor: self,
            count,
            missing,
            candidate: Some(early.into_key()),
            data,
        })
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

    /// Whether `count` is one of the past, as far as that can be told: of the 2048 before the expected one.
    #[must_use]
    pub const fn is_behind(&self, count: Count) -> bool {
        count.since(self.expected) >= Count::SPACE / 2
    }

    /// How many packets are missing before this one.
    pub(super) fn missing(&self, count: Count) -> Result<u16, DecryptError> {
        let missing = count.since(self.expected);
        if self.is_behind(count) {
            let by = self.expected.since(count);
            return Err(DecryptError::Behind { by });
        }
        if missing > self.max_jump {
            return Err(DecryptError::JumpTooFar { missing });
        }
        Ok(missing)
    }

    pub(super) const fn key(&self) -> &SessionKey {
        &self.key
    }

    pub(super) const fn prepared(&self) -> &Prepared<PREPARED> {
        &self.prepared
    }

    pub(super) const fn ahead(&mut self) -> &mut Ahead<KEPT> {
        &mut self.ahead
    }
}

/// The keys ahead and what is prepared are left out: they follow from the key.
impl<const A: usize, const B: usize, const C: usize, const D: usize> PartialEq<Decryptor<C, D>>
    for Decryptor<A, B>
{
    fn eq(&self, other: &Decryptor<C, D>) -> bool {
        (self.expected, self.max_jump, self.packets)
            == (other.expected, other.max_jump, other.packets)
            && self.key == other.key
    }
}

impl<const PREPARED: usize, const KEPT: usize> Eq for Decryptor<PREPARED, KEPT> {}

impl<const PREPARED: usize, const KEPT: usize> fmt::Debug for Decryptor<PREPARED, KEPT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decryptor")
            .field("key", &self.key)
            .field("expected", &self.expected)
            .field("max_jump", &self.max_jump)
            .field("packets", &self.packets)
            .field("prepared", &self.prepared.ready())
            .finish_non_exhaustive()
    }
}

/// A packet, decrypted with the one key that it can have. See [`crate::Trial`].
#[must_use = "nothing is decrypted for good until the trial is committed"]
pub struct Trial<'a, 'd, const PREPARED: usize = 0, const KEPT: usize = 2> {
    decryptor: &'a mut Decryptor<PREPARED, KEPT>,
    count: Count,
    missing: u16,
    /// `None` when the data is ciphertext again.
    candidate: Option<SessionKey>,
    data: &'d mut [u8],
}

impl<'d, const PREPARED: usize, const KEPT: usize> Trial<'_, 'd, PREPARED, KEPT> {
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
        self.undo();
        false
    }

    /// As [`crate::Trial::commit`].
    pub fn commit(self) -> &'d mut [u8] {
        if let Some(key) = &self.candidate {
            let decryptor = self.decryptor;
            decryptor.key.resume(key.current());
            decryptor.expected = self.count.next();
            decryptor.ahead.forget_before(self.count.next());
            decryptor.prepared.skip(self.missing.saturating_add(1));
            decryptor.packets = decryptor.packets.saturating_add(1);
        }
        self.data
    }

    /// As [`crate::Trial::abort`].
    pub fn abort(mut self) -> &'d mut [u8] {
        self.undo();
        self.data
    }

    pub(super) const fn decryptor(&mut self) -> &mut Decryptor<PREPARED, KEPT> {
        self.decryptor
    }

    fn undo(&mut self) {
        if let Some(key) = self.candidate.take() {
            key.fast_cipher().apply_keystream(self.data);
        }
    }
}

/// Without the data, which is the user's.
impl<const PREPARED: usize, const KEPT: usize> fmt::Debug for Trial<'_, '_, PREPARED, KEPT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("count", &self.count)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}
