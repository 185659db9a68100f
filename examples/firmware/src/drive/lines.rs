//! Lines: framing, relays and the concentrator, and the table of calls.

use crate::{any, bytes, now, printed, some, some_times, used};
use core::net::Ipv4Addr;
use core::time::Duration;
use pptp_core::GreConfig;
use pptp_core::calls::{Calls, Slot};
use pptp_core::control::{
    CallAnswer, CallRequest, Config, Connection, Disconnect, Event, FieldText, IncomingAnswer,
    IncomingLine, IncomingRequest, LinkInfo, Origin, Role, WanErrors,
};
use pptp_core::gre::Received;
use pptp_core::relay::{Concentrator, Relay};
use pptp_core::wire::{GeneralError, IncomingCallResult, OutgoingCallResult};
use pptp_ppp::Random;
use pptp_ppp::hdlc::{
    Decoder, Encoder, Encoding, Fcs, Fcs16, Fcs32, FcsAlternatives, LineError, SendAccm,
    max_encoded_len,
};

pub(super) fn framing() {
    let mut out = [0; 256];
    let mut encoder = Encoder::new();
    let mut decoder = Decoder::<64>::new();
    for _ in some_times() {
        let accm = any(SendAccm::new(any(1))).with(any(0x91));
        used((accm.contains(any(1)), accm.controls()));
        encoder.set_accm(accm.with_controls(any(2)));
        encoder.set_fcs(any(Fcs::Bits32));
        used(encoder.accm());
        match encoder.encode(now(), bytes(), some(&mut out)) {
            Ok(line) => used(line),
            Err(error) => printed(error),
        }
        encoding(encoder.start(now(), bytes()));
        decoder.set_accm(any(1));
        decoder.set_fcs(any(FcsAlternatives::BITS_16));
        let mut octets = bytes();
        while let Some(frame) = decoder.next_frame(&mut octets) {
            match frame {
                Ok(frame) => used(frame),
                Err(discard) => printed(discard),
            }
        }
        decoder.line_error(any(LineError::Framing));
        used((*decoder.stats(), decoder.accm()));
    }
    let (mut short, mut long) = (Fcs16::new(), Fcs32::new());
    short.update(bytes());
    long.update(bytes());
    used((
        short.octets(),
        short.is_good(),
        long.octets(),
        long.is_good(),
    ));
    used(max_encoded_len(any(1)));
}

fn encoding(mut encoding: Encoding<'_>) {
    let mut out = [0; 64];
    for _ in some_times() {
        used(encoding.write(some(&mut out)));
        used((encoding.is_done(), encoding.len()));
    }
}

/// The end that takes incoming calls.
pub(super) fn incoming() {
    let mut out = [0; 256];
    let mut pns = Connection::<2>::new(
        any(Role::Pns),
        any(Origin::Receiver),
        any(Config::default()),
    );
    for _ in some_times() {
        pns.control_connected(now());
        used(pns.handle_control(now(), bytes()));
        let answer = any(IncomingAnswer::default());
        used(pns.accept_incoming(now(), any(1), answer));
        let result = any(IncomingCallResult::DoNotAccept);
        used(pns.refuse_incoming(now(), any(1), result, any(GeneralError::NoResource)));
        used(pns.set_link_info(any(1), any(LinkInfo::DEFAULT)));
        used(pns.set_statistics(any(1), FieldText::new(bytes())));
        used(pns.report_wan_errors(now(), any(1), any(WanErrors::default())));
        used((pns.incoming_request(any(1)), pns.link_info(any(1))));
        while let Some(event) = pns.poll_event() {
            printed(event);
        }
        used(pns.poll_control(now(), some(&mut out)));
    }
}

