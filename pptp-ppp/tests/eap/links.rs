//! EAP in whole links, over good wires and bad ones.

use super::common::lossy::Dice;
use super::common::{End, ipv4};
use core::time::Duration;
use pptp_mppe::{Side, StartKeys};
use pptp_ppp::auth::eap::{MAX_BUILT_IN_PACKET, PassThrough};
use pptp_ppp::auth::mschapv2::{Change, NoChange};
use pptp_ppp::config::MppePolicy;
use pptp_ppp::{
    AuthId, Bare, Credentials, Demand, DownReason, Eap, EapError, Event, Grant, Inbound, Instant,
    Ipv4Only, Methods, Minimal, Mppe, MsChapV2, Network, Ppp, PppConfig, Profile, Random, Verdict,
};

macro_rules! profile {
    ($name:ident, $auth:ty) => {
        #[derive(Debug, Clone)]
        struct $name;

        impl Profile for $name {
            type Suite = Mppe;
            type Auth = $auth;
            type Networks = Ipv4Only;
        }
    };
}

profile!(BuiltIn, Eap);
profile!(Any, Eap<Change, PassThrough<1500>>);
profile!(Paired, (MsChapV2, Eap<NoChange, PassThrough<64>>));

const ADDRESS: [u8; 4] = [10, 9, 9, 9];

/// Two links, a wire between them, and callers who have a method of their own: type 99, one Request and one Response.
struct World<A: Profile, B: Profile> {
    a: Ppp<A>,
    b: Ppp<B>,
    now: Instant,
    flying: Vec<(Instant, End, Vec<u8>)>,
    events: Vec<(End, String)>,
    /// Packets that came through, for A and for B.
    through: [u32; 2],
    /// What the callers were asked last.
    asked: [Option<AuthId>; 2],
    password: &'static str,
}

fn client<P: Profile>(methods: Methods) -> Ppp<P> {
    client_with(methods, MppePolicy::default())
}

fn client_with<P: Profile>(methods: Methods, mppe: MppePolicy) -> Ppp<P> {
    let credentials = Credentials::new("alice", "wonderland").unwrap();
    let config = PppConfig {
        credentials: Some(credentials.with_methods(methods)),
        mppe,
        ..PppConfig::default()
    };
    Ppp::new(config, Random::new([1; 32]))
}

fn server_with<P: Profile>(methods: Methods, mppe: MppePolicy) -> Ppp<P> {
    let mut config = PppConfig {
        demand: Some(Demand::new(methods, "server").unwrap()),
        mppe,
        ..PppConfig::default()
    };
    config.ipv4.local = Some([10, 0, 0, 1].into());
    config.ipv4.remote = Some([10, 0, 0, 2].into());
    Ppp::new(config, Random::new([2; 32]))
}

fn server<P: Profile>(methods: Methods) -> Ppp<P> {
    server_with(methods, MppePolicy::default())
}

fn keys(side: Side) -> Option<StartKeys> {
    Some(StartKeys::from_msk(&[0x5e; 64], side))
}

impl<A: Profile, B: Profile> World<A, B> {
    fn new(a: Ppp<A>, b: Ppp<B>) -> Self {
        let mut world = Self {
            a,
            b,
            now: Instant::from_millis(1000),
            flying: Vec::new(),
            events: Vec::new(),
            through: [0; 2],
            asked: [None; 2],
            password: "wonderland",
        };
        world.a.open(world.now);
        world.b.open(world.now);
        world
    }

