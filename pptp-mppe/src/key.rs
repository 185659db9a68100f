//! Keys: from what authentication leaves behind to the key of one packet (RFC 3079, RFC 3078 §7.3).

mod change;
mod link;

pub(crate) use change::change_each;
pub use link::LinkKeys;

use crate::Strength;
use crate::rc4::{Cell, Fast, KeyStream, Octets, Rc4};
use core::fmt;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const PAD1: [u8; 40] = [0x00; 40];
const PAD2: [u8; 40] = [0xf2; 40];
const MAGIC1: &[u8; 27] = b"This is the MPPE Master Key";
const MAGIC2: &[u8; 84] =
    b"On the client side, this is the send key; on the server side, it is the receive key.";
const MAGIC3: &[u8; 84] =
    b"On the client side, this is the receive key; on the server side, it is the send key.";

/// Which side of the authentication is ours: in which direction a start key encrypts depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Side {
    /// The side that proved itself: the MS-CHAP peer.
    Client,
    /// The side that asked for the proof: the MS-CHAP authenticator.
    Server,
}

/// The master key of an MS-CHAPv2 authentication (RFC 3079 §3.4, `GetMasterKey`).
#[derive(Clone, ZeroizeOnDrop)]
pub struct MasterKey([u8; 16]);

impl MasterKey {
    /// The master key that follows from the MD4 of the NT password hash (`PasswordHashHash`) and the 24 octets of the
    /// NT-Response (RFC 3079 §3.4).
    #[must_use]
    pub fn from_ms_chap_v2(password_hash_hash: &[u8; 16], nt_response: &[u8; 24]) -> Self {
        Self(digest([
            password_hash_hash,
            nt_response,
            MAGIC1.as_slice(),
            &[],
        ]))
    }

    /// A master key that was derived elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The start keys of both directions, seen from `side` (RFC 3079 §3.4, `GetAsymmetricStartKey`).
    #[must_use]
    pub fn start_keys(&self, side: Side) -> StartKeys {
        let derive = |magic: &[u8; 84]| StartKey(digest([&self.0, &PAD1, magic, &PAD2]));
        let (from_client, from_server) = (derive(MAGIC2), derive(MAGIC3));
        match side {
            Side::Client => StartKeys {
                send: from_client,
                receive: from_server,
            },
            Side::Server => StartKeys {
                send: from_server,
                receive: from_client,
            },
        }
    }
}

/// The start keys of the two directions of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartKeys {
    /// Of what we encrypt.
    pub send: StartKey,
    /// Of what we decrypt.
    pub receive: StartKey,
}

impl StartKeys {
    /// Those that follow from the Master Session Key of a method of EAP, such as EAP-TLS, seen from `side` (RFC 5216 §2.3,
    /// RFC 3079 §4). Of its 64 octets the first half is for what the client sends; of each half the first 16 count.
    #[must_use]
    pub fn from_msk(msk: &[u8; 64], side: Side) -> Self {
        let (from_client, from_server) = msk.split_at(32);
        let [from_client, from_server] = [from_client, from_server]
            .map(|half| StartKey::from_key_material(half, Strength::Bits128));
        match side {
            Side::Client => Self {
                send: from_client,
                receive: from_server,
            },
            Side::Server => Self {
                send: from_server,
                receive: from_client,
            },
        }
    }
}

/// What the session keys of one direction are derived from: RFC 3079 calls it start key or initial session key. 16
/// octets, of which 40 and 56 bit keys use the first 8.
#[derive(Clone, ZeroizeOnDrop)]
pub struct StartKey([u8; 16]);

impl StartKey {
    /// A start key that was derived elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The octets, for what is derived from them elsewhere: in EAP a method's keys are those of the method around it.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The start key that EAP or RADIUS gave for keys of `strength`: cut to the length of a session key, or padded on
    /// the left with zeros (RFC 3079 §4.1 to §4.3).
    #[must_use]
    pub fn from_key_material(material: &[u8], strength: Strength) -> Self {
        let mut bytes = [0; 16];
        let pad = strength.key_len().saturating_sub(material.len());
        let places = bytes.iter_mut().take(strength.key_len()).skip(pad);
        for (place, octet) in places.zip(material) {
            *place = *octet;
        }
        Self(bytes)
    }

    /// The start key of both directions after MS-CHAPv1, for 40 and 56 bit keys: the LAN Manager password hash (RFC
    /// 3079 §2.1, §2.2). [`LinkKeys::same`] takes it beside that for 128 bits.
    #[must_use]
    pub const fn from_lm_password_hash(hash: &[u8; 16]) -> Self {
        Self(*hash)
    }

    /// The start key of both directions after MS-CHAPv1, for 128 bit keys: from the MD4 of the NT password hash and
    /// the challenge (RFC 3079 §2.4, `Get_Start_Key`).
    #[must_use]
    pub fn from_ms_chap_v1(password_hash_hash: &[u8; 16], challenge: &[u8; 8]) -> Self {
        Self(digest([
            password_hash_hash,
            password_hash_hash,
            challenge,
            &[],
        ]))
    }
}

