use super::*;
use crate::gre::{Config, Proof, Received, Reorder, Session};
use alloc::collections::BTreeSet;
use alloc::rc::Rc;
use core::cell::RefCell;

const TICK: Duration = Duration::from_millis(5);

/// A toy: sends numbered datagrams and messages of eight octets, and remembers what comes.
struct Toy {
    session: Session,
    reorder: Reorder<16, 64>,
    /// What has to be sent yet, and when the next is.
    datagrams: u32,
    next: Option<Instant>,
    messages: u64,
    wants_close: bool,
    connected: bool,
    closed: bool,
    /// The numbers of the datagrams that were delivered.
    delivered: Vec<u32>,
    heard: Vec<u64>,
    refused: u32,
}

fn toy(datagrams: u32, messages: u64) -> Toy {
    Toy {
        session: Session::new(Config::new(7, 7)),
        reorder: Reorder::new(),
        datagrams,
        next: Some(Instant::from_millis(1000) + TICK),
        messages,
        wants_close: false,
        connected: false,
        closed: false,
        delivered: Vec::new(),
        heard: Vec::new(),
        refused: 0,
    }
}

impl Toy {
    fn release(&mut self, now: Instant, mut packet: Option<(u32, &mut [u8])>) {
        while let Some((sequence, payload)) = self.reorder.release(now, &mut packet) {
            if self.session.deliver(sequence).is_err() {
                self.refused += 1;
                continue;
            }
            self.session.confirm(now, sequence, Proof::Unknown);
            let number = u32::from_be_bytes(payload.try_into().unwrap());
            assert_eq!(number, sequence, "the payload came along");
            self.delivered.push(sequence);
        }
    }
}

impl Endpoint for Toy {
    fn control_connected(&mut self, _: Instant) {
        self.connected = true;
    }

    fn control_closed(&mut self, _: Instant) {
        self.closed = true;
    }

    fn handle_control(&mut self, _: Instant, octets: &[u8]) -> Result<usize, ProtocolError> {
        assert!(self.connected && !self.closed);
        // One message a call, to be given the rest again.
        let Some(message) = octets.first_chunk() else {
            return Ok(0);
        };
        let message = u64::from_be_bytes(*message);
        if message == u64::MAX {
            return Err(ProtocolError::MagicCookie { found: 0 });
        }
        self.heard.push(message);
        Ok(8)
    }

    fn handle_gre(&mut self, now: Instant, datagram: &mut [u8]) {
        match self.session.receive(now, datagram) {
            Ok(Received::Packet { sequence, payload }) => {
                self.release(now, Some((sequence, payload)));
            }
            Ok(Received::Acknowledgment) => {}
            Err(_) => self.refused += 1,
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.session.handle_timeout(now);
        self.release(now, None);
    }

    fn next_timeout(&self) -> Option<Instant> {
        let timeouts = [
            self.session.next_timeout(),
            self.reorder.next_timeout(),
            self.next,
        ];
        timeouts.into_iter().flatten().min()
    }

    fn poll_control<'b>(
        &mut self,
        _: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        if self.messages == 0 {
            return Ok(None);
        }
        let place = out.get_mut(..8).ok_or(BufferTooSmall { needed: 8 })?;
        place.copy_from_slice(&self.messages.to_be_bytes());
        self.messages -= 1;
        Ok(Some(place))
    }

    fn poll_gre<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        if self.next.is_none_or(|at| at > now) {
            return self.session.poll_ack(now, out);
        }
        let (header, needed) = (self.session.header_len(), self.session.header_len() + 4);
        let number = (self.session.stats().sent as u32).to_be_bytes();
        out.get_mut(header..needed)
            .ok_or(BufferTooSmall { needed })?
            .copy_from_slice(&number);
        self.datagrams -= 1;
        self.next = (self.datagrams > 0).then_some(now + TICK);
        Ok(Some(self.session.seal(now, out, 4).unwrap()))
    }

    fn wants_close(&self) -> bool {
        self.wants_close
    }
}

fn run(conditions: Conditions, seed: u64) -> Sim<Toy, Toy> {
    let mut sim = Sim::new(toy(200, 50), toy(100, 20), conditions, seed);
    sim.connect();
    sim.run_for(Duration::from_secs(60));
    sim
}

#[test]
fn a_perfect_path_takes_everything_across() {
    let mut sim = run(Conditions::PERFECT, 1);
    assert!(sim.server.delivered.iter().copied().eq(0..200));
    assert!(sim.client.delivered.iter().copied().eq(0..100));
    assert!(sim.server.heard.iter().copied().eq((1..=50).rev()));
    assert!(sim.client.heard.iter().copied().eq((1..=20).rev()));
    assert_eq!(sim.client.session.in_flight(), 0, "all is acknowledged");
    assert_eq!(sim.server.session.in_flight(), 0);
    assert!(!sim.step(), "nothing is left to happen");
}

