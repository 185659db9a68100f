//! What both ends do with packets: the two forms of a type, and MS-CHAPv2 in its wrapping.

use crate::auth::mschapv2::ChangeRoom;
use crate::auth::{MAX_NAME_LEN, Methods};
use crate::codec::{BufferTooSmall, ParseError, Reader, Writer};
use crate::wire::eap::{Code, Type};
use crate::wire::eap_nak::{Expanded, ExpandedNak, ExpandedType, Nak};
use crate::wire::mschapv2::Response;
use crate::wire::{Code as PppCode, Packet};

/// Code, Identifier, Length and Type.
pub(super) const HEADER_LEN: usize = Packet::HEADER_LEN + 1;

/// The longest packet of the methods that are built in, without a change of password, in octets: an MSCHAPv2 Response.
pub const MAX_BUILT_IN_PACKET: usize =
    HEADER_LEN + EXPANDED_LEN + Packet::HEADER_LEN + 1 + Response::LEN + MAX_NAME_LEN;

/// Vendor-Id and Vendor-Type.
const EXPANDED_LEN: usize = 7;

/// A Change-Password (RFC 2759 §7).
const CHANGE_PASSWORD_LEN: usize = 586;

pub(super) const fn max_built_in<C: ChangeRoom>() -> usize {
    let change = HEADER_LEN + EXPANDED_LEN + CHANGE_PASSWORD_LEN;
    if C::HAS_ROOM && change > MAX_BUILT_IN_PACKET {
        change
    } else {
        MAX_BUILT_IN_PACKET
    }
}

/// The type of a Request or Response and its data, whichever of its two forms it came in: they are alike (RFC 3748 §5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content<'a> {
    pub(super) kind: ExpandedType,
    pub(super) is_expanded: bool,
    pub(super) data: &'a [u8],
}

impl<'a> Content<'a> {
    pub(super) fn new(kind: Type, data: &'a [u8]) -> Result<Self, ParseError> {
        if kind != Type::EXPANDED {
            return Ok(Self {
                kind: ExpandedType::of(kind),
                is_expanded: false,
                data,
            });
        }
        let Expanded { kind, data } = Expanded::parse(data)?;
        Ok(Self {
            kind,
            is_expanded: true,
            data,
        })
    }

    /// The type as one octet, if it has one.
    pub(super) fn legacy(&self) -> Option<Type> {
        self.kind.legacy()
    }

    pub(super) fn is_nak(&self) -> bool {
        self.legacy() == Some(Type::NAK)
    }

    /// Which of `methods` a Nak names.
    pub(super) fn wanted(&self, methods: Methods) -> Result<Methods, ParseError> {
        let mut wanted = Methods::empty();
        let mut add = |kind: ExpandedType| {
            let named = BUILT_IN
                .iter()
                .filter(|(it, _)| ExpandedType::of(*it) == kind);
            named.for_each(|(_, method)| wanted |= *method);
        };
        if self.is_expanded {
            ExpandedNak::parse(self.data)?.types().for_each(&mut add);
        } else {
            let types = Nak::parse(self.data)?.types();
            types.for_each(|kind| add(ExpandedType::of(kind)));
        }
        Ok(wanted & methods)
    }
}

/// The methods that are built in, the strongest first.
pub(super) const BUILT_IN: [(Type, Methods); 2] = [
    (Type::MSCHAPV2, Methods::EAP_MS_CHAP_V2),
    (Type::MD5_CHALLENGE, Methods::EAP_MD5),
];

/// The message of MS-CHAPv2 in the data of type 26. Of its header the length is not looked at, for some peers get it wrong,
/// and `identifier` may be put in the place of that which came.
pub(super) fn unwrap<'a>(data: &'a [u8], identifier: Option<u8>) -> Result<Packet<'a>, ParseError> {
    let mut reader = Reader::new(data);
    let code = PppCode(reader.u8("OpCode")?);
    let came = reader.u8("MS-CHAPv2-ID")?;
    reader.u16("MS-Length")?;
    Ok(Packet {
        code,
        identifier: identifier.unwrap_or(came),
        data: reader.rest(),
    })
}

/// What is before the data of `packet`.
pub(super) fn header(packet: &Packet<'_>) -> [u8; Packet::HEADER_LEN] {
    let mut header = [0; Packet::HEADER_LEN];
    let mut writer = Writer::new(&mut header);
    packet.encode(&mut writer);
    header
}

/// Appends a whole packet with a type.
pub(super) fn write(
    writer: &mut Writer<'_>,
    (code, identifier): (Code, u8),
    (kind, is_expanded): (Type, bool),
    write_data: impl FnOnce(&mut Writer<'_>),
) {
    Packet::encode_with(writer, code.into(), identifier, |writer| {
        if is_expanded {
            writer.u8(Type::EXPANDED.0);
            let header = Expanded {
                kind: ExpandedType::of(kind),
                data: &[],
            };
            header.encode(writer);
        } else {
            writer.u8(kind.0);
        }
        write_data(writer);
    });
}

/// Writes a packet of type 26 with the message of MS-CHAPv2 that `poll` writes, if it does.
pub(super) fn wrap(
    out: &mut [u8],
    (code, identifier): (Code, u8),
    is_expanded: bool,
    poll: impl FnOnce(&mut [u8]) -> Result<Option<usize>, BufferTooSmall>,
) -> Result<Option<usize>, BufferTooSmall> {
    let header = if is_expanded {
        HEADER_LEN + EXPANDED_LEN
    } else {
        HEADER_LEN
    };
    let message = poll(out.get_mut(header..).unwrap_or_default());
    let message = message.map_err(|error| BufferTooSmall {
        needed: error.needed.saturating_add(header),
    })?;
    let Some(len) = message else {
        return Ok(None);
    };
    let mut writer = Writer::new(out);
    let kind = (Type::MSCHAPV2, is_expanded);
    write(&mut writer, (code, identifier), kind, |writer| {
        writer.reserve(len);
    });
    Ok(Some(writer.len()))
}
