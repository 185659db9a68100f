//! Two ends that are up, what may happen on the way from one to the other, and what must come of it.
#![allow(unreachable_pub, reason = "shared with a fuzz target")]

use super::common::lossy::Dice;
use super::common::{Pair, ipv4};
use core::net::Ipv4Addr;
use pptp_ppp::config::{Ipv4Config, Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::{
    Credentials, Demand, Discard, Full, Grant, Inbound, Instant, Methods, Network, Ppp, PppConfig,
    Profile, Random, Verdict,
};

/// How packets are protected.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Encrypted(Modes, bool),
    Compressed(Modes),
    Clear,
}

pub const KINDS: [Kind; 7] = [
    Kind::Encrypted(Modes::STATELESS, false),
    Kind::Encrypted(Modes::STATELESS, true),
    Kind::Encrypted(Modes::STATEFUL, false),
    Kind::Encrypted(Modes::STATEFUL, true),
    Kind::Compressed(Modes::STATELESS),
    Kind::Compressed(Modes::STATEFUL),
    Kind::Clear,
];

impl Kind {
    pub fn is_stateful(self) -> bool {
        match self {
            Self::Encrypted(modes, _) | Self::Compressed(modes) => modes == Modes::STATEFUL,
            Self::Clear => false,
        }
    }

    pub fn is_encrypted(self) -> bool {
        matches!(self, Self::Encrypted(..))
    }
}

/// Two ends that are up.
pub fn up<P: Profile>(kind: Kind) -> Pair<P, P> {
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
        demand: Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
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

pub fn later(now: Instant, millis: u64) -> Instant {
    Instant::from_micros(now.as_micros() + millis * 1000)
}

std::thread_local! {
    pub static UP: Vec<Pair<Full, Full>> = KINDS.into_iter().map(up).collect();
}

/// A packet of some length that compresses well, a little, or not at all.
pub fn packet(number: usize, seed: u8, len: usize) -> Vec<u8> {
    let mut dice = Dice::new(seed.into());
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
pub enum Step {
    Send(u8, usize),
    Lose(u8, usize),
    /// What was sent before comes again.
    Again(usize),
    /// What was sent before comes again, with an octet changed.
    Changed(usize, usize, u8),
    /// Packets of nobody: how far ahead, the four bits, and what follows.
    Forged(u16, u8, Vec<u8>),
    ResetRequest,
    EchoRequest,
    Clear(u8),
}

pub fn send<P: Profile>(ppp: &mut Ppp<P>, packet: &[u8]) -> Vec<u8> {
    let mut out = [0; 1600];
    ppp.send(Network::Ipv4, packet, &mut out).unwrap().to_vec()
}

/// The frames that arrive at B, and the packets that A has sent.
pub fn frames<P: Profile>(a: &mut Ppp<P>, steps: &[Step]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut frames, mut packets): (Vec<Vec<u8>>, Vec<Vec<u8>>) = Default::default();
    let mut count = 0_u16;
    for (number, step) in steps.iter().enumerate() {
        let old = |of: &usize| frames.get(of % frames.len().max(1)).cloned();
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
                    let place = at % frame.len();
                    frame[place] ^= by | 1;
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
pub type Taken = Result<Option<Vec<u8>>, Discard>;

pub fn note(inbound: Result<Inbound<'_>, Discard>) -> Taken {
    match inbound {
        Ok(Inbound::Packet { packet, .. }) => Ok(Some(packet.to_vec())),
        Ok(_) => Ok(None),
        Err(discard) => Err(discard),
    }
}

pub fn one_by_one<P: Profile>(b: &mut Ppp<P>, now: Instant, frames: &mut [Vec<u8>]) -> Vec<Taken> {
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

pub fn check(kind: usize, steps: &[Step], sizes: &[usize]) {
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
