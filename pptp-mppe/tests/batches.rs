//! Several packets at once, and keys prepared ahead: the same octets and the same state as one by one.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod support;

use pptp_mppe::rc4::Rc4;
use pptp_mppe::stateful::{self, ResetRule};
use pptp_mppe::stateless::{self, DecryptJob, EncryptJob, decrypt_jobs, encrypt_jobs};
use pptp_mppe::{BATCH, Count, DecryptError, Decryptor, Encryptor, Mode, Packet, StartKey};
use pptp_mppe::{Sealed, Strength};
use proptest::prelude::*;
use support::{packet, plausible, strength};

const PREPARED: usize = 4;

type Outcome = Result<Option<Vec<u8>>, DecryptError>;

/// A packet as it may come in.
#[derive(Debug, Clone)]
struct Coming {
    count: Count,
    flushed: bool,
    data: Vec<u8>,
}

/// What becomes of each packet of a link: sent as it is, lost, twice, with another count, or garbled.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Sent,
    Lost(u16),
    Twice,
    Renumbered(u16),
    Garbled,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Sent),
        1 => prop_oneof![1..4_u16, 1..1100_u16].prop_map(Fate::Lost),
        1 => Just(Fate::Twice),
        1 => prop_oneof![0..0x1000_u16, 0..40_u16].prop_map(Fate::Renumbered),
        1 => Just(Fate::Garbled),
    ]
}

fn fates() -> impl Strategy<Value = Vec<(Fate, usize)>> {
    let len = prop_oneof![20..60_usize, 20..400_usize, Just(1400)];
    prop::collection::vec((fate(), len), 0..24)
}

fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(&[Mode::Stateless, Mode::Stateful][..])
}

/// What comes in at the other end.
fn link(encryptor: &mut Encryptor, fates: &[(Fate, usize)]) -> Vec<Coming> {
    let mut coming = Vec::new();
    for (number, (fate, len)) in (0..).zip(fates) {
        if let Fate::Lost(packets) = fate {
            for _ in 0..*packets {
                encryptor.encrypt_in_place(&mut []);
            }
        }
        let mut data = packet(number, *len);
        let Sealed { count, flushed } = encryptor.encrypt_in_place(&mut data);
        let mut one = Coming {
            count,
            flushed,
            data,
        };
        match fate {
            Fate::Renumbered(other) => one.count = Count::new(*other),
            Fate::Garbled => one.data[3] ^= 0x55,
            Fate::Twice => coming.push(one.clone()),
            Fate::Sent | Fate::Lost(_) => {}
        }
        coming.push(one);
    }
    coming
}

/// Takes a trial if it is a packet.
macro_rules! judge {
    ($trial:expr) => {
        match $trial {
            Ok(mut trial) => loop {
                if plausible(trial.plaintext()) {
                    break Ok(Some(trial.commit().to_vec()));
                }
                if !trial.retry() {
                    break Ok(None);
                }
            },
            Err(error) => Err(error),
        }
    };
}

fn one_by_one(decryptor: &mut Decryptor, coming: &mut [Coming]) -> Vec<Outcome> {
    let each = coming
        .iter_mut()
        .map(|one| judge!(decryptor.decrypt(one.count, one.flushed, &mut one.data)));
    each.collect()
}

fn packets(coming: &mut [Coming]) -> Vec<Packet<'_>> {
    let each = coming.iter_mut().map(|one| Packet {
        count: one.count,
        flushed: one.flushed,
        data: &mut one.data,
    });
    each.collect()
}

fn data(coming: &[Coming]) -> Vec<&[u8]> {
    coming.iter().map(|one| &one.data[..]).collect()
}

#[test]
fn a_stateless_session_takes_128_octets() {
    let (send, receive) = (
        size_of::<stateless::Encryptor>(),
        size_of::<stateless::Decryptor>(),
    );
    assert!(send + receive <= 128, "{send} + {receive}");
}

