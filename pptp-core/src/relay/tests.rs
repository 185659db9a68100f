//! A concentrator beside a control connection of the other end, whose messages are looked at.

use super::*;
use crate::Discard;
use crate::control::{
    CallAnswer, CallError, CallRequest, Config, Connection, Disconnect, Event, FieldText,
    IncomingAnswer, IncomingLine, IncomingRequest, LinkInfo, Origin, Role, WanErrors,
};
use crate::session::GreConfig;
use crate::time::Instant;
use crate::wire::{DisconnectResult, GeneralError, MAX_CONTROL_MESSAGE, OutgoingCallResult};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use pptp_ppp::BufferTooSmall;
use pptp_ppp::hdlc::{Encoder, Fcs, FcsAlternatives, LineError, SendAccm};

type Ours = Concentrator<4, 64>;

/// LCP's Echo-Request, whose map is that of the line.
const FRAME: &[u8] = b"\xff\x03\xc0\x21\x09\x01\x00\x04";

const fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

/// Both ends, and what was told at each.
struct Ends {
    ours: Ours,
    peer: Connection<4>,
    told: Vec<String>,
    peer_told: Vec<String>,
}

impl Ends {
    fn new(role: Role) -> Self {
        let config = Config {
            accept: Some(CallAnswer {
                call_id: 50,
                ..CallAnswer::default()
            }),
            ..Config::default()
        };
        let mut ends = Self {
            ours: Concentrator::new(Config::default(), GreConfig::default()),
            peer: Connection::new(role, Origin::Receiver, config),
            told: Vec::new(),
            peer_told: Vec::new(),
        };
        ends.ours.control_connected(at(0));
        ends.peer.control_connected(at(0));
        ends.exchange(at(0));
        assert!(ends.ours.is_established());
        ends
    }

    /// Has each hear all that the other says.
    fn exchange(&mut self, now: Instant) {
        let mut out = [0; MAX_CONTROL_MESSAGE];
        while self.ours.is_busy() || self.peer.is_busy() {
            while let Some(message) = self.ours.poll_control(now, &mut out).unwrap() {
                assert_eq!(self.peer.handle_control(now, message), Ok(message.len()));
                while let Some(event) = self.peer.poll_event() {
                    self.peer_told.push(event.to_string());
                }
            }
            while let Some(event) = self.ours.poll_event() {
                self.told.push(event.to_string());
            }
            while let Some(event) = self.peer.poll_event() {
                self.peer_told.push(event.to_string());
            }
            while let Some(message) = self.peer.poll_control(now, &mut out).unwrap() {
                assert_eq!(self.ours.handle_control(now, message), Ok(message.len()));
                while let Some(event) = self.ours.poll_event() {
                    self.told.push(event.to_string());
                }
            }
        }
    }

    /// An incoming call of ours with this id is taken with that one.
    fn call_in(&mut self, id: u16, answer: u16) -> usize {
        let request = IncomingRequest {
            call_id: id,
            ..IncomingRequest::default()
        };
        let call = self.ours.offer_call(at(1), request).unwrap();
        self.exchange(at(1));
        let answer = IncomingAnswer {
            call_id: answer,
            ..IncomingAnswer::default()
        };
        self.peer.accept_incoming(at(1), call, answer).unwrap();
        self.exchange(at(1));
        let line = IncomingLine::default();
        self.ours.connect_call(at(1), call, line).unwrap();
        self.exchange(at(1));
        call
    }

    fn call_out(&mut self, id: u16) -> usize {
        let request = CallRequest {
            call_id: id,
            ..CallRequest::default()
        };
        let call = self.ours.open_call(at(1), request).unwrap();
        self.exchange(at(1));
        call
    }
}

fn on_line(frame: &[u8]) -> Vec<u8> {
    let mut out = [0; 256];
    Encoder::new()
        .encode(at(0), frame, &mut out)
        .unwrap()
        .to_vec()
}

/// What a frame is on the line of a call.
fn to_line(ours: &mut Ours, call: usize, frame: &[u8]) -> Vec<u8> {
    let mut out = [0; 256];
    let relay = ours.relay_mut(call).unwrap();
    relay.to_line(at(1), frame).write(&mut out).to_vec()
}

