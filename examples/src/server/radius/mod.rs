//! RADIUS servers, which say who comes in.
//!
//! ```text
//! settings    the configuration          -> servers, the secret, how long to wait
//! question    what a client presents     -> an Access-Request
//! client      questions under way: one server after the other, each on a socket of its own
//! answer      an Access-Accept or -Reject -> a verdict, an address, a policy, a time
//! trouble     why there is no verdict
//! consult     between the server and the client: who is asked about, and what comes of it
//! eap         EAP, which goes through to the RADIUS server and back
//! ```

mod answer;
mod client;
mod consult;
mod eap;
mod question;
mod settings;
mod trouble;

pub use client::Client;
pub(in crate::server) use consult::Ask;
pub use consult::Ticket;
pub use eap::{Talk, identifier};
pub use settings::{Flags, Settings};
