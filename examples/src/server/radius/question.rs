//! What a RADIUS server is asked.

use crate::server::plain::Plain;
use crate::server::tunnel::Presented;
use pptp_core::ppp::wire::change_password::Version3;
use pptp_radius::{
    Builder, EncodeError, Link, MAX_PACKET_LEN, MsChap2Cpw, MsChap2Response, MsChapResponse, Secret,
};
use std::net::Ipv4Addr;
use zeroize::Zeroizing;

/// Whether somebody may come in.
#[derive(Debug)]
pub struct Question {
    /// Who it is, or says so, as it came.
    pub name: Vec<u8>,
    /// How it proves that.
    pub presented: Presented,
    /// The number of the session.
    pub session: u64,
    /// Where it connects from.
    pub from: Ipv4Addr,
    /// And to.
    pub to: Option<Ipv4Addr>,
    /// The longest packet, in octets, that the link takes.
    pub mtu: u16,
    /// The only server that can know, if it is about something that one has begun.
    pub server: Option<usize>,
}

/// Who asks, and of whom the server knows that.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// What is shared with it.
    pub secret: Secret<'a>,
    /// Our name.
    pub identifier: &'a str,
    /// Our address.
    pub address: Option<Ipv4Addr>,
}

impl Question {
    /// The Access-Request. `random` has its identifier and its authenticator.
    ///
    /// # Errors
    /// If the name does not fit.
    pub fn encode(
        &self,
        asker: &Asker<'_>,
        (identifier, authenticator): (u8, [u8; 16]),
    ) -> Result<Zeroizing<Vec<u8>>, EncodeError> {
        let mut buffer = Zeroizing::new(vec![0; MAX_PACKET_LEN]);
        let mut request = Builder::request(&mut buffer, asker.secret, identifier, authenticator);
        let (from, to) = (self.from.to_string(), self.to.map(|it| it.to_string()));
        // Whoever gives no name is known by where it comes from (RFC 3579 §2.1).
        let name = match self.presented {
            Presented::Eap { .. } if self.name.is_empty() => from.as_bytes(),
            _ => &self.name,
        };
        request.user_name(name).link(&Link {
            nas_address: asker.address,
            nas_identifier: asker.identifier.as_bytes(),
            port: u32::try_from(self.session).ok(),
            framed_mtu: Some(self.mtu.into()),
            calling_station: from.as_bytes(),
            called_station: to.as_deref().unwrap_or_default().as_bytes(),
            is_pptp: true,
        });
        self.presented.write(&mut request);
        let len = request.finish()?.len();
        buffer.truncate(len);
        Ok(buffer)
    }
}

impl Presented {
    /// Appends the attributes for it.
    fn write(&self, request: &mut Builder<'_, '_>) {
        match self {
            Self::Plain(plain) => plain.write(request),
            Self::ChangeV1(change) => change.write(request),
            Self::Eap { packet, state } => {
                request.eap(packet);
                if !state.is_empty() {
                    request.state(state);
                }
            }
            Self::Response {
                identifier,
                challenge,
                peer_challenge,
                nt_response,
            } => {
                let response = MsChap2Response {
                    identifier: *identifier,
                    peer_challenge: *peer_challenge,
                    nt_response: *nt_response,
                };
                request.ms_chap2(challenge, &response);
            }
            Self::Change {
                identifier,
                challenge,
                data,
                ..
            } => {
                // It was read before, and can be again.
                if let Ok(change) = Version3::parse(data) {
                    let proof = MsChap2Cpw {
                        identifier: *identifier,
                        encrypted_hash: *change.encrypted_hash,
                        peer_challenge: *change.peer_challenge,
                        nt_response: *change.nt_response,
                    };
                    request.change_password_3(challenge, &proof, change.encrypted_password);
                }
            }
        }
    }
}

impl Plain {
    /// Appends the attributes for it.
    fn write(&self, request: &mut Builder<'_, '_>) {
        match self {
            Self::Pap(password) => request.pap(password),
            Self::ChapMd5 {
                identifier,
                challenge,
                response,
            } => request.chap_md5(*identifier, challenge, response),
            Self::MsChapV1 {
                identifier,
                challenge,
                response,
            } => {
                let response = MsChapResponse {
                    identifier: *identifier,
                    use_nt: response.uses_nt(),
                    lm_response: response.lm_response,
                    nt_response: response.nt_response,
                };
                request.ms_chap(challenge, &response)
            }
        };
    }
}
