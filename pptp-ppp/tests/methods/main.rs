//! Links by every method of authentication, and how the ends agree on one.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

#[path = "../common/mod.rs"]
mod common;

mod again;
mod agreeing;
mod hostile;
mod lost;

use common::script::{CHAP, LCP, frame, hex};
use common::{End, Pair, ipv4};
use core::time::Duration;
use pptp_ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::mschap::NtHash;
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_ppp::{
    ChapMd5, Credentials, Demand, Discard, DownReason, EveryMethod, Grant, Instant, Ipv4Only,
    Methods, Mppe, Network, Pap, Ppp, PppConfig, Profile, Random, Verdict,
};

/// All methods, and no compression.
#[derive(Debug, Clone)]
struct Every;

impl Profile for Every {
    type Suite = Mppe;
    type Auth = EveryMethod;
    type Networks = Ipv4Only;
}

const PAP: u16 = 0xc023;
const USER: &str = "alice";
const PASSWORD: &str = "wonderland";

fn mppe(strengths: Strengths) -> MppePolicy {
    MppePolicy {
        requirement: Requirement::Require,
        strengths,
        modes: Modes::STATELESS,
    }
}

const NONE: MppePolicy = MppePolicy::REFUSE;

fn who(user: &str, methods: Methods) -> Credentials {
    let credentials = Credentials::new(user, PASSWORD).unwrap();
    credentials.with_methods(methods)
}

/// A client that is `user`, with a server that demands one of `demanded`.
fn pair(credentials: Credentials, demanded: Methods, mppe: MppePolicy) -> Pair<Every, Every> {
    let client = PppConfig {
        credentials: Some(credentials),
        mppe,
        ..PppConfig::default()
    };
    let mut server = PppConfig {
        demand: Some(Demand::new(demanded, "server").unwrap()),
        mppe,
        ..PppConfig::default()
    };
    server.ipv4.local = Some([10, 0, 0, 1].into());
    server.ipv4.remote = Some([10, 0, 0, 2].into());
    Pair::new(
        Ppp::new(client, Random::new([1; 32])),
        Ppp::new(server, Random::new([2; 32])),
    )
}

/// Goes on for a while; whoever is asked who somebody is has `verdict`.
fn go_on(pair: &mut Pair<Every, Every>, verdict: &Verdict<'_>) {
    for _ in 0..400 {
        let until = pair.now + Duration::from_millis(100);
        pair.run_with(until, |_, _| true);
        if let Some(id) = pair.request.take() {
            pair.a.authorize(pair.now, id, verdict, Grant::default());
            pair.b.authorize(pair.now, id, verdict, Grant::default());
        }
    }
}

/// The same with the right password.
fn go(pair: &mut Pair<Every, Every>) {
    go_on(pair, &Verdict::Password(PASSWORD));
}

/// The frames of `protocol` that `from` sent, from the code on.
fn said(pair: &Pair<Every, Every>, from: End, protocol: u16) -> Vec<Vec<u8>> {
    let frames = pair.log.iter().filter(|(_, by, _)| *by == from);
    let packets = frames.filter_map(|(_, _, frame)| {
        let rest = frame.strip_prefix(&[0xff, 0x03]).unwrap_or(frame);
        rest.strip_prefix(&protocol.to_be_bytes()[..])
    });
    packets.map(<[u8]>::to_vec).collect()
}

/// The Authentication-Protocol options in the LCP packets with `code` that `from` sent.
fn options(pair: &Pair<Every, Every>, from: End, code: u8) -> Vec<String> {
    let mut found = Vec::new();
    for packet in said(pair, from, LCP).iter().filter(|it| it[0] == code) {
        let mut rest = &packet[4..];
        while rest.len() >= 2 {
            let (option, after) = rest.split_at(usize::from(rest[1]));
            if option[0] == 3 {
                found.push(hex(&option[2..]));
            }
            rest = after;
        }
    }
    found.dedup();
    found
}

fn passes(pair: &mut Pair<Every, Every>) -> bool {
    if !pair.is_up() {
        return false;
    }
    pair.packets.clear();
    let packet = ipv4(b"hello");
    pair.send(End::A, &packet).unwrap();
    pair.send(End::B, &packet).unwrap();
    pair.run(1);
    pair.packets.len() == 2 && pair.packets.iter().all(|(_, it)| *it == packet)
}

fn bits(ppp: &Ppp<Every>) -> Option<String> {
    let (send, receive) = ppp.encryption();
    assert_eq!(send, receive);
    send.map(|encryption| format!("{:?}", encryption.strength))
}

const LAN_MANAGER: Methods = Methods::MS_CHAP_V1.union(Methods::LAN_MANAGER);

