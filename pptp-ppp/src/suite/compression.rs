//! Whether a suite has MPPC, and where its memory is.

use core::fmt;
use pptp_mppc::level::{Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor};
use pptp_mppe::{Count, Sealed};
use sealed::{Receiving, Sending};

pub(crate) mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Compress")]

    use super::*;

    /// What is compressed with.
    #[derive(Debug, Clone)]
    pub struct Sending<L: Level> {
        pub(crate) compressor: Compressor<L>,
        /// The count of the next packet. In stateless mode under encryption it is not wanted, and not kept.
        pub(crate) next: Count,
        /// How many were sent since history and key stream were begun anew.
        pub(crate) since_begun: u8,
    }

    impl<L: Level> Sending<L> {
        pub(crate) const fn new() -> Self {
            Self {
                compressor: Compressor::new(),
                next: Count::FIRST,
                since_begun: u8::MAX,
            }
        }

        /// As it was when it was new.
        pub(crate) fn reset(&mut self) {
            self.compressor.reset();
            self.next = Count::FIRST;
            self.since_begun = u8::MAX;
        }

        /// The count of a packet that is not encrypted.
        pub(crate) fn count(&mut self) -> Count {
            let count = self.next;
            self.next = count.next();
            count
        }

        /// A packet was encrypted.
        pub(crate) const fn encrypted(&mut self, sealed: Sealed) {
            self.next = sealed.count.next();
            self.since_begun = if sealed.flushed {
                0
            } else {
                self.since_begun.saturating_add(1)
            };
        }
    }

    /// What is decompressed with.
    #[derive(Debug, Clone)]
    pub struct Receiving {
        pub(crate) decompressor: Decompressor,
        /// The count of the next packet to come in that is not encrypted, and whether one has.
        pub(crate) expected: Count,
        pub(crate) received: bool,
    }

    impl Receiving {
        pub(crate) const fn new() -> Self {
            Self {
                decompressor: Decompressor::new(),
                expected: Count::FIRST,
                received: false,
            }
        }

        /// As it was when it was new.
        pub(crate) fn reset(&mut self) {
            self.decompressor.reset();
            self.expected = Count::FIRST;
            self.received = false;
        }
    }

    /// A compressor and a decompressor, each of which is there once it was started.
    pub trait CompressLayer: Clone + fmt::Debug {
        const COMPRESSES: bool;

        type Level: Level;

        fn new() -> Self;
        /// From now on packets that are sent are compressed, from an empty history on.
        fn start_sending(&mut self);
        /// From now on packets that come in may be compressed, from an empty history on.
        fn start_receiving(&mut self);
        fn stop_sending(&mut self);
        fn stop_receiving(&mut self);
        fn is_sending(&self) -> bool;
        fn sending(&mut self) -> Option<&mut Sending<Self::Level>>;
        fn receiving(&self) -> Option<&Receiving>;
        fn receiving_mut(&mut self) -> Option<&mut Receiving>;
    }
}

/// Whether a [`Sealer`](crate::Sealer) has MPPC, and where its memory is: [`NoMppc`], [`Mppc`], and with the feature
/// `alloc` `AllocMppc`.
///
/// Sealed: the methods are the suite's own business.
pub trait Compress: sealed::CompressLayer {}

impl<C: sealed::CompressLayer> Compress for C {}

/// No MPPC. Takes neither memory nor code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMppc;

impl sealed::CompressLayer for NoMppc {
    const COMPRESSES: bool = false;

    type Level = Small;

    fn new() -> Self {
        Self
    }

    fn start_sending(&mut self) {}

    fn start_receiving(&mut self) {}

    fn stop_sending(&mut self) {}

    fn stop_receiving(&mut self) {}

    fn is_sending(&self) -> bool {
        false
    }

    #[inline(always)]
    fn sending(&mut self) -> Option<&mut Sending<Small>> {
        None
    }

    #[inline(always)]
    fn receiving(&self) -> Option<&Receiving> {
        None
    }

    #[inline(always)]
    fn receiving_mut(&mut self) -> Option<&mut Receiving> {
        None
    }
}

/// MPPC at the level `L`, whose memory is a part of the link: about 20 KiB.
#[derive(Clone)]
pub struct Mppc<L: Level = Fast> {
    sending: Sending<L>,
    receiving: Receiving,
    sends: bool,
    receives: bool,
}

impl<L: Level> sealed::CompressLayer for Mppc<L> {
    const COMPRESSES: bool = true;

    type Level = L;

    fn new() -> Self {
        Self {
            sending: Sending::new(),
            receiving: Receiving::new(),
            sends: false,
            receives: false,
        }
    }

    fn start_sending(&mut self) {
        self.sending.reset();
        self.sends = true;
    }

    fn start_receiving(&mut self) {
        self.receiving.reset();
        self.receives = true;
    }

    fn stop_sending(&mut self) {
        self.sends = false;
    }

    fn stop_receiving(&mut self) {
        self.receives = false;
    }

    fn is_sending(&self) -> bool {
        self.sends
    }

    fn sending(&mut self) -> Option<&mut Sending<L>> {
        self.sends.then_some(&mut self.sending)
    }

    fn receiving(&self) -> Option<&Receiving> {
        self.receives.then_some(&self.receiving)
    }

    fn receiving_mut(&mut self) -> Option<&mut Receiving> {
        self.receives.then_some(&mut self.receiving)
    }
}

impl<L: Level> fmt::Debug for Mppc<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mppc")
            .field("sending", &self.sends.then_some(&self.sending))
            .field("receiving", &self.receives.then_some(&self.receiving))
            .finish()
    }
}

#[cfg(feature = "alloc")]
pub use on_heap::AllocMppc;

#[cfg(feature = "alloc")]
mod on_heap {
    use super::sealed::{CompressLayer, Receiving, Sending};
    use alloc::boxed::Box;
    use pptp_mppc::level::{Fast, Level};

    /// MPPC at the level `L`, whose memory is allocated for a direction when it has been agreed on for that, and given
    /// back when the link goes down.
    #[derive(Debug, Clone)]
    pub struct AllocMppc<L: Level = Fast> {
        sending: Option<Box<Sending<L>>>,
        receiving: Option<Box<Receiving>>,
    }

    impl<L: Level> CompressLayer for AllocMppc<L> {
        const COMPRESSES: bool = true;

        type Level = L;

        fn new() -> Self {
            Self {
                sending: None,
                receiving: None,
            }
        }

        fn start_sending(&mut self) {
            self.sending = Some(Box::new(Sending::new()));
        }

        fn start_receiving(&mut self) {
            self.receiving = Some(Box::new(Receiving::new()));
        }

        fn stop_sending(&mut self) {
            self.sending = None;
        }

        fn stop_receiving(&mut self) {
            self.receiving = None;
        }

        fn is_sending(&self) -> bool {
            self.sending.is_some()
        }

        fn sending(&mut self) -> Option<&mut Sending<L>> {
            self.sending.as_deref_mut()
        }

        fn receiving(&self) -> Option<&Receiving> {
            self.receiving.as_deref()
        }

        fn receiving_mut(&mut self) -> Option<&mut Receiving> {
            self.receiving.as_deref_mut()
        }
    }
}
