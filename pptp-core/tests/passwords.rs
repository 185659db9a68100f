//! A tunnel whose user has the wrong password, or one that has expired.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use pptp_core::control::{CallAnswer, CloseReason};
use pptp_core::ppp::auth::Grant;
use pptp_core::ppp::mschap::NtHash;
use pptp_core::ppp::mschap::change::NewPassword;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::ppp::{
    AuthId, Credentials, Demand, DownReason as Link, Event as LinkEvent, Full, Ipv4Only, Methods,
    Minimal, Mppe, MsChapV2Change, Profile, Proof, RetryError, Verdict,
};
use pptp_core::time::Instant;
use pptp_core::{Client, ClientConfig, DownReason, Event, Network, Output, Server, ServerConfig};

#[derive(Debug, Clone)]
struct Changing;

impl Profile for Changing {
    type Suite = Mppe;
    type Auth = MsChapV2Change;
    type Networks = Ipv4Only;
}

/// A client and a server, between which nothing is lost and nothing takes time.
struct Tunnel {
    client: Client<Changing>,
    server: Server<Changing>,
    now: Instant,
    /// What the server says to the next proofs; nothing more: it waits.
    verdicts: Vec<ErrorCode>,
    /// What the client was told is wanted.
    wanted: Vec<(ErrorCode, bool, bool)>,
    /// New passwords that came.
    changes: Vec<String>,
    down: Option<DownReason>,
    longest: usize,
}

enum Sent {
    Control(Vec<u8>),
    Gre(Vec<u8>),
}

const LAST: ErrorCode = ErrorCode::Other(0);

impl Tunnel {
    fn new(verdicts: &[ErrorCode]) -> Self {
        let mut client = ClientConfig::default();
        client.call.call_id = 7;
        let who = Credentials::new("alice", "wonderland").unwrap();
        client.ppp.credentials = Some(who.asking());
        let mut server = ServerConfig::default();
        server.control.accept = Some(CallAnswer {
            call_id: 9,
            ..CallAnswer::default()
        });
        server.ppp.demand = Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap());
        server.ppp.ipv4.local = Some([10, 0, 0, 1].into());
        server.ppp.ipv4.remote = Some([10, 0, 0, 2].into());
        let now = Instant::from_millis(1000);
        let mut tunnel = Self {
            client: Client::new(client, [1; 32]),
            server: Server::new(server, [2; 32]),
            now,
            verdicts: verdicts.iter().rev().copied().collect(),
            wanted: Vec::new(),
            changes: Vec::new(),
            down: None,
            longest: 0,
        };
        tunnel.client.control_connected(now);
        tunnel.server.control_connected(now);
        tunnel.run();
        tunnel
    }

    /// Until nobody has anything more to say.
    fn run(&mut self) {
        while let Some(sent) = self.drain_client() {
            match sent {
                Sent::Control(octets) => {
                    let _ = self.server.handle_control(self.now, &octets).unwrap();
                }
                Sent::Gre(mut octets) => {
                    let _ = self.server.handle_gre(self.now, &mut octets);
                }
            }
            self.drain_server();
        }
    }

    fn drain_client(&mut self) -> Option<Sent> {
        let mut out = [0; Client::<Changing>::MAX_OUTPUT];
        loop {
            match self.client.poll_output(self.now, &mut out).unwrap() {
                Output::Control(octets) => return Some(Sent::Control(octets.to_vec())),
                Output::Gre(octets) => {
                    self.longest = self.longest.max(octets.len());
                    return Some(Sent::Gre(octets.to_vec()));
                }
                Output::Event(Event::Ppp(LinkEvent::PasswordWanted {
                    error,
                    retry,
                    change,
                    ..
                })) => self.wanted.push((error, retry, change)),
                Output::Event(Event::Down(reason)) => self.down = Some(reason),
                Output::Event(_) => {}
                Output::Timeout(_) => return None,
            }
        }
    }

    fn drain_server(&mut self) {
        let mut out = [0; Server::<Changing>::MAX_OUTPUT];
        loop {
            let mut request = None;
            match self.server.poll_output(self.now, &mut out).unwrap() {
                Output::Control(octets) => {
                    let _ = self.client.handle_control(self.now, octets).unwrap();
                }
                Output::Gre(octets) => {
                    let _ = self.client.handle_gre(self.now, &mut octets.to_vec());
                }
                Output::Event(Event::Ppp(LinkEvent::AuthRequested(asked))) => {
                    if let Proof::ChangePassword(change) = asked.proof {
                        let mut password = NewPassword::new();
                        let old = NtHash::from_password("wonderland");
                        change.open(&old, &mut password).unwrap();
                        self.changes.push(password.as_str().to_owned());
                    }
                    request = Some(asked.id);
                }
                Output::Event(_) => {}
                Output::Timeout(_) => return,
            }
            if let Some(id) = request {
                self.judge(id);
            }
        }
    }

    fn judge(&mut self, id: AuthId) {
        let Some(error) = self.verdicts.pop() else {
            return;
        };
        let password = self.changes.last().cloned();
        let password = password.unwrap_or_else(|| "looking-glass".to_owned());
        let verdict = match error {
            LAST => Verdict::Password(&password),
            error => Verdict::Reject {
                error,
                retry: error == ErrorCode::AuthenticationFailure,
                message: b"",
            },
        };
        self.server
            .authorize(self.now, id, &verdict, Grant::default());
    }

    fn is_up(&self) -> bool {
        self.client.is_up(Network::Ipv4) && self.server.is_up(Network::Ipv4)
    }
}

