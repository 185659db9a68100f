//! The packet format that LCP and all network control protocols share (RFC 1661 §5).

use crate::codec::{ParseError, Reader, Writer};

code_points! {
    /// The Code field of LCP and the network control protocols (RFC 1661 §5, RFC 1570 §1, RFC 1962 §3).
    ///
    /// CHAP, PAP and EAP number their messages on their own.
    pub struct Code(u8);

    /// Vendor extension (RFC 2153 §2).
    VENDOR_EXTENSION = 0, "Vendor-Extension";
    /// Configure-Request.
    CONFIGURE_REQUEST = 1, "Configure-Request";
    /// Configure-Ack.
    CONFIGURE_ACK = 2, "Configure-Ack";
    /// Configure-Nak.
    CONFIGURE_NAK = 3, "Configure-Nak";
    /// Configure-Reject.
    CONFIGURE_REJECT = 4, "Configure-Reject";
    /// Terminate-Request.
    TERMINATE_REQUEST = 5, "Terminate-Request";
    /// Terminate-Ack.
    TERMINATE_ACK = 6, "Terminate-Ack";
    /// Code-Reject.
    CODE_REJECT = 7, "Code-Reject";
    /// Protocol-Reject, LCP only.
    PROTOCOL_REJECT = 8, "Protocol-Reject";
    /// Echo-Request, LCP only.
    ECHO_REQUEST = 9, "Echo-Request";
    /// Echo-Reply, LCP only.
    ECHO_REPLY = 10, "Echo-Reply";
    /// Discard-Request, LCP only.
    DISCARD_REQUEST = 11, "Discard-Request";
    /// Identification, LCP only (RFC 1570 §1.1).
    IDENTIFICATION = 12, "Identification";
    /// Time-Remaining, LCP only (RFC 1570 §1.2).
    TIME_REMAINING = 13, "Time-Remaining";
    /// Reset-Request, CCP and ECP only (RFC 1962 §3).
    RESET_REQUEST = 14, "Reset-Request";
    /// Reset-Ack, CCP and ECP only (RFC 1962 §3).
    RESET_ACK = 15, "Reset-Ack";
}

/// One packet: a code, an identifier and what depends on the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What kind of packet it is.
    pub code: Code,
    /// Matches replies to requests.
    pub identifier: u8,
    /// What follows the Length field, without padding.
    pub data: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Code, Identifier and Length.
    pub const HEADER_LEN: usize = 4;
    /// The longest [`Packet::data`] that a Length field can tell.
    pub const MAX_DATA_LEN: usize = 0xffff - Self::HEADER_LEN;

    /// Reads a packet. Octets beyond its Length are padding and left out.
    ///
    /// # Errors
    /// If the Length is less than 4 or there are fewer octets: such packets are to be discarded silently.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let code = Code(reader.u8("Code")?);
        let identifier = reader.u8("Identifier")?;
        let length = usize::from(reader.u16("Length")?);
        let Some(len) = length.checked_sub(Self::HEADER_LEN) else {
            return Err(ParseError::invalid("Length", 2));
        };
        let data = reader.take(len, "Data")?;
        Ok(Self {
            code,
            identifier,
            data,
        })
    }

    /// Appends the packet. Data beyond [`Packet::MAX_DATA_LEN`] is left out.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        let data = self.data.get(..Self::MAX_DATA_LEN).unwrap_or(self.data);
        Self::encode_with(writer, self.code, self.identifier, |writer| {
            writer.bytes(data)
        });
    }

    /// Appends a packet whose data `write_data` appends: at most [`Packet::MAX_DATA_LEN`] octets.
    pub fn encode_with(
        writer: &mut Writer<'_>,
        code: Code,
        identifier: u8,
        write_data: impl FnOnce(&mut Writer<'_>),
    ) {
        let start = writer.len();
        writer.u8(code.0);
        writer.u8(identifier);
        writer.u16(0);
        write_data(writer);
        let length = writer.len().saturating_sub(start);
        let length = u16::try_from(length).unwrap_or(u16::MAX);
        writer.patch_u16(start.saturating_add(2), length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::ParseErrorKind;

    // Echo-Request of 8 octets with two octets of padding behind.
    const PADDED: [u8; 10] = [9, 0x42, 0, 8, 1, 2, 3, 4, 0xaa, 0xbb];

    #[test]
    fn padding_is_left_out() {
        let packet = Packet::parse(&PADDED).unwrap();
        assert_eq!((packet.code.0, packet.identifier), (9, 0x42));
        assert_eq!(packet.data, [1, 2, 3, 4]);
        let mut buffer = [0; 10];
        let mut writer = Writer::new(&mut buffer);
        packet.encode(&mut writer);
        assert_eq!(writer.finish().unwrap(), &PADDED[..8]);
    }

    #[test]
    fn the_length_field_is_checked() {
        for len in 0..8 {
            assert!(Packet::parse(&PADDED[..len]).is_err(), "{len} octets");
        }
        for length in 0..4 {
            let error = Packet::parse(&[1, 1, 0, length, 0, 0]).unwrap_err();
            assert_eq!((error.field, error.offset), ("Length", 2));
            assert_eq!(error.kind, ParseErrorKind::Invalid);
        }
        assert_eq!(Packet::parse(&[1, 1, 0, 4, 9]).unwrap().data, []);
    }

    #[test]
    fn what_no_length_can_tell_is_left_out() {
        let data = std::vec![7; 70_000];
        let packet = Packet {
            code: Code(1),
            identifier: 2,
            data: &data,
        };
        let mut buffer = std::vec![0; 80_000];
        let mut writer = Writer::new(&mut buffer);
        packet.encode(&mut writer);
        let written = writer.finish().unwrap();
        assert_eq!(
            (written.len(), &written[..5]),
            (65_535, &[1, 2, 0xff, 0xff, 7][..])
        );
    }
}
