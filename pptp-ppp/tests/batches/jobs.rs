//! A packet each of several links at once, whatever these are up to, and with keys that are prepared.
#![allow(unreachable_pub, reason = "shared with a fuzz target")]

use super::common::Pair;
use super::common::lossy::Dice;
use super::steps::{KINDS, Step, Taken, frames, note, one_by_one, packet, up};
use pptp_ppp::{
    BATCH, Full, Ipv4Only, Mppc, Network, Outgoing, Ppp, PppConfig, Profile, Random, Sealer,
};

/// As [`Full`], with room for the keys of four packets to come.
#[derive(Debug, Clone)]
pub struct Ahead;

impl Profile for Ahead {
    type Suite = Sealer<Mppc, 4>;
    type Auth = <Full as Profile>::Auth;
    type Networks = Ipv4Only;
}

/// Links that are up, of each kind.
pub type Up<P> = Vec<Pair<P, P>>;

std::thread_local! {
    pub static UP_FULL: Up<Full> = KINDS.into_iter().map(up).collect();
    pub static UP_AHEAD: Up<Ahead> = KINDS.into_iter().map(up).collect();
}

/// How many states a link may be in: up, in one of the kinds, and three in which it is not.
pub const STATES: usize = KINDS.len() + 3;

/// Two ends of which the first is up, and the second in that state.
fn ends<P: Profile>(up: &Up<P>, state: usize) -> Pair<P, P> {
    let mut pair = up[state.min(KINDS.len()) % KINDS.len()].clone();
    let now = pair.now;
    match state.checked_sub(KINDS.len()) {
        None => {}
        Some(0) => pair.b.close(now),
        Some(more) => {
            pair.b = Ppp::new(PppConfig::default(), Random::new([3; 32]));
            if more == 1 {
                pair.b.open(now);
            }
        }
    }
    pair
}

fn below(dice: &mut Dice, end: usize) -> usize {
    usize::try_from(dice.below(u64::try_from(end).unwrap_or_default())).unwrap_or_default()
}

/// A link as text, but for how many keys are prepared: that is not to make any other difference.
fn text<P: Profile>(link: &Ppp<P>) -> String {
    let text = format!("{link:?}");
    let mut parts = text.split("prepared: ");
    let first = parts.next().unwrap_or_default().to_owned();
    let digits = |c: char| c.is_ascii_digit();
    parts.fold(first, |all, part| all + part.trim_start_matches(digits))
}

fn texts<'a, P: Profile + 'a>(links: impl IntoIterator<Item = &'a Ppp<P>>) -> Vec<String> {
    links.into_iter().map(text).collect()
}

/// So many links are taken together as the dice say, and of each one frame after the other.
pub fn check_receiving<P: Profile>(up: &Up<P>, links: &[(usize, Vec<Step>)], dice: u64) {
    let mut dice = Dice::new(dice);
    let mut now = up[0].now;
    let (mut one, mut arriving): (Vec<Ppp<P>>, Vec<Vec<Vec<u8>>>) = links
        .iter()
        .map(|(state, steps)| {
            let mut pair = ends(up, *state);
            now = now.max(pair.now);
            (pair.b, frames(&mut pair.a, steps).0)
        })
        .unzip();
    let (mut several, mut copy) = (one.clone(), arriving.clone());
    let single: Vec<Vec<Taken>> = one
        .iter_mut()
        .zip(&mut copy)
        .map(|(link, frames)| one_by_one(link, now, frames))
        .collect();

    let mut taken: Vec<Vec<Taken>> = vec![Vec::new(); links.len()];
    for round in 0..arriving.iter().map(Vec::len).max().unwrap_or(0) {
        let mut jobs: Vec<(&mut Ppp<P>, &mut [u8])> = Vec::new();
        let mut takers: Vec<&mut Vec<Taken>> = Vec::new();
        for ((link, frames), taken) in several.iter_mut().zip(&mut arriving).zip(&mut taken) {
            while dice.percent(20) && link.prepare() {}
            if let Some(frame) = frames.get_mut(round) {
                jobs.push((link, frame));
                takers.push(taken);
            }
        }
        let most = 1 + below(&mut dice, BATCH + 2);
        for (jobs, takers) in jobs.chunks_mut(most).zip(takers.chunks_mut(most)) {
            let before: Vec<_> = jobs.iter().map(|(_, frame)| frame.to_vec()).collect();
            let mut early: Vec<_> = Ppp::decrypt_early_jobs(jobs).into();
            early.resize_with(jobs.len().max(BATCH), || None);
            for ((((link, frame), early), before), taken) in
                jobs.iter_mut().zip(early).zip(before).zip(takers)
            {
                while dice.percent(20) && link.prepare() {}
                let inbound = match early {
                    Some(early) if dice.percent(10) => {
                        early.undo_frame(frame);
                        assert_eq!(*frame, before, "as if nothing had been");
                        link.handle_frame(now, frame)
                    }
                    early => link.handle_early_frame(now, early, frame),
                };
                taken.push(note(inbound));
            }
        }
    }
    assert_eq!(taken, single);
    assert_eq!(arriving, copy);
    assert_eq!(texts(&several), texts(&one));
}

