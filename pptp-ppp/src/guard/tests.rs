use super::*;
use core::net::{Ipv4Addr, Ipv6Addr};
use proptest::prelude::*;
use std::collections::HashMap;
use std::vec::Vec;

const fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

fn guard<const SOURCES: usize, const USERS: usize>() -> Guard<SOURCES, USERS> {
    Guard::new(GuardConfig::default(), [7; 16])
}

/// Only sources count, or only users.
fn one_sided(sources: bool) -> GuardConfig {
    GuardConfig {
        source_lock_after: if sources { 3 } else { 0 },
        user_lock_after: if sources { 0 } else { 3 },
        first_delay: Duration::ZERO,
        ..GuardConfig::default()
    }
}

#[test]
fn each_failure_doubles_the_wait() {
    let mut guard = guard::<8, 8>();
    let mut now = at(100);
    for wait in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        assert_eq!(guard.check(now, ip(1), b"alice"), Decision::Allow);
        assert_eq!(
            guard.failed(now, ip(1), b"alice"),
            now + Duration::from_secs(1)
        );
        let until = now + Duration::from_secs(wait);
        assert_eq!(guard.check(now, ip(1), b"alice"), Decision::Delay(until));
        let early = Instant::from_micros(until.as_micros() - 1);
        assert_eq!(guard.check(early, ip(1), b"alice"), Decision::Delay(until));
        now = until;
    }
    // The tenth locks the source.
    assert_eq!(guard.check(now, ip(1), b"alice"), Decision::Allow);
    guard.failed(now, ip(1), b"alice");
    let until = now + Duration::from_secs(900);
    assert_eq!(guard.check(now, ip(1), b"alice"), Decision::Locked(until));
    assert_eq!(guard.check(now, ip(1), b"bob"), Decision::Locked(until));
    let delay = now + Duration::from_secs(60);
    assert_eq!(guard.check(now, ip(2), b"alice"), Decision::Delay(delay));
    assert_eq!(guard.check(now, ip(2), b"bob"), Decision::Allow);
    // When it is over there is one attempt, not two, and a failure locks again.
    assert_eq!(guard.check(until, ip(1), b"alice"), Decision::Allow);
    assert!(matches!(
        guard.check(until, ip(1), b"carol"),
        Decision::Delay(_)
    ));
    guard.failed(until, ip(1), b"alice");
    let again = until + Duration::from_secs(900);
    assert_eq!(guard.check(until, ip(1), b"carol"), Decision::Locked(again));
}

#[test]
fn a_user_is_locked_whatever_the_sources() {
    let mut guard = Guard::<64, 64>::new(one_sided(false), [7; 16]);
    for source in 1..=3 {
        assert_eq!(guard.check(at(0), ip(source), b"alice"), Decision::Allow);
        guard.failed(at(0), ip(source), b"alice");
    }
    assert_eq!(
        guard.check(at(0), ip(4), b"alice"),
        Decision::Locked(at(900))
    );
    assert_eq!(guard.check(at(0), ip(1), b"bob"), Decision::Allow);
    assert_eq!(guard.check(at(900), ip(4), b"alice"), Decision::Allow);
}

#[test]
fn a_success_clears_the_user_and_not_the_source() {
    let mut guard = guard::<8, 8>();
    for second in [0, 10, 20] {
        guard.failed(at(second), ip(1), b"alice");
    }
    assert_eq!(
        guard.check(at(20), ip(2), b"alice"),
        Decision::Delay(at(24))
    );
    assert_eq!(guard.check(at(24), ip(1), b"alice"), Decision::Allow);
    guard.succeeded(at(24), ip(1), b"alice");
    guard.failed(at(30), ip(1), b"bob");
    // The fourth of the source, the first of bob, none of alice.
    assert_eq!(
        guard.check(at(30), ip(1), b"alice"),
        Decision::Delay(at(38))
    );
    assert_eq!(guard.check(at(30), ip(2), b"bob"), Decision::Delay(at(31)));
    assert_eq!(guard.check(at(30), ip(2), b"alice"), Decision::Allow);
}

