//! The side that is asked who it is.

mod caller;
mod machine;
mod methods;
mod retry;

use super::message::{self, BUILT_IN, Content};
use super::room::{EapRoom, NoRoom};
use crate::auth::machine::Step;
use crate::auth::mschapv2::{self, ChangeRoom, NoChange};
use crate::auth::{Discard, Identity, Methods};
use crate::codec::{BufferTooSmall, Writer};
use crate::event::DownReason;
use crate::random::Random;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::Packet;
use crate::wire::eap::{Code, Message, Type};
use crate::wire::eap_md5::Md5Challenge;
use crate::wire::eap_mschapv2;
use crate::wire::eap_nak::{ExpandedNak, ExpandedType, Nak};
use crate::wire::mschapv2::ErrorCode;
use core::time::Duration;
use heapless::Vec;
use pptp_mppe::StartKeys;

/// Answers the Requests of an authenticator.
///
/// [`Peer::open`] when LCP has negotiated EAP for this side, [`Peer::close`] when LCP leaves Opened. In between, packets and
/// time go in and packets come out of [`Peer::poll_packet`]; any order of calls is safe. Who we are is given along, and has
/// to stay the same while it is open.
///
/// It answers and never sends anything again by itself: a Request that comes again gets the same Response again, without
/// another look (RFC 3748 §4.1). A Success is believed only if a method has come to its end by then (RFC 3748 §4.2): of
/// MSCHAPv2, if the authenticator has proved itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer<C: ChangeRoom = NoChange, R: EapRoom = NoRoom> {
    phase: Phase,
    methods: Methods,
    /// The Identifier of the Request that is or was last answered.
    last: Option<u8>,
    reply: Reply,
    pending: bool,
    /// Whether that Request had the long form of a type: its Response has it as well.
    is_expanded: bool,
    /// What it comes to in the end, if no Success can change that any more.
    end: Option<DownReason>,
    inner: mschapv2::Peer<C>,
    md5: [u8; 16],
    keys: Option<StartKeys>,
    notification: Vec<u8, { Peer::MAX_NOTIFICATION_LEN }, u8>,
    room: R,
    timers: TimerTable<Timer, 1>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    /// No method has begun.
    Opened,
    Md5,
    MsChapV2,
    /// A method of the caller's.
    Caller(ExpandedType),
    Authenticated,
    Failed,
}

/// What answers the last Request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    /// Somebody has still to say.
    Awaited,
    Identity,
    Notification,
    Nak,
    Md5,
    /// A message of MS-CHAPv2's.
    MsChapV2,
    /// The authenticator has proved itself.
    SuccessAck,
    /// There is no other try.
    FailureAck,
    /// The caller's.
    Passed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// There has been no Success for too long, or nobody to ask for another password.
    GiveUp,
}

impl TimerKey for Timer {
    const ALL: &'static [Self] = &[Self::GiveUp];

    fn slot(self) -> usize {
        0
    }
}

impl Default for Peer {
    fn default() -> Self {
        Self::new()
    }
}

impl Peer {
    /// How long after [`Peer::open`] there has to be a Success, whatever is asked until then.
    pub const TIMEOUT: Duration = Duration::from_secs(60);
    /// How long a Failure is waited for that is due.
    pub const FAILURE_TIMEOUT: Duration = Duration::from_secs(3);
    /// How much of a Notification is kept, in octets.
    pub const MAX_NOTIFICATION_LEN: usize = 64;

    /// A peer that has not been opened yet, with the methods that are built in.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_rooms(NoChange, NoRoom)
    }
}

impl<C: ChangeRoom, R: EapRoom> Peer<C, R> {
    /// A peer that has not been opened yet, with the memory that it takes to change a password and to have the caller's own
    /// methods, or without.
    #[must_use]
    pub const fn with_rooms(change: C, room: R) -> Self {
        Self {
            phase: Phase::Closed,
            methods: Methods::empty(),
            last: None,
            reply: Reply::Awaited,
            pending: false,
            is_expanded: false,
            end: None,
            inner: mschapv2::Peer::with_room(change),
            md5: [0; 16],
            keys: None,
            notification: Vec::new(),
            room,
            timers: TimerTable::new(),
        }
    }

    /// Starts to wait for a Request, with nothing left of what was before. Of `methods` those of EAP may be used.
    pub fn open(&mut self, now: Instant, methods: Methods) {
        self.close();
        self.phase = Phase::Opened;
        self.methods = methods;
        self.timers.set(Timer::GiveUp, now + Peer::TIMEOUT);
    }

