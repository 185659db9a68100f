//! What is agreed on, and what becomes of that.

use super::*;
use common::{End as Which, Pair};
use pptp_ppp::config::Ipv4Config;
use pptp_ppp::{Demand, Grant, Methods, Ppp, Random, Verdict};

#[test]
fn it_is_asked_for_only_where_policy_and_suite_have_it() {
    let c = "120601000041";
    assert_eq!(asked(&network::<Full>(REQUIRE)), c);
    assert_eq!(asked(&network::<Minimal>(REQUIRE)), "120601000040");
    assert_eq!(asked(&network::<Full>(STATEFUL)), "120600000041");
    assert_eq!(asked(&network::<Full>(MppePolicy::REFUSE)), "120600000001");
    assert_eq!(asked(&network::<Full>(ALONE_STATELESS)), "120601000001");
    let without = PppConfig {
        mppc: false,
        ..config(REQUIRE)
    };
    let mut script: End = ScriptOf::client_up_to_network(without);
    assert_eq!(asked(&script), "120601000040");
    // As before: RRAS, Windows 2000, and one that has MPPC alone.
    for options in ["120601000041", "1206010000e1", "120600000001"] {
        let m128 = "120601000040".to_owned();
        assert_eq!(answer(&mut script, options), (3, m128), "{options}");
    }
}

#[test]
fn it_is_granted_with_the_best_encryption() {
    let all = MppePolicy {
        strengths: Strengths::all(),
        modes: Modes::all(),
        ..REQUIRE
    };
    // Whoever asks, what is granted or suggested.
    for (policy, options, said) in [
        (REQUIRE, "01000041", (2, "01000041")),
        (REQUIRE, "010000e1", (3, "01000041")),
        (REQUIRE, "01000040", (2, "01000040")),
        (REQUIRE, "00000041", (3, "01000041")),
        (REQUIRE, "01000051", (3, "01000041")),
        (STATEFUL, "01000041", (3, "00000041")),
        (all, "000000e1", (3, "00000041")),
        (all, "01000021", (2, "01000021")),
        // Encryption is required: compression alone will not do, however often it is asked for.
        (REQUIRE, "00000001", (3, "01000041")),
        (REQUIRE, "01000001", (3, "01000041")),
        // Encryption is refused, and the mode left to the peer, or not.
        (MppePolicy::REFUSE, "00000001", (2, "00000001")),
        (MppePolicy::REFUSE, "01000001", (2, "01000001")),
        (MppePolicy::REFUSE, "01000041", (3, "01000001")),
        (MppePolicy::REFUSE, "01000040", (4, "01000040")),
        (MppePolicy::REFUSE, "00000000", (4, "00000000")),
        (ALONE_STATELESS, "00000001", (3, "01000001")),
    ] {
        let mut script = network(policy);
        let said = (said.0, format!("1206{}", said.1));
        assert_eq!(
            answer(&mut script, &format!("1206{options}")),
            said,
            "{options}"
        );
    }
    // Others are rejected as before.
    let deflate = "1a047800";
    assert_eq!(answer(&mut network(REQUIRE), deflate), (4, deflate.into()));
}

#[test]
fn where_encryption_may_be_missing_it_is_prompted_for_and_then_done_without() {
    let mut script: End = network(ALLOW);
    let alone = "120600000001";
    let suggested = "120601000041".to_owned();
    assert_eq!(answer(&mut script, alone), (3, suggested.clone()));
    assert_eq!(answer(&mut script, alone), (3, suggested));
    // Stateless, as the policy has it.
    assert_eq!(answer(&mut script, alone), (3, "120601000001".into()));
    assert_eq!(
        answer(&mut script, "120601000001"),
        (2, "120601000001".into())
    );
}

#[test]
fn a_peer_without_it_gets_encryption_alone() {
    // RRAS as a client takes less from a Nak; others reject the whole.
    for code in [3, 4] {
        let mut script: End = network(REQUIRE);
        let (identifier, options) = script.newest(CCP, 1);
        let said = if code == 3 { "120601000040" } else { &options };
        script.tell(CCP, code, identifier, said);
        assert_eq!(asked(&script), "120601000040", "{code}");
        assert_eq!(script.down_reason(), None);
        // What is rejected for good ends it as before.
        let (identifier, options) = script.newest(CCP, 1);
        script.tell(CCP, 4, identifier, &options);
        assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
    }
}

#[test]
fn of_a_nak_compression_alone_is_taken_only_where_encryption_may_be_missing() {
    for (policy, then) in [(REQUIRE, "01000040"), (ALLOW, "01000001")] {
        let mut script: End = network(policy);
        let (identifier, _) = script.newest(CCP, 1);
        script.tell(CCP, 3, identifier, "120601000001");
        let asked = asked(&script);
        // Still with encryption, whatever else is in it.
        assert_eq!(asked[..11], format!("1206{then}")[..11], "{policy:?}");
    }
}

