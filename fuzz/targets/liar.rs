//! Two ends who know the same password, or trust each other's certificates, and talk through a liar who loses, doubles, holds
//! back, cuts and changes what they say of who they are: nothing panics, nobody is believed who has not been asked, and two
//! ends who both have proof of the other have the same keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_eap_tls::{
    Binding, Certified, ClientTls, Event as TlsEvent, Keys, Peer, Server, ServerTls, Versions,
};
use pptp_ppp::config::MppePolicy;
use pptp_ppp::wire::{Frame, Protocol};
use pptp_ppp::{
    Credentials, Demand, Event, Full, Grant, Inbound, Instant, Methods, Network, Phase, Ppp,
    PppConfig, Random, Verdict,
};
use std::sync::LazyLock;

const PASSWORD: &str = "wonderland";
/// How often something happens before it is given up.
const TURNS: usize = 300;

fuzz_target!(|bytes: &[u8]| {
    let Some((&mode, orders)) = bytes.split_first() else {
        return;
    };
    let mut liar = Liar {
        orders,
        held: Vec::new(),
    };
    match mode % 8 {
        6 => tls(true, &mut liar),
        7 => tls(false, &mut liar),
        way => link(way, &mut liar),
    }
});

/// Does as the octets say, and lets everything pass when there are no more.
struct Liar<'a> {
    orders: &'a [u8],
    held: Vec<Vec<u8>>,
}

impl Liar<'_> {
    fn order(&mut self) -> u8 {
        let Some((&order, rest)) = self.orders.split_first() else {
            return 0;
        };
        self.orders = rest;
        order
    }

    /// What arrives of `packet`, of which the first `spared` octets are as they are.
    fn fate(&mut self, mut packet: Vec<u8>, spared: usize) -> Vec<Vec<u8>> {
        match self.order() % 8 {
            3 => return Vec::new(),
            4 => return vec![packet.clone(), packet],
            5 => {
                let (place, mask) = (self.order(), self.order());
                let len = packet.len().saturating_sub(spared).max(1);
                if let Some(octet) = packet.get_mut(spared + usize::from(place) % len) {
                    *octet ^= mask;
                }
            }
            6 => {
                let less = usize::from(self.order());
                packet.truncate(packet.len().saturating_sub(less).max(spared));
            }
            7 => {
                // The one before comes instead.
                let before = self.held.pop();
                self.held.push(packet);
                return before.into_iter().collect();
            }
            _ => {}
        }
        vec![packet]
    }
}

/// A link by the methods that are built in.
fn link(way: u8, liar: &mut Liar<'_>) {
    let methods = [
        Methods::PAP,
        Methods::CHAP_MD5,
        Methods::MS_CHAP_V1,
        Methods::MS_CHAP_V2,
        Methods::EAP_MD5,
        Methods::EAP_MS_CHAP_V2,
    ][usize::from(way)];
    let is_mutual = Methods::default().contains(methods);
    let has_keys = is_mutual || methods == Methods::MS_CHAP_V1;
    let config = PppConfig {
        mppe: if has_keys {
            MppePolicy::default()
        } else {
            MppePolicy::REFUSE
        },
        ..PppConfig::default()
    };
    let who = Credentials::new("alice", PASSWORD).expect("short");
    let mut client = Ppp::<Full>::new(
        PppConfig {
            credentials: Some(who.with_methods(methods)),
            ..config.clone()
        },
        Random::new([1; 32]),
    );
    let mut demanding = PppConfig {
        demand: Some(Demand::new(methods, "server").expect("short")),
        ..config
    };
    demanding.ipv4.local = Some([10, 0, 0, 1].into());
    demanding.ipv4.remote = Some([10, 0, 0, 2].into());
    let mut server = Ppp::<Full>::new(demanding, Random::new([2; 32]));
    let mut now = Instant::from_millis(1);
    client.open(now);
    server.open(now);
    let (mut is_asked, mut is_believed) = (false, false);
    for _ in 0..TURNS {
        let mut quiet = true;
        for frame in sent(now, &mut client, liar) {
            quiet = false;
            let _ = server.handle_frame(now, &mut frame.clone());
        }
        for frame in sent(now, &mut server, liar) {
            quiet = false;
            let _ = client.handle_frame(now, &mut frame.clone());
        }
        let mut asks = None;
        while let Some(event) = server.poll_event() {
            match event {
                Event::AuthRequested(request) => asks = Some(request.id),
                Event::Authenticated => is_believed = true,
                _ => {}
            }
        }
        if let Some(id) = asks {
            quiet = false;
            is_asked = true;
            server.authorize(now, id, &Verdict::Password(PASSWORD), Grant::default());
        }
        assert!(is_asked || !is_believed);
        while let Some(event) = client.poll_event() {
            // Whoever lets it in is the one who knows the password, or any liar who says so.
            assert!(!is_mutual || is_asked || !matches!(event, Event::Authenticated));
        }
        if [&client, &server].map(|it| it.is_up(Network::Ipv4)) == [true, true] {
            // By MS-CHAPv1 nobody proves to the client that it has answered the right challenge: it may have other keys.
            if methods != Methods::MS_CHAP_V1 {
                passes(now, &mut client, &mut server);
            }
            return;
        }
        if quiet {
            let timers = [client.next_timeout(), server.next_timeout()];
            let Some(next) = timers.into_iter().flatten().min() else {
                break;
            };
            now = next;
            client.handle_timeout(now);
            server.handle_timeout(now);
        }
    }
    assert!(is_asked || server.phase() != Phase::Network);
}

