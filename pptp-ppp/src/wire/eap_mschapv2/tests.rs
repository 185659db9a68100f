use super::*;
use crate::mschap::{Exchange, NtHash};
use crate::wire::eap_md5::Md5Challenge;
use crate::wire::mschapv2::{Failure, Success};
use crate::wire::{Frame, Packet, eap};
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn encoded(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = std::vec![0; 70_000];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    writer.finish().unwrap().to_vec()
}

/// The Type-Data of an EAP packet in a frame.
fn type_data(frame: &[u8]) -> (eap::Type, &[u8]) {
    let packet = Packet::parse(Frame::parse(frame).unwrap().payload).unwrap();
    match eap::Message::parse(packet).unwrap() {
        eap::Message::Request { kind, data } | eap::Message::Response { kind, data } => {
            (kind, data)
        }
        other => panic!("{other:?}"),
    }
}

/// A client and a server of pppd 2.4.9, right and wrong.
const PPPD: [(&str, &str); 8] = [
    (
        "c22701d3001f1a01d3001a102b80484ba59fffdf09e517a9489fa2847070747064",
        r#"Challenge id 211 value 2b80484ba59fffdf09e517a9489fa284 name "pptpd""#,
    ),
    (
        "c22702d300401a02d3003b315e9a77d2049276b6d6faa6e349bba2c50000000000000000736808a7d3776105fd096d7b5924\
         e95990c3b305fd32b79300616c696365",
        r#"Response id 211 name "alice" proof hidden"#,
    ),
    (
        "c22701d400441a03d3003f533d41343032333434334243453335464533333544303341434136433843383242323536314242\
         314241204d3d416363657373206772616e746564",
        r#"Success id 211 "S=A4023443BCE35FE335D03ACA6C8C82B2561BB1BA M=Access granted""#,
    ),
    ("c22702d400061a03", "Success acknowledged"),
    (
        "c22701c1001f1a01c1001a100a76138e42ad08be13d60cc4a43f84bd7070747064",
        r#"Challenge id 193 value 0a76138e42ad08be13d60cc4a43f84bd name "pptpd""#,
    ),
    (
        "c22702c100401a02c1003b316bc22240c52586cd4ce00ed2764f05ed00000000000000009ecf1fcd8fa49898e84a10dcd701\
         f03892a41db50907146e00616c696365",
        r#"Response id 193 name "alice" proof hidden"#,
    ),
    (
        "c22701c200491a04c20044453d36393120523d3120433d306137363133386534326164303862653133643630636334613433\
         663834626420563d30204d3d4163636573732064656e696564",
        r#"Failure id 194 "E=691 R=1 C=0a76138e42ad08be13d60cc4a43f84bd V=0 M=Access denied""#,
    ),
    ("c22702c200061a04", "Failure acknowledged"),
];

#[test]
fn what_pppd_sends_is_read_printed_and_written_again() {
    for (hex, expected) in PPPD {
        let frame = unhex(hex);
        let (kind, data) = type_data(&frame);
        assert_eq!(kind, eap::Type::MSCHAPV2);
        let message = Message::parse(data).unwrap();
        assert_eq!(message.to_string(), expected);
        assert_eq!(encoded(|writer| message.encode(writer)), data, "{hex}");
    }
}

/// The exchange of the first four, whose computations are those of CHAP: it is the Name of the Response that counts.
#[test]
fn what_pppd_sends_is_an_exchange() {
    let frames = PPPD.map(|(hex, _)| unhex(hex));
    let message = |at: usize| Message::parse(type_data(&frames[at]).1).unwrap();
    let (
        Message::Challenge { challenge, .. },
        Message::Response { response, name, .. },
        Message::Success {
            message: success, ..
        },
    ) = (message(0), message(1), message(2))
    else {
        panic!("not an exchange");
    };
    let hash = NtHash::from_password("wonderland");
    let exchange = Exchange {
        authenticator_challenge: &challenge,
        peer_challenge: &response.peer_challenge,
        user_name: name,
    };
    assert!(exchange.verify_nt_response(&hash, &response.nt_response));
    let success = Success::parse(success).unwrap();
    assert!(exchange.verify_authenticator_response(
        &hash,
        &response.nt_response,
        &success.authenticator_response
    ));
    let Message::Failure {
        message: failure, ..
    } = message(6)
    else {
        panic!("no Failure");
    };
    assert!(Failure::parse(failure).retry);
}

/// Lengths of draft-kamath-pppext-eap-mschapv2: MS-Length is that of EAP without five octets.
#[test]
fn a_change_of_password_has_586_octets() {
    let change = Version3::new(&[1; 516], &[2; 16], &[3; 16], &[4; 24]);
    let message = Message::ChangePassword {
        identifier: 9,
        change,
    };
    let data = encoded(|writer| message.encode(writer));
    assert_eq!(data.len() + 5, 591);
    assert_eq!(data[..4], [7, 9, 2, 0x4a]);
    assert_eq!(Message::parse(&data), Ok(message));
    let text = "Change-Password id 9 flags 0000 password and hashes hidden";
    assert_eq!(message.to_string(), text);
    for len in 1..data.len() {
        let error = Message::parse(&data[..len]).unwrap_err();
        assert!(error.offset <= len, "{len} octets: {error}");
    }
}

