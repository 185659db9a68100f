//! The table itself: chains of slots by the hash of their keys, all in the caller's one slice.

use super::Slot;
use super::list::{List, slot, slot_mut};
use super::slot::{Key, State};
use crate::time::Instant;
use core::fmt;
use core::marker::PhantomData;
use core::mem;
use core::net::Ipv4Addr;
use core::time::Duration;
use pptp_ppp::Random;

/// There is no place, or no id, for another call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no place for another call")
    }
}

impl core::error::Error for Full {}

/// Why a call cannot have the id that it is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TakeError {
    /// There is no place for another call.
    Full,
    /// Another call with that peer has it, or has had it until lately.
    InUse,
}

impl fmt::Display for TakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => Full.fmt(f),
            Self::InUse => f.write_str("the call id is in use, or has been until lately"),
        }
    }
}

impl core::error::Error for TakeError {}

/// The calls that there are with all peers, with a `T` of the caller's for each, in the storage `S`: something that is a
/// slice of [`Slot`]s.
///
/// Finding, adding and removing one take the same time however many there are. Ids are drawn at random, so that nobody
/// else can tell the next. One that has become free is not given out again for as long as the quarantine lasts, unless all
/// slots are taken: then what has been in quarantine for the longest makes room, so that those who come and go cannot keep
/// others out. So there should be as many slots as calls at the most, and as many more as end within a quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls<T, S> {
    slots: S,
    free: List,
    quarantine: List,
    quarantine_time: Duration,
    len: usize,
    hash_key: u64,
    random: Random,
    value: PhantomData<T>,
}

impl<T, S: AsRef<[Slot<T>]> + AsMut<[Slot<T>]>> Calls<T, S> {
    /// For how long packets may be under way that nobody waits for any more, generously: 60 s.
    pub const QUARANTINE: Duration = Duration::from_secs(60);

    /// A table without calls. What is in the slots is dropped; of more than 2^32 the rest are not used.
    #[must_use]
    pub fn new(mut slots: S, quarantine: Duration, random: &mut Random) -> Self {
        let mut free = List::EMPTY;
        let all = slots.as_mut();
        all.fill_with(|| Slot::EMPTY);
        for index in 0..all.len() {
            if let Ok(index) = u32::try_from(index) {
                free.push(all, index);
            }
        }
        Self {
            slots,
            free,
            quarantine: List::EMPTY,
            quarantine_time: quarantine,
            len: 0,
            hash_key: u64::from_be_bytes(random.array()),
            random: Random::new(random.array()),
            value: PhantomData,
        }
    }

