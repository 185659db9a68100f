//! Links by every method of authentication, and how the ends agree on one.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::script::{CHAP, LCP, ScriptOf, frame, hex};
use common::{End, Pair, ipv4};
use core::time::Duration;
use pptp_ppp::auth;
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

/// Strongest first, and the peer says what it has.
#[test]
fn the_strongest_that_both_have_is_agreed_on() {
    let all = LAN_MANAGER | Methods::MS_CHAP_V2 | Methods::CHAP_MD5 | Methods::PAP;
    for (accepted, asked, suggested) in [
        (all, &["c22381"][..], &[][..]),
        (
            all - Methods::MS_CHAP_V2,
            &["c22381", "c22380"],
            &["c22380"],
        ),
        (
            Methods::CHAP_MD5 | Methods::PAP,
            &["c22381", "c22305"],
            &["c22305"],
        ),
        (Methods::PAP, &["c22381", "c023"], &["c023"]),
    ] {
        let mut pair = pair(who(USER, accepted), all, NONE);
        go(&mut pair);
        assert!(passes(&mut pair), "{accepted:?}\n{}", pair.transcript());
        assert_eq!(options(&pair, End::B, 1), asked, "{accepted:?}");
        assert_eq!(options(&pair, End::A, 3), suggested, "{accepted:?}");
    }
}

/// What is suggested and would not do is not asked for: the next that will do is, to the end.
#[test]
fn nothing_weaker_than_the_policy_is_agreed_on() {
    let demanded = Methods::MS_CHAP_V2 | Methods::MS_CHAP_V1;
    for accepted in [
        Methods::PAP,
        Methods::CHAP_MD5,
        Methods::PAP | Methods::CHAP_MD5,
    ] {
        let mut pair = pair(who(USER, accepted), demanded, NONE);
        go(&mut pair);
        let expected = (
            Some(DownReason::CredentialsWanted),
            Some(DownReason::PeerRefusesAuthentication),
        );
        assert_eq!(pair.down_reasons(), expected, "{}", pair.transcript());
        assert_eq!(options(&pair, End::B, 1), ["c22381", "c22380"]);
        assert!(said(&pair, End::A, PAP).is_empty() && said(&pair, End::A, CHAP).is_empty());
    }
}

/// By default nothing but MS-CHAPv2, whatever the server asks for.
#[test]
fn a_client_gives_its_password_to_no_weaker_method_than_it_was_told() {
    for demanded in [Methods::PAP, Methods::CHAP_MD5, Methods::MS_CHAP_V1] {
        let credentials = Credentials::new(USER, PASSWORD).unwrap();
        let mut pair = pair(credentials, demanded, NONE);
        go(&mut pair);
        assert_eq!(
            pair.down_reasons(),
            (
                Some(DownReason::CredentialsWanted),
                Some(DownReason::PeerRefusesAuthentication)
            ),
            "{demanded:?}"
        );
        assert!(said(&pair, End::A, PAP).is_empty() && said(&pair, End::A, CHAP).is_empty());
        assert_eq!(options(&pair, End::A, 3), ["c22381"], "{demanded:?}");
    }
}

#[test]
fn an_nt_hash_will_do_for_ms_chap_and_for_nothing_else() {
    let all = LAN_MANAGER | Methods::MS_CHAP_V2 | Methods::CHAP_MD5 | Methods::PAP;
    for (demanded, comes_up) in [
        (Methods::PAP, false),
        (Methods::CHAP_MD5, false),
        (LAN_MANAGER, true),
        (Methods::MS_CHAP_V2, true),
    ] {
        let hash = NtHash::from_password(PASSWORD);
        let credentials = Credentials::with_nt_hash(USER.as_bytes(), hash).unwrap();
        let mut pair = pair(credentials.with_methods(all), demanded, NONE);
        go(&mut pair);
        assert_eq!(passes(&mut pair), comes_up, "{demanded:?}");
        let down = (!comes_up).then_some(DownReason::CredentialsWanted);
        assert_eq!(pair.a.down_reason(), down, "{demanded:?}");
    }
}

