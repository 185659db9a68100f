//! A control connection and the lines of its calls.

use super::Relay;
use crate::control::{
    CallAnswer, CallError, CallRequest, Config, Connection, Disconnect, Event, IncomingLine,
    IncomingRequest, LinkInfo, Origin, Role, Stats,
};
use crate::session::GreConfig;
use crate::wire::{GeneralError, OutgoingCallResult};
use crate::{Discard, ProtocolError, gre};
use pptp_ppp::hdlc::LineError;
use pptp_ppp::{BufferTooSmall, Instant};

/// A control connection that we have opened, with `CALLS` lines at the most, whose frames have `N` octets at the most: see
/// [`Relay`].
///
/// What a program does with it:
///
/// * as with a [`Connection`] it gives what comes over TCP to [`handle_control`](Self::handle_control), drains
///   [`poll_control`](Self::poll_control), [`poll_gre`](Self::poll_gre) and [`poll_event`](Self::poll_event) after each
///   call, and calls [`handle_timeout`](Self::handle_timeout) at the time of [`next_timeout`](Self::next_timeout);
/// * a line rings: [`offer_call`](Self::offer_call); at [`Event::CallAccepted`] it answers the line and calls
///   [`connect_call`](Self::connect_call). Or the peer is one that takes outgoing calls alone, as a VPN server is:
///   [`open_call`](Self::open_call);
/// * from [`Event::CallConnected`] on octets of the line go to [`send_from_line`](Self::send_from_line), and GRE packets
///   to [`handle_gre`](Self::handle_gre), whose frames go to the line by [`Relay::to_line`];
/// * the line is gone: [`hang_up`](Self::hang_up). At [`Event::CallEnded`] and [`Event::CallFailed`] the program hangs up
///   the line.
///
/// Character maps that come in a Set-Link-Info are followed. Of a call that we have asked for as PNS nobody tells them: then
/// all control characters are escaped, and none dropped. Errors on lines are told in WAN-Error-Notify as often as RFC 2637
/// §2.14 allows, and a Call-Disconnect-Notify has what was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concentrator<const CALLS: usize, const N: usize> {
    control: Connection<CALLS>,
    gre: GreConfig,
    relays: [Option<Relay<N>>; CALLS],
    /// Of which calls we are the PNS.
    asked: [bool; CALLS],
}

impl<const CALLS: usize, const N: usize> Concentrator<CALLS, N> {
    /// A concentrator that has no TCP connection yet.
    #[must_use]
    pub const fn new(config: Config, gre: GreConfig) -> Self {
        Self {
            control: Connection::new(Role::Both, Origin::Originator, config),
            gre,
            relays: [const { None }; CALLS],
            asked: [false; CALLS],
        }
    }

    /// The TCP connection is open: see [`Connection::control_connected`].
    pub fn control_connected(&mut self, now: Instant) {
        self.control.control_connected(now);
    }

    /// The TCP connection is closed: see [`Connection::control_closed`].
    pub fn control_closed(&mut self, now: Instant) {
        self.control.control_closed(now);
    }

    /// Takes octets from the TCP connection, and tells how many it consumed: see [`Connection::handle_control`].
    ///
    /// # Errors
    /// [`ProtocolError`] if they are not PPTP. The connection is at its end then.
    #[must_use = "octets that were not consumed have to be given again"]
    pub fn handle_control(&mut self, now: Instant, octets: &[u8]) -> Result<usize, ProtocolError> {
        // The peer may be about to clear a call.
        self.note_statistics();
        self.control.handle_control(now, octets)
    }

