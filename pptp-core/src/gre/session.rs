//! One end of one call's tunnel.

use super::receiver::{Arrival, Proof, Receiver};
use super::stats::{Stats, count};
use super::window::{SlidingWindow, Timer, Window, WindowState};
use super::{MAX_PAYLOAD_LEN, distance};
use crate::codec::BufferTooSmall;
use crate::error::Discard;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::GreHeader;
use core::time::Duration;
use pptp_ppp::SendError;

/// What a [`Session`] has to know of its call. All of it comes from the call's messages on the control connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Config {
    /// The call id that we gave to the call: the one in packets that come in.
    pub our_call_id: u16,
    /// The call id that the peer gave to the call: the one in packets that go out.
    pub peer_call_id: u16,
    /// The receive window that we told the peer, in packets. Half of it is acknowledged at once, 64 by default.
    pub our_window: u16,
    /// The receive window that the peer told us, in packets. It is 64 by default.
    pub peer_window: u16,
    /// The packet processing delay that the peer told us, in tenths of a second. It is 0 by default.
    pub peer_delay: u16,
    /// Whether packets wait for the peer's acknowledgments. By default they do not.
    pub window: SlidingWindow,
    /// How long an acknowledgment waits for a packet to ride on, 100 ms by default.
    pub ack_delay: Duration,
}

impl Config {
    /// The call with these ids, and defaults for the rest.
    #[must_use]
    pub const fn new(our_call_id: u16, peer_call_id: u16) -> Self {
        Self {
            our_call_id,
            peer_call_id,
            our_window: 64,
            peer_window: 64,
            peer_delay: 0,
            window: SlidingWindow::Off,
            ack_delay: Duration::from_millis(100),
        }
    }
}

/// What a [`Session`] waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TimerKind {
    /// An acknowledgment has waited long enough for a packet to ride on.
    Acknowledgment,
    /// An acknowledgment of the peer's has been waited for long enough (RFC 2637 §4.4).
    Window,
}

impl TimerKey for TimerKind {
    const ALL: &'static [Self] = &[Self::Acknowledgment, Self::Window];

    fn slot(self) -> usize {
        match self {
            Self::Acknowledgment => 0,
            Self::Window => 1,
        }
    }
}

/// A datagram that came in.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'d> {
    /// An acknowledgment without a packet. There is nothing more to do.
    Acknowledgment,
    /// A packet for [`Session::deliver`], by way of a [`Reorder`](super::Reorder) if there is one.
    Packet {
        /// Its number.
        sequence: u32,
        /// The PPP packet in it. It may be empty: then only the number counts.
        payload: &'d mut [u8],
    },
}

/// One end of one call's tunnel (RFC 2637 §4): numbers and acknowledges packets, and drops what came twice or late.
///
/// # Receiving
/// [`receive`](Self::receive) checks a datagram and gives back the packet in it; the packet is acknowledged whatever
/// comes after. [`deliver`](Self::deliver) then refuses packets that are late, and [`confirm`](Self::confirm) has the
/// final word when the payload has been looked at: only that moves the order on. A packet that turns out to be forged
/// gets no `confirm`.
///
/// # Sending
/// The payload is put into the output buffer first, [`header_len`](Self::header_len) octets from its start, and
/// [`seal`](Self::seal) writes the header in front of it. Acknowledgments ride on these packets; those that find none
/// in time come out of [`poll_ack`](Self::poll_ack).
///
/// With a [`SlidingWindow`] no more packets should go out than [`window_room`](Self::window_room) tells. What must go out
/// may go all the same: `seal` refuses nothing for that. Room comes with acknowledgments and with time: a peer that
/// acknowledges nothing for [`PATIENCE`](super::PATIENCE) time-outs in a row is not waited for any more, unless it
/// acknowledges something without a packet of its own after all.
///
/// Any order of calls is safe. A call to `poll_ack` is due after each call that takes the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    config: Config,
    receiver: Receiver,
    /// How many packets came in since the last acknowledgment went out.
    owed: u32,
    /// Whether the acknowledgment waits no longer.
    ack_due: bool,
    /// The number of the next packet to go out.
    next: u32,
    /// The first number that the peer has not acknowledged.
    unacked: u32,
    window: Option<Window>,
    timers: TimerTable<TimerKind, 2>,
    stats: Stats,
}

