//! What goes into an Access-Request, and how a server reads it.

use crate::attribute::{Code, Kind};
use crate::builder::Builder;
use crate::packet::{Packet, has_eap};
use crate::{Discard, MessageAuthenticator, Secret};
use core::net::Ipv4Addr;
use core::ops::Deref;
use pptp_ppp::codec::{BufferTooSmall, Writer};

/// The longest password that PAP's attribute holds, in octets (RFC 2865 §5.2).
pub const MAX_PASSWORD_LEN: usize = 128;

/// Service-Type: Framed; Framed-Protocol: PPP; NAS-Port-Type: Virtual (RFC 2865 §5.6, §5.7, §5.41).
const FRAMED: u32 = 2;
const PPP: u32 = 1;
const VIRTUAL: u32 = 5;
/// Tunnel-Type: PPTP; Tunnel-Medium-Type: IPv4 (RFC 2868 §3.1, §3.2), with the tag 0.
const PPTP: u32 = 1;
const IPV4: u32 = 1;

/// Who asks, and where the user comes from. What is `None` or empty is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link<'a> {
    /// The address of whoever asks. Either this or the identifier there has to be (RFC 2865 §4.1).
    pub nas_address: Option<Ipv4Addr>,
    /// The name of whoever asks.
    pub nas_identifier: &'a [u8],
    /// The number of the connection.
    pub port: Option<u32>,
    /// The longest packet, in octets, that the link takes, so that EAP keeps to it (RFC 3579 §2.4).
    pub framed_mtu: Option<u32>,
    /// From where the user calls: an address, as text.
    pub calling_station: &'a [u8],
    /// Whom: an address, as text.
    pub called_station: &'a [u8],
    /// Whether the two are the ends of a PPTP tunnel over IPv4 (RFC 2868).
    pub is_pptp: bool,
}

/// For Access-Requests.
impl Builder<'_, '_> {
    /// Who it is, or says so: the name in PAP or CHAP, or in EAP's Identity, as it came (RFC 3579 §2.1).
    pub fn user_name(&mut self, name: &[u8]) -> &mut Self {
        self.attribute(Kind::USER_NAME, name)
    }

    /// Who asks, from where, and that it is about PPP.
    pub fn link(&mut self, link: &Link<'_>) -> &mut Self {
        if let Some(address) = link.nas_address {
            self.attribute(Kind::NAS_IP_ADDRESS, &address.octets());
        }
        if let Some(port) = link.port {
            self.number(Kind::NAS_PORT, port);
        }
        self.number(Kind::NAS_PORT_TYPE, VIRTUAL);
        self.number(Kind::SERVICE_TYPE, FRAMED);
        self.number(Kind::FRAMED_PROTOCOL, PPP);
        if let Some(mtu) = link.framed_mtu {
            self.number(Kind::FRAMED_MTU, mtu);
        }
        if link.is_pptp {
            self.number(Kind::TUNNEL_TYPE, PPTP);
            self.number(Kind::TUNNEL_MEDIUM_TYPE, IPV4);
        }
        let texts = [
            (Kind::NAS_IDENTIFIER, link.nas_identifier, true),
            (Kind::CALLING_STATION_ID, link.calling_station, true),
            (Kind::CALLED_STATION_ID, link.called_station, true),
            (
                Kind::TUNNEL_CLIENT_ENDPOINT,
                link.calling_station,
                link.is_pptp,
            ),
            (
                Kind::TUNNEL_SERVER_ENDPOINT,
                link.called_station,
                link.is_pptp,
            ),
        ];
        for (kind, text, _) in texts.iter().filter(|it| it.2 && !it.1.is_empty()) {
            self.attribute(*kind, text);
        }
        self
    }

    /// PAP's password, [`MAX_PASSWORD_LEN`] octets at most, hidden from those who do not know the secret (RFC 2865 §5.2).
    pub fn pap(&mut self, password: &[u8]) -> &mut Self {
        self.hidden(Kind::USER_PASSWORD, password, MAX_PASSWORD_LEN)
    }

