//! CCP and MPPE with peers as real ones are.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::ipv4;
use common::script::{
    CCP, COMPRESSED, IPCP, LCP, PASSWORD, Script, Sealer, USER, frame, hex, unhex,
};
use pptp_mppe::{Mode, Strength};
use pptp_ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::{
    Credentials, Demand, Discard, DownReason, Encryption, Methods, Network, Phase, PppConfig,
    SendError,
};

const M128: &str = "120601000040";

fn client(policy: MppePolicy) -> PppConfig {
    PppConfig {
        mppe: policy,
        credentials: Some(Credentials::new(USER, PASSWORD).unwrap()),
        ..PppConfig::default()
    }
}

fn policy(strengths: Strengths, modes: Modes) -> MppePolicy {
    MppePolicy {
        requirement: Requirement::Require,
        strengths,
        modes,
    }
}

fn allow() -> MppePolicy {
    MppePolicy {
        requirement: Requirement::Allow,
        ..MppePolicy::default()
    }
}

fn network(policy: MppePolicy) -> Script {
    let mut script = Script::client_up_to_network(client(policy));
    script.events.clear();
    script
}

/// What is said to a Configure-Request of the peer's.
fn answer(script: &mut Script, options: &str) -> (u8, String) {
    script.sent.clear();
    script.tell(CCP, 1, 66, options);
    let mut heard = script.heard();
    heard.retain(|packet| packet.0 == CCP && packet.2 == 66);
    assert_eq!(heard.len(), 1, "{heard:?}");
    (heard[0].1, heard[0].3.clone())
}

#[test]
fn what_real_peers_ask_is_naked_down_to_the_one_best() {
    // RRAS with MPPC, Windows 2000 with all it has, pppd with two strengths, and one bit at a time.
    for asked in [
        "01000041", "010000e1", "01000060", "000000e1", "01000020", "00000040",
    ] {
        let mut script = network(MppePolicy::default());
        let asked = format!("1206{asked}");
        assert_eq!(answer(&mut script, &asked), (3, M128.into()), "{asked}");
        assert_eq!(answer(&mut script, M128), (2, M128.into()));
    }
    let weak = policy(Strengths::all(), Modes::all());
    for (asked, best) in [
        ("010000e1", "01000040"),
        ("010000a0", "01000080"),
        ("01000021", "01000020"),
        ("000000e0", "00000040"),
        // Nothing that is had: the best.
        ("00000001", "01000040"),
    ] {
        let said = answer(&mut network(weak), &format!("1206{asked}"));
        assert_eq!(said, (3, format!("1206{best}")));
    }
}

#[test]
fn other_compression_is_rejected_and_mppe_asked_for() {
    let mut script = network(MppePolicy::default());
    // pppd's, of its own accord.
    let asked = "1a04 7800 1804 7800 1503 2f";
    assert_eq!(answer(&mut script, asked), (4, asked.replace(' ', "")));
    // Then nothing at all: we insist.
    assert_eq!(answer(&mut script, ""), (3, M128.into()));
    assert_eq!(answer(&mut script, M128), (2, M128.into()));
}

#[test]
fn a_peer_without_encryption_is_asked_again_for_a_while_and_then_given_up() {
    // Windows 95 asks for none, or names no bit.
    for asked in ["", "120600000000"] {
        let mut script = network(MppePolicy::default());
        let mut naks = 0;
        while script.down_reason().is_none() {
            let frame = frame(CCP, 1, naks, &unhex(asked));
            script.sent.clear();
            script.say(&frame).unwrap();
            naks += 1;
            assert!(naks < 20);
        }
        assert!(naks > 5, "more patient than with what may be rejected");
        assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
        script.wait(10_000);
        assert_eq!(script.ppp.phase(), Phase::Down);
    }
}

#[test]
fn a_peer_that_comes_round_to_encryption_gets_it() {
    let mut script = network(MppePolicy::default());
    let copy = script.sent.clone();
    for _ in 0..4 {
        assert_eq!(answer(&mut script, "120600000000"), (3, M128.into()));
    }
    script.sent = copy;
    script.ccp_up(M128);
    script.ipcp_up();
    assert!(script.ppp.is_up(Network::Ipv4));
}

