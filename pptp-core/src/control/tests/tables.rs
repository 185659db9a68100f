//! The figures of RFC 2637 §3, cell by cell. A cell is what is done and where that leads; cells that the figures leave
//! open are in lower case.

use crate::control::automaton::{self, Origin};
use crate::control::{call, incoming_pac, incoming_pns, outgoing_pac, outgoing_pns};

#[test]
fn control_connection() {
    use automaton::{Actions as A, Event as E, State as S};
    // RFC 2637 §3.1.1 (originator) and §3.1.2 (receiver). "Idle" is WaitRequest for a receiver whose TCP is open, else
    // Closed. The receiver's figure says "Receive Start Ctl Connection Request /Send Stop Reply" where its text says
    // Stop.
    let none = A::empty();
    let closed = (S::Closed, none);
    let asks = (S::WaitRequest, none);
    let waits = (S::WaitReply, none);
    let up = (S::Established, none);
    let stops = (S::WaitStopReply, none);
    let close = (S::Closed, A::CLOSE_TCP);
    let stopped = (S::Closed, A::STOP_REPLY | A::CLOSE_TCP);
    let stop = (S::WaitStopReply, A::STOP_REQUEST);
    let second = (S::Established, A::REFUSE_SECOND);
    let started = (S::Established, A::START_REPLY);
    let refused = (S::Closed, A::REFUSE_VERSION | A::CLOSE_TCP);
    let states = [
        S::Closed,
        S::WaitRequest,
        S::WaitReply,
        S::Established,
        S::WaitStopReply,
    ];
    #[rustfmt::skip]
    let table = [
        // Event                     Closed  WaitRequest WaitReply Established WaitStopReply
        (E::TcpClosed,              [closed, close,      close,    close,      close]),
        (E::StartRequest,           [closed, started,    waits,    second,     stops]),
        (E::StartRequestBadVersion, [closed, refused,    waits,    second,     stops]),
        (E::StartReply,             [closed, asks,       up,       up,         stops]),
        (E::StartReplyBadVersion,   [closed, asks,       stop,     up,         stops]),
        (E::StartReplyRefused,      [closed, asks,       close,    up,         stops]),
        (E::StopRequest,            [closed, stopped,    stopped,  stopped,    stopped]),
        (E::StopReply,              [closed, asks,       waits,    up,         close]),
        (E::Terminate,              [closed, close,      close,    stop,       stops]),
        (E::Abort,                  [closed, close,      close,    close,      close]),
    ];
    for origin in [Origin::Originator, Origin::Receiver] {
        for (event, row) in table {
            for (state, expected) in states.into_iter().zip(row) {
                let result = automaton::step(origin, state, event);
                assert_eq!(result, expected, "{origin:?} {state:?} {event:?}");
            }
        }
        let opened = match origin {
            Origin::Originator => (S::WaitReply, A::START_REQUEST),
            Origin::Receiver => asks,
        };
        for (state, expected) in states.into_iter().zip([opened, asks, waits, up, stops]) {
            assert_eq!(automaton::step(origin, state, E::TcpOpen), expected);
        }
    }
}

#[test]
fn outgoing_call_at_the_pns() {
    use call::Actions as A;
    use outgoing_pns::{Event as E, State as S};
    // RFC 2637 §3.2.4.2.
    let none = A::empty();
    let idle = (S::Idle, none);
    let waits = (S::WaitReply, none);
    let up = (S::Established, none);
    let clears = (S::WaitDisconnect, none);
    let request = (S::WaitReply, A::SEND_REQUEST);
    let connect = (S::Established, A::CONNECTED);
    let clear = (S::WaitDisconnect, A::SEND_CLEAR);
    let over = (S::Idle, A::ENDED);
    let states = [S::Idle, S::WaitReply, S::Established, S::WaitDisconnect];
    #[rustfmt::skip]
    let table = [
        // Event         Idle     Wait-Reply Established Wait-Disconnect
        (E::Open,       [request, waits,     up,         clears]),
        (E::Reply,      [idle,    connect,   up,         clears]),
        (E::ReplyError, [idle,    over,      up,         over]),
        (E::Disconnect, [idle,    over,      over,       over]),
        (E::Terminate,  [idle,    clear,     clear,      clears]),
        (E::TimeOut,    [idle,    over,      up,         over]),
    ];
    for (event, row) in table {
        for (state, expected) in states.into_iter().zip(row) {
            assert_eq!(
                outgoing_pns::step(state, event),
                expected,
                "{state:?} {event:?}"
            );
        }
    }
}

