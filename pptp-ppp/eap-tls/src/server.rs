//! The server: who asks for the proof.

use crate::carrier::{Carrier, Received};
use crate::config::ServerTls;
use crate::event::{AuthRequest, Event};
use crate::packet::to_vec;
use crate::peap::{self, Binding, Step};
use crate::wire::Fragment;
use crate::{Discard, Failure};
use alloc::vec::Vec;
use core::mem;
use pptp_ppp::Verdict;
use pptp_ppp::wire::Packet;
use pptp_ppp::wire::eap::{Code, Message, Type};

/// One authentication by EAP-TLS or PEAP, as the server.
///
/// [`Server::start`], and then Responses go in, and Requests and in the end Success or Failure come out. Whatever is before
/// the method, Identity and the choice of a method, is the business of whoever has several. Any call order is legal; after
/// the end nothing happens any more.
///
/// There are no timers: whoever sends the packets repeats the last one, [`Server::last_packet`], as long as he likes (RFC 3748
/// §4.1, §4.3).
#[derive(Debug)]
pub struct Server {
    carrier: Carrier,
    inner: Option<peap::Server>,
    phase: Phase,
    /// Of the last Request.
    identifier: u8,
    packet: Vec<u8>,
    is_pending: bool,
    /// An [`Event::AuthRequested`] is to be told.
    is_asking: bool,
    event: Option<Event<'static>>,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Handshake,
    /// TLS 1.3: that there is no more to come is yet to be acknowledged.
    Committed,
    Tunnel,
    /// A verdict is awaited.
    Presented,
    /// The peer is told, by TLS, why.
    Failing(Failure),
    Over,
}

impl Server {
    /// EAP-TLS (RFC 5216; RFC 9190 with TLS 1.3). A certificate of the peer is demanded whatever `tls` says.
    ///
    /// # Errors
    /// If `tls` cannot be used with the cryptography that it has.
    pub fn eap_tls(tls: &ServerTls) -> Result<Self, Failure> {
        Self::new(Type::TLS, tls, None)
    }

    /// PEAP version 0, with EAP-MSCHAPv2 inside. Our `name` in there may be empty. `entropy` are 32 octets of a cryptographic
    /// source, for this object alone.
    ///
    /// # Errors
    /// If `tls` cannot be used with the cryptography that it has.
    pub fn peap(
        tls: &ServerTls,
        name: &[u8],
        binding: Binding,
        entropy: [u8; 32],
    ) -> Result<Self, Failure> {
        let inner = peap::Server::new(name, binding, entropy);
        Self::new(Type::PEAP, tls, Some(inner))
    }

    fn new(method: Type, tls: &ServerTls, inner: Option<peap::Server>) -> Result<Self, Failure> {
        Ok(Self {
            carrier: Carrier::new(method, tls.accept()?, tls.max_packet_len),
            inner,
            phase: Phase::Idle,
            identifier: 0,
            packet: Vec::new(),
            is_pending: false,
            is_asking: false,
            event: None,
        })
    }

    /// The method: EAP-TLS or PEAP.
    #[must_use]
    pub const fn method(&self) -> Type {
        self.carrier.method
    }

    /// Has the first Request sent, with `identifier`: another than that of the Request before. Only the first call counts.
    pub fn start(&mut self, identifier: u8) {
        if !matches!(self.phase, Phase::Idle) {
            return;
        }
        self.phase = Phase::Handshake;
        self.identifier = identifier;
        let method = self.carrier.method;
        self.packet = to_vec(|writer| {
            Packet::encode_with(writer, Code::REQUEST.into(), identifier, |writer| {
                writer.u8(method.0);
                let start = Fragment {
                    start: true,
                    ..Fragment::ACKNOWLEDGMENT
                };
                start.encode(writer);
            });
        });
        self.is_pending = true;
    }

