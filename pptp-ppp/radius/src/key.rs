//! Keys that a server sends.

use crate::Secret;
use core::fmt;
use pptp_mppe::{LinkKeys, StartKey, StartKeys};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

/// The longest key in an attribute, in octets: 15 blocks less the octet of the length.
pub const MAX_KEY_LEN: usize = 239;

/// A key as MS-MPPE-Send-Key and MS-MPPE-Recv-Key have it. Cleared on drop, never printed, compared in constant time.
///
/// 16 octets after MS-CHAPv2: the start key (RFC 3079 §3). 32 after EAP: half of the method's master session key.
#[derive(Clone)]
pub struct Key {
    /// The length, and then the key.
    octets: [u8; 240],
}

impl Key {
    /// Reads the value of an attribute (RFC 2548 §2.4.2): a salt, and whole blocks that hide length and key.
    pub(crate) fn parse(
        value: &[u8],
        secret: Secret<'_>,
        authenticator: &[u8; 16],
    ) -> Option<Self> {
        let (salt, hidden) = value.split_first_chunk::<2>()?;
        let (blocks, rest) = hidden.as_chunks::<16>();
        if blocks.is_empty() || !rest.is_empty() {
            return None;
        }
        let mut key = Self { octets: [0; 240] };
        let place = key.octets.get_mut(..hidden.len())?;
        place.copy_from_slice(hidden);
        secret.reveal(authenticator, salt, place);
        let [len, ..] = key.octets;
        // A wrong secret shows here, as a rule.
        (1..hidden.len()).contains(&len.into()).then_some(key)
    }

    /// The key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        let [len, key @ ..] = &self.octets;
        key.get(..(*len).into()).unwrap_or(key)
    }

    /// The start key of MPPE: the first 16 octets (RFC 3079 §4.2), of which shorter keys of MPPE take the first 8.
    /// Zeros follow a key that is shorter.
    #[must_use]
    pub fn start_key(&self) -> StartKey {
        let mut octets = Zeroizing::new([0; 16]);
        for (place, octet) in octets.iter_mut().zip(self.as_bytes()) {
            *place = *octet;
        }
        StartKey::from_bytes(*octets)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// The keys of both directions, as the server names them: seen from whoever asked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// MS-MPPE-Send-Key: of what goes to the user.
    pub send: Key,
    /// MS-MPPE-Recv-Key: of what comes from the user.
    pub receive: Key,
}

impl Keys {
    /// The start keys of MPPE.
    #[must_use]
    pub fn start_keys(&self) -> StartKeys {
        StartKeys {
            send: self.send.start_key(),
            receive: self.receive.start_key(),
        }
    }
}

/// What MPPE's keys after MS-CHAPv1 are made of (RFC 2548 §2.4.1). Cleared on drop, never printed, compared in constant
/// time.
#[derive(Clone)]
pub struct MsChapKeys {
    lm: [u8; 8],
    nt: [u8; 16],
}

impl MsChapKeys {
    pub(crate) fn parse(
        value: &[u8],
        secret: Secret<'_>,
        authenticator: &[u8; 16],
    ) -> Option<Self> {
        let mut octets: Zeroizing<[u8; 32]> = Zeroizing::new(value.try_into().ok()?);
        secret.reveal(authenticator, &[], &mut *octets);
        let (lm, rest) = octets.split_first_chunk()?;
        let (nt, _) = rest.split_first_chunk()?;
        Some(Self { lm: *lm, nt: *nt })
    }

    /// The first 8 octets of the LAN Manager hash of the password, for keys of 40 and 56 bits (RFC 3079 §2.1); `None` if
    /// the server does not have it, and sent zeros.
    #[must_use]
    pub fn lm_hash(&self) -> Option<&[u8; 8]> {
        (!bool::from(self.lm.ct_eq(&[0; 8]))).then_some(&self.lm)
    }

    /// MD4 of the NT hash of the password, for keys of 128 bits (RFC 3079 §2.4); `None` if the server does not have it, and
    /// sent zeros. RFC 2548 reads as if it were the hash itself, which no server sends.
    #[must_use]
    pub fn nt_hash_hash(&self) -> Option<&[u8; 16]> {
        (!bool::from(self.nt.ct_eq(&[0; 16]))).then_some(&self.nt)
    }

    /// The start keys of MPPE for a link on which the user has answered this challenge.
    #[must_use]
    pub fn link_keys(&self, challenge: &[u8; 8]) -> LinkKeys {
        let wide = self.nt_hash_hash();
        let wide = wide.map(|hash| StartKey::from_ms_chap_v1(hash, challenge));
        let narrow = self.lm_hash().map(|hash| {
            // Keys of 40 and 56 bits are made of the first 8 octets (RFC 3079 §2.1, §2.2).
            let mut whole = Zeroizing::new([0; 16]);
            for (place, octet) in whole.iter_mut().zip(hash) {
                *place = *octet;
            }
            StartKey::from_lm_password_hash(&whole)
        });
        LinkKeys::same(wide, narrow)
    }
}

impl Drop for MsChapKeys {
    fn drop(&mut self) {
        self.lm.zeroize();
        self.nt.zeroize();
    }
}

impl PartialEq for MsChapKeys {
    fn eq(&self, other: &Self) -> bool {
        (self.lm.ct_eq(&other.lm) & self.nt.ct_eq(&other.nt)).into()
    }
}

impl Eq for MsChapKeys {}

impl fmt::Debug for MsChapKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MsChapKeys").finish_non_exhaustive()
    }
}
