//! What happens to a tunnel, and what the server does about it.

use super::config::Config;
use super::guarding::{Attempt, TOO_MANY};
use super::passwords::{Assessed, Passwords};
use super::radius::Ask;
use super::serve::Server;
use super::tunnel::{Happening, Presented, Tunnel};
use super::users::{User, Users};
use super::verdicts::{Judged, Told, account_of, reject};
use crate::net::probe;
use crate::text::sealing;
use pptp_core::admission::Stage;
use pptp_core::control::{CallAnswer, FieldText, IncomingAnswer};
use pptp_core::ppp::DownReason as Link;
use pptp_core::ppp::auth::mschapv2::Authenticator;
use pptp_core::ppp::wire::Text;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::ppp::{AuthId, Demand, Ipv4, Phase};
use pptp_core::time::Instant;
use pptp_core::wire::{GeneralError, IncomingCallResult, OutgoingCallResult};
use pptp_core::{DownReason, ServerConfig};
use std::fmt;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;
use tracing::{debug, error, info, warn};

/// How long a client has to say goodbye.
const GOODBYE: Duration = Duration::from_secs(8);

/// Who places a call: a client here, or an access concentrator on behalf of somebody who has dialed in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Outgoing,
    Incoming,
}

/// Why somebody who has the right password does not come in.
const ENOUGH: &str = "the user has as many sessions as there may be";

impl Server {
    /// The library's configuration for a client, which gets `address` if it is not known who it is.
    pub(super) fn session_config(&self, address: Option<Ipv4Addr>) -> ServerConfig {
        let (network, timing) = (&self.config.network, &self.config.timing);
        let mut config = ServerConfig {
            incoming: self.config.incoming_calls,
            ..ServerConfig::default()
        };
        config.control.start.host_name = FieldText::new(b"pptp-server");
        config.control.start.max_channels = u16::try_from(self.config.limits.sessions).unwrap_or(0);
        let lcp = &mut config.ppp.lcp;
        lcp.mru = network.mtu;
        lcp.mtu = network.mtu;
        lcp.echo_interval =
            (timing.echo_interval != 0).then(|| Duration::from_secs(timing.echo_interval.into()));
        lcp.echo_failures = timing.echo_failures;
        let methods = self.config.authentication().methods();
        // A name is nothing that clients need; the empty one is never too long.
        config.ppp.demand = methods.and_then(|methods| Demand::new(methods, "pptp-server").ok());
        config.ppp.mppe = self.config.policy.mppe();
        config.ppp.mppc = self.config.policy.mppc.unwrap_or(false);
        let ipv4 = &mut config.ppp.ipv4;
        ipv4.local = Some(network.address);
        ipv4.remote = address;
        ipv4.dns = two(&network.dns);
        ipv4.nbns = two(&network.nbns);
        config
    }

    /// An address for a client of whom it will not be known who it is.
    pub(super) fn address_for_nobody(&mut self) -> Option<Ipv4Addr> {
        let nobody = self.config.authentication().is_none();
        nobody.then(|| self.take_address()).flatten()
    }

    fn take_address(&mut self) -> Option<Ipv4Addr> {
        let own = self.config.network.address;
        let (users, table) = (&self.users, &self.table);
        // A RADIUS server may give away what is in the pool.
        let is_used = |address| {
            let mut all = table.iter();
            all.any(|(_, tunnel)| tunnel.address == Some(address))
        };
        self.pool
            .take(|address| address == own || users.reserves(address) || is_used(address))
    }

    /// Does what something that happened to a tunnel asks for.
    pub(super) fn follow(&mut self, now: Instant, place: usize, happening: Happening) {
        match happening {
            Happening::Started => self.reached(place, Stage::Started),
            Happening::CallRequested => self.answer_call(now, place, Kind::Outgoing),
            Happening::IncomingCall(line) => {
                if let Some(tunnel) = self.table.get(place) {
                    info!(session = tunnel.number, peer = %tunnel.peer, line, "an incoming call");
                }
                self.answer_call(now, place, Kind::Incoming);
            }
            Happening::Called => self.reached(place, Stage::Called),
            Happening::AuthRequested {
                id,
                name,
                presented,
            } => self.judge(now, place, id, &name, presented),
            Happening::Eap { id, packet } if self.tls.is_some() => {
                self.own_eap(now, place, id, &packet);
            }
            Happening::Eap { id, packet } => self.pass_eap(now, place, id, packet),
            Happening::Up(ipv4) => self.up(now, place, &ipv4),
            Happening::NoIpv4 => self.no_ipv4(place),
            Happening::Down(reason) => self.down(now, place, reason),
        }
    }

