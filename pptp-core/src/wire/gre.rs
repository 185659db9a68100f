//! The enhanced GRE header (RFC 2637 §4.1).

use crate::codec::{BufferTooSmall, ParseError, Reader, Writer};
use core::fmt;

/// Key Present: always, for the key holds payload length and call id.
const KEY: u16 = 0x2000;
/// Sequence Number Present.
const SEQUENCE: u16 = 0x1000;
/// Acknowledgment Number Present.
const ACKNOWLEDGMENT: u16 = 0x0080;
/// Ver: 1, enhanced GRE.
const VERSION: u16 = 0x0001;
/// Protocol Type: PPP.
const PROTOCOL: u16 = 0x880b;

/// The header of one packet of a call's PPP data, of an acknowledgment, or of both (RFC 2637 §4.1).
///
/// It stands at the start of the IP payload (IP protocol 47).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct GreHeader {
    /// How many octets of payload follow the header.
    pub payload_len: u16,
    /// The call id that the receiver of this packet gave to the call.
    pub call_id: u16,
    /// The number of this packet; there is one if there is a payload.
    pub sequence: Option<u32>,
    /// The highest sequence number that the sender of this packet has received.
    pub acknowledgment: Option<u32>,
}

impl GreHeader {
    /// The longest that a header gets, in octets.
    pub const MAX_LEN: usize = 16;

    /// How long this header is, in octets: 8, 12 or 16.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "no header is empty")]
    pub const fn len(&self) -> usize {
        match (self.sequence, self.acknowledgment) {
            (None, None) => 8,
            (Some(_), Some(_)) => Self::MAX_LEN,
            _ => 12,
        }
    }

    /// Splits an IP payload into header and GRE payload.
    ///
    /// What follows the payload, such as the padding of a short Ethernet frame, is cut off. A payload without a
    /// sequence number, which §4.1 forbids, is parsed: what to do with it is the session's business.
    ///
    /// # Errors
    /// If the packet ends within header or payload, or if it is not enhanced GRE that carries PPP: a routing,
    /// checksum, source route, recursion or flag bit that must be clear is set, or key, version or protocol differ.
    pub fn parse(datagram: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        let mut reader = Reader::new(datagram);
        let flags = reader.u16("GRE flags")?;
        if flags & !(SEQUENCE | ACKNOWLEDGMENT) != KEY | VERSION {
            return Err(ParseError::invalid("GRE flags", 0));
        }
        if reader.u16("GRE Protocol Type")? != PROTOCOL {
            return Err(ParseError::invalid("GRE Protocol Type", 2));
        }
        let payload_len = reader.u16("GRE Payload Length")?;
        let call_id = reader.u16("GRE Call ID")?;
        let sequence = match flags & SEQUENCE {
            0 => None,
            _ => Some(reader.u32("GRE Sequence Number")?),
        };
        let acknowledgment = match flags & ACKNOWLEDGMENT {
            0 => None,
            _ => Some(reader.u32("GRE Acknowledgment Number")?),
        };
        let payload = reader.take(usize::from(payload_len), "GRE payload")?;
        let header = Self {
            payload_len,
            call_id,
            sequence,
            acknowledgment,
        };
        Ok((header, payload))
    }

    /// Writes the header to the front of `out`; the payload goes right behind it.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `out` is shorter than [`GreHeader::len`].
    pub fn encode<'b>(&self, out: &'b mut [u8]) -> Result<&'b mut [u8], BufferTooSmall> {
        let mut flags = KEY | VERSION;
        if self.sequence.is_some() {
            flags |= SEQUENCE;
        }
        if self.acknowledgment.is_some() {
            flags |= ACKNOWLEDGMENT;
        }
        let mut writer = Writer::new(out);
        writer.u16(flags);
        writer.u16(PROTOCOL);
        writer.u16(self.payload_len);
        writer.u16(self.call_id);
        if let Some(sequence) = self.sequence {
            writer.u32(sequence);
        }
        if let Some(acknowledgment) = self.acknowledgment {
            writer.u32(acknowledgment);
        }
        writer.finish()
    }
}

