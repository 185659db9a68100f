//! Late packets, decrypted with keys that were kept for them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod support;

use pptp_mppe::stateless::{Decryptor, Encryptor, Skipped};
use pptp_mppe::{Count, StartKey, Strength};
use proptest::prelude::*;
use std::collections::HashSet;
use support::{STRENGTHS, Wire, packet, plausible, strength};

/// Packets from number 0 on.
fn sent(start: [u8; 16], strength: Strength, packets: u32) -> Vec<Wire> {
    let mut encryptor = Encryptor::new(&StartKey::from_bytes(start), strength);
    (0..packets)
        .map(|number| {
            let plain = packet(number, 24);
            let mut data = vec![0; plain.len()];
            let sealed = encryptor
                .encrypt(&plain[..2], &plain[2..], &mut data)
                .unwrap();
            Wire::new(sealed, data)
        })
        .collect()
}

struct Receiver<const N: usize> {
    decryptor: Decryptor,
    skipped: Skipped<N>,
}

impl<const N: usize> Receiver<N> {
    fn new(start: [u8; 16], strength: Strength) -> Self {
        Self {
            decryptor: Decryptor::new(&StartKey::from_bytes(start), strength),
            skipped: Skipped::new(),
        }
    }

    /// The plaintext, if there is a key and it looks like a packet. Otherwise the data must be what it was.
    fn receive(&mut self, wire: &Wire) -> Option<Vec<u8>> {
        let mut data = wire.data.clone();
        let taken = if self.decryptor.is_behind(wire.count) {
            let trial = self.skipped.decrypt(&self.decryptor, wire.count, &mut data);
            trial.and_then(|trial| {
                if plausible(trial.plaintext()) {
                    Some(trial.commit().to_vec())
                } else {
                    trial.abort();
                    None
                }
            })
        } else {
            let mut trial = self.decryptor.decrypt(wire.count, &mut data).unwrap();
            if plausible(trial.plaintext()) {
                self.skipped.keep(&mut trial);
                Some(trial.commit().to_vec())
            } else {
                trial.abort();
                None
            }
        };
        if taken.is_none() {
            assert_eq!(data, wire.data, "the ciphertext is restored");
        }
        taken
    }
}

#[test]
fn a_late_packet_is_decrypted_once() {
    for strength in STRENGTHS {
        let wires = sent([4; 16], strength, 6);
        let mut receiver = Receiver::<4>::new([4; 16], strength);
        for number in [0, 3, 1, 5, 4, 2] {
            let plain = packet(number as u32, 24);
            assert_eq!(receiver.receive(&wires[number]), Some(plain), "{number}");
            assert_eq!(receiver.receive(&wires[number]), None, "{number} again");
        }
        assert!(receiver.skipped.is_empty());
        for wire in &wires {
            assert_eq!(receiver.receive(wire), None);
        }
    }
}

#[test]
fn a_forged_late_packet_uses_no_key_up() {
    let wires = sent([5; 16], Strength::Bits128, 3);
    let mut receiver = Receiver::<4>::new([5; 16], Strength::Bits128);
    assert!(receiver.receive(&wires[2]).is_some());
    for octet in 0..=255 {
        let mut forged = wires[1].clone();
        forged.data.fill(octet);
        assert_eq!(receiver.receive(&forged), None);
    }
    assert_eq!(receiver.skipped.len(), 2);
    assert_eq!(receiver.receive(&wires[1]), Some(packet(1, 24)));
}

/// Of a jump the keys of the last packets are kept, however far it goes.
#[test]
fn as_many_are_kept_as_there_is_room_for() {
    for missing in [1, 7, 8, 9, 500, 511, 512, 513, 1024] {
        let wires = sent([6; 16], Strength::Bits128, missing + 1);
        let mut receiver = Receiver::<8>::new([6; 16], Strength::Bits128);
        assert!(receiver.receive(&wires[missing as usize]).is_some());
        assert_eq!(receiver.skipped.len(), missing.min(8) as usize);
        // The one that came is the last of the eight that are looked back at.
        for number in 0..missing {
            let taken = receiver.receive(&wires[number as usize]);
            assert_eq!(
                taken.is_some(),
                missing - number < 8,
                "{number} of {missing}"
            );
        }
    }
}

