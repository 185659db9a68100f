//! Who may connect to a server now.
//!
//! PPTP's control connection is authenticated by nothing (RFC 2637 §5): whoever can open a TCP connection has the server keep
//! state until PPP finds out who it is. An [`Admission`] bounds that state. A server asks it for each TCP connection that it
//! accepts, tells it how far the connection gets, and when it is closed; it says who may come in, and who has to go for that.
//!
//! ```
//! use pptp_core::admission::{Admission, AdmissionConfig, Stage};
//! use pptp_core::time::Instant;
//! use core::net::{IpAddr, Ipv4Addr};
//! # fn close(_: pptp_core::admission::Ticket) {}
//!
//! // Room for 1100 connections, and for what 1024 addresses have used up of their rate.
//! let mut admission = Admission::<1100, 1024>::new(AdmissionConfig::default());
//! let (now, client) = (Instant::from_millis(0), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
//!
//! // A TCP connection is accepted.
//! let admitted = admission.admit(now, client)?;
//! if let Some(ticket) = admitted.evicted {
//!     close(ticket);
//! }
//! // Its control connection is established, and so is its call; then its user is known, and packets pass.
//! admission.reached(admitted.ticket, Stage::Started);
//! admission.reached(admitted.ticket, Stage::Called);
//! admission.reached(admitted.ticket, Stage::Up);
//! // It is closed.
//! admission.closed(admitted.ticket);
//! # Ok::<(), pptp_core::admission::Refusal>(())
//! ```
//!
//! # What it bounds
//!
//! * How many connections are *half-open*, which is everything before [`Stage::Up`]: in all, and of one source.
//! * How many connections one source has.
//! * How often one source connects: `burst` times at once, and `per_minute` times a minute in the long run.
//! * Memory: 40 octets for each of `CONNECTIONS`, and 24 for each of `SOURCES`, whatever arrives. Time: a call goes a few
//!   times through the places that were ever in use.
//!
//! A source is an address of IPv4, or the first 64 bits of one of IPv6, as with [`Guard`](crate::ppp::guard::Guard): that is
//! what one customer has.
//!
//! # Who has to go
//!
//! When there are as many half-open connections as there may be, the next one takes the place of one of them:
//!
//! 1. of those that have got the least far, for a flood is cheapest if it says nothing;
//! 2. among them, of those whose source has the most half-open ones;
//! 3. among them, of the one that has been there longest.
//!
//! It is not one that has been there for less than `grace`, which is the time that a client has to say its first message; nor
//! one whose source has fewer half-open connections than the newcomer's would have: who has many makes no room at the cost of
//! those who have few. If none of those that have got the least far can go, the newcomer is turned away: as long as there are
//! some that say nothing, none that does has to go. A connection that is up never has to go.
//!
//! So a client that speaks gets in during a flood of those that do not: `half_open` places become free in each `grace`, of
//! which it needs one, and once it has said its Start-Control-Connection-Request it stays. If a flood is
//! `n` times as fast as that, it is let in at one try in `n + 1`. A flood that speaks PPTP up to PPP's authentication, from
//! many addresses, has to be met by a time-out of the server's, and by more places.
//!
//! A source that has used up its rate is remembered until it may connect `burst` times again; if there are more of them than
//! `SOURCES`, those that have the least left to wait are forgotten first.

#[cfg(test)]
mod tests;

use crate::time::Instant;
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

/// The limits of an [`Admission`]. In counts, 0 is no limit but that of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AdmissionConfig {
    /// How many connections may be up. Those beyond are let in, for them to be told so in PPTP: see
    /// [`Admission::is_full`].
    pub up: usize,
    /// How many connections may be half-open.
    pub half_open: usize,
    /// How many connections one source may have, half-open and up.
    pub per_source: usize,
    /// How many half-open connections one source may have.
    pub half_open_per_source: usize,
    /// How many connections one source may make at once; at least 1 is taken.
    pub burst: u32,
    /// How many connections one source may make in a minute, in the long run.
    pub per_minute: u32,
    /// For how long a half-open connection does not have to go for another one. Clients say their first message at once: the
    /// time of a round trip, or two, will do.
    pub grace: Duration,
}

impl AdmissionConfig {
    /// The default, for constants: 1000 up, 100 half-open; of one source 100, 20 of them half-open, 60 at once and 60 a
    /// minute; and half a second of grace.
    pub const DEFAULT: Self = Self {
        up: 1000,
        half_open: 100,
        per_source: 100,
        half_open_per_source: 20,
        burst: 60,
        per_minute: 60,
        grace: Duration::from_millis(500),
    };

    /// How many microseconds it takes until one source may make one more connection; `None`: no time at all.
    fn interval(&self) -> Option<u64> {
        60_000_000_u64.checked_div(u64::from(self.per_minute))
    }
}

