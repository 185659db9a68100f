use super::super::vectors::unhex;
use super::*;
use pptp_mppe::{Count, Decryptor, LinkKeys, Mode, SessionKey, Strength};
use std::vec::Vec;

/// RFC 2433 B.2 and RFC 3079 §2.5.3.
const CHALLENGE: &str = "102db5df085d3041";

fn challenge() -> Challenge {
    Challenge(unhex(CHALLENGE))
}

fn lm(password: &str) -> LmHash {
    LmHash::from_password(password).unwrap()
}

/// RFC 2433 B.2 for MyPw; the others are made by OpenSSL's DES.
#[test]
fn responses_are_those_of_others() {
    let rows = [
        (
            CHALLENGE,
            "MyPw",
            "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61",
            "91881d0152ab0c33c524135ec24a95ee64e23cdc2d33347d",
        ),
        (
            "0123456789abcdef",
            "SecREt01",
            "25a98c1c31e81847466b29b2df4680f39958fb8c213a9cc6",
            "c337cd5cbd44fc9782a667af6d427c6de67c20c2d3e77c56",
        ),
    ];
    for (challenge, password, nt_response, lm_response) in rows {
        let challenge = Challenge(unhex(challenge));
        let (nt, lm) = (NtHash::from_password(password), lm(password));
        assert_eq!(challenge.nt_response(&nt), unhex(nt_response), "{password}");
        assert_eq!(challenge.lm_response(&lm), unhex(lm_response), "{password}");
        assert!(challenge.verify_nt_response(&nt, &unhex(nt_response)));
        assert!(challenge.verify_lm_response(&lm, &unhex(lm_response)));
    }
}

#[test]
fn one_wrong_bit_is_noticed() {
    let (nt, lm) = (NtHash::from_password("MyPw"), lm("MyPw"));
    let right = (challenge().nt_response(&nt), challenge().lm_response(&lm));
    for bit in 0..8 * 24 {
        let mut wrong = right;
        wrong.0[bit / 8] ^= 1 << (bit % 8);
        wrong.1[bit / 8] ^= 1 << (bit % 8);
        assert!(!challenge().verify_nt_response(&nt, &wrong.0), "bit {bit}");
        assert!(!challenge().verify_lm_response(&lm, &wrong.1), "bit {bit}");
    }
    assert!(!challenge().verify_lm_response(&lm, &[0; 24]));
    assert!(!challenge().next().verify_nt_response(&nt, &right.0));
}

/// RFC 2433 B.1.4: first challenge+23, then +23+23.
#[test]
fn the_next_challenge_is_23_further() {
    let next = challenge().next();
    assert_eq!(next.0, unhex("272db5df085d3041"));
    assert_eq!(next.next().0, unhex("3e2db5df085d3041"));
    assert_eq!(Challenge([0xff; 8]).next().0, unhex("16ffffffffffffff"));
}

/// RFC 3079 §2.5; its step 3 in §2.5.3 has a misprint in the eighth octet, which step 4 does not repeat.
#[test]
fn keys_are_those_of_rfc_3079() {
    let (nt, lm) = (NtHash::from_password("clientPass"), lm("clientPass"));
    assert_eq!(nt.as_bytes(), &unhex("44ebba8d5312b8d611474411f56989ae"));
    assert_eq!(*nt.hash(), unhex("41c00c584bd2d91c4017a2a12fa59f3f"));
    let rows = [
        (Strength::Bits40, "d1269e538cec4a08"),
        (Strength::Bits56, "d10801538cec4a08"),
        (Strength::Bits128, "59d159bc09f76f1da2a86a28ffec0b1e"),
    ];
    let session = |keys: Option<LinkKeys>| {
        let keys = keys.unwrap();
        rows.map(|(strength, _)| {
            let start = keys.send(strength)?;
            let key = SessionKey::new(start, strength);
            Some(
                key.as_bytes()
                    .iter()
                    .map(|octet| std::format!("{octet:02x}"))
                    .collect(),
            )
        })
    };
    let [weak, medium, strong] = rows.map(|(_, key)| Some(std::string::String::from(key)));
    let all = [weak.clone(), medium.clone(), strong.clone()];
    assert_eq!(session(challenge().keys(Some(&nt), Some(&lm))), all);
    let only_128 = [None, None, strong];
    assert_eq!(session(challenge().keys(Some(&nt), None)), only_128);
    let only_weak = [weak, medium, None];
    assert_eq!(session(challenge().keys(None, Some(&lm))), only_weak);
    assert_eq!(challenge().keys(None, None), None);
}

