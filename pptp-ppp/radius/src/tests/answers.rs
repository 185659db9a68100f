//! What goes into answers, and comes out of those that are right.

use super::*;

#[test]
fn keys_pass_hidden() {
    let key = |len: usize| -> Vec<u8> { (1..=len).map(|it| it.to_le_bytes()[0]).collect() };
    for len in [8, 15, 16, 17, 32, MAX_KEY_LEN] {
        let (send, receive) = (key(len), key(len.div_ceil(2)));
        let datagram = answer(Code::ACCESS_ACCEPT, |it| {
            it.keys(&send, &receive, 0x1234);
        });
        let parsed = reply(&datagram).unwrap();
        let keys = parsed.keys().unwrap().unwrap();
        assert_eq!(keys.send.as_bytes(), send);
        assert_eq!(keys.receive.as_bytes(), receive);
        let salts: Vec<&[u8]> = parsed.microsoft().map(|it| &it.value[..2]).collect();
        assert_eq!(salts, [[0x92, 0x34], [0x92, 0x35]]);
        let hides = |plain: &[u8]| {
            !datagram
                .windows(8)
                .any(|it| it == &plain[..8.min(plain.len())])
        };
        assert!(hides(&send));
        let start = keys.start_keys();
        assert_eq!(start.send, keys.send.start_key());
        let mut first = send.clone();
        first.resize(16, 0);
        let first: [u8; 16] = first[..16].try_into().unwrap();
        assert_eq!(start.send, pptp_mppe::StartKey::from_bytes(first));
    }
    let too_long = answer(Code::ACCESS_ACCEPT, |_| ());
    let parsed = reply(&too_long).unwrap();
    assert_eq!(parsed.keys(), Ok(None));
    assert_eq!(
        error(|it| _ = it.keys(&[1; 240], &[1; 16], 1)),
        EncodeError::ValueTooLong {
            attribute: "MS-MPPE-Send-Key",
            len: 258,
            max: 247
        }
    );
}

#[test]
fn keys_that_make_no_sense_are_none() {
    let broken: [&[u8]; 4] = [&[0x80], &[0x80, 1], &[0x80; 17], &[0x80; 19]];
    for value in broken {
        let datagram = answer(Code::ACCESS_ACCEPT, |it| {
            it.microsoft_parts(MicrosoftKind::MS_MPPE_SEND_KEY, &[value]);
            it.microsoft_hidden(MicrosoftKind::MS_MPPE_RECV_KEY, b"ab", &[&[16], &[1; 16]]);
        });
        let error = reply(&datagram).unwrap().keys().unwrap_err();
        assert_eq!(error.field, "MS-MPPE-Send-Key");
    }
    for len in [0, 32, 33, 255] {
        let datagram = answer(Code::ACCESS_ACCEPT, |it| {
            let kind = MicrosoftKind::MS_MPPE_SEND_KEY;
            it.microsoft_hidden(kind, b"ab", &[&[len], &[1; 31]]);
        });
        assert!(reply(&datagram).unwrap().keys().is_err(), "{len}");
    }
    let one = answer(Code::ACCESS_ACCEPT, |it| {
        let kind = MicrosoftKind::MS_MPPE_SEND_KEY;
        it.microsoft_hidden(kind, b"ab", &[&[16], &[1; 16]]);
    });
    let error = reply(&one).unwrap().keys().unwrap_err();
    assert_eq!(error.field, "MS-MPPE-Recv-Key");
}

#[test]
fn what_the_keys_of_version_1_are_made_of() {
    let datagram = answer(Code::ACCESS_ACCEPT, |it| {
        it.ms_chap_keys(&[7; 8], &[8; 16]);
    });
    let keys = reply(&datagram).unwrap().ms_chap_keys().unwrap().unwrap();
    assert_eq!(keys.lm_hash(), Some(&[7; 8]));
    assert_eq!(keys.nt_hash_hash(), Some(&[8; 16]));
    let none = answer(Code::ACCESS_ACCEPT, |it| {
        it.ms_chap_keys(&[0; 8], &[0; 16]);
    });
    let none = reply(&none).unwrap().ms_chap_keys().unwrap().unwrap();
    assert_eq!((none.lm_hash(), none.nt_hash_hash()), (None, None));
    assert_ne!(keys, none);
    let short = answer(Code::ACCESS_ACCEPT, |it| {
        it.microsoft(MicrosoftKind::MS_CHAP_MPPE_KEYS, &[1; 24]);
    });
    assert!(reply(&short).unwrap().ms_chap_keys().is_err());
}

