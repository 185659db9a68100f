//! What is to be known of a recorded session before it is replayed.

use super::recording::{Framed, Record, What};
use pptp_core::ppp::wire::{Code, Options, Protocol};
use pptp_core::testkit::Side;
use pptp_core::wire::{GreHeader, Message};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// One option, its value behind its Type.
pub(crate) type Opt = (u8, Vec<u8>);

/// What is taken note of.
const NOTED: [Protocol; 5] = [
    Protocol::LCP,
    Protocol::PAP,
    Protocol::CHAP,
    Protocol::CCP,
    Protocol::IPCP,
];

/// A packet of one of these, as it stands in the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) by: Side,
    pub(crate) protocol: Protocol,
    pub(crate) code: Code,
    pub(crate) identifier: u8,
    pub(crate) data: Vec<u8>,
    /// The number of its GRE packet.
    pub(crate) sequence: u32,
}

/// What both ends said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// The call ids that client and server gave.
    pub(crate) call_ids: [u16; 2],
    pub(crate) said: Vec<Said>,
}

pub(crate) const fn index(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}

pub(crate) fn options(data: &[u8]) -> Vec<Opt> {
    Options::new(data)
        .flatten()
        .map(|option| (option.kind, option.value.to_vec()))
        .collect()
}

impl Facts {
    pub(crate) fn new(records: &[Record]) -> Self {
        let mut facts = Self::default();
        let mut sequences = BTreeSet::new();
        for Record { from, what, .. } in records {
            match what {
                What::Control(octets) => facts.note_control(octets),
                What::End => {}
                What::Gre(datagram) => {
                    let header = GreHeader::parse(datagram).unwrap().0;
                    // What came twice was said once.
                    let sequence = header.sequence.unwrap_or_default();
                    if header.sequence.is_some() && sequences.insert((index(*from), sequence)) {
                        facts.note_frame(*from, sequence, datagram);
                    }
                }
            }
        }
        facts
    }

    fn note_control(&mut self, mut octets: &[u8]) {
        // Messages are in segments of their own here.
        while let Ok(Some((message, len))) = Message::parse(octets) {
            match message {
                Message::OutgoingCallRequest(request) => self.call_ids[0] = request.call_id,
                Message::OutgoingCallReply(reply) => self.call_ids[1] = reply.call_id,
                _ => {}
            }
            octets = &octets[len..];
        }
    }

    fn note_frame(&mut self, by: Side, sequence: u32, datagram: &[u8]) {
        if let Some(frame) = Framed::parse(datagram)
            && NOTED.contains(&frame.protocol)
            && let Some(packet) = frame.packet()
        {
            self.said.push(Said {
                by,
                protocol: frame.protocol,
                code: packet.code,
                identifier: packet.identifier,
                data: packet.data.to_vec(),
                sequence,
            });
        }
    }

    /// What `by` said with this code.
    pub(crate) fn all(
        &self,
        by: Side,
        protocol: Protocol,
        code: Code,
    ) -> impl Iterator<Item = &Said> {
        self.said
            .iter()
            .filter(move |said| (said.by, said.protocol, said.code) == (by, protocol, code))
    }

    fn first(&self, by: Side, protocol: Protocol, code: Code) -> Option<&Said> {
        self.all(by, protocol, code).next()
    }

    /// The options of the first Configure-Request of `by`.
    pub(crate) fn asked_first(&self, by: Side, protocol: Protocol) -> Vec<Opt> {
        let request = self.first(by, protocol, Code::CONFIGURE_REQUEST);
        request.map_or_else(Vec::new, |request| options(&request.data))
    }

    /// What `by` was granted: the options in the last Configure-Ack of its peer.
    pub(crate) fn granted(&self, by: Side, protocol: Protocol) -> Vec<Opt> {
        let ack = self.all(by.peer(), protocol, Code::CONFIGURE_ACK).last();
        ack.map_or_else(Vec::new, |ack| options(&ack.data))
    }

    /// The address that `by` was granted in the end by IPCP's option of this Type: 3 is its own.
    pub(crate) fn address(&self, by: Side, wanted: u8) -> Option<Ipv4Addr> {
        let granted = self.granted(by, Protocol::IPCP);
        let (_, address) = granted.into_iter().find(|(kind, _)| *kind == wanted)?;
        <[u8; 4]>::try_from(address).ok().map(Ipv4Addr::from)
    }

    /// What the server calls itself in its Challenge.
    pub(crate) fn authenticator(&self) -> String {
        let challenge = self.first(Side::Server, Protocol::CHAP, Code(1));
        let name = challenge.and_then(|said| said.data.get(1 + usize::from(said.data[0])..));
        String::from_utf8(name.unwrap_or_default().to_vec()).unwrap()
    }

    /// What an end that is to repeat `by` has to draw at random: the Magic-Number and a spare one, and the Challenge or
    /// the Peer-Challenge.
    pub(crate) fn random(&self, by: Side) -> Vec<u8> {
        let mut drawn = Vec::new();
        let asked = self.asked_first(by, Protocol::LCP);
        let magic = asked.into_iter().find(|(kind, _)| *kind == 5);
        drawn.extend(magic.map_or_else(|| vec![1; 4], |(_, magic)| magic));
        drawn.extend([2; 4]);
        // Challenge and Response (RFC 1994 §4.1): Value-Size, and a value that starts with the challenge of its sender,
        // but for a Response that is not of MS-CHAPv2, which has nothing random.
        let code = match by {
            Side::Client => Code(2),
            Side::Server => Code(1),
        };
        if let Some(said) = self.first(by, Protocol::CHAP, code) {
            let (size, value) = said.data.split_first().unwrap();
            drawn.extend(&value[..usize::from(*size).min(16)]);
        }
        drawn
    }
}
