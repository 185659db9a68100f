//! The rules for the end that is asked.

use super::ends::{Asked, BUILT_IN, packet};
use md5::{Digest as _, Md5};
use pptp_ppp::auth::eap::{Peer, Step};
use pptp_ppp::auth::{Credentials, Discard, Methods};
use pptp_ppp::mschap::NtHash;
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_ppp::{DownReason, Random};

const CHALLENGE: [u8; 17] = *b"\x10of sixteen octet";

fn md5(identifier: u8, password: &str) -> Vec<u8> {
    let text = [&[identifier], password.as_bytes(), &CHALLENGE[1..]].concat();
    [&[4, 16], &Md5::digest(text)[..], b"alice"].concat()
}

fn md5_request() -> Vec<u8> {
    [&[4], &CHALLENGE[..], b"server"].concat()
}

/// MS-CHAPv2's Challenge in EAP.
fn challenge(id: u8) -> Vec<u8> {
    [&[26, 1, id, 0, 27], &CHALLENGE[..], b"server"].concat()
}

/// RFC 3748 §5.1.
#[test]
fn the_identity_is_our_name() {
    let mut asked = Asked::new(BUILT_IN);
    assert_eq!(asked.ask(7, b"\x01Name?"), b"\x01alice");
    assert!(!asked.peer.is_authenticated());
}

/// RFC 3748 §5.2.
#[test]
fn a_notification_is_told_and_answered_with_nothing() {
    let mut asked = Asked::new(BUILT_IN);
    let text = [b"\x02".to_vec(), vec![b'x'; 300]].concat();
    assert_eq!(asked.take(&packet(1, 3, &text)), Ok(Step::Notified));
    assert_eq!(asked.says().unwrap(), packet(2, 3, &[2]));
    assert_eq!(asked.peer.notification(), vec![b'x'; 64]);
    // In the midst of a method too (RFC 3748 §2.1).
    asked.ask(4, &md5_request());
    assert_eq!(asked.take(&packet(1, 5, b"\x02soon")), Ok(Step::Notified));
    assert_eq!(asked.says().unwrap(), packet(2, 5, &[2]));
    assert_eq!(asked.success(5), Ok(Step::Done));
}

/// RFC 3748 §5.4, RFC 1994 §4.1.
#[test]
fn md5_is_that_of_identifier_password_and_challenge() {
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(8, &[1]);
    assert_eq!(asked.ask(9, &md5_request()), md5(9, "wonderland"));
    assert_eq!(asked.success(9), Ok(Step::Done));
    assert!(asked.peer.is_authenticated());
    assert_eq!(asked.peer.keys(), None);
    assert_eq!(asked.peer.next_timeout(), None);
}

/// RFC 3748 §4.1.
#[test]
fn a_request_that_comes_again_gets_the_same_response() {
    let mut asked = Asked::new(BUILT_IN);
    let first = asked.ask(3, &challenge(40));
    for _ in 0..3 {
        assert_eq!(asked.ask(3, &challenge(40)), first);
    }
    // Without another look: the Identifier tells.
    let mut other = challenge(41);
    other[9] ^= 1;
    assert_eq!(asked.ask(3, &other), first);
}

/// RFC 3748 §4.1, §4.3.
#[test]
fn nothing_is_sent_again_by_itself() {
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(3, &challenge(40));
    let until = asked.peer.next_timeout().unwrap();
    assert_eq!(until, super::ends::START + Peer::TIMEOUT);
    let failed = Step::Failed(DownReason::AuthenticationTimeout);
    assert_eq!(asked.peer.handle_timeout(until), failed);
    assert_eq!(asked.says(), None);
    assert_eq!(asked.peer.next_timeout(), None);
}

