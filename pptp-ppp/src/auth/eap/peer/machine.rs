//! As a link uses it.

use super::Peer;
use crate::auth::eap::room::EapRoom;
use crate::auth::eap::{EapAnswer, EapError};
use crate::auth::machine::{PeerMachine, Step};
use crate::auth::mschapv2::{ChangeRoom, RetryError, Wanted};
use crate::auth::{Discard, Identity, Method, Methods};
use crate::codec::BufferTooSmall;
use crate::event::DownReason;
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use pptp_mppe::LinkKeys;

impl<C: ChangeRoom, R: EapRoom> PeerMachine for Peer<C, R> {
    fn new() -> Self {
        Self::with_rooms(C::EMPTY, R::EMPTY)
    }

    fn open(&mut self, now: Instant, _method: Method, methods: Methods) {
        self.open(now, methods);
    }

    fn close(&mut self) {
        self.close();
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        who: &impl Identity,
        packet: Packet<'_>,
        own_challenge: Option<&[u8]>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        self.handle_packet(now, who, packet, own_challenge, random)
    }

    fn is_authenticated(&self) -> bool {
        self.is_authenticated()
    }

    fn keys(&self) -> Option<LinkKeys> {
        self.keys().cloned().map(Into::into)
    }

    fn hurry(&mut self) {
        self.hurry();
    }

    fn handle_timeout(&mut self, now: Instant) -> Step {
        self.handle_timeout(now)
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.next_timeout()
    }

    fn poll_packet(
        &mut self,
        who: &impl Identity,
        out: &mut [u8],
    ) -> Result<Option<usize>, BufferTooSmall> {
        self.poll_packet(who, out)
    }

    fn wanted(&self) -> Option<Wanted<'_>> {
        self.wanted()
    }

    fn ask(&mut self, now: Instant) {
        self.ask(now);
    }

    fn retry(
        &mut self,
        now: Instant,
        who: &impl Identity,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        self.retry(now, who, random)
    }

    fn change_password<I: Identity>(
        &mut self,
        now: Instant,
        old: &I,
        new: &I,
        password: &str,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        self.change_password(now, old, new, password, random)
    }

    fn give_up(&mut self, now: Instant, reason: DownReason) -> Step {
        self.give_up(now, reason)
    }

    fn eap_request(&self) -> Option<(u32, &[u8])> {
        self.passed()
    }

    fn eap_answer(
        &mut self,
        now: Instant,
        count: u32,
        answer: &EapAnswer<'_>,
    ) -> Result<Step, EapError> {
        self.take_answer(now, count, answer)
    }

    fn notification(&self) -> &[u8] {
        self.notification()
    }
}
