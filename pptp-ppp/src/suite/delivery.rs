//! Whether encrypted packets that others have overtaken are delivered, and where the keys for them are kept.

use crate::time::Instant;
use core::time::Duration;
use pptp_mppe::stateless::{LateTrial, Skipped};
use pptp_mppe::{Count, Decryptor, Trial};

/// How long a key is kept at the least; at the most it is twice as long.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Delivery")]

    use super::*;

    /// What a suite asks about order.
    pub trait DeliveryLayer: Clone + core::fmt::Debug {
        /// Whether there is anything that [`DeliveryLayer::decrypt`] could ever decrypt.
        const TAKES_LATE: bool;

        fn new() -> Self;
        /// A packet on trial is about to be committed.
        fn keep<const PREPARED: usize>(
            &mut self,
            now: Instant,
            trial: &mut Trial<'_, '_, PREPARED>,
        );
        /// Decrypts a packet that comes late, if there is a key for it.
        fn decrypt<'a, 'd, const PREPARED: usize>(
            &'a mut self,
            now: Instant,
            decryptor: &Decryptor<PREPARED>,
            count: Count,
            data: &'d mut [u8],
        ) -> Option<LateTrial<'a, 'd>>;
        /// A late packet was delivered.
        fn delivered(&mut self);
        /// How many were.
        fn count(&self) -> u64;
        /// The keys of the link are spent.
        fn stop(&mut self);
        fn handle_timeout(&mut self, now: Instant);
        fn next_timeout(&self) -> Option<Instant>;
    }
}

/// Whether a [`Sealer`](crate::Sealer) delivers encrypted packets that others have overtaken: [`InOrder`] or
/// [`AnyOrder`].
///
/// Sealed: the methods are the suite's own business.
pub trait Delivery: sealed::DeliveryLayer {}

impl<D: sealed::DeliveryLayer> Delivery for D {}

/// What comes late is dropped, as RFC 2637 §4.3 and RFC 3078 §3 have it. Takes neither memory nor code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InOrder;

impl sealed::DeliveryLayer for InOrder {
    const TAKES_LATE: bool = false;

    fn new() -> Self {
        Self
    }

    #[inline(always)]
    fn keep<const PREPARED: usize>(&mut self, _: Instant, _: &mut Trial<'_, '_, PREPARED>) {}

    #[inline(always)]
    fn decrypt<'a, 'd, const PREPARED: usize>(
        &'a mut self,
        _: Instant,
        _: &Decryptor<PREPARED>,
        _: Count,
        _: &'d mut [u8],
    ) -> Option<LateTrial<'a, 'd>> {
        None
    }

    fn delivered(&mut self) {}

    fn count(&self) -> u64 {
        0
    }

    #[inline(always)]
    fn stop(&mut self) {}

    #[inline(always)]
    fn handle_timeout(&mut self, _: Instant) {}

    #[inline(always)]
    fn next_timeout(&self) -> Option<Instant> {
        None
    }
}

/// In MPPE's stateless mode, what comes late is delivered when it comes, without having been waited for: the keys of the
/// last `N` packets that others have overtaken are kept, 19 octets each, for one to two seconds. `N` is a power of 2 up
/// to 128, as far as GRE tells duplicates.
///
/// Packets then reach the network out of order, as they may on any IP path. Each is delivered once: its key is used up
/// by it, and by nothing that does not look like a whole IP packet.
///
/// What else comes late is dropped as ever: in stateful mode, where what is late hangs on what came before it; in the
/// clear, where nothing tells it from a forgery; and what is for the link itself.
#[derive(Debug, Clone)]
pub struct AnyOrder<const N: usize> {
    skipped: Skipped<N>,
    /// When the keys get older.
    due: Option<Instant>,
    delivered: u64,
}

impl<const N: usize> AnyOrder<N> {
    /// Lets go of keys that are too old, however late this is called.
    fn age(&mut self, now: Instant) {
        while let Some(due) = self.due.filter(|due| *due <= now) {
            self.skipped.age();
            self.due = (!self.skipped.is_empty()).then(|| due + PATIENCE);
        }
    }
}

impl<const N: usize> sealed::DeliveryLayer for AnyOrder<N> {
    const TAKES_LATE: bool = N > 0;

    fn new() -> Self {
        Self {
            skipped: Skipped::new(),
            due: None,
            delivered: 0,
        }
    }

    #[inline]
    fn keep<const PREPARED: usize>(&mut self, now: Instant, trial: &mut Trial<'_, '_, PREPARED>) {
        if let Trial::Stateless(trial) = trial
            && trial.missing() > 0
        {
            self.age(now);
            self.skipped.keep(trial);
            self.due = self.due.or(Some(now + PATIENCE));
        }
    }

    fn decrypt<'a, 'd, const PREPARED: usize>(
        &'a mut self,
        now: Instant,
        decryptor: &Decryptor<PREPARED>,
        count: Count,
        data: &'d mut [u8],
    ) -> Option<LateTrial<'a, 'd>> {
        self.age(now);
        match decryptor {
            Decryptor::Stateless(decryptor) => self.skipped.decrypt(decryptor, count, data),
            Decryptor::Stateful(_) => None,
        }
    }

    fn delivered(&mut self) {
        self.delivered = self.delivered.wrapping_add(1);
    }

    fn count(&self) -> u64 {
        self.delivered
    }

    fn stop(&mut self) {
        self.skipped.clear();
        self.due = None;
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.age(now);
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.due
    }
}
