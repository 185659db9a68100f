//! What answers come to.

use super::*;

#[test]
fn the_server_makes_encryption_stricter_and_never_weaker() {
    let configured = MppePolicy {
        requirement: Requirement::Allow,
        strengths: Strengths::BITS_56 | Strengths::BITS_128,
        modes: Modes::STATELESS,
    };
    let required = MppePolicy::default();
    let both = EncryptionTypes::BITS_40 | EncryptionTypes::BITS_128;
    let none = EncryptionTypes::empty();
    let weak = EncryptionTypes::BITS_40;
    let windows = EncryptionTypes::from_bits_retain(0xe);
    let strict = MppePolicy {
        requirement: Requirement::Require,
        strengths: Strengths::BITS_128,
        ..configured
    };
    let only_128 = MppePolicy {
        strengths: Strengths::BITS_128,
        ..configured
    };
    use EncryptionPolicy::{Allowed, Required};
    for (policy, types, before, after) in [
        (Allowed, both, configured, Some(only_128)),
        (Required, both, configured, Some(strict)),
        (Allowed, both, required, Some(required)),
        (Allowed, windows, configured, Some(configured)),
        (Allowed, none, configured, Some(MppePolicy::REFUSE)),
        (Allowed, none, required, None),
        (Required, weak, configured, None),
        (Allowed, weak, MppePolicy::REFUSE, Some(MppePolicy::REFUSE)),
        (Required, both, MppePolicy::REFUSE, None),
    ] {
        let datagram = answer(Code::ACCESS_ACCEPT, |it| {
            it.encryption(policy, types);
        });
        let parsed = reply(&datagram).unwrap();
        assert_eq!(parsed.encryption_policy(), Some(policy));
        assert_eq!(parsed.encryption_types(), Some(types));
        let made = verdict::mppe_policy(&parsed, before);
        assert_eq!(made, after, "{policy:?} {types:?} {before:?}");
    }
    let silent = answer(Code::ACCESS_ACCEPT, |_| ());
    let parsed = reply(&silent).unwrap();
    assert_eq!(verdict::mppe_policy(&parsed, configured), Some(configured));
}

#[test]
fn verdicts_on_ms_chap_v2() {
    let accept = answer(Code::ACCESS_ACCEPT, |it| {
        it.ms_chap2_success(3, &[0xab; 20])
            .keys(&[1; 16], &[2; 16], 3);
    });
    let accept = reply(&accept).unwrap();
    let success = accept.ms_chap2_success().unwrap().unwrap();
    assert_eq!(success.identifier, 3);
    match verdict::ms_chap2(&accept).unwrap() {
        Verdict::AcceptWith {
            authenticator_response,
            keys: Some(keys),
        } => {
            assert_eq!(authenticator_response, [0xab; 20]);
            assert_eq!(keys.send, pptp_mppe::StartKey::from_bytes([1; 16]));
            assert_eq!(keys.receive, pptp_mppe::StartKey::from_bytes([2; 16]));
        }
        other => panic!("{other:?}"),
    }
    let refused = |datagram: &[u8]| match verdict::ms_chap2(&reply(datagram).unwrap()).unwrap() {
        Verdict::Reject { error, retry, .. } => (error, retry),
        other => panic!("{other:?}"),
    };
    let failure = |message: &[u8]| {
        answer(Code::ACCESS_REJECT, |it| {
            it.ms_chap_error(3, message);
        })
    };
    assert_eq!(
        refused(&failure(
            b"E=648 R=0 C=00112233445566778899AABBCCDDEEFF V=3 M=x"
        )),
        (ErrorCode::PasswordExpired, false)
    );
    assert_eq!(
        refused(&failure(b"E=691 R=1")),
        (ErrorCode::AuthenticationFailure, true)
    );
    // Some leave the identifier out.
    let bare = answer(Code::ACCESS_REJECT, |it| {
        it.microsoft(MicrosoftKind::MS_CHAP_ERROR, b"E=647 R=0");
    });
    assert_eq!(refused(&bare), (ErrorCode::AccountDisabled, false));
    assert_eq!(
        reply(&bare).unwrap().ms_chap_error().unwrap().identifier,
        None
    );
    let silent = answer(Code::ACCESS_REJECT, |_| ());
    assert_eq!(refused(&silent), (ErrorCode::AuthenticationFailure, false));

    let unusable = |datagram: &[u8]| verdict::ms_chap2(&reply(datagram).unwrap()).unwrap_err();
    let no_proof = answer(Code::ACCESS_ACCEPT, |_| ());
    assert_eq!(unusable(&no_proof), verdict::Unusable::NoProof);
    let challenge = answer(Code::ACCESS_CHALLENGE, |_| ());
    assert_eq!(unusable(&challenge), verdict::Unusable::Challenge);
    let odd = answer(Code::ACCESS_ACCEPT, |it| {
        it.microsoft(MicrosoftKind::MS_CHAP2_SUCCESS, b"\x03S=12");
    });
    assert!(matches!(unusable(&odd), verdict::Unusable::Malformed(_)));
}

