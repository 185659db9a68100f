use super::*;
use crate::wire::{Packet, chap};
use proptest::prelude::*;
use std::string::ToString;
use std::vec::Vec;

fn encoded(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = [0; 512];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    writer.finish().unwrap().to_vec()
}

/// The places of the fields are those of RFC 2433 §6.
#[test]
fn a_response_is_taken_apart() {
    let mut value = [0; 49];
    value[24..48].fill(0x22);
    value[48] = 1;
    let response = Response::parse(&value).unwrap();
    assert_eq!(response, Response::new([0x22; 24]));
    assert!(response.uses_nt());
    assert_eq!(encoded(|writer| response.encode(writer)), value);

    let mut value = [0; 49];
    value[..24].fill(0x11);
    let response = Response::parse(&value).unwrap();
    assert_eq!(response, Response::with_lm([0x11; 24]));
    assert!(!response.uses_nt());
    assert_eq!(encoded(|writer| response.encode(writer)), value);
    for len in (0..80).filter(|len| *len != 49) {
        assert!(Response::parse(&[0; 80][..len]).is_err(), "{len} octets");
    }
}

#[test]
fn the_proofs_are_not_printed() {
    let response = Response::with_lm([0xab; 24]);
    assert_eq!(std::format!("{response:?}"), "Response { .. }");
}

/// A client and a server of pppd 2.4.9.
#[test]
fn what_pppd_sends_is_read() {
    let mut data = Vec::from([49]);
    data.extend([0; 24]);
    data.extend(crate::mschap::vectors::unhex::<24>(
        "72d492c1801bce3929841ace0a305c4dfc5744632a28054e",
    ));
    data.extend(*b"\x01alice");
    let packet = Packet {
        code: chap::Code::RESPONSE.into(),
        identifier: 0xff,
        data: &data,
    };
    let Ok(chap::Message::Response { value, name }) = chap::Message::parse(packet) else {
        panic!("no Response");
    };
    assert_eq!(name, b"alice");
    let response = Response::parse(value).unwrap();
    assert!(response.uses_nt());
    assert_eq!(
        (response.lm_response, response.nt_response[0]),
        ([0; 24], 0x72)
    );

    let failure = Failure::parse(b"E=691 R=1 C=d9d0ad0c05e0c2bb V=0");
    let expected = Failure {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        challenge: Some([0xd9, 0xd0, 0xad, 0x0c, 0x05, 0xe0, 0xc2, 0xbb]),
        version: Some(0),
        message: b"",
    };
    assert_eq!(failure, expected);
    assert_eq!(failure.to_string(), "E=691 R=1 C=D9D0AD0C05E0C2BB V=0");
}

/// Windows NT sends no challenge, and the version may be missing (RFC 2433 §8). That of version 2 is not one of ours.
#[test]
fn a_failure_need_not_have_a_challenge() {
    let failure = Failure::parse(b"E=648 R=0");
    assert_eq!(failure.error, ErrorCode::PasswordExpired);
    assert_eq!((failure.challenge, failure.version), (None, None));
    let failure = Failure::parse(b"E=691 R=1 C=27d421062a12aa56102e5347df3b66ef V=3 W=1");
    assert_eq!((failure.challenge, failure.version), (None, Some(3)));
}

proptest! {
    #[test]
    fn responses_survive(value: [u8; 32], flags: u8) {
        let value: Vec<u8> = value.into_iter().cycle().take(48).chain([flags]).collect();
        let response = Response::parse(&value).unwrap();
        prop_assert_eq!(encoded(|writer| response.encode(writer)), value);
        prop_assert_eq!(response.uses_nt(), flags % 2 == 1);
    }

    #[test]
    fn failures_survive(
        error: u32,
        retry: bool,
        challenge: Option<[u8; 8]>,
        version: Option<u32>,
        text in "[!-~ ]{0,40}",
    ) {
        let message = text.as_bytes();
        let failure = Failure { error: error.into(), retry, challenge, version, message };
        let written = encoded(|writer| failure.encode(writer));
        prop_assert_eq!(Failure::parse(&written), failure);
    }

    #[test]
    fn any_octets_are_a_failure(octets: Vec<u8>) {
        let failure = Failure::parse(&octets);
        prop_assert!(failure.message.is_empty() || octets.ends_with(failure.message));
    }
}
