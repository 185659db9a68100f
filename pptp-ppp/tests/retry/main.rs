//! A link whose user has the wrong password, or one that has expired: told, asked, and gone on with.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

#[path = "../common/mod.rs"]
mod common;
mod world;

use common::lossy::Dice;
use common::script::{CHAP, frame};
use core::time::Duration;
use pptp_ppp::mschap::NtHash;
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_ppp::{
    Auth, Bare, Credentials, DownReason, Event, Full, Ipv4Only, Minimal, Mppe, MsChapV2,
    MsChapV2Change, Network, NoAuth, Phase, Ppp, Profile, RetryError,
};
use world::{Account, Say, World, client, guessing, server};

/// As Minimal, but passwords can be changed.
#[derive(Debug, Clone)]
struct Changing;

impl Profile for Changing {
    type Suite = Mppe;
    type Auth = MsChapV2Change;
    type Networks = Ipv4Only;
}

/// The same as one of two sets.
#[derive(Debug, Clone)]
struct Paired;

impl Profile for Paired {
    type Suite = Mppe;
    type Auth = (NoAuth, (MsChapV2Change, MsChapV2));
    type Networks = Ipv4Only;
}

const USER: &str = r"CORP\alice";

const WRONG: (ErrorCode, bool, bool) = (ErrorCode::AuthenticationFailure, true, false);

/// By default a link ends at once, whatever the server would wait for.
#[test]
fn who_is_not_asking_is_told_why() {
    let mut world: World<Changing, Changing> = World::new(
        client("looking-glass", false),
        server(),
        Account::new("wonderland"),
        &[],
    );
    world.run(8);
    let failed = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    assert_eq!(world.a.down_reason(), Some(failed));
    assert_eq!((world.asked.len(), world.codes()), (0, vec![1, 2, 4]));
}

#[test]
fn another_password_is_tried() {
    let says = [Say::Password("looking-glas"), Say::Password("wonderland")];
    let mut world = guessing(&says);
    world.run(8);
    assert!(world.passes(), "{:?}", world.reasons());
    assert_eq!(world.asked, [WRONG; 2]);
    assert_eq!(
        (world.codes(), world.authenticated),
        (vec![1, 2, 4, 2, 4, 2, 3], 1)
    );
    assert_eq!(world.a.password_wanted(), None);
    let late = world.a.change_password(world.now, "new");
    assert_eq!(late, Err(RetryError::NotWanted));
}

#[test]
fn a_password_that_has_expired_is_changed() {
    fn check<A: Profile, B: Profile>() {
        let says = [Say::Password("wonderland"), Say::New("Зазеркалье 😀")];
        let mut world: World<A, B> = World::new(
            client("looking-glass", true),
            server(),
            Account::expired("wonderland"),
            &says,
        );
        world.run(8);
        assert!(world.passes(), "{:?}", world.reasons());
        assert_eq!(
            world.asked,
            [WRONG, (ErrorCode::PasswordExpired, false, true)]
        );
        assert_eq!(
            (world.codes(), world.authenticated),
            (vec![1, 2, 4, 2, 4, 7, 3], 1)
        );
        assert_eq!(world.account.hash, NtHash::from_password("Зазеркалье 😀"));
        // Address and Control are compressed by then: without them the frame is as long as can be.
        assert!((588..=590).contains(&world.longest), "{}", world.longest);
    }
    check::<Changing, Changing>();
    check::<Full, Changing>();
    check::<Changing, Full>();
    check::<Paired, Paired>();
}

#[test]
fn a_password_that_the_server_does_not_like_is_the_end() {
    let mut account = Account::expired("wonderland");
    account.shortest = 8;
    let says = [Say::New("short")];
    let mut world: World<Changing, Changing> =
        World::new(client("wonderland", true), server(), account, &says);
    world.run(8);
    let failed = DownReason::AuthenticationFailed(ErrorCode::ChangingPassword);
    assert_eq!(
        world.reasons(),
        (Some(failed), Some(DownReason::PeerRejected))
    );
    assert_eq!((world.asked.len(), world.codes()), (1, vec![1, 2, 4, 7, 4]));
    assert_eq!(world.account.hash, NtHash::from_password("wonderland"));
}

