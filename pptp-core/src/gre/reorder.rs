//! Putting packets back in order, for a bounded time and in the caller's memory.

use super::distance;
use super::receiver::{follows, is_near};
use crate::time::Instant;
use core::time::Duration;

/// Holds packets that came early until those before them have come, at most `N` of up to `LEN` octets.
///
/// It goes between [`Session::receive`](super::Session::receive) and [`Session::deliver`](super::Session::deliver),
/// where RFC 2637 §4.3 allows reordering, and takes `N * (LEN + 24)` octets or little more. Packets that come in order
/// go through it without being copied. It drops none but a second one of a number that it holds: one that is too long,
/// or that finds no room, goes on, and with it whatever is held and has a lower number. Whether a packet is too late is
/// up to the session.
///
/// ```
/// # use pptp_core::{gre::Reorder, time::Instant};
/// let mut reorder = Reorder::<8, 1600>::new();
/// let mut numbers = [0; 4];
/// let mut at = numbers.iter_mut();
/// for sequence in [0, 2, 1, 3] {
///     let payload = &mut [0xff, 0x03][..];
///     let mut packet = Some((sequence, payload));
///     while let Some((sequence, _payload)) = reorder.release(Instant::ZERO, &mut packet) {
///         *at.next().unwrap() = sequence;
///     }
/// }
/// assert_eq!(numbers, [0, 1, 2, 3]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reorder<const N: usize, const LEN: usize> {
    timeout: Duration,
    /// The number that comes next, if nothing is lost.
    next: Option<u32>,
    /// The last number that was far off.
    candidate: Option<u32>,
    /// Packets that were not lost though others had overtaken them.
    overtaken: u64,
    slots: [Slot<LEN>; N],
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot<const LEN: usize> {
    /// When its packet goes on at the latest; `None` if there is no packet in it.
    until: Option<Instant>,
    sequence: u32,
    len: usize,
    octets: [u8; LEN],
}

/// What to do with a packet that comes in.
enum Step {
    /// It goes on at once.
    Pass,
    /// It has to wait for those before it.
    Hold,
    /// The lowest one that is held goes on before it.
    GiveUpGap,
    /// It is held already.
    Drop,
}

impl<const N: usize, const LEN: usize> Default for Reorder<N, LEN> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize, const LEN: usize> Reorder<N, LEN> {
    /// An empty one that holds each packet for 300 ms at most, as pptp-linux and pptpd do.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_timeout(Duration::from_millis(300))
    }

    /// An empty one that holds each packet for `timeout` at most.
    #[must_use]
    pub const fn with_timeout(timeout: Duration) -> Self {
        Self {
            timeout,
            next: None,
            candidate: None,
            overtaken: 0,
            slots: [const { Slot::EMPTY }; N],
        }
    }

    /// The same, for the packets from number `next` on: others have gone by before there was one.
    #[must_use]
    pub const fn starting_at(mut self, next: u32) -> Self {
        self.next = Some(next);
        self
    }

    /// How many packets were not lost though others had overtaken them: without this they would have been late. It wraps
    /// around.
    #[must_use]
    pub const fn overtaken(&self) -> u64 {
        self.overtaken
    }

    /// How many packets are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.until.is_some())
            .count()
    }

    /// Whether no packet is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.iter().all(|slot| slot.until.is_none())
    }

    /// Takes `packet`, if there is one, and gives the packet that is to be delivered next, if there is one: the one
    /// that came in, or one that was held.
    ///
    /// Call it until it gives nothing: then `packet` is empty, its packet being delivered or held.
    pub fn release<'a, 'd: 'a>(
        &'a mut self,
        now: Instant,
        packet: &mut Option<(u32, &'d mut [u8])>,
    ) -> Option<(u32, &'a mut [u8])> {
        let mut give_up_gap = false;
        if let Some((sequence, payload)) = packet.take() {
            match self.step(sequence, payload.len()) {
                Step::Pass => return Some((sequence, payload)),
                Step::Hold => self.hold(now, sequence, payload),
                Step::Drop => {}
                Step::GiveUpGap => {
                    *packet = Some((sequence, payload));
                    give_up_gap = true;
                }
            }
        }
        let expired = self.next_timeout().is_some_and(|at| at <= now);
        let (ahead, lowest) = self.lowest()?;
        if ahead > 0 && !expired && !give_up_gap {
            return None;
        }
        let slot = self.slots.get_mut(lowest)?;
        slot.until = None;
        self.next = Some(slot.sequence.wrapping_add(1));
        Some((slot.sequence, slot.octets.get_mut(..slot.len)?))
    }

    /// Gives a packet whose time is up, or that waits for nothing any more. Call it until it gives nothing.
    pub fn pop(&mut self, now: Instant) -> Option<(u32, &mut [u8])> {
        self.release(now, &mut None)
    }

    /// When [`pop`](Self::pop) is to be called next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.slots.iter().filter_map(|slot| slot.until).min()
    }

    /// Decides what to do with a packet, and moves on if it passes.
    fn step(&mut self, sequence: u32, len: usize) -> Step {
        let lowest = self.lowest();
        let next = *self.next.get_or_insert(sequence);
        let ahead = distance(next, sequence);
        if !is_near(next, sequence) {
            // Perhaps forged, so it does not count before another one follows; but perhaps not, and then it would
            // make those late that are held.
            if lowest.is_some() {
                return Step::GiveUpGap;
            }
            if follows(self.candidate, sequence) {
                self.next = Some(sequence.wrapping_add(1));
            }
            self.candidate = Some(sequence);
            return Step::Pass;
        }
        let is_held = |slot: &Slot<LEN>| slot.until.is_some() && slot.sequence == sequence;
        if self.slots.iter().any(is_held) {
            return Step::Drop;
        }
        let is_later =
            |slot: &Slot<LEN>| slot.until.is_some() && distance(sequence, slot.sequence) > 0;
        let overtaken = ahead >= 0 && lowest.is_some() && self.slots.iter().any(is_later);
        let has_room = self.slots.iter().any(|slot| slot.until.is_none());
        if ahead > 0 && len <= LEN && has_room {
            self.overtaken = self.overtaken.wrapping_add(u64::from(overtaken));
            return Step::Hold;
        }
        if ahead > 0 && lowest.is_some_and(|(lowest, _)| lowest < ahead) {
            return Step::GiveUpGap;
        }
        if ahead >= 0 {
            self.overtaken = self.overtaken.wrapping_add(u64::from(overtaken));
            self.next = Some(sequence.wrapping_add(1));
        }
        Step::Pass
    }

    /// Copies a packet to a free slot.
    fn hold(&mut self, now: Instant, sequence: u32, payload: &[u8]) {
        let until = now + self.timeout;
        let free = self.slots.iter_mut().find(|slot| slot.until.is_none());
        if let Some(slot) = free
            && let Some(place) = slot.octets.get_mut(..payload.len())
        {
            place.copy_from_slice(payload);
            slot.len = payload.len();
            slot.sequence = sequence;
            slot.until = Some(until);
        }
    }

    /// The packet with the lowest number that is held: how far it is ahead of the next one, and its slot.
    fn lowest(&self) -> Option<(i32, usize)> {
        let next = self.next?;
        let held = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.until.is_some());
        held.map(|(index, slot)| (distance(next, slot.sequence), index))
            .min()
    }
}

impl<const LEN: usize> Slot<LEN> {
    const EMPTY: Self = Self {
        until: None,
        sequence: 0,
        len: 0,
        octets: [0; LEN],
    };
}

#[cfg(test)]
mod tests;
