//! An attacker on the path can end a link that requires encryption, and that is all.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::End;
use common::hostile::{World, forgeries};
use common::script::{CCP, CHAP, IPCP, LCP, frame, unhex};
use pptp_ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use proptest::collection::vec as list;
use proptest::prelude::*;

const STATEFUL: MppePolicy = MppePolicy {
    requirement: Requirement::Require,
    strengths: Strengths::all(),
    modes: Modes::STATEFUL,
};

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// So many frames arrive.
    Arrive(u8),
    Lose,
    Wait(u16),
    Send(End),
    /// A frame that was sent before arrives, at either end, with an octet of it changed.
    Replay {
        to: End,
        which: prop::sample::Index,
        change: Option<(prop::sample::Index, u8)>,
    },
    Forge {
        to: End,
        which: prop::sample::Index,
    },
    Invent {
        to: End,
        raw: Vec<u8>,
    },
}

fn any_end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::A), Just(End::B)]
}

fn any_options() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "",
        "120601000040",
        "120600000040",
        "120601000020",
        "120600000000",
        "0506deadbeef",
        "0305c22381",
        "0304c023",
        "01040080",
        "0702",
        "0802",
        "0306c0a80101",
        "030600000000",
        "0d0306",
    ];
    let known = prop::sample::select(known.map(unhex).to_vec());
    prop_oneof![
        list(known, 0..3).prop_map(|options| options.concat()),
        list(any::<u8>(), 0..40),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let invented = (
        prop::sample::select(vec![LCP, CHAP, CCP, IPCP, 0x8057, 0xc023]),
        0_u8..17,
        prop_oneof![0_u8..6, any::<u8>()],
        any_options(),
    );
    let invented = invented
        .prop_map(|(protocol, code, identifier, data)| frame(protocol, code, identifier, &data));
    prop_oneof![
        8 => (1_u8..12).prop_map(Step::Arrive),
        1 => Just(Step::Lose),
        2 => (0_u16..4000).prop_map(Step::Wait),
        3 => any_end().prop_map(Step::Send),
        2 => (any_end(), any::<prop::sample::Index>(), any::<Option<(prop::sample::Index, u8)>>()).prop_map(|(to, which, change)| Step::Replay { to, which, change }),
        2 => (any_end(), any::<prop::sample::Index>()).prop_map(|(to, which)| Step::Forge { to, which }),
        2 => (any_end(), invented).prop_map(|(to, raw)| Step::Invent { to, raw }),
        1 => (any_end(), list(any::<u8>(), 0..60)).prop_map(|(to, raw)| Step::Invent { to, raw }),
    ]
}

fn attack(policy: MppePolicy, steps: &[Step]) {
    let mut world = World::new(policy);
    let forgeries = forgeries();
    for step in steps {
        match step {
            Step::Arrive(count) => {
                for _ in 0..*count {
                    world.step(false);
                }
            }
            Step::Lose => {
                world.step(true);
            }
            Step::Wait(millis) => world.wait((*millis).into()),
            Step::Send(from) => {
                world.send(*from);
            }
            Step::Replay { to, which, change } => {
                let mut raw = which.get(&world.pair.log).2.clone();
                if let Some((place, value)) = change {
                    let place = place.index(raw.len());
                    raw[place] = *value;
                }
                world.inject(*to, raw);
            }
            Step::Forge { to, which } => world.inject(*to, which.get(&forgeries).clone()),
            Step::Invent { to, raw } => world.inject(*to, raw.clone()),
        }
    }
    world.use_it();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_attack_gets_at_packets(steps in list(any_step(), 0..80)) {
        attack(MppePolicy::default(), &steps);
    }

    #[test]
    fn no_attack_on_stateful_mode_gets_at_packets(steps in list(any_step(), 0..80)) {
        attack(STATEFUL, &steps);
    }
}

/// Every two forgeries, to either end, at every point of a link's beginning.
#[test]
fn no_two_forgeries_at_any_point_get_at_packets() {
    let forgeries = forgeries();
    let mut at = World::new(MppePolicy::default());
    let mut points = 0;
    let mut quiet = 0;
    while quiet < 4 {
        for first in &forgeries {
            for to in [End::A, End::B] {
                let mut after_first = at.clone();
                after_first.inject(to, first.clone());
                for (second, other) in forgeries.iter().flat_map(|it| [(it, End::A), (it, End::B)])
                {
                    let mut world = after_first.clone();
                    world.inject(other, second.clone());
                    world.send(End::A);
                    world.send(End::B);
                    for _ in 0..6 {
                        world.step(false);
                    }
                    world.send(End::A);
                    world.send(End::B);
                }
                after_first.use_it();
            }
        }
        points += 1;
        if !at.step(false) {
            // Up: a packet each way, and again.
            assert!(at.send(End::A) && at.send(End::B));
            quiet += 1;
        }
    }
    assert!(points > 15, "{points}");
}

/// The attack and the defence both work: without an attacker the same world carries packets.
#[test]
fn without_an_attack_packets_pass() {
    for policy in [MppePolicy::default(), STATEFUL] {
        let mut world = World::new(policy);
        world.run();
        assert!(world.send(End::A) && world.send(End::B));
        world.run();
        world.use_it();
        assert!(world.pair.is_up());
    }
}
