//! One direction, decrypting, in the mode that was negotiated.

use crate::rc4::LANES;
use crate::{Count, Mode, StartKey, Strength, stateful, stateless};
use core::fmt;

/// Why there is no way to decrypt a packet. Nothing has changed, and the data is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DecryptError {
    /// The count is one of the past: a late packet or a replayed one. MPPE expects packets in order (RFC 3078 §3).
    Behind {
        /// How many packets ago it should have come.
        by: u16,
    },
    /// Stateless mode: more packets are missing than [`stateless::Decryptor::with_max_jump`] allows.
    JumpTooFar {
        /// How many packets are missing, if the count is to be believed.
        missing: u16,
    },
    /// Stateful mode: packets are missing, and this one does not start a key stream. A Reset-Request is to be sent,
    /// unless one is under way (RFC 3078 §8.2).
    OutOfSync {
        /// How many packets are missing, if the count is to be believed.
        missing: u16,
    },
}

impl fmt::Display for DecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind { by } => write!(f, "the count is {by} behind"),
            Self::JumpTooFar { missing } => write!(f, "{missing} packets missing: too many"),
            Self::OutOfSync { missing } => {
                write!(f, "{missing} packets missing: a reset is needed")
            }
        }
    }
}

impl core::error::Error for DecryptError {}

/// A packet that has come in, for [`Decryptor::decrypt_batch`] and [`Decryptor::decrypt_early`].
#[derive(Debug)]
pub struct Packet<'d> {
    /// The coherency count that stood before it.
    pub count: Count,
    /// Whether bit A was set there.
    pub flushed: bool,
    /// The ciphertext, which is to be decrypted where it is.
    pub data: &'d mut [u8],
}

/// How many keys the decryptors here keep that jumps have led to: 1024 packets ahead is as far as 64.
const KEPT: usize = 16;

/// How many packets [`Decryptor::decrypt_early`] takes at most.
pub const BATCH: usize = LANES;

/// How many packets to take at once, of so many: at most [`BATCH`], and parts of equal size, as few packets side by side
/// are slow. 0 only if there are none.
#[must_use]
pub const fn side_by_side(packets: usize) -> usize {
    match packets.div_ceil(BATCH) {
        0 => 0,
        parts => packets.div_ceil(parts),
    }
}

/// Decrypts one direction of a link, in the [`Mode`] that was negotiated.
///
/// Where the mode is known beforehand, its own type does the same: [`stateless::Decryptor`] is a quarter of the size.
///
/// No number of bad packets changes anything here: only [`Trial::commit`] does.
///
/// `PREPARED` is for how many packets [`Decryptor::prepare`] has room, in stateless mode: a power of 2, or 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decryptor<const PREPARED: usize = 0> {
    /// A new key for each packet.
    Stateless(stateless::Decryptor<PREPARED, KEPT>),
    /// One key stream for up to 256 packets.
    Stateful(stateful::Decryptor),
}

impl Decryptor {
    /// A decryptor that expects the count 0 first.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength, mode: Mode) -> Self {
        match mode {
            Mode::Stateless => {
                Self::Stateless(stateless::Decryptor::new(start, strength).with_kept_keys())
            }
            Mode::Stateful => Self::Stateful(stateful::Decryptor::new(start, strength)),
        }
    }
}

impl<const PREPARED: usize> Decryptor<PREPARED> {
    /// The same, with room for the keys of `N` packets to come: see [`stateless::Decryptor::with_prepared`].
    #[must_use]
    pub fn with_prepared<const N: usize>(self) -> Decryptor<N> {
        match self {
            Self::Stateless(inner) => Decryptor::Stateless(inner.with_prepared()),
            Self::Stateful(inner) => Decryptor::Stateful(inner),
        }
    }

    /// Prepares the key of one packet more: for when there is nothing else to do, again and again while it is `true`.
    /// `false` if there is no room (see [`Decryptor::with_prepared`]), and in stateful mode, where keys are rare.
    pub fn prepare(&mut self) -> bool {
        match self {
            Self::Stateless(inner) => inner.prepare(),
            Self::Stateful(_) => false,
        }
    }

