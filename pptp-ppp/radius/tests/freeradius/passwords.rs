//! PAP, CHAP, and MS-CHAP in both versions.

use crate::SECRET;
use crate::proofs::{change, md4, nt_hash, version_1, version_2};
use crate::server::{FreeRadius, ask};
use md5_of::md5;
use pptp_ppp::Verdict;
use pptp_ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_radius::verdict::{self, mppe_policy};
use pptp_radius::{
    Decision, EncryptionPolicy, EncryptionTypes, MessageAuthenticator, Reply, Schedule,
};
use std::net::Ipv4Addr;
use std::time::Duration;

mod md5_of {
    use md5::{Digest as _, Md5};

    pub(super) fn md5(parts: &[&[u8]]) -> [u8; 16] {
        Md5::digest(parts.concat()).into()
    }
}

const CHALLENGE: [u8; 16] = *b"of sixteen octet";

fn refusal(reply: &Reply<'_>) -> (ErrorCode, bool) {
    match verdict::ms_chap2(reply) {
        Ok(Verdict::Reject { error, retry, .. }) => (error, retry),
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn pap_and_chap() {
    let server = FreeRadius::start("md5");
    let pap = |user: &str, password: &str| {
        let build = |it: &mut pptp_radius::Builder<'_, '_>| {
            it.user_name(user.as_bytes()).pap(password.as_bytes());
        };
        server.ask(build, |reply| reply.decision())
    };
    assert_eq!(pap("alice", "wonderland"), Decision::Accept);
    assert_eq!(pap("alice", "looking-glass"), Decision::Reject);
    assert_eq!(pap("alice", ""), Decision::Reject);
    assert_eq!(pap("mallory", "wonderland"), Decision::Reject);
    let long = "a password of more than one block, which is sixteen octets, and of not more than the \
        hundred and twenty-eight that there can be.";
    assert_eq!(long.len(), 128, "as long as it can be");
    assert_eq!(pap("long", long), Decision::Accept);
    assert_eq!(pap("long", &long[1..]), Decision::Reject);

    let chap = |password: &[u8]| {
        let response = md5(&[&[7], password, &CHALLENGE]);
        server.ask(
            |it| _ = it.user_name(b"alice").chap_md5(7, &CHALLENGE, &response),
            |reply| {
                let granted = (reply.framed_ip_address(), reply.session_timeout());
                (reply.decision(), granted)
            },
        )
    };
    let address = Ipv4Addr::new(10, 98, 7, 7);
    let granted = (Some(address), Some(Duration::from_secs(3600)));
    assert_eq!(chap(b"wonderland"), (Decision::Accept, granted));
    assert_eq!(
        chap(b"Wonderland"),
        (Decision::Reject, granted),
        "it says so all the same"
    );
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn ms_chap_version_1() {
    let server = FreeRadius::start("md5");
    let challenge = *b"of eight";
    let right = version_1("wonderland", &challenge, true);
    server.ask(
        |it| _ = it.user_name(b"alice").ms_chap(&challenge, &right),
        |reply| {
            assert_eq!(reply.decision(), Decision::Accept);
            let keys = reply.ms_chap_keys().unwrap().unwrap();
            let hash_hash = md4(&nt_hash("wonderland"));
            assert_eq!(keys.nt_hash_hash(), Some(&hash_hash));
            // It has done with LAN Manager: there are no keys of 40 and 56 bits.
            assert_eq!(keys.lm_hash(), None);
        },
    );
    let lan_manager = version_1("wonderland", &challenge, false);
    let refused = server.ask(
        |it| _ = it.user_name(b"alice").ms_chap(&challenge, &lan_manager),
        |reply| refusal(&reply),
    );
    assert_eq!(refused, (ErrorCode::AuthenticationFailure, false));
    let wrong = version_1("looking-glass", &challenge, true);
    let refused = server.ask(
        |it| _ = it.user_name(b"alice").ms_chap(&challenge, &wrong),
        |reply| refusal(&reply),
    );
    assert_eq!(refused, (ErrorCode::AuthenticationFailure, true));
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn ms_chap_version_2() {
    let server = FreeRadius::start("md5");
    let right = version_2("alice", "wonderland", &CHALLENGE);
    server.ask(
        |it| _ = it.user_name(b"alice").ms_chap2(&CHALLENGE, &right.response),
        |reply| {
            let success = reply.ms_chap2_success().unwrap().unwrap();
            assert_eq!(success.identifier, right.response.identifier);
            match verdict::ms_chap2(&reply).unwrap() {
                Verdict::AcceptWith {
                    authenticator_response,
                    keys,
                } => {
                    assert_eq!(authenticator_response, right.proof);
                    assert_eq!(keys, Some(right.keys.clone()));
                }
                other => panic!("{other:?}"),
            }
            // What it says by default is weaker than what is configured by default.
            assert_eq!(reply.encryption_policy(), Some(EncryptionPolicy::Allowed));
            let both = EncryptionTypes::BITS_40 | EncryptionTypes::BITS_128;
            assert_eq!(reply.encryption_types(), Some(both));
            let required = MppePolicy::default();
            assert_eq!(mppe_policy(&reply, required), Some(required));
        },
    );
    let wrong = version_2("alice", "looking-glass", &CHALLENGE);
    let refused = server.ask(
        |it| _ = it.user_name(b"alice").ms_chap2(&CHALLENGE, &wrong.response),
        |reply| refusal(&reply),
    );
    assert_eq!(refused, (ErrorCode::AuthenticationFailure, true));

    let strong = version_2("strong", "right", &CHALLENGE);
    let policy = server.ask(
        |it| {
            _ = it
                .user_name(b"strong")
                .ms_chap2(&CHALLENGE, &strong.response)
        },
        |reply| {
            let configured = MppePolicy {
                requirement: Requirement::Allow,
                strengths: Strengths::all(),
                modes: Modes::STATELESS,
            };
            mppe_policy(&reply, configured)
        },
    );
    assert_eq!(policy, Some(MppePolicy::default()));
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn states_of_accounts() {
    let server = FreeRadius::start("md5");
    for (user, password, expected) in [
        ("expired", "old", (ErrorCode::PasswordExpired, false)),
        ("expired", "new", (ErrorCode::AuthenticationFailure, true)),
        ("locked", "right", (ErrorCode::AccountDisabled, false)),
        // It does not say so of one that is disabled.
        (
            "disabled",
            "right",
            (ErrorCode::AuthenticationFailure, false),
        ),
        ("nobody", "right", (ErrorCode::AuthenticationFailure, true)),
    ] {
        let proof = version_2(user, password, &CHALLENGE);
        let refused = server.ask(
            |it| {
                it.user_name(user.as_bytes())
                    .ms_chap2(&CHALLENGE, &proof.response);
            },
            |reply| refusal(&reply),
        );
        assert_eq!(refused, expected, "{user}: {}", server.log());
    }
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn a_password_is_changed() {
    let server = FreeRadius::start("md5");
    let user = "changing1";
    let log_in = |password: &str| {
        let proof = version_2(user, password, &CHALLENGE);
        server.ask(
            |it| {
                it.user_name(user.as_bytes())
                    .ms_chap2(&CHALLENGE, &proof.response);
            },
            |reply| match verdict::ms_chap2(&reply).unwrap() {
                Verdict::AcceptWith { .. } => None,
                Verdict::Reject { error, .. } => {
                    let failure = reply.ms_chap_error().unwrap().failure;
                    Some((error, failure.challenge.is_some()))
                }
                other => panic!("{other:?}"),
            },
        )
    };
    assert_eq!(log_in("old"), Some((ErrorCode::PasswordExpired, true)));
    // The challenge in the Failure is ours to make, and FreeRADIUS takes it from the request.
    let again = *b"another of these";
    let (proof, block, after) = change(user, "old", "new \u{1f511} secret", &again);
    server.ask(
        |it| {
            it.user_name(user.as_bytes())
                .change_password_3(&again, &proof, &block);
        },
        |reply| match verdict::ms_chap2(&reply) {
            Ok(Verdict::AcceptWith {
                authenticator_response,
                keys,
            }) => {
                assert_eq!(authenticator_response, after.proof);
                assert_eq!(keys, Some(after.keys.clone()));
            }
            other => panic!("{other:?}:\n{}", server.log()),
        },
    );
    assert_eq!(log_in("new \u{1f511} secret"), None);
    let wrong = log_in("old").map(|(error, _)| error);
    assert_eq!(wrong, Some(ErrorCode::AuthenticationFailure));
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn another_secret_is_not_answered() {
    let server = FreeRadius::start("md5");
    let schedule = Schedule {
        first: Duration::from_millis(300),
        longest: Duration::from_millis(300),
        tries: 2,
    };
    let asked = ask(
        server.address,
        b"another secret",
        MessageAuthenticator::IfPresent,
        schedule,
        |it| _ = it.user_name(b"alice").pap(b"wonderland"),
        |_| (),
    );
    assert_eq!(asked.unwrap_err().tries, 2);
    assert!(server.log().contains("invalid Message-Authenticator"));

    // The one of this server that is sent no Message-Authenticator, as every one was before 3.2.5.
    let bob = |demand| {
        ask(
            server.address,
            SECRET,
            demand,
            schedule,
            |it| _ = it.user_name(b"bob").pap(b"builder"),
            |reply| (reply.decision(), reply.has_message_authenticator()),
        )
    };
    let (decision, protected) = bob(MessageAuthenticator::IfPresent).unwrap();
    assert_eq!(decision, Decision::Accept);
    assert_eq!(bob(MessageAuthenticator::Required).is_ok(), protected);
}
