//! Between the server and its RADIUS servers.

use super::answer::{Answer, Said};
use super::eap::{self, Talk};
use super::question::Question;
use super::trouble::Trouble;
use crate::server::guarding::Attempt;
use crate::server::serve::Server;
use crate::server::tunnel::Presented;
use crate::server::users::User;
use crate::server::verdicts::{Judged, Told, account_of, reject};
use pptp_core::ppp::AuthId;
use pptp_core::ppp::auth::mschapv2::Authenticator;
use pptp_core::ppp::wire::Text;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
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
    /// The identifier of its packet, if it is EAP's.
    eap: Option<u8>,
}

/// Whom to ask about, and what.
#[derive(Debug)]
pub(in crate::server) struct Ask {
    /// The place of the tunnel.
    pub place: usize,
    /// To be given back with the verdict.
    pub id: AuthId,
    /// Who it is, as the guard knows it.
    pub account: Vec<u8>,
    /// Who it is, as it came.
    pub name: Vec<u8>,
    /// What is presented.
    pub presented: Presented,
    /// The only server that can know, if it is about something that one has begun.
    pub server: Option<usize>,
}

/// Why a user whom a RADIUS server lets in does not come in.
const ADDRESS_TAKEN: &str = "the address that the RADIUS server has for it is another's";
const NO_ENCRYPTION: &str = "the RADIUS server demands encryption that the policy does not allow";

