//! The PPP session of a call, as a bystander who sees both directions follows it: what was negotiated, who proved
//! what, and what the encrypted packets hold.

use pptp_mppe::{Mode, Strength};
use pptp_ppp::codec::{ParseError, Reader};
use pptp_ppp::plausible;
use pptp_ppp::wire::ccp::{self, MppeBits};
use pptp_ppp::wire::mppe::{Header, HeaderBits};
use pptp_ppp::wire::{
    Code, Frame, Options, Packet, Protocol, RawOption, Text, chap, eap, ipcp, ipv6cp, lcp, pap,
};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::authentication::{Authentication, Credentials, Outcome, Watcher, printable};
use super::control::End;
use super::order::Numbered;
use super::receiver::{Lost, Receiver};

/// What an end sends its data packets through.
#[derive(Debug, Default)]
enum Transform {
    /// Nothing was agreed upon, as far as the capture shows.
    #[default]
    None,
    /// MPPE, MPPC or both, with what reads it unless a key is missing.
    Mppe(Option<Box<Receiver>>),
    /// Something else, by name.
    Other(String),
}

/// What became of the data packets of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DataCounts {
    /// Packets in the clear.
    pub clear: u64,
    /// Packets that came encrypted by MPPE, or compressed.
    pub transformed: u64,
    /// How many of these were read: decrypted, decompressed or both.
    pub decrypted: u64,
    /// How many could not be read for want of a reset after a loss (stateful mode).
    pub out_of_sync: u64,
    /// How many did not turn out to be anything like a packet: damaged, forged, or by a sender out of step.
    pub implausible: u64,
    /// How many could not be read because there was no key.
    pub no_key: u64,
    /// How many are of a kind that this program does not read.
    pub unsupported: u64,
}

/// A packet from inside the tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inner {
    /// When it was captured, since 1970.
    pub at: Duration,
    /// When it and all before it in its direction had been captured.
    pub due: Duration,
    /// Who sent it.
    pub from: End,
    /// Whether it was encrypted on the wire.
    pub encrypted: bool,
    /// The IP packet.
    pub packet: Vec<u8>,
}

/// A PPP packet other than data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was captured, since 1970.
    pub at: Duration,
    /// When it and all before it in its direction had been captured.
    pub due: Duration,
    /// Who sent it.
    pub from: End,
    /// The protocol, such as `LCP`.
    pub protocol: String,
    /// What it says, on one line.
    pub text: String,
    /// The configuration options in it, each as text.
    pub options: Vec<String>,
    /// What following the session adds to it.
    pub remarks: Vec<String>,
}

/// What a call's PPP session was.
#[derive(Debug, Default)]
pub struct Session {
    watcher: Watcher,
    transforms: [Transform; 2],
    algorithms: [Option<chap::Algorithm>; 2],
    /// The packets other than data.
    pub lines: Vec<Line>,
    /// What came out of the tunnel.
    pub inner: Vec<Inner>,
    /// Data packets, by who sent them.
    pub data: [DataCounts; 2],
    /// What encrypts or compresses what each end sends, in words.
    pub encryption: [Option<String>; 2],
    /// The options that the other end agreed to, in words, by protocol, for each end.
    pub agreed: [BTreeMap<String, Vec<String>>; 2],
    /// The address of each end inside the tunnel.
    pub addresses: [Option<Ipv4Addr>; 2],
    /// The texts of LCP Identifications.
    pub identifications: [Vec<String>; 2],
    /// What this program does not read, and how often it came.
    pub unsupported: BTreeMap<String, u64>,
    /// The first Terminate-Request of LCP: whose, and its text.
    pub terminated: Option<(End, String)>,
    /// How many packets were no PPP.
    pub malformed: u64,
}

impl Session {
    /// Follows the two directions of a call.
    #[must_use]
    pub fn follow(halves: [Vec<Numbered>; 2], credentials: Option<Credentials>) -> Self {
        let mut session = Self {
            watcher: Watcher::new(credentials),
            ..Self::default()
        };
        let [client, server] = halves;
        let mut client = client.into_iter().peekable();
        let mut server = server.into_iter().peekable();
        loop {
            let (from, packet) = match (client.peek(), server.peek()) {
                (Some(a), Some(b)) if a.due <= b.due => (End::Client, client.next()),
                (_, Some(_)) => (End::Server, server.next()),
                (Some(_), None) => (End::Client, client.next()),
                (None, None) => break,
            };
            if let Some(packet) = packet {
                session.frame(from, packet);
            }
        }
        session
    }

