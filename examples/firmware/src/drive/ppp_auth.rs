//! `pptp_ppp::{auth, mschap, wire::mschapv2}`.

use crate::{any, bytes, printed, used};
use pptp_ppp::auth::mschapv2::{Authenticator, Peer};
use pptp_ppp::auth::{Name, Verdict};
use pptp_ppp::codec::Writer;
use pptp_ppp::mschap::{self, Exchange, NtHash};
use pptp_ppp::random::Random;
use pptp_ppp::time::Instant;
use pptp_ppp::wire::Packet;
use pptp_ppp::wire::mschapv2::{ErrorCode, Failure, Response, Success};

pub(super) fn computations() {
    let password = core::str::from_utf8(bytes()).unwrap_or_default();
    let hash = NtHash::from_password(password);
    used((hash.hash(), hash == NtHash::new(any([0; 16]))));
    let exchange = Exchange {
        authenticator_challenge: &any([1; 16]),
        peer_challenge: &any([2; 16]),
        user_name: bytes(),
    };
    let response = exchange.nt_response(&hash);
    used(exchange.verify_nt_response(&hash, &any([0; 24])));
    used(exchange.verify_authenticator_response(&hash, &response, &any([0; 20])));
    used(mschap::master_key(&hash, &response));
}

pub(super) fn messages() {
    let mut buffer = [0; 64];
    let mut writer = Writer::new(any(&mut buffer[..]));
    match Response::parse(bytes()) {
        Ok(response) => response.encode(&mut writer),
        Err(error) => printed(error),
    }
    match Success::parse(bytes()) {
        Ok(success) => success.encode(&mut writer),
        Err(error) => printed(error),
    }
    let failure = Failure::parse(bytes());
    failure.encode(&mut writer);
    printed(failure);
    printed(failure.error);
    used(writer.finish());
}

pub(super) fn peer() {
    let mut random = Random::new(any([0; 32]));
    let mut buffer = [0; 400];
    let Ok(name) = Name::new(bytes()) else { return };
    let mut peer = Peer::new(name, NtHash::new(any([0; 16])));
    for _ in 0..any(2) {
        let now = Instant::from_micros(any(0));
        peer.open(now);
        if let Ok(packet) = Packet::parse(bytes()) {
            match peer.handle_packet(now, packet, any(None), &mut random) {
                Ok(event) => used(event),
                Err(error) => printed(error),
            }
        }
        if let Some(error) = peer.handle_timeout(now) {
            printed(error);
        }
        used(peer.next_timeout());
        used(peer.poll_packet(any(&mut buffer[..])));
        used((peer.is_authenticated(), peer.keys()));
    }
    peer.close();
}

pub(super) fn authenticator() {
    let mut random = Random::new(any([0; 32]));
    let mut buffer = [0; 400];
    let name = match Name::new(bytes()) {
        Ok(name) => name,
        Err(error) => return printed(error),
    };
    let mut authenticator = Authenticator::new(name);
    for _ in 0..any(2) {
        let now = Instant::from_micros(any(0));
        authenticator.challenge(now, &mut random);
        if let Ok(packet) = Packet::parse(bytes()) {
            match authenticator.handle_packet(packet) {
                Ok(new) => used(new),
                Err(error) => printed(error),
            }
        }
        if let Some(request) = authenticator.request() {
            let id = request.id;
            used(request);
            let hash = NtHash::new(any([0; 16]));
            let verdict = match any(0) {
                0 => Verdict::Password("any"),
                1 => Verdict::NtHash(&hash),
                2 => Verdict::AcceptWith {
                    authenticator_response: any([0; 20]),
                    keys: None,
                },
                _ => Verdict::Reject {
                    error: ErrorCode::from(any(0)),
                    retry: any(true),
                    message: bytes(),
                },
            };
            used(authenticator.authorize(now, id, &verdict, &mut random));
        }
        if let Some(error) = authenticator.handle_timeout(now) {
            printed(error);
        }
        used(authenticator.next_timeout());
        used(authenticator.poll_packet(any(&mut buffer[..])));
        used((
            authenticator.is_authenticated(),
            authenticator.keys(),
            authenticator.challenge_value(),
        ));
    }
    authenticator.close();
}
