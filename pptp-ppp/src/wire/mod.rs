//! The packets of PPP as they are on the wire: parsed, written and printed, well-formed or not.
//!
//! Parsers take anything and never panic. Code points that are not known here are kept, so that what was parsed can be
//! written again. Nothing in this module knows what is being negotiated.
//!
//! [`Frame`] prints a whole frame on one line, as far down as its content is known:
//!
//! ```
//! let frame = pptp_ppp::wire::Frame::parse(&[0xff, 3, 0xc0, 0x21, 1, 0, 0, 8, 1, 4, 5, 0x78])?;
//! assert_eq!(frame.to_string(), "LCP Configure-Request id 0 <MRU 1400>");
//! # Ok::<(), pptp_ppp::codec::ParseError>(())
//! ```

#[macro_use]
mod code_point;

pub mod ccp;
pub mod change_password;
pub mod chap;
mod describe;
pub mod eap;
pub mod eap_md5;
pub mod eap_mschapv2;
pub mod eap_nak;
mod failure;
mod frame;
pub mod ipcp;
pub mod ipv6cp;
pub mod lcp;
pub mod mppe;
pub mod mschap;
pub mod mschapv2;
mod option;
mod packet;
pub mod pap;
mod protocol;
mod text;

#[cfg(test)]
mod tests;

pub use failure::MsChapFailure;
pub use frame::{Frame, write_header};
pub use option::{Options, RawOption};
pub use packet::{Code, Packet};
pub use protocol::Protocol;
pub use text::{Dotted, Hex, Text};
