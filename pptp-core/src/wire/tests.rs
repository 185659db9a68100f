pub(crate) mod vectors;

use super::*;
use crate::codec::{ParseError, ParseErrorKind};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proptest::prelude::*;
use vectors::{hex, vectors};

#[test]
fn reads_and_writes_every_message_as_others_do() {
    for (octets, expected, text) in vectors() {
        assert_eq!(Message::parse(&octets), Ok(Some((expected, octets.len()))));
        let mut out = [0xaa; MAX_CONTROL_MESSAGE];
        assert_eq!(expected.encode(&mut out).unwrap(), octets, "{text}");
        assert_eq!(expected.to_string(), text);
    }
    let mut types: Vec<u16> = vectors()
        .iter()
        .map(|(_, message, _)| message.control_type().unwrap().into())
        .collect();
    types.truncate(15);
    assert_eq!(types, (1..=15).collect::<Vec<u16>>());
}

#[test]
fn a_part_of_a_message_asks_for_more_and_never_fails() {
    for (octets, _, text) in vectors() {
        for len in 0..octets.len() {
            assert_eq!(
                Message::parse(&octets[..len]),
                Ok(None),
                "{text} cut at {len}"
            );
        }
        let mut two = octets.clone();
        two.extend_from_slice(&octets);
        assert_eq!(Message::parse(&two).unwrap().unwrap().1, octets.len());
    }
}

#[test]
fn a_buffer_that_is_too_small_says_so() {
    for (octets, message, text) in vectors() {
        let needed = octets.len();
        for room in 0..needed {
            let mut out = [0; MAX_CONTROL_MESSAGE];
            let result = message.encode(&mut out[..room]);
            assert_eq!(result, Err(BufferTooSmall { needed }), "{text}");
        }
    }
}

#[test]
fn longer_messages_are_read_and_shorter_ones_refused() {
    for (octets, expected, text) in vectors() {
        let mut longer = octets.clone();
        longer.resize(512, 0x5a);
        longer[..2].copy_from_slice(&512_u16.to_be_bytes());
        assert_eq!(Message::parse(&longer), Ok(Some((expected, 512))));
        for len in 12..octets.len() {
            let mut shorter = octets[..len].to_vec();
            shorter[..2].copy_from_slice(&(len as u16).to_be_bytes());
            let Err(ProtocolError::Malformed { message, error }) = Message::parse(&shorter) else {
                panic!("{text} of {len} octets was accepted");
            };
            assert_eq!(Some(message), expected.control_type());
            let ParseErrorKind::Truncated { missing } = error.kind else {
                panic!("{error}");
            };
            assert!(error.offset >= 12 && error.offset <= len && missing > 0);
        }
    }
}

#[test]
fn reserved_fields_may_hold_anything() {
    // Set-Link-Info as RRAS was seen to send it: Reserved1 is 0xa196.
    let octets = hex("001800011a2b3c4d000f0000fcb0a196ffffffffffffffff");
    let expected = SetLinkInfo {
        peer_call_id: 64688,
        send_accm: u32::MAX,
        receive_accm: u32::MAX,
    };
    assert_eq!(SetLinkInfo::parse(&octets), Ok(expected));
    // Reserved0 as from a Cisco PIX.
    let octets = hex("001000011a2b3c4d0005dead00000001");
    assert_eq!(
        EchoRequest::parse(&octets),
        Ok(EchoRequest { identifier: 1 })
    );
}

#[test]
fn strings_are_octets() {
    // As Windows 2000 does: a NUL and then garbage, and 64 octets with no NUL at all.
    let mut octets = vectors()[0].0.clone();
    octets[28..92].copy_from_slice(&[0xcd; 64]);
    octets[28] = 0;
    octets[92..].copy_from_slice(&[0xfe; 64]);
    let message = StartControlConnectionRequest::parse(&octets).unwrap();
    assert_eq!(message.capabilities.host_name, &octets[28..92]);
    assert_eq!(message.capabilities.vendor, &[0xfe; 64]);
    let mut out = [0; 156];
    assert_eq!(message.encode(&mut out).unwrap(), octets);
    let text = message.to_string();
    assert!(text.is_ascii());
    assert!(text.contains("HOSTNAME() VENDOR(\\xfe\\xfe"), "{text}");
}

