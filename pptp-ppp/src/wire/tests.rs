//! Packets that real peers sent, and laws that hold for any octets.

use super::*;
use crate::codec::Writer;
use proptest::prelude::*;
use std::format;
use std::string::ToString;
use std::vec::Vec;

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn encoded(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = std::vec![0; 0x1_0010];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    writer.finish().unwrap().to_vec()
}

/// Windows 7 and Windows RRAS.
const WINDOWS: &[(&str, &str)] = &[
    (
        "ff03c02105090010162a1f3a003ccd7400000000",
        r#"LCP Terminate-Request id 9 "\x16*\x1f:\x00<\xcdt\x00\x00\x00\x00""#,
    ),
    (
        "ff03c0210100001501040578050675eb25d5070208020d0306",
        "LCP Configure-Request id 0 <MRU 1400> <magic 75eb25d5> <PFC> <ACFC> <callback 6>",
    ),
    (
        "ff03c02101000034010405780304c227050670ed20e6070208020d03061104064e131701f3198e8764b2429f8d09ef637b516e\
         a700000000",
        "LCP Configure-Request id 0 <MRU 1400> <auth EAP> <magic 70ed20e6> <PFC> <ACFC> <callback 6> <MRRU 1614> \
         <endpoint 1 f3198e8764b2429f8d09ef637b516ea700000000>",
    ),
    (
        "ff03c021030100090305c22381",
        "LCP Configure-Nak id 1 <auth MS-CHAPv2>",
    ),
    (
        "c0210c01001275eb25d54d5352415356352e3230",
        r#"LCP Identification id 1 magic 75eb25d5 "MSRASV5.20""#,
    ),
    (
        "c223010000241005b2f10bdc3d6c92b6cd160adee148b457494e2d3942414753373056354950",
        r#"CHAP Challenge id 0 value 05b2f10bdc3d6c92b6cd160adee148b4 name "WIN-9BAGS70V5IP""#,
    ),
    (
        "c2230300002e533d39373445373943333530434337444335334642433546334131313443363342314546413136453139",
        r#"CHAP Success id 0 "S=974E79C350CC7DC53FBC5F3A114C63B1EFA16E19""#,
    ),
    ("c029010100060102", "CBCP code 1 id 1, 2 octets"),
    (
        "80570104000e010afcd3335cf10e5c31",
        "IPV6CP Configure-Request id 4 <ifid fcd3:335c:f10e:5c31>",
    ),
    (
        "80fd0104000a120601000041",
        "CCP Configure-Request id 4 <MPPE 01000041 H S C>",
    ),
    (
        "80fd0105000a120601000040",
        "CCP Configure-Request id 5 <MPPE 01000040 H S>",
    ),
    (
        "802101060022030600000000810600000000820600000000830600000000840600000000",
        "IPCP Configure-Request id 6 <addr 0.0.0.0> <DNS1 0.0.0.0> <NBNS1 0.0.0.0> <DNS2 0.0.0.0> <NBNS2 0.0.0.0>",
    ),
    (
        "8021030700100306c0a82b6f8106c0a82b6e",
        "IPCP Configure-Nak id 7 <addr 192.168.43.111> <DNS1 192.168.43.110>",
    ),
    (
        "c0210806001480570104000e010afcd3335cf10e5c31",
        "LCP Protocol-Reject id 6 IPV6CP, 14 octets",
    ),
    ("fd90000e55bc7331b4", "Compressed A--D count 0, 6 octets"),
];

