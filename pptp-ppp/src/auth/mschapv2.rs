//! MS-CHAPv2 (RFC 2759): both sides prove that they know the password, and both get keys for MPPE.

mod authenticator;
pub(crate) mod change;
mod peer;
#[cfg(test)]
mod tests;

pub use authenticator::{Authenticator, AuthenticatorError, Outcome, Request};
pub use change::{Change, ChangeRequest, ChangeRoom, NoChange};
pub use peer::{Peer, PeerError, PeerEvent, RetryError, Wanted};
