//! The Compression Control Protocol (RFC 1962), whose only option here is that of MPPE (RFC 3078 §2) and MPPC (RFC
//! 2118 §2).

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

/// How one direction is compressed: by MPPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Compression {
    /// Whether each packet stands alone, which costs ratio, or builds on those before it, so that a loss costs all
    /// packets until a reset. The same as that of encryption, where there is any.
    pub mode: Mode,
}

/// Such as `MPPC stateless`.
impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.mode {
            Mode::Stateless => "MPPC stateless",
            Mode::Stateful => "MPPC stateful",
        })
    }
}

/// What the packets of one direction are, as one option has it: encrypted, compressed or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) strength: Option<Strength>,
    pub(crate) mppc: bool,
    pub(crate) mode: Mode,
}

impl Agreement {
    /// The best that `bits` name. `None` if they name neither encryption nor compression.
    const fn best_of(bits: MppeBits) -> Option<Self> {
        let strength = match bits.strongest() {
            MppeBits::BITS_128 => Some(Strength::Bits128),
            MppeBits::BITS_56 => Some(Strength::Bits56),
            MppeBits::BITS_40 => Some(Strength::Bits40),
            _ => None,
        };
        let mppc = bits.contains(MppeBits::MPPC);
        if strength.is_none() && !mppc {
            return None;
        }
        let mode = if bits.contains(MppeBits::STATELESS) {
            Mode::Stateless
        } else {
            Mode::Stateful
        };
        Some(Self {
            strength,
            mppc,
            mode,
        })
    }

    const fn bits(self) -> MppeBits {
        let strength = match self.strength {
            None => MppeBits::empty(),
            Some(Strength::Bits40) => MppeBits::BITS_40,
            Some(Strength::Bits56) => MppeBits::BITS_56,
            Some(Strength::Bits128) => MppeBits::BITS_128,
        };
        let mppc = if self.mppc {
            MppeBits::MPPC
        } else {
            MppeBits::empty()
        };
        let mode = match self.mode {
            Mode::Stateless => MppeBits::STATELESS,
            Mode::Stateful => MppeBits::empty(),
        };
        strength.union(mppc).union(mode)
    }

    pub(crate) fn encryption(self) -> Option<Encryption> {
        let mode = self.mode;
        self.strength.map(|strength| Encryption { strength, mode })
    }

    pub(crate) fn compression(self) -> Option<Compression> {
        self.mppc.then_some(Compression { mode: self.mode })
    }
}

/// How often a peer that asks for compression alone is prompted for encryption, where that may be done without.
const PROMPTS: u8 = 2;

/// What is wanted of the peer's packets, and granted to ours.
///
/// Each end's Configure-Request is about what it receives, so the two directions may differ.
#[derive(Debug, Clone)]
pub(crate) struct CcpPolicy {
    policy: MppePolicy,
    mppc: bool,
    /// Our request. `None`: nothing is asked for.
    own: Option<MppeBits>,
    candidate: Option<Agreement>,
    peer: Option<Agreement>,
    refused: bool,
    prompts: u8,
}

impl CcpPolicy {
    /// `mppc`: whether compression is wished for, and granted.
    pub(crate) const fn new(policy: MppePolicy, mppc: bool) -> Self {
        Self {
            policy,
            mppc,
            own: None,
            candidate: None,
            peer: None,
            refused: false,
            prompts: 0,
        }
    }

    pub(crate) const fn policy(&self) -> &MppePolicy {
        &self.policy
    }

    pub(crate) const fn set_policy(&mut self, policy: MppePolicy) {
        self.policy = policy;
    }

    pub(crate) const fn set_mppc(&mut self, mppc: bool) {
        self.mppc = mppc;
    }

    /// Whether there is anything to ask a peer for.
    pub(crate) const fn is_wanted(&self) -> bool {
        !matches!(self.policy.requirement, Requirement::Refuse) || self.mppc
    }

    /// What the packets that we receive are. A peer that acknowledges several strengths at once, against RFC 3078
    /// §2.1, means the strongest.
    pub(crate) fn receive(&self) -> Option<Agreement> {
        self.own.and_then(Agreement::best_of)
    }

    /// What the packets that we receive are if our request is granted; `None` if that leaves the peer a choice.
    pub(crate) fn asked(&self) -> Option<Agreement> {
        let receive = self.receive()?;
        (self.own == Some(receive.bits())).then_some(receive)
    }