#[test]
fn a_link_comes_up_by_each_method_with_what_it_has_keys_for() {
    for (methods, policy, expected) in [
        (Methods::PAP, NONE, None),
        (Methods::CHAP_MD5, NONE, None),
        (Methods::MS_CHAP_V1, NONE, None),
        (
            Methods::MS_CHAP_V1,
            mppe(Strengths::BITS_128),
            Some("Bits128"),
        ),
        (LAN_MANAGER, mppe(Strengths::BITS_40), Some("Bits40")),
        (LAN_MANAGER, mppe(Strengths::BITS_56), Some("Bits56")),
        (LAN_MANAGER, mppe(Strengths::all()), Some("Bits128")),
        (
            Methods::MS_CHAP_V2,
            mppe(Strengths::BITS_128),
            Some("Bits128"),
        ),
    ] {
        let mut pair = pair(who(USER, methods), methods, policy);
        go(&mut pair);
        assert!(passes(&mut pair), "{methods:?}\n{}", pair.transcript());
        assert_eq!(bits(&pair.a).as_deref(), expected, "{methods:?}");
        assert_eq!(bits(&pair.b).as_deref(), expected, "{methods:?}");
        let clear = pair.log.iter().any(|(_, _, frame)| {
            let mut windows = frame.windows(PASSWORD.len());
            windows.any(|it| it == PASSWORD.as_bytes())
        });
        assert_eq!(clear, methods == Methods::PAP, "the password, {methods:?}");
    }
}

#[test]
fn where_there_are_no_keys_there_is_no_link_that_requires_them() {
    for (methods, strengths) in [
        (Methods::PAP, Strengths::BITS_128),
        (Methods::CHAP_MD5, Strengths::BITS_128),
        (Methods::MS_CHAP_V1, Strengths::BITS_40),
    ] {
        let mut pair = pair(who(USER, methods), methods, mppe(strengths));
        go(&mut pair);
        let (a, b) = pair.down_reasons();
        assert_eq!(b, Some(DownReason::NoEncryptionKeys), "{methods:?}");
        assert!(
            matches!(
                a,
                Some(DownReason::NoEncryptionKeys | DownReason::PeerClosed)
            ),
            "{methods:?} {a:?}"
        );
    }
}

#[test]
fn a_wrong_password_ends_the_link_for_that_reason_by_each_method() {
    for methods in [
        Methods::PAP,
        Methods::CHAP_MD5,
        Methods::MS_CHAP_V1,
        Methods::MS_CHAP_V2,
    ] {
        let mut pair = pair(who(USER, methods), methods, NONE);
        go_on(&mut pair, &Verdict::Password("looking-glass"));
        let error = ErrorCode::AuthenticationFailure;
        let expected = (
            Some(DownReason::AuthenticationFailed(error)),
            Some(DownReason::PeerRejected),
        );
        assert_eq!(pair.down_reasons(), expected, "{methods:?}");
    }
}

#[test]
fn what_the_server_says_to_people_is_told() {
    let refusal = Verdict::Reject {
        error: ErrorCode::AccountDisabled,
        retry: false,
        message: b"Come back tomorrow",
    };
    for (methods, error) in [
        (Methods::PAP, ErrorCode::AuthenticationFailure),
        (Methods::CHAP_MD5, ErrorCode::AuthenticationFailure),
        (Methods::MS_CHAP_V1, ErrorCode::AccountDisabled),
    ] {
        let mut pair = pair(who(USER, methods), methods, NONE);
        go_on(&mut pair, &refusal);
        let told: Vec<&str> = pair
            .events
            .iter()
            .filter(|(end, _)| *end == End::A)
            .map(|(_, event)| event.as_str())
            .filter(|event| !event.starts_with("LinkUp"))
            .collect();
        let text: Vec<u8> = b"Come back tomorrow".to_vec();
        let down = DownReason::AuthenticationFailed(error);
        let expected = [format!("AuthMessage({text:?})"), format!("Down({down:?})")];
        let told: Vec<_> = told
            .into_iter()
            .filter(|event| !event.starts_with("PeerTerminates"))
            .collect();
        assert_eq!(told, expected, "{methods:?}");
    }
}

/// The domain goes along, and is not hashed; `user@realm` is a name like others.
#[test]
fn a_domain_goes_along_with_the_name() {
    for name in [r"CORP\alice", "alice@corp.example", r"A\B\alice", "", "Zoë"] {
        for methods in [
            Methods::PAP,
            Methods::CHAP_MD5,
            Methods::MS_CHAP_V1,
            Methods::MS_CHAP_V2,
        ] {
            let mut pair = pair(who(name, methods), methods, NONE);
            go(&mut pair);
            assert!(passes(&mut pair), "{name} {methods:?}");
            let asked = pair.events.iter().find(|it| it.1.contains("AuthRequest("));
            let (end, event) = asked.unwrap();
            let shown = if name == "Zoë" {
                "Zo"
            } else {
                &name.replace('\\', "")
            };
            assert_eq!(*end, End::B);
            assert!(
                event.replace('\\', "").contains(shown),
                "{event} {methods:?}"
            );
        }
    }
}

