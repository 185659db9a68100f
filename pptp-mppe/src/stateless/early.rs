//! Decrypting packets before their turn, several side by side, and handing them out when it comes.

use super::{Decryptor, Trial};
use crate::decryptor::side_by_side;
use crate::rc4::{LANES, Lane, crypt};
use crate::{Count, DecryptError, Packet, SessionKey};
use core::fmt;

/// A key that is wanted so far after one that has just been derived, or less, is derived from that one.
const NEAR: u16 = 16;

/// With which key a packet was decrypted before its turn.
///
/// It goes to [`decrypt_late`](Decryptor::decrypt_late) of the same decryptor when the packet's turn comes, together
/// with the data; or [`Early::undo`] makes the data ciphertext again.
#[must_use = "the data has been decrypted, but nobody has judged it"]
pub struct Early {
    key: SessionKey,
    /// What was the expected packet, and how many were missing before this one.
    expected: Count,
    missing: u16,
}

impl Early {
    /// Makes the data that was decrypted ciphertext again, bit for bit.
    pub fn undo(self, data: &mut [u8]) {
        self.key.fast_cipher().apply_keystream(data);
    }

    /// Whether it is the key of the packet before which `missing` are, when `expected` is the next one.
    pub(super) fn is_for(&self, expected: Count, missing: u16) -> bool {
        let since = expected.since(self.expected);
        since.saturating_add(missing) == self.missing
    }

    pub(super) fn into_key(self) -> SessionKey {
        self.key
    }

    pub(super) const fn new(key: SessionKey, expected: Count, missing: u16) -> Self {
        Self {
            key,
            expected,
            missing,
        }
    }
}

impl fmt::Debug for Early {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Early")
            .field("expected", &self.expected)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

impl<const PREPARED: usize, const KEPT: usize> Decryptor<PREPARED, KEPT> {
    /// As [`crate::Decryptor::decrypt_early`].
    pub fn decrypt_early(&mut self, packets: &mut [Packet<'_>]) -> [Option<Early>; LANES] {
        let mut early = [const { None }; LANES];
        let mut lanes: [Lane<'_>; LANES] = Default::default();
        let mut used = 0_usize;
        let mut key = self.key().clone();
        // How many were missing before the packet whose key it is.
        let mut of = None;
        for (packet, place) in packets.iter_mut().zip(&mut early) {
            let Ok(missing) = self.missing(packet.count) else {
                continue;
            };
            self.lead(&mut key, of, packet.count, missing);
            of = Some(missing);
            if let Some(lane) = lanes.get_mut(used) {
                *lane = Lane {
                    key: key.for_cipher(),
                    data: packet.data,
                };
                *place = Some(Early::new(key.clone(), self.expected(), missing));
                used = used.wrapping_add(1);
            }
        }
        crypt(lanes, used);
        early
    }

    /// Makes `key` that of the packet before which `missing` are, when it is the one of the packet before which `of`
    /// are, or any.
    fn lead(&mut self, key: &mut SessionKey, of: Option<u16>, count: Count, missing: u16) {
        let expected = self.expected();
        if let Some(slot) = self.prepared().peek(expected, missing) {
            return key.resume(slot.key);
        }
        match of.and_then(|of| missing.checked_sub(of)) {
            Some(way) if way <= NEAR => {
                for _ in 0..way {
                    key.change();
                }
            }
            _ => {
                key.resume(self.key().current());
                self.ahead().lead(key, count, expected);
            }
        }
    }
}

/// Packets that are decrypted several at once and handed out one by one. See [`crate::Batch`].
#[derive(Debug)]
#[must_use = "nothing is decrypted for good until its trial is committed"]
pub struct Batch<'a, 'd, const PREPARED: usize = 0, const KEPT: usize = 2> {
    decryptor: &'a mut Decryptor<PREPARED, KEPT>,
    /// Those that have not been handed out; of the first some have been decrypted.
    packets: &'a mut [Packet<'d>],
    early: [Option<Early>; LANES],
    /// How many of the first have been looked at, and how many of these have been handed out.
    begun: usize,
    done: usize,
}

impl<'a, 'd, const PREPARED: usize, const KEPT: usize> Batch<'a, 'd, PREPARED, KEPT> {
    pub(super) const fn new(
        decryptor: &'a mut Decryptor<PREPARED, KEPT>,
        packets: &'a mut [Packet<'d>],
    ) -> Self {
        Self {
            decryptor,
            packets,
            early: [const { None }; LANES],
            begun: 0,
            done: 0,
        }
    }

    /// As [`crate::Batch::next`].
    #[expect(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<Result<Trial<'_, '_, PREPARED, KEPT>, DecryptError>> {
        if self.done >= self.begun {
            let packets = core::mem::take(&mut self.packets);
            self.packets = packets.get_mut(self.done..).unwrap_or_default();
            self.begun = side_by_side(self.packets.len());
            self.done = 0;
            let some = self.packets.get_mut(..self.begun).unwrap_or_default();
            self.early = self.decryptor.decrypt_early(some);
        }
        let packet = self.packets.get_mut(self.done)?;
        let early = self.early.get_mut(self.done).and_then(Option::take);
        self.done = self.done.wrapping_add(1);
        Some(match early {
            Some(early) => self
                .decryptor
                .decrypt_late(early, packet.count, packet.data),
            None => self.decryptor.decrypt(packet.count, packet.data),
        })
    }

    /// As [`crate::Batch::left`].
    #[must_use]
    pub const fn left(&self) -> usize {
        self.packets.len().saturating_sub(self.done)
    }
}

/// What was not handed out is ciphertext again.
impl<const PREPARED: usize, const KEPT: usize> Drop for Batch<'_, '_, PREPARED, KEPT> {
    fn drop(&mut self) {
        for (packet, early) in self.packets.iter_mut().zip(&mut self.early) {
            if let Some(early) = early.take() {
                early.undo(packet.data);
            }
        }
    }
}
