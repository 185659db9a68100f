//! The control connection itself. What its caller decides about calls is in `calls.rs`, what the peer says in
//! `receive.rs`, what is said to the peer in `send.rs`, and what the caller is told in `tell.rs`.

use super::automaton::{self, Actions, State};
use super::call::Call;
use super::{CallEnd, CloseReason, Config, Origin, Role, StartConfig, Stats};
use crate::log::debug;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::{
    Capabilities, GeneralError, OutgoingCallResult, StartResult, StopReason, Version,
    WanErrorNotify,
};
use bitflags::bitflags;

/// A control connection of either role, with room for `CALLS` calls.
///
/// It does no input or output. The caller opens or accepts the TCP connection, calls
/// [`control_connected`](Self::control_connected), and from then on, in any order:
///
/// * gives the octets that arrive to [`handle_control`](Self::handle_control), and those that were not consumed once
///   more, in front of the next ones;
/// * calls [`handle_timeout`](Self::handle_timeout) at the time of [`next_timeout`](Self::next_timeout);
/// * after each call drains [`poll_control`](Self::poll_control), whose messages go to the TCP connection one by one
///   (best with `TCP_NODELAY`: some peers and NAT helpers want one message in a segment), and
///   [`poll_event`](Self::poll_event), until both give `None`; and if `handle_control` left octets, calls it again,
///   until it consumes none.
///
/// At [`Event::Closed`](super::Event::Closed) the caller closes the TCP connection. When that is closed by the peer,
/// [`control_closed`](Self::control_closed) says so. After either the same object can be used for another TCP
/// connection.
///
/// A clone is a snapshot: it goes on as the original would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection<const CALLS: usize = 1> {
    pub(super) role: Role,
    pub(super) origin: Origin,
    pub(super) config: Config,
    pub(super) state: State,
    pub(super) peer: StartConfig,
    pub(super) peer_version: Version,
    pub(super) calls: [Option<Call>; CALLS],
    pub(super) pending: Pending,
    /// The one answer that quotes the peer. There is never a second one: while this one is not sent, no message is
    /// handled.
    pub(super) reply: Option<Reply>,
    /// The one piece of news for the caller that quotes the peer; likewise.
    pub(super) notice: Option<Notice>,
    pub(super) stop_reason: StopReason,
    /// Why the connection ends, once it is about to: the first reason counts.
    pub(super) end: Option<CloseReason>,
    pub(super) echo_identifier: u32,
    pub(super) is_echo_outstanding: bool,
    pub(super) timers: TimerTable<Timer, 4>,
    pub(super) stats: Stats,
}

bitflags! {
    /// What is to be sent and to be told, apart from calls.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Pending: u8 {
        /// Send a Start-Control-Connection-Request.
        const START_REQUEST = 1;
        /// Send a Stop-Control-Connection-Request.
        const STOP_REQUEST = 1 << 1;
        /// Send an Echo-Request, as soon as nothing else is outstanding.
        const ECHO_REQUEST = 1 << 2;
        /// Tell that the connection is established.
        const CONNECTED = 1 << 3;
        /// Tell that the connection is closed.
        const CLOSED = 1 << 4;
    }
}

/// An answer to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// Start-Control-Connection-Reply.
    Start(StartResult),
    /// Stop-Control-Connection-Reply.
    Stop,
    /// Echo-Reply.
    Echo { identifier: u32 },
    /// Outgoing-Call-Reply that says no.
    OutgoingCall {
        peer_call_id: u16,
        result: OutgoingCallResult,
        error: GeneralError,
    },
    /// Incoming-Call-Reply that says no.
    IncomingCall {
        peer_call_id: u16,
        error: GeneralError,
    },
    /// Call-Disconnect-Notify about a call that there is not.
    Disconnect { call_id: u16, error: GeneralError },
}

/// News about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    LinkInfo { call: usize },
    WanErrors { call: usize, errors: WanErrorNotify },
}

/// The timers of a connection; each call has one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Start,
    Stop,
    KeepAlive,
    EchoReply,
}

impl TimerKey for Timer {
    const ALL: &'static [Self] = &[Self::Start, Self::Stop, Self::KeepAlive, Self::EchoReply];

    fn slot(self) -> usize {
        match self {
            Self::Start => 0,
            Self::Stop => 1,
            Self::KeepAlive => 2,
            Self::EchoReply => 3,
        }
    }
}

/// What a control connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TimerKind {
    /// The peer's Start-Control-Connection message.
    Start,
    /// The Stop-Control-Connection-Reply; or, if the connection has ended, that our last message is taken to be sent.
    Stop,
    /// The time to send an Echo-Request.
    KeepAlive,
    /// The Echo-Reply.
    EchoReply,
    /// The answer to a call's request, or to our Call-Clear-Request.
    Call,
}

