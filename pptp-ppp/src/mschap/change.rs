//! A change of password: the new one, encrypted with the hash of the old one, and a proof that they belong together (RFC
//! 2759 §8.9 to §8.13, RFC 2433 A.11 to A.17).
//!
//! **Whoever knows the old password's hash reads the new password.** That of version 1 of RFC 2433 (§9), which shows the
//! hashes to everybody, is in [`v1`](super::v1).

#[cfg(test)]
mod tests;

use super::{LmHash, NtHash, des};
use crate::random::Random;
use core::fmt;
use pptp_mppe::rc4::Rc4;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

/// The longest password, in units of UTF-16: a character beyond the 65 536 first of Unicode takes two.
pub const MAX_PASSWORD: usize = 256;
/// The octets of an encrypted password: 512 of text and fill, and its length (RFC 2759 §8.9, `PWBLOCK`).
pub const BLOCK_LEN: usize = 516;

/// `new`, encrypted with the hash of the old password (`NewPasswordEncryptedWithOldNtPasswordHash`, RFC 2759 §8.9, RFC 2433
/// A.11).
///
/// # Errors
/// If `new` is longer than [`MAX_PASSWORD`].
pub fn encrypt_password(
    new: &str,
    old: &NtHash,
    random: &mut Random,
) -> Result<[u8; BLOCK_LEN], PasswordTooLong> {
    seal(new, old.as_bytes(), random)
}

/// The same with the old LAN Manager hash (`NewPasswordEncryptedWithOldLmPasswordHash`, RFC 2433 A.15). A peer should not
/// send it.
///
/// # Errors
/// If `new` is longer than [`MAX_PASSWORD`].
pub fn encrypt_password_with_lm(
    new: &str,
    old: &LmHash,
    random: &mut Random,
) -> Result<[u8; BLOCK_LEN], PasswordTooLong> {
    seal(new, old.as_bytes(), random)
}

/// The proof that the new password is from somebody who knows the old one
/// (`OldNtPasswordHashEncryptedWithNewNtPasswordHash`, RFC 2759 §8.12, RFC 2433 A.14).
#[must_use]
pub fn encrypt_hash(old: &NtHash, new: &NtHash) -> [u8; 16] {
    des::encrypt_halves(old.as_bytes(), &keys(new))
}

/// The same of the old LAN Manager hash (`OldLmPasswordHashEncryptedWithNewNtPasswordHash`, RFC 2433 A.16). A peer should
/// not send it.
#[must_use]
pub fn encrypt_lm_hash(old: &LmHash, new: &NtHash) -> [u8; 16] {
    des::encrypt_halves(old.as_bytes(), &keys(new))
}

/// The new password that a Change-Password asks for, decrypted and found to be from somebody who knows the old one.
///
/// It is decrypted where it stays, so that no copy is left elsewhere. Cleared on drop, never printed.
///
/// ```
/// use pptp_ppp::Random;
/// use pptp_ppp::mschap::NtHash;
/// use pptp_ppp::mschap::change::{NewPassword, encrypt_hash, encrypt_password};
///
/// // The peer's side.
/// let (old, new) = (NtHash::from_password("wonderland"), "looking-glass");
/// let block = encrypt_password(new, &old, &mut Random::new([7; 32]))?;
/// let proof = encrypt_hash(&old, &NtHash::from_password(new));
///
/// // The authenticator's.
/// let mut password = NewPassword::new();
/// password.decrypt(&block, &proof, &old)?;
/// assert_eq!(password.as_str(), "looking-glass");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, ZeroizeOnDrop)]
pub struct NewPassword {
    /// UTF-8.
    text: [u8; 3 * MAX_PASSWORD],
    #[zeroize(skip)]
    len: usize,
}

