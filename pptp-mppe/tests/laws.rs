//! What holds for every strength, mode and sequence of packets.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod support;

use pptp_mppe::stateful::{self, ResetRule};
use pptp_mppe::stateless::{self, DEFAULT_MAX_JUMP};
use pptp_mppe::{
    BufferTooSmall, Count, DecryptError, Decryptor, Encryptor, Mode, StartKey, Strength,
};
use proptest::prelude::*;
use std::collections::HashSet;
use support::{STRENGTHS, Wire, packet, plausible, receive, strength};

fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(&[Mode::Stateless, Mode::Stateful][..])
}

fn rule() -> impl Strategy<Value = ResetRule> {
    prop::sample::select(&[ResetRule::NextFlag, ResetRule::SameKey, ResetRule::NewKey][..])
}

fn pair(start: [u8; 16], strength: Strength, mode: Mode) -> (Encryptor, Decryptor) {
    let start = StartKey::from_bytes(start);
    (
        Encryptor::new(&start, strength, mode),
        Decryptor::new(&start, strength, mode),
    )
}

fn send(encryptor: &mut Encryptor, plain: &[u8]) -> Wire {
    let mut data = vec![0; plain.len()];
    let sealed = encryptor
        .encrypt(&plain[..2], &plain[2..], &mut data)
        .unwrap();
    Wire::new(sealed, data)
}

/// A pair after `packets` packets.
fn pair_under_way(
    start: [u8; 16],
    strength: Strength,
    mode: Mode,
    packets: u32,
) -> (Encryptor, Decryptor) {
    let (mut encryptor, mut decryptor) = pair(start, strength, mode);
    for number in 0..packets {
        let wire = send(&mut encryptor, &packet(number, 20));
        assert!(matches!(receive(&mut decryptor, &wire), Ok(Some(_))));
    }
    (encryptor, decryptor)
}

#[test]
fn any_number_of_packets_in_order() {
    for mode in [Mode::Stateless, Mode::Stateful] {
        for strength in STRENGTHS {
            let (mut encryptor, mut decryptor) = pair([3; 16], strength, mode);
            for number in 0..2 * u32::from(Count::SPACE) + 300 {
                let plain = packet(number, 20 + number as usize % 50);
                let wire = send(&mut encryptor, &plain);
                assert_eq!(u32::from(wire.count.get()), number % 4096);
                // RFC 3078 §3.1 and §7.2: on every packet, or on flag packets.
                assert_eq!(wire.flushed, mode == Mode::Stateless || number % 256 == 255);
                let expected = Some(plain);
                assert_eq!(receive(&mut decryptor, &wire), Ok(expected));
            }
            assert_eq!(decryptor.packets(), encryptor.packets());
        }
    }
}

#[test]
fn flag_packets_need_no_bit_a() {
    let (mut encryptor, mut decryptor) = pair([5; 16], Strength::Bits128, Mode::Stateful);
    for number in 0..600 {
        let plain = packet(number, 30);
        let mut wire = send(&mut encryptor, &plain);
        wire.flushed = false;
        // After a loss, too: a flag packet starts a key stream.
        if (500..511).contains(&number) {
            continue;
        }
        assert_eq!(receive(&mut decryptor, &wire), Ok(Some(plain)), "{number}");
    }
}

#[test]
fn counts_that_cannot_be_followed_are_refused() {
    let count = |value: u16| Count::new(value);
    let mut data = *b"untouched";
    let start = StartKey::from_bytes([9; 16]);
    let mut decryptor = stateless::Decryptor::new(&start, Strength::Bits128).with_max_jump(4096);
    let before = decryptor.clone();
    assert_eq!(
        decryptor.decrypt(count(4095), &mut data).err(),
        Some(DecryptError::Behind { by: 1 })
    );
    assert_eq!(
        decryptor.decrypt(count(2048), &mut data).err(),
        Some(DecryptError::Behind { by: 2048 })
    );
    assert!(decryptor.decrypt(count(2047), &mut [0; 4]).is_ok());
    let mut decryptor = decryptor.with_max_jump(DEFAULT_MAX_JUMP);
    let missing = DEFAULT_MAX_JUMP + 1;
    assert_eq!(
        decryptor.decrypt(count(missing), &mut data).err(),
        Some(DecryptError::JumpTooFar { missing })
    );
    assert_eq!(decryptor.with_max_jump(4096), before);

    let mut decryptor = stateful::Decryptor::new(&start, Strength::Bits128);
    let before = decryptor.clone();
    let too_late = DecryptError::Behind { by: 2 };
    assert_eq!(
        decryptor.decrypt(count(4094), false, &mut data).err(),
        Some(too_late)
    );
    let gap = DecryptError::OutOfSync { missing: 2 };
    assert_eq!(
        decryptor.decrypt(count(2), false, &mut data).err(),
        Some(gap)
    );
    assert_eq!(decryptor, before);
    assert_eq!(&data, b"untouched");
}

