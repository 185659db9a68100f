//! EAP between clients and RADIUS servers, of which this server understands no more than who it is about (RFC 3579 §2).

use super::answer::More;
use super::consult::Ask;
use crate::server::guarding::{Attempt, TOO_MANY};
use crate::server::serve::Server;
use crate::server::tunnel::Presented;
use crate::server::verdicts::{Judged, Told, account_of};
use pptp_core::ppp::AuthId;
use pptp_core::ppp::wire::Text;
use pptp_core::ppp::wire::eap::{Code, Type};
use pptp_core::time::Instant;
use tracing::{debug, info};

/// Where the type is in a Response, and where its data begins.
const TYPE: usize = 4;

/// What is under way between a client and a RADIUS server.
#[derive(Debug)]
pub struct Talk {
    /// Who it is, as the guard knows it.
    pub account: Vec<u8>,
    /// Who it says it is, as it came.
    name: Vec<u8>,
    /// What the server wants back.
    state: Vec<u8>,
    /// Which one that is. `None`: it has not asked anything yet.
    server: Option<usize>,
    /// Whether the client has answered what a method asks.
    has_begun: bool,
}

impl Talk {
    /// Whether the client may have heard already whether its password is right: there are methods that tell before the
    /// server's verdict comes. Then it has made an attempt, even if it leaves.
    pub const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// The server has asked more.
    pub fn goes_on(&mut self, more: More) {
        (self.state, self.server) = (more.state, Some(more.server));
    }
}

impl Server {
    /// A client has answered in EAP.
    pub(in crate::server) fn pass_eap(
        &mut self,
        now: Instant,
        place: usize,
        id: AuthId,
        packet: Vec<u8>,
    ) {
        if packet.get(TYPE) == Some(&Type::IDENTITY.0) {
            return self.begin_eap(now, place, id, packet);
        }
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let Some(talk) = &mut tunnel.talk else {
            return self.refuse_eap(now, place, id, &packet);
        };
        talk.has_begun |= packet.get(TYPE) != Some(&Type::NAK.0);
        let ask = Ask {
            place,
            id,
            account: talk.account.clone(),
            name: talk.name.clone(),
            server: talk.server,
            presented: Presented::Eap {
                packet,
                state: std::mem::take(&mut talk.state),
            },
        };
        self.consult(now, ask);
    }

    /// A client has said who it is.
    fn begin_eap(&mut self, now: Instant, place: usize, id: AuthId, packet: Vec<u8>) {
        // What it has left unfinished.
        self.forget_question(place);
        let name = packet.get(TYPE + 1..).unwrap_or_default().to_vec();
        let is_ours = self.radius.is_none() || self.users.find(&name).is_some();
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        if is_ours {
            // EAP-MSCHAPv2 is built into the library.
            if let Err(error) = tunnel.session.eap_decline(now, id) {
                debug!(session = tunnel.number, %error, "EAP");
                self.refuse_eap(now, place, id, &packet);
            }
            return;
        }
        let (session, peer, account) = (tunnel.number, tunnel.peer, account_of(&name).into_bytes());
        if !self.may_attempt(now, *peer.ip(), &account) {
            info!(session, %peer, user = %Text(&account), why = TOO_MANY, "turned away");
            if let Some(tunnel) = self.table.get(place) {
                tunnel.refusal = TOO_MANY;
            }
            let judged = Judged {
                id,
                came: now,
                account: &account,
                told: Told::Eap {
                    identifier: identifier(&packet),
                    is_in: false,
                    keys: None,
                },
                attempt: Attempt::Refused,
                mppe: None,
                user: None,
            };
            return self.conclude(now, place, judged);
        }
        if let Some(tunnel) = self.table.get(place) {
            tunnel.talk = Some(Talk {
                account: account.clone(),
                name: name.clone(),
                state: Vec::new(),
                server: None,
                has_begun: false,
            });
        }
        let state = Vec::new();
        let ask = Ask {
            place,
            id,
            account,
            name,
            server: None,
            presented: Presented::Eap { packet, state },
        };
        self.consult(now, ask);
    }

    /// A client has answered what nobody has asked.
    pub(in crate::server) fn refuse_eap(
        &mut self,
        now: Instant,
        place: usize,
        id: AuthId,
        packet: &[u8],
    ) {
        if let Some(tunnel) = self.table.get(place) {
            let failure = [Code::FAILURE.0, identifier(packet), 0, 4];
            if let Err(error) = tunnel.session.eap_reply(now, id, &failure) {
                debug!(session = tunnel.number, %error, "EAP");
            }
        }
    }
}

/// That of a packet of EAP.
pub fn identifier(packet: &[u8]) -> u8 {
    packet.get(1).copied().unwrap_or_default()
}
