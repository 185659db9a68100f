//! CHAP packets of MS-CHAPv2 at both of its machines, and of both versions at the parsers: nothing panics, what was
//! understood can be written again, and no packet gets anybody authenticated, or a password changed, who does not know it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_ppp::auth::mschapv2::{Authenticator, Change, Peer};
use pptp_ppp::auth::{Credentials, Verdict};
use pptp_ppp::codec::Writer;
use pptp_ppp::mschap::change::NewPassword;
use pptp_ppp::mschap::{LmHash, NtHash, v1};
use pptp_ppp::random::Random;
use pptp_ppp::time::Instant;
use pptp_ppp::wire::change_password::ChangePassword;
use pptp_ppp::wire::mschapv2::{ErrorCode, Failure, Response, Success};
use pptp_ppp::wire::{Packet, chap, mschap};

fuzz_target!(|bytes: &[u8]| {
    let now = Instant::from_millis(1);
    let mut random = Random::new([7; 32]);
    let mut peer = Peer::with_room(Change::default());
    let mut who = Credentials::new("", "peer's").expect("short");
    let mut authenticator = Authenticator::with_room(Change::default());
    let mut retries = 0;
    peer.open(now);
    authenticator.challenge(now, &mut random);

    let mut rest = bytes;
    while let Ok(packet) = Packet::parse(rest) {
        messages(packet);

        let own_challenge = authenticator.challenge_value().copied();
        let _ = peer.handle_packet(
            now,
            &who,
            packet,
            own_challenge.as_ref().map(<[u8; 16]>::as_slice),
            &mut random,
        );
        assert!(!peer.is_authenticated() && peer.keys().is_none());
        // Whoever is asked tries again, and changes what has expired.
        if let Some(wanted) = peer.wanted() {
            let password = "peer's other";
            let other = Credentials::new("", password).expect("short");
            if wanted.change {
                let changed = peer.change_password(now, &who, &other, password, &mut random);
                changed.expect("it is wanted");
            } else {
                peer.retry(now, &other, &mut random).expect("it is wanted");
            }
            assert!(peer.wanted().is_none());
            who = other;
            retries += 1;
            assert!(retries <= Peer::MAX_RETRIES + 1);
        }

        if authenticator.handle_packet(packet) == Ok(true) {
            let hash = NtHash::from_password("authenticator's");
            let (id, verdict) = match authenticator.change_request() {
                Some(request) => {
                    let mut password = NewPassword::new();
                    assert!(request.open(&hash, &mut password).is_err());
                    (request.id, Verdict::NtHash(&hash))
                }
                None => {
                    let request = authenticator.request().expect("one of both after Ok(true)");
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
                            message: b"",
                        },
                    };
                    (request.id, verdict)
                }
            };
            let _ = authenticator.authorize(now, id, &verdict, &mut random);
        }
        assert!(!authenticator.is_authenticated() && authenticator.keys().is_none());

        let mut buffer = [0; 1400];
        for room in [0, 4, buffer.len()] {
            let (a, b) = buffer[..room].split_at_mut(room / 2);
            let _ = peer.poll_packet(&who, a);
            let _ = authenticator.poll_packet(b"server", b);
        }
        rest = &rest[Packet::HEADER_LEN + packet.data.len()..];
    }
});

fn messages(packet: Packet<'_>) {
    let Ok(message) = chap::Message::parse(packet) else {
        return;
    };
    let _ = message.to_string();
    let mut buffer = vec![0; packet.data.len() + Packet::HEADER_LEN];
    let mut writer = Writer::new(&mut buffer);
    message.encode(&mut writer, packet.identifier);
    let encoded = writer.finish().expect("as long as it was");
    assert_eq!(Packet::parse(encoded), Ok(packet));

    let mut buffer = [0; 512];
    match message {
        chap::Message::Response { value, .. } => {
            if let Ok(response) = Response::parse(value) {
                let mut writer = Writer::new(&mut buffer);
                response.encode(&mut writer);
                assert_eq!(writer.finish().expect("room"), value);
            }
            if let Ok(response) = mschap::Response::parse(value) {
                let mut writer = Writer::new(&mut buffer);
                response.encode(&mut writer);
                assert_eq!(writer.finish().expect("room"), value);
                let challenge = v1::Challenge([7; 8]);
                let nt = NtHash::from_password("authenticator's");
                assert!(!challenge.verify_nt_response(&nt, &response.nt_response));
            }
        }
        chap::Message::Success { message } => {
            if let Ok(success) = Success::parse(message) {
                let mut buffer = vec![0; message.len() + 3];
                let mut writer = Writer::new(&mut buffer);
                success.encode(&mut writer);
                let encoded = writer.finish().expect("room");
                assert_eq!(Success::parse(encoded), Ok(success));
            }
        }
        chap::Message::Failure { message } => {
            let failure = Failure::parse(message);
            let _ = failure.to_string();
            let mut buffer = vec![0; message.len() + 80];
            let mut writer = Writer::new(&mut buffer);
            failure.encode(&mut writer);
            let encoded = writer.finish().expect("room");
            assert_eq!(Failure::parse(encoded), failure);
            let failure = mschap::Failure::parse(message);
            let _ = failure.to_string();
            let mut buffer = vec![0; message.len() + 80];
            let mut writer = Writer::new(&mut buffer);
            failure.encode(&mut writer);
            let encoded = writer.finish().expect("room");
            assert_eq!(mschap::Failure::parse(encoded), failure);
        }
        chap::Message::Other { code, data } => {
            if let Some(Ok(change)) = ChangePassword::parse(code, data) {
                let _ = change.to_string();
                let mut buffer = vec![0; data.len()];
                let mut writer = Writer::new(&mut buffer);
                change.encode(&mut writer);
                assert_eq!(writer.finish().expect("as long as it was"), data);
                new_password(&change);
            }
        }
        _ => {}
    }
}

/// Nobody changes the password of an account who does not know the old one.
fn new_password(change: &ChangePassword<'_>) {
    let nt = NtHash::from_password("authenticator's");
    let lm = LmHash::from_password("AUTHENTICATOR").expect("short and plain");
    let mut new = NewPassword::new();
    match change {
        ChangePassword::Version1(change) => {
            let challenge = v1::Challenge([7; 8]);
            assert!(challenge.decrypt_nt_hash(&change.old_nt) != nt);
            assert!(challenge.decrypt_lm_hash(&change.old_lm) != lm);
        }
        ChangePassword::Version2(change) => {
            assert!(
                new.decrypt(change.password_under_nt, change.old_nt, &nt)
                    .is_err()
            );
            assert!(
                new.decrypt_with_lm(change.password_under_lm, change.old_lm, &lm)
                    .is_err()
            );
        }
        ChangePassword::Version3(change) => {
            assert!(
                new.decrypt(change.encrypted_password, change.encrypted_hash, &nt)
                    .is_err()
            );
        }
    }
    assert_eq!(new.as_str(), "");
}
