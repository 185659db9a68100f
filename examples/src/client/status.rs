//! What is counted, in words.

use crate::text::sealing;
use pptp_core::ppp::{Compression, Encryption, Ipv4};
use pptp_core::{control, gre};
use std::fmt;
use std::time::Duration;

/// What goes through the tunnel, and through those that there were before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traffic {
    /// What went in.
    pub sent: Count,
    /// What came out.
    pub received: Count,
    /// Packets that did not go in: it was not up, or the network was full.
    pub unsent: u64,
}

/// Packets and their octets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    packets: u64,
    octets: u64,
}

impl Count {
    /// Counts one more.
    pub fn add(&mut self, packet: &[u8]) {
        self.packets += 1;
        self.octets += u64::try_from(packet.len()).unwrap_or(0);
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packets, {} octets", self.packets, self.octets)
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sent,
            received,
            unsent,
        } = self;
        write!(f, "sent {sent} ({unsent} not); received {received}")
    }
}

/// The GRE packets of one tunnel that came, for what did not come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arrivals {
    /// The numbers of the first packet that was delivered, and the highest one, and how many came.
    delivered: Option<(u32, u32, u64)>,
}

impl Arrivals {
    /// A packet has been delivered, and was of use.
    pub fn delivered(&mut self, sequence: u32) {
        let (first, last, packets) = self.delivered.unwrap_or((sequence, sequence, 0));
        let is_late = last.wrapping_sub(sequence).cast_signed() > 0;
        let last = if is_late { last } else { sequence };
        self.delivered = Some((first, last, packets + 1));
    }

    /// A packet has come, and was of no use.
    pub const fn useless(&mut self) {
        if let Some((_, _, packets)) = &mut self.delivered {
            *packets += 1;
        }
    }

    /// How many of those between the first and the last that were delivered did not come, or too late.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let (first, last, packets) = self.delivered.unwrap_or_default();
        let all = u64::from(last.wrapping_sub(first)) + 1;
        all.saturating_sub(packets.max(1))
    }
}

/// How one tunnel is doing.
#[derive(Debug, Clone, Copy)]
pub struct Status<'a> {
    /// What IPCP has agreed on, if it has, the device, and since when.
    pub up: Option<(Ipv4, &'a str, Duration)>,
    /// How packets are encrypted: those that we send, and those that we receive.
    pub encryption: (Option<Encryption>, Option<Encryption>),
    /// And how they are compressed.
    pub compression: (Option<Compression>, Option<Compression>),
    /// How many tunnels there have been, with this one.
    pub tunnels: u32,
    /// All packets.
    pub traffic: Traffic,
    /// Which came.
    pub arrivals: Arrivals,
    /// How many were put in order.
    pub overtaken: u64,
    /// How many were delivered behind those that had overtaken them.
    pub late: u64,
    /// What GRE has counted.
    pub gre: &'a gre::Stats,
    /// What the control connection has counted.
    pub control: &'a control::Stats,
}

impl Status<'_> {
    /// The lines of it.
    #[must_use]
    pub fn lines(&self) -> [String; 6] {
        let up = self.up.map_or("no tunnel yet".to_owned(), |up| {
            let (ipv4, device, time) = up;
            format!("up for {} s: {}", time.as_secs(), Addresses(device, &ipv4))
        });
        let (send, receive) = self.encryption;
        let (packed, unpacked) = self.compression;
        let encryption = match self.up {
            Some(_) => format!(
                "encryption: sending {}, receiving {}",
                sealing(send, packed),
                sealing(receive, unpacked)
            ),
            None => "encryption: not agreed on yet".to_owned(),
        };
        let [traffic, gre] = self.summary();
        let (acks, messages) = (self.gre, self.control);
        let dropped = acks.malformed
            + acks.wrong_call_id
            + acks.without_sequence
            + acks.too_far_ahead
            + acks.invalid_acks;
        [
            format!("{up}; reconnects: {}", self.tunnels.saturating_sub(1)),
            encryption,
            traffic,
            gre,
            format!(
                "GRE: acknowledgments alone: sent {}, received {}; not from this tunnel or broken: {dropped}",
                acks.acks_sent, acks.acks_received
            ),
            format!(
                "control connection: sent {} messages, received {}, {} of them of no use",
                messages.sent,
                messages.received,
                messages.unknown + messages.unexpected
            ),
        ]
    }

    /// The two lines that are told at the end, too.
    #[must_use]
    pub fn summary(&self) -> [String; 2] {
        let gre = self.gre;
        [
            self.traffic.to_string(),
            format!(
                "GRE: sent {}, received {}, {} lost; {} put in order, {} delivered late; dropped: {} late, {} doubled, {} of no use",
                gre.sent,
                gre.received,
                self.arrivals.lost(),
                self.overtaken,
                self.late,
                gre.late,
                gre.duplicate,
                gre.ppp
            ),
        ]
    }
}

/// A device and the addresses of its ends.
#[derive(Debug, Clone, Copy)]
pub struct Addresses<'a>(pub &'a str, pub &'a Ipv4);

impl fmt::Display for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(device, ipv4) = self;
        let local = OrNone(ipv4.local);
        let remote = OrNone(ipv4.remote);
        let mtu = ipv4.mtu;
        write!(f, "{device}, address {local}, server {remote}, MTU {mtu}")
    }
}

struct OrNone<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for OrNone<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(it) => it.fmt(f),
            None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_come_is_lost() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.lost(), 0);
        let first = u32::MAX - 1;
        // 4 and 5 are lost; 3 came, and was of no use.
        for number in [0, 1, 2, 6] {
            arrivals.delivered(first.wrapping_add(number));
        }
        arrivals.useless();
        assert_eq!(arrivals.lost(), 2);
        // 4 comes after all.
        arrivals.delivered(first.wrapping_add(4));
        assert_eq!(arrivals.lost(), 1);
    }

    #[test]
    fn packets_are_counted() {
        let mut traffic = Traffic::default();
        traffic.sent.add(&[0; 40]);
        traffic.sent.add(&[0; 2]);
        traffic.unsent = 1;
        let text = "sent 2 packets, 42 octets (1 not); received 0 packets, 0 octets";
        assert_eq!(traffic.to_string(), text);
    }
}