    /// How many calls there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many calls there may be.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.as_ref().len()
    }

    /// Adds a call with this peer, and gives the id that it has from now on: not 0, and none that another call with the
    /// peer has, or has had until lately.
    ///
    /// # Errors
    /// [`Full`] if there are as many calls as slots, or all ids of this peer are in use.
    pub fn allocate(&mut self, now: Instant, peer: Ipv4Addr, value: T) -> Result<u16, Full> {
        self.release(now);
        if self.len >= self.capacity() {
            return Err(Full);
        }
        let first = u16::from_be_bytes(self.random.array());
        let id = (0..=u16::MAX)
            .map(|offset| first.wrapping_add(offset))
            .find(|&id| id != 0 && self.find(Key { peer, id }).is_none())
            .ok_or(Full)?;
        self.insert(Key { peer, id }, value).ok_or(Full)?;
        Ok(id)
    }

    /// Adds a call with this peer and an id that it is to have.
    ///
    /// # Errors
    /// [`TakeError`] if it cannot have it.
    pub fn take(
        &mut self,
        now: Instant,
        peer: Ipv4Addr,
        id: u16,
        value: T,
    ) -> Result<(), TakeError> {
        self.release(now);
        if self.find(Key { peer, id }).is_some() {
            return Err(TakeError::InUse);
        }
        self.insert(Key { peer, id }, value).ok_or(TakeError::Full)
    }

    /// What is kept of the call that a GRE packet from `peer` with this call id is for.
    #[must_use]
    pub fn get(&self, peer: Ipv4Addr, id: u16) -> Option<&T> {
        let index = self.find(Key { peer, id })?;
        match &slot(self.slots.as_ref(), index)?.state {
            State::Call(_, value) => Some(value),
            _ => None,
        }
    }

    /// The same, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, peer: Ipv4Addr, id: u16) -> Option<&mut T> {
        let index = self.find(Key { peer, id })?;
        match &mut slot_mut(self.slots.as_mut(), index)?.state {
            State::Call(_, value) => Some(value),
            _ => None,
        }
    }

    /// All calls, in no order: peer, id, and what is kept of it. That takes as long as there are slots.
    pub fn iter(&self) -> impl Iterator<Item = (Ipv4Addr, u16, &T)> {
        let slots = self.slots.as_ref().iter();
        slots.filter_map(|slot| match &slot.state {
            State::Call(key, value) => Some((key.peer, key.id, value)),
            _ => None,
        })
    }

    /// The call is over: gives back what was kept of it. Its id is in quarantine from now on.
    pub fn free(&mut self, now: Instant, peer: Ipv4Addr, id: u16) -> Option<T> {
        self.release(now);
        let key = Key { peer, id };
        let index = self.find(key)?;
        let slots = self.slots.as_mut();
        let slot = slot_mut(slots, index)?;
        if !matches!(slot.state, State::Call(..)) {
            return None;
        }
        let until = now + self.quarantine_time;
        let state = mem::replace(&mut slot.state, State::Quarantine(key, until));
        self.quarantine.push(slots, index);
        self.len = self.len.saturating_sub(1);
        match state {
            State::Call(_, value) => Some(value),
            _ => None,
        }
    }

    /// Ends the quarantines that are over.
    fn release(&mut self, now: Instant) {
        while let Some(index) = self.quarantine.first()
            && let Some(Slot {
                state: State::Quarantine(_, until),
                ..
            }) = slot(self.slots.as_ref(), index)
            && *until <= now
        {
            self.release_first();
        }
    }

    /// Ends the quarantine that began first.
    fn release_first(&mut self) {
        let Some(index) = self.quarantine.pop(self.slots.as_mut()) else {
            return;
        };
        self.unlink(index);
        let slots = self.slots.as_mut();
        if let Some(slot) = slot_mut(slots, index) {
            slot.state = State::Free;
        }
        self.free.push(slots, index);
    }

    /// Puts a call into a free slot, or that of the oldest quarantine.
    fn insert(&mut self, key: Key, value: T) -> Option<()> {
        if self.free.first().is_none() {
            self.release_first();
        }
        let bucket = self.bucket(key)?;
        let slots = self.slots.as_mut();
        let index = self.free.pop(slots)?;
        let first = slot_mut(slots, bucket)?.first.replace(index);
        let slot = slot_mut(slots, index)?;
        slot.chain = first;
        slot.state = State::Call(key, value);
        self.len = self.len.saturating_add(1);
        Some(())
    }

    /// The slot that has the key, be it a call's or in quarantine.
    fn find(&self, key: Key) -> Option<u32> {
        let slots = self.slots.as_ref();
        let mut next = slot(slots, self.bucket(key)?)?.first;
        while let Some(index) = next {
            let slot = slot(slots, index)?;
            if slot.key() == Some(key) {
                return Some(index);
            }
            next = slot.chain;
        }
        None
    }

    /// How many slots are looked at until a call is found.
    #[cfg(test)]
    pub(super) fn steps(&self, peer: Ipv4Addr, id: u16) -> usize {
        let key = Key { peer, id };
        let slots = self.slots.as_ref();
        let first = self.bucket(key).and_then(|it| slot(slots, it)?.first);
        let chain = core::iter::successors(first, |&it| slot(slots, it)?.chain);
        let found = |&it: &u32| slot(slots, it).and_then(Slot::key) != Some(key);
        chain.take_while(found).count().saturating_add(1)
    }

    /// Takes a slot out of its chain.
    fn unlink(&mut self, index: u32) -> Option<()> {
        let key = slot(self.slots.as_ref(), index)?.key()?;
        let bucket = self.bucket(key)?;
        let slots = self.slots.as_mut();
        let chain = slot_mut(slots, index)?.chain.take();
        let first = &mut slot_mut(slots, bucket)?.first;
        if *first == Some(index) {
            *first = chain;
            return Some(());
        }
        let mut next = *first;
        while let Some(before) = next {
            let slot = slot_mut(slots, before)?;
            if slot.chain == Some(index) {
                slot.chain = chain;
                return Some(());
            }
            next = slot.chain;
        }
        None
    }

    /// The slot at which the chain begins that has the key in it. Addresses are the peers' to choose, so that what they
    /// come to must not be known to them.
    fn bucket(&self, key: Key) -> Option<u32> {
        let peer = u64::from(key.peer.to_bits());
        let mut hash = self.hash_key ^ (peer.rotate_left(16) | u64::from(key.id));
        // The mixing of SplitMix64.
        hash = (hash ^ hash.wrapping_shr(30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ hash.wrapping_shr(27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let hash = u128::from(hash ^ hash.wrapping_shr(31));
        // A share of the slots, without the time that a division takes.
        let slots = u128::try_from(self.slots.as_ref().len()).ok()?;
        u32::try_from(hash.wrapping_mul(slots).wrapping_shr(64)).ok()
    }
}
