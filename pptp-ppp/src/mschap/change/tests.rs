use super::super::vectors::unhex;
use super::*;
use proptest::prelude::*;
use sha1::{Digest as _, Sha1};
use std::string::String;
use std::vec::Vec;

const OLD: &str = "clientPass";

/// Fill that others can repeat: 0, 1, 2 and so on, and again from 0.
static FILL: [u8; 512] = {
    let mut fill = [0; 512];
    let mut at = 0;
    while at < fill.len() {
        fill[at] = (at & 0xff) as u8;
        at += 1;
    }
    fill
};

fn nt() -> NtHash {
    NtHash::from_password(OLD)
}

fn lm() -> LmHash {
    LmHash::from_password(OLD).unwrap()
}

fn opened(block: &[u8; BLOCK_LEN], proof: &[u8; 16], old: &NtHash) -> Result<String, ChangeError> {
    let mut new = NewPassword::new();
    new.decrypt(block, proof, old)
        .map(|()| String::from(new.as_str()))
}

/// Encrypted as OpenSSL's RC4 does it, from a block laid out by hand after RFC 2759 §8.10: the fill, the password in
/// UTF-16LE, its length.
#[test]
fn passwords_are_encrypted_as_others_do() {
    let longest = "x".repeat(256);
    let rows = [
        (
            "MyPw",
            "ec5abd77415a80dff4fad677dfbb85fc7f83d172",
            "be4419d25f04de7217bbff16cd8900650e875b70",
        ),
        (
            "пароль😀",
            "4767da530b7bb4c125adbcfc75663a675c9540ab",
            "4a271c0449e1030d00205ee576903e69cb9e1325",
        ),
        (
            "",
            "7a1b905ed70f3df6198f69a07393202f16f9a878",
            "8402a736f61134b3a79741803d545a73fbcc3a45",
        ),
        (
            &longest,
            "bf4c314e691962b24f61c7d0b47d487b8f2fe5cb",
            "da9394680fd967fa0f82f1794194b3cd2ef4d07c",
        ),
    ];
    for (new, with_nt, with_lm) in rows {
        let random = || Random::scripted(&FILL, [0; 32]);
        let block = encrypt_password(new, &nt(), &mut random()).unwrap();
        assert_eq!(Sha1::digest(block)[..], unhex::<20>(with_nt), "{new}");
        let hash = NtHash::from_password(new);
        let proof = encrypt_hash(&nt(), &hash);
        assert_eq!(opened(&block, &proof, &nt()).as_deref(), Ok(new));

        let block = encrypt_password_with_lm(new, &lm(), &mut random()).unwrap();
        assert_eq!(Sha1::digest(block)[..], unhex::<20>(with_lm), "{new}");
        let mut password = NewPassword::new();
        let proof = encrypt_lm_hash(&lm(), &hash);
        assert_eq!(password.decrypt_with_lm(&block, &proof, &lm()), Ok(()));
        assert_eq!(password.as_str(), new);
        assert_eq!(password.nt_hash(), hash);
    }
}

/// The last octets of the first block above, as OpenSSL has them.
#[test]
fn the_password_is_at_the_end_and_its_length_little_endian() {
    let mut random = Random::scripted(&FILL, [0; 32]);
    let block = encrypt_password("MyPw", &nt(), &mut random).unwrap();
    assert_eq!(
        block[BLOCK_LEN - 20..],
        unhex::<20>("35d3e02cae19c2884418b67fd1458c58ba343a7c")
    );
    let mut clear = block;
    Rc4::new(nt().as_bytes()).apply_keystream(&mut clear);
    assert_eq!(clear[504..], *b"M\0y\0P\0w\0\x08\0\0\0");
    assert_eq!(clear[..504], FILL[..504]);
}

/// Each half by OpenSSL's DES, of MyPw instead of clientPass.
#[test]
fn old_hashes_are_encrypted_as_others_do() {
    let new = NtHash::from_password("MyPw");
    assert_eq!(
        encrypt_hash(&nt(), &new),
        unhex("6f69bbe9311fd36714e380e62855261d")
    );
    assert_eq!(
        encrypt_lm_hash(&lm(), &new),
        unhex("d24a4a3da8704e4e5cfdba54a094200a")
    );
}

#[test]
fn a_password_of_more_than_256_units_is_refused() {
    let mut random = Random::new([7; 32]);
    let too_long = ["x".repeat(257), "😀".repeat(129)];
    for (new, units) in too_long.iter().zip([257, 258]) {
        let error = encrypt_password(new, &nt(), &mut random);
        assert_eq!(error, Err(PasswordTooLong { units }));
        let error = encrypt_password_with_lm(new, &lm(), &mut random);
        assert_eq!(error, Err(PasswordTooLong { units }));
    }
    assert!(encrypt_password(&"😀".repeat(128), &nt(), &mut random).is_ok());
}