#[test]
fn both_ends_prove_themselves_each_by_its_own_method() {
    let all = [
        Methods::PAP,
        Methods::CHAP_MD5,
        Methods::MS_CHAP_V1,
        Methods::MS_CHAP_V2,
    ];
    for ours in all {
        for theirs in all {
            let end = |accepted, demanded, seed| {
                let mut config = PppConfig {
                    credentials: Some(who(USER, accepted)),
                    demand: Some(Demand::new(demanded, "end").unwrap()),
                    mppe: NONE,
                    ..PppConfig::default()
                };
                config.ipv4.local = Some([10, 0, 0, seed].into());
                Ppp::<Every>::new(config, Random::new([seed; 32]))
            };
            let mut pair = Pair::new(end(ours, theirs, 1), end(theirs, ours, 2));
            go(&mut pair);
            assert!(
                passes(&mut pair),
                "{ours:?} {theirs:?}\n{}",
                pair.transcript()
            );
        }
    }
}

/// peers.md: the domain goes along, and is not hashed; `user@realm` is a name like others.
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

/// A server of ours with LCP up, that has demanded `methods` of a peer played by hand.
fn server(methods: Methods, option: &str) -> ScriptOf<Every> {
    let config = PppConfig {
        demand: Some(Demand::new(methods, "server").unwrap()),
        mppe: NONE,
        ..PppConfig::default()
    };
    let mut script = ScriptOf::new(config);
    let asked = script.grant(LCP);
    assert!(asked.contains(option), "{asked}");
    script.ask(LCP, 1, "0506 11223344");
    script
}

/// A client of ours with LCP up, that has agreed to prove itself by the method of `option`.
fn client(methods: Methods, option: &str) -> ScriptOf<Every> {
    let config = PppConfig {
        credentials: Some(who(USER, methods)),
        mppe: NONE,
        ..PppConfig::default()
    };
    let mut script = ScriptOf::new(config);
    script.grant(LCP);
    script.ask(LCP, 1, &format!("{option} 0506 11223344"));
    script
}

fn packet(protocol: u16, code: u8, identifier: u8, value: &[u8], name: &[u8]) -> Vec<u8> {
    let size = u8::try_from(value.len()).unwrap();
    frame(protocol, code, identifier, &[&[size], value, name].concat())
}

#[test]
fn a_method_that_was_not_agreed_on_is_not_answered() {
    // PAP, and whoever is there challenges.
    let mut script = client(Methods::PAP | Methods::CHAP_MD5, "0304c023");
    let heard = script.heard();
    assert!(heard.iter().any(|it| (it.0, it.1) == (PAP, 1)), "{heard:?}");
    for len in [8, 16] {
        let challenge = packet(CHAP, 1, 1, &[7; 16][..len], b"");
        assert_eq!(script.say(&challenge), Err(Discard::ProtocolNotUp));
    }
    assert!(script.heard().is_empty());
    // CHAP, and PAP's Ack lets nobody in.
    let mut script = client(Methods::PAP | Methods::CHAP_MD5, "0305c22305");
    script.heard();
    for identifier in 0..=255 {
        let ack = frame(PAP, 2, identifier, b"\0");
        assert_eq!(script.say(&ack), Err(Discard::ProtocolNotUp));
    }
    assert!(script.heard().is_empty() && !script.ppp.is_up(Network::Ipv4));
    // The algorithm is the one agreed on: MS-CHAPv2's Challenge gets the answer of MD5, and MS-CHAPv1 none to one of its own
    // of another length.
    script.say(&packet(CHAP, 1, 1, &[7; 16], b"")).unwrap();
    let (_, answer) = script.newest(CHAP, 2);
    assert!(answer.starts_with("10"));
    let mut script = client(Methods::MS_CHAP_V1, "0305c22380");
    let taken = script.say(&packet(CHAP, 1, 1, &[7; 16], b""));
    assert!(matches!(
        taken,
        Err(Discard::Authentication(auth::Discard::Malformed(_)))
    ));
    // The server's side of it.
    let mut script = server(Methods::CHAP_MD5, "0305c22305");
    let (identifier, _) = script.newest(CHAP, 1);
    let request = frame(PAP, 1, 1, b"\x05alice\x0awonderland");
    assert_eq!(script.say(&request), Err(Discard::ProtocolNotUp));
    let taken = script.say(&packet(CHAP, 2, identifier, &[0; 49], b"alice"));
    assert!(matches!(
        taken,
        Err(Discard::Authentication(auth::Discard::Malformed(_)))
    ));
    assert!(script.request.is_none());
}