#[test]
fn calls_of_both_kinds_are_relayed_side_by_side() {
    let mut ends = Ends::new(Role::Both);
    let (first, second) = (ends.call_in(7, 70), ends.call_in(8, 80));
    let third = ends.call_out(9);
    assert_eq!((first, second, third), (0, 1, 2));
    let mut out = [0; 256];
    for (call, peer_id) in [(first, 70), (second, 80), (third, 50)] {
        let line = on_line(FRAME);
        let mut octets = &line[..];
        let datagram = ends
            .ours
            .send_from_line(at(2), call, &mut octets, &mut out)
            .unwrap()
            .unwrap();
        let mut header = [0x30, 0x01, 0x88, 0x0b, 0, 8, 0, peer_id, 0, 0, 0, 0].to_vec();
        header.extend_from_slice(FRAME);
        assert_eq!(datagram, header);
        assert!(octets.is_empty());
    }
    // What comes back is for the line whose id it has.
    for (call, id) in [(first, 7), (second, 8), (third, 9)] {
        let mut datagram = [0x30, 0x01, 0x88, 0x0b, 0, 8, 0, id, 0, 0, 0, 0].to_vec();
        datagram.extend_from_slice(FRAME);
        assert_eq!(
            ends.ours.handle_gre(at(2), &mut datagram),
            Ok(Some((call, FRAME)))
        );
        assert_eq!(
            ends.ours.handle_gre(at(2), &mut datagram),
            Err(Discard::Duplicate { sequence: 0 })
        );
    }
    let mut datagram = [0x30, 0x01, 0x88, 0x0b, 0, 0, 0, 10, 0, 0, 0, 0];
    assert_eq!(
        ends.ours.handle_gre(at(2), &mut datagram),
        Err(Discard::WrongCallId { found: 10 })
    );
    // Each is acknowledged, in time.
    assert_eq!(ends.ours.poll_gre(at(2), &mut out), Ok(None));
    let due = ends.ours.next_timeout().unwrap();
    assert_eq!(due, Instant::from_millis(2100));
    ends.ours.handle_timeout(due);
    let needed = crate::gre::ACK_LEN;
    assert_eq!(
        ends.ours.poll_gre(due, &mut []),
        Err(BufferTooSmall { needed })
    );
    let mut acknowledged = Vec::new();
    while let Some(ack) = ends.ours.poll_gre(due, &mut out).unwrap() {
        acknowledged.push(ack[7]);
    }
    assert_eq!(acknowledged, [70, 80, 50]);
    // One ends, and the others go on.
    ends.ours
        .hang_up(due, second, &Disconnect::default())
        .unwrap();
    ends.exchange(due);
    assert!(ends.ours.relay(second).is_none());
    assert!(ends.ours.relay(first).is_some() && ends.ours.relay(third).is_some());
    assert_eq!(
        ends.ours.hang_up(due, second, &Disconnect::default()),
        Err(CallError::NotEstablished)
    );
}

/// RFC 2637 §2.15.
#[test]
fn the_line_follows_set_link_info() {
    let mut ends = Ends::new(Role::Both);
    let (asked, rung) = (ends.call_out(9), ends.call_in(7, 70));
    let plain = b"\x7e\xff\x03\xc0\x21\x09\x01\x00\x04";
    let escaped = b"\x7e\xff\x7d\x23\xc0\x21\x7d\x29\x7d\x21\x7d\x20\x7d\x24";
    assert!(to_line(&mut ends.ours, rung, FRAME).starts_with(escaped));
    // A PNS is told nothing, and takes whatever comes.
    assert!(to_line(&mut ends.ours, asked, FRAME).starts_with(escaped));
    let map = |ours: &Ours, call| {
        let info = ours.relay(call).unwrap().link_info();
        (info.send_accm, info.receive_accm)
    };
    assert_eq!(map(&ends.ours, rung), (u32::MAX, u32::MAX));
    assert_eq!(map(&ends.ours, asked), (u32::MAX, 0));
    let info = LinkInfo {
        send_accm: 0,
        receive_accm: 0x000a_0000,
    };
    ends.peer.set_link_info(rung, info).unwrap();
    ends.exchange(at(2));
    assert_eq!(map(&ends.ours, rung), (0, 0x000a_0000));
    let line = to_line(&mut ends.ours, rung, FRAME);
    assert!(line.starts_with(&plain[1..]), "{line:x?}");
    // 0x11 and 0x13 may come in between, and other control characters as they are.
    let mut line = line;
    line.insert(3, 0x11);
    line.insert(0, 0x7e);
    let mut out = [0; 256];
    let sent = ends
        .ours
        .send_from_line(at(2), rung, &mut &line[..], &mut out);
    assert!(sent.unwrap().unwrap().ends_with(FRAME));
    assert_eq!(ends.ours.relay(rung).unwrap().line_stats().spurious, 1);
    // Another call begins anew, and so does the next one in the same place.
    ends.ours
        .hang_up(at(3), rung, &Disconnect::default())
        .unwrap();
    ends.exchange(at(3));
    assert_eq!(ends.call_in(8, 71), rung);
    assert_eq!(map(&ends.ours, rung), (u32::MAX, u32::MAX));
    ends.ours
        .hang_up(at(3), asked, &Disconnect::default())
        .unwrap();
    ends.exchange(at(3));
    assert_eq!(ends.call_in(9, 72), asked);
    assert_eq!(map(&ends.ours, asked), (u32::MAX, u32::MAX));
}

