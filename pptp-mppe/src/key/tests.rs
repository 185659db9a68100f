//! Against the samples of RFC 3079. Where the text has misprints, the tests say so.

use super::*;
use alloc::format;

pub(super) const HASH_HASH: [u8; 16] = hex("41c00c584bd2d91c4017a2a12fa59f3f");

/// Octets from hexadecimal digits.
pub(super) const fn hex<const N: usize>(digits: &str) -> [u8; N] {
    const fn digit(octet: u8) -> u8 {
        match octet {
            b'0'..=b'9' => octet - b'0',
            b'a'..=b'f' => octet - b'a' + 10,
            b'A'..=b'F' => octet - b'A' + 10,
            _ => panic!("not a digit"),
        }
    }
    let digits = digits.as_bytes();
    assert!(digits.len() == 2 * N);
    let mut octets = [0; N];
    let mut at = 0;
    while at < N {
        octets[at] = digit(digits[2 * at]) << 4 | digit(digits[2 * at + 1]);
        at += 1;
    }
    octets
}

/// The master key of §3.5, checked.
fn master() -> MasterKey {
    let response = hex("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");
    let master = MasterKey::from_ms_chap_v2(&HASH_HASH, &response);
    assert_eq!(master.0, hex("fdece3717a8c838cb388e527ae3cdd31"));
    master
}

fn sample(key: &SessionKey) -> [u8; 12] {
    let mut message = *b"test message";
    key.cipher().apply_keystream(&mut message);
    message
}

#[test]
fn rfc_3079_3_5_1_40_bits() {
    let start = master().start_keys(Side::Server).send;
    assert_eq!(start.0[..8], hex::<8>("8b7cdc149b993a1b"));
    let key = SessionKey::new(&start, Strength::Bits40);
    assert_eq!(key.as_bytes(), hex::<8>("d1269ec49fa62e3e"));
    assert_eq!(sample(&key), hex("929137917e5803d668d75898"));
}

#[test]
fn rfc_3079_3_5_2_56_bits() {
    let start = master().start_keys(Side::Server).send;
    let key = SessionKey::new(&start, Strength::Bits56);
    assert_eq!(key.as_bytes(), hex::<8>("d15c00c49fa62e3e"));
    // The text has 58 for the last octet; two independent RC4s give b8.
    assert_eq!(sample(&key), hex("3f106833fa448da842bc57b8"));
}

#[test]
fn rfc_3079_3_5_3_128_bits() {
    let start = master().start_keys(Side::Server).send;
    assert_eq!(start.0, hex("8b7cdc149b993a1ba118cb153f56dccb"));
    let key = SessionKey::new(&start, Strength::Bits128);
    assert_eq!(
        key.as_bytes(),
        hex::<16>("405cb2247a7956e6e211007ae27b22d4")
    );
    assert_eq!(sample(&key), hex("81848317df68846272fb5abe"));
}

#[test]
fn the_directions_are_each_others_mirror() {
    let (client, server) = (
        master().start_keys(Side::Client),
        master().start_keys(Side::Server),
    );
    assert_eq!(client.send.0, hex("d5f0e9521e3ea9589645e86051c82226"));
    assert_eq!(client.send, server.receive);
    assert_eq!(client.receive, server.send);
    assert_ne!(client.send, client.receive);
}

#[test]
fn changed_keys() {
    // Computed with an independent implementation: the keys of stateless packets 0, 1 and 2.
    let start = master().start_keys(Side::Server).send;
    let mut key = SessionKey::new(&start, Strength::Bits128);
    for expected in [
        "726f10500e2b54135b1b74d7682f0471",
        "2805bc7869bec825573a7803e95a3acd",
        "58128c36cabd54968139fd94b5883d4a",
    ] {
        key.change();
        assert_eq!(key.as_bytes(), hex::<16>(expected));
    }
}

#[test]
fn weak_keys_stay_reduced() {
    for (strength, known) in [
        (Strength::Bits40, &[0xd1, 0x26, 0x9e][..]),
        (Strength::Bits56, &[0xd1]),
    ] {
        let mut key = SessionKey::new(&StartKey::from_bytes([7; 16]), strength);
        for _ in 0..5 {
            key.change();
            assert_eq!(key.as_bytes().len(), 8);
            assert!(key.as_bytes().starts_with(known));
        }
    }
}

#[test]
fn only_8_octets_count_for_weak_keys() {
    let mut other = [7; 16];
    other[8..].fill(9);
    for strength in [Strength::Bits40, Strength::Bits56] {
        let [mut one, mut two] =
            [[7; 16], other].map(|start| SessionKey::new(&StartKey::from_bytes(start), strength));
        for _ in 0..5 {
            assert_eq!(one.as_bytes(), two.as_bytes());
            one.change();
            two.change();
        }
    }
}

#[test]
fn rfc_3079_2_5_1_and_2_ms_chap_v1_40_and_56_bits() {
    let start = StartKey::from_lm_password_hash(&hex("76a152936096d7830e2390227404afd2"));
    for (strength, expected) in [
        (Strength::Bits40, "d1269e538cec4a08"),
        (Strength::Bits56, "d10801538cec4a08"),
    ] {
        assert_eq!(
            SessionKey::new(&start, strength).as_bytes(),
            hex::<8>(expected)
        );
    }
}

#[test]
fn rfc_3079_2_5_3_ms_chap_v1_128_bits() {
    let start = StartKey::from_ms_chap_v1(&HASH_HASH, &hex("102db5df085d3041"));
    // Step 3 of the text has ca for the eighth octet, step 4 has c1, which is right.
    assert_eq!(start.0, hex("a8947850cfc0acc1d1789fb62ddcddb0"));
    let key = SessionKey::new(&start, Strength::Bits128);
    assert_eq!(
        key.as_bytes(),
        hex::<16>("59d159bc09f76f1da2a86a28ffec0b1e")
    );
}

#[test]
fn key_material_is_cut_or_padded() {
    // RFC 3079 §4.1, §4.3: zeros on the left up to the length of the session key, or cut to it.
    let material = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
    ];
    let start = |len, strength| StartKey::from_key_material(&material[..len], strength).0;
    assert_eq!(start(18, Strength::Bits128)[..], material[..16]);
    assert_eq!(
        start(10, Strength::Bits128),
        [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    );
    assert_eq!(start(10, Strength::Bits40)[..8], material[..8]);
    assert_eq!(start(5, Strength::Bits56)[..8], [0, 0, 0, 1, 2, 3, 4, 5]);
    assert_eq!(start(0, Strength::Bits56), [0; 16]);
}

#[test]
fn debug_shows_no_secret() {
    let master = MasterKey::from_bytes([0x5c; 16]);
    let keys = master.start_keys(Side::Client);
    let session = SessionKey::new(&keys.send, Strength::Bits56);
    assert_eq!(
        format!("{master:?} {keys:?} {session:?}"),
        "MasterKey { .. } StartKeys { send: StartKey { .. }, receive: StartKey { .. } } \
         SessionKey { strength: Bits56, .. }"
    );
}