#[test]
fn a_name_of_256_octets_is_never_cut() {
    let name = "n".repeat(256);
    for methods in [Methods::CHAP_MD5, Methods::MS_CHAP_V1, Methods::MS_CHAP_V2] {
        let mut pair = pair(who(&name, methods), methods, NONE);
        go(&mut pair);
        assert!(passes(&mut pair), "{methods:?}");
        let responses = said(&pair, End::A, CHAP);
        assert!(responses[0].ends_with(name.as_bytes()));
    }
    // PAP has no room for it: nothing is sent, and it is said why.
    let mut pair = pair(who(&name, Methods::PAP), Methods::PAP, NONE);
    go(&mut pair);
    assert_eq!(pair.a.down_reason(), Some(DownReason::CredentialsWanted));
    assert!(said(&pair, End::A, PAP).is_empty());
    assert!(Credentials::new(&"n".repeat(257), PASSWORD).is_err());
}

#[test]
fn a_lost_answer_comes_again_by_each_method() {
    for methods in [
        Methods::PAP,
        Methods::CHAP_MD5,
        Methods::MS_CHAP_V1,
        Methods::MS_CHAP_V2,
    ] {
        let protocol = if methods == Methods::PAP { PAP } else { CHAP };
        for lost in 0..6 {
            let mut pair = pair(who(USER, methods), methods, NONE);
            let mut left = lost;
            for _ in 0..400 {
                let until = pair.now + Duration::from_millis(100);
                pair.run_with(until, |_, frame| {
                    let auth = frame
                        .windows(2)
                        .take(3)
                        .any(|it| it == protocol.to_be_bytes());
                    let loses = auth && left > 0;
                    left -= i32::from(loses);
                    !loses
                });
                if let Some(id) = pair.request.take() {
                    let verdict = Verdict::Password(PASSWORD);
                    pair.b.authorize(pair.now, id, &verdict, Grant::default());
                }
            }
            assert!(passes(&mut pair), "{methods:?} {lost}");
        }
    }
}

/// A set costs what is in it: its frames, and its memory.
#[test]
fn a_set_has_the_methods_that_are_in_it_and_no_others() {
    #[derive(Debug, Clone)]
    struct OnlyPap;
    impl Profile for OnlyPap {
        type Suite = Mppe;
        type Auth = Pap;
        type Networks = Ipv4Only;
    }
    #[derive(Debug, Clone)]
    struct OnlyMd5;
    impl Profile for OnlyMd5 {
        type Suite = Mppe;
        type Auth = ChapMd5;
        type Networks = Ipv4Only;
    }
    let config = |methods| PppConfig {
        credentials: Some(who(USER, methods)),
        mppe: NONE,
        ..PppConfig::default()
    };
    let all = Methods::PAP | Methods::CHAP_MD5 | Methods::MS_CHAP_V2;
    let now = Instant::from_millis(1);
    let mut pap = Ppp::<OnlyPap>::new(config(all), Random::new([1; 32]));
    let mut md5 = Ppp::<OnlyMd5>::new(config(all), Random::new([1; 32]));
    pap.open(now);
    md5.open(now);
    // Asked for MS-CHAPv2, each says the one that it has.
    let mut asks = frame(LCP, 1, 1, &[3, 5, 0xc2, 0x23, 0x81]);
    pap.handle_frame(now, &mut asks.clone()).unwrap();
    md5.handle_frame(now, &mut asks).unwrap();
    let mut out = [0; 1200];
    let mut naks = Vec::new();
    while let Some(sent) = pap.poll_frame(now, &mut out).unwrap() {
        naks.push(hex(sent));
    }
    assert!(
        naks.iter().any(|it| it.ends_with("030100080304c023")),
        "{naks:?}"
    );
    naks.clear();
    while let Some(sent) = md5.poll_frame(now, &mut out).unwrap() {
        naks.push(hex(sent));
    }
    assert!(
        naks.iter().any(|it| it.ends_with("030100090305c22305")),
        "{naks:?}"
    );
    let longest = [
        Ppp::<OnlyPap>::MAX_CONTROL_FRAME,
        Ppp::<Every>::MAX_CONTROL_FRAME,
    ];
    assert!(longest[0] < longest[1], "{longest:?}");
    assert!(size_of::<Ppp<OnlyMd5>>() < size_of::<Ppp<Every>>());
}
