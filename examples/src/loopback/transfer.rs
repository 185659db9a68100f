//! A small reliable transfer: a file each way over datagrams that get lost, doubled and overtaken.
//!
//! The file is cut into numbered blocks, of which so many are on their way at once. Each block that comes in is
//! acknowledged by what has come so far: all blocks below a number, and which of the 64 after it. A block is sent again
//! when three that were sent after it have been acknowledged, or when its time is up, which follows the round trip
//! (RFC 6298). One block is on its way at first, one more for each that is acknowledged, half as many when one's time was
//! up.
//!
//! ```text
//! data            0x01, block number (4 octets), number of blocks (4), the block
//! acknowledgment  0x02, first block that is missing (4), those after it, one bit each, the first the lowest (8)
//! ```

use pptp_core::time::Instant;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The most octets that a segment has besides its block.
pub const OVERHEAD: usize = 13;

/// How many blocks are on their way at most: fewer than a reorder buffer holds.
const MAX_WINDOW: u32 = 24;
/// How many later blocks have to be acknowledged for one to be taken for lost.
const OVERTAKEN: u32 = 3;
/// The longest file, in blocks.
const MAX_BLOCKS: u32 = 1 << 22;

/// How long an acknowledgment is waited for before the round trip is known.
const FIRST_TIMEOUT: Duration = Duration::from_millis(250);
const MIN_TIMEOUT: Duration = Duration::from_millis(100);
const MAX_TIMEOUT: Duration = Duration::from_secs(3);

const DATA: u8 = 1;
const ACKNOWLEDGMENT: u8 = 2;

/// One end of a transfer: it sends one file and receives another.
#[derive(Debug)]
pub struct Transfer {
    sender: Sender,
    receiver: Receiver,
}

/// What an end sends next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// An acknowledgment.
    Acknowledgment,
    /// A block, by its number.
    Block(u32),
}

impl Transfer {
    /// Starts to send `file` in blocks of `block` octets.
    #[must_use]
    pub fn new(file: Arc<[u8]>, block: usize) -> Self {
        Self {
            sender: Sender::new(file, block.max(1)),
            receiver: Receiver::default(),
        }
    }

    /// Whether everything has been received, and everything sent is acknowledged.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.sender.is_complete() && self.receiver.is_complete()
    }

    /// How much has been received, in percent.
    #[must_use]
    pub fn percent(&self) -> usize {
        self.receiver.have * 100 / self.receiver.blocks.len().max(1)
    }

    /// What has been received: a file, once it is complete.
    #[must_use]
    pub fn received(&self) -> Option<Vec<u8>> {
        let blocks = self.receiver.blocks.iter().map(Option::as_deref);
        let file: Option<Vec<_>> = blocks.collect();
        file.filter(|blocks| !blocks.is_empty())
            .map(|blocks| blocks.concat())
    }

    /// How many blocks have been sent, those that were sent again included, and how many times one was sent again.
    #[must_use]
    pub const fn sent_blocks(&self) -> (u64, u64) {
        (self.sender.sent, self.sender.again)
    }

    /// Takes a segment. What is no segment is left aside.
    pub fn handle(&mut self, now: Instant, segment: &[u8]) {
        let _ = self.parse(now, segment);
    }

    /// What is to be sent now. It stays the same until it is [`sent`](Self::sent).
    #[must_use]
    pub fn next(&self, now: Instant) -> Option<Next> {
        if self.receiver.owes_acknowledgment {
            return Some(Next::Acknowledgment);
        }
        self.sender.next(now).map(Next::Block)
    }

    /// The segment for what is to be sent.
    #[must_use]
    pub fn segment(&self, next: Next) -> Vec<u8> {
        let mut segment = Vec::new();
        match next {
            Next::Acknowledgment => {
                let (missing, later) = self.receiver.state();
                segment.push(ACKNOWLEDGMENT);
                segment.extend(missing.to_be_bytes());
                segment.extend(later.to_be_bytes());
            }
            Next::Block(number) => {
                segment.push(DATA);
                segment.extend(number.to_be_bytes());
                segment.extend(self.sender.count().to_be_bytes());
                segment.extend(self.sender.block(number));
            }
        }
        segment
    }

    /// It is on its way.
    pub fn sent(&mut self, now: Instant, next: Next) {
        match next {
            Next::Acknowledgment => self.receiver.owes_acknowledgment = false,
            Next::Block(number) => self.sender.sent(now, number),
        }
    }

    /// When there may be something to send, if nothing comes before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.sender.next_timeout()
    }

    fn parse(&mut self, now: Instant, segment: &[u8]) -> Option<()> {
        let (&kind, rest) = segment.split_first()?;
        let (number, rest) = rest.split_first_chunk()?;
        let number = u32::from_be_bytes(*number);
        match kind {
            DATA => {
                let (count, block) = rest.split_first_chunk()?;
                self.receiver
                    .take(number, u32::from_be_bytes(*count), block);
            }
            ACKNOWLEDGMENT => {
                let later = u64::from_be_bytes(*rest.first_chunk()?);
                self.sender.acknowledged(now, number, later);
            }
            _ => {}
        }
        Some(())
    }
}

