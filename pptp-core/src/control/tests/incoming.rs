//! Incoming calls (RFC 2637 §3.2.3), and what is said about lines.

use super::*;
use crate::wire::tests::vectors::{hex, padded};

/// The messages of an incoming call as Scapy 2's `scapy.layers.pptp` builds them: it is 200 to the PAC and 100 to the PNS.
/// Scapy gives an Incoming-Call-Reply a Length of 148; here it is 24, as RFC 2637 §2.10 has it.
mod scapy {
    use super::*;

    pub(super) fn request() -> Vec<u8> {
        padded(&[
            (
                "00dc00011a2b3c4d0009000000c8000700000001000000030006 0003",
                0,
            ),
            ("353535313233", 64),
            ("393131", 64),
            ("78", 64),
        ])
    }

    pub(super) fn reply() -> Vec<u8> {
        hex("001800011a2b3c4d000a0000006400c80100001000010000")
    }

    pub(super) fn refusal() -> Vec<u8> {
        hex("001800011a2b3c4d000a0000000000c80300000000000000")
    }

    pub(super) fn connected() -> Vec<u8> {
        hex("001c00011a2b3c4d000b000000640000000083400005000300000001")
    }

    pub(super) fn clear() -> Vec<u8> {
        hex("001000011a2b3c4d000c000000640000")
    }

    pub(super) fn disconnect() -> Vec<u8> {
        padded(&[
            ("009400011a2b3c4d000d000000c8040000100000", 0),
            ("696e2035206f75742036", 128),
        ])
    }

    pub(super) fn wan_errors() -> Vec<u8> {
        hex("002800011a2b3c4d000e000000640000 000000010000000200000003000000040000000500000006")
    }

    pub(super) fn link_info() -> Vec<u8> {
        hex("001800011a2b3c4d000f000000c80000000a000000000011")
    }
}

const MAPS: LinkInfo = LinkInfo {
    send_accm: 0xa_0000,
    receive_accm: 0x11,
};

const ERRORS: WanErrors = WanErrors {
    crc: 1,
    framing: 2,
    hardware_overruns: 3,
    buffer_overruns: 4,
    time_outs: 5,
    alignment: 6,
};

#[test]
fn scapy_calls_our_pns() {
    let mut pns = established::<2>(Role::Pns, Config::default());
    let mut journal = Journal::new();
    feed(&mut pns, at(1), &scapy::request(), &mut journal);
    assert_eq!(
        journal,
        [
            "IncomingCall { call: 0, request: IncomingCallRequest { call_id: 200, call_serial_number: 7, \
          bearer: Bearer(1), physical_channel_id: 3, dialed_number: [53, 53, 53, 49, 50, 51], \
          dialing_number: [57, 49, 49], subaddress: [120] } }"
        ]
    );
    let answer = IncomingAnswer {
        call_id: 100,
        receive_window: 16,
        transmit_delay: 1,
    };
    pns.accept_incoming(at(1), 0, answer).unwrap();
    journal.clear();
    assert_eq!(drain(&mut pns, at(1), &mut journal), [scapy::reply()]);
    assert_eq!(pns.call_info(0), None, "the line is not answered yet");
    journal.clear();
    feed(&mut pns, at(2), &scapy::connected(), &mut journal);
    assert_eq!(
        journal,
        [
            "CallConnected { call: 0, info: CallInfo { our_call_id: 100, our_window: 16, peer_call_id: 200, \
          connect_speed: 33600, peer_window: 5, peer_delay: 3 } }"
        ]
    );
    pns.set_link_info(0, MAPS).unwrap();
    assert_eq!(drain(&mut pns, at(2), &mut journal), [scapy::link_info()]);
    journal.clear();
    feed(&mut pns, at(3), &scapy::wan_errors(), &mut journal);
    assert!(
        journal[0].contains("crc_errors: 1, framing_errors: 2"),
        "{journal:?}"
    );
    pns.clear_call(at(4), 0);
    assert_eq!(drain(&mut pns, at(4), &mut journal), [scapy::clear()]);
    journal.clear();
    feed(&mut pns, at(4), &scapy::disconnect(), &mut journal);
    assert_eq!(
        journal,
        [format!(
            "CallEnded {{ call: 0, cause: Local, statistics: {:?} }}",
            b"in 5 out 6"
        )]
    );
    // The place is free again.
    feed(&mut pns, at(5), &scapy::request(), &mut journal);
    pns.refuse_incoming(
        at(5),
        0,
        IncomingCallResult::DoNotAccept,
        GeneralError::None,
    )
    .unwrap();
    journal.clear();
    assert_eq!(drain(&mut pns, at(5), &mut journal), [scapy::refusal()]);
    assert_eq!(journal[1], "CallFailed { call: 0, cause: Local }");
}

