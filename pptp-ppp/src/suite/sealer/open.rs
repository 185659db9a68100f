//! What comes in: decrypted, then decompressed (RFC 3078 §3.1).

use super::super::Early;
use super::super::compression::Compress;
use super::super::sealed::{Opened, Place};
use super::{Delivery, Sealer};
use crate::automaton::State;
use crate::codec::Reader;
use crate::config::Requirement;
use crate::error::Discard;
use crate::plausible::{Plausibility, START, judge, judge_start, split};
use crate::time::Instant;
use crate::wire::mppe::{Header, HeaderBits};
use heapless::Vec;
use pptp_mppc::{Decompressor, Error, Flags};
use pptp_mppe::stateless::{DecryptJob, decrypt_jobs};
use pptp_mppe::{BATCH, Count, DecryptError, Decryptor, Mode, Packet, Trial};

/// A packet that is not encrypted is taken for one that comes late if it is at most so many behind. Any other that does
/// not have the count that is expected was sent after the last one, whatever the count.
const LATE: u16 = 64;

impl<C: Compress, const PREPARED: usize, D: Delivery> Sealer<C, PREPARED, D> {
    /// As [`SuiteLayer::open`](super::SuiteLayer::open).
    pub(super) fn open_packet(
        &mut self,
        now: Instant,
        early: impl Into<Option<Early>>,
        sealed: &mut [u8],
    ) -> Result<Opened, Discard> {
        let header = Header::parse(&mut Reader::new(sealed)).map_err(Discard::Malformed)?;
        let end = sealed.len();
        let data = sealed.get_mut(Header::LEN..).unwrap_or_default();
        if !header.bits().contains(HeaderBits::ENCRYPTED) {
            return self.open_unencrypted(now, header, data, end);
        }
        if self.decryptor.is_none() {
            self.take_for_ack(now, header, data);
        }
        let receiving = self.compression.receiving_mut();
        let decompressor = receiving.map(|receiving| &mut receiving.decompressor);
        let allowed = match &self.decryptor {
            None => Err(Discard::EncryptionNotUp),
            Some(_) if is_compressed(header) && decompressor.is_none() => {
                Err(Discard::WrongEncryptionBits)
            }
            Some(_) => Ok(()),
        };
        let (Ok(()), Some(decryptor)) = (allowed, &mut self.decryptor) else {
            if let Some(early) = early.into() {
                early.undo(sealed);
            }
            return Err(allowed.err().unwrap_or(Discard::EncryptionNotUp));
        };
        let stateful = decryptor.mode() == Mode::Stateful;
        let flags = flags(header, decryptor.mode());
        let (count, flushed) = (Count::new(header.count()), is_flushed(header));
        let trial = match early.into() {
            Some(Early(early)) => decryptor.decrypt_late(early, count, flushed, data),
            None => decryptor.decrypt(count, flushed, data),
        };
        let mut trial = match trial {
            Ok(trial) => trial,
            Err(DecryptError::OutOfSync { .. }) => {
                self.request_reset(now);
                return Err(Discard::AwaitsReset);
            }
            Err(_) => {
                // After a long loss what comes next seems to be of the past, and only a reset tells.
                if stateful {
                    self.request_reset(now);
                }
                return Err(Discard::WrongCount);
            }
        };
        let missing = trial.missing() > 0;
        // What moves the keys has to be beyond doubt: a jump ahead, and bit A where that may stand for a new key.
        let moves_keys = missing || (stateful && flushed);
        if !find(&mut trial, flags, decompressor.as_deref(), moves_keys) {
            // A key stream that has come out of step, by a forged packet say, does not find back by itself.
            if stateful {
                self.request_reset(now);
            }
            return Err(Discard::Implausible);
        }
        self.delivery.keep(now, &mut trial);
        let plaintext = trial.commit();
        self.resets.in_step(flushed);
        let Some(decompressor) = decompressor else {
            return take_out(plaintext, end);
        };
        if missing {
            decompressor.lose();
        }
        unpack(decompressor, flags, plaintext, end)
    }

