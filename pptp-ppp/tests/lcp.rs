//! LCP with peers as real ones are: their packets, and what they must be told.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::ipv4;
use common::script::{CCP, CHAP, IPCP, LCP, PASSWORD, Script, USER, hex, unhex};
use pptp_ppp::config::{LcpConfig, MppePolicy};
use pptp_ppp::{Credentials, Demand, Discard, DownReason, Methods, Phase, PppConfig};

fn client() -> PppConfig {
    PppConfig {
        credentials: Some(Credentials::new(USER, PASSWORD).unwrap()),
        ..PppConfig::default()
    }
}

fn server() -> PppConfig {
    PppConfig {
        demand: Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
        ..PppConfig::default()
    }
}

fn nobody() -> PppConfig {
    PppConfig {
        mppe: MppePolicy::REFUSE,
        ..PppConfig::default()
    }
}

/// What is said to a Configure-Request with `options`: Code, and data.
fn answer(script: &mut Script, options: &str) -> (u8, String) {
    answer_to(script, 77, options)
}

fn answer_to(script: &mut Script, asked_as: u8, options: &str) -> (u8, String) {
    script.sent.clear();
    script.tell(LCP, 1, asked_as, options);
    let heard = script.heard();
    let answers = heard
        .into_iter()
        .filter(|packet| packet.0 == LCP && (2..=4).contains(&packet.1));
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (_, code, identifier, data) = answers[0].clone();
    assert_eq!(identifier, asked_as);
    (code, data)
}

const MAGIC: &str = "0506 75eb25d5";

#[test]
fn a_windows_7_client_is_refused_callback_alone() {
    let mut script = Script::new(server());
    let first = "0104 0578 0506 75eb25d5 0702 0802 0d03 06";
    assert_eq!(answer(&mut script, first), (4, "0d0306".into()));
    let second = "0104 0578 0506 75eb25d5 0702 0802";
    assert_eq!(answer(&mut script, second), (2, second.replace(' ', "")));
}

#[test]
fn all_that_is_unknown_is_rejected_in_one_packet_with_order_and_bytes_kept() {
    let mut script = Script::new(client());
    // RRAS asks for EAP first, and for multilink.
    let mut asked = "0104 0578 0304 c227 0506 70ed20e6 0702 0802 0d03 06 1104 064e \
                     1317 01f3198e8764b2429f8d09ef637b516ea700000000"
        .to_owned();
    let rejected = "0d03061104064e131701f3198e8764b2429f8d09ef637b516ea700000000";
    assert_eq!(answer(&mut script, &asked), (4, rejected.into()));
    asked.truncate(asked.find("0d03").unwrap());
    // Then only the method is left to talk about.
    assert_eq!(answer(&mut script, &asked), (3, "0305c22381".into()));
    let asked = asked.replace("0304 c227", "0305 c22381");
    assert_eq!(answer(&mut script, &asked), (2, asked.replace(' ', "")));
}

#[test]
fn a_w2k_client_is_refused_multilink() {
    let mut script = Script::new(server());
    let asked = "0506 1a2b3c4d 0702 0802 0d03 06 1104 064e 1317 01 aabbccddeeff00112233445566778899 00000000";
    let rejected = "0d03061104064e131701aabbccddeeff0011223344556677889900000000";
    assert_eq!(answer(&mut script, asked), (4, rejected.into()));
}

#[test]
fn the_asyncmap_of_pppd_is_rejected() {
    let mut script = Script::new(server());
    let asked = "0206 00000000 0506 e79ee368 0702 0802";
    assert_eq!(answer(&mut script, asked), (4, "020600000000".into()));
}

