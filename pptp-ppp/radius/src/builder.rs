//! Making packets.

use crate::attribute::MicrosoftKind;
use crate::attribute::{Code, Kind, MAX_MICROSOFT_VALUE_LEN, MAX_VALUE_LEN, MICROSOFT};
use crate::packet::HEADER_LEN;
use crate::{MAX_PACKET_LEN, Secret};
use core::fmt;
use pptp_ppp::codec::{BufferTooSmall, Writer};

/// Where the value of Message-Authenticator is: it comes first, so that nothing chosen by somebody else stands before it.
const MESSAGE_AUTHENTICATOR: usize = HEADER_LEN + 2;

/// Why a packet cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EncodeError {
    /// The caller's buffer is too small. [`MAX_PACKET_LEN`] octets are always enough.
    BufferTooSmall(BufferTooSmall),
    /// It would be longer than [`MAX_PACKET_LEN`].
    PacketTooLong {
        /// How long.
        len: usize,
    },
    /// A value is longer than its attribute can hold.
    ValueTooLong {
        /// What the specification calls the attribute.
        attribute: &'static str,
        /// How long the value is, in octets.
        len: usize,
        /// How long it may be.
        max: usize,
    },
    /// A value is empty, which that of this attribute cannot be.
    ValueEmpty {
        /// What the specification calls the attribute.
        attribute: &'static str,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall(error) => error.fmt(f),
            Self::PacketTooLong { len } => write!(
                f,
                "a packet of {len} octets is longer than {MAX_PACKET_LEN}"
            ),
            Self::ValueTooLong {
                attribute,
                len,
                max,
            } => write!(f, "{attribute} of {len} octets is longer than {max}"),
            Self::ValueEmpty { attribute } => write!(f, "{attribute} is empty"),
        }
    }
}

impl core::error::Error for EncodeError {}

/// Writes a packet into a caller's buffer, attribute after attribute.
///
/// Begun by [`Builder::request`] or [`Request::answer`](crate::Request::answer), and ended by [`Builder::finish`], which tells of whatever was
/// wrong on the way. Message-Authenticator is always there, and always the first attribute.
#[derive(Debug)]
pub struct Builder<'b, 's> {
    writer: Writer<'b>,
    pub(crate) secret: Secret<'s>,
    /// The Request Authenticator, in an answer as well.
    pub(crate) authenticator: [u8; 16],
    is_reply: bool,
    error: Option<EncodeError>,
}

impl<'b, 's> Builder<'b, 's> {
    /// An Access-Request.
    ///
    /// The authenticator has to be unpredictable, and never the same twice under one secret (RFC 2865 §3): take it from a
    /// cryptographic source. The identifier must not be that of another request which the same server may yet answer to
    /// the same port of ours.
    #[must_use]
    pub fn request(
        buffer: &'b mut [u8],
        secret: Secret<'s>,
        identifier: u8,
        authenticator: [u8; 16],
    ) -> Self {
        Self::new(
            buffer,
            secret,
            Code::ACCESS_REQUEST,
            identifier,
            authenticator,
        )
    }

    pub(crate) fn new(
        buffer: &'b mut [u8],
        secret: Secret<'s>,
        code: Code,
        identifier: u8,
        authenticator: [u8; 16],
    ) -> Self {
        let mut writer = Writer::new(buffer);
        writer.u8(code.0);
        writer.u8(identifier);
        writer.u16(0);
        writer.bytes(&authenticator);
        writer.u8(Kind::MESSAGE_AUTHENTICATOR.0);
        writer.u8(18);
        writer.zeros(16);
        Self {
            writer,
            secret,
            authenticator,
            is_reply: code != Code::ACCESS_REQUEST,
            error: None,
        }
    }

    /// Any attribute, of 1 to 253 octets.
    pub fn attribute(&mut self, kind: Kind, value: &[u8]) -> &mut Self {
        if value.is_empty() {
            self.fail(EncodeError::ValueEmpty {
                attribute: kind.name().unwrap_or("an attribute"),
            });
        }
        self.parts(kind, &[value])
    }

    /// An attribute of a number.
    pub fn number(&mut self, kind: Kind, value: u32) -> &mut Self {
        self.parts(kind, &[&value.to_be_bytes()])
    }

    /// Any attribute of Microsoft's, of 1 to 247 octets.
    pub fn microsoft(&mut self, kind: MicrosoftKind, value: &[u8]) -> &mut Self {
        self.microsoft_parts(kind, &[value])
    }

    /// What came in the last Access-Challenge, as it was (RFC 2865 §5.24).
    pub fn state(&mut self, state: &[u8]) -> &mut Self {
        self.attribute(Kind::STATE, state)
    }

    /// An EAP packet, in as many pieces as it takes (RFC 3579 §3.1). An empty one is EAP-Start.
    pub fn eap(&mut self, packet: &[u8]) -> &mut Self {
        if packet.is_empty() {
            return self.parts(Kind::EAP_MESSAGE, &[]);
        }
        for piece in packet.chunks(MAX_VALUE_LEN) {
            self.parts(Kind::EAP_MESSAGE, &[piece]);
        }
        self
    }

