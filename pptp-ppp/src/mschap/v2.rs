//! MS-CHAPv2 (RFC 2759 §8).

use super::{NtHash, des, without_domain};
use pptp_mppe::MasterKey;
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

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
        des::challenge_response(&self.challenge_hash(), &hash.0)
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
