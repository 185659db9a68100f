//! What went wrong, in words, and as the program's exit code.

use crate::net::SystemError;
use std::fmt;

/// Why it does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The operating system does not let us, or fails us.
    System(SystemError),
    /// The command line asks for what cannot be.
    Usage(String),
    /// The server's name has no address.
    Unknown(String),
}

impl Failure {
    /// The exit code: see `--help`.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::System(SystemError::Failed(_)) => 1,
            Self::Usage(_) => 2,
            Self::System(SystemError::NotPermitted(_)) => 3,
            Self::Unknown(_) => 4,
        }
    }
}

impl From<SystemError> for Failure {
    fn from(error: SystemError) -> Self {
        Self::System(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => error.fmt(f),
            Self::Usage(why) => f.write_str(why),
            Self::Unknown(why) => write!(f, "{why}: give the server's IPv4 address"),
        }
    }
}

impl std::error::Error for Failure {}
