//! A request that is sent until it is answered.

use crate::packet::HEADER_LEN;
use crate::{Discard, MessageAuthenticator, Reply, Secret};
use core::fmt;
use core::time::Duration;
use pptp_ppp::codec::{ParseError, ParseErrorKind};
use pptp_ppp::time::Instant;

/// When a request is sent again, and how often.
///
/// The peer of PPP waits meanwhile, and asks again itself: pppd and Windows every three seconds, ten times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Schedule {
    /// How long to wait for the answer to the first; each further one is waited for twice as long.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How often it is sent in all. At least once.
    pub tries: u8,
}

impl Default for Schedule {
    /// After 1 and 3 seconds; given up after 7.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(4),
            tries: 3,
        }
    }
}

/// Nothing that could be taken for an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoAnswer {
    /// How often the request was sent.
    pub tries: u8,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer to a request sent {} times", self.tries)
    }
}

impl core::error::Error for NoAnswer {}

/// A request, as [`Builder::finish`](crate::Builder::finish) made it, that is sent to one server until it is answered:
/// each time the same, so that the server knows it again (RFC 2865 §2.5).
///
/// Ask [`Exchange::poll_datagram`] after each other call; give in what comes from the server. For another server make
/// another request: it has another secret. Any order of calls is safe.
#[derive(Debug, Clone)]
pub struct Exchange<B> {
    datagram: B,
    identifier: u8,
    authenticator: [u8; 16],
    schedule: Schedule,
    tries: u8,
    /// Whether it is to be sent now.
    is_due: bool,
    /// When it is to be sent again or to be given up; `None` once it is over.
    alarm: Option<Instant>,
}

impl<B: AsRef<[u8]>> Exchange<B> {
    /// Sends `datagram` as soon as it is asked for.
    ///
    /// # Errors
    /// If that is no packet.
    pub fn new(now: Instant, datagram: B, schedule: Schedule) -> Result<Self, ParseError> {
        let len = datagram.as_ref().len();
        let [_, identifier, _, _, rest @ ..] = datagram.as_ref() else {
            return Err(too_short(len));
        };
        let authenticator = *rest.first_chunk().ok_or(too_short(len))?;
        let mut exchange = Self {
            identifier: *identifier,
            authenticator,
            datagram,
            schedule,
            tries: 0,
            is_due: false,
            alarm: None,
        };
        exchange.send(now);
        Ok(exchange)
    }

    /// What is to be sent to the server now.
    pub fn poll_datagram(&mut self) -> Option<&[u8]> {
        core::mem::take(&mut self.is_due).then(|| self.datagram.as_ref())
    }

    /// Takes what has come from the server. With the first answer that is right it is over.
    ///
    /// # Errors
    /// Why it is none; then the exchange goes on.
    pub fn handle_datagram<'a>(
        &mut self,
        datagram: &'a [u8],
        secret: Secret<'a>,
        demand: MessageAuthenticator,
    ) -> Result<Reply<'a>, Discard> {
        let reply = Reply::parse(
            datagram,
            secret,
            self.identifier,
            &self.authenticator,
            demand,
        )?;
        self.end();
        Ok(reply)
    }

    /// Does what time demands.
    ///
    /// # Errors
    /// [`NoAnswer`], once, if it was sent as often as it may be.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), NoAnswer> {
        if self.alarm.is_none_or(|at| at > now) {
            return Ok(());
        }
        if self.tries >= self.schedule.tries {
            self.end();
            return Err(NoAnswer { tries: self.tries });
        }
        self.send(now);
        Ok(())
    }

    /// When [`Exchange::handle_timeout`] is to be called; `None` once it is over.
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Instant> {
        self.alarm
    }

    /// Gives it up.
    pub const fn end(&mut self) {
        self.alarm = None;
        self.is_due = false;
    }

    fn send(&mut self, now: Instant) {
        self.is_due = true;
        let doubled = 1_u32.checked_shl(self.tries.into()).unwrap_or(u32::MAX);
        let wait = self.schedule.first.saturating_mul(doubled);
        let wait = wait.min(self.schedule.longest);
        // Of many that started at once not all shall come again at once; the authenticator is random.
        let [.., jitter] = self.authenticator;
        let tenth = wait.checked_div(2560).unwrap_or_default();
        let jitter = tenth.saturating_mul(jitter.into());
        self.alarm = Some(now + wait.saturating_add(jitter));
        self.tries = self.tries.saturating_add(1);
    }
}

const fn too_short(len: usize) -> ParseError {
    let mut error = ParseError::invalid("Authenticator", 0);
    error.kind = ParseErrorKind::Truncated {
        missing: HEADER_LEN.saturating_sub(len),
    };
    error
}
