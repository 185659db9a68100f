//! What the caller's own methods take: the memory for it is chosen by type.

use core::fmt;
use heapless::Vec;
use pptp_mppe::StartKeys;
use zeroize::Zeroize as _;

/// Whether there is room for methods of the caller's: [`NoRoom`] or [`PassThrough`].
///
/// Sealed.
pub trait EapRoom: Room {}

impl<R: Room> EapRoom for R {}

/// No room: the methods are those built in, and there is nothing to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoRoom;

/// Room for one packet of EAP of at most `LEN` octets, for each end: it is the one that came until it is answered, and the
/// answer from then on.
///
/// 1500 takes every packet that a link carries.
#[derive(Clone, PartialEq, Eq)]
pub struct PassThrough<const LEN: usize> {
    packet: Vec<u8, LEN, u16>,
    keys: Option<StartKeys>,
    /// How many packets there have been for the caller.
    count: u32,
    is_finished: bool,
}

mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals EapRoom")]

    use core::fmt;
    use pptp_mppe::StartKeys;

    pub trait Room: Clone + fmt::Debug + PartialEq + Eq {
        /// How long a packet may be. 0: none is taken.
        const LEN: usize;
        const EMPTY: Self;
        fn packet(&self) -> &[u8];
        /// Keeps the packet made of `parts`, in the place of the one before; `false` if it is too long, and nothing has
        /// changed.
        fn put(&mut self, parts: [&[u8]; 2]) -> bool;
        fn clear(&mut self);
        /// Which packet for the caller is the newest.
        fn count(&self) -> u32;
        fn count_up(&mut self);
        /// The caller's method is through with it, and has come to these keys.
        fn finish(&mut self, keys: Option<StartKeys>);
        fn is_finished(&self) -> bool;
        fn keys(&self) -> Option<&StartKeys>;
    }
}

pub(crate) use sealed::Room;

impl Room for NoRoom {
    const LEN: usize = 0;
    const EMPTY: Self = Self;

    fn packet(&self) -> &[u8] {
        &[]
    }

    fn put(&mut self, _parts: [&[u8]; 2]) -> bool {
        false
    }

    fn clear(&mut self) {}

    fn count(&self) -> u32 {
        0
    }

    fn count_up(&mut self) {}

    fn finish(&mut self, _keys: Option<StartKeys>) {}

    fn is_finished(&self) -> bool {
        false
    }

    fn keys(&self) -> Option<&StartKeys> {
        None
    }
}

impl<const LEN: usize> Room for PassThrough<LEN> {
    const LEN: usize = LEN;
    const EMPTY: Self = Self {
        packet: Vec::new(),
        keys: None,
        count: 0,
        is_finished: false,
    };

    fn packet(&self) -> &[u8] {
        &self.packet
    }

    fn put(&mut self, parts: [&[u8]; 2]) -> bool {
        let [head, tail] = parts;
        if head.len().saturating_add(tail.len()) > LEN {
            return false;
        }
        self.packet.zeroize();
        self.packet.clear();
        let kept = parts.map(|part| self.packet.extend_from_slice(part));
        kept.iter().all(Result::is_ok)
    }

    fn clear(&mut self) {
        self.packet.zeroize();
        self.packet.clear();
        self.keys = None;
        self.is_finished = false;
    }

    fn count(&self) -> u32 {
        self.count
    }

    fn count_up(&mut self) {
        self.count = self.count.wrapping_add(1);
    }

    fn finish(&mut self, keys: Option<StartKeys>) {
        self.keys = keys;
        self.is_finished = true;
    }

    fn is_finished(&self) -> bool {
        self.is_finished
    }

    fn keys(&self) -> Option<&StartKeys> {
        self.keys.as_ref()
    }
}

impl<const LEN: usize> Default for PassThrough<LEN> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const LEN: usize> Drop for PassThrough<LEN> {
    fn drop(&mut self) {
        self.packet.zeroize();
    }
}

/// Without the packet: there are methods that have a password in it.
impl<const LEN: usize> fmt::Debug for PassThrough<LEN> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassThrough")
            .field("len", &self.packet.len())
            .field("is_finished", &self.is_finished)
            .finish_non_exhaustive()
    }
}