/// RFC 3748 §5.3.1.
#[test]
fn a_nak_names_what_may_be_used_the_strongest_first() {
    let mut asked = Asked::new(BUILT_IN);
    assert_eq!(asked.ask(1, &[13, 0x20]), [3, 26, 4]);
    let mut asked = Asked::new(Methods::EAP_MS_CHAP_V2 | Methods::MS_CHAP_V2);
    assert_eq!(asked.ask(1, &md5_request()), [3, 26]);
    assert_eq!(asked.ask(2, &[6, b'?']), [3, 26]);
    // Without the password there is no MD5.
    let mut asked = Asked::new(BUILT_IN);
    asked.who = Credentials::with_nt_hash(b"alice", NtHash::from_password("wonderland")).unwrap();
    assert_eq!(asked.ask(1, &md5_request()), [3, 26]);
    asked.ask(2, &challenge(5));
    // With nothing to offer: the type of no method.
    let mut asked = Asked::new(Methods::EAP_MD5);
    asked.who = Credentials::with_nt_hash(b"alice", NtHash::from_password("wonderland")).unwrap();
    assert_eq!(asked.ask(1, &challenge(5)), [3, 0]);
    let failed = Step::Failed(DownReason::CredentialsWanted);
    assert_eq!(asked.failure(1), Ok(failed));
}

/// RFC 3748 §5.3.2.
#[test]
fn an_expanded_request_gets_an_expanded_nak() {
    let mut asked = Asked::new(BUILT_IN);
    let microsoft = [254, 0, 1, 0x37, 0, 0, 0, 33, 9, 9];
    let expected = [
        &[254, 0, 0, 0, 0, 0, 0, 3][..],
        &[254, 0, 0, 0, 0, 0, 0, 26],
        &[254, 0, 0, 0, 0, 0, 0, 4],
    ];
    assert_eq!(asked.ask(1, &microsoft), expected.concat());
    let mut asked = Asked::new(Methods::empty());
    let none = [&[254, 0, 0, 0, 0, 0, 0, 3][..], &[254, 0, 0, 0, 0, 0, 0, 0]];
    assert_eq!(asked.ask(1, &microsoft), none.concat());
}

/// RFC 3748 §5.7.
#[test]
fn the_two_forms_of_a_type_are_alike() {
    let long = |data: &[u8]| [&[254, 0, 0, 0, 0, 0, 0], data].concat();
    let mut asked = Asked::new(BUILT_IN);
    assert_eq!(asked.ask(1, &long(&[1])), long(b"\x01alice"));
    assert_eq!(
        asked.ask(2, &long(&md5_request())),
        long(&md5(2, "wonderland"))
    );
    let short = Asked::new(BUILT_IN).ask(2, &challenge(3));
    assert_eq!(
        Asked::new(BUILT_IN).ask(2, &long(&challenge(3))),
        long(&short)
    );
}

/// RFC 3748 §2.1.
#[test]
fn once_a_method_has_begun_there_is_no_other() {
    for (begin, other) in [(challenge(1), md5_request()), (md5_request(), challenge(1))] {
        let mut asked = Asked::new(BUILT_IN);
        asked.ask(1, &[1]);
        asked.ask(2, &begin);
        assert_eq!(asked.refuses(3, &other), Discard::Unexpected);
        assert_eq!(asked.refuses(3, &[1]), Discard::Unexpected);
        assert_eq!(asked.refuses(3, &[13, 0x20]), Discard::Unexpected);
        assert_eq!(asked.refuses(3, &[3, 4]), Discard::Unexpected);
    }
}

/// RFC 3748 §5.3.1: only in Responses.
#[test]
fn a_nak_that_is_a_request_is_dropped() {
    let mut asked = Asked::new(BUILT_IN);
    assert_eq!(asked.refuses(1, &[3, 4]), Discard::Unexpected);
    let long = [254, 0, 0, 0, 0, 0, 0, 3, 254, 0, 0, 0, 0, 0, 0, 4];
    assert_eq!(asked.refuses(1, &long), Discard::Unexpected);
}

