use super::*;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Has `receiver` take packets as a session without a reorder buffer does, and gives the numbers it delivers.
fn deliver(receiver: &mut Receiver, numbers: &[u32], proof: Proof) -> Vec<u32> {
    let delivered = numbers.iter().copied().filter(|&sequence| {
        let taken = receiver.arrive(sequence).is_ok() && receiver.check_order(sequence).is_ok();
        if taken {
            receiver.confirm(sequence, proof);
        }
        taken
    });
    delivered.collect()
}

#[test]
fn any_first_number_is_the_base() {
    for base in [0, 1, 4711, u32::MAX, 1 << 31] {
        let numbers: Vec<u32> = (0..300).map(|n| base.wrapping_add(n)).collect();
        for proof in [Proof::Unknown, Proof::Genuine] {
            let mut receiver = Receiver::new();
            assert_eq!(deliver(&mut receiver, &numbers, proof), numbers);
            assert_eq!(receiver.highest(), numbers.last().copied());
        }
    }
}

#[test]
fn duplicates_are_told_from_late_packets() {
    let base = u32::MAX - 2;
    let mut receiver = Receiver::new();
    let numbers = [0, 1, 2, 5, 9].map(|n| base.wrapping_add(n));
    assert_eq!(deliver(&mut receiver, &numbers, Proof::Unknown), numbers);
    for n in 0..10 {
        let sequence = base.wrapping_add(n);
        if numbers.contains(&sequence) {
            assert_eq!(
                receiver.arrive(sequence),
                Err(Discard::Duplicate { sequence })
            );
        } else {
            assert_eq!(
                receiver.arrive(sequence),
                Ok(Arrival::Believed),
                "news, if late"
            );
            assert_eq!(
                receiver.arrive(sequence),
                Err(Discard::Duplicate { sequence })
            );
            assert_eq!(
                receiver.check_order(sequence),
                Err(Discard::Late { sequence })
            );
        }
    }
}

#[test]
fn the_window_is_128_wide() {
    let mut receiver = Receiver::new();
    deliver(&mut receiver, &[1000, 1127, 1254], Proof::Unknown);
    assert_eq!(receiver.highest(), Some(1254));
    assert_eq!(
        receiver.arrive(1127),
        Err(Discard::Duplicate { sequence: 1127 })
    );
    assert_eq!(receiver.arrive(1126), Err(Discard::Late { sequence: 1126 }));
    assert_eq!(
        receiver.arrive(1382),
        Err(Discard::TooFarAhead { sequence: 1382 })
    );
    assert_eq!(receiver.arrive(1381), Ok(Arrival::Believed));
}

#[test]
fn a_forged_jump_makes_nothing_late() {
    for proof in [Proof::Unknown, Proof::Genuine] {
        for jump in [
            200,
            5000,
            (1 << 31) - 1,
            1 << 31,
            (1 << 31) + 1,
            u32::MAX - 500,
        ] {
            let mut receiver = Receiver::new();
            assert_eq!(deliver(&mut receiver, &[7, 8, 9], proof), [7, 8, 9]);
            let forged = 10_u32.wrapping_add(jump);
            match receiver.arrive(forged) {
                Ok(Arrival::Believed) => panic!("{forged} was believed"),
                // It looked right, but nothing proved it.
                Ok(Arrival::Jump) => assert!(!receiver.confirm(forged, Proof::Unknown)),
                Err(_) => {}
            }
            assert_eq!(receiver.highest(), Some(9), "it is not acknowledged");
            assert_eq!(deliver(&mut receiver, &[10, 11, 12], proof), [10, 11, 12]);
        }
    }
}

#[test]
fn a_forged_first_packet_makes_nothing_late() {
    for forged in [500, 1 << 30, (1 << 31) - 1, u32::MAX - 500] {
        let mut receiver = Receiver::new();
        assert_eq!(deliver(&mut receiver, &[forged], Proof::Unknown), [forged]);
        assert_eq!(
            deliver(&mut receiver, &[0, 1, 2], Proof::Unknown),
            [0, 1, 2]
        );
    }
}

/// Once packets prove genuine, no number of forged ones holds the peer's up; before, or without encryption, it takes
/// two packets that follow each other.
#[test]
fn forged_packets_do_not_move_the_order_of_genuine_ones() {
    let mut receiver = Receiver::new();
    assert_eq!(
        deliver(&mut receiver, &[0, 1, 2], Proof::Genuine),
        [0, 1, 2]
    );
    for forged in (100..100_000).step_by(50) {
        let _ = receiver.arrive(forged);
        // Half of them are no more than that, the others look like LCP in the clear.
        if forged % 100 == 0 {
            receiver.confirm(forged, Proof::Unknown);
        }
    }
    assert_eq!(receiver.highest(), Some(99_950));
    assert_eq!(
        deliver(&mut receiver, &[3, 4, 5, 5, 4], Proof::Genuine),
        [3, 4, 5]
    );
    assert_eq!(
        receiver.highest(),
        Some(5),
        "acknowledgments go on from where the peer is"
    );
}

