//! The hash of Windows NT.

use core::fmt;
use md4::{Digest as _, Md4};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The hash of a password that Windows keeps (`NtPasswordHash`, RFC 2759 §8.3): MD4 of its UTF-16LE encoding.
///
/// As good as the password itself to whoever has it. Cleared on drop, never printed, compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct NtHash(pub(super) [u8; 16]);

impl NtHash {
    /// A hash that was computed elsewhere.
    #[must_use]
    pub const fn new(hash: [u8; 16]) -> Self {
        Self(hash)
    }

    /// The hash of `password`, of any length.
    #[must_use]
    pub fn from_password(password: &str) -> Self {
        let mut md4 = Md4::new();
        for unit in password.encode_utf16() {
            md4.update(unit.to_le_bytes());
        }
        Self(md4.finalize().into())
    }

    /// The 16 octets of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// MD4 of the hash (`HashNtPasswordHash`, RFC 2759 §8.4): what the proof of the authenticator and the keys of
    /// MPPE are made of.
    #[must_use]
    pub fn hash(&self) -> Zeroizing<[u8; 16]> {
        Zeroizing::new(Md4::digest(self.0).into())
    }
}

impl PartialEq for NtHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for NtHash {}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NtHash").finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for NtHash {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "NtHash");
    }
}
