//! From frames to the line.

use super::{ESCAPE, ESCAPED, FLAG, Fcs, Fcs16, Fcs32, Kind, SendAccm, plain_run};
use crate::codec::BufferTooSmall;
use crate::time::Instant;
use core::time::Duration;

/// For how long a closing flag opens the next frame as well: after that something on the line may have come in between
/// (RFC 1662 §4.4.2).
const SHARED_FLAG: Duration = Duration::from_secs(1);

/// How many octets a frame of `len` octets takes on the line at the most: each may have to be escaped.
#[must_use]
pub const fn max_encoded_len(len: usize) -> usize {
    len.saturating_add(Fcs32::LEN)
        .saturating_mul(2)
        .saturating_add(2)
}

/// Makes octets for a line of frames: escapes them, and puts check sequences and flags to them.
///
/// LCP's Configure, Terminate and Code-Reject packets go out as if nothing had been negotiated, whatever is set: with
/// every control character escaped, a check sequence of 16 bits and flags of their own (RFC 1661 §5, RFC 1662 §7.1,
/// RFC 1570 §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoder {
    accm: SendAccm,
    fcs: Fcs,
    /// When the last frame went out, whose closing flag may open the next one.
    last: Option<Instant>,
}

impl Encoder {
    /// For an asynchronous line on which nothing has been negotiated.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            accm: SendAccm::DEFAULT,
            fcs: Fcs::Bits16,
            last: None,
        }
    }

    /// What is escaped from now on.
    pub const fn set_accm(&mut self, accm: SendAccm) {
        self.accm = accm;
    }

    /// What is escaped.
    #[must_use]
    pub const fn accm(&self) -> SendAccm {
        self.accm
    }

    /// Which check sequence frames get from now on.
    pub const fn set_fcs(&mut self, fcs: Fcs) {
        self.fcs = fcs;
    }

    /// Writes a whole frame to the front of `out`, and returns what goes to the line. Within a second of the last frame
    /// that one's closing flag is this one's opening flag, but for LCP.
    ///
    /// # Errors
    /// [`BufferTooSmall`], with the room that this frame takes; nothing has changed then. [`max_encoded_len`] octets are
    /// always enough.
    pub fn encode<'b>(
        &mut self,
        now: Instant,
        frame: &[u8],
        out: &'b mut [u8],
    ) -> Result<&'b [u8], BufferTooSmall> {
        let mut encoding = self.encoding(now, frame);
        let len = encoding.write(out).len();
        if !encoding.is_done() {
            let needed = len.saturating_add(encoding.len());
            return Err(BufferTooSmall { needed });
        }
        self.last = Some(now);
        Ok(out.get(..len).unwrap_or_default())
    }

    /// Begins a frame that is written piece by piece, for those who have no room for all of it. All of it has to go to the
    /// line before the next one, or [`ABORT`](super::ABORT) instead of what is left.
    pub fn start<'f>(&mut self, now: Instant, frame: &'f [u8]) -> Encoding<'f> {
        let encoding = self.encoding(now, frame);
        self.last = Some(now);
        encoding
    }

    fn encoding<'f>(&self, now: Instant, frame: &'f [u8]) -> Encoding<'f> {
        let kind = Kind::of(frame);
        let (accm, fcs) = match kind {
            Kind::Configuration => (
                // What the line does not let pass is no matter of negotiation.
                self.accm.with_controls(u32::MAX),
                Fcs::Bits16,
            ),
            _ => (self.accm, self.fcs),
        };
        let shares = |last: Instant| now.saturating_since(last) < SHARED_FLAG;
        Encoding {
            accm,
            // What a link begins with gets through even where noise has come before it.
            opening: kind == Kind::Configuration || !self.last.is_some_and(shares),
            escaped: None,
            frame,
            trailer: Trailer::of(frame, kind, fcs),
            closing: true,
        }
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// A frame on its way to the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding<'f> {
    accm: SendAccm,
    /// Whether the opening flag is still to be written.
    opening: bool,
    /// The second octet of an escape, if the first is written.
    escaped: Option<u8>,
    /// What is left of the frame.
    frame: &'f [u8],
    trailer: Trailer,
    /// Whether the closing flag is still to be written.
    closing: bool,
}

