//! What goes into requests, and comes out of them.

use super::*;

#[test]
fn message_authenticator_comes_first() {
    let both = [
        request(|it| _ = it.user_name(b"a")),
        answer(Code::ACCESS_REJECT, |it| _ = it.state(b"a")),
    ];
    for datagram in both {
        let packet = Packet::parse(&datagram).unwrap();
        let first = packet.attributes().next().unwrap();
        assert_eq!(first.kind, Kind::MESSAGE_AUTHENTICATOR);
        assert!(packet.has_message_authenticator());
    }
}

#[test]
fn whoever_asks_and_from_where_is_told() {
    let link = Link {
        nas_address: Some(Ipv4Addr::new(192, 0, 2, 1)),
        nas_identifier: b"gate",
        port: Some(12),
        framed_mtu: Some(1396),
        calling_station: b"198.51.100.7",
        called_station: b"192.0.2.1",
        is_pptp: true,
    };
    let datagram = request(|it| _ = it.user_name(b"alice").link(&link));
    let packet = read(&datagram);
    let expected: [(u8, &[u8]); 14] = [
        (1, b"alice"),
        (4, &[192, 0, 2, 1]),
        (5, &[0, 0, 0, 12]),
        (61, &[0, 0, 0, 5]),
        (6, &[0, 0, 0, 2]),
        (7, &[0, 0, 0, 1]),
        (12, &[0, 0, 5, 0x74]),
        (64, &[0, 0, 0, 1]),
        (65, &[0, 0, 0, 1]),
        (32, b"gate"),
        (31, b"198.51.100.7"),
        (30, b"192.0.2.1"),
        (66, b"198.51.100.7"),
        (67, b"192.0.2.1"),
    ];
    let all: Vec<(u8, &[u8])> = packet
        .attributes()
        .skip(1)
        .map(|it| (it.kind.0, it.value))
        .collect();
    assert_eq!(all, expected);
    let datagram = request(|it| _ = it.link(&Link::default()));
    let kinds: Vec<u8> = read(&datagram).attributes().map(|it| it.kind.0).collect();
    assert_eq!(kinds, [80, 61, 6, 7]);
}

/// The layouts of RFC 2548 §2.1.3, §2.3.2, §2.1.6, §2.1.7 and §2.3.4, octet by octet.
#[test]
fn microsofts_attributes_are_laid_out_as_in_the_rfc() {
    let v1 = MsChapResponse {
        identifier: 5,
        use_nt: true,
        lm_response: [0x11; 24],
        nt_response: [0x22; 24],
    };
    let datagram = request(|it| _ = it.ms_chap(&[0xcc; 8], &v1));
    let mut expected = hex("1a10 00000137 0b0a cccccccccccccccc 1a3a 00000137 0134 05 01");
    expected.extend([[0x11; 24], [0x22; 24]].concat());
    assert_eq!(datagram[38..], expected);

    let v2 = MsChap2Response {
        identifier: 5,
        peer_challenge: [0x11; 16],
        nt_response: [0x22; 24],
    };
    let datagram = request(|it| _ = it.ms_chap2(&[0xcc; 16], &v2));
    let mut expected = hex("1a18 00000137 0b12");
    expected.extend([0xcc; 16]);
    expected.extend(hex("1a3a 00000137 1934 05 00"));
    expected.extend([0x11; 16]);
    expected.extend([0; 8]);
    expected.extend([0x22; 24]);
    assert_eq!(datagram[38..], expected);

    let change = MsChapCpw1 {
        identifier: 5,
        lm_old: [0x11; 16],
        lm_new: [0x22; 16],
        nt_old: [0x33; 16],
        nt_new: [0x44; 16],
        new_lm_password_len: 0x0102,
        flags: 1,
    };
    let datagram = request(|it| _ = it.change_password_1(&change));
    let mut expected = hex("1a4e 00000137 0348 05 05");
    expected.extend([[0x11; 16], [0x22; 16], [0x33; 16], [0x44; 16]].concat());
    expected.extend(hex("0102 0001"));
    assert_eq!(datagram[38..], expected);

    let change = MsChapCpw2 {
        identifier: 5,
        old_nt_hash: [0x11; 16],
        old_lm_hash: [0x22; 16],
        lm_response: [0x33; 24],
        nt_response: [0x44; 24],
        flags: 3,
    };
    let (by_nt, by_lm) = ([0x66; 516], [0x77; 516]);
    let datagram =
        request(|it| _ = it.change_password_2(&[0xcc; 8], &change, &by_nt, Some(&by_lm)));
    let mut expected = hex("1a10 00000137 0b0a cccccccccccccccc 1a5c 00000137 0456 06 05");
    expected.extend([[0x11; 16], [0x22; 16]].concat());
    expected.extend([[0x33; 24], [0x44; 24]].concat());
    expected.extend([0, 3]);
    for (kind, octet) in [(6, 0x66), (5, 0x77)] {
        for (number, len) in [(1, 243), (2, 243), (3, 30)] {
            expected.extend([26, len + 12, 0, 0, 1, 0x37, kind, len + 6, 6, 5, 0, number]);
            expected.extend(std::vec![octet; len.into()]);
        }
    }
    assert_eq!(datagram[38..], expected);

    let change = MsChap2Cpw {
        identifier: 5,
        encrypted_hash: [0x11; 16],
        peer_challenge: [0x22; 16],
        nt_response: [0x33; 24],
    };
    let datagram = request(|it| _ = it.change_password_3(&[0xcc; 16], &change, &by_nt));
    let mut expected = hex("1a18 00000137 0b12");
    expected.extend([0xcc; 16]);
    expected.extend(hex("1a4c 00000137 1b46 07 05"));
    expected.extend([[0x11; 16], [0x22; 16]].concat());
    expected.extend([0; 8]);
    expected.extend([0x33; 24]);
    expected.extend([0, 0]);
    assert_eq!(datagram[38..][..expected.len()], expected);
}

