//! How long packets may be: what a tunnel puts around them, what the path lets through, and TCP told of it beforehand.
//!
//! A packet that has become too long by what is put around it has to be fragmented outside, or gets lost. [`Framing`]
//! computes what is put around it, [`FragmentationNeeded`] reads what routers on the path say, and [`clamp_mss`] has TCP
//! in the tunnel not send what is too long.

mod icmp;
mod mss;

pub use icmp::FragmentationNeeded;
pub use mss::{clamp_mss, tcp_mss};

use crate::gre::MAX_HEADER_LEN;

/// What is put around a packet that goes through a tunnel.
///
/// ```
/// use pptp_core::path::Framing;
///
/// // On Ethernet, at the worst:
/// assert_eq!(Framing::WORST.overhead(), 44);
/// assert_eq!(Framing::WORST.inner_mtu(1500), 1456);
/// assert!(Framing::WORST.must_fragment(1460, 1500));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Framing {
    /// The IP header outside, in octets: 20 without options.
    pub ip_header: usize,
    /// Whether PPP's Address and Control fields are there: they are unless the peer has agreed to leave them out (RFC 1661
    /// §6.6).
    pub address_control: bool,
    /// Whether PPP's Protocol field has two octets: it has unless the peer has agreed to compress it (RFC 1661 §6.5).
    pub long_protocol: bool,
    /// Whether there is MPPE, MPPC or both: a header of two octets, and a Protocol field of two more within. MPPC makes no
    /// packet longer than that (RFC 2118 §2).
    pub sealed: bool,
}

impl Framing {
    /// The most that a tunnel ever puts around a packet.
    pub const WORST: Self = Self {
        ip_header: 20,
        address_control: true,
        long_protocol: true,
        sealed: true,
    };

    /// How many octets that is, with an acknowledgment in the GRE header.
    #[must_use]
    pub const fn overhead(self) -> usize {
        let address_control = if self.address_control { 2 } else { 0 };
        let protocol = if self.long_protocol { 2 } else { 1 };
        let sealed = if self.sealed { 4 } else { 0 };
        self.ip_header
            .saturating_add(MAX_HEADER_LEN)
            .saturating_add(address_control)
            .saturating_add(protocol)
            .saturating_add(sealed)
    }

    /// The longest packet inside that fits a path of `path` octets whole; 0 if none does.
    #[must_use]
    pub const fn inner_mtu(self, path: usize) -> usize {
        path.saturating_sub(self.overhead())
    }

    /// Whether a packet of `len` octets inside makes one outside that is longer than `path`: it gets lost then, if it is
    /// sent with Don't Fragment set.
    #[must_use]
    pub const fn must_fragment(self, len: usize, path: usize) -> bool {
        len > self.inner_mtu(path)
    }
}

#[cfg(test)]
mod tests;