    /// As [`SuiteLayer::open_late`](super::SuiteLayer::open_late). Nothing else changes by it: keys and count have gone on,
    /// and in stateless mode, the only one with keys for it, no later packet hangs on the history.
    pub(super) fn open_late_packet(
        &mut self,
        now: Instant,
        sealed: &mut [u8],
    ) -> Result<Opened, Discard> {
        let header = Header::parse(&mut Reader::new(sealed)).map_err(Discard::Malformed)?;
        let end = sealed.len();
        let data = sealed.get_mut(Header::LEN..).unwrap_or_default();
        if !header.bits().contains(HeaderBits::ENCRYPTED) {
            return Err(Discard::WrongEncryptionBits);
        }
        let decryptor = self.decryptor.as_ref().ok_or(Discard::EncryptionNotUp)?;
        let receiving = self.compression.receiving_mut();
        let decompressor = receiving.map(|receiving| &mut receiving.decompressor);
        if is_compressed(header) && decompressor.is_none() {
            return Err(Discard::WrongEncryptionBits);
        }
        let flags = flags(header, decryptor.mode());
        let count = Count::new(header.count());
        let trial = self.delivery.decrypt(now, decryptor, count, data);
        let trial = trial.ok_or(Discard::WrongCount)?;
        // It uses its key up, so that it has to be beyond doubt.
        if looks(trial.plaintext(), flags, decompressor.as_deref()) < Plausibility::Strong {
            trial.abort();
            return Err(Discard::Implausible);
        }
        let plaintext = trial.commit();
        let opened = match decompressor {
            Some(decompressor) => unpack(decompressor, flags, plaintext, end),
            None => take_out(plaintext, end),
        }?;
        self.delivery.delivered();
        Ok(opened)
    }

    /// What is only compressed, or stands where something compressed might (RFC 2118 §4.3).
    fn open_unencrypted(
        &mut self,
        now: Instant,
        header: Header,
        data: &mut [u8],
        end: usize,
    ) -> Result<Opened, Discard> {
        // Where there is encryption, or has to be, this is no packet of the peer's.
        let is_encrypted = self.decryptor.is_some() || self.requirement() == Requirement::Require;
        if is_encrypted || !C::COMPRESSES {
            return Err(Discard::WrongEncryptionBits);
        }
        if self.compression.receiving().is_none() {
            self.take_for_ack(now, header, data);
        }
        let (Some(receiving), Some(agreed)) =
            (self.compression.receiving_mut(), self.ccp.policy.receive())
        else {
            return Err(Discard::WrongEncryptionBits);
        };
        let flags = flags(header, agreed.mode);
        let count = Count::new(header.count());
        if (1..=LATE).contains(&receiving.expected.since(count)) {
            self.request_reset(now);
            return Err(Discard::WrongCount);
        }
        let decompressor = &mut receiving.decompressor;
        if count != receiving.expected && !flags.contains(Flags::FLUSHED) {
            decompressor.lose();
        }
        receiving.expected = count.next();
        receiving.received = true;
        let opened = unpack(decompressor, flags, data, end);
        if decompressor.is_out_of_step() {
            self.request_reset(now);
        } else if flags.contains(Flags::FLUSHED) {
            // What was lost is made good: the next loss is another.
            self.resets.in_step(true);
        }
        opened
    }

    /// As [`SuiteLayer::open_early`](super::SuiteLayer::open_early).
    pub(super) fn decrypt_early(&mut self, sealed: &mut [&mut [u8]]) -> [Option<Early>; BATCH] {
        let decompresses = self.compression.receiving().is_some();
        let Some(decryptor) = &mut self.decryptor else {
            return [const { None }; BATCH];
        };
        let mut packets: Vec<Packet<'_>, BATCH> = Vec::new();
        for sealed in sealed {
            let Some(packet) = encrypted(sealed, decompresses) else {
                break;
            };
            if packets.push(packet).is_err() {
                break;
            }
        }
        decryptor
            .decrypt_early(&mut packets)
            .map(|early| early.map(Early))
    }

    /// As [`SuiteLayer::open_early_jobs`](super::SuiteLayer::open_early_jobs).
    pub(super) fn decrypt_early_of_several(
        jobs: &mut [(&mut Self, &mut [u8])],
    ) -> [Option<Early>; BATCH] {
        let mut early = [const { None }; BATCH];
        let mut slots: Vec<&mut Option<Early>, BATCH> = Vec::new();
        let mut packets = Vec::<_, BATCH>::new();
        for ((sealer, sealed), slot) in jobs.iter_mut().zip(&mut early) {
            let decompresses = sealer.compression.receiving().is_some();
            if let Some(Decryptor::Stateless(decryptor)) = &mut sealer.decryptor
                && let Some(Packet { count, data, .. }) = encrypted(sealed, decompresses)
            {
                let _ = packets.push(DecryptJob::new(decryptor, count, data));
                let _ = slots.push(slot);
            }
        }
        if packets.len() >= 2 {
            decrypt_jobs(&mut packets);
        }
        // From the last one on: there are as many of the one as of the other.
        while let (Some(slot), Some(packet)) = (slots.pop(), packets.pop()) {
            *slot = packet.into_early().map(Early);
        }
        drop(slots);
        early
    }

