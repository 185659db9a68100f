//! The packets of one direction of a call, in the order in which they were sent.
//!
//! A reader of a whole file knows what never comes, so that nothing waits for it: packets are sorted by their sequence
//! numbers. Each is then due when it and all before it were captured, by which the two directions can be read together
//! with every cause before its effect.

use std::time::Duration;

/// How much later than one with a higher number a packet may come, and still be put in its place.
const WINDOW: Duration = Duration::from_secs(10);
/// How far ahead of all others a number may be. What is further is damaged or forged, and must not make the others late.
const AHEAD: i64 = 1 << 16;

/// A packet of a call with its sequence number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// When it was captured, since 1970.
    pub at: Duration,
    /// When it and all before it had been captured.
    pub due: Duration,
    /// Its sequence number.
    pub sequence: u32,
    /// The PPP frame.
    pub frame: Vec<u8>,
}

/// One direction, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ordered {
    /// The packets by sequence number, each number once.
    pub packets: Vec<Numbered>,
    /// How many came twice.
    pub duplicates: u64,
    /// How many came after one with a higher number.
    pub reordered: u64,
    /// How many numbers are missing between the first and the last.
    pub missing: u64,
    /// How many came too late, or with a number too far ahead, to be put in a place.
    pub misplaced: u64,
}

/// Sorts what was captured of one direction; [`Numbered::due`] is worked out here.
#[must_use]
pub fn order(captured: Vec<Numbered>) -> Ordered {
    let mut result = Ordered::default();
    // The highest number so far, unwrapped to 64 bits, and when it was captured.
    let mut highest: Option<(i64, Duration)> = None;
    let mut sorted: Vec<(i64, Numbered)> = Vec::with_capacity(captured.len());
    for packet in captured {
        let Some((high, high_at)) = highest else {
            let number = i64::from(packet.sequence);
            highest = Some((number, packet.at));
            sorted.push((number, packet));
            continue;
        };
        // The low 32 bits of the highest number are the one it was made from.
        let step = i64::from(packet.sequence.wrapping_sub(high as u32).cast_signed());
        let number = high + step;
        if step > AHEAD || (step < 0 && packet.at > high_at.saturating_add(WINDOW)) {
            result.misplaced += 1;
            continue;
        }
        if step > 0 {
            highest = Some((number, packet.at));
        }
        let place = match sorted.last() {
            Some((last, _)) if *last < number => sorted.len(),
            _ => match sorted.binary_search_by_key(&number, |(number, _)| *number) {
                Ok(_) => {
                    result.duplicates += 1;
                    continue;
                }
                Err(place) => {
                    result.reordered += 1;
                    place
                }
            },
        };
        sorted.insert(place, (number, packet));
    }
    if let (Some((first, _)), Some((last, _))) = (sorted.first(), sorted.last()) {
        let numbers = u64::try_from(last - first + 1).unwrap_or(0);
        result.missing = numbers.saturating_sub(sorted.len() as u64);
    }
    let mut due = Duration::ZERO;
    for (_, mut packet) in sorted {
        due = due.max(packet.at);
        packet.due = due;
        result.packets.push(packet);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(sequence_and_millis: &[(u32, u64)]) -> Vec<Numbered> {
        sequence_and_millis
            .iter()
            .map(|&(sequence, millis)| Numbered {
                at: Duration::from_millis(millis),
                due: Duration::ZERO,
                sequence,
                frame: Vec::new(),
            })
            .collect()
    }

    #[test]
    fn sorted_over_the_wrap_and_due_when_all_before_are_there() {
        let ordered = order(packets(&[
            (u32::MAX, 1),
            (1, 2),
            (u32::MAX - 1, 3),
            (0, 4),
            (1, 5),
            (3, 6),
        ]));
        let found: Vec<_> = ordered
            .packets
            .iter()
            .map(|packet| (packet.sequence, packet.due.as_millis()))
            .collect();
        assert_eq!(
            found,
            [(u32::MAX - 1, 3), (u32::MAX, 3), (0, 4), (1, 4), (3, 6)]
        );
        assert_eq!(
            (
                ordered.duplicates,
                ordered.reordered,
                ordered.missing,
                ordered.misplaced
            ),
            (1, 2, 1, 0)
        );
    }

    #[test]
    fn a_number_far_ahead_does_not_make_the_others_late() {
        let ordered = order(packets(&[
            (7, 0),
            (900_000_000, 1),
            (8, 60_000),
            (7, 60_001),
        ]));
        let found: Vec<_> = ordered
            .packets
            .iter()
            .map(|packet| packet.sequence)
            .collect();
        assert_eq!(found, [7, 8]);
        assert_eq!((ordered.misplaced, ordered.duplicates), (1, 1));
    }

    #[test]
    fn what_comes_too_late_is_left_out() {
        let ordered = order(packets(&[(5, 0), (7, 10), (6, 10_011)]));
        assert_eq!((ordered.packets.len(), ordered.misplaced), (2, 1));
    }
}