/// RFC 3748 §4.2.
#[test]
fn a_success_before_a_method_has_finished_is_dropped() {
    let mut asked = Asked::new(BUILT_IN);
    assert_eq!(asked.success(0), Err(Discard::Unexpected));
    asked.ask(1, &[1]);
    assert_eq!(asked.success(1), Err(Discard::Unexpected));
    asked.ask(2, &[13, 0x20]);
    assert_eq!(asked.success(2), Err(Discard::Unexpected));
    // A Response that has not been sent proves nothing.
    assert_eq!(asked.take(&packet(1, 3, &md5_request())), Ok(Step::Nothing));
    assert_eq!(asked.success(3), Err(Discard::Unexpected));
    assert!(asked.says().is_some());
    assert_eq!(asked.success(3), Ok(Step::Done));
}

/// RFC 3748 §4.2; pppd counts on by one.
#[test]
fn a_success_has_the_identifier_of_the_response() {
    for (identifier, taken) in [
        (9, Ok(Step::Done)),
        (10, Ok(Step::Done)),
        (8, Err(Discard::WrongIdentifier)),
        (11, Err(Discard::WrongIdentifier)),
    ] {
        let mut asked = Asked::new(BUILT_IN);
        asked.ask(9, &md5_request());
        assert_eq!(asked.success(identifier), taken, "{identifier}");
    }
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(9, &md5_request());
    assert_eq!(asked.failure(12), Err(Discard::WrongIdentifier));
}

/// RFC 3748 §4.2: a Success that got lost. RFC 1661 §3.5: what follows authentication comes only after it.
#[test]
fn an_authenticator_that_goes_on_has_let_us_in() {
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(1, &[1]);
    asked.peer.hurry();
    assert!(!asked.peer.is_authenticated());
    asked.ask(2, &challenge(5));
    asked.peer.hurry();
    assert!(!asked.peer.is_authenticated(), "without its proof");
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(2, &md5_request());
    asked.peer.hurry();
    assert!(asked.peer.is_authenticated());
}

/// RFC 3748 §4.2.
#[test]
fn a_failure_ends_it() {
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(1, &[1]);
    let refused = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    assert_eq!(asked.failure(1), Ok(Step::Failed(refused)));
    assert_eq!(asked.refuses(2, &[1]), Discard::Unexpected);
    // Not once we are in.
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(1, &md5_request());
    assert_eq!(asked.success(1), Ok(Step::Done));
    assert_eq!(asked.failure(1), Err(Discard::Unexpected));
    assert!(asked.peer.is_authenticated());
}

/// A peer may be asked again at any time.
#[test]
fn it_begins_anew_in_a_session() {
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(1, &md5_request());
    assert_eq!(asked.success(1), Ok(Step::Done));
    assert_eq!(asked.ask(5, &[1]), b"\x01alice");
    assert!(!asked.peer.is_authenticated());
    asked.ask(6, &challenge(9));
    assert_eq!(asked.success(6), Err(Discard::Unexpected));
}

/// The proof of the authenticator is looked at, in EAP as without.
#[test]
fn mschapv2_without_the_right_proof_is_no_success() {
    let success = |id: u8, proof: &str| {
        let text = format!("S={proof} M=Welcome");
        let len = u8::try_from(text.len() + 4).unwrap();
        [&[26, 3, id, 0, len], text.as_bytes()].concat()
    };
    let mut asked = Asked::with_random(BUILT_IN, Random::new([1; 32]));
    asked.ask(2, &challenge(5));
    // The Success of EAP without that of the method.
    assert_eq!(asked.success(2), Err(Discard::Unexpected));
    assert_eq!(asked.success(3), Err(Discard::Unexpected));
    let wrong = packet(1, 3, &success(5, &"0".repeat(40)));
    let failed = Step::Failed(DownReason::PeerNotTrusted);
    assert_eq!(asked.take(&wrong), Ok(failed));
    assert!(asked.peer.keys().is_none());
    assert_eq!(asked.success(3), Err(Discard::Unexpected));
}
