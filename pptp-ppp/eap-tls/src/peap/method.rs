//! EAP inside the tunnel: the machines of [`pptp_ppp::auth::eap`] with their headers taken off, and no time: nothing is lost
//! in a tunnel, and who waits for the tunnel waits for all that is in it.

use super::inner::InnerPacket;
use crate::Failure;
use alloc::vec;
use alloc::vec::Vec;
use pptp_mppe::{Side, StartKeys};
use pptp_ppp::auth::eap::{Authenticator, MAX_BUILT_IN_PACKET, Peer, Step};
use pptp_ppp::auth::{Methods, NtIdentity};
use pptp_ppp::wire::Packet;
use pptp_ppp::wire::eap::{Code, Type};
use pptp_ppp::wire::eap_mschapv2::Message;
use pptp_ppp::wire::mschapv2;
use pptp_ppp::{DownReason, Instant, Proof, Random, Verdict};
use zeroize::Zeroizing;

/// The keys that the method inside exports: the server's MS-MPPE-Recv-Key and MS-MPPE-Send-Key.
pub(super) type InnerKey = Zeroizing<[u8; 32]>;

const NOW: Instant = Instant::ZERO;

fn inner_key(keys: &StartKeys, side: Side) -> InnerKey {
    let (from_peer, from_server) = match side {
        Side::Client => (&keys.send, &keys.receive),
        Side::Server => (&keys.receive, &keys.send),
    };
    let mut key = Zeroizing::new([0; 32]);
    let octets = from_peer.as_bytes().iter().chain(from_server.as_bytes());
    for (place, octet) in key.iter_mut().zip(octets) {
        *place = *octet;
    }
    key
}

