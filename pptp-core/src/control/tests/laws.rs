//! Laws that hold for any input in any order.

use super::matrix::messages;
use super::*;
use crate::control::automaton::State;
use alloc::vec;
use proptest::collection::vec as list;
use proptest::prelude::*;

/// Anything that can be done to a connection.
#[derive(Debug, Clone)]
enum Op {
    /// The peer sends one of the messages of the matrix.
    Message(usize),
    /// It sends anything.
    Octets(Vec<u8>),
    /// Time passes, in milliseconds.
    Wait(u64),
    TcpOpen,
    TcpClosed,
    CollisionLost,
    Open(u16),
    Accept(usize, u16),
    Refuse(usize),
    Offer(u16),
    AcceptIncoming(usize, u16),
    RefuseIncoming(usize),
    Connect(usize),
    Disconnect(usize),
    WanErrors(usize, u32),
    SetLinkInfo(usize, u32),
    Clear(usize),
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => (0..messages().len()).prop_map(Op::Message),
        1 => list(any::<u8>(), 0..40).prop_map(Op::Octets),
        4 => prop_oneof![0_u64..100, 0_u64..100_000].prop_map(Op::Wait),
        3 => Just(Op::TcpOpen),
        1 => Just(Op::TcpClosed),
        1 => Just(Op::CollisionLost),
        3 => (99_u16..103).prop_map(Op::Open),
        3 => (0_usize..4, 99_u16..103).prop_map(|(call, id)| Op::Accept(call, id)),
        1 => (0_usize..4).prop_map(Op::Refuse),
        3 => (99_u16..103).prop_map(Op::Offer),
        3 => (0_usize..4, 99_u16..103).prop_map(|(call, id)| Op::AcceptIncoming(call, id)),
        1 => (0_usize..4).prop_map(Op::RefuseIncoming),
        3 => (0_usize..4).prop_map(Op::Connect),
        1 => (0_usize..4).prop_map(Op::Disconnect),
        2 => (0_usize..4, 0_u32..3).prop_map(|(call, count)| Op::WanErrors(call, count)),
        1 => (0_usize..4, 0_u32..3).prop_map(|(call, map)| Op::SetLinkInfo(call, map)),
        1 => (0_usize..4).prop_map(Op::Clear),
        1 => Just(Op::Close),
    ]
}

fn config() -> impl Strategy<Value = (Role, Origin, Config)> {
    let role = prop_oneof![Just(Role::Pns), Just(Role::Pac), Just(Role::Both)];
    let origin = prop_oneof![Just(Origin::Originator), Just(Origin::Receiver)];
    (role, origin, any::<bool>()).prop_map(|(role, origin, accepts)| {
        let config = Config {
            accept: accepts.then(|| call_answer(100)),
            accept_incoming: accepts.then(|| incoming_answer(100)),
            ..Config::default()
        };
        (role, origin, config)
    })
}

/// Follows the events, which have to make sense one after the other.
#[derive(Debug, Default)]
struct Ledger {
    is_connected: bool,
    calls: [Phase; 3],
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    None,
    Open,
    Established,
}

impl Ledger {
    fn note(&mut self, event: &Event<'_>) {
        match *event {
            Event::Connected { .. } => {
                assert!(!self.is_connected);
                self.is_connected = true;
            }
            Event::CallRequested { call, .. } | Event::IncomingCall { call, .. } => {
                assert!(self.is_connected);
                assert_eq!(self.calls[call], Phase::None);
                self.calls[call] = Phase::Open;
            }
            Event::CallAccepted { call } => {
                assert!(self.is_connected);
                assert_eq!(self.calls[call], Phase::None);
                self.calls[call] = Phase::Open;
            }
            Event::CallConnected { call, .. } => {
                assert!(self.is_connected);
                assert_ne!(self.calls[call], Phase::Established);
                self.calls[call] = Phase::Established;
            }
            Event::CallFailed { call, .. } => {
                assert_ne!(self.calls[call], Phase::Established);
                self.calls[call] = Phase::None;
            }
            Event::CallEnded { call, .. } => {
                assert_eq!(self.calls[call], Phase::Established);
                self.calls[call] = Phase::None;
            }
            Event::LinkInfo { .. } | Event::WanErrors { .. } => assert!(self.is_connected),
            Event::Closed { .. } => *self = Self::default(),
        }
        if let Event::Closed { .. } = event {
            assert_eq!(self.calls, [Phase::None; 3]);
        }
    }
}

