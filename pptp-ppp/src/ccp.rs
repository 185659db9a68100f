//! The Compression Control Protocol (RFC 1962), whose only option here is MPPE's (RFC 3078 §2).

use crate::codec::Writer;
use crate::config::{Modes, MppePolicy, Requirement};
use crate::negotiation::{Policy, Verdict};
use crate::wire::RawOption;
use crate::wire::ccp::{ConfigOption, MppeBits, OptionType};
use core::fmt;
use pptp_mppe::{Mode, Strength};

/// How one direction is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Encryption {
    /// The length of the key.
    pub strength: Strength,
    /// How often it changes.
    pub mode: Mode,
}

/// Such as `MPPE-128 stateless`.
impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.strength {
            Strength::Bits40 => "MPPE-40 ",
            Strength::Bits56 => "MPPE-56 ",
            Strength::Bits128 => "MPPE-128 ",
        })?;
        f.write_str(match self.mode {
            Mode::Stateless => "stateless",
            Mode::Stateful => "stateful",
        })
    }
}

impl Encryption {
    /// The best that `bits` name. `None` if they name no encryption.
    const fn best_of(bits: MppeBits) -> Option<Self> {
        let strength = match bits.strongest() {
            MppeBits::BITS_128 => Strength::Bits128,
            MppeBits::BITS_56 => Strength::Bits56,
            MppeBits::BITS_40 => Strength::Bits40,
            _ => return None,
        };
        let mode = if bits.contains(MppeBits::STATELESS) {
            Mode::Stateless
        } else {
            Mode::Stateful
        };
        Some(Self { strength, mode })
    }

    const fn bits(self) -> MppeBits {
        let strength = match self.strength {
            Strength::Bits40 => MppeBits::BITS_40,
            Strength::Bits56 => MppeBits::BITS_56,
            Strength::Bits128 => MppeBits::BITS_128,
        };
        match self.mode {
            Mode::Stateless => strength.union(MppeBits::STATELESS),
            Mode::Stateful => strength,
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
    own: Option<MppeBits>,
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

    /// How the packets that we receive are encrypted. A peer that acknowledges several strengths at once, against RFC
    /// 3078 §2.1, means the strongest.
    pub(crate) fn receive(&self) -> Option<Encryption> {
        self.own.and_then(Encryption::best_of)
    }

    /// How the packets that we receive are encrypted if our request is granted; `None` if that leaves the peer a choice.
    pub(crate) fn asked(&self) -> Option<Encryption> {
        let receive = self.receive()?;
        (self.own == Some(receive.bits())).then_some(receive)
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
            encode(encryption.bits(), &mut writer);
        }
        writer.written() == options
    }

    fn has_mode(&self, stateless: bool) -> bool {
        self.policy.modes.contains(if stateless {
            Modes::STATELESS
        } else {
            Modes::STATEFUL
        })
    }

    /// All that will do here, stateless if that is among it.
    fn wished(&self) -> Option<MppeBits> {
        let MppePolicy {
            requirement,
            strengths,
            modes,
        } = self.policy;
        if requirement == Requirement::Refuse || strengths.is_empty() || modes.is_empty() {
            return None;
        }
        let mut bits = MppeBits::from_bits_retain(strengths.bits().into());
        bits.set(MppeBits::STATELESS, self.has_mode(true));
        Some(bits)
    }

    /// The best that is in both what the peer can do and what will do here; else the best that will do here.
    fn best(&self, theirs: MppeBits) -> Option<Encryption> {
        let wished = self.wished()?;
        let mut common = wished & theirs & MppeBits::ENCRYPTION;
        if common.is_empty() {
            return Encryption::best_of(wished);
        }
        let stateless = theirs.contains(MppeBits::STATELESS);
        common.set(MppeBits::STATELESS, self.has_mode(stateless) == stateless);
        Encryption::best_of(common)
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
            encode(own, out);
        }
    }

    /// Some peers suggest a set of strengths: ours is the strongest of it, alone, and we stay with it. (How often is up
    /// to the negotiation, which takes a Nak for a rejection after a while.)
    fn own_naked(&mut self, option: RawOption<'_>) {
        if let Some(suggested) = decode(option)
            && let Some(own) = self.own
        {
            let wished = self.wished().unwrap_or(own);
            let common = wished & suggested & MppeBits::ENCRYPTION;
            let mut bits = if common.is_empty() { own } else { common };
            let stateless = suggested.contains(MppeBits::STATELESS);
            let agreed = self.has_mode(stateless);
            let before = own.contains(MppeBits::STATELESS);
            bits.set(MppeBits::STATELESS, if agreed { stateless } else { before });
            self.own = Encryption::best_of(bits).map(Encryption::bits);
        }
    }

    fn own_rejected(&mut self, option: RawOption<'_>) {
        if OptionType(option.kind) == OptionType::MPPE {
            self.own = None;
            self.refused = true;
        }
    }

    fn peer_begins(&mut self) {
        self.candidate = None;
    }

    fn peer_option(&mut self, option: RawOption<'_>, suggestion: &mut Writer<'_>) -> Verdict {
        let (Some(asked), None) = (decode(option), self.candidate) else {
            return Verdict::Reject;
        };
        let Some(best) = self.best(asked) else {
            return Verdict::Reject;
        };
        self.candidate = Some(best);
        if best.bits() == asked {
            return Verdict::Ack;
        }
        encode(best.bits(), suggestion);
        self.insist()
    }

    fn peer_ends(&mut self, suggestion: &mut Writer<'_>) -> Verdict {
        if self.candidate.is_some() || self.policy.requirement != Requirement::Require {
            return Verdict::Ack;
        }
        match self.best(MppeBits::all()) {
            Some(best) => {
                encode(best.bits(), suggestion);
                Verdict::Insist
            }
            None => Verdict::Ack,
        }
    }

    fn peer_acked(&mut self) {
        self.peer = self.candidate;
    }
}

fn encode(bits: MppeBits, out: &mut Writer<'_>) {
    ConfigOption::Mppe(bits).encode(out);
}

fn decode(option: RawOption<'_>) -> Option<MppeBits> {
    match ConfigOption::parse(option) {
        Ok(ConfigOption::Mppe(bits)) => Some(bits),
        _ => None,
    }
}