#[test]
fn a_method_that_is_not_had_is_naked_and_then_rejected() {
    let mut script = Script::new(client());
    for identifier in 70..75 {
        // MD5, again and again: Max-Failure is 5.
        let said = answer_to(&mut script, identifier, "0305 c22305 0506 11223344");
        assert_eq!(said, (3, "0305c22381".into()));
    }
    let said = answer(&mut script, "0305 c22305 0506 11223344");
    assert_eq!(said, (4, "0305c22305".into()));
    // As in the capture "auth-refused": with nothing left the peer goes.
    script.tell(LCP, 5, 2, &hex(b"peer refused to authenticate"));
    assert_eq!(script.down_reason(), Some(DownReason::CredentialsWanted));
    let text = format!("PeerTerminates {}", hex(b"peer refused to authenticate"));
    assert!(script.events.contains(&text), "{:?}", script.events);
    // There too: the peer gave in first, to say goodbye in good order.
    for mppe in [MppePolicy::REFUSE, MppePolicy::default()] {
        let mut script = Script::new(PppConfig {
            mppe,
            ..PppConfig::default()
        });
        script.grant(LCP);
        let said = answer(&mut script, "0305 c22381 0506 11223344");
        assert_eq!(said, (4, "0305c22381".into()));
        script.ask(LCP, 2, "0506 11223344");
        script.tell(LCP, 5, 3, &hex(b"peer refused to authenticate"));
        assert_eq!(script.down_reason(), Some(DownReason::CredentialsWanted));
    }
}

#[test]
fn without_credentials_authentication_is_rejected() {
    let mut script = Script::new(nobody());
    let said = answer(&mut script, "0305 c22381 0506 11223344");
    assert_eq!(said, (4, "0305c22381".into()));
}

#[test]
fn a_peer_that_refuses_to_authenticate_itself_gets_no_link() {
    for (code, option) in [(4, "0305 c22381"), (3, "0304 c023"), (3, "0305 c22305")] {
        let mut script = Script::new(server());
        let (identifier, asked) = script.newest(LCP, 1);
        assert!(asked.contains("0305c22381"), "{asked}");
        script.tell(LCP, code, identifier, option);
        assert_eq!(
            script.down_reason(),
            Some(DownReason::PeerRefusesAuthentication)
        );
        script.wait(10_000);
        assert_eq!(script.ppp.phase(), Phase::Down);
    }
}

#[test]
fn a_nak_of_options_that_can_only_be_had_or_not_is_a_reject() {
    let mut script = Script::new(client());
    let (identifier, asked) = script.newest(LCP, 1);
    assert!(asked.ends_with("07020802"), "{asked}");
    script.tell(LCP, 3, identifier, "0702 0802");
    let (_, asked) = script.newest(LCP, 1);
    assert!(
        !asked.contains("0702") && !asked.contains("0802"),
        "{asked}"
    );
}

#[test]
fn a_nak_of_the_mru_with_the_same_value_is_a_reject() {
    let mut script = Script::new(client());
    let (identifier, asked) = script.newest(LCP, 1);
    assert!(asked.starts_with("01040578"), "{asked}");
    script.tell(LCP, 3, identifier, "0104 0578");
    let (_, asked) = script.newest(LCP, 1);
    assert!(asked.starts_with("0506"), "{asked}");
}

#[test]
fn a_smaller_mru_is_taken_from_a_nak() {
    let mut script = Script::new(client());
    let (identifier, _) = script.newest(LCP, 1);
    script.tell(LCP, 3, identifier, "0104 0514");
    let (_, asked) = script.newest(LCP, 1);
    assert!(asked.starts_with("01040514"), "{asked}");
}

#[test]
fn dust_is_not_sent() {
    let mut script = Script::new(nobody());
    assert_eq!(
        answer(&mut script, "0104 0040 0506 11223344"),
        (3, "01040080".into())
    );
}

#[test]
fn identification_and_time_remaining_are_taken_in_every_state() {
    let identification = unhex("ff03 c021 0c01 0012 75eb25d5 4d5352415356352e3230");
    let remaining = unhex("c021 0d02 0010 75eb25d5 0000003c 74657874");
    let check = |script: &mut Script| {
        script.sent.clear();
        script.events.clear();
        script.say(&identification).unwrap();
        script.say(&remaining).unwrap();
        assert_eq!(script.sent, []);
        assert!(script.events[0].starts_with("Identification 4d5352415356352e3230"));
        assert!(script.events[1].starts_with("TimeRemaining { seconds: 60"));
    };
    let mut script = Script::new(client());
    let (identifier, asked) = script.clone().newest(LCP, 1);
    check(&mut script); // Req-Sent
    let mut early = script.clone();
    let mut rest = Script::new(client());
    rest.grant(LCP);
    check(&mut rest); // Ack-Rcvd
    early.tell(LCP, 1, 1, MAGIC);
    check(&mut early); // Ack-Sent
    early.tell(LCP, 2, identifier, &asked);
    check(&mut early); // Opened
    let mut closing = Script::new(client());
    closing.ppp.close(closing.now);
    closing.drain();
    check(&mut closing); // Closing
}

