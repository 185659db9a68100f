use super::*;
use alloc::vec::Vec;
use proptest::collection::vec as list;
use proptest::prelude::*;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn v4(number: u32) -> IpAddr {
    IpAddr::V4((0xc000_0200 + number).into())
}

const UNLIMITED: AdmissionConfig = AdmissionConfig {
    up: 0,
    half_open: 0,
    per_source: 0,
    half_open_per_source: 0,
    burst: 0,
    per_minute: 0,
    grace: Duration::ZERO,
};

#[test]
fn each_limit_holds_until_somebody_leaves() {
    let config = AdmissionConfig {
        up: 2,
        half_open: 3,
        per_source: 3,
        half_open_per_source: 2,
        grace: Duration::from_secs(1),
        ..UNLIMITED
    };
    let (here, there) = (v4(1), v4(2));
    let mut admission = Admission::<8, 0>::new(config);
    let first = admission.admit(at(0), here).unwrap().ticket;
    let second = admission.admit(at(0), here).unwrap().ticket;
    let refusal = admission.admit(at(0), here);
    assert_eq!(refusal, Err(Refusal::HalfOpenPerSource));
    let other = admission.admit(at(0), there).unwrap().ticket;
    assert_eq!(admission.admit(at(0), there), Err(Refusal::HalfOpen));
    admission.reached(first, Stage::Up);
    let third = admission.admit(at(0), here).unwrap().ticket;
    assert!(!admission.is_full());
    admission.reached(second, Stage::Up);
    assert!(admission.is_full());
    assert_eq!((admission.up(), admission.half_open()), (2, 2));
    assert_eq!(admission.admit(at(0), here), Err(Refusal::PerSource));
    for ticket in [first, second, third, other, first] {
        admission.closed(ticket);
    }
    assert!(!admission.is_full());
    assert_eq!((admission.up(), admission.half_open()), (0, 0));
}

#[test]
fn zero_is_no_limit_but_memory_is() {
    let mut admission = Admission::<500, 0>::new(UNLIMITED);
    for _ in 0..500 {
        let admitted = admission.admit(at(0), v4(1)).unwrap();
        admission.reached(admitted.ticket, Stage::Up);
    }
    assert!(!admission.is_full());
    assert_eq!(admission.admit(at(9), v4(1)), Err(Refusal::NoRoom));
    assert_eq!(
        Admission::<0, 0>::new(UNLIMITED).admit(at(0), v4(1)),
        Err(Refusal::NoRoom)
    );
}

/// The order of the module's page: stage, then how many the source has, then age.
#[test]
fn the_worst_goes_first() {
    let config = AdmissionConfig {
        half_open: 5,
        grace: Duration::from_millis(100),
        ..UNLIMITED
    };
    let mut admission = Admission::<8, 0>::new(config);
    // 1 has two that say nothing, 2 an older one, 3 one that has started, and 4 one that has a call.
    let tickets = [(2, 0), (1, 1), (1, 2), (3, 3), (4, 4)].map(|(source, millis)| {
        let admitted = admission.admit(at(millis), v4(source)).unwrap();
        assert_eq!(admitted.evicted, None);
        admitted.ticket
    });
    admission.reached(tickets[3], Stage::Started);
    admission.reached(tickets[4], Stage::Called);
    let mut next = |millis, source| {
        let admitted = admission.admit(at(millis), v4(source)).unwrap();
        admission.reached(admitted.ticket, Stage::Up);
        admission.closed(admitted.ticket);
        let evicted = admitted.evicted.unwrap();
        // Somebody else takes the place, and gets no further than TCP.
        let filler = admission.admit(at(millis), v4(100 + source)).unwrap();
        assert_eq!(filler.evicted, None);
        (evicted, filler.ticket)
    };
    let gone = [next(200, 5), next(201, 6), next(202, 7)];
    let (evicted, fillers): (Vec<_>, Vec<_>) = gone.into_iter().unzip();
    assert_eq!(evicted, [tickets[1], tickets[0], tickets[2]]);
    // The others have said something, and of those that have not all are too young.
    let refusal = admission.admit(at(203), v4(8));
    assert_eq!(refusal, Err(Refusal::HalfOpen));
    for ticket in fillers {
        admission.reached(ticket, Stage::Called);
    }
    let admitted = admission.admit(at(204), v4(9)).unwrap();
    assert_eq!(admitted.evicted, Some(tickets[3]));
    admission.reached(admitted.ticket, Stage::Called);
    let admitted = admission.admit(at(205), v4(10)).unwrap();
    assert_eq!(admitted.evicted, Some(tickets[4]));
}