/// Drains with every buffer that is too small first.
fn drain_slowly(connection: &mut Connection<3>, now: Instant, ledger: &mut Ledger) {
    loop {
        let mut room = 0;
        let mut out = [0; MAX_CONTROL_MESSAGE];
        let needed = loop {
            let before = connection.clone();
            match connection.poll_control(now, &mut out[..room]) {
                Ok(None) => {
                    assert_eq!(room, 0);
                    break 0;
                }
                Ok(Some(message)) => {
                    assert_eq!(message.len(), room);
                    break room;
                }
                Err(error) => {
                    assert_eq!(*connection, before, "a buffer too small changes nothing");
                    assert!(error.needed > room);
                    room += 1;
                }
            }
        };
        if needed == 0 {
            match connection.poll_event() {
                Some(event) => ledger.note(&event),
                None => return,
            }
        }
    }
}

fn apply(connection: &mut Connection<3>, now: &mut Instant, op: &Op, ledger: &mut Ledger) {
    let connected = |connection: &mut Connection<3>, stream: &[u8], ledger: &mut Ledger| {
        let mut rest = stream;
        loop {
            match connection.handle_control(*now, rest) {
                Ok(0) | Err(_) => break,
                Ok(consumed) => rest = &rest[consumed..],
            }
            drain_slowly(connection, *now, ledger);
        }
    };
    match op {
        Op::Message(index) => connected(connection, &messages()[*index].octets, ledger),
        Op::Octets(octets) => connected(connection, octets, ledger),
        Op::Wait(millis) => {
            *now = *now + Duration::from_millis(*millis);
            connection.handle_timeout(*now);
        }
        Op::TcpOpen => {
            // What was not told of an ended connection is forgotten with it.
            if connection.state == State::Closed {
                *ledger = Ledger::default();
            }
            connection.control_connected(*now);
        }
        Op::TcpClosed => connection.control_closed(*now),
        Op::CollisionLost => connection.collision_lost(*now),
        Op::Open(id) => {
            let _ = connection.open_call(*now, call_request(*id));
        }
        Op::Accept(call, id) => {
            let _ = connection.accept_call(*now, *call, call_answer(*id));
        }
        Op::Refuse(call) => {
            let result = OutgoingCallResult::Busy;
            let _ = connection.refuse_call(*now, *call, result, GeneralError::None);
        }
        Op::Offer(call_id) => {
            let _ = connection.offer_call(*now, incoming_request(*call_id));
        }
        Op::AcceptIncoming(call, id) => {
            let _ = connection.accept_incoming(*now, *call, incoming_answer(*id));
        }
        Op::RefuseIncoming(call) => {
            let result = IncomingCallResult::DoNotAccept;
            let _ = connection.refuse_incoming(*now, *call, result, GeneralError::None);
        }
        Op::Connect(call) => {
            let _ = connection.connect_call(*now, *call, IncomingLine::default());
        }
        Op::Disconnect(call) => {
            let _ = connection.disconnect_call(*now, *call, &Disconnect::default());
        }
        Op::WanErrors(call, crc) => {
            let errors = WanErrors {
                crc: *crc,
                ..WanErrors::default()
            };
            let _ = connection.report_wan_errors(*now, *call, errors);
        }
        Op::SetLinkInfo(call, send_accm) => {
            let info = LinkInfo {
                send_accm: *send_accm,
                receive_accm: 0,
            };
            let _ = connection.set_link_info(*call, info);
        }
        Op::Clear(call) => connection.clear_call(*now, *call),
        Op::Close => connection.close(*now),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_order_of_calls_is_safe(
        (role, origin, config) in config(),
        ops in list((op(), any::<bool>()), 0..40),
    ) {
        let mut connection = Connection::<3>::new(role, origin, config);
        let mut now = at(0);
        let mut ledger = Ledger::default();
        for (op, is_drained) in &ops {
            apply(&mut connection, &mut now, op, &mut ledger);
            if matches!(op, Op::TcpClosed | Op::CollisionLost) {
                let mut out = [0; MAX_CONTROL_MESSAGE];
                prop_assert_eq!(connection.poll_control(now, &mut out), Ok(None));
            }
            if connection.is_established() {
                prop_assert!(connection.next_timeout().is_some(), "no state lasts for ever");
            }
            if !is_drained {
                continue;
            }
            drain_slowly(&mut connection, now, &mut ledger);
            connection.handle_timeout(now);
            drain_slowly(&mut connection, now, &mut ledger);
            if let Some(next) = connection.next_timeout() {
                prop_assert!(next > now, "{:?} after {op:?}", connection.timeout_reason());
                let before = connection.clone();
                connection.handle_timeout(Instant::from_micros(next.as_micros() - 1));
                prop_assert_eq!(&connection, &before, "an early time-out is a no-op");
            }
            prop_assert_eq!(connection.next_timeout().is_some(), connection.timeout_reason().is_some());
        }
        // Whatever has happened, a close is soon over, even if the peer is silent, and even if it reads nothing.
        connection.close(now);
        let mut stuck = connection.clone();
        while stuck.poll_event().is_some() {}
        while let Some(next) = stuck.next_timeout() {
            prop_assert!(next <= now + Duration::from_secs(5));
            stuck.handle_timeout(next);
            while stuck.poll_event().is_some() {}
        }
        prop_assert!(!stuck.is_busy());
        drain_slowly(&mut connection, now, &mut ledger);
        let end = now + Duration::from_secs(5);
        while let Some(next) = connection.next_timeout() {
            prop_assert!(next <= end);
            connection.handle_timeout(next);
            drain_slowly(&mut connection, next, &mut ledger);
        }
        prop_assert!(!connection.is_established());
        prop_assert!(!ledger.is_connected);
    }

    #[test]
    fn the_stream_may_be_cut_anywhere(
        (role, origin, config) in config(),
        indices in list(0..messages().len(), 0..30),
        cuts in list(0_usize..400, 0..60),
        with_call: bool,
    ) {
        let messages = messages();
        let mut whole = Connection::<3>::new(role, origin, config);
        whole.control_connected(at(0));
        let mut stream = match origin {
            Origin::Originator => start_reply(),
            Origin::Receiver => start_request(),
        };
        if with_call {
            feed(&mut whole, at(0), &stream, &mut Journal::new());
            let _ = whole.open_call(at(0), call_request(100));
            stream.clear();
        }
        for index in indices {
            stream.extend_from_slice(&messages[index].octets);
        }
        let mut cut = whole.clone();

        let mut at_once = Journal::new();
        feed(&mut whole, at(1), &stream, &mut at_once);

        let mut in_parts = Journal::new();
        let mut rest = &stream[..];
        let mut kept = Vec::new();
        for len in cuts.into_iter().chain([usize::MAX]) {
            let (now, later) = rest.split_at(len.min(rest.len()));
            kept.extend_from_slice(now);
            rest = later;
            let (_, left) = feed(&mut cut, at(1), &kept, &mut in_parts);
            kept.drain(..kept.len() - left);
        }
        prop_assert_eq!(at_once, in_parts);
        prop_assert_eq!(whole, cut);
    }
}
