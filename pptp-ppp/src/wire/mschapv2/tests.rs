use super::super::Text;
use super::*;
use proptest::prelude::*;
use std::string::ToString;
use std::vec::Vec;

fn encoded(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = [0; 512];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    writer.finish().unwrap().to_vec()
}

/// The places of the fields are those of RFC 2759 §4.
#[test]
fn a_response_is_taken_apart() {
    let mut value = [0; 49];
    value[..16].fill(0x11);
    value[24..48].fill(0x22);
    let response = Response::parse(&value).unwrap();
    assert_eq!(response, Response::new([0x11; 16], [0x22; 24]));
    assert_eq!(encoded(|writer| response.encode(writer)), value);
    // Neither of these matters, and both survive.
    value[16] = 9;
    value[48] = 4;
    let response = Response::parse(&value).unwrap();
    assert_eq!((response.reserved[0], response.flags), (9, 4));
    assert_eq!(encoded(|writer| response.encode(writer)), value);
    for len in (0..80).filter(|len| *len != 49) {
        assert!(Response::parse(&[0; 80][..len]).is_err(), "{len} octets");
    }
}

#[test]
fn the_proof_is_not_printed() {
    let response = Response::new([0xab; 16], [0xcd; 24]);
    assert_eq!(std::format!("{response:?}"), "Response { .. }");
}

#[test]
fn a_success_may_have_a_text() {
    const PROOF: &[u8] = b"S=974E79C350CC7DC53FBC5F3A114C63B1EFA16E19";
    let texts: [(&[u8], &[u8]); 6] = [
        (b"", b""),
        (b" M=Access granted", b"Access granted"),
        (b"M=Access granted", b"Access granted"),
        (b" M=", b""),
        (b"  M=a M=b", b"a M=b"),
        (b" Welcome", b"Welcome"),
    ];
    for (tail, text) in texts {
        let message = [PROOF, tail].concat();
        let success = Success::parse(&message).unwrap();
        assert_eq!(success.authenticator_response[..3], [0x97, 0x4e, 0x79]);
        assert_eq!(success.authenticator_response[19], 0x19);
        assert_eq!(success.message, text);
    }
    let success = Success::parse(PROOF).unwrap();
    assert_eq!(encoded(|writer| success.encode(writer)), PROOF);
    assert_eq!(PROOF.len(), Success::LEN);
    let lower = PROOF[2..].to_ascii_lowercase();
    assert_eq!(Success::parse(&[b"S=", &lower[..]].concat()), Ok(success));
    let talkative = Success {
        message: b"Hi",
        ..success
    };
    assert_eq!(
        encoded(|writer| talkative.encode(writer)),
        [PROOF, b" M=Hi"].concat()
    );
}

#[test]
fn a_success_without_a_proof_in_its_place_is_an_error() {
    let messages: [&[u8]; 9] = [
        b"",
        b"S",
        b"S=",
        b"Access granted",
        b"S=974E79C350CC7DC53FBC5F3A114C63B1EFA16E1",
        b"S=974E79C350CC7DC53FBC5F3A114C63B1EFA16E1G",
        b"s=974E79C350CC7DC53FBC5F3A114C63B1EFA16E19",
        b" S=974E79C350CC7DC53FBC5F3A114C63B1EFA16E19",
        b"M=Hi S=974E79C350CC7DC53FBC5F3A114C63B1EFA16E19",
    ];
    for message in messages {
        assert!(Success::parse(message).is_err(), "{}", Text(message));
    }
}

