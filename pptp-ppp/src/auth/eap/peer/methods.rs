//! What a Request comes to.

use super::{Peer, Phase, Reply, Request, Timer};
use crate::auth::chap::md5::digest;
use crate::auth::eap::message;
use crate::auth::eap::room::EapRoom;
use crate::auth::machine::Step;
use crate::auth::mschapv2::{ChangeRoom, PeerError, PeerEvent};
use crate::auth::{Discard, Identity, Methods};
use crate::codec::ParseError;
use crate::event::DownReason;
use crate::log::debug;
use crate::random::Random;
use crate::time::Instant;
use crate::wire::eap::Type;
use crate::wire::eap_md5::Md5Challenge;
use crate::wire::eap_mschapv2::Message;
use crate::wire::eap_nak::ExpandedType;

impl<C: ChangeRoom, R: EapRoom> Peer<C, R> {
    pub(super) fn handle_request(
        &mut self,
        now: Instant,
        who: &impl Identity,
        request: &Request<'_, '_>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        if self.is_awaited() {
            return Err(Discard::Unexpected);
        }
        if self.last == Some(request.packet.identifier) {
            self.repeat();
            return Ok(Step::Nothing);
        }
        let kind = request.content.legacy();
        // It is for Responses alone (RFC 3748 §5.3).
        if self.end.is_some() || kind == Some(Type::NAK) {
            return Err(Discard::Unexpected);
        }
        if kind == Some(Type::NOTIFICATION) {
            return Ok(self.notify(request));
        }
        // Once a method has begun there is no other, nor a Nak, until it has come to its end (RFC 3748 §2.1).
        let begun = match self.phase {
            Phase::Md5 => Some(ExpandedType::of(Type::MD5_CHALLENGE)),
            Phase::MsChapV2 => Some(ExpandedType::of(Type::MSCHAPV2)),
            Phase::Caller(kind) => Some(kind),
            Phase::Closed | Phase::Opened | Phase::Authenticated | Phase::Failed => None,
        };
        if begun.is_some_and(|begun| begun != request.content.kind) {
            return Err(Discard::Unexpected);
        }
        let is_usable = kind.is_some_and(|kind| self.usable(who).any(|usable| usable == kind));
        match kind {
            Some(Type::IDENTITY) => {
                self.begin(Phase::Opened);
                self.answer(request, Reply::Identity);
                Ok(Step::Nothing)
            }
            Some(Type::MD5_CHALLENGE) if is_usable => self.handle_md5(who, request),
            Some(Type::MSCHAPV2) if is_usable => self.handle_ms_chap_v2(now, who, request, random),
            _ if self.methods.contains(Methods::EAP) && R::LEN > 0 => self.pass(request),
            _ => {
                self.begin(Phase::Opened);
                self.answer(request, Reply::Nak);
                Ok(Step::Nothing)
            }
        }
    }

    /// The Request was here before: so is the Response.
    fn repeat(&mut self) {
        if self.reply == Reply::MsChapV2 {
            self.inner.hurry();
        }
        self.pending = true;
    }

    fn notify(&mut self, request: &Request<'_, '_>) -> Step {
        let text = request.content.data.iter().copied();
        self.notification = text.take(Peer::MAX_NOTIFICATION_LEN).collect();
        self.answer(request, Reply::Notification);
        Step::Notified
    }

    /// Begins a conversation, or a method in it, if none has begun.
    pub(super) fn begin(&mut self, phase: Phase) {
        if self.phase == Phase::Authenticated {
            self.end();
        }
        self.phase = phase;
    }

    fn handle_md5(
        &mut self,
        who: &impl Identity,
        request: &Request<'_, '_>,
    ) -> Result<Step, Discard> {
        let Md5Challenge { value, .. } = Md5Challenge::parse(request.content.data)?;
        if value.is_empty() {
            return Err(ParseError::invalid("Value-Size", message::HEADER_LEN).into());
        }
        if request.own_challenge == Some(value) {
            return Err(Discard::OwnChallenge);
        }
        let password = who.password().ok_or(Discard::Unexpected)?;
        self.begin(Phase::Md5);
        self.md5 = digest(request.packet.identifier, password, value);
        self.answer(request, Reply::Md5);
        Ok(Step::Nothing)
    }

    fn handle_ms_chap_v2(
        &mut self,
        now: Instant,
        who: &impl Identity,
        request: &Request<'_, '_>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        let data = request.content.data;
        let has_begun = self.phase == Phase::MsChapV2;
        match Message::parse(data)? {
            // There is one Challenge; what another try answers is in the Failure.
            Message::Challenge { challenge, .. } if !has_begun => {
                if request.own_challenge == Some(&challenge) {
                    return Err(Discard::OwnChallenge);
                }
                self.begin(Phase::MsChapV2);
                self.inner.open(now);
            }
            Message::Success { .. } | Message::Failure { .. } if has_begun => {}
            Message::Other { op_code, .. } => return Err(Discard::UnknownCode(op_code.0)),
            _ => return Err(Discard::Unexpected),
        }
        // Whatever the MS-CHAPv2-ID of a verdict: pppd has it wrong, and the Identifier of EAP is what counts.
        let packet = message::unwrap(data, self.inner.answer_identifier())?;
        let own_challenge = request.own_challenge;
        let taken = self
            .inner
            .handle_packet(now, who, packet, own_challenge, random)?;
        let refused = match taken {
            None => {
                self.answer(request, Reply::MsChapV2);
                return Ok(Step::Nothing);
            }
            Some(PeerEvent::Authenticated { .. }) => {
                self.answer(request, Reply::SuccessAck);
                return Ok(Step::Nothing);
            }
            Some(PeerEvent::Failed { cause, .. }) => cause,
        };
        if !matches!(refused, PeerError::Refused { .. }) {
            return Ok(self.fail(refused.into()));
        }
        let is_wanted = self.inner.wanted().is_some();
        self.answer(request, Reply::Awaited);
        if is_wanted {
            return Ok(Step::Wanted(refused.into()));
        }
        Ok(self.await_failure(now, refused.into()))
    }

    /// Acknowledges that there is no other try; the Failure of EAP ends it.
    pub(super) fn await_failure(&mut self, now: Instant, reason: DownReason) -> Step {
        debug!("EAP-MSCHAPv2 refused: {:?}", reason);
        self.inner.close();
        self.reply = Reply::FailureAck;
        self.pending = true;
        self.will_fail(now, reason);
        Step::Nothing
    }

    /// No Success can help any more.
    pub(super) fn will_fail(&mut self, now: Instant, reason: DownReason) {
        self.end = Some(reason);
        self.timers.set(Timer::GiveUp, now + Peer::FAILURE_TIMEOUT);
    }
}
