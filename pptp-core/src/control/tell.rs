//! What the caller is told. It is derived from what is pending, one event at a time.

use super::Event;
use super::call::{Actions, Terms};
use super::connection::{Connection, Notice, Pending};

/// An event that is to be told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Due {
    Connected,
    Requested(usize),
    Accepted(usize),
    CallConnected(usize),
    Notice(Notice),
    CallOver(usize),
    Closed,
}

impl<const CALLS: usize> Connection<CALLS> {
    /// The next event, if there is one. [`Event::Closed`] waits until [`poll_control`](Self::poll_control) has given
    /// the last message.
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        let due = self.next_event()?;
        match due {
            Due::Connected => self.pending.remove(Pending::CONNECTED),
            Due::Closed => self.pending.remove(Pending::CLOSED),
            Due::Notice(_) => self.notice = None,
            Due::Requested(call) => self.told(call, Actions::REQUESTED),
            Due::Accepted(call) => self.told(call, Actions::ACCEPTED),
            Due::CallConnected(call) => self.told(call, Actions::CONNECTED),
            Due::CallOver(_) => {}
        }
        match due {
            Due::Connected => Some(Event::Connected {
                version: self.version(),
                peer: self.peer.capabilities(),
            }),
            Due::Requested(call) => Some(match &self.call(call)?.terms {
                Terms::Outgoing { request, .. } => Event::CallRequested {
                    call,
                    request: request.as_wire(),
                },
                Terms::Incoming { request, .. } => Event::IncomingCall {
                    call,
                    request: request.as_wire(),
                },
            }),
            Due::Accepted(call) => Some(Event::CallAccepted { call }),
            Due::CallConnected(call) => {
                let info = self.call_info(call)?;
                Some(Event::CallConnected { call, info })
            }
            Due::Notice(Notice::LinkInfo { call }) => Some(Event::LinkInfo {
                call,
                info: self.link_info(call)?,
            }),
            Due::Notice(Notice::WanErrors { call, errors }) => {
                Some(Event::WanErrors { call, errors })
            }
            Due::CallOver(call) => {
                let over = self.call(call)?;
                let (cause, was_connected) = (over.end?, over.connected);
                self.told(call, Actions::ENDED);
                if !was_connected {
                    return Some(Event::CallFailed { call, cause });
                }
                // What a PAC has counted its caller knows. The place is not taken by another call yet.
                let over = self.calls.get(call)?.as_ref();
                let statistics = over.filter(|call| call.automaton.is_pns());
                Some(Event::CallEnded {
                    call,
                    cause,
                    statistics: statistics.map_or(&[], |call| call.statistics.as_bytes()),
                })
            }
            Due::Closed => Some(Event::Closed { reason: self.end? }),
        }
    }

    pub(super) fn next_event(&self) -> Option<Due> {
        let find = |action| {
            let mut calls = self.calls.iter();
            calls.position(|call| {
                call.as_ref()
                    .is_some_and(|call| call.pending.contains(action))
            })
        };
        if self.pending.contains(Pending::CONNECTED) {
            return Some(Due::Connected);
        }
        if let Some(call) = find(Actions::REQUESTED) {
            return Some(Due::Requested(call));
        }
        if let Some(call) = find(Actions::ACCEPTED) {
            return Some(Due::Accepted(call));
        }
        if let Some(call) = find(Actions::CONNECTED) {
            return Some(Due::CallConnected(call));
        }
        if let Some(notice) = self.notice {
            return Some(Due::Notice(notice));
        }
        if let Some(call) = find(Actions::ENDED) {
            return Some(Due::CallOver(call));
        }
        let is_closed = self.pending.contains(Pending::CLOSED) && self.next_output().is_none();
        is_closed.then_some(Due::Closed)
    }
}
