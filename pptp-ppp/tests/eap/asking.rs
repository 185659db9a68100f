//! The rules for the end that asks.

use super::ends::{Asked, Asking, BUILT_IN, converse, packet};
use md5::{Digest as _, Md5};
use pptp_ppp::auth::eap::{Authenticator, Step};
use pptp_ppp::auth::{Discard, Methods, Verdict};
use pptp_ppp::mschap::NtHash;
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_ppp::{DownReason, Proof};

const RIGHT: Verdict<'_> = Verdict::Password("wonderland");

#[test]
fn the_strongest_is_offered_first() {
    for (methods, kind) in [
        (BUILT_IN, 26),
        (Methods::EAP_MD5, 4),
        (Methods::EAP_MS_CHAP_V2, 26),
    ] {
        let mut asking = Asking::identified(methods, b"alice");
        assert_eq!(asking.asks().1[0], kind);
    }
}

/// RFC 3748 §5.3.1.
#[test]
fn after_a_nak_comes_what_both_have() {
    let mut asking = Asking::identified(BUILT_IN, b"alice");
    let (identifier, data) = asking.asks();
    assert_eq!(data[0], 26);
    assert_eq!(asking.answer(identifier, &[3, 13, 4]), Ok(Step::Nothing));
    let (next, data) = asking.asks();
    assert_eq!((next, data[0]), (identifier.wrapping_add(1), 4));
}

#[test]
fn a_nak_leads_to_nothing_that_is_not_allowed() {
    for nak in [&[3, 4][..], &[3, 0], &[3, 13, 25], &[3, 26]] {
        let mut asking = Asking::identified(Methods::EAP_MS_CHAP_V2, b"alice");
        let (identifier, _) = asking.asks();
        assert_eq!(asking.answer(identifier, nak), Ok(Step::Nothing));
        let failed = Step::Failed(DownReason::PeerRefusesAuthentication);
        assert_eq!(
            asking.says(),
            Some((packet(4, identifier, &[]), failed)),
            "{nak:?}"
        );
    }
    // What was refused is not offered again.
    let mut asking = Asking::identified(BUILT_IN, b"alice");
    let (identifier, _) = asking.asks();
    asking.answer(identifier, &[3, 4]).unwrap();
    let (identifier, _) = asking.asks();
    asking.answer(identifier, &[3, 26]).unwrap();
    assert_eq!(asking.says().unwrap().0, packet(4, identifier, &[]));
}

/// RFC 3748 §5.3.1: a Nak answers the first Request of a method, and no Identity; §5.3.2: the long one a long Request.
#[test]
fn a_nak_out_of_place_is_dropped() {
    let mut asking = Asking::new(BUILT_IN);
    let (identifier, _) = asking.asks();
    assert_eq!(asking.answer(identifier, &[3, 4]), Err(Discard::Unexpected));
    asking.answer(identifier, b"\x01alice").unwrap();
    let (identifier, _) = asking.asks();
    let long = [254, 0, 0, 0, 0, 0, 0, 3, 254, 0, 0, 0, 0, 0, 0, 4];
    assert_eq!(asking.answer(identifier, &long), Err(Discard::Unexpected));
    assert!(asking.answer(identifier, &[3]).is_err(), "empty");
    assert_eq!(asking.says(), None);
}

/// RFC 3748 §4.1, §4.3.
#[test]
fn a_request_is_sent_again_and_stays_the_same() {
    let mut asking = Asking::identified(BUILT_IN, b"alice");
    let first = asking.asks();
    for _ in 1..Authenticator::MAX_REQUESTS {
        assert_eq!(asking.wait(), Some(Step::Nothing));
        assert_eq!(asking.asks(), first);
    }
    let failed = Step::Failed(DownReason::AuthenticationTimeout);
    assert_eq!(asking.wait(), Some(failed));
    assert_eq!(asking.says(), None);
    assert_eq!(asking.wait(), None);
}

