//! The GRE header and the session.

use crate::{any, bytes, now, printed, some, some_times, used};
use core::time::Duration;
use pptp_core::gre::{self, Config, Proof, Received, Reorder, Session, SlidingWindow};
use pptp_core::path::{FragmentationNeeded, Framing, clamp_mss, tcp_mss};
use pptp_core::wire::GreHeader;

pub(super) fn header() {
    match GreHeader::parse(bytes()) {
        Ok((header, payload)) => {
            printed(header);
            used(payload);
        }
        Err(error) => printed(error),
    }
    let header = any(GreHeader {
        payload_len: 1,
        call_id: 2,
        sequence: Some(3),
        acknowledgment: None,
    });
    let mut buffer = [0; GreHeader::MAX_LEN];
    if let Some(out) = buffer.get_mut(..any(12)) {
        match header.encode(out) {
            Ok(encoded) => used(encoded),
            Err(error) => printed(error),
        }
    }
    used(header.len());
}

pub(super) fn session() {
    let mut datagram = [0; 256];
    let mut out = [0; 256];
    used(gre::peek_call_id(bytes()));
    used(gre::strip_ipv4(some(&mut datagram)));
    let mut config = any(Config::new(1, 2));
    config.window = any(SlidingWindow::ON);
    let mut session = Session::new(config);
    for _ in some_times() {
        match session.receive(now(), some(&mut datagram)) {
            Ok(Received::Packet { sequence, payload }) => {
                used(payload);
                used(session.deliver(sequence));
                session.confirm(now(), sequence, any(Proof::Genuine));
            }
            Ok(_) => {}
            Err(discard) => printed(discard),
        }
        used(session.deliver(any(1)));
        session.confirm(now(), any(1), any(Proof::Unknown));
        match session.seal(now(), some(&mut out), any(20)) {
            Ok(packet) => used(packet),
            Err(error) => printed(error),
        }
        used(session.poll_ack(now(), some(&mut out)));
        session.handle_timeout(now());
        used((session.next_timeout(), session.timeout_reason()));
        used((
            session.header_len(),
            session.is_ack_due(),
            session.in_flight(),
        ));
        used((session.config(), session.stats()));
        used((session.window_room(), session.window()));
    }
}

/// How long packets may be.
pub(super) fn path() {
    let mut packet = [0; 256];
    used(clamp_mss(some(&mut packet), any(1400)));
    used(tcp_mss(bytes()));
    used(FragmentationNeeded::parse(bytes()));
    let framing = Framing {
        ip_header: any(20),
        ..Framing::WORST
    };
    used((framing.overhead(), framing.inner_mtu(any(1500))));
    used(framing.must_fragment(any(1400), any(1500)));
}

pub(super) fn reorder() {
    let mut payload = [0; 256];
    let mut reorder = Reorder::<4, 200>::new();
    if any(true) {
        reorder = Reorder::with_timeout(any(Duration::ZERO)).starting_at(any(1));
    }
    for _ in some_times() {
        let mut packet = Some((any(1), some(&mut payload)));
        while let Some((sequence, payload)) = reorder.release(now(), &mut packet) {
            used((sequence, payload));
        }
        while let Some(packet) = reorder.pop(now()) {
            used(packet);
        }
        used((reorder.len(), reorder.is_empty(), reorder.next_timeout()));
        used(reorder.overtaken());
    }
    used(&reorder);
}
