//! A recorded session, and ends of ours that take the place of those that it has.

use super::driver::Driver;
use super::facts::Facts;
use super::recording::{self, Record};
use pptp_core::control::CallAnswer;
use pptp_core::ppp::config::{Ipv4Config, LcpConfig, MppePolicy};
use pptp_core::ppp::wire::{Code, Protocol};
use pptp_core::ppp::{Credentials, Demand, Methods, Minimal, PppConfig, Random};
use pptp_core::testkit::{Node, Side};
use pptp_core::{Client, ClientConfig, Pac, Pns, Server, ServerConfig};

/// What an end said of a control protocol: Code and data.
pub(crate) type Saying = (Protocol, Code, Vec<u8>);

/// A recorded session, and who took part.
pub(crate) struct Session {
    pub(crate) name: String,
    pub(crate) records: Vec<Record>,
    pub(crate) facts: Facts,
    pub(crate) user: &'static str,
    /// As the server knows it.
    pub(crate) password: &'static str,
    /// As the client has it, if it has one.
    pub(crate) client_password: Option<&'static str>,
}

impl Session {
    /// The capture of this name.
    pub(crate) fn new(name: &str) -> Self {
        let password = "wonderland";
        let client_password = match name {
            "auth-refused" => None,
            _ if name.starts_with("wrong-password") => Some("looking-glass"),
            _ => Some(password),
        };
        let records = recording::wire(name);
        Self {
            name: name.to_owned(),
            facts: Facts::new(&records),
            records,
            user: "alice",
            password,
            client_password,
        }
    }

    /// A client of ours instead of the recorded one.
    pub(crate) fn client(&self, mppe: MppePolicy) -> Node<Minimal, Pns> {
        let mut config = ClientConfig::default();
        config.call.call_id = self.facts.call_ids[0];
        config.ppp = self.ppp(Side::Client, mppe);
        config.ppp.credentials = self
            .client_password
            .map(|password| Credentials::new(self.user, password).unwrap());
        let asked = self.facts.asked_first(Side::Client, Protocol::IPCP);
        let asked_for = |wanted| asked.iter().any(|(kind, _)| *kind == wanted);
        config.ppp.ipv4.ask_dns = asked_for(129);
        config.ppp.ipv4.ask_nbns = asked_for(130);
        Node::new(Client::with_random(config, self.random(Side::Client)))
    }

    /// A server of ours instead of the recorded one.
    pub(crate) fn server(&self, mppe: MppePolicy) -> Node<Minimal, Pac> {
        let mut config = ServerConfig::default();
        config.control.accept = Some(CallAnswer {
            call_id: self.facts.call_ids[1],
            ..CallAnswer::default()
        });
        config.ppp = self.ppp(Side::Server, mppe);
        let asked = self.facts.asked_first(Side::Server, Protocol::LCP);
        if asked.iter().any(|(kind, _)| *kind == 3) {
            let name = self.facts.authenticator();
            config.ppp.demand = Some(Demand::new(Methods::MS_CHAP_V2, &name).unwrap());
        }
        config.ppp.ipv4 = Ipv4Config {
            local: self.facts.address(Side::Server, 3),
            remote: self.facts.address(Side::Client, 3),
            dns: [129, 131].map(|kind| self.facts.address(Side::Client, kind)),
            ..Ipv4Config::default()
        };
        let server = Server::with_random(config, self.random(Side::Server));
        Node::new(server).with_password(self.password)
    }

    /// What both kinds have in common, as the recorded end on `side` had it.
    fn ppp(&self, side: Side, mppe: MppePolicy) -> PppConfig {
        let asked = self.facts.asked_first(side, Protocol::LCP);
        let mru = asked.iter().find(|(kind, _)| *kind == 1);
        PppConfig {
            lcp: LcpConfig {
                mru: mru.map_or(1500, |(_, mru)| u16::from_be_bytes([mru[0], mru[1]])),
                echo_interval: None,
                ..LcpConfig::default()
            },
            mppe,
            ..PppConfig::default()
        }
    }

    fn random(&self, side: Side) -> Random {
        Random::scripted(self.facts.random(side).leak(), [7; 32])
    }

    /// Puts `node` in the place of the recorded end on `side`, and tells what it said. Of authentication that has to be
    /// what the recorded end said.
    pub(crate) fn replay<R>(&self, node: &mut Node<Minimal, R>, side: Side) -> Vec<Saying> {
        let said = Driver::replay(node, side, &self.records, &self.facts, true);
        let recorded = self.facts.said.iter().filter(|said| said.by == side);
        let recorded = recorded.map(|said| (said.protocol, said.code, said.data.clone()));
        assert_eq!(
            authentication(&said),
            authentication(&recorded.collect::<Vec<_>>()),
            "{}, our {side:?}",
            self.name
        );
        said
    }
}

/// What counts of authentication: not Identifiers, texts, and what was sent again.
fn authentication(said: &[Saying]) -> Vec<(u8, &[u8])> {
    let mut said: Vec<_> = said
        .iter()
        .filter(|(protocol, ..)| *protocol == Protocol::CHAP)
        .map(|(_, code, data)| match code.0 {
            // Of a Success the proof, of a Failure the code (RFC 2759 §5, §6).
            3 => (3, &data[..42]),
            4 => (4, &data[..5]),
            code => (code, &data[..]),
        })
        .collect();
    said.dedup();
    said
}
