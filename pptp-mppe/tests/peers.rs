//! Stateful mode with peers that were written by others: models of how they change keys, on ciphers that are not ours.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod support;

use pptp_mppe::stateful::{self, ResetRule};
use pptp_mppe::{Decryptor, Encryptor, Mode, StartKey, Strength};
use proptest::prelude::*;
use rc4::{KeyInit, Rc4, StreamCipher};
use sha1::{Digest, Sha1};
use support::{Wire, packet, plausible, receive, strength};

/// The keys of a peer (RFC 3078 §7.3), with RustCrypto's RC4.
struct Keys {
    start: Vec<u8>,
    key: Vec<u8>,
    strength: Strength,
    cipher: Rc4,
}

impl Keys {
    fn new(start: [u8; 16], strength: Strength) -> Self {
        let len = if strength == Strength::Bits128 { 16 } else { 8 };
        let start = start[..len].to_vec();
        let cipher = Rc4::new_from_slice(&start).unwrap();
        let mut keys = Self {
            key: start.clone(),
            start,
            strength,
            cipher,
        };
        keys.key = keys.hash();
        keys.reduce();
        keys.restart();
        keys
    }

    fn hash(&self) -> Vec<u8> {
        let text = [&self.start[..], &[0x00; 40], &self.key, &[0xf2; 40]].concat();
        Sha1::digest(text)[..self.key.len()].to_vec()
    }

    fn reduce(&mut self) {
        match self.strength {
            Strength::Bits40 => self.key[..3].copy_from_slice(&[0xd1, 0x26, 0x9e]),
            Strength::Bits56 => self.key[0] = 0xd1,
            Strength::Bits128 => {}
        }
    }

    fn restart(&mut self) {
        self.cipher = Rc4::new_from_slice(&self.key).unwrap();
    }

    fn change(&mut self) {
        self.key = self.hash();
        self.restart();
        let Self { cipher, key, .. } = self;
        cipher.apply_keystream(key);
        self.reduce();
        self.restart();
    }
}

/// A sender. Linux's `ppp_mppe` changes the key on each packet with bit A, and has bit A on each flag packet. FreeBSD's
/// `ng_mppc` starts anew with the same key, and has no bit A on flag packets.
struct Sender {
    keys: Keys,
    linux: bool,
    next: u16,
    flush: bool,
}

impl Sender {
    fn send(&mut self, mut data: Vec<u8>) -> Wire {
        let count = self.next;
        let flag = count & 0xff == 0xff;
        let reset = core::mem::take(&mut self.flush);
        if flag || (reset && self.linux) {
            self.keys.change();
        } else if reset {
            self.keys.restart();
        }
        self.keys.cipher.apply_keystream(&mut data);
        self.next = (count + 1) % 4096;
        let flushed = reset || (flag && self.linux);
        Wire {
            count: pptp_mppe::Count::new(count),
            flushed,
            data,
        }
    }
}

/// What a receiver makes of a packet.
#[derive(Debug, PartialEq)]
enum Received {
    Plain(Vec<u8>),
    /// Dropped; a Reset-Request goes out if none is under way.
    ResetNeeded,
}

/// A receiver that, as all of them do, trusts the keys that it has. `linux`: as above, and that while in step it takes
/// no packet after a loss, bit A or not, but drops it and waits for another.
struct Receiver {
    keys: Keys,
    linux: bool,
    last: u16,
    discarding: bool,
}

impl Receiver {
    fn receive(&mut self, wire: &Wire) -> Received {
        let (count, flushed) = (wire.count.get(), wire.flushed);
        if self.linux {
            self.linux(count, flushed)
        } else {
            self.rfc(count, flushed)
        };
        if self.discarding {
            return Received::ResetNeeded;
        }
        let mut data = wire.data.clone();
        self.keys.cipher.apply_keystream(&mut data);
        Received::Plain(data)
    }