    /// The packet.
    ///
    /// # Errors
    /// The first thing that was wrong; [`EncodeError::BufferTooSmall`] only if nothing else was.
    pub fn finish(self) -> Result<&'b [u8], EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let Self {
            mut writer,
            secret,
            authenticator,
            is_reply,
            ..
        } = self;
        let len = writer.len();
        if len > MAX_PACKET_LEN {
            return Err(EncodeError::PacketTooLong { len });
        }
        writer.patch_u16(2, u16::try_from(len).unwrap_or(u16::MAX));
        let packet = writer.finish().map_err(EncodeError::BufferTooSmall)?;
        let code = secret.authenticate(&[&*packet]);
        let place = packet.get_mut(MESSAGE_AUTHENTICATOR..);
        if let Some(place) = place.and_then(<[u8]>::first_chunk_mut) {
            *place = code;
        }
        if is_reply
            && let Some((head, rest)) = packet.split_first_chunk_mut::<4>()
            && let Some((place, attributes)) = rest.split_first_chunk_mut::<16>()
        {
            *place = secret.sign(&[head, &authenticator, attributes]);
        }
        Ok(packet)
    }

    /// An attribute whose value is made of parts.
    pub(crate) fn parts(&mut self, kind: Kind, parts: &[&[u8]]) -> &mut Self {
        let name = kind.name().unwrap_or("an attribute");
        let len = total(parts);
        if let Some(len) = self.fits(name, len, MAX_VALUE_LEN) {
            self.writer.u8(kind.0);
            self.writer.u8(len.saturating_add(2));
            for part in parts {
                self.writer.bytes(part);
            }
        }
        self
    }

    /// An attribute of Microsoft's whose value is made of parts.
    pub(crate) fn microsoft_parts(&mut self, kind: MicrosoftKind, parts: &[&[u8]]) -> &mut Self {
        let len = total(parts);
        if self.microsoft_header(kind, len) {
            for part in parts {
                self.writer.bytes(part);
            }
        }
        self
    }

    /// An attribute whose value is `text`, filled up to a multiple of 16 octets and hidden (RFC 2865 §5.2).
    pub(crate) fn hidden(&mut self, kind: Kind, text: &[u8], max: usize) -> &mut Self {
        let name = kind.name().unwrap_or("an attribute");
        let padded = text.len().div_ceil(16).max(1).saturating_mul(16);
        if let (Some(_), Some(len)) = (
            self.fits(name, text.len(), max),
            self.fits(name, padded, MAX_VALUE_LEN),
        ) {
            self.writer.u8(kind.0);
            self.writer.u8(len.saturating_add(2));
            self.hide(&[], padded, &[text]);
        }
        self
    }

    /// The same of Microsoft's, with a salt, if there is one, before what is hidden (RFC 2548 §2.4).
    pub(crate) fn microsoft_hidden(
        &mut self,
        kind: MicrosoftKind,
        salt: &[u8],
        parts: &[&[u8]],
    ) -> &mut Self {
        let padded = total(parts).div_ceil(16).saturating_mul(16);
        if self.microsoft_header(kind, padded.saturating_add(salt.len())) {
            self.writer.bytes(salt);
            self.hide(salt, padded, parts);
        }
        self
    }

    fn hide(&mut self, salt: &[u8], padded: usize, parts: &[&[u8]]) {
        let Some(place) = self.writer.reserve(padded) else {
            return;
        };
        place.fill(0);
        let octets = parts.iter().copied().flatten();
        for (place, octet) in place.iter_mut().zip(octets) {
            *place = *octet;
        }
        self.secret.hide(&self.authenticator, salt, place);
    }

    /// The header of one of Microsoft's attributes, with a value of `len` octets; `false` if it does not fit.
    fn microsoft_header(&mut self, kind: MicrosoftKind, len: usize) -> bool {
        let name = kind.name().unwrap_or("an attribute of Microsoft's");
        if len == 0 {
            self.fail(EncodeError::ValueEmpty { attribute: name });
        }
        let Some(len) = self.fits(name, len, MAX_MICROSOFT_VALUE_LEN) else {
            return false;
        };
        self.writer.u8(Kind::VENDOR_SPECIFIC.0);
        self.writer.u8(len.saturating_add(8));
        self.writer.u32(MICROSOFT);
        self.writer.u8(kind.0);
        self.writer.u8(len.saturating_add(2));
        true
    }

    fn fits(&mut self, attribute: &'static str, len: usize, max: usize) -> Option<u8> {
        if len > max {
            self.fail(EncodeError::ValueTooLong {
                attribute,
                len,
                max,
            });
            return None;
        }
        u8::try_from(len).ok()
    }

    fn fail(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }
}

fn total(parts: &[&[u8]]) -> usize {
    let lens = parts.iter().map(|part| part.len());
    lens.fold(0, usize::saturating_add)
}
