//! A client or a server with somebody who uses it.

use super::Endpoint;
use crate::codec::BufferTooSmall;
use crate::gre::{Received, Reorder};
use crate::ppp::auth::{Grant, Verdict};
use crate::ppp::{self, Inbound, Ipv4, Profile};
use crate::time::Instant;
use crate::{Discard, DownReason, Event, ProtocolError, Session};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How many packets a [`Node`] holds back to put them in order.
pub const REORDER_PACKETS: usize = 32;
/// The longest payload that is held back, in octets.
pub const REORDER_LEN: usize = 1600;

type Order = Reorder<REORDER_PACKETS, REORDER_LEN>;

/// One end of a tunnel as an [`Endpoint`], and its user: takes what comes out, keeps it, and answers requests for a
/// verdict with one password.
#[derive(Debug)]
pub struct Node<P: Profile, R> {
    /// The end itself.
    pub session: Session<P, R>,
    /// The password of everybody. `None`: everybody is refused.
    pub password: Option<String>,
    /// What everybody gets.
    pub grant: Grant,
    /// The events so far, as text.
    pub events: Vec<(Instant, String)>,
    /// The network packets that came in.
    pub packets: Vec<Vec<u8>>,
    /// What was dropped.
    pub discards: Vec<Discard>,
    /// What IPCP agreed on last.
    pub ipv4: Option<Ipv4>,
    /// When IPv4 was up first.
    pub up_since: Option<Instant>,
    /// Why it ended.
    pub down: Option<DownReason>,
    order: Option<Box<Order>>,
}

impl<P: Profile, R> Node<P, R> {
    /// An end that drops late packets.
    #[must_use]
    pub const fn new(session: Session<P, R>) -> Self {
        Self {
            session,
            password: None,
            grant: Grant {
                address: None,
                mppe: None,
                mppc: None,
            },
            events: Vec::new(),
            packets: Vec::new(),
            discards: Vec::new(),
            ipv4: None,
            up_since: None,
            down: None,
            order: None,
        }
    }

    /// Puts packets in order instead of dropping late ones.
    #[must_use]
    pub fn with_reorder(mut self) -> Self {
        self.order = Some(Box::new(Reorder::new()));
        self
    }

    /// The verdict on everybody.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.password = Some(password.into());
        self
    }

    fn deliver(&mut self, now: Instant, sequence: u32, payload: &mut [u8]) {
        match self.session.deliver(now, sequence, payload) {
            Ok(Inbound::Packet { packet, .. }) => self.packets.push(packet.to_vec()),
            Ok(_) => {}
            Err(discard) => self.discards.push(discard),
        }
    }

    fn release(&mut self, now: Instant, mut incoming: Option<(u32, &mut [u8])>) {
        let Some(mut order) = self.order.take() else {
            return;
        };
        while let Some((sequence, payload)) = order.release(now, &mut incoming) {
            self.deliver(now, sequence, payload);
        }
        self.order = Some(order);
    }
}

impl<P: Profile, R> Endpoint for Node<P, R> {
    fn control_connected(&mut self, now: Instant) {
        self.session.control_connected(now);
    }

    fn control_closed(&mut self, now: Instant) {
        self.session.control_closed(now);
    }

    fn handle_control(&mut self, now: Instant, octets: &[u8]) -> Result<usize, ProtocolError> {
        self.session.handle_control(now, octets)
    }

    fn handle_gre(&mut self, now: Instant, datagram: &mut [u8]) {
        match self.session.receive_gre(now, datagram) {
            Ok(Received::Acknowledgment) => {}
            Ok(Received::Packet { sequence, payload }) if self.order.is_some() => {
                self.release(now, Some((sequence, payload)));
            }
            Ok(Received::Packet { sequence, payload }) => self.deliver(now, sequence, payload),
            Err(discard) => self.discards.push(discard),
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.session.handle_timeout(now);
        self.release(now, None);
    }

    fn next_timeout(&self) -> Option<Instant> {
        let order = self.order.as_ref().and_then(|order| order.next_timeout());
        self.session.next_timeout().into_iter().chain(order).min()
    }

    fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        self.session.poll_control(now, out)
    }

    fn poll_gre<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        self.session.poll_gre(now, out)
    }

    fn attend(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            self.events.push((now, format!("{event:?}")));
            let mut request = None;
            match event {
                Event::Ppp(ppp::Event::AuthRequested(asked)) => request = Some(asked.id),
                Event::Ppp(ppp::Event::Ipv4Up(ipv4)) => {
                    self.ipv4 = Some(ipv4);
                    let _ = self.up_since.get_or_insert(now);
                }
                Event::Down(reason) => self.down = Some(reason),
                _ => {}
            }
            if let Some(request) = request {
                let verdict = self.password.as_ref();
                let verdict = verdict.map_or(Verdict::WRONG_PASSWORD, |it| Verdict::Password(it));
                self.session.authorize(now, request, &verdict, self.grant);
            }
        }
    }

    fn wants_close(&self) -> bool {
        self.down.is_some()
    }
}
