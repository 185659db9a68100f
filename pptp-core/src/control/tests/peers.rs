//! What real peers sent, and whether we, with their partner's configuration, say what their partner said.

use super::*;
use crate::wire::tests::vectors::{hex, padded};
use core::mem::take;

/// A Start-Control-Connection message, given up to Bearer Capabilities, the two numbers behind, and two strings.
fn start(head: &str, numbers: &str, host_name: &str, vendor: &str) -> Vec<u8> {
    padded(&[(head, 0), (numbers, 0), (host_name, 64), (vendor, 64)])
}

fn connect<const N: usize>(role: Role, config: Config) -> Connection<N> {
    let origin = match role {
        Role::Pns => Origin::Originator,
        _ => Origin::Receiver,
    };
    let mut connection = Connection::new(role, origin, config);
    connection.control_connected(at(0));
    connection
}

/// Runs a dialogue: what the peer sends, and what we answer to each.
fn talk(connection: &mut Connection, dialogue: &[(Vec<u8>, Vec<Vec<u8>>)]) -> Journal {
    let mut journal = Journal::new();
    for (heard, said) in dialogue {
        let (sent, left) = feed(connection, at(1), heard, &mut journal);
        assert_eq!(left, 0);
        assert_eq!(sent, *said, "{journal:#?}");
    }
    journal
}

mod pptpd {
    //! `noauth-plain.pcap` and `lossy-stateful.pcap`: pptp-linux 1.10.0 and pptpd 1.4.0.

    use super::*;

    fn request() -> Vec<u8> {
        start(
            "009c0001 1a2b3c4d 0001 0000 0100 0000 00000003 00000003",
            "ffff 0001",
            "6c6f63616c",
            "63616e616e69616e",
        )
    }

    fn reply() -> Vec<u8> {
        start(
            "009c0001 1a2b3c4d 0002 0000 0100 01 00 00000000 00000000",
            "0001 0001",
            "6c6f63616c",
            "6c696e7578",
        )
    }

    fn call_request() -> Vec<u8> {
        padded(&[
            ("00a80001 1a2b3c4d 0007 0000 c9c5 0000 00000960 00989680", 0),
            ("00000003 00000003 0003 0000 0000 0000", 144),
        ])
    }

    fn call_reply() -> Vec<u8> {
        hex("002000011a2b3c4d000800000000c9c501000000009896800003000000000000")
    }

    fn call_clear() -> Vec<u8> {
        hex("001000011a2b3c4d000c0000c9c50000")
    }

    fn echo_request() -> Vec<u8> {
        hex("001000011a2b3c4d0005000000000001")
    }

    fn echo_reply() -> Vec<u8> {
        hex("001400011a2b3c4d00060000000000010100 0000")
    }

    #[test]
    fn as_server() {
        let config = Config {
            start: StartConfig {
                framing: Framing::empty(),
                bearer: Bearer::empty(),
                max_channels: 1,
                firmware_revision: 1,
                host_name: "local".into(),
                vendor: "linux".into(),
            },
            accept: Some(CallAnswer {
                call_id: 0,
                connect_speed: 10_000_000,
                receive_window: 3,
                processing_delay: 0,
                physical_channel_id: 0,
            }),
            ..Config::default()
        };
        let mut server = connect(Role::Pac, config);
        let notice = padded(&[("00940001 1a2b3c4d 000d 0000 0000 04 00 0000 0000", 148)]);
        let journal = talk(
            &mut server,
            &[
                (request(), Vec::from([reply()])),
                (call_request(), Vec::from([call_reply()])),
                (echo_request(), Vec::from([echo_reply()])),
                // pptpd itself says nothing to this, "violating RFC".
                (call_clear(), Vec::from([notice])),
            ],
        );
        assert_eq!(
            brief(&journal),
            ">SCCRP Connected >OCRP CallConnected >ECHORP >CDN CallEnded"
        );
        server.control_closed(at(2));
        assert_eq!(
            server.poll_event(),
            Some(Event::Closed {
                reason: CloseReason::TcpClosed
            })
        );
    }