#[test]
fn each_direction_has_its_own_and_the_user_is_told() {
    let mut script: End = network(REQUIRE);
    script.ccp_up("120601000040");
    let (send, receive) = script.ppp.compression();
    assert_eq!((send, receive.unwrap().mode), (None, Mode::Stateless));
    assert!(script.ppp.encryption().0.is_some() && script.ppp.encryption().1.is_some());
    let place = |start: &str| {
        script
            .events
            .iter()
            .position(|event| event.starts_with(start))
    };
    assert!(place("Encryption").unwrap() < place("Compression").unwrap());
    assert_eq!(receive.unwrap().to_string(), "MPPC stateless");
    // Neither: nothing is told.
    let mut script: ScriptOf<Full> = network(REQUIRE);
    let (identifier, _) = script.newest(CCP, 1);
    script.tell(CCP, 3, identifier, "120601000040");
    script.ccp_up("120601000040");
    assert_eq!(script.ppp.compression(), (None, None));
    assert!(
        script
            .events
            .iter()
            .all(|event| !event.starts_with("Compression"))
    );
}

#[test]
fn a_reset_request_flushes_and_gets_no_ack() {
    for (policy, options) in [
        (MppePolicy::REFUSE, "120600000001"),
        (REQUIRE, "120601000041"),
        (STATEFUL, "120600000041"),
    ] {
        let mut script = up(policy, options);
        script.send(&text(0)).unwrap();
        script.send(&text(1)).unwrap();
        script.tell(CCP, 14, 33, "");
        assert_eq!(script.sent, [], "no Reset-Ack");
        let header = header(&script.send(&text(2)).unwrap());
        assert_eq!(header & 0xa000, 0xa000, "A and C");
    }
    // Nothing to reset.
    let mut script: Script = network(MppePolicy::REFUSE);
    let reset = frame(CCP, 14, 33, &[]);
    assert_eq!(script.say(&reset), Err(Discard::EncryptionNotUp));
}

#[test]
fn where_encryption_is_required_compression_alone_is_no_link() {
    let mut script: End = network(REQUIRE);
    // The peer says that it grants what it was not asked for, or less.
    let (identifier, _) = script.clone().newest(CCP, 1);
    let lie = frame(CCP, 2, identifier, &unhex("120600000001"));
    assert_eq!(script.say(&lie), Err(Discard::WrongOptions));
    for identifier in 66..86 {
        script.tell(CCP, 1, identifier, "120600000001");
        if script.down_reason().is_some() {
            break;
        }
        assert_eq!(script.newest(CCP, 3).0, identifier);
    }
    assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
}

#[test]
fn a_link_with_nothing_but_compression_lives_on_what_may_happen_to_it() {
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    let mut peer = Peer::new();
    script.say(&peer.send(&text(0))).unwrap();
    assert_eq!(header(&script.send(&text(0)).unwrap()), 0x6000);
    // It is negotiated anew: everything is at its start again.
    script.tell(CCP, 1, 9, "120600000001");
    script.grant(CCP);
    assert!(script.ppp.is_up(Network::Ipv4));
    assert_eq!(header(&script.send(&text(0)).unwrap()), 0x6000);
    assert_eq!(script.say(&Peer::new().send(&text(7))), Ok(Some(text(7))));
    // The peer wants no more of it: packets go as they are.
    script.tell(LCP, 8, 9, "00fd6000");
    assert_eq!(script.send(&text(0)).unwrap().protocol, 0x0021);
    assert_eq!(script.down_reason(), None);
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    script.tell(CCP, 5, 9, "");
    assert_eq!(script.send(&text(0)).unwrap().protocol, 0x0021);
    assert_eq!(script.down_reason(), None);
}

#[test]
fn a_peer_without_ccp_gets_packets_as_they_are() {
    let mut script: End = network(MppePolicy::REFUSE);
    script.ipcp_up();
    script.tell(LCP, 8, 3, "80fd0101000a120600000001");
    assert!(script.ppp.is_up(Network::Ipv4));
    assert_eq!(script.send(&text(0)).unwrap().protocol, 0x0021);
}