/// A packet out of the tunnel as the machines take it, with an identifier that suits them.
fn with_header<T>(
    code: Code,
    identifier: u8,
    inner: &InnerPacket<'_>,
    take: impl FnOnce(Packet<'_>) -> T,
) -> T {
    let mut data = vec![inner.kind.0];
    data.extend_from_slice(inner.data);
    take(Packet {
        code: code.into(),
        identifier,
        data: &data,
    })
}

/// A packet of theirs as it goes into the tunnel.
fn without_header(packet: &[u8]) -> Vec<u8> {
    let data = packet.get(Packet::HEADER_LEN..);
    data.unwrap_or_default().to_vec()
}

impl From<DownReason> for Failure {
    fn from(reason: DownReason) -> Self {
        match reason {
            DownReason::PeerNotTrusted => Self::PeerNotTrusted,
            DownReason::AuthenticationFailed(error) => Self::Refused(error),
            DownReason::PeerRefusesAuthentication => Self::PeerRefuses,
            DownReason::PeerRejected => Self::Rejected,
            _ => Self::OutOfTurn,
        }
    }
}

/// The side that proves itself.
#[derive(Debug)]
pub(super) struct Proving {
    user: NtIdentity,
    machine: Peer,
    count: u8,
    begun: bool,
    random: Random,
}

/// What there is to say inside the tunnel, and what has happened.
pub(super) enum Said {
    Answer(Vec<u8>),
    /// To be told, and then it is over.
    Refused(Vec<u8>, Failure),
}

impl Proving {
    pub(super) fn new(user: NtIdentity, entropy: [u8; 32]) -> Self {
        let mut machine = Peer::new();
        machine.open(NOW, Methods::EAP_MS_CHAP_V2);
        Self {
            user,
            machine,
            count: 0,
            begun: false,
            random: Random::new(entropy),
        }
    }

    pub(super) const fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// The keys, if the server has proved itself.
    pub(super) fn inner_key(&mut self) -> Option<InnerKey> {
        self.machine.hurry();
        let keys = self.machine.keys()?;
        Some(inner_key(keys, Side::Client))
    }

    pub(super) fn handle(&mut self, request: &InnerPacket<'_>) -> Result<Said, Failure> {
        match request.kind {
            Type::MSCHAPV2 => self.begun = true,
            Type::NOTIFICATION => {}
            kind if self.begun => return Err(Failure::MethodSwitch(kind)),
            // Statements of health and capabilities of Windows, to which a Nak of the short form is the answer.
            Type::EXPANDED => {
                return Ok(Said::Answer(vec![Type::NAK.0, Type::MSCHAPV2.0]));
            }
            _ => {}
        }
        // Each is a new one: copies are dealt with outside.
        self.count = self.count.wrapping_add(1);
        let step = with_header(Code::REQUEST, self.count, request, |packet| {
            self.machine
                .handle_packet(NOW, &self.user, packet, None, &mut self.random)
        })?;
        if let Step::Failed(reason) = step {
            return Err(reason.into());
        }
        if let (Type::MSCHAPV2, Ok(Message::Failure { message, .. })) =
            (request.kind, Message::parse(request.data))
        {
            // There may be another try, but whom to ask is not known here.
            let mut ack = vec![Type::MSCHAPV2.0];
            ack.extend(crate::packet::to_vec(|writer| {
                Message::FailureAck.encode(writer)
            }));
            let error = mschapv2::Failure::parse(message).error;
            return Ok(Said::Refused(ack, Failure::Refused(error)));
        }
        let mut room = Zeroizing::new([0; MAX_BUILT_IN_PACKET]);
        match self.machine.poll_packet(&self.user, &mut *room) {
            Ok(Some(len)) => {
                let packet = room.get(..len).unwrap_or_default();
                Ok(Said::Answer(without_header(packet)))
            }
            Ok(None) | Err(_) => Err(Failure::OutOfTurn),
        }
    }
}

/// The side that asks for the proof.
#[derive(Debug)]
pub(super) struct Asking {
    name: Vec<u8>,
    machine: Authenticator,
    /// That of the last Request.
    identifier: u8,
    random: Random,
}

/// What the peer's packet comes to.
pub(super) enum Heard {
    Request(Vec<u8>),
    /// A verdict is wanted.
    Presented,
    Accepted(Option<InnerKey>),
    Refused(Failure),
}

impl Asking {
    pub(super) fn new(name: &[u8], entropy: [u8; 32]) -> Self {
        let mut machine = Authenticator::new();
        machine.open(NOW, Methods::EAP_MS_CHAP_V2);
        Self {
            name: name.to_vec(),
            machine,
            identifier: 0,
            random: Random::new(entropy),
        }
    }

    pub(super) const fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    pub(super) fn handle(&mut self, response: &InnerPacket<'_>) -> Result<Heard, Failure> {
        let step = with_header(Code::RESPONSE, self.identifier, response, |packet| {
            self.machine.handle_packet(NOW, packet, &mut self.random)
        });
        match step? {
            Step::Requested => Ok(Heard::Presented),
            Step::Done => {
                let keys = self.machine.keys();
                let key = keys.map(|keys| inner_key(keys, Side::Server));
                Ok(Heard::Accepted(key))
            }
            _ => self.next(),
        }
    }

    /// What the machine has to say.
    pub(super) fn next(&mut self) -> Result<Heard, Failure> {
        let mut room = [0; MAX_ASKED_PACKET];
        match self.machine.poll_packet(&self.name, &mut room) {
            Ok(Some((_, Step::Failed(reason)))) => Ok(Heard::Refused(reason.into())),
            Ok(Some((len, _))) => {
                let packet = room.get(..len).unwrap_or_default();
                self.identifier = packet.get(1).copied().unwrap_or_default();
                Ok(Heard::Request(without_header(packet)))
            }
            Ok(None) | Err(_) => Err(Failure::OutOfTurn),
        }
    }

    pub(super) fn presented(&self) -> Option<(&[u8], Proof<'_>)> {
        self.machine.request()
    }

    pub(super) fn authorize(&mut self, verdict: &Verdict<'_>) -> Result<Heard, Failure> {
        self.machine.authorize(NOW, verdict, &mut self.random);
        self.next()
    }
}

/// The longest Request: a Challenge with a name, or a Failure with a text of the caller's.
const MAX_ASKED_PACKET: usize = 2048;