#[test]
fn our_pac_calls_scapy() {
    let mut pac = established::<2>(Role::Pac, Config::default());
    let request = IncomingRequest {
        call_id: 200,
        call_serial_number: 7,
        physical_channel_id: 3,
        dialed_number: "555123".into(),
        dialing_number: "911".into(),
        subaddress: "x".into(),
        ..IncomingRequest::default()
    };
    assert_eq!(pac.offer_call(at(1), request), Ok(0));
    let mut journal = Journal::new();
    assert_eq!(drain(&mut pac, at(1), &mut journal), [scapy::request()]);
    journal.clear();
    feed(&mut pac, at(1), &scapy::reply(), &mut journal);
    assert_eq!(journal, ["CallAccepted { call: 0 }"]);
    assert_eq!(pac.call_info(0), None);
    let line = IncomingLine {
        connect_speed: 33_600,
        receive_window: 5,
        transmit_delay: 3,
        framing: Framing::ASYNCHRONOUS,
    };
    pac.connect_call(at(2), 0, line).unwrap();
    assert_eq!(
        pac.connect_call(at(2), 0, line),
        Err(CallError::NotRequested)
    );
    journal.clear();
    assert_eq!(drain(&mut pac, at(2), &mut journal), [scapy::connected()]);
    assert_eq!(
        journal[1],
        "CallConnected { call: 0, info: CallInfo { our_call_id: 200, our_window: 5, peer_call_id: 100, \
         connect_speed: 33600, peer_window: 16, peer_delay: 1 } }"
    );
    assert_eq!(
        pac.link_info(0),
        Some(LinkInfo::default()),
        "until it is told"
    );
    feed(&mut pac, at(3), &scapy::link_info(), &mut journal);
    assert_eq!(pac.link_info(0), Some(MAPS), "kept for the line");
    pac.report_wan_errors(at(4), 0, ERRORS).unwrap();
    assert_eq!(drain(&mut pac, at(4), &mut journal), [scapy::wan_errors()]);
    let mut hung_up = pac.clone();
    journal.clear();
    let with = Disconnect {
        result: DisconnectResult::Request,
        cause: 16,
        statistics: b"in 5 out 6",
        ..Disconnect::default()
    };
    hung_up.disconnect_call(at(5), 0, &with).unwrap();
    assert_eq!(
        drain(&mut hung_up, at(5), &mut journal),
        [scapy::disconnect()]
    );
    assert_eq!(
        journal[1],
        "CallEnded { call: 0, cause: Local, statistics: [] }"
    );
    assert_eq!(
        hung_up.disconnect_call(at(5), 0, &with),
        Err(CallError::NotEstablished)
    );
    journal.clear();
    feed(&mut pac, at(5), &scapy::clear(), &mut journal);
    assert_eq!(
        journal[1],
        "CallEnded { call: 0, cause: Cleared, statistics: [] }"
    );
    assert!(
        journal[0].contains("CDN CALL_ID(200) RESULT_CODE(4:Request)"),
        "{journal:?}"
    );
}

#[test]
fn a_call_that_is_not_taken_fails() {
    let mut pac = pac_offering::<1>();
    let mut journal = Journal::new();
    let reply = octets(IncomingCallReply {
        call_id: 0,
        peer_call_id: 100,
        result: IncomingCallResult::GeneralError,
        error: GeneralError::NoResource,
        receive_window: 0,
        transmit_delay: 0,
    });
    feed(&mut pac, at(1), &reply, &mut journal);
    assert_eq!(
        journal,
        ["CallFailed { call: 0, cause: NotTaken { result: GeneralError, error: NoResource } }"]
    );
    assert!(pac.is_established());
    assert_eq!(pac.offer_call(at(1), incoming_request(100)), Ok(0));
}

