//! Both of our ends against each other.

use super::*;
use core::mem::take;

struct Pair {
    pns: Connection,
    pac: Connection,
    now: Instant,
    /// What each end did.
    told: [Journal; 2],
}

impl Pair {
    /// Two ends with a call, the client having opened the TCP connection, or the server.
    fn up(pns_origin: Origin) -> Self {
        let pac_origin = match pns_origin {
            Origin::Originator => Origin::Receiver,
            Origin::Receiver => Origin::Originator,
        };
        let config = Config {
            accept: Some(call_answer(0)),
            ..Config::default()
        };
        let mut pair = Self {
            pns: Connection::new(Role::Pns, pns_origin, Config::default()),
            pac: Connection::new(Role::Pac, pac_origin, config),
            now: at(0),
            told: [Journal::new(), Journal::new()],
        };
        pair.pns.control_connected(at(0));
        pair.pac.control_connected(at(0));
        pair.run();
        pair.pns.open_call(at(0), call_request(0)).unwrap();
        pair.run();
        let [pns, pac] = pair.told.each_ref().map(|told| brief(told));
        assert!(pns.ends_with("Connected >OCRQ CallConnected"), "{pns}");
        assert!(pac.ends_with("Connected >OCRP CallConnected"), "{pac}");
        pair.told = [Journal::new(), Journal::new()];
        pair
    }

    fn run(&mut self) {
        let [pns, pac] = &mut self.told;
        let mut to_pac = drain(&mut self.pns, self.now, pns).concat();
        let mut to_pns = drain(&mut self.pac, self.now, pac).concat();
        while !to_pac.is_empty() || !to_pns.is_empty() {
            let from_pac = feed(&mut self.pac, self.now, &take(&mut to_pac), pac).0;
            let from_pns = feed(&mut self.pns, self.now, &take(&mut to_pns), pns).0;
            to_pns = from_pac.concat();
            to_pac = from_pns.concat();
        }
    }

    fn done(&mut self) -> [String; 2] {
        self.run();
        self.told.each_ref().map(|told| brief(told))
    }
}

#[test]
fn come_up_and_down_in_every_way() {
    type Way = (fn(&mut Pair), &'static str, &'static str);
    let ways: [Way; 5] = [
        (
            |pair| pair.pns.close(pair.now),
            ">CCRQ >StopCCRQ CallEnded Closed",
            ">CDN CallEnded >StopCCRP Closed",
        ),
        (
            |pair| pair.pac.close(pair.now),
            "CallEnded >StopCCRP Closed",
            ">CDN >StopCCRQ CallEnded Closed",
        ),
        (
            |pair| pair.pns.clear_call(pair.now, 0),
            ">CCRQ CallEnded",
            ">CDN CallEnded",
        ),
        (
            |pair| pair.pac.clear_call(pair.now, 0),
            "CallEnded",
            ">CDN CallEnded",
        ),
        (
            |pair| {
                pair.pns.control_closed(pair.now);
                pair.pac.control_closed(pair.now);
            },
            "CallEnded Closed",
            "CallEnded Closed",
        ),
    ];
    for origin in [Origin::Originator, Origin::Receiver] {
        for (way, pns, pac) in ways {
            let mut pair = Pair::up(origin);
            way(&mut pair);
            assert_eq!(pair.done(), [pns, pac]);
        }
        // Both at once: requests cross.
        let mut pair = Pair::up(origin);
        pair.pns.close(pair.now);
        pair.pac.close(pair.now);
        for told in pair.done() {
            assert!(told.ends_with("Closed"), "{told}");
        }
    }
}

#[test]
fn can_be_used_again() {
    let mut pair = Pair::up(Origin::Originator);
    for _ in 0..3 {
        pair.pns.close(pair.now);
        pair.run();
        pair.pns.control_connected(pair.now);
        pair.pac.control_connected(pair.now);
        pair.run();
        pair.pns.open_call(pair.now, call_request(0)).unwrap();
        pair.told = [Journal::new(), Journal::new()];
        assert_eq!(pair.done(), [">OCRQ CallConnected", ">OCRP CallConnected"]);
    }
}

