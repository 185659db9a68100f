//! Methods of the caller's.

use super::{Peer, Phase, Reply, Request};
use crate::auth::Discard;
use crate::auth::eap::message::{self, Content};
use crate::auth::eap::room::EapRoom;
use crate::auth::eap::{EapAnswer, EapError};
use crate::auth::machine::Step;
use crate::auth::mschapv2::ChangeRoom;
use crate::event::DownReason;
use crate::time::Instant;
use crate::wire::Packet;
use crate::wire::eap::Message;
use crate::wire::eap_nak::ExpandedType;

impl<C: ChangeRoom, R: EapRoom> Peer<C, R> {
    /// Has the caller answer a Request.
    pub(super) fn pass(&mut self, request: &Request<'_, '_>) -> Result<Step, Discard> {
        let (header, data) = (message::header(&request.packet), request.packet.data);
        if header.len().saturating_add(data.len()) > R::LEN {
            return Err(Discard::TooLong { max: R::LEN });
        }
        if !matches!(self.phase, Phase::Caller(_)) {
            self.begin(Phase::Opened);
        }
        self.room.put([&header, data]);
        self.room.count_up();
        self.answer(request, Reply::Awaited);
        Ok(Step::Passed)
    }

    /// The Request that waits for the caller's answer, and which of all of them it is.
    #[must_use]
    pub fn passed(&self) -> Option<(u32, &[u8])> {
        let waits = self.is_awaited()
            && matches!(self.phase, Phase::Opened | Phase::Caller(_))
            && !self.room.packet().is_empty();
        waits.then(|| (self.room.count(), self.room.packet()))
    }

    /// The caller answers Request number `count`.
    ///
    /// # Errors
    /// [`EapError`] if it was not taken. Nothing has happened then.
    pub fn take_answer(
        &mut self,
        now: Instant,
        count: u32,
        answer: &EapAnswer<'_>,
    ) -> Result<Step, EapError> {
        let is_open = R::LEN > 0
            && count == self.room.count()
            && matches!(self.phase, Phase::Opened | Phase::Caller(_));
        if !is_open {
            return Err(EapError::NotWanted);
        }
        match answer {
            // These may come after the packet that goes with them.
            EapAnswer::Keys(keys) => self.room.finish(keys.clone()),
            EapAnswer::Distrust => self.will_fail(now, DownReason::PeerNotTrusted),
            EapAnswer::Reply(packet) => self.reply_with(packet)?,
            EapAnswer::Decline => {
                if self.passed().is_none() || self.phase != Phase::Opened {
                    return Err(EapError::NotWanted);
                }
                self.reply = Reply::Nak;
                self.pending = true;
            }
        }
        Ok(Step::Nothing)
    }

    fn reply_with(&mut self, bytes: &[u8]) -> Result<(), EapError> {
        let (_, request) = self.passed().ok_or(EapError::NotWanted)?;
        let asked = kind_of(request).ok_or(EapError::NotWanted)?;
        let packet = Packet::parse(bytes)?;
        let Message::Response { kind, data } = Message::parse(packet)? else {
            return Err(EapError::Unsuitable);
        };
        let content = Content::new(kind, data)?;
        // A Nak is for the first Request of a method (RFC 3748 §5.3.1).
        let suits = content.kind == asked || (content.is_nak() && self.phase == Phase::Opened);
        if !suits || Some(packet.identifier) != self.last {
            return Err(EapError::Unsuitable);
        }
        if !self.room.put([&message::header(&packet), packet.data]) {
            return Err(EapError::TooLong { max: R::LEN });
        }
        if !content.is_nak() {
            self.phase = Phase::Caller(content.kind);
        }
        self.reply = Reply::Passed;
        self.pending = true;
        Ok(())
    }
}

/// The type of a Request.
fn kind_of(bytes: &[u8]) -> Option<ExpandedType> {
    let message = Message::parse(Packet::parse(bytes).ok()?).ok()?;
    let Message::Request { kind, data } = message else {
        return None;
    };
    Some(Content::new(kind, data).ok()?.kind)
}
