//! The calls that a gateway knows, and the call ids that it has given them.

use super::fields::{Whose, names_a_call};
use super::track::{Book, Noted};
use super::{Config, EndReason, Event, Flow, GreFlow, Refusal, Side};
use crate::time::Instant;
use crate::wire::ControlType;

/// The Result Code of a reply that establishes a call (RFC 2637 §2.8, §2.10).
const CONNECTED: u8 = 1;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// The index of its control connection.
    pub(super) connection: usize,
    pub(super) flow: GreFlow,
    state: State,
    /// Whether it was told that its packets are to be expected.
    is_told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Asked for, to be answered by then.
    Asked(Instant),
    Up,
    /// About to end, at the latest by then.
    Closing(Instant, EndReason),
    /// Ended, which is to be told.
    Over(EndReason),
}

impl Call {
    /// Whether its packets pass.
    pub(super) const fn is_live(&self) -> bool {
        !matches!(self.state, State::Over(_))
    }

    /// When its state changes by itself.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Asked(at) | State::Closing(at, _) => Some(at),
            State::Up | State::Over(_) => None,
        }
    }

    fn close(&mut self, at: Instant, reason: EndReason) {
        if self.state == State::Up {
            self.state = State::Closing(at, reason);
        }
    }
}

/// What holds calls.
pub(super) type Place = Option<Call>;

/// Ends the call in `place`. Nothing is told of the end of what was not told of.
pub(super) fn end(place: &mut Place, reason: EndReason) {
    if let Some(call) = place {
        if call.is_told {
            call.state = State::Over(reason);
        } else {
            *place = None;
        }
    }
}

/// Has the call in `place` end if its time has come.
pub(super) fn expire(place: &mut Place, now: Instant) {
    let Some(call) = place else { return };
    match call.state {
        State::Asked(at) if at <= now => *place = None,
        State::Closing(at, reason) if at <= now => end(place, reason),
        _ => {}
    }
}

/// What there is to tell of the call in `place`.
pub(super) fn tell(place: &mut Place) -> Option<Event> {
    let call = place.as_mut()?;
    let flow = call.flow;
    match call.state {
        State::Up | State::Closing(..) if !call.is_told => {
            call.is_told = true;
            Some(Event::Expected(flow))
        }
        State::Over(reason) => {
            *place = None;
            Some(Event::Ended(flow, reason))
        }
        _ => None,
    }
}

/// The call to which the id was given, whose number tells its place.
pub(super) fn by_given_id(calls: &mut [Place], id: u16) -> Option<&mut Call> {
    let index = usize::from(id).checked_rem(calls.len())?;
    let call = calls.get_mut(index)?.as_mut();
    call.filter(|call| call.flow.given_id == id && call.is_live())
}

/// The calls, while a message on the connection of one of them is read.
pub(super) struct Calls<'a> {
    pub(super) calls: &'a mut [Place],
    pub(super) config: &'a Config,
    /// The call id that was given last.
    pub(super) last_id: &'a mut u16,
    /// See [`Stats::untold`](super::Stats::untold).
    pub(super) untold: &'a mut u64,
    pub(super) now: Instant,
    /// The index of the connection.
    pub(super) connection: usize,
    pub(super) flow: Flow,
    /// Where the message comes from.
    pub(super) from: Side,
}

