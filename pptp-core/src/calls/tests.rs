//! Against a model that is slow and plain.

use super::*;
use crate::time::Instant;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use core::time::Duration;
use pptp_ppp::Random;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

const MINUTE: Duration = Duration::from_secs(60);
const PEER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

const fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

fn table<T: Clone>(slots: usize) -> Calls<T, Vec<Slot<T>>> {
    let slots = alloc::vec![Slot::EMPTY; slots];
    Calls::new(slots, MINUTE, &mut Random::new([1; 32]))
}

#[test]
fn ids_are_unique_for_each_peer() {
    let mut calls = table(300);
    let peers = [PEER, Ipv4Addr::new(192, 0, 2, 2), Ipv4Addr::UNSPECIFIED];
    let mut ids = HashSet::new();
    for number in 0..300 {
        let peer = peers[number % 3];
        let id = calls.allocate(at(0), peer, number).unwrap();
        assert!(id != 0 && ids.insert((peer, id)));
        assert_eq!(calls.get(peer, id), Some(&number));
    }
    assert_eq!((calls.len(), calls.capacity()), (300, 300));
    assert_eq!(calls.allocate(at(0), PEER, 300), Err(Full));
    let all: HashSet<_> = calls.iter().map(|(peer, id, _)| (peer, id)).collect();
    assert_eq!(all, ids);
}

/// RFC 2637 §2.7 has 16 bits, and 0 is none of ours.
#[test]
fn all_ids_of_a_peer_are_found() {
    let mut calls = table(70_000);
    for _ in 1..=u16::MAX {
        calls.allocate(at(0), PEER, ()).unwrap();
    }
    assert_eq!(calls.allocate(at(0), PEER, ()), Err(Full));
    let other = Ipv4Addr::LOCALHOST;
    assert!(calls.allocate(at(0), other, ()).is_ok());
    assert_eq!(calls.free(at(1), PEER, 4711), Some(()));
    assert_eq!(calls.allocate(at(60), PEER, ()), Err(Full));
    assert_eq!(calls.allocate(at(61), PEER, ()), Ok(4711));
}

#[test]
fn an_id_that_is_free_rests_for_a_while() {
    let mut calls = table(2);
    calls.take(at(0), PEER, 7, "first").unwrap();
    assert_eq!(calls.take(at(0), PEER, 7, "x"), Err(TakeError::InUse));
    assert_eq!(calls.free(at(10), PEER, 7), Some("first"));
    // A packet of it that comes now finds nothing, and no other call.
    assert_eq!(calls.get(PEER, 7), None);
    assert_eq!(calls.get_mut(PEER, 7), None);
    assert_eq!(calls.free(at(10), PEER, 7), None);
    assert_eq!(calls.take(at(69), PEER, 7, "x"), Err(TakeError::InUse));
    let other = Ipv4Addr::LOCALHOST;
    assert_eq!(calls.take(at(69), other, 7, "another's"), Ok(()));
    assert_eq!(calls.take(at(70), PEER, 7, "second"), Ok(()));
    assert_eq!(calls.get(PEER, 7), Some(&"second"));
    assert_eq!(calls.take(at(70), PEER, 8, "x"), Err(TakeError::Full));
}

#[test]
fn those_who_come_and_go_keep_nobody_out() {
    let mut calls = table(3);
    calls.take(at(0), PEER, 1, 1).unwrap();
    for id in 2..50 {
        calls.take(at(0), PEER, id, u32::from(id)).unwrap();
        assert_eq!(calls.free(at(0), PEER, id), Some(u32::from(id)));
    }
    // The oldest quarantines have made room; the last ones go on.
    assert_eq!(calls.take(at(1), PEER, 49, 0), Err(TakeError::InUse));
    assert_eq!(calls.take(at(1), PEER, 48, 0), Err(TakeError::InUse));
    assert_eq!(calls.take(at(1), PEER, 47, 0), Ok(()));
    assert_eq!((calls.get(PEER, 1), calls.len()), (Some(&1), 2));
}

