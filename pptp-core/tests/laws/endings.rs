//! How a tunnel ends, from every state and from either side, and what the caller is told.

use super::ends::{
    CLIENT_ID, End, Out, Pair, SERVER_ID, at, client, octets, server, server_config,
};
use core::time::Duration;
use pptp_core::control::{CallAnswer, CallEnd, CloseReason};
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::{self, Minimal, Phase};
use pptp_core::wire::{
    CallClearRequest, CallDisconnectNotify, DisconnectResult, GeneralError, OutgoingCallResult,
    StopControlConnectionRequest, StopReason,
};
use pptp_core::{DownReason, Network, ProtocolError, Server};

const CLOSED_BY_PEER: DownReason = DownReason::Ppp(ppp::DownReason::PeerClosed);

/// Nothing comes out of an end that has told its end, whatever is done to it.
fn is_over<E: End>(end: &mut E) {
    let silent = end.wait(at(1000), at(100_000));
    assert!(silent.is_empty(), "{silent:?}");
    let silent = end.feed(at(100_000), &[0; 40]);
    assert!(silent.is_empty() && silent.error.is_none(), "{silent:?}");
    assert!(end.gre(at(100_000), &[0x30; 40]).1.is_empty());
    assert_eq!(end.try_send(at(100_000), &[0x45; 40]), None);
}

#[test]
fn closed_before_anything() {
    let mut client = client();
    client.close(at(1));
    assert_eq!(client.drain(at(1)).down, Some(DownReason::Closed));
    client.close(at(2));
    client.control_closed(at(2));
    // The TCP connection that was being opened comes up all the same.
    client.control_connected(at(3));
    assert_eq!(client.phase(), Phase::Down);
    assert!(client.drain(at(3)).is_empty());
    is_over(&mut client);
}

#[test]
fn a_tcp_connection_that_fails_is_an_end() {
    let mut client = client();
    client.control_closed(at(1));
    let down = client.drain(at(1)).down;
    assert_eq!(down, Some(DownReason::Control(CloseReason::TcpClosed)));
    is_over(&mut client);
}

#[test]
fn closed_while_the_peer_is_silent() {
    let mut client = client();
    client.control_connected(at(1));
    client.drain(at(1));
    client.close(at(2));
    assert_eq!(client.drain(at(2)).down, Some(DownReason::Closed));
    is_over(&mut client);
}