    /// Until `millis` from now, over a wire that `fate` gives the delays on, of each copy of a frame.
    fn run(&mut self, millis: u64, mut fate: impl FnMut(&[u8]) -> Vec<u64>) {
        let until = self.now + Duration::from_millis(millis);
        loop {
            self.drain(&mut fate);
            let timers = [self.a.next_timeout(), self.b.next_timeout()];
            let arrivals = self.flying.iter().map(|it| it.0);
            let next = timers.into_iter().flatten().chain(arrivals).min();
            let Some(next) = next.filter(|next| *next <= until) else {
                break;
            };
            self.now = self.now.max(next);
            let now = self.now;
            let due: Vec<_> = self.flying.extract_if(.., |it| it.0 <= now).collect();
            for (_, from, frame) in due {
                self.deliver(from, frame);
            }
            self.a.handle_timeout(now);
            self.b.handle_timeout(now);
        }
        self.now = until;
    }

    fn deliver(&mut self, from: End, mut frame: Vec<u8>) {
        let taken = match from {
            End::A => self.b.handle_frame(self.now, &mut frame),
            End::B => self.a.handle_frame(self.now, &mut frame),
        };
        if let Ok(Inbound::Packet { .. }) = taken {
            self.through[usize::from(from == End::A)] += 1;
        }
    }

    fn drain(&mut self, fate: &mut impl FnMut(&[u8]) -> Vec<u64>) {
        let (now, mut room) = (self.now, [0; 2048]);
        loop {
            let mut sent = Vec::new();
            if let Some(frame) = self.a.poll_frame(now, &mut room).unwrap() {
                assert!(frame.len() <= Ppp::<A>::MAX_CONTROL_FRAME);
                sent.push((End::A, frame.to_vec()));
            }
            if let Some(frame) = self.b.poll_frame(now, &mut room).unwrap() {
                assert!(frame.len() <= Ppp::<B>::MAX_CONTROL_FRAME);
                sent.push((End::B, frame.to_vec()));
            }
            let mut quiet = sent.is_empty();
            for (from, frame) in sent {
                for delay in fate(&frame) {
                    let at = now + Duration::from_millis(delay);
                    self.flying.push((at, from, frame.clone()));
                }
            }
            quiet &= !self.serve_a();
            quiet &= !self.serve_b();
            if quiet {
                break;
            }
        }
    }

    fn serve_a(&mut self) -> bool {
        let now = self.now;
        let Some(event) = self.a.poll_event() else {
            return false;
        };
        self.events.push((End::A, format!("{event:?}")));
        if let Event::Eap(request) = event {
            let (id, identifier, kind) = (request.id, request.packet[1], request.packet[4]);
            self.asked[0] = Some(id);
            if kind == 99 {
                let keys = keys(Side::Client);
                self.a.eap_keys(now, id, keys, Grant::default()).unwrap();
                let response = [2, identifier, 0, 6, 99, 1];
                self.a.eap_reply(now, id, &response).unwrap();
            } else {
                self.a.eap_decline(now, id).unwrap();
            }
        }
        true
    }

    fn serve_b(&mut self) -> bool {
        let now = self.now;
        let Some(event) = self.b.poll_event() else {
            return false;
        };
        self.events.push((End::B, format!("{event:?}")));
        match event {
            Event::AuthRequested(request) => {
                let (id, password) = (request.id, self.password);
                let verdict = Verdict::Password(password);
                self.b.authorize(now, id, &verdict, Grant::default());
            }
            Event::Eap(response) => {
                let (id, identifier, kind) = (response.id, response.packet[1], response.packet[4]);
                self.asked[1] = Some(id);
                match kind {
                    1 => {
                        assert_eq!(response.packet[5..], *b"alice");
                        let request = [1, identifier.wrapping_add(9), 0, 6, 99, 0];
                        self.b.eap_reply(now, id, &request).unwrap();
                    }
                    99 => {
                        let grant = Grant {
                            address: Some(ADDRESS.into()),
                            ..Grant::default()
                        };
                        self.b.eap_keys(now, id, keys(Side::Server), grant).unwrap();
                        self.b.eap_reply(now, id, &[3, identifier, 0, 4]).unwrap();
                    }
                    _ => self.b.eap_decline(now, id).unwrap(),
                }
            }
            _ => {}
        }
        true
    }

