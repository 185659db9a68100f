//! The peer: who proves itself.

use crate::carrier::{Carrier, Received};
use crate::config::ClientTls;
use crate::event::Event;
use crate::keys::Keys;
use crate::peap::{self, Answer, Binding};
use crate::wire::Fragment;
use crate::{Discard, Failure};
use alloc::vec::Vec;
use pptp_ppp::Credentials;
use pptp_ppp::wire::Packet;
use pptp_ppp::wire::eap::{Code, Message, Type};

/// One authentication by EAP-TLS or PEAP, as the peer.
///
/// Requests of the method, Success and Failure go in, Responses come out, and in the end an [`Event`]. [`Event::Done`] says
/// that a Success is to be believed from now on, which comes next: nothing is missing but that the server accepts us. What is before the
/// method, Identity and Nak, is the business of whoever has several. Any call order is legal; after the end nothing happens
/// any more, but that a Request is answered.
///
/// A server that repeats a Request gets the same answer again. There are no timers: it is the server who repeats (RFC 3748
/// §4.1).
#[derive(Debug)]
pub struct Peer {
    carrier: Carrier,
    inner: Option<peap::Peer>,
    phase: Phase,
    /// The last Request that was answered, and the answer.
    request: Vec<u8>,
    response: Vec<u8>,
    is_pending: bool,
    event: Option<Event<'static>>,
}

#[derive(Debug)]
enum Phase {
    /// The server's Start has not come.
    Idle,
    Going,
    /// What is missing is the server's Success.
    Finished,
    Over,
}

impl Peer {
    /// EAP-TLS (RFC 5216; RFC 9190 with TLS 1.3), with the certificate that `tls` has.
    ///
    /// # Errors
    /// If `tls` cannot be used with the cryptography that it has.
    pub fn eap_tls(tls: &ClientTls) -> Result<Self, Failure> {
        Self::new(Type::TLS, tls, None)
    }

    /// PEAP version 0, in which `credentials` prove who we are by EAP-MSCHAPv2. `entropy` are 32 octets of a cryptographic
    /// source, for this object alone.
    ///
    /// # Errors
    /// If `tls` cannot be used with the cryptography that it has.
    pub fn peap(
        tls: &ClientTls,
        credentials: Credentials,
        binding: Binding,
        entropy: [u8; 32],
    ) -> Result<Self, Failure> {
        let inner = peap::Peer::new(credentials.into(), binding, entropy);
        Self::new(Type::PEAP, tls, Some(inner))
    }

    fn new(method: Type, tls: &ClientTls, inner: Option<peap::Peer>) -> Result<Self, Failure> {
        Ok(Self {
            carrier: Carrier::new(method, tls.connect()?, tls.max_packet_len),
            inner,
            phase: Phase::Idle,
            request: Vec::new(),
            response: Vec::new(),
            is_pending: false,
            event: None,
        })
    }

    /// The method: EAP-TLS or PEAP.
    #[must_use]
    pub const fn method(&self) -> Type {
        self.carrier.method
    }

    /// Takes a packet of the server's: a Request of the method, Success or Failure. Octets behind it are padding.
    ///
    /// # Errors
    /// Why it was not acted upon. What goes wrong in the method itself is an [`Event`].
    pub fn handle_packet(&mut self, bytes: &[u8]) -> Result<(), Discard> {
        let packet = Packet::parse(bytes)?;
        match Message::parse(packet)? {
            Message::Request { kind, .. } if kind != self.carrier.method => {
                Err(Discard::WrongType(kind))
            }
            Message::Request { data, .. } => self.handle_request(bytes, packet.identifier, data),
            Message::Success => self.handle_success(),
            Message::Failure => {
                self.fail(Failure::Failed);
                Ok(())
            }
            _ => Err(Discard::Unexpected),
        }
    }

    /// The Response that is to be sent, once.
    pub fn poll_packet(&mut self) -> Option<&[u8]> {
        let is_pending = core::mem::take(&mut self.is_pending);
        is_pending.then_some(&self.response)
    }

