//! One direction, decrypting, in the mode that was negotiated.

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

/// Decrypts one direction of a link, in the [`Mode`] that was negotiated.
///
/// Where the mode is known beforehand, its own type does the same.
///
/// No number of bad packets changes anything here: only [`Trial::commit`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decryptor {
    /// A new key for each packet.
    Stateless(stateless::Decryptor),
    /// One key stream for up to 256 packets.
    Stateful(stateful::Decryptor),
}

impl Decryptor {
    /// A decryptor that expects the count 0 first.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength, mode: Mode) -> Self {
        match mode {
            Mode::Stateless => Self::Stateless(stateless::Decryptor::new(start, strength)),
            Mode::Stateful => Self::Stateful(stateful::Decryptor::new(start, strength)),
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
    ) -> Result<Trial<'a, 'd>, DecryptError> {
        match self {
            Self::Stateless(inner) => inner.decrypt(count, data).map(Trial::Stateless),
            Self::Stateful(inner) => inner.decrypt(count, flushed, data).map(Trial::Stateful),
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
pub enum Trial<'a, 'd> {
    /// In stateless mode, where there is one candidate.
    Stateless(stateless::Trial<'a, 'd>),
    /// In stateful mode.
    Stateful(stateful::Trial<'a, 'd>),
}

impl<'d> Trial<'_, 'd> {
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
