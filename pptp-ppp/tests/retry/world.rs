//! A client and a server whose account changes, and what there is between them.

use super::USER;
use crate::common::{End, ipv4};
use core::time::Duration;
use pptp_ppp::mschap::change::NewPassword;
use pptp_ppp::mschap::{Exchange, NtHash};
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_ppp::{
    Credentials, Demand, DownReason, Event, Grant, Inbound, Instant, Methods, Minimal, Network,
    Ppp, PppConfig, Profile, Proof, Random, Verdict,
};

/// What the server knows of the user, and what it says.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) hash: NtHash,
    pub(super) expired: bool,
    /// The shortest password that will do.
    pub(super) shortest: usize,
    /// What is said instead, if anything is.
    pub(super) always: Option<ErrorCode>,
}

impl Account {
    pub(super) fn new(password: &str) -> Self {
        Self {
            hash: NtHash::from_password(password),
            expired: false,
            shortest: 1,
            always: None,
        }
    }

    pub(super) fn expired(password: &str) -> Self {
        Self {
            expired: true,
            ..Self::new(password)
        }
    }

    /// The verdict on `proof`: of the hash that it is to be verified by, or an error.
    pub(super) fn judge(&mut self, name: &[u8], proof: Proof<'_>) -> Result<NtHash, ErrorCode> {
        assert_eq!(name, USER.as_bytes());
        if let Some(error) = self.always {
            return Err(error);
        }
        match proof {
            Proof::MsChapV2(request) => {
                let exchange = Exchange {
                    authenticator_challenge: request.challenge,
                    peer_challenge: &request.response.peer_challenge,
                    user_name: request.user_name,
                };
                if !exchange.verify_nt_response(&self.hash, &request.response.nt_response) {
                    Err(ErrorCode::AuthenticationFailure)
                } else if self.expired {
                    Err(ErrorCode::PasswordExpired)
                } else {
                    Ok(self.hash.clone())
                }
            }
            Proof::ChangePassword(request) => {
                let mut password = NewPassword::new();
                if request.open(&self.hash, &mut password).is_err()
                    || password.as_str().len() < self.shortest
                {
                    return Err(ErrorCode::ChangingPassword);
                }
                self.hash = password.nt_hash();
                self.expired = false;
                Ok(self.hash.clone())
            }
            _ => panic!("by another method"),
        }
    }
}

