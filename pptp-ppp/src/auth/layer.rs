//! What a link needs to know of authentication, and how it drives it.

use crate::auth::{AuthId, MAX_OWN_NAME_LEN, Name, NameTooLong, Verdict};
use crate::codec::BufferTooSmall;
use crate::config::MppePolicy;
use crate::error::Discard;
use crate::event::{AuthRequest, DownReason};
use crate::mschap::NtHash;
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Protocol;
use crate::wire::lcp::Authentication;
use core::fmt;
use core::net::Ipv4Addr;
use pptp_mppe::StartKeys;

/// A method of authentication, as LCP negotiates it (RFC 1661 §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Method {
    /// MS-CHAPv2 (RFC 2759): both ends prove that they know the password, and get keys for MPPE.
    MsChapV2,
}

impl Method {
    /// The value of LCP's Authentication-Protocol option.
    pub(crate) const fn option(self) -> Authentication<'static> {
        match self {
            Self::MsChapV2 => Authentication::MS_CHAP_V2,
        }
    }

    pub(crate) fn from_option(asked: Authentication<'_>) -> Option<Self> {
        (asked == Self::MsChapV2.option()).then_some(Self::MsChapV2)
    }
}

/// Who we are, for a peer that demands to know.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(super) name: Name,
    pub(super) nt_hash: NtHash,
}

impl Credentials {
    /// A user, `DOMAIN\user` or `user@realm` if the server wants it so, and the password, of which a hash is kept.
    ///
    /// # Errors
    /// If the name of the user is too long.
    pub fn new(user: &str, password: &str) -> Result<Self, NameTooLong> {
        Self::with_nt_hash(user.as_bytes(), NtHash::from_password(password))
    }

    /// A user, and the NT hash of the password.
    ///
    /// # Errors
    /// If the name of the user is too long.
    pub fn with_nt_hash(user: &[u8], nt_hash: NtHash) -> Result<Self, NameTooLong> {
        let name = Name::new(user)?;
        Ok(Self { name, nt_hash })
    }
}

/// What is demanded of the peer.
#[derive(Debug, Clone)]
pub struct Demand {
    pub(crate) method: Method,
    pub(super) name: Name<MAX_OWN_NAME_LEN>,
}

impl Demand {
    /// Demands `method`, under a name of our own that the peer may choose its password by; it may be empty.
    ///
    /// # Errors
    /// If the name is longer than [`MAX_OWN_NAME_LEN`](super::MAX_OWN_NAME_LEN).
    pub fn new(method: Method, name: &str) -> Result<Self, NameTooLong> {
        let name = Name::new(name.as_bytes())?;
        Ok(Self { method, name })
    }
}

/// What a user gets, where it is not the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Grant {
    /// The address that the user is to have, instead of the configured one.
    pub address: Option<Ipv4Addr>,
    /// The encryption that the user must, may or must not have, instead of the configured one.
    pub mppe: Option<MppePolicy>,
}

/// A set of methods of authentication. [`NoAuth`](super::NoAuth) or [`MsChapV2`](super::MsChapV2).
///
/// Sealed: the methods are the link's own business.
pub trait Auth: sealed::AuthLayer {}

impl<A: sealed::AuthLayer> Auth for A {}

pub(crate) mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Auth")]

    use super::*;

    /// What has come of authentication.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Outcome {
        /// Nothing new.
        Nothing,
        /// There is something to be judged: [`AuthLayer::request`].
        Requested,
        /// Each end that had to has proven who it is.
        Done,
        /// The link cannot go on.
        Failed(DownReason),
    }

    /// What the link drives authentication by.
    pub trait AuthLayer: Clone + fmt::Debug {
        /// Whether there is any method at all.
        const CAPABLE: bool;

        fn new(credentials: Option<Credentials>, demand: Option<Demand>) -> Self;
        /// The link is up: we prove who we are by `theirs`, and the peer by `ours`.
        fn lower_layer_up(
            &mut self,
            now: Instant,
            theirs: Option<Method>,
            ours: Option<Method>,
            random: &mut Random,
        );
        fn lower_layer_down(&mut self);
        /// Takes a packet of an authentication protocol.
        ///
        /// [`Discard::UnknownProtocol`] if it is of another.
        fn handle_packet(
            &mut self,
            now: Instant,
            protocol: Protocol,
            information: &[u8],
            random: &mut Random,
        ) -> Result<(), Discard>;
        /// Whether that was the request to be judged.
        fn authorize(
            &mut self,
            now: Instant,
            id: AuthId,
            verdict: &Verdict<'_>,
            random: &mut Random,
        ) -> bool;
        /// The peer has gone on to what comes after authentication.
        fn hurry(&mut self);
        fn handle_timeout(&mut self, now: Instant);
        fn next_timeout(&self) -> Option<Instant>;
        /// Writes what is to be sent next: gives its protocol and how long it is.
        fn poll_packet(
            &mut self,
            out: &mut [u8],
        ) -> Result<Option<(Protocol, usize)>, BufferTooSmall>;
        fn take_outcome(&mut self) -> Outcome;
        fn request(&self) -> Option<AuthRequest<'_>>;
        /// The keys that follow from it.
        fn keys(&self) -> Option<StartKeys>;
    }
}