/// RFC 2637 §2.14.
#[test]
fn errors_on_the_line_are_told_once_a_minute() {
    let mut ends = Ends::new(Role::Pns);
    let call = ends.call_in(7, 70);
    let told = |ends: &Ends| {
        let errors = ends.peer_told.iter().filter(|it| it.contains("WEN"));
        errors.cloned().collect::<Vec<_>>()
    };
    let mut bad = on_line(FRAME);
    bad[5] ^= 0x40;
    let mut out = [0; 256];
    let mut noise = |ends: &mut Ends, now, octets: &[u8]| {
        let sent = ends
            .ours
            .send_from_line(now, call, &mut &*octets, &mut out)
            .unwrap();
        assert_eq!(sent, None);
        ends.exchange(now);
    };
    noise(&mut ends, at(2), &on_line(b"")[..1]);
    assert!(told(&ends).is_empty(), "nothing is wrong yet");
    noise(&mut ends, at(2), &bad);
    assert_eq!(told(&ends).len(), 1);
    assert!(
        told(&ends)[0].contains("CRC_ERR(1) FRAMING_ERR(0)"),
        "{:?}",
        told(&ends)
    );
    // The rest waits.
    noise(&mut ends, at(3), &bad);
    noise(&mut ends, at(3), b"\x7eab\x7e");
    noise(&mut ends, at(3), b"\x7eabc\x7d\x7e");
    noise(
        &mut ends,
        at(3),
        &[b"\x7e".as_slice(), &[b'.'; 100], b"\x7e"].concat(),
    );
    for error in [
        LineError::Framing,
        LineError::HardwareOverrun,
        LineError::BufferOverrun,
        LineError::TimeOut,
        LineError::Alignment,
    ] {
        ends.ours.line_error(at(4), call, error);
    }
    ends.exchange(at(4));
    assert_eq!(told(&ends).len(), 1);
    ends.ours.handle_timeout(at(62));
    ends.exchange(at(62));
    assert_eq!(told(&ends).len(), 2);
    let expected = "CRC_ERR(2) FRAMING_ERR(3) HARDWARE_OVERRUN(1) BUFFER_OVERRUN(2) TIMEOUT_ERR(1) ALIGN_ERR(1)";
    let errors = ends.ours.relay(call).unwrap().wan_errors();
    assert_eq!(
        errors,
        WanErrors {
            crc: 2,
            framing: 3,
            hardware_overruns: 1,
            buffer_overruns: 2,
            time_outs: 1,
            alignment: 1
        }
    );
    assert!(told(&ends)[1].ends_with(expected), "{:?}", told(&ends));
}

/// RFC 2637 §2.13, whoever ends the call.
#[test]
fn a_disconnect_notify_says_what_was_counted() {
    for cleared in [true, false] {
        let mut ends = Ends::new(Role::Pns);
        let call = ends.call_in(7, 70);
        let line = on_line(FRAME);
        let mut out = [0; 256];
        ends.ours
            .send_from_line(at(2), call, &mut &line[..], &mut out)
            .unwrap()
            .unwrap();
        let mut datagram = [0x30, 0x01, 0x88, 0x0b, 0, 1, 0, 7, 0, 0, 0, 0, b'x'];
        ends.ours.handle_gre(at(2), &mut datagram).unwrap();
        if cleared {
            ends.peer.clear_call(at(3), call);
        } else {
            let why = Disconnect {
                result: DisconnectResult::LostCarrier,
                ..Disconnect::default()
            };
            ends.ours.hang_up(at(3), call, &why).unwrap();
        }
        ends.exchange(at(3));
        let last = ends.peer_told.last().unwrap();
        let statistics = "(in 1/8 out 1/1 crc 0 short 0 long 0 abort 0)";
        assert!(last.ends_with(statistics), "{last}");
    }
    // Words of the caller's own take their place.
    let mut ends = Ends::new(Role::Pns);
    let call = ends.call_in(7, 70);
    let why = Disconnect {
        statistics: b"NO CARRIER",
        ..Disconnect::default()
    };
    ends.ours.hang_up(at(3), call, &why).unwrap();
    ends.exchange(at(3));
    assert!(ends.peer_told.last().unwrap().ends_with("(NO CARRIER)"));
    // Those of a call that there is not, or of which we are not the PAC, are nobody's.
    assert_eq!(
        ends.peer.set_statistics(0, FieldText::new(b"x")),
        Err(CallError::NotEstablished)
    );
}

