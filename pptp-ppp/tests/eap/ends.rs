//! Each end alone, and both together, without a link around them.

use pptp_ppp::auth::eap::{Authenticator, PassThrough, Peer, Step};
use pptp_ppp::auth::mschapv2::Change;
use pptp_ppp::auth::{Credentials, Discard, Methods, Verdict};
use pptp_ppp::wire::Packet;
use pptp_ppp::{Instant, Proof, Random};

pub(crate) const START: Instant = Instant::from_millis(1000);

pub(crate) const BUILT_IN: Methods = Methods::EAP_MD5.union(Methods::EAP_MS_CHAP_V2);

pub(crate) fn alice() -> Credentials {
    Credentials::new("alice", "wonderland").unwrap()
}

/// A packet, made without the library.
pub(crate) fn packet(code: u8, identifier: u8, data: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(data.len() + 4).unwrap().to_be_bytes();
    [&[code, identifier, high, low], data].concat()
}

/// One who is asked.
pub(crate) struct Asked {
    pub(crate) peer: Peer<Change, PassThrough<1500>>,
    pub(crate) who: Credentials,
    pub(crate) now: Instant,
    pub(crate) random: Random,
    pub(crate) own_challenge: Option<Vec<u8>>,
}

impl Asked {
    pub(crate) fn new(methods: Methods) -> Self {
        Self::with_random(methods, Random::new([7; 32]))
    }

    pub(crate) fn with_random(methods: Methods, random: Random) -> Self {
        let mut asked = Self {
            peer: Peer::with_rooms(Change::default(), PassThrough::default()),
            who: alice(),
            now: START,
            random,
            own_challenge: None,
        };
        asked.peer.open(START, methods);
        asked
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Step, Discard> {
        self.peer.handle_packet(
            self.now,
            &self.who,
            Packet::parse(bytes)?,
            self.own_challenge.as_deref(),
            &mut self.random,
        )
    }

    /// What it sends, if it does.
    pub(crate) fn says(&mut self) -> Option<Vec<u8>> {
        let mut room = [0; 1600];
        let len = self.peer.poll_packet(&self.who, &mut room).unwrap()?;
        Some(room[..len].to_vec())
    }

    /// A Request that is taken, and the Response without its header.
    pub(crate) fn ask(&mut self, identifier: u8, data: &[u8]) -> Vec<u8> {
        assert_eq!(
            self.take(&packet(1, identifier, data)),
            Ok(Step::Nothing),
            "{data:?}"
        );
        let said = self.says().unwrap();
        assert_eq!(said[..2], [2, identifier]);
        assert_eq!(
            usize::from(said[2]) * 256 + usize::from(said[3]),
            said.len()
        );
        assert_eq!(self.says(), None);
        said[4..].to_vec()
    }

    /// A Request that is dropped.
    pub(crate) fn refuses(&mut self, identifier: u8, data: &[u8]) -> Discard {
        let refused = self.take(&packet(1, identifier, data)).unwrap_err();
        assert_eq!(self.says(), None);
        refused
    }

    pub(crate) fn success(&mut self, identifier: u8) -> Result<Step, Discard> {
        self.take(&packet(3, identifier, &[]))
    }

    pub(crate) fn failure(&mut self, identifier: u8) -> Result<Step, Discard> {
        self.take(&packet(4, identifier, &[]))
    }
}

/// One who asks.
pub(crate) struct Asking {
    pub(crate) authenticator: Authenticator<Change, PassThrough<1500>>,
    pub(crate) now: Instant,
    pub(crate) random: Random,
}

impl Asking {
    pub(crate) fn new(methods: Methods) -> Self {
        let mut asking = Self {
            authenticator: Authenticator::with_rooms(Change::default(), PassThrough::default()),
            now: START,
            random: Random::new([8; 32]),
        };
        asking.authenticator.open(START, methods);
        asking
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Step, Discard> {
        let packet = Packet::parse(bytes)?;
        self.authenticator
            .handle_packet(self.now, packet, &mut self.random)
    }

    /// What it sends, if it does, and what follows.
    pub(crate) fn says(&mut self) -> Option<(Vec<u8>, Step)> {
        let mut room = [0; 1600];
        let (len, step) = self
            .authenticator
            .poll_packet(b"server", &mut room)
            .unwrap()?;
        Some((room[..len].to_vec(), step))
    }

    /// The Request that it sends: Identifier, and the data from Type on.
    pub(crate) fn asks(&mut self) -> (u8, Vec<u8>) {
        let (said, step) = self.says().unwrap();
        assert_eq!((said[0], step), (1, Step::Nothing));
        assert_eq!(self.says(), None);
        (said[1], said[4..].to_vec())
    }

    /// It asks for the Identity, and gets it.
    pub(crate) fn identified(methods: Methods, name: &[u8]) -> Self {
        let mut asking = Self::new(methods);
        let (identifier, data) = asking.asks();
        assert_eq!(data, [1]);
        let taken = asking.answer(identifier, &[&[1], name].concat());
        assert!(taken.is_ok(), "{taken:?}");
        asking
    }

    pub(crate) fn answer(&mut self, identifier: u8, data: &[u8]) -> Result<Step, Discard> {
        self.take(&packet(2, identifier, data))
    }

    pub(crate) fn judge(&mut self, verdict: &Verdict<'_>) -> Step {
        self.authenticator
            .authorize(self.now, verdict, &mut self.random)
    }

    /// The name that is to be judged.
    pub(crate) fn presented(&self) -> Vec<u8> {
        self.authenticator.request().unwrap().0.to_vec()
    }

    /// Time goes by until the timer goes off.
    pub(crate) fn wait(&mut self) -> Option<Step> {
        self.now = self.authenticator.next_timeout()?;
        Some(self.authenticator.handle_timeout(self.now))
    }
}

/// Both, until neither has anything to say.
pub(crate) fn converse(asked: &mut Asked, asking: &mut Asking, verdict: &Verdict<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for _ in 0..40 {
        let mut quiet = true;
        if let Some((said, step)) = asking.says() {
            steps.push(step);
            steps.push(asked.take(&said).unwrap());
            quiet = false;
        }
        if let Some(said) = asked.says() {
            steps.push(asking.take(&said).unwrap());
            quiet = false;
        }
        if let Some((_, proof)) = asking.authenticator.request() {
            assert!(matches!(proof, Proof::MsChapV2(_) | Proof::EapMd5(_)));
            steps.push(asking.judge(verdict));
            quiet = false;
        }
        if quiet {
            steps.retain(|step| *step != Step::Nothing);
            return steps;
        }
    }
    panic!("without end: {steps:?}");
}
