//! A peer played by hand: what it says is written in the test, and what it is told is kept.

use pptp_mppe::{Side, StartKeys};
use pptp_ppp::mschap::{Exchange, NtHash, master_key};
use pptp_ppp::{
    AuthId, Discard, DownReason, Event, Grant, Inbound, Instant, Minimal, Network, Ppp, PppConfig,
    Profile, Random, Verdict,
};

pub const LCP: u16 = 0xc021;
pub const CHAP: u16 = 0xc223;
pub const CCP: u16 = 0x80fd;
pub const IPCP: u16 = 0x8021;
pub const COMPRESSED: u16 = 0x00fd;

pub const USER: &str = "alice";
pub const PASSWORD: &str = "wonderland";
const CHALLENGE: [u8; 16] = [0x5a; 16];

/// The octets of hexadecimal digits; blanks do not count.
pub fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    let pairs = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]);
    pairs.map(|octet| u8::try_from(octet).unwrap()).collect()
}

pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A frame as it was sent, taken apart without the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub raw: Vec<u8>,
    pub protocol: u16,
    pub information: Vec<u8>,
}

impl Sent {
    pub fn new(raw: &[u8]) -> Self {
        let rest = raw.strip_prefix(&[0xff, 0x03]).unwrap_or(raw);
        let (protocol, information) = if rest[0] & 1 == 1 {
            (u16::from(rest[0]), &rest[1..])
        } else {
            (u16::from_be_bytes([rest[0], rest[1]]), &rest[2..])
        };
        Self {
            raw: raw.to_vec(),
            protocol,
            information: information.to_vec(),
        }
    }

    /// Code, Identifier, and the data in hexadecimal, of a control packet.
    pub fn packet(&self) -> (u8, u8, String) {
        let information = &self.information;
        (information[0], information[1], hex(&information[4..]))
    }
}

/// A control packet in a frame of its own, without Address and Control field.
pub fn frame(protocol: u16, code: u8, identifier: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = protocol.to_be_bytes().to_vec();
    frame.extend([code, identifier]);
    frame.extend(u16::try_from(data.len() + 4).unwrap().to_be_bytes());
    frame.extend(data);
    frame
}

/// One end of ours, and a peer played by the test.
#[derive(Clone)]
pub struct ScriptOf<P: Profile> {
    pub ppp: Ppp<P>,
    pub now: Instant,
    /// What our end sent and the test has not looked at yet.
    pub sent: Vec<Sent>,
    pub events: Vec<String>,
    pub request: Option<AuthId>,
    /// The keys as the peer has them.
    pub keys: Option<StartKeys>,
}

/// One end without compression, as most tests have it.
pub type Script = ScriptOf<Minimal>;

impl<P: Profile> ScriptOf<P> {
    pub fn new(config: PppConfig) -> Self {
        Self::with_random(config, Random::new([7; 32]))
    }

    pub fn with_random(config: PppConfig, random: Random) -> Self {
        let now = Instant::from_millis(5000);
        let mut ppp = Ppp::new(config, random);
        ppp.open(now);
        let mut script = Self {
            ppp,
            now,
            sent: Vec::new(),
            events: Vec::new(),
            request: None,
            keys: None,
        };
        script.drain();
        script
    }

    pub fn drain(&mut self) {
        let mut buffer = [0; 600];
        while let Some(frame) = self.ppp.poll_frame(self.now, &mut buffer).unwrap() {
            self.sent.push(Sent::new(frame));
        }
        while let Some(event) = self.ppp.poll_event() {
            if let Event::AuthRequested(request) = event {
                self.request = Some(request.id);
            }
            self.events.push(match event {
                Event::PeerTerminates(text) | Event::Identification(text) => {
                    format!(
                        "{} {}",
                        format!("{event:?}").split('(').next().unwrap(),
                        hex(text)
                    )
                }
                event => format!("{event:?}"),
            });
        }
        if let Some(next) = self.ppp.next_timeout() {
            assert!(next >= self.now, "a timer in the past after a drain");
        }
    }

