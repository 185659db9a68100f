//! What is inside the tunnel of PEAP version 0 (MS-PEAP, draft-kamath-pppext-peapv0).

pub(crate) mod binding;
mod inner;
mod method;
mod peer;
mod server;
pub mod tlv;

pub use inner::InnerPacket;
pub(crate) use peer::{Answer, Peer};
pub(crate) use server::{Server, Step};

/// What is made of the cryptobinding TLV: a proof that both ends of what is inside the tunnel are the ends of the tunnel, so
/// that nobody sits in between who has let a client log in to him without a tunnel. Where it is made, the keys of the link
/// depend on it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Binding {
    /// Neither asked for nor answered.
    Never,
    /// Asked for by the server, which lets a peer get away without, and answered by the peer, if it is asked for. Not every
    /// server does: FreeRADIUS for one never asks.
    #[default]
    IfOffered,
    /// The exchange fails without.
    Required,
}