impl Calls<'_> {
    /// The live calls of the connection.
    fn own(&mut self) -> impl Iterator<Item = &mut Place> {
        let connection = self.connection;
        let places = self.calls.iter_mut();
        places.filter(move |place| {
            let call = place.as_ref();
            call.is_some_and(|call| call.connection == connection && call.is_live())
        })
    }

    /// The one of them of which `is_wanted` is true.
    fn find(&mut self, is_wanted: impl Fn(&GreFlow) -> bool) -> Option<&mut Place> {
        self.own().find(|place| {
            let call = place.as_ref();
            call.is_some_and(|call| is_wanted(&call.flow))
        })
    }

    fn call(&mut self, is_wanted: impl Fn(&GreFlow) -> bool) -> Option<GreFlow> {
        self.find(is_wanted)?.as_ref().map(|call| call.flow)
    }

    /// The call that an id of the message's sender stands for. Some PACs, and NAT helpers, put the receiver's into a
    /// Call-Disconnect-Notify.
    fn named(&mut self, id: u16) -> Option<&mut Place> {
        let by_sender = match self.from {
            Side::Inside => self.call(|flow| flow.inside_id == id),
            Side::Outside => self.call(|flow| flow.outside_id == Some(id)),
        };
        let by_receiver = |calls: &mut Self| match calls.from {
            Side::Inside => calls.call(|flow| flow.outside_id == Some(id)),
            Side::Outside => calls.call(|flow| flow.given_id == id),
        };
        let given_id = by_sender.or_else(|| by_receiver(self))?.given_id;
        self.find(|flow| flow.given_id == given_id)
    }

    /// Gives an id to the call that has `inside_id` inside, unless it has one already.
    fn give(&mut self, inside_id: u16) -> Result<u16, Refusal> {
        if let Some(flow) = self.call(|flow| flow.inside_id == inside_id) {
            return Ok(flow.given_id);
        }
        if self.own().count() >= self.config.calls_per_connection {
            return Err(Refusal::NoRoom);
        }
        // Those of which nobody has asked that they are over make way only if nothing is free.
        let given_id = self
            .next_id(Option::is_none)
            .or_else(|| self.next_id(|place| place.as_ref().is_none_or(|call| !call.is_live())))
            .ok_or(Refusal::NoRoom)?;
        let index = usize::from(given_id).checked_rem(self.calls.len());
        let place = index.and_then(|index| self.calls.get_mut(index));
        let place = place.ok_or(Refusal::NoRoom)?;
        *self.untold = self.untold.wrapping_add(u64::from(place.is_some()));
        *place = Some(Call {
            connection: self.connection,
            flow: GreFlow {
                inside: *self.flow.inside.ip(),
                outside: *self.flow.outside.ip(),
                inside_id,
                given_id,
                outside_id: None,
            },
            state: State::Asked(self.now + self.config.setup),
            is_told: false,
        });
        *self.last_id = given_id;
        Ok(given_id)
    }

    /// The next id whose place is as wanted: none is used again before all others of that place have been.
    fn next_id(&self, is_wanted: impl Fn(&Place) -> bool) -> Option<u16> {
        let mut id = *self.last_id;
        // Each place comes by once before the ids wrap around, or once after that.
        for _ in 0..self.calls.len().saturating_mul(2) {
            id = id.wrapping_add(1);
            let index = usize::from(id).checked_rem(self.calls.len())?;
            if self.calls.get(index).is_some_and(&is_wanted) {
                return Some(id);
            }
        }
        None
    }

    /// Takes note of a reply to a request for a call.
    fn answered(&mut self, noted: &Noted) {
        let [senders, receivers] = noted.ids;
        let (place, outside_id) = match self.from {
            Side::Inside => (self.find(|flow| flow.inside_id == senders), receivers),
            Side::Outside => (self.find(|flow| flow.given_id == receivers), senders),
        };
        let (Some(place), Some(result)) = (place, noted.result) else {
            return;
        };
        let is_asked = |call: &&mut Call| matches!(call.state, State::Asked(_));
        if let Some(call) = place.as_mut().filter(is_asked) {
            if result == CONNECTED {
                call.flow.outside_id = Some(outside_id);
                call.state = State::Up;
            } else {
                *place = None;
            }
        }
    }

    /// Has all calls of the connection end soon.
    pub(super) fn close_all(&mut self, reason: EndReason) {
        let at = self.now + self.config.closing;
        for call in self.own().flatten() {
            call.close(at, reason);
        }
    }

    /// Ends all calls of the connection.
    pub(super) fn end_all(&mut self, reason: EndReason) {
        for place in self.own() {
            end(place, reason);
        }
    }
}

impl Book for Calls<'_> {
    fn rewrite(&mut self, message: ControlType, whose: Whose, id: u16) -> Result<u16, Refusal> {
        match (self.from, whose) {
            (Side::Inside, Whose::Senders) if names_a_call(message) => self.give(id),
            (Side::Inside, Whose::Senders) => {
                let flow = self.call(|flow| flow.inside_id == id);
                Ok(flow.map_or(id, |flow| flow.given_id))
            }
            (Side::Outside, Whose::Senders) if !names_a_call(message) => {
                if self.call(|flow| flow.outside_id == Some(id)).is_some() {
                    return Ok(id);
                }
                let flow = self.call(|flow| flow.given_id == id);
                Ok(flow.map_or(id, |flow| flow.inside_id))
            }
            (Side::Outside, Whose::Receivers) => {
                let flow = self.call(|flow| flow.given_id == id);
                Ok(flow.map_or(id, |flow| flow.inside_id))
            }
            // The outside's ids pass.
            _ => Ok(id),
        }
    }

    fn note(&mut self, noted: &Noted) {
        let [senders, _] = noted.ids;
        match noted.message {
            ControlType::OutgoingCallReply | ControlType::IncomingCallReply => self.answered(noted),
            ControlType::CallClearRequest => {
                let at = self.now + self.config.closing;
                if let Some(Some(call)) = self.named(senders) {
                    call.close(at, EndReason::Cleared);
                }
            }
            ControlType::CallDisconnectNotify => {
                if let Some(place) = self.named(senders) {
                    end(place, EndReason::Disconnected);
                }
            }
            ControlType::StopControlConnectionRequest => self.close_all(EndReason::Stopped),
            ControlType::StopControlConnectionReply => self.end_all(EndReason::Stopped),
            _ => {}
        }
    }
}