/// Where there is no room for it, at either end, an expired password is the end, and told as that.
#[test]
fn without_room_an_expired_password_is_the_end() {
    fn check<A: Profile, B: Profile>() {
        let mut world: World<A, B> = World::new(
            client("wonderland", true),
            server(),
            Account::expired("wonderland"),
            &[Say::Nothing],
        );
        world.run(10);
        let failed = DownReason::AuthenticationFailed(ErrorCode::PasswordExpired);
        assert_eq!(world.a.down_reason(), Some(failed));
        // The server goes as soon as it has said it.
        assert!(world.asked.is_empty());
    }
    check::<Minimal, Minimal>();
    check::<Minimal, Changing>();
    check::<Changing, Minimal>();
}

/// pppd says R=1, and ends the link in the same breath: what it was about is not lost.
#[test]
fn a_server_that_does_not_wait_is_told_as_what_it_said() {
    let mut world = guessing(&[Say::Nothing]);
    world.run(1);
    assert_eq!(
        (world.asked.len(), world.a.phase()),
        (1, Phase::Authenticate)
    );
    world.b.close(world.now);
    world.run(1);
    let failed = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    assert_eq!(world.a.down_reason(), Some(failed));
    let late = world
        .a
        .retry(world.now, Credentials::new(USER, "wonderland").unwrap());
    assert_eq!(late, Err(RetryError::NotWanted));
}

/// The event of a server that goes before it is told is not told any more.
#[test]
fn what_nobody_waits_for_is_not_asked_for() {
    let mut world = guessing(&[Say::Nothing]);
    world.run(1);
    let mut late = client::<Minimal>("looking-glass", true);
    late.open(world.now);
    assert_eq!(late.password_wanted(), None);
    world.a.close(world.now);
    assert_eq!(world.a.password_wanted(), None);
    while let Some(event) = world.a.poll_event() {
        assert!(!matches!(event, Event::PasswordWanted { .. }));
    }
}

#[test]
fn nobody_is_asked_for_longer_than_a_minute() {
    let mut world = guessing(&[Say::Nothing]);
    world.run(55);
    assert_eq!(world.a.phase(), Phase::Authenticate);
    world.run(20);
    let failed = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    let (a, b) = world.reasons();
    assert_eq!(a, Some(failed));
    assert!(matches!(
        b,
        Some(DownReason::AuthenticationTimeout | DownReason::PeerClosed)
    ));
}

#[test]
fn who_does_not_want_to_be_asked_closes() {
    let mut world = guessing(&[Say::Close]);
    world.run(10);
    assert_eq!(
        world.reasons(),
        (Some(DownReason::Closed), Some(DownReason::PeerClosed))
    );
}

/// Each of RFC 2759 §6, and others: the server's word arrives as it was said.
#[test]
fn every_error_arrives() {
    let errors = [646, 647, 648, 649, 691, 709, 930, 742, 0].map(ErrorCode::from);
    for error in errors {
        let mut account = Account::new("wonderland");
        account.always = Some(error);
        let mut world: World<Minimal, Minimal> =
            World::new(client("wonderland", false), server(), account, &[]);
        world.run(8);
        let reason = world.a.down_reason();
        assert_eq!(reason, Some(DownReason::AuthenticationFailed(error)));
        let text = reason.unwrap().to_string();
        assert_eq!(text, format!("authentication failed: {error}"));
    }
}

