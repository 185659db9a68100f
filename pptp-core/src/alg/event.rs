//! What a gateway tells: of GRE flows, and of what it refuses.

use crate::codec::ParseError;
use core::fmt;
use core::net::Ipv4Addr;

/// The GRE packets of one call. They have no ports: what tells them apart is the receiver's call id in their header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct GreFlow {
    /// The address inside: where packets from outside go.
    pub inside: Ipv4Addr,
    /// The address outside.
    pub outside: Ipv4Addr,
    /// The call id that the inside gave to the call: what packets to it have to hold.
    pub inside_id: u16,
    /// The call id that the outside takes for it: what packets from outside hold.
    pub given_id: u16,
    /// The call id that the outside gave to the call: what packets from inside hold, and go on holding. `None` while
    /// the call has been asked for and not answered.
    pub outside_id: Option<u16>,
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// A call is established: its packets are to be expected.
    Expected(GreFlow),
    /// They are to be expected no more, and pass no more. If no place is free for a new call, one that is over makes way
    /// though that was not told yet, which [`Stats::untold`](super::Stats::untold) counts: whoever has a table of flows
    /// then finds in [`Gateway::flows`](super::Gateway::flows) which there are.
    Ended(GreFlow, EndReason),
}

/// Why a call's packets pass no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EndReason {
    /// A Call-Disconnect-Notify said so.
    Disconnected,
    /// A Call-Clear-Request asked for it, and no Call-Disconnect-Notify came in time.
    Cleared,
    /// The control connection was stopped.
    Stopped,
    /// Its TCP connection was closed.
    Closed,
    /// Its TCP connection was reset.
    Reset,
    /// Nothing was heard of it for too long.
    Idle,
}

/// Why a TCP segment must not go on as it is. It should be dropped: TCP sends it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// It is no whole TCP segment, or not in a whole IPv4 packet.
    Malformed(ParseError),
    /// It is a fragment of an IPv4 packet that nobody has put together.
    Fragment,
    /// Its TCP checksum is wrong.
    Checksum,
    /// There is something missing between it and what came before it.
    Gap,
    /// All that is in it is half of a call id.
    HalfAnId,
    /// There is no room for one more control connection, or for one more call.
    NoRoom,
    /// Too many call ids have been rewritten that the receiver has not acknowledged.
    Unacknowledged,
}

impl From<ParseError> for Refusal {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(error) => return write!(f, "malformed segment: {error}"),
            Self::Fragment => "a fragment of an IPv4 packet",
            Self::Checksum => "the TCP checksum is wrong",
            Self::Gap => "a segment before it is missing",
            Self::HalfAnId => "half of a call id",
            Self::NoRoom => "there is no room for it",
            Self::Unacknowledged => "too much before it is not acknowledged",
        })
    }
}

impl core::error::Error for Refusal {}
