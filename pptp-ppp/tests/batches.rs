//! Several frames at once give what one after the other would; and nothing but what was sent comes out (laws 7 and 8).
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::{End, Pair, ipv4};
use core::net::Ipv4Addr;
use pptp_ppp::config::{Ipv4Config, Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::{
    Credentials, Demand, Discard, Full, Grant, Inbound, Instant, Method, Network, Outgoing, Ppp,
    PppConfig, Random, Verdict,
};
use proptest::collection::vec as list;
use proptest::prelude::*;
use proptest::sample::Index;

/// How packets are protected.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Encrypted(Modes, bool),
    Compressed(Modes),
    Clear,
}

const KINDS: [Kind; 7] = [
    Kind::Encrypted(Modes::STATELESS, false),
    Kind::Encrypted(Modes::STATELESS, true),
    Kind::Encrypted(Modes::STATEFUL, false),
    Kind::Encrypted(Modes::STATEFUL, true),
    Kind::Compressed(Modes::STATELESS),
    Kind::Compressed(Modes::STATEFUL),
    Kind::Clear,
];

impl Kind {
    fn is_stateful(self) -> bool {
        match self {
            Self::Encrypted(modes, _) | Self::Compressed(modes) => modes == Modes::STATEFUL,
            Self::Clear => false,
        }
    }

    fn is_encrypted(self) -> bool {
        matches!(self, Self::Encrypted(..))
    }
}

/// Two ends that are up.
fn up(kind: Kind) -> Pair<Full, Full> {
    let (mppe, mppc) = match kind {
        Kind::Encrypted(modes, mppc) => {
            let policy = MppePolicy {
                requirement: Requirement::Require,
                strengths: Strengths::BITS_128,
                modes,
            };
            (policy, mppc)
        }
        Kind::Compressed(modes) => {
            let policy = MppePolicy {
                modes,
                ..MppePolicy::REFUSE
            };
            (policy, true)
        }
        Kind::Clear => (MppePolicy::REFUSE, false),
    };
    let client = PppConfig {
        mppe,
        mppc,
        credentials: Some(Credentials::new("alice", "wonderland").unwrap()),
        ..PppConfig::default()
    };
    let server = PppConfig {
        mppe,
        mppc,
        demand: Some(Demand::new(Method::MsChapV2, "server").unwrap()),
        ipv4: Ipv4Config {
            local: Some(Ipv4Addr::new(10, 0, 0, 1)),
            remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
            ..Ipv4Config::default()
        },
        ..PppConfig::default()
    };
    let a = Ppp::new(client, Random::new([1; 32]));
    let mut pair = Pair::new(a, Ppp::new(server, Random::new([2; 32])));
    for _ in 0..50 {
        pair.run_with(later(pair.now, 100), |_, _| true);
        if let Some(id) = pair.request.take() {
            let now = pair.now;
            let verdict = Verdict::Password("wonderland");
            pair.b.authorize(now, id, &verdict, Grant::default());
        }
    }
    assert!(pair.is_up(), "{kind:?} {}", pair.transcript());
    let (send, receive) = pair.a.compression();
    assert_eq!(
        (send.is_some(), receive.is_some()),
        (mppc, mppc),
        "{kind:?}"
    );
    assert_eq!(pair.a.encryption().0.is_some(), kind.is_encrypted());
    pair
}

fn later(now: Instant, millis: u64) -> Instant {
    Instant::from_micros(now.as_micros() + millis * 1000)
}

std::thread_local! {
    static UP: Vec<Pair<Full, Full>> = KINDS.into_iter().map(up).collect();
}

/// A packet of some length that compresses well, a little, or not at all.
fn packet(number: usize, seed: u8, len: usize) -> Vec<u8> {
    let mut dice = common::lossy::Dice::new(seed.into());
    let line = format!("packet number {number}, one of many. ");
    let text = line.bytes().cycle();
    let octets: Vec<u8> = text
        .take(len)
        .map(|octet| match seed % 3 {
            0 => octet,
            1 if dice.percent(80) => octet,
            _ => u8::try_from(dice.below(256)).unwrap(),
        })
        .collect();
    ipv4(&[&number.to_be_bytes(), &octets[..]].concat())
}

