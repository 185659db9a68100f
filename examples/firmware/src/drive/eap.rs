//! `pptp_ppp::auth::eap`.

use crate::{any, bytes, now, printed, some, some_times, text, used};
use pptp_core::Session;
use pptp_mppe::{Side, StartKeys};
use pptp_ppp::auth::eap::{Authenticator, EapAnswer, EapRoom, NoRoom, PassThrough, Peer};
use pptp_ppp::auth::mschapv2::{Change, ChangeRoom, NoChange};
use pptp_ppp::auth::{AuthId, Credentials, Grant, Methods};
use pptp_ppp::random::Random;
use pptp_ppp::wire::Packet;
use pptp_ppp::{DownReason, Ppp, Profile};

fn answers(mut each: impl FnMut(&EapAnswer<'_>)) {
    let keys = StartKeys::from_msk(any(&[7; 64]), any(Side::Server));
    let answers = any([
        EapAnswer::Reply(bytes()),
        EapAnswer::Keys(Some(keys)),
        EapAnswer::Decline,
        EapAnswer::Distrust,
    ]);
    for answer in &answers {
        each(answer);
    }
}

/// The caller's part in a link.
pub(super) fn link<P: Profile>(ppp: &mut Ppp<P>, id: AuthId) {
    let keys = StartKeys::from_msk(any(&[7; 64]), any(Side::Client));
    used(ppp.eap_keys(now(), id, any(Some(keys)), any(Grant::default())));
    if let Err(error) = ppp.eap_reply(now(), id, bytes()) {
        printed(error);
    }
    used(ppp.eap_decline(now(), id));
    used(ppp.eap_distrust(now(), id));
}

/// The same in a tunnel.
pub(super) fn tunnel<P: Profile, R>(end: &mut Session<P, R>, id: AuthId) {
    let keys = StartKeys::from_msk(any(&[7; 64]), any(Side::Client));
    used(end.eap_keys(now(), id, any(Some(keys)), any(Grant::default())));
    used(end.eap_reply(now(), id, bytes()));
    used(end.eap_decline(now(), id));
    used(end.eap_distrust(now(), id));
}

pub(super) fn peer() {
    used(Peer::new());
    peer_with(NoChange, NoRoom);
    peer_with(Change::default(), PassThrough::<64>::default());
}

fn peer_with<C: ChangeRoom, R: EapRoom>(change: C, room: R) {
    let mut random = Random::new(any([0; 32]));
    let Ok(who) = Credentials::new(text(), text()) else {
        return;
    };
    let mut peer = Peer::with_rooms(change, room);
    let mut out = [0; 256];
    for _ in some_times() {
        peer.open(now(), any(Methods::all()));
        if let Ok(packet) = Packet::parse(bytes()) {
            match peer.handle_packet(now(), &who, packet, any(Some(&[0; 16])), &mut random) {
                Ok(step) => used(step),
                Err(discard) => printed(discard),
            }
        }
        used(peer.handle_timeout(now()));
        peer.hurry();
        peer.ask(now());
        used(peer.wanted());
        used(peer.retry(now(), &who, &mut random));
        used(peer.change_password(now(), &who, &who, text(), &mut random));
        used(peer.give_up(now(), any(DownReason::Closed)));
        used(peer.notification());
        used(peer.passed());
        answers(|answer| {
            if let Err(error) = peer.take_answer(now(), any(1), answer) {
                printed(error);
            }
        });
        used(peer.poll_packet(&who, some(&mut out)));
        used((peer.keys(), peer.is_authenticated(), peer.next_timeout()));
        peer.close();
    }
}

pub(super) fn authenticator() {
    used(Authenticator::new());
    authenticator_with(NoChange, NoRoom);
    authenticator_with(Change::default(), PassThrough::<64>::default());
}

fn authenticator_with<C: ChangeRoom, R: EapRoom>(change: C, room: R) {
    let mut random = Random::new(any([0; 32]));
    let mut authenticator = Authenticator::with_rooms(change, room);
    let mut out = [0; 256];
    for _ in some_times() {
        authenticator.open(now(), any(Methods::all()));
        if let Ok(packet) = Packet::parse(bytes()) {
            match authenticator.handle_packet(now(), packet, &mut random) {
                Ok(step) => used(step),
                Err(discard) => printed(discard),
            }
        }
        used(authenticator.request());
        super::ppp::verdicts(|verdict, _| {
            used(authenticator.authorize(now(), verdict, &mut random));
        });
        used(authenticator.passed());
        answers(|answer| {
            if let Err(error) = authenticator.take_answer(now(), answer, &mut random) {
                printed(error);
            }
        });
        used(authenticator.handle_timeout(now()));
        used(authenticator.poll_packet(bytes(), some(&mut out)));
        used((authenticator.keys(), authenticator.is_authenticated()));
        used((
            authenticator.challenge_value(),
            authenticator.next_timeout(),
        ));
        authenticator.close();
    }
}