    fn is_up(&self) -> bool {
        self.a.is_up(Network::Ipv4) && self.b.is_up(Network::Ipv4)
    }

    /// Whether a packet passes each way.
    fn passes(&mut self) -> bool {
        let mut room = [0; 2048];
        let before = self.through;
        let packet = ipv4(b"through");
        let Ok(frame) = self.a.send(Network::Ipv4, &packet, &mut room) else {
            return false;
        };
        let frame = frame.to_vec();
        self.deliver(End::A, frame);
        let Ok(frame) = self.b.send(Network::Ipv4, &packet, &mut room) else {
            return false;
        };
        let frame = frame.to_vec();
        self.deliver(End::B, frame);
        self.through == [before[0] + 1, before[1] + 1]
    }

    fn told(&self, end: End, what: &str) -> bool {
        let mut events = self.events.iter();
        events.any(|(from, event)| *from == end && event.contains(what))
    }

    fn down(&self) -> [Option<DownReason>; 2] {
        [self.a.down_reason(), self.b.down_reason()]
    }
}

/// A wire on which all is well.
fn well(_: &[u8]) -> Vec<u64> {
    vec![5]
}

#[test]
fn mschapv2_in_eap_has_keys_for_mppe() {
    let mut world = World::new(
        client::<BuiltIn>(Methods::default()),
        server::<BuiltIn>(Methods::default()),
    );
    world.run(1000, well);
    assert!(world.is_up() && world.passes(), "{:?}", world.events);
    assert!(world.a.encryption().0.is_some());
}

#[test]
fn md5_has_no_keys_for_mppe() {
    let methods = Methods::EAP_MD5;
    let mut world = World::new(client::<BuiltIn>(methods), server::<BuiltIn>(methods));
    world.run(8000, well);
    assert_eq!(world.down()[1], Some(DownReason::NoEncryptionKeys));
    let refuse = MppePolicy::REFUSE;
    let mut world = World::new(
        client_with::<BuiltIn>(methods, refuse),
        server_with::<BuiltIn>(methods, refuse),
    );
    world.run(1000, well);
    assert!(world.is_up() && world.passes(), "{:?}", world.events);
}

#[test]
fn a_callers_method_gives_keys_and_an_address() {
    let mut world = World::new(client::<Any>(Methods::EAP), server::<Any>(Methods::EAP));
    world.run(1000, well);
    assert!(world.is_up() && world.passes(), "{:?}", world.events);
    assert!(world.told(End::A, "10.9.9.9"));
    let [ours, theirs] = world.asked.map(Option::unwrap);
    let (now, keys) = (world.now, keys(Side::Client));
    let late = world.a.eap_keys(now, ours, keys.clone(), Grant::default());
    assert_eq!(late, Err(EapError::NotWanted));
    let late = world.b.eap_keys(now, theirs, keys, Grant::default());
    assert_eq!(late, Err(EapError::NotWanted));
    let late = world.b.eap_reply(now, theirs, &[3, 0, 0, 4]);
    assert_eq!(late, Err(EapError::NotWanted));
}

/// The server's own methods take over once the peer has none of the caller's.
#[test]
fn a_caller_and_what_is_built_in_share_a_server() {
    let all = Methods::EAP | Methods::EAP_MS_CHAP_V2;
    let mut world = World::new(
        client::<Any>(Methods::EAP_MS_CHAP_V2),
        server::<Any>(Methods::EAP | Methods::EAP_MS_CHAP_V2 | Methods::EAP_MD5),
    );
    world.run(1000, well);
    assert!(world.is_up() && world.passes(), "{:?}", world.events);
    assert!(world.told(End::B, "AuthRequested"));
    let mut world = World::new(
        client::<Any>(all),
        server::<BuiltIn>(Methods::EAP_MS_CHAP_V2),
    );
    world.run(1000, well);
    assert!(world.is_up() && world.passes(), "{:?}", world.events);
}