    #[test]
    fn as_client() {
        let config = Config {
            start: StartConfig {
                framing: Framing::EITHER,
                bearer: Bearer::ANY,
                max_channels: 65535,
                firmware_revision: 1,
                host_name: "local".into(),
                vendor: "cananian".into(),
            },
            ..Config::default()
        };
        let mut client = connect(Role::Pns, config);
        let mut journal = Journal::new();
        assert_eq!(drain(&mut client, at(0), &mut journal), [request()]);
        talk(&mut client, &[(reply(), Vec::new())]);
        let call = CallRequest {
            call_id: 51653,
            minimum_bps: 2400,
            maximum_bps: 10_000_000,
            receive_window: 3,
            ..CallRequest::default()
        };
        client.open_call(at(1), call).unwrap();
        assert_eq!(drain(&mut client, at(1), &mut journal), [call_request()]);
        let told = talk(&mut client, &[(call_reply(), Vec::new())]);
        let info = CallInfo {
            our_call_id: 51653,
            our_window: 3,
            peer_call_id: 0,
            connect_speed: 10_000_000,
            peer_window: 3,
            peer_delay: 0,
        };
        assert_eq!(
            told,
            [format!("{:?}", Event::CallConnected { call: 0, info })]
        );
        client.handle_timeout(at(61));
        assert_eq!(drain(&mut client, at(61), &mut journal), [echo_request()]);
        talk(&mut client, &[(echo_reply(), Vec::new())]);
        client.clear_call(at(62), 0);
        assert_eq!(drain(&mut client, at(62), &mut journal), [call_clear()]);
        client.control_closed(at(62));
        let mut told = Journal::new();
        drain(&mut client, at(62), &mut told);
        assert_eq!(brief(&told), "CallEnded Closed");
    }
}

mod windows {
    //! `windows-rras.pcap`: a Windows 7 client and RRAS.

    use super::*;

    fn request() -> Vec<u8> {
        let head = "009c0001 1a2b3c4d 0001 0000 0100 0000 00000001 00000001";
        start(head, "0000 0000", "", "4d6963726f736f6674")
    }

    fn reply() -> Vec<u8> {
        let head = "009c0001 1a2b3c4d 0002 0000 0100 01 00 00000002 00000003";
        start(head, "0000 0000", "", "4d6963726f736f6674")
    }

    fn call_request() -> Vec<u8> {
        padded(&[
            ("00a80001 1a2b3c4d 0007 0000 9d49 0013 0000012c 05f5e100", 0),
            ("00000003 00000003 0040 0000 0000 0000", 80),
            ("96157121fdb78f47b5d0be36d2e97e50", 64),
        ])
    }

    fn call_reply() -> Vec<u8> {
        hex("002000011a2b3c4d00080000736a9d490100000000ca9a3b4000000000000000")
    }

    fn client_link_info() -> Vec<u8> {
        hex("001800011a2b3c4d000f0000736a0000ffffffffffffffff")
    }

    fn server_link_info() -> Vec<u8> {
        hex("001800011a2b3c4d000f00009d490000ffffffffffffffff")
    }

    /// As captured at the end of an earlier call, with this call's id.
    fn call_clear() -> Vec<u8> {
        hex("001000011a2b3c4d000c00009d490000")
    }

    /// Likewise. Windows gives no reason.
    fn call_disconnect() -> Vec<u8> {
        padded(&[("00940001 1a2b3c4d 000d 0000 736a 00 00 0000 0000", 148)])
    }

    fn stop_request() -> Vec<u8> {
        hex("001000011a2b3c4d0003000001000000")
    }

    fn stop_reply() -> Vec<u8> {
        hex("001000011a2b3c4d0004000001000000")
    }

    const GUID: [u8; 16] = *b"\x96\x15\x71\x21\xfd\xb7\x8f\x47\xb5\xd0\xbe\x36\xd2\xe9\x7e\x50";

    #[test]
    fn as_server() {
        let config = Config {
            start: StartConfig {
                framing: Framing::SYNCHRONOUS,
                bearer: Bearer::ANY,
                vendor: "Microsoft".into(),
                ..StartConfig::default()
            },
            accept: Some(CallAnswer {
                call_id: 29546,
                connect_speed: 13_277_755,
                receive_window: 16384,
                processing_delay: 0,
                physical_channel_id: 0,
            }),
            ..Config::default()
        };
        let mut server = connect(Role::Pac, config);
        let journal = talk(
            &mut server,
            &[
                (request(), Vec::from([reply()])),
                (call_request(), Vec::from([call_reply()])),
                (client_link_info(), Vec::new()),
            ],
        );
        assert_eq!(
            brief(&journal),
            ">SCCRP Connected >OCRP CallConnected LinkInfo"
        );
        assert_eq!(server.call_request(0).unwrap().subaddress, GUID);
        let mut notice = call_disconnect();
        // "Request": a Call-Clear-Request asked for it.
        notice[14] = 4;
        let journal = talk(
            &mut server,
            &[
                (call_clear(), Vec::from([notice])),
                (stop_request(), Vec::from([stop_reply()])),
            ],
        );
        assert_eq!(brief(&journal), ">CDN CallEnded >StopCCRP Closed");
        assert_eq!(journal[3], "Closed { reason: PeerStopped(None) }");
    }

