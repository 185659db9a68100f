//! From the line to frames.

use super::stats::count;
use super::{
    CONTROLS, ESCAPE, ESCAPED, FLAG, Fcs16, Fcs32, FcsAlternatives, Kind, Stats, is_mapped,
    plain_run,
};
use core::fmt;

/// The least that a frame has, its check sequence included (RFC 1662 §4.3).
const SHORTEST: usize = 4;

/// Why a frame was dropped. The decoder goes on with the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Discard {
    /// Its check sequence is wrong: it has been damaged on the way.
    BadFcs,
    /// It has less than four octets, which is no error of the check sequence (RFC 1662 §4.3).
    TooShort,
    /// It is longer than the decoder's buffer.
    TooLong,
    /// Its sender has given it up.
    Aborted,
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadFcs => "its check sequence is wrong",
            Self::TooShort => "it is too short for a frame",
            Self::TooLong => "it is longer than there is room for",
            Self::Aborted => "its sender has given it up",
        })
    }
}

impl core::error::Error for Discard {}

/// What a line's driver tells of what it has received, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LineError {
    /// An octet without its stop bit, or a break.
    Framing,
    /// Octets came faster than they were taken off the receiver.
    HardwareOverrun,
    /// Octets found no room on their way to the decoder.
    BufferOverrun,
    /// Nothing came for longer than the line allows.
    TimeOut,
    /// The end of a frame is not that of an octet.
    Alignment,
}

/// Where the decoder is in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a frame, or between two.
    Frame,
    /// In a frame, right after a Control Escape.
    Escape,
    /// In what is dropped up to the next flag, for this reason if it has not been told yet.
    Skip(Option<Discard>),
}

/// Finds the frames in the octets of a line, as long as they have at the most `N` octets with their check sequence.
///
/// A link's MRU is about the Information field: there are four octets more before it, and up to four behind it. With the
/// usual MRU of 1500 a frame fits 1508 octets.
///
/// Octets may come in any pieces. What comes before the first flag is dropped: modems talk before the line is a link's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoder<const N: usize> {
    accm: u32,
    fcs: FcsAlternatives,
    state: State,
    /// How much of the buffer belongs to the frame.
    len: usize,
    buffer: [u8; N],
    stats: Stats,
}

