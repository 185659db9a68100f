//! A caller who calls everything in any order, with octets that are real, cut, changed or invented, and with buffers of
//! any length.

use super::dice::Dice;
use core::fmt;
use core::time::Duration;
use pptp_core::control::CallAnswer;
use pptp_core::ppp::auth::{AuthId, Grant, Verdict};
use pptp_core::ppp::{self, Minimal};
use pptp_core::time::Instant;
use pptp_core::wire::OutgoingCallResult;
use pptp_core::{
    Client, DownReason, Event, MAX_GRE_OVERHEAD, Network, Outgoing, Output, Pac, Pns, SendError,
    Server, Session, wire,
};

/// What is on its way to an end.
#[derive(Debug, Clone, Default)]
pub struct Wire {
    pub stream: Vec<u8>,
    pub datagrams: Vec<Vec<u8>>,
}

/// An end, and what its caller knows of it.
#[derive(Debug, Clone)]
pub struct Called<R> {
    pub session: Session<Minimal, R>,
    pub down: Option<DownReason>,
    request: Option<AuthId>,
    /// Of so many calls that may end everything one is made.
    rarity: usize,
}

/// What only one of the roles has.
pub trait Role: Sized + Clone + fmt::Debug {
    fn answer(session: &mut Session<Minimal, Self>, now: Instant, dice: &mut Dice, rarity: usize);
}

impl Role for Pns {
    fn answer(_: &mut Session<Minimal, Self>, _: Instant, _: &mut Dice, _: usize) {}
}

impl Role for Pac {
    fn answer(session: &mut Session<Minimal, Self>, now: Instant, dice: &mut Dice, rarity: usize) {
        if dice.one_in(rarity) {
            let error = wire::GeneralError::None;
            let _ = session.refuse_call(now, OutgoingCallResult::Busy, error);
        } else {
            let call_id = u16::from(dice.octet());
            let answer = CallAnswer {
                call_id,
                ..CallAnswer::default()
            };
            let _ = session.accept_call(now, answer);
        }
    }
}

impl<R: Role> Called<R> {
    pub const fn new(session: Session<Minimal, R>, rarity: usize) -> Self {
        Self {
            session,
            down: None,
            request: None,
            rarity,
        }
    }

    /// One call of one method.
    pub fn call(&mut self, now: Instant, dice: &mut Dice, to_us: &mut Wire, to_peer: &mut Wire) {
        let mut out = [0; 2048];
        match dice.below(24) {
            0 => self.session.control_connected(now),
            1 if dice.one_in(self.rarity) => self.session.control_closed(now),
            2..=4 => {
                // What has arrived, or the first part of it.
                let len = if dice.one_in(3) {
                    dice.below(to_us.stream.len() + 1)
                } else {
                    to_us.stream.len()
                };
                let taken = self.session.handle_control(now, &to_us.stream[..len]);
                to_us.stream.drain(..taken.unwrap_or(len));
            }
            5 if dice.one_in(self.rarity) => {
                let octets = dice.bytes(200);
                let taken = self.session.handle_control(now, &octets);
                assert!(taken.is_ok_and(|taken| taken <= octets.len()) || taken.is_err());
            }
            6..=9 if !to_us.datagrams.is_empty() => {
                let index = if dice.one_in(4) {
                    dice.below(to_us.datagrams.len())
                } else {
                    0
                };
                let mut datagram = to_us.datagrams[index].clone();
                if !dice.one_in(8) {
                    to_us.datagrams.remove(index);
                }
                if dice.one_in(self.rarity) {
                    let place = dice.below(datagram.len());
                    datagram[place] ^= dice.octet();
                    datagram.truncate(datagram.len() - dice.below(4).min(datagram.len()));
                }
                let _ = self.session.handle_gre(now, &mut datagram);
            }
            10 => {
                let mut octets = dice.bytes(60);
                if octets.len() > 8 && dice.one_in(2) {
                    octets[..8].copy_from_slice(&[
                        0x30,
                        1,
                        0x88,
                        0x0b,
                        0,
                        20,
                        0,
                        dice.octet() & 15,
                    ]);
                }
                let _ = self.session.handle_gre(now, &mut octets);
            }
            11 => self.send(now, dice, to_peer),
            12 | 13 => self.session.handle_timeout(now),
            14 => self.poll(now, dice, to_peer),
            15 | 20 => {
                let wrong = dice.one_in(self.rarity);
                let verdict = [Verdict::Password("wonderland"), Verdict::WRONG_PASSWORD];
                let verdict = &verdict[usize::from(wrong)];
                if let Some(request) = self.request {
                    self.session
                        .authorize(now, request, verdict, Grant::default());
                }
            }
            16 => R::answer(&mut self.session, now, dice, self.rarity),
            17 if dice.one_in(self.rarity) => self.session.close(now),
            18 => self.event(),
            21 if !to_us.datagrams.is_empty() => {
                let mut datagram = to_us.datagrams.remove(0);
                if dice.one_in(self.rarity) {
                    let place = dice.below(datagram.len());
                    datagram[place] ^= dice.octet();
                }
                self.receive_twice(now, &datagram);
            }
            22 => {
                let prepared = self.session.prepare();
                assert!(!prepared, "there is no room");
                self.send_twice(now, dice, to_peer);
            }
            _ => {
                // All of it, as a caller should.
                while let Ok(Some(message)) = self.session.poll_control(now, &mut out) {
                    to_peer.stream.extend(message);
                }
                while let Ok(Some(datagram)) = self.session.poll_gre(now, &mut out) {
                    to_peer.datagrams.push(datagram.to_vec());
                }
                while self.session.down_reason() != self.down || self.down.is_none() {
                    let before = (self.down, format!("{:?}", self.session));
                    self.event();
                    if before == (self.down, format!("{:?}", self.session)) {
                        break;
                    }
                }
            }
        }
        self.look(now);
    }

