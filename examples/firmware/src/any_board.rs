//! A board of which nothing is known: for the size of the loop, and for the proof that it cannot panic.

use crate::firmware_loop::{Board, Closed};
use crate::{any, now, some, text, used};
use pptp_core::Event;
use pptp_core::time::Instant;

/// Gives anything, and takes everything. As it happens its TCP connections close at once.
pub struct AnyBoard;

impl Board for AnyBoard {
    fn now(&mut self) -> Instant {
        now()
    }

    fn entropy(&mut self) -> [u8; 32] {
        any([0; 32])
    }

    fn hang_up(&mut self) -> bool {
        any(true)
    }

    fn event(&mut self, event: &Event<'_>) {
        used(event);
    }

    fn password(&self, user: &[u8]) -> Option<&str> {
        used(user);
        any(Some(text()))
    }

    fn tcp_connect(&mut self) -> bool {
        any(true)
    }

    fn tcp_write(&mut self, octets: &[u8]) -> Result<usize, Closed> {
        used(octets);
        any(Ok(1))
    }

    fn tcp_read(&mut self, buffer: &mut [u8]) -> Result<usize, Closed> {
        used(buffer);
        any(Err(Closed))
    }

    fn tcp_close(&mut self) {
        used(());
    }

    fn gre_receive<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b mut [u8]> {
        any(true).then(|| some(buffer))
    }

    fn gre_send(&mut self, datagram: &[u8]) {
        used(datagram);
    }

    fn ip_receive<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b mut [u8]> {
        any(true).then(|| some(buffer))
    }

    fn ip_send(&mut self, packet: &[u8]) {
        used(packet);
    }

    fn wait(&mut self, until: Option<Instant>) {
        used(until);
    }
}
