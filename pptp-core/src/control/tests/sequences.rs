//! Every sequence of messages from every state, whatever the caller does in between: nothing comes of it but what is
//! defined.

use super::matrix::{ROLES, STATES, Variant, connection_in, messages};
use super::*;
use crate::control::automaton::State;
use core::fmt::Write as _;
use core::hash::Hasher as _;
use std::collections::HashMap;
use std::hash::DefaultHasher;

type Two = Connection<2>;

/// Something that happens to a connection.
enum Move<'a> {
    /// A message of the peer.
    Hear(&'a Variant),
    /// A decision of our caller, which may be refused.
    Decide(fn(&mut Two)),
}

/// What our caller may do. Whether that is refused is not looked at here.
const DECISIONS: [fn(&mut Two); 15] = [
    |it| _ = it.open_call(at(0), call_request(100)),
    |it| _ = it.offer_call(at(0), incoming_request(100)),
    |it| _ = it.accept_call(at(0), 0, call_answer(100)),
    |it| _ = it.accept_call(at(0), 1, call_answer(101)),
    |it| _ = it.refuse_call(at(0), 0, OutgoingCallResult::Busy, GeneralError::None),
    |it| _ = it.accept_incoming(at(0), 0, incoming_answer(100)),
    |it| _ = it.accept_incoming(at(0), 1, incoming_answer(101)),
    |it| {
        _ = it.refuse_incoming(
            at(0),
            0,
            IncomingCallResult::DoNotAccept,
            GeneralError::None,
        )
    },
    |it| _ = it.connect_call(at(0), 0, IncomingLine::default()),
    |it| it.clear_call(at(0), 0),
    |it| it.clear_call(at(0), 1),
    |it| it.close(at(0)),
    |it| it.collision_lost(at(0)),
    |it| it.control_closed(at(0)),
    |it| it.control_connected(at(0)),
];

/// The states that have been seen, each once, whatever was counted on the way there.
#[derive(Default)]
struct Seen {
    by_hash: HashMap<u64, Vec<usize>>,
    all: Vec<Two>,
}

impl Seen {
    fn note(&mut self, mut state: Two) {
        struct Text(DefaultHasher);
        impl core::fmt::Write for Text {
            fn write_str(&mut self, text: &str) -> core::fmt::Result {
                self.0.write(text.as_bytes());
                Ok(())
            }
        }
        state.stats = Stats::default();
        let mut hash = Text(DefaultHasher::new());
        // What tells most states apart; those that it does not are compared.
        write!(hash, "{:?} {:?} {:?}", state.state, state.timers, state.end).unwrap();
        for call in state.calls.iter().flatten() {
            write!(
                hash,
                "{:?} {:?} {:?}",
                call.automaton,
                call.end,
                call.pac_id()
            )
            .unwrap();
            write!(hash, "{:?} {:?}", call.pns_id(), call.link_info).unwrap();
        }
        let places = self.by_hash.entry(hash.0.finish()).or_default();
        if !places.iter().any(|place| self.all[*place] == state) {
            places.push(self.all.len());
            self.all.push(state);
        }
    }
}

/// What a message of this kind may be answered with: RFC 2637 §2 has these pairs. What is no request is not answered.
const fn answer_to(message: &Message<'_>) -> Option<ControlType> {
    match message {
        Message::StartControlConnectionRequest(_) => Some(ControlType::StartControlConnectionReply),
        Message::StopControlConnectionRequest(_) => Some(ControlType::StopControlConnectionReply),
        Message::EchoRequest(_) => Some(ControlType::EchoReply),
        Message::OutgoingCallRequest(_) => Some(ControlType::OutgoingCallReply),
        Message::IncomingCallRequest(_) => Some(ControlType::IncomingCallReply),
        Message::CallClearRequest(_) => Some(ControlType::CallDisconnectNotify),
        _ => None,
    }
}

/// Takes all out that is to be sent and told, and gives the types of the messages.
fn drained(connection: &mut Two, now: Instant) -> Vec<ControlType> {
    let (mut sent, mut is_closed) = (Vec::new(), false);
    let mut out = [0; MAX_CONTROL_MESSAGE];
    for _ in 0..16 {
        if let Some(octets) = connection.poll_control(now, &mut out).unwrap() {
            assert!(!is_closed, "nothing is sent after the end");
            let (message, len) = Message::parse(octets).unwrap().unwrap();
            assert_eq!(len, octets.len());
            sent.push(message.control_type().unwrap());
            continue;
        }
        match connection.poll_event() {
            Some(Event::Closed { .. }) => {
                assert!(!is_closed, "the end is told once");
                is_closed = true;
            }
            Some(
                Event::CallRequested { call, .. }
                | Event::IncomingCall { call, .. }
                | Event::CallAccepted { call }
                | Event::CallConnected { call, .. }
                | Event::CallFailed { call, .. }
                | Event::CallEnded { call, .. }
                | Event::LinkInfo { call, .. }
                | Event::WanErrors { call, .. },
            ) => assert!(!is_closed && call < 2),
            Some(Event::Connected { .. }) => assert!(!is_closed),
            None => {
                check_state(connection, now);
                return sent;
            }
        }
    }
    panic!("output without end");
}