/// What happens on the way.
#[derive(Debug, Clone)]
enum Step {
    Send(u8, usize),
    Lose(u8, usize),
    /// What was sent before comes again.
    Again(Index),
    /// What was sent before comes again, with an octet changed.
    Changed(Index, Index, u8),
    /// Packets of nobody: how far ahead, the four bits, and what follows.
    Forged(u16, u8, Vec<u8>),
    ResetRequest,
    EchoRequest,
    Clear(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (any::<u8>(), 0_usize..400).prop_map(|(seed, len)| Step::Send(seed, len)),
        2 => (any::<u8>(), 0_usize..400).prop_map(|(seed, len)| Step::Lose(seed, len)),
        1 => any::<Index>().prop_map(Step::Again),
        1 => (any::<Index>(), any::<Index>(), any::<u8>()).prop_map(|(of, at, by)| Step::Changed(of, at, by)),
        1 => (0_u16..5, 0_u8..16, list(any::<u8>(), 0..40)).prop_map(|(ahead, bits, data)| {
            Step::Forged(ahead, bits, data)
        }),
        1 => Just(Step::ResetRequest),
        1 => Just(Step::EchoRequest),
        1 => any::<u8>().prop_map(Step::Clear),
    ]
}

fn send(ppp: &mut Ppp<Full>, packet: &[u8]) -> Vec<u8> {
    let mut out = [0; 1600];
    ppp.send(Network::Ipv4, packet, &mut out).unwrap().to_vec()
}

/// The frames that arrive at B, and the packets that A has sent.
fn frames(a: &mut Ppp<Full>, steps: &[Step]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut frames, mut packets): (Vec<Vec<u8>>, Vec<Vec<u8>>) = Default::default();
    let mut count = 0_u16;
    for (number, step) in steps.iter().enumerate() {
        let old = |of: &Index| (!frames.is_empty()).then(|| of.get(&frames).clone());
        match step {
            Step::Send(seed, len) | Step::Lose(seed, len) => {
                let packet = packet(number, *seed, *len);
                let frame = send(a, &packet);
                if let [0xfd, high, low, ..] = frame[..] {
                    count = u16::from_be_bytes([high, low]).wrapping_add(1);
                }
                packets.push(packet);
                if matches!(step, Step::Send(..)) {
                    frames.push(frame);
                }
            }
            Step::Again(of) => frames.extend(old(of)),
            Step::Changed(of, at, by) => {
                if let Some(mut frame) = old(of) {
                    *at.get_mut(&mut frame) ^= by | 1;
                    frames.push(frame);
                }
            }
            Step::Forged(ahead, bits, data) => {
                let header = u16::from(*bits) << 12 | count.wrapping_add(*ahead) & 0x0fff;
                let mut frame = vec![0xfd];
                frame.extend(header.to_be_bytes());
                frame.extend(data);
                frames.push(frame);
            }
            Step::ResetRequest => frames.push(vec![0x80, 0xfd, 14, 9, 0, 4]),
            Step::EchoRequest => {
                frames.push(vec![0xff, 0x03, 0xc0, 0x21, 9, 9, 0, 8, 0, 0, 0, 0]);
            }
            Step::Clear(number) => {
                let mut frame = vec![0x21];
                frame.extend(ipv4(&[*number]));
                frames.push(frame);
            }
        }
    }
    (frames, packets)
}

/// A packet, that there was none, or why it was dropped.
type Taken = Result<Option<Vec<u8>>, Discard>;

fn note(inbound: Result<Inbound<'_>, Discard>) -> Taken {
    match inbound {
        Ok(Inbound::Packet { packet, .. }) => Ok(Some(packet.to_vec())),
        Ok(_) => Ok(None),
        Err(discard) => Err(discard),
    }
}

fn one_by_one(b: &mut Ppp<Full>, now: Instant, frames: &mut [Vec<u8>]) -> Vec<Taken> {
    frames
        .iter_mut()
        .map(|frame| note(b.handle_frame(now, frame)))
        .collect()
}

/// Of each batch the caller may leave some, to be given again.
fn in_batches(
    b: &mut Ppp<Full>,
    now: Instant,
    frames: &mut [Vec<u8>],
    sizes: &[usize],
) -> Vec<Taken> {
    let mut taken = Vec::new();
    let mut sizes = sizes.iter().copied().cycle();
    while taken.len() < frames.len() {
        let mut slices: Vec<&mut [u8]> = frames[taken.len()..]
            .iter_mut()
            .take(sizes.next().unwrap())
            .map(|frame| &mut frame[..])
            .collect();
        let mut batch = b.handle_batch(now, &mut slices);
        let mut most = sizes.next().unwrap();
        while most > 0
            && let Some(inbound) = batch.next()
        {
            taken.push(note(inbound));
            most -= 1;
        }
    }
    taken
}

