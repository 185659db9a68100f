use super::*;
use alloc::vec::Vec;
use proptest::prelude::*;

const START: Instant = Instant::from_millis(1000);

fn after(millis: u64) -> Instant {
    START + Duration::from_millis(millis)
}

fn window(max: u16, delay: u16) -> Window {
    Window::new(SlidingWindow::ON, max, delay).unwrap()
}

/// Packets are sent as long as there is room, and counted.
fn fill(window: &mut Window, now: Instant, next: &mut u32) -> u32 {
    let mut sent = 0;
    while window.room(*next) > 0 && sent < 1000 {
        window.sent(now, *next);
        *next += 1;
        sent += 1;
    }
    sent
}

#[test]
fn a_window_that_is_off_or_was_not_told_is_none() {
    assert_eq!(Window::new(SlidingWindow::Off, 64, 0), None);
    assert_eq!(Window::new(SlidingWindow::ON, 0, 0), None);
}

/// RFC 2637 §4.2.1: half of it, at least one.
#[test]
fn it_begins_at_half() {
    for (max, size) in [(1, 1), (2, 1), (3, 2), (64, 32), (u16::MAX, 32768)] {
        let state = window(max, 0).state();
        assert_eq!((state.size, state.max), (size, max));
    }
    let mut next = 0;
    let mut window = window(6, 0);
    assert_eq!(fill(&mut window, START, &mut next), 3);
    assert_eq!(window.room(next), 0);
}

/// RFC 2637 §4.2.3: by one for each window of packets, up to the peer's.
#[test]
fn it_opens_by_one_a_window_up_to_the_peers() {
    let mut opening = window(6, 0);
    let mut next = 0;
    for size in [3, 4, 5, 6, 6, 6] {
        assert_eq!(fill(&mut opening, START, &mut next), size);
        let timer = opening.acknowledged(after(10), (next, size, next), false);
        assert_eq!(timer, Timer::Stop);
    }
    // One by one takes as many.
    let mut window = window(6, 0);
    let mut next = 0;
    for size in [3, 3, 3, 4, 4, 4, 4, 5] {
        assert_eq!(window.state().size, size);
        window.sent(START, next);
        next += 1;
        window.acknowledged(after(1), (next, 1, next), false);
    }
}

/// RFC 2637 §4.2.2: to half, rounded up, at least one; and §4.4.2: RTT doubles, up to MaxTimeOut.
#[test]
fn it_closes_by_half_at_a_time_out() {
    let mut window = window(19, 4);
    let mut next = 0;
    let mut states = Vec::new();
    for _ in 0..6 {
        window.given_up = false;
        fill(&mut window, START, &mut next);
        window.timed_out(next);
        let state = window.state();
        states.push((state.size, state.timeout.as_millis()));
    }
    assert_eq!(
        states,
        [
            (5, 800),
            (3, 1000),
            (2, 1000),
            (1, 1000),
            (1, 1000),
            (1, 1000)
        ]
    );
}

/// What was on its way at a time-out is not waited for: the window is as open as its size says.
#[test]
fn after_a_time_out_sending_goes_on() {
    let mut window = window(16, 0);
    let mut next = 0;
    assert_eq!(fill(&mut window, START, &mut next), 8);
    window.timed_out(next);
    assert_eq!(fill(&mut window, START, &mut next), 4);
    // A late acknowledgment of what was given up frees nothing, and one of what is on its way does.
    window.acknowledged(START, (6, 6, next), false);
    assert_eq!(window.room(next), u32::from(window.state().size) - 4);
    window.acknowledged(START, (10, 4, next), false);
    assert_eq!(window.room(next), u32::from(window.state().size) - 2);
}

/// RFC 2637 §4.4.1, in floating point as it stands there, beside ours.
#[test]
fn the_time_out_adapts_as_the_rfc_has_it() {
    let (alpha, beta, chi) = (0.125, 0.25, 4.0);
    for delay in [0, 3, 30] {
        let config = SlidingWindow::On { max_timeout: 3000 };
        let mut window = Window::new(config, 64, delay).unwrap();
        let (mut rtt, mut dev) = (f64::from(delay) * 0.1, 0.0_f64);
        let mut now = START;
        for (number, sample) in (0_u32..).zip([0.2, 0.21, 0.19, 0.8, 0.2, 0.2, 0.3, 2.5, 0.01, 0.2])
        {
            window.sent(now, number);
            now = now + Duration::from_secs_f64(sample);
            window.acknowledged(now, (number + 1, 1, number + 1), false);
            let diff = sample - rtt;
            dev += beta * (diff.abs() - dev);
            rtt += alpha * diff;
            let ato = (rtt + chi * dev).clamp(0.3, 3.0);
            let state = window.state();
            assert!(
                (state.round_trip.as_secs_f64() - rtt).abs() < 1e-4,
                "{state:?}, {rtt}"
            );
            assert!(
                (state.timeout.as_secs_f64() - ato).abs() < 1e-3,
                "{state:?}, {ato}"
            );
        }
    }
}

