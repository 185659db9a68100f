//! Decrypting one direction of a session.

use pptp_mppe::{Count, Decryptor, Mode, StartKey, Strength, stateless};
use pptp_ppp::plausible::{Plausibility, judge};
use pptp_ppp::wire::mppe::{Header, HeaderBits};

/// Why a packet was not decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// No key can be that of the packet: its count is behind, or stateful mode waits for a reset after a loss.
    OutOfSync,
    /// What comes out is no packet.
    Implausible,
}

/// Decrypts what one end sends, packets in order.
#[derive(Debug)]
pub struct Receiver(Decryptor);

impl Receiver {
    /// Starts with the key that authentication gave.
    #[must_use]
    pub fn new(key: &StartKey, strength: Strength, mode: Mode) -> Self {
        Self(match mode {
            // A reader of a file bears any loss: nobody can make it work for nothing more than once.
            Mode::Stateless => Decryptor::Stateless(
                stateless::Decryptor::new(key, strength)
                    .with_kept_keys()
                    .with_max_jump(Count::SPACE),
            ),
            Mode::Stateful => Decryptor::new(key, strength, mode),
        })
    }

    /// The packet behind `header`: its Protocol field and what that labels.
    ///
    /// # Errors
    /// [`Lost`], after which the next packet may be decrypted all the same.
    pub fn decrypt(&mut self, header: Header, ciphertext: &[u8]) -> Result<Vec<u8>, Lost> {
        if !header.bits().contains(HeaderBits::ENCRYPTED) {
            return Err(Lost::Implausible);
        }
        let count = Count::new(header.count());
        let flushed = header.bits().contains(HeaderBits::FLUSHED);
        let mut data = ciphertext.to_vec();
        let mut trial = self
            .0
            .decrypt(count, flushed, &mut data)
            .map_err(|_| Lost::OutOfSync)?;
        let in_step = trial.missing() == 0;
        let first = judge(trial.plaintext());
        let mut best = first;
        while best != Plausibility::Strong && trial.retry() {
            best = judge(trial.plaintext());
        }
        if best == Plausibility::Strong {
            return Ok(trial.commit().to_vec());
        }
        // Protocols whose packets show nothing of their own are believed where no key had to be guessed.
        if first == Plausibility::Weak && in_step {
            drop(trial);
            let mut data = ciphertext.to_vec();
            if let Ok(trial) = self.0.decrypt(count, flushed, &mut data) {
                return Ok(trial.commit().to_vec());
            }
        }
        Err(Lost::Implausible)
    }
}