impl<const N: usize> Decoder<N> {
    /// For an asynchronous line on which nothing has been negotiated.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            accm: u32::MAX,
            fcs: FcsAlternatives::BITS_16,
            state: State::Skip(None),
            len: 0,
            buffer: [0; N],
            stats: Stats::ZERO,
        }
    }

    /// Which control characters are dropped from now on if they come as they are: bit n for octet n.
    pub const fn set_accm(&mut self, map: u32) {
        self.accm = map;
    }

    /// Which control characters are dropped.
    #[must_use]
    pub const fn accm(&self) -> u32 {
        self.accm
    }

    /// Which check sequences frames may have from now on. LCP packets may always have 16 bits.
    ///
    /// With [`FcsAlternatives::NULL`] a packet of a network protocol of which the others that are allowed do not fit is taken
    /// to have none: its last octets are padding then, if it had one (RFC 1570 §2.1.2).
    pub const fn set_fcs(&mut self, alternatives: FcsAlternatives) {
        self.fcs = alternatives;
    }

    /// What has been counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The next frame that `octets` complete, without its check sequence, or why it was dropped. What has been taken is
    /// cut off the front of `octets`. `None`: all of them have been taken.
    pub fn next_frame(&mut self, octets: &mut &[u8]) -> Option<Result<&mut [u8], Discard>> {
        let end = self.end_of_frame(octets)?;
        let result = end.and_then(|len| self.check(len));
        match result {
            Ok(_) => count(&mut self.stats.frames),
            Err(discard) => self.stats.count_discard(discard),
        }
        Some(result.map(|len| self.buffer.get_mut(..len).unwrap_or_default()))
    }

    /// The line has failed, by what its driver says, at this place in the stream: that is counted, and the frame that is
    /// under way is dropped (RFC 1662 §4.3).
    pub const fn line_error(&mut self, error: LineError) {
        self.stats.count_line_error(error);
        self.len = 0;
        self.state = State::Skip(None);
    }

    /// Takes octets up to the flag that ends a frame, and tells how long that is; or why it is none.
    fn end_of_frame(&mut self, octets: &mut &[u8]) -> Option<Result<usize, Discard>> {
        loop {
            match self.state {
                State::Skip(reason) => {
                    let flag = octets.iter().position(|&octet| octet == FLAG);
                    let Some(flag) = flag else {
                        *octets = &[];
                        return None;
                    };
                    *octets = octets.get(flag.saturating_add(1)..).unwrap_or_default();
                    self.begin();
                    if let Some(reason) = reason {
                        return Some(Err(reason));
                    }
                }
                State::Frame => {
                    let limit = if self.accm == 0 { 0 } else { CONTROLS };
                    let accm = self.accm;
                    let run = plain_run(octets, limit, |octet| {
                        octet == FLAG || octet == ESCAPE || is_mapped(accm, octet)
                    });
                    let (plain, rest) = octets.split_at_checked(run).unwrap_or_default();
                    *octets = rest;
                    self.append(plain);
                    if self.state != State::Frame {
                        continue;
                    }
                    let (&octet, rest) = octets.split_first()?;
                    *octets = rest;
                    match octet {
                        FLAG if self.len == 0 => {}
                        FLAG => {
                            let len = self.len;
                            self.begin();
                            return Some(Ok(len));
                        }
                        ESCAPE => self.state = State::Escape,
                        _ => count(&mut self.stats.spurious),
                    }
                }
                State::Escape => {
                    let (&octet, rest) = octets.split_first()?;
                    *octets = rest;
                    if octet == FLAG {
                        self.begin();
                        return Some(Err(Discard::Aborted));
                    }
                    if is_mapped(self.accm, octet) {
                        count(&mut self.stats.spurious);
                    } else {
                        self.state = State::Frame;
                        self.append(&[octet ^ ESCAPED]);
                    }
                }
            }
        }
    }

    const fn begin(&mut self) {
        self.state = State::Frame;
        self.len = 0;
    }

    fn append(&mut self, octets: &[u8]) {
        let rest = self.buffer.get_mut(self.len..);
        if let Some(place) = rest.and_then(|rest| rest.get_mut(..octets.len())) {
            place.copy_from_slice(octets);
            self.len = self.len.saturating_add(octets.len());
        } else {
            self.state = State::Skip(Some(Discard::TooLong));
        }
    }

    /// How long the frame is without its check sequence, if that is good.
    fn check(&self, len: usize) -> Result<usize, Discard> {
        if len < SHORTEST {
            return Err(Discard::TooShort);
        }
        let frame = self.buffer.get(..len).unwrap_or_default();
        let kind = Kind::of(frame);
        let allowed = |fcs| self.fcs.contains(fcs);
        let without = |octets| Ok(len.saturating_sub(octets));
        // Without another one control packets still have to have this (RFC 1570 §2.1.2).
        let has_16 = allowed(FcsAlternatives::BITS_16)
            || kind == Kind::Configuration
            || (kind == Kind::Control && self.fcs == FcsAlternatives::NULL);
        // The longer one first: the shorter one fits by chance more often.
        if allowed(FcsAlternatives::BITS_32) {
            let mut fcs = Fcs32::new();
            fcs.update(frame);
            if fcs.is_good() {
                return without(Fcs32::LEN);
            }
        }
        if has_16 {
            let mut fcs = Fcs16::new();
            fcs.update(frame);
            if fcs.is_good() {
                return without(Fcs16::LEN);
            }
        }
        if allowed(FcsAlternatives::NULL) && kind == Kind::Network {
            return Ok(len);
        }
        Err(Discard::BadFcs)
    }
}

impl<const N: usize> Default for Decoder<N> {
    fn default() -> Self {
        Self::new()
    }
}
