//! Authentication: a state machine for each method and role.
//!
//! The machines take and give packets of their protocol without PPP framing, and time; they know neither LCP nor what
//! was negotiated there. An authenticator has no list of users: it asks for a [`Verdict`] on what was presented.

pub mod chap;
pub mod chap_md5;
mod choice;
mod credentials;
pub mod eap;
mod layer;
mod machine;
mod methods;
pub mod mschapv1;
pub mod mschapv2;
mod none;
pub mod pap;
mod set;

use crate::codec::ParseError;
use crate::mschap::{LmHash, NtHash};
use crate::wire::Text;
use crate::wire::mschapv2::ErrorCode;
pub use chap::{ChapMd5, MsChapV1, MsChapV1Change, MsChapV2, MsChapV2Change};
use core::fmt;
pub use credentials::{Credentials, Demand, Grant, Identity, Nobody, NtIdentity};
pub use eap::Eap;
use heapless::Vec;
pub(crate) use layer::{Authentication, Outcome};
pub use methods::{Method, Methods};
pub use none::NoAuth;
pub use pap::Pap;
use pptp_mppe::{LinkKeys, StartKeys};
pub(crate) use set::sealed;
pub use set::{Auth, EveryMethod};

/// The longest name of a user, in octets (RFC 2759 §4).
pub const MAX_NAME_LEN: usize = 256;

/// The longest name that an authenticator gives itself, in octets.
pub const MAX_OWN_NAME_LEN: usize = 64;

/// The longest password, in octets of UTF-8, that is kept as text.
pub const MAX_PASSWORD_LEN: usize = 256;

/// Text for people, as much of it as is kept.
type ShortText = Vec<u8, 64, u8>;

/// As much of `text` as there is room for.
fn shorten<const N: usize>(text: &[u8]) -> Vec<u8, N, u8> {
    text.iter().copied().take(N).collect()
}

/// A name as it is on the wire: at most `N` octets, usually of text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Name<const N: usize = MAX_NAME_LEN>(Vec<u8, N, u16>);

impl<const N: usize> Name<N> {
    /// A name of no octets.
    pub const EMPTY: Self = Self(Vec::new());

    /// Copies `name`.
    ///
    /// # Errors
    /// If it is longer than `N` octets.
    pub fn new(name: &[u8]) -> Result<Self, NameTooLong> {
        let too_long = NameTooLong {
            len: name.len(),
            max: N,
        };
        Vec::from_slice(name).map(Self).map_err(|_| too_long)
    }

    /// The octets of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Name<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Text(&self.0))
    }
}

/// A name has too many octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NameTooLong {
    /// How many it has.
    pub len: usize,
    /// How many it may have.
    pub max: usize,
}

impl fmt::Display for NameTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a name of {} octets is longer than {}",
            self.len, self.max
        )
    }
}

impl core::error::Error for NameTooLong {}

/// Why a packet was not acted upon. The exchange goes on as if it had not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Discard {
    /// It cannot be read.
    Malformed(ParseError),
    /// It is an answer to something else than what was asked last.
    WrongIdentifier,
    /// It does not belong to this point of the exchange, or is a duplicate that needs no answer.
    Unexpected,
    /// Its code is none that this side acts on.
    UnknownCode(u8),
    /// It challenges us with our own challenge: an answer would be good for logging in to us.
    OwnChallenge,
    /// It presents a name that is too long.
    NameTooLong(NameTooLong),
    /// It is longer than there is room for.
    TooLong {
        /// How many octets there may be.
        max: usize,
    },
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed packet: {error}"),
            Self::WrongIdentifier => f.write_str("identifier of another exchange"),
            Self::Unexpected => f.write_str("packet out of turn"),
            Self::UnknownCode(code) => write!(f, "unknown code {code}"),
            Self::OwnChallenge => f.write_str("our own challenge came back"),
            Self::NameTooLong(error) => fmt::Display::fmt(error, f),
            Self::TooLong { max } => write!(f, "packet of more than {max} octets"),
        }
    }
}

impl core::error::Error for Discard {}

impl From<ParseError> for Discard {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

impl From<NameTooLong> for Discard {
    fn from(error: NameTooLong) -> Self {
        Self::NameTooLong(error)
    }
}

/// One request for a [`Verdict`]. The answer has to quote it, so that a late one cannot be taken for that of another
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AuthId(u32);

impl AuthId {
    /// There is one request for each challenge, and no two are alike.
    fn of_challenge(challenge: &[u8]) -> Self {
        let first = challenge.first_chunk::<4>();
        Self(u32::from_be_bytes(first.copied().unwrap_or_default()))
    }
}

/// What an authenticator is to make of what a peer presented.
#[derive(Clone)]
#[non_exhaustive]
pub enum Verdict<'a> {
    /// The password of that user: see whether what was presented proves it.
    Password(&'a str),
    /// The password hash of that user: see whether what was presented proves it. CHAP with MD5 takes the password itself.
    NtHash(&'a NtHash),
    /// Both hashes of the password of that user, for MS-CHAPv1 with a LAN Manager response, or with keys of 40 or 56 bits.
    Hashes {
        /// The NT hash.
        nt: &'a NtHash,
        /// The LAN Manager hash.
        lm: &'a LmHash,
    },
    /// Someone else, such as a RADIUS server, has verified it: accept. Not enough for MS-CHAPv2, in which the server has
    /// to prove itself: there it refuses, with [`ErrorCode::AUTH_SERVER_FAILED`].
    Accept {
        /// The keys of MPPE, if there are any.
        keys: Option<LinkKeys>,
    },
    /// Someone else, such as a RADIUS server, has verified it: accept, with a proof of the server's own.
    AcceptWith {
        /// The proof that goes into MS-CHAPv2's Success.
        authenticator_response: [u8; 20],
        /// The keys of MPPE, if there are any.
        keys: Option<StartKeys>,
    },
    /// Refuse.
    Reject {
        /// Why; [`ErrorCode::AuthenticationFailure`] has some peers forget the password they stored.
        error: ErrorCode,
        /// Whether the peer may try again on this link, a few times at the most; only by MS-CHAP.
        retry: bool,
        /// Text for people; best left empty, for there are peers that hang at it.
        message: &'a [u8],
    },
}

impl Verdict<'_> {
    /// Refuses for a wrong name or password, without another try: all that a guesser needs to know.
    pub const WRONG_PASSWORD: Self = Self::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: false,
        message: b"",
    };
}

/// Which verdict it is, without what is secret in it.
impl fmt::Debug for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(_) => f.write_str("Password"),
            Self::NtHash(_) => f.write_str("NtHash"),
            Self::Hashes { .. } => f.write_str("Hashes"),
            Self::Accept { .. } => f.write_str("Accept"),
            Self::AcceptWith { .. } => f.write_str("AcceptWith"),
            Self::Reject { error, retry, .. } => f
                .debug_struct("Reject")
                .field("error", error)
                .field("retry", retry)
                .finish(),
        }
    }
}
