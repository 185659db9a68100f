//! `pptp_ppp::{auth, mschap}` and the messages of MS-CHAPv2.

use crate::{any, bytes, now, printed, some, some_times, text, used};
use core::net::{IpAddr, Ipv6Addr};
use pptp_ppp::auth::mschapv2::{Authenticator, Change, ChangeRoom, NoChange, Peer};
use pptp_ppp::auth::{Credentials, Verdict};
use pptp_ppp::codec::Writer;
use pptp_ppp::guard::{Guard, GuardConfig};
use pptp_ppp::mschap::change::{self, NewPassword};
use pptp_ppp::mschap::{self, Exchange, LmHash, NtHash, v1};
use pptp_ppp::random::Random;
use pptp_ppp::wire::change_password::ChangePassword;
use pptp_ppp::wire::chap::Code;
use pptp_ppp::wire::mschapv2::{ErrorCode, Failure, Response, Success};
use pptp_ppp::wire::{self, Packet};

pub(super) fn computations() {
    let hash = NtHash::from_password(text());
    used(hash == NtHash::new(any([1; 16])));
    used((hash.as_bytes(), hash.hash()));
    let exchange = Exchange {
        authenticator_challenge: any(&[1; 16]),
        peer_challenge: any(&[2; 16]),
        user_name: bytes(),
    };
    used(exchange.challenge_hash());
    let response = exchange.nt_response(&hash);
    used(exchange.verify_nt_response(&hash, any(&[3; 24])));
    used(exchange.authenticator_response(&hash, &response));
    used(exchange.verify_authenticator_response(&hash, &response, any(&[4; 20])));
    used(mschap::master_key(&hash, &response));
    used(mschap::without_domain(bytes()));
    version_1(&hash);
    changes(&hash);
    guard();
}

fn guard() {
    let mut guard = Guard::<4, 4>::new(GuardConfig::default(), any([1; 16]));
    for _ in some_times() {
        let source = any(IpAddr::V6(Ipv6Addr::LOCALHOST));
        used(guard.check(now(), source, bytes()));
        used(guard.peek(now(), source, bytes()));
        used(guard.failed(now(), source, bytes()));
        guard.succeeded(now(), source, bytes());
        guard.withdrawn(now(), source, bytes());
        used(guard.answer_at(now()));
    }
    used(*guard.config());
}

fn version_1(nt: &NtHash) {
    let challenge = any(v1::Challenge([1; 8]));
    let lm = LmHash::from_password(text());
    used(lm == LmHash::from_oem(bytes()));
    used(challenge.nt_response(nt));
    used(challenge.verify_nt_response(nt, any(&[2; 24])));
    used(challenge.next());
    used(challenge.encrypt_nt_hash(nt));
    used(challenge.decrypt_nt_hash(any(&[3; 16])));
    used(challenge.decrypt_lm_hash(any(&[4; 16])));
    used(challenge.keys(any(Some(nt)), lm.as_ref()));
    if let Some(lm) = &lm {
        used(lm.as_bytes());
        used(challenge.lm_response(lm));
        used(challenge.verify_lm_response(lm, any(&[5; 24])));
        used(challenge.encrypt_lm_hash(lm));
    }
}

fn changes(old: &NtHash) {
    let mut random = Random::new(any([0; 32]));
    let lm = LmHash::new(any([1; 16]));
    match change::encrypt_password(text(), old, &mut random) {
        Ok(block) => used(block),
        Err(error) => printed(error),
    }
    used(change::encrypt_password_with_lm(text(), &lm, &mut random));
    used(change::encrypt_hash(old, any(old)));
    used(change::encrypt_lm_hash(&lm, old));
    let mut new = NewPassword::new();
    if let Err(error) = new.decrypt(any(&[2; change::BLOCK_LEN]), any(&[3; 16]), old) {
        printed(error);
    }
    used(new.decrypt_with_lm(any(&[4; change::BLOCK_LEN]), any(&[5; 16]), &lm));
    used(new.as_str());
    used(new.nt_hash());
}

