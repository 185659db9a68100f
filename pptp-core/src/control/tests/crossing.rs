//! Messages that cross, that come again, and that come in pieces.

use super::*;
use crate::wire::tests::vectors::vectors;
use alloc::collections::VecDeque;
use core::net::IpAddr;

/// What is under way on a TCP connection.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Octets(Vec<u8>),
    Fin,
}

/// Two ends that have each opened a TCP connection to the other, end 0 connection 0, and end 1 connection 1.
#[derive(Clone)]
struct Colliding {
    addresses: [IpAddr; 2],
    /// By end and TCP connection.
    ends: [[Connection; 2]; 2],
    /// By TCP connection and receiver.
    under_way: [[VecDeque<Segment>; 2]; 2],
    /// By TCP connection and sender: the messages.
    sent: [[Journal; 2]; 2],
}

impl Colliding {
    fn new(roles: [Role; 2], addresses: [IpAddr; 2]) -> Self {
        let end = |end: usize| {
            [0, 1].map(|tcp| {
                let origin = if tcp == end {
                    Origin::Originator
                } else {
                    Origin::Receiver
                };
                Connection::new(roles[end], origin, Config::default())
            })
        };
        let mut colliding = Self {
            addresses,
            ends: [0, 1].map(end),
            under_way: Default::default(),
            sent: Default::default(),
        };
        for end in 0..2 {
            for tcp in 0..2 {
                colliding.ends[end][tcp].control_connected(at(0));
                colliding.drain(end, tcp);
            }
        }
        colliding
    }

    fn drain(&mut self, end: usize, tcp: usize) {
        let mut journal = Journal::new();
        let connection = &mut self.ends[end][tcp];
        for octets in drain(connection, at(0), &mut journal) {
            self.under_way[tcp][1 - end].push_back(Segment::Octets(octets));
        }
        if brief(&journal).ends_with("Closed") {
            self.under_way[tcp][1 - end].push_back(Segment::Fin);
        }
        self.sent[tcp][end].extend(journal.into_iter().filter(|it| it.starts_with('>')));
    }

    /// The next segment of a TCP connection arrives at `end`, which does as RFC 2637 §3.1.3 has it.
    fn deliver(&mut self, end: usize, tcp: usize) {
        let octets = match self.under_way[tcp][end].pop_front().unwrap() {
            Segment::Octets(octets) => octets,
            Segment::Fin => {
                self.ends[end][tcp].control_closed(at(0));
                self.drain(end, tcp);
                return;
            }
        };
        if tcp != end && self.ends[end][end].close_reason().is_none() {
            // The peer's request, while there is one of our own, answered or not.
            match collision(self.addresses[end], self.addresses[1 - end]) {
                Collision::OursStays => return,
                Collision::TheirsStays => {
                    self.ends[end][end].collision_lost(at(0));
                    self.drain(end, end);
                }
            }
        }
        assert_eq!(
            self.ends[end][tcp].handle_control(at(0), &octets),
            Ok(octets.len())
        );
        self.drain(end, tcp);
    }

    /// Has everything arrive, in every order; gives in how many.
    fn in_every_order(self, check: &impl Fn(&Self)) -> usize {
        let mut orders = 0;
        for end in 0..2 {
            for tcp in 0..2 {
                if !self.under_way[tcp][end].is_empty() {
                    let mut next = self.clone();
                    next.deliver(end, tcp);
                    orders += next.in_every_order(check);
                }
            }
        }
        if orders == 0 {
            check(&self);
            return 1;
        }
        orders
    }
}