    /// A peer whose packets are as our unanswered Configure-Request asked has granted it, and its Configure-Ack was
    /// lost.
    fn take_for_ack(&mut self, now: Instant, header: Header, data: &mut [u8]) {
        let (State::AckSent, Some(asked)) = (self.ccp.state(), self.ccp.policy.asked()) else {
            return;
        };
        let encrypted = header.bits().contains(HeaderBits::ENCRYPTED);
        if encrypted != asked.strength.is_some() {
            return;
        }
        if asked.mppc {
            self.compression.start_receiving();
        }
        let flags = flags(header, asked.mode);
        let receiving = self.compression.receiving();
        let decompressor = receiving.map(|receiving| &receiving.decompressor);
        let start = |strength| self.keys.as_ref()?.receive(strength);
        let found = match asked.strength.map(|strength| (strength, start(strength))) {
            Some((strength, Some(start))) => {
                let mut decryptor = Decryptor::new(start, strength, asked.mode);
                let trial = decryptor.decrypt(Count::new(header.count()), is_flushed(header), data);
                trial.is_ok_and(|mut trial| {
                    let found = find_enough(&mut trial, flags, decompressor, Plausibility::Strong);
                    if found {
                        trial.abort();
                    }
                    found
                })
            }
            Some((_, None)) => false,
            None => looks(data, flags, decompressor) == Plausibility::Strong,
        };
        self.compression.stop_receiving();
        if found {
            self.ccp.take_for_ack(now);
            self.follow();
        }
    }
}

/// A packet that is encrypted, and compressed only if there is a decompressor.
fn encrypted(sealed: &mut [u8], decompresses: bool) -> Option<Packet<'_>> {
    let (header, data) = sealed.split_first_chunk_mut()?;
    let header = Header::from_word(u16::from_be_bytes(*header));
    let encrypted = header.bits().contains(HeaderBits::ENCRYPTED);
    (encrypted && (decompresses || !is_compressed(header))).then(|| Packet {
        count: Count::new(header.count()),
        flushed: is_flushed(header),
        data,
    })
}

fn is_compressed(header: Header) -> bool {
    header.bits().contains(HeaderBits::COMPRESSED)
}

fn is_flushed(header: Header) -> bool {
    header.bits().contains(HeaderBits::FLUSHED)
}

/// What the header says of the history. In stateless mode each packet begins it anew, whatever somebody made of its bit.
fn flags(header: Header, mode: Mode) -> Flags {
    let [first, _] = header.word().to_be_bytes();
    let mut flags = Flags::from_header(first);
    if mode == Mode::Stateless {
        flags |= Flags::FLUSHED;
    }
    flags
}

/// Tries all that a packet may have been encrypted with, until it looks like one. If nothing does, it is ciphertext
/// again.
fn find<const PREPARED: usize>(
    trial: &mut Trial<'_, '_, PREPARED>,
    flags: Flags,
    decompressor: Option<&Decompressor>,
    beyond_doubt: bool,
) -> bool {
    // It cannot build on what is missing.
    let stands_alone = trial.missing() == 0 || flags.contains(Flags::FLUSHED);
    let decompressor = decompressor.filter(|_| stands_alone);
    let enough = if beyond_doubt {
        Plausibility::Strong
    } else {
        // In sequence any protocol will do.
        Plausibility::Weak
    };
    find_enough(trial, flags, decompressor, enough)
}

fn find_enough<const PREPARED: usize>(
    trial: &mut Trial<'_, '_, PREPARED>,
    flags: Flags,
    decompressor: Option<&Decompressor>,
    enough: Plausibility,
) -> bool {
    while looks(trial.plaintext(), flags, decompressor) < enough {
        if !trial.retry() {
            return false;
        }
    }
    true
}

/// How much like a packet it looks. Of what is compressed that is found by decompressing it for nothing.
fn looks(text: &[u8], flags: Flags, decompressor: Option<&Decompressor>) -> Plausibility {
    if !flags.contains(Flags::COMPRESSED) {
        return judge(text);
    }
    let mut start = [0; START];
    let len = decompressor.and_then(|it| it.preview(flags, text, &mut start).ok());
    len.map_or(Plausibility::None, |len| {
        judge_start(start.get(..len).unwrap_or(&start), len)
    })
}

/// Finds the packet in what is not compressed, and ends at the octet `end` of what came as protocol 0x00FD.
fn take_out(text: &[u8], end: usize) -> Result<Opened, Discard> {
    let (protocol, packet) = split(text).map_err(Discard::Malformed)?;
    let place = Place::Datagram(end.saturating_sub(packet.len())..end);
    Ok(Opened { protocol, place })
}

/// Decompresses what ends at the octet `end` of what came as protocol 0x00FD.
fn unpack(
    decompressor: &mut Decompressor,
    flags: Flags,
    data: &[u8],
    end: usize,
) -> Result<Opened, Discard> {
    let text = decompressor.decompress(flags, data);
    let text = text.map_err(|error| match error {
        Error::OutOfStep => Discard::AwaitsReset,
        _ => Discard::Implausible,
    })?;
    let (protocol, packet) = split(text).map_err(Discard::Malformed)?;
    let place = if flags.contains(Flags::COMPRESSED) {
        Place::History(text.len().saturating_sub(packet.len()))
    } else {
        Place::Datagram(end.saturating_sub(packet.len())..end)
    };
    Ok(Opened { protocol, place })
}