/// pppd 2.4.9.
const PPPD: &[(&str, &str)] = &[
    (
        "ff03c021010100180206000000000304c0230506fddf5b7a07020802",
        "LCP Configure-Request id 1 <ACCM 00000000> <auth PAP> <magic fddf5b7a> <PFC> <ACFC>",
    ),
    (
        "ff03c021010100210206000000000506e54e641107020802110405dc130903f2b2fafbe46c",
        "LCP Configure-Request id 1 <ACCM 00000000> <magic e54e6411> <PFC> <ACFC> <MRRU 1500> \
         <endpoint 3 f2b2fafbe46c>",
    ),
    (
        "ff03c02105020010557365722072657175657374",
        r#"LCP Terminate-Request id 2 "User request""#,
    ),
    ("ff03c02106020004", "LCP Terminate-Ack id 2"),
    (
        "c02108020016003dc000000080210101000a030600000000",
        "LCP Protocol-Reject id 2 MP, 16 octets",
    ),
    (
        "c0230101001505616c6963650a776f6e6465726c616e64",
        r#"PAP Authenticate-Request id 1 name "alice" password hidden"#,
    ),
    (
        "c0230201000d084c6f67696e206f6b",
        r#"PAP Authenticate-Ack id 1 "Login ok""#,
    ),
    (
        "c023030100140f4c6f67696e20696e636f7272656374",
        r#"PAP Authenticate-Nak id 1 "Login incorrect""#,
    ),
    (
        "c227015d0009014e616d65",
        r#"EAP Request id 93 Identity "Name""#,
    ),
    (
        "c227015e001b0410c07ab86d93c6a6c9754896ff946e75cf7070747064",
        "EAP Request id 94 MD5-Challenge, 22 octets",
    ),
    ("c227035f0004", "EAP Success id 95"),
    (
        "8021010100100206002d0f01030600000000",
        "IPCP Configure-Request id 1 <VJ slots 0-15 compress-slot 1> <addr 0.0.0.0>",
    ),
    (
        "80fd0101000f1a0478001804780015032f",
        "CCP Configure-Request id 1 <Deflate 7800> <Magnalink 7800> <BSD-Compress 2f>",
    ),
    (
        "c223044a0044453d36393120523d3120433d32376434323130363261313261613536313032653533343764663362363665662056\
         3d30204d3d4163636573732064656e696564",
        r#"CHAP Failure id 74 "E=691 R=1 C=27d421062a12aa56102e5347df3b66ef V=0 M=Access denied""#,
    ),
];

/// Made by hand from the RFCs; some are malformed.
const MADE: &[(&str, &str)] = &[
    (
        "c02109070008 0102030a",
        "LCP Echo-Request id 7 magic 0102030a",
    ),
    (
        "c0210a07000a 0102030a ffee",
        "LCP Echo-Reply id 7 magic 0102030a data ffee",
    ),
    (
        "c0210d01000f 00000000 00000e10 627965",
        r#"LCP Time-Remaining id 1 magic 00000000 3600 s "bye""#,
    ),
    (
        "c0210d010009 00000000 00",
        "LCP Time-Remaining id 1 (malformed: Seconds-Remaining at octet 4 is cut short by 3 octets)",
    ),
    (
        "c02107030008 14020004",
        "LCP Code-Reject id 3 of Code(0x14) id 2",
    ),
    ("c02107030005 14", "LCP Code-Reject id 3, 1 octets"),
    (
        "c02101010009 0d0301 ff00",
        "LCP Configure-Request id 1 <callback 1> (malformed: Length at octet 4 has an invalid value)",
    ),
    (
        "c02101010007 010305",
        "LCP Configure-Request id 1 <malformed option 1 05>",
    ),
    ("c02101010006 0802", "LCP Configure-Request id 1 <ACFC>"),
    (
        "c0210101",
        "LCP (malformed: Length at octet 2 is cut short by 2 octets)",
    ),
    (
        "c2230100 0006 05 ff",
        "CHAP (malformed: Value at octet 1 is cut short by 4 octets)",
    ),
    ("c2230703 0006 0102", "CHAP Change-Password-3 id 3 2 octets"),
    ("c0230201 0004", "PAP Authenticate-Ack id 1"),
    ("80fd0e05 0004", "CCP Reset-Request id 5"),
    ("ff030021 4500", "IPv4, 2 octets"),
    ("ff03002c 00", "Protocol(0x2c), 1 octets"),
    (
        "fd90",
        "Compressed (malformed: Coherency Count at octet 0 is cut short by 1 octets)",
    ),
];

