//! TLS messages over the fragments of Requests and Responses: what both roles have in common.

use crate::fragments::{Outgoing, Reassembly};
use crate::keys::Keys;
use crate::packet::to_vec;
use crate::tls::Tls;
use crate::wire::Fragment;
use crate::{Failure, FragmentError};
use alloc::vec::Vec;
use pptp_ppp::wire::Packet;
use pptp_ppp::wire::eap::Type;
use rustls::Connection;
use zeroize::Zeroizing;

/// What has come in a fragment.
pub(crate) enum Received {
    /// A piece, which [`Carrier::next`] acknowledges, or the acknowledgment of one of ours.
    Part,
    /// The end of a message, perhaps of no octets, and what was protected in it.
    Message(Zeroizing<Vec<u8>>),
}

#[derive(Debug)]
pub(crate) struct Carrier {
    pub(crate) tls: Tls,
    pub(crate) method: Type,
    incoming: Reassembly,
    outgoing: Outgoing,
    max_data_len: usize,
    is_fresh: bool,
}

impl Carrier {
    /// The shortest packet that may be asked for: it has to hold more than headers.
    const MIN_PACKET_LEN: usize = 64;

    pub(crate) fn new(method: Type, connection: impl Into<Connection>, max_packet: u16) -> Self {
        let max_packet = usize::from(max_packet).max(Self::MIN_PACKET_LEN);
        Self {
            tls: Tls::new(connection),
            method,
            incoming: Reassembly::default(),
            outgoing: Outgoing::default(),
            max_data_len: max_packet.saturating_sub(Fragment::MAX_OVERHEAD),
            is_fresh: true,
        }
    }

    /// Whether nothing has come yet.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    pub(crate) fn handle(&mut self, fragment: &Fragment<'_>) -> Result<Received, Failure> {
        self.is_fresh = false;
        if !self.outgoing.is_done() {
            return if fragment.is_acknowledgment() {
                Ok(Received::Part)
            } else {
                Err(FragmentError::NotAcknowledged.into())
            };
        }
        match self.incoming.push(fragment)? {
            Some(message) => self.tls.handle(&message).map(Received::Message),
            None => Ok(Received::Part),
        }
    }

    /// Whether there is anything to say.
    pub(crate) fn has_output(&mut self) -> bool {
        if self.outgoing.is_done() {
            self.outgoing = Outgoing::new(self.tls.output());
        }
        !self.outgoing.is_done()
    }

    /// Forgets what was on its way, so that what TLS has to say of a failure goes out at once.
    pub(crate) fn abandon(&mut self) {
        self.incoming = Reassembly::default();
        self.outgoing = Outgoing::default();
    }

    /// The next packet of EAP: a fragment, or an acknowledgment if there is nothing to say.
    pub(crate) fn next(&mut self, code: pptp_ppp::wire::Code, identifier: u8) -> Vec<u8> {
        self.has_output();
        let method = self.method;
        let fragment = self.outgoing.next(self.max_data_len);
        to_vec(|writer| {
            Packet::encode_with(writer, code, identifier, |writer| {
                writer.u8(method.0);
                fragment.encode(writer);
            });
        })
    }

    pub(crate) fn keys(&self) -> Result<Keys, Failure> {
        self.tls.keys(self.method)
    }
}