/// The session key of one direction, as it stands, and the start key that each change of it goes back to.
///
/// 33 octets, cleared on drop.
#[derive(Clone, ZeroizeOnDrop)]
// In this order a copy is made of the pieces that were written, for which it need not wait.
#[repr(C)]
pub struct SessionKey {
    /// Of these two only the first 8 octets count for 40 and 56 bit keys; the others follow no rule.
    start: Octets,
    current: Octets,
    #[zeroize(skip)]
    strength: Strength,
}

impl SessionKey {
    /// The initial session key (RFC 3079 §3.1 to §3.3): one hash of the start key, without the RC4 step that a change
    /// has.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength) -> Self {
        let mut key = Self {
            start: Octets(start.0),
            current: Octets(start.0),
            strength,
        };
        key.current = *key.new_key_from_sha();
        key.reduce();
        key
    }

    /// Changes the key (RFC 3078 §7.3), without a cipher for the new one: going over lost packets needs none.
    pub fn change(&mut self) {
        let interim = self.new_key_from_sha();
        let [low, high] = self.cipher_of::<Fast>(&interim).first_words();
        let [head, tail] = words(&interim);
        self.current = from_words([head ^ low, tail ^ high]);
        self.reduce();
    }

    /// The key stream of this key from its start.
    #[must_use]
    pub fn cipher(&self) -> Rc4 {
        self.cipher_of(&self.current)
    }

    /// The same, as is fastest for one packet.
    pub(crate) fn fast_cipher(&self) -> KeyStream<Fast> {
        self.cipher_of(&self.current)
    }

    /// The key: 8 or 16 octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        let [head @ .., _, _, _, _, _, _, _, _] = &self.current.0;
        match self.strength {
            Strength::Bits40 | Strength::Bits56 => head,
            Strength::Bits128 => &self.current.0,
        }
    }

    /// How long the key is.
    #[must_use]
    pub const fn strength(&self) -> Strength {
        self.strength
    }

    /// What a change of this key, or a later one, started from: see [`SessionKey::resume`].
    pub(crate) const fn current(&self) -> Octets {
        self.current
    }

    /// Goes to where a key of the same start was when it was `current`.
    pub(crate) const fn resume(&mut self, current: Octets) {
        self.current = current;
    }

    /// The key as RC4 takes it, 16 octets always.
    pub(crate) fn for_cipher(&self) -> Zeroizing<Octets> {
        self.to_16(&self.current)
    }

    fn cipher_of<C: Cell>(&self, key: &Octets) -> KeyStream<C> {
        KeyStream::with_16_octets(&self.to_16(key).0)
    }

    /// A key of 8 octets is written twice: the key schedule repeats it anyway.
    fn to_16(&self, key: &Octets) -> Zeroizing<Octets> {
        let [a, b, c, d, e, f, g, h, ..] = key.0;
        Zeroizing::new(match self.strength {
            Strength::Bits128 => *key,
            Strength::Bits40 | Strength::Bits56 => {
                Octets([a, b, c, d, e, f, g, h, a, b, c, d, e, f, g, h])
            }
        })
    }

    /// Puts the known octets of a weaker key in their places (RFC 3078 §7.3).
    const fn reduce(&mut self) {
        let [first, second, third, ..] = &mut self.current.0;
        match self.strength {
            Strength::Bits40 => (*first, *second, *third) = (0xd1, 0x26, 0x9e),
            Strength::Bits56 => *first = 0xd1,
            Strength::Bits128 => {}
        }
    }
}

/// As two words, of which the first octet is the lowest.
const fn words(octets: &Octets) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = octets.0;
    [
        u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        u64::from_le_bytes([i, j, k, l, m, n, o, p]),
    ]
}

const fn from_words([low, high]: [u64; 2]) -> Octets {
    let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) =
        (low.to_le_bytes(), high.to_le_bytes());
    Octets([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
}

/// The first 16 octets of the SHA-1 of the parts.
fn digest(parts: [&[u8]; 4]) -> [u8; 16] {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    let mut full: [u8; 20] = hash.finalize().into();
    let [head @ .., _, _, _, _] = full;
    full.zeroize();
    head
}

macro_rules! secret {
    ($type:ident, $field:tt) => {
        impl PartialEq for $type {
            /// In constant time.
            fn eq(&self, other: &Self) -> bool {
                self.$field.ct_eq(&other.$field).into()
            }
        }

        impl Eq for $type {}

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    };
}

secret!(MasterKey, 0);
secret!(StartKey, 0);

impl PartialEq for SessionKey {
    /// In constant time.
    fn eq(&self, other: &Self) -> bool {
        let keys = self.current.0.ct_eq(&other.current.0) & self.start.0.ct_eq(&other.start.0);
        self.strength == other.strength && bool::from(keys)
    }
}

impl Eq for SessionKey {}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKey")
            .field("strength", &self.strength)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
