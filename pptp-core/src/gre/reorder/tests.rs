use super::*;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

const NOW: Instant = Instant::from_millis(5000);

/// Puts one packet in and gives the numbers that come out; each payload holds its packet's number.
fn put<const N: usize, const LEN: usize>(
    reorder: &mut Reorder<N, LEN>,
    now: Instant,
    sequence: u32,
    len: usize,
) -> Vec<u32> {
    let mut payload = vec![0x5a; len];
    payload[..4].copy_from_slice(&sequence.to_be_bytes());
    let mut packet = Some((sequence, &mut payload[..]));
    let mut out = Vec::new();
    while let Some((sequence, payload)) = reorder.release(now, &mut packet) {
        assert_eq!(payload[..4], sequence.to_be_bytes());
        assert!(payload[4..].iter().all(|&octet| octet == 0x5a));
        out.push(sequence);
    }
    assert!(packet.is_none(), "it is delivered or held");
    out
}

fn pop<const N: usize, const LEN: usize>(reorder: &mut Reorder<N, LEN>, now: Instant) -> Vec<u32> {
    core::iter::from_fn(|| reorder.pop(now).map(|(sequence, _)| sequence)).collect()
}

#[test]
fn nothing_is_held_or_copied_while_in_order() {
    let mut reorder = Reorder::<4, 16>::new();
    for n in 0..300 {
        let sequence = u32::wrapping_add(u32::MAX - 100, n);
        let mut payload = [1, 2, 3];
        let place = payload.as_ptr();
        let mut packet = Some((sequence, &mut payload[..]));
        let (number, payload) = reorder.release(NOW, &mut packet).unwrap();
        assert_eq!((number, payload.as_ptr()), (sequence, place));
        assert_eq!(reorder.release(NOW, &mut packet), None);
        assert!(reorder.is_empty());
        assert_eq!(reorder.next_timeout(), None);
    }
}

#[test]
fn a_gap_that_fills_lets_all_go_on() {
    for base in [0, 77, u32::MAX, u32::MAX - 2, (1 << 31) - 2] {
        let number = |n: u32| base.wrapping_add(n);
        let mut reorder = Reorder::<4, 16>::new();
        assert_eq!(put(&mut reorder, NOW, number(0), 4), [number(0)]);
        for n in [3, 2, 5] {
            assert_eq!(put(&mut reorder, NOW, number(n), 4), []);
        }
        assert_eq!(reorder.len(), 3);
        assert_eq!(put(&mut reorder, NOW, number(3), 4), [], "twice");
        assert_eq!(put(&mut reorder, NOW, number(1), 4), [1, 2, 3].map(number));
        assert_eq!(put(&mut reorder, NOW, number(4), 4), [4, 5].map(number));
        assert!(reorder.is_empty());
        assert_eq!(reorder.overtaken(), 3, "2, 1 and 4");
    }
}

#[test]
fn one_that_starts_late_knows_what_comes_next() {
    let mut reorder = Reorder::<4, 16>::new().starting_at(u32::MAX);
    assert_eq!(put(&mut reorder, NOW, 0, 4), []);
    assert_eq!(put(&mut reorder, NOW, u32::MAX, 4), [u32::MAX, 0]);
    assert_eq!(put(&mut reorder, NOW, u32::MAX - 1, 4), [u32::MAX - 1]);
    assert_eq!(reorder.overtaken(), 1, "the last one is late");
}

#[test]
fn a_gap_is_given_up_after_300_ms() {
    let mut reorder = Reorder::<4, 16>::new();
    let ms = |millis| NOW + Duration::from_millis(millis);
    put(&mut reorder, NOW, 0, 4);
    assert_eq!(put(&mut reorder, NOW, 5, 4), []);
    assert_eq!(put(&mut reorder, ms(100), 3, 4), []);
    assert_eq!(put(&mut reorder, ms(200), 8, 4), []);
    assert_eq!(reorder.next_timeout(), Some(ms(300)));
    assert_eq!(pop(&mut reorder, ms(299)), []);
    // 5 may not wait longer, so 3 cannot wait for 1 and 2.
    assert_eq!(pop(&mut reorder, ms(300)), [3, 5]);
    assert_eq!(reorder.next_timeout(), Some(ms(500)));
    assert_eq!(
        put(&mut reorder, ms(310), 4, 4),
        [4],
        "the session will refuse it"
    );
    assert_eq!(put(&mut reorder, ms(310), 6, 4), [6]);
    assert_eq!(put(&mut reorder, ms(700), 9, 4), [8, 9]);
    assert_eq!(reorder.next_timeout(), None);
}