#[test]
fn pieces_of_a_password_are_put_together_by_number() {
    let password: Vec<u8> = (0..516).map(|it: u16| it.to_le_bytes()[0]).collect();
    let password: [u8; 516] = password.try_into().unwrap();
    let kind = MicrosoftKind::MS_CHAP_NT_ENC_PW;
    let pieces = |numbers: &[(u8, usize, usize)]| {
        request(|it| {
            for &(number, start, end) in numbers {
                let head = [6, 1, 0, number];
                it.microsoft(kind, &[&head[..], &password[start..end]].concat());
            }
        })
    };
    let whole = |numbers: &[(u8, usize, usize)]| read(&pieces(numbers)).encrypted_password(kind);
    assert_eq!(whole(&[]), Ok(None));
    for numbers in [
        [(1, 0, 243), (2, 243, 486), (3, 486, 516)],
        [(3, 486, 516), (1, 0, 243), (2, 243, 486)],
    ] {
        assert_eq!(whole(&numbers), Ok(Some(password)));
    }
    for numbers in [
        &[(1, 0, 243), (2, 243, 486)][..],
        &[(1, 0, 243), (2, 243, 486), (3, 486, 515)],
        &[(1, 0, 243), (2, 243, 486), (4, 486, 516)],
        &[(1, 0, 243), (2, 243, 486), (3, 486, 516), (4, 0, 1)],
        &[(1, 0, 243), (1, 243, 486), (2, 486, 516)],
    ] {
        assert!(whole(numbers).is_err(), "{numbers:?}");
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let name = [b'a'; 254];
    let too_long = |attribute, len, max| EncodeError::ValueTooLong {
        attribute,
        len,
        max,
    };
    let empty = |attribute| EncodeError::ValueEmpty { attribute };
    assert_eq!(
        error(|it| _ = it.user_name(&name)),
        too_long("User-Name", 254, 253)
    );
    assert_eq!(error(|it| _ = it.user_name(b"")), empty("User-Name"));
    assert_eq!(
        error(|it| _ = it.pap(&name[..129])),
        too_long("User-Password", 129, 128)
    );
    assert_eq!(
        error(|it| _ = it.microsoft(MicrosoftKind::MS_CHAP_ERROR, &name[..248])),
        too_long("MS-CHAP-Error", 248, 247)
    );
    assert_eq!(
        error(|it| _ = it.ms_chap_challenge(b"")),
        empty("MS-CHAP-Challenge")
    );
    assert_eq!(
        error(|it| _ = it.eap(&[0; 4030])),
        EncodeError::PacketTooLong {
            len: 20 + 18 + 4030 + 2 * 16
        }
    );
    assert_eq!(
        error(|it| _ = it.user_name(b"").pap(&name)),
        empty("User-Name"),
        "the first counts"
    );
    for room in 0..43 {
        let mut buffer = [0; 43];
        let mut builder = Builder::request(&mut buffer[..room], secret(), 9, REQUEST_AUTHENTICATOR);
        builder.user_name(b"bob");
        let needed = EncodeError::BufferTooSmall(BufferTooSmall { needed: 43 });
        assert_eq!(builder.finish().unwrap_err(), needed);
    }
}

#[test]
fn eap_of_any_length_goes_in_pieces() {
    for len in [1, 4, 252, 253, 254, 506, 507, 1500, 4000 - 32] {
        let packet: Vec<u8> = (0..len).map(|it: u16| it.to_le_bytes()[0]).collect();
        let datagram = request(|it| _ = it.eap(&packet));
        let parsed = read(&datagram);
        assert!(parsed.eap_pieces().all(|piece| piece.len() <= 253));
        let mut buffer = [0; MAX_PACKET_LEN];
        assert_eq!(parsed.eap(&mut buffer), Ok(Some(&packet[..])));
        let needed = packet.len();
        let short = parsed.eap(&mut buffer[..needed - 1]);
        assert_eq!(short, Err(BufferTooSmall { needed }));
    }
    let start = request(|it| _ = it.eap(&[]));
    assert_eq!(read(&start).eap(&mut []), Ok(Some(&[][..])));
    assert_eq!(start[38..], [79, 2]);
    let none = request(|_| ());
    assert_eq!(read(&none).eap(&mut []), Ok(None));
}

/// RFC 3579 §3.1 and §3.2.
#[test]
fn eap_in_disorder_or_unprotected_is_dropped() {
    let apart = request(|it| _ = it.eap(b"ab").user_name(b"a").eap(b"cd"));
    let error = Packet::parse(&apart).unwrap_err();
    assert_eq!((error.field, error.offset), ("EAP-Message", 45));
    let twice = request(|it| _ = it.attribute(Kind::MESSAGE_AUTHENTICATOR, &[0; 16]));
    assert_eq!(Packet::parse(&twice).unwrap_err().offset, 38);
    let short = request(|it| _ = it.attribute(Kind::MESSAGE_AUTHENTICATOR, &[0; 15]));
    assert_eq!(Packet::parse(&short).unwrap_err().offset, 38);

    // Without Message-Authenticator.
    let mut datagram = hex("01090014");
    datagram.extend(REQUEST_AUTHENTICATOR);
    let demand = MessageAuthenticator::IfPresent;
    assert!(Request::parse(&datagram, secret(), demand).is_ok());
    datagram[3] += 6;
    datagram.extend([79, 6, 2, 1, 0, 4]);
    let parsed = Request::parse(&datagram, secret(), demand);
    assert_eq!(parsed.unwrap_err(), Discard::NoMessageAuthenticator);
}
