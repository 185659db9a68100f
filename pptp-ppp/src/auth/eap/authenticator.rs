//! The side that asks who the other is.

mod caller;
mod machine;
mod methods;

use super::message::{self, Content};
use super::room::{EapRoom, NoRoom};
use crate::auth::machine::Step;
use crate::auth::mschapv2::{self, ChangeRoom, NoChange};
use crate::auth::{Discard, MAX_NAME_LEN, Methods, Name};
use crate::codec::{BufferTooSmall, Writer};
use crate::event::DownReason;
use crate::random::Random;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::Packet;
use crate::wire::eap::{Code, Message, Type};
use crate::wire::eap_md5::Md5Challenge;
use core::time::Duration;
use pptp_mppe::StartKeys;

/// Asks a peer for its Identity, agrees with it on a method, and has it prove itself.
///
/// [`Authenticator::open`] when LCP has negotiated EAP for the other side, and again whenever it is to prove itself anew;
/// [`Authenticator::close`] when LCP leaves Opened. In between, packets and time go in and packets come out of
/// [`Authenticator::poll_packet`]; any order of calls is safe.
///
/// Of the methods that are allowed the strongest is offered first, and after a Nak the strongest of those that it names.
/// A Request that is not answered is sent again, the same one (RFC 3748 §4.1, §4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticator<C: ChangeRoom = NoChange, R: EapRoom = NoRoom> {
    phase: Phase,
    pending: bool,
    /// That of the Request which is or was last asked.
    identifier: u8,
    /// How often it has become due.
    requests: u8,
    /// Those that have not been offered yet.
    methods: Methods,
    identity: Name<MAX_NAME_LEN>,
    challenge: [u8; 16],
    response: [u8; 16],
    inner: mschapv2::Authenticator<C>,
    keys: Option<StartKeys>,
    room: R,
    timers: TimerTable<Timer, 1>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    /// Waits for a Response.
    Asked(Question),
    /// Waits for a verdict on what MD5-Challenge came to, or on what MS-CHAPv2 did.
    Presented(Question),
    /// Waits for the caller.
    Passed,
    Accepted,
    Refused(DownReason),
    /// The peer did not answer.
    Silent,
}

/// What the peer is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Identity,
    Md5,
    /// MS-CHAPv2's Challenge.
    MsChapV2,
    /// Its Success or Failure, to which there is an answer in EAP.
    Verdict,
    /// The caller's.
    Caller,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// The Request is due again, or no Response has come in all the time there was.
    Response,
}

impl TimerKey for Timer {
    const ALL: &'static [Self] = &[Self::Response];

    fn slot(self) -> usize {
        0
    }
}

impl Default for Authenticator {
    fn default() -> Self {
        Self::new()
    }
}

impl Authenticator {
    /// How often a Request is sent before the peer is given up.
    pub const MAX_REQUESTS: u8 = mschapv2::Authenticator::MAX_CHALLENGES;

    /// An authenticator that has asked nobody yet, with the methods that are built in.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_rooms(NoChange, NoRoom)
    }
}

impl<C: ChangeRoom, R: EapRoom> Authenticator<C, R> {
    /// An authenticator that has asked nobody yet, with the memory that it takes to have passwords changed and to have the
    /// caller's own methods, or without.
    #[must_use]
    pub const fn with_rooms(change: C, room: R) -> Self {
        Self {
            phase: Phase::Closed,
            pending: false,
            identifier: 0,
            requests: 0,
            methods: Methods::empty(),
            identity: Name::EMPTY,
            challenge: [0; 16],
            response: [0; 16],
            inner: mschapv2::Authenticator::with_room(change),
            keys: None,
            room,
            timers: TimerTable::new(),
        }
    }

    /// Asks for the Identity; whatever was before no longer counts. Of `methods` those of EAP may be used.
    pub fn open(&mut self, now: Instant, methods: Methods) {
        self.forget();
        self.methods = methods;
        self.ask(now, Question::Identity);
    }

    /// Ends it, and forgets the keys.
    pub fn close(&mut self) {
        self.forget();
        self.phase = Phase::Closed;
        self.keys = None;
    }

    fn forget(&mut self) {
        self.pending = false;
        self.identity = Name::EMPTY;
        self.response = [0; 16];
        self.inner.close();
        self.room.clear();
        self.timers.stop_all();
    }

    /// What the peer is or was last challenged with, by a method that is built in: never to be answered when it comes from
    /// the peer.
    #[must_use]
    pub fn challenge_value(&self) -> Option<&[u8; 16]> {
        match self.phase {
            Phase::Asked(Question::Md5) | Phase::Presented(Question::Md5) => Some(&self.challenge),
            _ => self.inner.challenge_value(),
        }
    }