    /// Writes the next message for the TCP connection: see [`Connection::poll_control`].
    ///
    /// # Errors
    /// [`BufferTooSmall`]; the message goes on waiting.
    pub fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        self.control.poll_control(now, out)
    }

    /// The next thing that the caller should know: see [`Connection::poll_event`]. A call's relay is there from its
    /// [`Event::CallConnected`] to its end.
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        let event = self.control.poll_event()?;
        match event {
            Event::CallConnected { call, info } => {
                let mut relay = Relay::new(&info, self.gre);
                if self.asked.get(call) == Some(&true) {
                    relay.set_link_info(UNTOLD);
                }
                if let Some(place) = self.relays.get_mut(call) {
                    *place = Some(relay);
                }
            }
            Event::LinkInfo { call, info } => {
                if let Some(Some(relay)) = self.relays.get_mut(call) {
                    relay.set_link_info(info);
                }
            }
            Event::CallEnded { call, .. } | Event::CallFailed { call, .. } => {
                if let Some(place) = self.relays.get_mut(call) {
                    *place = None;
                }
                if let Some(asked) = self.asked.get_mut(call) {
                    *asked = false;
                }
            }
            _ => {}
        }
        Some(event)
    }

    /// A line rings: asks the peer to take its call, as PAC. See [`Connection::offer_call`].
    ///
    /// # Errors
    /// If the connection is not established, or has no room for the call or its id.
    pub fn offer_call(
        &mut self,
        now: Instant,
        request: IncomingRequest,
    ) -> Result<usize, CallError> {
        self.control.offer_call(now, request)
    }

    /// The line of an [`Event::CallAccepted`] has been answered: see [`Connection::connect_call`].
    ///
    /// # Errors
    /// If there is no such call.
    pub fn connect_call(
        &mut self,
        now: Instant,
        call: usize,
        line: IncomingLine,
    ) -> Result<(), CallError> {
        self.control.connect_call(now, call, line)
    }

    /// Asks the peer for an outgoing call, as PNS: see [`Connection::open_call`].
    ///
    /// # Errors
    /// If the connection is not established, or has no room for the call or its id.
    pub fn open_call(&mut self, now: Instant, request: CallRequest) -> Result<usize, CallError> {
        let call = self.control.open_call(now, request)?;
        if let Some(asked) = self.asked.get_mut(call) {
            *asked = true;
        }
        Ok(call)
    }

    /// Accepts the call of an [`Event::CallRequested`]: the peer has us dial, as PAC. See [`Connection::accept_call`].
    ///
    /// # Errors
    /// If there is no such call, or if the answer's call id is in use on this connection.
    pub fn accept_call(
        &mut self,
        now: Instant,
        call: usize,
        answer: CallAnswer,
    ) -> Result<(), CallError> {
        self.control.accept_call(now, call, answer)
    }

    /// Refuses the call of an [`Event::CallRequested`]: see [`Connection::refuse_call`].
    ///
    /// # Errors
    /// If there is no such call.
    pub fn refuse_call(
        &mut self,
        now: Instant,
        call: usize,
        result: OutgoingCallResult,
        error: GeneralError,
    ) -> Result<(), CallError> {
        self.control.refuse_call(now, call, result, error)
    }

    /// Ends a call, whatever its state, for its line is gone: as PAC with the reason, and with what was counted unless
    /// something else is to be said; as PNS by a Call-Clear-Request.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn hang_up(
        &mut self,
        now: Instant,
        call: usize,
        why: &Disconnect<'_>,
    ) -> Result<(), CallError> {
        self.note_statistics();
        match self.control.disconnect_call(now, call, why) {
            Err(CallError::NotPac) => {
                self.control.clear_call(now, call);
                Ok(())
            }
            other => other,
        }
    }

    /// Ends all calls, then the connection: see [`Connection::close`].
    pub fn close(&mut self, now: Instant) {
        self.note_statistics();
        self.control.close(now);
    }

    /// The relay of a call that is established.
    #[must_use]
    pub fn relay(&self, call: usize) -> Option<&Relay<N>> {
        self.relays.get(call)?.as_ref()
    }

    /// The same, to be worked with.
    #[must_use]
    pub fn relay_mut(&mut self, call: usize) -> Option<&mut Relay<N>> {
        self.relays.get_mut(call)?.as_mut()
    }

    /// Takes octets from the line of a call: see [`Relay::send_from_line`]. Errors on the line are told to the peer. Without
    /// a call the octets are dropped.
    ///
    /// # Errors
    /// [`BufferTooSmall`] unless there is room for [`Relay::MAX_DATAGRAM`] octets; then nothing has changed.
    pub fn send_from_line<'b>(
        &mut self,
        now: Instant,
        call: usize,
        octets: &mut &[u8],
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        let Some(Some(relay)) = self.relays.get_mut(call) else {
            *octets = &[];
            return Ok(None);
        };
        let datagram = relay.send_from_line(now, octets, out)?;
        let errors = relay.wan_errors();
        // To a PAC nothing is told.
        let _ = self.control.report_wan_errors(now, call, errors);
        Ok(datagram)
    }

    /// The line of a call has failed, by what its driver says.
    pub fn line_error(&mut self, now: Instant, call: usize, error: LineError) {
        if let Some(Some(relay)) = self.relays.get_mut(call) {
            relay.line_error(error);
            let _ = self
                .control
                .report_wan_errors(now, call, relay.wan_errors());
        }
    }

    /// Takes a GRE packet, from its GRE header on, and gives the frame in it and the call whose line it is for: see
    /// [`Relay::handle_gre`]. Where there are many calls, an index by call ids finds the relay faster.
    ///
    /// # Errors
    /// [`Discard`] if it was dropped.
    pub fn handle_gre<'d>(
        &mut self,
        now: Instant,
        datagram: &'d mut [u8],
    ) -> Result<Option<(usize, &'d [u8])>, Discard> {
        let found = gre::peek_call_id(datagram)?;
        let relays = self.relays.iter_mut().enumerate();
        let mut relays = relays.filter_map(|(call, relay)| Some((call, relay.as_mut()?)));
        let (call, relay) = relays
            .find(|(_, relay)| relay.our_call_id() == found)
            .ok_or(Discard::WrongCallId { found })?;
        let frame = relay.handle_gre(now, datagram)?;
        Ok(frame.map(|frame| (call, frame)))
    }

    /// Writes the next GRE packet that is no frame's, an acknowledgment, to the front of `out`. `None`: there is none.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; the packet goes on waiting. [`gre::ACK_LEN`] octets are always enough.
    pub fn poll_gre<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        let mut relays = self.relays.iter_mut().flatten();
        match relays.find(|relay| relay.is_ack_due()) {
            Some(relay) => relay.poll_ack(now, out),
            None => Ok(None),
        }
    }

    /// Does what is due by `now`. Too early a call does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.note_statistics();
        self.control.handle_timeout(now);
        for relay in self.relays.iter_mut().flatten() {
            relay.handle_timeout(now);
        }
    }

    /// When [`Self::handle_timeout`] is to be called next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let relays = self.relays.iter().flatten();
        let relays = relays.filter_map(Relay::next_timeout);
        self.control.next_timeout().into_iter().chain(relays).min()
    }

    /// Whether the control connection is established: see [`Connection::is_established`].
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.control.is_established()
    }

    /// Whether there is something to be sent or told over TCP: see [`Connection::is_busy`].
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.control.is_busy()
    }

    /// What has been counted of control messages.
    #[must_use]
    pub const fn control_stats(&self) -> &Stats {
        self.control.stats()
    }

    /// Whatever ends a call, its notice has what was counted until then.
    fn note_statistics(&mut self) {
        for (call, relay) in self.relays.iter().enumerate() {
            if let Some(relay) = relay {
                let _ = self.control.set_statistics(call, relay.statistics());
            }
        }
    }
}

/// The character maps of a line of which nobody tells: what the ends agree on is not known, and at its strictest when
/// sending, at its loosest when receiving.
const UNTOLD: LinkInfo = LinkInfo {
    send_accm: u32::MAX,
    receive_accm: 0,
};