    /// Decrypts `data` where it is, on trial: with the first key that a packet of this `count`, and with bit A if
    /// `flushed`, can have. The decryptor itself does not change until [`Trial::commit`].
    ///
    /// # Errors
    /// [`DecryptError`] if there is no such key; `data` has not been touched then.
    pub fn decrypt<'a, 'd>(
        &'a mut self,
        count: Count,
        flushed: bool,
        data: &'d mut [u8],
    ) -> Result<Trial<'a, 'd, PREPARED>, DecryptError> {
        match self {
            Self::Stateless(inner) => inner.decrypt(count, data).map(Trial::Stateless),
            Self::Stateful(inner) => inner.decrypt(count, flushed, data).map(Trial::Stateful),
        }
    }

    /// Takes several packets of this session: [`Batch::next`] hands out a [`Trial`] of each, as
    /// [`Decryptor::decrypt`] would one after the other. In stateless mode they are decrypted several at once,
    /// which is faster.
    ///
    /// ```
    /// # use pptp_mppe::{Decryptor, Packet};
    /// fn receive(decryptor: &mut Decryptor, packets: &mut [Packet<'_>], deliver: fn(&[u8])) {
    ///     let mut batch = decryptor.decrypt_batch(packets);
    ///     while let Some(trial) = batch.next() {
    ///         match trial {
    ///             Ok(trial) if trial.plaintext().starts_with(&[0x00, 0x21, 0x45]) => deliver(trial.commit()),
    ///             Ok(trial) => drop(trial.abort()),
    ///             Err(_) => {}
    ///         }
    ///     }
    /// }
    /// ```
    pub const fn decrypt_batch<'a, 'd>(
        &'a mut self,
        packets: &'a mut [Packet<'d>],
    ) -> Batch<'a, 'd, PREPARED> {
        match self {
            Self::Stateless(inner) => Batch::Stateless(inner.decrypt_batch(packets)),
            Self::Stateful(inner) => Batch::Stateful(inner.decrypt_batch(packets)),
        }
    }

    /// The first half of [`Decryptor::decrypt_batch`], for up to [`BATCH`] packets (of more, the others are left
    /// alone): decrypts where they are those that can be decrypted before their turn, several at once, and says in
    /// the same place with what key. Nothing has changed yet.
    ///
    /// When the turn of a packet comes that has an [`Early`](stateless::Early), it is for
    /// [`Decryptor::decrypt_late`]; else for [`Decryptor::decrypt`].
    pub fn decrypt_early(
        &mut self,
        packets: &mut [Packet<'_>],
    ) -> [Option<stateless::Early>; BATCH] {
        match self {
            Self::Stateless(inner) => inner.decrypt_early(packets),
            Self::Stateful(_) => [const { None }; BATCH],
        }
    }

    /// As [`Decryptor::decrypt`], of a packet that [`Decryptor::decrypt_early`] has decrypted: the outcome is the same,
    /// whatever came in between.
    ///
    /// # Errors
    /// As [`Decryptor::decrypt`]; the data is ciphertext again then.
    pub fn decrypt_late<'a, 'd>(
        &'a mut self,
        early: stateless::Early,
        count: Count,
        flushed: bool,
        data: &'d mut [u8],
    ) -> Result<Trial<'a, 'd, PREPARED>, DecryptError> {
        match self {
            Self::Stateless(inner) => inner.decrypt_late(early, count, data).map(Trial::Stateless),
            Self::Stateful(inner) => {
                early.undo(data);
                inner.decrypt(count, flushed, data).map(Trial::Stateful)
            }
        }
    }

    /// The count of the packet that comes next, when none is lost.
    #[must_use]
    pub const fn expected(&self) -> Count {
        match self {
            Self::Stateless(inner) => inner.expected(),
            Self::Stateful(inner) => inner.expected(),
        }
    }

    /// How many packets have been decrypted and committed.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        match self {
            Self::Stateless(inner) => inner.packets(),
            Self::Stateful(inner) => inner.packets(),
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

/// Packets of one session that are handed out one by one: see [`Decryptor::decrypt_batch`].
///
/// If it is dropped, those that were not handed out are ciphertext, as if they had not been in it.
#[derive(Debug)]
#[must_use = "nothing is decrypted for good until its trial is committed"]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for some packets, on the stack"
)]
pub enum Batch<'a, 'd, const PREPARED: usize = 0> {
    /// In stateless mode, where they are decrypted several at once.
    Stateless(stateless::Batch<'a, 'd, PREPARED, KEPT>),
    /// In stateful mode.
    Stateful(stateful::Batch<'a, 'd>),
}