#[test]
fn without_room_it_goes_on_in_order() {
    let mut reorder = Reorder::<2, 8>::new();
    put(&mut reorder, NOW, 0, 4);
    assert_eq!(put(&mut reorder, NOW, 3, 4), []);
    assert_eq!(put(&mut reorder, NOW, 6, 4), []);
    // The gap before 3 is given up, the one before 6 is not.
    assert_eq!(put(&mut reorder, NOW, 5, 4), [3]);
    assert_eq!(put(&mut reorder, NOW, 4, 4), [4, 5, 6]);
    // A long one behind a gap, before a held one and after one.
    assert_eq!(put(&mut reorder, NOW, 10, 8), []);
    assert_eq!(put(&mut reorder, NOW, 8, 9), [8]);
    assert_eq!(put(&mut reorder, NOW, 12, 9), [10, 12]);

    let mut nothing = Reorder::<0, 0>::new();
    for sequence in [4, 7, 5, 9] {
        assert_eq!(put(&mut nothing, NOW, sequence, 4), [sequence]);
    }
}

#[test]
fn a_forged_number_holds_nothing_up() {
    for forged in [500, 1 << 30, (1 << 31) - 1, 1 << 31, u32::MAX - 500] {
        let mut reorder = Reorder::<4, 16>::new();
        put(&mut reorder, NOW, 0, 4);
        assert_eq!(put(&mut reorder, NOW, forged, 4), [forged]);
        assert_eq!(put(&mut reorder, NOW, 2, 4), []);
        assert_eq!(
            put(&mut reorder, NOW, 1, 4),
            [1, 2],
            "as if nothing had been"
        );
        // Two of them move it away, and it finds back.
        put(&mut reorder, NOW, forged, 4);
        put(&mut reorder, NOW, forged.wrapping_add(1), 4);
        assert_eq!(put(&mut reorder, NOW, 3, 4), [3]);
        assert_eq!(put(&mut reorder, NOW, 4, 4), [4]);
        assert_eq!(put(&mut reorder, NOW, 6, 4), []);
        assert_eq!(put(&mut reorder, NOW, 5, 4), [5, 6]);
    }
}

#[test]
fn a_jump_of_the_peers_does_not_overtake_what_is_held() {
    let mut reorder = Reorder::<4, 16>::new();
    put(&mut reorder, NOW, 0, 4);
    put(&mut reorder, NOW, 2, 4);
    put(&mut reorder, NOW, 3, 4);
    assert_eq!(put(&mut reorder, NOW, 5000, 4), [2, 3, 5000]);
    assert_eq!(put(&mut reorder, NOW, 5001, 4), [5001]);
    assert_eq!(put(&mut reorder, NOW, 5003, 4), []);
    assert_eq!(put(&mut reorder, NOW, 5002, 4), [5002, 5003]);
}

proptest! {
    /// Packets that are delayed by up to `depth` places come out in order if there is room and time, all of them.
    #[test]
    fn restores_the_order(
        keys in proptest::collection::vec(0_u32..8, 1..200),
        base: u32,
    ) {
        let mut order: Vec<(u32, u32)> =
            (0..).zip(&keys).map(|(n, delay)| (n + delay, n)).collect();
        // The first one is the base.
        order[0].0 = 0;
        order.sort_unstable();
        let mut reorder = Reorder::<8, 16>::new();
        let mut out = Vec::new();
        for (_, n) in order {
            out.extend(put(&mut reorder, NOW, base.wrapping_add(n), 4));
        }
        let expected: Vec<u32> =
            (0..keys.len()).map(|n| base.wrapping_add(n as u32)).collect();
        prop_assert_eq!(out, expected);
    }

    /// Whatever comes, everything goes on, once, within the time, and in order but for what came too late.
    #[test]
    fn loses_nothing(
        packets in proptest::collection::vec((-6_i32..12, 0_u64..120, 4_usize..20), 1..200),
        base: u32,
    ) {
        let mut reorder = Reorder::<4, 16>::new();
        let mut now = NOW;
        let mut at = base;
        let mut came = BTreeSet::new();
        let mut went = Vec::new();
        for (step, millis, len) in packets {
            let next = now + Duration::from_millis(millis);
            while let Some(due) = reorder.next_timeout().filter(|&due| due <= next) {
                prop_assert!(due > now);
                now = due;
                let out = pop(&mut reorder, now);
                prop_assert!(!out.is_empty());
                went.extend(out);
            }
            now = next;
            at = at.wrapping_add_signed(step);
            if came.insert(at) {
                let mut out = put(&mut reorder, now, at, len);
                let is_late = went.last().is_some_and(|&last| distance(last, at) < 0);
                if is_late && out == [at] {
                    out.clear();
                    came.remove(&at);
                }
                went.extend(out);
            }
            prop_assert!(reorder.next_timeout().is_none_or(|due| due > now));
            prop_assert!(reorder.next_timeout().is_none_or(|due| due - now <= Duration::from_millis(300)));
        }
        went.extend(pop(&mut reorder, now + Duration::from_millis(300)));
        prop_assert!(reorder.is_empty());
        prop_assert!(went.windows(2).all(|pair| distance(pair[0], pair[1]) > 0), "{went:?}");
        prop_assert_eq!(came, went.into_iter().collect());
    }
}
