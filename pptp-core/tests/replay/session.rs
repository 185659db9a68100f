//! A recorded session, and ends of ours that take the place of those that it has.

use super::driver::Driver;
use super::facts::Facts;
use super::recording::{self, Record};
use pptp_core::control::CallAnswer;
use pptp_core::ppp::config::{Ipv4Config, LcpConfig, MppePolicy};
use pptp_core::ppp::wire::{Code, Protocol};
use pptp_core::ppp::{
    AnyOrder, Credentials, Demand, DownReason as PppDown, EveryMethod, Ipv4Only, Methods, Mppe,
    NoMppc, PppConfig, Profile, Random, Sealer,
};
use pptp_core::testkit::{Node, Side};
use pptp_core::{Client, ClientConfig, DownReason, Pac, Pns, Server, ServerConfig};

/// All methods of authentication, and no compression.
#[derive(Debug, Clone)]
pub(crate) struct Every;

impl Profile for Every {
    type Suite = Mppe;
    type Auth = EveryMethod;
    type Networks = Ipv4Only;
}

/// What an end said of a control protocol: Code and data.
pub(crate) type Saying = (Protocol, Code, Vec<u8>);

/// The same, and what comes late is delivered when it comes.
#[derive(Debug, Clone)]
pub(crate) struct EveryInAnyOrder;

impl Profile for EveryInAnyOrder {
    type Suite = Sealer<NoMppc, 0, AnyOrder<64>>;
    type Auth = EveryMethod;
    type Networks = Ipv4Only;
}

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
    pub(crate) fn client<P: Profile>(&self, mppe: MppePolicy) -> Node<P, Pns> {
        let mut config = ClientConfig::default();
        config.call.call_id = self.facts.call_ids[0];
        config.ppp = self.ppp(Side::Client, mppe);
        config.ppp.credentials = self
            .client_password
            .map(|password| Credentials::new(self.user, password).unwrap())
            .map(|credentials| credentials.with_methods(self.methods()));
        let asked = self.facts.asked_first(Side::Client, Protocol::IPCP);
        let asked_for = |wanted| asked.iter().any(|(kind, _)| *kind == wanted);
        config.ppp.ipv4.ask_dns = asked_for(129);
        config.ppp.ipv4.ask_nbns = asked_for(130);
        Node::new(Client::with_random(config, self.random(Side::Client)))
    }

    /// A server of ours instead of the recorded one.
    pub(crate) fn server<P: Profile>(&self, mppe: MppePolicy) -> Node<P, Pac> {
        let mut config = ServerConfig::default();
        config.control.accept = Some(CallAnswer {
            call_id: self.facts.call_ids[1],
            ..CallAnswer::default()
        });
        config.ppp = self.ppp(Side::Server, mppe);
        let asked = self.facts.asked_first(Side::Server, Protocol::LCP);
        if asked.iter().any(|(kind, _)| *kind == 3) {
            let name = self.facts.authenticator();
            config.ppp.demand = Some(Demand::new(self.methods(), &name).unwrap());
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

    /// How our ends may prove who they are: as the recorded ones did, if that is what the recording is for.
    fn methods(&self) -> Methods {
        match self.name.as_str() {
            "pap" | "wrong-password-pap" => Methods::PAP,
            "chap-md5" | "wrong-password-chap" => Methods::CHAP_MD5,
            "mschap1" | "mschap1-mppe40" | "mschap1-mppe128" | "wrong-password-mschap" => {
                Methods::MS_CHAP_V1
            }
            _ => Methods::MS_CHAP_V2,
        }
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
    pub(crate) fn replay<P: Profile, R>(&self, node: &mut Node<P, R>, side: Side) -> Vec<Saying> {
        let said = Driver::replay(node, side, &self.records, &self.facts, true);
        let ours = authentication(&said);
        let recorded = self.facts.said.iter().filter(|said| said.by == side);
        let recorded = recorded.map(|said| (said.protocol, said.code, said.data.clone()));
        let recorded: Vec<_> = recorded.collect();
        let mut recorded = authentication(&recorded);
        if node.down == Some(DownReason::Ppp(PppDown::NoEncryptionKeys)) {
            // Our end needs no word of the other's to see that; the recorded one said Success first.
            recorded.truncate(ours.len());
        }
        assert_eq!(ours, recorded, "{}, our {side:?}", self.name);
        said
    }
}

/// What counts of authentication: not Identifiers, texts, and what was sent again.
fn authentication(said: &[Saying]) -> Vec<(u8, &[u8])> {
    let mut said: Vec<_> = said
        .iter()
        .filter(|(protocol, ..)| [Protocol::CHAP, Protocol::PAP].contains(protocol))
        .map(|(protocol, code, data)| match (*protocol, code.0) {
            (Protocol::PAP, code @ (2 | 3)) => (code, &data[..0]),
            // Of a Success the proof, if there is one, of a Failure the code (RFC 2759 §5, §6).
            (Protocol::CHAP, 3) if data.starts_with(b"S=") => (3, &data[..42]),
            (Protocol::CHAP, 3) => (3, &data[..0]),
            (Protocol::CHAP, 4) => (4, &data[..5]),
            (_, code) => (code, &data[..]),
        })
        .collect();
    said.dedup();
    said
}
