//! The recorded end as an answering peer: what it would have said to requests that the recording does not have.

use super::facts::{Facts, Opt, options};
use pptp_core::ppp::wire::{Code, Protocol};
use pptp_core::testkit::Side;
use std::collections::BTreeMap;

/// A packet of a control protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) protocol: Protocol,
    pub(crate) code: Code,
    pub(crate) identifier: u8,
    pub(crate) data: Vec<u8>,
}

/// What is known of one control protocol of the recorded end.
#[derive(Debug, Default)]
struct Negotiation {
    /// Whether it answered anything at all.
    answers: bool,
    granted: Vec<Opt>,
    suggested: Vec<Opt>,
    rejected: Vec<Opt>,
    /// How the other recorded end answered its requests.
    answered: BTreeMap<u8, (Code, Vec<u8>)>,
    /// Its last Configure-Request.
    request: (u8, Vec<u8>),
    /// Whether our end answered otherwise than the recorded one, so that the recorded requests to come do not fit.
    diverged: bool,
}

/// The recorded end that speaks to ours.
#[derive(Debug)]
pub(crate) struct Peer {
    negotiations: BTreeMap<u16, Negotiation>,
}

pub(crate) const NEGOTIATED: [Protocol; 3] = [Protocol::LCP, Protocol::CCP, Protocol::IPCP];

impl Peer {
    /// The recorded end on `side`.
    pub(crate) fn new(facts: &Facts, side: Side) -> Self {
        let negotiations = NEGOTIATED.map(|protocol| {
            let mut known = Negotiation::default();
            for said in &facts.said {
                if said.protocol != protocol {
                    continue;
                }
                match (said.by == side, said.code) {
                    (true, Code::CONFIGURE_ACK) => known.granted = options(&said.data),
                    (true, Code::CONFIGURE_NAK) => known.suggested.extend(options(&said.data)),
                    (true, Code::CONFIGURE_REJECT) => known.rejected.extend(options(&said.data)),
                    (false, Code::CONFIGURE_ACK | Code::CONFIGURE_NAK | Code::CONFIGURE_REJECT) => {
                        let answer = (said.code, said.data.clone());
                        known.answered.insert(said.identifier, answer);
                    }
                    _ => continue,
                }
                known.answers |= said.by == side;
            }
            (protocol.0, known)
        });
        Self {
            negotiations: negotiations.into(),
        }
    }

    /// Notes a recorded Configure-Request, and whether our end may have it.
    pub(crate) fn requests(&mut self, protocol: Protocol, identifier: u8, data: &[u8]) -> bool {
        let known = self.negotiations.get_mut(&protocol.0).unwrap();
        if !known.diverged {
            known.request = (identifier, data.to_vec());
        }
        !known.diverged
    }

    /// What the recorded end says to a packet of our end.
    pub(crate) fn hears(
        &mut self,
        protocol: Protocol,
        code: Code,
        identifier: u8,
        data: &[u8],
    ) -> Option<Reply> {
        let known = self.negotiations.get_mut(&protocol.0)?;
        let (code, identifier, data) = match code {
            Code::CONFIGURE_REQUEST if known.answers => {
                let (code, options) = known.answer(&options(data));
                (code, identifier, encode(&options))
            }
            Code::CONFIGURE_ACK | Code::CONFIGURE_NAK | Code::CONFIGURE_REJECT => {
                let (identifier, data) = known.next_request(code, identifier, data)?;
                (Code::CONFIGURE_REQUEST, identifier, data)
            }
            Code::TERMINATE_REQUEST => (Code::TERMINATE_ACK, identifier, Vec::new()),
            _ => return None,
        };
        Some(Reply {
            protocol,
            code,
            identifier,
            data,
        })
    }
}

impl Negotiation {
    /// The answer to a Configure-Request with these options: what the recorded end rejected it rejects, and where it
    /// granted another value in the end it asks for that one. What it was not asked for then it grants.
    fn answer(&self, asked: &[Opt]) -> (Code, Vec<Opt>) {
        let is_rejected =
            |option: &&Opt| self.rejected.contains(option) && !self.granted.contains(option);
        let rejected: Vec<_> = asked.iter().filter(is_rejected).cloned().collect();
        if !rejected.is_empty() {
            return (Code::CONFIGURE_REJECT, rejected);
        }
        let wanted = |(kind, _): &Opt| {
            let mut known = self.granted.iter().chain(&self.suggested);
            known.find(|(known, _)| known == kind)
        };
        let other = |option: &Opt| wanted(option).filter(|wanted| *wanted != option).cloned();
        let suggested: Vec<_> = asked.iter().filter_map(other).collect();
        if suggested.is_empty() {
            (Code::CONFIGURE_ACK, asked.to_vec())
        } else {
            (Code::CONFIGURE_NAK, suggested)
        }
    }

    /// The recorded end's next Configure-Request, if our answer to the last one makes it differ from the recording.
    fn next_request(&mut self, code: Code, identifier: u8, data: &[u8]) -> Option<(u8, Vec<u8>)> {
        if identifier != self.request.0 {
            return None;
        }
        let answered = self.answered.get(&identifier);
        if !self.diverged
            && answered.is_some_and(|(old, options)| (*old, &options[..]) == (code, data))
        {
            return None;
        }
        if code == Code::CONFIGURE_ACK {
            // What it was refused then it has now, and asks no more.
            self.diverged |= answered.is_some();
            return None;
        }
        self.diverged = true;
        let mut asked = options(&self.request.1);
        for (kind, value) in options(data) {
            match asked.iter().position(|(known, _)| *known == kind) {
                Some(at) if code == Code::CONFIGURE_REJECT => drop(asked.remove(at)),
                Some(at) => asked[at].1 = value,
                None => asked.push((kind, value)),
            }
        }
        // Far from the recorded Identifiers.
        self.request = (identifier.max(200).wrapping_add(1), encode(&asked));
        Some(self.request.clone())
    }
}

fn encode(options: &[Opt]) -> Vec<u8> {
    let mut data = Vec::new();
    for (kind, value) in options {
        data.extend([*kind, value.len() as u8 + 2]);
        data.extend(value);
    }
    data
}