fn other() -> Credentials {
    Credentials::new("alice", "looking-glass").unwrap()
}

const WRONG: ErrorCode = ErrorCode::AuthenticationFailure;

#[test]
fn another_password_brings_the_tunnel_up() {
    let mut tunnel = Tunnel::new(&[WRONG, LAST]);
    assert_eq!(tunnel.wanted, [(WRONG, true, false)]);
    assert!(!tunnel.is_up());
    let changed = tunnel.client.change_password(tunnel.now, "new");
    assert_eq!(changed, Err(RetryError::NotWanted));
    tunnel.client.retry(tunnel.now, other()).unwrap();
    tunnel.run();
    assert!(tunnel.is_up(), "{:?}", tunnel.client.down_reason());
}

#[test]
fn a_new_password_brings_the_tunnel_up() {
    let mut tunnel = Tunnel::new(&[ErrorCode::PasswordExpired, LAST]);
    assert_eq!(tunnel.wanted, [(ErrorCode::PasswordExpired, false, true)]);
    let retried = tunnel.client.retry(tunnel.now, other());
    assert_eq!(retried, Err(RetryError::NotWanted));
    let long = tunnel.client.change_password(tunnel.now, &"x".repeat(257));
    assert_eq!(long, Err(RetryError::TooLong));
    tunnel
        .client
        .change_password(tunnel.now, "Зазеркалье")
        .unwrap();
    tunnel.run();
    assert!(tunnel.is_up(), "{:?}", tunnel.client.down_reason());
    assert_eq!(tunnel.changes, ["Зазеркалье"]);
    assert!(tunnel.longest >= 586 && tunnel.longest <= Client::<Changing>::MAX_CONTROL_DATAGRAM);
}

/// A server that says that it waits, and then goes: by its control connection, and by TCP alone.
#[test]
fn a_server_that_goes_while_somebody_is_asked_has_refused() {
    let refused = DownReason::Ppp(Link::AuthenticationFailed(WRONG));
    let mut tunnel = Tunnel::new(&[WRONG]);
    tunnel.client.control_closed(tunnel.now);
    tunnel.run();
    assert_eq!(tunnel.down, Some(refused));
    let late = tunnel.client.retry(tunnel.now, other());
    assert_eq!(late, Err(RetryError::NotWanted));

    let mut tunnel = Tunnel::new(&[WRONG]);
    tunnel.server.close(tunnel.now);
    tunnel.drain_server();
    tunnel.run();
    assert_eq!(tunnel.client.down_reason(), Some(refused));

    // With nobody to be asked any more the cause is another one.
    let mut tunnel = Tunnel::new(&[WRONG]);
    tunnel.client.retry(tunnel.now, other()).unwrap();
    tunnel.run();
    tunnel.client.control_closed(tunnel.now);
    tunnel.run();
    let closed = DownReason::Control(CloseReason::TcpClosed);
    assert_eq!(tunnel.down, Some(closed));
}

#[test]
fn without_a_call_nothing_is_wanted() {
    let mut client = Client::<Full>::new(ClientConfig::default(), [1; 32]);
    let now = Instant::from_millis(1);
    assert_eq!(client.retry(now, other()), Err(RetryError::NotWanted));
    let changed = client.change_password(now, "new");
    assert_eq!(changed, Err(RetryError::NotWanted));
}

/// Whoever has no use for it has not to pay for it.
#[test]
fn buffers_are_as_long_as_the_profile_needs() {
    assert_eq!(Client::<Minimal>::MAX_CONTROL_DATAGRAM, 16 + 512);
    assert_eq!(Client::<Changing>::MAX_CONTROL_DATAGRAM, 16 + 590);
    assert_eq!(Client::<Full>::MAX_OUTPUT, 16 + 1504);
    assert_eq!(Server::<Minimal>::MAX_OUTPUT, Client::<Minimal>::MAX_OUTPUT);
}