    fn linux(&mut self, count: u16, flushed: bool) {
        if !self.discarding {
            self.last = (self.last + 1) % 4096;
            self.discarding = count != self.last;
            if self.discarding {
                return;
            }
        } else if flushed {
            while count & 0xf00 != self.last & 0xf00 {
                self.keys.change();
                self.last = (self.last + 256) % 4096;
            }
            self.last = count;
            self.discarding = false;
        }
        if flushed && !self.discarding {
            self.keys.change();
        }
    }

    /// RFC 3078 §8.2.
    fn rfc(&mut self, count: u16, flushed: bool) {
        let expected = (self.last + 1) % 4096;
        self.discarding = !flushed && (self.discarding || count != expected);
        while self.last != count {
            self.last = (self.last + 1) % 4096;
            if self.last & 0xff == 0xff {
                self.keys.change();
            }
        }
        if flushed {
            self.keys.restart();
        }
    }
}

/// A path that loses by a pattern, and a Reset-Request that takes some packets' time.
#[derive(Debug, Clone)]
struct Path {
    lost: Vec<bool>,
    delay: u32,
    reset_in: Option<u32>,
    resets: u32,
}

impl Path {
    fn reset_needed(&mut self) {
        self.reset_in = self.reset_in.or(Some(self.delay));
    }

    /// One packet's time has gone by: whether the sender gets a Reset-Request.
    fn reset_arrives(&mut self) -> bool {
        let now = self.reset_in == Some(0);
        self.reset_in = self.reset_in.filter(|left| *left > 0).map(|left| left - 1);
        self.resets += u32::from(now);
        now
    }
}

fn path() -> impl Strategy<Value = Path> {
    let lost = prop::collection::vec(prop::bool::weighted(0.15), 50..900);
    (lost, 0..8_u32).prop_map(|(lost, delay)| Path {
        lost,
        delay,
        reset_in: None,
        resets: 0,
    })
}

/// From a sender of another kind to our decryptor: each packet from a reset to the next loss arrives.
fn to_us(
    linux: bool,
    start: [u8; 16],
    strength: Strength,
    mut path: Path,
) -> Result<stateful::Decryptor, TestCaseError> {
    let mut sender = Sender {
        keys: Keys::new(start, strength),
        linux,
        next: 0,
        flush: false,
    };
    let mut decryptor = Decryptor::new(&StartKey::from_bytes(start), strength, Mode::Stateful);
    let (mut in_step, mut resets_lost) = (true, 0);
    for (number, lost) in (0..).zip(path.lost.clone()) {
        sender.flush |= path.reset_arrives();
        let plain = packet(number, 20 + number as usize % 300);
        let wire = sender.send(plain.clone());
        if lost && resets_lost < 6 {
            resets_lost += u32::from(wire.flushed);
            in_step = false;
            continue;
        }
        in_step |= wire.flushed || wire.count.is_flag();
        if in_step {
            resets_lost = 0;
            let received = receive(&mut decryptor, &wire);
            prop_assert_eq!(
                received,
                Ok(Some(plain)),
                "{:?} {}",
                wire.count,
                wire.flushed
            );
        } else {
            let refused = decryptor
                .decrypt(wire.count, wire.flushed, &mut [0; 30])
                .is_err();
            prop_assert!(refused);
            path.reset_needed();
        }
    }
    match decryptor {
        Decryptor::Stateful(decryptor) => Ok(decryptor),
        Decryptor::Stateless(_) => Err(TestCaseError::fail("not the mode asked for")),
    }
}

