//! What FreeRADIUS 3.2.1 answered, and what hostap's `eapol_test` 2.10 asked.

use super::*;
use pptp_mppe::{LinkKeys, Side, StartKey};
use pptp_ppp::mschap::{Exchange as Proof, NtHash, master_key};

/// MS-CHAPv1, alice, wonderland: ours.
const V1_REQUEST: &str = "\
    016100dfbeddae1c2f186bb2aec3d159baefd59550125599703669775ddab9cb1ecfc0921f6b04067f000001050600000003\
    3d06000000050606000000020706000000010c06000005744006000000014106000000012006746573741f0e3139382e3531\
    2e3130302e371e0b3139322e302e322e31420e3139382e35312e3130302e37430b3139322e302e322e310107616c6963651a\
    10000001370b0a6f662065696768741a3a000001370134030100000000000000000000000000000000000000000000000003\
    614cc2d647382ec5da7bc7e432dbebfb0d7172ec2cadab";

/// FreeRADIUS's answer.
const V1_ACCEPT: &str = "\
    02610072f8d597e308c357becf14c86a2b4c11a008060a6207071b0600000e101a28000001370c2203980e5d677bbe552b3b\
    d56af1df4359998175b3cc6f48656036bb20ec6a60681a0c000001370706000000011a0c000001370806000000065012fb37\
    afedfe43c70de85b256a4ab3d7ed";

/// MS-CHAPv2, strong, right: ours.
const V2_REQUEST: &str = "\
    01c000e87977513aceeb33a48ffcf6eccd86873b5012b0b5b563738aa7810d76db2be7fa77ca04067f000001050600000003\
    3d06000000050606000000020706000000010c06000005744006000000014106000000012006746573741f0e3139382e3531\
    2e3130302e371e0b3139322e302e322e31420e3139382e35312e3130302e37430b3139322e302e322e3101087374726f6e67\
    1a18000001370b126f66207369787465656e206f637465741a3a00000137193403005a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\
    000000000000000090e0233d9750eaafc7c5828310a4554b98f243f93875f66c";

/// FreeRADIUS's answer.
const V2_ACCEPT: &str = "\
    02c000dd420a10f52787e0d7a6277bef20f9423d1a0c000001370706000000021a0c000001370806000000041a3300000137\
    1a2d03533d424144463432423437444138343745464344394330334332354237454338364231454435464645421a2a000001\
    371124973aed3e593c4d5acfd2f4f2688aca7387c06d3f0b1e9940700e061eb453cee06a871a2a000001371024982a4e6fe1\
    b26f05602d99b7d52a366741700bdeadb5e54a58615df39e4828a488f31a0c000001370706000000011a0c00000137080600\
    0000065012adb10712a799ead276d3c25dd8ee8241";

/// MS-CHAPv2, alice, with another password: ours.
const WRONG_REQUEST: &str = "\
    015d00e7affa36433873006d48d94ab25931c8ed5012c5872c6823a94705f62315bdc67b4f0c04067f000001050600000003\
    3d06000000050606000000020706000000010c06000005744006000000014106000000012006746573741f0e3139382e3531\
    2e3130302e371e0b3139322e302e322e31420e3139382e35312e3130302e37430b3139322e302e322e310107616c6963651a\
    18000001370b126f66207369787465656e206f637465741a3a00000137193403005a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a00\
    00000000000000d4d8ce0b8f0163db38194d2e99dd8e98fe91d319092a9b23";

/// FreeRADIUS's answer.
const WRONG_REJECT: &str = "\
    035d008568ced614ed460ca0e8b61feac4398ce908060a6207071b0600000e101a5300000137024d03453d36393120523d31\
    20433d636536373334633966666637613638333239623137356332366536343334653920563d33204d3d41757468656e7469\
    636174696f6e2072656a65637465645012178cdb3b82002838b64686c296cc34e9";

/// EAP-MSCHAPv2, a Response: of eapol_test.
const EAP_REQUEST: &str = "\
    010200c42d4d5a5908a35a153903002b0ececd2a0107616c69636504067f0000011f1330322d30302d30302d30302d30302d\
    30310c06000005783d06000000130606000000024d18434f4e4e4543542031314d627073203830322e3131624f4202d20040\
    1a02d2003b313ed06945b8dece71940247648c8706660000000000000000d926bb964c42deb2083725a982ff897e72f96dae\
    08c3652200616c6963651812c2e91d0cc33b07b8060c7e389c55742550123c10ba3fb61b79fc30486136ae7c4e40";

fn theirs() -> Secret<'static> {
    Secret::new(b"testing-secret").unwrap()
}