/// pptpd takes number 1 for a new start at any time: whoever replays it has pptpd wait for numbers long gone.
#[test]
fn a_first_number_is_no_new_start() {
    for first in [0, 1] {
        for (proof, result) in [
            (Proof::Genuine, Ok(Arrival::Jump)),
            (Proof::Unknown, Err(Discard::Late { sequence: first })),
        ] {
            let mut receiver = Receiver::new();
            let numbers: Vec<_> = (0..1000).collect();
            assert_eq!(deliver(&mut receiver, &numbers, proof), numbers);
            assert_eq!(receiver.arrive(first), result);
            assert_eq!(
                receiver.check_order(first),
                Err(Discard::Late { sequence: first })
            );
            assert!(!receiver.confirm(first, proof));
            assert_eq!(receiver.highest(), Some(999));
            assert_eq!(deliver(&mut receiver, &[1000], proof), [1000]);
        }
    }
}

#[test]
fn a_genuine_jump_is_believed() {
    let mut receiver = Receiver::new();
    deliver(&mut receiver, &[0], Proof::Genuine);
    assert_eq!(receiver.arrive(5000), Ok(Arrival::Jump));
    assert_eq!(receiver.highest(), Some(0));
    assert!(
        receiver.confirm(5000, Proof::Genuine),
        "to be acknowledged now"
    );
    assert_eq!(receiver.highest(), Some(5000));
    assert_eq!(
        receiver.check_order(4999),
        Err(Discard::Late { sequence: 4999 })
    );
}

#[test]
fn without_proof_a_jump_is_believed_when_the_next_packet_follows() {
    let mut receiver = Receiver::new();
    let delivered = deliver(&mut receiver, &[0, 1, 5000, 5001, 5002], Proof::Unknown);
    assert_eq!(delivered, [0, 1, 5001, 5002]);
    let back = deliver(&mut receiver, &[100, 101, 102], Proof::Unknown);
    assert_eq!(back, [], "there is no way back");
}

#[test]
fn confirming_anything_at_any_time_is_safe() {
    let mut receiver = Receiver::new();
    assert!(!receiver.confirm(9, Proof::Genuine));
    assert_eq!(receiver, Receiver::new());
    deliver(&mut receiver, &[9, 10], Proof::Genuine);
    let before = receiver.clone();
    assert!(!receiver.confirm(3, Proof::Genuine));
    assert!(!receiver.confirm(10, Proof::Unknown));
    assert_eq!(receiver, before);
}

proptest! {
    /// RFC 2637 §4.3: each packet at most once, and none behind a later one.
    #[test]
    fn delivers_in_order_and_once(
        base: u32,
        steps in proptest::collection::vec(-40_i32..60, 2..300),
        genuine: bool,
    ) {
        let proof = if genuine { Proof::Genuine } else { Proof::Unknown };
        let mut at = base;
        let numbers: Vec<u32> = steps.iter().map(|&step| {
            at = at.wrapping_add_signed(step);
            at
        }).collect();
        let mut receiver = Receiver::new();
        let delivered = deliver(&mut receiver, &numbers, proof);
        prop_assert!(delivered.windows(2).all(|pair| distance(pair[0], pair[1]) > 0));
        // Exactly those that are ahead of everything before.
        let mut highest = None;
        let expected: Vec<u32> = numbers.iter().copied().filter(|&number| {
            let ahead = highest.is_none_or(|last| distance(last, number) > 0);
            if ahead { highest = Some(number); }
            ahead
        }).collect();
        prop_assert_eq!(delivered, expected);
    }

    /// Whatever arrives, no number is taken for news twice while the window covers it.
    #[test]
    fn news_come_once(steps in proptest::collection::vec(-60_i32..60, 1..300), base: u32) {
        let mut receiver = Receiver::new();
        let mut seen = BTreeSet::new();
        let mut at = base;
        for step in steps {
            at = at.wrapping_add_signed(step);
            let highest = receiver.highest().unwrap_or(at);
            let near = distance(highest, at).unsigned_abs() < 128;
            if near {
                prop_assert_eq!(receiver.arrive(at).is_ok(), seen.insert(at));
            } else {
                let _ = receiver.arrive(at);
                prop_assert_eq!(receiver.highest(), Some(highest));
            }
        }
    }

    #[test]
    fn any_calls_are_safe(calls in proptest::collection::vec((0_u8..4, any::<u32>(), 0_u32..300), 0..200)) {
        let mut receiver = Receiver::new();
        let mut last = 0_u32;
        for (call, far, near) in calls {
            last = if far % 4 == 0 { far } else { last.wrapping_add(near).wrapping_sub(100) };
            match call {
                0 | 1 => { let _ = receiver.arrive(last); }
                2 => { receiver.confirm(last, Proof::Unknown); }
                _ => { receiver.confirm(last, Proof::Genuine); }
            }
            let _ = receiver.check_order(last);
        }
    }
}
