//! Why there is no verdict.

use crate::net::SystemError;
use pptp_core::ppp::EapError;
use pptp_radius::verdict::Unusable;
use pptp_radius::{Discard, EncodeError};
use std::fmt;

/// Why there is no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be asked about that: the name is empty, or too long.
    Unaskable(EncodeError),
    /// The operating system does not let us.
    System(SystemError),
    /// No server has answered.
    Silence,
    /// What has come is no answer that can be trusted.
    Untrusted(Discard),
    /// What has come is a server's answer, and nothing can be made of it.
    Unusable(Unusable),
    /// What the server has to ask cannot be passed on to the client.
    Untold(EapError),
}

impl Trouble {
    /// The same in a few words.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        match self {
            Self::Unaskable(_) => "the user is unknown",
            Self::System(_) => "no RADIUS server can be asked",
            Self::Silence => "no RADIUS server answers",
            Self::Untrusted(_) => "the RADIUS server's answer cannot be trusted",
            Self::Unusable(_) => "the RADIUS server's answer makes no sense",
            Self::Untold(_) => "the RADIUS server's question does not reach the client",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause: &dyn fmt::Display = match self {
            Self::Silence => return f.write_str(self.why()),
            Self::Unaskable(error) => error,
            Self::System(error) => error,
            Self::Untrusted(discard) => discard,
            Self::Unusable(unusable) => unusable,
            Self::Untold(error) => error,
        };
        write!(f, "{}: {cause}", self.why())
    }
}

impl std::error::Error for Trouble {}

impl From<SystemError> for Trouble {
    fn from(error: SystemError) -> Self {
        Self::System(error)
    }
}

impl From<EncodeError> for Trouble {
    fn from(error: EncodeError) -> Self {
        Self::Unaskable(error)
    }
}