    /// The peer sends `frame`. Gives the packet that came out of it, if any.
    pub fn say(&mut self, frame: &[u8]) -> Result<Option<Vec<u8>>, Discard> {
        let mut frame = frame.to_vec();
        let taken = match self.ppp.handle_frame(self.now, &mut frame) {
            Ok(Inbound::Packet { packet, .. }) => Ok(Some(packet.to_vec())),
            Ok(_) => Ok(None),
            Err(discard) => Err(discard),
        };
        self.drain();
        taken
    }

    pub fn say_hex(&mut self, frame: &str) -> Result<Option<Vec<u8>>, Discard> {
        self.say(&unhex(frame))
    }

    /// The peer sends a control packet that is taken.
    pub fn tell(&mut self, protocol: u16, code: u8, identifier: u8, data: &str) {
        let frame = frame(protocol, code, identifier, &unhex(data));
        assert_eq!(self.say(&frame), Ok(None), "{protocol:04x} {code} {data}");
    }

    /// Time goes by.
    pub fn wait(&mut self, millis: u64) {
        let until = Instant::from_micros(self.now.as_micros() + millis * 1000);
        while let Some(next) = self.ppp.next_timeout().filter(|next| *next <= until) {
            self.now = next;
            self.ppp.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    /// What our end sent since the last look: protocol, Code, Identifier and data of each packet.
    pub fn heard(&mut self) -> Vec<(u16, u8, u8, String)> {
        let packet = |sent: Sent| {
            let (code, identifier, data) = sent.packet();
            (sent.protocol, code, identifier, data)
        };
        self.sent.drain(..).map(packet).collect()
    }

    /// What our end sent of `protocol` with `code`, the newest: its Identifier and data. All before it is passed over.
    pub fn newest(&mut self, protocol: u16, code: u8) -> (u8, String) {
        let heard = self.heard();
        let newest = heard
            .iter()
            .rev()
            .find(|packet| (packet.0, packet.1) == (protocol, code));
        let (_, _, identifier, data) = newest
            .unwrap_or_else(|| panic!("no {protocol:04x} with code {code} in {heard:x?}"))
            .clone();
        (identifier, data)
    }

    /// The peer acknowledges our newest Configure-Request, which is looked at.
    pub fn grant(&mut self, protocol: u16) -> String {
        let (identifier, options) = self.newest(protocol, 1);
        self.tell(protocol, 2, identifier, &options);
        options
    }

    /// The peer asks for `options` and gets them.
    pub fn ask(&mut self, protocol: u16, identifier: u8, options: &str) {
        self.tell(protocol, 1, identifier, options);
        assert!(
            self.sent.iter().any(|sent| sent.protocol == protocol
                && sent.packet() == (2, identifier, options.replace(' ', ""))),
            "{options} not granted: {:?}",
            self.heard()
        );
    }

    /// LCP comes up. `server`: the peer demands MS-CHAPv2.
    pub fn lcp_up(&mut self, peer_is_server: bool) {
        self.grant(LCP);
        let options = if peer_is_server {
            "0305c22381 0506 11223344 0702 0802"
        } else {
            "0506 11223344 0702 0802"
        };
        self.ask(LCP, 1, options);
    }

    /// The peer, as the server, has our client prove who it is.
    pub fn authenticate_client(&mut self) {
        let mut challenge = vec![16];
        challenge.extend(CHALLENGE);
        self.tell(CHAP, 1, 9, &hex(&challenge));
        self.accept_client(true);
    }

    /// Answers our newest Response; `deliver` says whether the answer gets through.
    pub fn accept_client(&mut self, deliver: bool) {
        let (identifier, data) = self.newest(CHAP, 2);
        let value = unhex(&data);
        let peer_challenge: [u8; 16] = value[1..17].try_into().unwrap();
        let response: [u8; 24] = value[25..49].try_into().unwrap();
        let hash = NtHash::from_password(PASSWORD);
        let exchange = Exchange {
            authenticator_challenge: &CHALLENGE,
            peer_challenge: &peer_challenge,
            user_name: USER.as_bytes(),
        };
        assert!(exchange.verify_nt_response(&hash, &response));
        self.keys = Some(master_key(&hash, &response).start_keys(Side::Server));
        if deliver {
            let proof = hex(&exchange.authenticator_response(&hash, &response)).to_uppercase();
            let success = format!("S={proof} M=Access granted");
            self.tell(CHAP, 3, identifier, &hex(success.as_bytes()));
        }
    }

    /// The peer, as the client, proves who it is to our server.
    pub fn authenticate_server(&mut self) {
        let (identifier, data) = self.newest(CHAP, 1);
        let challenge: [u8; 16] = unhex(&data)[1..17].try_into().unwrap();
        let peer_challenge = [0xc3; 16];
        let hash = NtHash::from_password(PASSWORD);
        let exchange = Exchange {
            authenticator_challenge: &challenge,
            peer_challenge: &peer_challenge,
            user_name: USER.as_bytes(),
        };
        let response = exchange.nt_response(&hash);
        let mut value = vec![49];
        value.extend(peer_challenge);
        value.extend([0; 8]);
        value.extend(response);
        value.push(0);
        value.extend(USER.as_bytes());
        self.tell(CHAP, 2, identifier, &hex(&value));
        self.keys = Some(master_key(&hash, &response).start_keys(Side::Client));
        let id = self.request.take().unwrap();
        self.ppp
            .authorize(self.now, id, &Verdict::Password(PASSWORD), Grant::default());
        self.drain();
    }

    /// A client of ours up to where CCP and IPCP start.
    pub fn client_up_to_network(config: PppConfig) -> Self {
        let mut script = Self::new(config);
        script.lcp_up(true);
        script.authenticate_client();
        script
    }

    /// CCP comes up with what both ask for, whatever it is.
    pub fn ccp_up(&mut self, peer_asks: &str) {
        let heard = self.sent.clone();
        self.grant(CCP);
        self.ask(CCP, 1, peer_asks);
        // IPCP was asked along with it.
        self.sent
            .extend(heard.into_iter().filter(|sent| sent.protocol == IPCP));
    }

    pub fn ipcp_up(&mut self) {
        self.grant(IPCP);
        self.ask(IPCP, 1, "0306 0a000001");
    }

    pub fn client_up(config: PppConfig) -> Self {
        let mut script = Self::client_up_to_network(config);
        script.ccp_up("1206 01000040");
        script.ipcp_up();
        assert!(script.ppp.is_up(Network::Ipv4));
        script.sent.clear();
        script
    }

    pub fn send(&mut self, packet: &[u8]) -> Result<Sent, pptp_ppp::SendError> {
        let mut buffer = [0; 2048];
        let frame = self.ppp.send(Network::Ipv4, packet, &mut buffer)?;
        Ok(Sent::new(frame))
    }

    pub fn down_reason(&self) -> Option<DownReason> {
        self.ppp.down_reason()
    }
}

/// What a peer encrypts with.
pub struct Sealer(pub pptp_mppe::Encryptor);

impl Sealer {
    pub fn new<P: Profile>(
        script: &ScriptOf<P>,
        strength: pptp_mppe::Strength,
        mode: pptp_mppe::Mode,
    ) -> Self {
        let keys = script.keys.as_ref().unwrap();
        Self(pptp_mppe::Encryptor::new(&keys.send, strength, mode))
    }

    /// A frame of protocol 0x00fd with `packet` of `protocol` inside.
    pub fn seal(&mut self, protocol: u16, packet: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; packet.len() + 2];
        let how = self
            .0
            .encrypt(&protocol.to_be_bytes(), packet, &mut sealed)
            .unwrap();
        let flushed = if how.flushed { 0x8000 } else { 0 };
        let header: u16 = 0x1000 | flushed | how.count.get();
        let mut frame = vec![0xfd];
        frame.extend(header.to_be_bytes());
        frame.extend(sealed);
        frame
    }
}