#[test]
fn ms_length_is_not_looked_at() {
    let frame = unhex(PPPD[1].0);
    let right = type_data(&frame).1;
    for length in [0, 4, 0xffff_u16] {
        let mut data = right.to_vec();
        data[2..4].copy_from_slice(&length.to_be_bytes());
        assert_eq!(Message::parse(&data), Message::parse(right));
    }
}

/// CVE-2020-8597 was one of these, of MD5-Challenge.
#[test]
fn sizes_that_lie_are_errors() {
    for frame in PPPD.map(|(hex, _)| unhex(hex)) {
        let data = type_data(&frame).1;
        if !matches!(data[0], 1 | 2) {
            continue;
        }
        for size in (0..=255).filter(|size| *size != data[4]) {
            let mut wrong = data.to_vec();
            wrong[4] = size;
            let error = Message::parse(&wrong).unwrap_err();
            assert_eq!((error.field, error.offset), ("Value-Size", 4));
        }
        for len in 0..usize::from(data[4]) + 5 {
            assert!(Message::parse(&data[..len]).is_err(), "{len} octets");
        }
    }
    for size in 1..=255 {
        let data: Vec<u8> = [size]
            .into_iter()
            .chain(core::iter::repeat_n(7, size.into()))
            .collect();
        let challenge = Md5Challenge::parse(&data).unwrap();
        assert_eq!(
            (challenge.value.len(), challenge.name),
            (size.into(), &[][..])
        );
        assert!(Md5Challenge::parse(&data[..data.len() - 1]).is_err());
    }
    assert!(Md5Challenge::parse(&[]).is_err());
}

/// MD5-Challenge, of pppd 2.4.9.
#[test]
fn an_md5_challenge_is_read_printed_and_written_again() {
    for (hex, expected) in [
        (
            "c227015e001b0410c07ab86d93c6a6c9754896ff946e75cf7070747064",
            r#"value c07ab86d93c6a6c9754896ff946e75cf name "pptpd""#,
        ),
        (
            "c227025e001b0410db2a6556fe8f3f458f3ff8885bc92915616c696365",
            r#"value db2a6556fe8f3f458f3ff8885bc92915 name "alice""#,
        ),
    ] {
        let frame = unhex(hex);
        let (kind, data) = type_data(&frame);
        assert_eq!(kind, eap::Type::MD5_CHALLENGE);
        let challenge = Md5Challenge::parse(data).unwrap();
        assert_eq!(challenge.to_string(), expected);
        assert_eq!(encoded(|writer| challenge.encode(writer)), data);
    }
}

#[test]
fn neither_proof_nor_password_is_printed() {
    let response = Message::Response {
        identifier: 1,
        response: Response::new([0xab; 16], [0xcd; 24]),
        name: b"alice",
    };
    for text in [response.to_string(), format!("{response:?}")] {
        assert!(!text.contains("ab") && !text.contains("cd") && !text.contains("205"));
    }
}

fn any_message(
    kind: u8,
    identifier: u8,
    octets: &[u8; 32],
    tail: &[u8],
    then: impl FnOnce(Message<'_>),
) {
    let block: Vec<u8> = octets.iter().copied().cycle().take(516).collect();
    let (
        block,
        [
            challenge @ ..,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
        ],
    ) = (block.try_into().unwrap(), octets);
    let (proof, _) = octets.split_first_chunk().unwrap();
    then(match kind {
        0 => Message::Challenge {
            identifier,
            challenge: *challenge,
            name: tail,
        },
        1 => Message::Response {
            identifier,
            response: Response::new(*challenge, *proof),
            name: tail,
        },
        2 => Message::Success {
            identifier,
            message: tail,
        },
        3 => Message::Failure {
            identifier,
            message: tail,
        },
        4 => Message::SuccessAck,
        5 => Message::FailureAck,
        6 => Message::ChangePassword {
            identifier,
            change: Version3::new(&block, challenge, challenge, proof),
        },
        _ => Message::Other {
            op_code: OpCode(kind | 0x80),
            data: tail,
        },
    });
}

proptest! {
    #[test]
    fn any_message_survives(kind in 0..9_u8, identifier: u8, octets: [u8; 32], tail: Vec<u8>) {
        any_message(kind, identifier, &octets, &tail, |message| {
            let data = encoded(|writer| message.encode(writer));
            assert_eq!(Message::parse(&data), Ok(message));
        });
    }

    #[test]
    fn any_octets_are_refused_or_survive(op_code in 0..9_u8, mut data: Vec<u8>) {
        data.insert(0, op_code);
        if let Ok(message) = Message::parse(&data) {
            let text: String = message.to_string();
            prop_assert!(text.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{}", text);
            let again = encoded(|writer| message.encode(writer));
            // All but MS-Length, which is put right.
            prop_assert_eq!(again.len(), data.len());
            prop_assert_eq!(again.get(4..), data.get(4..));
        }
        if let Ok(challenge) = Md5Challenge::parse(&data) {
            prop_assert_eq!(encoded(|writer| challenge.encode(writer)), data);
        }
    }
}