fn pair<'a>(request: &'a [u8], answer: &'a [u8]) -> (Request<'a>, Reply<'a>) {
    let demand = MessageAuthenticator::Required;
    let request = Request::parse(request, theirs(), demand).unwrap();
    let (identifier, authenticator) = (request.identifier, request.authenticator);
    let reply = Reply::parse(answer, theirs(), identifier, &authenticator, demand).unwrap();
    (request, reply)
}

#[test]
fn version_1_is_accepted() {
    let (request, answer) = (hex(V1_REQUEST), hex(V1_ACCEPT));
    let (request, reply) = pair(&request, &answer);
    let response = request.get_microsoft(MicrosoftKind::MS_CHAP_RESPONSE);
    let response = MsChapResponse::parse(response.unwrap()).unwrap();
    assert!(response.use_nt);
    let keys = reply.ms_chap_keys().unwrap().unwrap();
    let hash_hash = NtHash::from_password("wonderland").hash();
    assert_eq!(keys.nt_hash_hash(), Some(&*hash_hash));
    assert_eq!(keys.lm_hash(), None);
    let challenge = request.get_microsoft(MicrosoftKind::MS_CHAP_CHALLENGE);
    let challenge = challenge.unwrap().try_into().unwrap();
    let start = StartKey::from_ms_chap_v1(&hash_hash, &challenge);
    match verdict::ms_chap1(&reply, &challenge) {
        Ok(Verdict::Accept { keys }) => assert_eq!(keys, Some(LinkKeys::same(Some(start), None))),
        other => panic!("{other:?}"),
    }
    let address = Ipv4Addr::new(10, 98, 7, 7);
    assert_eq!(reply.framed_ip_address(), Some(address));
    assert_eq!(reply.session_timeout(), Some(Duration::from_secs(3600)));
}

#[test]
fn version_2_is_accepted_with_the_keys_that_follow_from_it() {
    let (request, answer) = (hex(V2_REQUEST), hex(V2_ACCEPT));
    let (request, reply) = pair(&request, &answer);
    let response = request.get_microsoft(MicrosoftKind::MS_CHAP2_RESPONSE);
    let response = MsChap2Response::parse(response.unwrap()).unwrap();
    let challenge = request.get_microsoft(MicrosoftKind::MS_CHAP_CHALLENGE);
    let hash = NtHash::from_password("right");
    let proof = Proof {
        authenticator_challenge: challenge.unwrap().try_into().unwrap(),
        peer_challenge: &response.peer_challenge,
        user_name: request.user_name().unwrap(),
    };
    assert!(proof.verify_nt_response(&hash, &response.nt_response));
    let Ok(Verdict::AcceptWith {
        authenticator_response,
        keys: Some(keys),
    }) = verdict::ms_chap2(&reply)
    else {
        panic!("{reply:?}");
    };
    let expected = proof.authenticator_response(&hash, &response.nt_response);
    assert_eq!(authenticator_response, expected);
    let master = master_key(&hash, &response.nt_response);
    assert_eq!(keys, master.start_keys(Side::Server));
    let all = MppePolicy {
        requirement: Requirement::Allow,
        strengths: Strengths::all(),
        modes: Modes::STATELESS,
    };
    let made = verdict::mppe_policy(&reply, all);
    assert_eq!(made, Some(MppePolicy::default()));
}

#[test]
fn a_wrong_password_is_refused() {
    let (request, answer) = (hex(WRONG_REQUEST), hex(WRONG_REJECT));
    let (_, reply) = pair(&request, &answer);
    let error = reply.ms_chap_error().unwrap();
    assert_eq!(error.identifier, Some(3));
    assert_eq!(error.failure.error, ErrorCode::AuthenticationFailure);
    assert!(error.failure.retry && error.failure.challenge.is_some());
    assert_eq!(error.failure.message, b"Authentication rejected");
}

#[test]
fn a_request_of_eapol_test_is_read() {
    let secret = b"a secret of the front's own, longer than the sixty-four octets of HMAC's block";
    let secret = Secret::new(secret).unwrap();
    let datagram = hex(EAP_REQUEST);
    let request = Request::parse(&datagram, secret, MessageAuthenticator::Required).unwrap();
    assert_eq!(request.user_name(), Some(&b"alice"[..]));
    assert_eq!(request.number(Kind::FRAMED_MTU), Some(1400));
    assert!(request.state().is_some());
    let mut buffer = [0; MAX_PACKET_LEN];
    let packet = request.eap(&mut buffer).unwrap().unwrap();
    assert_eq!(packet[..6], [2, 210, 0, 64, 26, 2]);
    let error = Request::parse(&datagram, theirs(), MessageAuthenticator::IfPresent);
    assert_eq!(error.unwrap_err(), Discard::WrongMessageAuthenticator);
}