/// RFC 2637 §3.1.3, with the addresses of its example, whoever is PNS and PAC and whatever arrives first.
#[test]
fn of_two_colliding_connections_that_of_the_higher_address_stays() {
    let [low, high] = ["192.33.45.17", "192.33.45.89"].map(|it| it.parse::<IpAddr>().unwrap());
    for roles in [
        [Role::Pns, Role::Pac],
        [Role::Pac, Role::Pns],
        [Role::Both, Role::Both],
    ] {
        for winner in [0, 1] {
            let addresses = if winner == 0 {
                [high, low]
            } else {
                [low, high]
            };
            let colliding = Colliding::new(roles, addresses);
            let orders = colliding.in_every_order(&|it| {
                let loser = 1 - winner;
                for end in 0..2 {
                    assert!(it.ends[end][winner].is_established());
                    assert!(it.ends[end][loser].close_reason().is_some());
                }
                assert_eq!(
                    it.ends[loser][loser].close_reason(),
                    Some(CloseReason::Collision)
                );
                // "The winner MUST NOT send any messages on the connection the loser initiated", and the loser no more
                // on it than its request.
                assert_eq!(it.sent[loser][winner], Journal::new());
                assert_eq!(it.sent[loser][loser].len(), 1);
                assert_eq!(it.sent[winner].each_ref().map(Vec::len), [1, 1]);
            });
            assert!(orders >= 4, "{orders}");
        }
    }
}

/// Two established ends, which both speak before either has heard the other.
struct Ends {
    a: Connection<4>,
    b: Connection<4>,
    told: [Journal; 2],
}

impl Ends {
    fn new(a: Role, b: Role) -> Self {
        let mut ends = Self {
            a: Connection::new(a, Origin::Originator, Config::default()),
            b: Connection::new(b, Origin::Receiver, Config::default()),
            told: Default::default(),
        };
        ends.a.control_connected(at(0));
        ends.b.control_connected(at(0));
        ends.cross();
        ends.told = Default::default();
        ends
    }

    /// What both have to say crosses, until neither has anything to say.
    fn cross(&mut self) {
        let [a, b] = &mut self.told;
        let mut to_b = drain(&mut self.a, at(0), a).concat();
        let mut to_a = drain(&mut self.b, at(0), b).concat();
        while !to_a.is_empty() || !to_b.is_empty() {
            let from_a = feed(&mut self.a, at(0), &to_a, a).0.concat();
            let from_b = feed(&mut self.b, at(0), &to_b, b).0.concat();
            (to_a, to_b) = (from_b, from_a);
        }
    }

    fn done(&mut self) -> [String; 2] {
        self.cross();
        let done = self.told.each_ref().map(|told| brief(told));
        self.told = Default::default();
        done
    }
}

/// RFC 2637 §3.2.1: calls do not wait for each other. All have the same id at either end's own count.
#[test]
fn calls_that_are_asked_for_at_once_all_come_up() {
    let mut ends = Ends::new(Role::Both, Role::Both);
    for (id, end) in [&mut ends.a, &mut ends.b].into_iter().enumerate() {
        let id = u16::try_from(id).unwrap();
        end.open_call(at(0), call_request(id)).unwrap();
        end.offer_call(at(0), incoming_request(id + 10)).unwrap();
    }
    assert_eq!(
        ends.done(),
        [">OCRQ >ICRQ CallRequested IncomingCall"; 2].map(String::from)
    );
    // In another order at either end.
    ends.a.accept_call(at(0), 2, call_answer(20)).unwrap();
    ends.a
        .accept_incoming(at(0), 3, incoming_answer(21))
        .unwrap();
    ends.b
        .accept_incoming(at(0), 3, incoming_answer(20))
        .unwrap();
    ends.b.accept_call(at(0), 2, call_answer(21)).unwrap();
    ends.cross();
    for end in [&mut ends.a, &mut ends.b] {
        end.connect_call(at(0), 1, IncomingLine::default()).unwrap();
    }
    ends.cross();
    let ids = |end: &Connection<4>| {
        [0, 1, 2, 3].map(|call| {
            let info = end.call_info(call).unwrap();
            (info.our_call_id, info.peer_call_id)
        })
    };
    assert_eq!(ids(&ends.a), [(0, 21), (10, 20), (20, 1), (21, 11)]);
    assert_eq!(ids(&ends.b), [(1, 20), (11, 21), (21, 0), (20, 10)]);
}