#[test]
fn who_has_many_makes_no_room_at_the_cost_of_those_who_have_few() {
    let config = AdmissionConfig {
        half_open: 4,
        ..UNLIMITED
    };
    let mut admission = Admission::<8, 0>::new(config);
    for source in [1, 2, 3, 3] {
        assert!(admission.admit(at(0), v4(source)).is_ok());
    }
    // It would be the third of source 3, and it is source 3 that has the most: two.
    assert_eq!(admission.admit(at(1), v4(3)), Err(Refusal::HalfOpen));
    // The first of 4 takes one from 3; then all have one, and the second of 4 would be one too many.
    assert!(admission.admit(at(1), v4(4)).unwrap().evicted.is_some());
    assert_eq!(admission.admit(at(1), v4(4)), Err(Refusal::HalfOpen));
    assert!(admission.admit(at(1), v4(5)).unwrap().evicted.is_some());
}

#[test]
fn what_is_up_never_goes() {
    let mut admission = Admission::<2, 0>::new(UNLIMITED);
    let up = admission.admit(at(0), v4(1)).unwrap().ticket;
    admission.reached(up, Stage::Up);
    // It does not go back, either.
    admission.reached(up, Stage::Open);
    for number in 2..100 {
        let _ = admission.admit(at(u64::from(number)), v4(number)).unwrap();
        assert_eq!(admission.stage(up), Some(Stage::Up));
    }
    assert_eq!((admission.up(), admission.half_open()), (1, 1));
}

#[test]
fn a_source_connects_as_often_as_it_may() {
    let config = AdmissionConfig {
        burst: 3,
        per_minute: 6,
        ..UNLIMITED
    };
    let mut admission = Admission::<64, 2>::new(config);
    for _ in 0..3 {
        assert!(admission.admit(at(0), v4(1)).is_ok());
    }
    let refusal = Err(Refusal::TooOften(at(10_000)));
    assert_eq!(admission.admit(at(0), v4(1)), refusal);
    // To be turned away costs nothing.
    assert_eq!(admission.admit(at(9_999), v4(1)), refusal);
    assert!(admission.admit(at(10_000), v4(1)).is_ok());
    assert!(admission.admit(at(10_000), v4(1)).is_err());
    assert!(admission.admit(at(10_000), v4(2)).is_ok());
    // A third source: the one that has waited the most is forgotten, and 1 is not.
    assert!(admission.admit(at(10_000), v4(3)).is_ok());
    assert!(admission.admit(at(10_000), v4(1)).is_err());
    // After half a minute all three again.
    for _ in 0..3 {
        assert!(admission.admit(at(40_000), v4(1)).is_ok());
    }
}

#[test]
fn a_source_of_ipv6_is_its_first_64_bits() {
    let config = AdmissionConfig {
        per_source: 1,
        ..UNLIMITED
    };
    let mut admission = Admission::<8, 0>::new(config);
    let mut admit = |text: &str| admission.admit(at(0), text.parse().unwrap()).is_ok();
    assert!(admit("2001:db8:0:1::1"));
    assert!(!admit("2001:db8:0:1:ffff::2"));
    assert!(admit("2001:db8:0:2::1"));
    assert!(admit("192.0.2.1"));
    assert!(!admit("::ffff:192.0.2.1"));
    assert!(admit("::1"));
}

/// A client that does what clients do: it says its first message `reply` milliseconds after it is let in, and is up 2 s
/// after that. It tries again a second after it was turned away or thrown out. Gives the second in which it is up.
struct Flooded<const N: usize> {
    admission: Admission<N, 256>,
    client: Option<(Ticket, u64)>,
    again: u64,
    most: usize,
}

impl<const N: usize> Flooded<N> {
    fn run(config: AdmissionConfig, flood: impl Fn(u64) -> Vec<IpAddr>, client: IpAddr) -> u64 {
        let mut it = Self {
            admission: Admission::new(config),
            client: None,
            again: 2_000,
            most: 0,
        };
        for millis in 0..60_000 {
            for source in flood(millis) {
                if let Ok(admitted) = it.admission.admit(at(millis), source)
                    && admitted.evicted == it.client.map(|(ticket, _)| ticket)
                    && it.client.take().is_some()
                {
                    it.again = millis + 1000;
                }
            }
            it.most = it.most.max(it.admission.half_open());
            match it.client {
                None if millis >= it.again => match it.admission.admit(at(millis), client) {
                    Ok(admitted) => it.client = Some((admitted.ticket, millis)),
                    Err(_) => it.again = millis + 1000,
                },
                Some((ticket, since)) if millis == since + 200 => {
                    it.admission.reached(ticket, Stage::Started);
                }
                Some((ticket, since)) if millis == since + 400 => {
                    it.admission.reached(ticket, Stage::Called);
                }
                Some((ticket, since)) if millis == since + 2400 => {
                    it.admission.reached(ticket, Stage::Up);
                    assert!(it.most <= config.half_open);
                    return millis / 1000;
                }
                _ => {}
            }
        }
        u64::MAX
    }
}