#[test]
fn the_time_out_stays_within_its_bounds() {
    assert_eq!(window(64, 0).state().timeout, Duration::from_millis(300));
    assert_eq!(window(64, u16::MAX).state().timeout, Duration::from_secs(1));
    let config = SlidingWindow::On { max_timeout: 7 };
    let narrow = Window::new(config, 64, 9).unwrap();
    assert_eq!(narrow.state().timeout, MIN_TIMEOUT);
}

/// The timer runs while something is on its way, from the last acknowledgment that told something.
#[test]
fn the_timer_runs_while_something_is_on_its_way() {
    let mut window = window(64, 0);
    assert_eq!(window.sent(START, 0), Some(after(300)));
    assert_eq!(window.sent(after(10), 1), None);
    let timer = window.acknowledged(after(200), (1, 1, 2), false);
    // The sample of 200 ms: RTT 25 ms, DEV 50 ms.
    assert_eq!(timer, Timer::At(after(500)));
    assert_eq!(
        window.acknowledged(after(250), (2, 1, 2), false),
        Timer::Stop
    );
    let timeout = window.state().timeout;
    assert_eq!(window.sent(after(260), 2), Some(after(260) + timeout));
}

#[test]
fn a_peer_that_does_not_acknowledge_is_not_waited_for() {
    let mut window = window(8, 0);
    let mut next = 0;
    for _ in 0..PATIENCE {
        assert!(!window.state().given_up);
        fill(&mut window, START, &mut next);
        window.timed_out(next);
    }
    assert!(window.state().given_up);
    assert_eq!(window.room(next), u32::MAX);
    // What it says along with its own packets does not count: it may not have any for long.
    window.sent(START, next);
    window.acknowledged(START, (next + 1, 1, next + 1), false);
    assert!(window.state().given_up);
    window.sent(START, next + 1);
    window.acknowledged(START, (next + 2, 1, next + 2), true);
    assert!(!window.state().given_up);
    assert!(window.room(next + 2) <= 8);
}

#[test]
fn an_acknowledgment_between_time_outs_shows_a_peer_that_acknowledges() {
    let mut window = window(8, 0);
    let mut next = 0;
    for _ in 0..20 {
        fill(&mut window, START, &mut next);
        window.timed_out(next);
        fill(&mut window, START, &mut next);
        window.acknowledged(START, (next, 1, next), false);
    }
    assert!(!window.state().given_up);
}

proptest! {
    /// Whatever happens: the size stays between one and the peer's, the time-out between its bounds.
    #[test]
    fn nothing_leaves_its_bounds(
        max in 1_u16..,
        delay: u16,
        max_timeout: u16,
        steps in proptest::collection::vec((0_u8..6, any::<u32>()), 0..200),
    ) {
        let mut window = Window::new(SlidingWindow::On { max_timeout }, max, delay).unwrap();
        let (mut now, mut next, mut unacked) = (START, 0_u32, 0_u32);
        for (what, number) in steps {
            match what {
                0..=2 => {
                    window.sent(now, next);
                    next = next.wrapping_add(1);
                }
                3 if next != unacked => {
                    let count = 1 + number % next.wrapping_sub(unacked);
                    unacked = unacked.wrapping_add(count);
                    window.acknowledged(now, (unacked, count, next), number % 2 == 0);
                }
                4 => window.timed_out(next),
                _ => now = now + Duration::from_micros(number.into()),
            }
            let state = window.state();
            prop_assert!((1..=max).contains(&state.size));
            prop_assert!(state.timeout >= MIN_TIMEOUT);
            prop_assert!(state.timeout.as_millis() <= u128::from(max_timeout).max(300));
            prop_assert!(window.on_their_way(next) <= next);
        }
    }
}
