//! What holds whatever is called, in whatever order.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::hostile::{World, forgeries};
use common::script::{CHAP, PASSWORD, Script, USER, frame};
use common::{End, ipv4};
use core::time::Duration;
use pptp_ppp::config::MppePolicy;
use pptp_ppp::{
    Credentials, Demand, Event, Grant, Instant, Ipv4Only, Methods, Minimal, Mppe, MsChapV2Change,
    Network, Phase, Ppp, PppConfig, Profile, Random, SendError, Verdict,
};
use proptest::collection::vec as list;
use proptest::prelude::*;

/// As Minimal, but passwords can be changed.
#[derive(Debug, Clone)]
struct Changing;

impl Profile for Changing {
    type Suite = Mppe;
    type Auth = MsChapV2Change;
    type Networks = Ipv4Only;
}

#[derive(Debug, Clone)]
enum Call {
    Open,
    Close,
    Frame(prop::sample::Index),
    Octets(Vec<u8>),
    PollFrame(usize),
    PollEvent,
    Timeout(u32),
    EarlyTimeout,
    Send(usize, usize),
    Authorize,
    Reject(u32, bool),
    Retry,
    ChangePassword(usize),
}

fn any_call() -> impl Strategy<Value = Call> {
    prop_oneof![
        2 => Just(Call::Open),
        1 => Just(Call::Close),
        6 => any::<prop::sample::Index>().prop_map(Call::Frame),
        2 => list(any::<u8>(), 0..80).prop_map(Call::Octets),
        4 => (0_usize..700).prop_map(Call::PollFrame),
        2 => Just(Call::PollEvent),
        3 => (0_u32..100_000).prop_map(Call::Timeout),
        1 => Just(Call::EarlyTimeout),
        2 => (0_usize..2000, 0_usize..2000).prop_map(|(len, room)| Call::Send(len, room)),
        1 => Just(Call::Authorize),
        1 => (640_u32..720, any::<bool>()).prop_map(|(error, retry)| Call::Reject(error, retry)),
        1 => Just(Call::Retry),
        1 => (0_usize..300).prop_map(Call::ChangePassword),
    ]
}