/// 10,000 connections that say nothing, from 10,000 addresses or from one, at once or for as long as it takes: memory is
/// what it is, and a client gets in.
#[test]
fn a_client_gets_in_whatever_floods() {
    let config = AdmissionConfig::DEFAULT;
    let at_once = |millis: u64| match millis {
        1_999 => (0..10_000).map(|number| v4(1000 + number)).collect(),
        _ => Vec::new(),
    };
    let from_one = |millis: u64| match millis {
        1_999 => (0..10_000).map(|_| v4(7)).collect(),
        _ => Vec::new(),
    };
    // One in 10 ms, each from another address: 100 a second, which is a place a second for each of 100.
    let steadily = |millis: u64| match millis % 10 {
        0 => Vec::from([v4(1000 + u32::try_from(millis).unwrap())]),
        _ => Vec::new(),
    };
    assert_eq!(Flooded::<1100>::run(config, from_one, v4(1)), 4);
    // Its second try: the flood is half a second old then.
    assert_eq!(Flooded::<1100>::run(config, at_once, v4(1)), 5);
    assert_eq!(Flooded::<1100>::run(config, steadily, v4(1)), 4);
    // Behind the same NAT as the flood, it is one of many; its limit is the source's.
    assert_eq!(Flooded::<1100>::run(config, from_one, v4(7)), u64::MAX);
}

#[test]
fn memory_is_what_it_is() {
    assert!(size_of::<Option<Place>>() <= 40 && size_of::<Option<Recent>>() <= 24);
    assert!(size_of::<Admission<1100, 1024>>() <= 1100 * 40 + 1024 * 24 + 128);
}

#[derive(Debug, Clone)]
enum Op {
    Admit(u32),
    Reached(usize, Stage),
    Closed(usize),
    Wait(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let stage = prop_oneof![
        Just(Stage::Open),
        Just(Stage::Started),
        Just(Stage::Called),
        Just(Stage::Up)
    ];
    prop_oneof![
        8 => (0_u32..6).prop_map(Op::Admit),
        4 => (any::<usize>(), stage).prop_map(|(which, stage)| Op::Reached(which, stage)),
        2 => any::<usize>().prop_map(Op::Closed),
        2 => (0_u64..2000).prop_map(Op::Wait),
    ]
}

/// Source, stage, and since when.
type State = (u32, Stage, Instant);

proptest! {
    /// Beside a model that remembers everything.
    #[test]
    fn counts_are_right_and_limits_hold(
        (half_open, per_source, half_open_per_source) in (0_usize..6, 0_usize..5, 0_usize..4),
        (burst, per_minute) in (0_u32..4, prop_oneof![Just(0), 1_u32..60]),
        ops in list(op(), 0..120),
    ) {
        let config = AdmissionConfig {
            up: 3,
            half_open,
            per_source,
            half_open_per_source,
            burst,
            per_minute,
            grace: Duration::from_millis(300),
        };
        let mut admission = Admission::<8, 8>::new(config);
        let mut now = at(0);
        // All that were ever let in; those that are not over with source and stage.
        let mut all: Vec<(Ticket, Option<State>)> = Vec::new();
        for op in ops {
            let before = admission.clone();
            match op {
                Op::Wait(millis) => now = now + Duration::from_millis(millis),
                Op::Admit(source) => match admission.admit(now, v4(source)) {
                    Err(_) => prop_assert_eq!(&admission, &before),
                    Ok(Admitted { ticket, evicted }) => {
                        for (it, state) in &mut all {
                            if Some(*it) == evicted {
                                let (_, stage, since) = state.take().unwrap();
                                prop_assert!(stage != Stage::Up);
                                prop_assert!(now.saturating_since(since) >= config.grace);
                            }
                            prop_assert!(*it != ticket);
                        }
                        all.push((ticket, Some((source, Stage::Open, now))));
                    }
                },
                Op::Reached(which, to) if !all.is_empty() => {
                    let len = all.len();
                    let (ticket, state) = &mut all[which % len];
                    admission.reached(*ticket, to);
                    if let Some((_, stage, _)) = state {
                        *stage = to.max(*stage);
                    }
                }
                Op::Closed(which) if !all.is_empty() => {
                    let len = all.len();
                    let (ticket, state) = &mut all[which % len];
                    admission.closed(*ticket);
                    *state = None;
                }
                Op::Reached(..) | Op::Closed(_) => {}
            }
            for (ticket, state) in &all {
                prop_assert_eq!(admission.stage(*ticket), state.map(|(_, stage, _)| stage));
            }
            let live = all.iter().filter_map(|(_, state)| *state).collect::<Vec<_>>();
            let is_half_open = |(_, stage, _): &&State| *stage != Stage::Up;
            let count = live.iter().filter(is_half_open).count();
            prop_assert_eq!((admission.half_open(), admission.up()), (count, live.len() - count));
            prop_assert!(live.len() <= 8 && (half_open == 0 || count <= half_open));
            for source in 0..6 {
                let of_source = live.iter().filter(|(it, ..)| *it == source);
                let half = of_source.clone().filter(is_half_open).count();
                prop_assert!(per_source == 0 || of_source.count() <= per_source);
                prop_assert!(half_open_per_source == 0 || half <= half_open_per_source);
            }
        }
    }
}
