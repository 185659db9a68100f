//! How what one layer has come to is carried over to the next, and why a tunnel ends.

use super::{Events, Session};
use crate::control::{self, CallEnd, CallInfo, CloseReason};
use crate::event::DownReason;
use crate::gre;
use crate::log::debug;
use pptp_ppp::{Instant, Phase, Profile};

impl<P: Profile, R> Session<P, R> {
    /// Carries what one layer has come to over to the next.
    pub(super) fn follow(&mut self, now: Instant) {
        self.follow_control(now);
        if self.carrier && self.ppp.phase() == Phase::Down {
            self.note_end(now, DownReason::Closed);
            // A PAC says so by a Call-Disconnect-Notify, a PNS by a Call-Clear-Request; the carrier is gone with it.
            self.carrier = false;
            self.control.clear_call(now, 0);
            self.follow_control(now);
        }
    }

    fn follow_control(&mut self, now: Instant) {
        while let Some(event) = self.control.poll_event() {
            match event {
                control::Event::Connected { .. } => {
                    self.events |= Events::CONNECTED;
                    if let Some(request) = self.request
                        && self.control.open_call(now, request).is_err()
                    {
                        self.control.close(now);
                    }
                }
                control::Event::CallRequested { .. } | control::Event::IncomingCall { .. } => {
                    self.events |= Events::CALL_REQUESTED;
                }
                // It has no lines.
                control::Event::CallAccepted { call } => self.control.clear_call(now, call),
                control::Event::CallConnected { info, .. } => self.call_connected(now, info),
                control::Event::CallFailed { cause, .. }
                | control::Event::CallEnded { cause, .. } => self.call_ended(now, cause),
                control::Event::LinkInfo { info, .. } => {
                    self.link_info = info;
                    self.events |= Events::LINK_INFO;
                }
                control::Event::WanErrors { errors, .. } => {
                    self.wan_errors = Some(errors);
                    self.events |= Events::WAN_ERRORS;
                }
                control::Event::Closed { reason } => {
                    self.note_end(now, DownReason::Control(reason));
                    debug!("tunnel down: {:?}", self.down);
                    self.carrier = false;
                    self.events |= Events::DOWN;
                }
            }
        }
    }

    fn call_connected(&mut self, now: Instant, info: CallInfo) {
        let mut config = *self.gre.config();
        config.our_call_id = info.our_call_id;
        config.peer_call_id = info.peer_call_id;
        config.our_window = info.our_window;
        config.peer_window = info.peer_window;
        config.peer_delay = info.peer_delay;
        self.gre = gre::Session::new(config);
        self.info = Some(info);
        self.carrier = true;
        self.watch.call_connected(now);
        self.events |= Events::CALL_CONNECTED;
        self.ppp.open(now);
    }

    fn call_ended(&mut self, now: Instant, end: CallEnd) {
        let reason = match self.control.close_reason() {
            Some(reason) if end == CallEnd::ConnectionClosed => DownReason::Control(reason),
            _ => DownReason::Call(end),
        };
        self.note_end(now, reason);
        self.carrier = false;
        // Nobody is left to answer.
        self.events.remove(Events::CALL_REQUESTED);
        self.control.close(now);
    }

    /// Ends the tunnel if there never was a TCP connection: there is nobody to be told and waited for.
    pub(super) fn end_unstarted(&mut self, reason: DownReason) {
        if !self.started && self.down.is_none() {
            self.down = Some(reason);
            self.events |= Events::DOWN;
        }
    }

    /// Notes why it ended, if nothing is noted yet: what PPP has to say is closer to the cause.
    pub(super) fn note_end(&mut self, now: Instant, reason: DownReason) {
        use CloseReason::{PeerStopped, TcpClosed};
        let by_peer = matches!(
            reason,
            DownReason::Call(_) | DownReason::Control(PeerStopped(_) | TcpClosed)
        );
        let unheard = self.info.is_some() && !self.ppp.has_heard();
        let long = self.watch.is_long(now);
        if self.down.is_none() {
            let refused = self.ppp.password_wanted().filter(|_| by_peer);
            let refused = refused.map(|it| pptp_ppp::DownReason::AuthenticationFailed(it.error));
            self.down = Some(match self.ppp.down_reason().or(refused) {
                Some(reason) => DownReason::of_ppp(reason),
                None if by_peer && unheard && long => DownReason::GreBlocked,
                None => reason,
            });
        }
    }
}