    /// What can be asked at any time.
    fn look(&self, now: Instant) {
        let session = &self.session;
        assert_eq!(
            session.next_timeout().is_some(),
            session.timeout_reason().is_some()
        );
        let _ = (
            session.mtu(),
            session.phase(),
            session.encryption(),
            session.call_info(),
        );
        let _ = (session.gre_stats(), session.control_stats());
        if self.down.is_some() {
            assert_eq!(session.down_reason(), self.down);
            assert_eq!(session.next_timeout(), None, "nothing comes after the end");
            assert!(!session.is_up(Network::Ipv4));
            let mut over = session.clone();
            let mut out = [0; Client::<Minimal>::MAX_OUTPUT];
            assert_eq!(over.poll_output(now, &mut out), Ok(Output::Timeout(None)));
        }
    }

    fn send(&mut self, now: Instant, dice: &mut Dice, to_peer: &mut Wire) {
        let packet = vec![0x45; dice.below(300)];
        let mut out = [0; 2048];
        let room = if dice.one_in(2) {
            dice.below(packet.len() + MAX_GRE_OVERHEAD)
        } else {
            2048
        };
        let (up, before) = (self.session.is_up(Network::Ipv4), self.session.clone());
        match self
            .session
            .send(now, Network::Ipv4, &packet, &mut out[..room])
        {
            Ok(datagram) => {
                assert!(up);
                to_peer.datagrams.push(datagram.to_vec());
            }
            Err(error) => {
                assert_eq!(
                    format!("{before:?}"),
                    format!("{:?}", self.session),
                    "nothing has changed"
                );
                match error {
                    SendError::NotOpen => assert!(!up),
                    SendError::TooLong { mtu } => assert!(packet.len() > mtu),
                    SendError::BufferTooSmall { needed } => {
                        assert!(needed > room);
                        let sent = before
                            .clone()
                            .send(now, Network::Ipv4, &packet, &mut out[..needed])
                            .map(<[u8]>::len);
                        assert_eq!(sent, Ok(needed), "that would have been enough");
                    }
                    error => panic!("{error}"),
                }
            }
        }
    }

    /// A packet for this session and for its like, both at once.
    fn receive_twice(&mut self, now: Instant, datagram: &[u8]) {
        let mut like = self.session.clone();
        let mut alone = like.clone();
        let mut datagrams = [datagram; 3].map(<[u8]>::to_vec);
        let [first, second, third] = &mut datagrams;
        let mut jobs = [(&mut self.session, &mut first[..]), (&mut like, second)];
        let mut jobs = Session::handle_gre_jobs(now, &mut jobs);
        let expected = format!("{:?}", alone.handle_gre(now, third));
        for _ in 0..2 {
            let inbound = jobs.next().expect("there are two");
            assert_eq!(format!("{inbound:?}"), expected);
        }
        drop(jobs);
        let expected = (format!("{alone:?}"), third);
        assert_eq!((format!("{:?}", self.session), first), expected);
        assert_eq!((format!("{like:?}"), second), expected);
    }

    fn send_twice(&mut self, now: Instant, dice: &mut Dice, to_peer: &mut Wire) {
        let mut like = self.session.clone();
        let mut alone = like.clone();
        let packet = vec![0x45; dice.below(300)];
        let room = if dice.one_in(2) { 2048 } else { packet.len() };
        let mut rooms = [(); 3].map(|()| vec![0; room]);
        let [first, second, third] = &mut rooms;
        let (mut first, mut second) = (
            Outgoing::new(&packet, first),
            Outgoing::new(&packet, second),
        );
        let mut jobs = [(&mut self.session, &mut first), (&mut like, &mut second)];
        Session::send_jobs(now, Network::Ipv4, &mut jobs);
        let expected = alone.send(now, Network::Ipv4, &packet, third);
        assert_eq!((first.sent(), second.sent()), (expected, expected));
        assert_eq!(format!("{alone:?}"), format!("{:?}", self.session));
        assert_eq!(format!("{alone:?}"), format!("{like:?}"));
        to_peer.datagrams.extend(expected.map(<[u8]>::to_vec));
    }