impl Default for AdmissionConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How far a connection has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Stage {
    /// TCP is open.
    Open,
    /// The control connection is established.
    Started,
    /// A call is established, and PPP negotiates.
    Called,
    /// The user is known, and packets pass: it is not half-open any more.
    Up,
}

/// Stands for a connection that was let in. After that has been closed, it stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ticket {
    place: usize,
    number: u64,
}

/// A connection may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub struct Admitted {
    /// What stands for it.
    pub ticket: Ticket,
    /// The one that has to be closed for it. It counts no more, and its ticket stands for nothing.
    pub evicted: Option<Ticket>,
}

/// Why a connection may not come in: its TCP connection is to be closed without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// There are as many half-open connections as there may be, and none that could go for it.
    HalfOpen,
    /// There is no memory for another connection, and none that could go for it.
    NoRoom,
    /// Its source has as many connections as it may have.
    PerSource,
    /// Its source has as many half-open connections as it may have.
    HalfOpenPerSource,
    /// Its source has made too many connections. It may make the next one at this time.
    TooOften(Instant),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HalfOpen => "there are too many half-open connections",
            Self::NoRoom => "there is no room for another connection",
            Self::PerSource => "its source has too many connections",
            Self::HalfOpenPerSource => "its source has too many half-open connections",
            Self::TooOften(_) => "its source connects too often",
        })
    }
}

impl core::error::Error for Refusal {}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Source {
    V4(u32),
    V6(u64),
}

impl Source {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
        }
    }
}

/// A connection that was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Place {
    source: Source,
    since: Instant,
    number: u64,
    /// How many half-open connections its source has, as long as this is one of them.
    half_open: u32,
    stage: Stage,
}

impl Place {
    fn is_half_open(&self) -> bool {
        self.stage != Stage::Up
    }
}

/// A source that has connected lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Recent {
    source: Source,
    /// When there will be nothing left to remember of it.
    until: Instant,
}

/// How many connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    all: usize,
    half_open: usize,
}

/// Says who may connect: see the [module](self).
///
/// `CONNECTIONS` is how many connections there may be, half-open and up; `SOURCES`, how many sources are remembered for the
/// rate at which they connect. Any call order is safe. A function of its configuration and its inputs; `Clone`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission<const CONNECTIONS: usize, const SOURCES: usize> {
    config: AdmissionConfig,
    places: [Option<Place>; CONNECTIONS],
    /// How many places were ever in use.
    used: usize,
    recent: [Option<Recent>; SOURCES],
    /// Of the next connection.
    number: u64,
}

impl<const CONNECTIONS: usize, const SOURCES: usize> Admission<CONNECTIONS, SOURCES> {
    /// Nobody is connected.
    #[must_use]
    pub const fn new(config: AdmissionConfig) -> Self {
        Self {
            config,
            places: [const { None }; CONNECTIONS],
            used: 0,
            recent: [const { None }; SOURCES],
            number: 0,
        }
    }

    /// Somebody connects from `source`: it is counted, if it may.
    ///
    /// # Errors
    /// [`Refusal`] if it may not; then nothing has changed.
    pub fn admit(&mut self, now: Instant, source: IpAddr) -> Result<Admitted, Refusal> {
        let source = Source::of(source);
        let config = self.config;
        let is_reached = |count: usize, limit: usize| limit != 0 && count >= limit;
        let of_source = self.count(|place| place.source == source);
        if is_reached(of_source.half_open, config.half_open_per_source) {
            return Err(Refusal::HalfOpenPerSource);
        }
        if is_reached(of_source.all, config.per_source) {
            return Err(Refusal::PerSource);
        }
        let rate = self.rate(now, source)?;

        let half_open = u32::try_from(of_source.half_open).unwrap_or(u32::MAX);
        let half_open = half_open.saturating_add(1);
        let free = self.places.iter().position(Option::is_none);
        let free = free.filter(|_| !is_reached(self.half_open(), config.half_open));
        let (place, evicted) = match free {
            Some(place) => (place, None),
            None => {
                let evicted = self.worst(now, half_open).ok_or({
                    if is_reached(self.half_open(), config.half_open) {
                        Refusal::HalfOpen
                    } else {
                        Refusal::NoRoom
                    }
                })?;
                (evicted.place, Some(evicted))
            }
        };
        if let Some(evicted) = evicted {
            self.closed(evicted);
        }
        if let Some((slot, recent)) = rate
            && let Some(slot) = self.recent.get_mut(slot)
        {
            *slot = Some(recent);
        }
        let ticket = Ticket {
            place,
            number: self.number,
        };
        if let Some(slot) = self.places.get_mut(place) {
            *slot = Some(Place {
                source,
                since: now,
                number: self.number,
                half_open: 0,
                stage: Stage::Open,
            });
        }
        self.number = self.number.wrapping_add(1);
        self.used = self.used.max(place.saturating_add(1));
        self.note_half_open(source);
        Ok(Admitted { ticket, evicted })
    }

