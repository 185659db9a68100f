//! The messages of RFC 2637 as they are on the wire.

mod gre;

pub use gre::GreHeader;