/// From our encryptor to a receiver of another kind. Gives how many packets arrived garbled.
fn from_us(
    rule: ResetRule,
    linux: bool,
    start: [u8; 16],
    strength: Strength,
    path: &mut Path,
) -> (u32, u32) {
    let encryptor = stateful::Encryptor::new(&StartKey::from_bytes(start), strength);
    let mut encryptor: Encryptor = Encryptor::Stateful(encryptor.with_reset_rule(rule));
    let mut receiver = Receiver {
        keys: Keys::new(start, strength),
        linux,
        last: 4095,
        discarding: false,
    };
    let (mut good, mut garbled) = (0, 0);
    for (number, lost) in (0..).zip(path.lost.clone()) {
        if path.reset_arrives() {
            encryptor.flush();
        }
        let plain = packet(number, 20 + number as usize % 300);
        let mut data = plain.clone();
        let sealed = encryptor.encrypt_in_place(&mut data);
        if lost {
            continue;
        }
        match receiver.receive(&Wire::new(sealed, data)) {
            Received::Plain(data) if data == plain => good += 1,
            Received::Plain(data) => {
                assert!(!plausible(&data));
                garbled += 1;
            }
            Received::ResetNeeded => path.reset_needed(),
        }
    }
    (good, garbled)
}

#[test]
fn a_lost_reset_of_linux_is_made_good() {
    let mut sender = Sender {
        keys: Keys::new([4; 16], Strength::Bits128),
        linux: true,
        next: 0,
        flush: false,
    };
    let mut decryptor = stateful::Decryptor::new(&StartKey::from_bytes([4; 16]), Strength::Bits128);
    for (number, lost) in (0..).zip([false, true, true, true, false, false]) {
        // Counts 1 to 3 are lost, each with a bit A; count 4 has the next: four changes of the key.
        sender.flush = (1..=4).contains(&number);
        let plain = packet(number, 60);
        let wire = sender.send(plain.clone());
        if lost {
            continue;
        }
        let mut data = wire.data.clone();
        let mut trial = decryptor
            .decrypt(wire.count, wire.flushed, &mut data)
            .unwrap();
        let mut tried = 1;
        while !plausible(trial.plaintext()) {
            assert!(trial.retry());
            tried += 1;
        }
        assert_eq!(trial.missing(), if number == 4 { 3 } else { 0 });
        assert_eq!(trial.commit(), plain);
        // 1, 0, 2, 3, 4 changes.
        assert_eq!(tried, if number == 4 { 5 } else { 1 });
    }
    assert_eq!(decryptor.peer_rule(), Some(ResetRule::NewKey));
}

#[test]
fn rules_that_do_not_match_lose_the_link() {
    // That is what the default spares its users.
    for (rule, linux) in [(ResetRule::SameKey, true), (ResetRule::NewKey, false)] {
        let mut lost = vec![false; 300];
        lost[10] = true;
        let mut path = Path {
            lost,
            delay: 2,
            reset_in: None,
            resets: 0,
        };
        let (good, garbled) = from_us(rule, linux, [8; 16], Strength::Bits128, &mut path);
        assert_eq!((good, garbled > 250), (10, true), "{rule:?}");
    }
}

proptest! {
    #[test]
    fn we_follow_linux(start: [u8; 16], strength in strength(), path in path()) {
        let decryptor = to_us(true, start, strength, path)?;
        prop_assert_ne!(decryptor.peer_rule(), Some(ResetRule::SameKey));
    }

    #[test]
    fn we_follow_rfc_3078(start: [u8; 16], strength in strength(), path in path()) {
        let decryptor = to_us(false, start, strength, path)?;
        prop_assert_ne!(decryptor.peer_rule(), Some(ResetRule::NewKey));
    }

    /// Skipping to the flag packet: nothing is ever garbled, and each end to the losses is the end of the outage.
    #[test]
    fn all_follow_us(start: [u8; 16], strength in strength(), linux: bool, path in path()) {
        let mut path = path;
        path.lost.extend([false; 40]);
        let (good, garbled) = from_us(ResetRule::NextFlag, linux, start, strength, &mut path);
        prop_assert_eq!(garbled, 0);
        // The last 40 are not lost: of these at most two resets' time is.
        prop_assert!(good >= 40 - 2 * (path.delay + 2), "{} of {:?}", good, path);
    }

    #[test]
    fn receivers_of_rfc_3078_follow_its_rule(start: [u8; 16], strength in strength(), path in path()) {
        let mut path = path;
        let (_, garbled) = from_us(ResetRule::SameKey, false, start, strength, &mut path);
        prop_assert_eq!(garbled, 0);
    }
}
