//! Certificates, and ends that talk to each other.

#![allow(dead_code, reason = "no test needs all of it")]

use pptp_eap_tls::{
    AuthRequest, Certified, ClientTls, Event, Failure, Keys, Peer, Server, ServerTls, Versions,
};
use pptp_ppp::{Credentials, Verdict};

pub(crate) const CA: &[u8] = include_bytes!("../certificates/ca.pem");
pub(crate) const OTHER_CA: &[u8] = include_bytes!("../certificates/other-ca.pem");
pub(crate) const SERVER_NAME: &str = "vpn.example";

macro_rules! certified {
    ($name:literal) => {
        Certified::from_pem(
            include_bytes!(concat!("../certificates/", $name, ".pem")),
            include_bytes!(concat!("../certificates/", $name, ".key")),
        )
        .unwrap()
    };
}

pub(crate) fn server_certificate() -> Certified {
    certified!("server")
}

pub(crate) fn client_certificate() -> Certified {
    certified!("client")
}

/// Of the same name, from an authority that nobody trusts.
pub(crate) fn strangers_certificate() -> Certified {
    certified!("stranger")
}

pub(crate) fn client_tls(own: Option<Certified>, versions: Versions) -> ClientTls {
    ClientTls::new(CA, SERVER_NAME, own, versions).unwrap()
}

pub(crate) fn server_tls(peers: Option<&[u8]>, versions: Versions) -> ServerTls {
    ServerTls::new(server_certificate(), peers, versions).unwrap()
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new("WONDERLAND\\alice", "wonderland").unwrap()
}

/// What came of it, on each side: events other than a request for a verdict.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) peer: Option<Result<Keys, Failure>>,
    pub(crate) server: Option<Result<Keys, Failure>>,
    /// The codes of the packets from the server, and the length of each packet.
    pub(crate) codes: Vec<u8>,
    pub(crate) lengths: Vec<usize>,
}

impl Outcome {
    /// The keys that both have.
    pub(crate) fn keys(&self) -> &Keys {
        match (&self.peer, &self.server) {
            (Some(Ok(peer)), Some(Ok(server))) => {
                assert_eq!(peer, server);
                assert_eq!(self.codes.last(), Some(&3), "Success");
                peer
            }
            other => panic!("{other:?}"),
        }
    }

    /// Why each says that it failed.
    pub(crate) fn failures(&self) -> (Option<&Failure>, Option<&Failure>) {
        let failure = |end: &'static str, it: &'_ Option<Result<Keys, Failure>>| {
            assert!(!matches!(it, Some(Ok(_))), "{end} has keys: {self:?}");
        };
        failure("the peer", &self.peer);
        failure("the server", &self.server);
        let of = |it: &'_ Option<Result<Keys, Failure>>| it.is_some();
        assert!(of(&self.peer) || of(&self.server), "{self:?}");
        (
            self.peer.as_ref().and_then(|it| it.as_ref().err()),
            self.server.as_ref().and_then(|it| it.as_ref().err()),
        )
    }
}

/// Has both talk until neither has anything to say; `judge` is the server's owner.
pub(crate) fn run(
    peer: &mut Peer,
    server: &mut Server,
    mut judge: impl FnMut(&AuthRequest<'_>) -> Verdict<'static>,
) -> Outcome {
    let mut outcome = Outcome {
        peer: None,
        server: None,
        codes: Vec::new(),
        lengths: Vec::new(),
    };
    server.start(7);
    for _ in 0..2000 {
        let mut verdict = None;
        match server.poll_event() {
            Some(Event::AuthRequested(request)) => verdict = Some(judge(&request)),
            Some(Event::Done(keys)) => outcome.server = Some(Ok(keys)),
            Some(Event::Failed(failure)) => outcome.server = Some(Err(failure)),
            _ => {}
        }
        if let Some(verdict) = verdict {
            server.authorize(&verdict);
        }
        let Some(packet) = server.poll_packet() else {
            return outcome;
        };
        outcome.codes.push(packet[0]);
        outcome.lengths.push(packet.len());
        let _ = peer.handle_packet(packet);
        if let Some(packet) = peer.poll_packet() {
            outcome.lengths.push(packet.len());
            server.handle_packet(packet).unwrap();
        }
        match peer.poll_event() {
            Some(Event::Done(keys)) => outcome.peer = Some(Ok(keys)),
            Some(Event::Failed(failure)) => outcome.peer = Some(Err(failure)),
            _ => {}
        }
    }
    panic!("it does not end");
}