#[test]
fn strings_that_are_too_long_are_cut() {
    let long: String = "0123456789".repeat(10);
    let Message::OutgoingCallRequest(mut request) = vectors()[6].1 else {
        panic!();
    };
    request.phone_number = long.as_bytes();
    let mut out = [0; 168];
    let octets = request.encode(&mut out).unwrap();
    assert_eq!(octets[36..38], [0, 64]);
    assert_eq!(octets[40..104], long.as_bytes()[..64]);
}

#[test]
fn result_0_is_success() {
    let mut octets = vectors()[1].0.clone();
    for (code, success) in [(0, true), (1, true), (2, false), (5, false), (255, false)] {
        octets[14] = code;
        let reply = StartControlConnectionReply::parse(&octets).unwrap();
        assert_eq!(reply.result.is_success(), success, "{}", reply.result);
    }
}

#[test]
fn what_is_no_pptp_is_told_as_soon_as_it_can_be() {
    assert_eq!(
        Message::parse(b"GET "),
        Err(ProtocolError::Length { found: 0x4745 })
    );
    for length in [0_u16, 7, 513, u16::MAX] {
        assert_eq!(
            Message::parse(&length.to_be_bytes()),
            Err(ProtocolError::Length { found: length })
        );
    }
    let short = hex("000b 0001");
    assert_eq!(
        Message::parse(&short),
        Err(ProtocolError::Length { found: 11 })
    );
    let cookie = hex("0010 0001 1a2b3c4e");
    let found = 0x1a2b_3c4e;
    assert_eq!(
        Message::parse(&cookie),
        Err(ProtocolError::MagicCookie { found })
    );
    assert_eq!(
        ProtocolError::MagicCookie { found }.to_string(),
        "Magic Cookie at octet 4 is 0x1a2b3c4e: this is not PPTP"
    );
    let truncated = hex("000d 0001 1a2b3c4d 000c 0000 fc");
    assert_eq!(
        Message::parse(&truncated).unwrap_err().to_string(),
        "malformed Call-Clear-Request: Call ID at octet 12 is cut short by 1 octets"
    );
}

#[test]
fn one_message_is_not_taken_for_another() {
    for (octets, message, _) in vectors() {
        let result = EchoRequest::parse(&octets);
        if message.control_type() == Some(ControlType::EchoRequest) {
            assert!(result.is_ok());
            continue;
        }
        let expected = ProtocolError::Malformed {
            message: ControlType::EchoRequest,
            error: ParseError::invalid("Control Message Type", 8),
        };
        assert_eq!(result, Err(expected));
    }
    let half = &vectors()[4].0[..10];
    assert!(EchoRequest::parse(half).is_err());
    let most = &vectors()[4].0[..15];
    assert!(EchoRequest::parse(most).is_err());
}

#[test]
fn unknown_messages_survive() {
    for octets in [
        "0010 0001 1a2b3c4d 0010 0000 01020304",
        "000c 0001 1a2b3c4d ffff 0000",
        "000c 0002 1a2b3c4d 01020304",
        "0008 0002 1a2b3c4d",
        "0009 0000 1a2b3c4d 05",
    ] {
        let octets = hex(octets);
        let (message, len) = Message::parse(&octets).unwrap().unwrap();
        assert_eq!(len, octets.len());
        let mut out = [0; MAX_CONTROL_MESSAGE];
        assert_eq!(message.encode(&mut out).unwrap(), octets);
    }
}

