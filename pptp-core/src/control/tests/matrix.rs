//! Every message in every state and role.

use super::*;

/// A call's ids: ours is 100, the peer's 200.
pub(super) fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let old = octets(StartControlConnectionRequest {
        version: Version(0x0001),
        capabilities: StartConfig::default().capabilities(),
    });
    Vec::from([
        ("SCCRQ", start_request()),
        ("SCCRQ 0.1", old),
        ("SCCRP", start_reply()),
        (
            "SCCRP 0.1",
            start_reply_with(Version(1), StartResult::Successful),
        ),
        (
            "SCCRP no",
            start_reply_with(Version::V1_0, StartResult::NotAuthorized),
        ),
        ("StopCCRQ", stop_request()),
        ("StopCCRP", stop_reply()),
        ("ECHORQ", echo_request(7)),
        ("ECHORP", echo_reply(7)),
        ("OCRQ 200", octets(call_request(200).as_wire())),
        ("OCRQ 201", octets(call_request(201).as_wire())),
        ("OCRP", call_reply(100, 200, OutgoingCallResult::Connected)),
        ("OCRP no", call_reply(100, 0, OutgoingCallResult::Busy)),
        (
            "OCRP 101",
            call_reply(101, 0, OutgoingCallResult::Connected),
        ),
        ("ICRQ 200", octets(incoming_request(200).as_wire())),
        ("ICRQ 300", octets(incoming_request(300).as_wire())),
        (
            "ICRP",
            incoming_reply(100, 200, IncomingCallResult::Connect),
        ),
        (
            "ICRP no",
            incoming_reply(100, 0, IncomingCallResult::DoNotAccept),
        ),
        (
            "ICRP 101",
            incoming_reply(101, 0, IncomingCallResult::Connect),
        ),
        ("ICCN", incoming_connected(100)),
        ("ICCN 101", incoming_connected(101)),
        ("CCRQ 200", call_clear(200)),
        ("CCRQ 100", call_clear(100)),
        ("CCRQ 300", call_clear(300)),
        ("CDN 200", call_disconnect(200)),
        ("CDN 100", call_disconnect(100)),
        ("CDN 300", call_disconnect(300)),
        (
            "WEN",
            octets(WanErrorNotify {
                peer_call_id: 100,
                crc_errors: 1,
                framing_errors: 0,
                hardware_overruns: 0,
                buffer_overruns: 0,
                time_out_errors: 0,
                alignment_errors: 0,
            }),
        ),
        (
            "SLI",
            octets(SetLinkInfo {
                peer_call_id: 100,
                send_accm: 0,
                receive_accm: 0,
            }),
        ),
        (
            "type 16",
            octets(Message::Unknown {
                control_type: 16,
                body: b"xxxx",
            }),
        ),
        (
            "management",
            octets(Message::Management {
                message_type: 2,
                body: b"",
            }),
        ),
    ])
}

fn fresh(role: Role, origin: Origin) -> Connection<2> {
    let mut connection = Connection::new(role, origin, Config::default());
    connection.control_connected(at(0));
    connection
}

fn stopping(role: Role) -> Connection<2> {
    let mut connection = established(role, Config::default());
    connection.close(at(0));
    connection
}

fn pns_waiting() -> Connection<2> {
    let mut connection = established(Role::Pns, Config::default());
    connection.open_call(at(0), call_request(100)).unwrap();
    connection
}

fn pns_clearing() -> Connection<2> {
    let mut connection = pns_with_call();
    connection.clear_call(at(0), 0);
    connection
}

fn pac_asked() -> Connection<2> {
    let mut connection = established(Role::Pac, Config::default());
    let request = octets(call_request(200).as_wire());
    feed(&mut connection, at(0), &request, &mut Journal::new());
    connection
}

fn pns_rung() -> Connection<2> {
    let mut connection = established(Role::Pns, Config::default());
    let request = octets(incoming_request(200).as_wire());
    feed(&mut connection, at(0), &request, &mut Journal::new());
    connection
}

fn pns_clearing_incoming() -> Connection<2> {
    let mut connection = pns_with_incoming();
    connection.clear_call(at(0), 0);
    connection
}

type Row<const STATES: usize> = (&'static str, [&'static str; STATES]);

