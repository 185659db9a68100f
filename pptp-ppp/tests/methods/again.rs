//! A peer that has to prove who it is once more, while the link is up.

use super::common::script::CHAP;
use super::common::{End, Pair};
use super::*;

/// A link that is up, whose client is asked once more: the answer is `verdict`, or there is none.
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
        mppc: None,
    };
    let id = pair.request.take().unwrap();
    let verdict = Verdict::Password(PASSWORD);
    pair.b.authorize(pair.now, id, &verdict, grant);
    go(&mut pair);
    assert!(passes(&mut pair));
    assert_eq!(bits(&pair.b).as_deref(), Some("Bits128"));
}
