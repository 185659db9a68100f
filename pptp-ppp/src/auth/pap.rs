//! PAP as a link uses it (RFC 1334 §2): the peer tells its password, and the authenticator proves nothing.

mod authenticator;
mod peer;
#[cfg(test)]
mod tests;

use super::set::sealed::MethodSet;
use super::{Credentials, Methods};
use crate::wire::Packet;
use core::fmt;

/// PAP (RFC 1334), in both roles: **the password crosses the wire for all to read**, and gives no keys.
///
/// It takes the password as text: [`Credentials::with_nt_hash`] is of no use to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pap;

impl MethodSet for Pap {
    const METHODS: Methods = Methods::PAP;
    const MAX_PACKET: usize = Packet::HEADER_LEN + 2 * (1 + MAX_FIELD);
    type Identity = Credentials;
    type Peer = peer::Peer;
    type Authenticator = authenticator::Authenticator;
}

/// The longest name and the longest password, in octets.
pub(super) const MAX_FIELD: usize = 255;

/// What a peer has presented by PAP: whatever a RADIUS server needs to know as well.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The password, in the clear and in no set encoding; nowadays it is UTF-8.
    pub password: &'a [u8],
}

/// Without the password: requests go into logs.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}
