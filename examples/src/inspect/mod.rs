//! Reading a captured PPTP session: from a capture file to the conversation, who its peers are, and what went through
//! the tunnel.
//!
//! ```text
//! capture     pcap and pcapng files             -> frames
//! link        link headers, IP fragments        -> IP payloads
//! control     TCP port 1723 (tcp: its streams)  -> control messages   \
//! icmp        errors of the network             -> what did not arrive \
//! calls       GRE                               -> packets of a call    } -> Report
//! order       sequence numbers                  -> in order            /
//! session     PPP, authentication, mppe         -> what was inside    /
//! text, json  a Report for people, for programs
//! ```

pub mod authentication;
pub mod calls;
pub mod capture;
pub mod control;
pub mod icmp;
pub mod json;
pub mod link;
pub mod order;
pub mod peers;
pub mod receiver;
pub mod session;
pub mod tcp;
pub mod text;

use anyhow::Result;
use pptp_core::wire::{Capabilities, IncomingCallResult, Message, OutgoingCallResult};
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use authentication::{Credentials, Verdict, printable};
use calls::Calls;
use control::{Connections, ControlEvent, End, Happening};
use link::Defragmenter;
use peers::Clues;
use session::{Inner, Session};

const ICMP: u8 = 1;
const TCP: u8 = 6;
const GRE: u8 = 47;

/// What a capture file holds.
#[derive(Debug, Default)]
pub struct Report {
    /// How many packets the file has.
    pub packets: u64,
    /// When the first and the last were captured, since 1970.
    pub time: Option<(Duration, Duration)>,
    /// Whether the file ends in the middle of a packet.
    pub truncated: bool,
    /// How many packets with TCP or GRE in them were cut or damaged.
    pub damaged: u64,
    /// How many packets have a link type that is not known, by its number.
    pub unknown_links: BTreeMap<i32, u64>,
    /// How many GRE packets were not PPTP's.
    pub other_gre: u64,
    /// The control connections.
    pub connections: Vec<Connection>,
    /// The calls.
    pub calls: Vec<Call>,
    /// The conversation: every message but data packets, in the order of time.
    pub lines: Vec<Line>,
}

/// A control connection.
#[derive(Debug)]
pub struct Connection {
    /// Client and server.
    pub ends: [SocketAddr; 2],
    /// Who client and server are taken for.
    pub peers: [Option<String>; 2],
    /// Whether the capture has its start.
    pub from_start: bool,
}

/// A call.
#[derive(Debug)]
pub struct Call {
    /// Client and server.
    pub ends: [IpAddr; 2],
    /// The call ids that client and server chose.
    pub ids: [Option<u16>; 2],
    /// Number of its control connection, if the capture has that.
    pub connection: Option<usize>,
    /// Who client and server are taken for.
    pub peers: [Option<String>; 2],
    /// The GRE packets that client and server sent.
    pub gre: [Gre; 2],
    /// The PPP session in it.
    pub session: Session,
}

/// The GRE packets of one direction of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gre {
    /// Packets with a payload, each sequence number once.
    pub packets: u64,
    /// Acknowledgments without a payload.
    pub acknowledgments: u64,
    /// Packets that came in IP fragments.
    pub fragmented: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that came after one with a higher number.
    pub reordered: u64,
    /// Numbers between the first and the last that the capture has not got.
    pub missing: u64,
    /// Packets that were left out: far too late, a number far ahead, or none.
    pub misplaced: u64,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was captured, since 1970.
    pub at: Duration,
    /// Number of the control connection.
    pub connection: Option<usize>,
    /// Number of the call.
    pub call: Option<usize>,
    /// Who sent it.
    pub from: End,
    /// `TCP`, `PPTP`, `PPP` or `ICMP`.
    pub layer: &'static str,
    /// For PPP its protocol, for PPTP the name of the message.
    pub protocol: String,
    /// What it says, on one line.
    pub text: String,
    /// PPP configuration options, each as text.
    pub options: Vec<String>,
    /// What following the session adds to it.
    pub remarks: Vec<String>,
}

