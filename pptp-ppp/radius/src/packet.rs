//! A packet (RFC 2865 §3), of whichever side.

use crate::attribute::{Attributes, Code, Kind, MicrosoftAttributes, MicrosoftKind, is_sound};
use crate::{MAX_PACKET_LEN, Secret};
use core::fmt;
use core::net::Ipv4Addr;
use pptp_ppp::codec::{BufferTooSmall, ParseError, Reader, Writer};
use subtle::ConstantTimeEq as _;

/// How long the header is.
pub(crate) const HEADER_LEN: usize = 20;

/// A packet whose form is sound. Whom it is from has still to be verified: see [`Reply`](crate::Reply) and
/// [`Request`](crate::Request).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What it is.
    pub code: Code,
    /// Which request it is, or is the answer to.
    pub identifier: u8,
    /// The Request or Response Authenticator.
    pub authenticator: [u8; 16],
    /// All of it, without what follows it.
    bytes: &'a [u8],
    /// Where the value of Message-Authenticator is.
    message_authenticator: Option<usize>,
}

impl<'a> Packet<'a> {
    /// Reads a datagram. What is in it after the packet's Length is left out (RFC 2865 §3).
    ///
    /// # Errors
    /// If a length is wrong, if there are two Message-Authenticators, or EAP-Messages with something between them
    /// (RFC 3579 §3.1).
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(datagram);
        let code = Code(reader.u8("Code")?);
        let identifier = reader.u8("Identifier")?;
        let len = usize::from(reader.u16("Length")?);
        if !(HEADER_LEN..=MAX_PACKET_LEN).contains(&len) {
            return Err(ParseError::invalid("Length", 2));
        }
        let authenticator = reader.array("Authenticator")?;
        let attributes = reader.sub(len.saturating_sub(HEADER_LEN), "Attributes")?;
        let mut packet = Self {
            code,
            identifier,
            authenticator,
            bytes: datagram.get(..len).unwrap_or(datagram),
            message_authenticator: None,
        };
        let mut attributes = Attributes::new(attributes);
        let (mut has_eap, mut after_eap) = (false, false);
        while let Some((offset, attribute)) = attributes.try_next()? {
            match attribute.kind {
                Kind::MESSAGE_AUTHENTICATOR => {
                    if attribute.value.len() != 16 || packet.message_authenticator.is_some() {
                        return Err(ParseError::invalid("Message-Authenticator", offset));
                    }
                    packet.message_authenticator = Some(offset.saturating_add(2));
                }
                Kind::EAP_MESSAGE if after_eap => {
                    return Err(ParseError::invalid("EAP-Message", offset));
                }
                Kind::EAP_MESSAGE => has_eap = true,
                _ if !is_sound(&attribute) => {
                    return Err(ParseError::invalid("Vendor-Specific", offset));
                }
                _ => {}
            }
            after_eap = has_eap && attribute.kind != Kind::EAP_MESSAGE;
        }
        Ok(packet)
    }

    /// All attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        let mut reader = Reader::new(self.bytes);
        let _ = reader.take(HEADER_LEN, "");
        Attributes::new(reader)
    }

    /// All of Microsoft's attributes.
    #[must_use]
    pub fn microsoft(&self) -> MicrosoftAttributes<'a> {
        MicrosoftAttributes::new(self.attributes())
    }

    /// The value of the first attribute of this type.
    #[must_use]
    pub fn get(&self, kind: Kind) -> Option<&'a [u8]> {
        let mut all = self.attributes();
        all.find(|it| it.kind == kind).map(|it| it.value)
    }

    /// The value of the first attribute of this type of Microsoft's.
    #[must_use]
    pub fn get_microsoft(&self, kind: MicrosoftKind) -> Option<&'a [u8]> {
        let mut all = self.microsoft();
        all.find(|it| it.kind == kind).map(|it| it.value)
    }

    /// What has to come back in the next request (RFC 2865 §5.24).
    #[must_use]
    pub fn state(&self) -> Option<&'a [u8]> {
        self.get(Kind::STATE)
    }

    /// The pieces of the EAP packet (RFC 3579 §3.1); none if there is none.
    pub fn eap_pieces(&self) -> impl Iterator<Item = &'a [u8]> {
        let all = self.attributes();
        all.filter(|it| it.kind == Kind::EAP_MESSAGE)
            .map(|it| it.value)
    }

    /// The EAP packet (RFC 3579 §3.1), put together in `out`; `None` if there is none.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if it is longer than `out`. [`MAX_PACKET_LEN`] octets are always enough.
    pub fn eap<'b>(&self, out: &'b mut [u8]) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        if self.get(Kind::EAP_MESSAGE).is_none() {
            return Ok(None);
        }
        let mut writer = Writer::new(out);
        for piece in self.eap_pieces() {
            writer.bytes(piece);
        }
        writer.finish().map(|packet| Some(&*packet))
    }

    /// Whether there is a Message-Authenticator (RFC 3579 §3.2).
    #[must_use]
    pub const fn has_message_authenticator(&self) -> bool {
        self.message_authenticator.is_some()
    }

    /// An attribute of four octets.
    pub(crate) fn number(&self, kind: Kind) -> Option<u32> {
        self.get(kind).and_then(number)
    }

    pub(crate) fn address(&self, kind: Kind) -> Option<Ipv4Addr> {
        self.number(kind).map(Ipv4Addr::from)
    }

    /// Whether the Message-Authenticator is that of a packet to or after a request with `authenticator`. `None` if there
    /// is none.
    pub(crate) fn verify_message_authenticator(
        &self,
        secret: Secret<'_>,
        authenticator: &[u8; 16],
    ) -> Option<bool> {
        let at = self.message_authenticator?;
        let (before, rest) = self.bytes.split_at_checked(at)?;
        let (value, after) = rest.split_first_chunk::<16>()?;
        let (head, before) = before.split_first_chunk::<4>()?;
        let (_, before) = before.split_first_chunk::<16>()?;
        let expected = secret.authenticate(&[head, authenticator, before, &[0; 16], after]);
        Some(expected.ct_eq(value).into())
    }

    /// Whether the Response Authenticator is that of an answer to a request with `authenticator` (RFC 2865 §3).
    pub(crate) fn verify_response_authenticator(
        &self,
        secret: Secret<'_>,
        authenticator: &[u8; 16],
    ) -> bool {
        let Some((head, rest)) = self.bytes.split_first_chunk::<4>() else {
            return false;
        };
        let Some((_, attributes)) = rest.split_first_chunk::<16>() else {
            return false;
        };
        let expected = secret.sign(&[head, authenticator, attributes]);
        expected.ct_eq(&self.authenticator).into()
    }
}

/// Code, identifier, and the attributes without their values.
impl fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("code", &format_args!("{}", self.code))
            .field("identifier", &self.identifier)
            .field("attributes", &List(self.attributes()))
            .field("microsoft", &List(self.microsoft()))
            .finish()
    }
}

struct List<I>(I);

impl<I: Iterator<Item: fmt::Debug> + Clone> fmt::Debug for List<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.clone()).finish()
    }
}

/// A value of four octets.
pub(crate) fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}

/// Whether a packet has an EAP-Message, and with it has to have a Message-Authenticator (RFC 3579 §3.2).
pub(crate) fn has_eap(packet: &Packet<'_>) -> bool {
    packet.get(Kind::EAP_MESSAGE).is_some()
}

#[cfg(feature = "defmt")]
impl defmt::Format for Packet<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{} {}", self.code, self.identifier);
    }
}