/// A server, or somebody in its place, that sends one Failure after the other while the user thinks.
#[test]
fn a_storm_of_failures_asks_once() {
    let mut world: World<Changing, Changing> = World::new(
        client("looking-glass", true),
        server(),
        Account::new("wonderland"),
        &[Say::Nothing],
    );
    world.run(1);
    let before = format!("{:?}", world.a.password_wanted());
    for identifier in 0..=255 {
        for text in [
            &b"E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3"[..],
            b"E=648 R=0 C=00112233445566778899AABBCCDDEEFF V=3",
            b"E=647 R=0",
        ] {
            let mut failure = frame(CHAP, 4, identifier, text);
            assert!(world.a.handle_frame(world.now, &mut failure).is_err());
        }
    }
    world.run(1);
    assert_eq!((world.asked.len(), world.codes()), (1, vec![1, 2, 4]));
    assert_eq!(format!("{:?}", world.a.password_wanted()), before);
    world
        .a
        .retry(world.now, Credentials::new(USER, "wonderland").unwrap())
        .unwrap();
    world.run(5);
    assert!(world.passes());
}

/// A wire that loses, duplicates, delays and reorders: a retry and a change come through all the same, and nobody is asked
/// twice for the same.
#[test]
fn a_bad_wire_changes_nothing() {
    let mut slowest = Duration::ZERO;
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let (loss, delay) = (dice.below(31), 1 + dice.below(80));
        let says = [Say::Password("wonderland"), Say::New("looking-glass 2")];
        let mut world: World<Changing, Changing> = World::new(
            client("looking-glass", true),
            server(),
            Account::expired("wonderland"),
            &says,
        );
        let start = world.now;
        let mut up = false;
        while !up && world.now.saturating_since(start) < Duration::from_secs(100) {
            world.run_with(1, |_, _| {
                let copies = 1 + u64::from(dice.percent(5));
                (0..copies)
                    .flat_map(|_| {
                        if dice.percent(loss) {
                            None
                        } else {
                            Some(1 + dice.below(delay))
                        }
                    })
                    .collect()
            });
            up = world.a.is_up(Network::Ipv4) && world.b.is_up(Network::Ipv4);
        }
        assert!(up, "seed {seed} loss {loss}: {:?}", world.reasons());
        assert_eq!(
            world.asked,
            [WRONG, (ErrorCode::PasswordExpired, false, true)]
        );
        assert_eq!(world.account.hash, NtHash::from_password("looking-glass 2"));
        slowest = slowest.max(world.now.saturating_since(start));
    }
    println!("the slowest of 300: {slowest:?}");
    assert!(slowest <= Duration::from_secs(45));
}

/// What a change of password costs, and that nobody else pays.
#[test]
fn memory_is_chosen_by_type() {
    fn max<A: Auth + core::fmt::Debug + Clone>() -> usize {
        #[derive(Debug, Clone)]
        struct Of<A>(core::marker::PhantomData<A>);
        impl<A: Auth + core::fmt::Debug + Clone> Profile for Of<A> {
            type Suite = Mppe;
            type Auth = A;
            type Networks = Ipv4Only;
        }
        Ppp::<Of<A>>::MAX_CONTROL_FRAME
    }
    let (minimal, changing) = (size_of::<Ppp<Minimal>>(), size_of::<Ppp<Changing>>());
    println!("Ppp<Minimal>: {minimal} octets, with the change of passwords {changing}");
    assert!(minimal <= 2620 && changing <= minimal + 2 * 540);
    assert_eq!(Ppp::<Minimal>::MAX_CONTROL_FRAME, 512);
    assert_eq!(Ppp::<Bare>::MAX_CONTROL_FRAME, 512);
    assert_eq!(Ppp::<Changing>::MAX_CONTROL_FRAME, 590);
    assert_eq!(max::<(MsChapV2, NoAuth)>(), 512);
    assert_eq!(max::<(NoAuth, MsChapV2Change)>(), 590);
    assert_eq!(max::<(MsChapV2Change, NoAuth)>(), 590);
}
