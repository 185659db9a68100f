//! The messages that a peer can send, each in the variants that matter. A call that there is has the id 100 at our end
//! and 200 at the peer's.

use super::*;

/// How much room there is for calls beside the one that the state has, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control::tests) enum Room {
    /// There is some.
    Some,
    /// There is none.
    None,
}

/// A message, and how the rules call it.
pub(in crate::control::tests) struct Variant {
    pub(in crate::control::tests) name: &'static str,
    pub(in crate::control::tests) octets: Vec<u8>,
    pub(in crate::control::tests) room: Room,
}

fn start_request_of(version: u16) -> Vec<u8> {
    octets(StartControlConnectionRequest {
        version: Version(version),
        capabilities: StartConfig::default().capabilities(),
    })
}

fn wan_errors(peer_call_id: u16) -> Vec<u8> {
    octets(WanErrorNotify {
        peer_call_id,
        crc_errors: 1,
        framing_errors: 0,
        hardware_overruns: 0,
        buffer_overruns: 0,
        time_out_errors: 0,
        alignment_errors: 0,
    })
}

fn no_such_call(call_id: u16) -> Vec<u8> {
    octets(CallDisconnectNotify {
        call_id,
        result: DisconnectResult::GeneralError,
        error: GeneralError::BadCallId,
        cause: 0,
        statistics: b"",
    })
}

fn link_info(peer_call_id: u16) -> Vec<u8> {
    octets(SetLinkInfo {
        peer_call_id,
        send_accm: 0,
        receive_accm: 0,
    })
}

/// An Echo-Request in whose header two octets from `place` are others.
fn spoiled(place: usize, with: u16) -> Vec<u8> {
    let mut octets = echo_request(7);
    octets[place..place + 2].copy_from_slice(&with.to_be_bytes());
    octets
}

/// All of them.
pub(in crate::control::tests) fn messages() -> Vec<Variant> {
    use IncomingCallResult as Icr;
    use OutgoingCallResult as Ocr;
    let none = StartResult::Other(0);
    let refused = start_reply_with(Version::V1_0, StartResult::NotAuthorized);
    let all = [
        ("SCCRQ", start_request()),
        ("SCCRQ 0.1", start_request_of(0x0001)),
        ("SCCRQ 2.0", start_request_of(0x0200)),
        ("SCCRP 1", start_reply()),
        ("SCCRP 0", start_reply_with(Version::V1_0, none)),
        ("SCCRP 4", refused),
        (
            "SCCRP 0.1",
            start_reply_with(Version(0x0001), StartResult::Successful),
        ),
        (
            "SCCRP 2.0",
            start_reply_with(Version(0x0200), StartResult::Successful),
        ),
        ("StopCCRQ", stop_request()),
        ("StopCCRP", stop_reply()),
        ("ECHORQ", echo_request(7)),
        ("ECHORP 1", echo_reply(1)),
        ("ECHORP 7", echo_reply(7)),
        ("OCRQ 200", octets(call_request(200).as_wire())),
        ("OCRQ 300", octets(call_request(300).as_wire())),
        ("OCRP 100 yes", call_reply(100, 200, Ocr::Connected)),
        ("OCRP 100 no", call_reply(100, 0, Ocr::Busy)),
        ("OCRP 300 yes", call_reply(300, 200, Ocr::Connected)),
        ("OCRP 300 no", call_reply(300, 0, Ocr::Busy)),
        ("ICRQ 200", octets(incoming_request(200).as_wire())),
        ("ICRQ 300", octets(incoming_request(300).as_wire())),
        ("ICRP 100 yes", incoming_reply(100, 200, Icr::Connect)),
        ("ICRP 100 no", incoming_reply(100, 0, Icr::DoNotAccept)),
        ("ICRP 300 yes", incoming_reply(300, 200, Icr::Connect)),
        ("ICRP 300 no", incoming_reply(300, 0, Icr::DoNotAccept)),
        ("ICCN 100", incoming_connected(100)),
        ("ICCN 300", incoming_connected(300)),
        ("CCRQ 200", call_clear(200)),
        ("CCRQ 100", call_clear(100)),
        ("CCRQ 300", call_clear(300)),
        ("CDN 200", call_disconnect(200)),
        ("CDN 100", call_disconnect(100)),
        ("CDN 300", call_disconnect(300)),
        ("CDN 100 2/5", no_such_call(100)),
        ("WEN 100", wan_errors(100)),
        ("WEN 300", wan_errors(300)),
        ("SLI 100", link_info(100)),
        ("SLI 300", link_info(300)),
        (
            "type 0",
            octets(Message::Unknown {
                control_type: 0,
                body: b"",
            }),
        ),
        (
            "type 16",
            octets(Message::Unknown {
                control_type: 16,
                body: b"xxxx",
            }),
        ),
        (
            "management",
            octets(Message::Management {
                message_type: 2,
                body: b"",
            }),
        ),
        ("cookie", spoiled(4, 0x1a2c)),
        ("too short", spoiled(0, 12)),
        ("no length", spoiled(0, 0)),
        ("too long", spoiled(0, 513)),
    ];
    let variant = |(name, octets)| Variant {
        name,
        octets,
        room: Room::Some,
    };
    let mut messages = all.map(variant).into_iter().collect::<Vec<_>>();
    messages.extend([
        Variant {
            name: "OCRQ full",
            octets: octets(call_request(300).as_wire()),
            room: Room::None,
        },
        Variant {
            name: "ICRQ full",
            octets: octets(incoming_request(300).as_wire()),
            room: Room::None,
        },
    ]);
    messages
}
