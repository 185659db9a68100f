//! Against servers that are a socket here, and answer by the library's other end.

use super::*;
use crate::server::radius::answer::{Answer, Said};
use crate::server::tunnel::Presented;
use mio::Poll;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_radius::{
    Builder, Code, EncryptionPolicy, EncryptionTypes, Kind, MicrosoftKind, MsChapResponse,
    Request as Asking,
};
use std::net::UdpSocket as Socket;

const SECRET: &[u8] = b"xyzzy5461";

/// A server that a test is.
struct Server(Socket);

impl Server {
    fn new() -> Self {
        Self(Socket::bind("127.0.0.1:0").unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Takes a request, and answers as `build` has it.
    fn answer(&self, code: Code, build: impl FnOnce(&Asking<'_>, &mut Builder<'_, '_>)) {
        let (mut room, mut buffer) = ([0; MAX_PACKET_LEN], [0; MAX_PACKET_LEN]);
        let (len, whence) = self.0.recv_from(&mut room).unwrap();
        let secret = pptp_radius::Secret::new(SECRET).unwrap();
        let demand = MessageAuthenticator::Required;
        let request = Asking::parse(&room[..len], secret, demand).unwrap();
        let mut answer = request.answer(code, &mut buffer);
        build(&request, &mut answer);
        self.0.send_to(answer.finish().unwrap(), whence).unwrap();
    }
}

fn client(servers: &[&Server]) -> (Client<u8>, Poll) {
    let known = servers.iter().map(|server| Known {
        address: server.address(),
        doubted: None,
    });
    let client = Client {
        servers: known.collect(),
        secret: Secret::new(SECRET.to_vec()),
        identifier: "gate".to_owned(),
        schedule: Schedule {
            tries: 2,
            ..Schedule::default()
        },
        demand: MessageAuthenticator::Required,
        asked: Slab::new(),
    };
    (client, Poll::new().unwrap())
}

fn response() -> Presented {
    Presented::Response {
        identifier: 7,
        challenge: [1; 16],
        peer_challenge: [2; 16],
        nt_response: [3; 24],
    }
}

fn question(presented: Presented) -> Question {
    Question {
        name: b"alice".to_vec(),
        presented,
        session: 12,
        from: Ipv4Addr::new(192, 0, 2, 1),
        to: Some(Ipv4Addr::new(192, 0, 2, 2)),
        mtu: 1400,
        server: None,
    }
}

fn seconds(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

type Read = Option<(u8, Result<Answer, Trouble>)>;

/// What comes of the question, once there is anything to read.
fn read(client: &mut Client<u8>, poll: &mut Poll, place: usize) -> Read {
    let mut events = mio::Events::with_capacity(8);
    poll.poll(&mut events, Some(Duration::from_secs(10)))
        .unwrap();
    client.read(
        seconds(1),
        poll.registry(),
        place,
        |reply, question, server| {
            let configured = MppePolicy::default();
            Answer::new(reply, &question.presented, server, configured)
        },
    )
}

#[test]
fn an_answer_comes_with_the_ticket() {
    let server = Server::new();
    let (mut client, mut poll) = client(&[&server]);
    let place = client
        .ask(seconds(0), poll.registry(), 5, question(response()))
        .unwrap();
    assert!(client.next_timeout().is_some());
    server.answer(Code::ACCESS_ACCEPT, |request, answer| {
        assert_eq!(request.user_name(), Some(b"alice".as_slice()));
        assert_eq!(request.get(Kind::NAS_IDENTIFIER), Some(b"gate".as_slice()));
        let from = request.get(Kind::CALLING_STATION_ID);
        assert_eq!(from, Some(b"192.0.2.1".as_slice()));
        assert_eq!(
            request.get(Kind::NAS_IP_ADDRESS),
            Some([127, 0, 0, 1].as_slice())
        );
        answer
            .ms_chap2_success(7, &[9; 20])
            .keys(&[4; 16], &[5; 16], 3)
            .encryption(EncryptionPolicy::Required, EncryptionTypes::BITS_128)
            .attribute(Kind::FRAMED_IP_ADDRESS, &[10, 98, 7, 7])
            .number(Kind::SESSION_TIMEOUT, 60)
            .attribute(Kind::REPLY_MESSAGE, b"welcome");
    });
    let (ticket, answer) = read(&mut client, &mut poll, place).unwrap();
    let answer = answer.unwrap();
    assert_eq!(ticket, 5);
    assert!(matches!(answer.said, Said::In(_)));
    assert_eq!(answer.mppe, Some(MppePolicy::default()));
    assert_eq!(answer.address, Some(Ipv4Addr::new(10, 98, 7, 7)));
    assert_eq!(answer.longest, Some(Duration::from_secs(60)));
    assert!(answer.messages[0].contains("welcome"));
    assert!(client.asked.is_empty());
    assert_eq!(client.next_timeout(), None);
}

#[test]
fn a_refusal_says_why() {
    let server = Server::new();
    for (message, expected) in [
        (b"E=648 R=0 V=3".as_slice(), ErrorCode::PasswordExpired),
        (b"E=691 R=1 V=3", ErrorCode::AuthenticationFailure),
        (b"", ErrorCode::AuthenticationFailure),
    ] {
        let (mut client, mut poll) = client(&[&server]);
        let place = client
            .ask(seconds(0), poll.registry(), 5, question(response()))
            .unwrap();
        server.answer(Code::ACCESS_REJECT, |_, answer| {
            if !message.is_empty() {
                answer.ms_chap_error(7, message);
            }
        });
        let (_, answer) = read(&mut client, &mut poll, place).unwrap();
        match answer.unwrap().said {
            Said::Out { error, retry } => {
                assert_eq!(error, expected);
                assert_eq!(retry, message == b"E=691 R=1 V=3");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The first server hears nothing but its own silence; the second answers, and is asked first from then on, for a while.
#[test]
fn the_next_server_is_asked_if_one_is_silent() {
    let (silent, good) = (Server::new(), Server::new());
    let (mut client, mut poll) = client(&[&silent, &good]);
    let place = client
        .ask(seconds(0), poll.registry(), 5, question(response()))
        .unwrap();
    let mut now = seconds(0);
    while client.servers[0].doubted.is_none() {
        now = client.next_timeout().unwrap();
        assert!(client.wake(now, poll.registry()).is_none());
    }
    assert!(now >= seconds(3), "{now:?}");
    good.answer(Code::ACCESS_REJECT, |_, _| ());
    assert!(read(&mut client, &mut poll, place).unwrap().1.is_ok());

    let place = client
        .ask(now, poll.registry(), 6, question(response()))
        .unwrap();
    good.answer(Code::ACCESS_REJECT, |_, _| ());
    assert_eq!(read(&mut client, &mut poll, place).unwrap().0, 6);
    let later = now + DOUBT;
    client
        .ask(later, poll.registry(), 7, question(response()))
        .unwrap();
    let known = |silent: &Server| silent.0.recv_from(&mut [0; 64]).unwrap().1;
    let whence = [known(&silent), known(&silent), known(&silent)];
    assert_eq!(whence[0], whence[1], "the same again");
    assert_ne!(whence[1], whence[2], "and a socket for each question");
}

#[test]
fn nobody_answers() {
    let server = Server::new();
    let (mut client, poll) = client(&[&server]);
    client
        .ask(seconds(0), poll.registry(), 5, question(response()))
        .unwrap();
    let mut ended = None;
    while let Some(at) = client.next_timeout() {
        ended = client.wake(at, poll.registry()).or(ended);
    }
    let (ticket, trouble) = ended.unwrap();
    assert_eq!((ticket, &trouble), (5, &Trouble::Silence));
    assert_eq!(trouble.to_string(), "no RADIUS server answers");
    assert!(client.asked.is_empty());
}

/// It is as if it had not come; but the log has the reason in the end.
#[test]
fn an_answer_with_another_secret_is_none() {
    let server = Server::new();
    let (mut client, mut poll) = client(&[&server]);
    let place = client
        .ask(seconds(0), poll.registry(), 5, question(response()))
        .unwrap();
    let mut buffer = [0; MAX_PACKET_LEN];
    let mut room = [0; MAX_PACKET_LEN];
    let (_, whence) = server.0.recv_from(&mut room).unwrap();
    let secret = pptp_radius::Secret::new(b"another").unwrap();
    let forged = Builder::request(&mut buffer, secret, room[1], [0; 16]);
    let mut forged = forged.finish().unwrap().to_vec();
    forged[0] = Code::ACCESS_ACCEPT.0;
    server.0.send_to(&forged, whence).unwrap();
    assert!(read(&mut client, &mut poll, place).is_none());
    let mut ended = None;
    while let Some(at) = client.next_timeout() {
        ended = client.wake(at, poll.registry()).or(ended);
    }
    let trouble = ended.unwrap().1;
    assert_eq!(trouble, Trouble::Untrusted(Discard::WrongAuthenticator));
}

/// EAP goes back to the server that has asked, with what it wants back, and to no other.
#[test]
fn eap_goes_to_and_fro() {
    let (other, server) = (Server::new(), Server::new());
    let (mut client, mut poll) = client(&[&other, &server]);
    let eap = |packet: &[u8], state: &[u8], server| Question {
        server,
        ..question(Presented::Eap {
            packet: packet.to_vec(),
            state: state.to_vec(),
        })
    };
    let identity = [2, 1, 0, 10, 1, b'a', b'l', b'i', b'c', b'e'];
    let place = client
        .ask(seconds(0), poll.registry(), 5, eap(&identity, b"", Some(1)))
        .unwrap();
    let challenge = [1, 2, 0, 6, 4, 0];
    server.answer(Code::ACCESS_CHALLENGE, |request, answer| {
        let mut room = [0; 64];
        assert_eq!(request.eap(&mut room).unwrap(), Some(identity.as_slice()));
        answer.eap(&challenge).state(b"here");
    });
    match read(&mut client, &mut poll, place).unwrap().1.unwrap().said {
        Said::More(more) => {
            assert_eq!(more.packet, challenge);
            assert_eq!(
                (more.state.as_slice(), more.server),
                (b"here".as_slice(), 1)
            );
        }
        other => panic!("{other:?}"),
    }
    let place = client
        .ask(
            seconds(0),
            poll.registry(),
            5,
            eap(&[2, 2, 0, 6, 4, 0], b"here", Some(1)),
        )
        .unwrap();
    server.answer(Code::ACCESS_ACCEPT, |request, answer| {
        assert_eq!(request.get(Kind::STATE), Some(b"here".as_slice()));
        // Only what kind of packet it is in counts (RFC 3579 §2.6.3).
        answer
            .eap(&[4, 2, 0, 4])
            .keys(&[4; 32], &[5; 32], 3)
            .attribute(Kind::USER_NAME, b"Alice");
    });
    let answer = read(&mut client, &mut poll, place).unwrap().1.unwrap();
    assert!(matches!(answer.said, Said::InByEap { keys: Some(_) }));
    assert_eq!(answer.name.as_deref(), Some(b"Alice".as_slice()));

    // It has to be the one that has begun: another would not know what it is about.
    client
        .ask(
            seconds(0),
            poll.registry(),
            5,
            eap(&[2, 2, 0, 6, 4, 0], b"here", Some(1)),
        )
        .unwrap();
    let mut ended = None;
    while let Some(at) = client.next_timeout() {
        ended = client.wake(at, poll.registry()).or(ended);
    }
    assert_eq!(ended.unwrap().1, Trouble::Silence);
    other.0.set_nonblocking(true).unwrap();
    assert!(other.0.recv_from(&mut [0; 64]).is_err());
}

#[test]
fn what_cannot_be_made_use_of_is_told() {
    let server = Server::new();
    for (code, presented) in [
        // Without the proof that MS-CHAPv2 wants.
        (Code::ACCESS_ACCEPT, response()),
        (Code::ACCESS_CHALLENGE, response()),
        // Without a packet of EAP.
        (
            Code::ACCESS_CHALLENGE,
            Presented::Eap {
                packet: vec![2, 1, 0, 5, 1],
                state: Vec::new(),
            },
        ),
    ] {
        let (mut client, mut poll) = client(&[&server]);
        let place = client
            .ask(seconds(0), poll.registry(), 5, question(presented))
            .unwrap();
        server.answer(code, |_, _| ());
        let trouble = read(&mut client, &mut poll, place).unwrap().1.unwrap_err();
        assert!(matches!(trouble, Trouble::Unusable(_)), "{trouble}");
    }
}

#[test]
fn a_name_that_does_not_fit_is_not_asked_about() {
    let server = Server::new();
    let (mut client, poll) = client(&[&server]);
    for name in [vec![], vec![b'a'; 254]] {
        let question = Question {
            name,
            ..question(response())
        };
        let (ticket, trouble) = client
            .ask(seconds(0), poll.registry(), 5, question)
            .unwrap_err();
        assert_eq!(ticket, 5);
        assert!(matches!(trouble, Trouble::Unaskable(_)), "{trouble}");
    }
    assert!(client.asked.is_empty());
}

/// What is presented by the old methods arrives, and what is said of it.
#[test]
fn the_old_methods_are_asked_about_as_well() {
    use crate::server::plain::Plain;
    use pptp_core::ppp::Verdict;
    use pptp_core::ppp::wire::mschap;

    let server = Server::new();
    let ask = |plain: Plain, keys: bool, see: &dyn Fn(&Asking<'_>)| {
        let (mut client, mut poll) = client(&[&server]);
        let question = question(Presented::Plain(plain));
        let place = client
            .ask(seconds(0), poll.registry(), 5, question)
            .unwrap();
        server.answer(Code::ACCESS_ACCEPT, |request, answer| {
            see(request);
            if keys {
                answer.ms_chap_keys(&[0; 8], &[8; 16]);
            }
        });
        let (_, answer) = read(&mut client, &mut poll, place).unwrap();
        match answer.unwrap().said {
            Said::In(Verdict::Accept { keys }) => keys.is_some(),
            other => panic!("{other:?}"),
        }
    };
    let pap = Plain::Pap(Zeroizing::new(b"wonderland".to_vec()));
    let has_keys = ask(pap, false, &|request| {
        let mut room = [0; pptp_radius::MAX_PASSWORD_LEN];
        assert_eq!(
            request.pap(&mut room).unwrap(),
            Some(b"wonderland".as_slice())
        );
    });
    assert!(!has_keys);
    let chap = Plain::ChapMd5 {
        identifier: 7,
        challenge: [1; 16],
        response: [2; 16],
    };
    let has_keys = ask(chap, false, &|request| {
        let expected = (7, [1; 16].as_slice(), &[2; 16]);
        assert_eq!(request.chap_md5(), Some(expected));
    });
    assert!(!has_keys);
    let ms_chap = Plain::MsChapV1 {
        identifier: 7,
        challenge: [1; 8],
        response: mschap::Response::new([3; 24]),
    };
    let has_keys = ask(ms_chap, true, &|request| {
        let value = request.get_microsoft(MicrosoftKind::MS_CHAP_RESPONSE);
        let response = MsChapResponse::parse(value.unwrap()).unwrap();
        assert_eq!((response.identifier, response.use_nt), (7, true));
        assert_eq!(response.nt_response, [3; 24]);
        let challenge = request.get_microsoft(MicrosoftKind::MS_CHAP_CHALLENGE);
        assert_eq!(challenge, Some([1; 8].as_slice()));
    });
    assert!(has_keys);
}
