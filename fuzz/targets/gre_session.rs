//! A peer whose packets prove genuine, a path that loses and doubles them, and an attacker who forges others: whatever
//! the peer sends in order is delivered, once and in order, unless just that number was forged before.
#![no_main]

use core::time::Duration;
use libfuzzer_sys::fuzz_target;
use pptp_core::Discard;
use pptp_core::gre::{Config, Proof, Received, Reorder, Session};
use pptp_core::time::Instant;
use std::collections::BTreeSet;

struct Tunnel {
    session: Session,
    reorder: Reorder<4, 32>,
    now: Instant,
    /// The last genuine number that was delivered.
    last: Option<u32>,
    forged: BTreeSet<u32>,
}

const GENUINE: &[u8] = b"genuine";

impl Tunnel {
    fn datagram(sequence: u32, payload: &[u8]) -> Vec<u8> {
        let mut datagram = vec![0x30, 0x01, 0x88, 0x0b, 0, payload.len() as u8, 0, 1];
        datagram.extend(sequence.to_be_bytes());
        datagram.extend(payload);
        datagram
    }

    fn receive(&mut self, datagram: &mut [u8]) -> Result<(), Discard> {
        if let Received::Packet { sequence, payload } = self.session.receive(self.now, datagram)? {
            self.release(Some((sequence, payload)));
        }
        Ok(())
    }

    fn release(&mut self, mut packet: Option<(u32, &mut [u8])>) {
        while let Some((sequence, payload)) = self.reorder.release(self.now, &mut packet) {
            if self.session.deliver(sequence).is_err() {
                continue;
            }
            if payload == GENUINE {
                let is_ahead = |last: u32| sequence.wrapping_sub(last).cast_signed() > 0;
                assert!(
                    self.last.is_none_or(is_ahead),
                    "{sequence} after {:?}",
                    self.last
                );
                self.last = Some(sequence);
                self.session.confirm(self.now, sequence, Proof::Genuine);
            } else if payload == b"lcp" {
                self.session.confirm(self.now, sequence, Proof::Unknown);
            }
        }
    }

    fn wait(&mut self, millis: u8) {
        self.now = self.now + Duration::from_millis(millis.into());
        self.session.handle_timeout(self.now);
        while self
            .session
            .poll_ack(self.now, &mut [0; 12])
            .expect("room")
            .is_some()
        {}
        self.release(None);
        for timeout in [self.session.next_timeout(), self.reorder.next_timeout()] {
            let latest = self.now + Duration::from_millis(300);
            assert!(timeout.is_none_or(|at| at > self.now && at <= latest));
        }
    }
}

fuzz_target!(|script: &[u8]| {
    let Some((base, script)) = script.split_first_chunk() else {
        return;
    };
    let mut next = u32::from_be_bytes(*base);
    let mut tunnel = Tunnel {
        session: Session::new(Config::new(1, 2)),
        reorder: Reorder::new(),
        now: Instant::ZERO,
        last: None,
        forged: BTreeSet::new(),
    };
    for &[operation, a, b, c] in script.as_chunks().0 {
        match operation % 8 {
            // The next packet, of which the reorder buffer need not make anything.
            0..=2 => {
                let fresh = !tunnel.forged.contains(&next);
                let result = tunnel.receive(&mut Tunnel::datagram(next, GENUINE));
                let held = !tunnel.reorder.is_empty();
                assert!(
                    !fresh || held || tunnel.last == Some(next) || tunnel.last.is_none(),
                    "{next} came in order: {result:?}, {:?}",
                    tunnel.last
                );
                next = next.wrapping_add(1);
            }
            // Lost ones.
            3 => next = next.wrapping_add(u32::from_be_bytes([0, 0, a % 4, b])),
            // One that was sent before, or lost.
            4 => {
                let before = next.wrapping_sub(1 + u32::from(a));
                let _ = tunnel.receive(&mut Tunnel::datagram(before, GENUINE));
            }
            // A forged one.
            5 => {
                let jump = i32::from_be_bytes([a, b, c, operation]) >> (operation >> 3);
                let sequence = next.wrapping_add_signed(jump);
                tunnel.forged.insert(sequence);
                let payload = [&b"lcp"[..], b"rubbish"][usize::from(operation >> 7)];
                let _ = tunnel.receive(&mut Tunnel::datagram(sequence, payload));
            }
            6 => tunnel.wait(a),
            _ => {
                let header = tunnel.session.header_len();
                let mut out = [0; 64];
                let room = usize::from(a % 64);
                let before = tunnel.session.clone();
                match tunnel
                    .session
                    .seal(tunnel.now, &mut out[..room], usize::from(b % 64))
                {
                    Ok(packet) => assert_eq!(packet.len(), header + usize::from(b % 64)),
                    Err(_) => assert_eq!(tunnel.session, before),
                }
            }
        }
    }
});
