//! Decrypting and decompressing one direction of a session.

use pptp_mppc::{Decompressor, Error, Flags};
use pptp_mppe::{Count, Decryptor, Mode, StartKey, Strength, stateless};
use pptp_ppp::plausible::{Plausibility, START, judge, judge_start};
use pptp_ppp::wire::mppe::{Header, HeaderBits};

/// Why a packet was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// No key can be that of the packet: its count is behind, or stateful mode waits for a reset after a loss. Or the
    /// history that it builds on is not all there.
    OutOfSync,
    /// What comes out is no packet.
    Implausible,
}

/// Reads what one end sends through MPPE, MPPC or both, packets in order.
#[derive(Debug)]
pub struct Receiver {
    decryptor: Option<Decryptor>,
    decompressor: Option<Box<Decompressor>>,
    mode: Mode,
    /// The count of the next packet, if nothing is encrypted.
    expected: Count,
}

impl Receiver {
    /// Starts with the key that authentication gave, if there is encryption; with an empty history, if there is
    /// compression.
    #[must_use]
    pub fn new(key: Option<(&StartKey, Strength)>, mppc: bool, mode: Mode) -> Self {
        let decryptor = key.map(|(key, strength)| match mode {
            // A reader of a file bears any loss: nobody can make it work for nothing more than once.
            Mode::Stateless => Decryptor::Stateless(
                stateless::Decryptor::new(key, strength)
                    .with_kept_keys()
                    .with_max_jump(Count::SPACE),
            ),
            Mode::Stateful => Decryptor::new(key, strength, mode),
        });
        Self {
            decryptor,
            decompressor: mppc.then(Box::default),
            mode,
            expected: Count::FIRST,
        }
    }

    /// The packet behind `header`: its Protocol field and what that labels.
    ///
    /// # Errors
    /// [`Lost`], after which the next packet may be read all the same.
    pub fn read(&mut self, header: Header, data: &[u8]) -> Result<Vec<u8>, Lost> {
        let bits = header.bits();
        if bits.contains(HeaderBits::ENCRYPTED) != self.decryptor.is_some() {
            return Err(Lost::Implausible);
        }
        let [first, _] = header.word().to_be_bytes();
        let mut flags = Flags::from_header(first);
        // Whatever the bit says: each packet begins the history anew.
        flags.set(
            Flags::FLUSHED,
            self.mode == Mode::Stateless || bits.contains(HeaderBits::FLUSHED),
        );
        let count = Count::new(header.count());
        let text = if self.decryptor.is_some() {
            let flushed = bits.contains(HeaderBits::FLUSHED);
            self.decrypt(count, flushed, flags, data)?
        } else {
            if count != self.expected
                && let Some(decompressor) = &mut self.decompressor
            {
                decompressor.lose();
            }
            self.expected = count.next();
            data.to_vec()
        };
        let Some(decompressor) = &mut self.decompressor else {
            return Ok(text);
        };
        match decompressor.decompress(flags, &text) {
            Ok(packet) => Ok(packet.to_vec()),
            Err(Error::OutOfStep) => Err(Lost::OutOfSync),
            Err(_) => Err(Lost::Implausible),
        }
    }

    fn decrypt(
        &mut self,
        count: Count,
        flushed: bool,
        flags: Flags,
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, Lost> {
        let decryptor = self.decryptor.as_mut().ok_or(Lost::Implausible)?;
        let mut data = ciphertext.to_vec();
        let mut trial = decryptor
            .decrypt(count, flushed, &mut data)
            .map_err(|_| Lost::OutOfSync)?;
        let in_step = trial.missing() == 0;
        if !in_step && let Some(decompressor) = &mut self.decompressor {
            decompressor.lose();
        }
        let decompressor = self.decompressor.as_deref();
        let first = looks(trial.plaintext(), flags, decompressor);
        let mut best = first;
        while best != Plausibility::Strong && trial.retry() {
            best = looks(trial.plaintext(), flags, decompressor);
        }
        if best == Plausibility::Strong {
            return Ok(trial.commit().to_vec());
        }
        // Protocols whose packets show nothing of their own are believed where no key had to be guessed.
        if first == Plausibility::Weak && in_step {
            drop(trial);
            let mut data = ciphertext.to_vec();
            if let Ok(trial) = decryptor.decrypt(count, flushed, &mut data) {
                return Ok(trial.commit().to_vec());
            }
        }
        Err(Lost::Implausible)
    }
}

/// How much like a packet what was decrypted looks, once it is decompressed.
fn looks(text: &[u8], flags: Flags, decompressor: Option<&Decompressor>) -> Plausibility {
    if !flags.contains(Flags::COMPRESSED) {
        return judge(text);
    }
    let mut start = [0; START];
    match decompressor.map(|it| it.preview(flags, text, &mut start)) {
        Some(Ok(len)) => judge_start(&start[..len.min(START)], len),
        // Only its key is in step: it cannot tell, but the next packet will.
        Some(Err(Error::OutOfStep)) => Plausibility::Weak,
        Some(Err(_)) | None => Plausibility::None,
    }
}
