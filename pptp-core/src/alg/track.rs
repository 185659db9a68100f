//! One direction of a control connection, followed by the numbers of its octets.

use super::Refusal;
use super::fields::{Whose, fields};
use crate::gre::distance;
use crate::wire::{ControlType, Header, HeaderKind};

/// How much of a message is looked at: its header, two call ids, and the result of a reply.
const HEAD_LEN: usize = 17;

/// Where the first call id is, the second, and the result.
const FIRST_AT: usize = 12;
const SECOND_AT: usize = 14;
const RESULT_AT: usize = 16;

/// How many call ids may have been rewritten and not been acknowledged.
const REWRITES: usize = 8;

/// How far back call ids are known again that have been acknowledged, in octets.
const REMEMBERED: i32 = 1 << 24;

/// Whoever knows what becomes of the call ids in messages.
pub(super) trait Book {
    /// What to write in place of `id`. Nothing has changed if it fails.
    fn rewrite(&mut self, message: ControlType, whose: Whose, id: u16) -> Result<u16, Refusal>;

    /// Takes note of a message, as its sender wrote it.
    fn note(&mut self, message: &Noted);
}

/// What is told of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) message: ControlType,
    /// What its two fields for call ids hold.
    pub(super) ids: [u16; 2],
    /// The Result Code, where a reply has it.
    pub(super) result: Option<u8>,
}

/// One direction of a control connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Track {
    mode: Mode,
    /// The number of the first octet.
    start: u32,
    /// The number of the first octet that has not been understood.
    next: u32,
    /// The number of the first octet that the receiver has not acknowledged.
    acknowledged: u32,
    /// The octet `next`, if it is the first one of a call id and has come alone.
    half: Option<u8>,
    /// What has come of the message that `next` is in, as far as it is looked at.
    head: [u8; HEAD_LEN],
    head_len: usize,
    /// How many octets of that message are to follow that are not looked at.
    skip: u16,
    rewrites: [Option<Rewrite>; REWRITES],
    /// Whether there was a FIN.
    is_finished: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// No SYN has come.
    Silent,
    Following,
    /// It is no stream of control messages, or no more.
    Lost,
}

/// A call id that was rewritten, for when it is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rewrite {
    /// The number of its first octet.
    at: u32,
    id: [u8; 2],
}

impl Track {
    pub(super) const SILENT: Self = Self {
        mode: Mode::Silent,
        start: 0,
        next: 0,
        acknowledged: 0,
        half: None,
        head: [0; HEAD_LEN],
        head_len: 0,
        skip: 0,
        rewrites: [None; REWRITES],
        is_finished: false,
    };

    /// Has the stream start with octet number `start`, unless it goes already.
    pub(super) fn open(&mut self, start: u32) {
        if self.end() == self.start {
            *self = Self {
                mode: Mode::Following,
                start,
                next: start,
                acknowledged: start,
                ..Self::SILENT
            };
        }
    }

    pub(super) fn has_started(&self) -> bool {
        self.mode != Mode::Silent
    }

    /// Whether octet number `start` is the first one.
    pub(super) const fn starts_at(&self, start: u32) -> bool {
        self.start == start
    }

    /// The number of the octet that comes next.
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// Whether octets are missing before what is `len` octets behind number `position`.
    pub(super) fn is_behind_a_gap(&self, position: u32, len: usize) -> bool {
        let at = position.wrapping_add(u32::try_from(len).unwrap_or(u32::MAX));
        self.mode == Mode::Following && distance(self.next, at) > 0
    }

    /// Takes note of a FIN, `len` octets behind number `position`.
    pub(super) fn finish_at(&mut self, position: u32, len: usize) {
        let at = position.wrapping_add(u32::try_from(len).unwrap_or(u32::MAX));
        self.is_finished |= self.has_started() && self.next == at;
    }