impl Report {
    /// The packets inside the tunnels with the number of their call, each direction of a call in the order in which
    /// it was sent.
    #[must_use]
    pub fn inner(&self) -> Vec<(usize, &Inner)> {
        let mut all: Vec<_> = self
            .calls
            .iter()
            .enumerate()
            .flat_map(|(number, call)| call.session.inner.iter().map(move |inner| (number, inner)))
            .collect();
        all.sort_by_key(|(_, inner)| inner.due);
        all
    }

    /// What is striking about a call, in words.
    #[must_use]
    pub fn diagnosis(&self, call: &Call) -> Vec<String> {
        let mut found = Vec::new();
        let heard = call.gre.map(|gre| gre.packets + gre.acknowledgments > 0);
        match heard {
            [true, false] => found.push("no GRE came from the server: is it blocked?".into()),
            [false, true] => found.push("no GRE came from the client: is it blocked?".into()),
            [false, false] => found.push("no GRE at all: is it blocked, or not captured?".into()),
            [true, true] => {}
        }
        let session = &call.session;
        let is_mppe =
            |name: &Option<String>| name.as_ref().is_some_and(|name| name.starts_with("MPPE-"));
        let clear: u64 = session.data.iter().map(|data| data.clear).sum();
        if session.encryption.iter().all(is_mppe) && clear > 0 {
            found.push(format!(
                "{clear} packets went in the clear in spite of encryption"
            ));
        }
        found
    }

    /// Whether all proofs that were looked at are those of the password; `None` if there were none.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let all = self
            .calls
            .iter()
            .flat_map(|call| call.session.authentications());
        let verdicts = all.flat_map(|each| [each.response, each.authenticator_response]);
        verdicts.fold(Verdict::NotChecked, |sum, each| match (sum, each) {
            (Verdict::Wrong, _) | (_, Verdict::Wrong) => Verdict::Wrong,
            (Verdict::Verified, _) | (_, Verdict::Verified) => Verdict::Verified,
            _ => Verdict::NotChecked,
        })
    }
}

/// Reads a capture; with `credentials` MS-CHAPv2 is verified and MPPE decrypted.
///
/// # Errors
/// If the file cannot be read, or is no capture. What is in it is never an error.
pub fn inspect(file: impl Read + Send, credentials: Option<&Credentials>) -> Result<Report> {
    let mut connections = Connections::default();
    let mut conversation = Conversation::default();
    let mut defragmenter = Defragmenter::default();
    let mut report = Report::default();
    let end = capture::read(file, |frame| {
        report.packets += 1;
        let (first, last) = report.time.get_or_insert((frame.at, frame.at));
        *first = (*first).min(frame.at);
        *last = (*last).max(frame.at);
        match defragmenter.push(frame) {
            Some(datagram) if datagram.protocol == TCP => {
                connections.segment(&datagram, |event| conversation.control(event));
            }
            Some(datagram) if datagram.protocol == ICMP => {
                if let Some(undelivered) = icmp::undelivered(&datagram) {
                    conversation.undelivered(datagram.at, undelivered, connections.all());
                }
            }
            Some(datagram) if datagram.protocol == GRE => conversation.calls.packet(&datagram),
            _ => {}
        }
    })?;
    report.truncated = end == capture::End::Truncated;
    report.damaged = defragmenter.damaged;
    report.unknown_links = defragmenter.unknown_links;
    report.other_gre = conversation.calls.other_gre;
    for (number, connection) in connections.all().iter().enumerate() {
        let clues = conversation.clues.get(&number).cloned().unwrap_or_default();
        report.connections.push(Connection {
            ends: [connection.client, connection.server],
            peers: identify(&clues),
            from_start: connection.from_start,
        });
    }
    report.lines = conversation.lines;
    let (mut numbers, mut calls) = (HashMap::new(), Vec::new());
    for (number, call) in conversation.calls.into_all().into_iter().enumerate() {
        if !call.is_empty() {
            numbers.insert(number, calls.len());
            calls.push(call);
        }
    }
    for line in &mut report.lines {
        line.call = line.call.and_then(|number| numbers.get(&number).copied());
    }
    for call in calls {
        report.add_call(call, &conversation.clues, credentials);
    }
    report.lines.sort_by_key(|line| line.at);
    Ok(report)
}