#[test]
fn an_answer_changed_on_the_way_is_dropped() {
    let datagram = answer(Code::ACCESS_ACCEPT, |it| {
        it.ms_chap2_success(3, &[0xab; 20]).state(b"abc");
    });
    assert!(reply(&datagram).is_ok());
    for at in 0..datagram.len() {
        for bit in 0..8 {
            let mut changed = datagram.clone();
            changed[at] ^= 1 << bit;
            assert!(reply(&changed).is_err(), "octet {at}, bit {bit}");
        }
    }
    let mut padded = datagram.clone();
    padded.extend([1, 2, 3]);
    let state = reply(&padded).unwrap().state();
    assert_eq!(state, Some(&b"abc"[..]), "what follows is padding");
    let demand = MessageAuthenticator::IfPresent;
    let with = |secret, identifier, authenticator| {
        Reply::parse(&datagram, secret, identifier, authenticator, demand).unwrap_err()
    };
    let other = Secret::new(b"xyzzy5462").unwrap();
    let (ours, theirs) = (&REQUEST_AUTHENTICATOR, &[1; 16]);
    assert_eq!(with(other, 9, ours), Discard::WrongAuthenticator);
    assert_eq!(with(secret(), 9, theirs), Discard::WrongAuthenticator);
    assert_eq!(with(secret(), 8, ours), Discard::WrongIdentifier);
    let echoed = request(|_| ());
    assert_eq!(
        reply(&echoed).unwrap_err(),
        Discard::UnexpectedCode(Code::ACCESS_REQUEST)
    );
}

/// A wrong Message-Authenticator under a right Response Authenticator, and none where one has to be.
#[test]
fn the_message_authenticator_counts_by_itself() {
    let sign = |mut datagram: Vec<u8>| {
        let len = u16::try_from(datagram.len()).unwrap();
        datagram[2..4].copy_from_slice(&len.to_be_bytes());
        let code = secret().sign(&[&datagram[..4], &REQUEST_AUTHENTICATOR, &datagram[20..]]);
        datagram[4..20].copy_from_slice(&code);
        datagram
    };
    let mut wrong = answer(Code::ACCESS_ACCEPT, |_| ());
    wrong[22] ^= 1;
    let wrong = sign(wrong);
    let parse = |datagram: &[u8], demand| {
        let ours = &REQUEST_AUTHENTICATOR;
        Reply::parse(datagram, secret(), 9, ours, demand).map(|_| ())
    };
    for demand in [
        MessageAuthenticator::IfPresent,
        MessageAuthenticator::Required,
    ] {
        let error = parse(&wrong, demand).unwrap_err();
        assert_eq!(error, Discard::WrongMessageAuthenticator);
    }
    let mut without = answer(Code::ACCESS_ACCEPT, |_| ());
    without.truncate(20);
    let without = sign(without);
    assert_eq!(parse(&without, MessageAuthenticator::IfPresent), Ok(()));
    assert_eq!(
        parse(&without, MessageAuthenticator::Required),
        Err(Discard::NoMessageAuthenticator)
    );
    let mut eap = answer(Code::ACCESS_ACCEPT, |_| ());
    eap.truncate(20);
    eap.extend([79, 6, 3, 1, 0, 4]);
    assert_eq!(
        parse(&sign(eap), MessageAuthenticator::IfPresent),
        Err(Discard::NoMessageAuthenticator)
    );
}

#[test]
fn what_the_server_grants() {
    let address = |octets: [u8; 4]| {
        let datagram = answer(Code::ACCESS_ACCEPT, |it| {
            it.attribute(Kind::FRAMED_IP_ADDRESS, &octets);
        });
        reply(&datagram).unwrap().framed_ip_address()
    };
    let given = Ipv4Addr::new(10, 98, 1, 2);
    assert_eq!(address(given.octets()), Some(given));
    assert_eq!(address([255, 255, 255, 255]), None);
    assert_eq!(address([255, 255, 255, 254]), None);
    let datagram = answer(Code::ACCESS_ACCEPT, |it| {
        it.number(Kind::SESSION_TIMEOUT, 3600)
            .attribute(Kind::REPLY_MESSAGE, b"hello")
            .attribute(Kind::REPLY_MESSAGE, b"again");
    });
    let parsed = reply(&datagram).unwrap();
    assert_eq!(parsed.session_timeout(), Some(Duration::from_secs(3600)));
    let messages: Vec<&[u8]> = parsed.reply_messages().collect();
    assert_eq!(messages, [&b"hello"[..], b"again"]);
    assert_eq!(
        (parsed.encryption_policy(), parsed.encryption_types()),
        (None, None)
    );
    let odd = answer(Code::ACCESS_ACCEPT, |it| {
        it.attribute(Kind::SESSION_TIMEOUT, &[1, 2, 3]);
    });
    assert_eq!(reply(&odd).unwrap().session_timeout(), None);
}

#[test]
fn secrets_are_not_shown() {
    let datagram = request(|it| {
        it.user_name(b"alice").pap(b"wonderland");
    });
    let parsed = read(&datagram);
    let text = format!("{parsed:?} {:?}", parsed.attributes().collect::<Vec<_>>());
    assert!(text.contains("User-Password, 16 octets"), "{text}");
    for secret in ["wonderland", "xyzzy", "119, 111"] {
        assert!(!text.contains(secret), "{text}");
    }
    let datagram = answer(Code::ACCESS_ACCEPT, |it| {
        it.keys(&[77; 16], &[78; 16], 3)
            .ms_chap_keys(&[77; 8], &[78; 16]);
    });
    let parsed = reply(&datagram).unwrap();
    let text = format!(
        "{parsed:?} {:?} {:?}",
        parsed.keys(),
        parsed.ms_chap_keys().unwrap()
    );
    assert!(!text.contains("77") && !text.contains("78"), "{text}");
}