    /// Takes a Response. Octets behind it are padding.
    ///
    /// A Nak ends it without a packet: the next method, or Failure, is for whoever has several.
    ///
    /// # Errors
    /// Why it was not acted upon. What goes wrong in the method itself is an [`Event`].
    pub fn handle_packet(&mut self, bytes: &[u8]) -> Result<(), Discard> {
        let packet = Packet::parse(bytes)?;
        let Message::Response { kind, data } = Message::parse(packet)? else {
            return Err(Discard::Unexpected);
        };
        if matches!(self.phase, Phase::Idle | Phase::Presented | Phase::Over) {
            return Err(Discard::Unexpected);
        }
        if packet.identifier != self.identifier {
            return Err(Discard::WrongIdentifier);
        }
        // After the first Response there is no going back (RFC 3748 §2.1).
        let has_begun = !self.carrier.is_fresh();
        if kind == Type::NAK && !has_begun {
            let types = data.iter().copied().map(Type);
            let types = types.filter(|kind| kind.0 != 0).collect();
            self.end(Failure::Nak(types));
            return Ok(());
        }
        if kind != self.carrier.method {
            return Err(Discard::WrongType(kind));
        }
        let fragment = Fragment::parse(data)?;
        if let Err(failure) = self.advance(&fragment) {
            self.refuse(failure);
        }
        Ok(())
    }

    /// The packet that is to be sent, once; and again from [`Server::last_packet`] if no answer comes.
    pub fn poll_packet(&mut self) -> Option<&[u8]> {
        let is_pending = mem::take(&mut self.is_pending);
        is_pending.then_some(&self.packet)
    }

    /// The packet that was last to be sent; empty before [`Server::start`].
    #[must_use]
    pub fn last_packet(&self) -> &[u8] {
        &self.packet
    }

