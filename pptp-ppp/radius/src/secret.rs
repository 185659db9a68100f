//! The shared secret, and what is computed with it.

use core::fmt;
use md5::{Digest as _, Md5};
use zeroize::{Zeroize as _, Zeroizing};

/// What a client and a server of RADIUS share (RFC 2865 §3). Never printed; clearing it is up to whoever owns the octets.
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a [u8]);

impl<'a> Secret<'a> {
    /// These octets; `None` if there are none, which would be no secret (RFC 2865 §3).
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Option<Self> {
        if octets.is_empty() {
            return None;
        }
        Some(Self(octets))
    }

    /// MD5 of the parts and then of the secret: the Response Authenticator (RFC 2865 §3).
    pub(crate) fn sign(self, parts: &[&[u8]]) -> [u8; 16] {
        let mut hash = Md5::new();
        for part in parts {
            hash.update(part);
        }
        hash.chain_update(self.0).finalize().into()
    }

    /// HMAC-MD5 of the parts (RFC 2104): the Message-Authenticator (RFC 3579 §3.2).
    pub(crate) fn authenticate(self, parts: &[&[u8]]) -> [u8; 16] {
        let mut key = Zeroizing::new([0; 64]);
        if let Some(place) = key.get_mut(..self.0.len()) {
            place.copy_from_slice(self.0);
        } else {
            let short: Zeroizing<[u8; 16]> = Zeroizing::new(Md5::digest(self.0).into());
            for (place, octet) in key.iter_mut().zip(short.iter()) {
                *place = *octet;
            }
        }
        let pad = |octet: u8| Zeroizing::new(key.map(|it| it ^ octet));
        let mut inner = Md5::new_with_prefix(*pad(0x36));
        for part in parts {
            inner.update(part);
        }
        let mut inner = inner.finalize();
        let outer = Md5::new_with_prefix(*pad(0x5c)).chain_update(inner);
        inner.zeroize();
        outer.finalize().into()
    }

    /// Hides whole blocks of 16 octets (RFC 2865 §5.2; RFC 2548 §2.4.2, where a salt comes in).
    pub(crate) fn hide(self, authenticator: &[u8; 16], salt: &[u8], text: &mut [u8]) {
        let mut pad = self.pad(authenticator, salt);
        for block in text.as_chunks_mut::<16>().0 {
            mix(block, &pad);
            pad = self.pad(block, &[]);
        }
    }

    /// The reverse of [`Secret::hide`].
    pub(crate) fn reveal(self, authenticator: &[u8; 16], salt: &[u8], text: &mut [u8]) {
        let mut pad = self.pad(authenticator, salt);
        for block in text.as_chunks_mut::<16>().0 {
            let next = self.pad(block, &[]);
            mix(block, &pad);
            pad = next;
        }
    }

    fn pad(self, block: &[u8; 16], salt: &[u8]) -> Zeroizing<[u8; 16]> {
        let hash = Md5::new_with_prefix(self.0).chain_update(block);
        Zeroizing::new(hash.chain_update(salt).finalize().into())
    }
}

fn mix(block: &mut [u8; 16], pad: &[u8; 16]) {
    for (octet, pad) in block.iter_mut().zip(pad) {
        *octet ^= pad;
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Secret<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Secret");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::vec::Vec;

    fn hmac(key: &[u8], data: &[u8]) -> u128 {
        let (head, tail) = data.split_at(data.len() / 2);
        let mac = Secret::new(key).unwrap().authenticate(&[head, tail]);
        u128::from_be_bytes(mac)
    }

    /// RFC 2104, appendix, "Test Vectors".
    #[test]
    fn hmac_md5_is_that_of_the_rfc() {
        let cases: [(&[u8], &[u8], u128); 3] = [
            (&[0x0b; 16], b"Hi There", 0x9294727a3638bb1c13f48ef8158bfc9d),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                0x750c783e6ab0b503eaa86e310a5db738,
            ),
            (&[0xaa; 16], &[0xdd; 50], 0x56be34521d144c88dbb8c733f0e8b3f6),
        ];
        for (key, data, expected) in cases {
            assert_eq!(hmac(key, data), expected);
        }
    }

    /// RFC 2202 §2, test cases 6 and 7: a key longer than a block.
    #[test]
    fn a_long_key_is_hashed() {
        assert_eq!(
            hmac(
                &[0xaa; 80],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            ),
            0x6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd
        );
        let data = b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data";
        assert_eq!(hmac(&[0xaa; 80], data), 0x6f630fad67cda0ee1fb1f562db3aa53e);
        let full = [7; 64];
        assert_ne!(hmac(&full, data), hmac(&full[..63], data));
    }

    #[test]
    fn what_is_hidden_can_be_revealed() {
        let secret = Secret::new(b"xyzzy5461").unwrap();
        let plain: Vec<u8> = (0..48).collect();
        let mut text = plain.clone();
        secret.hide(&[1; 16], b"\x80\x01", &mut text);
        assert!(text.chunks(16).zip(plain.chunks(16)).all(|(a, b)| a != b));
        let mut other = text.clone();
        secret.reveal(&[1; 16], b"\x80\x01", &mut text);
        assert_eq!(text, plain);
        secret.reveal(&[1; 16], b"\x80\x02", &mut other);
        assert_ne!(other[..16], plain[..16]);
        assert_eq!(other[16..], plain[16..], "the salt is in the first block");
    }

    #[test]
    fn a_secret_is_not_shown_nor_empty() {
        assert!(Secret::new(b"").is_none());
        assert_eq!(
            format!("{:?}", Secret::new(b"xyzzy").unwrap()),
            "Secret { .. }"
        );
    }
}
