//! The Compression Control Protocol (RFC 1962), whose only option here is MPPE's (RFC 3078 §2).

use crate::codec::Writer;
use crate::config::{Modes, MppePolicy, Requirement, Strengths};
use crate::negotiation::{Policy, Verdict};
use crate::wire::RawOption;
use pptp_mppe::{Mode, Strength};

/// The option's Type, which MPPE shares with MPPC.
const MPPE: u8 = 18;
/// H: stateless.
const STATELESS: u32 = 0x0100_0000;
const BITS_56: u32 = 0x80;
const BITS_128: u32 = 0x40;
const BITS_40: u32 = 0x20;

/// Supported Bits as Strengths and Modes; other bits, such as MPPC's, are not had here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bits {
    strengths: Strengths,
    stateless: bool,
}

impl Bits {
    fn encode(self, out: &mut Writer<'_>) {
        let bit = |strength, bit| {
            if self.strengths.contains(strength) {
                bit
            } else {
                0
            }
        };
        let strengths = bit(Strengths::BITS_40, BITS_40)
            | bit(Strengths::BITS_56, BITS_56)
            | bit(Strengths::BITS_128, BITS_128);
        out.bytes(&[MPPE, 6]);
        out.u32(strengths | if self.stateless { STATELESS } else { 0 });
    }

    fn decode(bits: u32) -> Self {
        let mut strengths = Strengths::empty();
        strengths.set(Strengths::BITS_40, bits & BITS_40 != 0);
        strengths.set(Strengths::BITS_56, bits & BITS_56 != 0);
        strengths.set(Strengths::BITS_128, bits & BITS_128 != 0);
        Self {
            strengths,
            stateless: bits & STATELESS != 0,
        }
    }
}

/// How one direction is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Encryption {
    /// The length of the key.
    pub strength: Strength,
    /// How often it changes.
    pub mode: Mode,
}

impl Encryption {
    fn bits(self) -> Bits {
        let strengths = match self.strength {
            Strength::Bits40 => Strengths::BITS_40,
            Strength::Bits56 => Strengths::BITS_56,
            Strength::Bits128 => Strengths::BITS_128,
        };
        Bits {
            strengths,
            stateless: self.mode == Mode::Stateless,
        }
    }
}

/// What is wanted of the peer's packets, and granted to ours.
///
/// Each end's Configure-Request is about what it receives, so the two directions may differ.
#[derive(Debug, Clone)]
pub(crate) struct CcpPolicy {
    policy: MppePolicy,
    /// Our request. `None`: nothing is asked for.
    own: Option<Bits>,
    candidate: Option<Encryption>,
    peer: Option<Encryption>,
    refused: bool,
}

impl CcpPolicy {
    pub(crate) const fn new(policy: MppePolicy) -> Self {
        Self {
            policy,
            own: None,
            candidate: None,
            peer: None,
            refused: false,
        }
    }

    pub(crate) const fn policy(&self) -> &MppePolicy {
        &self.policy
    }

    pub(crate) const fn set_policy(&mut self, policy: MppePolicy) {
        self.policy = policy;
    }

    /// How the packets that we receive are encrypted.
    pub(crate) fn receive(&self) -> Option<Encryption> {
        let own = self.own?;
        // A peer that acknowledges several strengths at once, against RFC 3078 §2.1, means the strongest.
        let strength = own.strengths.strongest()?;
        let mode = if own.stateless {
            Mode::Stateless
        } else {
            Mode::Stateful
        };
        Some(Encryption { strength, mode })
    }

    /// How the packets that we send are encrypted.
    pub(crate) const fn send(&self) -> Option<Encryption> {
        self.peer
    }

    /// Whether the peer has refused encryption, or has no kind of it that will do.
    pub(crate) const fn is_refused(&self) -> bool {
        self.refused
    }

    /// Whether `options` are what the peer was granted last.
    pub(crate) fn is_granted(&self, options: &[u8]) -> bool {
        let mut granted = [0; 6];
        let mut writer = Writer::new(&mut granted);
        if let Some(encryption) = self.peer {
            encryption.bits().encode(&mut writer);
        }
        writer.written() == options
    }