    /// What has happened. Send what [`Server::poll_packet`] gives before acting upon it.
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        if let Some(event) = self.event.take() {
            return Some(event);
        }
        if !mem::take(&mut self.is_asking) {
            return None;
        }
        self.request().map(Event::AuthRequested)
    }

    /// What waits for a verdict.
    #[must_use]
    pub fn request(&self) -> Option<AuthRequest<'_>> {
        if !matches!(self.phase, Phase::Presented) {
            return None;
        }
        Some(match &self.inner {
            None => AuthRequest::Certificates(self.carrier.tls.peer_certificates()),
            Some(inner) => {
                let (name, proof) = inner.presented()?;
                AuthRequest::Inner { name, proof }
            }
        })
    }

    /// Answers [`Event::AuthRequested`]. Nothing happens if no verdict is awaited.
    ///
    /// On certificates: [`Verdict::Accept`], whose keys do not count, or anything else, which refuses. On what is inside of
    /// PEAP: as in CHAP, another try and a change of password included.
    pub fn authorize(&mut self, verdict: &Verdict<'_>) {
        if !matches!(self.phase, Phase::Presented) {
            return;
        }
        let done = match &mut self.inner {
            None if matches!(verdict, Verdict::Accept { .. }) => self.succeed(),
            None => Err(Failure::Rejected),
            Some(inner) => {
                self.phase = Phase::Tunnel;
                let next = self.identifier.wrapping_add(1);
                self.carrier
                    .keys()
                    .and_then(|keys| inner.authorize(verdict, next, &keys))
                    .and_then(|step| self.go_on(step))
            }
        };
        if let Err(failure) = done {
            self.refuse(failure);
        }
    }

    fn advance(&mut self, fragment: &Fragment<'_>) -> Result<(), Failure> {
        if fragment.start {
            return Err(Failure::OutOfTurn);
        }
        if self.carrier.method == Type::PEAP && fragment.version != 0 {
            return Err(Failure::Version(fragment.version));
        }
        if let Phase::Failing(failure) = &self.phase {
            if self.carrier.has_output() && fragment.is_acknowledgment() {
                self.ask();
                return Ok(());
            }
            return Err(failure.clone());
        }
        let plaintext = match self.carrier.handle(fragment)? {
            Received::Part => {
                self.ask();
                return Ok(());
            }
            Received::Message(plaintext) => plaintext,
        };
        match &mut self.phase {
            _ if self.carrier.has_output() => {
                if !plaintext.is_empty() {
                    return Err(Failure::OutOfTurn);
                }
                self.ask();
                Ok(())
            }
            // It has nothing to say, and we have not: that could go on for ever.
            Phase::Handshake if self.carrier.tls.is_handshaking() => Err(Failure::OutOfTurn),
            Phase::Handshake if !plaintext.is_empty() => Err(Failure::OutOfTurn),
            Phase::Handshake if self.inner.is_some() => {
                self.phase = Phase::Tunnel;
                self.begin_inner()
            }
            Phase::Handshake if self.carrier.tls.is_1_3() => {
                self.phase = Phase::Committed;
                self.say(&[0])
            }
            Phase::Handshake | Phase::Committed => {
                if !plaintext.is_empty() {
                    return Err(Failure::OutOfTurn);
                }
                if self.carrier.tls.peer_certificates().is_empty() {
                    return Err(Failure::NoCertificate);
                }
                self.present();
                Ok(())
            }
            Phase::Tunnel => self.handle_inner(&plaintext),
            Phase::Idle | Phase::Presented | Phase::Failing(_) | Phase::Over => {
                Err(Failure::OutOfTurn)
            }
        }
    }

    fn handle_inner(&mut self, plaintext: &[u8]) -> Result<(), Failure> {
        let keys = self.carrier.keys()?;
        let next = self.identifier.wrapping_add(1);
        let Some(inner) = &mut self.inner else {
            return Err(Failure::OutOfTurn);
        };
        let step = inner.handle(plaintext, next, &keys)?;
        self.go_on(step)
    }

    fn go_on(&mut self, step: Step) -> Result<(), Failure> {
        match step {
            Step::Request(request) => self.say(&request),
            Step::Presented => {
                self.present();
                Ok(())
            }
            Step::Done(keys) => {
                self.conclude(Code::SUCCESS);
                self.event = Some(Event::Done(keys));
                Ok(())
            }
        }
    }

    fn begin_inner(&mut self) -> Result<(), Failure> {
        let Some(inner) = &mut self.inner else {
            return Err(Failure::OutOfTurn);
        };
        let next = self.identifier.wrapping_add(1);
        let step = inner.start(next, &self.carrier.keys()?)?;
        self.go_on(step)
    }

    fn present(&mut self) {
        self.phase = Phase::Presented;
        self.is_asking = true;
    }

    fn succeed(&mut self) -> Result<(), Failure> {
        let keys = self.carrier.keys()?;
        self.conclude(Code::SUCCESS);
        self.event = Some(Event::Done(keys));
        Ok(())
    }

    /// Sends something inside the tunnel.
    fn say(&mut self, plaintext: &[u8]) -> Result<(), Failure> {
        self.carrier.tls.protect(plaintext)?;
        self.ask();
        Ok(())
    }

    /// Sends the next Request.
    fn ask(&mut self) {
        self.identifier = self.identifier.wrapping_add(1);
        self.packet = self.carrier.next(Code::REQUEST.into(), self.identifier);
        self.is_pending = true;
    }

    /// Tells the peer why, if TLS has something to say, and then that it is over (RFC 5216 §2.1.3).
    fn refuse(&mut self, failure: Failure) {
        if matches!(self.phase, Phase::Failing(_)) {
            return self.give_up(failure);
        }
        self.carrier.abandon();
        if self.carrier.has_output() {
            self.phase = Phase::Failing(failure);
            self.ask();
        } else {
            self.give_up(failure);
        }
    }

    fn give_up(&mut self, failure: Failure) {
        self.conclude(Code::FAILURE);
        self.end(failure);
    }

    fn end(&mut self, failure: Failure) {
        self.phase = Phase::Over;
        self.event = Some(Event::Failed(failure));
    }

    /// The last packet: it has the identifier of the last Request (RFC 3748 §4.2).
    fn conclude(&mut self, code: Code) {
        self.phase = Phase::Over;
        let identifier = self.identifier;
        self.packet = to_vec(|writer| {
            Packet::encode_with(writer, code.into(), identifier, |_| {});
        });
        self.is_pending = true;
    }
}
