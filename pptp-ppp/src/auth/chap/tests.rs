//! Both machines together, and the captured sessions that the tests of each are about.

mod change;
mod retry;

use super::*;
use crate::auth::{Credentials, Discard, NtIdentity, Verdict};
use crate::codec::BufferTooSmall;
use crate::mschap::vectors::{PPPD, Vector, WINDOWS};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use core::ops::{Deref, DerefMut};
use proptest::prelude::*;

pub(super) type Bytes = std::vec::Vec<u8>;

/// A captured exchange.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session {
    pub(super) vector: Vector,
    /// The authenticator's name.
    pub(super) server: &'static str,
    /// The identifier of all packets.
    pub(super) identifier: u8,
    /// What the Success says besides the proof.
    pub(super) success_text: &'static str,
}

/// Windows 7 and Windows RRAS; pppd 2.4.9 on both ends.
pub(super) const SESSIONS: [Session; 2] = [
    Session {
        vector: WINDOWS,
        server: "WIN-9BAGS70V5IP",
        identifier: 0,
        success_text: "",
    },
    Session {
        vector: PPPD,
        server: "pptpd",
        identifier: 187,
        success_text: "Access granted",
    },
];

impl Session {
    pub(super) fn as_id(&self, identifier: u8) -> Self {
        Self {
            identifier,
            ..*self
        }
    }

    pub(super) fn message(&self, code: u8, data: &[u8]) -> Bytes {
        let [high, low] = u16::try_from(data.len() + 4).unwrap().to_be_bytes();
        [&[code, self.identifier, high, low], data].concat()
    }

    pub(super) fn challenge(&self) -> Bytes {
        let name = self.server.as_bytes();
        self.message(1, &[&[16], &self.vector.challenge()[..], name].concat())
    }

    pub(super) fn response(&self) -> Bytes {
        let Vector { user, .. } = self.vector;
        let (peer_challenge, nt_response) =
            (self.vector.peer_challenge(), self.vector.nt_response());
        let parts: [&[u8]; 6] = [
            &[49],
            &peer_challenge,
            &[0; 8],
            &nt_response,
            &[0],
            user.as_bytes(),
        ];
        self.message(2, &parts.concat())
    }

    pub(super) fn success(&self) -> Bytes {
        let proof = self.vector.success.as_bytes();
        match self.success_text {
            "" => self.verdict(3, proof),
            text => self.verdict(3, &[proof, b" M=", text.as_bytes()].concat()),
        }
    }

    pub(super) fn verdict(&self, code: u8, message: &[u8]) -> Bytes {
        self.message(code, message)
    }
}

/// The sessions as they were on the wire: what the functions above put together is what was captured.
#[test]
fn sessions_are_as_captured() {
    let windows = [
        "010000241005b2f10bdc3d6c92b6cd160adee148b457494e2d3942414753373056354950",
        "0200003d31789223b02a0cc515404bca2c696edcff00000000000000008cd6161253eac63fa53cfc6f74692fd73b0768ca63d612f0\
         0076706e75736572",
        "0300002e533d39373445373943333530434337444335334642433546334131313443363342314546413136453139",
    ];
    let [session, _] = SESSIONS;
    for (hex, bytes) in
        windows
            .iter()
            .zip([session.challenge(), session.response(), session.success()])
    {
        let text: std::string::String = bytes
            .iter()
            .map(|octet| std::format!("{octet:02x}"))
            .collect();
        assert_eq!(text, *hex);
    }
}

pub(super) fn packet(bytes: &[u8]) -> Packet<'_> {
    Packet::parse(bytes).unwrap()
}

pub(super) fn seconds(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

pub(super) fn just_before(at: Instant) -> Instant {
    Instant::from_micros(at.as_micros() - 1)
}

const USER: &str = r"CORP\alice";

/// A peer together with who it is.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) peer: Peer,
    who: NtIdentity,
}

impl Known {
    pub(super) fn new(user: &str, password: &str) -> Self {
        let who = Credentials::new(user, password).unwrap().into();
        Self {
            peer: Peer::new(),
            who,
        }
    }

    pub(super) fn handle_packet<'p>(
        &mut self,
        now: Instant,
        packet: Packet<'p>,
        own_challenge: Option<&[u8; 16]>,
        random: &mut Random,
    ) -> Result<Option<PeerEvent<'p>>, Discard> {
        let own_challenge = own_challenge.map(<[u8; 16]>::as_slice);
        self.peer
            .handle_packet(now, &self.who, packet, own_challenge, random)
    }

    pub(super) fn poll_packet<'b>(
        &mut self,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        self.peer.poll_packet(&self.who, out)
    }
}