#[test]
fn of_a_suggested_set_the_best_is_asked_for_alone() {
    // Yamaha names a set in its Nak, and goes on doing so.
    let mut script = network(policy(Strengths::all(), Modes::STATELESS));
    let (identifier, asked) = script.newest(CCP, 1);
    assert_eq!(asked, "1206010000e0");
    script.tell(CCP, 3, identifier, "1206 01000060");
    for _ in 0..4 {
        let (identifier, asked) = script.newest(CCP, 1);
        assert_eq!(asked, M128);
        script.tell(CCP, 3, identifier, "1206 01000060");
    }
    let (identifier, _) = script.newest(CCP, 1);
    script.tell(CCP, 3, identifier, "1206 01000060");
    assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
}

#[test]
fn what_will_not_do_is_not_taken_from_a_nak() {
    for suggested in ["01000020", "00000040", "00000000", "01000080"] {
        let mut script = network(MppePolicy::default());
        let (identifier, asked) = script.newest(CCP, 1);
        assert_eq!(asked, M128);
        script.tell(CCP, 3, identifier, &format!("1206{suggested}"));
        assert_eq!(script.newest(CCP, 1).1, M128);
    }
}

#[test]
fn refused_encryption_ends_a_link_that_requires_it() {
    // A Configure-Reject, as in "mppe-refused-by-server" and "mschap2-mppe128-stateful-refused".
    let stateful = policy(Strengths::BITS_128, Modes::STATEFUL);
    for (policy, asked) in [(MppePolicy::default(), M128), (stateful, "120600000040")] {
        let mut script = network(policy);
        let (identifier, options) = script.newest(CCP, 1);
        assert_eq!(options, asked);
        script.tell(CCP, 4, identifier, asked);
        assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
        assert_eq!(script.newest(LCP, 5).1, "", "LCP ends the link");
    }
    // A Protocol-Reject of CCP, as in "mppe-refused-by-server-noccp".
    let mut script = network(MppePolicy::default());
    script.tell(LCP, 8, 3, "80fd 0101 000a 1206 01000040");
    assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
    // Nothing at all.
    let mut script = network(MppePolicy::default());
    script.wait(60_000);
    assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
    // CCP ends.
    let mut script = network(MppePolicy::default());
    script.tell(CCP, 7, 1, "01 01 0004");
    assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
}

#[test]
fn a_peer_that_insists_on_encryption_is_told_apart() {
    // "mppe-refused-by-client"
    let mut script = network(MppePolicy::REFUSE);
    assert_eq!(answer(&mut script, M128), (4, M128.into()));
    script.tell(
        LCP,
        5,
        2,
        &hex(b"MPPE required but peer negotiation failed"),
    );
    assert_eq!(
        script.down_reason(),
        Some(DownReason::PeerRequiresEncryption)
    );
    let text = hex(b"MPPE required but peer negotiation failed");
    assert!(script.events.contains(&format!("PeerTerminates {text}")));
}

#[test]
fn a_link_that_may_do_without_goes_on() {
    for round in 0..3 {
        let mut script = network(allow());
        let sent = script.sent.clone();
        script.ipcp_up();
        assert!(!script.ppp.is_up(Network::Ipv4));
        script.sent = sent;
        match round {
            0 => {
                let (identifier, asked) = script.newest(CCP, 1);
                script.tell(CCP, 4, identifier, &asked);
                script.grant(CCP);
                script.ask(CCP, 1, "");
            }
            1 => script.tell(LCP, 8, 3, "80fd 0101 000a 1206 01000040"),
            _ => {
                script.wait(40_000);
            }
        }
        assert!(script.ppp.is_up(Network::Ipv4), "{round}");
        assert_eq!(script.send(&ipv4(b"x")).unwrap().protocol, 0x0021);
        assert!(script.say(&[&[0x21], &ipv4(b"y")[..]].concat()).is_ok());
        let none = "Encryption { send: None, receive: None }".to_owned();
        assert_eq!(
            script.events.iter().filter(|event| **event == none).count(),
            1
        );
    }
}

