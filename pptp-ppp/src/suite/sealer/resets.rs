//! When resets are asked for, and when they are acknowledged (RFC 1962 §3.2, RFC 2118 §4.3, RFC 3078 §8.2).
//!
//! Whatever is said of them may be lost, on a path on which packets have just been lost. Were it left to the next packet
//! to tell that, it would cost as long as whoever sends that packet waits, which TCP doubles each time.

use crate::time::Instant;
use core::time::Duration;

/// How long the answer to a Reset-Request is waited for before it is sent again. The wait doubles each time.
const WAIT: Duration = Duration::from_millis(250);

/// How often a Reset-Request is sent again without a packet that calls for it.
const REPEATS: u8 = 4;

/// What is waited for in the receiving direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Nothing: the next packet that cannot be read shows another loss.
    Nothing,
    /// Nothing any more; but the last Reset-Request is as long ago as [`Resets::since`] tells.
    Over,
    /// The answer to a Reset-Request that was sent again so often.
    Answer(u8),
}

/// The Reset-Acks of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acks {
    /// All that are called for were sent.
    Sent,
    /// The one with this identifier is to be sent once more.
    Again(u8),
    /// The peer does not know them.
    Rejected,
}

/// The resets of both directions.
#[derive(Debug, Clone)]
pub(super) struct Resets {
    /// When the last Reset-Request was asked for.
    since: Instant,
    wait: Wait,
    /// It waits to be sent.
    pending: bool,
    identifier: u8,
    /// How many the peer has acknowledged.
    granted: u16,
    acks: Acks,
}

impl Resets {
    pub(super) const fn new() -> Self {
        Self {
            since: Instant::ZERO,
            wait: Wait::Nothing,
            pending: false,
            identifier: 0,
            granted: 0,
            acks: Acks::Sent,
        }
    }

    /// There is nothing to reset any more.
    pub(super) fn stop(&mut self) {
        self.pending = false;
        self.wait = Wait::Nothing;
        let _ = self.take_ack();
    }

    /// A packet cannot be read: a Reset-Request goes out, with a new identifier, unless the last one is still young.
    pub(super) fn request(&mut self, now: Instant, identifier: impl FnOnce() -> u8) {
        if self.wait == Wait::Nothing || now >= self.since + WAIT {
            self.identifier = identifier();
            self.pending = true;
            self.since = now;
            self.wait = Wait::Answer(0);
        }
    }

    /// The identifier of the Reset-Request that waits to be sent.
    pub(super) fn pending_request(&self) -> Option<u8> {
        self.pending.then_some(self.identifier)
    }

    pub(super) const fn request_sent(&mut self) {
        self.pending = false;
    }

    /// The peer has acknowledged a Reset-Request. What cannot be read from here on was sent after the reset, which then
    /// is lost itself: it is asked for anew at once.
    pub(super) const fn acknowledged(&mut self, identifier: u8) {
        if identifier == self.identifier && matches!(self.wait, Wait::Answer(_)) {
            self.pending = false;
            self.wait = Wait::Nothing;
            self.granted = self.granted.wrapping_add(1);
        }
    }

    /// How many Reset-Requests the peer has acknowledged.
    pub(super) const fn granted(&self) -> u16 {
        self.granted
    }

    /// A packet was read, so nothing need be asked for. `anew`: the peer began anew with it, so that the next loss is
    /// another.
    pub(super) fn in_step(&mut self, anew: bool) {
        self.pending = false;
        if anew {
            self.wait = Wait::Nothing;
        } else if self.wait != Wait::Nothing {
            self.wait = Wait::Over;
        }
    }

    /// A Reset-Request with that identifier calls for a Reset-Ack, two of them: nothing answers it, so one that is lost
    /// is missed late. Tells whether the peer knows those.
    pub(super) fn acknowledge(&mut self, identifier: u8) -> bool {
        let known = self.acks != Acks::Rejected;
        if known {
            self.acks = Acks::Again(identifier);
        }
        known
    }

    /// The identifier of the Reset-Ack that is to be sent once more, now that the first was.
    pub(super) const fn take_ack(&mut self) -> Option<u8> {
        let Acks::Again(identifier) = self.acks else {
            return None;
        };
        self.acks = Acks::Sent;
        Some(identifier)
    }

    /// The peer has rejected Reset-Acks.
    pub(super) const fn acks_rejected(&mut self) {
        self.acks = Acks::Rejected;
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, repeat)) = self.next_repeat()
            && at <= now
        {
            self.pending = true;
            self.wait = Wait::Answer(repeat);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.next_repeat().map(|(at, _)| at)
    }

    /// When the Reset-Request is sent again, and the how manieth time that is.
    fn next_repeat(&self) -> Option<(Instant, u8)> {
        let Wait::Answer(repeats) = self.wait else {
            return None;
        };
        let repeat = repeats.saturating_add(1);
        // One wait after the first, three after it, seven and so on.
        let waits = 1_u32.checked_shl(repeat.into())?.saturating_sub(1);
        (repeat <= REPEATS).then(|| (self.since + WAIT.saturating_mul(waits), repeat))
    }
}
