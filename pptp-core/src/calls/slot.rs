//! The storage of a table.

use crate::time::Instant;
use core::net::Ipv4Addr;

/// Which call it is: the peer's address, and our id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) peer: Ipv4Addr,
    pub(super) id: u16,
}

/// Place for one call in the storage of [`Calls`](super::Calls): as many as there may be calls, and ids in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot<T> {
    /// The first of the calls whose keys lead to this place.
    pub(super) first: Option<u32>,
    /// The next call whose key leads to the same place as this one's.
    pub(super) chain: Option<u32>,
    /// The next one in the list of free ones, or of those in quarantine.
    pub(super) next: Option<u32>,
    pub(super) state: State<T>,
}

/// What a slot has in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State<T> {
    Free,
    /// A call.
    Call(Key, T),
    /// The id of one that is over, which nobody has until then.
    Quarantine(Key, Instant),
}

impl<T> Slot<T> {
    /// Nothing in it.
    pub const EMPTY: Self = Self {
        first: None,
        chain: None,
        next: None,
        state: State::Free,
    };

    pub(super) const fn key(&self) -> Option<Key> {
        match &self.state {
            State::Free => None,
            State::Call(key, _) | State::Quarantine(key, _) => Some(*key),
        }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::EMPTY
    }
}