    pub(super) const fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Takes note that the receiver has all octets before number `to`. Whether that makes sense.
    pub(super) fn acknowledge(&mut self, to: u32) -> bool {
        let makes_sense = distance(self.start, to) >= 0 && distance(to, self.end()) >= 0;
        if makes_sense && distance(self.acknowledged, to) > 0 {
            self.acknowledged = to;
            for place in &mut self.rewrites {
                // Long before their numbers are used again.
                *place = place.filter(|old| distance(old.at, to) < REMEMBERED);
            }
        }
        makes_sense
    }

    /// The number behind all that has come; a FIN has one as well.
    pub(super) fn end(&self) -> u32 {
        self.next.wrapping_add(u32::from(self.is_finished))
    }

    /// Reads what is new in `octets`, the first of which is number `position`, and gives how many from the front may go
    /// on, once [`rewritten`](Self::rewritten); the others have to come again.
    pub(super) fn follow(
        &mut self,
        position: u32,
        octets: &[u8],
        book: &mut impl Book,
    ) -> Result<usize, Refusal> {
        if octets.is_empty() {
            return Ok(0);
        }
        let mut refusal = Refusal::HalfAnId;
        if self.mode == Mode::Following {
            let ahead = distance(self.next, position);
            if ahead > 1 || (ahead == 1 && self.half.is_none()) {
                return Err(Refusal::Gap);
            }
            let known = usize::try_from(ahead.saturating_neg()).unwrap_or(0);
            let new = octets.get(known..).unwrap_or_default();
            // What is in front of `new`, if that is the other half of a call id.
            let half = self.half.filter(|_| ahead == 1);
            if let Err(error) = self.read(half, new, book) {
                refusal = error;
            }
        }
        if self.mode == Mode::Lost {
            self.run_on(position, octets.len());
        }
        let understood = match self.mode {
            Mode::Following => usize::try_from(distance(position, self.next)).unwrap_or(0),
            Mode::Silent | Mode::Lost => octets.len(),
        };
        let passed = understood.min(octets.len());
        if passed == 0 {
            return Err(refusal);
        }
        Ok(passed)
    }

    /// Reads octets, from number `next` on, or from the one after that if that is `half`, and stops where it cannot go on.
    fn read(
        &mut self,
        mut half: Option<u8>,
        mut octets: &[u8],
        book: &mut impl Book,
    ) -> Result<(), Refusal> {
        while !octets.is_empty() && self.mode == Mode::Following {
            if let Some((message, whose)) = self.at_call_id() {
                let (id, taken) = match (half.take(), octets) {
                    (Some(high), &[low, ..]) => ([high, low], 1),
                    (None, &[high, low, ..]) => ([high, low], 2),
                    _ => {
                        self.half = octets.first().copied();
                        return Ok(());
                    }
                };
                self.rewrite(message, whose, id, book)?;
                self.half = None;
                self.take(&id);
                octets = octets.get(taken..).unwrap_or_default();
            } else {
                // A call id is looked at as such, and what is in front of it has to be known by then.
                let wanted = match self.skip {
                    0 => self.boundary().saturating_sub(self.head_len),
                    skip => usize::from(skip),
                };
                let (now, later) = octets.split_at(wanted.min(octets.len()));
                self.take(now);
                octets = later;
            }
            self.finish(book);
        }
        Ok(())
    }

    /// Goes on without a look at what comes.
    fn run_on(&mut self, position: u32, len: usize) {
        let end = position.wrapping_add(u32::try_from(len).unwrap_or(u32::MAX));
        if distance(self.next, position) <= 0 && distance(self.next, end) > 0 {
            self.next = end;
        }
    }

    /// Up to where in a message octets may be taken without a look at what they are.
    fn boundary(&self) -> usize {
        let boundaries = [8, FIRST_AT, SECOND_AT, RESULT_AT, HEAD_LEN];
        let next = boundaries.into_iter().find(|&at| at > self.head_len);
        let end = self.header().map_or(HEAD_LEN, |(header, _)| {
            usize::from(header.length).min(HEAD_LEN)
        });
        next.unwrap_or(HEAD_LEN).min(end)
    }

