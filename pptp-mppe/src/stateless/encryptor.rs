//! Encrypting in stateless mode.

use super::parts;
use super::prepared::Prepared;
use crate::encryptor::places;
use crate::rc4::{Cell, KeyStream, LANES, Lane, crypt};
use crate::{BufferTooSmall, Count, Sealed, Seals, SessionKey, StartKey, Strength};
use core::fmt;

/// Encrypts one direction of a link in stateless mode. See [`crate::Encryptor`].
///
/// `PREPARED` is for how many packets [`Encryptor::prepare`] has room: a power of 2, or 0.
#[derive(Clone)]
pub struct Encryptor<const PREPARED: usize = 0> {
    /// Of the packet before.
    key: SessionKey,
    next: Count,
    resets: u32,
    packets: u64,
    prepared: Prepared<PREPARED>,
}

impl Encryptor {
    /// An encryptor whose first packet has the count 0.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength) -> Self {
        Self::preparing(start, strength)
    }
}

impl<const PREPARED: usize> Encryptor<PREPARED> {
    /// As [`Encryptor::new`], with room for the keys of so many packets to come from the start: see
    /// [`Encryptor::with_prepared`]. A secret that is not moved leaves no copy behind.
    #[must_use]
    pub fn preparing(start: &StartKey, strength: Strength) -> Self {
        Self {
            key: SessionKey::new(start, strength),
            next: Count::FIRST,
            resets: 0,
            packets: 0,
            prepared: Prepared::new(),
        }
    }

    /// The same, with room for the keys of `N` packets to come (0, or a power of 2 up to 128), of which each takes 274
    /// octets.
    #[must_use]
    pub fn with_prepared<const N: usize>(self) -> Encryptor<N> {
        Encryptor {
            key: self.key,
            next: self.next,
            resets: self.resets,
            packets: self.packets,
            prepared: Prepared::new(),
        }
    }

    /// Prepares the key of one packet more: for when there is nothing else to do. `false` if there is no room, so that
    /// nothing was done.
    pub fn prepare(&mut self) -> bool {
        self.prepared.prepare(self.next, &self.key)
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
        Ok(self.seal(Data::Apart([
            (prefix, prefix_place),
            (payload, payload_place),
        ])))
    }

    /// As [`crate::Encryptor::encrypt_in_place`].
    pub fn encrypt_in_place(&mut self, data: &mut [u8]) -> Sealed {
        self.seal(Data::InPlace(data))
    }

    /// As [`crate::Encryptor::encrypt_batch`].
    pub fn encrypt_batch<D: AsMut<[u8]>>(&mut self, packets: &mut [D]) -> Seals {
        let seals = Seals::new(self.next, packets.len(), None);
        for packets in parts(packets) {
            let len = packets.len();
            let mut packets = packets.iter_mut();
            let lanes = [(); LANES].map(|()| {
                let Some(packet) = packets.next() else {
                    return Lane::default();
                };
                self.next_key();
                Lane {
                    key: self.key.for_cipher(),
                    data: packet.as_mut(),
                }
            });
            crypt(lanes, len);
        }
        seals
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

    #[inline]
    fn seal(&mut self, data: Data<'_>) -> Sealed {
        if let Some(slot) = self.prepared.take(self.next) {
            self.key.resume(slot.key);
            data.encrypt(&mut slot.cipher);
            slot.cipher.clear();
        } else {
            self.key.change();
            data.encrypt(&mut self.key.fast_cipher());
        }
        self.count()
    }

    /// Goes on to the next packet and its key.
    pub(super) fn next_key(&mut self) -> Sealed {
        match self.prepared.take(self.next) {
            Some(slot) => self.key.resume(slot.key),
            None => self.key.change(),
        }
        self.count()
    }

    /// Whether the key of the next packet is ready.
    pub(super) const fn is_prepared(&self) -> bool {
        self.prepared.ready() > 0
    }

    pub(super) const fn key(&self) -> &SessionKey {
        &self.key
    }

    pub(super) const fn key_mut(&mut self) -> &mut SessionKey {
        &mut self.key
    }

    /// Counts a packet.
    pub(super) const fn count(&mut self) -> Sealed {
        let sealed = Sealed {
            count: self.next,
            flushed: true,
        };
        self.next = self.next.next();
        self.packets = self.packets.saturating_add(1);
        sealed
    }
}

/// What is to be encrypted.
enum Data<'d> {
    InPlace(&'d mut [u8]),
    /// From where, and to where.
    Apart([(&'d [u8], &'d mut [u8]); 2]),
}

impl Data<'_> {
    #[inline]
    fn encrypt<C: Cell>(self, cipher: &mut KeyStream<C>) {
        match self {
            Self::InPlace(data) => cipher.apply_keystream(data),
            Self::Apart(parts) => {
                for (from, to) in parts {
                    cipher.apply_keystream_to(from, to);
                }
            }
        }
    }
}

/// What is prepared is left out: it follows from the key.
impl<const A: usize, const B: usize> PartialEq<Encryptor<B>> for Encryptor<A> {
    fn eq(&self, other: &Encryptor<B>) -> bool {
        self.next == other.next
            && (self.resets, self.packets) == (other.resets, other.packets)
            && self.key == other.key
    }
}

impl<const PREPARED: usize> Eq for Encryptor<PREPARED> {}

impl<const PREPARED: usize> fmt::Debug for Encryptor<PREPARED> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encryptor")
            .field("key", &self.key)
            .field("next", &self.next)
            .field("resets", &self.resets)
            .field("packets", &self.packets)
            .field("prepared", &self.prepared.ready())
            .finish()
    }
}
