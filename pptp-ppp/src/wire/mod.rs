//! The packets of PPP as they are on the wire: parsed, written and printed, well-formed or not.
//!
//! Parsers take anything and never panic. Code points that are not known here are kept, so that what was parsed can be
//! written again. Nothing in this module knows what is being negotiated.

#[macro_use]
mod code_point;

mod frame;
mod option;
mod packet;
mod protocol;
mod text;

pub use frame::{Frame, write_header};
pub use option::{Options, RawOption};
pub use packet::{Code, Packet};
pub use protocol::Protocol;
pub use text::{Hex, Text};