/// What OpenSSL's DES makes of the hashes of clientPass.
#[test]
fn hashes_under_the_challenge_are_those_of_others() {
    let (nt, lm) = (NtHash::from_password("clientPass"), lm("clientPass"));
    let encrypted = unhex("c4d8d48f2106115d3b2dc8d29a7cc3de");
    assert_eq!(challenge().encrypt_nt_hash(&nt), encrypted);
    assert_eq!(challenge().decrypt_nt_hash(&encrypted), nt);
    let encrypted = unhex("802f4ae88b461fa1fb08d2106ac9b554");
    assert_eq!(challenge().encrypt_lm_hash(&lm), encrypted);
    assert_eq!(challenge().decrypt_lm_hash(&encrypted), lm);
}

/// A response of 24 zero octets, as a peer sends for the one that it does not give, is nobody's proof by chance.
#[test]
fn zeros_are_no_proof() {
    let passwords: Vec<_> = ["", "MyPw", "clientPass"].into();
    for password in passwords {
        let nt = NtHash::from_password(password);
        assert!(!challenge().verify_nt_response(&nt, &[0; 24]));
        assert!(!challenge().verify_lm_response(&lm(password), &[0; 24]));
    }
}

/// Exchanges of pppd 2.4.9 with itself: challenge, NT response.
const PPPD: [(&str, &str, &str); 4] = [
    (
        "wonderland",
        "71cc3f89a7e74db1",
        "af4b44cce54234813a68e7f0fcdf4e80ddfe5728c97b1ef3",
    ),
    (
        "wonderland",
        "45848657f3ce9e80",
        "74d2b8cdb36ba1982f9abc08fa7ab03d764277422cbe8a7e",
    ),
    (
        "wonderland",
        "afc85583393e2115",
        "f76a8b6fa1a188f826258dfbea378a14d4fadb8457e85ebf",
    ),
    (
        "looking-glass",
        "d9d0ad0c05e0c2bb",
        "72d492c1801bce3929841ace0a305c4dfc5744632a28054e",
    ),
];

#[test]
fn pppd_proves_itself() {
    for (password, challenge, response) in PPPD {
        let challenge = Challenge(unhex(challenge));
        let verified = |password| {
            challenge.verify_nt_response(&NtHash::from_password(password), &unhex(response))
        };
        assert!(verified(password));
        assert_eq!(verified("wonderland"), password == "wonderland");
    }
}

/// The second of these exchanges went on with MPPE of 128 bits: a ping and its answer, under the same key.
#[test]
fn keys_decrypt_what_pppd_sent() {
    const SENT: [(&str, [u8; 4]); 2] = [
        (
            "5cf289e0fa9824c4d6a2532ebadb3d5f927bbc788b044fd19001ef86405141de83423a686cde5d792bc646abaac029a8d806508b\
             434a8dba5ea1310307688e4c6a5ccfbd39dd5b3a874ba4f25ba7272c9f60a08c8c83",
            [10, 98, 0, 10],
        ),
        (
            "5cf289e0fa987d9896a2532e201f3d5f9270bc788b0f47d19801ef86405141de83423a686cde5d792bc646abaac029a8d806508b\
             434a8dba5ea1310307688e4c6a5ccfbd39dd5b3a874ba4f25ba7272c9f60a08c8c83",
            [10, 98, 0, 1],
        ),
    ];
    let (password, challenge, _) = PPPD[1];
    let keys = Challenge(unhex(challenge)).keys(Some(&NtHash::from_password(password)), None);
    let keys = keys.unwrap();
    let starts = [
        keys.receive(Strength::Bits128),
        keys.send(Strength::Bits128),
    ];
    for (start, (hex, source)) in starts.into_iter().zip(SENT) {
        let start = start.unwrap();
        let mut decryptor = Decryptor::new(start, Strength::Bits128, Mode::Stateless);
        let mut packet: [u8; 86] = unhex(hex);
        let trial = decryptor.decrypt(Count::FIRST, true, &mut packet).unwrap();
        let plain = trial.commit();
        assert_eq!(plain[..6], [0x00, 0x21, 0x45, 0x00, 0x00, 0x54]);
        assert_eq!(plain[14..18], source);
    }
}