#[derive(Debug)]
struct Sender {
    file: Arc<[u8]>,
    block: usize,
    blocks: Vec<Block>,
    /// The first that is not acknowledged.
    base: u32,
    /// How many may be on their way.
    window: u32,
    /// The round trip, smoothed, and its variation.
    round_trip: Option<(Duration, Duration)>,
    sent: u64,
    again: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Block {
    acknowledged: bool,
    sent_at: Option<Instant>,
    times: u32,
    /// How many that were sent later have been acknowledged.
    overtaken: u32,
}

impl Sender {
    fn new(file: Arc<[u8]>, block: usize) -> Self {
        let count = file.len().div_ceil(block).max(1);
        Self {
            file,
            block,
            blocks: vec![Block::default(); count],
            base: 0,
            window: 1,
            round_trip: None,
            sent: 0,
            again: 0,
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.blocks.len()).unwrap_or(u32::MAX)
    }

    fn block(&self, number: u32) -> &[u8] {
        let mut blocks = self.file.chunks(self.block);
        blocks.nth(number as usize).unwrap_or_default()
    }

    fn is_complete(&self) -> bool {
        self.base == self.count()
    }

    /// The numbers of the blocks that may be on their way.
    fn window(&self) -> Range<u32> {
        self.base..self.base.saturating_add(self.window).min(self.count())
    }

    /// Those that are not acknowledged.
    fn missing(&self) -> impl Iterator<Item = (u32, &Block)> {
        self.window()
            .map(|number| (number, &self.blocks[number as usize]))
            .filter(|(_, block)| !block.acknowledged)
    }

    fn next(&self, now: Instant) -> Option<u32> {
        let is_due = |block: &Block| {
            block.overtaken >= OVERTAKEN || self.due(block).is_none_or(|at| at <= now)
        };
        self.missing()
            .find(|(_, block)| is_due(block))
            .map(|(number, _)| number)
    }

    fn sent(&mut self, now: Instant, number: u32) {
        let block = &mut self.blocks[number as usize];
        self.sent += 1;
        self.again += u64::from(block.times > 0);
        if number == self.base && block.times > 0 && block.overtaken < OVERTAKEN {
            self.window = (self.window / 2).max(1);
        }
        block.sent_at = Some(now);
        block.times += 1;
        block.overtaken = 0;
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.missing()
            .filter_map(|(_, block)| self.due(block))
            .min()
    }

    /// When a block is to be sent again; `None` if it has not been sent at all.
    fn due(&self, block: &Block) -> Option<Instant> {
        let timeout = self
            .round_trip
            .map_or(FIRST_TIMEOUT, |(mean, variation)| mean + 4 * variation);
        let timeout = timeout.clamp(MIN_TIMEOUT, MAX_TIMEOUT);
        let backed_off = timeout * (1 << block.times.saturating_sub(1).min(5));
        Some(block.sent_at? + backed_off.min(MAX_TIMEOUT))
    }

    fn acknowledged(&mut self, now: Instant, missing: u32, later: u64) {
        let among_later = |number: u32| {
            let place = number.checked_sub(missing.saturating_add(1));
            place.is_some_and(|place| place < 64 && later >> place & 1 == 1)
        };
        if missing > self.count() {
            return;
        }
        let new: Vec<u32> = self
            .missing()
            .filter(|(number, block)| {
                block.sent_at.is_some() && (*number < missing || among_later(*number))
            })
            .map(|(number, _)| number)
            .collect();
        for number in new {
            self.window = (self.window + 1).min(MAX_WINDOW);
            let block = &mut self.blocks[number as usize];
            block.acknowledged = true;
            let sent = (block.sent_at, number);
            // Of one that was sent twice nobody knows which of the two came.
            if let (1, Some(at)) = (block.times, block.sent_at) {
                self.measured(now - at);
            }
            for other in self.window() {
                let block = &mut self.blocks[other as usize];
                let before = block.sent_at.is_some() && (block.sent_at, other) < sent;
                block.overtaken += u32::from(before && !block.acknowledged);
            }
        }
        while self
            .blocks
            .get(self.base as usize)
            .is_some_and(|block| block.acknowledged)
        {
            self.base += 1;
        }
    }