fn identify(clues: &[Clues; 2]) -> [Option<String>; 2] {
    [End::Client, End::Server].map(|end| peers::identify(end, &clues[end.index()]))
}

impl Report {
    fn add_call(
        &mut self,
        mut call: calls::Call,
        clues: &HashMap<usize, [Clues; 2]>,
        credentials: Option<&Credentials>,
    ) {
        if call.connection.is_none() {
            // The connection that it belongs to began before the capture; it tells at least who is the server.
            let addresses = |connection: &Connection| connection.ends.map(|end| end.ip());
            let [first, second] = call.ends;
            let connection = self.connections.iter().position(|connection| {
                !connection.from_start
                    && (addresses(connection) == [first, second]
                        || addresses(connection) == [second, first])
            });
            if let Some(number) = connection {
                if addresses(&self.connections[number]) != call.ends {
                    call.swap_ends();
                }
                call.connection = Some(number);
            }
        }
        let mut gre = [Gre::default(); 2];
        let halves = [End::Client, End::Server].map(|end| {
            let half = std::mem::take(&mut call.halves[end.index()]);
            let ordered = order::order(half.packets);
            gre[end.index()] = Gre {
                packets: ordered.packets.len() as u64,
                acknowledgments: half.acknowledgments,
                fragmented: half.fragmented,
                duplicates: ordered.duplicates,
                reordered: ordered.reordered,
                missing: ordered.missing,
                misplaced: ordered.misplaced + half.unnumbered,
            };
            ordered.packets
        });
        let mut session = Session::follow(halves, credentials.cloned());
        let number = self.calls.len();
        let connection = call.connection;
        self.lines.extend(session.lines.drain(..).map(|line| Line {
            at: line.at,
            connection,
            call: Some(number),
            from: line.from,
            layer: "PPP",
            protocol: line.protocol,
            text: line.text,
            options: line.options,
            remarks: line.remarks,
        }));
        let of_connection = connection.and_then(|number| clues.get(&number));
        let mut clues = of_connection.cloned().unwrap_or_default();
        for (clues, identifications) in clues.iter_mut().zip(&session.identifications) {
            clues.identifications.clone_from(identifications);
        }
        let peers = identify(&clues);
        if let Some(connection) = connection.and_then(|number| self.connections.get_mut(number)) {
            connection.peers.clone_from(&peers);
        }
        self.calls.push(Call {
            ends: call.ends,
            ids: call.ids,
            connection,
            peers,
            gre,
            session,
        });
    }
}

/// What is gathered while a file is read.
#[derive(Debug, Default)]
struct Conversation {
    calls: Calls,
    lines: Vec<Line>,
    clues: HashMap<usize, [Clues; 2]>,
    /// The calls of each connection by the ids of client and server.
    ids: HashMap<(usize, End, u16), usize>,
}

impl Conversation {
    fn control(&mut self, event: ControlEvent<'_>) {
        let ControlEvent {
            connection,
            ends,
            at,
            from,
            what,
        } = event;
        let mut line = Line {
            at,
            connection: Some(connection),
            call: None,
            from,
            layer: "TCP",
            protocol: "TCP".into(),
            text: String::new(),
            options: Vec::new(),
            remarks: Vec::new(),
        };
        match what {
            Happening::Opened => {
                line.text = match from {
                    End::Client => format!("opens a connection from port {}", ends[0].port()),
                    End::Server => "takes the connection".into(),
                }
            }
            Happening::Finished => line.text = "closes the connection".into(),
            Happening::Reset => line.text = "resets the connection".into(),
            Happening::Missing(octets) => {
                line.text = format!("{octets} octets are not in the capture");
            }
            Happening::Unreadable(octets, why) => {
                line.layer = "PPTP";
                line.protocol = "PPTP".into();
                line.text = format!("{octets} octets that are no message: {why}");
            }
            Happening::Message(message) => {
                line.layer = "PPTP";
                line.protocol = message.control_type().map_or_else(
                    || "Management".into(),
                    |control_type| control_type.to_string(),
                );
                line.text = message.to_string();
                line.call = self.message(connection, ends.map(|end| end.ip()), at, from, &message);
            }
        }
        self.lines.push(line);
    }

