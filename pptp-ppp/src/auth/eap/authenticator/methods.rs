//! The methods that are built in.

use super::{Authenticator, Phase, Question};
use crate::auth::eap::md5::Md5Request;
use crate::auth::eap::message::{self, BUILT_IN};
use crate::auth::eap::room::EapRoom;
use crate::auth::machine::Step;
use crate::auth::mschapv2::ChangeRoom;
use crate::auth::{AuthId, Discard, Methods, Verdict};
use crate::codec::ParseError;
use crate::event::{DownReason, Proof};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::eap::Type;
use crate::wire::eap_md5::Md5Challenge;
use crate::wire::eap_mschapv2::Message;

impl<C: ChangeRoom, R: EapRoom> Authenticator<C, R> {
    /// Offers the strongest of `methods`, which are among those that are left; none of them is offered again.
    pub(super) fn offer(&mut self, now: Instant, methods: Methods, random: &mut Random) -> Step {
        let mut built_in = BUILT_IN.iter();
        let offered = built_in.find(|(_, method)| methods.contains(*method));
        let Some((kind, method)) = offered else {
            // The peer has nothing that it may use.
            return self.refuse(DownReason::PeerRefusesAuthentication);
        };
        self.methods.remove(*method);
        self.inner.close();
        if *kind == Type::MSCHAPV2 {
            self.inner.challenge(now, random);
            self.ask(now, Question::MsChapV2);
        } else {
            self.challenge = random.array();
            self.ask(now, Question::Md5);
        }
        Step::Nothing
    }

    pub(super) fn take_md5(&mut self, data: &[u8]) -> Result<Step, Discard> {
        let Md5Challenge { value, .. } = Md5Challenge::parse(data)?;
        let response = value.try_into();
        let wrong = |_| ParseError::invalid("Value-Size", message::HEADER_LEN);
        self.response = response.map_err(wrong)?;
        self.phase = Phase::Presented(Question::Md5);
        self.pending = false;
        Ok(Step::Requested)
    }

    pub(super) fn take_ms_chap_v2(&mut self, data: &[u8]) -> Result<Step, Discard> {
        let is_verdict = self.phase == Phase::Asked(Question::Verdict);
        match Message::parse(data)? {
            Message::Response { .. } | Message::ChangePassword { .. } => {
                // Whatever the MS-CHAPv2-ID: the Identifier of EAP is what counts.
                let identifier = self.inner.expected_identifier();
                let packet = message::unwrap(data, Some(identifier))?;
                if !self.inner.handle_packet(packet)? {
                    return Err(Discard::Unexpected);
                }
                self.phase = Phase::Presented(Question::MsChapV2);
                self.pending = false;
                Ok(Step::Requested)
            }
            Message::SuccessAck if is_verdict && self.inner.is_authenticated() => {
                let keys = self.inner.keys().cloned();
                Ok(self.accept(keys))
            }
            Message::FailureAck if is_verdict && self.inner.is_authenticated() => {
                Ok(self.refuse(DownReason::PeerRefusesAuthentication))
            }
            Message::FailureAck if is_verdict => Ok(self.refuse(DownReason::PeerRejected)),
            Message::Other { op_code, .. } => Err(Discard::UnknownCode(op_code.0)),
            _ => Err(Discard::Unexpected),
        }
    }

    /// What waits for a verdict, and whose it is.
    #[must_use]
    pub fn request(&self) -> Option<(&[u8], Proof<'_>)> {
        match self.phase {
            Phase::Presented(Question::Md5) => {
                let request = self.md5_request();
                Some((request.user_name, Proof::EapMd5(request)))
            }
            Phase::Presented(_) => match self.inner.request() {
                Some(request) => Some((request.user_name, Proof::MsChapV2(request))),
                None => {
                    let request = self.inner.change_request()?;
                    Some((request.user_name, Proof::ChangePassword(request)))
                }
            },
            _ => None,
        }
    }

    fn md5_request(&self) -> Md5Request<'_> {
        Md5Request {
            id: AuthId::of_challenge(&self.challenge),
            user_name: self.identity.as_bytes(),
            identifier: self.identifier,
            challenge: &self.challenge,
            response: &self.response,
        }
    }

    /// Answers the [`Authenticator::request`].
    pub fn authorize(&mut self, now: Instant, verdict: &Verdict<'_>, random: &mut Random) -> Step {
        match self.phase {
            Phase::Presented(Question::Md5) if self.md5_request().is_accepted(verdict) => {
                // MD5 has no keys, whoever judges it.
                self.accept(None)
            }
            Phase::Presented(Question::Md5) => self.refuse(DownReason::PeerRejected),
            Phase::Presented(_) => {
                let id = self.inner.request_id();
                if let Some(id) = id {
                    self.inner.authorize(now, id, verdict, random);
                    // Success and Failure are Requests here, which the peer has to answer.
                    self.ask(now, Question::Verdict);
                }
                Step::Nothing
            }
            _ => Step::Nothing,
        }
    }
}
