//! The computations of MS-CHAPv2 (RFC 2759 §8): hashes, responses and proofs.
//!
//! MS-CHAPv2 is weak: an eavesdropper finds the password hash from one exchange by searching a single DES key. It is
//! here because everything that speaks PPTP speaks it.

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod vectors;

use core::fmt;
use des::Des;
use des::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use md4::Md4;
use pptp_mppe::MasterKey;
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The hash of a password that Windows keeps (`NtPasswordHash`, RFC 2759 §8.3): MD4 of its UTF-16LE encoding.
///
/// As good as the password itself to whoever has it. Cleared on drop, never printed, compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct NtHash([u8; 16]);

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

/// What both sides of an MS-CHAPv2 exchange know and anyone may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// The value of the Challenge.
    pub authenticator_challenge: &'a [u8; 16],
    /// The Peer-Challenge in the Response.
    pub peer_challenge: &'a [u8; 16],
    /// The Name in the Response, as it is there. What counts is the part after the last backslash: the domain before
    /// it is not hashed (RFC 2759 §4).
    pub user_name: &'a [u8],
}

impl Exchange<'_> {
    /// The challenge that the password hash encrypts (`ChallengeHash`, RFC 2759 §8.2).
    #[must_use]
    pub fn challenge_hash(&self) -> [u8; 8] {
        let digest: [u8; 20] = Sha1::new()
            .chain_update(self.peer_challenge)
            .chain_update(self.authenticator_challenge)
            .chain_update(without_domain(self.user_name))
            .finalize()
            .into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        [a, b, c, d, e, f, g, h]
    }

    /// The proof of the peer (`GenerateNTResponse`, RFC 2759 §8.1).
    #[must_use]
    pub fn nt_response(&self, hash: &NtHash) -> [u8; 24] {
        challenge_response(&self.challenge_hash(), hash)
    }

    /// Whether `nt_response` is the proof of a peer whose password has `hash`. Takes the same time whatever the answer.
    #[must_use]
    pub fn verify_nt_response(&self, hash: &NtHash, nt_response: &[u8; 24]) -> bool {
        self.nt_response(hash).ct_eq(nt_response).into()
    }

    /// The proof of the authenticator (`GenerateAuthenticatorResponse`, RFC 2759 §8.7), for `S=` of a Success.
    #[must_use]
    pub fn authenticator_response(&self, hash: &NtHash, nt_response: &[u8; 24]) -> [u8; 20] {
        const MAGIC1: &[u8; 39] = b"Magic server to client signing constant";
        const MAGIC2: &[u8; 41] = b"Pad to make it do more than one iteration";
        let mut inner = Sha1::new()
            .chain_update(hash.hash().as_slice())
            .chain_update(nt_response)
            .chain_update(MAGIC1)
            .finalize();
        let outer = Sha1::new()
            .chain_update(inner)
            .chain_update(self.challenge_hash())
            .chain_update(MAGIC2)
            .finalize();
        inner.zeroize();
        outer.into()
    }

    /// Whether `authenticator_response` is the proof of an authenticator that knows the password
    /// (`CheckAuthenticatorResponse`, RFC 2759 §8.8). Takes the same time whatever the answer.
    #[must_use]
    pub fn verify_authenticator_response(
        &self,
        hash: &NtHash,
        nt_response: &[u8; 24],
        authenticator_response: &[u8; 20],
    ) -> bool {
        let expected = self.authenticator_response(hash, nt_response);
        expected.ct_eq(authenticator_response).into()
    }
}

/// The master key of MPPE after an exchange in which `nt_response` was the proof (RFC 3079 §3).
#[must_use]
pub fn master_key(hash: &NtHash, nt_response: &[u8; 24]) -> MasterKey {
    MasterKey::from_ms_chap_v2(&hash.hash(), nt_response)
}

/// The user name in `name` without the Windows domain before the last backslash, if there is one.
#[must_use]
pub fn without_domain(name: &[u8]) -> &[u8] {
    name.rsplit(|&octet| octet == b'\\').next().unwrap_or(name)
}

/// `ChallengeResponse` (RFC 2759 §8.5): the challenge encrypted by DES with each third of the hash.
fn challenge_response(challenge: &[u8; 8], hash: &NtHash) -> [u8; 24] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = hash.0;
    let thirds = Zeroizing::new([
        [a, b, c, d, e, f, g],
        [h, i, j, k, l, m, n],
        [o, p, 0, 0, 0, 0, 0],
    ]);
    let mut response = [0; 24];
    for (part, third) in response
        .as_chunks_mut::<8>()
        .0
        .iter_mut()
        .zip(thirds.iter())
    {
        let key = expand_key(third);
        let mut block = (*challenge).into();
        Des::new((&*key).into()).encrypt_block(&mut block);
        *part = block.into();
    }
    response
}

/// A DES key from 56 bits: seven of them and an odd parity bit in each octet (RFC 2759 §8.6 and §9.3).
fn expand_key(bits: &[u8; 7]) -> Zeroizing<[u8; 8]> {
    let [a, b, c, d, e, f, g] = *bits;
    let mut rest = u64::from_be_bytes([a, b, c, d, e, f, g, 0]);
    let mut key = Zeroizing::new([0; 8]);
    for octet in key.iter_mut() {
        let [seven, ..] = rest.to_be_bytes();
        let seven = seven & 0xfe;
        *octet = if seven.count_ones() % 2 == 0 {
            seven | 1
        } else {
            seven
        };
        rest <<= 7;
    }
    rest.zeroize();
    key
}
