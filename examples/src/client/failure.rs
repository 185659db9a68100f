//! What went wrong, in words, and as the program's exit code.

use crate::net::SystemError;
use pptp_core::DownReason;
use pptp_core::control::{CallEnd, CloseReason};
use pptp_core::ppp::DownReason as Link;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use std::fmt;

/// Why there is no tunnel, or no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// What was asked for makes no sense.
    Usage(String),
    /// The operating system does not let us, or fails us.
    System(SystemError),
    /// The server cannot be found or reached.
    Unreachable(String),
    /// The tunnel ended.
    Down {
        /// Why.
        reason: DownReason,
        /// Whether the server's kernel said that it takes no GRE.
        refused: bool,
    },
}

/// The exit codes and what they mean, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0   the tunnel was closed by SIGINT, SIGTERM or SIGHUP
  1   the operating system failed us
  2   the command line, or the password's source, is wrong
  3   not permitted: take root, or CAP_NET_ADMIN and CAP_NET_RAW
  4   the server cannot be found or reached
  5   the server refused, or does not speak PPTP
  6   GRE does not get through
  7   user name or password are wrong, or no credentials that the server takes
  8   the account may not log on: disabled, expired, at this time, from here
  9   the server could not prove that it knows the password
  10  no agreement on encryption
  11  no agreement on the link for other reasons
  12  the server ended the tunnel
  13  the connection was lost";

impl Failure {
    /// A failure of the operating system in `what`.
    pub fn system(what: &str, error: impl fmt::Display) -> Self {
        Self::System(SystemError::new(what, error))
    }

    /// The exit code: see [`EXIT_CODES`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::System(SystemError::Failed(_)) => 1,
            Self::Usage(_) => 2,
            Self::System(SystemError::NotPermitted(_)) => 3,
            Self::Unreachable(_) => 4,
            Self::Down { reason, .. } => match reason {
                DownReason::Closed => 0,
                DownReason::GreBlocked => 6,
                DownReason::Ppp(reason) => of_link(*reason),
                DownReason::Call(end) => of_call(*end),
                DownReason::Control(reason) => of_control(*reason),
                _ => 1,
            },
        }
    }

    /// What the user can do about it.
    fn advice(&self) -> Option<&'static str> {
        let Self::Down { reason, refused } = self else {
            return None;
        };
        match reason {
            DownReason::GreBlocked if *refused => {
                Some("its machine answers that it takes no GRE: is the PPTP server running?")
            }
            DownReason::GreBlocked => Some(
                "a firewall or a NAT on the way, or here, has to let IP protocol 47 pass both ways",
            ),
            DownReason::Ppp(Link::EncryptionRefused) => Some(
                "let the server encrypt, or widen --strength and --mode; with --mppe allow everything may cross in the clear",
            ),
            DownReason::Ppp(Link::PeerRequiresEncryption) => Some("use --mppe require or allow"),
            DownReason::Ppp(Link::NoEncryptionKeys) => Some(
                "without MS-CHAPv2 there are no keys: --mppe refuse or allow does without encryption",
            ),
            DownReason::Ppp(Link::CredentialsWanted) => {
                Some("give --user; the method here is MS-CHAPv2, so the server has to offer it")
            }
            _ => None,
        }
    }
}

fn of_link(reason: Link) -> u8 {
    match reason {
        Link::Closed => 0,
        Link::NothingHeard => 6,
        Link::AuthenticationFailed(code) => match code {
            ErrorCode::RestrictedLogonHours
            | ErrorCode::AccountDisabled
            | ErrorCode::PasswordExpired
            | ErrorCode::NoDialinPermission => 8,
            _ => 7,
        },
        Link::CredentialsWanted => 7,
        Link::PeerNotTrusted => 9,
        Link::EncryptionRefused
        | Link::NoEncryptionKeys
        | Link::EncryptionLost
        | Link::PeerRequiresEncryption => 10,
        Link::PeerClosed => 12,
        Link::PeerLost => 13,
        _ => 11,
    }
}

fn of_call(end: CallEnd) -> u8 {
    match end {
        CallEnd::Refused { .. } | CallEnd::TimedOut => 5,
        CallEnd::ConnectionClosed => 13,
        _ => 12,
    }
}

fn of_control(reason: CloseReason) -> u8 {
    match reason {
        CloseReason::Local => 0,
        CloseReason::PeerStopped(_) => 12,
        CloseReason::TcpClosed | CloseReason::EchoTimedOut => 13,
        _ => 5,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Unreachable(text) => f.write_str(text)?,
            Self::System(error) => error.fmt(f)?,
            Self::Down { reason, .. } => reason.fmt(f)?,
        }
        match self.advice() {
            Some(advice) => write!(f, "\n  {advice}"),
            None => Ok(()),
        }
    }
}

impl From<SystemError> for Failure {
    fn from(error: SystemError) -> Self {
        Self::System(error)
    }
}

impl std::error::Error for Failure {}