    /// The authentications of the session.
    #[must_use]
    pub fn authentications(&self) -> &[Authentication] {
        &self.watcher.all
    }

    fn frame(&mut self, from: End, packet: Numbered) {
        let Ok(frame) = Frame::parse(&packet.frame) else {
            self.malformed += 1;
            return;
        };
        if frame.protocol.is_network() {
            self.data(from, &packet, frame);
            return;
        }
        let mut line = Line {
            at: packet.at,
            due: packet.due,
            from,
            protocol: frame.protocol.to_string(),
            text: frame.to_string(),
            options: Vec::new(),
            remarks: Vec::new(),
        };
        if let Ok(packet) = Packet::parse(frame.payload) {
            self.control(from, frame.protocol, packet, &mut line);
        } else {
            self.malformed += 1;
        }
        self.lines.push(line);
    }

    /// A packet of a control protocol.
    fn control(&mut self, from: End, protocol: Protocol, packet: Packet<'_>, line: &mut Line) {
        match protocol {
            Protocol::CHAP => {
                let algorithm =
                    self.algorithms[from.index()].or(self.algorithms[from.other().index()]);
                if let Ok(message) = chap::Message::parse(packet) {
                    self.chap(from, packet.identifier, &message, algorithm, line);
                }
            }
            Protocol::EAP => self.eap(from, packet, line),
            Protocol::PAP => self.pap(from, packet),
            Protocol::LCP | Protocol::CCP | Protocol::IPCP | Protocol::IPV6CP => {
                self.negotiation(from, protocol, packet, line);
            }
            Protocol::CBCP | Protocol::ECP | Protocol::BACP => {
                self.unsupported(protocol.to_string());
            }
            _ => {}
        }
    }

    fn negotiation(&mut self, from: End, protocol: Protocol, packet: Packet<'_>, line: &mut Line) {
        match packet.code {
            Code::CONFIGURE_REQUEST
            | Code::CONFIGURE_ACK
            | Code::CONFIGURE_NAK
            | Code::CONFIGURE_REJECT => {
                line.options = Options::new(packet.data)
                    .map_while(Result::ok)
                    .map(|raw| option_text(protocol, raw))
                    .collect();
            }
            _ => {}
        }
        match (protocol, packet.code) {
            (Protocol::LCP, Code::CONFIGURE_REQUEST) => {
                // Whatever was agreed upon before is void, whichever end begins anew (RFC 1661 §3.4).
                self.transforms = Default::default();
                for option in Options::new(packet.data).map_while(Result::ok) {
                    if let Ok(lcp::ConfigOption::Authentication(wanted)) =
                        lcp::ConfigOption::parse(option)
                    {
                        self.algorithms[from.index()] = match wanted.data {
                            [algorithm, ..] if wanted.protocol == Protocol::CHAP => {
                                Some(chap::Algorithm(*algorithm))
                            }
                            _ => None,
                        };
                    }
                }
            }
            (Protocol::LCP, Code::TERMINATE_REQUEST) => {
                let text = match packet.data {
                    [] => String::new(),
                    text => Text(text).to_string(),
                };
                self.terminated.get_or_insert((from, text));
            }
            (Protocol::LCP, Code::IDENTIFICATION) => {
                if let Some(text) = packet.data.get(4..) {
                    self.identifications[from.index()].push(printable(text));
                }
            }
            (Protocol::CCP, Code::CONFIGURE_ACK) => self.compression(from, packet.data, line),
            (Protocol::IPCP, Code::CONFIGURE_ACK) => {
                // The ack speaks of what the other end asked for.
                for option in Options::new(packet.data).map_while(Result::ok) {
                    if let Ok(ipcp::ConfigOption::IpAddress(address)) =
                        ipcp::ConfigOption::parse(option)
                    {
                        self.addresses[from.other().index()] = Some(address);
                    }
                }
            }
            _ => {}
        }
        if packet.code == Code::CONFIGURE_ACK {
            self.agreed[from.other().index()].insert(protocol.to_string(), line.options.clone());
        }
    }

