//! Keys and ciphers of the packets that come next, made while there was time.

use crate::rc4::{Octets, Rc4};
use crate::{Count, SessionKey};
use zeroize::ZeroizeOnDrop;

/// Room for those of `N` packets, a power of 2.
#[derive(Clone, ZeroizeOnDrop)]
pub(super) struct Prepared<const N: usize> {
    /// By the count, modulo their number.
    slots: [Slot; N],
    /// How many of them are ready, from the next packet on.
    #[zeroize(skip)]
    ready: u8,
}

#[derive(Clone, ZeroizeOnDrop)]
pub(super) struct Slot {
    pub(super) key: Octets,
    pub(super) cipher: Rc4,
}

impl<const N: usize> Prepared<N> {
    pub(super) const fn new() -> Self {
        const {
            assert!(
                N == 0 || (N.is_power_of_two() && N <= 128),
                "0 or a power of 2 up to 128"
            );
        }
        Self {
            slots: [const {
                Slot {
                    key: Octets([0; 16]),
                    cipher: Rc4::zero(),
                }
            }; N],
            ready: 0,
        }
    }

    pub(super) const fn ready(&self) -> u8 {
        self.ready
    }

    /// Makes one more ready, when `next` is the next packet and `last` the key before. `false` if there is no room.
    pub(super) fn prepare(&mut self, next: Count, last: &SessionKey) -> bool {
        if usize::from(self.ready) >= N {
            return false;
        }
        let mut key = last.clone();
        let before = self.ready.checked_sub(1);
        if let Some(slot) = before.and_then(|before| self.peek(next, before.into())) {
            key.resume(slot.key);
        }
        key.change();
        let count = next.plus(self.ready.into());
        if let Some(slot) = self.slots.get_mut(Self::place(count)) {
            slot.key = key.current();
            slot.cipher = key.cipher();
            self.ready = self.ready.wrapping_add(1);
        }
        true
    }

    /// What is ready for the packet that is so many after `next`.
    #[inline]
    pub(super) fn peek(&self, next: Count, after: u16) -> Option<&Slot> {
        if after >= self.ready.into() {
            return None;
        }
        self.slots.get(Self::place(next.plus(after)))
    }

    /// What is ready for the packet `next`, which is no more the next packet from now on. The cipher is to be used up.
    #[inline]
    pub(super) fn take(&mut self, next: Count) -> Option<&mut Slot> {
        self.ready = self.ready.checked_sub(1)?;
        self.slots.get_mut(Self::place(next))
    }

    /// Goes on by so many packets.
    pub(super) fn skip(&mut self, packets: u16) {
        let packets = u8::try_from(packets).unwrap_or(u8::MAX);
        self.ready = self.ready.saturating_sub(packets);
    }

    fn place(count: Count) -> usize {
        usize::from(count.get()) & N.wrapping_sub(1)
    }
}
