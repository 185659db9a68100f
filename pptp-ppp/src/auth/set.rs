//! Sets of methods, chosen by type: each costs what is in it, and no more.

use super::chap::{Change, ChapMd5, MsChapV1Change, MsChapV2Change};
use super::eap::{Eap, PassThrough};
use super::machine::{AuthenticatorMachine, PeerMachine};
use super::{Identity, Methods, Pap};
use core::fmt;

/// A set of methods of authentication: [`NoAuth`](super::NoAuth), one method such as [`MsChapV2`](super::MsChapV2), or a
/// pair of sets, `(A, B)`.
///
/// What may be used of them is up to [`Credentials`](super::Credentials) and [`Demand`](super::Demand).
///
/// Sealed: the methods are the link's own business.
pub trait Auth: sealed::MethodSet {}

impl<A: sealed::MethodSet> Auth for A {}

/// All methods that there are, with changes of password and room for the caller's own methods of EAP.
pub type EveryMethod = (
    (MsChapV2Change, MsChapV1Change),
    ((ChapMd5, Pap), Eap<Change, PassThrough<1500>>),
);

pub(crate) mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Auth")]

    use super::*;

    /// What a link has a set for.
    pub trait MethodSet: Clone + fmt::Debug {
        /// The methods in it.
        const METHODS: Methods;
        /// The longest packet, in octets, that either machine sends.
        const MAX_PACKET: usize;
        type Identity: Identity;
        type Peer: PeerMachine;
        type Authenticator: AuthenticatorMachine;
    }
}
