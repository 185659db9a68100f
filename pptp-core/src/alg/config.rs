//! What a gateway is to allow.

use core::time::Duration;

/// What a [`Gateway`](super::Gateway) allows, and how long it waits. The defaults are those of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Config {
    /// The first call id that is given; they are given one after the other from there. 1 by default. A restarted
    /// gateway should start elsewhere, for servers may still send to the calls of the old one.
    pub first_call_id: u16,
    /// How many control connections there may be that were opened from the same address. 64 by default.
    pub connections_per_opener: usize,
    /// How many calls there may be on the same control connection. 64 by default.
    pub calls_per_connection: usize,
    /// How long an open connection may be silent before it is forgotten, with its calls: 2 hours and 4 minutes by
    /// default, the least that RFC 5382 §5 allows. GRE packets from inside count as signs of life.
    pub idle: Duration,
    /// The same for a connection that is being opened or closed: 4 minutes by default, from the same.
    pub transitory: Duration,
    /// How long a call that has been asked for may go unanswered: 60 seconds by default, after which the ends give it
    /// up as well (RFC 2637 §3.2.1).
    pub setup: Duration,
    /// How long the packets of a call pass that one end has asked to clear, or whose control connection one end has
    /// closed: 10 seconds by default. Not every server confirms that a call is over, and PPP's goodbyes may still be
    /// on their way.
    pub closing: Duration,
}

impl Config {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            first_call_id: 1,
            connections_per_opener: 64,
            calls_per_connection: 64,
            idle: Duration::from_secs(2 * 3600 + 4 * 60),
            transitory: Duration::from_secs(4 * 60),
            setup: Duration::from_secs(60),
            closing: Duration::from_secs(10),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
