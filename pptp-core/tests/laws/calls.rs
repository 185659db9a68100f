//! Law 2: any call order is safe, a control stream may be cut anywhere, and a buffer that is too small changes nothing.

use super::dice::Dice;
use super::ends::{End, Out, Pair, at, client, octets, packet, server};
use super::operations;
use pptp_core::ppp::Minimal;
use pptp_core::wire::{
    CallDisconnectNotify, DisconnectResult, EchoRequest, GeneralError, SetLinkInfo,
    StopControlConnectionRequest, StopReason,
};
use pptp_core::{Client, MAX_GRE_OVERHEAD, Network, SendError};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_order_of_calls_is_safe(script in prop::collection::vec(any::<u8>(), 0..3000)) {
        operations::run(client(), server(), Dice::octets(&script), 2000);
    }
}

#[test]
fn long_orders_of_calls_are_safe() {
    let run = |seed| operations::run(client(), server(), Dice::seed(seed), 2000);
    let up = (0..100).filter(|seed| run(*seed)).count();
    println!("{up} came up");
    assert!(up > 10, "{up} came up");
}

/// Whole conversations of a client and of a server with everything in them that the control connection has.
fn streams() -> [Vec<u8>; 2] {
    let mut pair = Pair::new(client(), server());
    pair.settle();
    let info = |peer_call_id| {
        octets(SetLinkInfo {
            peer_call_id,
            send_accm: 1,
            receive_accm: 2,
        })
    };
    let echo = octets(EchoRequest { identifier: 5 });
    let stop = octets(StopControlConnectionRequest {
        reason: StopReason::None,
    });
    let notify = octets(CallDisconnectNotify {
        call_id: 9,
        result: DisconnectResult::Request,
        error: GeneralError::None,
        cause: 0,
        statistics: &[],
    });
    let to_client = pair.at_server.control.concat();
    let to_server = pair.at_client.control.concat();
    [
        [
            to_client,
            info(7),
            echo.clone(),
            info(7),
            notify,
            stop.clone(),
        ]
        .concat(),
        [to_server, info(9), echo.clone(), echo, info(9), stop].concat(),
    ]
}

/// Gives `stream` in pieces, as TCP does, and tells what came of it.
fn in_pieces<E: End>(end: &E, stream: &[u8], cuts: &[usize]) -> Out {
    let mut end = end.clone();
    let mut all = end.drain(at(1));
    let mut given = 0;
    let mut kept = Vec::new();
    for cut in cuts.iter().copied().chain([stream.len()]) {
        kept.extend(&stream[given..cut]);
        given = cut;
        all.append(feed_keeping(&mut end, &mut kept));
    }
    assert!(kept.is_empty());
    all
}

/// As [`End::feed`], for octets of which the last may be half a message.
fn feed_keeping<E: End>(end: &mut E, kept: &mut Vec<u8>) -> Out {
    let mut all = Out::default();
    loop {
        let (taken, out) = end.give(at(1), kept);
        kept.drain(..taken);
        if taken == 0 && out.is_empty() {
            return all;
        }
        all.append(out);
    }
}

fn check_cuts<E: End>(end: &E, stream: &[u8]) {
    let whole = in_pieces(end, stream, &[]);
    assert!(whole.events.len() >= 5, "{whole:?}");
    assert!(whole.down.is_some(), "{whole:?}");
    for cut in 0..stream.len() {
        assert_eq!(in_pieces(end, stream, &[cut]), whole, "cut at {cut}");
    }
    let each: Vec<_> = (0..stream.len()).collect();
    assert_eq!(in_pieces(end, stream, &each), whole, "an octet at a time");
    let mut dice = Dice::seed(1);
    for _ in 0..200 {
        let mut cuts: Vec<_> = (0..dice.below(12))
            .map(|_| dice.below(stream.len()))
            .collect();
        cuts.sort_unstable();
        assert_eq!(in_pieces(end, stream, &cuts), whole, "cut at {cuts:?}");
    }
}

#[test]
fn a_control_stream_may_be_cut_anywhere() {
    let [to_client, to_server] = streams();
    let (mut client, mut server) = (client(), server());
    client.control_connected(at(1));
    server.control_connected(at(1));
    check_cuts(&client, &to_client);
    check_cuts(&server, &to_server);
}

/// At every step of a tunnel that comes up, each outlet with buffers of every length.
#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    fn check<R>(session: &pptp_core::Session<Minimal, R>)
    where
        pptp_core::Session<Minimal, R>: End,
    {
        let now = at(1);
        let whole = session.clone().drain(now);
        let mut out = [0; Client::<Minimal>::MAX_OUTPUT];
        let mut control = session.clone();
        let mut gre = session.clone();
        let mut any = session.clone();
        for room in 0..Client::<Minimal>::MAX_OUTPUT {
            if control.poll_control(now, &mut out[..room]).is_ok() {
                control = session.clone();
            }
            if gre.poll_gre(now, &mut out[..room]).is_ok() {
                gre = session.clone();
            }
            if any.poll_output(now, &mut out[..room]).is_ok() {
                any = session.clone();
            }
        }
        assert_eq!(control.drain(now), whole);
        assert_eq!(gre.drain(now), whole);
        assert_eq!(any.drain(now), whole);
    }
    let mut pair = Pair::new(client(), server());
    loop {
        // What has arrived, before anything is taken out.
        let (mut client, mut server) = (pair.client.clone(), pair.server.clone());
        let _ = client.handle_control(pair.now, &pair.to_client.0);
        let _ = server.handle_control(pair.now, &pair.to_server.0);
        for datagram in &pair.to_client.1 {
            let _ = client.handle_gre(pair.now, &mut datagram.clone());
        }
        for datagram in &pair.to_server.1 {
            let _ = server.handle_gre(pair.now, &mut datagram.clone());
        }
        check(&client);
        check(&server);
        if pair.step().is_none() {
            break;
        }
    }
    let packet = packet(b"of some length");
    let whole = pair.client.clone().try_send(pair.now, &packet).unwrap();
    for room in 0..packet.len() + MAX_GRE_OVERHEAD {
        let mut out = [0; 100];
        let mut client = pair.client.clone();
        match client.send(pair.now, Network::Ipv4, &packet, &mut out[..room]) {
            Ok(sent) => assert_eq!(sent, whole),
            Err(SendError::BufferTooSmall { needed }) => {
                assert_eq!(needed, whole.len());
                assert_eq!(client.try_send(pair.now, &packet).as_ref(), Some(&whole));
            }
            Err(error) => panic!("{error}"),
        }
    }
}