/// The caller hangs up before the PNS has decided, and before the line was answered.
#[test]
fn a_call_may_be_given_up_before_it_is_established() {
    for mut pac in [pac_offering::<1>(), pac_answering()] {
        let mut journal = Journal::new();
        pac.disconnect_call(at(1), 0, &Disconnect::default())
            .unwrap();
        drain(&mut pac, at(1), &mut journal);
        assert!(journal[0].starts_with("> CDN CALL_ID(100) RESULT_CODE(1:Lost Carrier)"));
        assert_eq!(journal[1], "CallFailed { call: 0, cause: Local }");
        // The reply that was on its way means nothing any more.
        let reply = incoming_reply(100, 200, IncomingCallResult::Connect);
        feed(&mut pac, at(1), &reply, &mut journal);
        assert_eq!((journal.len(), pac.stats().unexpected), (2, 1));
    }
    // A request that was not sent yet is not sent at all.
    let mut pac = established::<1>(Role::Pac, Config::default());
    pac.offer_call(at(0), incoming_request(1)).unwrap();
    pac.clear_call(at(0), 0);
    let mut journal = Journal::new();
    assert!(drain(&mut pac, at(0), &mut journal).is_empty());
}

/// A line that is answered after the PNS has given up: its Call-Disconnect-Notify ends the call.
#[test]
fn a_call_may_be_cleared_while_the_line_is_answered() {
    let mut pns = pns_taking::<1>();
    pns.clear_call(at(1), 0);
    let mut journal = Journal::new();
    drain(&mut pns, at(1), &mut journal);
    assert_eq!(journal, ["> CCRQ CALL_ID(100)"]);
    feed(&mut pns, at(1), &incoming_connected(100), &mut journal);
    feed(&mut pns, at(1), &call_disconnect(200), &mut journal);
    assert_eq!(journal[1], "CallFailed { call: 0, cause: Local }");
}

#[test]
fn outgoing_and_incoming_calls_share_a_connection() {
    let mut pns = established::<4>(Role::Pns, Config::default());
    let mut pac = established::<4>(Role::Pac, Config::default());
    let (mut told, mut asked) = (Journal::new(), Journal::new());
    for id in [1, 2] {
        pns.open_call(at(0), call_request(id)).unwrap();
        pac.offer_call(at(0), incoming_request(id + 10)).unwrap();
    }
    assert_eq!(
        pac.offer_call(at(0), incoming_request(11)),
        Err(CallError::CallIdInUse)
    );
    let requests = drain(&mut pns, at(0), &mut told).concat();
    let calls = drain(&mut pac, at(0), &mut asked).concat();
    feed(&mut pac, at(0), &requests, &mut asked);
    feed(&mut pns, at(0), &calls, &mut told);
    for index in [2, 3] {
        let id = u16::try_from(index).unwrap();
        // Each kind has its own answer.
        assert_eq!(
            pac.accept_incoming(at(0), index, incoming_answer(20 + id)),
            Err(CallError::NotRequested)
        );
        pac.accept_call(at(0), index, call_answer(20 + id)).unwrap();
        assert_eq!(
            pns.accept_call(at(0), index, call_answer(20 + id)),
            Err(CallError::NotRequested)
        );
        pns.accept_incoming(at(0), index, incoming_answer(20 + id))
            .unwrap();
    }
    let accepted = drain(&mut pac, at(0), &mut asked).concat();
    let replies = drain(&mut pns, at(0), &mut told).concat();
    feed(&mut pns, at(0), &accepted, &mut told);
    feed(&mut pac, at(0), &replies, &mut asked);
    for index in [0, 1] {
        pac.connect_call(at(0), index, IncomingLine::default())
            .unwrap();
    }
    let connected = drain(&mut pac, at(0), &mut asked).concat();
    feed(&mut pns, at(0), &connected, &mut told);
    for index in 0..4 {
        let (ours, theirs) = (
            pns.call_info(index).unwrap(),
            pac.call_info((index + 2) % 4).unwrap(),
        );
        assert_eq!(
            (ours.our_call_id, ours.peer_call_id),
            (theirs.peer_call_id, theirs.our_call_id)
        );
    }
    assert_eq!(pns.call_request(0).unwrap().call_id, 1);
    assert_eq!(pns.incoming_request(2).unwrap().call_id, 11);
    assert_eq!((pns.call_request(2), pns.incoming_request(0)), (None, None));
    // One ends, and the others go on.
    pns.clear_call(at(1), 2);
    let clear = drain(&mut pns, at(1), &mut told).concat();
    let (notices, _) = feed(&mut pac, at(1), &clear, &mut asked);
    feed(&mut pns, at(1), &notices.concat(), &mut told);
    assert_eq!(
        told.last().unwrap(),
        "CallEnded { call: 2, cause: Local, statistics: [] }"
    );
    let left = |connection: &Connection<4>| {
        (0..4)
            .filter(|&at| connection.call_info(at).is_some())
            .count()
    };
    assert_eq!((left(&pns), left(&pac)), (3, 3));
}

