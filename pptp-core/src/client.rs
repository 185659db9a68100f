//! The client: a PNS that opens a control connection and places one outgoing call.

use crate::control::{self, CallRequest, Connection, Origin, Role};
use crate::session::{GreConfig, Pns, Session};
use pptp_ppp::{Ppp, PppConfig, Profile, Random};

/// A PPTP client (PNS): see [`Session`] for all that it does.
pub type Client<P> = Session<P, Pns>;

/// Everything that a client needs to know beforehand.
///
/// The default has a call id of 0, which every client behind one NAT would share: set
/// [`CallRequest::call_id`] to one of your own. Credentials are to be set, too: see [`PppConfig`].
#[derive(Debug, Clone, Default)]
pub struct ClientConfig {
    /// The control connection.
    pub control: control::Config,
    /// The call that is asked for.
    pub call: CallRequest,
    /// The tunnel.
    pub gre: GreConfig,
    /// The link in it.
    pub ppp: PppConfig,
}

impl<P: Profile> Session<P, Pns> {
    /// A client for one TCP connection. `entropy` must come from a cryptographic source, and be used only here.
    #[must_use]
    pub fn new(config: ClientConfig, entropy: [u8; 32]) -> Self {
        Self::with_random(config, Random::new(entropy))
    }

    /// A client whose random numbers the caller chooses, for tests.
    #[must_use]
    pub fn with_random(config: ClientConfig, random: Random) -> Self {
        let control = Connection::new(Role::Pns, Origin::Originator, config.control);
        let ppp = Ppp::new(config.ppp, random);
        Self::with_parts(control, Some(config.call), config.gre, ppp)
    }
}
