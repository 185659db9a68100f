//! Replays one end of a recorded session into ours.

use super::facts::{Facts, index};
use super::peer::{NEGOTIATED, Peer, Reply};
use super::recording::{Framed, Record, What};
use super::session::Saying;
use pptp_core::Client;
use pptp_core::ppp::wire::{Code, Protocol};
use pptp_core::ppp::{Full, Profile};
use pptp_core::testkit::{Endpoint, Node, Side};
use pptp_core::time::Instant;
use pptp_core::wire::GreHeader;
use std::collections::VecDeque;
use std::time::Duration;

/// How long our end is left alone when the recording is over.
const AFTERWARDS: Duration = Duration::from_secs(120);

/// Our end and the recorded one.
pub(crate) struct Driver<'a, P: Profile, R> {
    node: &'a mut Node<P, R>,
    /// What answers for the recorded end. `None`: only the recording does.
    peer: Option<Peer>,
    our_call_id: u16,
    numbers: Numbers,
    /// Our Challenge's Identifier.
    challenge: Option<u8>,
    unread: Vec<u8>,
    replies: VecDeque<Reply>,
    /// What our end sent.
    said: Vec<Saying>,
}

/// Gives every recorded packet a number: its own, moved on by the packets that were put in before it.
struct Numbers {
    /// The recorded number after which a packet was put in, for each.
    put_in: Vec<i64>,
    /// The highest recorded number that our end has got; before it got any, the one before the first.
    highest: i64,
}

impl Numbers {
    fn of(&self, recorded: i64) -> i64 {
        let put_in = self.put_in.iter().filter(|&&after| after < recorded);
        recorded + put_in.count() as i64
    }

    /// The number of a packet that is put in now.
    fn put_in(&mut self) -> u32 {
        let number = self.of(self.highest + 1);
        self.put_in.push(self.highest);
        number as u32
    }
}

impl<'a, P: Profile, R> Driver<'a, P, R> {
    /// Gives `node`, which takes the place of the recorded end on `side`, all that the other one sent; with a peer that
    /// answers for it, if `answering`.
    pub(crate) fn replay(
        node: &'a mut Node<P, R>,
        side: Side,
        records: &[Record],
        facts: &Facts,
        answering: bool,
    ) -> Vec<Saying> {
        let from = side.peer();
        let peer = answering.then(|| Peer::new(facts, from));
        let first = facts.said.iter().find(|said| said.by == from);
        let mut driver = Self {
            node,
            our_call_id: facts.call_ids[index(side)],
            numbers: Numbers {
                put_in: Vec::new(),
                highest: first.map_or(-1, |said| i64::from(said.sequence) - 1),
            },
            challenge: None,
            unread: Vec::new(),
            replies: VecDeque::new(),
            said: Vec::new(),
            peer,
        };
        driver.run(from, records);
        driver.said
    }

    fn run(&mut self, from: Side, records: &[Record]) {
        let start = records[0].at;
        self.node.control_connected(start);
        self.drain(start);
        for record in records.iter().filter(|record| record.from == from) {
            self.wait_until(record.at);
            match &record.what {
                What::Control(octets) => self.control(record.at, octets),
                What::End => self.node.control_closed(record.at),
                What::Gre(datagram) => self.gre(record.at, datagram),
            }
            self.drain(record.at);
        }
        let end = records.last().unwrap().at;
        self.wait_until(end + AFTERWARDS);
    }

    fn wait_until(&mut self, at: Instant) {
        while let Some(due) = self.node.next_timeout().filter(|due| *due <= at) {
            self.node.handle_timeout(due);
            self.drain(due);
            assert!(self.node.next_timeout() > Some(due) || self.node.next_timeout().is_none());
        }
    }

    fn control(&mut self, now: Instant, octets: &[u8]) {
        self.unread.extend(octets);
        loop {
            // An end that has closed takes nothing.
            let taken = self.node.handle_control(now, &self.unread).unwrap_or(0);
            self.unread.drain(..taken);
            self.drain(now);
            if taken == 0 {
                break;
            }
        }
    }