#[test]
fn a_request_that_came_too_early_is_made_again() {
    // accel-ppp drops a Configure-Request of CCP that comes before its own, and holds IPCP by Terminate-Acks until CCP
    // is up, as pppd does.
    let mut script = network(MppePolicy::default());
    let (identifier, _) = script.newest(IPCP, 1);
    script.tell(IPCP, 6, identifier, "");
    script.wait(1100);
    let (_, asked) = script.clone().newest(CCP, 1);
    assert_eq!(asked, M128);
    script.ccp_up(M128);
    script.sent.clear();
    // And IPCP asks again as soon as CCP is up.
    script.wait(10);
    assert_eq!(
        script
            .heard()
            .iter()
            .filter(|packet| packet.0 == IPCP)
            .count(),
        1
    );
}

#[test]
fn each_direction_has_its_own_parameters() {
    let weak = policy(Strengths::all(), Modes::all());
    let mut script = network(weak);
    let (identifier, _) = script.newest(CCP, 1);
    script.tell(CCP, 3, identifier, "1206 00000040");
    script.sent.retain(|sent| sent.protocol == CCP);
    script.ccp_up("1206 01000020");
    let encryption = |strength, mode| Some(Encryption { strength, mode });
    assert_eq!(
        script.ppp.encryption(),
        (
            encryption(Strength::Bits40, Mode::Stateless),
            encryption(Strength::Bits128, Mode::Stateful)
        )
    );
}

#[test]
fn nothing_passes_before_encryption() {
    let mut script = network(MppePolicy::default());
    script.ipcp_up();
    assert!(!script.ppp.is_up(Network::Ipv4));
    assert_eq!(script.send(&ipv4(b"x")), Err(SendError::NotOpen));
    // Windows 2000 sends clear packets when CCP is late.
    let clear = [&[0x21], &ipv4(b"y")[..]].concat();
    assert_eq!(script.say(&clear), Err(Discard::NotEncrypted));
    assert_eq!(script.down_reason(), None);
    script.wait(1100);
    script.ccp_up(M128);
    assert!(script.ppp.is_up(Network::Ipv4));
    assert_eq!(script.send(&ipv4(b"x")).unwrap().protocol, COMPRESSED);
    assert_eq!(script.say(&clear), Err(Discard::NotEncrypted));
}

#[test]
fn encrypted_packets_before_and_after_are_dropped() {
    let mut script = network(MppePolicy::default());
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateless);
    let sealed = sealer.seal(0x0021, &ipv4(b"x"));
    assert_eq!(script.say(&sealed), Err(Discard::EncryptionNotUp));
    let mut script = Script::client_up(client(MppePolicy::default()));
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateless);
    let first = sealer.seal(0x0021, &ipv4(b"x"));
    assert_eq!(script.say(&first), Ok(Some(ipv4(b"x"))));
    assert_eq!(script.say(&first), Err(Discard::WrongCount));
    script.tell(LCP, 5, 1, "");
    let late = sealer.seal(0x0021, &ipv4(b"z"));
    assert_eq!(script.say(&late), Err(Discard::ProtocolNotUp));
}

#[test]
fn unknown_protocols_that_came_encrypted_are_not_named_in_clear() {
    let mut script = Script::client_up(client(MppePolicy::default()));
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateless);
    let sealed = sealer.seal(0x002d, b"secret");
    assert!(matches!(
        script.say(&sealed),
        Err(Discard::UnknownProtocol(_))
    ));
    assert_eq!(script.sent, []);
    // IPv6 in IPv6's own range, and IPv4 after it.
    assert!(script.say(&sealer.seal(0x0057, &[0x60; 50])).is_err());
    assert_eq!(script.sent, []);
    assert!(script.say(&sealer.seal(0x0021, &ipv4(b"x"))).is_ok());
}

#[test]
fn a_compressed_inner_protocol_field_is_taken() {
    let mut script = Script::client_up(client(MppePolicy::default()));
    let keys = script.keys.clone().unwrap();
    let mut encryptor = pptp_mppe::Encryptor::new(&keys.send, Strength::Bits128, Mode::Stateless);
    let mut out = [0; 100];
    let packet = ipv4(b"x");
    encryptor.encrypt(&[0x21], &packet, &mut out).unwrap();
    let sealed = [&[0x00, 0xfd, 0x90, 0x00], &out[..=packet.len()]].concat();
    assert_eq!(script.say(&sealed), Ok(Some(packet)));
}

