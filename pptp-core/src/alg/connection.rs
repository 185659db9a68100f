//! One control connection, as it is seen from between its ends.

use super::calls::Calls;
use super::track::Track;
use super::{Config, EndReason, Flow, Refusal, Side, tcp};
use crate::time::Instant;
use core::net::Ipv4Addr;

/// One control connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) flow: Flow,
    opener: Side,
    from_inside: Track,
    from_outside: Track,
    pub(super) phase: Phase,
    /// When something was heard of it.
    pub(super) heard: Instant,
    /// With which octet the opener would start another connection between the same ports.
    restart: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The handshake is not complete.
    Opening,
    Open,
    /// One end has closed it.
    Closing,
    /// Both ends have closed it.
    Over,
    /// One end has reset it.
    Reset,
}

impl Connection {
    pub(super) const fn new(flow: Flow, opener: Side, now: Instant) -> Self {
        Self {
            flow,
            opener,
            from_inside: Track::SILENT,
            from_outside: Track::SILENT,
            phase: Phase::Opening,
            heard: now,
            restart: None,
        }
    }

    /// The address of the end that opened it.
    pub(super) const fn opener(&self) -> &Ipv4Addr {
        match self.opener {
            Side::Inside => self.flow.inside.ip(),
            Side::Outside => self.flow.outside.ip(),
        }
    }

    /// When it is forgotten, if nothing is heard until then.
    pub(super) fn deadline(&self, config: &Config) -> Instant {
        let patience = match self.phase {
            Phase::Open => config.idle,
            Phase::Opening | Phase::Closing | Phase::Over | Phase::Reset => config.transitory,
        };
        self.heard + patience
    }

    /// What comes from one side, and what from the other.
    const fn tracks(&mut self, from: Side) -> (&mut Track, &mut Track) {
        match from {
            Side::Inside => (&mut self.from_inside, &mut self.from_outside),
            Side::Outside => (&mut self.from_outside, &mut self.from_inside),
        }
    }

    /// Takes note of a SYN. If the other end has forgotten this connection it answers it, as that of a new one.
    fn ask_anew(&mut self, from: Side, start: u32) {
        let (track, _) = self.tracks(from);
        let is_new = track.has_started() && !track.starts_at(start);
        if from == self.opener && is_new {
            self.restart = Some(start);
        }
    }

    /// The connection that this segment shows to be there instead, opened by the SYN before it: both ends have said so.
    pub(super) fn renewed(&self, header: &tcp::Header, from: Side, now: Instant) -> Option<Self> {
        let start = self.restart.filter(|_| header.syn && !header.rst)?;
        if from == self.opener || header.acknowledgment != Some(start) {
            return None;
        }
        let mut renewed = Self::new(self.flow, self.opener, now);
        renewed.tracks(self.opener).0.open(start);
        Some(renewed)
    }

    /// Follows both streams from their first octet on.
    pub(super) fn open_stream(&mut self) {
        self.from_inside.open(0);
        self.from_outside.open(0);
        self.phase = Phase::Open;
    }

    /// Takes a segment, and gives how long it is when it goes on.
    pub(super) fn follow(
        &mut self,
        header: &tcp::Header,
        segment: &mut [u8],
        book: &mut Calls<'_>,
    ) -> Result<usize, Refusal> {
        if header.syn && header.acknowledgment.is_none() && !header.rst {
            self.ask_anew(book.from, header.data());
        }
        let (track, back) = self.tracks(book.from);
        let is_acceptable = header.acknowledgment.is_none_or(|to| back.acknowledge(to));
        if header.rst {
            // As strict as an end has to be (RFC 9293 §3.10.7); before anything was heard of this one, by what it answers.
            let is_reset = if track.has_started() {
                header.sequence == track.end()
            } else {
                header.acknowledgment.is_some() && is_acceptable
            };
            if is_reset {
                self.phase = Phase::Reset;
            }
            return Ok(segment.len());
        }
        if header.syn {
            track.open(header.data());
        }
        let data = segment.get(header.len..).unwrap_or_default();
        let data_len = data.len();
        let passed = track.follow(header.data(), data, book)?;
        for (offset, octet) in track.rewritten(header.data(), passed) {
            tcp::write_octet(segment, header.len.saturating_add(offset), octet);
        }
        if header.fin && passed == data_len {
            if track.is_behind_a_gap(header.data(), passed) {
                // It would not come again once the gap is filled.
                return Err(Refusal::Gap);
            }
            track.finish_at(header.data(), passed);
        }
        let answers = header.acknowledgment.is_some() && is_acceptable && !header.syn;
        self.step(answers && book.from == self.opener, book);
        Ok(tcp::cut(segment, header.len.saturating_add(passed)).len())
    }

    /// Goes on to the phase that there is now. The opener's answer completes the handshake.
    fn step(&mut self, is_answered: bool, book: &mut Calls<'_>) {
        let tracks = [&self.from_inside, &self.from_outside];
        if self.phase == Phase::Opening
            && is_answered
            && tracks.iter().all(|track| track.has_started())
        {
            self.phase = Phase::Open;
        }
        match tracks.map(Track::is_finished) {
            [false, false] => {}
            [true, true] => {
                self.phase = Phase::Over;
                book.end_all(EndReason::Closed);
            }
            _ => {
                self.phase = Phase::Closing;
                book.close_all(EndReason::Closed);
            }
        }
    }

    /// Takes octets of a stream, and gives how many go on.
    pub(super) fn follow_stream(
        &mut self,
        from: Side,
        octets: &mut [u8],
        book: &mut Calls<'_>,
    ) -> Result<usize, Refusal> {
        let (track, _) = self.tracks(from);
        // What is there has arrived, so that nothing comes again.
        let position = track.next();
        track.acknowledge(position);
        let passed = track.follow(position, octets, book)?;
        for (offset, new) in track.rewritten(position, passed) {
            if let Some(octet) = octets.get_mut(offset) {
                *octet = new;
            }
        }
        Ok(passed)
    }
}
