//! Decrypting in stateful mode.

use super::ResetRule;
use crate::{Count, DecryptError, Packet, SessionKey, StartKey, Strength, rc4::Rc4};
use core::fmt;

/// The most keys that are tried for one packet.
///
/// A sender that follows [`ResetRule::NewKey`] has changed its key once more for each packet with bit A that was lost;
/// this many less two of them in a row are made good.
pub const MAX_CANDIDATES: u16 = 8;

/// Decrypts one direction of a link in stateful mode. See [`crate::Decryptor`].
///
/// It copes with a sender of any [`ResetRule`], by trying:
///
/// * The packet that is expected, without bit A: the key stream goes on. A flag packet: of the key after a change.
/// * The packet that is expected, with bit A: the key is the current one, or changed once.
/// * After a loss, with bit A: the key is changed once for each flag packet since, and up to [`MAX_CANDIDATES`] - 1
///   times more.
/// * After a loss, a flag packet without bit A (some senders set none): the key is changed once for each flag packet.
/// * After a loss, any other packet: there is nothing to try, [`DecryptError::OutOfSync`].
///
/// There is no state of waiting for a reset that a forged count could lead into: a packet that goes on where the last
/// one ended is taken whatever came between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decryptor {
    key: SessionKey,
    cipher: Rc4,
    expected: Count,
    peer_rule: Option<ResetRule>,
    packets: u64,
}

impl Decryptor {
    /// A decryptor that expects the count 0 first.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength) -> Self {
        let key = SessionKey::new(start, strength);
        Self {
            cipher: key.cipher(),
            key,
            expected: Count::FIRST,
            peer_rule: None,
            packets: 0,
        }
    }

    /// As [`crate::Decryptor::decrypt`].
    ///
    /// # Errors
    /// [`DecryptError::OutOfSync`] and [`DecryptError::Behind`]; nothing has changed then.
    pub fn decrypt<'a, 'd>(
        &'a mut self,
        count: Count,
        flushed: bool,
        data: &'d mut [u8],
    ) -> Result<Trial<'a, 'd>, DecryptError> {
        let missing = count.since(self.expected);
        let restarted = flushed || count.is_flag();
        if missing > 0 && !restarted {
            return Err(if missing < Count::SPACE / 2 {
                DecryptError::OutOfSync { missing }
            } else {
                let by = self.expected.since(count);
                DecryptError::Behind { by }
            });
        }
        let candidates = match (flushed, missing) {
            (false, _) => 1,
            // None was lost, so no reset was; and at a flag packet the rules come to the same.
            (true, 0) => 2_u16.saturating_sub(u16::from(count.is_flag())),
            (true, _) => MAX_CANDIDATES,
        };
        let mut trial = Trial {
            key: self.key.clone(),
            changes: 0,
            cipher: self.cipher.clone(),
            candidate: Some(0),
            candidates,
            restarted,
            decryptor: self,
            count,
            missing,
            data,
        };
        trial.load();
        Ok(trial)
    }

    /// As [`crate::Decryptor::decrypt_batch`]: one after the other, as the key stream goes on from each to the next.
    pub const fn decrypt_batch<'a, 'd>(
        &'a mut self,
        packets: &'a mut [Packet<'d>],
    ) -> Batch<'a, 'd> {
        Batch {
            decryptor: self,
            packets,
            done: 0,
        }
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

    /// Which rule the peer was last seen to follow, [`ResetRule::SameKey`] or [`ResetRule::NewKey`]; `None` as long as
    /// no packet has told the two apart.
    #[must_use]
    pub const fn peer_rule(&self) -> Option<ResetRule> {
        self.peer_rule
    }
}

/// Packets that are handed out one by one. See [`crate::Batch`].
#[derive(Debug)]
#[must_use = "nothing is decrypted for good until its trial is committed"]
pub struct Batch<'a, 'd> {
    decryptor: &'a mut Decryptor,
    packets: &'a mut [Packet<'d>],
    done: usize,
}

impl Batch<'_, '_> {
    /// As [`crate::Batch::next`].
    #[expect(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<Result<Trial<'_, '_>, DecryptError>> {
        let packet = self.packets.get_mut(self.done)?;
        self.done = self.done.wrapping_add(1);
        let trial = self
            .decryptor
            .decrypt(packet.count, packet.flushed, packet.data);
        Some(trial)
    }

    /// As [`crate::Batch::left`].
    #[must_use]
    pub const fn left(&self) -> usize {
        self.packets.len().saturating_sub(self.done)
    }
}

