//! RADIUS ([RFC 2865](https://www.rfc-editor.org/rfc/rfc2865)) for whoever authenticates the users of PPP, without I/O: the
//! attributes of PAP, CHAP, MS-CHAP with its changes of password and its keys of MPPE
//! ([RFC 2548](https://www.rfc-editor.org/rfc/rfc2548)), and EAP ([RFC 3579](https://www.rfc-editor.org/rfc/rfc3579)).
//! `no_std`, no allocation.
//!
//! * [`Builder`] makes an Access-Request, [`Exchange`] has it sent until it is answered, [`Reply`] is the answer, verified.
//! * [`verdict`] makes of the answer what [`pptp_ppp`]'s authenticators take.
//! * [`Request`] and [`Builder`] are the server's side, as far as a test or a proxy needs it.
//! * [`Packet`] has all attributes, those included that are not known here.
//!
//! # Security
//!
//! RADIUS hides passwords and keys with MD5 and the secret, and everything else is there for all to read. Who can read the
//! packets can try secrets: it should be long and random, and the path to the server one's own. Every request carries a
//! Message-Authenticator; that of an answer is verified if there is one, and can be demanded: see
//! [`MessageAuthenticator`].
//!
//! # Use
//!
//! ```
//! use pptp_radius::{Builder, Exchange, Link, MessageAuthenticator, MsChap2Response, Schedule, Secret, verdict};
//! use pptp_ppp::{Instant, Verdict};
//! # use pptp_radius::{Code, Request};
//!
//! let secret = Secret::new(b"xyzzy5461").ok_or("a secret is not empty")?;
//! // What the peer presented in MS-CHAPv2, and octets of a cryptographic source.
//! let (challenge, response) = ([1; 16], MsChap2Response { identifier: 7, peer_challenge: [2; 16], nt_response: [3; 24] });
//! let (identifier, random) = (4, [5; 16]);
//!
//! let mut buffer = [0; pptp_radius::MAX_PACKET_LEN];
//! let mut request = Builder::request(&mut buffer, secret, identifier, random);
//! request
//!     .user_name(b"alice")
//!     .link(&Link { nas_identifier: b"gate", port: Some(12), ..Link::default() })
//!     .ms_chap2(&challenge, &response);
//! let mut exchange = Exchange::new(Instant::ZERO, request.finish()?, Schedule::default())?;
//!
//! let datagram = exchange.poll_datagram().ok_or("there is one at once")?;
//! # let request = Request::parse(datagram, secret, MessageAuthenticator::Required)?;
//! # let mut buffer = [0; pptp_radius::MAX_PACKET_LEN];
//! # let mut answer = request.answer(Code::ACCESS_ACCEPT, &mut buffer);
//! # answer.ms_chap2_success(7, &[9; 20]).keys(&[1; 16], &[2; 16], 1);
//! # let answer = answer.finish()?;
//! // It goes to the server, again and again as time demands, and what comes back in here.
//! let reply = exchange.handle_datagram(answer, secret, MessageAuthenticator::IfPresent)?;
//! match verdict::ms_chap2(&reply)? {
//!     Verdict::AcceptWith { keys, .. } => assert!(keys.is_some()),
//!     verdict => panic!("{verdict:?}"),
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Features
//!
//! * `defmt`: `defmt::Format` on the public types. Secrets are never printed.
#![no_std]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::std_instead_of_alloc
    )
)]

#[cfg(test)]
extern crate std;

mod attribute;
mod builder;
mod exchange;
mod key;
mod mschap;
mod packet;
mod reply;
mod request;
mod secret;
pub mod verdict;

#[cfg(test)]
mod tests;

pub use attribute::{
    Attribute, Attributes, Code, Kind, MAX_MICROSOFT_VALUE_LEN, MAX_VALUE_LEN, MicrosoftAttributes,
    MicrosoftKind,
};
pub use builder::{Builder, EncodeError};
pub use exchange::{Exchange, NoAnswer, Schedule};
pub use key::{Key, Keys, MAX_KEY_LEN, MsChapKeys};
pub use mschap::{
    ENCRYPTED_PASSWORD_LEN, MsChap2Cpw, MsChap2Response, MsChapCpw1, MsChapCpw2, MsChapResponse,
};
pub use packet::Packet;
pub use reply::{
    Decision, Discard, EncryptionPolicy, EncryptionTypes, MessageAuthenticator, MsChap2Success,
    MsChapError, Reply,
};
pub use request::{Link, MAX_PASSWORD_LEN, Request};
pub use secret::Secret;

/// The longest packet, in octets (RFC 2865 §3).
pub const MAX_PACKET_LEN: usize = 4096;