/// All that it has to say, as far as it gets through. Only what is about who is who is the liar's business.
fn sent(now: Instant, ppp: &mut Ppp<Full>, liar: &mut Liar<'_>) -> Vec<Vec<u8>> {
    let mut out = [0; Ppp::<Full>::MAX_CONTROL_FRAME];
    let mut frames = Vec::new();
    while let Some(frame) = ppp.poll_frame(now, &mut out).expect("room") {
        let whole = frame.to_vec();
        let parsed = Frame::parse(&whole).expect("our own");
        let header = whole.len() - parsed.payload.len();
        match parsed.protocol {
            Protocol::PAP | Protocol::CHAP | Protocol::EAP => {
                frames.extend(liar.fate(whole, header));
            }
            _ => frames.push(whole),
        }
    }
    frames
}

/// What one sends is what the other reads.
fn passes(now: Instant, client: &mut Ppp<Full>, server: &mut Ppp<Full>) {
    let mut packet = vec![0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 17, 0, 0];
    packet.extend([10, 0, 0, 2, 10, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (from, to) in [(0, 1), (1, 0)] {
        let ends = [&mut *client, &mut *server];
        let mut out = [0; 100];
        let sent = ends[from].send(Network::Ipv4, &packet, &mut out);
        let mut frame = sent.expect("it is up").to_vec();
        let read = ends[to].handle_frame(now, &mut frame);
        assert!(matches!(read, Ok(Inbound::Packet { packet: it, .. }) if it == packet));
    }
}

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../pptp-ppp/eap-tls/tests/certificates/", $name))
    };
}

static TLS: LazyLock<(ClientTls, ServerTls)> = LazyLock::new(|| {
    let own = |pem, key| Certified::from_pem(pem, key).expect("ours");
    let client = own(file!("client.pem"), file!("client.key"));
    let server = own(file!("server.pem"), file!("server.key"));
    let ca: &[u8] = file!("ca.pem");
    let version = Versions::Tls12;
    let client = ClientTls::new(ca, "vpn.example", Some(client), version).expect("ours");
    let server = ServerTls::new(server, Some(ca), version).expect("ours");
    (client.with_packet_len(500), server.with_packet_len(500))
});

/// EAP-TLS, or PEAP with EAP-MSCHAPv2 inside.
fn tls(is_peap: bool, liar: &mut Liar<'_>) {
    let (client, server) = &*TLS;
    let (mut peer, mut server) = if is_peap {
        let who = Credentials::new("alice", PASSWORD).expect("short");
        (
            Peer::peap(client, who, Binding::IfOffered, [1; 32]).expect("ours"),
            Server::peap(server, b"", Binding::IfOffered, [2; 32]).expect("ours"),
        )
    } else {
        (
            Peer::eap_tls(client).expect("ours"),
            Server::eap_tls(server).expect("ours"),
        )
    };
    let mut keys: [Option<Keys>; 2] = [None, None];
    let (mut last, mut lost) = (Vec::new(), 0);
    server.start(7);
    for _ in 0..TURNS {
        match server.poll_packet() {
            Some(packet) => last = packet.to_vec(),
            None => lost += 1,
        }
        // What is not answered is said again, as EAP does for a method.
        if lost > 5 {
            break;
        }
        for packet in liar.fate(last.clone(), 0) {
            let _ = peer.handle_packet(&packet);
            if let Some(packet) = peer.poll_packet().map(<[u8]>::to_vec) {
                for packet in liar.fate(packet, 0) {
                    let _ = server.handle_packet(&packet);
                }
            }
        }
        let verdict = match server.poll_event() {
            Some(TlsEvent::AuthRequested(_)) if is_peap => Some(Verdict::Password(PASSWORD)),
            Some(TlsEvent::AuthRequested(_)) => Some(Verdict::Accept { keys: None }),
            Some(TlsEvent::Done(done)) => {
                keys[0] = Some(done);
                None
            }
            _ => None,
        };
        if let Some(verdict) = verdict {
            server.authorize(&verdict);
        }
        if let Some(TlsEvent::Done(done)) = peer.poll_event() {
            keys[1] = Some(done);
        }
    }
    if let [Some(server), Some(peer)] = &keys {
        assert!(server == peer, "two sets of keys");
    }
}