#[test]
fn the_peers_lost_ack_is_seen_from_what_it_sends() {
    for (policy, options) in [
        (REQUIRE, "120601000041"),
        (STATEFUL, "120600000041"),
        (MppePolicy::REFUSE, "120600000001"),
    ] {
        let mut script: End = network(policy);
        script.ask(CCP, 1, options);
        let (first, second) = if policy == MppePolicy::REFUSE {
            let mut peer = Peer::new();
            (peer.send(&text(0)), peer.send(&text(1)))
        } else {
            let mut peer = Compressing::new(&script, mode_of(policy));
            (peer.seal(&text(0)), peer.seal(&text(1)))
        };
        // What is no packet proves nothing.
        let mut wrong = first.clone();
        wrong[3..8].fill(0xee);
        assert!(script.say(&wrong).is_err());
        assert_eq!(script.ppp.compression(), (None, None), "{options}");
        assert_eq!(script.say(&first), Err(Discard::NetworkNotUp));
        assert!(script.ppp.compression().1.is_some(), "{options}");
        let mut script = script.clone();
        script.wait(1100);
        script.ipcp_up();
        assert_eq!(script.say(&second), Ok(Some(text(1))));
    }
}

/// A server that knows who comes, before CCP starts, and what of it they get.
#[test]
fn one_user_gets_it_and_another_does_not() {
    fn agreed<P: Profile>(configured: bool, granted: Option<bool>) -> [bool; 2] {
        let client = Ppp::<Full>::new(config(REQUIRE), Random::new([1; 32]));
        let server = PppConfig {
            mppe: REQUIRE,
            mppc: configured,
            demand: Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
            ipv4: Ipv4Config {
                local: Some([10, 0, 0, 1].into()),
                remote: Some([10, 0, 0, 2].into()),
                ..Ipv4Config::default()
            },
            ..PppConfig::default()
        };
        let server = Ppp::<P>::new(server, Random::new([2; 32]));
        let mut pair = Pair::new(client, server);
        pair.run(1);
        let id = pair.request.take().unwrap();
        let grant = Grant {
            mppc: granted,
            ..Grant::default()
        };
        let verdict = Verdict::Password(PASSWORD);
        pair.b.authorize(pair.now, id, &verdict, grant);
        pair.run(5);
        assert!(pair.is_up(), "{}", pair.transcript());
        let (send, receive) = pair.b.encryption();
        assert!(send.is_some() && receive.is_some());
        for end in [Which::A, Which::B] {
            pair.send(end, &text(1)).unwrap();
        }
        pair.run(1);
        let both = [(Which::B, text(1)), (Which::A, text(1))];
        assert_eq!(pair.packets, both, "{configured} {granted:?}");
        let (send, receive) = pair.b.compression();
        [send.is_some(), receive.is_some()]
    }
    for configured in [false, true] {
        for granted in [None, Some(false), Some(true)] {
            let wanted = granted.unwrap_or(configured);
            let has = agreed::<Full>(configured, granted);
            assert_eq!(has, [wanted; 2], "{configured} {granted:?}");
        }
    }
    // Nobody gets what is not there.
    assert_eq!(agreed::<Minimal>(true, Some(true)), [false; 2]);
}

#[test]
fn memory_is_taken_where_it_is_said() {
    use pptp_ppp::{Ipv4Only, Mppe};
    /// All that Full has but MPPC.
    #[derive(Debug, Clone)]
    struct WithoutMppc;
    impl Profile for WithoutMppc {
        type Suite = Mppe;
        type Auth = <Full as Profile>::Auth;
        type Networks = Ipv4Only;
    }
    let (without, full) = (size_of::<Ppp<WithoutMppc>>(), size_of::<Ppp<Full>>());
    println!("Ppp<Full>: {full} octets, without MPPC {without}");
    assert!(full - without < 21_000);
}

#[cfg(feature = "alloc")]
#[test]
fn on_the_heap_it_takes_nothing_before_it_is_agreed_on() {
    use pptp_ppp::{AllocMppcMppe, Ipv4Only, MsChapV2};
    #[derive(Debug, Clone)]
    struct OnHeap;
    impl Profile for OnHeap {
        type Suite = AllocMppcMppe;
        type Auth = MsChapV2;
        type Networks = Ipv4Only;
    }
    assert!(size_of::<Ppp<OnHeap>>() <= size_of::<Ppp<Minimal>>() + 16);
    // The same octets as with memory of its own.
    let mut heap: ScriptOf<OnHeap> = network(MppePolicy::REFUSE);
    heap.ccp_up("120600000001");
    heap.ipcp_up();
    let mut own = up(MppePolicy::REFUSE, "120600000001");
    for number in 0..100 {
        assert_eq!(heap.send(&text(number)), own.send(&text(number)));
    }
    let mut peer = Peer::new();
    for number in 0..100 {
        assert_eq!(heap.say(&peer.send(&text(number))), Ok(Some(text(number))));
    }
    let mut heap: ScriptOf<OnHeap> = network(REQUIRE);
    heap.ccp_up("120601000041");
    heap.ipcp_up();
    assert!(header(&heap.send(&text(0)).unwrap()) & 0xb000 == 0xb000);
}