impl Deref for Known {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

impl DerefMut for Known {
    fn deref_mut(&mut self) -> &mut Peer {
        &mut self.peer
    }
}

fn peer(password: &str) -> Known {
    Known::new(USER, password)
}

/// Runs a peer and an authenticator for two minutes, or until both are done, over a link that loses a packet where
/// `lost` says so, and nothing when that has come to its end.
fn run(peer: &mut Known, authenticator: &mut Authenticator, seed: u8, lost: &[bool]) -> usize {
    let (mut ours, mut theirs) = (Random::new([seed; 32]), Random::new([!seed; 32]));
    let mut lost = lost.iter().copied();
    let mut requests = 0;
    let mut now = seconds(0);
    peer.open(now);
    authenticator.challenge(now, &mut theirs);
    loop {
        let mut quiet = true;
        let mut out = [0; 400];
        if let Some(sent) = authenticator.poll_packet(b"", &mut out).unwrap() {
            quiet = false;
            if !lost.next().unwrap_or(false) {
                let _ = peer.handle_packet(now, packet(sent), None, &mut ours);
            }
        }
        if let Some(sent) = peer.poll_packet(&mut out).unwrap() {
            quiet = false;
            if !lost.next().unwrap_or(false) {
                let _ = authenticator.handle_packet(packet(sent));
            }
        }
        if let Some(request) = authenticator.request() {
            requests += 1;
            assert_eq!(request.user_name, USER.as_bytes());
            let verdict = Verdict::Password("wonderland");
            authenticator
                .authorize(now, request.id, &verdict, &mut theirs)
                .unwrap();
            quiet = false;
        }
        if quiet {
            let Some(at) = [peer.next_timeout(), authenticator.next_timeout()]
                .into_iter()
                .flatten()
                .min()
            else {
                return requests;
            };
            assert!(at > now, "no timer is left in the past");
            now = at;
            let _ = peer.handle_timeout(now);
            let _ = authenticator.handle_timeout(now);
        }
    }
}

#[test]
fn both_get_the_same_keys() {
    let (mut peer, mut authenticator) = (peer("wonderland"), Authenticator::new());
    assert_eq!(run(&mut peer, &mut authenticator, 1, &[]), 1);
    assert!(peer.is_authenticated() && authenticator.is_authenticated());
    let (ours, theirs) = (peer.keys().unwrap(), authenticator.keys().unwrap());
    assert_eq!((&ours.send, &ours.receive), (&theirs.receive, &theirs.send));
    assert_ne!(ours.send, ours.receive);
}

/// Two of our own ends that challenge each other must not answer what they asked themselves.
#[test]
fn a_reflecting_peer_gets_no_response() {
    let mut random = Random::new([3; 32]);
    let (mut peer, mut authenticator) = (peer("wonderland"), Authenticator::new());
    peer.open(seconds(0));
    authenticator.challenge(seconds(0), &mut random);
    let mut out = [0; 100];
    let challenge = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
    let own = authenticator.challenge_value();
    let event = peer.handle_packet(seconds(0), packet(challenge), own, &mut random);
    assert_eq!(event, Err(Discard::OwnChallenge));
    assert_eq!(peer.poll_packet(&mut [0; 400]), Ok(None));
}

proptest! {
    #[test]
    fn losses_are_made_good(seed: u8, lost in proptest::collection::vec(proptest::bool::weighted(0.4), 0..8)) {
        let (mut peer, mut authenticator) = (peer("wonderland"), Authenticator::new());
        prop_assert_eq!(run(&mut peer, &mut authenticator, seed, &lost), 1);
        prop_assert!(peer.is_authenticated() && authenticator.is_authenticated());
    }

    #[test]
    fn a_wrong_password_never_gets_in(seed: u8, lost in proptest::collection::vec(any::<bool>(), 0..8)) {
        let (mut peer, mut authenticator) = (peer("looking-glass"), Authenticator::new());
        prop_assert!(run(&mut peer, &mut authenticator, seed, &lost) <= 1);
        prop_assert!(!peer.is_authenticated() && !authenticator.is_authenticated());
        prop_assert!(peer.keys().is_none() && authenticator.keys().is_none());
    }

    /// Whatever a stranger sends, whenever: neither side believes it.
    #[test]
    fn a_stranger_never_gets_in(
        seed: u8,
        packets in proptest::collection::vec((1..5u8, 0..3u8, any::<Bytes>(), any::<bool>()), 0..40),
    ) {
        let mut random = Random::new([seed; 32]);
        let (mut peer, mut authenticator) = (peer("wonderland"), Authenticator::new());
        peer.open(seconds(0));
        authenticator.challenge(seconds(0), &mut random);
        for (at, (code, identifier, mut data, whole)) in (1..).zip(packets) {
            if whole {
                // The right length, at least.
                let len = if code == 1 { 16 } else { 49 };
                data.resize(usize::from(len) + 5, 0x41);
                data.insert(0, len);
            }
            let now = seconds(at);
            let packet = Packet { code: crate::wire::Code(code), identifier, data: &data };
            let _ = peer.handle_packet(now, packet, authenticator.challenge_value(), &mut random);
            let _ = authenticator.handle_packet(packet);
            if let Some(request) = authenticator.request() {
                let verdict = Verdict::Password("wonderland");
                authenticator.authorize(now, request.id, &verdict, &mut random).unwrap();
            }
            let _ = (peer.handle_timeout(now), authenticator.handle_timeout(now));
            let _ = peer.poll_packet(&mut [0; 400]).unwrap();
            let _ = authenticator.poll_packet(b"", &mut [0; 400]).unwrap();
            prop_assert!(!peer.is_authenticated() && !authenticator.is_authenticated());
            prop_assert!(peer.next_timeout().is_none_or(|next| next > now));
            prop_assert!(authenticator.next_timeout().is_none_or(|next| next > now));
        }
    }
}