/// RFC 3748 §4.1.
#[test]
fn a_response_to_something_else_is_dropped() {
    let mut asking = Asking::new(BUILT_IN);
    let (identifier, _) = asking.asks();
    for wrong in [identifier.wrapping_sub(1), identifier.wrapping_add(1)] {
        assert_eq!(
            asking.answer(wrong, b"\x01alice"),
            Err(Discard::WrongIdentifier)
        );
    }
    assert_eq!(
        asking.answer(identifier, b"\x04\x10"),
        Err(Discard::Unexpected)
    );
    // The peer does not ask, nor say how it ends.
    for code in [1, 3, 4, 5] {
        let bytes = packet(code, identifier, b"\x01alice");
        assert_eq!(asking.take(&bytes), Err(Discard::UnknownCode(code)));
    }
    assert_eq!(asking.answer(identifier, b"\x01alice"), Ok(Step::Nothing));
    assert_eq!(
        asking.answer(identifier, b"\x01alice"),
        Err(Discard::WrongIdentifier)
    );
}

fn md5_presented(password: &str) -> Asking {
    let mut asking = Asking::identified(Methods::EAP_MD5, b"alice");
    let (identifier, data) = asking.asks();
    assert_eq!(data[..2], [4, 16]);
    assert_eq!(data[18..], *b"server");
    let text = [&[identifier], password.as_bytes(), &data[2..18]].concat();
    let answer = [&[4, 16], &Md5::digest(text)[..], b"somebody"].concat();
    assert_eq!(asking.answer(identifier, &answer), Ok(Step::Requested));
    // Once presented it is presented.
    assert_eq!(asking.answer(identifier, &answer), Err(Discard::Unexpected));
    asking
}

/// RFC 3748 §5.4. The Identity is who it is.
#[test]
fn md5_is_verified_with_the_password_alone() {
    let mut asking = md5_presented("wonderland");
    assert_eq!(asking.presented(), b"alice");
    assert_eq!(asking.judge(&RIGHT), Step::Done);
    assert!(asking.authenticator.is_authenticated());
    let (said, step) = asking.says().unwrap();
    assert_eq!((said[0], said.len(), step), (3, 4, Step::Nothing));
    let hash = NtHash::from_password("wonderland");
    for (password, verdict) in [
        ("looking-glass", RIGHT),
        ("wonderland", Verdict::WRONG_PASSWORD),
        ("wonderland", Verdict::NtHash(&hash)),
        ("", RIGHT),
    ] {
        let mut asking = md5_presented(password);
        assert_eq!(asking.judge(&verdict), Step::Nothing);
        let (said, step) = asking.says().unwrap();
        assert_eq!(said[0], 4);
        assert_eq!(step, Step::Failed(DownReason::PeerRejected));
        assert!(!asking.authenticator.is_authenticated());
    }
    // Somebody else, such as a RADIUS server, may have verified it.
    let mut asking = md5_presented("anything");
    assert_eq!(asking.judge(&Verdict::Accept { keys: None }), Step::Done);
}

#[test]
fn both_ends_find_together() {
    for (theirs, ours, keys) in [
        (BUILT_IN, BUILT_IN, true),
        (Methods::EAP_MS_CHAP_V2, BUILT_IN, true),
        (BUILT_IN, Methods::EAP_MS_CHAP_V2, true),
        (Methods::EAP_MD5, BUILT_IN, false),
        (BUILT_IN, Methods::EAP_MD5, false),
    ] {
        let (mut asked, mut asking) = (Asked::new(theirs), Asking::new(ours));
        let steps = converse(&mut asked, &mut asking, &RIGHT);
        assert_eq!(steps, [Step::Requested, Step::Done, Step::Done]);
        assert_eq!(asked.peer.keys().is_some(), keys);
        let (peer, authenticator) = (asked.peer.keys(), asking.authenticator.keys());
        assert_eq!(peer.map(|it| &it.send), authenticator.map(|it| &it.receive));
        assert_eq!(peer.map(|it| &it.receive), authenticator.map(|it| &it.send));
    }
}