    /// An end acknowledges what the other can decompress: what it sends from here on goes through that.
    fn compression(&mut self, from: End, options: &[u8], line: &mut Line) {
        let mut transform = Transform::None;
        let mut words = None;
        for option in Options::new(options).map_while(Result::ok) {
            match ccp::ConfigOption::parse(option) {
                Ok(ccp::ConfigOption::Mppe(bits)) => {
                    let (name, strength) = mppe(bits);
                    transform = self.receiver(from, bits, strength).map_or_else(
                        || Transform::Other(name.clone()),
                        |receiver| Transform::Mppe(receiver.map(Box::new)),
                    );
                    words = Some(name);
                    break;
                }
                Ok(other) => {
                    let name = other.kind().to_string();
                    transform = Transform::Other(name.clone());
                    words = Some(name);
                    break;
                }
                Err(_) => {}
            }
        }
        let sender = match from {
            End::Client => "client",
            End::Server => "server",
        };
        if let Some(words) = &words {
            let key = match &transform {
                Transform::Mppe(None) => ", no key to read it",
                Transform::Mppe(Some(_)) | Transform::None => "",
                Transform::Other(_) => ", which is not read here",
            };
            line.remarks
                .push(format!("the {sender} sends {words}{key}"));
        }
        self.encryption[from.index()] = words;
        self.transforms[from.index()] = transform;
    }

    /// What reads what an end sends through this; `None` in it if there is no key, and for it if it is nothing.
    fn receiver(
        &self,
        from: End,
        bits: MppeBits,
        strength: Option<Strength>,
    ) -> Option<Option<Receiver>> {
        let mppc = bits.contains(MppeBits::MPPC);
        let Some(strength) = strength else {
            return mppc.then(|| Some(Receiver::new(None, true, mode(bits))));
        };
        let key = self.watcher.start_key(from, strength);
        Some(key.map(|key| Receiver::new(Some((&key, strength)), mppc, mode(bits))))
    }

    fn chap(
        &mut self,
        from: End,
        identifier: u8,
        message: &chap::Message<'_>,
        algorithm: Option<chap::Algorithm>,
        line: &mut Line,
    ) {
        line.remarks
            .extend(self.watcher.chap(from, identifier, message, algorithm));
        if let chap::Message::Response { .. } = message {
            match algorithm {
                Some(chap::Algorithm::MS_CHAP_V2) | None => {}
                Some(other) => self.unsupported(format!("authentication by {other}")),
            }
        }
    }