    /// The network reports that a packet did not arrive.
    fn undelivered(
        &mut self,
        at: Duration,
        packet: icmp::Undelivered,
        connections: &[control::Connection],
    ) {
        let ends =
            |connection: &control::Connection| [connection.client.ip(), connection.server.ip()];
        let between = [packet.source, packet.destination];
        let connection = connections.iter().rposition(|connection| {
            let [client, server] = ends(connection);
            between == [client, server] || between == [server, client]
        });
        let call = packet
            .call_id
            .and_then(|id| self.calls.find(packet.source, packet.destination, id));
        let from_client = connection
            .and_then(|number| connections.get(number))
            .is_none_or(|connection| connection.client.ip() == packet.source);
        let sender = match call {
            Some((_, end)) => end,
            None if from_client => End::Client,
            None => End::Server,
        };
        self.lines.push(Line {
            at,
            connection,
            call: call.map(|(number, _)| number),
            from: sender.other(),
            layer: "ICMP",
            protocol: "ICMP".into(),
            text: packet.text,
            options: Vec::new(),
            remarks: Vec::new(),
        });
    }

    /// What a message tells of its sender and of calls; the number of the call that it is about.
    fn message(
        &mut self,
        connection: usize,
        ends: [IpAddr; 2],
        at: Duration,
        from: End,
        message: &Message<'_>,
    ) -> Option<usize> {
        let clues = &mut self.clues.entry(connection).or_default()[from.index()];
        let call_of = |end: End, id: u16| self.ids.get(&(connection, end, id)).copied();
        match message {
            Message::StartControlConnectionRequest(message) => {
                clues.start = Some(start(&message.capabilities));
                None
            }
            Message::StartControlConnectionReply(message) => {
                clues.start = Some(start(&message.capabilities));
                None
            }
            Message::OutgoingCallRequest(message) => {
                clues.request = Some((
                    message.minimum_bps,
                    message.maximum_bps,
                    message.receive_window,
                ));
                None
            }
            Message::OutgoingCallReply(message) => {
                clues.reply = Some((
                    message.call_id,
                    message.connect_speed,
                    message.receive_window,
                ));
                // ADSL modems and others say 0 for success.
                let connected = matches!(
                    message.result,
                    OutgoingCallResult::Connected | OutgoingCallResult::Other(0)
                );
                let ids = [message.call_id, message.peer_call_id];
                connected.then(|| self.established(at, connection, ends, from, ids))
            }
            Message::IncomingCallReply(message) => {
                let connected = message.result == IncomingCallResult::Connect;
                let ids = [message.call_id, message.peer_call_id];
                connected.then(|| self.established(at, connection, ends, from, ids))
            }
            Message::IncomingCallConnected(message) => call_of(from.other(), message.peer_call_id),
            Message::CallClearRequest(message) => call_of(from, message.call_id),
            // Some put the id of the other end here.
            Message::CallDisconnectNotify(message) => {
                call_of(from, message.call_id).or_else(|| call_of(from.other(), message.call_id))
            }
            Message::WanErrorNotify(message) => call_of(from.other(), message.peer_call_id),
            Message::SetLinkInfo(message) => call_of(from.other(), message.peer_call_id),
            _ => None,
        }
    }

    /// A reply names its sender's id of the call and the other's.
    fn established(
        &mut self,
        at: Duration,
        connection: usize,
        ends: [IpAddr; 2],
        from: End,
        [own, other]: [u16; 2],
    ) -> usize {
        let ids = match from {
            End::Client => [own, other],
            End::Server => [other, own],
        };
        let number = self.calls.established(at, connection, ends, ids);
        for (end, id) in [End::Client, End::Server].into_iter().zip(ids) {
            self.ids.insert((connection, end, id), number);
        }
        number
    }
}

fn start(capabilities: &Capabilities<'_>) -> peers::Start {
    let text = |field: &[u8]| {
        let text = field.split(|&octet| octet == 0).next();
        printable(text.unwrap_or_default())
    };
    peers::Start {
        framing: capabilities.framing.bits(),
        bearer: capabilities.bearer.bits(),
        channels: capabilities.max_channels,
        firmware: capabilities.firmware_revision,
        host: text(capabilities.host_name),
        vendor: text(capabilities.vendor),
    }
}
