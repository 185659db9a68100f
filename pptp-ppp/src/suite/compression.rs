//! Whether a suite has MPPC, and where its memory is.

use core::fmt;
use pptp_mppc::level::{Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor};

pub(crate) mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Compress")]

    use super::*;

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
        fn compressor(&mut self) -> Option<&mut Compressor<Self::Level>>;
        fn decompressor(&self) -> Option<&Decompressor>;
        fn decompressor_mut(&mut self) -> Option<&mut Decompressor>;
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
    fn compressor(&mut self) -> Option<&mut Compressor<Small>> {
        None
    }

    #[inline(always)]
    fn decompressor(&self) -> Option<&Decompressor> {
        None
    }

    #[inline(always)]
    fn decompressor_mut(&mut self) -> Option<&mut Decompressor> {
        None
    }
}

/// MPPC at the level `L`, whose memory is a part of the link: about 20 KiB.
#[derive(Clone)]
pub struct Mppc<L: Level = Fast> {
    compressor: Compressor<L>,
    decompressor: Decompressor,
    sends: bool,
    receives: bool,
}

impl<L: Level> sealed::CompressLayer for Mppc<L> {
    const COMPRESSES: bool = true;

    type Level = L;

    fn new() -> Self {
        Self {
            compressor: Compressor::new(),
            decompressor: Decompressor::new(),
            sends: false,
            receives: false,
        }
    }

    fn start_sending(&mut self) {
        self.compressor.reset();
        self.sends = true;
    }

    fn start_receiving(&mut self) {
        self.decompressor.reset();
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

    fn compressor(&mut self) -> Option<&mut Compressor<L>> {
        self.sends.then_some(&mut self.compressor)
    }

    fn decompressor(&self) -> Option<&Decompressor> {
        self.receives.then_some(&self.decompressor)
    }

    fn decompressor_mut(&mut self) -> Option<&mut Decompressor> {
        self.receives.then_some(&mut self.decompressor)
    }
}

impl<L: Level> fmt::Debug for Mppc<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mppc")
            .field("compressor", &self.sends.then_some(&self.compressor))
            .field("decompressor", &self.receives.then_some(&self.decompressor))
            .finish()
    }
}

#[cfg(feature = "alloc")]
pub use on_heap::AllocMppc;

#[cfg(feature = "alloc")]
mod on_heap {
    use super::sealed::CompressLayer;
    use alloc::boxed::Box;
    use core::fmt;
    use pptp_mppc::level::{Fast, Level};
    use pptp_mppc::{Compressor, Decompressor};

    /// MPPC at the level `L`, whose memory is allocated for a direction when it has been agreed on for that, and given
    /// back when the link goes down.
    #[derive(Clone)]
    pub struct AllocMppc<L: Level = Fast> {
        compressor: Option<Box<Compressor<L>>>,
        decompressor: Option<Box<Decompressor>>,
    }

    impl<L: Level> CompressLayer for AllocMppc<L> {
        const COMPRESSES: bool = true;

        type Level = L;

        fn new() -> Self {
            Self {
                compressor: None,
                decompressor: None,
            }
        }

        fn start_sending(&mut self) {
            self.compressor = Some(Box::new(Compressor::new()));
        }

        fn start_receiving(&mut self) {
            self.decompressor = Some(Box::new(Decompressor::new()));
        }

        fn stop_sending(&mut self) {
            self.compressor = None;
        }

        fn stop_receiving(&mut self) {
            self.decompressor = None;
        }

        fn is_sending(&self) -> bool {
            self.compressor.is_some()
        }

        fn compressor(&mut self) -> Option<&mut Compressor<L>> {
            self.compressor.as_deref_mut()
        }

        fn decompressor(&self) -> Option<&Decompressor> {
            self.decompressor.as_deref()
        }

        fn decompressor_mut(&mut self) -> Option<&mut Decompressor> {
            self.decompressor.as_deref_mut()
        }
    }

    impl<L: Level> fmt::Debug for AllocMppc<L> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("AllocMppc")
                .field("compressor", &self.compressor)
                .field("decompressor", &self.decompressor)
                .finish()
        }
    }
}
