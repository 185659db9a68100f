//! The IPv4 header that a raw socket delivers in front of GRE.

use crate::codec::{ParseError, Reader};
use crate::error::Discard;
use core::net::Ipv4Addr;
use core::ops::Range;

/// The IP protocol of GRE.
pub(crate) const GRE: u8 = 47;

/// Cuts the IPv4 header off a packet, and whatever the buffer holds behind the packet's own end.
///
/// The packet is as on the wire (RFC 791), which is what raw sockets give on Linux and Windows. Some BSDs have changed
/// Total Length before they hand it out; there the caller cuts the header off. The header's checksum is the operating
/// system's business.
///
/// # Errors
/// [`Discard::Malformed`] if this is not a whole IPv4 packet, [`Discard::NotGre`] if it has another protocol and
/// [`Discard::Fragment`] if it is only a part.
pub fn strip_ipv4(packet: &mut [u8]) -> Result<&mut [u8], Discard> {
    let header = Ipv4Header::parse(packet)?;
    let protocol = header.protocol;
    if protocol != GRE {
        return Err(Discard::NotGre { protocol });
    }
    if header.is_fragment {
        return Err(Discard::Fragment);
    }
    Ok(packet.get_mut(header.payload).unwrap_or_default())
}

/// What of a header matters here.
#[derive(Debug)]
pub(crate) struct Ipv4Header {
    pub(crate) protocol: u8,
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
    /// Whether this is only a part of a packet.
    pub(crate) is_fragment: bool,
    /// Whether it is one that does not start with the payload's header.
    pub(crate) is_later_fragment: bool,
    /// Where the payload is.
    pub(crate) payload: Range<usize>,
}

impl Ipv4Header {
    pub(crate) fn parse(packet: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(packet);
        let version_and_len = reader.u8("IPv4 Version")?;
        let header_len = usize::from(version_and_len & 0x0f).saturating_mul(4);
        if version_and_len >> 4 != 4 || header_len < 20 {
            return Err(ParseError::invalid("IPv4 Version", 0));
        }
        reader.u8("IPv4 Type of Service")?;
        let total_len = usize::from(reader.u16("IPv4 Total Length")?);
        if total_len < header_len || total_len > packet.len() {
            return Err(ParseError::invalid("IPv4 Total Length", 2));
        }
        reader.u16("IPv4 Identification")?;
        let fragment = reader.u16("IPv4 Fragment Offset")?;
        reader.u8("IPv4 Time to Live")?;
        let protocol = reader.u8("IPv4 Protocol")?;
        reader.u16("IPv4 Header Checksum")?;
        Ok(Self {
            protocol,
            source: reader.array("IPv4 Source Address")?.into(),
            destination: reader.array("IPv4 Destination Address")?.into(),
            // More Fragments, and the offset: either makes it a part. Don't Fragment says nothing here.
            is_fragment: fragment & 0x3fff != 0,
            is_later_fragment: fragment & 0x1fff != 0,
            payload: header_len..total_len,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An acknowledgment of pptpd's (session mschap2-mppe128), padded as Ethernet does.
    const PACKET: [u8; 38] =
        *b"\x45\x00\x00\x20\x1c\x46\x40\x00\x40\x2f\x07\xee\x0a\x63\x00\x02\x0a\x63\x01\x02\
        \x20\x81\x88\x0b\x00\x00\xf8\xb0\x00\x00\x00\x44\x00\x00\x00\x00\x00\x00";

    #[test]
    fn the_total_length_counts_and_not_the_buffer() {
        let mut packet = PACKET;
        assert_eq!(strip_ipv4(&mut packet).unwrap(), &PACKET[20..32]);
        for len in 0..32 {
            assert!(strip_ipv4(&mut packet[..len]).is_err(), "{len} octets");
        }
        packet[3] = 19;
        assert!(matches!(
            strip_ipv4(&mut packet),
            Err(Discard::Malformed(_))
        ));
        packet[3] = 20;
        assert_eq!(strip_ipv4(&mut packet).unwrap(), &[]);
    }

    #[test]
    fn options_are_part_of_the_header() {
        let mut packet = PACKET;
        packet[0] = 0x46;
        assert_eq!(strip_ipv4(&mut packet).unwrap(), &PACKET[24..32]);
        packet[0] = 0x44;
        assert!(strip_ipv4(&mut packet).is_err());
        packet[0] = 0x65;
        assert!(strip_ipv4(&mut packet).is_err());
    }

    #[test]
    fn fragments_and_other_protocols_are_refused() {
        for (flags, first) in [(0x20, 0), (0x00, 1), (0x1f, 0xff)] {
            let mut packet = PACKET;
            [packet[6], packet[7]] = [flags, first];
            assert_eq!(strip_ipv4(&mut packet), Err(Discard::Fragment));
        }
        let mut packet = PACKET;
        packet[9] = 6;
        assert_eq!(
            strip_ipv4(&mut packet),
            Err(Discard::NotGre { protocol: 6 })
        );
    }
}