/// LCP starts over with another method: what was under way by the first counts no more.
#[test]
fn a_method_that_changes_in_mid_exchange_starts_over() {
    let methods = Methods::MS_CHAP_V2 | Methods::MS_CHAP_V1;
    let mut script = client(methods, "0305c22381");
    script.say(&packet(CHAP, 1, 1, &[7; 16], b"")).unwrap();
    let (identifier, _) = script.newest(CHAP, 2);
    script.tell(LCP, 1, 2, "0305c22380 0506 11223344");
    script.grant(LCP);
    let late = frame(CHAP, 3, identifier, b"");
    assert_eq!(
        script.say(&late),
        Err(Discard::Authentication(auth::Discard::Unexpected))
    );
    script.say(&packet(CHAP, 1, 1, &[7; 8], b"")).unwrap();
    let (identifier, answer) = script.newest(CHAP, 2);
    assert_eq!((answer.len(), &answer[..4]), (2 * 55, "3100"));
    script.tell(CHAP, 3, identifier, "");
    assert!(script.events.contains(&"Authenticated".to_owned()));
    // To one that was not allowed it does not change at all.
    let mut script = client(Methods::MS_CHAP_V2, "0305c22381");
    script.say(&packet(CHAP, 1, 1, &[7; 16], b"")).unwrap();
    script.heard();
    script.tell(LCP, 1, 2, "0304c023 0506 11223344");
    let heard = script.heard();
    let nak = heard.iter().find(|it| (it.0, it.1) == (LCP, 3)).unwrap();
    assert_eq!(nak.3, "0305c22381");
    assert!(heard.iter().all(|it| it.0 != PAP));
}

/// A challenge of our own comes back, in the hope of an answer that would be good for logging in to us.
#[test]
fn our_own_challenge_is_never_answered() {
    for (methods, option, len) in [
        (Methods::CHAP_MD5, "0305c22305", 16),
        (Methods::MS_CHAP_V1, "0305c22380", 8),
        (Methods::MS_CHAP_V2, "0305c22381", 16),
    ] {
        let config = PppConfig {
            credentials: Some(who(USER, methods)),
            demand: Some(Demand::new(methods, "server").unwrap()),
            mppe: NONE,
            ..PppConfig::default()
        };
        let mut script = ScriptOf::<Every>::new(config);
        script.grant(LCP);
        script.ask(LCP, 1, &format!("{option} 0506 11223344"));
        let (identifier, ours) = script.newest(CHAP, 1);
        let value = common::script::unhex(&ours)[1..=len].to_vec();
        for name in [&b"server"[..], b""] {
            let reflected = packet(CHAP, 1, identifier, &value, name);
            assert_eq!(
                script.say(&reflected),
                Err(Discard::Authentication(auth::Discard::OwnChallenge)),
                "{methods:?}"
            );
        }
        assert!(script.heard().is_empty(), "{methods:?}");
        if methods == Methods::CHAP_MD5 {
            continue;
        }
        // Nor in a Failure that allows another try.
        script
            .say(&packet(CHAP, 1, 9, &[9; 16][..len], b""))
            .unwrap();
        script.newest(CHAP, 2);
        let failure = format!("E=691 R=1 C={} V=3", hex(&value));
        script.say(&frame(CHAP, 4, 9, failure.as_bytes())).unwrap();
        assert!(script.ppp.password_wanted().is_none(), "{methods:?}");
    }
}

