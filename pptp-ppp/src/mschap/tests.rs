use super::des::expand_key;
use super::vectors::{ALL, PPPD, RFC_2759, Vector, WINDOWS, WRONG_PASSWORD, unhex};
use super::*;
use pptp_mppe::{Side, StartKey};
use std::format;

fn with_exchange<T>(vector: &Vector, user: &str, run: impl FnOnce(Exchange<'_>) -> T) -> T {
    run(Exchange {
        authenticator_challenge: &vector.challenge(),
        peer_challenge: &vector.peer_challenge(),
        user_name: user.as_bytes(),
    })
}

#[test]
fn intermediate_values_are_those_of_rfc_2759() {
    let hash = NtHash::from_password(RFC_2759.password);
    assert_eq!(hash.as_bytes(), &unhex("44ebba8d5312b8d611474411f56989ae"));
    assert_eq!(*hash.hash(), unhex("41c00c584bd2d91c4017a2a12fa59f3f"));
    let challenge = with_exchange(&RFC_2759, RFC_2759.user, |exchange| {
        exchange.challenge_hash()
    });
    assert_eq!(challenge, unhex("d02e4386bce91226"));
}

#[test]
fn responses_and_proofs_are_those_of_others() {
    for vector in ALL {
        let hash = NtHash::from_password(vector.password);
        with_exchange(&vector, vector.user, |exchange| {
            let nt_response = exchange.nt_response(&hash);
            assert_eq!(nt_response, vector.nt_response(), "{vector:?}");
            assert!(exchange.verify_nt_response(&hash, &nt_response));
            let proof = exchange.authenticator_response(&hash, &nt_response);
            assert_eq!(proof, vector.authenticator_response(), "{vector:?}");
            assert!(exchange.verify_authenticator_response(&hash, &nt_response, &proof));
        });
    }
}

#[test]
fn one_wrong_bit_is_noticed() {
    let hash = NtHash::from_password(PPPD.password);
    with_exchange(&PPPD, PPPD.user, |exchange| {
        let right = PPPD.nt_response();
        for bit in 0..8 * right.len() {
            let mut wrong = right;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!exchange.verify_nt_response(&hash, &wrong), "bit {bit}");
        }
        let proof = PPPD.authenticator_response();
        for bit in 0..8 * proof.len() {
            let mut wrong = proof;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !exchange.verify_authenticator_response(&hash, &right, &wrong),
                "bit {bit}"
            );
        }
    });
}

#[test]
fn a_wrong_password_is_noticed() {
    with_exchange(&WRONG_PASSWORD, WRONG_PASSWORD.user, |exchange| {
        let sent = WRONG_PASSWORD.nt_response();
        assert!(!exchange.verify_nt_response(&NtHash::from_password(PPPD.password), &sent));
        let typed = NtHash::from_password(WRONG_PASSWORD.password);
        assert!(exchange.verify_nt_response(&typed, &sent));
    });
}

#[test]
fn the_domain_is_not_hashed() {
    let hash = NtHash::from_password(WINDOWS.password);
    for name in ["vpnuser", r"CORP\vpnuser", r"A\B\vpnuser", r"\vpnuser"] {
        let response = with_exchange(&WINDOWS, name, |exchange| exchange.nt_response(&hash));
        assert_eq!(response, WINDOWS.nt_response(), "{name}");
    }
    for name in ["vpnuser@corp", "corp/vpnuser", "VPNUSER", r"vpnuser\", ""] {
        let response = with_exchange(&WINDOWS, name, |exchange| exchange.nt_response(&hash));
        assert_ne!(response, WINDOWS.nt_response(), "{name}");
    }
}

/// The hashes are OpenSSL's MD4 of what iconv makes of the passwords; the first is also in RFC 2759 §9.3.
#[test]
fn passwords_are_hashed_as_utf_16() {
    let passwords = [
        ("MyPw", "fc156af7edcd6c0edde3337d427f4eac"),
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("пароль😀", "a83b6b38f0296c56969f274a95572a5a"),
    ];
    for (password, hash) in passwords {
        assert_eq!(
            NtHash::from_password(password).as_bytes(),
            &unhex(hash),
            "{password}"
        );
    }
}

#[test]
fn des_keys_are_those_of_rfc_2759() {
    assert_eq!(
        *expand_key(&unhex("fc156af7edcd6c")),
        unhex("fd0b5b5e7f6e34d9")
    );
    assert_eq!(
        *expand_key(&unhex("0edde3337d427f")),
        unhex("0e6e796737ea08fe")
    );
}

/// RFC 3079 §3.5.3, and what decrypts the captured session of Windows.
#[test]
fn keys_are_those_of_others() {
    let keys = |vector: &Vector, side| {
        let hash = NtHash::from_password(vector.password);
        master_key(&hash, &vector.nt_response()).start_keys(side)
    };
    let rfc = keys(&RFC_2759, Side::Server);
    assert_eq!(
        rfc.send,
        StartKey::from_bytes(unhex("8b7cdc149b993a1ba118cb153f56dccb"))
    );
    let windows = keys(&WINDOWS, Side::Client);
    assert_eq!(
        windows.send,
        StartKey::from_bytes(unhex("5feb418becd3d469e35a579c206297d0"))
    );
    assert_eq!(
        windows.receive,
        StartKey::from_bytes(unhex("b34084a4b243be1aa89b97ccaf0782e3"))
    );
}

#[test]
fn the_hash_is_not_printed() {
    let hash = NtHash::from_password("MyPw");
    assert_eq!(format!("{hash:?}"), "NtHash { .. }");
    assert_eq!(hash, NtHash::new(unhex("fc156af7edcd6c0edde3337d427f4eac")));
    assert_ne!(hash, NtHash::from_password("MyPW"));
}
