//! Every message in every state and role.

mod messages;
mod page;
mod rules;
mod states;

pub(super) use messages::{Variant, messages};

pub(super) use states::{ROLES, STATES, connection_in};

use super::*;
use messages::Room;
use rules::{IGNORED, Rule, SECTIONS};
use states::name_of;

/// A cell of the matrix: what the code does.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    sends: String,
    tells: String,
    then: String,
}

/// A message that was sent, with its result and error, or its reason. What else it quotes has to be right.
fn sent(message: &[u8], heard: &[u8]) -> String {
    fn codes(name: &str, result: impl Into<u8>, error: GeneralError) -> String {
        format!("{name} {}/{}", result.into(), u8::from(error))
    }
    let heard = Message::parse(heard).unwrap().unwrap().0;
    match Message::parse(message).unwrap().unwrap().0 {
        Message::StartControlConnectionReply(it) => codes("SCCRP", it.result, it.error),
        Message::StopControlConnectionRequest(it) => format!("StopCCRQ {}", u8::from(it.reason)),
        Message::StopControlConnectionReply(it) => codes("StopCCRP", it.result, it.error),
        Message::EchoReply(it) => {
            assert_eq!(it.identifier, 7);
            codes("ECHORP", it.result, it.error)
        }
        Message::OutgoingCallReply(it) => {
            assert!(
                matches!(heard, Message::OutgoingCallRequest(asked) if asked.call_id == it.peer_call_id)
            );
            codes("OCRP", it.result, it.error)
        }
        Message::IncomingCallReply(it) => {
            assert!(
                matches!(heard, Message::IncomingCallRequest(asked) if asked.call_id == it.peer_call_id)
            );
            codes("ICRP", it.result, it.error)
        }
        Message::CallDisconnectNotify(it) => {
            let Message::CallClearRequest(asked) = heard else {
                panic!("a notice that answers {heard}");
            };
            // Of a call that there is not the id that was asked for; else ours, if the PNS can know it.
            if it.result == DisconnectResult::GeneralError {
                assert_eq!(it.call_id, asked.call_id);
            } else {
                assert!(matches!(it.call_id, 100 | 200));
            }
            codes("CDN", it.result, it.error)
        }
        other => format!("{other}"),
    }
}

/// An event, and its cause if it has one.
fn told(event: &Event<'_>) -> String {
    let shown = format!("{event:?}");
    let end = shown.find([' ', '{']).unwrap_or(shown.len());
    let cause = match event {
        Event::CallFailed { cause, .. } | Event::CallEnded { cause, .. } => format!("{cause:?}"),
        Event::Closed { reason } => format!("{reason:?}"),
        _ => return shown[..end].to_string(),
    };
    let words = cause.find([' ', '(', '{']).unwrap_or(cause.len());
    format!("{} {}", &shown[..end], &cause[..words])
}

/// What comes of `message` in a state.
fn outcome<const N: usize>(before: &Connection<N>, message: &[u8]) -> Outcome {
    let mut connection = before.clone();
    let result = connection.handle_control(at(0), message);
    assert_eq!(
        result.unwrap_or(message.len()),
        message.len(),
        "every message is consumed"
    );
    let (mut sends, mut tells) = (Vec::new(), Vec::new());
    let mut out = [0; MAX_CONTROL_MESSAGE];
    loop {
        if let Some(octets) = connection.poll_control(at(0), &mut out).unwrap() {
            sends.push(sent(octets, message));
        } else if let Some(event) = connection.poll_event() {
            tells.push(told(&event));
        } else {
            break;
        }
    }
    let ignored = |stats: &Stats| stats.unexpected + stats.unknown + stats.unmatched_echo_replies;
    let is_counted = ignored(connection.stats()) > ignored(before.stats());
    let same = Connection {
        stats: before.stats,
        ..connection.clone()
    };
    let is_ignored = same == *before && sends.is_empty() && tells.is_empty();
    let is_connected = name_of(before) != "closed";
    assert_eq!(
        is_counted,
        is_ignored && is_connected,
        "what is ignored is counted"
    );
    let list = |words: Vec<String>| match &words[..] {
        [] => "-".to_string(),
        words => words.join(", "),
    };
    let then = name_of(&connection);
    Outcome {
        sends: if is_ignored {
            IGNORED.to_string()
        } else {
            list(sends)
        },
        tells: list(tells),
        then: if then == name_of(before) {
            "=".to_string()
        } else {
            then
        },
    }
}

/// What a rule says of the state `from`.
fn expected(rule: &Rule, from: &str) -> Outcome {
    let (_, _, _, sends, tells, then, _) = rule;
    let then = match then.strip_prefix('+') {
        Some(call) if matches!(from, "established" | "wait_echo_reply") => call.to_string(),
        Some(call) => format!("{from} +{call}"),
        None => (*then).to_string(),
    };
    Outcome {
        sends: (*sends).to_string(),
        tells: (*tells).to_string(),
        then,
    }
}

fn names(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(", ")
}

