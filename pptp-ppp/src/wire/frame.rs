//! A PPP frame without its HDLC flags, stuffing and checksum: what a tunnel carries.

use super::Protocol;
use crate::codec::{ParseError, Reader, Writer};

/// Address and Control fields as they are without compression (RFC 1662 §3.1): All-Stations, Unnumbered Information.
const ADDRESS_CONTROL: [u8; 2] = [0xff, 0x03];

/// A PPP frame: a protocol number and what it labels.
///
/// The Address and Control fields and the upper octet of the protocol may be there or not, whatever was negotiated:
/// peers leave them out of packets that ought to have them and send them where they need not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Which protocol the payload is of. See [`Protocol::is_well_formed`].
    pub protocol: Protocol,
    /// The Information field, and padding if there is any.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads a frame with or without Address and Control fields and with the protocol in one octet or two.
    ///
    /// # Errors
    /// If the frame ends before its protocol does.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let protocol = read_header(&mut reader)?;
        let payload = reader.rest();
        Ok(Self { protocol, payload })
    }

    /// [`Frame::parse`], for a payload that is to be decrypted where it is.
    ///
    /// # Errors
    /// If the frame ends before its protocol does.
    pub fn parse_mut(bytes: &mut [u8]) -> Result<(Protocol, &mut [u8]), ParseError> {
        let mut reader = Reader::new(bytes);
        let protocol = read_header(&mut reader)?;
        let header = reader.offset();
        Ok((protocol, bytes.get_mut(header..).unwrap_or_default()))
    }

    /// Appends the frame; see [`write_header`].
    pub fn encode(&self, writer: &mut Writer<'_>, address_control: bool, compress_protocol: bool) {
        write_header(writer, self.protocol, address_control, compress_protocol);
        writer.bytes(self.payload);
    }
}

/// Appends the header of a frame of `protocol`.
///
/// `address_control` puts Address and Control fields first. `compress_protocol` leaves out the upper octet of the
/// protocol where it can be told to be missing (RFC 1661 §6.5).
pub fn write_header(
    writer: &mut Writer<'_>,
    protocol: Protocol,
    address_control: bool,
    compress_protocol: bool,
) {
    if address_control {
        writer.bytes(&ADDRESS_CONTROL);
    }
    match u8::try_from(protocol.0) {
        // 0xff alone would be taken for an Address field.
        Ok(low) if compress_protocol && protocol.is_well_formed() && low != 0xff => writer.u8(low),
        _ => writer.u16(protocol.0),
    }
}

fn read_header(reader: &mut Reader<'_>) -> Result<Protocol, ParseError> {
    let mut ahead = reader.clone();
    if ahead.array("Address and Control") == Ok(ADDRESS_CONTROL) {
        *reader = ahead;
    }
    read_protocol(reader)
}

/// The protocol, in one octet if the first is odd, otherwise in two (RFC 1661 §6.5).
fn read_protocol(reader: &mut Reader<'_>) -> Result<Protocol, ParseError> {
    let first = reader.u8("Protocol")?;
    if first & 1 == 1 {
        return Ok(Protocol(u16::from(first)));
    }
    let second = reader.u8("Protocol")?;
    Ok(Protocol(u16::from_be_bytes([first, second])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_header_is_taken() {
        let forms: [&[u8]; 4] = [
            &[0xff, 0x03, 0x00, 0x21, 0x45],
            &[0xff, 0x03, 0x21, 0x45],
            &[0x00, 0x21, 0x45],
            &[0x21, 0x45],
        ];
        for form in forms {
            let frame = Frame::parse(form).unwrap();
            assert_eq!(
                (frame.protocol.0, frame.payload),
                (0x0021, &[0x45][..]),
                "{form:x?}"
            );
            let mut copy = form.to_vec();
            let (protocol, payload) = Frame::parse_mut(&mut copy).unwrap();
            assert_eq!((protocol.0, &*payload), (0x0021, &[0x45][..]), "{form:x?}");
        }
    }

    #[test]
    fn each_form_is_written_as_asked() {
        let frame = |protocol| Frame {
            protocol: Protocol(protocol),
            payload: &[0x45],
        };
        let cases: [(u16, bool, bool, &[u8]); 6] = [
            (0x0021, true, false, &[0xff, 0x03, 0x00, 0x21, 0x45]),
            (0x0021, false, true, &[0x21, 0x45]),
            (0x00fd, true, true, &[0xff, 0x03, 0xfd, 0x45]),
            (0xc021, false, true, &[0xc0, 0x21, 0x45]),
            // Cannot be told from other headers when cut.
            (0x0020, false, true, &[0x00, 0x20, 0x45]),
            (0x00ff, false, true, &[0x00, 0xff, 0x45]),
        ];
        for (protocol, address_control, compress, expected) in cases {
            let mut buffer = [0; 8];
            let mut writer = Writer::new(&mut buffer);
            frame(protocol).encode(&mut writer, address_control, compress);
            let written = writer.finish().unwrap();
            assert_eq!(written, expected);
            assert_eq!(Frame::parse(written).unwrap(), frame(protocol));
        }
    }

    #[test]
    fn a_header_cut_short_is_an_error() {
        for bytes in [&[][..], &[0xff, 0x03], &[0x00], &[0xff, 0x03, 0xc0]] {
            assert!(Frame::parse(bytes).is_err(), "{bytes:x?}");
            assert!(Frame::parse_mut(&mut bytes.to_vec()).is_err(), "{bytes:x?}");
        }
    }

    #[test]
    fn wrong_extension_bits_are_kept_and_told() {
        for bytes in [[0x00, 0x20], [0xc0, 0x20]] {
            let protocol = Frame::parse(&bytes).unwrap().protocol;
            assert_eq!(protocol, Protocol(u16::from_be_bytes(bytes)));
            assert!(!protocol.is_well_formed());
        }
        assert!(Protocol(0xc021).is_well_formed() && !Protocol(0x0121).is_well_formed());
    }
}
