//! `pptp_ppp::Ppp`, a whole link.

use crate::{any, bytes, now, printed, some, some_of, some_times, text, used};
use core::net::Ipv4Addr;
use pptp_ppp::config::{Ipv4Config, LcpConfig, Modes, MppePolicy, Requirement, Strengths, Timing};
use pptp_ppp::mschap::change::NewPassword;
use pptp_ppp::mschap::{LmHash, NtHash};
use pptp_ppp::random::Random;
use pptp_ppp::{
    AnyOrder, Bare, Credentials, Demand, Event, Full, Grant, Inbound, Ipv4Only, Methods, Minimal,
    MsChapV2, Network, NoMppc, Outgoing, Ppp, PppConfig, Profile, Proof, Sealer, Verdict,
    plausible, side_by_side,
};

/// A configuration in which everything may be anything.
pub(super) fn config() -> PppConfig {
    let mut credentials = None;
    match Credentials::new(text(), text()) {
        Ok(made) if any(true) => credentials = Some(made.asking()),
        Ok(_) => {
            credentials = Credentials::with_nt_hash(bytes(), NtHash::new(any([0; 16]))).ok();
        }
        Err(error) => printed(error),
    }
    let address = any(Some(Ipv4Addr::LOCALHOST));
    let mut config = PppConfig::default();
    config.lcp = any(LcpConfig::default());
    config.timing = any(Timing::default());
    config.credentials = credentials;
    config.demand = Demand::new(any(Methods::MS_CHAP_V2), text()).ok();
    config.mppe = any(MppePolicy {
        requirement: Requirement::Allow,
        strengths: Strengths::all(),
        modes: Modes::all(),
    });
    config.mppc = any(true);
    config.ipv4 = any(Ipv4Config {
        local: address,
        remote: address,
        ask_dns: true,
        ask_nbns: true,
        dns: [address; 2],
        nbns: [address; 2],
    });
    if any(true) {
        any(config)
    } else {
        PppConfig::default()
    }
}