#[test]
fn identifiers_out_of_step_are_no_answers() {
    for (methods, option) in [
        (Methods::CHAP_MD5, "0305c22305"),
        (Methods::MS_CHAP_V1, "0305c22380"),
    ] {
        let len = if methods == Methods::CHAP_MD5 { 16 } else { 49 };
        let mut script = server(methods, option);
        let (ours, _) = script.newest(CHAP, 1);
        for identifier in (0..=255).filter(|it| *it != ours) {
            let taken = script.say(&packet(CHAP, 2, identifier, &[1; 49][..len], b"alice"));
            assert_eq!(
                taken,
                Err(Discard::Authentication(auth::Discard::WrongIdentifier))
            );
        }
        assert!(script.request.is_none());
        let mut script = client(methods, option);
        script.say(&packet(CHAP, 1, 7, &[1; 8], b"")).unwrap();
        script.newest(CHAP, 2);
        for identifier in (0..=255).filter(|it| *it != 7) {
            let taken = script.say(&frame(CHAP, 3, identifier, b""));
            assert_eq!(
                taken,
                Err(Discard::Authentication(auth::Discard::WrongIdentifier))
            );
        }
        assert!(!script.events.contains(&"Authenticated".to_owned()));
    }
}

/// Whoever answers a thousand times has one attempt, and one where another try is allowed has as many as there may be.
#[test]
fn a_storm_of_answers_is_one_attempt() {
    for (methods, option, value) in [
        (Methods::PAP, "0304c023", None),
        (Methods::CHAP_MD5, "0305c22305", Some(16)),
        (Methods::MS_CHAP_V1, "0305c22380", Some(49)),
    ] {
        let mut script = server(methods, option);
        let mut requests = 0;
        for guess in 0..1000_u16 {
            let guessed = guess.to_be_bytes().repeat(25);
            let answer = match value {
                None => frame(PAP, 1, guessed[1], &[&[1, b'a', 2], &guessed[..2]].concat()),
                // The identifiers count on with the tries.
                Some(len) => packet(CHAP, 2, guessed[1] % 8, &guessed[..len], b"alice"),
            };
            let _ = script.say(&answer);
            if let Some(id) = script.request.take() {
                requests += 1;
                let verdict = Verdict::Reject {
                    error: ErrorCode::AuthenticationFailure,
                    retry: true,
                    message: b"",
                };
                let grant = Grant::default();
                script.ppp.authorize(script.now, id, &verdict, grant);
                script.drain();
            }
        }
        let allowed = if methods == Methods::MS_CHAP_V1 { 5 } else { 1 };
        assert_eq!(requests, allowed, "{methods:?}");
        assert_eq!(
            script.ppp.down_reason(),
            Some(DownReason::PeerRejected),
            "{methods:?}"
        );
    }
}

/// A server that says "try again" for ever, to somebody who does.
#[test]
fn a_failure_that_never_ends_has_an_end() {
    let credentials = who(USER, Methods::MS_CHAP_V1).asking();
    let mut pair = pair(credentials, Methods::MS_CHAP_V1, NONE);
    let mut tries = 0;
    for _ in 0..400 {
        let until = pair.now + Duration::from_millis(100);
        pair.run_with(until, |_, _| true);
        let (now, liar) = (
            pair.now,
            Verdict::Reject {
                error: ErrorCode::AuthenticationFailure,
                retry: true,
                message: b"",
            },
        );
        if let Some(id) = pair.request.take() {
            pair.b.authorize(now, id, &liar, Grant::default());
        }
        if pair.a.password_wanted().is_some_and(|wanted| wanted.retry) {
            tries += 1;
            pair.a.retry(now, who(USER, Methods::MS_CHAP_V1)).unwrap();
        }
    }
    assert!((1..=5).contains(&tries), "{tries}");
    let down = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    assert_eq!(pair.a.down_reason(), Some(down));
}

