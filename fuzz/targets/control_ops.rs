//! A control connection whose peer sends anything, whose caller decides anything, and for which time passes: nothing panics,
//! the end is told once, and no state but the last waits for nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_core::control::{
    CallAnswer, CallRequest, Config, Connection, Disconnect, Event, IncomingAnswer, IncomingLine,
    IncomingRequest, LinkInfo, Origin, Role, WanErrors,
};
use pptp_core::time::Instant;
use pptp_core::wire::{
    GeneralError, IncomingCallResult, MAX_CONTROL_MESSAGE, MAX_RECEIVED_MESSAGE, OutgoingCallResult,
};
use std::time::Duration;

/// Of so many messages the bodies are in the script; what is missing is zero.
const LENGTHS: [u16; 16] = [
    12, 156, 156, 16, 16, 16, 20, 168, 32, 220, 24, 28, 16, 148, 40, 24,
];

type Ends = Connection<2>;

/// Takes out what is to be sent and told; tells whether it is over.
fn drain(connection: &mut Ends, now: Instant) -> bool {
    let mut out = [0; MAX_CONTROL_MESSAGE];
    let mut is_over = false;
    for _ in 0..32 {
        let sent = connection.poll_control(now, &mut out).expect("it fits");
        if sent.is_some() {
            assert!(!is_over, "nothing is sent after the end");
            continue;
        }
        match connection.poll_event() {
            Some(Event::Closed { .. }) => {
                assert!(!is_over, "the end is told once");
                is_over = true;
            }
            Some(event) => assert!(!event.to_string().is_empty()),
            None => return is_over,
        }
    }
    panic!("output without end");
}

fn hear(connection: &mut Ends, now: Instant, kept: &mut Vec<u8>) {
    loop {
        drain(connection, now);
        match connection.handle_control(now, kept) {
            Ok(0) => break,
            Ok(consumed) => drop(kept.drain(..consumed)),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                kept.clear();
            }
        }
    }
    assert!(kept.len() < MAX_RECEIVED_MESSAGE, "a whole message is left");
}

fuzz_target!(|script: &[u8]| {
    let mut script = script.iter().copied();
    let first = script.next().unwrap_or(0);
    let role = [Role::Pns, Role::Pac, Role::Both][usize::from(first % 3)];
    let origin = [Origin::Originator, Origin::Receiver][usize::from(first >> 2 & 1)];
    let answer = |call_id| CallAnswer {
        call_id,
        ..CallAnswer::DEFAULT
    };
    let taken = |call_id| IncomingAnswer {
        call_id,
        ..IncomingAnswer::DEFAULT
    };
    let mut config = Config::DEFAULT;
    config.accept = (first & 8 != 0).then(|| answer(1));
    config.accept_incoming = (first & 16 != 0).then(|| taken(2));
    let mut connection = Ends::new(role, origin, config);
    let mut now = Instant::ZERO;
    let mut kept = Vec::new();
    while let Some(op) = script.next() {
        let mut next = || script.next().unwrap_or(0);
        let (call, id) = (usize::from(op >> 5 & 3), u16::from(op >> 7));
        match op & 31 {
            kind @ 0..16 => {
                // A message of that kind; the first octets of its body are of the script.
                let len = LENGTHS[usize::from(kind)];
                let mut message = vec![0; usize::from(len)];
                message[..2].copy_from_slice(&len.to_be_bytes());
                message[2..10].copy_from_slice(&[0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, kind]);
                for octet in message.iter_mut().skip(12).take(6) {
                    *octet = next();
                }
                kept.append(&mut message);
                hear(&mut connection, now, &mut kept);
            }
            16 => {
                let len = usize::from(next());
                kept.extend((0..len).map(|_| next()));
                hear(&mut connection, now, &mut kept);
            }
            17 => now = now + Duration::from_millis(u64::from(next()) << 8),
            18 => connection.control_connected(now),
            19 => {
                connection.control_closed(now);
                kept.clear();
            }
            20 => {
                _ = connection.open_call(
                    now,
                    CallRequest {
                        call_id: id,
                        ..CallRequest::DEFAULT
                    },
                )
            }
            21 => {
                _ = connection.offer_call(
                    now,
                    IncomingRequest {
                        call_id: id,
                        ..IncomingRequest::DEFAULT
                    },
                )
            }
            22 => _ = connection.accept_call(now, call, answer(id)),
            23 => _ = connection.accept_incoming(now, call, taken(id)),
            24 => {
                _ = connection.refuse_call(now, call, OutgoingCallResult::Busy, GeneralError::None)
            }
            25 => {
                let result = IncomingCallResult::DoNotAccept;
                _ = connection.refuse_incoming(now, call, result, GeneralError::None);
            }
            26 => _ = connection.connect_call(now, call, IncomingLine::DEFAULT),
            27 => _ = connection.disconnect_call(now, call, &Disconnect::default()),
            28 => {
                let errors = WanErrors {
                    crc: u32::from(next()),
                    ..WanErrors::default()
                };
                _ = connection.report_wan_errors(now, call, errors);
            }
            29 => _ = connection.set_link_info(call, LinkInfo::DEFAULT),
            30 => connection.clear_call(now, call),
            _ => connection.close(now),
        }
        connection.handle_timeout(now);
        drain(&mut connection, now);
        connection.handle_timeout(now);
        drain(&mut connection, now);
        assert!(connection.next_timeout().is_none_or(|next| next > now));
        assert!(!connection.is_established() || connection.next_timeout().is_some());
        assert!(!connection.is_busy());
    }
    // However it is, it is over soon after a close.
    connection.close(now);
    drain(&mut connection, now);
    for _ in 0..8 {
        let Some(next) = connection.next_timeout() else {
            break;
        };
        connection.handle_timeout(next);
        drain(&mut connection, next);
    }
    assert_eq!(connection.next_timeout(), None);
});
