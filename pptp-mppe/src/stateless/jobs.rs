//! One packet each of several sessions, side by side.

use super::{Decryptor, Early, Encryptor, Trial, parts};
use crate::key::change_each;
use crate::rc4::{LANES, Lane, crypt, for_lanes};
use crate::{Count, DecryptError, Sealed, SessionKey};

/// A packet of one session to encrypt: see [`encrypt_jobs`].
#[derive(Debug)]
pub struct EncryptJob<'a, const PREPARED: usize = 0> {
    encryptor: &'a mut Encryptor<PREPARED>,
    data: &'a mut [u8],
    sealed: Option<Sealed>,
}

impl<'a, const PREPARED: usize> EncryptJob<'a, PREPARED> {
    /// `data`, which starts with the PPP protocol field of the packet, is to be encrypted where it is.
    pub const fn new(encryptor: &'a mut Encryptor<PREPARED>, data: &'a mut [u8]) -> Self {
        Self {
            encryptor,
            data,
            sealed: None,
        }
    }

    /// What must stand before the packet, once it has been encrypted.
    #[must_use]
    pub const fn sealed(&self) -> Option<Sealed> {
        self.sealed
    }
}

/// Encrypts a packet each of several sessions, as [`Encryptor::encrypt_in_place`] would one after the other: to the
/// same octets, in two thirds of the time on a large processor. Jobs that have been done are done again, on what they left.
///
/// ```
/// use pptp_mppe::stateless::{EncryptJob, Encryptor, encrypt_jobs};
/// # use pptp_mppe::{StartKey, Strength};
///
/// let mut sessions = [7, 8, 9].map(|key| Encryptor::new(&StartKey::from_bytes([key; 16]), Strength::Bits128));
/// let mut packets = [*b"\x00\x21a packet"; 3];
/// let mut packet = packets.iter_mut();
/// let mut jobs = sessions.each_mut().map(|session| EncryptJob::new(session, packet.next().unwrap()));
/// encrypt_jobs(&mut jobs);
/// assert!(jobs.iter().all(|job| job.sealed().is_some()));
/// ```
pub fn encrypt_jobs<const PREPARED: usize>(jobs: &mut [EncryptJob<'_, PREPARED>]) {
    for jobs in parts(jobs) {
        if jobs.iter().any(|job| job.encryptor.is_prepared()) {
            for job in &mut *jobs {
                job.sealed = Some(job.encryptor.next_key());
            }
        } else {
            let _ = for_lanes!(&mut *jobs, change);
        }
        let len = jobs.len();
        let mut jobs = jobs.iter_mut();
        let lanes = [(); LANES].map(|()| {
            jobs.next().map_or_else(Lane::default, |job| Lane {
                key: job.encryptor.key().for_cipher(),
                data: job.data,
            })
        });
        crypt(lanes, len);
    }
}

fn change<const K: usize, const PREPARED: usize>(jobs: &mut [EncryptJob<'_, PREPARED>; K]) {
    change_each(&mut jobs.each_mut().map(|job| job.encryptor.key_mut()));
    for job in jobs {
        job.sealed = Some(job.encryptor.count());
    }
}

/// A packet of one session to decrypt: see [`decrypt_jobs`].
///
/// If it is dropped before its trial, the packet is as it was.
#[derive(Debug)]
pub struct DecryptJob<'a, const PREPARED: usize = 0, const KEPT: usize = 2> {
    decryptor: &'a mut Decryptor<PREPARED, KEPT>,
    count: Count,
    data: &'a mut [u8],
    early: Option<Early>,
}

impl<'a, const PREPARED: usize, const KEPT: usize> DecryptJob<'a, PREPARED, KEPT> {
    /// `data` is to be decrypted where it is, with the key of the packet `count`.
    pub const fn new(
        decryptor: &'a mut Decryptor<PREPARED, KEPT>,
        count: Count,
        data: &'a mut [u8],
    ) -> Self {
        Self {
            decryptor,
            count,
            data,
            early: None,
        }
    }

    /// As [`Decryptor::decrypt`], which [`decrypt_jobs`] has done most of.
    ///
    /// # Errors
    /// As [`Decryptor::decrypt`].
    pub fn trial(&mut self) -> Result<Trial<'_, '_, PREPARED, KEPT>, DecryptError> {
        match self.early.take() {
            Some(early) => self.decryptor.decrypt_late(early, self.count, self.data),
            None => self.decryptor.decrypt(self.count, self.data),
        }
    }

    /// With which key [`decrypt_jobs`] has decrypted it, for [`Decryptor::decrypt_late`]; `None` if it has not.
    #[must_use = "the data has been decrypted, but nobody has judged it"]
    pub fn into_early(mut self) -> Option<Early> {
        self.early.take()
    }

    /// The key before that of the packet.
    fn last_key(&mut self) -> SessionKey {
        let (expected, mut key) = (self.decryptor.expected(), self.decryptor.key().clone());
        let before = self.decryptor.missing(self.count).ok();
        if let Some(before) = before.and_then(|missing| missing.checked_sub(1)) {
            let count = expected.plus(before);
            self.decryptor.ahead().lead(&mut key, count, expected);
        }
        key
    }
}

impl<const PREPARED: usize, const KEPT: usize> Drop for DecryptJob<'_, PREPARED, KEPT> {
    fn drop(&mut self) {
        if let Some(early) = self.early.take() {
            early.undo(self.data);
        }
    }
}

