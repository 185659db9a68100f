//! LCP's configuration options (RFC 1661 §6): what we want of the link, and what the peer may have.

use crate::auth::{Method, Methods};
use crate::codec::Writer;
use crate::config::LcpConfig;
use crate::negotiation::{Policy, Verdict};
use crate::random::Random;
use crate::wire::RawOption;
use crate::wire::lcp::{ConfigOption, OptionType};

/// The Maximum-Receive-Unit of a link on which none was agreed (RFC 1661 §6.1).
const DEFAULT_MRU: u16 = 1500;
/// Nobody takes less; a smaller one is an attempt to have us send dust.
const MIN_MRU: u16 = 128;
/// How often our own Magic-Number may come back before the link is taken for looped back.
const MAX_LOOPS: u8 = 4;

/// The options of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Direction {
    mru: u16,
    auth: Option<Method>,
    magic: u32,
    protocol_field_compression: bool,
    address_control_field_compression: bool,
}

impl Direction {
    const DEFAULT: Self = Self {
        mru: DEFAULT_MRU,
        auth: None,
        magic: 0,
        protocol_field_compression: false,
        address_control_field_compression: false,
    };
}

/// What we want of the link, what the peer may have, and what was agreed on.
#[derive(Debug, Clone)]
pub(crate) struct LcpPolicy {
    wishes: Direction,
    /// The methods by which the peer may prove who it is.
    demanded: Methods,
    /// The methods by which we may prove who we are.
    accepted: Methods,
    own: Direction,
    candidate: Direction,
    peer: Direction,
    /// The next Magic-Number to try. 0: drawn before it is needed.
    fresh_magic: u32,
    loops: u8,
    auth_refused: bool,
    peer_auth_refused: bool,
}

impl LcpPolicy {
    pub(crate) fn new(config: &LcpConfig, demanded: Methods, accepted: Methods) -> Self {
        let wishes = Direction {
            mru: config.mru.clamp(MIN_MRU, DEFAULT_MRU),
            auth: demanded.strongest(),
            magic: 0,
            protocol_field_compression: config.protocol_field_compression,
            address_control_field_compression: config.address_control_field_compression,
        };
        Self {
            wishes,
            demanded,
            accepted,
            own: wishes,
            candidate: Direction::DEFAULT,
            peer: Direction::DEFAULT,
            fresh_magic: 0,
            loops: 0,
            auth_refused: false,
            peer_auth_refused: false,
        }
    }

    /// Sees to it that there is a Magic-Number to go on with.
    pub(crate) fn refresh_magic(&mut self, random: &mut Random) {
        while self.fresh_magic == 0 {
            self.fresh_magic = random.u32();
        }
    }

    pub(crate) const fn own_magic(&self) -> u32 {
        self.own.magic
    }

    /// The methods by which we may prove who we are.
    pub(crate) const fn accepted(&self) -> Methods {
        self.accepted
    }

    /// The methods by which the peer may prove who it is.
    pub(crate) const fn demanded(&self) -> Methods {
        self.demanded
    }

    /// How the peer wants us to prove who we are.
    pub(crate) const fn peer_auth(&self) -> Option<Method> {
        self.peer.auth
    }

    /// How the peer proves who it is.
    pub(crate) const fn own_auth(&self) -> Option<Method> {
        self.own.auth
    }

    /// The longest Information field that the peer takes.
    pub(crate) const fn peer_mru(&self) -> u16 {
        self.peer.mru
    }

    /// Whether we may leave out one octet of the Protocol field.
    pub(crate) const fn compress_protocol(&self) -> bool {
        self.peer.protocol_field_compression && self.wishes.protocol_field_compression
    }

    /// Whether we may leave out Address and Control field.
    pub(crate) const fn compress_address_control(&self) -> bool {
        self.peer.address_control_field_compression && self.wishes.address_control_field_compression
    }

    pub(crate) const fn is_looped_back(&self) -> bool {
        self.loops > MAX_LOOPS
    }

    /// Whether the peer refuses to prove who it is.
    pub(crate) const fn is_auth_refused(&self) -> bool {
        self.auth_refused
    }

    /// Whether we refused to prove who we are in the way that the peer demanded last. It may have stopped demanding it:
    /// pppd brings LCP up without, and ends it then.
    pub(crate) const fn is_peer_auth_refused(&self) -> bool {
        self.peer_auth_refused
    }

