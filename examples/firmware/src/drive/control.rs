//! The control messages and the control connection.

use crate::{any, bytes, now, printed, some, some_times, used};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use pptp_core::control::{
    CallAnswer, CallRequest, Config, Connection, Disconnect, Event, FieldText, IncomingAnswer,
    IncomingLine, IncomingRequest, LinkInfo, Origin, Role, WanErrors, collision,
};
use pptp_core::wire::{
    GeneralError, IncomingCallResult, MAX_CONTROL_MESSAGE, Message, OutgoingCallResult,
    StartResult, Version,
};

pub(super) fn messages() {
    match Message::parse(bytes()) {
        Ok(Some((message, len))) => {
            printed(message);
            used((len, message.control_type()));
            let mut buffer = [0; MAX_CONTROL_MESSAGE];
            if let Some(out) = buffer.get_mut(..any(156)) {
                match message.encode(out) {
                    Ok(encoded) => used(encoded),
                    Err(error) => printed(error),
                }
            }
        }
        Ok(None) => {}
        Err(error) => printed(error),
    }
    used((
        any(Version(1)).number(),
        any(Version(1)).revision(),
        any(StartResult::Successful).is_success(),
    ));
}

pub(super) fn connection() {
    let mut out = [0; 256];
    let mut connection = Connection::<3>::new(
        any(Role::Pns),
        any(Origin::Originator),
        any(Config::default()),
    );
    for _ in some_times() {
        connection.control_connected(now());
        match connection.handle_control(now(), bytes()) {
            Ok(consumed) => used(consumed),
            Err(error) => printed(error),
        }
        let request = CallRequest {
            phone_number: FieldText::new(bytes()),
            ..any(CallRequest::default())
        };
        match connection.open_call(now(), request) {
            Ok(call) => used(call),
            Err(error) => printed(error),
        }
        let answer = any(CallAnswer::default());
        used(connection.accept_call(now(), any(1), answer));
        used(connection.refuse_call(
            now(),
            any(1),
            any(OutgoingCallResult::Busy),
            any(GeneralError::NoResource),
        ));
        incoming(&mut connection);
        connection.clear_call(now(), any(1));
        while let Some(event) = connection.poll_event() {
            match event {
                Event::CallFailed { cause, .. } | Event::CallEnded { cause, .. } => printed(cause),
                Event::Closed { reason } => printed(reason),
                other => used(other),
            }
        }
        used(connection.poll_control(now(), some(&mut out)));
        connection.handle_timeout(now());
        used((connection.next_timeout(), connection.timeout_reason()));
        used((
            connection.call_info(any(1)),
            connection.call_request(any(1)),
        ));
        used((connection.stats(), connection.is_established()));
        used((connection.close_reason(), connection.is_busy()));
        printed(connection.peer());
        connection.collision_lost(now());
        connection.close(now());
        connection.control_closed(now());
    }
    let ours = any(IpAddr::V4(Ipv4Addr::LOCALHOST));
    used(collision(ours, any(IpAddr::V6(Ipv6Addr::LOCALHOST))));
}

/// What is about incoming calls, and about lines.
fn incoming(connection: &mut Connection<3>) {
    match connection.offer_call(now(), any(IncomingRequest::default())) {
        Ok(call) => used(call),
        Err(error) => printed(error),
    }
    let answer = any(IncomingAnswer::default());
    used(connection.accept_incoming(now(), any(1), answer));
    used(connection.refuse_incoming(
        now(),
        any(1),
        any(IncomingCallResult::DoNotAccept),
        any(GeneralError::NoResource),
    ));
    let line = any(IncomingLine::default());
    used(connection.connect_call(now(), any(1), line));
    let with = Disconnect {
        statistics: bytes(),
        ..any(Disconnect::default())
    };
    used(connection.disconnect_call(now(), any(1), &with));
    used(connection.report_wan_errors(now(), any(1), any(WanErrors::default())));
    used(connection.set_link_info(any(1), any(LinkInfo::default())));
    used((
        connection.incoming_request(any(1)),
        connection.link_info(any(1)),
    ));
}