#[test]
fn frames_are_described() {
    for (hex, expected) in [WINDOWS, PPPD, MADE].concat() {
        let bytes = unhex(&hex.replace(' ', ""));
        assert_eq!(Frame::parse(&bytes).unwrap().to_string(), expected, "{hex}");
    }
}

#[test]
fn what_peers_sent_is_written_again_as_it_was() {
    for (hex, _) in [WINDOWS, PPPD].concat() {
        let bytes = unhex(hex);
        let Frame { protocol, payload } = Frame::parse(&bytes).unwrap();
        if matches!(protocol, Protocol::COMPRESSED | Protocol::CBCP) {
            continue;
        }
        let packet = Packet::parse(payload).unwrap();
        let again = encoded(|writer| {
            write_header(writer, protocol, bytes[0] == 0xff, false);
            match protocol {
                Protocol::CHAP => {
                    chap::Message::parse(packet)
                        .unwrap()
                        .encode(writer, packet.identifier);
                }
                Protocol::PAP => {
                    pap::Message::parse(packet)
                        .unwrap()
                        .encode(writer, packet.identifier);
                }
                Protocol::EAP => {
                    eap::Message::parse(packet)
                        .unwrap()
                        .encode(writer, packet.identifier);
                }
                _ => Packet::encode_with(writer, packet.code, packet.identifier, |writer| {
                    match packet.code {
                        Code::CONFIGURE_REQUEST | Code::CONFIGURE_NAK => {
                            for option in Options::new(packet.data) {
                                reencode(protocol, option.unwrap(), writer).unwrap();
                            }
                        }
                        _ => writer.bytes(packet.data),
                    }
                }),
            }
        });
        assert_eq!(again, bytes, "{hex}");
    }
}

/// Writes `option` again from what `protocol` makes of it.
fn reencode(
    protocol: Protocol,
    option: RawOption<'_>,
    writer: &mut Writer<'_>,
) -> Result<(), crate::codec::ParseError> {
    match protocol {
        Protocol::LCP => lcp::ConfigOption::parse(option)?.encode(writer),
        Protocol::CCP => ccp::ConfigOption::parse(option)?.encode(writer),
        Protocol::IPCP => ipcp::ConfigOption::parse(option)?.encode(writer),
        Protocol::IPV6CP => ipv6cp::ConfigOption::parse(option)?.encode(writer),
        other => panic!("{other} has no typed options"),
    }
    Ok(())
}

#[test]
fn options_of_the_wrong_length_are_errors() {
    // Type and the lengths of value that are right, from the RFCs.
    type Rows = &'static [(u8, &'static [usize])];
    let families: [(Protocol, Rows); 4] = [
        (
            Protocol::LCP,
            &[
                (1, &[2]),
                (2, &[4]),
                (5, &[4]),
                (7, &[0]),
                (8, &[0]),
                (17, &[2]),
                (18, &[0]),
            ],
        ),
        (Protocol::CCP, &[(18, &[4])]),
        (
            Protocol::IPCP,
            &[
                (1, &[8]),
                (3, &[4]),
                (129, &[4]),
                (130, &[4]),
                (131, &[4]),
                (132, &[4]),
            ],
        ),
        (Protocol::IPV6CP, &[(1, &[8])]),
    ];
    for (protocol, rows) in families {
        for &(kind, lengths) in rows {
            for len in 0..12 {
                let option = RawOption {
                    kind,
                    value: &[0; 12][..len],
                };
                let mut room = [0; 16];
                let parsed = reencode(protocol, option, &mut Writer::new(&mut room));
                let right = lengths.contains(&len);
                assert_eq!(parsed.is_ok(), right, "{protocol} {kind} of {len} octets");
            }
        }
    }
}

