//! What the operating system refuses, in words.

use std::fmt;
use std::io::{self, ErrorKind};

/// The operating system does not let us, or fails us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemError {
    /// A right is missing.
    NotPermitted(String),
    /// Anything else.
    Failed(String),
}

impl SystemError {
    /// An error in `what`.
    pub fn new(what: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::Failed(format!("{what}: {error}"))
    }

    /// Tells that `what` takes the capability `right`, if that is what is missing.
    pub fn needing(what: impl fmt::Display, right: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            ErrorKind::PermissionDenied => {
                Self::NotPermitted(format!("{what} takes root, or the capability {right}"))
            }
            _ => Self::new(what, error),
        }
    }
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NotPermitted(text) | Self::Failed(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for SystemError {}