#[test]
fn a_wrong_password_ends_in_failure() {
    let refused = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    for methods in [Methods::EAP_MS_CHAP_V2, Methods::EAP_MD5] {
        let (mut asked, mut asking) = (Asked::new(methods), Asking::new(BUILT_IN));
        let verdict = Verdict::Password("looking-glass");
        let steps = converse(&mut asked, &mut asking, &verdict);
        let expected = [
            Step::Requested,
            Step::Failed(DownReason::PeerRejected),
            Step::Failed(refused),
        ];
        assert_eq!(steps, expected);
    }
}

/// RFC 2759 §6, and the Identifiers of EAP go on.
#[test]
fn another_try_answers_the_failure() {
    let (mut asked, mut asking) = (Asked::new(BUILT_IN), Asking::new(BUILT_IN));
    asked.who = pptp_ppp::Credentials::new("alice", "looking-glass").unwrap();
    let verdict = Verdict::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        message: b"",
    };
    let steps = converse(&mut asked, &mut asking, &verdict);
    let refused = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    assert_eq!(steps, [Step::Requested, Step::Wanted(refused)]);
    // While somebody thinks, the Request comes again and again.
    assert_eq!(asking.wait(), Some(Step::Nothing));
    let again = asking.says().unwrap().0;
    assert_eq!(asked.take(&again), Err(Discard::Unexpected));
    asked.who = super::ends::alice();
    asked
        .peer
        .retry(asked.now, &asked.who, &mut asked.random)
        .unwrap();
    let steps = converse(&mut asked, &mut asking, &RIGHT);
    assert_eq!(steps, [Step::Requested, Step::Done, Step::Done]);
    assert!(asked.peer.keys().is_some());
}

#[test]
fn nobody_is_asked_and_the_failure_is_acknowledged() {
    let (mut asked, mut asking) = (Asked::new(BUILT_IN), Asking::new(BUILT_IN));
    let verdict = Verdict::Reject {
        error: ErrorCode::AccountDisabled,
        retry: true,
        message: b"",
    };
    converse(&mut asked, &mut asking, &verdict);
    let reason = DownReason::AuthenticationFailed(ErrorCode::AccountDisabled);
    assert_eq!(asked.peer.give_up(asked.now, reason), Step::Nothing);
    let said = asked.says().unwrap();
    assert_eq!(said[4..], [26, 4]);
    assert_eq!(asking.take(&said), Ok(Step::Nothing));
    let (failure, step) = asking.says().unwrap();
    assert_eq!(step, Step::Failed(DownReason::PeerRejected));
    assert_eq!(asked.take(&failure), Ok(Step::Failed(reason)));
}

/// RFC 2759 §7 in EAP.
#[test]
fn an_expired_password_is_changed() {
    let (mut asked, mut asking) = (Asked::new(BUILT_IN), Asking::new(BUILT_IN));
    let verdict = Verdict::Reject {
        error: ErrorCode::PasswordExpired,
        retry: false,
        message: b"",
    };
    let expired = DownReason::AuthenticationFailed(ErrorCode::PasswordExpired);
    let steps = converse(&mut asked, &mut asking, &verdict);
    assert_eq!(steps, [Step::Requested, Step::Wanted(expired)]);
    assert!(asked.peer.wanted().unwrap().change);
    let new = pptp_ppp::Credentials::new("alice", "through the glass").unwrap();
    let (now, random) = (asked.now, &mut asked.random);
    asked
        .peer
        .change_password(now, &asked.who, &new, "through the glass", random)
        .unwrap();
    asked.who = new;
    let said = asked.says().unwrap();
    assert_eq!((said.len(), &said[4..6]), (591, &[26, 7][..]));
    assert_eq!(asking.take(&said), Ok(Step::Requested));
    let Some((b"alice", Proof::ChangePassword(request))) = asking.authenticator.request() else {
        panic!("no change");
    };
    let mut password = pptp_ppp::mschap::change::NewPassword::new();
    let old = NtHash::from_password("wonderland");
    request.open(&old, &mut password).unwrap();
    assert_eq!(password.as_str(), "through the glass");
    asking.judge(&Verdict::Password("through the glass"));
    let steps = converse(&mut asked, &mut asking, &RIGHT);
    assert_eq!(steps, [Step::Done, Step::Done]);
}