#[test]
fn other_unknown_codes_are_rejected() {
    let mut script = Script::new(client());
    for code in [0, 14, 15, 16, 200] {
        script.sent.clear();
        script.tell(LCP, code, 5, "aabb");
        let (_, said) = script.newest(LCP, 7);
        assert_eq!(said, format!("{code:02x}050006aabb"));
    }
}

#[test]
fn unknown_protocols_are_rejected_once_lcp_is_up() {
    let mut script = Script::new(client());
    let ipv6cp = unhex("8057 0104 000e 010afcd3335cf10e5c31");
    assert_eq!(script.say(&ipv6cp), Err(Discard::ProtocolNotUp));
    let mut script = Script::client_up_to_network(client());
    script.sent.clear();
    assert!(matches!(
        script.say(&ipv6cp),
        Err(Discard::UnknownProtocol(_))
    ));
    // Windows sends it before CCP is up; the answer has the whole packet in it, as RRAS's has.
    let (_, said) = script.newest(LCP, 8);
    assert_eq!(said, "80570104000e010afcd3335cf10e5c31");
}

#[test]
fn a_protocol_reject_is_cut_but_true() {
    let mut script = Script::client_up_to_network(client());
    script.sent.clear();
    let mut long = unhex("8057");
    long.extend((0..1000_u32).map(|at| u8::try_from(at % 251).unwrap()));
    let _ = script.say(&long);
    let (_, said) = script.newest(LCP, 8);
    let said = unhex(&said);
    assert!(said.len() > 100);
    assert_eq!(said, long[..said.len()]);
}

#[test]
fn a_protocol_reject_is_no_longer_than_the_mru() {
    let mut script = Script::new(nobody());
    script.grant(LCP);
    script.ask(LCP, 1, "0104 0080 0506 11223344");
    script.sent.clear();
    let mut long = unhex("8057");
    long.extend([7; 500]);
    let _ = script.say(&long);
    let sent = script.sent.pop().unwrap();
    assert_eq!((sent.protocol, sent.information.len()), (LCP, 0x80));
}

#[test]
fn echoes_are_answered_from_the_start_with_our_magic() {
    let mut script = Script::new(client());
    let early = unhex("c021 0901 0008 11223344");
    assert_eq!(script.say(&early), Err(Discard::ProtocolNotUp));
    let (_, asked) = script.clone().newest(LCP, 1);
    let magic = &asked[asked.find("0506").unwrap() + 4..][..8];
    script.lcp_up(true);
    script.sent.clear();
    // pppd asks before authentication, and without Address and Control field. Somebody else's number does not matter.
    script.say_hex("c021 0901 000a 99999999 abcd").unwrap();
    assert_eq!(script.newest(LCP, 10), (1, format!("{magic}abcd")));
    assert!(script.sent.is_empty());
}

#[test]
fn an_echo_with_our_own_magic_is_a_loop() {
    let mut script = Script::new(client());
    let (_, asked) = script.clone().newest(LCP, 1);
    let magic = &asked[asked.find("0506").unwrap() + 4..][..8];
    script.lcp_up(true);
    script.sent.clear();
    let echo = format!("c021 0901 0008 {magic}");
    assert_eq!(script.say_hex(&echo), Err(Discard::LoopedBack));
    assert_eq!(script.sent, []);
}

#[test]
fn a_looped_back_link_is_told() {
    let mut script = Script::new(client());
    for _ in 0..100 {
        for sent in core::mem::take(&mut script.sent) {
            let _ = script.say(&sent.raw);
        }
        script.wait(1000);
    }
    assert_eq!(script.down_reason(), Some(DownReason::LoopedBack));
    assert_eq!(script.ppp.phase(), Phase::Down);
}