    fn answer_call(&mut self, now: Instant, place: usize, kind: Kind) {
        let nobody = self.config.authentication().is_none();
        let full = self.admission.is_full();
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let answer = if full || (nobody && tunnel.address.is_none()) {
            None
        } else {
            self.table.allocate_call(now, place)
        };
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        if answer.is_none() {
            warn!(session = tunnel.number, peer = %tunnel.peer, "turned away: the server is full");
        }
        let session = &mut tunnel.session;
        let answered = match (kind, answer) {
            (Kind::Outgoing, Some(call_id)) => {
                let answer = CallAnswer {
                    call_id,
                    ..CallAnswer::DEFAULT
                };
                session.accept_call(now, answer)
            }
            (Kind::Incoming, Some(call_id)) => {
                let answer = IncomingAnswer {
                    call_id,
                    ..IncomingAnswer::DEFAULT
                };
                session.accept_incoming(now, answer)
            }
            (Kind::Outgoing, None) => {
                session.refuse_call(now, OutgoingCallResult::Busy, GeneralError::None)
            }
            (Kind::Incoming, None) => {
                session.refuse_incoming(now, IncomingCallResult::DoNotAccept, GeneralError::None)
            }
        };
        if let Err(error) = answered {
            debug!(session = tunnel.number, %error, "the call");
        }
    }

    /// Answers whoever says who it is.
    fn judge(&mut self, now: Instant, place: usize, id: AuthId, name: &[u8], presented: Presented) {
        // Of an attempt that nobody waits for any more: what it comes to must not be taken for what this one does.
        self.forget_question(place);
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let (number, peer) = (tunnel.number, tunnel.peer);
        let mut user = self.users.find(name);
        // However the name is written, it is one user.
        let account = user.as_ref().map_or_else(
            || account_of(name).into_bytes(),
            |user| user.name.clone().into_bytes(),
        );
        let is_allowed = self.may_attempt(now, *peer.ip(), &account);
        if is_allowed && user.is_none() && self.radius.is_some() {
            let (name, server) = (name.to_vec(), None);
            return self.consult(
                now,
                Ask {
                    place,
                    id,
                    account,
                    name,
                    presented,
                    server,
                },
            );
        }
        let granted = match &user {
            Some(user) if is_allowed => Some(self.grant(place, user)),
            _ => None,
        };
        let assessed = match (&user, &granted) {
            (Some(user), Some(Ok(_))) => self.assess(user, name, &presented),
            _ => Assessed::Wrong,
        };
        if let Assessed::Changed(new) = &assessed {
            user = Some(Rc::clone(new));
        }
        let tries = self.config.limits.tries;
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let mut attempt = Attempt::Wrong;
        tunnel.failures = tunnel.failures.saturating_add(1);
        let wrong = reject(ErrorCode::AuthenticationFailure, tunnel.failures < tries);
        let verdict = match (&user, granted) {
            _ if !is_allowed => {
                info!(session = number, %peer, user = %Text(&account), why = TOO_MANY, "turned away");
                attempt = Attempt::Refused;
                tunnel.refusal = TOO_MANY;
                wrong
            }
            (Some(user), Some(Ok(address))) => {
                tunnel.address = Some(address);
                tunnel.pooled = user.address.is_none();
                tunnel.refusal = "the password is wrong";
                match assessed {
                    Assessed::Right | Assessed::Changed(_) => {
                        attempt = Attempt::Right;
                        user.verdict().unwrap_or(wrong)
                    }
                    Assessed::Wrong => wrong,
                    Assessed::Expired => {
                        info!(session = number, %peer, user = user.name, "has to change the password");
                        attempt = Attempt::Right;
                        tunnel.refusal = "the password has to be changed";
                        // People need time to think of another one.
                        tunnel.deadline =
                            tunnel.deadline.map(|at| at + Authenticator::RETRY_TIMEOUT);
                        reject(ErrorCode::PasswordExpired, false)
                    }
                    Assessed::Unfit(why) => {
                        attempt = Attempt::NotJudged;
                        tunnel.refusal = why;
                        reject(ErrorCode::ChangingPassword, false)
                    }
                    Assessed::Unproven => reject(ErrorCode::ChangingPassword, false),
                }
            }
            (Some(user), Some(Err(why))) => {
                warn!(session = number, %peer, user = user.name, why, "turned away");
                attempt = Attempt::NotJudged;
                tunnel.refusal = why;
                reject(ErrorCode::AUTH_SERVER_FAILED, false)
            }
            _ => {
                info!(session = number, %peer, user = %Text(name), "unknown user");
                tunnel.refusal = "the user is unknown";
                // Which of the two was wrong is nobody else's business.
                wrong
            }
        };
        if is_allowed && tunnel.session.phase() != Phase::Authenticate {
            // It has ended meanwhile, and nobody hears the verdict.
            attempt = Attempt::NotJudged;
        }
        let judged = Judged {
            id,
            came: now,
            account: &account,
            told: Told::Verdict(verdict),
            attempt,
            mppe: user.as_ref().and_then(|user| user.mppe),
            user: user.clone(),
        };
        self.conclude(now, place, judged);
    }

