//! Requests that are sent until they are answered.

use super::*;

#[test]
fn a_request_is_repeated_unchanged_and_then_given_up() {
    let datagram = request(|it| _ = it.user_name(b"alice"));
    let at = Instant::from_millis;
    let schedule = Schedule::default();
    let mut exchange = Exchange::new(at(0), &datagram[..], schedule).unwrap();
    let mut times = Vec::new();
    let mut now = at(0);
    loop {
        while let Some(sent) = exchange.poll_datagram() {
            assert_eq!(sent, datagram);
            times.push(now);
        }
        let next = exchange.next_timeout().unwrap();
        assert!(next > now);
        // Too early is for nothing.
        exchange.handle_timeout(now).unwrap();
        assert_eq!(exchange.poll_datagram(), None);
        now = next;
        match exchange.handle_timeout(now) {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error, NoAnswer { tries: 3 });
                break;
            }
        }
    }
    let (first, second, third) = (times[0], times[1], times[2]);
    assert_eq!(times.len(), 3);
    let waits = [second - first, third - second, now - third];
    for (wait, seconds) in waits.into_iter().zip([1, 2, 4]) {
        let least = Duration::from_secs(seconds);
        assert!((least..=least.mul_f64(1.1)).contains(&wait), "{wait:?}");
    }
    assert_eq!(exchange.next_timeout(), None);
    assert_eq!(exchange.handle_timeout(at(100_000)), Ok(()), "told once");
    assert_eq!(exchange.poll_datagram(), None);
}

#[test]
fn an_exchange_goes_on_until_the_right_answer() {
    let sent = request(|_| ());
    let mut exchange = Exchange::new(Instant::ZERO, sent.clone(), Schedule::default()).unwrap();
    let mut buffer = [0; 64];
    let right = answer(Code::ACCESS_REJECT, |_| ());
    let other = Secret::new(b"other").unwrap();
    let wrong = Request::parse(&sent, secret(), MessageAuthenticator::Required).unwrap();
    let mut forged = Builder::new(
        &mut buffer,
        other,
        Code::ACCESS_ACCEPT,
        wrong.identifier,
        wrong.authenticator,
    );
    forged.state(b"x");
    let forged = forged.finish().unwrap();
    let demand = MessageAuthenticator::IfPresent;
    let error = exchange.handle_datagram(forged, secret(), demand);
    assert_eq!(error.unwrap_err(), Discard::WrongAuthenticator);
    assert!(exchange.next_timeout().is_some());
    assert!(exchange.poll_datagram().is_some());
    let reply = exchange.handle_datagram(&right, secret(), demand).unwrap();
    assert_eq!(reply.decision(), Decision::Reject);
    assert_eq!(exchange.next_timeout(), None);
    assert_eq!(
        exchange.handle_timeout(Instant::from_millis(99_999)),
        Ok(())
    );
    assert!(Exchange::new(Instant::ZERO, &sent[..19], Schedule::default()).is_err());
}