#[test]
fn address_and_control_field_are_on_every_lcp_packet() {
    let mut script = Script::client_up_to_network(client());
    script.say_hex("c021 0901 0008 99999999").unwrap();
    let _ = script.say_hex("8057 0104 0004");
    script.tell(LCP, 60, 1, "");
    script.wait(31_000);
    script.ppp.close(script.now);
    script.drain();
    let lcp: Vec<_> = script
        .sent
        .iter()
        .filter(|sent| sent.protocol == LCP)
        .collect();
    assert!(lcp.len() >= 4);
    assert!(lcp.iter().all(|sent| sent.raw.starts_with(&[0xff, 0x03])));
    // And on others only where the peer did not have them left out.
    let others = script.sent.iter().filter(|sent| sent.protocol != LCP);
    assert!(others.clone().count() > 0);
    assert!(others.clone().all(|sent| sent.raw[0] != 0xff));
    let mut plain = Script::new(client());
    plain.grant(LCP);
    plain.ask(LCP, 1, "0305c22381 0506 11223344");
    plain.authenticate_client();
    assert!(
        plain
            .sent
            .iter()
            .all(|sent| sent.raw.starts_with(&[0xff, 0x03]))
    );
}

#[test]
fn every_form_of_the_header_is_taken_in_every_protocol() {
    let config = || PppConfig {
        lcp: LcpConfig {
            protocol_field_compression: false,
            address_control_field_compression: false,
            ..LcpConfig::default()
        },
        mppe: MppePolicy::REFUSE,
        ..client()
    };
    // Nothing was agreed on, and every form comes all the same.
    for header in ["ff03", ""] {
        let mut script = Script::new(config());
        let (identifier, asked) = script.newest(LCP, 1);
        assert!(!asked.contains("0702"), "{asked}");
        let ack = format!(
            "{header} c021 02{identifier:02x} {:04x} {asked}",
            asked.len() / 2 + 4
        );
        script.say_hex(&ack).unwrap();
        script
            .say_hex(&format!("{header} c021 0101 000f 0305c22381 0506 11223344"))
            .unwrap();
        assert_eq!(script.ppp.phase(), Phase::Authenticate);
        script
            .say_hex(&format!(
                "{header} c223 0109 0015 10 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
            ))
            .unwrap();
        script.accept_client(true);
        assert_eq!(script.ppp.phase(), Phase::Network);
        let (identifier, asked) = script.newest(IPCP, 1);
        let ack = format!(
            "{header} 8021 02{identifier:02x} {:04x} {asked}",
            asked.len() / 2 + 4
        );
        script.say_hex(&ack).unwrap();
        script
            .say_hex(&format!("{header} 8021 0101 000a 0306 0a000001"))
            .unwrap();
        script.say_hex(&format!("{header} 80fd 0101 0004")).unwrap();
        let packet = ipv4(b"x");
        for protocol in ["0021", "21"] {
            let frame = format!("{header}{protocol}{}", hex(&packet));
            assert_eq!(script.say_hex(&frame), Ok(Some(packet.clone())), "{frame}");
        }
    }
}

#[test]
fn a_retransmission_keeps_its_identifier_and_what_changes_gets_a_new_one() {
    let mut script = Script::new(client());
    script.wait(5500);
    let requests: Vec<_> = script.heard();
    assert_eq!(
        requests.len(),
        5,
        "after 0, 1, 2.5, 4 and 5.5 s: {requests:?}"
    );
    assert!(requests.iter().all(|request| *request == requests[0]));
    script.tell(LCP, 3, requests[0].2, "0104 0514");
    let (identifier, _) = script.newest(LCP, 1);
    assert_ne!(identifier, requests[0].2);
}

#[test]
fn answers_to_something_else_change_nothing() {
    let mut script = Script::new(client());
    let (identifier, asked) = script.newest(LCP, 1);
    let wrong = identifier.wrapping_add(1);
    for code in 2..=4 {
        let frame = common::script::frame(LCP, code, wrong, &unhex(&asked));
        assert_eq!(script.say(&frame), Err(Discard::WrongIdentifier));
    }
    let other = common::script::frame(LCP, 2, identifier, &unhex("0104 0100"));
    assert_eq!(script.say(&other), Err(Discard::WrongOptions));
    let other = common::script::frame(LCP, 4, identifier, &unhex("0d03 06"));
    assert_eq!(script.say(&other), Err(Discard::WrongOptions));
    script.tell(LCP, 2, identifier, &asked);
    // An answer counts once.
    let again = common::script::frame(LCP, 2, identifier, &unhex(&asked));
    assert_eq!(script.say(&again), Err(Discard::WrongIdentifier));
}

