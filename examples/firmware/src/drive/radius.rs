//! `pptp_radius`.

use crate::{any, bytes, now, printed, some, some_times, used};
use core::net::Ipv4Addr;
use pptp_ppp::config::MppePolicy;
use pptp_radius::{
    Builder, Code, EncryptionPolicy, EncryptionTypes, Exchange, Kind, Link, MessageAuthenticator,
    MicrosoftKind, MsChap2Cpw, MsChap2Response, MsChapCpw1, MsChapCpw2, MsChapResponse, Packet,
    Reply, Request, Schedule, Secret, verdict,
};

/// Less than there may be, for the stack's sake; what does not fit is an error.
const ROOM: usize = 1200;

fn demand() -> MessageAuthenticator {
    any(MessageAuthenticator::Required)
}

pub(super) fn requests() {
    let Some(secret) = Secret::new(bytes()) else {
        return;
    };
    let mut buffer = [0; ROOM];
    let mut request = Builder::request(some(&mut buffer), secret, any(1), any([2; 16]));
    request
        .user_name(bytes())
        .pap(bytes())
        .state(bytes())
        .eap(bytes());
    request.link(&Link {
        nas_address: any(Some(Ipv4Addr::LOCALHOST)),
        nas_identifier: bytes(),
        port: any(Some(1)),
        framed_mtu: any(Some(1400)),
        calling_station: bytes(),
        called_station: bytes(),
        is_pptp: any(true),
    });
    request.chap_md5(any(1), bytes(), any(&[1; 16]));
    request.attribute(any(Kind::CLASS), bytes());
    request.microsoft(any(MicrosoftKind::MS_CHAP_DOMAIN), bytes());
    if let Ok(response) = MsChapResponse::parse(bytes()) {
        request.ms_chap(any(&[1; 8]), &response);
    }
    if let Ok(response) = MsChap2Response::parse(bytes()) {
        request.ms_chap2(any(&[1; 16]), &response);
    }
    if let Ok(change) = MsChapCpw1::parse(bytes()) {
        request.change_password_1(&change);
    }
    let block = any([3; 516]);
    if let Ok(change) = MsChapCpw2::parse(bytes()) {
        request.change_password_2(any(&[1; 8]), &change, &block, any(Some(&block)));
    }
    if let Ok(change) = MsChap2Cpw::parse(bytes()) {
        request.change_password_3(any(&[1; 16]), &change, &block);
    }
    match request.finish() {
        Ok(datagram) => exchange(secret, datagram),
        Err(error) => printed(error),
    }
}

fn exchange(secret: Secret<'_>, datagram: &[u8]) {
    let schedule = Schedule {
        tries: any(3),
        ..Schedule::default()
    };
    match Exchange::new(now(), datagram, schedule) {
        Ok(mut exchange) => {
            for _ in some_times() {
                used(exchange.poll_datagram());
                match exchange.handle_datagram(bytes(), secret, demand()) {
                    Ok(reply) => read(&reply),
                    Err(discard) => printed(discard),
                }
                if let Err(error) = exchange.handle_timeout(now()) {
                    printed(error);
                }
                used(exchange.next_timeout());
            }
            exchange.end();
        }
        Err(error) => printed(error),
    }
}

fn read(reply: &Reply<'_>) {
    used(reply.decision());
    used((reply.ms_chap_error(), reply.ms_chap2_success()));
    if let Ok(Some(keys)) = reply.keys() {
        used((keys.start_keys(), keys.send == keys.receive));
    }
    if let Ok(Some(keys)) = reply.ms_chap_keys() {
        used((keys.lm_hash(), keys.nt_hash_hash()));
    }
    used((reply.encryption_policy(), reply.encryption_types()));
    used((reply.framed_ip_address(), reply.session_timeout()));
    for message in reply.reply_messages() {
        used(message);
    }
    match verdict::ms_chap2(reply) {
        Ok(verdict) => used(verdict),
        Err(error) => printed(error),
    }
    used(verdict::mppe_policy(reply, any(MppePolicy::default())));
}

pub(super) fn packets() {
    let packet = match Packet::parse(bytes()) {
        Ok(packet) => packet,
        Err(error) => return printed(error),
    };
    for attribute in packet.attributes() {
        printed(attribute.kind);
        used(attribute.value);
    }
    for attribute in packet.microsoft() {
        printed(attribute.kind);
        used(packet.encrypted_password(attribute.kind));
    }
    for piece in packet.eap_pieces() {
        used(piece);
    }
    used((packet.get(any(Kind::STATE)), packet.state()));
    let mut buffer = [0; ROOM];
    used(packet.eap(some(&mut buffer)));
    used(packet.has_message_authenticator());
}

pub(super) fn answers() {
    let Some(secret) = Secret::new(bytes()) else {
        return;
    };
    let request = match Request::parse(bytes(), secret, demand()) {
        Ok(request) => request,
        Err(discard) => return printed(discard),
    };
    let mut buffer = [0; ROOM];
    used(request.pap(some(&mut buffer)));
    used((request.user_name(), request.chap_md5()));
    let mut answer = request.answer(any(Code::ACCESS_ACCEPT), some(&mut buffer));
    answer.ms_chap2_success(any(1), any(&[1; 20]));
    answer.ms_chap_error(any(1), bytes());
    answer.keys(bytes(), bytes(), any(3));
    answer.ms_chap_keys(any(&[1; 8]), any(&[2; 16]));
    answer.encryption(any(EncryptionPolicy::Allowed), any(EncryptionTypes::all()));
    answer.number(any(Kind::SESSION_TIMEOUT), any(60));
    used(answer.finish());
}
