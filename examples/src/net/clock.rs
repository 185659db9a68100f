//! The library's time, and the entropy that it is given.

use super::SystemError;
use pptp_core::time::Instant;

/// A clock that starts when it is made.
#[derive(Debug, Clone, Copy)]
pub struct Clock(std::time::Instant);

impl Clock {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since then.
    #[must_use]
    pub fn now(&self) -> Instant {
        let micros = self.0.elapsed().as_micros();
        Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

/// Octets that nobody can guess.
///
/// # Errors
/// If the operating system has none.
pub fn entropy<const N: usize>() -> Result<[u8; N], SystemError> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| SystemError::new("random numbers", error))?;
    Ok(octets)
}