#[test]
fn bits_that_were_not_agreed_on_are_dropped() {
    let mut script = Script::client_up(client(MppePolicy::default()));
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateless);
    let sealed = sealer.seal(0x0021, &ipv4(b"x"));
    // Without D, and with C (0xA0 is one client's way to be wrong).
    for bits in [0x80, 0xa0, 0xb0, 0x00] {
        let mut wrong = sealed.clone();
        wrong[1] = bits;
        assert_eq!(script.say(&wrong), Err(Discard::WrongEncryptionBits));
    }
    assert!(script.say(&sealed).is_ok());
}

#[test]
fn our_lost_ack_is_sent_again_before_the_peer_is_up() {
    let mut script = Script::client_up(client(MppePolicy::default()));
    let sent = script.send(&ipv4(b"x")).unwrap();
    assert_eq!(sent.protocol, COMPRESSED);
    // The same once more, as pppd does it and as Windows does it.
    script.ask(CCP, 1, M128);
    script.ask(CCP, 2, M128);
    assert_eq!(script.down_reason(), None);
    assert!(script.ppp.is_up(Network::Ipv4));
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateless);
    script.say(&sealer.seal(0x0021, &ipv4(b"x"))).unwrap();
    // Now the peer has been up, and starting over would be with the same keys.
    script.tell(CCP, 1, 3, M128);
    assert_eq!(script.down_reason(), Some(DownReason::EncryptionLost));
}

#[test]
fn the_peers_lost_ack_is_seen_from_what_it_sends() {
    let mut script = network(MppePolicy::default());
    script.ask(CCP, 1, M128);
    script.sent.clear();
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateless);
    // What does not decrypt proves nothing.
    let mut wrong = sealer.seal(0x0021, &ipv4(b"lost"));
    wrong[9] ^= 0x40;
    wrong[3] ^= 0x40;
    assert_eq!(script.say(&wrong), Err(Discard::EncryptionNotUp));
    let packet = ipv4(b"first");
    let sealed = sealer.seal(0x0021, &packet);
    // IPCP is not up yet on our side, but CCP is now.
    assert_eq!(script.say(&sealed), Err(Discard::NetworkNotUp));
    assert!(script.ppp.encryption().0.is_some());
    script.wait(1100);
    assert!(
        script.heard().iter().all(|packet| packet.0 != CCP),
        "asked again"
    );
    script.wait(2000);
    script.ipcp_up();
    assert_eq!(script.say(&sealer.seal(0x0021, &packet)), Ok(Some(packet)));
    // With the Ack after all.
    let late = frame(CCP, 2, 1, &unhex(M128));
    assert_eq!(script.say(&late), Err(Discard::WrongIdentifier));
    assert_eq!(script.down_reason(), None);
}

/// pppd and accel-ppp hold IPCP back until they have encryption. One that comes round has granted what it was asked for,
/// and pppd would end the link if it were asked again.
#[test]
fn the_peers_lost_ack_is_seen_from_its_coming_round() {
    for came_round in [true, false] {
        let mut script = network(MppePolicy::default());
        let (identifier, _) = script.newest(IPCP, 1);
        if came_round {
            script.tell(IPCP, 6, identifier, "");
        }
        script.ask(CCP, 1, M128);
        script.ask(IPCP, 1, "0306 0a000002");
        script.sent.clear();
        // Not at once: the Ack, or a Nak, may only have been overtaken.
        assert_eq!(script.ppp.encryption(), (None, None));
        script.wait(1100);
        let asked_again = script.heard().iter().any(|packet| packet.0 == CCP);
        assert_eq!(asked_again, !came_round);
        assert_eq!(script.ppp.encryption().0.is_some(), came_round);
    }
}

#[test]
fn a_request_with_a_choice_in_it_is_not_taken_as_granted() {
    let mut script = network(policy(Strengths::all(), Modes::STATELESS));
    script.ask(CCP, 1, M128);
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateless);
    let sealed = sealer.seal(0x0021, &ipv4(b"x"));
    assert_eq!(script.say(&sealed), Err(Discard::EncryptionNotUp));
}

#[test]
fn without_keys_there_is_no_link_that_requires_encryption() {
    let mut script = Script::new(PppConfig::default());
    script.lcp_up_without_authentication();
    assert_eq!(script.down_reason(), Some(DownReason::NoEncryptionKeys));
}

