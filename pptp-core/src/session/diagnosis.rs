//! What is wrong with a tunnel, as far as that can be seen before it ends, and when something was heard last.

use super::{Events, Session};
use crate::Discard;
use core::fmt;
use core::time::Duration;
use pptp_ppp::{Instant, Phase, Profile};

/// How long a call has been up when it is judged by what came over GRE.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many packets in a row that are refused, and whose numbers count up from the first that peers use, are those of a peer
/// that counts anew.
const COUNTED_ANEW: u8 = 3;

/// Peers begin with 0 or 1, and the first may be lost.
const FIRST: u32 = 4;

/// Something that is wrong, or seems to be. The tunnel goes on, and may come up all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Diagnosis {
    /// The call has been up for five seconds, and nothing came over GRE: something on the way does not let IP protocol 47
    /// through, at least not from the peer.
    NothingHeard,
    /// The call has been up for five seconds; the peer's GRE comes in, but it shows no sign that ours has come to it.
    NotHeard,
    /// The peer's answer names another call id than the one that we have asked with: a NAT on the way has changed one of the
    /// two, and GRE may not find the call either.
    AnswerForAnother,
    /// GRE comes in for another call: a NAT on the way has changed the call id, or the peer has not noticed the end of an
    /// earlier call.
    WrongCallId {
        /// The call id that it has.
        found: u16,
    },
    /// The peer has sent a Start-Control-Connection-Request on a connection that was established: it has started anew.
    ControlRestarted,
    /// The peer numbers its GRE packets from the beginning again: it has started anew, and what it sends is dropped.
    GreRestarted,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingHeard => {
                "nothing has come through the tunnel yet: is GRE (IP protocol 47) let through on the way?"
            }
            Self::NotHeard => {
                "the peer seems not to get what is sent to it: is GRE (IP protocol 47) let through both ways?"
            }
            Self::AnswerForAnother => {
                "the answer is for another call: a NAT on the way has changed its number"
            }
            Self::WrongCallId { found } => {
                return write!(
                    f,
                    "packets for call {found}, which is none: changed by a NAT on the way, or left from an earlier one"
                );
            }
            Self::ControlRestarted => "the peer has started its control connection anew",
            Self::GreRestarted => "the peer numbers its packets anew, and they are dropped",
        })
    }
}

/// When something came from the peer last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LastHeard {
    /// Octets on the control connection.
    pub control: Option<Instant>,
    /// A GRE packet of the call, acknowledgments and duplicates too. Anybody on the way can forge one.
    pub gre: Option<Instant>,
}

bitflags::bitflags! {
    /// One bit for each [`Diagnosis`], and those of which nothing is told.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Signs: u16 {
        const NOTHING_HEARD = 1;
        const NOT_HEARD = 1 << 1;
        const ANSWER_FOR_ANOTHER = 1 << 2;
        const WRONG_CALL_ID = 1 << 3;
        const CONTROL_RESTARTED = 1 << 4;
        const GRE_RESTARTED = 1 << 5;
        const HEARD_CONTROL = 1 << 6;
        const HEARD_GRE = 1 << 7;
        const TO_BE_JUDGED = 1 << 8;
    }
}

/// What is watched.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    /// When something came last, if [`Signs::HEARD_CONTROL`] and [`Signs::HEARD_GRE`] say that something has.
    control: Instant,
    gre: Instant,
    /// When the call came up, if it has.
    call_since: Instant,
    last_refused: u32,
    /// What was seen, each once, and what of it is to be told.
    seen: Signs,
    untold: Signs,
    wrong_call_id: u16,
    /// How many packets in a row were refused for their numbers, of which each was the last one's successor.
    refused: u8,
}

impl Watch {
    pub(super) const fn new() -> Self {
        Self {
            control: Instant::ZERO,
            gre: Instant::ZERO,
            call_since: Instant::ZERO,
            last_refused: 0,
            seen: Signs::empty(),
            untold: Signs::empty(),
            wrong_call_id: 0,
            refused: 0,
        }
    }

    pub(super) fn heard_control(&mut self, now: Instant) {
        self.control = now;
        self.seen |= Signs::HEARD_CONTROL;
    }

    #[inline]
    pub(super) fn heard_gre(&mut self, now: Instant) {
        self.gre = now;
        self.seen |= Signs::HEARD_GRE;
    }

