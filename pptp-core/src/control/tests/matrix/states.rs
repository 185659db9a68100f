//! The states that a connection and its calls can be in, and how each is reached.

use super::*;
use crate::control::automata::Automaton;
use crate::control::automaton::State;
use crate::control::{incoming_pac, incoming_pns, outgoing_pac, outgoing_pns};

/// A state: its name in the rules, and what it is.
#[rustfmt::skip]
pub(in crate::control::tests) const STATES: [(&str, &str); 22] = [
    ("closed", "There is no TCP connection. The RFC's \"idle\" of an originator."),
    ("wait_request", "The receiver waits for the peer's Start-Control-Connection-Request: its \"idle\", with a TCP connection."),
    ("wait_ctl_reply", "The originator has sent its Start-Control-Connection-Request."),
    ("established", "Established, without a call."),
    ("wait_echo_reply", "The same; an Echo-Request (identifier 1) has not been answered."),
    ("wait_stop_reply", "We have sent a Stop-Control-Connection-Request."),
    ("OP.wait_reply", "Outgoing call, we are its PNS: asked for."),
    ("OP.established", "Outgoing call, we are its PNS: established."),
    ("OP.wait_disconnect", "Outgoing call, we are its PNS: we have cleared it."),
    ("OP.cleared", "The same, but it was cleared before it was answered: the PAC's id is not known."),
    ("OP.closing", "The same as OP.wait_disconnect, and the connection is stopped once the call is over."),
    ("OA.wait_cs_ans", "Outgoing call, we are its PAC: our caller has been asked."),
    ("OA.established", "Outgoing call, we are its PAC: established."),
    ("IA.wait_reply", "Incoming call, we are its PAC: offered."),
    ("IA.wait_line", "Incoming call, we are its PAC: the PNS takes it, our caller answers the line."),
    ("IA.established", "Incoming call, we are its PAC: established."),
    ("IP.wait_answer", "Incoming call, we are its PNS: our caller has been asked."),
    ("IP.wait_connect", "Incoming call, we are its PNS: we take it, and wait for Incoming-Call-Connected."),
    ("IP.established", "Incoming call, we are its PNS: established."),
    ("IP.wait_disconnect", "Incoming call, we are its PNS: we have cleared it."),
    ("IP.cleared", "The same, but it was cleared before the line was answered."),
    ("IP.closing", "The same as IP.wait_disconnect, and the connection is stopped once the call is over."),
];

/// The roles, as the rules call them.
pub(in crate::control::tests) const ROLES: [(Role, &str); 3] =
    [(Role::Pns, "PNS"), (Role::Pac, "PAC"), (Role::Both, "both")];

/// A connection in a state of [`STATES`], with nothing left to be sent and told; `None` if that role or that origin does
/// not have it.
pub(in crate::control::tests) fn connection_in<const N: usize>(
    state: &str,
    role: Role,
    origin: Origin,
) -> Option<Connection<N>> {
    let mut connection = Connection::<N>::new(role, origin, Config::default());
    if state == "closed" {
        return Some(connection);
    }
    connection.control_connected(at(0));
    drain(&mut connection, at(0), &mut Journal::new());
    match (state, origin) {
        ("wait_request", Origin::Receiver) | ("wait_ctl_reply", Origin::Originator) => {
            return Some(connection);
        }
        ("wait_request" | "wait_ctl_reply", _) => return None,
        _ => {}
    }
    let start = match origin {
        Origin::Originator => start_reply(),
        Origin::Receiver => start_request(),
    };
    hear(&mut connection, &start);
    match state {
        "established" => return Some(connection),
        "wait_echo_reply" => {
            let due = connection.next_timeout().unwrap();
            connection.handle_timeout(due);
            drain(&mut connection, due, &mut Journal::new());
            return Some(connection);
        }
        "wait_stop_reply" => {
            connection.close(at(0));
            drain(&mut connection, at(0), &mut Journal::new());
            return Some(connection);
        }
        _ => {}
    }
    let (kind, state) = state.split_once('.').unwrap();
    let is_ours = match kind {
        "OP" | "IP" => role.is_pns(),
        _ => role.is_pac(),
    };
    if !is_ours {
        return None;
    }
    match kind {
        "OP" => outgoing_at_pns(&mut connection, state),
        "OA" => outgoing_at_pac(&mut connection, state),
        "IA" => incoming_at_pac(&mut connection, state),
        _ => incoming_at_pns(&mut connection, state),
    }
    drain(&mut connection, at(0), &mut Journal::new());
    Some(connection)
}

