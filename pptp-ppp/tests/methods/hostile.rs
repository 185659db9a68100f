//! Peers that do not keep to what was agreed on.

use super::common::script::{CHAP, LCP, ScriptOf, frame, hex, unhex};
use super::*;
use pptp_ppp::auth;

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
        let value = unhex(&ours)[1..=len].to_vec();
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

/// RFC 2759 §4 has up to 256 octets, and RFC 1334 §2.2.1 as many as one octet counts.
#[test]
fn names_empty_and_of_256_octets_by_each_method() {
    for (methods, option, len) in [
        (Methods::CHAP_MD5, "0305c22305", 16),
        (Methods::MS_CHAP_V1, "0305c22380", 49),
        (Methods::MS_CHAP_V2, "0305c22381", 49),
    ] {
        for octets in [0, 1, 255, 256, 257, 1000] {
            let name = vec![b'n'; octets];
            let mut script = server(methods, option);
            let (identifier, _) = script.newest(CHAP, 1);
            let taken = script.say(&packet(CHAP, 2, identifier, &vec![0; len], &name));
            if octets <= 256 {
                assert_eq!(taken, Ok(None), "{methods:?} {octets}");
                let shown = script.events.iter().find(|it| it.contains("AuthRequest"));
                let named = shown.map(|it| it.matches('n').count());
                assert!(named.is_some_and(|it| it >= octets), "{shown:?}");
            } else {
                let too_long = auth::NameTooLong {
                    len: octets,
                    max: 256,
                };
                let expected = auth::Discard::NameTooLong(too_long);
                assert_eq!(taken, Err(Discard::Authentication(expected)));
                assert!(script.request.is_none());
            }
            // Whatever a server calls itself, it is answered.
            let mut script = client(methods, option);
            let value = match methods {
                Methods::MS_CHAP_V1 => &[7; 8][..],
                _ => &[7; 16],
            };
            script.say(&packet(CHAP, 1, 1, value, &name)).unwrap();
            script.newest(CHAP, 2);
        }
    }
    for octets in [0, 1, 255] {
        let name = vec![b'n'; octets];
        let mut script = server(Methods::PAP, "0304c023");
        let len = u8::try_from(octets).unwrap();
        let request = frame(PAP, 1, 1, &[&[len], &name[..], &[0]].concat());
        assert_eq!(script.say(&request), Ok(None), "{octets}");
        assert!(script.request.is_some());
        // The name that is told is longer than what is there.
        let mut script = server(Methods::PAP, "0304c023");
        let request = frame(PAP, 1, 1, &[&[len], &name[..]].concat());
        let taken = script.say(&request);
        assert!(
            matches!(
                taken,
                Err(Discard::Authentication(auth::Discard::Malformed(_)))
            ),
            "{taken:?}"
        );
        assert!(script.request.is_none());
    }
}