proptest! {
    #[test]
    fn encrypting(
        start: [u8; 16], strength in strength(), mode in mode(),
        rule in prop::sample::select(&[ResetRule::NextFlag, ResetRule::SameKey, ResetRule::NewKey][..]),
        batches in prop::collection::vec(
            (any::<bool>(), 0..6_usize, prop::collection::vec(0..300_usize, 0..20)), 1..6),
    ) {
        let start = StartKey::from_bytes(start);
        let mut one: Encryptor = match mode {
            Mode::Stateless => Encryptor::new(&start, strength, mode),
            Mode::Stateful => Encryptor::Stateful(
                stateful::Encryptor::new(&start, strength).with_reset_rule(rule)),
        };
        let mut batch = one.clone().with_prepared::<PREPARED>();
        for (flush, prepare, lens) in batches {
            for ready in 0..prepare {
                prop_assert!(!batch.prepare() || (mode == Mode::Stateless && ready < PREPARED));
            }
            if flush {
                one.flush();
                batch.flush();
            }
            let mut singles: Vec<_> = (0..).zip(lens).map(|(at, len)| vec![at; len]).collect();
            let mut together = singles.clone();
            let seals = batch.encrypt_batch(&mut together);
            prop_assert_eq!(seals.len(), singles.len());
            let expected: Vec<_> = singles.iter_mut().map(|data| one.encrypt_in_place(data)).collect();
            prop_assert_eq!(seals.collect::<Vec<_>>(), expected);
            prop_assert_eq!(singles, together);
            // Some alone in between, of what is prepared or not.
            let (mut a, mut b) = ([5; 40], [5; 40]);
            prop_assert_eq!(one.encrypt_in_place(&mut a), batch.encrypt_in_place(&mut b));
            prop_assert_eq!(a, b);
        }
        prop_assert_eq!(batch.with_prepared::<0>(), one);
    }

    #[test]
    fn decrypting(
        start: [u8; 16], strength in strength(), mode in mode(), fates in fates(), prepare in 0..6_usize, stop in 0..40_usize,
    ) {
        let start = StartKey::from_bytes(start);
        let mut coming = link(&mut Encryptor::new(&start, strength, mode), &fates);
        let mut one = Decryptor::new(&start, strength, mode);
        let mut together = one.clone().with_prepared::<PREPARED>();
        for _ in 0..prepare {
            together.prepare();
        }
        let mut copies = coming.clone();
        let stop = stop.min(coming.len());
        // Those that are not handed out are as they were.
        let expected = one_by_one(&mut one, &mut coming[..stop]);
        let mut results = Vec::new();
        {
            let mut packets = packets(&mut copies);
            let mut batch = together.decrypt_batch(&mut packets);
            while results.len() < stop {
                prop_assert_eq!(batch.left(), coming.len() - results.len());
                results.push(judge!(batch.next().unwrap()));
            }
            if stop == coming.len() {
                prop_assert!(batch.next().is_none() && batch.next().is_none());
            }
        }
        prop_assert_eq!(results, expected);
        prop_assert_eq!(data(&copies), data(&coming));
        prop_assert_eq!(together.with_prepared::<0>(), one);
    }

    /// The halves of a batch, with other packets in between.
    #[test]
    fn early_and_late(
        start: [u8; 16], strength in strength(), mode in mode(),
        first in fates(), others in prop::collection::vec(0..24_usize, 0..24), undo: [bool; BATCH],
    ) {
        let start = StartKey::from_bytes(start);
        let mut coming = link(&mut Encryptor::new(&start, strength, mode), &first);
        let mut one = Decryptor::new(&start, strength, mode);
        let mut early = one.clone();
        let mut copies = coming.clone();
        let original = coming.clone();
        let keys = early.decrypt_early(&mut packets(&mut copies));
        prop_assert_eq!(&early, &one);
        let mut others = others.into_iter();
        for ((at, key), undo) in keys.into_iter().enumerate().zip(undo) {
            // Others, out of turn.
            if let Some(other) = others.next().and_then(|other| original.get(other)) {
                let (mut a, mut b) = (other.clone(), other.clone());
                let a = one_by_one(&mut one, core::slice::from_mut(&mut a));
                prop_assert_eq!(one_by_one(&mut early, core::slice::from_mut(&mut b)), a);
            }
            let (Some(expected), Some(packet)) = (coming.get_mut(at), copies.get_mut(at)) else {
                prop_assert!(key.is_none());
                continue;
            };
            if undo {
                if let Some(key) = key {
                    key.undo(&mut packet.data);
                }
                prop_assert_eq!(&packet.data, &expected.data);
                continue;
            }
            let result = match key {
                Some(key) => judge!(early.decrypt_late(key, packet.count, packet.flushed, &mut packet.data)),
                None => judge!(early.decrypt(packet.count, packet.flushed, &mut packet.data)),
            };
            let expected_result = one_by_one(&mut one, core::slice::from_mut(expected));
            prop_assert_eq!(&[result][..], expected_result);
            prop_assert_eq!(&packet.data, &expected.data);
            prop_assert_eq!(&early, &one);
        }
        prop_assert_eq!(data(&copies), data(&coming));
    }

    #[test]
    fn jobs(
        sessions in prop::collection::vec((any::<[u8; 16]>(), strength(), 0..3_usize, 0..2_usize), 0..15),
        rounds in prop::collection::vec(prop::collection::vec((fate(), 20..300_usize), 15), 1..4),
    ) {
        type Send = stateless::Encryptor<2>;
        type Receive = stateless::Decryptor<2>;
        let new = |(start, strength, sent, received): &([u8; 16], Strength, usize, usize)| {
            let start = StartKey::from_bytes(*start);
            let mut send: Send = stateless::Encryptor::new(&start, *strength).with_prepared();
            let mut receive: Receive = stateless::Decryptor::new(&start, *strength).with_prepared();
            (0..*sent).for_each(|_| { send.prepare(); });
            (0..*received).for_each(|_| { receive.prepare(); });
            (send, receive)
        };
        let (mut senders, mut receivers): (Vec<Send>, Vec<Receive>) = sessions.iter().map(new).unzip();
        let (mut lone_senders, mut lone_receivers) = (senders.clone(), receivers.clone());
        for fates in rounds {
            let mut packets: Vec<_> = fates.iter().map(|(_, len)| packet(7, *len)).collect();
            let mut copies = packets.clone();
            let mut work: Vec<_> = senders.iter_mut().zip(&mut packets)
                .map(|(session, data)| EncryptJob::new(session, data)).collect();
            encrypt_jobs(&mut work);
            let seals: Vec<_> = work.iter().map(|job| job.sealed().unwrap()).collect();
            let expected: Vec<_> = lone_senders.iter_mut().zip(&mut copies)
                .map(|(session, data)| session.encrypt_in_place(data)).collect();
            prop_assert_eq!(&seals, &expected);
            prop_assert_eq!(&packets, &copies);
            prop_assert_eq!(&senders, &lone_senders);

            let counts: Vec<_> = seals.iter().zip(&fates).map(|(sealed, (fate, _))| match fate {
                Fate::Renumbered(count) => Count::new(*count),
                Fate::Lost(packets) => sealed.count.plus(*packets),
                _ => sealed.count,
            }).collect();
            let untouched = packets.clone();
            {
                let mut work: Vec<_> = receivers.iter_mut().zip(&mut packets).zip(&counts)
                    .map(|((session, data), count)| DecryptJob::new(session, *count, data)).collect();
                decrypt_jobs(&mut work);
                decrypt_jobs(&mut work);
            }
            prop_assert_eq!(&packets, &untouched);
            let mut work: Vec<_> = receivers.iter_mut().zip(&mut packets).zip(&counts)
                .map(|((session, data), count)| DecryptJob::new(session, *count, data)).collect();
            decrypt_jobs(&mut work);
            let results: Vec<Outcome> = work.iter_mut().map(|job| judge!(job.trial())).collect();
            drop(work);
            let expected: Vec<Outcome> = lone_receivers.iter_mut().zip(&mut copies).zip(&counts)
                .map(|((session, data), count)| judge!(session.decrypt(*count, data))).collect();
            prop_assert_eq!(results, expected);
            prop_assert_eq!(&packets, &copies);
            prop_assert_eq!(&receivers, &lone_receivers);
        }
    }

    /// Whatever is prepared, and when.
    #[test]
    fn prepared(start: [u8; 16], strength in strength(), fates in fates(), idle in prop::collection::vec(0..4_u8, 60)) {
        let start = StartKey::from_bytes(start);
        let mut sender = Encryptor::new(&start, strength, Mode::Stateless);
        let mut coming = link(&mut sender, &fates);
        let mut one = Decryptor::new(&start, strength, Mode::Stateless);
        let mut ahead = one.clone().with_prepared::<8>();
        for (packet, idle) in coming.iter_mut().zip(idle) {
            for _ in 0..idle {
                ahead.prepare();
            }
            let mut copy = packet.data.clone();
            let result: Outcome = judge!(ahead.decrypt(packet.count, packet.flushed, &mut copy));
            prop_assert_eq!(vec![result], one_by_one(&mut one, core::slice::from_mut(packet)));
            prop_assert_eq!(&copy, &packet.data);
        }
        prop_assert_eq!(ahead.with_prepared::<0>(), one);
    }

    #[test]
    fn streams_side_by_side(keys: [[u8; 16]; 5], lens: [usize; 5], before in prop::option::of(0..40_usize)) {
        let mut expected = keys.map(|key| Rc4::with_16_octets(&key));
        let mut ciphers = Rc4::with_16_octets_each(&keys);
        prop_assert_eq!(&ciphers, &expected);
        // One that is not as far as the others, perhaps.
        for ciphers in [&mut ciphers, &mut expected] {
            ciphers[2].apply_keystream(&mut vec![0; before.unwrap_or(0)]);
        }
        let mut data = lens.map(|len| vec![1; len % 700]);
        let mut copy = data.clone();
        Rc4::apply_keystreams(&mut ciphers, data.each_mut().map(Vec::as_mut_slice));
        for (cipher, data) in expected.iter_mut().zip(&mut copy) {
            cipher.apply_keystream(data);
        }
        prop_assert_eq!(data, copy);
        prop_assert_eq!(ciphers, expected);
    }
}