/// So many links send together as the dice say.
pub fn check_sending<P: Profile>(up: &Up<P>, states: &[usize], dice: u64) {
    let mut dice = Dice::new(dice);
    let mut one: Vec<Ppp<P>> = states.iter().map(|state| ends(up, *state).b).collect();
    let mut several = one.clone();
    for round in 0..12 {
        let packets: Vec<_> = several
            .iter_mut()
            .map(|link| {
                while dice.percent(20) && link.prepare() {}
                let seed = u8::try_from(dice.below(256)).unwrap_or_default();
                let room = if dice.percent(10) {
                    below(&mut dice, 1600)
                } else {
                    1600
                };
                (packet(round, seed, below(&mut dice, 1500)), room)
            })
            .collect();
        let single: Vec<_> = one
            .iter_mut()
            .zip(&packets)
            .map(|(link, (packet, room))| {
                let mut out = vec![0; *room];
                let sent = link.send(Network::Ipv4, packet, &mut out);
                sent.map(|frame| frame.to_vec())
            })
            .collect();
        let mut rooms: Vec<_> = packets.iter().map(|(_, room)| vec![0; *room]).collect();
        let mut outgoing: Vec<_> = packets
            .iter()
            .zip(&mut rooms)
            .map(|((packet, _), room)| Outgoing::new(packet, room))
            .collect();
        let mut jobs: Vec<_> = several.iter_mut().zip(&mut outgoing).collect();
        for jobs in jobs.chunks_mut(1 + below(&mut dice, 15)) {
            Ppp::send_jobs(Network::Ipv4, jobs);
        }
        let sent: Vec<_> = outgoing
            .iter()
            .map(|it| it.sent().map(<[u8]>::to_vec))
            .collect();
        assert_eq!(sent, single);
        assert_eq!(texts(&several), texts(&one));
    }
}

/// Keys are prepared where there is room for them and they are of use, and only there; memory is as the docs say.
#[test]
fn keys_are_prepared_where_there_is_room() {
    let full = || UP_FULL.with(|up| up[0].a.clone());
    let ahead = |kind: usize| UP_AHEAD.with(|up| up[kind].a.clone());
    assert!(!full().prepare());
    for (number, kind) in KINDS.into_iter().enumerate() {
        let mut link = ahead(number);
        let prepared = (0..100).take_while(|_| link.prepare()).count();
        let is_of_use = kind.is_encrypted() && !kind.is_stateful();
        assert_eq!(prepared, if is_of_use { 4 } else { 0 }, "{kind:?}");
    }
    let mut link = ahead(0);
    while link.prepare() {}
    super::steps::send(&mut link, &packet(1, 0, 9));
    assert!(link.prepare() && !link.prepare());
    assert!(size_of::<Ppp<Ahead>>() - size_of::<Ppp<Full>>() <= 2 * (4 * 274 + 8));
}

/// Else the tests above would show nothing.
#[test]
fn frames_of_several_links_are_decrypted_before_their_turn() {
    let mut pairs = UP_FULL.with(|up| [0, 1, 2, 6, 0].map(|kind| up[kind].clone()));
    let mut frames = pairs
        .each_mut()
        .map(|pair| super::steps::send(&mut pair.a, &packet(1, 0, 99)));
    let mut links = pairs.iter_mut().map(|pair| &mut pair.b);
    let mut jobs = frames
        .each_mut()
        .map(|frame| (links.next().unwrap(), &mut frame[..]));
    let early = Ppp::decrypt_early_jobs(&mut jobs);
    let found: Vec<_> = early.iter().map(Option::is_some).collect();
    assert_eq!(found[..5], [true, true, false, false, true]);
    for ((_, frame), early) in jobs.into_iter().zip(early) {
        early.map(|early| early.undo_frame(frame)).unwrap_or(());
    }
}
