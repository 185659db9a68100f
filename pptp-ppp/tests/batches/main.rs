//! Several frames at once give what one after the other would; and nothing but what was sent comes out (laws 7 and 8).
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

#[path = "../common/mod.rs"]
mod common;
mod jobs;
mod steps;

use common::{End, Pair, ipv4};
use pptp_ppp::{Network, Outgoing};
use proptest::collection::vec as list;
use proptest::prelude::*;
use steps::{KINDS, Step, UP, check, later, packet, send};

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (any::<u8>(), 0_usize..400).prop_map(|(seed, len)| Step::Send(seed, len)),
        2 => (any::<u8>(), 0_usize..400).prop_map(|(seed, len)| Step::Lose(seed, len)),
        1 => any::<usize>().prop_map(Step::Again),
        1 => (any::<usize>(), any::<usize>(), any::<u8>()).prop_map(|(of, at, by)| Step::Changed(of, at, by)),
        1 => (0_u16..5, 0_u8..16, list(any::<u8>(), 0..40)).prop_map(|(ahead, bits, data)| {
            Step::Forged(ahead, bits, data)
        }),
        1 => Just(Step::ResetRequest),
        1 => Just(Step::EchoRequest),
        1 => any::<u8>().prop_map(Step::Clear),
    ]
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

    #[test]
    fn jobs_give_what_one_by_one_gives(
        links in list((0..jobs::STATES, list(any_step(), 0..20)), 0..15),
        dice in any::<u64>(),
    ) {
        jobs::UP_FULL.with(|up| jobs::check_receiving(up, &links, dice));
        jobs::UP_AHEAD.with(|up| jobs::check_receiving(up, &links, dice));
    }

    #[test]
    fn jobs_send_what_one_by_one_sends(
        states in list(0..jobs::STATES, 0..15),
        dice in any::<u64>(),
    ) {
        jobs::UP_FULL.with(|up| jobs::check_sending(up, &states, dice));
        jobs::UP_AHEAD.with(|up| jobs::check_sending(up, &states, dice));
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
