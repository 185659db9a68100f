//! The questions under way.

use super::question::{Asker, Question};
use super::settings::{Secret, Settings};
use super::trouble::Trouble;
use crate::net::SystemError;
use crate::net::clock::entropy;
use crate::server::Failure;
use crate::server::serve::Source;
use mio::net::UdpSocket;
use mio::{Interest, Registry};
use pptp_core::time::Instant;
use pptp_radius::{Discard, Exchange, MAX_PACKET_LEN, MessageAuthenticator, Reply, Schedule};
use slab::Slab;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tracing::{debug, warn};
use zeroize::Zeroizing;

/// How long a server that has not answered is asked after the others.
const DOUBT: Duration = Duration::from_secs(60);

/// Asks RADIUS servers, one after the other until one answers. Whoever asks gives a ticket, and gets it back with the
/// answer.
///
/// Each request goes through a socket of its own: whoever would forge an answer has to guess the port as well, and there
/// can be more than the 256 that identifiers tell apart.
#[derive(Debug)]
pub struct Client<T> {
    servers: Vec<Known>,
    secret: Secret,
    identifier: String,
    schedule: Schedule,
    demand: MessageAuthenticator,
    asked: Slab<Asked<T>>,
}

#[derive(Debug)]
struct Known {
    address: SocketAddr,
    /// Until when it is asked after the others: it has not answered.
    doubted: Option<Instant>,
}

#[derive(Debug)]
struct Asked<T> {
    ticket: T,
    question: Question,
    request: Request,
    /// Those to ask after it, the next one last.
    others: Vec<usize>,
    /// What was taken for no answer last.
    discard: Option<Discard>,
}

/// A question as it is asked of one server.
#[derive(Debug)]
struct Request {
    server: usize,
    socket: UdpSocket,
    exchange: Exchange<Zeroizing<Vec<u8>>>,
}

impl<T> Client<T> {
    /// Finds the servers, and reads the secret. `None` if there is nobody to ask.
    ///
    /// # Errors
    /// [`Failure`] if one cannot be found, or there is no secret.
    pub fn new(settings: &Settings) -> Result<Option<Self>, Failure> {
        if settings.servers.is_empty() {
            return Ok(None);
        }
        let mut servers = Vec::new();
        for place in &settings.servers {
            let (address, doubted) = (place.find()?, None);
            servers.push(Known { address, doubted });
        }
        Ok(Some(Self {
            servers,
            secret: settings.secret()?,
            identifier: settings.nas_identifier.clone(),
            schedule: settings.schedule(),
            demand: settings.demand(),
            asked: Slab::new(),
        }))
    }

    /// Asks. Gives the place of the question.
    ///
    /// # Errors
    /// `Trouble` if it cannot be asked, with the ticket.
    pub fn ask(
        &mut self,
        now: Instant,
        registry: &Registry,
        ticket: T,
        question: Question,
    ) -> Result<usize, (T, Trouble)> {
        let is_doubted = |&server: &usize| {
            let doubted = self.servers.get(server).and_then(|it| it.doubted);
            doubted.is_some_and(|until| now < until)
        };
        let (doubted, good): (Vec<_>, Vec<_>) = (0..self.servers.len()).partition(is_doubted);
        let mut others = match question.server {
            Some(server) => vec![server],
            None => [good, doubted].concat(),
        };
        others.reverse();
        let place = self.asked.vacant_key();
        let request = match self.next_request(now, registry, place, &question, &mut others) {
            Ok(request) => request,
            Err(trouble) => return Err((ticket, trouble)),
        };
        let mut asked = Asked {
            ticket,
            question,
            request,
            others,
            discard: None,
        };
        asked.request.send();
        Ok(self.asked.insert(asked))
    }

    /// Reads what has come about the question at that place. If it is the answer, gives the ticket back with what `judge`
    /// makes of it, and of the number of the server; if there will be none, with the reason.
    pub fn read<A>(
        &mut self,
        now: Instant,
        registry: &Registry,
        place: usize,
        judge: impl FnOnce(&Reply<'_>, &Question, usize) -> Result<A, Trouble>,
    ) -> Option<(T, Result<A, Trouble>)> {
        let mut room = Zeroizing::new([0; MAX_PACKET_LEN]);
        let secret = pptp_radius::Secret::new(&self.secret)?;
        loop {
            let asked = self.asked.get_mut(place)?;
            let Request {
                server,
                socket,
                exchange,
            } = &mut asked.request;
            let len = match socket.recv(&mut *room) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // Nobody is there: the next one may be. The last one may come back.
                Err(error) => {
                    debug!(%error, "RADIUS");
                    if asked.others.is_empty() && error.kind() == ErrorKind::ConnectionRefused {
                        continue;
                    }
                    if asked.others.is_empty() {
                        return None;
                    }
                    let trouble = self.pass_on(now, registry, place)?;
                    return self.give_up(registry, place, trouble).map(failed);
                }
            };
            let datagram = room.get(..len).unwrap_or_default();
            match exchange.handle_datagram(datagram, secret, self.demand) {
                Ok(reply) => {
                    if let Some(known) = self.servers.get_mut(*server) {
                        known.doubted = None;
                    }
                    let judged = judge(&reply, &asked.question, *server);
                    let ticket = self.take(registry, place)?;
                    return Some((ticket, judged));
                }
                Err(discard) => {
                    let server = self.servers.get(*server).map(|known| known.address);
                    let server = server.map(tracing::field::display);
                    warn!(server, %discard, "an answer of RADIUS is dropped");
                    asked.discard = Some(discard);
                }
            }
        }
    }

