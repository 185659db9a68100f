//! MS-CHAPv1 (RFC 2433): responses, and keys of MPPE.
//!
//! Only the peer proves itself: anybody can play the authenticator.

#[cfg(test)]
mod tests;

use super::{LmHash, NtHash, des};
use pptp_mppe::{LinkKeys, StartKey};
use subtle::ConstantTimeEq as _;

/// The challenge of an exchange: what the value of a Challenge holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge(pub [u8; 8]);

impl Challenge {
    /// The proof of the peer (`NtChallengeResponse`, RFC 2433 A.5).
    #[must_use]
    pub fn nt_response(&self, hash: &NtHash) -> [u8; 24] {
        des::challenge_response(&self.0, &hash.0)
    }

    /// Whether `response` is the proof of a peer whose password has `hash`. Takes the same time whatever the answer.
    #[must_use]
    pub fn verify_nt_response(&self, hash: &NtHash, response: &[u8; 24]) -> bool {
        self.nt_response(hash).ct_eq(response).into()
    }

    /// The proof of a peer that knows no better (`LmChallengeResponse`, RFC 2433 A.1). A peer should not send one.
    #[must_use]
    pub fn lm_response(&self, hash: &LmHash) -> [u8; 24] {
        des::challenge_response(&self.0, hash.as_bytes())
    }

    /// Whether `response` is the proof of a peer whose password has `hash`. Takes the same time whatever the answer.
    #[must_use]
    pub fn verify_lm_response(&self, hash: &LmHash, response: &[u8; 24]) -> bool {
        self.lm_response(hash).ct_eq(response).into()
    }

    /// The challenge of another attempt after a Failure that tells none: 23 is added to the first octet (RFC 2433 §8).
    #[must_use]
    pub const fn next(self) -> Self {
        let [first, rest @ ..] = self.0;
        let [a, b, c, d, e, f, g] = rest;
        Self([first.wrapping_add(23), a, b, c, d, e, f, g])
    }

    /// `hash` as a Change-Password of version 1 carries it (`NtEncryptedPasswordHash`, RFC 2433 A.10). **The key is the
    /// challenge, which anyone can see**: it must not be sent where anyone listens (RFC 2433 §11).
    #[must_use]
    pub fn encrypt_nt_hash(&self, hash: &NtHash) -> [u8; 16] {
        des::encrypt_halves(&hash.0, &self.keys_of_halves())
    }

    /// The hash in a Change-Password of version 1.
    #[must_use]
    pub fn decrypt_nt_hash(&self, encrypted: &[u8; 16]) -> NtHash {
        NtHash::new(des::decrypt_halves(encrypted, &self.keys_of_halves()))
    }

    /// `hash` as a Change-Password of version 1 carries it (`LmEncryptedPasswordHash`, RFC 2433 A.8). **The key is the
    /// challenge, which anyone can see.**
    #[must_use]
    pub fn encrypt_lm_hash(&self, hash: &LmHash) -> [u8; 16] {
        des::encrypt_halves(hash.as_bytes(), &self.keys_of_halves())
    }

    /// The hash in a Change-Password of version 1.
    #[must_use]
    pub fn decrypt_lm_hash(&self, encrypted: &[u8; 16]) -> LmHash {
        LmHash::new(des::decrypt_halves(encrypted, &self.keys_of_halves()))
    }

    /// What MPPE takes of the exchange: keys of 128 bits from `nt`, of 40 and 56 bits from `lm` (RFC 3079 §2). `None`
    /// without either.
    ///
    /// The challenge that counts is that of the first authentication, and the password that of the end that called.
    #[must_use]
    pub fn keys(&self, nt: Option<&NtHash>, lm: Option<&LmHash>) -> Option<LinkKeys> {
        if nt.is_none() && lm.is_none() {
            return None;
        }
        let wide = nt.map(|hash| StartKey::from_ms_chap_v1(&hash.hash(), &self.0));
        let narrow = lm.map(|hash| StartKey::from_lm_password_hash(hash.as_bytes()));
        Some(LinkKeys::same(wide, narrow))
    }

    /// The first 7 octets, for both halves (`PasswordHashEncryptedWithBlock`, RFC 2433 A.9).
    const fn keys_of_halves(&self) -> [[u8; 7]; 2] {
        let [key @ .., _] = self.0;
        [key; 2]
    }
}