impl Script {
    fn lcp_up_without_authentication(&mut self) {
        self.grant(LCP);
        self.ask(LCP, 1, "0506 11223344");
    }
}

#[test]
fn a_peer_that_never_required_encryption_just_closes() {
    // "ccp-none": it offered compression, did without, and went when its user had enough. And one that would have
    // liked encryption, and did without.
    for asked in ["1a04 7800 1804 7800 1503 2f", M128] {
        let mut script = network(MppePolicy::REFUSE);
        if asked == M128 {
            script.ipcp_up();
            assert!(script.ppp.is_up(Network::Ipv4));
        }
        assert_eq!(answer(&mut script, asked).0, 4);
        script.tell(LCP, 5, 9, &hex(b"User request"));
        assert_eq!(script.down_reason(), Some(DownReason::PeerClosed));
    }
}

#[test]
fn what_was_never_sent_may_be_rejected() {
    // "lossy-stateful": Linux out of step rejects the protocols that it takes from noise.
    let mut script = Script::client_up(client(MppePolicy::default()));
    script.send(&ipv4(b"x")).unwrap();
    for rejected in ["00e1e89ff1f6", "56c2bacbd004", "0021 4500"] {
        script.tell(LCP, 8, 2, rejected);
        assert_eq!(script.down_reason(), None, "{rejected}");
        assert!(script.send(&ipv4(b"x")).is_ok(), "{rejected}");
    }
}

#[test]
fn on_a_link_in_use_nothing_starts_over() {
    // Each of these may be forged. It costs the session, and nothing leaves in the clear.
    let cases: [(u16, u8, u8, &str, DownReason); 10] = [
        (CCP, 1, 9, "", DownReason::EncryptionLost),
        (CCP, 1, 9, "120600000020", DownReason::EncryptionLost),
        (CCP, 5, 9, "", DownReason::EncryptionLost),
        (CCP, 6, 9, "", DownReason::EncryptionLost),
        (CCP, 7, 9, "01010004", DownReason::EncryptionLost),
        (
            LCP,
            8,
            9,
            "80fd0101000412060100",
            DownReason::EncryptionLost,
        ),
        (LCP, 8, 9, "00fd9000", DownReason::EncryptionLost),
        (LCP, 1, 9, "050699999999", DownReason::Renegotiated),
        (LCP, 6, 9, "", DownReason::Renegotiated),
        (LCP, 5, 9, "", DownReason::PeerClosed),
    ];
    for (protocol, code, identifier, data, reason) in cases {
        let mut script = Script::client_up(client(MppePolicy::default()));
        script.send(&ipv4(b"x")).unwrap();
        script.tell(protocol, code, identifier, data);
        assert_eq!(script.down_reason(), Some(reason), "{protocol:04x} {code}");
        assert_eq!(script.send(&ipv4(b"x")), Err(SendError::NotOpen));
        let clear = [&[0x21], &ipv4(b"y")[..]].concat();
        assert!(script.say(&clear).is_err());
        script.wait(10_000);
        assert_eq!(script.ppp.phase(), Phase::Down);
    }
}

#[test]
fn before_use_ccp_may_start_over_with_nothing_weaker() {
    let mut script = Script::client_up(client(MppePolicy::default()));
    script.tell(CCP, 1, 9, "1206 01000060");
    assert!(!script.ppp.is_up(Network::Ipv4));
    assert_eq!(script.send(&ipv4(b"x")), Err(SendError::NotOpen));
    assert_eq!(script.events.last().unwrap(), "Ipv4Down");
    script.ccp_up(M128);
    assert!(script.ppp.is_up(Network::Ipv4));
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateless);
    assert!(script.say(&sealer.seal(0x0021, &ipv4(b"x"))).is_ok());
}

#[test]
fn a_server_requires_it_of_its_clients_too() {
    let config = PppConfig {
        demand: Some(Demand::new(Methods::MS_CHAP_V2, "").unwrap()),
        ..PppConfig::default()
    };
    let mut script = Script::new(config);
    script.lcp_up(false);
    script.authenticate_server();
    script.tell(CCP, 1, 5, "1206 01000041");
    assert_eq!(script.newest(CCP, 3), (5, M128.into()));
    script.wait(1100);
    script.ccp_up(M128);
    assert!(script.ppp.encryption().0.is_some());
}
