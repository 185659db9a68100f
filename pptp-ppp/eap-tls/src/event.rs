//! What an end tells its owner.

use crate::Failure;
use crate::keys::Keys;
use pptp_ppp::Proof;
use rustls::pki_types::CertificateDer;

/// Something that the owner has to know, or to decide.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The peer has presented a proof of who it is. The server waits for [`Server::authorize`](crate::Server::authorize).
    AuthRequested(AuthRequest<'a>),
    /// The method is through. On the server's side, Success is what [`Server::poll_packet`](crate::Server::poll_packet) has
    /// next; on the peer's, one is to be believed from now on, and not before.
    Done(Keys),
    /// It came to nothing.
    Failed(Failure),
}

/// A proof of identity to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthRequest<'a> {
    /// By EAP-TLS: these certificates, the peer's own first. TLS has verified that the peer has the private key and that
    /// somebody whom we trust has signed it. Whose it is has yet to be seen: [`has_name`](crate::has_name).
    Certificates(&'a [CertificateDer<'static>]),
    /// By EAP-MSCHAPv2, inside of PEAP.
    Inner {
        /// The name presented, as it came: with a domain in front if the user typed one.
        name: &'a [u8],
        /// What somebody else, such as a RADIUS server, needs to judge it.
        proof: Proof<'a>,
    },
}
