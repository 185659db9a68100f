//! Time-outs (RFC 2637 §3.1.4, §3.2.1).

use super::*;

/// Lets time pass to `now` with a silent peer, and notes what is done.
fn pass<const N: usize>(connection: &mut Connection<N>, now: Instant, journal: &mut Journal) {
    drain(connection, now, journal);
    while let Some(at) = connection.next_timeout().filter(|at| *at <= now) {
        connection.handle_timeout(at);
        drain(connection, at, journal);
    }
}

#[test]
fn a_peer_that_does_not_start_is_given_up_after_60_s() {
    for (role, origin) in [
        (Role::Pns, Origin::Originator),
        (Role::Pac, Origin::Receiver),
    ] {
        let mut connection = Connection::<1>::new(role, origin, Config::default());
        connection.control_connected(at(0));
        let mut journal = Journal::new();
        pass(&mut connection, at(59), &mut journal);
        assert_eq!(connection.timeout_reason(), Some(TimerKind::Start));
        assert!(!brief(&journal).contains("Closed"));
        pass(&mut connection, at(60), &mut journal);
        assert_eq!(journal.last().unwrap(), "Closed { reason: StartTimedOut }");
        assert_eq!(connection.next_timeout(), None);
    }
}

#[test]
fn an_idle_peer_is_asked_after_60_s_and_given_up_60_s_later() {
    let mut connection = established::<1>(Role::Pac, Config::default());
    let mut journal = Journal::new();
    pass(&mut connection, at(59), &mut journal);
    assert_eq!(connection.timeout_reason(), Some(TimerKind::KeepAlive));
    assert_eq!(journal, Journal::new());
    pass(&mut connection, at(60), &mut journal);
    assert_eq!(journal, ["> ECHORQ ID(1)"]);
    assert_eq!(connection.timeout_reason(), Some(TimerKind::EchoReply));
    // Only the reply to this very request counts.
    feed(&mut connection, at(61), &echo_reply(2), &mut journal);
    assert_eq!(connection.stats().unmatched_echo_replies, 1);
    let mut answered = connection.clone();
    pass(&mut connection, at(119), &mut journal);
    assert_eq!(journal.len(), 1);
    pass(&mut connection, at(120), &mut journal);
    assert_eq!(journal[1..], ["Closed { reason: EchoTimedOut }"]);

    let mut journal = Journal::new();
    feed(&mut answered, at(100), &echo_reply(1), &mut journal);
    assert_eq!(answered.next_timeout(), Some(at(160)));
    pass(&mut answered, at(160), &mut journal);
    assert_eq!(journal, ["> ECHORQ ID(2)"]);
}

#[test]
fn any_message_shows_that_the_peer_is_there() {
    let mut connection = established::<1>(Role::Pns, Config::default());
    let mut journal = Journal::new();
    feed(&mut connection, at(50), &echo_request(9), &mut journal);
    assert_eq!(connection.next_timeout(), Some(at(110)));
}

#[test]
fn echo_requests_can_be_turned_off() {
    let mut config = Config::default();
    config.time_outs.keep_alive = None;
    let connection = established::<1>(Role::Pns, config);
    assert_eq!(connection.next_timeout(), None);
}

