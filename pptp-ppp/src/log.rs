//! The log macro, which speaks to `log`, to `defmt`, to both or to neither. Secrets never go through it.

macro_rules! debug {
    ($($arg:tt)+) => {{
        #[cfg(feature = "log")]
        ::log::debug!($($arg)+);
        #[cfg(feature = "defmt")]
        ::defmt::debug!($($arg)+);
        #[cfg(not(any(feature = "log", feature = "defmt")))]
        let _ = || {
            let _ = ::core::format_args!($($arg)+);
        };
    }};
}

pub(crate) use debug;