impl Session {
    /// A call at its start: the first packet to go out is number 0.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            window: Window::new(config.window, config.peer_window, config.peer_delay),
            receiver: Receiver::new(),
            owed: 0,
            ack_due: false,
            next: 0,
            unacked: 0,
            timers: TimerTable::new(),
            stats: Stats::ZERO,
        }
    }

    /// What the session was made with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What the session has counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// How many packets went out that the peer has not acknowledged.
    ///
    /// Some peers never acknowledge anything, so nothing should wait for this to fall.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        self.next.wrapping_sub(self.unacked)
    }

    /// How many packets may go out now (RFC 2637 §4.2): [`u32::MAX`] if nothing waits for acknowledgments.
    #[must_use]
    pub fn window_room(&self) -> u32 {
        self.window
            .as_ref()
            .map_or(u32::MAX, |window| window.room(self.next))
    }

    /// How the sliding window stands, if there is one.
    #[must_use]
    pub fn window(&self) -> Option<WindowState> {
        self.window.as_ref().map(Window::state)
    }

    /// Takes a datagram, from its GRE header on.
    ///
    /// An acknowledgment in it counts even if the packet is then dropped. Octets behind the payload are cut off.
    ///
    /// # Errors
    /// Why the datagram is dropped: [`Discard::Malformed`], [`Discard::WrongCallId`], [`Discard::WithoutSequence`],
    /// [`Discard::Duplicate`], [`Discard::Late`] or [`Discard::TooFarAhead`].
    pub fn receive<'d>(
        &mut self,
        now: Instant,
        datagram: &'d mut [u8],
    ) -> Result<Received<'d>, Discard> {
        let result = self.receive_uncounted(now, datagram);
        if let Err(discard) = &result {
            self.stats.count_discard(discard);
        }
        result
    }

    fn receive_uncounted<'d>(
        &mut self,
        now: Instant,
        datagram: &'d mut [u8],
    ) -> Result<Received<'d>, Discard> {
        let (header, _) = GreHeader::parse(datagram)?;
        if header.call_id != self.config.our_call_id {
            return Err(Discard::WrongCallId {
                found: header.call_id,
            });
        }
        if let Some(acknowledgment) = header.acknowledgment {
            self.handle_acknowledgment(now, acknowledgment, header.sequence.is_none());
        }
        let Some(sequence) = header.sequence else {
            if header.payload_len > 0 {
                return Err(Discard::WithoutSequence);
            }
            count(&mut self.stats.acks_received);
            return Ok(Received::Acknowledgment);
        };
        match self.receiver.arrive(sequence)? {
            Arrival::Believed => self.owe_acknowledgment(now),
            Arrival::Jump => count(&mut self.stats.jumps),
        }
        count(&mut self.stats.received);
        let (_, rest) = datagram
            .split_at_mut_checked(header.len())
            .unwrap_or_default();
        let payload = rest
            .get_mut(..usize::from(header.payload_len))
            .unwrap_or_default();
        Ok(Received::Packet { sequence, payload })
    }

    /// Checks that packet `sequence` is in order, right before its payload is handled.
    ///
    /// # Errors
    /// [`Discard::Late`] if a later packet has been confirmed: this one must not be handled any more (RFC 2637 §4.3).
    pub fn deliver(&mut self, sequence: u32) -> Result<(), Discard> {
        let result = self.check_order(sequence);
        if let Err(discard) = &result {
            self.stats.count_discard(discard);
        }
        result
    }

    /// Says that the payload of packet `sequence` was handled, and what it told about who sent it.
    ///
    /// From the first [`Proof::Genuine`] on only such packets move the order on and are believed when their number
    /// jumps. Until then, and for good where nothing is encrypted, every packet moves the order on.
    #[inline]
    pub fn confirm(&mut self, now: Instant, sequence: u32, proof: Proof) {
        if self.receiver.confirm(sequence, proof) {
            self.owe_acknowledgment(now);
        }
    }

    /// As [`deliver`](Self::deliver), without counting what is late: it may be taken all the same.
    pub(crate) fn check_order(&self, sequence: u32) -> Result<(), Discard> {
        self.receiver.check_order(sequence)
    }

    /// Counts a packet that was dropped by whoever its payload is for.
    pub(crate) const fn count_discard(&mut self, discard: &Discard) {
        self.stats.count_discard(discard);
    }

    /// How long the header of the next packet is, in octets: 16 if an acknowledgment is to ride on it, otherwise 12.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        if self.owed > 0 { 16 } else { 12 }
    }

    /// Makes a packet of the payload that stands at `out[header_len..][..payload_len]`, by the header in front of it.
    ///
    /// # Errors
    /// [`SendError::TooLong`] if the payload is longer than [`MAX_PAYLOAD_LEN`], [`SendError::BufferTooSmall`] if it
    /// cannot be in the buffer. Nothing changes then.
    #[inline]
    pub fn seal<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
        payload_len: usize,
    ) -> Result<&'b [u8], SendError> {
        let len = u16::try_from(payload_len)
            .ok()
            .filter(|_| payload_len <= MAX_PAYLOAD_LEN);
        let header = GreHeader {
            payload_len: len.ok_or(SendError::TooLong {
                mtu: MAX_PAYLOAD_LEN,
            })?,
            call_id: self.config.peer_call_id,
            sequence: Some(self.next),
            acknowledgment: self.owed_acknowledgment(),
        };
        let needed = header.len().saturating_add(payload_len);
        let packet = out.get_mut(..needed).ok_or(BufferTooSmall { needed })?;
        header.encode(packet)?;
        self.acknowledged();
        if let Some(window) = &mut self.window
            && let Some(due) = window.sent(now, self.next)
        {
            self.timers.set(TimerKind::Window, due);
        }
        self.next = self.next.wrapping_add(1);
        if self.in_flight() > MAX_IN_FLIGHT {
            self.unacked = self.next.wrapping_sub(MAX_IN_FLIGHT);
        }
        count(&mut self.stats.sent);
        Ok(packet)
    }

    /// The acknowledgment that has waited long enough, if there is one: a packet of [`ACK_LEN`](super::ACK_LEN) octets.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; the acknowledgment stays due.
    pub fn poll_ack<'b>(
        &mut self,
        _now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        if !self.ack_due {
            return Ok(None);
        }
        let header = GreHeader {
            payload_len: 0,
            call_id: self.config.peer_call_id,
            sequence: None,
            acknowledgment: self.owed_acknowledgment(),
        };
        let packet = header.encode(out)?;
        self.acknowledged();
        count(&mut self.stats.acks_sent);
        Ok(Some(packet))
    }

    /// Whether [`poll_ack`](Self::poll_ack) has something to send.
    #[must_use]
    pub const fn is_ack_due(&self) -> bool {
        self.ack_due
    }

    /// Does what is due by `now`. Too early a call does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.timers.take_expired(TimerKind::Acknowledgment, now) {
            self.ack_due = self.owed > 0;
        }
        if self.timers.take_expired(TimerKind::Window, now)
            && let Some(window) = &mut self.window
        {
            window.timed_out(self.next);
            count(&mut self.stats.ack_timeouts);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.timers.next().map(|(at, _)| at)
    }

    /// Which timer [`next_timeout`](Self::next_timeout) is about.
    #[must_use]
    pub fn timeout_reason(&self) -> Option<TimerKind> {
        self.timers.next().map(|(_, timer)| timer)
    }

    fn handle_acknowledgment(&mut self, now: Instant, acknowledgment: u32, alone: bool) {
        // Numbers before the first unacknowledged one are no news: acknowledgments overtake each other, and some
        // peers say "-1" or 0 as long as they have not received anything.
        let Ok(ahead) = u32::try_from(distance(self.unacked, acknowledgment)) else {
            return;
        };
        if ahead < self.in_flight() {
            self.unacked = acknowledgment.wrapping_add(1);
            if let Some(window) = &mut self.window {
                let news = (self.unacked, ahead.saturating_add(1), self.next);
                match window.acknowledged(now, news, alone) {
                    Timer::At(at) => self.timers.set(TimerKind::Window, at),
                    Timer::Stop => self.timers.stop(TimerKind::Window),
                }
            }
        } else {
            count(&mut self.stats.invalid_acks);
        }
    }

    fn owe_acknowledgment(&mut self, now: Instant) {
        self.owed = self.owed.saturating_add(1);
        if self.owed >= u32::from(self.config.our_window / 2) {
            self.ack_due = true;
            self.timers.stop(TimerKind::Acknowledgment);
        } else if !self.ack_due && self.timers.get(TimerKind::Acknowledgment).is_none() {
            self.timers
                .set(TimerKind::Acknowledgment, now + self.config.ack_delay);
        }
    }

    fn owed_acknowledgment(&self) -> Option<u32> {
        self.receiver.highest().filter(|_| self.owed > 0)
    }

    fn acknowledged(&mut self) {
        self.owed = 0;
        self.ack_due = false;
        self.timers.stop(TimerKind::Acknowledgment);
    }
}

/// How far the peer's acknowledgments are followed. A peer that never sends any must not make numbers ambiguous.
const MAX_IN_FLIGHT: u32 = 1 << 30;

#[cfg(test)]
mod tests;