/// Runs a tunnel for so many steps, then closes one end, once or twice, with or without a peer to answer.
#[test]
fn closed_in_every_state() {
    for twice in [false, true] {
        for answered in [false, true] {
            for by_client in [false, true] {
                for steps in 0.. {
                    let mut pair = Pair::new(client(), server());
                    let came_up = (0..steps).any(|_| pair.step().is_none());
                    let close = |pair: &mut Pair| {
                        let now = pair.now;
                        let out = if by_client {
                            pair.client.close(now);
                            pair.client.drain(now)
                        } else {
                            pair.server.close(now);
                            pair.server.drain(now)
                        };
                        pair.note(out, by_client);
                    };
                    close(&mut pair);
                    if twice {
                        close(&mut pair);
                    }
                    // LCP 3 s, Call-Clear 2 s, Stop 3 s.
                    let end = pair.now + Duration::from_secs(8);
                    let down = if answered {
                        pair.run(Duration::from_secs(8));
                        [&pair.at_server, &pair.at_client][usize::from(by_client)].down
                    } else if by_client {
                        let now = pair.now;
                        pair.client.wait(now, end).down.or(pair.at_client.down)
                    } else {
                        let now = pair.now;
                        pair.server.wait(now, end).down.or(pair.at_server.down)
                    };
                    assert_eq!(
                        down,
                        Some(DownReason::Closed),
                        "{steps} {by_client} {answered}"
                    );
                    if by_client {
                        is_over(&mut pair.client);
                    } else {
                        is_over(&mut pair.server);
                    }
                    if came_up {
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn the_other_end_is_told_that_the_peer_closed() {
    let mut pair = Pair::up();
    pair.client.close(pair.now);
    let out = pair.client.drain(pair.now);
    pair.note(out, true);
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.at_server.down, Some(CLOSED_BY_PEER));
}

/// The control connection ends first; PPP never hears of it.
#[test]
fn tcp_closes_first() {
    let mut end = Pair::up();
    end.client.control_closed(at(2));
    let out = end.client.drain(at(2));
    assert_eq!(out.down, Some(DownReason::Control(CloseReason::TcpClosed)));
    assert!(out.gre.is_empty() && out.control.is_empty());
    assert!(!end.client.is_up(Network::Ipv4));
    assert_eq!(end.client.phase(), Phase::Down);
    assert_eq!(end.client.encryption(), (None, None));
    is_over(&mut end.client);

    end.server.control_closed(at(2));
    let out = end.server.drain(at(2));
    assert_eq!(out.down, Some(DownReason::Control(CloseReason::TcpClosed)));
    is_over(&mut end.server);
}

#[test]
fn the_peer_stops() {
    let stop = octets(StopControlConnectionRequest {
        reason: StopReason::LocalShutdown,
    });
    let mut pair = Pair::up();
    let out = pair.client.feed(at(2), &stop);
    assert_eq!(out.messages().len(), 1, "the reply: {:?}", out.messages());
    let reason = CloseReason::PeerStopped(StopReason::LocalShutdown);
    assert_eq!(out.down, Some(DownReason::Control(reason)));
    is_over(&mut pair.client);
    assert_eq!(
        pair.server.feed(at(2), &stop).down,
        Some(DownReason::Control(reason))
    );
}

/// A `close` between the peer's Stop and our reply does not change who ended it.
#[test]
fn the_first_cause_counts() {
    let stop = octets(StopControlConnectionRequest {
        reason: StopReason::None,
    });
    let mut pair = Pair::up();
    assert_eq!(pair.client.handle_control(at(2), &stop), Ok(stop.len()));
    pair.client.close(at(2));
    let reason = CloseReason::PeerStopped(StopReason::None);
    assert_eq!(
        pair.client.drain(at(2)).down,
        Some(DownReason::Control(reason))
    );

    // A wrong password, told by the peer, and a close before the end.
    let mut config = super::ends::client_config(MppePolicy::default());
    config.ppp.credentials = Some(ppp::Credentials::new("alice", "mistaken").unwrap());
    let mut pair = Pair::new(pptp_core::Client::new(config, [1; 32]), server());
    while pair.client.phase() != Phase::Terminate {
        pair.step().expect("it comes to that");
    }
    pair.client.close(pair.now);
    let out = pair.client.drain(pair.now);
    pair.note(out, true);
    pair.run(Duration::from_secs(10));
    let down = pair.at_client.down;
    assert!(
        matches!(
            down,
            Some(DownReason::Ppp(ppp::DownReason::AuthenticationFailed(_)))
        ),
        "{down:?}"
    );
}

/// As accel-ppp does: Call-Disconnect-Notify, with the PNS's id, then Stop, then the TCP connection is reset.
#[test]
fn the_call_ends_first() {
    for call_id in [CLIENT_ID, SERVER_ID] {
        let mut pair = Pair::up();
        let notify = CallDisconnectNotify {
            call_id,
            result: DisconnectResult::AdminShutdown,
            error: GeneralError::None,
            cause: 0,
            statistics: &[],
        };
        let out = pair.client.feed(at(2), &octets(notify));
        assert_eq!(out.messages().len(), 1, "a Stop: {:?}", out.messages());
        assert_eq!(out.down, None, "the reply to that is waited for");
        assert!(!pair.client.is_up(Network::Ipv4));
        let stop = octets(StopControlConnectionRequest {
            reason: StopReason::None,
        });
        let mut out = pair.client.feed(at(2), &stop);
        pair.client.control_closed(at(2));
        out.append(pair.client.drain(at(2)));
        let end = CallEnd::Disconnected {
            result: DisconnectResult::AdminShutdown,
            error: GeneralError::None,
            cause: 0,
        };
        assert_eq!(out.down, Some(DownReason::Call(end)));
        is_over(&mut pair.client);
    }
}

/// As pptp-linux does: Call-Clear-Request, and the end of the TCP connection at once.
#[test]
fn a_client_clears_and_is_gone() {
    let mut pair = Pair::up();
    let clear = octets(CallClearRequest { call_id: CLIENT_ID });
    let mut out = pair.server.feed(at(2), &clear);
    assert!(out.messages()[0].starts_with("CDN"), "{:?}", out.messages());
    pair.server.control_closed(at(2));
    out.append(pair.server.drain(at(2)));
    assert_eq!(out.down, Some(DownReason::Call(CallEnd::Cleared)));
    is_over(&mut pair.server);
}

/// As pptpd does: its pppd ends the link, and then there is only the end of the TCP connection.
#[test]
fn ppp_goes_down_first() {
    let mut pair = Pair::up();
    pair.server.close(pair.now);
    let out = pair.server.drain(pair.now);
    assert_eq!(out.gre.len(), 1, "LCP's Terminate-Request");
    let (_, mut out) = pair.client.gre(pair.now, &out.gre[0]);
    assert_eq!(out.gre.len(), 1, "its answer");
    pair.client.control_closed(pair.now);
    out.append(pair.client.drain(pair.now));
    assert_eq!(out.down, Some(CLOSED_BY_PEER));
}

/// The link is over as soon as the peer has acknowledged that: the call's end follows in the same turn.
#[test]
fn the_call_is_cleared_in_the_turn_that_ends_the_link() {
    let mut pair = Pair::up();
    pair.client.close(pair.now);
    let out = pair.client.drain(pair.now);
    let (_, out) = pair.server.gre(pair.now, &out.gre[0]);
    let (_, out) = pair.client.gre(pair.now, &out.gre[0]);
    assert_eq!(out.messages().len(), 1, "Call-Clear-Request");
    assert!(
        out.messages()[0].starts_with("CCRQ"),
        "{:?}",
        out.messages()
    );
}

/// A macOS peer takes nothing but the reply between a request and that.
#[test]
fn nothing_stands_between_a_request_and_its_reply() {
    let mut pair = Pair::new(client(), server());
    pair.settle();
    assert_eq!(pair.at_client.control.len(), 2, "Start and call");
    assert_eq!(pair.at_server.control.len(), 2, "and the replies");
}

#[test]
fn gre_that_is_blocked_is_told_however_it_ends() {
    let blocked = |end: &dyn Fn(&mut Pair) -> Out| {
        let mut pair = Pair::new(client(), server());
        while !pair.to_server.0.is_empty() || !pair.to_client.0.is_empty() {
            pair.step();
        }
        let now = pair.now;
        pair.client.wait(now, now + Duration::from_secs(6));
        pair.now = now + Duration::from_secs(6);
        end(&mut pair).down
    };
    let gre = Some(DownReason::GreBlocked);
    // By the server's patience.
    let closed = |pair: &mut Pair| {
        pair.client.control_closed(pair.now);
        pair.client.drain(pair.now)
    };
    assert_eq!(blocked(&closed), gre);
    // By ours.
    let waited = |pair: &mut Pair| pair.client.wait(pair.now, at(100));
    assert_eq!(blocked(&waited), gre);
    // But not if the caller has enough of it, or if the peer speaks something else.
    let ours = |pair: &mut Pair| {
        pair.client.close(pair.now);
        pair.client.wait(pair.now, at(100))
    };
    assert_eq!(blocked(&ours), Some(DownReason::Closed));
    let garbage = |pair: &mut Pair| pair.client.feed(pair.now, &[0; 100]);
    assert_eq!(
        blocked(&garbage),
        Some(DownReason::Control(CloseReason::Protocol(
            ProtocolError::Length { found: 0 }
        )))
    );
}

/// A server that asks its caller, who takes his time.
fn asking() -> Server<Minimal> {
    let mut config = server_config(MppePolicy::default());
    config.control.accept = None;
    Server::new(config, [2; 32])
}

#[test]
fn a_call_is_accepted_or_refused_by_the_caller() {
    let answer = CallAnswer {
        call_id: SERVER_ID,
        ..CallAnswer::default()
    };
    let mut pair = Pair::new(client(), asking());
    assert!(pair.server.accept_call(pair.now, answer).is_err());
    pair.settle();
    assert!(pair.at_server.events[1].contains("CallRequested"));
    let mut refused = pair.clone();

    pair.server.accept_call(pair.now, answer).unwrap();
    assert!(pair.server.accept_call(pair.now, answer).is_err());
    let out = pair.server.drain(pair.now);
    pair.note(out, false);
    pair.settle();
    assert!(pair.is_up());

    let (result, error) = (OutgoingCallResult::Busy, GeneralError::None);
    refused
        .server
        .refuse_call(refused.now, result, error)
        .unwrap();
    let out = refused.server.drain(refused.now);
    refused.note(out, false);
    refused.run(Duration::from_secs(5));
    let end = CallEnd::Refused {
        result,
        error,
        cause: 0,
    };
    assert_eq!(refused.at_client.down, Some(DownReason::Call(end)));
    assert_eq!(
        refused.at_server.down,
        Some(DownReason::Call(CallEnd::Local))
    );
}

/// A request that nobody has asked for yet when the peer goes is not asked for any more, and hides nothing.
#[test]
fn a_call_that_is_gone_is_not_asked_for() {
    let mut pair = Pair::new(client(), asking());
    while pair.at_client.control.len() < 2 {
        pair.step();
    }
    let request = core::mem::take(&mut pair.to_server.0);
    assert_eq!(
        pair.server.handle_control(pair.now, &request),
        Ok(request.len())
    );
    pair.server.control_closed(pair.now);
    let event = pair.server.poll_event().map(|event| format!("{event:?}"));
    assert_eq!(event.as_deref(), Some("Down(Control(TcpClosed))"));
    is_over(&mut pair.server);
}