    fn measured(&mut self, sample: Duration) {
        self.round_trip = Some(match self.round_trip {
            None => (sample, sample / 2),
            Some((mean, variation)) => (
                (7 * mean + sample) / 8,
                (3 * variation + mean.abs_diff(sample)) / 4,
            ),
        });
    }
}

#[derive(Debug, Default)]
struct Receiver {
    /// Empty until the first block tells how many there are.
    blocks: Vec<Option<Vec<u8>>>,
    have: usize,
    /// The first that is missing.
    missing: usize,
    owes_acknowledgment: bool,
}

impl Receiver {
    const fn is_complete(&self) -> bool {
        !self.blocks.is_empty() && self.missing == self.blocks.len()
    }

    fn take(&mut self, number: u32, count: u32, block: &[u8]) {
        if self.blocks.is_empty() && count <= MAX_BLOCKS {
            self.blocks = vec![None; count as usize];
        }
        let Some(place) = self.blocks.get_mut(number as usize) else {
            return;
        };
        self.owes_acknowledgment = true;
        if place.is_none() {
            *place = Some(block.to_vec());
            self.have += 1;
        }
        while let Some(Some(_)) = self.blocks.get(self.missing) {
            self.missing += 1;
        }
    }

    fn state(&self) -> (u32, u64) {
        let later = self.blocks.iter().skip(self.missing + 1).take(64);
        let bits = later
            .enumerate()
            .filter(|(_, block)| block.is_some())
            .fold(0, |bits, (place, _)| bits | 1 << place);
        (u32::try_from(self.missing).unwrap_or(u32::MAX), bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pptp_core::testkit::{Conditions, Link, Rng};

    /// How long it takes between two ends, and how many blocks were sent again.
    fn carry(conditions: Conditions, seed: u64, len: usize) -> (Duration, u64) {
        let files = [0x55, 0xaa].map(|octet| {
            let mut file: Arc<[u8]> = vec![octet; len].into();
            if let Some(file) = Arc::get_mut(&mut file) {
                file.iter_mut().step_by(7).for_each(|octet| *octet ^= 0xff);
            }
            file
        });
        let mut ends = files.clone().map(|file| Transfer::new(file, 1000));
        let mut links = [0, 1].map(|way| Link::new(conditions, Rng::new(seed * 2 + way)));
        let mut now = Instant::ZERO;
        while !ends.iter().all(Transfer::is_complete) {
            for way in 0..2 {
                while let Some(next) = ends[way].next(now) {
                    links[way].send(now, &ends[way].segment(next));
                    ends[way].sent(now, next);
                }
            }
            let arrivals = links.iter().filter_map(Link::next_arrival);
            let timeouts = ends.iter().filter_map(Transfer::next_timeout);
            now = arrivals.chain(timeouts).min().unwrap().max(now);
            for way in 0..2 {
                if let Some(segment) = links[way].receive(now) {
                    ends[1 - way].handle(now, &segment);
                }
            }
            assert!(now < Instant::from_millis(600_000), "{ends:?}");
        }
        assert_eq!(ends[0].received().unwrap(), *files[1]);
        assert_eq!(ends[1].received().unwrap(), *files[0]);
        (now - Instant::ZERO, ends[0].sent_blocks().1)
    }

    #[test]
    fn a_good_path_takes_no_block_twice() {
        let (took, again) = carry(Conditions::INTERNET, 1, 100_000);
        // 1, 2, 4, 8 and 16 blocks, then 24 in each round trip of 40 to 48 ms.
        assert_eq!(again, 0);
        assert!(took < Duration::from_millis(450), "{took:?}");
    }

    #[test]
    fn gets_through_any_path() {
        let terrible = Conditions {
            loss: 0.4,
            reordering: 0.5,
            duplication: 0.3,
            ..Conditions::ROUGH
        };
        for seed in 0..20 {
            for len in [0, 1, 999, 1000, 1001, 70_000] {
                carry(Conditions::ROUGH, seed, len);
                carry(terrible, seed, len);
            }
        }
    }
}