    const fn last_heard(&self) -> LastHeard {
        let control = self.seen.contains(Signs::HEARD_CONTROL);
        let gre = self.seen.contains(Signs::HEARD_GRE);
        LastHeard {
            control: if control { Some(self.control) } else { None },
            gre: if gre { Some(self.gre) } else { None },
        }
    }

    /// When the call is to be judged, if it has not been.
    pub(super) fn due(&self) -> Option<Instant> {
        self.seen
            .contains(Signs::TO_BE_JUDGED)
            .then(|| self.call_since + PATIENCE)
    }

    /// Whether the call has been up for long enough to be judged.
    pub(super) fn is_long(&self, now: Instant) -> bool {
        now.saturating_since(self.call_since) >= PATIENCE
    }

    fn see(&mut self, sign: Signs) {
        if !self.seen.contains(sign) {
            self.seen |= sign;
            self.untold |= sign;
        }
    }

    /// A call is up.
    pub(super) fn call_connected(&mut self, now: Instant) {
        self.call_since = now;
        self.seen |= Signs::TO_BE_JUDGED;
    }

    /// A packet was taken.
    #[inline]
    pub(super) const fn accepted(&mut self) {
        self.refused = 0;
    }

    /// A packet was dropped.
    pub(super) fn refused(&mut self, discard: &Discard) {
        match *discard {
            Discard::WrongCallId { found } => {
                self.wrong_call_id = found;
                self.see(Signs::WRONG_CALL_ID);
            }
            Discard::Late { sequence } | Discard::Duplicate { sequence } => {
                let follows = sequence == self.last_refused.wrapping_add(1);
                self.refused = if follows {
                    self.refused.saturating_add(1)
                } else {
                    1
                };
                self.last_refused = sequence;
                // Those that a path doubles or delays come between others, or do not begin there.
                let first = sequence.wrapping_sub(self.refused.into()).wrapping_add(1);
                if self.refused >= COUNTED_ANEW && first < FIRST {
                    self.see(Signs::GRE_RESTARTED);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self) -> Option<Diagnosis> {
        let next = self.untold.iter().next()?;
        self.untold.remove(next);
        Some(match next {
            Signs::NOTHING_HEARD => Diagnosis::NothingHeard,
            Signs::NOT_HEARD => Diagnosis::NotHeard,
            Signs::ANSWER_FOR_ANOTHER => Diagnosis::AnswerForAnother,
            Signs::WRONG_CALL_ID => Diagnosis::WrongCallId {
                found: self.wrong_call_id,
            },
            Signs::CONTROL_RESTARTED => Diagnosis::ControlRestarted,
            _ => Diagnosis::GreRestarted,
        })
    }
}

impl<P: Profile, R> Session<P, R> {
    /// When something came from the peer last.
    #[must_use]
    pub const fn last_heard(&self) -> LastHeard {
        self.watch.last_heard()
    }

    /// Judges a call that has been up for long enough.
    pub(super) fn judge_call(&mut self, now: Instant) {
        if self.watch.due().is_none_or(|due| due > now) {
            return;
        }
        self.watch.seen.remove(Signs::TO_BE_JUDGED);
        let stats = self.gre.stats();
        let acknowledged = u64::from(self.gre.in_flight()) < stats.sent;
        if !self.watch.seen.contains(Signs::HEARD_GRE) {
            self.watch.see(Signs::NOTHING_HEARD);
        } else if !acknowledged && self.ppp.phase() <= Phase::Establish && stats.sent > 0 {
            self.watch.see(Signs::NOT_HEARD);
        }
    }

    /// Notes what the control connection has counted.
    pub(super) fn watch_control(&mut self) {
        let stats = *self.control.stats();
        if stats.restarts > 0 {
            self.watch.see(Signs::CONTROL_RESTARTED);
        }
        if stats.misdirected > 0 {
            self.watch.see(Signs::ANSWER_FOR_ANOTHER);
        }
    }

    pub(super) fn poll_diagnosis(&mut self) -> Option<Diagnosis> {
        // Before the end, and before what comes of it.
        if self.events.contains(Events::DOWN) {
            self.watch.untold = Signs::empty();
        }
        self.watch.take()
    }
}
