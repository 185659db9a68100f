use super::super::vectors::unhex;
use super::*;
use std::format;

/// The fourth is in RFC 3079 §2.5.1; all are what OpenSSL's DES makes of the passwords.
#[test]
fn hashes_are_those_of_others() {
    for (password, hash) in [
        ("", "aad3b435b51404eeaad3b435b51404ee"),
        ("PASSWORD", "e52cac67419a9a224a3b108f3fa6cb6d"),
        ("password", "e52cac67419a9a224a3b108f3fa6cb6d"),
        ("clientPass", "76a152936096d7830e2390227404afd2"),
        ("MyPw", "75ba30198e6d1975aad3b435b51404ee"),
        ("SecREt01", "ff3750bcc2b22412c2265b23734e0dac"),
        ("wonderland", "629c296f15b4299bb343ee1ead7651b1"),
        ("01234567890123", "5645f13f500882b2e6547646c60a8352"),
    ] {
        let expected = LmHash::new(unhex(hash));
        assert_eq!(
            LmHash::from_password(password).as_ref(),
            Some(&expected),
            "{password}"
        );
        assert_eq!(LmHash::from_oem(password.as_bytes()), Some(expected));
    }
}

#[test]
fn what_has_no_hash_gets_none() {
    assert_eq!(LmHash::from_password("012345678901234"), None);
    assert_eq!(LmHash::from_oem(&[b'a'; 15]), None);
    assert_eq!(LmHash::from_password("Öl"), None);
}

/// 0x99 is Ö in code page 850, and 0x94 is ö.
#[test]
fn oem_text_is_taken_as_it_is() {
    let upper = LmHash::from_oem(b"\x99L").unwrap();
    assert_eq!(LmHash::from_oem(b"\x99l"), Some(upper.clone()));
    assert_ne!(LmHash::from_oem(b"\x94l"), Some(upper));
}

#[test]
fn it_is_not_printed() {
    let hash = LmHash::from_password("MyPw").unwrap();
    assert_eq!(format!("{hash:?}"), "LmHash { .. }");
}
