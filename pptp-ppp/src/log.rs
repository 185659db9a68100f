//! Log macros that speak to `log`, to `defmt`, to both or to neither. Secrets never go through them.

macro_rules! log_at {
    ($level:ident, $($arg:tt)+) => {{
        #[cfg(feature = "log")]
        ::log::$level!($($arg)+);
        #[cfg(feature = "defmt")]
        ::defmt::$level!($($arg)+);
        #[cfg(not(any(feature = "log", feature = "defmt")))]
        let _ = || { let _ = ::core::format_args!($($arg)+); };
    }};
}

macro_rules! debug { ($($arg:tt)+) => { log_at!(debug, $($arg)+) }; }

pub(crate) use debug;
pub(crate) use log_at;