/// What pppd 2.4.9, accel-ppp and SoftEther send, and forms that RFC 2759 §6 allows.
#[test]
fn failures_are_taken_apart() {
    let challenge = Some([
        0x27, 0xd4, 0x21, 0x06, 0x2a, 0x12, 0xaa, 0x56, 0x10, 0x2e, 0x53, 0x47, 0xdf, 0x3b, 0x66,
        0xef,
    ]);
    let failure =
        Failure::parse(b"E=691 R=1 C=27d421062a12aa56102e5347df3b66ef V=0 M=Access denied");
    assert_eq!(failure.error, ErrorCode::AuthenticationFailure);
    assert!(failure.retry);
    assert_eq!((failure.challenge, failure.version), (challenge, Some(0)));
    assert_eq!(failure.message, b"Access denied");

    let failure = Failure::parse(b"E=691 R=0");
    assert_eq!(
        (failure.retry, failure.challenge, failure.version),
        (false, None, None)
    );
    let failure = Failure::parse(b"V=3 R=0 C=27D421062A12AA56102E5347DF3B66EF E=0000000648");
    assert_eq!(failure.error, ErrorCode::PasswordExpired);
    assert_eq!((failure.challenge, failure.version), (challenge, Some(3)));
    let failure = Failure::parse(b"E=649 R=0 M=a R=1 E=691");
    assert_eq!(failure.error, ErrorCode::NoDialinPermission);
    assert_eq!(
        (failure.retry, failure.message),
        (false, &b"a R=1 E=691"[..])
    );
}

#[test]
fn odd_failures_are_taken_as_far_as_they_go() {
    let failure = Failure::parse(b"Go away");
    assert_eq!(
        (failure.error, failure.message),
        (ErrorCode::Other(0), &b"Go away"[..])
    );
    assert_eq!(Failure::parse(b"").error, ErrorCode::Other(0));
    assert_eq!(
        Failure::parse(b"E=99999999999 R=7").error,
        ErrorCode::Other(u32::MAX)
    );
    assert!(!Failure::parse(b"E=691 R=7").retry);
    for wrong in [
        "",
        "12",
        "27D421062A12AA56102E5347DF3B66EX",
        "27D421062A12AA56102E5347DF3B66EF00",
    ] {
        let message = std::format!("E=691 C={wrong} R=1");
        let failure = Failure::parse(message.as_bytes());
        assert_eq!((failure.challenge, failure.retry), (None, true), "{wrong}");
    }
}

#[test]
fn a_failure_is_written_as_windows_does() {
    let failure = Failure {
        error: ErrorCode::AuthenticationFailure,
        retry: false,
        challenge: Some([0xab; 16]),
        version: Some(3),
        message: b"",
    };
    let text = "E=691 R=0 C=ABABABABABABABABABABABABABABABAB V=3";
    assert_eq!(encoded(|writer| failure.encode(writer)), text.as_bytes());
    assert_eq!(failure.to_string(), text);
    let failure = Failure {
        error: ErrorCode::Other(0),
        retry: true,
        message: b"no",
        ..failure
    };
    let text = "E=0 R=1 C=ABABABABABABABABABABABABABABABAB V=3 M=no";
    assert_eq!(encoded(|writer| failure.encode(writer)), text.as_bytes());
}

#[test]
fn error_codes_are_those_of_rfc_2759() {
    let codes = [
        (646, ErrorCode::RestrictedLogonHours),
        (647, ErrorCode::AccountDisabled),
        (648, ErrorCode::PasswordExpired),
        (649, ErrorCode::NoDialinPermission),
        (691, ErrorCode::AuthenticationFailure),
        (709, ErrorCode::ChangingPassword),
        (742, ErrorCode::Other(742)),
    ];
    for (number, code) in codes {
        assert_eq!((ErrorCode::from(number), u32::from(code)), (code, number));
    }
}

proptest! {
    #[test]
    fn failures_survive(
        error: u32,
        retry: bool,
        challenge: Option<[u8; 16]>,
        version: Option<u32>,
        text in "[!-~ ]{0,40}",
    ) {
        let message = text.as_bytes();
        let failure = Failure { error: error.into(), retry, challenge, version, message };
        let written = encoded(|writer| failure.encode(writer));
        prop_assert_eq!(Failure::parse(&written), failure);
        let prefix = std::format!("E={error} R=");
        prop_assert!(written.starts_with(prefix.as_bytes()));
    }

    #[test]
    fn any_octets_are_a_failure(octets: Vec<u8>) {
        let failure = Failure::parse(&octets);
        prop_assert!(failure.message.is_empty() || octets.ends_with(failure.message));
    }
}
