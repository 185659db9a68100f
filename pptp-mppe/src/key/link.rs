//! The start keys of a link, whichever way they came about.

use super::{StartKey, StartKeys};
use crate::Strength;

/// The start keys of both directions of a link, by strength.
///
/// After MS-CHAPv2, and with keys from EAP or RADIUS, each direction has one, whatever the strength. After MS-CHAPv1 both
/// have the same one, which depends on the strength, and some strengths may have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkKeys {
    /// Of what we send; of 128 bits, if both directions have the same.
    first: StartKey,
    /// Of what we receive; of 40 and 56 bits, if both directions have the same.
    second: StartKey,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Each,
    Same { wide: bool, narrow: bool },
}

impl LinkKeys {
    /// The same keys for both directions, as MS-CHAPv1 leaves them: one for 128 bits
    /// ([`StartKey::from_ms_chap_v1`]), and one for 40 and 56 bits ([`StartKey::from_lm_password_hash`]). What is `None`
    /// cannot be encrypted with.
    ///
    /// The second is the same in every session of a password, and the first 8 octets of a hash as good as the password.
    #[must_use]
    pub fn same(wide: Option<StartKey>, narrow: Option<StartKey>) -> Self {
        let kind = Kind::Same {
            wide: wide.is_some(),
            narrow: narrow.is_some(),
        };
        let none = || StartKey::from_bytes([0; 16]);
        Self {
            first: wide.unwrap_or_else(none),
            second: narrow.unwrap_or_else(none),
            kind,
        }
    }

    /// That of what we encrypt with keys of `strength`; `None` if there is none.
    #[must_use]
    pub const fn send(&self, strength: Strength) -> Option<&StartKey> {
        self.key(strength, &self.first)
    }

    /// That of what we decrypt with keys of `strength`; `None` if there is none.
    #[must_use]
    pub const fn receive(&self, strength: Strength) -> Option<&StartKey> {
        self.key(strength, &self.second)
    }

    /// Whether there are keys of `strength`.
    #[must_use]
    pub const fn serves(&self, strength: Strength) -> bool {
        self.send(strength).is_some()
    }

    const fn key<'a>(&'a self, strength: Strength, own: &'a StartKey) -> Option<&'a StartKey> {
        match (self.kind, strength) {
            (Kind::Each, _) => Some(own),
            (Kind::Same { wide: true, .. }, Strength::Bits128) => Some(&self.first),
            (Kind::Same { narrow: true, .. }, Strength::Bits40 | Strength::Bits56) => {
                Some(&self.second)
            }
            (Kind::Same { .. }, _) => None,
        }
    }
}

impl From<StartKeys> for LinkKeys {
    fn from(keys: StartKeys) -> Self {
        Self {
            first: keys.send,
            second: keys.receive,
            kind: Kind::Each,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HASH_HASH, hex};
    use super::*;
    use crate::{MasterKey, SessionKey, Side};
    use alloc::format;

    const ALL: [Strength; 3] = [Strength::Bits40, Strength::Bits56, Strength::Bits128];

    fn wide() -> StartKey {
        StartKey::from_ms_chap_v1(&HASH_HASH, &hex("102db5df085d3041"))
    }

    fn narrow() -> StartKey {
        StartKey::from_lm_password_hash(&hex("76a152936096d7830e2390227404afd2"))
    }

    /// The samples of RFC 3079 §2.5, all out of one.
    #[test]
    fn the_keys_of_ms_chap_v1_serve_every_strength() {
        let keys = LinkKeys::same(Some(wide()), Some(narrow()));
        for (strength, expected) in [
            (Strength::Bits40, &hex::<8>("d1269e538cec4a08")[..]),
            (Strength::Bits56, &hex::<8>("d10801538cec4a08")),
            (
                Strength::Bits128,
                &hex::<16>("59d159bc09f76f1da2a86a28ffec0b1e"),
            ),
        ] {
            let start = keys.send(strength).unwrap();
            assert_eq!(keys.receive(strength), Some(start));
            assert_eq!(SessionKey::new(start, strength).as_bytes(), expected);
        }
    }

    /// RADIUS has the LAN Manager key as 8 octets (RFC 2548 §2.4.1).
    #[test]
    fn half_a_lan_manager_hash_will_do() {
        let half = StartKey::from_key_material(&hex::<8>("76a152936096d783"), Strength::Bits40);
        let keys = LinkKeys::same(None, Some(half));
        let key = SessionKey::new(keys.send(Strength::Bits56).unwrap(), Strength::Bits56);
        assert_eq!(key.as_bytes(), hex::<8>("d10801538cec4a08"));
    }

    #[test]
    fn without_a_hash_its_strengths_have_no_key() {
        for (keys, served) in [
            ((Some(wide()), None), [false, false, true]),
            ((None, Some(narrow())), [true, true, false]),
            ((Some(wide()), Some(narrow())), [true; 3]),
            ((None, None), [false; 3]),
        ] {
            let keys = LinkKeys::same(keys.0, keys.1);
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
            assert_eq!(keys.send(strength), Some(&each.send));
            assert_eq!(keys.receive(strength), Some(&each.receive));
        }
        assert_ne!(keys, LinkKeys::same(Some(each.send), Some(each.receive)));
    }

    #[test]
    fn they_take_no_more_memory_than_two_keys_and_what_kind_they_are() {
        assert!(size_of::<Option<LinkKeys>>() <= 34);
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!(
            "{:?}",
            LinkKeys::same(Some(StartKey::from_bytes([0x5c; 16])), None)
        );
        assert!(text.contains("first: StartKey { .. }, second: StartKey { .. }"));
        assert!(!text.contains("92") && !text.contains("5c"));
    }
}