#[test]
fn mppe_bits_are_those_of_rfc_3078() {
    use ccp::MppeBits;
    let bits = MppeBits::from_bits_retain(0x0100_00f1);
    assert_eq!(bits, MppeBits::all() & bits, "unknown bits are kept");
    let letters = [
        (0x0100_0000, "H"),
        (0x80, "M"),
        (0x40, "S"),
        (0x20, "L"),
        (0x10, "D"),
        (1, "C"),
    ];
    for (bit, letter) in letters {
        let text = MppeBits::from_bits_retain(bit).to_string();
        assert_eq!(text, format!("{bit:08x} {letter}"));
    }
    assert_eq!(bits.strongest().bits(), 0x40);
    assert_eq!(
        MppeBits::from_bits_retain(0x0100_00a0).strongest().bits(),
        0x80
    );
    assert_eq!(
        MppeBits::from_bits_retain(0x0100_0020).strongest().bits(),
        0x20
    );
    assert_eq!(
        MppeBits::from_bits_retain(0x0100_0001).strongest().bits(),
        0
    );
}

#[test]
fn every_header_word_survives() {
    for word in 0..=u16::MAX {
        let header = mppe::Header::from_word(word);
        assert_eq!((header.word(), header.count()), (word, word & 0x0fff));
    }
    assert_eq!(
        mppe::Header::from_word(0xb123).to_string(),
        "A-CD count 291"
    );
    assert_eq!(
        mppe::Header::new(mppe::HeaderBits::FRONT, 0xffff).word(),
        0x4fff
    );
}

#[test]
fn passwords_are_not_printed() {
    let message = pap::Message::Request {
        name: b"alice",
        password: b"wonderland",
    };
    assert!(!format!("{message} {message:?}").contains("wonder"));
}

proptest! {
    #[test]
    fn any_option_is_refused_or_survives(kind: u8, value in proptest::collection::vec(any::<u8>(), 0..=253)) {
        let option = RawOption { kind, value: &value };
        let raw = encoded(|writer| option.encode(writer));
        for protocol in [Protocol::LCP, Protocol::CCP, Protocol::IPCP, Protocol::IPV6CP] {
            let again = encoded(|writer| {
                if reencode(protocol, option, writer).is_err() {
                    option.encode(writer);
                }
            });
            prop_assert_eq!(&again, &raw);
        }
    }

    #[test]
    fn any_message_is_refused_or_survives(code in 0..9u8, identifier: u8, data: Vec<u8>) {
        let packet = Packet { code: Code(code), identifier, data: &data };
        let raw = encoded(|writer| packet.encode(writer));
        if let Ok(message) = chap::Message::parse(packet) {
            prop_assert_eq!(&encoded(|writer| message.encode(writer, identifier)), &raw);
        }
        if let Ok(message) = eap::Message::parse(packet) {
            let again = encoded(|writer| message.encode(writer, identifier));
            let bare = matches!(message, eap::Message::Success | eap::Message::Failure);
            prop_assert_eq!(&again[..], if bare { &[code, identifier, 0, 4] } else { &raw[..] });
        }
        if let Ok(message) = pap::Message::parse(packet) {
            let again = encoded(|writer| message.encode(writer, identifier));
            let again = Packet::parse(&again).unwrap();
            prop_assert_eq!(pap::Message::parse(again), Ok(message));
        }
    }

    #[test]
    fn any_octets_are_described_on_one_line(
        protocol in proptest::sample::select(std::vec![
            0xc021_u16, 0x80fd, 0x8021, 0x8057, 0xc223, 0xc023, 0xc227, 0xc029, 0x00fd, 0x0021,
        ]),
        code in 0..17u8,
        mut data: Vec<u8>,
    ) {
        let length = u16::try_from(data.len() + 4).unwrap().to_be_bytes();
        data.splice(0..0, [code, 1, length[0], length[1]]);
        let frame = Frame { protocol: Protocol(protocol), payload: &data };
        let text = frame.to_string();
        prop_assert!(text.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{}", text);
    }

    #[test]
    fn no_octets_make_a_parser_fail_otherwise(data: Vec<u8>) {
        if let Ok(frame) = Frame::parse(&data) {
            let _ = frame.to_string();
            prop_assert!(data.ends_with(frame.payload));
        }
        prop_assert!(Options::new(&data).count() <= data.len());
    }
}