    fn eap(&mut self, from: End, packet: Packet<'_>, line: &mut Line) {
        let Ok(message) = eap::Message::parse(packet) else {
            return;
        };
        match message {
            eap::Message::Request { kind, data } | eap::Message::Response { kind, data } => {
                match kind {
                    eap::Type::IDENTITY | eap::Type::NOTIFICATION | eap::Type::NAK => {}
                    // Inside it is a CHAP packet, but for the Success of the peer, which is its code alone.
                    eap::Type::MSCHAPV2 => {
                        let algorithm = Some(chap::Algorithm::MS_CHAP_V2);
                        if let Ok(inside) = Packet::parse(data)
                            && let Ok(message) = chap::Message::parse(inside)
                        {
                            line.text = format!("{}: {} {message}", line.text, message.code());
                            self.chap(from, inside.identifier, &message, algorithm, line);
                        }
                    }
                    other => {
                        if let eap::Message::Response { .. } = message {
                            self.unsupported(format!("authentication by EAP, {other}"));
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn pap(&mut self, from: End, packet: Packet<'_>) {
        match pap::Message::parse(packet) {
            Ok(pap::Message::Request { name, .. }) => {
                self.unsupported("authentication by PAP".into());
                self.watcher.all.push(Authentication::named(
                    from.other(),
                    "PAP".into(),
                    printable(name),
                    Outcome::NotSeen,
                ));
            }
            Ok(pap::Message::Ack { message }) => {
                self.watcher.end(from, Outcome::Success(printable(message)))
            }
            Ok(pap::Message::Nak { message }) => {
                self.watcher.end(from, Outcome::Failure(printable(message)))
            }
            _ => {}
        }
    }

    /// A packet that belongs to a network layer, or carries one that does.
    fn data(&mut self, from: End, packet: &Numbered, frame: Frame<'_>) {
        if frame.protocol != Protocol::COMPRESSED {
            if self.network(from, packet, frame, false) {
                self.data[from.index()].clear += 1;
            }
            return;
        }
        let counts = &mut self.data[from.index()];
        counts.transformed += 1;
        match &mut self.transforms[from.index()] {
            Transform::Other(name) => {
                let name = format!("{name} compression");
                counts.unsupported += 1;
                self.unsupported(name);
            }
            Transform::None => {
                counts.no_key += 1;
            }
            Transform::Mppe(None) => counts.no_key += 1,
            Transform::Mppe(Some(receiver)) => {
                let mut reader = Reader::new(frame.payload);
                let Ok(header) = Header::parse(&mut reader) else {
                    self.malformed += 1;
                    return;
                };
                match receiver.read(header, reader.rest()) {
                    Ok(plaintext) => {
                        counts.decrypted += 1;
                        if let Ok((protocol, payload)) = plausible::split(&plaintext) {
                            let encrypted = header.bits().contains(HeaderBits::ENCRYPTED);
                            self.network(from, packet, Frame { protocol, payload }, encrypted);
                        }
                    }
                    Err(Lost::OutOfSync) => counts.out_of_sync += 1,
                    Err(Lost::Implausible) => counts.implausible += 1,
                }
            }
        }
    }

    /// A network-layer packet: whether it was one that is written out.
    fn network(&mut self, from: End, packet: &Numbered, frame: Frame<'_>, encrypted: bool) -> bool {
        match frame.protocol {
            Protocol::IPV4 | Protocol::IPV6 => {
                self.inner.push(Inner {
                    at: packet.at,
                    due: packet.due,
                    from,
                    encrypted,
                    packet: frame.payload.to_vec(),
                });
                return true;
            }
            Protocol::VJ_COMPRESSED | Protocol::VJ_UNCOMPRESSED => {
                self.unsupported("Van Jacobson header compression".into());
            }
            Protocol::MP => self.unsupported("Multilink".into()),
            other => self.unsupported(format!("packets of {other}")),
        }
        self.data[from.index()].unsupported += 1;
        false
    }

    fn unsupported(&mut self, what: String) {
        *self.unsupported.entry(what).or_default() += 1;
    }
}

/// What the bits of an acknowledged option mean, in words, and how long keys are.
fn mppe(bits: MppeBits) -> (String, Option<Strength>) {
    let strength = match bits.strongest() {
        MppeBits::BITS_128 => Some((128, Strength::Bits128)),
        MppeBits::BITS_56 => Some((56, Strength::Bits56)),
        MppeBits::BITS_40 => Some((40, Strength::Bits40)),
        _ => None,
    };
    let word = match mode(bits) {
        Mode::Stateless => "stateless",
        Mode::Stateful => "stateful",
    };
    let name = match (strength, bits.contains(MppeBits::MPPC)) {
        (None, false) => "MPPE without a key length".into(),
        (None, true) => format!("MPPC {word}"),
        (Some((number, _)), false) => format!("MPPE-{number} {word}"),
        (Some((number, _)), true) => format!("MPPE-{number} {word} with MPPC"),
    };
    (name, strength.map(|(_, strength)| strength))
}

const fn mode(bits: MppeBits) -> Mode {
    if bits.contains(MppeBits::STATELESS) {
        Mode::Stateless
    } else {
        Mode::Stateful
    }
}

/// A configuration option on one line.
#[must_use]
pub fn option_text(protocol: Protocol, raw: RawOption<'_>) -> String {
    fn either<T: std::fmt::Display>(raw: RawOption<'_>, option: Result<T, ParseError>) -> String {
        option.map_or_else(|_| format!("malformed {raw}"), |option| option.to_string())
    }
    match protocol {
        Protocol::LCP => either(raw, lcp::ConfigOption::parse(raw)),
        Protocol::CCP => either(raw, ccp::ConfigOption::parse(raw)),
        Protocol::IPCP => either(raw, ipcp::ConfigOption::parse(raw)),
        Protocol::IPV6CP => either(raw, ipv6cp::ConfigOption::parse(raw)),
        _ => raw.to_string(),
    }
}