    /// What the packets that we send are.
    pub(crate) const fn send(&self) -> Option<Agreement> {
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
        if let Some(agreement) = self.peer {
            encode(agreement.bits(), &mut writer);
        }
        writer.written() == options
    }

    /// Whether a mode will do. A policy that names none leaves that of compression to the peer.
    fn has_mode(&self, stateless: bool) -> bool {
        self.policy.modes.is_empty()
            || self.policy.modes.contains(if stateless {
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
        let encrypts = requirement != Requirement::Refuse && !modes.is_empty();
        let mut bits = if encrypts {
            MppeBits::from_bits_retain(strengths.bits().into())
        } else {
            MppeBits::empty()
        };
        bits.set(MppeBits::MPPC, self.mppc);
        let is_any = !bits.is_empty();
        bits.set(MppeBits::STATELESS, modes.contains(Modes::STATELESS));
        is_any.then_some(bits)
    }

    /// The best that is in both what the peer can do and what will do here; else the best that will do here.
    fn best(&self, theirs: MppeBits) -> Option<Agreement> {
        let mut wished = self.wished()?;
        let mppc = wished & theirs & MppeBits::MPPC;
        wished.set(MppeBits::MPPC, !mppc.is_empty());
        let mut common = (wished & theirs & MppeBits::ENCRYPTION) | mppc;
        if !common.intersects(MppeBits::ENCRYPTION)
            && wished.intersects(MppeBits::ENCRYPTION)
            && !(self.may_be_clear() && !mppc.is_empty() && self.prompts >= PROMPTS)
        {
            return Agreement::best_of(wished);
        }
        let stateless = theirs.contains(MppeBits::STATELESS);
        common.set(MppeBits::STATELESS, self.has_mode(stateless) == stateless);
        Agreement::best_of(common)
    }

    fn may_be_clear(&self) -> bool {
        self.policy.requirement != Requirement::Require
    }

    /// A peer without encryption is asked again and again where encryption is required, for some (Windows 95) come
    /// round to it; the negotiation's owner sees to it that this ends.
    fn insist(&self) -> Verdict {
        if self.may_be_clear() {
            Verdict::Nak
        } else {
            Verdict::Insist
        }
    }
}

impl Policy for CcpPolicy {
    fn restart(&mut self) {
        self.own = self.wished();
        self.refused = false;
        self.prompts = 0;
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
            let mppc = own & suggested & MppeBits::MPPC;
            let common = wished & suggested & MppeBits::ENCRYPTION;
            // Compression alone is better than nothing, where nothing will do.
            let alone = self.may_be_clear() && !mppc.is_empty();
            let encryption = if common.is_empty() && !alone {
                own & MppeBits::ENCRYPTION
            } else {
                common
            };
            let mut bits = encryption | mppc;
            let stateless = suggested.contains(MppeBits::STATELESS);
            let agreed = self.has_mode(stateless);
            let before = own.contains(MppeBits::STATELESS);
            bits.set(MppeBits::STATELESS, if agreed { stateless } else { before });
            self.own = Agreement::best_of(bits).map(Agreement::bits);
        }
    }

    fn own_rejected(&mut self, option: RawOption<'_>) {
        if OptionType(option.kind) != OptionType::MPPE {
            return;
        }
        // A peer may reject the whole of what has a bit that it does not know.
        let encryption = self.own.map(|own| own.difference(MppeBits::MPPC));
        let encryption = encryption.filter(|bits| bits.intersects(MppeBits::ENCRYPTION));
        if encryption == self.own || encryption.is_none() {
            self.own = None;
            self.refused = true;
        } else {
            self.own = encryption;
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
        if best.strength.is_some() && !asked.intersects(MppeBits::ENCRYPTION) {
            self.prompts = self.prompts.saturating_add(1);
        }
        encode(best.bits(), suggestion);
        self.insist()
    }

    fn peer_ends(&mut self, suggestion: &mut Writer<'_>) -> Verdict {
        if self.candidate.is_some() || self.may_be_clear() {
            return Verdict::Ack;
        }
        match self.best(MppeBits::all().difference(MppeBits::MPPC)) {
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

/// The supported bits of an option, if it is the one of MPPE and MPPC.
pub(crate) fn decode(option: RawOption<'_>) -> Option<MppeBits> {
    match ConfigOption::parse(option) {
        Ok(ConfigOption::Mppe(bits)) => Some(bits),
        _ => None,
    }
}