/// A count stands for one packet in 4096: a key must not live to be taken for that of the next round.
#[test]
fn keys_go_with_the_count() {
    let wires = sent([7; 16], Strength::Bits128, 2 * 4096 + 20);
    for further in [6, 7, 8, 9, 15, 16, 17, 4095, 4096, 4097, 8192] {
        let mut receiver = Receiver::<8>::new([7; 16], Strength::Bits128);
        assert!(receiver.receive(&wires[0]).is_some());
        for wire in &wires[2..][..further] {
            assert!(receiver.receive(wire).is_some());
        }
        let taken = receiver.receive(&wires[1]).is_some();
        // Number 1 is so many behind the next one.
        assert_eq!(taken, further < 8, "{further}");
    }
}

#[test]
fn keys_go_with_the_time() {
    let wires = sent([8; 16], Strength::Bits128, 10);
    let mut receiver = Receiver::<8>::new([8; 16], Strength::Bits128);
    assert!(receiver.receive(&wires[2]).is_some());
    receiver.skipped.age();
    assert!(receiver.receive(&wires[5]).is_some());
    assert_eq!(receiver.skipped.len(), 4);
    assert!(receiver.receive(&wires[1]).is_some(), "old, but there");
    receiver.skipped.age();
    assert_eq!(receiver.receive(&wires[0]), None);
    assert!(receiver.receive(&wires[4]).is_some());
    receiver.skipped.clear();
    assert_eq!(receiver.receive(&wires[3]), None);
}

#[test]
fn another_decryptor_does_not_get_old_keys() {
    let old = sent([1; 16], Strength::Bits128, 5);
    let mut receiver = Receiver::<8>::new([1; 16], Strength::Bits128);
    for number in [0, 1, 2, 4] {
        assert!(receiver.receive(&old[number]).is_some());
    }
    receiver.decryptor = Decryptor::new(&StartKey::from_bytes([2; 16]), Strength::Bits128);
    let new = sent([2; 16], Strength::Bits128, 5);
    assert!(receiver.receive(&new[0]).is_some());
    assert_eq!(receiver.receive(&old[3]), None);
}

#[test]
fn who_keeps_none_has_no_room_for_any() {
    assert_eq!(size_of::<Skipped<0>>(), size_of::<u64>());
    assert!(size_of::<Skipped<64>>() <= 64 * 19 + 8);
    let wires = sent([3; 16], Strength::Bits128, 3);
    let mut receiver = Receiver::<0>::new([3; 16], Strength::Bits128);
    assert!(receiver.receive(&wires[2]).is_some());
    assert_eq!(receiver.receive(&wires[1]), None);
}

proptest! {
    /// Against a model: a packet is taken once if it is not more than `N` behind, and not at all otherwise.
    #[test]
    fn every_packet_within_reach_is_taken_once(
        start: [u8; 16],
        strength in strength(),
        delays in prop::collection::vec((0..40_u32, 0..10_u8, any::<bool>()), 1..300),
    ) {
        let wires = sent(start, strength, delays.len() as u32);
        let mut arrivals: Vec<(u32, usize)> = Vec::new();
        for (number, (delay, fate, again)) in delays.iter().enumerate() {
            // Every tenth is lost, and only every third delayed.
            if *fate == 0 { continue; }
            let delay = if *fate < 4 { *delay } else { 0 };
            arrivals.push((number as u32 + delay, number));
            if *again { arrivals.push((number as u32 + delay + 3, number)); }
        }
        arrivals.sort_by_key(|(at, _)| *at);
        let mut receiver = Receiver::<16>::new(start, strength);
        let (mut next, mut seen) = (0, HashSet::new());
        for (_, number) in arrivals {
            let within = number >= next || next - number <= 16;
            let expected = (within && seen.insert(number)).then(|| packet(number as u32, 24));
            next = next.max(number + 1);
            prop_assert_eq!(receiver.receive(&wires[number]), expected, "{}", number);
        }
    }

    /// What is forged changes nothing: all that comes after is as if it had not been there.
    #[test]
    fn forgeries_change_nothing(
        start: [u8; 16],
        forged in prop::collection::vec((0..4096_u16, prop::collection::vec(any::<u8>(), 3..40)), 1..30),
    ) {
        let wires = sent(start, Strength::Bits128, 40);
        let mut receiver = Receiver::<16>::new(start, Strength::Bits128);
        for number in (0..40).step_by(2) {
            prop_assert!(receiver.receive(&wires[number]).is_some());
        }
        let before = receiver.skipped.len();
        for (count, data) in forged {
            let count = Count::new(count);
            let wire = Wire { count, flushed: true, data };
            if receiver.decryptor.is_behind(count) {
                prop_assert_eq!(receiver.receive(&wire), None);
            }
        }
        prop_assert_eq!(receiver.skipped.len(), before);
        for number in (25..40).step_by(2) {
            prop_assert_eq!(receiver.receive(&wires[number]), Some(packet(number as u32, 24)));
        }
    }
}