    /// Does what time demands. Gives back the ticket of a question to which there will be no answer, with the reason; it is
    /// to be called again then.
    pub fn wake(&mut self, now: Instant, registry: &Registry) -> Option<(T, Trouble)> {
        let due = |asked: &Asked<T>| asked.request.exchange.next_timeout();
        let is_due = |asked: &Asked<T>| due(asked).is_none_or(|at| at <= now);
        loop {
            let mut all = self.asked.iter_mut();
            let (place, asked) = all.find(|(_, asked)| is_due(asked))?;
            if asked.request.exchange.handle_timeout(now).is_ok() && due(asked).is_some() {
                asked.request.send();
                continue;
            }
            if let Some(trouble) = self.pass_on(now, registry, place) {
                return self.give_up(registry, place, trouble);
            }
        }
    }

    /// When [`Client::wake`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let all = self.asked.iter();
        all.filter_map(|(_, asked)| asked.request.exchange.next_timeout())
            .min()
    }

    /// Takes a question back. Gives the ticket, if there was one.
    pub fn take(&mut self, registry: &Registry, place: usize) -> Option<T> {
        let mut asked = self.asked.try_remove(place)?;
        // A failure means that it is not registered.
        let _ = registry.deregister(&mut asked.request.socket);
        Some(asked.ticket)
    }

    /// The server has not answered: asks the next one, or tells why not.
    fn pass_on(&mut self, now: Instant, registry: &Registry, place: usize) -> Option<Trouble> {
        let mut asked = self.asked.get_mut(place)?;
        if let Some(known) = self.servers.get_mut(asked.request.server) {
            let (server, session) = (known.address, asked.question.session);
            warn!(session, %server, "the RADIUS server does not answer");
            known.doubted = Some(now + DOUBT);
        }
        let _ = registry.deregister(&mut asked.request.socket);
        let mut others = std::mem::take(&mut asked.others);
        let discard = asked.discard;
        if others.is_empty() {
            return Some(discard.map_or(Trouble::Silence, Trouble::Untrusted));
        }
        let question = &self.asked.get(place)?.question;
        let request = match self.next_request(now, registry, place, question, &mut others) {
            Ok(request) => request,
            Err(trouble) => return Some(trouble),
        };
        asked = self.asked.get_mut(place)?;
        asked.others = others;
        asked.request = request;
        asked.request.send();
        None
    }

    fn give_up(
        &mut self,
        registry: &Registry,
        place: usize,
        trouble: Trouble,
    ) -> Option<(T, Trouble)> {
        Some((self.take(registry, place)?, trouble))
    }

    /// A request to the first of `others`, of the last on, that can be asked at all.
    fn next_request(
        &self,
        now: Instant,
        registry: &Registry,
        place: usize,
        question: &Question,
        others: &mut Vec<usize>,
    ) -> Result<Request, Trouble> {
        loop {
            let server = others.pop().ok_or(Trouble::Silence)?;
            match self.request(now, registry, place, question, server) {
                Err(Trouble::System(error)) if !others.is_empty() => {
                    warn!(%error, "RADIUS");
                }
                done => return done,
            }
        }
    }

    fn request(
        &self,
        now: Instant,
        registry: &Registry,
        place: usize,
        question: &Question,
        server: usize,
    ) -> Result<Request, Trouble> {
        let known = self.servers.get(server).ok_or(Trouble::Silence)?;
        let failure = |error| SystemError::new(format!("RADIUS to {}", known.address), error);
        let any: IpAddr = if known.address.is_ipv4() {
            Ipv4Addr::UNSPECIFIED.into()
        } else {
            Ipv6Addr::UNSPECIFIED.into()
        };
        let mut socket = UdpSocket::bind((any, 0).into()).map_err(failure)?;
        socket.connect(known.address).map_err(failure)?;
        let address = match socket.local_addr().map_err(failure)?.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        };
        let asker = Asker {
            secret: pptp_radius::Secret::new(&self.secret).ok_or(Trouble::Silence)?,
            identifier: &self.identifier,
            address,
        };
        let [identifier] = entropy()?;
        let datagram = question.encode(&asker, (identifier, entropy()?))?;
        let exchange = Exchange::new(now, datagram, self.schedule);
        let exchange = exchange.map_err(|error| Trouble::Unusable(error.into()))?;
        registry
            .register(
                &mut socket,
                Source::Radius(place).token(),
                Interest::READABLE,
            )
            .map_err(failure)?;
        Ok(Request {
            server,
            socket,
            exchange,
        })
    }
}

impl Request {
    /// Sends what is due. What cannot be sent now is sent again in time.
    fn send(&mut self) {
        if let Some(datagram) = self.exchange.poll_datagram()
            && let Err(error) = self.socket.send(datagram)
        {
            debug!(%error, "RADIUS");
        }
    }
}

fn failed<T, A>((ticket, trouble): (T, Trouble)) -> (T, Result<A, Trouble>) {
    (ticket, Err(trouble))
}

#[cfg(test)]
mod tests;