/// The rule for a message in a state of a role: there is one.
fn rule_for(message: &str, role: &str, state: &str) -> (&'static rules::Section, usize) {
    let is_for = |rule: &Rule| {
        let (messages, roles, ..) = rule;
        names(messages).any(|it| it == message)
            && (*roles == "any" || names(roles).any(|it| it == role))
    };
    let found = |is_it: &dyn Fn(&Rule) -> bool| {
        let all = SECTIONS.iter().flat_map(|section| {
            let rules = section.rules.iter().enumerate();
            rules.map(move |(index, rule)| (section, index, rule))
        });
        let found = all.filter(|(_, _, rule)| is_for(rule) && is_it(rule));
        found
            .map(|(section, index, _)| (section, index))
            .collect::<Vec<_>>()
    };
    let named = found(&|rule| names(rule.2).any(|it| it == state));
    let others = found(&|rule| rule.2 == "others");
    match (&named[..], &others[..]) {
        ([one], _) | ([], [one]) => *one,
        _ => panic!("{message} in {state} as {role}: {} rules", named.len()),
    }
}

/// Walks the cells of a state with room for `N` calls, and gives how many there are.
fn walk_state<const N: usize>(
    (state, role, origin): (&str, Role, Origin),
    messages: &[Variant],
    wrong: &mut Vec<String>,
) -> usize {
    let Some(connection) = connection_in::<N>(state, role, origin) else {
        return 0;
    };
    let (_, role_name) = ROLES.into_iter().find(|(it, _)| *it == role).unwrap();
    for message in messages {
        let outcome = outcome(&connection, &message.octets);
        let (section, rule) = rule_for(message.name, role_name, state);
        let expected = expected(&section.rules[rule], state);
        if outcome != expected {
            wrong.push(format!(
                "{} in {state} as {role:?}, {origin:?}: {outcome:?} and not {expected:?}",
                message.name
            ));
        }
    }
    messages.len()
}

/// Walks all cells of a role, and gives how many there are.
fn walk(role: Role) -> usize {
    let (roomy, full) = messages()
        .into_iter()
        .partition::<Vec<_>, _>(|message| message.room == Room::Some);
    let (mut cells, mut wrong) = (0, Vec::new());
    for (state, _) in STATES {
        for origin in [Origin::Originator, Origin::Receiver] {
            let place = (state, role, origin);
            cells += walk_state::<2>(place, &roomy, &mut wrong);
            cells += if state.contains('.') {
                walk_state::<1>(place, &full, &mut wrong)
            } else {
                walk_state::<0>(place, &full, &mut wrong)
            };
        }
    }
    assert!(wrong.is_empty(), "{} of {cells}: {wrong:#?}", wrong.len());
    cells
}

/// Those of the connection: four in either origin, and two that are of one alone.
const OF_CONNECTION: usize = 4 * 2 + 2;

const MESSAGES: usize = 47;

#[test]
fn as_pns() {
    assert_eq!(walk(Role::Pns), (OF_CONNECTION + 11 * 2) * MESSAGES);
}

#[test]
fn as_pac() {
    assert_eq!(walk(Role::Pac), (OF_CONNECTION + 5 * 2) * MESSAGES);
}

#[test]
fn as_both() {
    assert_eq!(walk(Role::Both), (OF_CONNECTION + 16 * 2) * MESSAGES);
}

/// What the refusals in the rules say in full.
#[test]
fn refusals() {
    let mut journal = Journal::new();
    let waiting = connection_in::<2>("wait_request", Role::Pac, Origin::Receiver);
    let mut waiting = waiting.unwrap();
    let mut pac = pac_with_call::<1>();
    let mut pns = pns_with_call::<1>();
    for Variant { name, octets, .. } in messages() {
        if ["SCCRQ", "OCRQ 200", "OCRQ 300", "ICRQ 300", "CCRQ 300"].contains(&name) {
            if name != "SCCRQ" {
                feed(&mut waiting, at(0), &octets, &mut journal);
            }
            feed(&mut pac, at(0), &octets, &mut journal);
            feed(&mut pns, at(0), &octets, &mut journal);
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
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(1:Not-Connected){rest}"),
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(4:No-Resource){rest}"),
        format!("> OCRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(7:Do Not Accept) ERR_CODE(0:None){rest}"),
        "> ICRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(1:Not-Connected) RECV_WIN(0) PROC_DELAY(0)".to_string(),
        "> ICRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(3:Do Not Accept) ERR_CODE(0:None) RECV_WIN(0) PROC_DELAY(0)".to_string(),
        "> ICRP CALL_ID(0) PEER_CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(4:No-Resource) RECV_WIN(0) PROC_DELAY(0)".to_string(),
        "> CDN CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(1:Not-Connected) CAUSE_CODE(0) CALL_STATS()".to_string(),
        "> CDN CALL_ID(300) RESULT_CODE(2:General Error) ERR_CODE(5:Bad-Call ID) CAUSE_CODE(0) CALL_STATS()".to_string(),
    ];
    assert_eq!(journal, expected);
}