    /// Ends it, and forgets the keys.
    pub fn close(&mut self) {
        self.end();
        self.phase = Phase::Closed;
        self.last = None;
        self.keys = None;
    }

    /// Whether the authenticator has let us in.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.phase == Phase::Authenticated
    }

    /// The start keys of MPPE that the method came to, if it has keys.
    #[must_use]
    pub const fn keys(&self) -> Option<&StartKeys> {
        self.keys.as_ref()
    }

    /// The newest Notification, cut to what is kept: a text for people (RFC 3748 §5.2).
    #[must_use]
    pub fn notification(&self) -> &[u8] {
        &self.notification
    }

    /// Takes a packet of EAP. `who` is us; `own_challenge` is what we challenge the other side with, if we do.
    ///
    /// # Errors
    /// Why the packet was ignored.
    pub fn handle_packet(
        &mut self,
        now: Instant,
        who: &impl Identity,
        packet: Packet<'_>,
        own_challenge: Option<&[u8]>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        let message = Message::parse(packet)?;
        if matches!(self.phase, Phase::Closed | Phase::Failed) {
            return Err(Discard::Unexpected);
        }
        match message {
            Message::Request { kind, data } => {
                let content = Content::new(kind, data)?;
                let request = Request {
                    packet,
                    content,
                    own_challenge,
                };
                self.handle_request(now, who, &request, random)
            }
            Message::Success => self.handle_success(packet.identifier),
            Message::Failure => self.handle_failure(packet.identifier),
            other => Err(Discard::UnknownCode(other.code().0)),
        }
    }

    /// The authenticator has gone on, so that there was a Success, which is believed now if it would have been then (RFC
    /// 3748 §4.2).
    pub fn hurry(&mut self) {
        if self.may_succeed() {
            self.succeed();
        }
    }

    /// Has the time be `now`.
    #[must_use]
    pub fn handle_timeout(&mut self, now: Instant) -> Step {
        if !self.timers.take_expired(Timer::GiveUp, now) {
            return Step::Nothing;
        }
        let reason = self.why_refused();
        self.fail(reason.unwrap_or(DownReason::AuthenticationTimeout))
    }

    /// When [`Peer::handle_timeout`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.timers.next().map(|(at, _)| at)
    }

    /// Writes the packet that is to be sent, if there is one, and gives its length.
    ///
    /// # Errors
    /// If it does not fit; it stays to be sent.
    pub fn poll_packet(
        &mut self,
        who: &impl Identity,
        out: &mut [u8],
    ) -> Result<Option<usize>, BufferTooSmall> {
        let Some(identifier) = self.last.filter(|_| self.pending) else {
            return Ok(None);
        };
        let header = (Code::RESPONSE, identifier);
        let len = match self.reply {
            Reply::Awaited => None,
            Reply::MsChapV2 => message::wrap(out, header, self.is_expanded, |out| {
                let packet = self.inner.poll_packet(who, out)?;
                Ok(packet.map(|packet| packet.len()))
            })?,
            _ => {
                let mut writer = Writer::new(out);
                self.write_reply(&mut writer, who, header);
                Some(writer.finish()?.len())
            }
        };
        self.pending = false;
        Ok(len)
    }

    fn write_reply(&self, writer: &mut Writer<'_>, who: &impl Identity, header: (Code, u8)) {
        let name = who.name().as_bytes();
        let kind = match self.reply {
            Reply::Passed => return writer.bytes(self.room.packet()),
            Reply::Identity => Type::IDENTITY,
            Reply::Notification => Type::NOTIFICATION,
            Reply::Nak => Type::NAK,
            Reply::Md5 => Type::MD5_CHALLENGE,
            Reply::Awaited | Reply::MsChapV2 | Reply::SuccessAck | Reply::FailureAck => {
                Type::MSCHAPV2
            }
        };
        message::write(
            writer,
            header,
            (kind, self.is_expanded),
            |writer| match self.reply {
                Reply::Identity => writer.bytes(name),
                Reply::Nak if self.is_expanded => {
                    let usable = self.usable(who).map(ExpandedType::of);
                    ExpandedNak::encode_types(writer, usable);
                }
                Reply::Nak => {
                    let start = writer.len();
                    self.usable(who).for_each(|kind| writer.u8(kind.0));
                    if writer.len() == start {
                        Nak { data: &[0] }.encode(writer);
                    }
                }
                Reply::Md5 => {
                    let value = &self.md5;
                    Md5Challenge { value, name }.encode(writer);
                }
                Reply::SuccessAck => eap_mschapv2::Message::SuccessAck.encode(writer),
                Reply::FailureAck => eap_mschapv2::Message::FailureAck.encode(writer),
                Reply::Notification | Reply::Awaited | Reply::MsChapV2 | Reply::Passed => {}
            },
        );
    }

    /// The methods built in that we can and may use, the strongest first.
    fn usable(&self, who: &impl Identity) -> impl Iterator<Item = Type> {
        let mut methods = self.methods;
        if who.password().is_none() {
            methods.remove(Methods::EAP_MD5);
        }
        let usable = BUILT_IN.iter();
        usable
            .filter(move |(_, it)| methods.contains(*it))
            .map(|(kind, _)| *kind)
    }

    /// Answers a Request with `reply`.
    fn answer(&mut self, request: &Request<'_, '_>, reply: Reply) {
        self.last = Some(request.packet.identifier);
        self.is_expanded = request.content.is_expanded;
        self.reply = reply;
        self.pending = reply != Reply::Awaited;
    }

    /// Whether the last Request has no answer yet, for somebody has to say it: there can be no other until then.
    fn is_awaited(&self) -> bool {
        self.reply == Reply::Awaited && self.last.is_some() && self.phase != Phase::Authenticated
    }

    /// Whether what a Success, or a Failure, answers may have been our last Response. pppd counts on, against RFC 3748 §4.2.
    fn answers_last(&self, identifier: u8) -> Result<(), Discard> {
        match self.last {
            Some(last) if identifier == last || identifier == last.wrapping_add(1) => Ok(()),
            Some(_) => Err(Discard::WrongIdentifier),
            None => Err(Discard::Unexpected),
        }
    }

    /// Whether a method is through, so that a Success can be believed.
    fn may_succeed(&self) -> bool {
        let method = match self.phase {
            Phase::Md5 => true,
            Phase::MsChapV2 => self.inner.is_authenticated(),
            Phase::Caller(_) => self.room.is_finished() && !self.is_awaited(),
            Phase::Closed | Phase::Opened | Phase::Authenticated | Phase::Failed => false,
        };
        method && !self.pending && self.end.is_none()
    }

    fn succeed(&mut self) {
        self.keys = match self.phase {
            Phase::MsChapV2 => self.inner.keys().cloned(),
            Phase::Caller(_) => self.room.keys().cloned(),
            _ => None,
        };
        self.phase = Phase::Authenticated;
        self.timers.stop_all();
    }

    fn handle_success(&mut self, identifier: u8) -> Result<Step, Discard> {
        self.answers_last(identifier)?;
        if !self.may_succeed() {
            return Err(Discard::Unexpected);
        }
        self.succeed();
        Ok(Step::Done)
    }

    fn handle_failure(&mut self, identifier: u8) -> Result<Step, Discard> {
        self.answers_last(identifier)?;
        // Once each end has said Success to the other, it is too late (RFC 3748 §4.2).
        let succeeded = self.phase == Phase::MsChapV2 && self.may_succeed();
        if self.phase == Phase::Authenticated || succeeded {
            return Err(Discard::Unexpected);
        }
        let nothing_agreed = self.phase == Phase::Opened && self.reply == Reply::Nak;
        let refused = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
        let reason = self.why_refused().unwrap_or(if nothing_agreed {
            DownReason::CredentialsWanted
        } else {
            refused
        });
        Ok(self.fail(reason))
    }

    /// What is known of why there will be no Success.
    fn why_refused(&self) -> Option<DownReason> {
        let refused = self.inner.wanted();
        let refused = refused.map(|wanted| DownReason::AuthenticationFailed(wanted.error));
        self.end.or(refused)
    }

    fn fail(&mut self, reason: DownReason) -> Step {
        self.close();
        self.phase = Phase::Failed;
        Step::Failed(reason)
    }

    /// Forgets all of a conversation, but for who began it and what it came to.
    fn end(&mut self) {
        self.reply = Reply::Awaited;
        self.pending = false;
        self.end = None;
        self.inner.close();
        self.md5 = [0; 16];
        self.room.clear();
        self.timers.stop_all();
    }
}

/// A Request that has come.
struct Request<'a, 'c> {
    packet: Packet<'a>,
    content: Content<'a>,
    own_challenge: Option<&'c [u8]>,
}