fn check(kind: usize, steps: &[Step], sizes: &[usize]) {
    let Pair { mut a, b, now, .. } = UP.with(|up| up[kind].clone());
    let (frames, sent) = frames(&mut a, steps);
    let (mut one, mut several) = (b.clone(), b);
    let (mut frames_of_one, mut frames_of_several) = (frames.clone(), frames);
    let taken = one_by_one(&mut one, now, &mut frames_of_one);
    let batched = in_batches(&mut several, now, &mut frames_of_several, sizes);
    assert_eq!(taken, batched);
    assert_eq!(frames_of_one, frames_of_several);
    assert_eq!(format!("{one:?}"), format!("{several:?}"));
    // Whoever has no key gets nothing across, unless he changes what was sent.
    let kind = KINDS[kind];
    let is_changed = steps.iter().any(|step| matches!(step, Step::Changed(..)));
    if kind.is_encrypted() && !is_changed {
        for packet in taken.iter().flatten().flatten() {
            assert!(sent.contains(packet), "from nobody: {packet:x?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 700, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batches_give_what_one_by_one_gives(
        kind in 0..KINDS.len(),
        steps in list(any_step(), 0..60),
        sizes in list(1_usize..20, 1..6),
    ) {
        check(kind, &steps, &sizes);
    }

    #[test]
    fn batches_send_what_one_by_one_sends(
        kind in 0..KINDS.len(),
        packets in list((any::<u8>(), 0_usize..1600, prop_oneof![9 => Just(1600_usize), 1 => 0_usize..1600]), 0..30),
        resets in any::<bool>(),
    ) {
        let Pair { mut a, now, .. } = UP.with(|up| up[kind].clone());
        if resets {
            send(&mut a, &ipv4(b"first"));
            let _ = a.handle_frame(now, &mut [0x80, 0xfd, 14, 9, 0, 4]);
        }
        let (mut one, mut several) = (a.clone(), a);
        let packets: Vec<_> = packets
            .iter()
            .enumerate()
            .map(|(number, (seed, len, room))| (packet(number, *seed, *len), *room))
            .collect();
        let single: Vec<_> = packets
            .iter()
            .map(|(packet, room)| {
                let mut out = vec![0; *room];
                one.send(Network::Ipv4, packet, &mut out).map(|frame| frame.to_vec())
            })
            .collect();
        let mut rooms: Vec<_> = packets.iter().map(|(_, room)| vec![0; *room]).collect();
        let mut outgoing: Vec<_> = packets
            .iter()
            .zip(&mut rooms)
            .map(|((packet, _), room)| Outgoing::new(packet, room))
            .collect();
        several.send_batch(Network::Ipv4, &mut outgoing);
        let batched: Vec<_> = outgoing.iter().map(|it| it.sent().map(<[u8]>::to_vec)).collect();
        prop_assert_eq!(single, batched);
        prop_assert_eq!(format!("{one:?}"), format!("{several:?}"));
    }

    /// Law 7, with everything between: packets that are lost cost those up to the reset, and what comes is what was
    /// sent, in the order in which it was.
    #[test]
    fn what_comes_is_what_was_sent(
        kind in 0..KINDS.len(),
        packets in list((any::<u8>(), 0_usize..1300, 0_u8..100), 1..150),
        loss in 0_u8..30,
    ) {
        let mut pair = UP.with(|up| up[kind].clone());
        pair.packets.clear();
        let mut sent = Vec::new();
        let mut misses = 0;
        for (number, (seed, len, dice)) in packets.iter().enumerate() {
            let packet = packet(number, *seed, *len);
            pair.send(End::A, &packet).unwrap();
            sent.push(packet);
            if *dice < loss {
                pair.wire.pop_back();
                misses = 0;
                continue;
            }
            let before = pair.packets.len();
            // Longer than Reset-Requests are apart; and the way back is good.
            let until = later(pair.now, 300);
            pair.run_with(until, |_, _| true);
            if pair.packets.len() > before {
                misses = 0;
            } else {
                misses += 1;
            }
            // One packet shows the loss, and the one after the reset comes.
            let most = usize::from(KINDS[kind].is_stateful());
            prop_assert!(misses <= most, "{misses} {:?}", pair.discards);
        }
        let mut rest = sent.iter();
        for (_, packet) in &pair.packets {
            prop_assert!(rest.any(|sent| sent == packet), "not what was sent");
        }
        prop_assert_eq!(pair.down_reasons(), (None, None));
    }
}
