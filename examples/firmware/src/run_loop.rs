//! What a product does with one end of a tunnel, with nothing behind it: for the size of it.

use crate::{any, bytes, now, some, text, used};
use pptp_core::{Event, Inbound, MAX_OUTPUT, Network, Output, Session};
use pptp_ppp::auth::{Grant, Verdict};
use pptp_ppp::{Event as PppEvent, Profile};

/// Runs `end` on inputs that may be anything, for ever.
pub fn run_loop<P: Profile, R>(end: &mut Session<P, R>) -> ! {
    let mut datagram = [0; 1600];
    let mut out = [0; 1600];
    loop {
        match any(0) {
            0 => end.control_connected(now()),
            1 => used(end.handle_control(now(), bytes()).is_ok()),
            2 => {
                if let Ok(Inbound::Packet { packet, .. }) =
                    end.handle_gre(now(), some(&mut datagram))
                {
                    used(packet);
                }
            }
            3 => used(end.send(now(), Network::Ipv4, bytes(), &mut out).ok()),
            4 => end.handle_timeout(now()),
            _ => end.close(now()),
        }
        let mut out = [0; MAX_OUTPUT];
        loop {
            let mut request = None;
            match end.poll_output(now(), &mut out) {
                Ok(Output::Control(octets) | Output::Gre(octets)) => used(octets),
                Ok(Output::Event(Event::Ppp(PppEvent::AuthRequested(presented)))) => {
                    used(presented.name);
                    request = Some(presented.id);
                }
                Ok(Output::Event(event)) => used(event),
                Ok(Output::Timeout(_)) | Err(_) => break,
            }
            if let Some(request) = request {
                end.authorize(now(), request, &Verdict::Password(text()), Grant::default());
            }
        }
        used(end.next_timeout());
    }
}