/// What the user says when asked.
#[derive(Debug, Clone)]
pub(super) enum Say {
    Password(&'static str),
    New(&'static str),
    Close,
    Nothing,
}

/// A client and a server, and what there is between them.
pub(super) struct World<A: Profile, B: Profile> {
    pub(super) a: Ppp<A>,
    pub(super) b: Ppp<B>,
    pub(super) now: Instant,
    pub(super) account: Account,
    pub(super) says: Vec<Say>,
    pub(super) asked: Vec<(ErrorCode, bool, bool)>,
    pub(super) flying: Vec<(Instant, End, Vec<u8>)>,
    pub(super) longest: usize,
    /// Frames of CHAP as they were sent.
    pub(super) chap: Vec<(End, Vec<u8>)>,
    pub(super) authenticated: u8,
}

pub(super) fn client<P: Profile>(password: &str, asking: bool) -> Ppp<P> {
    let mut credentials = Credentials::new(USER, password).unwrap();
    if asking {
        credentials = credentials.asking();
    }
    let config = PppConfig {
        credentials: Some(credentials),
        ..PppConfig::default()
    };
    Ppp::new(config, Random::new([1; 32]))
}

pub(super) fn server<P: Profile>() -> Ppp<P> {
    let mut config = PppConfig {
        demand: Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
        ..PppConfig::default()
    };
    config.ipv4.local = Some([10, 0, 0, 1].into());
    config.ipv4.remote = Some([10, 0, 0, 2].into());
    Ppp::new(config, Random::new([2; 32]))
}

/// A client that has the wrong password, and of whom another is asked.
pub(super) fn guessing(says: &[Say]) -> World<Minimal, Minimal> {
    World::new(
        client("looking-glass", true),
        server(),
        Account::new("wonderland"),
        says,
    )
}

impl<A: Profile, B: Profile> World<A, B> {
    pub(super) fn new(a: Ppp<A>, b: Ppp<B>, account: Account, says: &[Say]) -> Self {
        let mut world = Self {
            a,
            b,
            now: Instant::from_millis(1000),
            account,
            says: says.iter().rev().cloned().collect(),
            asked: Vec::new(),
            flying: Vec::new(),
            longest: 0,
            chap: Vec::new(),
            authenticated: 0,
        };
        world.a.open(world.now);
        world.b.open(world.now);
        world
    }

    /// Takes what the ends have to say; `fate` gives the delays, in milliseconds, of the copies of a frame.
    pub(super) fn drain(&mut self, mut fate: impl FnMut(End, &[u8]) -> Vec<u64>) {
        let now = self.now;
        let mut buffer = [0; 2048];
        loop {
            let mut sent = Vec::new();
            let room = &mut buffer[..Ppp::<A>::MAX_CONTROL_FRAME];
            if let Some(frame) = self.a.poll_frame(now, room).unwrap() {
                sent.push((End::A, frame.to_vec()));
            }
            let room = &mut buffer[..Ppp::<B>::MAX_CONTROL_FRAME];
            if let Some(frame) = self.b.poll_frame(now, room).unwrap() {
                sent.push((End::B, frame.to_vec()));
            }
            let quiet = sent.is_empty();
            for (from, frame) in sent {
                self.longest = self.longest.max(frame.len());
                if frame.windows(2).take(3).any(|it| it == [0xc2, 0x23]) {
                    self.chap.push((from, frame.clone()));
                }
                for delay in fate(from, &frame) {
                    let at = now + Duration::from_millis(delay);
                    self.flying.push((at, from, frame.clone()));
                }
            }
            if !self.events() && quiet {
                break;
            }
        }
    }

    pub(super) fn events(&mut self) -> bool {
        let now = self.now;
        let mut judged = None;
        let from_b = self.b.poll_event();
        let mut any = from_b.is_some();
        if let Some(Event::AuthRequested(request)) = from_b {
            judged = Some((request.id, self.account.judge(request.name, request.proof)));
        }
        match judged {
            None => {}
            Some((id, Ok(hash))) => {
                let verdict = Verdict::NtHash(&hash);
                self.b.authorize(now, id, &verdict, Grant::default());
            }
            Some((id, Err(error))) => {
                let verdict = Verdict::Reject {
                    error,
                    retry: error == ErrorCode::AuthenticationFailure,
                    message: b"Sorry",
                };
                self.b.authorize(now, id, &verdict, Grant::default());
            }
        }
        let mut wanted = None;
        match self.a.poll_event() {
            None => {}
            Some(Event::PasswordWanted {
                error,
                retry,
                change,
                message,
            }) => {
                assert_eq!(message, b"Sorry");
                wanted = Some((error, retry, change));
                any = true;
            }
            Some(event) => {
                self.authenticated += u8::from(event == Event::Authenticated);
                any = true;
            }
        }
        if let Some(wanted) = wanted {
            self.asked.push(wanted);
            match self.says.pop() {
                Some(Say::Password(password)) => {
                    let who = Credentials::new(USER, password).unwrap();
                    self.a.retry(now, who).unwrap();
                }
                Some(Say::New(password)) => self.a.change_password(now, password).unwrap(),
                Some(Say::Close) => self.a.close(now),
                Some(Say::Nothing) | None => {}
            }
        }
        any
    }

    /// Runs until nothing is left to do, or `seconds` have passed.
    pub(super) fn run_with(&mut self, seconds: u64, mut fate: impl FnMut(End, &[u8]) -> Vec<u64>) {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            self.drain(&mut fate);
            let due = self.flying.iter().map(|(at, ..)| *at).min();
            let timers = [self.a.next_timeout(), self.b.next_timeout()];
            let next = timers.into_iter().flatten().chain(due).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            assert!(next >= self.now, "a timer in the past after a drain");
            self.now = next;
            self.a.handle_timeout(next);
            self.b.handle_timeout(next);
            let flying = core::mem::take(&mut self.flying);
            let (due, rest) = flying.into_iter().partition(|(at, ..)| *at <= next);
            self.flying = rest;
            for (_, from, mut frame) in due {
                let _ = match from {
                    End::A => self.b.handle_frame(next, &mut frame).map(drop),
                    End::B => self.a.handle_frame(next, &mut frame).map(drop),
                };
            }
        }
        self.now = end;
    }

    pub(super) fn run(&mut self, seconds: u64) {
        self.run_with(seconds, |_, _| vec![1]);
    }

    pub(super) fn reasons(&self) -> (Option<DownReason>, Option<DownReason>) {
        (self.a.down_reason(), self.b.down_reason())
    }

    /// Whether packets pass in both directions, encrypted.
    pub(super) fn passes(&mut self) -> bool {
        let (packet, mut room) = (ipv4(b"hello"), [0; 100]);
        let up = self.a.is_up(Network::Ipv4) && self.b.is_up(Network::Ipv4);
        up && {
            let now = self.now;
            let sent = self.a.send(Network::Ipv4, &packet, &mut room).unwrap();
            assert!(!sent.windows(5).any(|it| it == b"hello"));
            let there = self.b.handle_frame(now, sent);
            let there = matches!(there, Ok(Inbound::Packet { packet: it, .. }) if it == packet);
            let sent = self.b.send(Network::Ipv4, &packet, &mut room).unwrap();
            let back = self.a.handle_frame(now, sent);
            there && matches!(back, Ok(Inbound::Packet { packet: it, .. }) if it == packet)
        }
    }

    pub(super) fn codes(&self) -> Vec<u8> {
        let code = |(_, frame): &(End, Vec<u8>)| {
            let at = frame.windows(2).position(|it| it == [0xc2, 0x23]);
            frame[at.unwrap() + 2]
        };
        self.chap.iter().map(code).collect()
    }
}
