//! Signals, as something to wait for.

use super::SystemError;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// Signals that do not end the program, or do nothing, but wait here to be taken. There is something to read while
/// there are any.
pub struct Signals(SignalDelivery<UnixStream, SignalOnly>);

impl Signals {
    /// From now on `signals` come here.
    ///
    /// # Errors
    /// [`SystemError`] if they cannot be had.
    pub fn new(signals: &[i32]) -> Result<Self, SystemError> {
        let open = || {
            let (read, write) = UnixStream::pair()?;
            SignalDelivery::with_pipe(read, write, SignalOnly, signals)
        };
        open()
            .map(Self)
            .map_err(|error| SystemError::new("signals", error))
    }

    /// Takes those that came.
    pub fn take(&mut self) -> impl Iterator<Item = i32> {
        self.0.pending()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.get_read().as_fd()
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signals")
    }
}