    /// Finds an address for `user`, who may yet turn out to be somebody else.
    pub(super) fn grant(&mut self, place: usize, user: &User) -> Result<Ipv4Addr, &'static str> {
        // Of another attempt on the same link.
        self.take_back_address(place);
        if self.has_enough(place, user) {
            return Err(ENOUGH);
        }
        let address = user.address.or_else(|| self.take_address());
        address.ok_or("no address is left in the pool")
    }

    /// The sessions of `user` that have come up, but for the one at `place`.
    fn others_of(&self, place: usize, user: &User) -> impl Iterator<Item = usize> {
        let is_theirs = move |&(other, tunnel): &(usize, &Tunnel)| {
            other != place && tunnel.up && tunnel.user_name() == user.name
        };
        self.table.iter().filter(is_theirs).map(|(other, _)| other)
    }

    /// Whether `user` has as many sessions as there may be, without the one at `place`.
    fn has_enough(&self, place: usize, user: &User) -> bool {
        let limit = self.config.limits.sessions_per_user;
        limit != 0 && !user.has_one_session() && self.others_of(place, user).count() >= limit
    }

    /// Gives a tunnel's address back to the pool, if it has one of it.
    pub(super) fn take_back_address(&mut self, place: usize) {
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        if let Some(address) = tunnel.address.take()
            && tunnel.pooled
        {
            self.pool.give_back(address);
        }
    }

    /// A tunnel is up: packets can pass.
    fn up(&mut self, now: Instant, place: usize, agreed: &Ipv4) {
        let Some(tunnel) = self.table.get(place).filter(|it| it.ended.is_none()) else {
            return;
        };
        let Some(address) = tunnel.address.filter(|_| agreed.remote == tunnel.address) else {
            return self.end(
                now,
                place,
                "the client does not take the address it is given",
            );
        };
        let user = tunnel.user.clone();
        let user = user.as_deref();
        if !tunnel.up {
            // Others may have come up since it was let in.
            if self.admission.is_full() {
                return self.end(now, place, "the server is full");
            }
            if user.is_some_and(|user| self.has_enough(place, user)) {
                return self.end(now, place, ENOUGH);
            }
        }
        // Whoever has one session comes back before the old one is known to be dead.
        let holder = |(other, tunnel): (usize, &Tunnel)| {
            (other != place && tunnel.up && tunnel.address == Some(address)).then_some(other)
        };
        let mut replaced: Vec<usize> = self.table.iter().filter_map(holder).collect();
        if let Some(user) = user.filter(|user| user.has_one_session()) {
            replaced.extend(self.others_of(place, user));
        }
        for other in replaced {
            self.end(now, other, "the user has connected anew");
        }
        if self.table.get(place).is_some_and(|tunnel| tunnel.connected) {
            self.disconnect(place);
        }
        self.table.connect(place);
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        if let Err(error) = self.outlet.connect(tunnel, agreed) {
            error!(session = tunnel.number, %error, "no device");
            return self.end(now, place, "the server has no device for it");
        }
        let modes = probe::modes(&tunnel.session);
        tunnel.probe.start(agreed.local, agreed.remote, modes);
        let (encrypts, decrypts) = tunnel.session.encryption();
        let (compresses, decompresses) = tunnel.session.compression();
        info!(
            session = tunnel.number,
            user = tunnel.user_name(),
            %address,
            peer = %tunnel.peer,
            send = sealing(encrypts, compresses),
            receive = sealing(decrypts, decompresses),
            mtu = agreed.mtu,
            device = tunnel.device.as_ref().map(|device| device.name()),
            seconds = seconds(now.saturating_since(tunnel.since)),
            "up"
        );
        if !tunnel.up {
            tunnel.up = true;
            tunnel.since = now;
            tunnel.deadline = tunnel.longest.map(|longest| now + longest);
            self.admission.reached(tunnel.ticket, Stage::Up);
        }
        if let Err(error) = self.watch_device(place) {
            error!(%error, "no device");
            self.end(now, place, "the server has no device for it");
        }
    }

    /// Leads no packets to a tunnel any more.
    fn disconnect(&mut self, place: usize) {
        self.table.disconnect(place);
        if let Some(tunnel) = self.table.get(place) {
            tunnel.probe.stop();
            self.outlet.disconnect(tunnel);
        }
    }

    /// No packets can be sent to it for now; its own device stays.
    fn no_ipv4(&mut self, place: usize) {
        self.table.disconnect(place);
        if let Some(tunnel) = self.table.get(place) {
            tunnel.probe.stop();
        }
    }

    /// A tunnel has ended.
    fn down(&mut self, now: Instant, place: usize, reason: DownReason) {
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let counters = &tunnel.counters;
        let reason: &dyn fmt::Display = match (&tunnel.ended, reason) {
            (Some(why), _) => why,
            (None, DownReason::Ppp(Link::PeerRejected)) => &tunnel.refusal,
            (None, _) => &reason,
        };
        if tunnel.call_id.is_none() {
            // Whoever looks for open ports, most likely.
            debug!(session = tunnel.number, peer = %tunnel.peer, %reason, "gone without a call");
            return self.remove(now, place);
        }
        info!(
            session = tunnel.number,
            user = tunnel.user_name(),
            address = tunnel.address.map(tracing::field::display),
            peer = %tunnel.peer,
            %reason,
            up = tunnel.up,
            seconds = seconds(now.saturating_since(tunnel.since)),
            sent = counters.sent_octets,
            received = counters.received_octets,
            overtaken = tunnel.overtaken(),
            "down"
        );
        self.remove(now, place);
    }

    /// Ends a tunnel in good order. What led to it can lead to another one at once.
    pub(super) fn end(&mut self, now: Instant, place: usize, why: &'static str) {
        if let Some(tunnel) = self.table.get(place)
            && tunnel.ended.is_none()
        {
            tunnel.ended = Some(why);
            tunnel.deadline = Some(now + GOODBYE);
            tunnel.session.close(now);
            self.disconnect(place);
            self.mark(place);
        }
    }

    /// Ends a tunnel that takes too long to come up, or to say goodbye, or has been up for long enough.
    pub(super) fn cut_off(&mut self, now: Instant, place: usize) {
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        if tunnel.deadline.is_none_or(|at| at > now) {
            return;
        }
        if tunnel.ended.is_none() {
            let why = if tunnel.up {
                "the session has lasted as long as it may"
            } else {
                "it did not come up in time"
            };
            self.end(now, place, why);
        } else {
            self.down(now, place, DownReason::Closed);
        }
    }

    /// Reads the users again. Sessions go on, but for those of users who are no more, or of whom anything has changed:
    /// what is somebody else's now must not go on being theirs.
    pub(super) fn reload(&mut self, now: Instant) {
        let read = Config::read(&self.arguments);
        // New passwords go on into the file that they went to before.
        let file = self.config.passwords.file.as_deref();
        let read = read.and_then(|config| {
            let passwords = Passwords::read(file)?;
            let users = Users::new(&config.users, &passwords)?;
            Ok((config, users, passwords))
        });
        let (config, users, passwords) = match read {
            Ok(read) => read,
            Err(error) => return error!(%error, "the users stay as they were"),
        };
        let unchanged = Config {
            users: self.config.users.clone(),
            ..config.clone()
        };
        if unchanged != self.config {
            warn!("only changes of users are heeded before the server starts again");
        }
        self.config.users = config.users;
        self.users = users;
        self.passwords = passwords;
        info!(users = self.users.count(), "users read again");
        let is_gone = |user: &Rc<User>| {
            let now = self.users.find(user.name.as_bytes());
            // One of a RADIUS server's is gone if it is one of the configuration now.
            now.map_or(user.hash.is_some(), |now| !now.is_same(user))
        };
        let gone = self
            .table
            .iter()
            .filter(|(_, tunnel)| tunnel.user.as_ref().is_some_and(is_gone));
        let gone: Vec<usize> = gone.map(|(place, _)| place).collect();
        for place in gone {
            self.end(now, place, "the user is no more, or is another one now");
        }
    }
}

fn two(servers: &[Ipv4Addr]) -> [Option<Ipv4Addr>; 2] {
    [servers.first().copied(), servers.get(1).copied()]
}

#[expect(clippy::cast_precision_loss, reason = "it is for people")]
fn seconds(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1e3
}