    /// The Identifier of a CHAP Response, what it answers, and its value (RFC 2865 §5.3, §5.40).
    pub fn chap_md5(&mut self, identifier: u8, challenge: &[u8], response: &[u8; 16]) -> &mut Self {
        self.parts(Kind::CHAP_PASSWORD, &[&[identifier], response]);
        self.attribute(Kind::CHAP_CHALLENGE, challenge)
    }
}

/// An Access-Request that was verified, in a server's hands.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    packet: Packet<'a>,
    secret: Secret<'a>,
}

impl<'a> Request<'a> {
    /// Reads a datagram and verifies the Message-Authenticator, which there has to be if there is an EAP-Message (RFC 3579
    /// §3.2) or `demand` says so. Without one anybody may have sent it.
    ///
    /// # Errors
    /// Why it is to be dropped without an answer.
    pub fn parse(
        datagram: &'a [u8],
        secret: Secret<'a>,
        demand: MessageAuthenticator,
    ) -> Result<Self, Discard> {
        let packet = Packet::parse(datagram)?;
        if packet.code != Code::ACCESS_REQUEST {
            return Err(Discard::UnexpectedCode(packet.code));
        }
        demand.verify(&packet, secret, &packet.authenticator)?;
        Ok(Self { packet, secret })
    }

    /// Who it is, or says so.
    #[must_use]
    pub fn user_name(&self) -> Option<&'a [u8]> {
        self.get(Kind::USER_NAME)
    }

    /// PAP's password, in `out`, without the zeros at its end; `None` if there is none, or it is not made of whole blocks
    /// of 16 octets.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if it is longer than `out`, zeros included; [`MAX_PASSWORD_LEN`] octets are always enough.
    pub fn pap<'b>(&self, out: &'b mut [u8]) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        let hidden = self.get(Kind::USER_PASSWORD).filter(|hidden| {
            let (blocks, rest) = hidden.as_chunks::<16>();
            !blocks.is_empty() && rest.is_empty() && hidden.len() <= MAX_PASSWORD_LEN
        });
        let Some(hidden) = hidden else {
            return Ok(None);
        };
        let mut writer = Writer::new(out);
        writer.bytes(hidden);
        let text = writer.finish()?;
        self.secret.reveal(&self.packet.authenticator, &[], text);
        let end = text.iter().rposition(|octet| *octet != 0);
        let len = end.map_or(0, |end| end.saturating_add(1));
        Ok(text.get(..len))
    }

    /// The identifier, challenge and value of a CHAP Response; the challenge is the Request Authenticator if there is none
    /// (RFC 2865 §2.2).
    #[must_use]
    pub fn chap_md5(&self) -> Option<(u8, &[u8], &'a [u8; 16])> {
        let (identifier, response) = self.get(Kind::CHAP_PASSWORD)?.split_first()?;
        let challenge = self.get(Kind::CHAP_CHALLENGE);
        let challenge = challenge.unwrap_or(&self.packet.authenticator);
        Some((*identifier, challenge, response.try_into().ok()?))
    }

    /// An answer to it.
    #[must_use]
    pub fn answer<'b>(&self, code: Code, buffer: &'b mut [u8]) -> Builder<'b, 'a> {
        let Packet {
            identifier,
            authenticator,
            ..
        } = self.packet;
        Builder::new(buffer, self.secret, code, identifier, authenticator)
    }
}

impl<'a> Deref for Request<'a> {
    type Target = Packet<'a>;

    fn deref(&self) -> &Self::Target {
        &self.packet
    }
}

impl MessageAuthenticator {
    /// What may keep `packet` from being taken.
    pub(crate) fn verify(
        self,
        packet: &Packet<'_>,
        secret: Secret<'_>,
        authenticator: &[u8; 16],
    ) -> Result<(), Discard> {
        match packet.verify_message_authenticator(secret, authenticator) {
            Some(true) => Ok(()),
            Some(false) => Err(Discard::WrongMessageAuthenticator),
            None if self == Self::Required || has_eap(packet) => {
                Err(Discard::NoMessageAuthenticator)
            }
            None => Ok(()),
        }
    }
}