/// The text of `block` is encrypted with the hash that the authenticator has.
fn sealed(clear: &[u8; BLOCK_LEN]) -> [u8; BLOCK_LEN] {
    let mut block = *clear;
    Rc4::new(nt().as_bytes()).apply_keystream(&mut block);
    block
}

#[test]
fn lengths_that_no_password_has_are_refused() {
    for len in [1, 3, 511, 513, 514, 0x0201_0000, u32::MAX] {
        let mut clear = [0x20; BLOCK_LEN];
        clear[512..].copy_from_slice(&len.to_le_bytes());
        let error = opened(&sealed(&clear), &[0; 16], &nt());
        assert_eq!(error, Err(ChangeError::NotDecrypted), "{len}");
    }
    // Big-endian, as all else on the wire.
    let mut clear = [0x20; BLOCK_LEN];
    clear[512..].copy_from_slice(&8_u32.to_be_bytes());
    let error = opened(&sealed(&clear), &[0; 16], &nt());
    assert_eq!(error, Err(ChangeError::NotDecrypted));
}

#[test]
fn what_is_no_text_is_refused() {
    for units in [
        [0xd83d, 0x0041],
        [0xde00, 0xd83d],
        [0x0041, 0xd83d],
        [0xde00, 0x0041],
    ] {
        let mut clear = [0; BLOCK_LEN];
        for (place, unit) in clear[508..512].chunks_mut(2).zip(units) {
            place.copy_from_slice(&u16::to_le_bytes(unit));
        }
        clear[512] = 4;
        let error = opened(&sealed(&clear), &[0; 16], &nt());
        assert_eq!(error, Err(ChangeError::NotText), "{units:x?}");
    }
}

#[test]
fn the_proof_is_of_the_old_password() {
    let mut random = Random::new([7; 32]);
    let block = encrypt_password("MyPw", &nt(), &mut random).unwrap();
    let right = encrypt_hash(&nt(), &NtHash::from_password("MyPw"));
    assert_eq!(opened(&block, &right, &nt()).as_deref(), Ok("MyPw"));
    for bit in 0..128 {
        let mut wrong = right;
        wrong[bit / 8] ^= 1 << (bit % 8);
        let error = opened(&block, &wrong, &nt());
        assert_eq!(error, Err(ChangeError::WrongProof), "bit {bit}");
    }
    // Another account's password, and a block that was changed on the way.
    assert!(opened(&block, &right, &NtHash::from_password("other")).is_err());
    let mut changed = block;
    changed[510] ^= 1;
    let error = opened(&changed, &right, &nt());
    assert_eq!(error, Err(ChangeError::WrongProof));
}

/// An error leaves nothing of the password, and nothing of one before.
#[test]
fn an_error_leaves_no_password() {
    let mut random = Random::new([7; 32]);
    let block = encrypt_password("MyPw", &nt(), &mut random).unwrap();
    let proof = encrypt_hash(&nt(), &NtHash::from_password("MyPw"));
    let mut new = NewPassword::default();
    assert_eq!(new.decrypt(&block, &proof, &nt()), Ok(()));
    assert_eq!(std::format!("{new:?}"), "NewPassword { .. }");
    assert!(new.decrypt(&block, &[0; 16], &nt()).is_err());
    assert_eq!(new.as_str(), "");
    assert_eq!(new.text, [0; 768]);
}

proptest! {
    #[test]
    fn any_password_arrives(new in "\\PC{0,120}", old in "\\PC{0,20}", seed: [u8; 32]) {
        let old = NtHash::from_password(&old);
        let block = encrypt_password(&new, &old, &mut Random::new(seed)).unwrap();
        let proof = encrypt_hash(&old, &NtHash::from_password(&new));
        prop_assert_eq!(opened(&block, &proof, &old), Ok(new));
    }

    #[test]
    fn any_block_is_refused(
        head: [u8; 32],
        len in proptest::option::of(0..=512_u32),
        proof: [u8; 16],
    ) {
        let mut clear = [0; BLOCK_LEN];
        let octets: Vec<u8> = head.into_iter().cycle().take(BLOCK_LEN).collect();
        clear.copy_from_slice(&octets);
        if let Some(len) = len {
            clear[512..].copy_from_slice(&len.to_le_bytes());
        }
        prop_assert!(opened(&sealed(&clear), &proof, &nt()).is_err());
    }
}
