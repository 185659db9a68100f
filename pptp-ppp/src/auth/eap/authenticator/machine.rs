//! As a link uses it.

use super::Authenticator;
use crate::auth::eap::room::EapRoom;
use crate::auth::eap::{EapAnswer, EapError};
use crate::auth::machine::{AuthenticatorMachine, Step};
use crate::auth::mschapv2::ChangeRoom;
use crate::auth::{Discard, Method, Methods, Verdict};
use crate::codec::BufferTooSmall;
use crate::event::Proof;
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use pptp_mppe::LinkKeys;

impl<C: ChangeRoom, R: EapRoom> AuthenticatorMachine for Authenticator<C, R> {
    fn new() -> Self {
        Self::with_rooms(C::EMPTY, R::EMPTY)
    }

    fn open(&mut self, now: Instant, _method: Method, methods: Methods, _random: &mut Random) {
        self.open(now, methods);
    }

    fn close(&mut self) {
        self.close();
    }

    fn challenge_value(&self) -> Option<&[u8]> {
        self.challenge_value().map(<[u8; 16]>::as_slice)
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        packet: Packet<'_>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        self.handle_packet(now, packet, random)
    }

    fn request(&self) -> Option<(&[u8], Proof<'_>)> {
        self.request()
    }

    fn authorize(&mut self, now: Instant, verdict: &Verdict<'_>, random: &mut Random) -> Step {
        self.authorize(now, verdict, random)
    }

    fn is_authenticated(&self) -> bool {
        self.is_authenticated()
    }

    fn keys(&self) -> Option<LinkKeys> {
        self.keys().cloned().map(Into::into)
    }

    fn handle_timeout(&mut self, now: Instant) -> Step {
        self.handle_timeout(now)
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.next_timeout()
    }

    fn poll_packet(
        &mut self,
        name: &[u8],
        out: &mut [u8],
    ) -> Result<Option<(usize, Step)>, BufferTooSmall> {
        self.poll_packet(name, out)
    }

    fn eap_response(&self) -> Option<&[u8]> {
        self.passed()
    }

    fn eap_answer(
        &mut self,
        now: Instant,
        answer: &EapAnswer<'_>,
        random: &mut Random,
    ) -> Result<Step, EapError> {
        self.take_answer(now, answer, random)
    }
}
