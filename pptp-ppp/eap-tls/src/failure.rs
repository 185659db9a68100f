//! How things can go wrong.

use crate::FragmentError;
use alloc::vec::Vec;
use core::fmt;
use pptp_ppp::auth;
use pptp_ppp::codec::ParseError;
use pptp_ppp::wire::eap::Type;
use pptp_ppp::wire::mschapv2::ErrorCode;
use rustls::{AlertDescription, CertificateError, Error};

/// Why it came to nothing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// The certificate of the other end does not do: another name, nobody whom we trust, expired.
    Certificate(CertificateError),
    /// The other end has no certificate, and has to have one.
    NoCertificate,
    /// The other end ended TLS, and says why: our certificate, as a rule.
    Alert(AlertDescription),
    /// TLS failed otherwise.
    Tls(Error),
    /// What came is not in fragments as they should be.
    Fragment(FragmentError),
    /// Something inside the tunnel cannot be read.
    Malformed(ParseError),
    /// The server has a version of PEAP that we do not.
    Version(u8),
    /// The peer would rather have another method: these.
    Nak(Vec<Type>),
    /// The server starts over, or there is something inside the tunnel that does not belong there.
    OutOfTurn,
    /// Inside the tunnel there is another method than EAP-MSCHAPv2, or another after it.
    MethodSwitch(Type),
    /// Something inside the tunnel was not acted upon, so that nothing more can come.
    Inner(auth::Discard),
    /// The peer refuses to prove itself inside the tunnel, or does not believe that we know the password.
    PeerRefuses,
    /// The server says that all is well before it has proved inside the tunnel that it knows the password.
    EndedEarly,
    /// What inside the tunnel has to prove that it was made for what is inside does not: somebody may sit in between.
    WrongBinding,
    /// That proof is not there, and has to be.
    NoBinding,
    /// The server could not prove that it knows the password.
    PeerNotTrusted,
    /// The server does not accept who we say we are, and says why inside the tunnel.
    Refused(ErrorCode),
    /// The other end says that it failed, inside the tunnel or outside of it, and does not say why.
    Failed,
    /// The caller did not accept who the peer said it is.
    Rejected,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate(error) => {
                return write!(f, "the certificate of the other end will not do: {error}");
            }
            Self::Alert(alert) => return write!(f, "the other end ended TLS: {alert:?}"),
            Self::Tls(error) => return write!(f, "TLS failed: {error}"),
            Self::Fragment(error) => return write!(f, "wrong fragments: {error}"),
            Self::Malformed(error) => return write!(f, "malformed inside the tunnel: {error}"),
            Self::Version(version) => return write!(f, "version {version} of PEAP is not known"),
            Self::Refused(error) => return error.fmt(f),
            Self::MethodSwitch(kind) => {
                return write!(f, "another method inside the tunnel: {kind}");
            }
            Self::NoCertificate => "the other end has no certificate",
            Self::Inner(discard) => return write!(f, "inside the tunnel: {discard}"),
            Self::PeerRefuses => "the peer refuses to prove itself",
            Self::Nak(_) => "the peer refuses the method",
            Self::OutOfTurn => "something out of turn inside the method",
            Self::EndedEarly => "the method ended before the server had proved itself",
            Self::WrongBinding => {
                "the tunnel is not that of what is inside it: somebody may sit in between"
            }
            Self::NoBinding => "nothing proves that the tunnel is that of what is inside it",
            Self::PeerNotTrusted => {
                "the server does not know the password: it is not what it claims to be"
            }
            Self::Failed => "the other end says that it failed",
            Self::Rejected => "the user was not accepted",
        })
    }
}

impl core::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::Certificate(error),
            Error::NoCertificatesPresented => Self::NoCertificate,
            Error::AlertReceived(alert) => Self::Alert(alert),
            error => Self::Tls(error),
        }
    }
}

impl From<FragmentError> for Failure {
    fn from(error: FragmentError) -> Self {
        Self::Fragment(error)
    }
}

impl From<auth::Discard> for Failure {
    fn from(discard: auth::Discard) -> Self {
        Self::Inner(discard)
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

/// Why a packet was not acted upon. The exchange goes on as if it had not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discard {
    /// It cannot be read.
    Malformed(ParseError),
    /// It is an answer to something else than what was asked last.
    WrongIdentifier,
    /// It is of another method than ours.
    WrongType(Type),
    /// It does not belong to this point of the exchange: a Success before its time, for example, which anybody can send.
    Unexpected,
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed packet: {error}"),
            Self::WrongIdentifier => f.write_str("identifier of another exchange"),
            Self::WrongType(kind) => write!(f, "another method: {kind}"),
            Self::Unexpected => f.write_str("packet out of turn"),
        }
    }
}

impl core::error::Error for Discard {}

impl From<ParseError> for Discard {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}