pub(super) fn messages() {
    let mut buffer = [0; 256];
    let mut writer = Writer::new(some(&mut buffer));
    match Response::parse(bytes()) {
        Ok(response) => response.encode(&mut writer),
        Err(error) => printed(error),
    }
    match Success::parse(bytes()) {
        Ok(success) => success.encode(&mut writer),
        Err(error) => printed(error),
    }
    let failure = Failure::parse(bytes());
    printed(failure);
    failure.encode(&mut writer);
    match wire::mschap::Response::parse(bytes()) {
        Ok(response) => {
            used(response.uses_nt());
            response.encode(&mut writer);
        }
        Err(error) => printed(error),
    }
    let failure = wire::mschap::Failure::parse(bytes());
    printed(failure);
    failure.encode(&mut writer);
    if let Some(Ok(change)) = ChangePassword::parse(any(Code::CHANGE_PASSWORD_3), bytes()) {
        printed(change);
        change.encode(&mut writer);
    }
    used(writer.finish());
}

pub(super) fn peer() {
    used(Peer::new());
    peer_with(NoChange);
    peer_with(Change::default());
}

fn peer_with<C: ChangeRoom>(room: C) {
    let mut random = Random::new(any([0; 32]));
    let Ok(who) = Credentials::new(text(), text()) else {
        return;
    };
    let mut peer = Peer::with_room(room);
    let mut out = [0; 256];
    for _ in some_times() {
        peer.open(now());
        if let Ok(packet) = Packet::parse(bytes()) {
            match peer.handle_packet(now(), &who, packet, any(Some(&[0; 16])), &mut random) {
                Ok(event) => used(event),
                Err(discard) => printed(discard),
            }
        }
        if let Some(error) = peer.handle_timeout(now()) {
            printed(error);
        }
        peer.hurry();
        peer.ask(now());
        used(peer.wanted());
        if let Err(error) = peer.retry(now(), &who, &mut random) {
            printed(error);
        }
        used(peer.change_password(now(), &who, &who, text(), &mut random));
        used(peer.poll_packet(&who, some(&mut out)));
        used((peer.keys(), peer.is_authenticated(), peer.next_timeout()));
        peer.close();
    }
}

pub(super) fn authenticator() {
    used(Authenticator::new());
    authenticator_with(NoChange);
    authenticator_with(Change::default());
}

fn authenticator_with<C: ChangeRoom>(room: C) {
    let mut random = Random::new(any([0; 32]));
    let mut authenticator = Authenticator::with_room(room);
    let mut out = [0; 256];
    for _ in some_times() {
        authenticator.challenge(now(), &mut random);
        if let Ok(packet) = Packet::parse(bytes()) {
            match authenticator.handle_packet(packet) {
                Ok(presented) => used(presented),
                Err(discard) => printed(discard),
            }
        }
        let mut id = authenticator.request().map(|request| request.id);
        if let Some(request) = authenticator.change_request() {
            let mut password = NewPassword::new();
            used(request.open(&NtHash::new(any([5; 16])), &mut password));
            id = Some(request.id);
        }
        if let Some(id) = id {
            let hash = NtHash::new(any([5; 16]));
            let verdict = any([
                Verdict::Password(text()),
                Verdict::NtHash(&hash),
                Verdict::AcceptWith {
                    authenticator_response: any([6; 20]),
                    keys: None,
                },
                Verdict::Reject {
                    error: any(ErrorCode::AccountDisabled),
                    retry: any(true),
                    message: bytes(),
                },
            ]);
            for verdict in &verdict {
                used(authenticator.authorize(now(), id, verdict, &mut random));
            }
        }
        if let Some(error) = authenticator.handle_timeout(now()) {
            printed(error);
        }
        used(authenticator.poll_packet(bytes(), some(&mut out)));
        used((authenticator.keys(), authenticator.is_authenticated()));
        used(authenticator.is_refused());
        used((
            authenticator.challenge_value(),
            authenticator.next_timeout(),
        ));
        authenticator.close();
    }
}