    /// The header of the message, once it is there, and the type.
    fn header(&self) -> Option<(Header, ControlType)> {
        let header = Header::parse(self.head.get(..self.head_len)?).ok()??;
        match header.kind {
            HeaderKind::Control(message) => Some((header, message)),
            HeaderKind::Management(_) => None,
        }
    }

    /// Whether a call id comes next: of which message, and whose.
    fn at_call_id(&self) -> Option<(ControlType, Whose)> {
        if self.skip > 0 {
            return None;
        }
        let (header, message) = self.header()?;
        let [first, second] = fields(message);
        let whose = match self.head_len {
            FIRST_AT => first,
            SECOND_AT => second,
            _ => Whose::Nobodys,
        };
        let is_there = whose != Whose::Nobodys && usize::from(header.length) >= RESULT_AT;
        is_there.then_some((message, whose))
    }

    fn rewrite(
        &mut self,
        message: ControlType,
        whose: Whose,
        id: [u8; 2],
        book: &mut impl Book,
    ) -> Result<(), Refusal> {
        let acknowledged = self.acknowledged;
        let is_free = |place: &&mut Option<Rewrite>| {
            // A half that the receiver may lack is not to be forgotten.
            place.is_none_or(|old| distance(old.at, acknowledged) >= 2)
        };
        let place = self.rewrites.iter_mut().find(is_free);
        let place = place.ok_or(Refusal::Unacknowledged)?;
        let new = book.rewrite(message, whose, u16::from_be_bytes(id))?;
        *place = Some(Rewrite {
            at: self.next,
            id: new.to_be_bytes(),
        });
        Ok(())
    }

    /// Goes on behind `octets`.
    fn take(&mut self, octets: &[u8]) {
        let len = octets.len();
        self.next = self
            .next
            .wrapping_add(u32::try_from(len).unwrap_or(u32::MAX));
        if self.skip > 0 {
            let len = u16::try_from(len).unwrap_or(u16::MAX);
            self.skip = self.skip.saturating_sub(len);
            return;
        }
        let free = self.head.get_mut(self.head_len..).unwrap_or_default();
        for (place, octet) in free.iter_mut().zip(octets) {
            *place = *octet;
        }
        self.head_len = self.head_len.saturating_add(len).min(HEAD_LEN);
    }

    /// If enough of a message has come, takes note of it, and has the next one start at its end.
    fn finish(&mut self, book: &mut impl Book) {
        let head = self.head.get(..self.head_len).unwrap_or_default();
        let header = match Header::parse(head) {
            Ok(Some(header)) => header,
            Ok(None) => return,
            Err(_) => {
                self.mode = Mode::Lost;
                return;
            }
        };
        let len = usize::from(header.length);
        if let HeaderKind::Control(message) = header.kind {
            if self.head_len < len.min(HEAD_LEN) {
                return;
            }
            let id_at = |at| {
                let id = head.get(at..).and_then(<[u8]>::first_chunk);
                id.map_or(0, |&id| u16::from_be_bytes(id))
            };
            if len >= RESULT_AT {
                book.note(&Noted {
                    message,
                    ids: [id_at(FIRST_AT), id_at(SECOND_AT)],
                    result: head.get(RESULT_AT).copied(),
                });
            }
        }
        let read = u16::try_from(self.head_len).unwrap_or(u16::MAX);
        self.skip = header.length.saturating_sub(read);
        self.head_len = 0;
    }

    /// What has to be written over `len` octets, the first of which is number `position`: where, and what.
    pub(super) fn rewritten(&self, position: u32, len: usize) -> impl Iterator<Item = (usize, u8)> {
        let octets = self.rewrites.iter().flatten().flat_map(|rewrite| {
            let [high, low] = rewrite.id;
            [(rewrite.at, high), (rewrite.at.wrapping_add(1), low)]
        });
        octets.filter_map(move |(at, octet)| {
            let offset = usize::try_from(distance(position, at)).ok()?;
            (offset < len).then_some((offset, octet))
        })
    }
}
