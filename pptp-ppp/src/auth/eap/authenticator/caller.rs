//! Methods of the caller's, such as a RADIUS server behind it.

use super::{Authenticator, Phase, Question};
use crate::auth::eap::message::{self, Content};
use crate::auth::eap::room::EapRoom;
use crate::auth::eap::{EapAnswer, EapError};
use crate::auth::machine::Step;
use crate::auth::mschapv2::ChangeRoom;
use crate::auth::{Discard, Methods};
use crate::event::DownReason;
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use crate::wire::eap::{Message, Type};

impl<C: ChangeRoom, R: EapRoom> Authenticator<C, R> {
    /// Has the caller say what follows on a Response.
    pub(super) fn pass(&mut self, packet: &Packet<'_>) -> Result<Step, Discard> {
        if !self.room.put([&message::header(packet), packet.data]) {
            return Err(Discard::TooLong { max: R::LEN });
        }
        self.phase = Phase::Passed;
        self.pending = false;
        Ok(Step::Passed)
    }

    /// The Response that waits for the caller.
    #[must_use]
    pub fn passed(&self) -> Option<&[u8]> {
        (self.phase == Phase::Passed).then_some(self.room.packet())
    }

    /// The caller answers it.
    ///
    /// # Errors
    /// [`EapError`] if it was not taken. Nothing has happened then.
    pub fn take_answer(
        &mut self,
        now: Instant,
        answer: &EapAnswer<'_>,
        random: &mut Random,
    ) -> Result<Step, EapError> {
        if self.phase != Phase::Passed {
            return Err(EapError::NotWanted);
        }
        Ok(match answer {
            EapAnswer::Keys(keys) => {
                self.room.finish(keys.clone());
                Step::Nothing
            }
            EapAnswer::Reply(packet) => self.reply_with(now, packet)?,
            EapAnswer::Distrust => self.refuse(DownReason::PeerRejected),
            EapAnswer::Decline => {
                let left = self.left()?;
                self.methods.remove(Methods::EAP);
                self.room.clear();
                self.offer(now, left, random)
            }
        })
    }

    /// The methods that are built in and may follow on the Response that waits: all after an Identity, those that it names
    /// after a Nak.
    fn left(&self) -> Result<Methods, EapError> {
        let packet = Packet::parse(self.room.packet())?;
        let Message::Response { kind, data } = Message::parse(packet)? else {
            return Err(EapError::NotWanted);
        };
        let content = Content::new(kind, data)?;
        match content.legacy() {
            Some(Type::IDENTITY) => Ok(self.methods),
            Some(Type::NAK) => Ok(content.wanted(self.methods)?),
            _ => Err(EapError::NotWanted),
        }
    }

    fn reply_with(&mut self, now: Instant, bytes: &[u8]) -> Result<Step, EapError> {
        let packet = Packet::parse(bytes)?;
        let message = Message::parse(packet)?;
        let ends_this = packet.identifier == self.identifier;
        Ok(match message {
            Message::Request { .. } => {
                if !self.room.put([&message::header(&packet), packet.data]) {
                    return Err(EapError::TooLong { max: R::LEN });
                }
                self.identifier = packet.identifier;
                self.ask_as_is(now, Question::Caller);
                Step::Nothing
            }
            Message::Success if ends_this => {
                let keys = self.room.keys().cloned();
                self.room.clear();
                self.accept(keys)
            }
            Message::Failure if ends_this => self.refuse(DownReason::PeerRejected),
            _ => return Err(EapError::Unsuitable),
        })
    }
}
