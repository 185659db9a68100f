//! Between the server and its RADIUS servers.

use super::answer::Answer;
use super::question::Question;
use super::trouble::Trouble;
use crate::server::guarding::Attempt;
use crate::server::serve::Server;
use crate::server::sessions::{Judged, reject};
use crate::server::tunnel::Presented;
use crate::server::users::User;
use pptp_core::ppp::auth::mschapv2::Authenticator;
use pptp_core::ppp::wire::Text;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::ppp::{AuthId, Verdict};
use pptp_core::time::Instant;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use tracing::{info, warn};

/// Whom a question is about.
#[derive(Debug)]
pub struct Ticket {
    /// The place of the tunnel.
    place: usize,
    /// To be given back with the verdict.
    id: AuthId,
    /// When it came.
    came: Instant,
    /// Who it is, as the guard knows it.
    account: Vec<u8>,
}

/// Why a user whom a RADIUS server lets in does not come in.
const ADDRESS_TAKEN: &str = "the address that the RADIUS server has for it is another's";
const NO_ENCRYPTION: &str = "the RADIUS server demands encryption that the policy does not allow";

impl Server {
    /// Asks a RADIUS server about somebody, whom the guard lets try.
    pub(in crate::server) fn consult(
        &mut self,
        now: Instant,
        (place, id): (usize, AuthId),
        account: Vec<u8>,
        name: &[u8],
        presented: Presented,
    ) {
        // Of an attempt that nobody waits for any more.
        self.forget_question(place);
        let mtu = self.config.network.mtu;
        let (Some(radius), Some(tunnel)) = (&mut self.radius, self.table.get(place)) else {
            return;
        };
        let to = match tunnel.tcp().local_addr() {
            Ok(SocketAddr::V4(address)) => Some(*address.ip()),
            _ => None,
        };
        let question = Question {
            name: name.to_vec(),
            presented,
            session: tunnel.number,
            from: *tunnel.peer.ip(),
            to,
            mtu,
        };
        let ticket = Ticket {
            place,
            id,
            came: now,
            account,
        };
        match radius.ask(now, self.poll.registry(), ticket, question) {
            Ok(question) => tunnel.question = Some(question),
            Err((ticket, trouble)) => self.answered(now, &ticket, Err(trouble)),
        }
    }

    /// Reads what has come about a question.
    pub(in crate::server) fn read_radius(&mut self, now: Instant, question: usize) {
        let configured = self.config.policy.mppe();
        let Some(radius) = &mut self.radius else {
            return;
        };
        let answered = radius.read(now, self.poll.registry(), question, |reply, question| {
            Answer::new(reply, &question.presented, configured)
        });
        if let Some((ticket, answer)) = answered {
            self.answered(now, &ticket, answer);
        }
    }

    /// Asks again, or the next server, where that is due.
    pub(in crate::server) fn wake_radius(&mut self, now: Instant) {
        while let Some(radius) = &mut self.radius
            && let Some((ticket, trouble)) = radius.wake(now, self.poll.registry())
        {
            self.answered(now, &ticket, Err(trouble));
        }
    }

    /// Nobody waits for an answer about the tunnel at `place` any more.
    pub(in crate::server) fn forget_question(&mut self, place: usize) {
        if let Some(tunnel) = self.table.get(place)
            && let Some(question) = tunnel.question.take()
            && let Some(radius) = &mut self.radius
            && let Some(ticket) = radius.take(self.poll.registry(), question)
        {
            let source = IpAddr::V4(*tunnel.peer.ip());
            self.guard
                .withdrawn(self.clock.now(), source, &ticket.account);
        }
    }