/// What holds in every state, once nothing is left to be sent and told.
fn check_state(connection: &Two, now: Instant) {
    assert!(!connection.is_busy());
    let live = connection
        .calls
        .iter()
        .flatten()
        .filter(|call| !call.is_idle());
    let ours = live
        .clone()
        .filter_map(|call| call.our_id())
        .collect::<Vec<_>>();
    assert!(
        ours.len() < 2 || ours[0] != ours[1],
        "two calls with one id"
    );
    let next = connection.next_timeout();
    match connection.state {
        State::Closed => assert_eq!(next, None, "what is over waits for nothing"),
        _ => assert!(
            next.is_some_and(|next| next > now),
            "no state lasts for ever"
        ),
    }
    if connection.state != State::Established {
        assert_eq!(live.count(), 0, "a call without a connection");
    }
    assert_eq!(next.is_some(), connection.timeout_reason().is_some());
}

fn make(connection: &mut Two, it: &Move<'_>) {
    let was_closed = connection.state == State::Closed;
    match it {
        Move::Decide(decide) => {
            decide(connection);
            drained(connection, at(0));
        }
        Move::Hear(message) => {
            let heard = connection.handle_control(at(0), &message.octets);
            let sent = drained(connection, at(0));
            let is_quiet = sent.is_empty();
            let parsed = Message::parse(&message.octets);
            match heard {
                Ok(consumed) => assert_eq!(consumed, message.octets.len(), "nothing is left"),
                Err(error) => {
                    assert_eq!(parsed, Err(error), "what is no message, and nothing else");
                    assert!(is_quiet && connection.state == State::Closed);
                }
            }
            assert!(!was_closed || is_quiet && connection.state == State::Closed);
            let Ok(Some((parsed, _))) = parsed else {
                return;
            };
            // Once at the most; and whatever it is, it may be the last before we stop.
            assert!(sent.len() <= 1, "{}: {sent:?}", message.name);
            for answer in sent {
                let stops = answer == ControlType::StopControlConnectionRequest;
                assert!(
                    stops || Some(answer) == answer_to(&parsed),
                    "{}",
                    message.name
                );
                assert!(!stops || connection.state == State::WaitStopReply);
            }
        }
    }
}

/// From all states, all sequences of up to `depth` moves, each state being left in every way once. Gives how many states
/// there are, and whether further moves lead to no others.
fn explore(role: Role, depth: usize, moves: &[Move<'_>]) -> (usize, bool) {
    let mut seen = Seen::default();
    for (state, _) in STATES {
        for origin in [Origin::Originator, Origin::Receiver] {
            if let Some(connection) = connection_in(state, role, origin) {
                seen.note(connection);
            }
        }
    }
    let mut from = 0;
    for _ in 0..depth {
        let to = seen.all.len();
        for place in from..to {
            for it in moves {
                let mut connection = seen.all[place].clone();
                make(&mut connection, it);
                seen.note(connection);
            }
        }
        from = to;
    }
    for connection in &seen.all {
        if let Some(next) = connection.next_timeout() {
            let mut early = connection.clone();
            early.handle_timeout(Instant::from_micros(next.as_micros() - 1));
            assert_eq!(early, *connection, "an early time-out is a no-op");
            early.handle_timeout(next);
            drained(&mut early, next);
        }
    }
    (seen.all.len(), from == seen.all.len())
}

/// Of whatever length: after at most 20 messages there are no states that have not been seen.
#[test]
fn every_sequence_of_messages() {
    let messages = messages();
    let moves = messages.iter().map(Move::Hear).collect::<Vec<_>>();
    for (role, _) in ROLES {
        let (states, is_all) = explore(role, 20, &moves);
        assert!(is_all && states > 1000, "{states}");
    }
}

#[test]
fn every_sequence_of_four_messages_and_decisions() {
    let messages = messages();
    let decisions = DECISIONS.into_iter().map(Move::Decide);
    let moves = messages.iter().map(Move::Hear).chain(decisions);
    let moves = moves.collect::<Vec<_>>();
    for (role, _) in ROLES {
        let (states, _) = explore(role, 4, &moves);
        assert!(states > 5000, "{states}");
    }
}