/// One that is server for VPN clients and for access concentrators is the PAC of the ones' calls, the PNS of the others'.
#[test]
fn an_end_may_be_both() {
    let config = Config {
        accept: Some(call_answer(100)),
        accept_incoming: Some(incoming_answer(101)),
        ..Config::default()
    };
    let mut both = established::<2>(Role::Both, config);
    let mut journal = Journal::new();
    let outgoing = octets(call_request(200).as_wire());
    let incoming = octets(incoming_request(201).as_wire());
    let stream = [outgoing, incoming, incoming_connected(101)].concat();
    feed(&mut both, at(0), &stream, &mut journal);
    assert_eq!(brief(&journal), ">OCRP CallConnected >ICRP CallConnected");
    // Only the PNS of a call clears it, only its PAC disconnects it, and a peer's id is not one of ours.
    journal.clear();
    let stream = [call_clear(201), call_disconnect(200), call_clear(101)].concat();
    feed(&mut both, at(0), &stream, &mut journal);
    assert_eq!(brief(&journal), ">CDN >CDN");
    journal.clear();
    feed(
        &mut both,
        at(0),
        &[call_clear(200), call_disconnect(201)].concat(),
        &mut journal,
    );
    assert_eq!(brief(&journal), ">CDN CallEnded CallEnded");
}

#[test]
fn wan_errors_are_told_once_in_60_s() {
    let mut pac = pac_with_incoming::<1>();
    let mut journal = Journal::new();
    let mut report = |pac: &mut Connection<1>, now, crc| {
        let errors = WanErrors {
            crc,
            ..WanErrors::default()
        };
        pac.report_wan_errors(at(now), 0, errors).unwrap();
        drain(pac, at(now), &mut journal);
        core::mem::take(&mut journal)
    };
    assert_eq!(report(&mut pac, 10, 0), [""; 0], "there are none");
    assert_eq!(brief(&report(&mut pac, 10, 1)), ">WEN");
    assert_eq!(report(&mut pac, 11, 2), [""; 0]);
    assert_eq!(report(&mut pac, 69, 3), [""; 0]);
    // An echo is due at second 60; WAN errors at second 70.
    pac.handle_timeout(at(69));
    drain(&mut pac, at(69), &mut Journal::new());
    assert_eq!(pac.next_timeout(), Some(at(70)));
    pac.handle_timeout(at(70));
    let mut journal = Journal::new();
    drain(&mut pac, at(70), &mut journal);
    assert!(
        journal[0].starts_with("> WEN PEER_CALL_ID(200) CRC_ERR(3)"),
        "{journal:?}"
    );
    assert_ne!(pac.timeout_reason(), Some(TimerKind::Call));
    // What waits is not told any more once the call is over, and another call begins anew.
    pac.report_wan_errors(at(71), 0, ERRORS).unwrap();
    pac.clear_call(at(71), 0);
    drain(&mut pac, at(71), &mut journal);
    assert_eq!(
        pac.report_wan_errors(at(71), 0, ERRORS),
        Err(CallError::NotEstablished)
    );
    assert_ne!(pac.timeout_reason(), Some(TimerKind::Call));
}

