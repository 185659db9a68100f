//! What holds for all packets.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// Calls all that reads.
fn read_all(packet: &Packet<'_>) {
    let mut buffer = [0; MAX_PACKET_LEN];
    let _ = format!("{packet:?}");
    let _ = (packet.state(), packet.eap(&mut buffer).unwrap());
    for it in packet.microsoft() {
        let _ = MsChapResponse::parse(it.value);
        let _ = MsChap2Response::parse(it.value);
        let _ = MsChapCpw1::parse(it.value);
        let _ = MsChapCpw2::parse(it.value);
        let _ = MsChap2Cpw::parse(it.value);
        let _ = packet.encrypted_password(it.kind);
    }
}

fn read_reply(reply: &Reply<'_>) {
    read_all(reply);
    let _ = (reply.keys(), reply.ms_chap_keys(), reply.ms_chap2_success());
    let _ = (reply.ms_chap_error(), reply.framed_ip_address());
    let _ = (reply.encryption_policy(), reply.encryption_types());
    let _ = (reply.session_timeout(), reply.reply_messages().count());
    let _ = verdict::ms_chap2(reply);
    let _ = verdict::mppe_policy(reply, MppePolicy::default());
}

/// Attributes of any type, length and value; many of Microsoft's.
fn attributes() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let whatever = (any::<u8>(), vec(any::<u8>(), 0..60));
    let microsoft = vec(any::<u8>(), 0..60).prop_map(|mut value| {
        value.splice(0..0, [0, 0, 1, 0x37]);
        (26, value)
    });
    let sound = (any::<u8>(), vec(any::<u8>(), 0..60)).prop_map(|(kind, inner)| {
        let len = u8::try_from(inner.len() + 2).unwrap();
        (26, [&[0, 0, 1, 0x37, kind, len][..], &inner].concat())
    });
    vec(prop_oneof![whatever, microsoft, sound], 0..12)
}

proptest! {
    #[test]
    fn nothing_that_comes_panics(bytes in vec(any::<u8>(), 0..200), attributes in attributes()) {
        let mut datagram = bytes.clone();
        for _ in 0..2 {
            if let Ok(packet) = Packet::parse(&datagram) {
                read_all(&packet);
                // Under the right authenticators.
                let mut signed = datagram.clone();
                let code = secret().sign(&[&datagram[..4], &REQUEST_AUTHENTICATOR,
                    &datagram[20..usize::from(u16::from_be_bytes([datagram[2], datagram[3]]))]]);
                signed[4..20].copy_from_slice(&code);
                let demand = MessageAuthenticator::IfPresent;
                if let Ok(reply) = Reply::parse(&signed, secret(), packet.identifier, &REQUEST_AUTHENTICATOR, demand) {
                    read_reply(&reply);
                }
                if let Ok(request) = Request::parse(&datagram, secret(), demand) {
                    let mut buffer = [0; MAX_PASSWORD_LEN];
                    let _ = (request.pap(&mut buffer).unwrap(), request.chap_md5());
                }
            }
            // The second time with a sound header.
            let body: Vec<u8> = attributes.iter().flat_map(|(kind, value)| {
                let len = u8::try_from(value.len() + 2).unwrap();
                [&[*kind, len][..], value].concat()
            }).collect();
            let len = u16::try_from(body.len() + 20).unwrap().to_be_bytes();
            let code = *bytes.first().unwrap_or(&0) % 12;
            datagram = [&[code, 9, len[0], len[1]][..], &[3; 16], &body].concat();
        }
    }

    #[test]
    fn every_prefix_is_an_error(cut in 0..60_usize) {
        let datagram = request(|it| _ = it.user_name(b"alice").state(b"0123456789"));
        prop_assume!(cut < datagram.len());
        prop_assert!(Packet::parse(&datagram[..cut]).is_err());
    }

    #[test]
    fn what_is_written_is_read(
        password in "[a-z]{0,128}", name in vec(any::<u8>(), 1..=253), state in vec(any::<u8>(), 1..=253),
        eap in vec(any::<u8>(), 1..1500), head in any::<[u8; 2]>(), a in any::<[u8; 16]>(), b in any::<[u8; 16]>(),
        c in any::<[u8; 24]>(), d in any::<[u8; 24]>(), numbers in any::<[u16; 2]>(),
    ) {
        let v1 = MsChapResponse { identifier: head[0], use_nt: head[1] & 1 != 0, lm_response: c, nt_response: d };
        let v2 = MsChap2Response { identifier: head[0], peer_challenge: a, nt_response: d };
        let c1 = MsChapCpw1 { identifier: head[0], lm_old: a, lm_new: b, nt_old: b, nt_new: a,
            new_lm_password_len: numbers[0], flags: numbers[1] };
        let c2 = MsChapCpw2 { identifier: head[0], old_nt_hash: a, old_lm_hash: b, lm_response: c, nt_response: d,
            flags: numbers[0] };
        let c3 = MsChap2Cpw { identifier: head[0], encrypted_hash: a, peer_challenge: b, nt_response: c };
        let (mut by_nt, mut by_lm) = ([head[0]; 516], [head[1]; 516]);
        by_nt[100..116].copy_from_slice(&a);
        by_lm[500..516].copy_from_slice(&b);
        let datagram = request(|it| {
            it.user_name(&name).pap(password.as_bytes()).chap_md5(head[0], &b, &a).state(&state).ms_chap(&[3; 8], &v1)
                .ms_chap2(&b, &v2).change_password_1(&c1).change_password_2(&[4; 8], &c2, &by_nt, Some(&by_lm));
            it.eap(&eap[..eap.len().min(900)]);
        });
        let read = read(&datagram);
        let mut buffer = [0; MAX_PACKET_LEN];
        prop_assert_eq!(read.user_name(), Some(&name[..]));
        prop_assert_eq!(read.pap(&mut buffer), Ok(Some(password.as_bytes())));
        prop_assert_eq!(read.chap_md5(), Some((head[0], &b[..], &a)));
        prop_assert_eq!(read.state(), Some(&state[..]));
        prop_assert_eq!(read.eap(&mut buffer), Ok(Some(&eap[..eap.len().min(900)])));
        let get = |kind| read.get_microsoft(kind).unwrap();
        prop_assert_eq!(MsChapResponse::parse(get(MicrosoftKind::MS_CHAP_RESPONSE)), Ok(v1));
        prop_assert_eq!(MsChap2Response::parse(get(MicrosoftKind::MS_CHAP2_RESPONSE)), Ok(v2));
        prop_assert_eq!(MsChapCpw1::parse(get(MicrosoftKind::MS_CHAP_CPW_1)), Ok(c1));
        prop_assert_eq!(MsChapCpw2::parse(get(MicrosoftKind::MS_CHAP_CPW_2)), Ok(c2));
        prop_assert_eq!(read.encrypted_password(MicrosoftKind::MS_CHAP_NT_ENC_PW), Ok(Some(by_nt)));
        prop_assert_eq!(read.encrypted_password(MicrosoftKind::MS_CHAP_LM_ENC_PW), Ok(Some(by_lm)));
        let datagram = request(|it| _ = it.change_password_3(&a, &c3, &by_lm));
        let read = self::read(&datagram);
        prop_assert_eq!(MsChap2Cpw::parse(read.get_microsoft(MicrosoftKind::MS_CHAP2_CPW).unwrap()), Ok(c3));
        prop_assert_eq!(read.encrypted_password(MicrosoftKind::MS_CHAP_NT_ENC_PW), Ok(Some(by_lm)));
    }
}
