//! The start keys of a link, whichever way they came about.

use super::{StartKey, StartKeys, digest};
use crate::Strength;
use core::fmt;
use subtle::ConstantTimeEq as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The start keys of both directions of a link.
///
/// After MS-CHAPv2, and with keys from EAP or RADIUS, each direction has one, whatever the strength. After MS-CHAPv1 both
/// have the same one, which depends on the strength, and some strengths may have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkKeys {
    /// A key for each direction.
    Each(StartKeys),
    /// One for both.
    MsChapV1(MsChapV1Keys),
}

impl LinkKeys {
    /// That of what we encrypt with keys of `strength`; `None` if there is none.
    #[must_use]
    pub fn send(&self, strength: Strength) -> Option<StartKey> {
        match self {
            Self::Each(keys) => Some(keys.send.clone()),
            Self::MsChapV1(keys) => keys.start_key(strength),
        }
    }

    /// That of what we decrypt with keys of `strength`; `None` if there is none.
    #[must_use]
    pub fn receive(&self, strength: Strength) -> Option<StartKey> {
        match self {
            Self::Each(keys) => Some(keys.receive.clone()),
            Self::MsChapV1(keys) => keys.start_key(strength),
        }
    }

    /// Whether there are keys of `strength`.
    #[must_use]
    pub const fn serves(&self, strength: Strength) -> bool {
        match self {
            Self::Each(_) => true,
            Self::MsChapV1(keys) => keys.serves(strength),
        }
    }
}

impl From<StartKeys> for LinkKeys {
    fn from(keys: StartKeys) -> Self {
        Self::Each(keys)
    }
}

impl From<MsChapV1Keys> for LinkKeys {
    fn from(keys: MsChapV1Keys) -> Self {
        Self::MsChapV1(keys)
    }
}

/// What MS-CHAPv1 leaves for both directions (RFC 3079 §2): a start key for 128 bits, of the NT password hash and the
/// challenge, and one for 40 and 56 bits, of the LAN Manager password hash. Either may be missing.
///
/// The second is the same in every session of a password, and the first 8 octets of a hash as good as the password.
#[derive(Clone, ZeroizeOnDrop)]
pub struct MsChapV1Keys {
    wide: [u8; 16],
    narrow: [u8; 8],
    #[zeroize(skip)]
    there: There,
}

/// Which keys there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Both,
    Wide,
    Narrow,
}

impl MsChapV1Keys {
    /// For 128 bits only: from the MD4 of the NT password hash and the challenge (RFC 3079 §2.4, `Get_Start_Key`).
    #[must_use]
    pub fn from_nt(password_hash_hash: &[u8; 16], challenge: &[u8; 8]) -> Self {
        Self {
            wide: digest([password_hash_hash, password_hash_hash, challenge, &[]]),
            narrow: [0; 8],
            there: There::Wide,
        }
    }

    /// For 40 and 56 bits only: the first 8 octets of the LAN Manager password hash (RFC 3079 §2.1, §2.2).
    #[must_use]
    pub const fn from_lm(password_hash: &[u8; 8]) -> Self {
        Self {
            wide: [0; 16],
            narrow: *password_hash,
            there: There::Narrow,
        }
    }

    /// The same with the first 8 octets of the LAN Manager password hash, for 40 and 56 bits as well.
    #[must_use]
    pub const fn with_lm(mut self, password_hash: &[u8; 8]) -> Self {
        self.narrow = *password_hash;
        if let There::Wide = self.there {
            self.there = There::Both;
        }
        self
    }

    /// The start key for keys of `strength`; `None` if the hash that it takes is missing.
    #[must_use]
    pub fn start_key(&self, strength: Strength) -> Option<StartKey> {
        if !self.serves(strength) {
            return None;
        }
        let mut octets = Zeroizing::new(self.wide);
        if let Strength::Bits40 | Strength::Bits56 = strength {
            let [narrow @ .., _, _, _, _, _, _, _, _] = &mut *octets;
            *narrow = self.narrow;
        }
        Some(StartKey::from_bytes(*octets))
    }

    /// Whether there is one.
    #[must_use]
    pub const fn serves(&self, strength: Strength) -> bool {
        match strength {
            Strength::Bits40 | Strength::Bits56 => !matches!(self.there, There::Wide),
            Strength::Bits128 => !matches!(self.there, There::Narrow),
        }
    }
}

impl PartialEq for MsChapV1Keys {
    /// In constant time.
    fn eq(&self, other: &Self) -> bool {
        let keys = self.wide.ct_eq(&other.wide) & self.narrow.ct_eq(&other.narrow);
        self.there == other.there && bool::from(keys)
    }
}

impl Eq for MsChapV1Keys {}

impl fmt::Debug for MsChapV1Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MsChapV1Keys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HASH_HASH, hex};
    use super::*;
    use crate::{MasterKey, SessionKey, Side};
    use alloc::format;

    const ALL: [Strength; 3] = [Strength::Bits40, Strength::Bits56, Strength::Bits128];

    fn nt() -> MsChapV1Keys {
        MsChapV1Keys::from_nt(&HASH_HASH, &hex("102db5df085d3041"))
    }

    /// The samples of RFC 3079 §2.5, all out of one.
    #[test]
    fn the_keys_of_ms_chap_v1_serve_every_strength() {
        let keys = LinkKeys::from(nt().with_lm(&hex("76a152936096d783")));
        for (strength, expected) in [
            (Strength::Bits40, &hex::<8>("d1269e538cec4a08")[..]),
            (Strength::Bits56, &hex::<8>("d10801538cec4a08")),
            (
                Strength::Bits128,
                &hex::<16>("59d159bc09f76f1da2a86a28ffec0b1e"),
            ),
        ] {
            let start = keys.send(strength).unwrap();
            assert_eq!(keys.receive(strength).as_ref(), Some(&start));
            assert_eq!(SessionKey::new(&start, strength).as_bytes(), expected);
        }
    }

    #[test]
    fn without_a_hash_its_strengths_have_no_key() {
        let lm = MsChapV1Keys::from_lm(&[7; 8]);
        assert_eq!(lm.clone().with_lm(&[7; 8]), lm);
        for (keys, served) in [
            (nt(), [false, false, true]),
            (lm, [true, true, false]),
            (nt().with_lm(&[7; 8]), [true; 3]),
        ] {
            let keys = LinkKeys::from(keys);
            assert_eq!(ALL.map(|strength| keys.serves(strength)), served);
            assert_eq!(ALL.map(|strength| keys.send(strength).is_some()), served);
            assert_eq!(ALL.map(|strength| keys.receive(strength).is_some()), served);
        }
    }

    #[test]
    fn those_of_ms_chap_v2_are_the_same_whatever_the_strength() {
        let each = MasterKey::from_bytes([7; 16]).start_keys(Side::Client);
        let keys = LinkKeys::from(each.clone());
        for strength in ALL {
            assert!(keys.serves(strength));
            assert_eq!(keys.send(strength).as_ref(), Some(&each.send));
            assert_eq!(keys.receive(strength).as_ref(), Some(&each.receive));
        }
    }

    #[test]
    fn they_cost_a_link_one_octet() {
        assert!(size_of::<Option<LinkKeys>>() <= size_of::<Option<StartKeys>>());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(
            format!("{:?}", LinkKeys::from(nt())),
            "MsChapV1(MsChapV1Keys { .. })"
        );
        assert_ne!(nt(), nt().with_lm(&[0; 8]));
    }
}
