//! RADIUS packets: as they come, at both ends; and those that are from whoever has the secret, whatever is in them. Nothing
//! panics, what was read can be written again, and nobody is let in without the secret.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_ppp::config::MppePolicy;
use pptp_radius::{
    Builder, Code, Decision, Discard, Kind, MAX_PACKET_LEN, MAX_PASSWORD_LEN, MessageAuthenticator,
    MsChap2Cpw, MsChap2Response, MsChapCpw1, MsChapCpw2, MsChapResponse, Packet, Reply, Request,
    Secret, verdict,
};

const DEMAND: MessageAuthenticator = MessageAuthenticator::IfPresent;
const AUTHENTICATOR: [u8; 16] = [7; 16];

fuzz_target!(|bytes: &[u8]| {
    let secret = Secret::new(b"secret").expect("not empty");
    let Ok(packet) = Packet::parse(bytes) else {
        assert!(Request::parse(bytes, secret, DEMAND).is_err());
        return;
    };
    look_at(&packet);
    let theirs = Reply::parse(bytes, secret, packet.identifier, &AUTHENTICATOR, DEMAND);
    assert!(theirs.is_err(), "nobody finds MD5 of the secret");
    match Request::parse(bytes, secret, DEMAND) {
        Ok(request) => {
            let mut buffer = [0; MAX_PASSWORD_LEN];
            let _ = (request.pap(&mut buffer), request.chap_md5());
        }
        Err(discard) => assert_ne!(discard, Discard::WrongIdentifier),
    }

    // The same attributes, from somebody who has the secret.
    let mut room = [0; MAX_PACKET_LEN];
    let request = Builder::request(&mut room, secret, packet.identifier, AUTHENTICATOR);
    let request = request.finish().expect("an empty one fits");
    let request = Request::parse(request, secret, MessageAuthenticator::Required).expect("ours");
    let code = match packet.code.0 % 3 {
        0 => Code::ACCESS_ACCEPT,
        1 => Code::ACCESS_REJECT,
        _ => Code::ACCESS_CHALLENGE,
    };
    let mut room = [0; MAX_PACKET_LEN];
    let mut answer = request.answer(code, &mut room);
    let kept = |kind| kind != Kind::MESSAGE_AUTHENTICATOR && kind != Kind::EAP_MESSAGE;
    let attributes = packet
        .attributes()
        .filter(|it| kept(it.kind) && !it.value.is_empty());
    for it in attributes.clone() {
        answer.attribute(it.kind, it.value);
    }
    let mut eap = [0; MAX_PACKET_LEN];
    let eap = packet.eap(&mut eap).expect("there is room");
    if let Some(eap) = eap {
        answer.eap(eap);
    }
    let Ok(answer) = answer.finish() else {
        return;
    };
    let demand = MessageAuthenticator::Required;
    let reply = Reply::parse(answer, secret, packet.identifier, &AUTHENTICATOR, demand)
        .expect("it is sound, and signed");
    look_at(&reply);
    assert!(
        reply
            .attributes()
            .skip(1)
            .filter(|it| kept(it.kind))
            .eq(attributes)
    );
    let mut buffer = [0; MAX_PACKET_LEN];
    assert_eq!(reply.eap(&mut buffer).expect("there is room"), eap);

    let keys = reply.keys();
    if let Ok(Some(keys)) = &keys {
        assert!((1..240).contains(&keys.send.as_bytes().len()));
        let _ = keys.start_keys();
    }
    let _ = (
        reply.ms_chap_keys(),
        reply.ms_chap2_success(),
        reply.ms_chap_error(),
    );
    let _ = (reply.framed_ip_address(), reply.session_timeout());
    assert!(reply.reply_messages().count() < 2048);
    let accepts =
        verdict::ms_chap2(&reply).is_ok_and(|it| !matches!(it, pptp_ppp::Verdict::Reject { .. }));
    assert!(!accepts || reply.decision() == Decision::Accept);
    let configured = MppePolicy::default();
    if let Some(policy) = verdict::mppe_policy(&reply, configured) {
        assert_eq!(
            policy, configured,
            "there is nothing between it and no link"
        );
    }
});

fn look_at(packet: &Packet<'_>) {
    let _ = format!("{packet:?}");
    let _ = packet.state();
    for it in packet.microsoft() {
        let _ = MsChapResponse::parse(it.value);
        let _ = MsChap2Response::parse(it.value);
        let _ = MsChapCpw1::parse(it.value);
        let _ = MsChapCpw2::parse(it.value);
        let _ = MsChap2Cpw::parse(it.value);
        let _ = packet.encrypted_password(it.kind);
    }
}
