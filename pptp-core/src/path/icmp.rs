//! What a router says of a datagram that was too long for it (RFC 792, RFC 1191).

use crate::codec::{ParseError, Reader};
use crate::error::Discard;
use crate::gre::peek_call_id;

/// The lowest MTU that is believed: everybody takes 68 octets (RFC 791 §3.2), and less would only harm.
const LOWEST: u16 = 68;

/// Lengths that networks have (RFC 1191 §7.1), for routers that do not say what they take.
const PLATEAUS: [u16; 10] = [
    32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, LOWEST,
];

/// "Fragmentation needed": one of a tunnel's datagrams was sent with Don't Fragment, and was too long.
///
/// Anybody can forge one, and with it make packets short: believe only those of a tunnel that there is, and raise the MTU
/// again after ten minutes (RFC 1191 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FragmentationNeeded {
    /// How long a datagram may be, its IP header included: 68 or more. [`Framing::inner_mtu`](super::Framing::inner_mtu)
    /// tells what that leaves for a packet inside.
    pub mtu: u16,
    /// Who the datagram was for: the tunnel's peer.
    pub peer: [u8; 4],
    /// The call id in it: the one that the peer gave to the call.
    pub call_id: u16,
}

impl FragmentationNeeded {
    /// Reads an ICMP message, from its Type on. `Ok(None)` if it is another one than that.
    ///
    /// # Errors
    /// [`Discard::Malformed`] if it ends too early, or if what it quotes is no packet of a tunnel;
    /// [`Discard::NotGre`] and [`Discard::Fragment`] likewise.
    pub fn parse(message: &[u8]) -> Result<Option<Self>, Discard> {
        let mut reader = Reader::new(message);
        let (kind, code) = (reader.u8("ICMP Type")?, reader.u8("ICMP Code")?);
        if (kind, code) != (3, 4) {
            return Ok(None);
        }
        reader.take(4, "ICMP Checksum")?;
        let mtu = reader.u16("ICMP Next-Hop MTU")?;
        let quoted = reader.rest();
        let mut header = Reader::new(quoted);
        let version_and_len = header.u8("IPv4 Version")?;
        let header_len = usize::from(version_and_len & 0x0f).saturating_mul(4);
        if version_and_len >> 4 != 4 || header_len < 20 {
            return Err(ParseError::invalid("IPv4 Version", 0).into());
        }
        header.u8("IPv4 Type of Service")?;
        let total_len = header.u16("IPv4 Total Length")?;
        header.u16("IPv4 Identification")?;
        let fragment = header.u16("IPv4 Fragment Offset")?;
        header.u8("IPv4 Time to Live")?;
        let protocol = header.u8("IPv4 Protocol")?;
        header.take(6, "IPv4 Header Checksum and Source")?;
        let peer = header.take(4, "IPv4 Destination")?;
        let peer = *peer.first_chunk().unwrap_or(&[0; 4]);
        if protocol != 47 {
            return Err(Discard::NotGre { protocol });
        }
        if fragment & 0x1fff != 0 {
            return Err(Discard::Fragment);
        }
        let call_id = peek_call_id(quoted.get(header_len..).unwrap_or_default())?;
        Ok(Some(Self {
            mtu: believed(mtu, total_len),
            peer,
            call_id,
        }))
    }
}

/// What a router takes that has said `mtu` of a datagram of `len` octets. Old ones say nothing (RFC 1191 §5).
fn believed(mtu: u16, len: u16) -> u16 {
    if mtu == 0 || mtu >= len {
        return PLATEAUS
            .into_iter()
            .find(|plateau| *plateau < len)
            .unwrap_or(LOWEST);
    }
    mtu.max(LOWEST)
}
