//! The access concentrator: lines whose PPP is somebody else's, carried through calls as it is.
//!
//! A tunnel's ends need not be where PPP's are. An access concentrator has the lines of people who dial in and know
//! nothing of PPTP, and passes on whatever frames it finds on them (RFC 2637 §1.1). Nothing here understands PPP or takes
//! part in it, so that authentication and encryption are between the ends of the link.
//!
//! * A [`Relay`] is one call: a [`gre::Session`](crate::gre::Session) and the [framing](pptp_ppp::hdlc) of its line.
//! * A [`Concentrator`] is a control connection and the relays of its calls, of both kinds at once: *incoming* ones, which
//!   it has for a PNS, and *outgoing* ones, for which it asks a PAC, as one that is a PNS itself.
//!
//! Programs that have their own loop over a [`control::Connection`](crate::control::Connection) use relays alone.

mod call;
mod concentrator;
mod statistics;

#[cfg(test)]
mod tests;

pub use call::Relay;
pub use concentrator::Concentrator;
pub use statistics::Traffic;