#[test]
fn only_the_pac_has_a_line() {
    let mut pns = pns_with_incoming::<1>();
    assert_eq!(
        pns.report_wan_errors(at(1), 0, ERRORS),
        Err(CallError::NotPac)
    );
    assert_eq!(
        pns.disconnect_call(at(1), 0, &Disconnect::default()),
        Err(CallError::NotPac)
    );
    assert_eq!(
        pns.offer_call(at(1), incoming_request(9)),
        Err(CallError::NotPac)
    );
    let mut pac = pac_with_incoming::<1>();
    assert_eq!(pac.set_link_info(0, MAPS), Err(CallError::NotPns));
    assert_eq!(
        pac_answering::<1>().set_link_info(0, MAPS),
        Err(CallError::NotEstablished)
    );
    assert_eq!(
        pac.accept_incoming(at(1), 0, incoming_answer(1)),
        Err(CallError::NotRequested)
    );
    assert_eq!(
        pac.connect_call(at(1), 5, IncomingLine::default()),
        Err(CallError::NotRequested)
    );
}

/// Lets a silent peer's time pass.
fn pass(connection: &mut Connection<1>, until: Instant) -> Journal {
    let mut journal = Journal::new();
    while let Some(now) = connection.next_timeout().filter(|now| *now <= until) {
        connection.handle_timeout(now);
        drain(connection, now, &mut journal);
    }
    journal
}

#[test]
fn an_incoming_call_that_gets_nowhere_ends() {
    // The peer owes the next message: the connection is suspect (RFC 2637 §3.2.1).
    for mut connection in [pac_offering(), pns_taking()] {
        let journal = pass(&mut connection, at(70));
        assert_eq!(
            brief(&journal),
            ">StopCCRQ CallFailed Closed",
            "{journal:?}"
        );
        assert_eq!(journal[2], "Closed { reason: CallTimedOut }");
    }
    // Our caller does: only the call ends.
    let mut pac = pac_answering();
    assert_eq!(brief(&pass(&mut pac, at(60))), ">CDN CallFailed");
    let mut pns = established(Role::Pns, Config::default());
    feed(&mut pns, at(0), &scapy::request(), &mut Journal::new());
    let journal = pass(&mut pns, at(60));
    assert_eq!(brief(&journal), ">ICRP CallFailed");
    assert!(journal[0].contains("RESULT_CODE(2:General Error) ERR_CODE(4:No-Resource)"));
    // A notice that does not come is not waited for.
    let mut pns = pns_with_incoming();
    pns.clear_call(at(1), 0);
    assert_eq!(brief(&pass(&mut pns, at(10))), ">CCRQ CallEnded");
}

#[test]
fn calls_that_come_in_are_told_in_a_line() {
    let mut pns = established::<1>(Role::Pns, Config::default());
    let mut lines = Vec::new();
    let mut hear = |pns: &mut Connection<1>, message: &[u8]| {
        assert_eq!(pns.handle_control(at(0), message), Ok(message.len()));
        while pns.poll_control(at(0), &mut [0; 256]).unwrap().is_some() {}
        while let Some(event) = pns.poll_event() {
            lines.push(event.to_string());
        }
    };
    hear(&mut pns, &scapy::request());
    pns.accept_incoming(at(0), 0, incoming_answer(100)).unwrap();
    hear(&mut pns, &[]);
    hear(&mut pns, &scapy::connected());
    hear(&mut pns, &scapy::disconnect());
    let expected = [
        "call 0 comes in: ICRQ CALL_ID(200) CALL_SER_NUM(7) BEARER_TYPE(A) PHY_CHAN_ID(3) DIALED_NO(555123) \
         DIALING_NO(911) SUB_ADDR(x)",
        "call 0 established: our id 100, the peer's 200, 33600 bit/s, window 5, delay 3",
        "call 0 ended: the peer disconnected it (result 4:Request, error 0:None, cause 16) (in 5 out 6)",
    ];
    assert_eq!(lines, expected);
}