#[test]
fn no_key_stream_is_used_twice() {
    let start = StartKey::from_bytes([1; 16]);
    for mode in [Mode::Stateless, Mode::Stateful] {
        for strength in STRENGTHS {
            let mut encryptor = Encryptor::new(&start, strength, mode);
            let mut seen = HashSet::new();
            for number in 0..10_000 {
                // Encrypting zeros shows the key stream.
                let mut stream = [0; 24];
                encryptor.encrypt_in_place(&mut stream);
                assert!(seen.insert(stream), "{mode:?} {number}");
                if number % 7 == 0 {
                    encryptor.flush();
                }
            }
            assert_eq!((encryptor.packets(), encryptor.resets()), (10_000, 1_429));
        }
    }
}

#[test]
fn state_is_small() {
    // What a decryptor in stateless mode keeps against forged counts takes no more room than stateful mode's cipher.
    assert!(size_of::<stateless::Encryptor>() <= 48);
    assert!(size_of::<stateless::Decryptor>() <= size_of::<stateful::Decryptor>());
    assert!(size_of::<Encryptor>() <= 320 && size_of::<Decryptor>() <= 320);
}

proptest! {
    #[test]
    fn stateless_mode_loses_only_what_is_lost(
        start: [u8; 16],
        strength in strength(),
        steps in prop::collection::vec(
            (prop_oneof![Just(0), 0..4_u16, 0..=DEFAULT_MAX_JUMP], 20..200_usize, any::<Option<u16>>()),
            1..40,
        ),
    ) {
        let (mut encryptor, mut decryptor) = pair(start, strength, Mode::Stateless);
        let mut number = 0;
        for (lost, len, forged) in steps {
            if let Some(count) = forged {
                let before = decryptor.clone();
                let mut data = packet(number, 40);
                if let Ok(trial) = decryptor.decrypt(Count::new(count), true, &mut data) {
                    trial.abort();
                }
                prop_assert_eq!(data, packet(number, 40));
                prop_assert_eq!(&decryptor, &before);
            }
            for _ in 0..lost {
                send(&mut encryptor, &packet(number, 20));
                number += 1;
            }
            let plain = packet(number, len);
            let wire = send(&mut encryptor, &plain);
            number += 1;
            // There is one candidate, which is right.
            let mut data = wire.data.clone();
            let trial = decryptor.decrypt(wire.count, wire.flushed, &mut data).unwrap();
            prop_assert_eq!(trial.missing(), lost);
            prop_assert_eq!(trial.commit(), plain);
            // It cannot come again.
            let mut data = wire.data.clone();
            let again = decryptor.decrypt(wire.count, wire.flushed, &mut data).err();
            prop_assert_eq!(again, Some(DecryptError::Behind { by: 1 }));
        }
    }

    /// Each packet is lost or not, and a Reset-Request for it takes some packets' time.
    #[test]
    fn stateful_mode_recovers_at_each_reset(
        start: [u8; 16],
        strength in strength(),
        rule in rule(),
        steps in prop::collection::vec((prop::bool::weighted(0.2), 0..6_u32, any::<Option<(u16, bool)>>()), 1..700),
    ) {
        let keys = StartKey::from_bytes(start);
        let mut encryptor: Encryptor = Encryptor::Stateful(stateful::Encryptor::new(&keys, strength).with_reset_rule(rule));
        let mut decryptor = Decryptor::new(&keys, strength, Mode::Stateful);
        let mut reset_in = None;
        let mut in_step = true;
        let mut resets_lost = 0;
        for (number, (lost, delay, forged)) in (0..).zip(steps) {
            if let Some((count, flushed)) = forged {
                let wire = Wire { count: Count::new(count), flushed, data: packet(number, 40) };
                let before = decryptor.clone();
                prop_assert!(!matches!(receive(&mut decryptor, &wire), Ok(Some(_))));
                prop_assert_eq!(&decryptor, &before);
            }
            match reset_in {
                Some(0) => {
                    encryptor.flush();
                    reset_in = None;
                }
                Some(left) => reset_in = Some(left - 1),
                None => {}
            }
            let plain = packet(number, 20 + number as usize % 90);
            let wire = send(&mut encryptor, &plain);
            // More lost resets in a row than there are candidates are out of scope.
            if lost && !(wire.flushed && resets_lost == 5) {
                in_step = false;
                resets_lost += u32::from(wire.flushed);
                continue;
            }
            match receive(&mut decryptor, &wire) {
                Ok(received) => {
                    prop_assert_eq!(received, Some(plain));
                    in_step = true;
                    resets_lost = 0;
                }
                Err(error) => {
                    prop_assert!(!in_step && !wire.flushed, "{:?}", error);
                    let out_of_sync = matches!(error, DecryptError::OutOfSync { .. });
                    prop_assert!(out_of_sync);
                    reset_in = reset_in.or(Some(delay));
                }
            }
        }
    }

    #[test]
    fn what_is_not_committed_changes_nothing(
        start: [u8; 16],
        strength in strength(),
        mode in mode(),
        before in 0..600_u32,
        count: u16,
        near in prop::option::of(0..3_u32),
        flushed: bool,
        garbage in prop::collection::vec(any::<u8>(), 2..300),
    ) {
        let (_, mut decryptor) = pair_under_way(start, strength, mode, before);
        let count = Count::new(near.map_or(count, |near| (before + near) as u16));
        let original = decryptor.clone();
        let mut data = garbage.clone();
        if let Ok(mut trial) = decryptor.decrypt(count, flushed, &mut data) {
            let mut candidates = HashSet::from([trial.plaintext().to_vec()]);
            let mut tried = 1;
            while trial.retry() {
                candidates.insert(trial.plaintext().to_vec());
                tried += 1;
            }
            prop_assert!(tried <= usize::from(stateful::MAX_CANDIDATES));
            prop_assert!(garbage.len() < 8 || candidates.len() == tried, "each candidate is another");
            // Committing what has run out of candidates is no commit.
            prop_assert_eq!(trial.commit(), &garbage[..]);
            prop_assert_eq!(&decryptor, &original);

            let trial = decryptor.decrypt(count, flushed, &mut data).unwrap();
            prop_assert_eq!(trial.abort(), &garbage[..]);
            prop_assert_eq!(&decryptor, &original);

            let mut trial = decryptor.decrypt(count, flushed, &mut data).unwrap();
            let _ = trial.retry();
            drop(trial);
        }
        prop_assert_eq!(&decryptor, &original);
    }

    #[test]
    fn a_small_buffer_changes_nothing(
        start: [u8; 16],
        strength in strength(),
        mode in mode(),
        prefix in prop::collection::vec(any::<u8>(), 0..4),
        payload in prop::collection::vec(any::<u8>(), 0..40),
        len in 0..60_usize,
    ) {
        let (mut encryptor, _) = pair(start, strength, mode);
        let before = encryptor.clone();
        let needed = prefix.len() + payload.len();
        let mut out = vec![0xee; len];
        let result = encryptor.encrypt(&prefix, &payload, &mut out);
        if len < needed {
            let error = result.err().map(|error| error.needed);
            prop_assert_eq!(error, Some(needed));
            prop_assert_eq!(&encryptor, &before);
            prop_assert!(out.iter().all(|octet| *octet == 0xee));
        } else {
            // In one pass or in place: the same octets; the rest of the buffer is left alone.
            prop_assert!(result.is_ok());
            let mut other = before;
            let mut whole = [prefix, payload].concat();
            prop_assert_eq!(Ok::<_, BufferTooSmall>(other.encrypt_in_place(&mut whole)), result);
            prop_assert_eq!(&out[..needed], &whole[..]);
            prop_assert!(out[needed..].iter().all(|octet| *octet == 0xee));
            prop_assert_eq!(other, encryptor);
        }
    }
}

#[test]
fn the_test_packets_are_told_from_garbage() {
    assert!(plausible(&packet(7, 33)));
    assert!(!plausible(&[0x21; 40]));
}