/// Between a request and its reply nothing else is sent: some peers read strictly in turn.
#[test]
fn an_echo_request_waits_while_a_request_is_outstanding() {
    let mut config = Config::default();
    config.time_outs.call = Duration::from_secs(300);
    // The caller takes its time to answer.
    let mut pac = established::<1>(Role::Pac, config);
    let mut journal = Journal::new();
    let request = octets(call_request(1).as_wire());
    feed(&mut pac, at(30), &request, &mut journal);
    pass(&mut pac, at(200), &mut journal);
    assert_eq!(brief(&journal), "CallRequested");
    pac.accept_call(at(200), 0, call_answer(1)).unwrap();
    pass(&mut pac, at(209), &mut journal);
    assert_eq!(brief(&journal), "CallRequested >OCRP CallConnected");
    pass(&mut pac, at(210), &mut journal);
    assert_eq!(brief(&journal), "CallRequested >OCRP CallConnected >ECHORQ");

    // The peer takes its time.
    let mut pns = established::<1>(Role::Pns, config);
    let mut journal = Journal::new();
    pns.open_call(at(30), call_request(1)).unwrap();
    pass(&mut pns, at(200), &mut journal);
    assert_eq!(brief(&journal), ">OCRQ");
    let reply = call_reply(1, 2, OutgoingCallResult::Connected);
    feed(&mut pns, at(200), &reply, &mut journal);
    assert_eq!(
        brief(&journal),
        ">OCRQ CallConnected",
        "the reply shows that it is there"
    );
    assert_eq!(pns.next_timeout(), Some(at(260)));
}

/// TCP takes nothing any more, for the peer reads nothing: `poll_control` is not called.
#[test]
fn a_peer_that_reads_nothing_holds_no_connection() {
    let mut idle = established::<1>(Role::Pac, Config::default());
    idle.handle_timeout(at(60));
    assert_eq!(idle.next_timeout(), Some(at(120)));
    idle.handle_timeout(at(120));
    assert!(brief(&told(&mut idle)).ends_with("Closed"));

    // It owes the peer an answer, and therefore does not listen.
    let mut busy = established::<1>(Role::Pac, Config::default());
    assert_eq!(busy.handle_control(at(10), &echo_request(1)), Ok(16));
    assert_eq!(busy.handle_control(at(10), &echo_request(2)), Ok(0));
    for now in [70, 130] {
        assert_eq!(busy.next_timeout(), Some(at(now)));
        busy.handle_timeout(at(now));
    }
    assert_eq!(told(&mut busy), ["Closed { reason: EchoTimedOut }"]);

    // The connection is over, but for its last message.
    let mut stopped = pac_with_call::<1>();
    assert_eq!(stopped.handle_control(at(10), &stop_request()), Ok(16));
    assert_eq!(brief(&told(&mut stopped)), "CallEnded");
    assert_eq!(stopped.next_timeout(), Some(at(13)));
    let mut taken = stopped.clone();
    stopped.handle_timeout(at(13));
    assert_eq!(brief(&told(&mut stopped)), "Closed");
    assert_eq!((stopped.is_busy(), stopped.next_timeout()), (false, None));
    assert_eq!(brief(&drained(&mut taken, at(11))), ">StopCCRP Closed");
    assert_eq!(taken.next_timeout(), None);
}

fn drained<const N: usize>(connection: &mut Connection<N>, now: Instant) -> Journal {
    let mut journal = Journal::new();
    drain(connection, now, &mut journal);
    journal
}

/// The events alone.
fn told<const N: usize>(connection: &mut Connection<N>) -> Journal {
    let mut journal = Journal::new();
    while let Some(event) = connection.poll_event() {
        journal.push(format!("{event:?}"));
    }
    journal
}

#[test]
fn a_call_that_is_not_answered_ends_the_connection() {
    let mut pns = established::<2>(Role::Pns, Config::default());
    pns.open_call(at(1), call_request(1)).unwrap();
    let mut journal = Journal::new();
    pass(&mut pns, at(60), &mut journal);
    assert_eq!(pns.timeout_reason(), Some(TimerKind::Call));
    pass(&mut pns, at(61), &mut journal);
    assert_eq!(
        journal[1..],
        [
            "> StopCCRQ REASON(1:None)",
            "CallFailed { call: 0, cause: TimedOut }"
        ]
    );
    pass(&mut pns, at(64), &mut journal);
    assert_eq!(journal[3..], ["Closed { reason: CallTimedOut }"]);
}