/// Two VPN clients at once behind one control connection's other end, with ids that are the same numbers as the PAC's.
#[test]
fn ids_of_either_end_are_told_apart() {
    let mut ends = Ends::new(Role::Pns, Role::Pac);
    for id in [5, 6] {
        ends.a.open_call(at(0), call_request(id)).unwrap();
    }
    ends.cross();
    ends.b.accept_call(at(0), 0, call_answer(6)).unwrap();
    ends.b.accept_call(at(0), 1, call_answer(5)).unwrap();
    ends.cross();
    ends.told = Default::default();
    // 5 is call 0 to the PNS, and call 1 to the PAC: each end says its own.
    ends.a.clear_call(at(0), 0);
    assert_eq!(
        ends.done(),
        [">CCRQ CallEnded", ">CDN CallEnded"].map(String::from)
    );
    assert_eq!((ends.a.call_info(0), ends.b.call_info(0)), (None, None));
    ends.b.clear_call(at(0), 1);
    assert_eq!(
        ends.done(),
        ["CallEnded", ">CDN CallEnded"].map(String::from)
    );
}

#[test]
fn both_may_end_a_call_at_once() {
    let mut ends = Ends::new(Role::Pns, Role::Pac);
    ends.a.open_call(at(0), call_request(5)).unwrap();
    ends.cross();
    ends.b.accept_call(at(0), 0, call_answer(9)).unwrap();
    ends.cross();
    ends.told = Default::default();
    ends.a.clear_call(at(0), 0);
    ends.b.clear_call(at(0), 0);
    // The notice that there is no such call (any more) ends nothing.
    assert_eq!(
        ends.done(),
        [">CCRQ CallEnded", ">CDN CallEnded >CDN"].map(String::from)
    );
    assert_eq!(ends.a.stats().unexpected, 1);
}

/// The same, and the PNS asks for another call by the same id at once: the notice that there is no such call as the one
/// that was cleared does not end it.
#[test]
fn an_id_may_be_used_again_at_once() {
    let mut ends = Ends::new(Role::Pns, Role::Pac);
    for _ in 0..1000 {
        ends.a.open_call(at(0), call_request(5)).unwrap();
        ends.cross();
        ends.b.accept_call(at(0), 0, call_answer(9)).unwrap();
        ends.cross();
        ends.told = Default::default();
        ends.a.clear_call(at(0), 0);
        ends.b.clear_call(at(0), 0);
        let [a, b] = &mut ends.told;
        let clear = drain(&mut ends.a, at(0), a).concat();
        let notice = drain(&mut ends.b, at(0), b).concat();
        feed(&mut ends.a, at(0), &notice, a);
        let call = ends.a.open_call(at(0), call_request(5)).unwrap();
        let again = drain(&mut ends.a, at(0), a).concat();
        let (answers, _) = feed(&mut ends.b, at(0), &[clear, again].concat(), b);
        feed(&mut ends.a, at(0), &answers.concat(), a);
        assert_eq!(brief(a), ">CCRQ CallEnded >OCRQ");
        assert_eq!(brief(b), ">CDN CallEnded >CDN CallRequested");
        ends.b.accept_call(at(0), 0, call_answer(9)).unwrap();
        ends.cross();
        assert_eq!(ends.a.call_info(call).unwrap().peer_call_id, 9);
        ends.a.clear_call(at(0), call);
        ends.cross();
    }
}

#[test]
fn both_may_stop_at_once() {
    for (a, b) in [(Role::Pns, Role::Pac), (Role::Pac, Role::Pns)] {
        let mut ends = Ends::new(a, b);
        ends.a.close(at(0));
        ends.b.close(at(0));
        // Each answers, and closes; the answer meets a connection that is over.
        assert_eq!(
            ends.done(),
            [">StopCCRQ >StopCCRP Closed"; 2].map(String::from)
        );
        assert_eq!(ends.a.close_reason(), Some(CloseReason::Local));
        assert_eq!(ends.b.close_reason(), Some(CloseReason::Local));
    }
}

