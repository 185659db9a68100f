//! A client and a server whose LCP has agreed on some method of authentication, and whoever is between them says the rest:
//! nothing panics, nobody is let in who does not know the password, none is told that it is not asked for, and none that
//! was changed is taken.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_ppp::config::MppePolicy;
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_ppp::wire::{Frame, Packet, Protocol};
use pptp_ppp::{
    Credentials, Demand, Event, Full, Grant, Instant, Methods, Phase, Ppp, PppConfig, Random,
    Verdict,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, mut rest)) = bytes.split_first() else {
        return;
    };
    let every = [
        Methods::PAP,
        Methods::CHAP_MD5,
        Methods::MS_CHAP_V1,
        Methods::MS_CHAP_V1 | Methods::LAN_MANAGER | Methods::CHANGE_PASSWORD_1,
        Methods::MS_CHAP_V2,
    ];
    let methods = every[usize::from(choice) % every.len()];
    let protocol = if methods == Methods::PAP {
        Protocol::PAP
    } else {
        Protocol::CHAP
    };
    let now = Instant::from_millis(1);
    let (mut client, mut server) = agreed(now, methods);
    while let Ok(packet) = Packet::parse(rest) {
        let (said, after) = rest.split_at(Packet::HEADER_LEN + packet.data.len());
        rest = after;
        let mut frame = protocol.0.to_be_bytes().to_vec();
        frame.extend(said);
        let _ = client.handle_frame(now, &mut frame.clone());
        let _ = server.handle_frame(now, &mut frame);
        for (_, frame) in [sent(now, &mut client), sent(now, &mut server)].concat() {
            let told = frame.windows(6).any(|it| it == b"peer's");
            assert!(!told || methods == Methods::PAP);
        }
        while let Some(event) = client.poll_event() {
            if let Event::PasswordWanted { change: true, .. } = event {
                client
                    .change_password(now, "another")
                    .expect("it is wanted");
            } else if let Event::PasswordWanted { retry: true, .. } = event {
                client.retry(now, who(methods)).expect("it is wanted");
            }
        }
        while let Some(event) = server.poll_event() {
            assert!(!matches!(event, Event::Authenticated), "by {methods:?}");
            let Event::AuthRequested(request) = event else {
                continue;
            };
            // As it happens: refused for good, for now, or with a new password to come.
            let verdict = match packet.data.last().unwrap_or(&0) % 3 {
                0 => Verdict::Password("authenticator's"),
                rest => Verdict::Reject {
                    error: if rest == 1 {
                        ErrorCode::AuthenticationFailure
                    } else {
                        ErrorCode::PasswordExpired
                    },
                    retry: true,
                    message: b"no",
                },
            };
            let id = request.id;
            server.authorize(now, id, &verdict, Grant::default());
        }
        assert!(server.phase() != Phase::Network);
    }
});

fn who(methods: Methods) -> Credentials {
    let credentials = Credentials::new("", "peer's").expect("short");
    credentials.with_methods(methods).asking()
}

/// Both ends, that far.
fn agreed(now: Instant, methods: Methods) -> (Ppp<Full>, Ppp<Full>) {
    let config = PppConfig {
        mppe: MppePolicy::REFUSE,
        ..PppConfig::default()
    };
    let client = PppConfig {
        credentials: Some(who(methods)),
        ..config.clone()
    };
    let server = PppConfig {
        demand: Some(Demand::new(methods, "server").expect("short")),
        ..config
    };
    let mut client = Ppp::<Full>::new(client, Random::new([1; 32]));
    let mut server = Ppp::<Full>::new(server, Random::new([2; 32]));
    client.open(now);
    server.open(now);
    for _ in 0..4 {
        for (protocol, mut frame) in sent(now, &mut client) {
            if protocol == Protocol::LCP {
                let _ = server.handle_frame(now, &mut frame);
            }
        }
        for (protocol, mut frame) in sent(now, &mut server) {
            if protocol == Protocol::LCP {
                let _ = client.handle_frame(now, &mut frame);
            }
        }
    }
    assert_eq!(
        (client.phase(), server.phase()),
        (Phase::Authenticate, Phase::Authenticate)
    );
    (client, server)
}

/// All that it has to say.
fn sent(now: Instant, ppp: &mut Ppp<Full>) -> Vec<(Protocol, Vec<u8>)> {
    let mut out = [0; Ppp::<Full>::MAX_CONTROL_FRAME];
    let mut frames = Vec::new();
    while let Some(frame) = ppp.poll_frame(now, &mut out).expect("room") {
        let protocol = Frame::parse(frame).expect("our own").protocol;
        frames.push((protocol, frame.to_vec()));
    }
    frames
}