    /// What has happened. Send what [`Peer::poll_packet`] gives before the link goes down for it: it tells the server why.
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        self.event.take()
    }

    fn handle_request(&mut self, bytes: &[u8], identifier: u8, data: &[u8]) -> Result<(), Discard> {
        if self.request == bytes {
            self.is_pending = true;
            return Ok(());
        }
        let fragment = Fragment::parse(data)?;
        if let Err(failure) = self.advance(&fragment) {
            // What TLS has to say of it, or at least that the Request has been heard.
            self.carrier.abandon();
            self.fail(failure);
        }
        self.request = bytes.to_vec();
        self.response = self.carrier.next(Code::RESPONSE.into(), identifier);
        self.is_pending = true;
        Ok(())
    }

    fn advance(&mut self, fragment: &Fragment<'_>) -> Result<(), Failure> {
        if self.carrier.method == Type::PEAP && fragment.version != 0 && !fragment.start {
            return Err(Failure::Version(fragment.version));
        }
        match (&self.phase, fragment.start) {
            // The answer to a Start of any version is our own, which is 0: TLS has its first message ready.
            (Phase::Idle, true) => {
                self.phase = Phase::Going;
                return Ok(());
            }
            (Phase::Going | Phase::Finished, false) => {}
            // Inside of PEAP, a server that refuses us has something more to say.
            (Phase::Over, _) if self.inner.is_some() && !fragment.start => {}
            (Phase::Over, _) => return Ok(()),
            (Phase::Idle, false) | (Phase::Going | Phase::Finished, true) => {
                return Err(Failure::OutOfTurn);
            }
        }
        let plaintext = match self.carrier.handle(fragment)? {
            Received::Part => return Ok(()),
            Received::Message(plaintext) => plaintext,
        };
        if self.carrier.tls.is_handshaking() {
            return Ok(());
        }
        match &mut self.inner {
            None => self.finish_tls(&plaintext),
            Some(_) if plaintext.is_empty() => Ok(()),
            Some(inner) => {
                let answer = inner.handle(&plaintext, &self.carrier.keys()?)?;
                let (packet, outcome) = match answer {
                    Answer::Packet(packet) => (packet, None),
                    Answer::Done(packet, keys) => (packet, Some(Ok(keys))),
                    Answer::Failed(packet, failure) => (packet, Some(Err(failure))),
                };
                self.carrier.tls.protect(&packet)?;
                match outcome {
                    Some(Ok(keys)) if matches!(self.phase, Phase::Going) => {
                        self.finish(keys);
                    }
                    Some(Err(failure)) => self.fail(failure),
                    Some(Ok(_)) | None => {}
                }
                Ok(())
            }
        }
    }

    /// The end of EAP-TLS. In TLS 1.3, an octet of zero says that there is no more to come (RFC 9190 §2.1.1).
    fn finish_tls(&mut self, plaintext: &[u8]) -> Result<(), Failure> {
        match (plaintext, self.carrier.tls.is_1_3(), &self.phase) {
            ([], true, Phase::Going) => {}
            ([0], true, Phase::Going) | ([], false, Phase::Going) => {
                let keys = self.carrier.keys()?;
                self.finish(keys);
            }
            ([], _, Phase::Finished | Phase::Over) => {}
            _ => return Err(Failure::OutOfTurn),
        }
        Ok(())
    }

    fn finish(&mut self, keys: Keys) {
        self.phase = Phase::Finished;
        self.event = Some(Event::Done(keys));
    }

    fn handle_success(&mut self) -> Result<(), Discard> {
        if !matches!(self.phase, Phase::Finished) {
            return Err(Discard::Unexpected);
        }
        self.phase = Phase::Over;
        Ok(())
    }

    fn fail(&mut self, failure: Failure) {
        if !matches!(self.phase, Phase::Over) {
            self.phase = Phase::Over;
            self.event = Some(Event::Failed(failure));
        }
    }
}
