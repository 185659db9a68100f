//! Encrypting in stateful mode.

use super::ResetRule;
use crate::encryptor::places;
use crate::{BufferTooSmall, Count, Sealed, Seals, SessionKey, StartKey, Strength, rc4::Rc4};

/// Encrypts one direction of a link in stateful mode. See [`crate::Encryptor`].
///
/// Bit A stands on flag packets and on the first packet after a Reset-Request; not on the very first, which no peer
/// expects there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryptor {
    key: SessionKey,
    cipher: Rc4,
    next: Count,
    rule: ResetRule,
    /// A Reset-Request came, and no packet has gone since.
    flush: bool,
    resets: u32,
    packets: u64,
}

impl Encryptor {
    /// An encryptor whose first packet has the count 0, and which answers resets by [`ResetRule::NextFlag`].
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength) -> Self {
        let key = SessionKey::new(start, strength);
        Self {
            cipher: key.cipher(),
            key,
            next: Count::FIRST,
            rule: ResetRule::default(),
            flush: false,
            resets: 0,
            packets: 0,
        }
    }

    /// The same, answering resets by `rule`.
    #[must_use]
    pub const fn with_reset_rule(mut self, rule: ResetRule) -> Self {
        self.rule = rule;
        self
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
        let sealed = self.advance();
        self.cipher.apply_keystream_to(prefix, prefix_place);
        self.cipher.apply_keystream_to(payload, payload_place);
        Ok(sealed)
    }

    /// As [`crate::Encryptor::encrypt_in_place`].
    pub fn encrypt_in_place(&mut self, data: &mut [u8]) -> Sealed {
        let sealed = self.advance();
        self.cipher.apply_keystream(data);
        sealed
    }

    /// As [`crate::Encryptor::encrypt_batch`]: one after the other, as the key stream goes on from each to the next.
    pub fn encrypt_batch<D: AsMut<[u8]>>(&mut self, packets: &mut [D]) -> Seals {
        let len = packets.len();
        let mut packets = packets.iter_mut();
        let Some(first) = packets.next() else {
            return Seals::new(self.next, 0, None);
        };
        let sealed = self.encrypt_in_place(first.as_mut());
        for packet in packets {
            self.encrypt_in_place(packet.as_mut());
        }
        Seals::new(sealed.count, len, Some(sealed.flushed))
    }

    /// Takes a Reset-Request: the next packet starts a key stream and carries bit A. Several before that packet count
    /// as one.
    pub const fn flush(&mut self) {
        self.flush = true;
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

    /// Makes the cipher ready for the next packet, and moves on to the one after it.
    fn advance(&mut self) -> Sealed {
        if self.flush && self.rule == ResetRule::NextFlag {
            self.next = self.next.flag();
        }
        let count = self.next;
        let change = count.is_flag() || (self.flush && self.rule == ResetRule::NewKey);
        if change {
            self.key.change();
        }
        let flushed = change || self.flush;
        if flushed {
            self.cipher = self.key.cipher();
        }
        self.flush = false;
        self.next = count.next();
        self.packets = self.packets.saturating_add(1);
        Sealed { count, flushed }
    }
}