/// Decrypts a packet each of several sessions, so that [`DecryptJob::trial`] of each has little left to do. Nothing
/// has changed for a session before its trial is committed.
///
/// ```
/// use pptp_mppe::stateless::{DecryptJob, Decryptor, decrypt_jobs};
/// use pptp_mppe::Count;
/// # use pptp_mppe::{StartKey, Strength};
///
/// let mut sessions = [7, 8, 9].map(|key| Decryptor::new(&StartKey::from_bytes([key; 16]), Strength::Bits128));
/// let mut packets = [*b"a received packet"; 3];
/// let mut packet = packets.iter_mut();
/// let mut jobs = sessions.each_mut().map(|session| DecryptJob::new(session, Count::FIRST, packet.next().unwrap()));
/// decrypt_jobs(&mut jobs);
/// for job in &mut jobs {
///     let trial = job.trial()?;
///     if trial.plaintext().starts_with(&[0x00, 0x21]) {
///         trial.commit();
///     }
/// }
/// # Ok::<(), pptp_mppe::DecryptError>(())
/// ```
pub fn decrypt_jobs<const PREPARED: usize, const KEPT: usize>(
    jobs: &mut [DecryptJob<'_, PREPARED, KEPT>],
) {
    for jobs in parts(jobs) {
        let _ = for_lanes!(jobs, decrypt);
    }
}

fn decrypt<const K: usize, const PREPARED: usize, const KEPT: usize>(
    jobs: &mut [DecryptJob<'_, PREPARED, KEPT>; K],
) {
    let mut keys = jobs.each_mut().map(DecryptJob::last_key);
    change_each(&mut keys.each_mut());
    let mut lanes: [Lane<'_>; LANES] = Default::default();
    let mut used = 0_usize;
    for (job, mut key) in jobs.iter_mut().zip(keys) {
        let Ok(missing) = job.decryptor.missing(job.count) else {
            continue;
        };
        // A second time is one too many.
        if job.early.is_some() {
            continue;
        }
        let expected = job.decryptor.expected();
        if let Some(slot) = job.decryptor.prepared().peek(expected, missing) {
            key.resume(slot.key);
        }
        if let Some(lane) = lanes.get_mut(used) {
            *lane = Lane {
                key: key.for_cipher(),
                data: job.data,
            };
            job.early = Some(Early::new(key, expected, missing));
            used = used.wrapping_add(1);
        }
    }
    crypt(lanes, used);
}