#[test]
fn a_table_without_slots_is_full() {
    let mut calls = table(0);
    assert_eq!(calls.allocate(at(0), PEER, ()), Err(Full));
    assert_eq!(calls.take(at(0), PEER, 1, ()), Err(TakeError::Full));
    assert_eq!(calls.get(PEER, 1), None);
    assert_eq!(calls.free(at(0), PEER, 1), None);
    assert!(calls.is_empty());
}

/// However many slots there are, chains stay short, so that nothing takes longer with more calls.
#[test]
fn chains_stay_short() {
    for slots in [100, 1000, 10_000] {
        let mut calls = table(slots);
        for number in 0..slots {
            let peer = Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(number / 4).unwrap());
            calls.allocate(at(0), peer, ()).unwrap();
        }
        let steps: usize = calls
            .iter()
            .map(|(peer, id, ())| calls.steps(peer, id))
            .sum();
        // Of a random hash: 1.5 for a table that is full.
        assert!(steps < slots * 17 / 10, "{steps} of {slots}");
        let longest = calls.iter().map(|(peer, id, ())| calls.steps(peer, id));
        assert!(longest.max().unwrap() <= 12);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Allocate(u8),
    Take(u8, u8),
    Free(u8, u8),
    Wait(u8),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u8).prop_map(Step::Allocate),
        (0..3_u8, 0..20_u8).prop_map(|(peer, id)| Step::Take(peer, id)),
        (0..3_u8, any::<u8>()).prop_map(|(peer, id)| Step::Free(peer, id)),
        (0..40_u8).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn does_what_a_map_does(script in proptest::collection::vec(steps(), 0..120)) {
        const SLOTS: usize = 12;
        let mut calls = table(SLOTS);
        let mut model: HashMap<(Ipv4Addr, u16), usize> = HashMap::new();
        let mut resting: Vec<((Ipv4Addr, u16), u64)> = Vec::new();
        let mut now = 0;
        for (number, step) in script.into_iter().enumerate() {
            let peer = |peer: u8| Ipv4Addr::new(10, 0, 0, peer);
            let is_full = model.len() == SLOTS;
            match step {
                Step::Allocate(of) => match calls.allocate(at(now), peer(of), number) {
                    Ok(id) => {
                        resting.retain(|(_, until)| *until > now);
                        if model.len() + resting.len() == SLOTS {
                            resting.remove(0);
                        }
                        prop_assert!(!resting.iter().any(|(key, _)| *key == (peer(of), id)));
                        prop_assert_eq!(model.insert((peer(of), id), number), None);
                    }
                    Err(Full) => prop_assert!(is_full),
                },
                Step::Take(of, id) => {
                    let key = (peer(of), id.into());
                    resting.retain(|(_, until)| *until > now);
                    let is_used = model.contains_key(&key) || resting.iter().any(|(it, _)| *it == key);
                    let expected = match (is_used, is_full) {
                        (true, _) => Err(TakeError::InUse),
                        (false, true) => Err(TakeError::Full),
                        (false, false) => Ok(()),
                    };
                    prop_assert_eq!(calls.take(at(now), key.0, key.1, number), expected);
                    if expected.is_ok() {
                        if model.len() + resting.len() == SLOTS {
                            resting.remove(0);
                        }
                        model.insert(key, number);
                    }
                }
                Step::Free(of, nth) => {
                    let mut keys: Vec<_> = model.keys().copied().filter(|key| key.0 == peer(of)).collect();
                    keys.sort_unstable();
                    let key = keys.get(usize::from(nth) % keys.len().max(1)).copied();
                    let key = key.unwrap_or((peer(of), nth.into()));
                    let value = model.remove(&key);
                    prop_assert_eq!(calls.free(at(now), key.0, key.1), value);
                    if value.is_some() {
                        resting.push((key, now + 60));
                    }
                }
                Step::Wait(seconds) => now += u64::from(seconds),
            }
            prop_assert_eq!(calls.len(), model.len());
            for (&(peer, id), value) in &model {
                prop_assert_eq!(calls.get(peer, id), Some(value));
            }
            prop_assert_eq!(calls.iter().count(), model.len());
        }
    }
}