impl Server {
    /// Asks a RADIUS server about somebody, whom the guard lets try.
    pub(in crate::server) fn consult(&mut self, now: Instant, ask: Ask) {
        let mtu = self.config.network.mtu;
        let (Some(radius), Some(tunnel)) = (&mut self.radius, self.table.get(ask.place)) else {
            return;
        };
        let to = match tunnel.tcp().local_addr() {
            Ok(SocketAddr::V4(address)) => Some(*address.ip()),
            _ => None,
        };
        let eap = match &ask.presented {
            Presented::Eap { packet, .. } => Some(eap::identifier(packet)),
            Presented::Response { .. }
            | Presented::Change { .. }
            | Presented::ChangeV1(_)
            | Presented::Plain(_) => None,
        };
        let question = Question {
            name: ask.name,
            presented: ask.presented,
            session: tunnel.number,
            from: *tunnel.peer.ip(),
            to,
            mtu,
            server: ask.server,
        };
        let ticket = Ticket {
            place: ask.place,
            id: ask.id,
            came: now,
            account: ask.account,
            eap,
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
        let answered = radius.read(
            now,
            self.poll.registry(),
            question,
            |reply, question, server| Answer::new(reply, &question.presented, server, configured),
        );
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

    /// Nobody waits any more for a verdict of a RADIUS server on the tunnel at `place`, if anybody has.
    pub(in crate::server) fn forget_question(&mut self, place: usize) {
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let (talk, question) = (tunnel.talk.take(), tunnel.question.take());
        let source = IpAddr::V4(*tunnel.peer.ip());
        let ticket = question.zip(self.radius.as_mut());
        let ticket =
            ticket.and_then(|(question, radius)| radius.take(self.poll.registry(), question));
        let now = self.clock.now();
        match (talk, ticket) {
            (Some(talk), _) if talk.has_begun() => {
                self.guard.failed(now, source, &talk.account);
            }
            (Some(Talk { account, .. }), _) | (None, Some(Ticket { account, .. })) => {
                self.guard.withdrawn(now, source, &account);
            }
            (None, None) => {}
        }
    }

    /// A question is answered, or will not be.
    fn answered(&mut self, now: Instant, ticket: &Ticket, answer: Result<Answer, Trouble>) {
        self.mark(ticket.place);
        let Some(tunnel) = self.table.get(ticket.place) else {
            return;
        };
        let (session, peer, user) = (tunnel.number, tunnel.peer, Text(&ticket.account));
        tunnel.question = None;
        let answer = match answer {
            Ok(Answer {
                said: Said::More(more),
                ..
            }) => match tunnel.session.eap_reply(now, ticket.id, &more.packet) {
                Ok(()) => {
                    if let Some(talk) = &mut tunnel.talk {
                        talk.goes_on(more);
                    }
                    return;
                }
                Err(error) => Err(Trouble::Untold(error)),
            },
            answer => answer,
        };
        let has_begun = tunnel.talk.take().is_some_and(|talk| talk.has_begun());
        tunnel.failures = tunnel.failures.saturating_add(1);
        let judged = match answer {
            Ok(answer) => {
                for message in &answer.messages {
                    info!(session, %user, message, "the RADIUS server says");
                }
                self.weigh(ticket, answer)
            }
            Err(trouble) => {
                warn!(session, %peer, %user, why = %trouble, "turned away");
                tunnel.refusal = trouble.why();
                if matches!(trouble, Trouble::Unaskable(_)) {
                    ticket.refuse(ErrorCode::AuthenticationFailure, false, Attempt::Wrong)
                } else if has_begun {
                    // Whoever can bring that about must not go on guessing.
                    ticket.refuse(ErrorCode::AUTH_SERVER_FAILED, false, Attempt::Wrong)
                } else {
                    ticket.refuse(ErrorCode::AUTH_SERVER_FAILED, false, Attempt::NotJudged)
                }
            }
        };
        self.conclude(now, ticket.place, judged);
    }

    /// What is to be made of a verdict.
    fn weigh<'a>(&mut self, ticket: &'a Ticket, answer: Answer) -> Judged<'a> {
        let (place, tries) = (ticket.place, self.config.limits.tries);
        let mut known = User {
            name: String::from_utf8_lossy(&ticket.account).into_owned(),
            hash: None,
            must_change: false,
            address: None,
            networks: Vec::new(),
            mppe: None,
            mppc: None,
            password: None,
        };
        let kept_out = ticket.refuse(ErrorCode::AUTH_SERVER_FAILED, false, Attempt::NotJudged);
        let told = match answer.said {
            Said::In(verdict) => Told::Verdict(verdict),
            Said::InByEap { keys } => Told::Eap {
                identifier: ticket.eap.unwrap_or_default(),
                is_in: true,
                keys,
            },
            Said::Out { error, retry } => {
                let Some(tunnel) = self.table.get(place) else {
                    return kept_out;
                };
                let (session, peer, user) = (tunnel.number, tunnel.peer, Text(&ticket.account));
                info!(session, %peer, %user, why = %error, "the RADIUS server refuses");
                tunnel.refusal = why(error);
                if error == ErrorCode::PasswordExpired {
                    // People need time to think of another one.
                    tunnel.deadline = tunnel.deadline.map(|at| at + Authenticator::RETRY_TIMEOUT);
                }
                let retry = retry && tunnel.failures < tries;
                return Judged {
                    user: Some(Rc::new(known)),
                    ..ticket.refuse(error, retry, attempt(error))
                };
            }
            Said::More(_) => return kept_out,
        };
        if let Some(name) = answer.name {
            known.name = account_of(&name);
        }
        known.address = answer.address;
        known.mppe = answer.mppe;
        let is_let_in = self.let_in(place, &known);
        let Some(tunnel) = self.table.get(place) else {
            return kept_out;
        };
        match is_let_in {
            Ok(address) => {
                tunnel.address = Some(address);
                tunnel.pooled = known.address.is_none();
                tunnel.longest = answer.longest;
                Judged {
                    told,
                    attempt: Attempt::Right,
                    mppe: known.mppe,
                    user: Some(Rc::new(known)),
                    ..kept_out
                }
            }
            Err(why) => {
                let (session, peer, user) = (tunnel.number, tunnel.peer, &known.name);
                warn!(session, %peer, user, why, "turned away");
                tunnel.refusal = why;
                Judged {
                    user: Some(Rc::new(known)),
                    ..kept_out
                }
            }
        }
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

impl Ticket {
    /// A refusal.
    fn refuse(&self, error: ErrorCode, retry: bool, attempt: Attempt) -> Judged<'_> {
        let told = match self.eap {
            None => Told::Verdict(reject(error, retry)),
            Some(identifier) => Told::Eap {
                identifier,
                is_in: false,
                keys: None,
            },
        };
        Judged {
            id: self.id,
            came: self.came,
            account: &self.account,
            told,
            attempt,
            mppe: None,
            user: None,
        }
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