#[test]
fn outgoing_call_at_the_pac() {
    use call::Actions as A;
    use outgoing_pac::{Event as E, State as S};
    // RFC 2637 §3.2.4.1.
    let none = A::empty();
    let idle = (S::Idle, none);
    let waits = (S::WaitAnswer, none);
    let up = (S::Established, none);
    let dial = (S::WaitAnswer, A::REQUESTED);
    let answer = (S::Established, A::SEND_REPLY | A::CONNECTED);
    let refuse = (S::Idle, A::SEND_REPLY | A::ENDED);
    let notify = (S::Idle, A::SEND_DISCONNECT | A::ENDED);
    let states = [S::Idle, S::WaitAnswer, S::Established];
    #[rustfmt::skip]
    let table = [
        // Event        idle  wait_cs_ans established
        (E::Request,   [dial, waits,      up]),
        (E::Accept,    [idle, answer,     up]),
        (E::Refuse,    [idle, refuse,     up]),
        (E::Clear,     [idle, notify,     notify]),
        (E::Terminate, [idle, refuse,     notify]),
    ];
    for (event, row) in table {
        for (state, expected) in states.into_iter().zip(row) {
            assert_eq!(
                outgoing_pac::step(state, event),
                expected,
                "{state:?} {event:?}"
            );
        }
    }
}

#[test]
fn incoming_call_at_the_pac() {
    use call::Actions as A;
    use incoming_pac::{Event as E, State as S};
    // RFC 2637 §3.2.3.1, and a state for the line that is answered.
    let none = A::empty();
    let idle = (S::Idle, none);
    let waits = (S::WaitReply, none);
    let picks = (S::WaitLine, none);
    let up = (S::Established, none);
    let ask = (S::WaitReply, A::SEND_REQUEST);
    let taken = (S::WaitLine, A::ACCEPTED);
    let answer = (S::Established, A::SEND_CONNECTED | A::CONNECTED);
    let over = (S::Idle, A::ENDED);
    let notify = (S::Idle, A::SEND_DISCONNECT | A::ENDED);
    let states = [S::Idle, S::WaitReply, S::WaitLine, S::Established];
    #[rustfmt::skip]
    let table = [
        // Event        idle  wait_reply (line)  established
        (E::Ring,      [ask,  waits,     picks,  up]),
        (E::Reply,     [idle, taken,     picks,  up]),
        (E::ReplyNo,   [idle, over,      picks,  up]),
        (E::Answered,  [idle, waits,     answer, up]),
        (E::Clear,     [idle, notify,    notify, notify]),
        (E::Terminate, [idle, notify,    notify, notify]),
        (E::TimeOut,   [idle, over,      notify, up]),
    ];
    for (event, row) in table {
        for (state, expected) in states.into_iter().zip(row) {
            let result = incoming_pac::step(state, event);
            assert_eq!(result, expected, "{state:?} {event:?}");
        }
    }
}

#[test]
fn incoming_call_at_the_pns() {
    use call::Actions as A;
    use incoming_pns::{Event as E, State as S};
    // RFC 2637 §3.2.3.2, and a state for our caller who is asked.
    let none = A::empty();
    let idle = (S::Idle, none);
    let asks = (S::WaitAnswer, none);
    let waits = (S::WaitConnect, none);
    let up = (S::Established, none);
    let clears = (S::WaitDisconnect, none);
    let ask = (S::WaitAnswer, A::REQUESTED);
    let take = (S::WaitConnect, A::SEND_REPLY);
    let refuse = (S::Idle, A::SEND_REPLY | A::ENDED);
    let connect = (S::Established, A::CONNECTED);
    let clear = (S::WaitDisconnect, A::SEND_CLEAR);
    let over = (S::Idle, A::ENDED);
    let states = [
        S::Idle,
        S::WaitAnswer,
        S::WaitConnect,
        S::Established,
        S::WaitDisconnect,
    ];
    #[rustfmt::skip]
    let table = [
        // Event         Idle  (asked) Wait-Connect Established Wait-Disconnect
        (E::Request,    [ask,  asks,   waits,       up,         clears]),
        (E::Accept,     [idle, take,   waits,       up,         clears]),
        (E::Refuse,     [idle, refuse, waits,       up,         clears]),
        (E::Connected,  [idle, asks,   connect,     up,         clears]),
        (E::Disconnect, [idle, over,   over,        over,       over]),
        (E::Terminate,  [idle, refuse, clear,       clear,      clears]),
        (E::TimeOut,    [idle, refuse, over,        up,         over]),
    ];
    for (event, row) in table {
        for (state, expected) in states.into_iter().zip(row) {
            let result = incoming_pns::step(state, event);
            assert_eq!(result, expected, "{state:?} {event:?}");
        }
    }
}