impl fmt::Display for GreHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GREv1, call {}", self.call_id)?;
        if let Some(sequence) = self.sequence {
            write!(f, ", seq {sequence}")?;
        }
        if let Some(acknowledgment) = self.acknowledgment {
            write!(f, ", ack {acknowledgment}")?;
        }
        match self.payload_len {
            0 => f.write_str(", no payload"),
            len => write!(f, ", length {len}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    const fn header(
        payload_len: u16,
        call_id: u16,
        sequence: Option<u32>,
        acknowledgment: Option<u32>,
    ) -> GreHeader {
        GreHeader {
            payload_len,
            call_id,
            sequence,
            acknowledgment,
        }
    }

    /// Headers as pptp-linux, pptpd and Windows put them on the wire, and what they say.
    const CAPTURED: [(&[u8], GreHeader, &str); 5] = [
        (
            b"\x30\x01\x88\x0b\x00\x18\xc9\xc5\x00\x00\x00\x00",
            header(24, 51653, Some(0), None),
            "GREv1, call 51653, seq 0, length 24",
        ),
        (
            b"\x30\x81\x88\x0b\x00\x0c\x00\x00\x00\x00\x00\x03\x00\x00\x00\x01",
            header(12, 0, Some(3), Some(1)),
            "GREv1, call 0, seq 3, ack 1, length 12",
        ),
        (
            b"\x20\x81\x88\x0b\x00\x00\xf8\xb0\x00\x00\x00\x44",
            header(0, 0xf8b0, None, Some(0x44)),
            "GREv1, call 63664, ack 68, no payload",
        ),
        (
            b"\x30\x81\x88\x0b\x00\x14\xfc\xb0\x00\x00\x01\x27\x00\x00\x03\x8b",
            header(20, 64688, Some(0x127), Some(0x38b)),
            "GREv1, call 64688, seq 295, ack 907, length 20",
        ),
        (
            b"\x30\x01\x88\x0b\x00\x35\x3b\x37\x00\x00\x03\x85",
            header(53, 15159, Some(0x385), None),
            "GREv1, call 15159, seq 901, length 53",
        ),
    ];

    #[test]
    fn reads_and_writes_what_peers_sent() {
        for (octets, expected, text) in CAPTURED {
            let payload = alloc::vec![0x5a; usize::from(expected.payload_len)];
            let datagram = [octets, &payload].concat();
            assert_eq!(GreHeader::parse(&datagram), Ok((expected, &payload[..])));
            let padded = [&datagram[..], &[0; 6]].concat();
            assert_eq!(
                GreHeader::parse(&padded),
                Ok((expected, &payload[..])),
                "trailing octets are cut off"
            );
            let mut out = [0; GreHeader::MAX_LEN];
            assert_eq!(expected.encode(&mut out).unwrap(), octets);
            assert_eq!(expected.len(), octets.len());
            assert_eq!(expected.to_string(), text);
            for len in 0..datagram.len() {
                assert!(GreHeader::parse(&datagram[..len]).is_err(), "cut at {len}");
            }
            for room in 0..octets.len() {
                let needed = octets.len();
                assert_eq!(
                    expected.encode(&mut [0; 16][..room]),
                    Err(BufferTooSmall { needed })
                );
            }
        }
    }

    #[test]
    fn every_other_combination_of_flags_is_refused() {
        let mut datagram = [0; 16];
        datagram[2..4].copy_from_slice(&[0x88, 0x0b]);
        for flags in 0..=u16::MAX {
            datagram[..2].copy_from_slice(&flags.to_be_bytes());
            let accepted = [0x2001, 0x3001, 0x2081, 0x3081].contains(&flags);
            assert_eq!(
                GreHeader::parse(&datagram).is_ok(),
                accepted,
                "flags {flags:04x}"
            );
        }
        datagram[..4].copy_from_slice(&[0x30, 0x01, 0x08, 0x00]);
        let error = GreHeader::parse(&datagram).unwrap_err();
        assert_eq!(error, ParseError::invalid("GRE Protocol Type", 2));
    }

    proptest! {
        #[test]
        fn round_trips(
            call_id: u16,
            sequence: Option<u32>,
            acknowledgment: Option<u32>,
            payload in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let header = header(payload.len() as u16, call_id, sequence, acknowledgment);
            let mut out = [0; GreHeader::MAX_LEN];
            let mut datagram = header.encode(&mut out).unwrap().to_vec();
            datagram.extend_from_slice(&payload);
            prop_assert_eq!(GreHeader::parse(&datagram), Ok((header, &payload[..])));
        }

        #[test]
        fn what_parses_encodes_to_the_same_octets(
            mut octets in proptest::collection::vec(any::<u8>(), 16..48),
            flags in proptest::sample::select(&[[0x20, 0x01], [0x30, 0x01], [0x20, 0x81], [0x30, 0x81]][..]),
        ) {
            octets[..4].copy_from_slice(&[flags[0], flags[1], 0x88, 0x0b]);
            octets[4] = 0;
            octets[5] %= 32;
            if let Ok((header, payload)) = GreHeader::parse(&octets) {
                let mut out = [0; GreHeader::MAX_LEN];
                let written = header.encode(&mut out).unwrap();
                prop_assert_eq!(&octets[..written.len()], &written[..]);
                prop_assert_eq!(&octets[written.len()..][..payload.len()], payload);
            }
        }
    }
}