    fn wished(&self) -> Option<Bits> {
        if self.policy.requirement == Requirement::Refuse || self.policy.modes.is_empty() {
            return None;
        }
        let stateless = self.policy.modes.contains(Modes::STATELESS);
        self.policy.strengths.strongest()?;
        Some(Bits {
            strengths: self.policy.strengths,
            stateless,
        })
    }

    /// The best that is in both what the peer can do and what will do here; else the best that will do here.
    fn best(&self, theirs: Bits) -> Option<Encryption> {
        let wished = self.wished()?;
        let common = wished.strengths & theirs.strengths;
        let strength = common
            .strongest()
            .or_else(|| wished.strengths.strongest())?;
        let stateless = if theirs.stateless {
            self.policy.modes.contains(Modes::STATELESS)
        } else {
            !self.policy.modes.contains(Modes::STATEFUL)
        };
        let mode = if stateless {
            Mode::Stateless
        } else {
            Mode::Stateful
        };
        Some(Encryption { strength, mode })
    }

    /// A peer without encryption is asked again and again where encryption is required, for some (Windows 95) come
    /// round to it; the negotiation's owner sees to it that this ends.
    fn insist(&self) -> Verdict {
        if self.policy.requirement == Requirement::Require {
            Verdict::Insist
        } else {
            Verdict::Nak
        }
    }
}

impl Policy for CcpPolicy {
    fn restart(&mut self) {
        self.own = self.wished();
        self.refused = false;
    }

    fn own_options(&self, out: &mut Writer<'_>) {
        if let Some(own) = self.own {
            own.encode(out);
        }
    }

    fn own_naked(&mut self, option: RawOption<'_>) {
        let (MPPE, &[a, b, c, d]) = (option.kind, option.value) else {
            return;
        };
        let Some(own) = self.own else {
            return;
        };
        // Some peers suggest a set of strengths: ours is the strongest of it, alone, and we stay with it. (How often is
        // up to the negotiation, which takes a Nak for a rejection after a while.)
        let suggested = Bits::decode(u32::from_be_bytes([a, b, c, d]));
        let common = suggested.strengths & self.policy.strengths;
        let strengths = if common.is_empty() {
            own.strengths
        } else {
            common
        };
        let strength = strengths.strongest();
        let mode = if suggested.stateless {
            Modes::STATELESS
        } else {
            Modes::STATEFUL
        };
        let stateless = if self.policy.modes.contains(mode) {
            suggested.stateless
        } else {
            own.stateless
        };
        let mode = if stateless {
            Mode::Stateless
        } else {
            Mode::Stateful
        };
        self.own = strength.map(|strength| Encryption { strength, mode }.bits());
    }

    fn own_rejected(&mut self, option: RawOption<'_>) {
        if option.kind == MPPE {
            self.own = None;
            self.refused = true;
        }
    }

    fn peer_begins(&mut self) {
        self.candidate = None;
    }

    fn peer_option(&mut self, option: RawOption<'_>, suggestion: &mut Writer<'_>) -> Verdict {
        let (MPPE, &[a, b, c, d], None) = (option.kind, option.value, self.candidate) else {
            return Verdict::Reject;
        };
        let bits = u32::from_be_bytes([a, b, c, d]);
        let Some(best) = self.best(Bits::decode(bits)) else {
            return Verdict::Reject;
        };
        best.bits().encode(suggestion);
        self.candidate = Some(best);
        if suggestion.written().ends_with(option.value) {
            Verdict::Ack
        } else {
            self.insist()
        }
    }

    fn peer_ends(&mut self, suggestion: &mut Writer<'_>) -> Verdict {
        if self.candidate.is_some() || self.policy.requirement != Requirement::Require {
            return Verdict::Ack;
        }
        let any = Bits {
            strengths: Strengths::all(),
            stateless: true,
        };
        match self.best(any) {
            Some(best) => {
                best.bits().encode(suggestion);
                Verdict::Insist
            }
            None => Verdict::Ack,
        }
    }

    fn peer_acked(&mut self) {
        self.peer = self.candidate;
    }
}
