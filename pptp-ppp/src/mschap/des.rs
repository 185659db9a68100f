//! DES as MS-CHAP uses it: one block, and keys of 7 octets.

use des::Des;
use des::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use zeroize::{Zeroize as _, Zeroizing};

/// `DesEncrypt` (RFC 2433 A.4, RFC 2759 §8.6).
pub(super) fn encrypt(clear: &[u8; 8], key: &[u8; 7]) -> [u8; 8] {
    let mut block = (*clear).into();
    Des::new((&*expand_key(key)).into()).encrypt_block(&mut block);
    block.into()
}

/// The reverse of it.
pub(super) fn decrypt(cypher: &[u8; 8], key: &[u8; 7]) -> [u8; 8] {
    let mut block = (*cypher).into();
    Des::new((&*expand_key(key)).into()).decrypt_block(&mut block);
    block.into()
}

/// `ChallengeResponse` (RFC 2433 A.7, RFC 2759 §8.5): the challenge encrypted with each third of the hash.
pub(super) fn challenge_response(challenge: &[u8; 8], hash: &[u8; 16]) -> [u8; 24] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *hash;
    let thirds = Zeroizing::new([
        [a, b, c, d, e, f, g],
        [h, i, j, k, l, m, n],
        [o, p, 0, 0, 0, 0, 0],
    ]);
    let mut response = [0; 24];
    let parts = response.as_chunks_mut::<8>().0;
    for (part, third) in parts.iter_mut().zip(thirds.iter()) {
        *part = encrypt(challenge, third);
    }
    response
}

/// Each half of `hash` under the key in its place.
pub(super) fn encrypt_halves(hash: &[u8; 16], keys: &[[u8; 7]; 2]) -> [u8; 16] {
    halves(hash, keys, encrypt)
}

/// The reverse of [`encrypt_halves`].
pub(super) fn decrypt_halves(hash: &[u8; 16], keys: &[[u8; 7]; 2]) -> [u8; 16] {
    halves(hash, keys, decrypt)
}

#[inline]
fn halves(
    hash: &[u8; 16],
    keys: &[[u8; 7]; 2],
    cipher: fn(&[u8; 8], &[u8; 7]) -> [u8; 8],
) -> [u8; 16] {
    let mut out = [0; 16];
    let halves = hash.as_chunks::<8>().0.iter().zip(keys);
    for (place, (half, key)) in out.as_chunks_mut::<8>().0.iter_mut().zip(halves) {
        *place = cipher(half, key);
    }
    out
}

/// A DES key from 56 bits: seven of them and an odd parity bit in each octet (RFC 2759 §8.6 and §9.3).
pub(super) fn expand_key(bits: &[u8; 7]) -> Zeroizing<[u8; 8]> {
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