    /// A connection has got as far as `stage`. It does not go back: an earlier stage than it has changes nothing, nor does a
    /// ticket that stands for none.
    pub fn reached(&mut self, ticket: Ticket, stage: Stage) {
        let Some(place) = self.place(ticket) else {
            return;
        };
        place.stage = place.stage.max(stage);
        let source = place.source;
        self.note_half_open(source);
    }

    /// A connection is closed, whoever did it. A ticket that stands for none changes nothing.
    pub fn closed(&mut self, ticket: Ticket) {
        let Some(place) = self.place(ticket) else {
            return;
        };
        let source = place.source;
        if let Some(slot) = self.places.get_mut(ticket.place) {
            *slot = None;
        }
        self.note_half_open(source);
    }

    /// How far a connection has got; `None`: the ticket stands for none.
    #[must_use]
    pub fn stage(&self, ticket: Ticket) -> Option<Stage> {
        let place = self.places.get(ticket.place)?.as_ref();
        let place = place.filter(|place| place.number == ticket.number)?;
        Some(place.stage)
    }

    /// Whether there are as many connections up as there may be. Whoever comes then is told so by refusing the call (RFC 2637
    /// §2.8), not by closing its connection.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.config.up != 0 && self.up() >= self.config.up
    }

    /// How many connections are up.
    #[must_use]
    pub fn up(&self) -> usize {
        let all = self.count(|_| true);
        all.all.saturating_sub(all.half_open)
    }

    /// How many connections are half-open.
    #[must_use]
    pub fn half_open(&self) -> usize {
        self.count(|_| true).half_open
    }

    fn live(&self) -> impl Iterator<Item = (usize, &Place)> + Clone {
        let places = self.places.iter().take(self.used).enumerate();
        places.filter_map(|(index, place)| Some((index, place.as_ref()?)))
    }

    fn count(&self, is_counted: impl Fn(&Place) -> bool) -> Count {
        let counted = self.live().filter(|(_, place)| is_counted(place));
        counted.fold(Count::default(), |count, (_, place)| Count {
            all: count.all.saturating_add(1),
            half_open: count
                .half_open
                .saturating_add(usize::from(place.is_half_open())),
        })
    }

    fn place(&mut self, ticket: Ticket) -> Option<&mut Place> {
        let place = self.places.get_mut(ticket.place)?.as_mut();
        place.filter(|place| place.number == ticket.number)
    }

    /// Notes with the half-open connections of `source` how many they are.
    fn note_half_open(&mut self, source: Source) {
        let half_open = self.count(|place| place.source == source).half_open;
        let half_open = u32::try_from(half_open).unwrap_or(u32::MAX);
        let places = self.places.iter_mut().take(self.used).flatten();
        for place in places.filter(|place| place.source == source) {
            place.half_open = half_open;
        }
    }

    /// The half-open connection that has to go for one more of a source that has `half_open` then.
    fn worst(&self, now: Instant, half_open: u32) -> Option<Ticket> {
        let half_opens = self.live().filter(|(_, place)| place.is_half_open());
        let least = half_opens.clone().map(|(_, place)| place.stage).min()?;
        let can_go = |place: &Place| {
            place.stage == least && now.saturating_since(place.since) >= self.config.grace
        };
        let places = half_opens.filter(|(_, place)| can_go(place));
        let (index, place) = places.min_by_key(|(_, place)| {
            let most = u32::MAX.saturating_sub(place.half_open);
            (most, place.since, place.number)
        })?;
        (place.half_open >= half_open).then_some(Ticket {
            place: index,
            number: place.number,
        })
    }

    /// Whether `source` may make another connection now, and if so, what is to be remembered of it and where.
    fn rate(&self, now: Instant, source: Source) -> Result<Option<(usize, Recent)>, Refusal> {
        let Some(interval) = self.config.interval() else {
            return Ok(None);
        };
        let recent = self.recent.iter().enumerate();
        let mut known = recent.clone().filter_map(|(at, it)| Some((at, (*it)?)));
        let known = known.find(|(_, it)| it.source == source);
        let now = now.as_micros();
        let until = known.map_or(now, |(_, it)| it.until.as_micros().max(now));
        // What of the burst may be used up before this one.
        let earlier = self.config.burst.max(1).saturating_sub(1);
        let allowed = interval.saturating_mul(u64::from(earlier));
        let from = until.saturating_sub(allowed);
        if from > now {
            return Err(Refusal::TooOften(Instant::from_micros(from)));
        }
        let next = Recent {
            source,
            until: Instant::from_micros(until.saturating_add(interval)),
        };
        let slot = known.map(|(at, _)| at).or_else(|| {
            let least = recent.min_by_key(|(_, it)| it.map(|it| it.until));
            least.map(|(at, _)| at)
        });
        Ok(slot.map(|slot| (slot, next)))
    }
}