    /// Whether the peer was let in.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.phase == Phase::Accepted
    }

    /// The start keys of MPPE from the last time that a peer was let in, if the method has keys.
    #[must_use]
    pub const fn keys(&self) -> Option<&StartKeys> {
        self.keys.as_ref()
    }

    /// Takes a packet of EAP.
    ///
    /// # Errors
    /// Why the packet was ignored.
    pub fn handle_packet(
        &mut self,
        now: Instant,
        packet: Packet<'_>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        let (kind, data) = match Message::parse(packet)? {
            Message::Response { kind, data } => (kind, data),
            other => return Err(Discard::UnknownCode(other.code().0)),
        };
        let Phase::Asked(question) = self.phase else {
            return Err(Discard::Unexpected);
        };
        if packet.identifier != self.identifier {
            return Err(Discard::WrongIdentifier);
        }
        let content = Content::new(kind, data)?;
        let step = match (question, content.legacy()) {
            (Question::Identity, Some(Type::IDENTITY)) => {
                self.identity = Name::new(content.data)?;
                if self.methods.contains(Methods::EAP) && R::LEN > 0 {
                    self.pass(&packet)?
                } else {
                    self.offer(now, self.methods, random)
                }
            }
            (Question::Caller, _) => self.pass(&packet)?,
            (Question::Md5 | Question::MsChapV2, Some(Type::NAK)) if !content.is_expanded => {
                let wanted = content.wanted(self.methods)?;
                self.offer(now, wanted, random)
            }
            (Question::Md5, Some(Type::MD5_CHALLENGE)) => self.take_md5(content.data)?,
            (Question::MsChapV2 | Question::Verdict, Some(Type::MSCHAPV2)) => {
                self.take_ms_chap_v2(content.data)?
            }
            _ => return Err(Discard::Unexpected),
        };
        if !matches!(self.phase, Phase::Asked(_)) {
            self.timers.stop_all();
        }
        Ok(step)
    }

    /// Has the time be `now`.
    #[must_use]
    pub fn handle_timeout(&mut self, now: Instant) -> Step {
        if !self.timers.take_expired(Timer::Response, now) {
            return Step::Nothing;
        }
        if self.requests < Authenticator::MAX_REQUESTS {
            self.inner.send_again();
            self.send(now);
            return Step::Nothing;
        }
        let reason = if self.inner.is_refused() {
            DownReason::PeerRejected
        } else {
            DownReason::AuthenticationTimeout
        };
        self.close();
        self.phase = Phase::Silent;
        Step::Failed(reason)
    }

    /// When [`Authenticator::handle_timeout`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.timers.next().map(|(at, _)| at)
    }

    /// Writes the packet that is to be sent, if there is one: its length, and what follows from its being sent. We call
    /// ourselves `name`, which may be empty.
    ///
    /// # Errors
    /// If it does not fit; it stays to be sent.
    pub fn poll_packet(
        &mut self,
        name: &[u8],
        out: &mut [u8],
    ) -> Result<Option<(usize, Step)>, BufferTooSmall> {
        if !self.pending {
            return Ok(None);
        }
        let len = match self.phase {
            Phase::Asked(Question::MsChapV2 | Question::Verdict) => {
                let header = (Code::REQUEST, self.identifier);
                message::wrap(out, header, false, |out| {
                    let packet = self.inner.poll_packet(name, out)?;
                    Ok(packet.map(|packet| packet.len()))
                })?
            }
            _ => {
                let mut writer = Writer::new(out);
                self.write(&mut writer, name);
                Some(writer.finish()?.len())
            }
        };
        self.pending = false;
        let step = match self.phase {
            Phase::Refused(reason) => Step::Failed(reason),
            _ => Step::Nothing,
        };
        Ok(len.map(|len| (len, step)))
    }

    fn write(&self, writer: &mut Writer<'_>, name: &[u8]) {
        let request = (Code::REQUEST, self.identifier);
        match self.phase {
            Phase::Asked(Question::Identity) => {
                message::write(writer, request, (Type::IDENTITY, false), |_| {});
            }
            Phase::Asked(Question::Md5) => {
                let value = &self.challenge;
                message::write(writer, request, (Type::MD5_CHALLENGE, false), |writer| {
                    Md5Challenge { value, name }.encode(writer);
                });
            }
            Phase::Asked(Question::Caller) => writer.bytes(self.room.packet()),
            Phase::Accepted => Message::Success.encode(writer, self.identifier),
            Phase::Refused(_) => Message::Failure.encode(writer, self.identifier),
            Phase::Asked(_)
            | Phase::Closed
            | Phase::Presented(_)
            | Phase::Passed
            | Phase::Silent => {}
        }
    }

    /// Asks something, under the next Identifier.
    fn ask(&mut self, now: Instant, question: Question) {
        self.identifier = self.identifier.wrapping_add(1);
        self.ask_as_is(now, question);
    }

    fn ask_as_is(&mut self, now: Instant, question: Question) {
        self.phase = Phase::Asked(question);
        self.requests = 0;
        self.send(now);
    }

    fn send(&mut self, now: Instant) {
        self.requests = self.requests.saturating_add(1);
        self.pending = true;
        let wait = match (self.phase, self.requests) {
            // Somebody may be thinking of another password.
            (Phase::Asked(Question::Verdict), _) if !self.inner.is_authenticated() => 3000,
            // On a bad path many attempts count for more than a long wait for each.
            (_, 1) => 1000,
            _ => 1500,
        };
        self.timers
            .set(Timer::Response, now + Duration::from_millis(wait));
    }

    /// Lets the peer in, with `keys`.
    fn accept(&mut self, keys: Option<StartKeys>) -> Step {
        self.keys = keys;
        self.phase = Phase::Accepted;
        self.pending = true;
        self.timers.stop_all();
        Step::Done
    }

    /// Turns the peer away: the link goes down once the Failure has been sent.
    fn refuse(&mut self, reason: DownReason) -> Step {
        self.keys = None;
        self.phase = Phase::Refused(reason);
        self.pending = true;
        self.timers.stop_all();
        Step::Nothing
    }
}