#[test]
fn attempts_at_once_are_bounded_as_those_in_turn() {
    let mut guard = Guard::<8, 8>::new(one_sided(true), [7; 16]);
    for _ in 0..3 {
        assert_eq!(guard.check(at(5), ip(1), b"alice"), Decision::Allow);
    }
    assert!(matches!(
        guard.check(at(5), ip(1), b"bob"),
        Decision::Delay(_)
    ));
    guard.succeeded(at(5), ip(1), b"alice");
    assert_eq!(guard.check(at(5), ip(1), b"bob"), Decision::Allow);
    guard.withdrawn(at(5), ip(1), b"bob");
    assert_eq!(guard.check(at(5), ip(1), b"bob"), Decision::Allow);
    // Two failures, and one of which nobody says how it ended: it is forgotten in its time as well.
    guard.failed(at(5), ip(1), b"alice");
    guard.failed(at(5), ip(1), b"alice");
    assert!(matches!(
        guard.check(at(5), ip(1), b"bob"),
        Decision::Delay(_)
    ));
    assert_eq!(guard.check(at(5 + 600), ip(1), b"bob"), Decision::Allow);
}

#[test]
fn failures_are_forgotten_one_by_one() {
    let mut guard = guard::<8, 8>();
    for _ in 0..5 {
        guard.failed(at(0), ip(1), b"alice");
    }
    // Four are left of five, and the next makes five: a wait of 16 seconds.
    guard.failed(at(600), ip(1), b"alice");
    assert_eq!(
        guard.check(at(600), ip(1), b"alice"),
        Decision::Delay(at(616))
    );
    guard.failed(at(600 * 6), ip(1), b"alice");
    assert_eq!(
        guard.check(at(3600), ip(1), b"alice"),
        Decision::Delay(at(3601))
    );
}

#[test]
fn networks_of_ipv6_are_one_source() {
    let v6 = |text: &str| IpAddr::V6(text.parse::<Ipv6Addr>().unwrap());
    let mut guard = guard::<8, 8>();
    guard.failed(at(0), v6("2001:db8:1:2::1"), b"x");
    let same = v6("2001:db8:1:2:ffff::9");
    assert!(matches!(guard.check(at(0), same, b"y"), Decision::Delay(_)));
    let other = v6("2001:db8:1:3::1");
    assert_eq!(guard.check(at(0), other, b"y"), Decision::Allow);
    guard.failed(at(0), ip(1), b"z");
    let mapped = v6("::ffff:192.0.2.1");
    assert!(matches!(
        guard.check(at(0), mapped, b"a"),
        Decision::Delay(_)
    ));
    let unmapped = v6("::ffff:192.0.2.2");
    assert_eq!(guard.check(at(0), unmapped, b"a"), Decision::Allow);
}

/// Whoever has no room in the table is treated as the worst of those who had to make room.
#[test]
fn nobody_is_washed_out() {
    let mut guard = Guard::<4, 4>::new(one_sided(true), [7; 16]);
    for _ in 0..3 {
        guard.failed(at(0), ip(1), b"u");
    }
    assert_eq!(guard.check(at(0), ip(1), b"u"), Decision::Locked(at(900)));
    guard.failed(at(1), ip(2), b"u");
    guard.failed(at(1), ip(2), b"u");
    for source in 3..=5 {
        guard.failed(at(2), ip(source), b"u");
    }
    // The lock and the two failures are still known.
    assert_eq!(guard.check(at(3), ip(1), b"u"), Decision::Locked(at(900)));
    guard.failed(at(3), ip(2), b"u");
    assert_eq!(guard.check(at(3), ip(2), b"u"), Decision::Locked(at(903)));
    for source in 10..=255 {
        guard.failed(at(4), ip(source), b"u");
    }
    // The first has lost its place by now, and its lock has not ended for that.
    assert!(matches!(guard.check(at(5), ip(1), b"u"), Decision::Locked(until) if until >= at(900)));
    assert!(matches!(
        guard.check(at(899), ip(1), b"u"),
        Decision::Locked(_)
    ));
    // It ends, and once all is forgotten, nothing is held against anybody.
    assert_eq!(guard.check(at(10_000), ip(99), b"u"), Decision::Allow);
    guard.failed(at(10_000), ip(99), b"u");
    assert_eq!(guard.check(at(10_000), ip(99), b"u"), Decision::Allow);
}