#[test]
fn statistics_are_never_too_long() {
    let mut relay = Relay::<64>::new(&info(), GreConfig::default());
    for _ in 0..1000 {
        relay.line_error(LineError::Framing);
    }
    assert!(relay.statistics().as_bytes().len() <= 128);
    let traffic = Traffic {
        sent: u64::MAX,
        sent_octets: u64::MAX,
        received: u64::MAX,
        received_octets: u64::MAX,
    };
    let text = traffic.text(relay.line_stats());
    assert!(
        text.as_bytes()
            .starts_with(b"in 18446744073709551615/18446744073709551615 out")
    );
}

fn info() -> crate::control::CallInfo {
    let mut ends = Ends::new(Role::Pns);
    let call = ends.call_in(7, 70);
    ends.peer.call_info(call).unwrap()
}

#[test]
fn a_room_that_is_too_small_changes_nothing() {
    let mut relay = Relay::<64>::new(&info(), GreConfig::default());
    let line = on_line(FRAME);
    let before = relay.clone();
    for room in 0..Relay::<64>::MAX_DATAGRAM {
        let (mut octets, mut out) = (&line[..], [0; 256]);
        let needed = 80;
        let sent = relay.send_from_line(at(0), &mut octets, &mut out[..room]);
        assert_eq!(sent, Err(BufferTooSmall { needed }));
        assert_eq!((octets, &relay), (&line[..], &before));
    }
    for room in 0..12 + FRAME.len() {
        assert!(relay.send(at(0), FRAME, &mut [0; 64][..room]).is_err());
        assert_eq!(relay, before);
    }
    let mut out = [0; 64];
    assert_eq!(relay.send(at(0), FRAME, &mut out).map(<[u8]>::len), Ok(20));
}

/// Whatever is set for the line is set for both of its directions where both have it.
#[test]
fn a_line_may_have_its_own_ways() {
    let mut relay = Relay::<64>::new(&info(), GreConfig::default());
    relay.escape(0x93);
    relay.set_fcs(Fcs::Bits32, FcsAlternatives::BITS_32);
    relay.set_link_info(LinkInfo {
        send_accm: 0,
        receive_accm: 0,
    });
    let frame = b"\xff\x03\x00\x21\x93packet";
    let mut out = [0; 64];
    let line = relay.to_line(at(0), frame).write(&mut out).to_vec();
    let mut encoder = Encoder::new();
    encoder.set_accm(SendAccm::new(0).with(0x93));
    encoder.set_fcs(Fcs::Bits32);
    assert_eq!(encoder.encode(at(0), frame, &mut [0; 64]), Ok(&line[..]));
    assert!(line.windows(2).any(|pair| pair == [0x7d, 0xb3]));
    let mut datagram = [0; 128];
    let sent = relay.send_from_line(at(0), &mut &line[..], &mut datagram);
    assert!(sent.unwrap().unwrap().ends_with(frame));
}

#[test]
fn without_a_call_nothing_passes() {
    let mut ends = Ends::new(Role::Both);
    let mut out = [0; 256];
    let line = on_line(FRAME);
    let mut octets = &line[..];
    let sent = ends.ours.send_from_line(at(0), 0, &mut octets, &mut out);
    assert_eq!((sent, octets.len()), (Ok(None), 0));
    ends.ours.line_error(at(0), 9, LineError::Framing);
    assert!(ends.ours.relay(0).is_none() && ends.ours.relay_mut(4).is_none());
    assert_eq!(
        ends.ours.connect_call(at(0), 0, IncomingLine::default()),
        Err(CallError::NotRequested)
    );
    // The peer may ask for one, too: a concentrator may be able to dial.
    let request = CallRequest {
        call_id: 5,
        ..CallRequest::default()
    };
    for accept in [true, false] {
        let call = ends.peer.open_call(at(1), request).unwrap();
        ends.exchange(at(1));
        let answer = CallAnswer {
            call_id: 6,
            ..CallAnswer::default()
        };
        if accept {
            ends.ours.accept_call(at(1), call, answer).unwrap();
        } else {
            let busy = OutgoingCallResult::Busy;
            let none = GeneralError::None;
            ends.ours.refuse_call(at(1), call, busy, none).unwrap();
        }
        ends.exchange(at(1));
        assert_eq!(ends.ours.relay(call).is_some(), accept);
        if let Some(relay) = ends.ours.relay(call) {
            assert_eq!(relay.link_info(), LinkInfo::DEFAULT);
        }
        ends.ours.close(at(2));
        ends.exchange(at(2));
        assert!(
            ends.told.last().unwrap().contains("closed"),
            "{:?}",
            ends.told
        );
        ends = Ends::new(Role::Both);
    }
    assert!(ends.ours.control_stats().sent > 0);
    ends.ours.control_closed(at(3));
    let closed = ends.ours.poll_event();
    assert!(
        matches!(closed, Some(Event::Closed { .. })),
        "{}",
        format!("{closed:?}")
    );
}