impl NewPassword {
    /// Room for one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            text: [0; 3 * MAX_PASSWORD],
            len: 0,
        }
    }

    /// Decrypts what [`encrypt_password`] makes, and verifies what [`encrypt_hash`] does, for an account whose password
    /// has the hash `old`.
    ///
    /// The new password may be anything, even empty: whether it will do is for the caller to say. The response in the same
    /// message, on the new password, is to be verified as any other.
    ///
    /// # Errors
    /// If they were not made with `old`, or the password is not text; there is none then. Peers are best told the same of
    /// each.
    pub fn decrypt(
        &mut self,
        block: &[u8; BLOCK_LEN],
        encrypted_hash: &[u8; 16],
        old: &NtHash,
    ) -> Result<(), ChangeError> {
        self.open(block, old.as_bytes(), encrypted_hash, |new| {
            encrypt_hash(old, new)
        })
    }

    /// The same of what [`encrypt_password_with_lm`] and [`encrypt_lm_hash`] make.
    ///
    /// # Errors
    /// As [`NewPassword::decrypt`].
    pub fn decrypt_with_lm(
        &mut self,
        block: &[u8; BLOCK_LEN],
        encrypted_hash: &[u8; 16],
        old: &LmHash,
    ) -> Result<(), ChangeError> {
        self.open(block, old.as_bytes(), encrypted_hash, |new| {
            encrypt_lm_hash(old, new)
        })
    }

    /// The password; empty if none was decrypted.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It was written as UTF-8 in the first place.
        let text = self.text.get(..self.len).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }

    /// Its hash.
    #[must_use]
    pub fn nt_hash(&self) -> NtHash {
        NtHash::from_password(self.as_str())
    }

    fn open(
        &mut self,
        block: &[u8; BLOCK_LEN],
        key: &[u8; 16],
        encrypted_hash: &[u8; 16],
        expected: impl FnOnce(&NtHash) -> [u8; 16],
    ) -> Result<(), ChangeError> {
        let opened = self.decode(block, key).and_then(|()| {
            let is_right = expected(&self.nt_hash()).ct_eq(encrypted_hash);
            bool::from(is_right)
                .then_some(())
                .ok_or(ChangeError::WrongProof)
        });
        if opened.is_err() {
            self.clear();
        }
        opened
    }

    fn decode(&mut self, block: &[u8; BLOCK_LEN], key: &[u8; 16]) -> Result<(), ChangeError> {
        self.clear();
        let mut clear = Zeroizing::new(*block);
        Rc4::with_16_octets(key).apply_keystream(clear.as_mut_slice());
        let [text @ .., a, b, c, d] = &*clear;
        let password = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d]))
            .ok()
            .and_then(|len| text.len().checked_sub(len))
            .and_then(|start| text.get(start..))
            .ok_or(ChangeError::NotDecrypted)?;
        let (units, []) = password.as_chunks::<2>() else {
            return Err(ChangeError::NotDecrypted);
        };
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
        for character in char::decode_utf16(units) {
            let character = character.map_err(|_| ChangeError::NotText)?;
            let mut octets = Zeroizing::new([0; 4]);
            let octets = character.encode_utf8(&mut *octets).as_bytes();
            // There is room for all of it: no unit takes more than three octets.
            let rest = self.text.get_mut(self.len..).unwrap_or_default();
            for (place, octet) in rest.iter_mut().zip(octets) {
                *place = *octet;
                self.len = self.len.saturating_add(1);
            }
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.text.zeroize();
        self.len = 0;
    }
}

impl Default for NewPassword {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPassword").finish_non_exhaustive()
    }
}

/// `EncryptPwBlockWithPasswordHash` (RFC 2759 §8.10): random octets, the password at their end, and its length in octets,
/// lowest octet first.
fn seal(
    new: &str,
    key: &[u8; 16],
    random: &mut Random,
) -> Result<[u8; BLOCK_LEN], PasswordTooLong> {
    let units = new.encode_utf16().count();
    let fill = MAX_PASSWORD
        .checked_sub(units)
        .ok_or(PasswordTooLong { units })?;
    let mut block = [0; BLOCK_LEN];
    let [text @ .., a, b, c, d] = &mut block;
    let (places, _) = text.as_chunks_mut::<2>();
    let (before, places) = places.split_at_mut_checked(fill).unwrap_or_default();
    random.fill(before.as_flattened_mut());
    for (place, unit) in places.iter_mut().zip(new.encode_utf16()) {
        *place = unit.to_le_bytes();
    }
    let length = u32::try_from(units.saturating_mul(2)).unwrap_or(u32::MAX);
    [*a, *b, *c, *d] = length.to_le_bytes();
    Rc4::with_16_octets(key).apply_keystream(&mut block);
    Ok(block)
}

/// The keys of the two halves (`NtPasswordHashEncryptedWithBlock`, RFC 2759 §8.13).
fn keys(hash: &NtHash) -> Zeroizing<[[u8; 7]; 2]> {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, ..] = hash.0;
    Zeroizing::new([[a, b, c, d, e, f, g], [h, i, j, k, l, m, n]])
}

/// A password is longer than [`MAX_PASSWORD`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PasswordTooLong {
    /// Its length in units of UTF-16.
    pub units: usize,
}

impl fmt::Display for PasswordTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.units;
        write!(
            f,
            "the password has {units} UTF-16 units, and may have {MAX_PASSWORD}"
        )
    }
}

impl core::error::Error for PasswordTooLong {}

/// Why a new password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ChangeError {
    /// What was decrypted has no length that a password may have: it was encrypted with another hash.
    NotDecrypted,
    /// It is no valid UTF-16, so that it has no form in which it could be kept.
    NotText,
    /// The proof is not that of somebody who knows the old password.
    WrongProof,
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDecrypted => "the new password is not encrypted with the old one",
            Self::NotText => "the new password is not valid UTF-16",
            Self::WrongProof => "the old password's hash is not the one that is encrypted",
        })
    }
}

impl core::error::Error for ChangeError {}
