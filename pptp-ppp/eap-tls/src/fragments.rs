//! A TLS message in as many pieces as it takes (RFC 5216 §2.1.5).

use crate::wire::Fragment;
use alloc::vec::Vec;
use core::fmt;
use core::mem;

/// The longest TLS message, in octets, that is put together. A handshake with long chains of certificates has a quarter.
pub const MAX_MESSAGE_LEN: usize = 65536;

/// What is wrong with a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FragmentError {
    /// The first of several does not say how long they are together.
    NoLength,
    /// They are said to be longer than [`MAX_MESSAGE_LEN`] together.
    TooLong {
        /// How long.
        announced: u32,
    },
    /// A later one says something else than the first.
    LengthChanged {
        /// What the first said.
        first: u32,
        /// What this one says.
        now: u32,
    },
    /// There is more than was announced.
    MoreThanAnnounced {
        /// What was announced.
        announced: u32,
    },
    /// There are no more, and it is less than was announced.
    LessThanAnnounced {
        /// What was announced.
        announced: u32,
        /// How many octets there are.
        received: usize,
    },
    /// There are more to come, but nothing is in this one: that could go on for ever.
    Empty,
    /// A message, where the acknowledgment of our last fragment has to be.
    NotAcknowledged,
}

impl fmt::Display for FragmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoLength => f.write_str("a first fragment without a length"),
            Self::TooLong { announced } => {
                write!(f, "a message of {announced} octets is announced")
            }
            Self::LengthChanged { first, now } => {
                write!(f, "a message of {first} octets is now one of {now}")
            }
            Self::MoreThanAnnounced { announced } => {
                write!(f, "more than the {announced} octets that were announced")
            }
            Self::LessThanAnnounced {
                announced,
                received,
            } => write!(f, "{received} of {announced} announced octets"),
            Self::Empty => f.write_str("a fragment with nothing in it"),
            Self::NotAcknowledged => f.write_str("a fragment was not acknowledged"),
        }
    }
}

impl core::error::Error for FragmentError {}

/// Puts fragments together. What it holds never exceeds [`MAX_MESSAGE_LEN`].
#[derive(Debug, Clone, Default)]
pub struct Reassembly {
    message: Vec<u8>,
    announced: Option<u32>,
}

impl Reassembly {
    /// Takes the next fragment, and gives the whole message if that was the last.
    ///
    /// # Errors
    /// If it cannot be the next of those before. They are forgotten then.
    pub fn push(&mut self, fragment: &Fragment<'_>) -> Result<Option<Vec<u8>>, FragmentError> {
        let mut before = mem::take(self);
        before.add(fragment)?;
        if fragment.more {
            *self = before;
            return Ok(None);
        }
        Ok(Some(before.message))
    }

    fn add(&mut self, fragment: &Fragment<'_>) -> Result<(), FragmentError> {
        let announced = match (self.announced, fragment.total) {
            (Some(first), Some(now)) if now != first => {
                return Err(FragmentError::LengthChanged { first, now });
            }
            (Some(first), _) => Some(first),
            (None, Some(announced)) => Some(announced),
            (None, None) if fragment.more => return Err(FragmentError::NoLength),
            (None, None) => None,
        };
        let limit = announced.map_or(Ok(MAX_MESSAGE_LEN), |announced| {
            let len = usize::try_from(announced).ok();
            len.filter(|len| *len <= MAX_MESSAGE_LEN)
                .ok_or(FragmentError::TooLong { announced })
        })?;
        if fragment.more && fragment.data.is_empty() {
            return Err(FragmentError::Empty);
        }
        let received = self.message.len().saturating_add(fragment.data.len());
        if received > limit {
            // One that announces nothing is in a packet of EAP, and no longer than that can be.
            let announced = announced.unwrap_or_default();
            return Err(FragmentError::MoreThanAnnounced { announced });
        }
        if let Some(announced) = announced
            && !fragment.more
            && received < limit
        {
            return Err(FragmentError::LessThanAnnounced {
                announced,
                received,
            });
        }
        self.announced = announced;
        self.message.extend_from_slice(fragment.data);
        Ok(())
    }
}

/// Takes a message apart.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    message: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    /// All of `message`, from the start.
    #[must_use]
    pub const fn new(message: Vec<u8>) -> Self {
        Self { message, sent: 0 }
    }

    /// Whether all has been sent.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.sent >= self.message.len()
    }

    /// The next fragment, of at most `max_len` octets of data; an acknowledgment if there is none. Counts as sent.
    pub fn next(&mut self, max_len: usize) -> Fragment<'_> {
        let rest = self.message.get(self.sent..).unwrap_or_default();
        let (data, after) = rest.split_at_checked(max_len).unwrap_or((rest, &[]));
        let more = !after.is_empty();
        let is_first_of_several = self.sent == 0 && more;
        self.sent = self.sent.saturating_add(data.len());
        Fragment {
            total: u32::try_from(self.message.len())
                .ok()
                .filter(|_| is_first_of_several),
            more,
            data,
            ..Fragment::ACKNOWLEDGMENT
        }
    }
}