/// As above, to a link that is up: the answer is `verdict`, or there is none.
fn again(methods: Methods, verdict: Option<&Verdict<'_>>) -> Pair<Every, Every> {
    let encrypts = Methods::MS_CHAP_V1 | Methods::MS_CHAP_V2;
    let policy = if encrypts.contains(methods) {
        mppe(Strengths::BITS_128)
    } else {
        NONE
    };
    let mut pair = pair(who(USER, methods), methods, policy);
    assert!(!pair.b.reauthenticate(pair.now));
    go(&mut pair);
    assert!(passes(&mut pair), "{methods:?}");
    pair.events.clear();
    assert!(pair.b.reauthenticate(pair.now));
    match verdict {
        Some(verdict) => go_on(&mut pair, verdict),
        None => {
            let until = pair.now + Duration::from_secs(60);
            pair.run_with(until, |from, _| from == End::B);
        }
    }
    pair
}

/// RFC 1994 §4.1.
#[test]
fn a_peer_is_asked_again_while_the_link_is_up() {
    for methods in [Methods::CHAP_MD5, Methods::MS_CHAP_V1, Methods::MS_CHAP_V2] {
        let mut right = again(methods, Some(&Verdict::Password(PASSWORD)));
        assert!(passes(&mut right), "{methods:?}");
        for end in [End::A, End::B] {
            let told = right.events.contains(&(end, "Authenticated".to_owned()));
            assert!(told, "{end:?} {methods:?} {:?}", right.events);
        }
        // And once more: it is another challenge.
        assert!(right.b.reauthenticate(right.now));
        go(&mut right);
        assert!(passes(&mut right), "{methods:?}");
        let mut asked = said(&right, End::B, CHAP);
        asked.retain(|packet| packet[0] == 1);
        let values: std::collections::HashSet<_> = asked.iter().map(|it| &it[5..13]).collect();
        assert_eq!(values.len(), 3, "{methods:?}");
        let wrong = again(methods, Some(&Verdict::Password("looking-glass")));
        let error = ErrorCode::AuthenticationFailure;
        let expected = (
            Some(DownReason::AuthenticationFailed(error)),
            Some(DownReason::PeerRejected),
        );
        assert_eq!(wrong.down_reasons(), expected, "{methods:?}");
        let silent = again(methods, None);
        assert_eq!(
            silent.b.down_reason(),
            Some(DownReason::AuthenticationTimeout),
            "{methods:?}"
        );
    }
    // By PAP it cannot be asked.
    let mut pair = pair(who(USER, Methods::PAP), Methods::PAP, NONE);
    go(&mut pair);
    assert!(
        passes(&mut pair) && !pair.b.reauthenticate(pair.now) && !pair.a.reauthenticate(pair.now)
    );
}

/// What a user gets is settled when the link comes up.
#[test]
fn a_grant_does_not_count_the_second_time() {
    let methods = Methods::MS_CHAP_V2;
    let mut pair = pair(who(USER, methods), methods, mppe(Strengths::BITS_128));
    go(&mut pair);
    assert!(pair.b.reauthenticate(pair.now));
    pair.run_with(pair.now + Duration::from_millis(100), |_, _| true);
    let grant = Grant {
        address: Some([10, 9, 9, 9].into()),
        mppe: Some(NONE),
    };
    let id = pair.request.take().unwrap();
    let verdict = Verdict::Password(PASSWORD);
    pair.b.authorize(pair.now, id, &verdict, grant);
    go(&mut pair);
    assert!(passes(&mut pair));
    assert_eq!(bits(&pair.b).as_deref(), Some("Bits128"));
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
    assert!(Ppp::<OnlyPap>::MAX_CONTROL_FRAME < Ppp::<Every>::MAX_CONTROL_FRAME);
    assert!(size_of::<Ppp<OnlyMd5>>() < size_of::<Ppp<Every>>());
}