    /// A question is answered, or will not be.
    fn answered(&mut self, now: Instant, ticket: &Ticket, answer: Result<Answer, Trouble>) {
        let (place, tries) = (ticket.place, self.config.limits.tries);
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let (session, peer, user) = (tunnel.number, tunnel.peer, Text(&ticket.account));
        tunnel.question = None;
        tunnel.failures = tunnel.failures.saturating_add(1);
        let may_retry = tunnel.failures < tries;
        let mut known = User {
            name: String::from_utf8_lossy(&ticket.account).into_owned(),
            hash: None,
            must_change: false,
            address: None,
            networks: Vec::new(),
            mppe: None,
        };
        let mut judged = Judged {
            id: ticket.id,
            came: ticket.came,
            account: &ticket.account,
            verdict: reject(ErrorCode::AUTH_SERVER_FAILED, false),
            attempt: Attempt::NotJudged,
            mppe: None,
            user: None,
        };
        match answer {
            Err(trouble) => {
                warn!(session, %peer, %user, why = %trouble, "turned away");
                tunnel.refusal = trouble.why();
                if matches!(trouble, Trouble::Unaskable(_)) {
                    judged.attempt = Attempt::Wrong;
                    judged.verdict = reject(ErrorCode::AuthenticationFailure, may_retry);
                }
            }
            Ok(answer) => {
                for message in &answer.messages {
                    info!(session, %user, message, "the RADIUS server says");
                }
                if let Verdict::Reject { error, retry, .. } = answer.verdict {
                    info!(session, %peer, %user, why = %error, "the RADIUS server refuses");
                    tunnel.refusal = why(error);
                    judged.attempt = attempt(error);
                    judged.verdict = reject(error, retry && may_retry);
                    if error == ErrorCode::PasswordExpired {
                        // People need time to think of another one.
                        tunnel.deadline =
                            tunnel.deadline.map(|at| at + Authenticator::RETRY_TIMEOUT);
                    }
                } else {
                    known.address = answer.address;
                    known.mppe = answer.mppe;
                    match self.let_in(place, &known) {
                        Ok(address) => {
                            if let Some(tunnel) = self.table.get(place) {
                                tunnel.address = Some(address);
                                tunnel.pooled = known.address.is_none();
                                tunnel.longest = answer.longest;
                            }
                            judged.attempt = Attempt::Right;
                            judged.verdict = answer.verdict;
                            judged.mppe = answer.mppe;
                        }
                        Err(why) => {
                            warn!(session, %peer, %user, why, "turned away");
                            if let Some(tunnel) = self.table.get(place) {
                                tunnel.refusal = why;
                            }
                        }
                    }
                }
            }
        }
        judged.user = Some(Rc::new(known));
        self.conclude(now, place, judged);
        self.mark(place);
    }

    /// What keeps out a user whom a RADIUS server lets in, or the address.
    fn let_in(&mut self, place: usize, user: &User) -> Result<Ipv4Addr, &'static str> {
        if user.mppe.is_none() {
            return Err(NO_ENCRYPTION);
        }
        if let Some(address) = user.address {
            let is_ours = address == self.config.network.address;
            let mut all = self.table.iter();
            let is_taken = all.any(|(other, tunnel)| {
                let is_theirs = tunnel.address == Some(address) && tunnel.user_name() != user.name;
                other != place && is_theirs
            });
            if is_ours || is_taken || self.users.reserves(address) {
                return Err(ADDRESS_TAKEN);
            }
        }
        self.grant(place, user)
    }
}

/// What the guard is to know of a refusal.
const fn attempt(error: ErrorCode) -> Attempt {
    match error {
        // Whoever hears that has proved to know the old one.
        ErrorCode::PasswordExpired => Attempt::Right,
        ErrorCode::AUTH_SERVER_FAILED => Attempt::NotJudged,
        _ => Attempt::Wrong,
    }
}

/// A refusal, in the words of this log.
const fn why(error: ErrorCode) -> &'static str {
    match error {
        ErrorCode::AuthenticationFailure => "the user is unknown, or the password is wrong",
        ErrorCode::PasswordExpired => "the password has to be changed",
        ErrorCode::ChangingPassword => "the password could not be changed",
        ErrorCode::AccountDisabled => "the account is disabled",
        ErrorCode::NoDialinPermission => "the account may not dial in",
        ErrorCode::RestrictedLogonHours => "the account may not log on at this time",
        _ => "the RADIUS server refuses",
    }
}