#[test]
fn the_seed_decides_all() {
    let logs = [3, 3, 4].map(|seed| run(Conditions::ROUGH, seed).log().to_vec());
    assert_eq!(logs[0], logs[1]);
    assert_ne!(logs[1], logs[2]);
}

/// The laws of [`Session`] and [`Reorder`] over bad paths: in order, once, all that arrived in time; the control
/// connection loses nothing.
#[test]
fn a_bad_path_breaks_no_law() {
    let conditions = Conditions {
        loss: 0.2,
        duplication: 0.05,
        reordering: 0.3,
        ..Conditions::ROUGH
    };
    for seed in 0..100 {
        let sim = run(conditions, seed);
        let delivered = &sim.server.delivered;
        assert!(delivered.is_sorted_by(|a, b| a < b), "seed {seed}");
        assert!(
            (80..=200).contains(&delivered.len()),
            "seed {seed}: {}",
            delivered.len()
        );
        assert!(
            sim.server.heard.iter().copied().eq((1..=50).rev()),
            "seed {seed}"
        );
        let stats = sim.server.session.stats();
        // Lateness is within the time that a packet is held, so only the base may come too early for others.
        let late = stats.received - delivered.len() as u64;
        assert!(
            late <= u64::from(delivered[0] + 10),
            "seed {seed}: {late} late"
        );
    }
}

#[test]
fn the_attacker_sees_withholds_changes_and_invents() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let mut sim = Sim::new(toy(20, 3), toy(0, 0), Conditions::INTERNET, 1);
    sim.server.next = None;
    let notes = Rc::clone(&seen);
    sim.set_attacker(move |packet, wire| {
        notes.borrow_mut().push(packet.clone());
        match (packet.kind, notes.borrow().len() % 4) {
            (Kind::Gre, 0) => {}
            (Kind::Gre, 1) => {
                let mut forged = packet.clone();
                forged.bytes[7] ^= 1;
                wire.push(forged);
            }
            (Kind::Gre, 2) => wire.extend([packet.clone(), packet.clone()]),
            _ => wire.push(packet.clone()),
        }
    });
    sim.connect();
    sim.run_for(Duration::from_secs(1));
    let from_ends: Vec<_> = sim.log().iter().filter(|packet| !packet.forged).collect();
    let seen: BTreeSet<_> = seen
        .borrow()
        .iter()
        .map(|packet| packet.bytes.clone())
        .collect();
    assert!(from_ends.iter().all(|packet| seen.contains(&packet.bytes)));
    let stats = sim.server.session.stats();
    assert!(stats.wrong_call_id > 3 && stats.duplicate > 3, "{stats:?}");
    assert!((8..13).contains(&sim.server.delivered.len()));
    assert_eq!(
        sim.log().iter().filter(|packet| packet.forged).count() as u64,
        stats.wrong_call_id
    );

    let refused = sim.server.refused;
    sim.remove_attacker();
    sim.inject(Side::Client, Kind::Gre, b"rubbish");
    sim.inject(Side::Client, Kind::Control, &9_u64.to_be_bytes());
    sim.run_for(Duration::from_secs(1));
    assert_eq!(sim.server.refused, refused + 1);
    assert_eq!(sim.server.heard, [3, 2, 1, 9]);
}

#[test]
fn the_connection_ends_from_either_side_and_comes_again() {
    let mut sim = Sim::new(toy(1, 1), toy(1, 1), Conditions::INTERNET, 1);
    sim.connect();
    assert!(sim.run_until(Duration::from_secs(1), |sim| sim.is_connected(Side::Server)));
    sim.client.wants_close = true;
    sim.run_for(Duration::from_secs(1));
    assert!(sim.client.closed && sim.server.closed);
    assert_eq!(sim.server.heard, [1], "what was written before arrives");
    let closes = sim
        .log()
        .iter()
        .filter(|packet| packet.kind == Kind::Close)
        .count();
    assert_eq!(closes, 2);

    for end in [&mut sim.client, &mut sim.server] {
        (end.closed, end.wants_close, end.messages) = (false, false, 1);
    }
    sim.connect();
    sim.run_for(Duration::from_secs(1));
    assert_eq!(sim.server.heard, [1, 1]);
    // What is no PPTP closes it too.
    sim.inject(Side::Server, Kind::Control, &[0xff; 8]);
    sim.run_for(Duration::from_secs(1));
    assert!(sim.client.closed && sim.server.closed);
}

#[test]
fn a_blocked_connection_blocks_no_datagrams() {
    let mut sim = Sim::new(toy(10, 5), toy(1, 0), Conditions::INTERNET, 1);
    sim.block_control(Side::Client, true);
    sim.connect();
    sim.run_for(Duration::from_secs(1));
    assert_eq!(sim.server.delivered.len(), 10);
    assert_eq!(sim.server.heard, []);
    sim.block_control(Side::Client, false);
    sim.run_for(Duration::from_secs(1));
    assert_eq!(sim.server.heard, [5, 4, 3, 2, 1]);
}