fn check<const STATES: usize>(states: [Connection<2>; STATES], table: &[Row<STATES>]) {
    let messages = messages();
    assert_eq!(messages.len(), table.len());
    let mut wrong = Vec::new();
    for ((name, message), (row, expected)) in messages.iter().zip(table) {
        assert_eq!(name, row);
        for (index, expected) in expected.iter().enumerate() {
            let mut connection = states[index].clone();
            drain(&mut connection, at(0), &mut Journal::new());
            let before = connection.clone();
            let mut journal = Journal::new();
            let (_, left) = feed(&mut connection, at(0), message, &mut journal);
            assert_eq!(left, 0, "every message is consumed");
            let mut result = brief(&journal);
            let (old, new) = (before.stats, connection.stats);
            let changed = Connection {
                stats: new,
                ..before
            } != connection;
            if changed && result.is_empty() {
                result = "*".to_string();
            }
            let is_ignored = !changed && result.is_empty() && index > 0;
            let ignored =
                |stats: &Stats| stats.unexpected + stats.unknown + stats.unmatched_echo_replies;
            assert_eq!(
                ignored(&new) > ignored(&old),
                is_ignored,
                "{name} in state {index}"
            );
            if result != *expected {
                wrong.push(format!(
                    "{name:10} {index}: {result:?} and not {expected:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `>` marks what is sent, `*` a change that is not told; nothing at all: ignored, and counted.
#[test]
fn as_pns() {
    let originator = Origin::Originator;
    let states = [
        Connection::new(Role::Pns, originator, Config::default()),
        fresh(Role::Pns, originator),
        established(Role::Pns, Config::default()),
        pns_waiting(),
        pns_with_call(),
        pns_clearing(),
        stopping(Role::Pns),
        pns_rung(),
        pns_taking(),
        pns_with_incoming(),
        pns_clearing_incoming(),
    ];
    #[rustfmt::skip]
    let table = [
        //               Closed  WaitReply           Established         Wait-Reply                     Established (call)            Wait-Disconnect               WaitStopReply       asked (incoming)               Wait-Connect                   Established (incoming)        Wait-Disconnect (incoming)
        ("SCCRQ",       ["",     "",                 ">SCCRP",           ">SCCRP",                      ">SCCRP",                     ">SCCRP",                     "",                 ">SCCRP",                      ">SCCRP",                      ">SCCRP",                     ">SCCRP"]),
        ("SCCRQ 0.1",   ["",     "",                 ">SCCRP",           ">SCCRP",                      ">SCCRP",                     ">SCCRP",                     "",                 ">SCCRP",                      ">SCCRP",                      ">SCCRP",                     ">SCCRP"]),
        ("SCCRP",       ["",     "Connected",        "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("SCCRP 0.1",   ["",     ">StopCCRQ",        "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("SCCRP no",    ["",     "Closed",           "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("StopCCRQ",    ["",     ">StopCCRP Closed", ">StopCCRP Closed", ">StopCCRP CallFailed Closed", ">StopCCRP CallEnded Closed", ">StopCCRP CallEnded Closed", ">StopCCRP Closed", ">StopCCRP CallFailed Closed", ">StopCCRP CallFailed Closed", ">StopCCRP CallEnded Closed", ">StopCCRP CallEnded Closed"]),
        ("StopCCRP",    ["",     "",                 "",                 "",                            "",                           "",                           "Closed",           "",                            "",                            "",                           ""]),
        ("ECHORQ",      ["",     ">ECHORP",          ">ECHORP",          ">ECHORP",                     ">ECHORP",                    ">ECHORP",                    ">ECHORP",          ">ECHORP",                     ">ECHORP",                     ">ECHORP",                    ">ECHORP"]),
        ("ECHORP",      ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("OCRQ 200",    ["",     ">OCRP",            ">OCRP",            ">OCRP",                       ">OCRP",                      ">OCRP",                      ">OCRP",            ">OCRP",                       ">OCRP",                       ">OCRP",                      ">OCRP"]),
        ("OCRQ 201",    ["",     ">OCRP",            ">OCRP",            ">OCRP",                       ">OCRP",                      ">OCRP",                      ">OCRP",            ">OCRP",                       ">OCRP",                       ">OCRP",                      ">OCRP"]),
        ("OCRP",        ["",     "",                 "",                 "CallConnected",               "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("OCRP no",     ["",     "",                 "",                 "CallFailed",                  "",                           "CallEnded",                  "",                 "",                            "",                            "",                           ""]),
        ("OCRP 101",    ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("ICRQ 200",    ["",     ">ICRP",            "IncomingCall",     "IncomingCall",                ">ICRP",                      ">ICRP",                      ">ICRP",            ">ICRP",                       ">ICRP",                       ">ICRP",                      ">ICRP"]),
        ("ICRQ 300",    ["",     ">ICRP",            "IncomingCall",     "IncomingCall",                "IncomingCall",               "IncomingCall",               ">ICRP",            "IncomingCall",                "IncomingCall",                "IncomingCall",               "IncomingCall"]),
        ("ICRP",        ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("ICRP no",     ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("ICRP 101",    ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("ICCN",        ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "CallConnected",               "",                           ""]),
        ("ICCN 101",    ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("CCRQ 200",    ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("CCRQ 100",    ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("CCRQ 300",    ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("CDN 200",     ["",     "",                 "",                 "",                            "CallEnded",                  "CallEnded",                  "",                 "CallFailed",                  "CallFailed",                  "CallEnded",                  "CallEnded"]),
        ("CDN 100",     ["",     "",                 "",                 "CallFailed",                  "CallEnded",                  "CallEnded",                  "",                 "",                            "CallFailed",                  "CallEnded",                  "CallEnded"]),
        ("CDN 300",     ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("WEN",         ["",     "",                 "",                 "WanErrors",                   "WanErrors",                  "WanErrors",                  "",                 "",                            "WanErrors",                   "WanErrors",                  "WanErrors"]),
        ("SLI",         ["",     "",                 "",                 "LinkInfo",                    "LinkInfo",                   "LinkInfo",                   "",                 "",                            "LinkInfo",                    "LinkInfo",                   "LinkInfo"]),
        ("type 16",     ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
        ("management",  ["",     "",                 "",                 "",                            "",                           "",                           "",                 "",                            "",                            "",                           ""]),
    ];
    check(states, &table);
}

#[test]
fn as_pac() {
    let receiver = Origin::Receiver;
    let states = [
        Connection::new(Role::Pac, receiver, Config::default()),
        fresh(Role::Pac, receiver),
        established(Role::Pac, Config::default()),
        pac_asked(),
        pac_with_call(),
        stopping(Role::Pac),
        fresh(Role::Pac, Origin::Originator),
        pac_offering(),
        pac_answering(),
        pac_with_incoming(),
    ];
    #[rustfmt::skip]
    let table = [
        //               Closed  WaitRequest         Established         wait_cs_ans                    established (call)            WaitStopReply       WaitReply           wait_reply (incoming)          answering (incoming)           established (incoming)
        ("SCCRQ",       ["",     ">SCCRP Connected", ">SCCRP",           ">SCCRP",                      ">SCCRP",                     "",                 "",                 ">SCCRP",                      ">SCCRP",                      ">SCCRP"]),
        ("SCCRQ 0.1",   ["",     ">SCCRP Closed",    ">SCCRP",           ">SCCRP",                      ">SCCRP",                     "",                 "",                 ">SCCRP",                      ">SCCRP",                      ">SCCRP"]),
        ("SCCRP",       ["",     "",                 "",                 "",                            "",                           "",                 "Connected",        "",                            "",                            ""]),
        ("SCCRP 0.1",   ["",     "",                 "",                 "",                            "",                           "",                 ">StopCCRQ",        "",                            "",                            ""]),
        ("SCCRP no",    ["",     "",                 "",                 "",                            "",                           "",                 "Closed",           "",                            "",                            ""]),
        ("StopCCRQ",    ["",     ">StopCCRP Closed", ">StopCCRP Closed", ">StopCCRP CallFailed Closed", ">StopCCRP CallEnded Closed", ">StopCCRP Closed", ">StopCCRP Closed", ">StopCCRP CallFailed Closed", ">StopCCRP CallFailed Closed", ">StopCCRP CallEnded Closed"]),
        ("StopCCRP",    ["",     "",                 "",                 "",                            "",                           "Closed",           "",                 "",                            "",                            ""]),
        ("ECHORQ",      ["",     ">ECHORP",          ">ECHORP",          ">ECHORP",                     ">ECHORP",                    ">ECHORP",          ">ECHORP",          ">ECHORP",                     ">ECHORP",                     ">ECHORP"]),
        ("ECHORP",      ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("OCRQ 200",    ["",     ">OCRP",            "CallRequested",    ">OCRP",                       ">OCRP",                      ">OCRP",            ">OCRP",            "CallRequested",               ">OCRP",                       ">OCRP"]),
        ("OCRQ 201",    ["",     ">OCRP",            "CallRequested",    "CallRequested",               "CallRequested",              ">OCRP",            ">OCRP",            "CallRequested",               "CallRequested",               "CallRequested"]),
        ("OCRP",        ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("OCRP no",     ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("OCRP 101",    ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("ICRQ 200",    ["",     ">ICRP",            ">ICRP",            ">ICRP",                       ">ICRP",                      ">ICRP",            ">ICRP",            ">ICRP",                       ">ICRP",                       ">ICRP"]),
        ("ICRQ 300",    ["",     ">ICRP",            ">ICRP",            ">ICRP",                       ">ICRP",                      ">ICRP",            ">ICRP",            ">ICRP",                       ">ICRP",                       ">ICRP"]),
        ("ICRP",        ["",     "",                 "",                 "",                            "",                           "",                 "",                 "CallAccepted",                "",                            ""]),
        ("ICRP no",     ["",     "",                 "",                 "",                            "",                           "",                 "",                 "CallFailed",                  "",                            ""]),
        ("ICRP 101",    ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("ICCN",        ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("ICCN 101",    ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("CCRQ 200",    ["",     ">CDN",             ">CDN",             ">CDN CallFailed",             ">CDN CallEnded",             ">CDN",             ">CDN",             ">CDN",                        ">CDN CallFailed",             ">CDN CallEnded"]),
        ("CCRQ 100",    ["",     ">CDN",             ">CDN",             ">CDN",                        ">CDN CallEnded",             ">CDN",             ">CDN",             ">CDN CallFailed",             ">CDN CallFailed",             ">CDN CallEnded"]),
        ("CCRQ 300",    ["",     ">CDN",             ">CDN",             ">CDN",                        ">CDN",                       ">CDN",             ">CDN",             ">CDN",                        ">CDN",                        ">CDN"]),
        ("CDN 200",     ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("CDN 100",     ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("CDN 300",     ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("WEN",         ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("SLI",         ["",     "",                 "",                 "",                            "LinkInfo",                   "",                 "",                 "LinkInfo",                    "LinkInfo",                    "LinkInfo"]),
        ("type 16",     ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
        ("management",  ["",     "",                 "",                 "",                            "",                           "",                 "",                 "",                            "",                            ""]),
    ];
    check(states, &table);
}

/// What the refusals in the tables above say.
#[test]
fn refusals() {
    let mut journal = Journal::new();
    let mut waiting = fresh(Role::Pac, Origin::Receiver);
    let mut pac = pac_with_call::<1>();
    let mut pns = pns_with_call::<1>();
    for (name, message) in messages() {
        if ["SCCRQ", "OCRQ 200", "OCRQ 201", "ICRQ 300", "CCRQ 300"].contains(&name) {
            if name != "SCCRQ" {
                feed(&mut waiting, at(0), &message, &mut journal);
            }
            feed(&mut pac, at(0), &message, &mut journal);
            feed(&mut pns, at(0), &message, &mut journal);
        }
    }
    let rest = " CAUSE_CODE(0) CONN_SPEED(0) RECV_WIN(0) PROC_DELAY(0) PHY_CHAN_ID(0)";
    let start = "SCCRP PROTO_VER(1.0) RESULT_CODE(3:Command channel already exists) ERR_CODE(0:None) \
                 FRAME_CAP(A) BEARER_CAP(A) MAX_CHAN(0) FIRM_REV(0) HOSTNAME() VENDOR(pptp-core)";
    let expected = [
        format!("> {start}"),
        format!("> {start}"),
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(200) RESULT_CODE(2:General Error) ERR_CODE(1:Not-Connected){rest}"),
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(200) RESULT_CODE(2:General Error) ERR_CODE(5:Bad-Call ID){rest}"),
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(200) RESULT_CODE(7:Do Not Accept) ERR_CODE(0:None){rest}"),
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(201) RESULT_CODE(2:General Error) ERR_CODE(1:Not-Connected){rest}"),
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(201) RESULT_CODE(2:General Error) ERR_CODE(4:No-Resource){rest}"),
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(201) RESULT_CODE(7:Do Not Accept) ERR_CODE(0:None){rest}"),
        "> ICRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(1:Not-Connected) RECV_WIN(0) PROC_DELAY(0)".to_string(),
        "> ICRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(3:Do Not Accept) ERR_CODE(0:None) RECV_WIN(0) PROC_DELAY(0)".to_string(),
        "> ICRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(4:No-Resource) RECV_WIN(0) PROC_DELAY(0)".to_string(),
        "> CDN CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(1:Not-Connected) CAUSE_CODE(0) CALL_STATS()".to_string(),
        "> CDN CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(5:Bad-Call ID) CAUSE_CODE(0) CALL_STATS()".to_string(),
    ];
    assert_eq!(journal, expected);
}
