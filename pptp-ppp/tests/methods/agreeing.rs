//! How two ends agree on a method.

use super::common::script::CHAP;
use super::common::{End, Pair};
use super::*;

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