impl<const CALLS: usize> Connection<CALLS> {
    /// A control connection that has no TCP connection yet.
    #[must_use]
    pub const fn new(role: Role, origin: Origin, config: Config) -> Self {
        Self {
            role,
            origin,
            peer: config.start,
            config,
            state: State::Closed,
            peer_version: Version::V1_0,
            calls: [const { None }; CALLS],
            pending: Pending::empty(),
            reply: None,
            notice: None,
            stop_reason: StopReason::None,
            end: None,
            echo_identifier: 0,
            is_echo_outstanding: false,
            timers: TimerTable::new(),
            stats: Stats {
                received: 0,
                sent: 0,
                unknown: 0,
                unexpected: 0,
                restarts: 0,
                misdirected: 0,
                unmatched_echo_replies: 0,
                link_infos: 0,
            },
        }
    }

    /// What has been counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Whether the connection is established: Start-Control-Connection messages have been exchanged, and neither end
    /// has asked for its end.
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.state == State::Established && self.end.is_none()
    }

    /// Why the connection has ended, or is about to.
    #[must_use]
    pub const fn close_reason(&self) -> Option<CloseReason> {
        self.end
    }

    /// Whether there is something to be sent or told: until that is drained, no further message is handled.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.next_output().is_some() || self.next_event().is_some()
    }

    /// What the peer has said about itself, once the connection is established.
    #[must_use]
    pub fn peer(&self) -> Capabilities<'_> {
        self.peer.capabilities()
    }

    /// The TCP connection is open. This starts from the beginning, if the last one has ended; what was not told of that
    /// is forgotten.
    pub fn control_connected(&mut self, now: Instant) {
        if self.state != State::Closed {
            return;
        }
        self.calls = [const { None }; CALLS];
        self.pending = Pending::empty();
        self.reply = None;
        self.notice = None;
        self.stop_reason = StopReason::None;
        self.end = None;
        self.is_echo_outstanding = false;
        self.advance(now, automaton::Event::TcpOpen, CloseReason::Local);
    }

    /// The TCP connection is closed. What was to be sent never will be.
    pub fn control_closed(&mut self, now: Instant) {
        self.cut(now, automaton::Event::TcpClosed, CloseReason::TcpClosed);
    }

    /// Ends all calls, then the connection: within the time-outs `clear` and `stop` together, whatever the peer does.
    pub fn close(&mut self, now: Instant) {
        self.begin_close(now, CloseReason::Local, CallEnd::Local);
    }

    /// Ends the connection without another message, for it has lost a [`collision`](super::collision()).
    pub fn collision_lost(&mut self, now: Instant) {
        self.cut(now, automaton::Event::Abort, CloseReason::Collision);
    }

    /// Does what is due by `now`; nothing, if that is before [`next_timeout`](Self::next_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.timers.take_expired(Timer::Start, now) {
            self.advance(now, automaton::Event::Abort, CloseReason::StartTimedOut);
        }
        if self.timers.take_expired(Timer::Stop, now) {
            self.cut(now, automaton::Event::Abort, CloseReason::Local);
        }
        if self.timers.take_expired(Timer::EchoReply, now) {
            self.advance(now, automaton::Event::Abort, CloseReason::EchoTimedOut);
        }
        if self.timers.take_expired(Timer::KeepAlive, now) {
            if self.is_quiet() {
                self.pending |= Pending::ECHO_REQUEST;
                // From now on, for a peer that reads nothing must not hold the connection for ever.
                let at = now + self.config.time_outs.echo_reply;
                self.timers.set(Timer::EchoReply, at);
            } else {
                self.keep_alive(now);
            }
        }
        let time_outs = &self.config.time_outs;
        let mut is_peer_late = false;
        for call in self.calls.iter_mut().flatten() {
            is_peer_late |= call.handle_timeout(now, time_outs);
        }
        if is_peer_late {
            // RFC 2637 §3.2.1: the integrity of the whole connection is suspect.
            self.begin_close(now, CloseReason::CallTimedOut, CallEnd::ConnectionClosed);
        }
        self.go_on_closing(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do; never in the past once everything is drained.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.next_timer().map(|(at, _)| at)
    }

    /// What the time-out of [`next_timeout`](Self::next_timeout) is about.
    #[must_use]
    pub fn timeout_reason(&self) -> Option<TimerKind> {
        self.next_timer().map(|(_, kind)| kind)
    }

    fn next_timer(&self) -> Option<(Instant, TimerKind)> {
        let timer = self.timers.next().map(|(at, timer)| {
            let kind = match timer {
                Timer::Start => TimerKind::Start,
                Timer::Stop => TimerKind::Stop,
                Timer::KeepAlive => TimerKind::KeepAlive,
                Timer::EchoReply => TimerKind::EchoReply,
            };
            (at, kind)
        });
        let deadlines = self.calls.iter().flatten().filter_map(Call::next_timeout);
        let calls = deadlines.map(|at| (at, TimerKind::Call));
        timer.into_iter().chain(calls).min_by_key(|(at, _)| *at)
    }

    /// The version in use: the lower one of both (RFC 2637 §3.1.1).
    pub(super) fn version(&self) -> Version {
        self.peer_version.min(Version::V1_0)
    }

    /// Has `event` happen to the connection; `reason` is why the connection ends, if it does.
    pub(super) fn advance(&mut self, now: Instant, event: automaton::Event, reason: CloseReason) {
        let before = self.state;
        let (state, actions) = automaton::step(self.origin, before, event);
        self.state = state;
        debug!(
            "control connection: {:?} in {:?}, now {:?}",
            event, before, state
        );
        if actions.contains(Actions::CLOSE_TCP) {
            self.shut(reason);
        }
        if actions.contains(Actions::START_REQUEST) {
            self.pending |= Pending::START_REQUEST;
        }
        if actions.contains(Actions::STOP_REQUEST) {
            self.pending |= Pending::STOP_REQUEST;
        }
        let replies = [
            (Actions::START_REPLY, Reply::Start(StartResult::Successful)),
            (
                Actions::REFUSE_VERSION,
                Reply::Start(StartResult::VersionNotSupported),
            ),
            (
                Actions::REFUSE_SECOND,
                Reply::Start(StartResult::AlreadyExists),
            ),
            (Actions::STOP_REPLY, Reply::Stop),
        ];
        for (action, reply) in replies {
            if actions.contains(action) {
                self.reply = Some(reply);
            }
        }
        if state == before {
            return;
        }
        self.timers.stop_all();
        match state {
            State::Closed => {
                if self.reply.is_some() {
                    self.timers
                        .set(Timer::Stop, now + self.config.time_outs.stop);
                }
            }
            State::WaitRequest | State::WaitReply => {
                self.timers
                    .set(Timer::Start, now + self.config.time_outs.start);
            }
            State::Established => {
                self.pending |= Pending::CONNECTED;
                self.keep_alive(now);
            }
            State::WaitStopReply => {
                self.end.get_or_insert(reason);
                self.timers
                    .set(Timer::Stop, now + self.config.time_outs.stop);
            }
        }
    }

    /// Has the connection end by `event` at once, whatever was to be sent.
    fn cut(&mut self, now: Instant, event: automaton::Event, reason: CloseReason) {
        self.reply = None;
        self.timers.stop_all();
        self.advance(now, event, reason);
    }

    /// The TCP connection is gone or is to go: every call ends, and nothing more is sent but for what `advance` adds.
    fn shut(&mut self, reason: CloseReason) {
        self.end.get_or_insert(reason);
        self.pending = self.pending & Pending::CONNECTED | Pending::CLOSED;
        self.reply = None;
        for call in self.calls.iter_mut().flatten() {
            call.forget(CallEnd::ConnectionClosed);
        }
    }

    fn begin_close(&mut self, now: Instant, reason: CloseReason, cause: CallEnd) {
        if self.end.is_some() {
            return;
        }
        if self.state != State::Established {
            self.advance(now, automaton::Event::Terminate, reason);
            return;
        }
        self.end = Some(reason);
        self.timers.stop_all();
        self.pending.remove(Pending::ECHO_REQUEST);
        let time_outs = &self.config.time_outs;
        for call in self.calls.iter_mut().flatten() {
            call.terminate(now, cause, time_outs);
        }
        self.go_on_closing(now);
    }

    /// Stops the connection, if it is to end and all of its calls have.
    pub(super) fn go_on_closing(&mut self, now: Instant) {
        if let Some(reason) = self.end
            && self.state == State::Established
            && self.calls.iter().flatten().all(Call::is_idle)
        {
            self.advance(now, automaton::Event::Terminate, reason);
        }
    }

    /// The peer has just shown that it is there.
    pub(super) fn keep_alive(&mut self, now: Instant) {
        if let Some(after) = self.config.time_outs.keep_alive
            && self.is_established()
            && !self.is_echo_outstanding
        {
            self.pending.remove(Pending::ECHO_REQUEST);
            self.timers.stop(Timer::EchoReply);
            self.timers.set(Timer::KeepAlive, now + after);
        }
    }

    /// Whether an Echo-Request may be sent: not between a request and its reply, for some peers read strictly in turn.
    pub(super) fn is_quiet(&self) -> bool {
        self.state == State::Established && !self.calls.iter().flatten().any(Call::is_outstanding)
    }
}
