//! The IP Control Protocol (RFC 1332), with the name server addresses of RFC 1877.

use crate::codec::Writer;
use crate::config::Ipv4Config;
use crate::event::Ipv4;
use crate::negotiation::{Policy, Verdict};
use crate::wire::RawOption;
use crate::wire::ipcp::OptionType;
use core::net::Ipv4Addr;

/// In the order of their Types (RFC 1877 §1.1 to §1.4).
const NAME_SERVERS: [OptionType; 4] = [
    OptionType::PRIMARY_DNS,
    OptionType::PRIMARY_NBNS,
    OptionType::SECONDARY_DNS,
    OptionType::SECONDARY_NBNS,
];

/// What we want of IPv4 and grant to the peer, and what was agreed on.
#[derive(Debug, Clone)]
pub(crate) struct IpcpPolicy {
    config: Ipv4Config,
    address: Option<Ipv4Addr>,
    /// What we ask for, by the order of [`NAME_SERVERS`]; unspecified until the peer has told.
    servers: [Option<Ipv4Addr>; 4],
    candidate: Option<Ipv4Addr>,
    remote: Option<Ipv4Addr>,
}

impl IpcpPolicy {
    pub(crate) const fn new(config: Ipv4Config) -> Self {
        Self {
            config,
            address: None,
            servers: [None; 4],
            candidate: None,
            remote: None,
        }
    }

    /// The peer is to use `address`, from the next Configure-Request on.
    pub(crate) const fn assign(&mut self, address: Ipv4Addr) {
        self.config.remote = Some(address);
    }

    pub(crate) fn agreed(&self, mtu: usize) -> Ipv4 {
        let [dns, nbns, second_dns, second_nbns] = self.servers.map(specified);
        Ipv4 {
            local: self.address.and_then(|address| specified(Some(address))),
            remote: self.remote,
            dns: [dns, second_dns],
            nbns: [nbns, second_nbns],
            mtu,
        }
    }

    /// What we can tell a peer that asks for a name server.
    fn offer(&self, kind: OptionType) -> Option<Ipv4Addr> {
        let ([dns, second_dns], [nbns, second_nbns]) = (self.config.dns, self.config.nbns);
        let offers = [dns, nbns, second_dns, second_nbns];
        let mut known = NAME_SERVERS.into_iter().zip(offers);
        known.find_map(|(server, offer)| if server == kind { offer } else { None })
    }

    fn own_server(&mut self, kind: OptionType) -> Option<&mut Option<Ipv4Addr>> {
        let mut known = NAME_SERVERS.into_iter().zip(&mut self.servers);
        known.find_map(|(server, own)| (server == kind).then_some(own))
    }
}

impl Policy for IpcpPolicy {
    fn restart(&mut self) {
        self.address = Some(self.config.local.unwrap_or(Ipv4Addr::UNSPECIFIED));
        let ask = |wanted: bool| wanted.then_some(Ipv4Addr::UNSPECIFIED);
        let (dns, nbns) = (ask(self.config.ask_dns), ask(self.config.ask_nbns));
        self.servers = [dns, nbns, dns, nbns];
    }

    fn own_options(&self, out: &mut Writer<'_>) {
        if let Some(address) = self.address {
            encode_address(out, OptionType::IP_ADDRESS, address);
        }
        for (kind, server) in NAME_SERVERS.into_iter().zip(self.servers) {
            if let Some(server) = server {
                encode_address(out, kind, server);
            }
        }
    }

    fn own_naked(&mut self, option: RawOption<'_>) {
        let &[a, b, c, d] = option.value else {
            return self.own_rejected(option);
        };
        let suggested = Ipv4Addr::new(a, b, c, d);
        let kind = OptionType(option.kind);
        if kind == OptionType::IP_ADDRESS {
            // An address of our own is not given up.
            if self.config.local.is_none() {
                self.address = Some(suggested);
            }
        } else if let Some(own @ Some(_)) = self.own_server(kind) {
            *own = Some(suggested);
        }
    }

    fn own_rejected(&mut self, option: RawOption<'_>) {
        let kind = OptionType(option.kind);
        if kind == OptionType::IP_ADDRESS {
            self.address = None;
        } else if let Some(own) = self.own_server(kind) {
            *own = None;
        }
    }

    fn peer_begins(&mut self) {
        self.candidate = None;
    }

    fn peer_option(&mut self, option: RawOption<'_>, suggestion: &mut Writer<'_>) -> Verdict {
        let &[a, b, c, d] = option.value else {
            return Verdict::Reject;
        };
        let asked = Ipv4Addr::new(a, b, c, d);
        let kind = OptionType(option.kind);
        let granted = if kind == OptionType::IP_ADDRESS {
            let granted = self.config.remote.or_else(|| specified(Some(asked)));
            self.candidate = granted;
            granted
        } else {
            self.offer(kind)
        };
        match granted {
            Some(granted) if granted == asked => Verdict::Ack,
            Some(granted) => {
                encode_address(suggestion, kind, granted);
                Verdict::Nak
            }
            None => Verdict::Reject,
        }
    }

    /// A peer that says nothing of its address is told to ask for the one it is to have (RFC 1332 §3.3).
    fn peer_ends(&mut self, suggestion: &mut Writer<'_>) -> Verdict {
        match self.config.remote {
            Some(address) if self.candidate.is_none() => {
                encode_address(suggestion, OptionType::IP_ADDRESS, address);
                Verdict::Nak
            }
            _ => Verdict::Ack,
        }
    }

    fn peer_acked(&mut self) {
        self.remote = self.candidate;
    }
}

fn encode_address(out: &mut Writer<'_>, kind: OptionType, address: Ipv4Addr) {
    RawOption {
        kind: kind.0,
        value: &address.octets(),
    }
    .encode(out);
}

fn specified(address: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
    address.filter(|address| !address.is_unspecified())
}