#[test]
fn verdicts_on_ms_chap_v1() {
    use pptp_mppe::Strength;

    let verdict = |datagram: &[u8]| {
        let reply = reply(datagram).unwrap();
        Ok(match verdict::ms_chap1(&reply, &[6; 8])? {
            Verdict::Accept { keys } => Ok(keys),
            Verdict::Reject { error, retry, .. } => Err((error, retry)),
            other => panic!("{other:?}"),
        })
    };
    let both = answer(Code::ACCESS_ACCEPT, |it| {
        it.ms_chap_keys(&[7; 8], &[8; 16]);
    });
    let keys = verdict(&both).unwrap().unwrap().unwrap();
    let all = [Strength::Bits40, Strength::Bits56, Strength::Bits128];
    assert!(all.iter().all(|strength| keys.serves(*strength)));
    let wide = pptp_mppe::StartKey::from_ms_chap_v1(&[8; 16], &[6; 8]);
    assert_eq!(keys.send(Strength::Bits128), Some(&wide));
    let mut lm = [0; 16];
    lm[..8].fill(7);
    let narrow = pptp_mppe::StartKey::from_lm_password_hash(&lm);
    assert_eq!(keys.send(Strength::Bits40), Some(&narrow));

    let none = answer(Code::ACCESS_ACCEPT, |_| ());
    assert_eq!(verdict(&none), Ok(Ok(None)));
    let expired = answer(Code::ACCESS_REJECT, |it| {
        it.ms_chap_error(3, b"E=648 R=0 V=2");
    });
    let refused = Err((ErrorCode::PasswordExpired, false));
    assert_eq!(verdict(&expired), Ok(refused));
    let challenge = answer(Code::ACCESS_CHALLENGE, |_| ());
    assert_eq!(verdict(&challenge), Err(verdict::Unusable::Challenge));
}

#[test]
fn verdicts_on_what_has_no_keys() {
    let verdict = |code| {
        // Even if the server sends some.
        let datagram = answer(code, |it| {
            it.keys(&[1; 16], &[2; 16], 3);
        });
        verdict::plain(&reply(&datagram).unwrap()).map(|verdict| match verdict {
            Verdict::Accept { keys } => {
                assert_eq!(keys, None);
                None
            }
            Verdict::Reject { error, .. } => Some(error),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(verdict(Code::ACCESS_ACCEPT), Ok(None));
    let refused = Some(ErrorCode::AuthenticationFailure);
    assert_eq!(verdict(Code::ACCESS_REJECT), Ok(refused));
    let challenge = Err(verdict::Unusable::Challenge);
    assert_eq!(verdict(Code::ACCESS_CHALLENGE), challenge);
}