#[test]
fn codes_are_those_of_the_rfc() {
    // RFC 2637 §2.2, §2.3, §2.8, §2.10, §2.13 and §2.16, in order from 1 (from 0 for the general errors).
    let start: Vec<u8> = [
        StartResult::Successful,
        StartResult::GeneralError,
        StartResult::AlreadyExists,
        StartResult::NotAuthorized,
        StartResult::VersionNotSupported,
    ]
    .map(u8::from)
    .to_vec();
    assert_eq!(start, [1, 2, 3, 4, 5]);
    let call: Vec<u8> = [
        OutgoingCallResult::Connected,
        OutgoingCallResult::GeneralError,
        OutgoingCallResult::NoCarrier,
        OutgoingCallResult::Busy,
        OutgoingCallResult::NoDialTone,
        OutgoingCallResult::TimeOut,
        OutgoingCallResult::DoNotAccept,
    ]
    .map(u8::from)
    .to_vec();
    assert_eq!(call, [1, 2, 3, 4, 5, 6, 7]);
    let error: Vec<u8> = [
        GeneralError::None,
        GeneralError::NotConnected,
        GeneralError::BadFormat,
        GeneralError::BadValue,
        GeneralError::NoResource,
        GeneralError::BadCallId,
        GeneralError::PacError,
    ]
    .map(u8::from)
    .to_vec();
    assert_eq!(error, [0, 1, 2, 3, 4, 5, 6]);
    for code in 0..=u8::MAX {
        assert_eq!(u8::from(StartResult::from(code)), code);
        assert_eq!(u8::from(StopResult::from(code)), code);
        assert_eq!(u8::from(StopReason::from(code)), code);
        assert_eq!(u8::from(EchoResult::from(code)), code);
        assert_eq!(u8::from(OutgoingCallResult::from(code)), code);
        assert_eq!(u8::from(IncomingCallResult::from(code)), code);
        assert_eq!(u8::from(DisconnectResult::from(code)), code);
        assert_eq!(u8::from(GeneralError::from(code)), code);
    }
}

/// Where the fixed part of each message has reserved octets or lengths that follow from the strings, by type: RFC 2637
/// §2.1 to §2.15, the header's Reserved0 left out.
const DERIVED: [core::ops::Range<usize>; 15] = [
    14..16,
    0..0,
    13..16,
    14..16,
    0..0,
    18..20,
    36..40,
    0..0,
    24..28,
    22..24,
    14..16,
    14..16,
    18..20,
    14..16,
    14..16,
];

proptest! {
    #[test]
    fn what_parses_encodes_to_the_same_octets(
        (index, body) in (0_usize..15).prop_flat_map(|index| {
            let len = vectors()[index].0.len() - 12;
            (Just(index), proptest::collection::vec(any::<u8>(), len))
        }),
    ) {
        let mut octets = vectors()[index].0[..12].to_vec();
        octets.extend(body);
        octets[DERIVED[index].clone()].fill(0);
        // The lengths of telephone numbers.
        if index == 6 {
            octets[37] = 64;
            octets[103] |= 1;
        }
        if index == 8 {
            octets[25] = 64;
            octets[27] = 64;
            octets[91] |= 1;
            octets[155] |= 1;
        }
        let (message, len) = Message::parse(&octets).unwrap().unwrap();
        prop_assert_eq!(len, octets.len());
        let mut out = [0; MAX_CONTROL_MESSAGE];
        let encoded = message.encode(&mut out).unwrap();
        prop_assert_eq!(&encoded[..], &octets[..]);
        prop_assert_eq!(Message::parse(encoded), Ok(Some((message, len))));
        prop_assert!(message.to_string().is_ascii());
    }

    #[test]
    fn any_octets_are_read_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(Some((message, len))) = Message::parse(&octets) {
            prop_assert!((8..=octets.len()).contains(&len));
            prop_assert!(message.to_string().is_ascii());
        }
    }

    #[test]
    fn any_octets_behind_a_header_are_read_or_refused(
        length in 0_u16..600,
        control_type in 0_u16..20,
        body in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut octets = length.to_be_bytes().to_vec();
        octets.extend(hex("00011a2b3c4d"));
        octets.extend(control_type.to_be_bytes());
        octets.extend(body);
        if let Ok(Some((message, len))) = Message::parse(&octets) {
            prop_assert_eq!(len, usize::from(length));
            prop_assert_eq!(message.control_type().map(u16::from), Some(control_type));
        }
    }
}
