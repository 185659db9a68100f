//! Why the server does not run, or no more.

use super::config::ConfigError;
use crate::net::SystemError;
use std::fmt;

/// Why the server does not run, or no more; or why a command did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The configuration makes no sense.
    Config(ConfigError),
    /// The operating system does not let us, or fails us.
    System(SystemError),
    /// The server that runs does not answer, or says no.
    Remote(String),
}

impl Failure {
    /// The exit code: see `--help`.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::System(SystemError::Failed(_)) => 1,
            Self::Config(_) => 2,
            Self::System(SystemError::NotPermitted(_)) => 3,
            Self::Remote(_) => 4,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::System(error) => error.fmt(f),
            Self::Remote(text) => f.write_str(text),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<SystemError> for Failure {
    fn from(error: SystemError) -> Self {
        Self::System(error)
    }
}

impl std::error::Error for Failure {}