#[test]
fn a_caller_that_does_not_answer_has_the_call_refused() {
    let mut config = Config::default();
    config.time_outs.keep_alive = None;
    let mut pac = established::<1>(Role::Pac, config);
    let mut journal = Journal::new();
    let request = octets(call_request(1).as_wire());
    feed(&mut pac, at(1), &request, &mut journal);
    pass(&mut pac, at(61), &mut journal);
    assert!(
        journal[1].contains("RESULT_CODE(6:Time-out)"),
        "{journal:?}"
    );
    assert_eq!(journal[2], "CallFailed { call: 0, cause: TimedOut }");
    assert!(pac.is_established());
}

#[test]
fn a_close_takes_5_s_at_the_most() {
    let mut pns = pns_with_call::<1>();
    pns.close(at(10));
    let mut journal = Journal::new();
    pass(&mut pns, at(11), &mut journal);
    assert_eq!(brief(&journal), ">CCRQ");
    // pptpd and others never send the notice.
    pass(&mut pns, at(12), &mut journal);
    assert_eq!(brief(&journal), ">CCRQ >StopCCRQ CallEnded");
    assert_eq!(pns.timeout_reason(), Some(TimerKind::Stop));
    pass(&mut pns, at(15), &mut journal);
    assert_eq!(brief(&journal), ">CCRQ >StopCCRQ CallEnded Closed");
    assert_eq!(journal[3], "Closed { reason: Local }");
}

#[test]
fn a_version_that_is_too_old_is_stopped() {
    let mut client = Connection::<1>::new(Role::Pns, Origin::Originator, Config::default());
    client.control_connected(at(0));
    let mut journal = Journal::new();
    let reply = start_reply_with(Version(0x0005), StartResult::Successful);
    feed(&mut client, at(0), &reply, &mut journal);
    assert_eq!(journal[1], "> StopCCRQ REASON(2:Stop-Protocol)");
    pass(&mut client, at(3), &mut journal);
    assert_eq!(
        journal[2..],
        ["Closed { reason: VersionNotSupported(Version(5)) }"]
    );
}

#[test]
fn a_later_version_is_answered_with_ours() {
    let mut server = Connection::<1>::new(Role::Pac, Origin::Receiver, Config::default());
    server.control_connected(at(0));
    let mut journal = Journal::new();
    let request = octets(StartControlConnectionRequest {
        version: Version(0x0203),
        capabilities: StartConfig::default().capabilities(),
    });
    feed(&mut server, at(0), &request, &mut journal);
    assert!(journal[0].starts_with("> SCCRP PROTO_VER(1.0) RESULT_CODE(1:"));
    assert!(
        journal[1].starts_with("Connected { version: Version(256)"),
        "{journal:?}"
    );
}

#[test]
fn a_result_of_0_is_success() {
    let mut client = Connection::<1>::new(Role::Pns, Origin::Originator, Config::default());
    client.control_connected(at(0));
    let mut journal = Journal::new();
    let reply = start_reply_with(Version::V1_0, StartResult::Other(0));
    feed(&mut client, at(0), &reply, &mut journal);
    assert_eq!(brief(&journal), ">SCCRQ Connected");
}

#[test]
fn garbage_closes_the_connection_at_once() {
    let mut pns = pns_with_call::<1>();
    let mut journal = Journal::new();
    let stream = [
        echo_request(1),
        Vec::from([0, 16, 0, 1, 0xde, 0xad, 0xbe, 0xef]),
    ]
    .concat();
    feed(&mut pns, at(1), &stream, &mut journal);
    assert_eq!(brief(&journal), ">ECHORP Magic CallEnded Closed");
    assert_eq!(
        journal[3],
        "Closed { reason: Protocol(MagicCookie { found: 3735928559 }) }"
    );
    assert_eq!(
        pns.handle_control(at(1), &echo_request(1)),
        Ok(16),
        "nobody listens"
    );
    assert_eq!(pns.next_timeout(), None);
}
