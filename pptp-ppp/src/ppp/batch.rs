//! Several frames at once.

use super::{Inbound, Ppp};
use crate::error::Discard;
use crate::profile::Profile;
use crate::suite::Early;
use crate::suite::sealed::SuiteLayer;
use crate::time::Instant;
use crate::wire::{Frame, Protocol};
use heapless::Vec;
use pptp_mppe::{BATCH, side_by_side};

impl<P: Profile> Ppp<P> {
    /// Takes several frames from the peer: [`Batch::next`] hands out what is in each, as [`Ppp::handle_frame`] would
    /// one after the other, and to the same outcome. Where packets are encrypted in stateless mode they are decrypted
    /// several at once, which takes less time.
    ///
    /// ```
    /// # use pptp_ppp::{Inbound, Instant, Minimal, Ppp};
    /// fn receive(link: &mut Ppp<Minimal>, now: Instant, frames: &mut [&mut [u8]], deliver: fn(&[u8])) {
    ///     let mut batch = link.handle_batch(now, frames);
    ///     while let Some(inbound) = batch.next() {
    ///         if let Ok(Inbound::Packet { packet, .. }) = inbound {
    ///             deliver(packet);
    ///         }
    ///     }
    /// }
    /// ```
    pub const fn handle_batch<'a, 'd>(
        &'a mut self,
        now: Instant,
        frames: &'a mut [&'d mut [u8]],
    ) -> Batch<'a, 'd, P> {
        Batch {
            ppp: self,
            now,
            frames,
            early: [const { None }; BATCH],
            begun: 0,
            done: 0,
        }
    }

    /// The first half of [`Ppp::handle_batch`], for those who have something to do between a frame and the next: of the
    /// first [`BATCH`] frames, decrypts where they are those that hold encrypted packets, up to the first that does not,
    /// and says in the same place with what key. Nothing else has changed yet.
    ///
    /// When the turn of a frame comes it goes to [`Ppp::handle_early_frame`].
    pub fn decrypt_early(&mut self, frames: &mut [&mut [u8]]) -> [Option<Early>; BATCH] {
        let mut sealed: Vec<&mut [u8], BATCH> = Vec::new();
        for frame in frames {
            // What is negotiated may change the keys.
            let Ok((Protocol::COMPRESSED, information)) = Frame::parse_mut(frame) else {
                break;
            };
            if sealed.push(information).is_err() {
                break;
            }
        }
        if sealed.len() < 2 {
            return [const { None }; BATCH];
        }
        self.suite.open_early(&mut sealed)
    }

    /// As [`Ppp::decrypt_early`], of a frame each of the first [`BATCH`] of several links, which is faster still: their
    /// keys do not follow from each other.
    ///
    /// ```
    /// # use pptp_ppp::{BATCH, Inbound, Instant, Minimal, Ppp};
    /// fn receive(now: Instant, jobs: &mut [(&mut Ppp<Minimal>, &mut [u8])], deliver: fn(&[u8])) {
    ///     for jobs in jobs.chunks_mut(BATCH) {
    ///         let early = Ppp::decrypt_early_jobs(jobs);
    ///         for ((link, frame), early) in jobs.iter_mut().zip(early) {
    ///             if let Ok(Inbound::Packet { packet, .. }) = link.handle_early_frame(now, early, frame) {
    ///                 deliver(packet);
    ///             }
    ///         }
    ///     }
    /// }
    /// ```
    pub fn decrypt_early_jobs(jobs: &mut [(&mut Self, &mut [u8])]) -> [Option<Early>; BATCH] {
        let mut sealed: Vec<(&mut P::Suite, &mut [u8]), BATCH> = Vec::new();
        for (ppp, frame) in jobs.iter_mut().take(BATCH) {
            let information = match Frame::parse_mut(frame) {
                Ok((Protocol::COMPRESSED, information)) => information,
                _ => &mut [],
            };
            let _ = sealed.push((&mut ppp.suite, information));
        }
        P::Suite::open_early_jobs(&mut sealed)
    }
}

/// Frames that are handed out one by one: see [`Ppp::handle_batch`].
///
/// If it is dropped, those that were not handed out are as if they had not been in it.
#[derive(Debug)]
#[must_use = "nothing is taken before it is handed out"]
pub struct Batch<'a, 'd, P: Profile> {
    ppp: &'a mut Ppp<P>,
    now: Instant,
    /// Those that have not been handed out; of the first some have been decrypted.
    frames: &'a mut [&'d mut [u8]],
    early: [Option<Early>; BATCH],
    /// How many of the first have been looked at, and how many of these have been handed out.
    begun: usize,
    done: usize,
}

impl<P: Profile> Batch<'_, '_, P> {
    /// What the next frame was. `None` if that was all.
    #[expect(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<Result<Inbound<'_>, Discard>> {
        if self.done >= self.begun {
            let frames = core::mem::take(&mut self.frames);
            self.frames = frames.get_mut(self.done..).unwrap_or_default();
            self.begun = side_by_side(self.frames.len());
            self.done = 0;
            let some = self.frames.get_mut(..self.begun).unwrap_or_default();
            self.early = self.ppp.decrypt_early(some);
        }
        let frame = self.frames.get_mut(self.done)?;
        let early = self.early.get_mut(self.done).and_then(Option::take);
        self.done = self.done.saturating_add(1);
        Some(self.ppp.handle_early_frame(self.now, early, frame))
    }

    /// How many have not been handed out.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.frames.len().saturating_sub(self.done)
    }
}

impl<P: Profile> Drop for Batch<'_, '_, P> {
    fn drop(&mut self) {
        for (frame, early) in self.frames.iter_mut().zip(&mut self.early) {
            if let Some(early) = early.take() {
                early.undo_frame(frame);
            }
        }
    }
}