    /// The peer would rather prove who it is by another method: it may if we take that, and is asked for our next if not.
    fn auth_naked(&mut self, wanted: Option<Method>) {
        let Some(refused) = self.own.auth else {
            return;
        };
        let weaker = self.demanded.weaker_than(refused);
        let wanted = wanted.filter(|wanted| weaker.has(*wanted));
        self.own.auth = wanted.or_else(|| weaker.strongest());
        self.auth_refused = self.own.auth.is_none();
    }

    fn new_magic(&mut self) {
        self.own.magic = core::mem::take(&mut self.fresh_magic);
    }
}

impl Policy for LcpPolicy {
    fn restart(&mut self) {
        self.own = self.wishes;
        self.auth_refused = false;
        self.peer_auth_refused = false;
        self.new_magic();
    }

    fn own_options(&self, out: &mut Writer<'_>) {
        let own = &self.own;
        if own.mru != DEFAULT_MRU {
            ConfigOption::Mru(own.mru).encode(out);
        }
        if let Some(method) = own.auth {
            ConfigOption::Authentication(method.option()).encode(out);
        }
        if own.magic != 0 {
            ConfigOption::Magic(own.magic).encode(out);
        }
        if own.protocol_field_compression {
            ConfigOption::ProtocolCompression.encode(out);
        }
        if own.address_control_field_compression {
            ConfigOption::AddressControlCompression.encode(out);
        }
    }

    fn own_naked(&mut self, option: RawOption<'_>) {
        match ConfigOption::parse(option) {
            Ok(ConfigOption::Mru(mru)) => {
                // Some peers suggest what they were asked for: taken for a rejection, for else there is no end.
                let repeated = mru == self.own.mru;
                let usable = (MIN_MRU..=self.wishes.mru).contains(&mru);
                self.own.mru = if usable && !repeated {
                    mru
                } else {
                    DEFAULT_MRU
                };
            }
            Ok(ConfigOption::Authentication(wanted)) => {
                self.auth_naked(Method::from_option(wanted))
            }
            Ok(ConfigOption::Magic(_)) => {
                self.loops = self.loops.saturating_add(1);
                self.new_magic();
            }
            _ => self.own_rejected(option),
        }
    }

    fn own_rejected(&mut self, option: RawOption<'_>) {
        match OptionType(option.kind) {
            OptionType::MRU => self.own.mru = DEFAULT_MRU,
            OptionType::AUTHENTICATION => self.auth_refused = self.own.auth.is_some(),
            OptionType::MAGIC => self.own.magic = 0,
            OptionType::PFC => self.own.protocol_field_compression = false,
            OptionType::ACFC => self.own.address_control_field_compression = false,
            _ => {}
        }
    }

    fn peer_begins(&mut self) {
        self.candidate = Direction::DEFAULT;
    }

    fn peer_option(&mut self, option: RawOption<'_>, suggestion: &mut Writer<'_>) -> Verdict {
        match ConfigOption::parse(option) {
            Ok(ConfigOption::Mru(mru)) => {
                self.candidate.mru = mru;
                if mru >= MIN_MRU {
                    return Verdict::Ack;
                }
                ConfigOption::Mru(MIN_MRU).encode(suggestion);
                Verdict::Nak
            }
            Ok(ConfigOption::Authentication(asked)) => {
                let method = Method::from_option(asked).filter(|it| self.accepted.has(*it));
                self.candidate.auth = method;
                self.peer_auth_refused = method.is_none();
                if method.is_some() {
                    return Verdict::Ack;
                }
                let Some(strongest) = self.accepted.strongest() else {
                    return Verdict::Reject;
                };
                ConfigOption::Authentication(strongest.option()).encode(suggestion);
                Verdict::Nak
            }
            Ok(ConfigOption::Magic(magic)) => {
                self.candidate.magic = magic;
                let ours = self.candidate.magic == self.own.magic;
                if self.candidate.magic != 0 && !ours {
                    self.loops = 0;
                    return Verdict::Ack;
                }
                if ours {
                    self.loops = self.loops.saturating_add(1);
                }
                ConfigOption::Magic(self.fresh_magic).encode(suggestion);
                Verdict::Nak
            }
            Ok(ConfigOption::ProtocolCompression) if self.wishes.protocol_field_compression => {
                self.candidate.protocol_field_compression = true;
                Verdict::Ack
            }
            Ok(ConfigOption::AddressControlCompression)
                if self.wishes.address_control_field_compression =>
            {
                self.candidate.address_control_field_compression = true;
                Verdict::Ack
            }
            _ => Verdict::Reject,
        }
    }

    fn peer_acked(&mut self) {
        self.peer = self.candidate;
    }
}
