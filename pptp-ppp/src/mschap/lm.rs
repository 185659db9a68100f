//! The hash of LAN Manager.

#[cfg(test)]
mod tests;

use super::des;
use core::fmt;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The hash of a password that LAN Manager keeps (`LmPasswordHash`, RFC 2433 A.2): a known text, encrypted by DES with each
/// half of the upper-case password.
///
/// **Broken**: the halves are searched one by one, without regard to case, in minutes. MS-CHAPv1 takes its 40 and 56 bit
/// keys from it. Cleared on drop, never printed, compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LmHash([u8; 16]);

impl LmHash {
    /// The longest password that has one, in characters.
    pub const MAX_PASSWORD: usize = 14;

    /// A hash that was computed elsewhere.
    #[must_use]
    pub const fn new(hash: [u8; 16]) -> Self {
        Self(hash)
    }

    /// The hash of `password`. `None` if it is longer than 14 characters, for which Windows keeps none either, or has
    /// others than those of ASCII: what they are hashed as depends on the code page of the machine that did it. For those
    /// there is [`LmHash::from_oem`].
    #[must_use]
    pub fn from_password(password: &str) -> Option<Self> {
        if !password.is_ascii() {
            return None;
        }
        Self::from_oem(password.as_bytes())
    }

    /// The hash of a password that is text in the machine's code page. Letters of ASCII are made upper case; what else
    /// has two cases is taken for upper case as it stands. `None` if there are more than 14 octets.
    #[must_use]
    pub fn from_oem(password: &[u8]) -> Option<Self> {
        let mut padded = Zeroizing::new([0; Self::MAX_PASSWORD]);
        padded.get_mut(..password.len())?.copy_from_slice(password);
        padded.make_ascii_uppercase();
        let mut hash = Self([0; 16]);
        let halves = hash.0.as_chunks_mut::<8>().0.iter_mut();
        for (half, key) in halves.zip(padded.as_chunks::<7>().0) {
            *half = des::encrypt(b"KGS!@#$%", key);
        }
        Some(hash)
    }

    /// The 16 octets of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl PartialEq for LmHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for LmHash {}

impl fmt::Debug for LmHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LmHash").finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for LmHash {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "LmHash");
    }
}
