//! `pptp_core::{Client, Server}`, which are all of it.

use super::ppp::{Late, config, event as ppp_event, verdicts};
use crate::firmware_loop::{Tunnel, run_forever};
use crate::{AnyBoard, any, bytes, now, printed, some, some_of, some_times, text, used};
use pptp_core::control::{CallAnswer, CallRequest, Config};
use pptp_core::gre::{Received, Reorder};
use pptp_core::wire::{GeneralError, OutgoingCallResult};
use pptp_core::{Client, ClientConfig, Event, GreConfig, Output, Server, ServerConfig, Session};
use pptp_ppp::auth::AuthId;
use pptp_ppp::{Bare, Full, Inbound, Minimal, Network, Outgoing, Profile, Random};

/// The run loop, over which the same holds as over the library.
pub(super) fn run_loop() {
    let mut client_config = ClientConfig::default();
    client_config.ppp = config();
    used(run_forever::<Minimal>(&mut AnyBoard, &client_config));
    used(run_forever::<Bare>(&mut AnyBoard, &client_config));
    let mut server_config = ServerConfig::default();
    server_config.ppp = config();
    let server = Server::<Minimal>::new(server_config, any([0; 32]));
    used(Tunnel::new(server).run(&mut AnyBoard));
}

/// Both roles, with encryption and authentication, and without.
pub(super) fn ends() {
    both::<Minimal>();
    both::<Bare>();
    // One of them: there is no room for several side by side.
    let mut config = ClientConfig::default();
    config.ppp = super::ppp::config();
    end(&mut Client::<Full>::new(config.clone(), any([0; 32])));
    end(&mut Client::<Late>::new(config, any([0; 32])));
}

fn both<P: Profile>() {
    let mut client_config = ClientConfig::default();
    client_config.control = any(Config::default());
    client_config.call = any(CallRequest::default());
    client_config.gre = any(GreConfig::default());
    client_config.ppp = config();
    let mut client = Client::<P>::new(client_config.clone(), any([0; 32]));
    end(&mut client);
    jobs(&mut [client.clone(), client]);
    let random = Random::scripted(bytes(), any([0; 32]));
    end(&mut Client::<P>::with_random(client_config, random));

    let mut server_config = ServerConfig::default();
    server_config.control = any(Config::default());
    server_config.gre = any(GreConfig::default());
    server_config.ppp = config();
    let random = Random::scripted(bytes(), any([0; 32]));
    end(&mut Server::<P>::with_random(server_config.clone(), random));
    let mut server = Server::<P>::new(server_config, any([0; 32]));
    for _ in some_times() {
        end(&mut server);
        used(server.accept_call(now(), any(CallAnswer::default())));
        used(server.refuse_call(
            now(),
            any(OutgoingCallResult::Busy),
            any(GeneralError::NoResource),
        ));
    }
}