#[test]
fn without_a_table_all_are_one() {
    let mut guard = guard::<0, 0>();
    assert_eq!(guard.check(at(0), ip(1), b"alice"), Decision::Allow);
    guard.failed(at(0), ip(1), b"alice");
    assert_eq!(guard.check(at(0), ip(2), b"bob"), Decision::Delay(at(1)));
    assert_eq!(guard.check(at(1), ip(2), b"bob"), Decision::Allow);
    guard.succeeded(at(1), ip(2), b"bob");
    guard.withdrawn(at(1), ip(2), b"bob");
}

#[test]
fn the_memory_is_as_told() {
    let others = size_of::<Guard<0, 0>>();
    assert_eq!(size_of::<Guard<10, 0>>(), others + 320);
    assert_eq!(size_of::<Guard<0, 10>>(), others + 320);
}

#[test]
fn the_secret_is_not_printed() {
    let text = std::format!(
        "{:?}",
        Guard::<1, 1>::new(GuardConfig::default(), [0x5c; 16])
    );
    assert!(text.starts_with("Guard { config: GuardConfig"));
    assert!(!text.contains("92") && !text.contains("5c"));
}

#[test]
fn odd_settings_do_no_harm() {
    let config = GuardConfig {
        first_delay: Duration::MAX,
        factor: u32::MAX,
        max_delay: Duration::MAX,
        lock_time: Duration::MAX,
        answer_after: Duration::MAX,
        ..GuardConfig::default()
    };
    let mut guard = Guard::<1, 1>::new(config, [7; 16]);
    assert_eq!(
        guard.failed(at(1), ip(1), b"x"),
        Instant::from_micros(u64::MAX)
    );
    assert!(matches!(
        guard.check(at(2), ip(1), b"x"),
        Decision::Delay(_)
    ));
    let config = GuardConfig {
        first_delay: Duration::ZERO,
        factor: 0,
        max_delay: Duration::ZERO,
        lock_time: Duration::ZERO,
        forget_after: Duration::ZERO,
        source_lock_after: 1,
        user_lock_after: 1,
        answer_after: Duration::ZERO,
    };
    let mut guard = Guard::<1, 1>::new(config, [7; 16]);
    for _ in 0..9 {
        assert_eq!(guard.check(at(1), ip(1), b"x"), Decision::Allow);
        assert_eq!(guard.failed(at(1), ip(1), b"x"), at(1));
    }
    // Time that goes backwards.
    let _ = guard.check(at(0), ip(1), b"x");
}

/// What somebody does: waits, tries, and finds out later.
#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Try(u8, u8),
    /// One of the attempts that wait for it, by its place, fails.
    Fail(usize),
    Withdraw(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..700_u64).prop_map(Step::Wait),
        6 => (0..9_u8, 0..9_u8).prop_map(|(source, user)| Step::Try(source, user)),
        5 => any::<usize>().prop_map(Step::Fail),
        1 => any::<usize>().prop_map(Step::Withdraw),
    ]
}

