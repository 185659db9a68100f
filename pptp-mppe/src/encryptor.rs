//! One direction, encrypting, in the mode that was negotiated.

use crate::{Count, Mode, StartKey, Strength, stateful, stateless};
use core::fmt;
use core::iter::FusedIterator;

/// What must stand in the two octets before an encrypted packet (RFC 3078 §3.1), besides bit D.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sealed {
    /// The coherency count.
    pub count: Count,
    /// Bit A: the cipher was initialised before this packet.
    pub flushed: bool,
}

/// What must stand before each packet of a batch: one [`Sealed`] a packet, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the peer needs the counts"]
pub struct Seals {
    next: Count,
    left: usize,
    /// Stateful mode: whether the next packet has bit A even if it is no flag packet. The others have it if they are.
    first: Option<bool>,
}

impl Seals {
    pub(crate) const fn new(next: Count, packets: usize, first: Option<bool>) -> Self {
        Self {
            next,
            left: packets,
            first,
        }
    }
}

impl Iterator for Seals {
    type Item = Sealed;

    fn next(&mut self) -> Option<Sealed> {
        self.left = self.left.checked_sub(1)?;
        let count = self.next;
        self.next = count.next();
        let flushed = self.first.is_none_or(|first| first || count.is_flag());
        self.first = self.first.map(|_| false);
        Some(Sealed { count, flushed })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Seals {}

impl FusedIterator for Seals {}

/// The output buffer cannot hold the packet. Nothing was encrypted and nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct BufferTooSmall {
    /// How many octets the packet takes.
    pub needed: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffer too small: {} octets needed", self.needed)
    }
}

impl core::error::Error for BufferTooSmall {}

/// Encrypts one direction of a link, in the [`Mode`] that was negotiated.
///
/// Where the mode is known beforehand, its own type does the same: [`stateless::Encryptor`] is a sixth of the size.
///
/// A clone that goes on encrypting on a live link repeats key stream, and with it gives both plaintexts away. So does
/// a new encryptor from the same start key: renegotiating CCP is no way to start over after a packet was sent
/// ([`Encryptor::packets`] tells).
///
/// `PREPARED` is for how many packets [`Encryptor::prepare`] has room, in stateless mode: a power of 2, or 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "the mode is chosen at run time, and there is nowhere to put a box"
)]
pub enum Encryptor<const PREPARED: usize = 0> {
    /// A new key for each packet.
    Stateless(stateless::Encryptor<PREPARED>),
    /// One key stream for up to 256 packets.
    Stateful(stateful::Encryptor),
}

impl Encryptor {
    /// An encryptor whose first packet has the count 0.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength, mode: Mode) -> Self {
        Self::preparing(start, strength, mode)
    }
}

impl<const PREPARED: usize> Encryptor<PREPARED> {
    /// As [`Encryptor::new`], with room for the keys of so many packets to come: see
    /// [`stateless::Encryptor::preparing`].
    #[must_use]
    pub fn preparing(start: &StartKey, strength: Strength, mode: Mode) -> Self {
        match mode {
            Mode::Stateless => Self::Stateless(stateless::Encryptor::preparing(start, strength)),
            Mode::Stateful => Self::Stateful(stateful::Encryptor::new(start, strength)),
        }
    }

    /// The same, with room for the keys of `N` packets to come: see [`stateless::Encryptor::with_prepared`].
    #[must_use]
    pub fn with_prepared<const N: usize>(self) -> Encryptor<N> {
        match self {
            Self::Stateless(inner) => Encryptor::Stateless(inner.with_prepared()),
            Self::Stateful(inner) => Encryptor::Stateful(inner),
        }
    }

    /// Prepares the key of one packet more: for when there is nothing else to do, again and again while it is `true`.
    /// `false` if there is no room (see [`Encryptor::with_prepared`]), and in stateful mode, where keys are rare.
    pub fn prepare(&mut self) -> bool {
        match self {
            Self::Stateless(inner) => inner.prepare(),
            Self::Stateful(_) => false,
        }
    }

    /// Encrypts `prefix` and `payload`, one after the other, into the start of `out`: the cipher writes as it reads.
    /// The ciphertext is as long as the two together.
    ///
    /// The PPP protocol field of the packet is encrypted first (RFC 3078 §3.1): it is what `prefix` is for.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `out` is shorter than the two together. Nothing has changed then.
    pub fn encrypt(
        &mut self,
        prefix: &[u8],
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<Sealed, BufferTooSmall> {
        match self {
            Self::Stateless(inner) => inner.encrypt(prefix, payload, out),
            Self::Stateful(inner) => inner.encrypt(prefix, payload, out),
        }
    }

    /// Encrypts `data`, which starts with the PPP protocol field of the packet, where it is.
    pub fn encrypt_in_place(&mut self, data: &mut [u8]) -> Sealed {
        match self {
            Self::Stateless(inner) => inner.encrypt_in_place(data),
            Self::Stateful(inner) => inner.encrypt_in_place(data),
        }
    }

    /// Encrypts several packets where they are, as [`Encryptor::encrypt_in_place`] would one after the other: to the
    /// same octets, in stateless mode in four fifths of the time on a large processor.
    ///
    /// ```
    /// # use pptp_mppe::{Encryptor, Mode, StartKey, Strength};
    /// # let start = StartKey::from_bytes([7; 16]);
    /// # let mut encryptor = Encryptor::new(&start, Strength::Bits128, Mode::Stateless);
    /// let (mut one, mut two) = (*b"\x00\x21one packet", *b"\x00\x21and another");
    /// let seals = encryptor.encrypt_batch(&mut [&mut one[..], &mut two[..]]);
    /// assert!(seals.map(|sealed| sealed.count.get()).eq([0, 1]));
    /// ```
    pub fn encrypt_batch<D: AsMut<[u8]>>(&mut self, packets: &mut [D]) -> Seals {
        match self {
            Self::Stateless(inner) => inner.encrypt_batch(packets),
            Self::Stateful(inner) => inner.encrypt_batch(packets),
        }
    }

    /// Takes a Reset-Request: the next packet is one that the peer can decrypt whatever it has lost (RFC 3078 §8.2).
    /// In stateless mode every packet is, so the request is only counted.
    pub const fn flush(&mut self) {
        match self {
            Self::Stateless(inner) => inner.flush(),
            Self::Stateful(inner) => inner.flush(),
        }
    }

    /// How many packets have been encrypted. Once it is not 0, nothing else may be encrypted from the same start key.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        match self {
            Self::Stateless(inner) => inner.packets(),
            Self::Stateful(inner) => inner.packets(),
        }
    }

    /// How many Reset-Requests have been taken.
    #[must_use]
    pub const fn resets(&self) -> u32 {
        match self {
            Self::Stateless(inner) => inner.resets(),
            Self::Stateful(inner) => inner.resets(),
        }
    }

    /// The mode.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        match self {
            Self::Stateless(_) => Mode::Stateless,
            Self::Stateful(_) => Mode::Stateful,
        }
    }
}

/// The places in `out` for `prefix` and `payload`, as long as they are.
pub(crate) fn places<'o>(
    prefix: &[u8],
    payload: &[u8],
    out: &'o mut [u8],
) -> Result<(&'o mut [u8], &'o mut [u8]), BufferTooSmall> {
    let needed = prefix.len().saturating_add(payload.len());
    out.get_mut(..needed)
        .and_then(|place| place.split_at_mut_checked(prefix.len()))
        .ok_or(BufferTooSmall { needed })
}