pub(super) fn concentrator() {
    let mut out = [0; 256];
    let mut datagram = [0; 256];
    let mut concentrator =
        Concentrator::<2, 64>::new(any(Config::default()), any(GreConfig::default()));
    for _ in some_times() {
        concentrator.control_connected(now());
        match concentrator.handle_control(now(), bytes()) {
            Ok(consumed) => used(consumed),
            Err(error) => printed(error),
        }
        used(concentrator.offer_call(now(), any(IncomingRequest::default())));
        used(concentrator.connect_call(now(), any(1), any(IncomingLine::default())));
        used(concentrator.open_call(now(), any(CallRequest::default())));
        used(concentrator.accept_call(now(), any(1), any(CallAnswer::default())));
        let busy = any(OutgoingCallResult::Busy);
        used(concentrator.refuse_call(now(), any(1), busy, any(GeneralError::None)));
        while let Some(event) = concentrator.poll_event() {
            match event {
                Event::Closed { reason } => printed(reason),
                other => used(other),
            }
        }
        let mut octets = bytes();
        match concentrator.send_from_line(now(), any(1), &mut octets, some(&mut out)) {
            Ok(datagram) => used(datagram),
            Err(error) => printed(error),
        }
        match concentrator.handle_gre(now(), some(&mut datagram)) {
            Ok(frame) => used(frame),
            Err(discard) => printed(discard),
        }
        concentrator.line_error(now(), any(1), any(LineError::TimeOut));
        if let Some(line) = concentrator.relay_mut(any(1)) {
            relay(line);
        }
        used(concentrator.relay(any(1)).map(Relay::wan_errors));
        used(concentrator.poll_control(now(), some(&mut out)));
        used(concentrator.poll_gre(now(), some(&mut out)));
        concentrator.handle_timeout(now());
        used((concentrator.next_timeout(), concentrator.control_stats()));
        used((concentrator.is_established(), concentrator.is_busy()));
        let why = Disconnect {
            statistics: bytes(),
            ..any(Disconnect::default())
        };
        used(concentrator.hang_up(now(), any(1), &why));
        concentrator.close(now());
        concentrator.control_closed(now());
    }
}

fn relay(relay: &mut Relay<64>) {
    let mut out = [0; 256];
    let mut datagram = [0; 256];
    relay.set_link_info(any(LinkInfo::DEFAULT));
    relay.escape(any(0x91));
    relay.set_fcs(any(Fcs::Null), any(FcsAlternatives::NULL));
    match relay.send(now(), bytes(), some(&mut out)) {
        Ok(datagram) => used(datagram),
        Err(error) => printed(error),
    }
    if let Ok(Received::Packet { sequence, payload }) =
        relay.receive_gre(now(), some(&mut datagram))
    {
        used(relay.deliver(now(), sequence, payload));
    }
    encoding(relay.to_line(now(), bytes()));
    used((relay.link_info(), relay.statistics(), relay.our_call_id()));
    used((*relay.line_stats(), *relay.gre_stats(), *relay.traffic()));
    used(relay.poll_ack(now(), some(&mut out)));
    relay.handle_timeout(now());
    used((relay.next_timeout(), relay.is_ack_due()));
}

pub(super) fn table() {
    let mut slots = [const { Slot::EMPTY }; 8];
    let mut random = Random::new(any([0; 32]));
    let quarantine = Duration::from_secs(any(60));
    let mut calls = Calls::new(any(&mut slots[..]), quarantine, &mut random);
    for _ in some_times() {
        let peer = any(Ipv4Addr::LOCALHOST);
        match calls.allocate(now(), peer, any(1)) {
            Ok(id) => used(id),
            Err(error) => printed(error),
        }
        match calls.take(now(), peer, any(7), any(1)) {
            Ok(()) => {}
            Err(error) => printed(error),
        }
        used(calls.get(peer, any(7)));
        used(calls.get_mut(peer, any(7)));
        used(calls.free(now(), peer, any(7)));
        for call in calls.iter() {
            used(call);
        }
        used((calls.len(), calls.is_empty(), calls.capacity()));
    }
}
