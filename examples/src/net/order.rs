//! Packets of a tunnel, in the order in which they were sent.

use pptp_core::gre::Reorder;
use pptp_core::time::Instant;
use std::time::Duration;

/// The longest payload that is held back, in octets.
const HELD_LEN: usize = 1536;

/// Puts packets in order: `N` of them wait at most until those before them come.
#[derive(Debug, Default)]
pub struct Order<const N: usize> {
    patience: Duration,
    /// The number that comes next, if nothing is lost, as long as nothing was held.
    next: Option<u32>,
    /// Not before there is a need: it is most of the memory that a tunnel takes.
    held: Option<Box<Reorder<N, HELD_LEN>>>,
}

impl<const N: usize> Order<N> {
    /// None has come yet. They wait for as long as `patience`; if that is no time, not at all.
    #[must_use]
    pub const fn new(patience: Duration) -> Self {
        Self {
            patience,
            next: None,
            held: None,
        }
    }

    /// Takes `packet`, its number and payload, if there is one, and has `deliver` take all whose turn it is.
    pub fn pass(
        &mut self,
        now: Instant,
        mut packet: Option<(u32, &mut [u8])>,
        mut deliver: impl FnMut(u32, &mut [u8]),
    ) {
        if self.held.is_none()
            && let Some((sequence, payload)) = packet.take()
        {
            let next = *self.next.get_or_insert(sequence);
            let ahead = sequence.wrapping_sub(next).cast_signed();
            if ahead >= 0 {
                self.next = Some(sequence.wrapping_add(1));
            }
            if ahead <= 0 || self.patience.is_zero() {
                return deliver(sequence, payload);
            }
            let held = Reorder::with_timeout(self.patience).starting_at(next);
            self.held = Some(Box::new(held));
            packet = Some((sequence, payload));
        }
        let Some(held) = &mut self.held else { return };
        while let Some((sequence, payload)) = held.release(now, &mut packet) {
            deliver(sequence, payload);
        }
    }

    /// When [`pass`](Self::pass) is to be called, if nothing comes before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.held.as_ref().and_then(|held| held.next_timeout())
    }

    /// How many were not lost although others had overtaken them.
    #[must_use]
    pub fn overtaken(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.overtaken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);

    fn delivered<const N: usize>(
        order: &mut Order<N>,
        now: Instant,
        number: Option<u32>,
    ) -> Vec<u32> {
        let mut payload = [0; 4];
        let mut numbers = Vec::new();
        let packet = number.map(|number| (number, payload.as_mut_slice()));
        order.pass(now, packet, |number, _| numbers.push(number));
        numbers
    }

    #[test]
    fn what_is_overtaken_is_put_in_order_and_costs_memory_only_then() {
        let mut order = Order::<8>::new(PATIENCE);
        let start = Instant::ZERO;
        let first = u32::MAX - 1;
        let mut put = |number: Option<u32>, now| {
            let numbers = delivered(&mut order, now, number.map(|it| first.wrapping_add(it)));
            let numbers = numbers.into_iter().map(|it| it.wrapping_sub(first));
            (
                numbers.collect::<Vec<_>>(),
                order.next_timeout(),
                order.overtaken(),
                order.held.is_some(),
            )
        };
        assert_eq!(put(Some(0), start), (vec![0], None, 0, false));
        assert_eq!(put(Some(1), start), (vec![1], None, 0, false));
        // One that came before is the library's to drop.
        assert_eq!(put(Some(0), start), (vec![0], None, 0, false));
        let due = start + PATIENCE;
        assert_eq!(put(Some(3), start), (vec![], Some(due), 0, true));
        assert_eq!(put(Some(2), start), (vec![2, 3], None, 1, true));
        assert_eq!(put(Some(5), start), (vec![], Some(due), 1, true));
        assert_eq!(put(None, start), (vec![], Some(due), 1, true));
        assert_eq!(put(None, due), (vec![5], None, 1, true));
    }

    #[test]
    fn without_patience_all_go_as_they_come() {
        let mut order = Order::<8>::new(Duration::ZERO);
        for number in [0, 5, 3, 6] {
            assert_eq!(delivered(&mut order, Instant::ZERO, Some(number)), [number]);
        }
        assert!(order.held.is_none());
    }
}
