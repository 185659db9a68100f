//! The examples of RFC 2865 §7.

use super::*;

const IF_PRESENT: MessageAuthenticator = MessageAuthenticator::IfPresent;

fn octets<const N: usize>(digits: &str) -> [u8; N] {
    hex(digits).try_into().unwrap()
}

/// §7.1.
#[test]
fn a_user_of_telnet() {
    let datagram = hex("01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb
         98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d
         93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8
         01 10 05 06 00 00 00 03");
    let request = Request::parse(&datagram, secret(), IF_PRESENT).unwrap();
    assert_eq!(
        (request.code, request.identifier),
        (Code::ACCESS_REQUEST, 0)
    );
    let mut buffer = [0; MAX_PASSWORD_LEN];
    assert_eq!(request.pap(&mut buffer), Ok(Some(&b"arctangent"[..])));
    assert_eq!(request.user_name(), Some(&b"nemo"[..]));
    let address = request.address(Kind::NAS_IP_ADDRESS);
    assert_eq!(address, Some(Ipv4Addr::new(192, 168, 1, 16)));
    assert_eq!(request.number(Kind::NAS_PORT), Some(3));

    // Ours hides the password in the same way.
    let mut buffer = [0; 64];
    let mut ours = Builder::request(&mut buffer, secret(), 0, request.authenticator);
    ours.user_name(b"nemo").pap(b"arctangent");
    let ours = ours.finish().unwrap();
    let of = |datagram| Packet::parse(datagram).unwrap().get(Kind::USER_PASSWORD);
    assert_eq!(of(ours), of(&datagram));

    let answer = hex("02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf
         9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00
         0e 06 c0 a8 01 03");
    let reply = Reply::parse(&answer, secret(), 0, &request.authenticator, IF_PRESENT).unwrap();
    assert_eq!(reply.decision(), Decision::Accept);
    assert_eq!(reply.number(Kind::SERVICE_TYPE), Some(1));
}

/// §7.2.
#[test]
fn a_user_of_ppp_with_chap() {
    let datagram = hex("01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e
         0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13 16 e9
         75 57 c3 16 18 58 95 f2 93 ff 63 44 07 72 75 04
         06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00
         02 07 06 00 00 00 01");
    let request = Request::parse(&datagram, secret(), IF_PRESENT).unwrap();
    let response = octets("e9 75 57 c3 16 18 58 95 f2 93 ff 63 44 07 72 75");
    let challenge: [u8; 16] = octets("2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2");
    assert_eq!(request.chap_md5(), Some((22, &challenge[..], &response)));

    // Ours differs by the attributes that it always has.
    let ours = super::request(|it| {
        it.user_name(b"flopsy").chap_md5(22, &challenge, &response);
        it.link(&Link {
            nas_address: Some(Ipv4Addr::new(192, 168, 1, 16)),
            port: Some(20),
            ..Link::default()
        });
    });
    let ours = Packet::parse(&ours).unwrap();
    for theirs in request.attributes() {
        assert_eq!(ours.get(theirs.kind), Some(theirs.value), "{theirs:?}");
    }

    let answer = hex("02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0
         3c 86 01 a4 06 06 00 00 00 02 07 06 00 00 00 01
         08 06 ff ff ff fe 0a 06 00 00 00 02 0d 06 00 00
         00 01 0c 06 00 00 05 dc");
    let reply = Reply::parse(&answer, secret(), 1, &challenge, IF_PRESENT).unwrap();
    assert_eq!(reply.decision(), Decision::Accept);
    assert_eq!(reply.framed_ip_address(), None);
    assert_eq!(reply.number(Kind::FRAMED_MTU), Some(1500));
}

/// §7.3.
#[test]
fn a_user_with_a_card() {
    let first = octets("f3 a4 7a 1f 6a 6d 76 71 0b 94 7a b9 30 41 a0 39");
    let datagram = hex("01 02 00 39 f3 a4 7a 1f 6a 6d 76 71 0b 94 7a b9
         30 41 a0 39 01 07 6d 6f 70 73 79 02 12 33 65 75
         73 77 82 89 b5 70 88 5e 15 08 48 25 c5 04 06 c0
         a8 01 10 05 06 00 00 00 07");
    let request = Request::parse(&datagram, secret(), IF_PRESENT).unwrap();
    let mut buffer = [0; MAX_PASSWORD_LEN];
    assert_eq!(request.pap(&mut buffer), Ok(Some(&b"challenge"[..])));

    let challenge = hex("0b 02 00 4e 36 f3 c8 76 4a e8 c7 11 57 40 3c 0c
         71 ff 9c 45 12 30 43 68 61 6c 6c 65 6e 67 65 20
         33 32 37 36 39 34 33 30 2e 20 20 45 6e 74 65 72
         20 72 65 73 70 6f 6e 73 65 20 61 74 20 70 72 6f
         6d 70 74 2e 18 0a 33 32 37 36 39 34 33 30");
    let reply = Reply::parse(&challenge, secret(), 2, &first, IF_PRESENT).unwrap();
    assert_eq!(reply.decision(), Decision::Challenge);
    assert_eq!(reply.state(), Some(&b"32769430"[..]));
    let message = reply.reply_messages().next().unwrap();
    assert_eq!(message, b"Challenge 32769430.  Enter response at prompt.");

    let second = octets("b1 22 55 6d 42 8a 13 d0 d6 25 38 07 c4 57 ec f0");
    let datagram = hex("01 03 00 43 b1 22 55 6d 42 8a 13 d0 d6 25 38 07
         c4 57 ec f0 01 07 6d 6f 70 73 79 02 12 69 2c 1f
         20 5f c0 81 b9 19 b9 51 95 f5 61 a5 81 04 06 c0
         a8 01 10 05 06 00 00 00 07 18 10 33 32 37 36 39
         34 33 30");
    // The State of the printed packet has a length of 16, and 8 octets: it ends too early.
    let error = Packet::parse(&datagram).unwrap_err();
    assert_eq!((error.field, error.offset), ("Value", 59));
    let mut right = datagram;
    right[58] = 10;
    let request = Request::parse(&right, secret(), IF_PRESENT).unwrap();
    assert_eq!(request.pap(&mut buffer), Ok(Some(&b"99101462"[..])));
    assert_eq!(request.state(), Some(&b"32769430"[..]));

    let reject = hex("03 03 00 14 a4 2f 4f ca 45 91 6c 4e 09 c8 34 0f 9e 74 6a a0");
    let reply = Reply::parse(&reject, secret(), 3, &second, IF_PRESENT).unwrap();
    assert_eq!(reply.decision(), Decision::Reject);
}
