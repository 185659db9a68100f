//! What the caller decides before a link starts.

use crate::auth::{Credentials, Demand};
pub use crate::negotiation::Timing;
use core::net::Ipv4Addr;
use core::time::Duration;

/// Everything that a PPP link needs to know beforehand.
///
/// The default demands no authentication, has no credentials to offer, and requires encryption: 128 bits, stateless, in
/// both directions. Since the keys come out of authentication, one of `credentials` and `demand` has to be set, or
/// encryption refused by naming it in [`MppePolicy`].
#[derive(Debug, Clone, Default)]
pub struct PppConfig {
    /// LCP: the link itself.
    pub lcp: LcpConfig,
    /// Timers and counters of all control protocols.
    pub timing: Timing,
    /// Who we are, for a peer that demands authentication. Without it such a peer is refused.
    pub credentials: Option<Credentials>,
    /// What we demand of the peer. Without it, none is authenticated.
    pub demand: Option<Demand>,
    /// Encryption.
    pub mppe: MppePolicy,
    /// Whether to ask for compression by MPPC, and to grant it, if the [suite](crate::Suite) has it: under encryption,
    /// or alone where there is none. By default not.
    ///
    /// What is compressed before it is encrypted tells by its length what is in it: who can have text of his own sent
    /// along with a secret, and watches the lengths, finds out the secret octet by octet. In stateful mode, where
    /// packets build on those before them, an octet that is changed on the way, which MPPE does not notice, may change
    /// other packets along with its own, up to the next one with bit A.
    pub mppc: bool,
    /// IPv4.
    pub ipv4: Ipv4Config,
}

/// What we want of the link and grant to the peer (RFC 1661 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LcpConfig {
    /// The longest Information field, in octets, that we take (Maximum-Receive-Unit). 128 to 1500.
    pub mru: u16,
    /// The longest Information field, in octets, that we send, whatever the peer takes.
    pub mtu: u16,
    /// Whether to ask for, and to grant, one-octet Protocol fields.
    pub protocol_field_compression: bool,
    /// Whether to ask for, and to grant, frames without Address and Control field.
    pub address_control_field_compression: bool,
    /// How long nothing is heard before the peer is asked for a sign of life, and between two such questions.
    /// `None`: it is never asked.
    pub echo_interval: Option<Duration>,
    /// Echo-Requests without an answer in a row before the peer is taken for gone.
    pub echo_failures: u8,
}

impl Default for LcpConfig {
    /// 1400 octets, as Windows asks for, so that no tunnelled packet is fragmented on an ordinary path.
    fn default() -> Self {
        Self {
            mru: 1400,
            mtu: 1400,
            protocol_field_compression: true,
            address_control_field_compression: true,
            echo_interval: Some(Duration::from_secs(30)),
            echo_failures: 4,
        }
    }
}

/// Whether something has to be, may be, or must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Requirement {
    /// There is no link without it.
    #[default]
    Require,
    /// It is asked for; the link goes on without it if the peer refuses. **An attacker on the path can make it
    /// refuse.**
    Allow,
    /// It is not asked for, and refused if the peer does.
    Refuse,
}

bitflags::bitflags! {
    /// Key lengths of MPPE, by the bits of its option (RFC 3078 §2.1).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Strengths: u8 {
        /// 40 bits: broken in seconds.
        const BITS_40 = 0x20;
        /// 56 bits: broken in hours.
        const BITS_56 = 0x80;
        /// 128 bits.
        const BITS_128 = 0x40;
    }

    /// How MPPE's keys change (RFC 3078 §7).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Modes: u8 {
        /// With each packet.
        const STATELESS = 1;
        /// Every 256 packets. A loss costs all packets until a reset, after which some peers repeat key stream (we do
        /// not: see [`pptp_mppe::ResetRule::NextFlag`]) and on which they disagree.
        const STATEFUL = 1 << 1;
    }
}

/// What encryption the link must, may or must not have. It holds for each direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MppePolicy {
    /// Whether there has to be encryption.
    pub requirement: Requirement,
    /// The key lengths that will do. The strongest that both ends have is used.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub strengths: Strengths,
    /// The modes that will do. Stateless is asked for if it is among them. They are those of compression, too; where
    /// none is named, as in [`MppePolicy::REFUSE`], that is stateful unless the peer wants it otherwise.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub modes: Modes,
}

impl Default for MppePolicy {
    /// 128 bits, stateless, or no link.
    fn default() -> Self {
        Self {
            requirement: Requirement::Require,
            strengths: Strengths::BITS_128,
            modes: Modes::STATELESS,
        }
    }
}

impl MppePolicy {
    /// No encryption: everything crosses the network for all to read.
    pub const REFUSE: Self = Self {
        requirement: Requirement::Refuse,
        strengths: Strengths::empty(),
        modes: Modes::empty(),
    };
}

/// What we want of IPv4 and grant to the peer (RFC 1332, RFC 1877).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ipv4Config {
    /// Our own address; `None` to be given one.
    pub local: Option<Ipv4Addr>,
    /// The peer's address: it is told to use this one. `None` to take whatever it has.
    pub remote: Option<Ipv4Addr>,
    /// Whether to ask for DNS servers.
    pub ask_dns: bool,
    /// Whether to ask for NetBIOS name servers.
    pub ask_nbns: bool,
    /// The DNS servers to tell a peer that asks: primary and secondary.
    pub dns: [Option<Ipv4Addr>; 2],
    /// The NetBIOS name servers to tell a peer that asks: primary and secondary.
    pub nbns: [Option<Ipv4Addr>; 2],
}
