use super::*;
use proptest::prelude::*;
use std::format;
use std::vec::Vec;

fn encoded(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = [0; 2000];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    writer.finish().unwrap().to_vec()
}

/// Each field of so many octets holds its number.
fn fields(lengths: &[usize]) -> Vec<u8> {
    let numbered = (1..).zip(lengths);
    numbered
        .flat_map(|(number, len)| core::iter::repeat_n(number, *len))
        .collect()
}

/// The fields and the Length are those of RFC 2433 §9.
#[test]
fn version_1_is_taken_apart() {
    let data = fields(&[16, 16, 16, 16, 2, 2]);
    assert_eq!(data.len() + 4, 72);
    let change = Version1::parse(&data).unwrap();
    assert_eq!((change.old_lm, change.new_lm), ([1; 16], [2; 16]));
    assert_eq!((change.old_nt, change.new_nt), ([3; 16], [4; 16]));
    assert_eq!((change.password_length, change.flags), (0x0505, 0x0606));
    assert!(!change.has_lm() && !change.has_nt());
    let both = Version1 {
        password_length: 14,
        flags: 1,
        ..change
    };
    assert!(both.has_lm() && both.has_nt());
    let only_nt = Version1 {
        password_length: 15,
        ..both
    };
    assert!(!only_nt.has_lm());
}

/// The fields and the Length are those of RFC 2433 §10.
#[test]
fn version_2_is_taken_apart() {
    let data = fields(&[516, 16, 516, 16, 24, 24, 2]);
    assert_eq!(data.len() + 4, 1118);
    let change = Version2::parse(&data).unwrap();
    assert_eq!(
        (change.password_under_nt, change.old_nt),
        (&[1; 516], &[2; 16])
    );
    assert_eq!(
        (change.password_under_lm, change.old_lm),
        (&[3; 516], &[4; 16])
    );
    assert_eq!(
        (change.lm_response, change.nt_response),
        (&[5; 24], &[6; 24])
    );
    assert_eq!(change.flags, 0x0707);
    let sent = Version2::new(&[1; 516], &[2; 16], &[6; 24]);
    let data = encoded(|writer| sent.encode(writer));
    assert_eq!(data[532..1088], [0; 556], "nothing of LAN Manager");
    assert_eq!(data[1112..], [0, 1]);
}

/// The fields and the Length are those of RFC 2759 §7.
#[test]
fn version_3_is_taken_apart() {
    let data = fields(&[516, 16, 16, 8, 24, 2]);
    assert_eq!(data.len() + 4, 586);
    let change = Version3::parse(&data).unwrap();
    assert_eq!(
        (change.encrypted_password, change.encrypted_hash),
        (&[1; 516], &[2; 16])
    );
    assert_eq!(
        (change.peer_challenge, change.reserved),
        (&[3; 16], &[4; 8])
    );
    assert_eq!((change.nt_response, change.flags), (&[5; 24], 0x0606));
    let sent = Version3::new(&[1; 516], &[2; 16], &[3; 16], &[5; 24]);
    let data = encoded(|writer| sent.encode(writer));
    assert_eq!((&data[548..556], &data[580..]), (&[0; 8][..], &[0; 2][..]));
}

#[test]
fn neither_hashes_nor_passwords_are_printed() {
    for (code, len, expected) in [
        (5, 68, "length 43947 flags abab hashes hidden"),
        (6, 1114, "flags abab password and hashes hidden"),
        (7, 582, "flags abab password and hashes hidden"),
    ] {
        let data = std::vec![0xab; len];
        let change = ChangePassword::parse(Code(code), &data).unwrap().unwrap();
        assert_eq!(format!("{change}"), expected);
        assert_eq!(
            format!("{change:?}"),
            format!("Version{}({expected})", code - 4)
        );
    }
}

#[test]
fn only_the_right_length_will_do() {
    for (code, right) in [(5, Version1::LEN), (6, Version2::LEN), (7, Version3::LEN)] {
        for len in 0..1200 {
            let data = std::vec![0; len];
            let change = ChangePassword::parse(Code(code), &data).unwrap();
            assert_eq!(change.is_ok(), len == right, "code {code}, {len} octets");
        }
    }
    for code in (0..=255).filter(|code| !(5..=7).contains(code)) {
        assert_eq!(ChangePassword::parse(Code(code), &[0; 582]), None);
    }
}

proptest! {
    #[test]
    fn any_octets_survive(code in 5..8_u8, octets: [u8; 32]) {
        let len = [Version1::LEN, Version2::LEN, Version3::LEN][usize::from(code) - 5];
        let data: Vec<u8> = octets.into_iter().cycle().take(len).collect();
        let change = ChangePassword::parse(Code(code), &data).unwrap().unwrap();
        prop_assert_eq!(change.code(), Code(code));
        prop_assert_eq!(encoded(|writer| change.encode(writer)), data);
    }
}
