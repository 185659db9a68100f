//! Which sequence numbers have come in: duplicates, order, and how far to believe a number that jumps.

use super::distance;
use crate::error::Discard;

/// How many sequence numbers, up to the highest one, a session remembers.
///
/// A number further ahead is not believed before its packet proves genuine or the next one follows it.
pub const WINDOW: u32 = u128::BITS;

/// What a packet's payload tells about who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Proof {
    /// It decrypted to something plausible: whoever sent it has the keys.
    Genuine,
    /// It looks right, but anybody could have sent it: there is no encryption, or not for this packet.
    Unknown,
}

/// What became of a number that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is one of the call's numbers, and to be acknowledged.
    Believed,
    /// It is too far off to be believed before its packet proves genuine.
    Jump,
}

/// The numbers of the packets that came in.
///
/// An attacker who cannot decrypt may forge any number, and must not get the peer's packets dropped by that. So there
/// are two positions. The *window* finds duplicates and says what to acknowledge; numbers that jump do not move it at
/// once. The *order* refuses packets. Once packets have proved genuine only such packets move the order, and none is
/// refused for lying outside the window. What is left to the attacker is to forge the very numbers that come next, each
/// before its packet, which is then a duplicate; but who can do that can also end the link by one packet of LCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Receiver {
    window: Option<Window>,
    /// Whether more than the first packet speaks for the window: that one could be forged as well as any.
    settled: bool,
    /// The last number that jumped.
    candidate: Option<u32>,
    /// The highest number that was delivered.
    delivered: Option<u32>,
    /// Whether a packet has proved genuine.
    proven: bool,
}

impl Receiver {
    pub(super) const fn new() -> Self {
        Self {
            window: None,
            settled: false,
            candidate: None,
            delivered: None,
            proven: false,
        }
    }

    /// The number to acknowledge.
    pub(super) fn highest(&self) -> Option<u32> {
        self.window.as_ref().map(|window| window.highest)
    }

    /// Takes note of `sequence`, or finds why its packet must be dropped.
    pub(super) fn arrive(&mut self, sequence: u32) -> Result<Arrival, Discard> {
        let Some(window) = &mut self.window else {
            self.window = Some(Window::new(sequence));
            return Ok(Arrival::Believed);
        };
        let ahead = distance(window.highest, sequence);
        if is_near(window.highest, sequence) || (ahead > 0 && follows(self.candidate, sequence)) {
            if !window.insert(sequence) {
                return Err(Discard::Duplicate { sequence });
            }
            self.settled = true;
            self.candidate = None;
            return Ok(Arrival::Believed);
        }
        if !self.settled {
            *window = Window::new(sequence);
            self.delivered = None;
            return Ok(Arrival::Believed);
        }
        if !self.proven && ahead < 0 {
            return Err(Discard::Late { sequence });
        }
        if self.candidate.replace(sequence) == Some(sequence) {
            return Err(Discard::Duplicate { sequence });
        }
        if self.proven {
            Ok(Arrival::Jump)
        } else {
            Err(Discard::TooFarAhead { sequence })
        }
    }

    /// Whether `sequence` is in order.
    pub(super) fn check_order(&self, sequence: u32) -> Result<(), Discard> {
        match self.delivered {
            Some(last) if distance(last, sequence) <= 0 => Err(Discard::Late { sequence }),
            _ => Ok(()),
        }
    }

    /// Takes note of the delivery of `sequence`, and tells whether it is to be acknowledged only now.
    pub(super) fn confirm(&mut self, sequence: u32, proof: Proof) -> bool {
        if self.check_order(sequence).is_err() {
            return false;
        }
        let Some(window) = &mut self.window else {
            return false;
        };
        if proof == Proof::Unknown {
            if !self.proven && window.contains(sequence) {
                self.delivered = Some(sequence);
            }
            return false;
        }
        self.proven = true;
        self.settled = true;
        self.delivered = Some(sequence);
        if self.candidate != Some(sequence) {
            return false;
        }
        // Far ahead, or far behind a window that forged numbers have moved on: either way the peer is here.
        self.candidate = None;
        *window = Window::new(sequence);
        true
    }
}

/// Whether the window around `highest` covers `sequence`, or would by moving on less than its own width.
pub(super) const fn is_near(highest: u32, sequence: u32) -> bool {
    distance(highest, sequence).unsigned_abs() < WINDOW
}

/// Whether a jump to `sequence` confirms the one to `candidate`: the packet is where it should be then. RFC 3550 A.1
/// does the same for RTP. It costs an attacker two packets instead of one, but of what only the window decides.
pub(super) fn follows(candidate: Option<u32>, sequence: u32) -> bool {
    candidate.is_some_and(|last| distance(last, sequence) > 0 && is_near(last, sequence))
}

/// Which of the [`WINDOW`] numbers up to the highest one have come in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    highest: u32,
    /// Those of a number, of which bit n stands for `highest - n`: the number itself would be aligned to 16 octets, and
    /// whatever it is in with it.
    seen: [u8; 16],
}

impl Window {
    const fn new(highest: u32) -> Self {
        Self {
            highest,
            seen: 1_u128.to_ne_bytes(),
        }
    }

    const fn seen(&self) -> u128 {
        u128::from_ne_bytes(self.seen)
    }

    /// Takes note of `sequence` and tells whether that is news. Of a number before the window it is none.
    fn insert(&mut self, sequence: u32) -> bool {
        let ahead = distance(self.highest, sequence);
        let seen = self.seen();
        if ahead > 0 {
            self.highest = sequence;
            let moved = seen.checked_shl(ahead.unsigned_abs()).unwrap_or(0);
            self.seen = (moved | 1).to_ne_bytes();
            return true;
        }
        let bit = 1_u128.checked_shl(ahead.unsigned_abs()).unwrap_or(0);
        self.seen = (seen | bit).to_ne_bytes();
        bit != 0 && seen & bit == 0
    }

    fn contains(&self, sequence: u32) -> bool {
        let behind = distance(sequence, self.highest);
        let bit = u32::try_from(behind)
            .ok()
            .and_then(|behind| 1_u128.checked_shl(behind));
        bit.is_some_and(|bit| self.seen() & bit != 0)
    }
}

#[cfg(test)]
mod tests;