fn hear<const N: usize>(connection: &mut Connection<N>, message: &[u8]) {
    feed(connection, at(0), message, &mut Journal::new());
}

fn outgoing_at_pns<const N: usize>(connection: &mut Connection<N>, state: &str) {
    connection.open_call(at(0), call_request(100)).unwrap();
    drain(connection, at(0), &mut Journal::new());
    if !matches!(state, "wait_reply" | "cleared") {
        let reply = call_reply(100, 200, OutgoingCallResult::Connected);
        hear(connection, &reply);
    }
    end(connection, state);
}

fn outgoing_at_pac<const N: usize>(connection: &mut Connection<N>, state: &str) {
    hear(connection, &octets(call_request(200).as_wire()));
    if state == "established" {
        connection.accept_call(at(0), 0, call_answer(100)).unwrap();
    }
}

fn incoming_at_pac<const N: usize>(connection: &mut Connection<N>, state: &str) {
    connection.offer_call(at(0), incoming_request(100)).unwrap();
    drain(connection, at(0), &mut Journal::new());
    if state != "wait_reply" {
        hear(
            connection,
            &incoming_reply(100, 200, IncomingCallResult::Connect),
        );
    }
    if state == "established" {
        connection
            .connect_call(at(0), 0, IncomingLine::default())
            .unwrap();
    }
}

fn incoming_at_pns<const N: usize>(connection: &mut Connection<N>, state: &str) {
    hear(connection, &octets(incoming_request(200).as_wire()));
    if state == "wait_answer" {
        return;
    }
    connection
        .accept_incoming(at(0), 0, incoming_answer(100))
        .unwrap();
    drain(connection, at(0), &mut Journal::new());
    if !matches!(state, "wait_connect" | "cleared") {
        hear(connection, &incoming_connected(100));
    }
    end(connection, state);
}

fn end<const N: usize>(connection: &mut Connection<N>, state: &str) {
    match state {
        "wait_disconnect" | "cleared" => connection.clear_call(at(0), 0),
        "closing" => connection.close(at(0)),
        _ => {}
    }
}

/// The state of a connection and of its calls, by the names of the rules.
pub(super) fn name_of<const N: usize>(connection: &Connection<N>) -> String {
    match connection.state {
        State::Closed => return "closed".to_string(),
        State::WaitRequest => return "wait_request".to_string(),
        State::WaitReply => return "wait_ctl_reply".to_string(),
        State::WaitStopReply => return "wait_stop_reply".to_string(),
        State::Established => {}
    }
    let calls = connection.calls.iter().flatten();
    let mut names = calls
        .filter(|call| !call.is_idle())
        .map(|call| match call.automaton {
            _ if call.automaton.is_clearing() && connection.end.is_some() => match call.automaton {
                Automaton::OutgoingPns(_) => "OP.closing",
                _ => "IP.closing",
            },
            Automaton::OutgoingPns(state) => match state {
                outgoing_pns::State::WaitReply => "OP.wait_reply",
                outgoing_pns::State::Established => "OP.established",
                _ if call.connected => "OP.wait_disconnect",
                _ => "OP.cleared",
            },
            Automaton::OutgoingPac(state) => match state {
                outgoing_pac::State::WaitAnswer => "OA.wait_cs_ans",
                _ => "OA.established",
            },
            Automaton::IncomingPac(state) => match state {
                incoming_pac::State::WaitReply => "IA.wait_reply",
                incoming_pac::State::WaitLine => "IA.wait_line",
                _ => "IA.established",
            },
            Automaton::IncomingPns(state) => match state {
                incoming_pns::State::WaitAnswer => "IP.wait_answer",
                incoming_pns::State::WaitConnect => "IP.wait_connect",
                incoming_pns::State::Established => "IP.established",
                _ if call.connected => "IP.wait_disconnect",
                _ => "IP.cleared",
            },
        })
        .collect::<Vec<_>>();
    if names.is_empty() {
        names.push(if connection.is_echo_outstanding {
            "wait_echo_reply"
        } else {
            "established"
        });
    }
    names.join(" +")
}