/// A packet, decrypted with one of the keys that it may have. See [`crate::Trial`].
#[must_use = "nothing is decrypted for good until the trial is committed"]
pub struct Trial<'a, 'd> {
    decryptor: &'a mut Decryptor,
    count: Count,
    missing: u16,
    /// Whether the key stream starts at this packet, and does not go on from the last.
    restarted: bool,
    candidates: u16,
    /// Which of them is the present one; `None` when the data is ciphertext again.
    candidate: Option<u16>,
    /// Of the present candidate, as are they to be after this packet.
    key: SessionKey,
    cipher: Rc4,
    /// How often the key was changed since the last packet.
    changes: u16,
    data: &'d mut [u8],
}

impl<'d> Trial<'_, 'd> {
    /// As [`crate::Trial::plaintext`].
    #[must_use]
    pub const fn plaintext(&self) -> &[u8] {
        self.data
    }

    /// As [`crate::Trial::missing`]. After a reset by [`ResetRule::NextFlag`] the sender has skipped some of them.
    #[must_use]
    pub const fn missing(&self) -> u16 {
        self.missing
    }

    /// As [`crate::Trial::retry`].
    #[must_use = "without a further candidate the data is ciphertext"]
    pub fn retry(&mut self) -> bool {
        self.unload();
        self.candidate = self
            .candidate
            .map(|candidate| candidate.saturating_add(1))
            .filter(|candidate| *candidate < self.candidates);
        self.load();
        self.candidate.is_some()
    }

    /// As [`crate::Trial::commit`].
    pub fn commit(self) -> &'d mut [u8] {
        let learnt = self.learnt();
        if self.candidate.is_some() {
            self.decryptor.key = self.key;
            self.decryptor.cipher = self.cipher;
            self.decryptor.expected = self.count.next();
            self.decryptor.peer_rule = learnt.or(self.decryptor.peer_rule);
            self.decryptor.packets = self.decryptor.packets.saturating_add(1);
        }
        self.data
    }

    /// As [`crate::Trial::abort`].
    pub fn abort(mut self) -> &'d mut [u8] {
        self.unload();
        self.data
    }

    /// Decrypts with the present candidate.
    fn load(&mut self) {
        let Some(extra) = self.extra_changes() else {
            return;
        };
        let flags = self.count.flags_since(self.decryptor.expected);
        let changes = flags.saturating_add(extra);
        // Most candidates follow from the one before, which makes a forged packet a quarter of the work.
        if changes < self.changes {
            self.key = self.decryptor.key.clone();
            self.changes = 0;
        }
        while self.changes < changes {
            self.key.change();
            self.changes = self.changes.saturating_add(1);
        }
        self.cipher = self.start();
        self.cipher.apply_keystream(self.data);
    }

    /// Undoes that.
    fn unload(&mut self) {
        if self.candidate.is_some() {
            self.start().apply_keystream(self.data);
        }
    }

    /// The cipher as it is before this packet, with the key of the present candidate.
    fn start(&self) -> Rc4 {
        if self.restarted {
            self.key.cipher()
        } else {
            self.decryptor.cipher.clone()
        }
    }

    /// How often the present candidate has the key changed besides the changes at flag packets: first as often as the
    /// peer most likely did, then 0, 1, 2 .. times.
    fn extra_changes(&self) -> Option<u16> {
        let candidate = self.candidate?;
        // Most peers are Linux.
        let same_key = self.decryptor.peer_rule == Some(ResetRule::SameKey);
        let likely = u16::from(self.candidates > 1 && !self.count.is_flag() && !same_key);
        Some(match candidate.checked_sub(1) {
            None => likely,
            Some(other) => other.saturating_add(u16::from(other >= likely)),
        })
    }

    /// What the present candidate shows of the peer's rule, if it is the right one.
    fn learnt(&self) -> Option<ResetRule> {
        match self.extra_changes()? {
            0 if self.candidates > 1 && !self.count.is_flag() => Some(ResetRule::SameKey),
            0 => None,
            _ => Some(ResetRule::NewKey),
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
