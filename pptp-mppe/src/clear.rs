//! Clearing secrets.

/// Has a newtype cleared in one piece: octet by octet, as arrays otherwise are, it takes a tenth of the time of a key
/// schedule.
macro_rules! cleared_whole {
    ([$($generics:tt)*] $type:ty, $zero:expr) => {
        impl<$($generics)*> zeroize::Zeroize for $type {
            #[inline]
            fn zeroize(&mut self) {
                self.0 = $zero;
                // Keeps the compiler from finding that nobody reads it any more.
                zeroize::optimization_barrier(self);
            }
        }
    };
}
pub(crate) use cleared_whole;