/// How many attempts there were in the time between the first and the last of those given, at most, is bounded.
fn bounded(times: &[Instant], lock_after: u16, config: &GuardConfig) -> bool {
    times.iter().enumerate().all(|(first, start)| {
        times[first..].iter().zip(1_u128..).all(|(end, count)| {
            let passed = end.saturating_since(*start).as_micros();
            let forgotten = passed / config.forget_after.as_micros();
            let unlocked = passed / config.lock_time.as_micros();
            count <= u128::from(lock_after) + forgotten + unlocked + 1
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// With far fewer places than sources and users: no order of attempts, of failures that are told late, or of others'
    /// failures gets anybody more than the bound, or a lock lifted.
    #[test]
    fn nobody_gets_more_attempts_than_told(
        steps in proptest::collection::vec(step(), 0..400),
        locks in (1..6_u16, 1..6_u16),
        times in (1..900_u64, 1..900_u64),
        first_delay in 0..30_u64,
    ) {
        let config = GuardConfig {
            source_lock_after: locks.0,
            user_lock_after: locks.1,
            lock_time: Duration::from_secs(times.0),
            forget_after: Duration::from_secs(times.1),
            first_delay: Duration::from_secs(first_delay),
            ..GuardConfig::default()
        };
        let mut guard = Guard::<3, 3>::new(config, [7; 16]);
        let mut now = at(1);
        let mut waiting: Vec<(u8, u8, Instant)> = Vec::new();
        let mut attempts: HashMap<(bool, u8), Vec<Instant>> = HashMap::new();
        let mut blocked: HashMap<(bool, u8), Instant> = HashMap::new();
        for step in steps {
            match step {
                Step::Wait(seconds) => now = now + Duration::from_secs(seconds),
                Step::Try(source, user) => {
                    let before = guard.clone();
                    let decision = guard.check(now, ip(source), &[user]);
                    prop_assert_eq!(before.clone().check(now, ip(source), &[user]), decision);
                    prop_assert_eq!(before.clone().peek(now, ip(source), &[user]), decision);
                    if decision == Decision::Allow {
                        waiting.push((source, user, now));
                        for key in [(false, source), (true, user)] {
                            prop_assert!(blocked.get(&key).is_none_or(|until| *until <= now));
                            attempts.entry(key).or_default().push(now);
                        }
                    }
                }
                Step::Fail(at) if !waiting.is_empty() => {
                    let (source, user, _) = waiting.swap_remove(at % waiting.len());
                    prop_assert_eq!(guard.failed(now, ip(source), &[user]), guard.answer_at(now));
                    // After any failure there is the first wait at least.
                    for key in [(false, source), (true, user)] {
                        let wait = config.first_delay.min(config.lock_time);
                        let until = blocked.entry(key).or_default();
                        *until = now.max(*until).max(now + wait);
                    }
                }
                Step::Withdraw(at) if !waiting.is_empty() => {
                    let (source, user, made) = waiting.swap_remove(at % waiting.len());
                    guard.withdrawn(now, ip(source), &[user]);
                    for key in [(false, source), (true, user)] {
                        let times = attempts.entry(key).or_default();
                        let place = times.iter().position(|time| *time == made).unwrap();
                        times.remove(place);
                    }
                }
                Step::Fail(_) | Step::Withdraw(_) => {}
            }
        }
        for ((is_user, _), times) in &attempts {
            let lock_after = if *is_user { locks.1 } else { locks.0 };
            prop_assert!(bounded(times, lock_after, &config), "{:?}", times);
        }
    }

    #[test]
    fn any_calls_in_any_order_are_safe(
        calls in proptest::collection::vec((0..5_u8, any::<u64>(), any::<[u8; 16]>(), any::<u8>()), 0..60),
    ) {
        let mut guard = guard::<2, 2>();
        for (call, now, address, user) in calls {
            let (now, source) = (Instant::from_micros(now >> 1), IpAddr::from(address));
            match call {
                0 | 1 => {
                    let decision = guard.check(now, source, &[user]);
                    if let Decision::Delay(until) | Decision::Locked(until) = decision {
                        prop_assert!(until > now);
                    }
                }
                2 => prop_assert!(guard.failed(now, source, &[user]) >= now),
                3 => guard.succeeded(now, source, &[user]),
                _ => guard.withdrawn(now, source, &[user]),
            }
        }
    }
}
