//! A change of password over links that lose packets, and with strangers.

use super::*;
use proptest::prelude::*;

/// What an account is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Account {
    Expired,
    Changed,
}

/// Runs both ends over a link that loses a packet where `lost` says so: first with a wrong password, then with the one
/// that has expired, then with a new one. Gives how many requests there were.
fn run(ends: &mut Ends, lost: &[bool], new: &str) -> (usize, Account) {
    let mut lost = lost.iter().copied();
    let mut account = Account::Expired;
    let (mut requests, mut asked) = (0, 0);
    ends.who = identity(USER, "wrong");
    loop {
        let mut quiet = true;
        if let Some(sent) = ends.poll_authenticator() {
            quiet = false;
            if !lost.next().unwrap_or(false) {
                let _ = ends.peer.handle_packet(
                    ends.now,
                    &ends.who,
                    packet(&sent),
                    None,
                    &mut ends.ours,
                );
            }
        }
        if let Some(sent) = ends.poll_peer() {
            quiet = false;
            if !lost.next().unwrap_or(false) {
                let _ = ends.tell_authenticator(&sent);
            }
        }
        if let Some(request) = ends.authenticator.request() {
            requests += 1;
            let old = NtHash::from_password(OLD);
            let exchange = crate::mschap::Exchange {
                authenticator_challenge: request.challenge,
                peer_challenge: &request.response.peer_challenge,
                user_name: USER.as_bytes(),
            };
            let right = exchange.verify_nt_response(&old, &request.response.nt_response);
            let (error, retry) = if right {
                (ErrorCode::PasswordExpired, false)
            } else {
                (ErrorCode::AuthenticationFailure, true)
            };
            ends.judge(&reject(error, retry)).unwrap();
            quiet = false;
        }
        if let Some(request) = ends.authenticator.change_request() {
            requests += 1;
            let mut password = NewPassword::new();
            request
                .open(&NtHash::from_password(OLD), &mut password)
                .unwrap();
            account = Account::Changed;
            ends.judge(&Verdict::Password(password.as_str())).unwrap();
            quiet = false;
        }
        if let Some(wanted) = ends.peer.wanted() {
            asked += 1;
            if wanted.change {
                ends.change_to(new).unwrap();
            } else {
                ends.who = identity(USER, OLD);
                ends.peer
                    .retry(ends.now, &ends.who, &mut ends.ours)
                    .unwrap();
            }
            assert!(asked <= 2, "once for each Failure");
            quiet = false;
        }
        if quiet {
            let next = [ends.peer.next_timeout(), ends.authenticator.next_timeout()];
            let Some(at) = next.into_iter().flatten().min() else {
                return (requests, account);
            };
            assert!(at > ends.now, "no timer is left in the past");
            ends.now = at;
            let _ = ends.peer.handle_timeout(ends.now);
            let _ = ends.authenticator.handle_timeout(ends.now);
        }
    }
}

proptest! {
    /// RFC 2759 §9.1.7, with another challenge each time: a retry, then a change, over a link that loses packets.
    #[test]
    fn losses_are_made_good(seed: u8, lost in proptest::collection::vec(proptest::bool::weighted(0.4), 0..12), new in "\\PC{1,60}") {
        let mut ends = Ends::new(seed);
        prop_assert_eq!(run(&mut ends, &lost, &new), (3, Account::Changed));
        prop_assert!(ends.peer.is_authenticated() && ends.authenticator.is_authenticated());
        let (ours, theirs) = (ends.peer.keys().unwrap(), ends.authenticator.keys().unwrap());
        prop_assert_eq!((&ours.send, &ours.receive), (&theirs.receive, &theirs.send));
    }

    /// Whatever comes as a Change-Password from somebody who does not know the old password.
    #[test]
    fn a_stranger_changes_nothing(seed: u8, octets in proptest::collection::vec(any::<u8>(), 582), old in "\\PC{0,8}") {
        let (mut ends, change) = Ends::changing(seed, "looking-glass");
        let forged = session(change[1]).message(7, &octets);
        prop_assert_eq!(ends.tell_authenticator(&forged), Ok(true));
        let request = ends.authenticator.change_request().unwrap();
        let mut password = NewPassword::new();
        prop_assert!(request.open(&NtHash::from_password(&old), &mut password).is_err());
        ends.judge(&Verdict::Password(OLD)).unwrap();
        prop_assert!(!ends.authenticator.is_authenticated() && ends.authenticator.keys().is_none());
    }
}