pub(super) fn verdicts(mut each: impl FnMut(&Verdict<'_>, Grant)) {
    let hash = NtHash::new(any([5; 16]));
    let lm = LmHash::new(any([4; 16]));
    let verdicts = any([
        Verdict::Password(text()),
        Verdict::NtHash(&hash),
        Verdict::Hashes { nt: &hash, lm: &lm },
        Verdict::Accept { keys: None },
        Verdict::AcceptWith {
            authenticator_response: any([6; 20]),
            keys: Some(
                pptp_mppe::MasterKey::from_bytes(any([7; 16]))
                    .start_keys(any(pptp_mppe::Side::Server)),
            ),
        },
        Verdict::WRONG_PASSWORD,
    ]);
    for verdict in &verdicts {
        each(verdict, any(Grant::default()));
    }
}

pub(super) fn event(event: Event<'_>) {
    match event {
        Event::Down(reason) => printed(reason),
        Event::AuthRequested(request) => proof(request.proof),
        other => used(other),
    }
}

fn proof(proof: Proof<'_>) {
    let hash = NtHash::new(any([5; 16]));
    match proof {
        Proof::ChapMd5(request) => used(request.proves(text())),
        Proof::ChangePasswordV1(request) => {
            let mut password = NewPassword::new();
            used(request.open(&hash, &mut password));
            used(request.new_hash(&hash));
        }
        other => used(other),
    }
}

/// With encryption and authentication, and without.
pub(super) fn links() {
    link::<Minimal>();
    link::<Bare>();
    link::<Full>();
    jobs::<Minimal>();
    jobs::<Bare>();
    jobs::<Ahead>();
    link::<Late>();
    jobs::<Late>();
}

/// As [`Minimal`], with room for the keys of two packets to come.
#[derive(Debug, Clone)]
struct Ahead;

impl Profile for Ahead {
    type Suite = Sealer<NoMppc, 2>;
    type Auth = MsChapV2;
    type Networks = Ipv4Only;
}

/// As [`Minimal`], with room for the keys of two packets that come late.
#[derive(Debug, Clone)]
pub(super) struct Late;

impl Profile for Late {
    type Suite = Sealer<NoMppc, 0, AnyOrder<2>>;
    type Auth = MsChapV2;
    type Networks = Ipv4Only;
}

/// A packet each of several links.
fn jobs<P: Profile>() {
    let mut links = [(); 2].map(|()| Ppp::<P>::new(config(), Random::new(any([0; 32]))));
    for _ in some_times() {
        let mut frames = [[0; 64]; 2];
        for link in &mut links {
            used(link.prepare());
            used(link.handle_frame(now(), some(&mut [0; 64])).map(drop));
        }
        let mut outgoing = frames.each_mut().map(|out| Outgoing::new(bytes(), out));
        let [first, second] = &mut outgoing;
        let [one, two] = &mut links;
        let mut jobs = [(&mut *one, first), (&mut *two, second)];
        Ppp::send_jobs(any(Network::Ipv4), some_of(&mut jobs));
        for packet in &outgoing {
            used(packet.sent());
        }
        let [first, second] = &mut frames;
        let mut jobs = [(one, some(first)), (two, some(second))];
        let early = Ppp::decrypt_early_jobs(some_of(&mut jobs));
        for ((link, frame), early) in jobs.into_iter().zip(early) {
            used(link.handle_early_frame(now(), early, frame).map(drop));
        }
    }
    used(side_by_side(any(9)));
}

fn link<P: Profile>() {
    let mut frame = [0; 256];
    let mut out = [0; 256];
    let mut ppp = Ppp::<P>::new(config(), Random::new(any([0; 32])));
    for _ in some_times() {
        ppp.open(now());
        used(ppp.handle_late_frame(now(), some(&mut frame)).map(drop));
        used(ppp.delivered_late());
        match ppp.handle_frame(now(), some(&mut frame)) {
            Ok(Inbound::Packet { packet, .. }) => used(packet),
            Ok(other) => used(other),
            Err(discard) => printed(discard),
        }
        match ppp.send(any(Network::Ipv4), bytes(), some(&mut out)) {
            Ok(frame) => used(frame),
            Err(error) => printed(error),
        }
        batches(&mut ppp);
        ppp.handle_timeout(now());
        used((ppp.reauthenticate(now()), ppp.authentication()));
        match ppp.poll_frame(now(), some(&mut out)) {
            Ok(frame) => used(frame),
            Err(error) => printed(error),
        }
        used((ppp.has_event(), ppp.is_down_next()));
        let mut request = None;
        while let Some(next) = ppp.poll_event() {
            match &next {
                Event::AuthRequested(presented) => request = Some(presented.id),
                Event::Eap(packet) => {
                    used(packet.message());
                    request = Some(packet.id);
                }
                _ => {}
            }
            event(next);
        }
        if let Some(request) = request {
            super::eap::link(&mut ppp, request);
            verdicts(|verdict, grant| ppp.authorize(now(), request, verdict, grant));
        }
        used(ppp.password_wanted());
        if let Some(credentials) = config().credentials
            && let Err(error) = ppp.retry(now(), credentials)
        {
            printed(error);
        }
        used(ppp.change_password(now(), text()));
        used((ppp.phase(), ppp.has_heard(), ppp.down_reason()));
        let (send, receive) = ppp.encryption();
        for encryption in [send, receive].into_iter().flatten() {
            printed(encryption);
        }
        let (send, receive) = ppp.compression();
        for compression in [send, receive].into_iter().flatten() {
            printed(compression);
        }
        used(ppp.frame_len(any(Network::Ipv4), any(9)));
        used((ppp.mtu(), ppp.is_up(any(Network::Ipv4)), ppp.clone()));
        used((ppp.next_timeout(), ppp.timeout_reason()));
        ppp.close(now());
    }
}

/// Several packets at once.
fn batches<P: Profile>(ppp: &mut Ppp<P>) {
    let mut frames = [[0; 64]; 8];
    let mut outgoing = frames.each_mut().map(|out| Outgoing::new(bytes(), out));
    for packet in &mut outgoing {
        used((packet.packet(), packet.room().len()));
        packet.set_headroom(any(4));
    }
    ppp.send_batch(any(Network::Ipv4), some_of(&mut outgoing));
    for packet in &mut outgoing {
        match packet.sent() {
            Ok(frame) => used(frame),
            Err(error) => printed(error),
        }
        packet.set_sent(Ok(any(5)));
        used(&*packet);
    }
    let mut frames = frames.each_mut().map(|frame| some(frame));
    let mut batch = ppp.handle_batch(now(), some_of(&mut frames));
    while any(true)
        && let Some(inbound) = batch.next()
    {
        used(inbound.map(drop));
    }
    used(batch.left());
    drop(batch);
    let early = ppp.decrypt_early(some_of(&mut frames));
    for (early, frame) in early.into_iter().zip(frames) {
        match early {
            Some(early) if any(true) => early.undo_frame(frame),
            early => used(ppp.handle_early_frame(now(), early, frame).map(drop)),
        }
    }
}

pub(super) fn plausibility() {
    used((plausible::split(bytes()), plausible::judge(bytes())));
    used(plausible::judge_start(bytes(), any(99)));
    used(any(Network::Ipv4).protocol());
}
