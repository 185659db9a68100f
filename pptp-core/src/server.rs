//! The server: it accepts a control connection and one call in it, a client's outgoing one, as PAC, or an access
//! concentrator's incoming one, as PNS.

use crate::control::{self, Connection, Origin, Role};
use crate::session::{GreConfig, Pac, Session};
use pptp_ppp::{Ppp, PppConfig, Profile, Random};

/// One client's end at a PPTP server (PAC, or PNS for a client behind an access concentrator): see [`Session`] for all
/// that it does.
pub type Server<P> = Session<P, Pac>;

/// Everything that a server needs to know beforehand of one client.
///
/// The default answers no call by itself: set [`control::Config::accept`], with a call id that no other call from the
/// same address has, or answer [`Event::CallRequested`](crate::Event::CallRequested). What is demanded of the client is to
/// be set, too: see [`PppConfig`].
#[derive(Debug, Clone, Default)]
pub struct ServerConfig {
    /// The control connection.
    pub control: control::Config,
    /// Whether access concentrators may bring their lines' incoming calls. By default they may not, and are told so.
    pub incoming: bool,
    /// The tunnel.
    pub gre: GreConfig,
    /// The link in it.
    pub ppp: PppConfig,
}

impl<P: Profile> Session<P, Pac> {
    /// A server for one TCP connection. `entropy` must come from a cryptographic source, and be used only here.
    #[must_use]
    pub fn new(config: ServerConfig, entropy: [u8; 32]) -> Self {
        Self::with_random(config, Random::new(entropy))
    }

    /// A server whose random numbers the caller chooses, for tests.
    #[must_use]
    pub fn with_random(config: ServerConfig, random: Random) -> Self {
        let role = if config.incoming {
            Role::Both
        } else {
            Role::Pac
        };
        let control = Connection::new(role, Origin::Receiver, config.control);
        let ppp = Ppp::new(config.ppp, random);
        Self::with_parts(control, None, config.gre, ppp)
    }
}