fn config(both: bool) -> PppConfig {
    PppConfig {
        credentials: Some(Credentials::new(USER, PASSWORD).unwrap().asking()),
        demand: both.then(|| Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
        ..PppConfig::default()
    }
}

/// Frames of a real bring-up, both directions, and forgeries.
fn frames() -> Vec<Vec<u8>> {
    let mut world = World::new(MppePolicy::default());
    world.run();
    world.use_it();
    let mut frames: Vec<_> = world.pair.log.into_iter().map(|(_, _, raw)| raw).collect();
    frames.extend(forgeries());
    for identifier in 0..3 {
        for text in [
            &b"E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3 M=Sorry"[..],
            b"E=648 R=1 C=00112233445566778899AABBCCDDEEFF V=3",
        ] {
            frames.push(frame(CHAP, 4, identifier, text));
        }
        frames.push(frame(CHAP, 7, identifier, &[identifier; 582]));
    }
    frames
}

fn make_calls<P: Profile>(calls: &[Call], both: bool, frames: &[Vec<u8>]) {
    let mut ppp: Ppp<P> = Ppp::new(config(both), Random::new([3; 32]));
    let mut now = Instant::from_millis(100);
    let mut request = None;
    let mut buffer = [0; 2100];
    for call in calls {
        match call {
            Call::Open => ppp.open(now),
            Call::Close => ppp.close(now),
            Call::Frame(which) => {
                let _ = ppp.handle_frame(now, &mut which.get(frames).clone());
            }
            Call::Octets(octets) => {
                let _ = ppp.handle_frame(now, &mut octets.clone());
            }
            Call::PollFrame(room) => {
                let _ = ppp.poll_frame(now, &mut buffer[..*room]);
            }
            Call::PollEvent => {
                if let Some(Event::AuthRequested(it)) = ppp.poll_event() {
                    request = Some(it.id);
                }
            }
            Call::Timeout(millis) => {
                now = now + Duration::from_millis((*millis).into());
                ppp.handle_timeout(now);
            }
            Call::EarlyTimeout => {
                let next = ppp.next_timeout();
                if next.is_some_and(|next| next > now) {
                    let before = format!("{ppp:?}");
                    ppp.handle_timeout(now);
                    assert_eq!(format!("{ppp:?}"), before, "nothing was due");
                }
            }
            Call::Send(len, room) => {
                let packet = ipv4(&vec![7; *len]);
                let _ = ppp.send(Network::Ipv4, &packet, &mut buffer[..*room]);
            }
            Call::Authorize => {
                if let Some(id) = request {
                    ppp.authorize(now, id, &Verdict::Password(PASSWORD), Grant::default());
                }
            }
            Call::Reject(error, retry) => {
                if let Some(id) = request {
                    let verdict = Verdict::Reject {
                        error: (*error).into(),
                        retry: *retry,
                        message: b"",
                    };
                    ppp.authorize(now, id, &verdict, Grant::default());
                }
            }
            Call::Retry => {
                let wanted = ppp.password_wanted().is_some_and(|wanted| wanted.retry);
                let who = Credentials::new(USER, PASSWORD).unwrap();
                assert_eq!(ppp.retry(now, who).is_ok(), wanted);
            }
            Call::ChangePassword(len) => {
                let wanted = ppp.password_wanted().is_some_and(|wanted| wanted.change);
                let changed = ppp.change_password(now, &"x".repeat(*len));
                assert_eq!(changed.is_ok(), wanted && *len <= 256);
            }
        }
        assert_eq!(ppp.next_timeout().is_some(), ppp.timeout_reason().is_some());
        if ppp.phase() == Phase::Down {
            assert!(ppp.down_reason().is_some());
            assert_eq!(ppp.next_timeout(), None);
        }
    }
    // However it came here, it can be drained, and then nothing is due that was.
    let mut rounds = 0;
    ppp.handle_timeout(now);
    while ppp.poll_frame(now, &mut buffer).unwrap().is_some() || ppp.poll_event().is_some() {
        rounds += 1;
        assert!(rounds < 50);
    }
    if let Some(next) = ppp.next_timeout() {
        assert!(next >= now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_calls_is_safe(calls in list(any_call(), 0..120), both: bool) {
        let frames = FRAMES.with(Clone::clone);
        make_calls::<Minimal>(&calls, both, &frames);
        make_calls::<Changing>(&calls, both, &frames);
    }
}

std::thread_local! {
    static FRAMES: Vec<Vec<u8>> = frames();
}

#[test]
fn a_link_ends_whatever_the_peer_leaves_unsaid() {
    // The timers alone bring every beginning to an end.
    for both in [false, true] {
        let mut script = Script::new(config(both));
        script.wait(120_000);
        assert_eq!(script.ppp.phase(), Phase::Down);
    }
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    let mut world = World::new(MppePolicy::default());
    let mut checked = 0;
    let mut buffer = [0; Ppp::<Minimal>::MAX_CONTROL_FRAME];
    // Each frame of a bring-up, at each length.
    for _ in 0..60 {
        let now = world.pair.now;
        for end in [End::A, End::B] {
            let ppp = match end {
                End::A => &mut world.pair.a,
                End::B => &mut world.pair.b,
            };
            let whole = ppp
                .clone()
                .poll_frame(now, &mut buffer)
                .unwrap()
                .map(|it| it.to_vec());
            let Some(whole) = whole else { continue };
            let before = format!("{ppp:?}");
            for room in 0..whole.len() {
                let error = ppp.poll_frame(now, &mut buffer[..room]).unwrap_err();
                assert_eq!(error.needed, whole.len(), "{room} of {whole:x?}");
            }
            assert_eq!(format!("{ppp:?}"), before);
            let exact = ppp
                .poll_frame(now, &mut buffer[..whole.len()])
                .unwrap()
                .unwrap();
            assert_eq!(exact, whole);
            world.pair.log.push((now, end, whole.clone()));
            world.pair.wire.push_back((end, whole));
            checked += 1;
        }
        // Not by World::step, which would drain.
        if let Some((from, mut raw)) = world.pair.wire.pop_front() {
            let _ = match from {
                End::A => world.pair.b.handle_frame(now, &mut raw),
                End::B => world.pair.a.handle_frame(now, &mut raw),
            };
        }
        if let Some(Event::AuthRequested(request)) = world.pair.b.poll_event() {
            let id = request.id;
            let verdict = Verdict::Password(PASSWORD);
            world.pair.b.authorize(now, id, &verdict, Grant::default());
        }
    }
    assert!(checked > 12, "{checked}");
    world.run();
    world.use_it();
    assert!(world.pair.is_up());
    let packet = ipv4(&[9; 100]);
    let mut large = [0; 300];
    let ppp = &mut world.pair.a;
    let whole = ppp
        .clone()
        .send(Network::Ipv4, &packet, &mut large)
        .unwrap()
        .to_vec();
    let before = format!("{ppp:?}");
    for room in 0..whole.len() {
        let needed = whole.len();
        let sent = ppp.send(Network::Ipv4, &packet, &mut large[..room]);
        assert_eq!(sent.unwrap_err(), SendError::BufferTooSmall { needed });
    }
    let long = ipv4(&[9; 1500]);
    let mtu = ppp.mtu();
    let sent = ppp.send(Network::Ipv4, &long, &mut [0; 2000]).unwrap_err();
    assert_eq!(sent, SendError::TooLong { mtu });
    assert_eq!(format!("{ppp:?}"), before);
    let exact = ppp
        .send(Network::Ipv4, &packet, &mut large[..whole.len()])
        .unwrap();
    assert_eq!(exact, whole);
}

#[test]
fn the_same_inputs_give_the_same_octets() {
    let run = || {
        let mut world = World::new(MppePolicy::default());
        world.run();
        world.use_it();
        world.pair.log
    };
    let (first, second) = (run(), run());
    assert!(first.len() > 20);
    assert_eq!(first, second);
}

#[test]
fn a_clone_goes_the_same_way() {
    let mut world = World::new(MppePolicy::default());
    for _ in 0..8 {
        world.step(false);
    }
    let mut copy = world.clone();
    world.run();
    copy.run();
    assert_eq!(world.pair.log, copy.pair.log);
}
