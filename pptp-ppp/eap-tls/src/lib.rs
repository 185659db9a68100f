//! EAP-TLS ([RFC 5216](https://www.rfc-editor.org/rfc/rfc5216), with TLS 1.3 [RFC
//! 9190](https://www.rfc-editor.org/rfc/rfc9190)) and PEAP version 0 with EAP-MSCHAPv2 inside (MS-PEAP), as the peer and as
//! the server, without I/O, over [`rustls`].
//!
//! Packets of EAP go in and come out; carrying them is for `pptp_ppp`, which has a way for methods that it does not know
//! itself, or for RADIUS. In the end there are [`Keys`], of which MPPE's start keys are made ([RFC 3079
//! §4](https://www.rfc-editor.org/rfc/rfc3079#section-4)), or a [`Failure`].
//!
//! # Security
//!
//! * The certificate of the server is verified, and that it is for the name that the caller expects: without that, PEAP
//!   hands MS-CHAPv2 to whoever asks for it. There is no way around it here, but a verifier of one's own in a `ClientConfig`.
//! * Sessions are never resumed.
//! * What the server's owner gets in EAP-TLS are certificates that somebody whom he trusts has signed. Whether they are the
//!   user's who logs in is for him to see: [`has_name`].
//! * A Success in the clear counts for nothing before the method has come to its end, and neither does one inside of PEAP
//!   before the server has proved that it knows the password.
//! * PEAP's cryptobinding is made and verified where both ends have it: [`Binding`].
//!
//! # Use
//!
//! ```
//! # fn exchange(_: &[u8]) -> Option<Vec<u8>> { None }
//! # fn pem(_: &str) -> Vec<u8> { Vec::new() }
//! use pptp_eap_tls::{Binding, ClientTls, Event, Peer, Versions};
//! use pptp_mppe::Side;
//! use pptp_ppp::Credentials;
//!
//! # fn run() -> Result<(), Box<dyn core::error::Error>> {
//! # let random = [0; 32];
//! let tls = ClientTls::new(&pem("ca.pem"), "vpn.example", None, Versions::Tls12)?;
//! let user = Credentials::new("alice", "wonderland")?;
//! let mut peer = Peer::peap(&tls, user, Binding::IfOffered, random)?;
//! // Each packet that came, of PEAP or a Success or Failure.
//! while let Some(packet) = exchange(b"") {
//!     if let Err(discard) = peer.handle_packet(&packet) {
//!         println!("dropped: {discard}");
//!     }
//!     if let Some(response) = peer.poll_packet() {
//!         exchange(response);
//!     }
//!     match peer.poll_event() {
//!         Some(Event::Done(keys)) => println!("{:?}", keys.link_keys(Side::Client)),
//!         Some(Event::Failed(failure)) => println!("{failure}"),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! * `ring` (default): configurations out of PEM, with ring for the cryptography. Without it, or with another
//!   `CryptoProvider`: [`ClientTls::from_config`], [`ServerTls::from_config`].
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::std_instead_of_alloc
    )
)]

extern crate alloc;

mod carrier;
mod config;
mod event;
mod failure;
mod fragments;
mod keys;
mod names;
mod packet;
pub mod peap;
mod peer;
mod server;
mod tls;
pub mod wire;

#[cfg(feature = "ring")]
pub use config::{Certified, ConfigError, Versions};
pub use config::{ClientTls, DEFAULT_PACKET_LEN, ServerTls};
pub use event::{AuthRequest, Event};
pub use failure::{Discard, Failure};
pub use fragments::{FragmentError, MAX_MESSAGE_LEN, Outgoing, Reassembly};
pub use keys::Keys;
pub use names::{has_name, names};
pub use peap::Binding;
pub use peer::Peer;
pub use rustls;
pub use server::Server;