    /// Polls one outlet with a buffer of any length.
    fn poll(&mut self, now: Instant, dice: &mut Dice, to_peer: &mut Wire) {
        let mut out = [0; Client::<Minimal>::MAX_OUTPUT];
        let room = dice.below(Client::<Minimal>::MAX_OUTPUT + 1);
        let before = self.session.clone();
        let outlet = dice.below(3);
        let polled = match outlet {
            0 => self
                .session
                .poll_control(now, &mut out[..room])
                .map(|message| {
                    to_peer.stream.extend(message.unwrap_or_default());
                }),
            1 => self
                .session
                .poll_gre(now, &mut out[..room])
                .map(|datagram| {
                    to_peer.datagrams.extend(datagram.map(<[u8]>::to_vec));
                }),
            _ => match self.session.poll_output(now, &mut out[..room]) {
                Ok(Output::Event(_)) => {
                    self.session = before.clone();
                    self.event();
                    Ok(())
                }
                Ok(Output::Control(message)) => {
                    to_peer.stream.extend(message);
                    Ok(())
                }
                Ok(Output::Gre(datagram)) => {
                    to_peer.datagrams.push(datagram.to_vec());
                    Ok(())
                }
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            },
        };
        if let Err(error) = polled {
            assert!(room < error.needed && error.needed <= Client::<Minimal>::MAX_OUTPUT);
            assert_eq!(
                drained(&before, now),
                drained(&self.session, now),
                "nothing is lost"
            );
        }
    }

    fn event(&mut self) {
        let Some(event) = self.session.poll_event() else {
            return;
        };
        assert_eq!(self.down, None, "nothing comes after the end: {event:?}");
        match event {
            Event::Down(reason) => self.down = Some(reason),
            Event::Ppp(ppp::Event::AuthRequested(request)) => self.request = Some(request.id),
            Event::Ppp(ppp::Event::Down(_)) => panic!("only the tunnel's end is told"),
            _ => {}
        }
    }
}

/// Everything that an end has to say, as text.
fn drained<R: Role>(session: &Session<Minimal, R>, now: Instant) -> Vec<String> {
    let mut session = session.clone();
    let mut all = Vec::new();
    for _ in 0..1000 {
        let mut out = [0; Client::<Minimal>::MAX_OUTPUT];
        let output = session
            .poll_output(now, &mut out)
            .expect("that is always enough");
        if let Output::Timeout(at) = output {
            all.push(format!("{at:?}"));
            return all;
        }
        all.push(format!("{output:?}"));
    }
    panic!("it never stops: {session:#?}");
}

/// Two ends whose callers do what the dice say, until these are spent. Tells whether both were ever up.
pub fn run(client: Client<Minimal>, server: Server<Minimal>, mut dice: Dice, calls: usize) -> bool {
    let mut up = false;
    let rarity = dice.pick(&[2, 16, 128, 1024]);
    let (mut client, mut server) = (Called::new(client, rarity), Called::new(server, rarity));
    let (mut to_client, mut to_server) = (Wire::default(), Wire::default());
    let mut now = Instant::from_millis(1000);
    client.session.control_connected(now);
    server.session.control_connected(now);
    for _ in 0..calls {
        if dice.is_spent() {
            break;
        }
        match dice.below(16) {
            0 => {
                let millis = if dice.one_in(rarity) {
                    dice.pick(&[3000, 60_000, 10_000_000])
                } else {
                    dice.pick(&[1, 1, 10, 100])
                };
                now = now + Duration::from_millis(millis);
            }
            1..=8 => client.call(now, &mut dice, &mut to_client, &mut to_server),
            _ => server.call(now, &mut dice, &mut to_server, &mut to_client),
        }
        up |= client.session.is_up(Network::Ipv4) && server.session.is_up(Network::Ipv4);
    }
    // Whatever happened: they end in time.
    finish(&mut client, now);
    finish(&mut server, now);
    up
}

fn finish<R: Role>(end: &mut Called<R>, mut now: Instant) {
    let mut out = [0; Client::<Minimal>::MAX_OUTPUT];
    end.session.close(now);
    let late = now + Duration::from_secs(20);
    loop {
        while !matches!(
            end.session.poll_output(now, &mut out),
            Ok(Output::Timeout(_) | Output::Event(_))
        ) {}
        // An event that was just taken out may have been the end.
        let Some(next) = end.session.next_timeout() else {
            break;
        };
        now = now.max(next);
        assert!(now < late, "{:#?}", end.session);
        end.session.handle_timeout(now);
    }
    assert!(end.session.down_reason().is_some());
}