/// MS-CHAPv2 by itself is as strong and better known, so that it goes first; EAP where the other end has nothing else.
#[test]
fn in_a_pair_lcp_decides() {
    let both = Methods::default();
    let mut world = World::new(client::<Paired>(both), server::<Paired>(both));
    world.run(1000, well);
    assert!(world.is_up() && world.passes());
    for methods in [Methods::EAP_MS_CHAP_V2, Methods::MS_CHAP_V2] {
        let mut world = World::new(client::<Paired>(both), server::<Paired>(methods));
        world.run(1000, well);
        assert!(world.is_up() && world.passes(), "{methods:?}");
        let mut world = World::new(client::<Paired>(methods), server::<Paired>(both));
        world.run(1000, well);
        assert!(world.is_up() && world.passes(), "{methods:?}");
    }
    let mut world = World::new(
        client::<Paired>(Methods::MS_CHAP_V2),
        server::<Paired>(Methods::EAP_MS_CHAP_V2),
    );
    world.run(5000, well);
    assert_eq!(world.down()[0], Some(DownReason::CredentialsWanted));
}

#[test]
fn a_wrong_password_is_told_at_both_ends() {
    let mut world = World::new(
        client::<BuiltIn>(Methods::default()),
        server::<BuiltIn>(Methods::default()),
    );
    world.password = "looking-glass";
    world.run(8000, well);
    let [ours, theirs] = world.down();
    assert!(matches!(ours, Some(DownReason::AuthenticationFailed(_))));
    assert_eq!(theirs, Some(DownReason::PeerRejected));
}

/// Law 6: over wires that lose 30 %, duplicate, delay and reorder.
#[test]
fn a_bad_wire_only_takes_longer() {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let mut fate = |_: &[u8]| {
            let copies = 1 + u64::from(dice.percent(10));
            let mut delays = Vec::new();
            for _ in 0..copies {
                if !dice.percent(30) {
                    delays.push(10 + dice.below(90));
                }
            }
            delays
        };
        let mut world = World::new(
            client::<Any>(Methods::default()),
            server::<Any>(Methods::default()),
        );
        world.run(30_000, &mut fate);
        assert!(world.is_up(), "{seed}: {:?}", world.events);
        let mut world = World::new(client::<Any>(Methods::EAP), server::<Any>(Methods::EAP));
        world.run(30_000, &mut fate);
        assert!(world.is_up(), "{seed}: {:?}", world.events);
    }
}

/// What asked is gone: what it is told comes too late.
#[test]
fn an_answer_after_lcp_began_anew_is_not_taken() {
    let mut b = server::<Any>(Methods::EAP);
    let mut world = World::new(client::<Any>(Methods::EAP), b.clone());
    world.run(1000, well);
    assert!(world.is_up());
    let id = world.asked[1].unwrap();
    b.open(Instant::from_millis(1));
    let late = b.eap_reply(Instant::from_millis(1), id, &[1, 1, 0, 5, 99]);
    assert_eq!(late, Err(EapError::NotWanted));
}

/// The room is paid for by those who ask for it.
#[test]
fn room_costs_only_those_who_have_it() {
    fn frame<P: Profile>() -> usize {
        Ppp::<P>::MAX_CONTROL_FRAME
    }
    assert_eq!([frame::<Minimal>(), frame::<Bare>()], [512, 512]);
    assert_eq!(frame::<BuiltIn>(), 512);
    assert_eq!(frame::<Any>(), 1504);
    assert_eq!(MAX_BUILT_IN_PACKET, 5 + 7 + 4 + 1 + 49 + 256);
    let [built_in, any] = [size_of::<Ppp<BuiltIn>>(), size_of::<Ppp<Any>>()];
    println!("{} {built_in} {any}", size_of::<Ppp<Minimal>>());
    assert!(any > built_in + 2 * 1500 && built_in < size_of::<Ppp<Minimal>>() + 1500);
}