fn end<P: Profile, R>(end: &mut Session<P, R>) {
    let mut datagram = [0; 256];
    let mut out = [0; 256];
    let mut reorder = Reorder::<2, 100>::new();
    for _ in some_times() {
        end.control_connected(now());
        match end.handle_control(now(), bytes()) {
            Ok(consumed) => used(consumed),
            Err(error) => printed(error),
        }
        match end.handle_gre(now(), some(&mut datagram)) {
            Ok(Inbound::Packet { packet, .. }) => used(packet),
            Ok(other) => used(other),
            Err(discard) => printed(discard),
        }
        if let Ok(Received::Packet { sequence, payload }) =
            end.receive_gre(now(), some(&mut datagram))
        {
            let mut packet = Some((sequence, payload));
            while let Some((sequence, payload)) = reorder.release(now(), &mut packet) {
                used(end.deliver(now(), sequence, payload).map(drop));
            }
        }
        match end.send(now(), any(Network::Ipv4), bytes(), some(&mut out)) {
            Ok(datagram) => used(datagram),
            Err(error) => printed(error),
        }
        batches(end);
        end.handle_timeout(now());
        used(end.poll_control(now(), some(&mut out)));
        used(end.poll_gre(now(), some(&mut out)));
        let mut request = None;
        while let Some(next) = end.poll_event() {
            event(next, &mut request);
        }
        for _ in some_times() {
            match end.poll_output(now(), some(&mut out)) {
                Ok(Output::Control(octets) | Output::Gre(octets)) => used(octets),
                Ok(Output::Event(next)) => event(next, &mut request),
                Ok(Output::Timeout(at)) => used(at),
                Err(error) => printed(error),
            }
        }
        if let Some(request) = request {
            super::eap::tunnel(end, request);
            verdicts(|verdict, grant| end.authorize(now(), request, verdict, grant));
        }
        if let Some(credentials) = config().credentials {
            used(end.retry(now(), credentials));
        }
        used(end.change_password(now(), text()));
        used((end.next_timeout(), end.timeout_reason()));
        used((end.mtu(), end.phase(), end.encryption(), end.call_info()));
        used((end.resets(), end.delivered_late()));
        used(end.compression());
        used((end.is_up(any(Network::Ipv4)), end.down_reason()));
        used((end.gre_stats(), end.control_stats()));
        used((
            end.window_room(),
            end.window(),
            end.path_mtu(any(1500)),
            end.last_heard(),
        ));
        end.close(now());
        end.control_closed(now());
    }
}

/// Several packets at once.
fn batches<P: Profile, R>(end: &mut Session<P, R>) {
    let mut datagrams = [[0; 64]; 8];
    let mut outgoing = datagrams.each_mut().map(|out| Outgoing::new(bytes(), out));
    end.send_batch(now(), any(Network::Ipv4), some_of(&mut outgoing));
    for packet in &outgoing {
        match packet.sent() {
            Ok(datagram) => used(datagram),
            Err(error) => printed(error),
        }
    }
    let mut datagrams = datagrams.each_mut().map(|datagram| some(datagram));
    let mut batch = end.handle_gre_batch(now(), some_of(&mut datagrams));
    while any(true)
        && let Some(inbound) = batch.next()
    {
        match inbound {
            Ok(Inbound::Packet { packet, .. }) => used(packet),
            Ok(other) => used(other),
            Err(discard) => printed(discard),
        }
    }
    used(batch.left());
}

/// A packet each of several sessions.
fn jobs<P: Profile, R: Clone>(sessions: &mut [Session<P, R>; 2]) {
    for session in &mut *sessions {
        used(session.prepare());
    }
    let mut datagrams = [[0; 64]; 2];
    let mut outgoing = datagrams.each_mut().map(|out| Outgoing::new(bytes(), out));
    let [first, second] = &mut outgoing;
    let [one, two] = sessions;
    let mut jobs = [(&mut *one, first), (&mut *two, second)];
    Session::send_jobs(now(), any(Network::Ipv4), some_of(&mut jobs));
    for packet in &outgoing {
        match packet.sent() {
            Ok(datagram) => used(datagram),
            Err(error) => printed(error),
        }
    }
    let [first, second] = &mut datagrams;
    let mut jobs = [(one, some(first)), (two, some(second))];
    let mut jobs = Session::handle_gre_jobs(now(), some_of(&mut jobs));
    while any(true)
        && let Some(inbound) = jobs.next()
    {
        match inbound {
            Ok(Inbound::Packet { packet, .. }) => used(packet),
            Ok(other) => used(other),
            Err(discard) => printed(discard),
        }
    }
    used(jobs.left());
}

fn event(event: Event<'_>, request: &mut Option<AuthId>) {
    match event {
        Event::Ppp(pptp_ppp::Event::AuthRequested(presented)) => *request = Some(presented.id),
        Event::Ppp(pptp_ppp::Event::Eap(packet)) => *request = Some(packet.id),
        Event::Ppp(event) => ppp_event(event),
        Event::Diagnosis(diagnosis) => printed(diagnosis),
        Event::Down(reason) => printed(reason),
        other => used(other),
    }
}
