mod crossing;
mod incoming;
mod laws;
mod matrix;
mod pair;
mod peers;
mod sequences;
mod tables;
mod timers;

use super::*;
use crate::time::Instant;
use crate::wire::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

/// What a connection did: a message it sent (`>`, as tcpdump shows it) or an event, in the order of draining.
type Journal = Vec<String>;

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn octets<'a>(message: impl Into<Message<'a>>) -> Vec<u8> {
    let mut out = [0; MAX_CONTROL_MESSAGE];
    message.into().encode(&mut out).unwrap().to_vec()
}

/// Takes out all that is to be sent and told; returns the messages, and notes all in `journal`.
fn drain<const N: usize>(
    connection: &mut Connection<N>,
    now: Instant,
    journal: &mut Journal,
) -> Vec<Vec<u8>> {
    let mut sent = Vec::new();
    loop {
        let mut out = [0; MAX_CONTROL_MESSAGE];
        if let Some(message) = connection.poll_control(now, &mut out).unwrap() {
            let (parsed, len) = Message::parse(message).unwrap().unwrap();
            assert_eq!(len, message.len(), "one whole message at a time");
            journal.push(format!("> {parsed}"));
            sent.push(message.to_vec());
        } else if let Some(event) = connection.poll_event() {
            journal.push(format!("{event:?}"));
        } else {
            return sent;
        }
    }
}

/// Gives `stream` to a connection as its contract says, and drains it; returns what it sent and the octets that it left.
fn feed<const N: usize>(
    connection: &mut Connection<N>,
    now: Instant,
    mut stream: &[u8],
    journal: &mut Journal,
) -> (Vec<Vec<u8>>, usize) {
    let mut sent = Vec::new();
    loop {
        sent.extend(drain(connection, now, journal));
        match connection.handle_control(now, stream) {
            Ok(0) => break,
            Ok(consumed) => stream = &stream[consumed..],
            Err(error) => {
                journal.push(error.to_string());
                stream = &[];
                sent.extend(drain(connection, now, journal));
                break;
            }
        }
    }
    (sent, stream.len())
}

fn start_request() -> Vec<u8> {
    octets(StartControlConnectionRequest {
        version: Version::V1_0,
        capabilities: StartConfig::default().capabilities(),
    })
}

fn start_reply() -> Vec<u8> {
    start_reply_with(Version::V1_0, StartResult::Successful)
}

fn start_reply_with(version: Version, result: StartResult) -> Vec<u8> {
    octets(StartControlConnectionReply {
        version,
        result,
        error: GeneralError::None,
        capabilities: StartConfig::default().capabilities(),
    })
}

/// A request for the call that is number `call_id` to its PNS.
fn call_request(call_id: u16) -> CallRequest {
    CallRequest {
        call_id,
        ..CallRequest::default()
    }
}

/// An answer that gives a call the number `call_id` of its PAC.
fn call_answer(call_id: u16) -> CallAnswer {
    CallAnswer {
        call_id,
        ..CallAnswer::default()
    }
}

/// An incoming call that is number `call_id` to its PAC.
fn incoming_request(call_id: u16) -> IncomingRequest {
    IncomingRequest {
        call_id,
        ..IncomingRequest::default()
    }
}

/// An answer that gives an incoming call the number `call_id` of its PNS.
fn incoming_answer(call_id: u16) -> IncomingAnswer {
    IncomingAnswer {
        call_id,
        ..IncomingAnswer::default()
    }
}

fn incoming_reply(peer_call_id: u16, call_id: u16, result: IncomingCallResult) -> Vec<u8> {
    octets(IncomingCallReply {
        call_id,
        peer_call_id,
        result,
        error: GeneralError::None,
        receive_window: 9,
        transmit_delay: 2,
    })
}

fn incoming_connected(peer_call_id: u16) -> Vec<u8> {
    octets(IncomingCallConnected {
        peer_call_id,
        connect_speed: 33_600,
        receive_window: 5,
        transmit_delay: 3,
        framing: Framing::ASYNCHRONOUS,
    })
}

fn call_reply(peer_call_id: u16, call_id: u16, result: OutgoingCallResult) -> Vec<u8> {
    octets(OutgoingCallReply {
        call_id,
        peer_call_id,
        result,
        error: GeneralError::None,
        cause: 0,
        connect_speed: 1_000_000,
        receive_window: 7,
        processing_delay: 1,
        physical_channel_id: 0,
    })
}

fn call_clear(call_id: u16) -> Vec<u8> {
    octets(CallClearRequest { call_id })
}