    #[test]
    fn as_client() {
        let mut config = Config::default();
        config.start.vendor = "Microsoft".into();
        let mut client = connect(Role::Pns, config);
        let mut journal = Journal::new();
        assert_eq!(drain(&mut client, at(0), &mut journal), [request()]);
        talk(&mut client, &[(reply(), Vec::new())]);
        let call = CallRequest {
            call_id: 40265,
            call_serial_number: 19,
            subaddress: FieldText::new(&GUID),
            ..CallRequest::default()
        };
        client.open_call(at(1), call).unwrap();
        assert_eq!(drain(&mut client, at(1), &mut journal), [call_request()]);
        let told = talk(
            &mut client,
            &[(call_reply(), Vec::new()), (server_link_info(), Vec::new())],
        );
        assert_eq!(brief(&told), "CallConnected LinkInfo");
        take(&mut journal);
        client.close(at(2));
        assert_eq!(drain(&mut client, at(2), &mut journal), [call_clear()]);
        let told = talk(
            &mut client,
            &[
                (call_disconnect(), Vec::from([stop_request()])),
                (stop_reply(), Vec::new()),
            ],
        );
        assert_eq!(brief(&told), ">StopCCRQ CallEnded Closed");
        assert_eq!(
            told[1],
            "CallEnded { call: 0, cause: Local, statistics: [] }"
        );
        assert_eq!(told[2], "Closed { reason: Local }");
    }
}

/// accel-ppp and Linux's NAT helper put the PNS's id where RFC 2637 §2.13 has the PAC's: with many calls both have to
/// be found, and the PAC's id counts first.
#[test]
fn a_disconnect_notify_may_carry_either_id() {
    let two_calls = || {
        let mut pns = established::<2>(Role::Pns, Config::default());
        for (ours, theirs) in [(1, 2), (2, 3)] {
            pns.open_call(at(0), call_request(ours)).unwrap();
            let reply = call_reply(ours, theirs, OutgoingCallResult::Connected);
            feed(&mut pns, at(0), &reply, &mut Journal::new());
        }
        pns
    };
    for (id, ended) in [(2, Some(0)), (3, Some(1)), (1, Some(0)), (4, None)] {
        let mut pns = two_calls();
        let mut journal = Journal::new();
        feed(&mut pns, at(1), &call_disconnect(id), &mut journal);
        let alive = [pns.call_info(0).is_some(), pns.call_info(1).is_some()];
        assert_eq!(
            alive,
            [ended != Some(0), ended != Some(1)],
            "id {id}: {journal:?}"
        );
    }
}

/// A call that is cleared before it is answered has no id of the PAC's that the PNS could know (RFC 2637 §2.12): ours
/// names it by the PNS's, others by one that was not told.
#[test]
fn a_call_may_be_cleared_before_it_is_answered() {
    let mut pac = established::<1>(Role::Pac, Config::default());
    let request = octets(call_request(200).as_wire());
    let mut journal = Journal::new();
    feed(&mut pac, at(0), &request, &mut journal);
    let (sent, _) = feed(&mut pac, at(1), &call_clear(200), &mut journal);
    assert_eq!(brief(&journal), "CallRequested >CDN CallFailed");
    assert_eq!(sent, [call_disconnect(200)]);

    for id in [200, 777] {
        let mut pns = established::<1>(Role::Pns, Config::default());
        pns.open_call(at(0), call_request(200)).unwrap();
        let mut journal = Journal::new();
        drain(&mut pns, at(0), &mut journal);
        pns.clear_call(at(1), 0);
        feed(&mut pns, at(1), &call_disconnect(id), &mut journal);
        assert_eq!(brief(&journal), ">OCRQ >CCRQ CallFailed", "id {id}");
    }
}

/// An end that is no longer there (macOS) reads 12 octets of a longer message, and closes.
#[test]
fn tcp_may_close_at_any_time() {
    let mut pac = pac_with_call::<1>();
    pac.clear_call(at(1), 0);
    pac.control_closed(at(1));
    let mut journal = Journal::new();
    drain(&mut pac, at(1), &mut journal);
    assert_eq!(
        brief(&journal),
        "CallEnded Closed",
        "nothing is sent any more"
    );
    pac.control_closed(at(2));
    assert_eq!(pac.poll_event(), None);
    assert_eq!(pac.next_timeout(), None);
}
