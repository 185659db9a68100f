//! A queue of slots, linked through them.

use super::Slot;

/// Slots in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct List {
    first: Option<u32>,
    last: Option<u32>,
}

impl List {
    /// None.
    pub(super) const EMPTY: Self = Self {
        first: None,
        last: None,
    };

    /// The one that came first.
    pub(super) const fn first(&self) -> Option<u32> {
        self.first
    }

    /// Adds one behind the others.
    pub(super) fn push<T>(&mut self, slots: &mut [Slot<T>], index: u32) {
        if let Some(slot) = slot_mut(slots, index) {
            slot.next = None;
        }
        match self.last.and_then(|last| slot_mut(slots, last)) {
            Some(last) => last.next = Some(index),
            None => self.first = Some(index),
        }
        self.last = Some(index);
    }

    /// Takes out the one that came first.
    pub(super) fn pop<T>(&mut self, slots: &mut [Slot<T>]) -> Option<u32> {
        let index = self.first?;
        let next = slot_mut(slots, index).and_then(|slot| slot.next.take());
        self.first = next;
        if next.is_none() {
            self.last = None;
        }
        Some(index)
    }
}

pub(super) fn slot<T>(slots: &[Slot<T>], index: u32) -> Option<&Slot<T>> {
    slots.get(usize::try_from(index).ok()?)
}

pub(super) fn slot_mut<T>(slots: &mut [Slot<T>], index: u32) -> Option<&mut Slot<T>> {
    slots.get_mut(usize::try_from(index).ok()?)
}
