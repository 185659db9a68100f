//! What went wrong, in words, and as the program's exit code.

use crate::net::SystemError;
use pptp_core::DownReason;
use pptp_core::control::{CallEnd, CloseReason};
use pptp_core::ppp::DownReason as Link;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::wire::{OutgoingCallResult, StartResult};
use std::fmt;

/// Why there is no tunnel, or no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// We were told to stop, which is none.
    Stopped,
    /// What was asked for makes no sense.
    Usage(String),
    /// The operating system does not let us, or fails us.
    System(SystemError),
    /// The server cannot be found or reached.
    Unreachable(String),
    /// The server never asked who we are, which only `--auth none` allows.
    NotAuthenticated,
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
  0   told to stop by SIGINT, SIGTERM or SIGHUP
  1   the operating system failed us
  2   the command line, or the password's source, is wrong
  3   not permitted: take root, or CAP_NET_ADMIN and CAP_NET_RAW
  4   the server cannot be found or reached
  5   the server refused, or does not speak PPTP
  6   GRE does not get through
  7   user name or password are wrong, or no credentials that the server takes
  8   the account may not log on: disabled, expired, at this time, from here; or the new password is not taken
  9   the server could not prove that it knows the password, or did not ask for it
  10  no agreement on encryption
  11  no agreement on the link for other reasons
  12  the server ended the tunnel
  13  the connection was lost

--reconnect tries again after 4 and 13, after a time-out and when the server is busy; after 6 and 12, and when the
server started the link over, only if there was a tunnel before; never after what repeating does not mend.";

impl Failure {
    /// A failure of the operating system in `what`.
    pub fn system(what: &str, error: impl fmt::Display) -> Self {
        Self::System(SystemError::new(what, error))
    }

    /// The exit code: see [`EXIT_CODES`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Stopped => 0,
            Self::System(SystemError::Failed(_)) => 1,
            Self::Usage(_) => 2,
            Self::System(SystemError::NotPermitted(_)) => 3,
            Self::Unreachable(_) => 4,
            Self::NotAuthenticated => 9,
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

    /// Whether trying again may help.
    #[must_use]
    pub fn cure(&self) -> Cure {
        match self {
            Self::Unreachable(_) => Cure::Time,
            Self::Down { reason, .. } => match reason {
                DownReason::GreBlocked => Cure::TimeOnceUp,
                DownReason::Ppp(reason) => cure_of_link(*reason),
                DownReason::Call(end) => cure_of_call(*end),
                DownReason::Control(reason) => cure_of_control(*reason),
                _ => Cure::None,
            },
            Self::Stopped | Self::Usage(_) | Self::System(_) | Self::NotAuthenticated => Cure::None,
        }
    }

    /// What the user can do about it.
    fn advice(&self) -> Option<&'static str> {
        if *self == Self::NotAuthenticated {
            return Some(
                "if that is how it is meant to be, add none to --auth: --auth mschap-v2,none",
            );
        }
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
            DownReason::Ppp(Link::AuthenticationFailed(ErrorCode::PasswordExpired)) => Some(
                "change it elsewhere, or here if the server lets you: at a terminal without --password-file, or with --new-password-file",
            ),
            DownReason::Ppp(Link::CredentialsWanted) => {
                Some("give --user; the method here is MS-CHAPv2, so the server has to offer it")
            }
            _ => None,
        }
    }
}

/// What helps against a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    /// Repeating does not mend it.
    None,
    /// It may pass by itself.
    Time,
    /// It may pass by itself if there was a tunnel before; where there never was one, something is set up wrongly, or the
    /// server does not want us.
    TimeOnceUp,
}

const fn cure_of_link(reason: Link) -> Cure {
    match reason {
        Link::PeerLost
        | Link::AuthenticationTimeout
        | Link::NoAgreement
        | Link::AuthenticationFailed(ErrorCode::AUTH_SERVER_FAILED) => Cure::Time,
        Link::PeerClosed | Link::NothingHeard | Link::EncryptionLost | Link::Renegotiated => {
            Cure::TimeOnceUp
        }
        _ => Cure::None,
    }
}

const fn cure_of_call(end: CallEnd) -> Cure {
    match end {
        CallEnd::Refused {
            result: OutgoingCallResult::DoNotAccept,
            ..
        } => Cure::None,
        CallEnd::Refused { .. } | CallEnd::TimedOut | CallEnd::ConnectionClosed => Cure::Time,
        _ => Cure::TimeOnceUp,
    }
}

const fn cure_of_control(reason: CloseReason) -> Cure {
    match reason {
        CloseReason::StartTimedOut
        | CloseReason::CallTimedOut
        | CloseReason::EchoTimedOut
        | CloseReason::TcpClosed => Cure::Time,
        // A server that is full, or has not noticed yet that we were gone.
        CloseReason::Refused {
            result: StartResult::GeneralError | StartResult::AlreadyExists,
            ..
        } => Cure::Time,
        CloseReason::PeerStopped(_) => Cure::TimeOnceUp,
        _ => Cure::None,
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
            | ErrorCode::NoDialinPermission
            | ErrorCode::ChangingPassword => 8,
            ErrorCode::AUTH_SERVER_FAILED => 5,
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
            Self::Stopped => f.write_str("told to stop")?,
            Self::Usage(text) | Self::Unreachable(text) => f.write_str(text)?,
            Self::System(error) => error.fmt(f)?,
            Self::NotAuthenticated => f.write_str(
                "the server did not ask who we are, so it has not proved either that it knows the password",
            )?,
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

#[cfg(test)]
mod tests;