impl Encoding<'_> {
    /// Writes as much as there is room for to the front of `out`, and returns that. It is empty only if `out` is, or all
    /// has been written.
    pub fn write<'b>(&mut self, out: &'b mut [u8]) -> &'b [u8] {
        let mut sink = Sink { out, len: 0 };
        if self.opening && sink.octet(FLAG) {
            self.opening = false;
        }
        if !self.opening {
            stuff(&self.accm, &mut self.escaped, &mut self.frame, &mut sink);
            if self.frame.is_empty() {
                let octets = self.trailer.octets;
                let mut left = octets.get(self.trailer.at..).unwrap_or_default();
                stuff(&self.accm, &mut self.escaped, &mut left, &mut sink);
                self.trailer.at = octets.len().saturating_sub(left.len());
                let is_last = left.is_empty() && self.escaped.is_none();
                if is_last && self.closing && sink.octet(FLAG) {
                    self.closing = false;
                }
            }
        }
        let Sink { out, len } = sink;
        out.get(..len).unwrap_or_default()
    }

    /// Whether all has been written.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        !self.closing
    }

    /// How many octets are still to be written.
    #[must_use]
    pub fn len(&self) -> usize {
        let trailer = self.trailer.octets.get(self.trailer.at..);
        let octets = self.frame.iter().chain(trailer.unwrap_or_default());
        let stuffed = octets.fold(0_usize, |len, &octet| {
            len.saturating_add(1)
                .saturating_add(usize::from(self.accm.contains(octet)))
        });
        let flags = [self.opening, self.escaped.is_some(), self.closing];
        flags
            .into_iter()
            .fold(stuffed, |len, flag| len.saturating_add(usize::from(flag)))
    }

    /// Whether nothing is left, as [`Self::is_done`].
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.is_done()
    }
}

/// The check sequence at the end of a frame; `at` is how much of it is written, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trailer {
    octets: [u8; 4],
    at: usize,
}

impl Trailer {
    fn of(frame: &[u8], kind: Kind, fcs: Fcs) -> Self {
        match fcs {
            Fcs::Null if kind == Kind::Network => Self {
                octets: [0; 4],
                at: 4,
            },
            Fcs::Null | Fcs::Bits16 => {
                let mut fcs = Fcs16::new();
                fcs.update(frame);
                let [low, high] = fcs.octets();
                Self {
                    octets: [0, 0, low, high],
                    at: 2,
                }
            }
            Fcs::Bits32 => {
                let mut fcs = Fcs32::new();
                fcs.update(frame);
                Self {
                    octets: fcs.octets(),
                    at: 0,
                }
            }
        }
    }
}

/// What is written to.
struct Sink<'b> {
    out: &'b mut [u8],
    len: usize,
}

impl Sink<'_> {
    /// Writes an octet, if there is room.
    fn octet(&mut self, octet: u8) -> bool {
        let Some(place) = self.out.get_mut(self.len) else {
            return false;
        };
        *place = octet;
        self.len = self.len.saturating_add(1);
        true
    }

    /// Writes as many as there is room for, and takes them off `octets`.
    fn octets(&mut self, octets: &mut &[u8], len: usize) -> bool {
        let room = self.out.get_mut(self.len..).unwrap_or_default();
        let fits = len.min(room.len());
        if let Some((head, rest)) = octets.split_at_checked(fits)
            && let Some(place) = room.get_mut(..fits)
        {
            place.copy_from_slice(head);
            self.len = self.len.saturating_add(fits);
            *octets = rest;
        }
        fits == len
    }
}

/// Writes `octets` with escapes, as far as there is room.
fn stuff(accm: &SendAccm, escaped: &mut Option<u8>, octets: &mut &[u8], sink: &mut Sink<'_>) {
    let limit = accm.limit();
    loop {
        if let Some(octet) = *escaped {
            if !sink.octet(octet) {
                return;
            }
            *escaped = None;
        }
        let run = plain_run(octets, limit, |octet| accm.is_special(octet));
        if !sink.octets(octets, run) {
            return;
        }
        let Some((&octet, rest)) = octets.split_first() else {
            return;
        };
        if !sink.octet(ESCAPE) {
            return;
        }
        *escaped = Some(octet ^ ESCAPED);
        *octets = rest;
    }
}