impl<const PREPARED: usize> Batch<'_, '_, PREPARED> {
    /// The next packet, decrypted on trial, or why it cannot be. `None` if that was all.
    #[expect(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<Result<Trial<'_, '_, PREPARED>, DecryptError>> {
        match self {
            Self::Stateless(inner) => Some(inner.next()?.map(Trial::Stateless)),
            Self::Stateful(inner) => Some(inner.next()?.map(Trial::Stateful)),
        }
    }

    /// How many have not been handed out.
    #[must_use]
    pub const fn left(&self) -> usize {
        match self {
            Self::Stateless(inner) => inner.left(),
            Self::Stateful(inner) => inner.left(),
        }
    }
}

/// A packet, decrypted where it is with one of the keys that it may have.
///
/// Whoever knows what plaintext looks like judges it, then calls [`commit`](Trial::commit), [`retry`](Trial::retry) or
/// [`abort`](Trial::abort). Dropping it leaves the decryptor as it was, and the data as it is.
///
/// ```
/// # use pptp_mppe::{Count, Decryptor, DecryptError};
/// fn receive<'d>(
///     decryptor: &mut Decryptor, count: Count, flushed: bool, data: &'d mut [u8], plausible: fn(&[u8]) -> bool,
/// ) -> Result<Option<&'d mut [u8]>, DecryptError> {
///     let mut trial = decryptor.decrypt(count, flushed, data)?;
///     while !plausible(trial.plaintext()) {
///         if !trial.retry() {
///             return Ok(None);
///         }
///     }
///     Ok(Some(trial.commit()))
/// }
/// ```
#[derive(Debug)]
#[must_use = "nothing is decrypted for good until the trial is committed"]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one packet, on the stack"
)]
pub enum Trial<'a, 'd, const PREPARED: usize = 0> {
    /// In stateless mode, where there is one candidate.
    Stateless(stateless::Trial<'a, 'd, PREPARED, KEPT>),
    /// In stateful mode.
    Stateful(stateful::Trial<'a, 'd>),
}

impl<'d, const PREPARED: usize> Trial<'_, 'd, PREPARED> {
    /// The packet as it decrypts with the present candidate: the PPP protocol field, then the packet.
    #[must_use]
    pub const fn plaintext(&self) -> &[u8] {
        match self {
            Self::Stateless(inner) => inner.plaintext(),
            Self::Stateful(inner) => inner.plaintext(),
        }
    }

    /// How many packets before this one are missing.
    #[must_use]
    pub const fn missing(&self) -> u16 {
        match self {
            Self::Stateless(inner) => inner.missing(),
            Self::Stateful(inner) => inner.missing(),
        }
    }

    /// Decrypts with the next candidate instead. `false` if there is none: the data is ciphertext again, bit for bit,
    /// and the trial must not be committed.
    #[must_use = "without a further candidate the data is ciphertext"]
    pub fn retry(&mut self) -> bool {
        match self {
            Self::Stateless(inner) => inner.retry(),
            Self::Stateful(inner) => inner.retry(),
        }
    }

    /// Makes the present candidate what has happened; the next packet is expected after this one. Gives the plaintext.
    ///
    /// After a [`retry`](Trial::retry) that found no candidate it changes nothing, and gives the ciphertext.
    pub fn commit(self) -> &'d mut [u8] {
        match self {
            Self::Stateless(inner) => inner.commit(),
            Self::Stateful(inner) => inner.commit(),
        }
    }

    /// Makes the data ciphertext again, bit for bit, and leaves the decryptor as it was before the packet.
    pub fn abort(self) -> &'d mut [u8] {
        match self {
            Self::Stateless(inner) => inner.abort(),
            Self::Stateful(inner) => inner.abort(),
        }
    }
}