#[test]
fn a_w2k_retransmission_with_a_new_identifier_is_answered_alike() {
    let mut script = Script::new(client());
    script.ask(LCP, 0, MAGIC);
    script.sent.clear();
    script.ask(LCP, 1, MAGIC);
}

#[test]
fn a_lost_ack_is_sent_again_and_nothing_starts_over() {
    let mut script = Script::new(client());
    script.lcp_up(true);
    assert_eq!(script.ppp.phase(), Phase::Authenticate);
    script.sent.clear();
    script.events.clear();
    script.ask(LCP, 1, "0305c22381 0506 11223344 0702 0802");
    assert_eq!((script.heard().len(), script.events.len()), (1, 0));
    assert_eq!(script.ppp.phase(), Phase::Authenticate);
    // The same content under another identifier is a new negotiation.
    script.tell(LCP, 1, 2, "0305c22381 0506 11223344 0702 0802");
    assert_eq!(script.ppp.phase(), Phase::Establish);
}

#[test]
fn the_end_is_acknowledged_and_its_text_told() {
    let mut script = Script::client_up(client());
    script.events.clear();
    // RRAS's, and the same again.
    script
        .say_hex("ff03 c021 0509 0010 162a1f3a003ccd7400000000")
        .unwrap();
    assert_eq!(script.newest(LCP, 6), (9, String::new()));
    script
        .say_hex("ff03 c021 050a 0010 162a1f3a003ccd7400000000")
        .unwrap();
    assert_eq!(script.newest(LCP, 6), (10, String::new()));
    script.wait(10_000);
    assert!(
        script
            .events
            .contains(&"PeerTerminates 162a1f3a003ccd7400000000".into())
    );
    assert_eq!(script.events.last().unwrap(), "Down(PeerClosed)");
    assert_eq!(script.ppp.phase(), Phase::Down);
    assert_eq!(script.ppp.next_timeout(), None);
}

#[test]
fn a_clients_response_and_a_servers_verdict_are_sent_again_alike() {
    let mut script = Script::new(client());
    script.lcp_up(true);
    let challenge = "10 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
    script.tell(CHAP, 1, 9, challenge);
    let first = script.newest(CHAP, 2);
    script.tell(CHAP, 1, 9, challenge);
    assert_eq!(script.newest(CHAP, 2), first);
    script.wait(3500);
    assert_eq!(script.newest(CHAP, 2), first);

    let mut script = Script::new(server());
    script.lcp_up(false);
    script.authenticate_server();
    let response = {
        let mut copy = script.clone();
        copy.newest(CHAP, 3)
    };
    assert!(response.1.starts_with("533d"));
    assert_eq!(script.ppp.phase(), Phase::Network);
    // The Success was lost: the Response comes again. Whatever is in it, the verdict stays.
    script.sent.clear();
    script.tell(
        CHAP,
        2,
        response.0,
        &format!("31{}{}", "00".repeat(49), hex(USER.as_bytes())),
    );
    assert_eq!(script.newest(CHAP, 3), response);
    assert_eq!(script.request, None);
}

#[test]
fn nothing_of_the_network_layer_is_heard_before_authentication() {
    let mut script = Script::new(server());
    script.lcp_up(false);
    for protocol in [CCP, IPCP] {
        let frame = common::script::frame(protocol, 1, 1, &[]);
        assert_eq!(script.say(&frame), Err(Discard::ProtocolNotUp));
    }
}

/// pppd drops a Challenge that comes before the Ack by which LCP opens, and then there is none for a second.
#[test]
fn the_ack_that_opens_lcp_goes_before_the_challenge() {
    let mut script = Script::new(server());
    script.grant(LCP);
    script.sent.clear();
    script.tell(LCP, 1, 2, MAGIC);
    let heard = script.heard().into_iter();
    let order: Vec<_> = heard.map(|packet| (packet.0, packet.1)).collect();
    assert_eq!(order, [(LCP, 2), (CHAP, 1)]);
}
