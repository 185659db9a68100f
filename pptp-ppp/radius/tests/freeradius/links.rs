//! Two whole links: the client proves itself by a method of EAP that is ours, and the server passes everything on to
//! FreeRADIUS. What they encrypt with is then the client's own keys and those that came by RADIUS.

use crate::server::FreeRadius;
use pptp_ppp::auth::eap::PassThrough;
use pptp_ppp::auth::mschapv2::NoChange;
use pptp_ppp::config::MppePolicy;
use pptp_ppp::{
    Credentials, Demand, DownReason, Eap, Event, Grant, Inbound, Instant, Ipv4Only, Methods, Mppe,
    Network, Ppp, PppConfig, Profile, Random,
};
use pptp_radius::{Decision, MAX_PACKET_LEN};
use std::time::Duration;

#[derive(Debug, Clone)]
struct Client;

impl Profile for Client {
    type Suite = Mppe;
    type Auth = Eap;
    type Networks = Ipv4Only;
}

#[derive(Debug, Clone)]
struct Server;

impl Profile for Server {
    type Suite = Mppe;
    type Auth = Eap<NoChange, PassThrough<1500>>;
    type Networks = Ipv4Only;
}

/// Answers a Response of EAP by what the server says to it.
fn pass(
    link: &mut Ppp<Server>,
    now: Instant,
    server: &FreeRadius,
    name: &[u8],
    state: &mut Option<Vec<u8>>,
    response: (pptp_ppp::AuthId, Vec<u8>),
) {
    let (id, packet) = response;
    let before = state.take();
    let (decision, keys, next, address) = server.ask(
        |it| {
            it.user_name(name).eap(&packet);
            if let Some(before) = &before {
                it.state(before);
            }
        },
        |reply| {
            let mut room = [0; MAX_PACKET_LEN];
            let next = reply.eap(&mut room).unwrap().unwrap().to_vec();
            *state = reply.state().map(<[u8]>::to_vec);
            let keys = reply.keys().unwrap().map(|keys| keys.start_keys());
            (reply.decision(), keys, next, reply.framed_ip_address())
        },
    );
    if decision == Decision::Accept {
        let grant = Grant {
            address,
            ..Grant::default()
        };
        link.eap_keys(now, id, keys, grant).unwrap();
    }
    link.eap_reply(now, id, &next).unwrap();
}

/// What becomes of both links.
fn run(
    server: &FreeRadius,
    methods: Methods,
    password: &str,
    mppe: MppePolicy,
) -> (Ppp<Client>, Ppp<Server>) {
    let credentials = Credentials::new("alice", password).unwrap();
    let mut client: Ppp<Client> = Ppp::new(
        PppConfig {
            credentials: Some(credentials.with_methods(methods)),
            mppe,
            ..PppConfig::default()
        },
        Random::new([3; 32]),
    );
    let mut config = PppConfig {
        demand: Some(Demand::new(Methods::EAP, "").unwrap()),
        mppe,
        ..PppConfig::default()
    };
    config.ipv4.local = Some([10, 98, 0, 1].into());
    let mut gate: Ppp<Server> = Ppp::new(config, Random::new([4; 32]));
    let (mut now, mut name, mut state) = (Instant::ZERO, Vec::new(), None);
    client.open(now);
    gate.open(now);
    let mut room = [0; 2048];
    for _ in 0..200 {
        if let Some(frame) = client.poll_frame(now, &mut room).unwrap() {
            let _ = gate.handle_frame(now, frame);
        }
        if let Some(frame) = gate.poll_frame(now, &mut room).unwrap() {
            let _ = client.handle_frame(now, frame);
        }
        while client.poll_event().is_some() {}
        let mut response = None;
        while let Some(event) = gate.poll_event() {
            if let Event::Eap(packet) = event {
                response = Some((packet.id, packet.packet.to_vec()));
            }
        }
        if let Some(response) = response {
            if response.1[4] == 1 {
                name = response.1[5..].to_vec();
            }
            pass(&mut gate, now, server, &name, &mut state, response);
        }
        now = now + Duration::from_millis(50);
        client.handle_timeout(now);
        gate.handle_timeout(now);
    }
    (client, gate)
}

/// Whether a packet gets through each way.
fn passes(client: &mut Ppp<Client>, gate: &mut Ppp<Server>) -> bool {
    let packet = [
        0x45, 0, 0, 24, 0, 0, 0, 0, 64, 17, 0, 0, 10, 98, 0, 1, 10, 98, 7, 7, 1, 2, 3, 4,
    ];
    let (now, mut room) = (Instant::from_millis(20_000), [0; 64]);
    let came = |taken: Result<Inbound<'_>, _>| matches!(taken, Ok(Inbound::Packet { packet: came, .. }) if came == packet);
    let out = client.send(Network::Ipv4, &packet, &mut room).unwrap();
    let len = out.len();
    let there = came(gate.handle_frame(now, &mut room[..len]));
    let back = gate.send(Network::Ipv4, &packet, &mut room).unwrap();
    let len = back.len();
    there && came(client.handle_frame(now, &mut room[..len]))
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn our_peer_is_let_in_by_freeradius() {
    let required = MppePolicy::default();
    for (default, methods, mppe) in [
        ("mschapv2", Methods::EAP_MS_CHAP_V2, required),
        // With a Nak: by default it offers the other.
        ("md5", Methods::EAP_MS_CHAP_V2, required),
        ("mschapv2", Methods::EAP_MD5, MppePolicy::REFUSE),
    ] {
        let server = FreeRadius::start(default);
        let (mut client, mut gate) = run(&server, methods, "wonderland", mppe);
        assert!(
            client.is_up(Network::Ipv4) && gate.is_up(Network::Ipv4),
            "{methods:?}"
        );
        assert_eq!(client.encryption().0.is_some(), mppe == required);
        assert!(passes(&mut client, &mut gate));
        let (client, gate) = run(&server, methods, "looking-glass", mppe);
        let reason = client.down_reason();
        assert!(
            matches!(reason, Some(DownReason::AuthenticationFailed(_))),
            "{reason:?}"
        );
        assert_eq!(gate.down_reason(), Some(DownReason::PeerRejected));
    }
}