    fn gre(&mut self, now: Instant, datagram: &[u8]) {
        let mut datagram = datagram.to_vec();
        if self.peer.is_some() {
            self.rewrite(&mut datagram);
        }
        self.node.handle_gre(now, &mut datagram);
    }

    /// Makes a recorded datagram one that fits what our end said; an empty one, if there is none that does.
    fn rewrite(&mut self, datagram: &mut Vec<u8>) {
        let (mut header, payload) = GreHeader::parse(datagram).unwrap();
        let Some(recorded) = header.sequence.map(i64::from) else {
            return;
        };
        let mut payload = payload.to_vec();
        self.numbers.highest = self.numbers.highest.max(recorded);
        header.sequence = Some(self.numbers.of(recorded) as u32);
        if let Some(frame) = Framed::parse(datagram)
            && let Some(packet) = frame.packet()
            && let Some(peer) = &mut self.peer
        {
            let negotiated = NEGOTIATED.contains(&frame.protocol);
            let request = negotiated && packet.code == Code::CONFIGURE_REQUEST;
            let fits = !request || peer.requests(frame.protocol, packet.identifier, packet.data);
            if negotiated && is_answer(packet.code) || !fits {
                payload.clear();
            }
            let response = frame.protocol == Protocol::CHAP && packet.code.0 == 2;
            if let Some(challenge) = self.challenge.filter(|_| response) {
                let at = payload.len() - frame.information.len() + 1;
                payload[at] = challenge;
            }
        }
        header.payload_len = payload.len() as u16;
        *datagram = vec![0; header.len()];
        header.encode(datagram).unwrap();
        datagram.extend(payload);
    }

    /// Takes all that our end has to say, and gives it the answers, until there is nothing more.
    fn drain(&mut self, now: Instant) {
        loop {
            let mut out = [0; Client::<Full>::MAX_OUTPUT];
            while self.node.poll_control(now, &mut out).unwrap().is_some() {}
            loop {
                self.node.attend(now);
                let Some(datagram) = self.node.poll_gre(now, &mut out).unwrap() else {
                    break;
                };
                let datagram = datagram.to_vec();
                self.hear(&datagram);
            }
            let Some(reply) = self.replies.pop_front() else {
                return;
            };
            self.send(now, &reply);
        }
    }

    /// Notes what our end said, and what the recorded one says to it.
    fn hear(&mut self, datagram: &[u8]) {
        let Some(frame) = Framed::parse(datagram) else {
            return;
        };
        let Some(packet) = frame.packet() else {
            return;
        };
        if frame.protocol == Protocol::CHAP && packet.code.0 == 1 {
            self.challenge = Some(packet.identifier);
        }
        self.said
            .push((frame.protocol, packet.code, packet.data.to_vec()));
        if let Some(peer) = &mut self.peer {
            let reply = peer.hears(frame.protocol, packet.code, packet.identifier, packet.data);
            self.replies.extend(reply);
        }
    }

    /// Sends a packet that the recorded end did not.
    fn send(&mut self, now: Instant, reply: &Reply) {
        let mut payload = vec![0xff, 0x03];
        payload.extend(reply.protocol.0.to_be_bytes());
        payload.extend([reply.code.0, reply.identifier]);
        payload.extend((reply.data.len() as u16 + 4).to_be_bytes());
        payload.extend(&reply.data);
        let header = GreHeader {
            payload_len: payload.len() as u16,
            call_id: self.our_call_id,
            sequence: Some(self.numbers.put_in()),
            acknowledgment: None,
        };
        let mut datagram = vec![0; header.len()];
        header.encode(&mut datagram).unwrap();
        datagram.extend(payload);
        self.node.handle_gre(now, &mut datagram);
    }
}

/// Whether it answers something that the other recorded end said, not ours.
fn is_answer(code: Code) -> bool {
    [
        Code::CONFIGURE_ACK,
        Code::CONFIGURE_NAK,
        Code::CONFIGURE_REJECT,
        Code::TERMINATE_ACK,
    ]
    .contains(&code)
}
