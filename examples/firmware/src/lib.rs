//! What the programs in `bin` share: the run loop of a product, and code that calls it and the whole public API with
//! values that the optimiser knows nothing about, and uses all that comes back.
#![no_std]

mod any_board;
pub mod drive;
pub mod firmware_loop;

pub use any_board::AnyBoard;

use core::fmt::{self, Write as _};
use core::hint::black_box;
use pptp_core::time::Instant;
use pptp_ppp::auth::Name;

/// `value`, which the optimiser can now assume nothing about.
///
/// Whatever can panic for some value of the type stays in the program.
pub fn any<T>(value: T) -> T {
    black_box(value)
}

/// Some bytes, of any content, and of any length up to 2048.
pub fn bytes() -> &'static [u8] {
    static BYTES: [u8; 2048] = [0; 2048];
    any(&BYTES).get(..any(100)).unwrap_or(&[])
}

/// Some text, of up to 10 octets.
pub fn text() -> &'static str {
    any(any("wonderland").get(..any(10)).unwrap_or_default())
}

/// Any name.
pub fn name<const N: usize>() -> Name<N> {
    match Name::new(bytes()) {
        Ok(name) => name,
        Err(error) => {
            printed(error);
            Name::default()
        }
    }
}

/// The front of `buffer`, of any length and with any content.
pub fn some(buffer: &mut [u8]) -> &mut [u8] {
    any(any(buffer).get_mut(..any(50)).unwrap_or_default())
}

/// The front of `items`, as many as may be.
pub fn some_of<T>(items: &mut [T]) -> &mut [T] {
    let len = any(7);
    any(items).get_mut(..len).unwrap_or_default()
}

/// Turns of a loop, any number of them.
pub fn some_times() -> core::ops::Range<u32> {
    0..any(2)
}

/// Any point in time.
pub fn now() -> Instant {
    Instant::from_micros(any(1_000_000))
}

/// Uses `value`, so that what made it stays in the program.
pub fn used<T>(value: T) {
    black_box(value);
}

/// Prints `value` to nowhere, as a log would print it.
pub fn printed(value: impl fmt::Display) {
    struct Nowhere;
    impl fmt::Write for Nowhere {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            used(text);
            any(Ok(()))
        }
    }
    used(write!(Nowhere, "{value}"));
}