#[test]
fn many_calls_on_one_connection() {
    let mut pns = established::<3>(Role::Pns, Config::default());
    let mut pac = established::<2>(Role::Pac, Config::default());
    let (mut told, mut asked) = (Journal::new(), Journal::new());
    for id in [7, 8, 9] {
        let call = pns.open_call(at(0), call_request(id)).unwrap();
        assert_eq!(call, usize::from(id - 7));
        assert_eq!(
            pns.open_call(at(0), call_request(id)),
            Err(CallError::CallIdInUse)
        );
    }
    assert_eq!(
        pns.open_call(at(0), call_request(6)),
        Err(CallError::NoFreeCall)
    );
    let requests = drain(&mut pns, at(0), &mut told).concat();
    let (refusals, _) = feed(&mut pac, at(0), &requests, &mut asked);
    assert_eq!(brief(&asked), "CallRequested CallRequested >OCRP");
    // Answered in another order, with one refused.
    pac.refuse_call(at(1), 1, OutgoingCallResult::Busy, GeneralError::None)
        .unwrap();
    pac.accept_call(at(1), 0, call_answer(1)).unwrap();
    assert_eq!(
        pac.accept_call(at(1), 0, call_answer(2)),
        Err(CallError::NotRequested)
    );
    assert_eq!(
        pac.accept_call(at(1), 9, call_answer(2)),
        Err(CallError::NotRequested)
    );
    let replies = drain(&mut pac, at(1), &mut asked).concat();
    told.clear();
    feed(
        &mut pns,
        at(1),
        &[refusals.concat(), replies].concat(),
        &mut told,
    );
    assert_eq!(brief(&told), "CallFailed CallConnected CallFailed");
    assert_eq!(
        told[0],
        "CallFailed { call: 2, cause: Refused { result: GeneralError, error: NoResource, cause: 0 } }"
    );
    assert_eq!(
        told[2],
        "CallFailed { call: 1, cause: Refused { result: Busy, error: None, cause: 0 } }"
    );
    assert_eq!(
        pac.accept_call(at(1), 1, call_answer(1)),
        Err(CallError::NotRequested)
    );
}

#[test]
fn a_call_id_is_given_once() {
    // The configured answer serves one call; for the next one the caller is asked.
    let mut pac = pac_with_call::<2>();
    let mut journal = Journal::new();
    let request = octets(call_request(201).as_wire());
    feed(&mut pac, at(1), &request, &mut journal);
    assert_eq!(brief(&journal), "CallRequested");
    assert_eq!(
        pac.accept_call(at(1), 1, call_answer(100)),
        Err(CallError::CallIdInUse)
    );
    pac.accept_call(at(1), 1, call_answer(101)).unwrap();
    drain(&mut pac, at(1), &mut journal);
    assert_eq!(brief(&journal), "CallRequested >OCRP CallConnected");
}

#[test]
fn an_unsent_request_is_not_cleared() {
    let mut pns = established::<1>(Role::Pns, Config::default());
    pns.open_call(at(0), call_request(1)).unwrap();
    pns.clear_call(at(0), 0);
    let mut journal = Journal::new();
    drain(&mut pns, at(0), &mut journal);
    assert_eq!(journal, ["CallFailed { call: 0, cause: Local }"]);
}

#[test]
fn calls_need_a_connection_and_a_pns() {
    let mut pns = Connection::<1>::new(Role::Pns, Origin::Originator, Config::default());
    assert_eq!(
        pns.open_call(at(0), call_request(1)),
        Err(CallError::NotConnected)
    );
    let mut pac = established::<1>(Role::Pac, Config::default());
    assert_eq!(
        pac.open_call(at(0), call_request(1)),
        Err(CallError::NotPns)
    );
    let mut ending = established::<1>(Role::Pns, Config::default());
    ending.close(at(0));
    assert_eq!(
        ending.open_call(at(0), call_request(1)),
        Err(CallError::NotConnected)
    );
}

#[test]
fn a_lost_collision_is_silent() {
    let mut client = Connection::<1>::new(Role::Pns, Origin::Originator, Config::default());
    client.control_connected(at(0));
    let mut journal = Journal::new();
    drain(&mut client, at(0), &mut journal);
    client.collision_lost(at(1));
    drain(&mut client, at(1), &mut journal);
    assert_eq!(brief(&journal), ">SCCRQ Closed");
    assert_eq!(journal[1], "Closed { reason: Collision }");
}

/// A firmware has one of these in a static.
#[test]
fn is_made_in_a_constant_and_small() {
    const CONNECTION: Connection = Connection::new(Role::Pns, Origin::Originator, Config::DEFAULT);
    assert_eq!(CONNECTION.next_timeout(), None);
    let size = size_of::<Connection>();
    std::println!("Connection<1>: {size} octets");
    // The numbers of an incoming call and Call Statistics are among it.
    assert!(size <= 1088, "{size}");
}

#[test]
fn events_are_told_in_a_line() {
    let mut server = Connection::<1>::new(Role::Pac, Origin::Receiver, Config::default());
    server.control_connected(at(0));
    let mut lines = Vec::new();
    for message in [
        start_request(),
        octets(call_request(7).as_wire()),
        call_clear(7),
        stop_request(),
    ] {
        assert_eq!(server.handle_control(at(0), &message), Ok(message.len()));
        while server.poll_control(at(0), &mut [0; 256]).unwrap().is_some() {}
        while let Some(event) = server.poll_event() {
            lines.push(event.to_string());
        }
    }
    let expected = [
        "control connection established, version 1.0: FRAME_CAP(A) BEARER_CAP(A) MAX_CHAN(0) FIRM_REV(0) \
         HOSTNAME() VENDOR(pptp-core)",
        "call 0 requested: OCRQ CALL_ID(7) CALL_SER_NUM(0) MIN_BPS(300) MAX_BPS(100000000) \
         BEARER_TYPE(AD) FRAME_TYPE(AS) RECV_WIN(64) PROC_DELAY(0) PHONE_NO() SUB_ADDR()",
        "call 0 failed: the peer cleared it",
        "control connection closed: the peer stopped it (reason 1:None)",
    ];
    assert_eq!(lines, expected);
}