fn call_disconnect(call_id: u16) -> Vec<u8> {
    octets(CallDisconnectNotify {
        call_id,
        result: DisconnectResult::Request,
        error: GeneralError::None,
        cause: 0,
        statistics: b"",
    })
}

fn echo_request(identifier: u32) -> Vec<u8> {
    octets(EchoRequest { identifier })
}

fn echo_reply(identifier: u32) -> Vec<u8> {
    octets(EchoReply {
        identifier,
        result: EchoResult::Ok,
        error: GeneralError::None,
    })
}

fn stop_request() -> Vec<u8> {
    octets(StopControlConnectionRequest {
        reason: StopReason::None,
    })
}

fn stop_reply() -> Vec<u8> {
    octets(StopControlConnectionReply {
        result: StopResult::Ok,
        error: GeneralError::None,
    })
}

/// A connection that is established, at second 0, and drained.
fn established<const N: usize>(role: Role, config: Config) -> Connection<N> {
    let (origin, start) = match role {
        Role::Pns => (Origin::Originator, start_reply()),
        Role::Pac | Role::Both => (Origin::Receiver, start_request()),
    };
    let mut connection = Connection::new(role, origin, config);
    connection.control_connected(at(0));
    feed(&mut connection, at(0), &start, &mut Journal::new());
    assert!(connection.is_established());
    connection
}

/// An established PNS with call 0, which is 100 to us and 200 to the PAC.
fn pns_with_call<const N: usize>() -> Connection<N> {
    let mut connection = established(Role::Pns, Config::default());
    connection.open_call(at(0), call_request(100)).unwrap();
    let reply = call_reply(100, 200, OutgoingCallResult::Connected);
    feed(&mut connection, at(0), &reply, &mut Journal::new());
    assert_eq!(connection.call_info(0).unwrap().peer_call_id, 200);
    connection
}

/// An established PAC with call 0, which is 100 to us and 200 to the PNS.
fn pac_with_call<const N: usize>() -> Connection<N> {
    let config = Config {
        accept: Some(call_answer(100)),
        ..Config::default()
    };
    let mut connection = established(Role::Pac, config);
    let request = octets(call_request(200).as_wire());
    feed(&mut connection, at(0), &request, &mut Journal::new());
    assert_eq!(connection.call_info(0).unwrap().our_call_id, 100);
    connection
}

/// An established PNS with incoming call 0, which is 100 to us and 200 to the PAC.
fn pns_with_incoming<const N: usize>() -> Connection<N> {
    let mut connection = pns_taking();
    feed(
        &mut connection,
        at(0),
        &incoming_connected(100),
        &mut Journal::new(),
    );
    assert_eq!(connection.call_info(0).unwrap().peer_call_id, 200);
    connection
}

/// The same, before the PAC has answered the line.
fn pns_taking<const N: usize>() -> Connection<N> {
    let config = Config {
        accept_incoming: Some(incoming_answer(100)),
        ..Config::default()
    };
    let mut connection = established(Role::Pns, config);
    let request = octets(incoming_request(200).as_wire());
    feed(&mut connection, at(0), &request, &mut Journal::new());
    connection
}

/// An established PAC that has offered call 0, which is 100 to us.
fn pac_offering<const N: usize>() -> Connection<N> {
    let mut connection = established(Role::Pac, Config::default());
    connection.offer_call(at(0), incoming_request(100)).unwrap();
    drain(&mut connection, at(0), &mut Journal::new());
    connection
}

/// The same, once the PNS, to which it is 200, takes it.
fn pac_answering<const N: usize>() -> Connection<N> {
    let mut connection = pac_offering();
    let reply = incoming_reply(100, 200, IncomingCallResult::Connect);
    feed(&mut connection, at(0), &reply, &mut Journal::new());
    connection
}

/// The same, established.
fn pac_with_incoming<const N: usize>() -> Connection<N> {
    let mut connection = pac_answering();
    connection
        .connect_call(at(0), 0, IncomingLine::default())
        .unwrap();
    drain(&mut connection, at(0), &mut Journal::new());
    assert_eq!(connection.call_info(0).unwrap().our_call_id, 100);
    connection
}

/// The first words of a journal's entries.
fn brief(journal: &[String]) -> String {
    let words = journal.iter().map(|entry| {
        let is_end = |c: char| !c.is_ascii_alphanumeric();
        match entry.strip_prefix("> ") {
            Some(message) => format!(">{}", message.split(is_end).next().unwrap()),
            None => entry.split(is_end).next().unwrap().to_string(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