#[test]
fn a_request_may_cross_the_end() {
    let mut ends = Ends::new(Role::Pns, Role::Pac);
    ends.a.open_call(at(0), call_request(5)).unwrap();
    ends.b.close(at(0));
    assert_eq!(
        ends.done(),
        [
            ">OCRQ >StopCCRP CallFailed Closed",
            ">StopCCRQ >OCRP Closed"
        ]
        .map(String::from)
    );
}

/// Each request that comes again is answered again, and changes nothing.
#[test]
fn what_is_asked_again_is_answered_again() {
    let mut pac = Connection::<4>::new(Role::Both, Origin::Receiver, Config::default());
    pac.control_connected(at(0));
    let mut ask = |message: &[u8]| {
        let mut journal = Journal::new();
        for _ in 0..3 {
            feed(&mut pac, at(0), message, &mut journal);
        }
        brief(&journal)
    };
    assert_eq!(ask(&start_request()), ">SCCRP Connected >SCCRP >SCCRP");
    assert_eq!(ask(&echo_request(7)), ">ECHORP >ECHORP >ECHORP");
    let request = octets(call_request(200).as_wire());
    assert_eq!(ask(&request), "CallRequested >OCRP >OCRP");
    let request = octets(incoming_request(201).as_wire());
    assert_eq!(ask(&request), "IncomingCall >ICRP >ICRP");
    assert_eq!(ask(&call_clear(200)), ">CDN CallFailed >CDN >CDN");
    assert_eq!(ask(&call_disconnect(201)), "CallFailed");
    assert_eq!(ask(&stop_request()), ">StopCCRP Closed");
}

/// All 15 messages as Scapy builds them, in one stream, cut once at every octet, and into pieces of every length: what
/// starts a connection is first, and what stops it last.
#[test]
fn the_stream_of_others_may_be_cut_anywhere() {
    let (stops, others) = vectors()
        .into_iter()
        .partition::<Vec<_>, _>(|(_, message, _)| {
            matches!(
                message,
                Message::StopControlConnectionRequest(_) | Message::StopControlConnectionReply(_)
            )
        });
    let stream = others.into_iter().chain(stops).map(|(octets, ..)| octets);
    let stream = stream.collect::<Vec<_>>().concat();
    for (role, origin) in [
        (Role::Pns, Origin::Originator),
        (Role::Pac, Origin::Receiver),
        (Role::Both, Origin::Receiver),
    ] {
        let mut whole = Connection::<4>::new(role, origin, Config::default());
        whole.control_connected(at(0));
        let fresh = whole.clone();
        let start = match origin {
            Origin::Originator => start_reply(),
            Origin::Receiver => Vec::new(),
        };
        let stream = [start, stream.clone()].concat();
        let mut at_once = Journal::new();
        feed(&mut whole, at(0), &stream, &mut at_once);
        assert!(brief(&at_once).ends_with("Closed"), "{at_once:?}");
        assert!(at_once.len() > 8, "{at_once:?}");
        let check = |pieces: &mut dyn Iterator<Item = &[u8]>| {
            let (mut connection, mut journal) = (fresh.clone(), Journal::new());
            let mut kept = Vec::new();
            for piece in pieces {
                kept.extend_from_slice(piece);
                let (_, left) = feed(&mut connection, at(0), &kept, &mut journal);
                kept.drain(..kept.len() - left);
            }
            assert_eq!(journal, at_once);
            assert_eq!(connection, whole);
        };
        for cut in 0..stream.len() {
            let (first, second) = stream.split_at(cut);
            check(&mut [first, second].into_iter());
        }
        for len in 1..300 {
            check(&mut stream.chunks(len));
        }
    }
}
