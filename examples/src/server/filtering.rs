//! What a port that is for PPTP alone does not let in, and how much of it there was.

use super::serve::Server;
use pptp_core::filter::{Accepted, Filter, Refused};
use std::collections::BTreeMap;
use std::fmt;
use tracing::trace;

/// How many packets were refused, by the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals(BTreeMap<&'static str, u64>);

impl Refusals {
    /// Counts one more.
    pub fn count(&mut self, refused: &Refused) {
        let reason = match refused {
            Refused::Malformed(_) => "malformed",
            Refused::Fragment => "fragments",
            Refused::NobodysAddress { .. } => "from nobody's address",
            Refused::NotPptp(_) => "not PPTP",
            Refused::UnknownCall { .. } => "of no call",
            _ => "others",
        };
        *self.0.entry(reason).or_default() += 1;
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (place, (reason, count)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{reason} {count}")?;
        }
        Ok(())
    }
}

impl Server {
    /// Whether the filter lets a packet of GRE in; it lets in all if there is to be none.
    pub(super) fn is_let_in(&mut self, packet: &[u8]) -> bool {
        if !self.config.network.pptp_only {
            return true;
        }
        // The socket is bound to the address that clients have connected to.
        let filter = Filter {
            address: None,
            peer: None,
            port: self.config.listen.port(),
            listens: true,
        };
        let table = &mut self.table;
        let is_call = |peer, call_id| table.by_call(peer, call_id).is_some();
        match filter.decide(packet, is_call) {
            Ok(Accepted::Tunnel { .. }) => true,
            Ok(Accepted::Control { .. }) => false,
            Err(refused) => {
                trace!(%refused, "filtered");
                self.refusals.count(&refused);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn refusals_are_counted_by_their_reasons() {
        let mut refusals = Refusals::default();
        assert_eq!(refusals.to_string(), "none");
        let peer = Ipv4Addr::new(192, 0, 2, 1);
        for call_id in 0..3 {
            refusals.count(&Refused::UnknownCall { peer, call_id });
        }
        refusals.count(&Refused::Fragment);
        assert_eq!(refusals.to_string(), "fragments 1, of no call 3");
    }
}
