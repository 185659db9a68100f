//! What gets a tunnel over a loss in the stateful mode of MPPE and MPPC.
//!
//! There, whoever has lost a packet cannot read those after it, until the other end begins anew. It notices by the next
//! packet only. When what was lost is the last of several, the next is the one that TCP sends when its patience is over:
//! that shows the loss, and cannot be read itself. The one after it comes after twice the time, and so on: a few losses
//! in a row take minutes. (What is more, an acknowledgment that comes so late makes TCP wait as long for all others.)
//!
//! So what is lost is found out at once, by a ping that follows when nothing else does, and whose answer does the same for
//! the other direction. (It also drives pptpd, which hands on what came after a gap only when something else comes.) And
//! when the other end has asked to begin anew, the last packet is sent again, which it cannot have read.

use etherparse::{IpNumber, Ipv4HeaderSlice, PacketBuilder};
use pptp_core::Session;
use pptp_core::ppp::{Compression, Encryption, Profile, ResetCounts};
use pptp_core::time::Instant;
use pptp_mppe::Mode;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How long after the last packet the first ping goes. Before that pptpd and pptp-linux would not miss a packet: they
/// wait for 300 ms for those that were overtaken.
const QUIET: Duration = Duration::from_millis(350);

/// The longest time between two pings. Each waits twice as long as the one before, as TCP does.
const LONGEST: Duration = Duration::from_secs(23);

/// Not further than to the other end.
const TIME_TO_LIVE: u8 = 1;

/// How long a packet is worth being sent again, and how often.
const FRESH: Duration = Duration::from_secs(4);
const REPEATS: u8 = 4;

/// Whether the packets of a session, those sent and those received, build on each other; `None` where they are neither
/// encrypted nor compressed.
pub fn modes<P: Profile, R>(session: &Session<P, R>) -> (Option<Mode>, Option<Mode>) {
    let (encrypts, decrypts) = session.encryption();
    let (compresses, decompresses) = session.compression();
    let mode = |encryption: Option<Encryption>, compression: Option<Compression>| {
        let encrypted = encryption.map(|it| it.mode);
        encrypted.or(compression.map(|it| it.mode))
    };
    (mode(encrypts, compresses), mode(decrypts, decompresses))
}

/// Says when to ping through a tunnel, and when to send again. Nothing happens before [`start`](Self::start).
#[derive(Debug, Default)]
pub struct Probe {
    ends: Option<(Ipv4Addr, Ipv4Addr)>,
    /// When the last packet went or came.
    last: Instant,
    due: Option<Instant>,
    /// How long before it is due again.
    wait: Duration,
    number: u16,
    /// The last packet that went, when, and how often it may go again.
    sent: Vec<u8>,
    sent_at: Instant,
    repeats: u8,
    resets: ResetCounts,
}

impl Probe {
    /// The tunnel is up, between `own` address and that of the `peer`, with such [`modes`]. Where no loss makes other packets unreadable there is nothing to do.
    pub fn start(
        &mut self,
        own: Option<Ipv4Addr>,
        peer: Option<Ipv4Addr>,
        (send, receive): (Option<Mode>, Option<Mode>),
    ) {
        let is_needed = [send, receive].contains(&Some(Mode::Stateful));
        self.stop();
        self.ends = own.zip(peer).filter(|_| is_needed);
    }

    /// The tunnel is down.
    pub fn stop(&mut self) {
        *self = Self::default();
    }

    /// A packet has come through the tunnel.
    pub fn received(&mut self, now: Instant, packet: &[u8]) {
        // Pings are no reason to ping: each end would have one on account of the other's, for ever.
        if self.ends.is_none() || is_ping(packet) {
            return;
        }
        self.last = now;
        self.wait = QUIET;
        let due = now + QUIET;
        if self.due.is_none_or(|at| at > due) {
            self.due = Some(due);
        }
    }

    /// A packet has gone through the tunnel.
    pub fn sent(&mut self, now: Instant, packet: &[u8]) {
        self.received(now, packet);
        if self.ends.is_none() || is_ping(packet) {
            return;
        }
        if packet != self.sent {
            self.sent.clear();
            self.sent.extend_from_slice(packet);
            self.sent_at = now;
            self.repeats = REPEATS;
        }
    }

    /// The packet that is to be sent again, if there is one, when there have been so many resets.
    pub fn again(&mut self, now: Instant, resets: ResetCounts) -> Option<Vec<u8>> {
        let before = std::mem::replace(&mut self.resets, resets);
        self.ends?;
        let unread = resets.taken != before.taken;
        // The answers to it were not read either: TCP, for one, answers what it has got already.
        let unanswered = resets.granted != before.granted && is_tcp(&self.sent);
        if !(unread || unanswered)
            || self.sent.is_empty()
            || now.saturating_since(self.sent_at) > FRESH
        {
            return None;
        }
        self.repeats = self.repeats.checked_sub(1)?;
        Some(self.sent.clone())
    }

    /// When [`poll`](Self::poll) is to be called.
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// The ping that is due, if there is one: a packet to be sent through the tunnel.
    pub fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        let (own, peer) = self.ends?;
        self.due.filter(|due| *due <= now)?;
        let quiet = self.last + QUIET;
        if quiet > now {
            // There has been more since.
            self.due = Some(quiet);
            return None;
        }
        self.wait = self.wait.saturating_mul(2);
        self.due = (self.wait <= LONGEST).then(|| now + self.wait);
        self.number = self.number.wrapping_add(1);
        let builder = PacketBuilder::ipv4(own.octets(), peer.octets(), TIME_TO_LIVE)
            .icmpv4_echo_request(self.number, self.number);
        let mut packet = Vec::with_capacity(builder.size(0));
        builder.write(&mut packet, &[]).ok()?;
        Some(packet)
    }
}

/// Whether a packet is an echo request or an answer to one.
fn is_ping(packet: &[u8]) -> bool {
    let Ok(header) = Ipv4HeaderSlice::from_slice(packet) else {
        return false;
    };
    let kind = packet.get(header.slice().len());
    header.protocol() == IpNumber::ICMP && matches!(kind, Some(0 | 8))
}

fn is_tcp(packet: &[u8]) -> bool {
    Ipv4HeaderSlice::from_slice(packet).is_ok_and(|header| header.protocol() == IpNumber::TCP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};

    const NONE: [u64; 0] = [];
    const OWN: Ipv4Addr = Ipv4Addr::new(10, 98, 0, 10);
    const PEER: Ipv4Addr = Ipv4Addr::new(10, 98, 0, 1);

    fn probe() -> Probe {
        let mut probe = Probe::default();
        let stateful = Some(Mode::Stateful);
        probe.start(Some(OWN), Some(PEER), (stateful, stateful));
        probe
    }

    fn datagram() -> Vec<u8> {
        let mut packet = Vec::new();
        let builder = PacketBuilder::ipv4(OWN.octets(), [192, 0, 2, 1], 64).udp(7, 9);
        builder.write(&mut packet, b"text").unwrap();
        packet
    }

    /// When there is a ping, in milliseconds, if `packet` goes at each of `times`.
    fn pings(probe: &mut Probe, packet: &[u8], times: &[u64], until: u64) -> Vec<u64> {
        let mut pings = Vec::new();
        for millis in 0..until {
            let now = Instant::from_millis(millis);
            if times.contains(&millis) {
                probe.sent(now, packet);
            }
            let was_due = probe.next_timeout().is_some_and(|at| at <= now);
            if probe.poll(now).is_some() {
                assert!(was_due, "{millis}");
                pings.push(millis);
            }
            assert!(probe.next_timeout().is_none_or(|at| at > now), "{millis}");
        }
        pings
    }

    #[test]
    fn after_the_last_packet_there_are_pings_and_then_ever_fewer() {
        let packet = datagram();
        assert_eq!(pings(&mut probe(), &packet, &[], 10_000), NONE);
        assert_eq!(
            pings(&mut probe(), &packet, &[0], 100_000),
            [350, 1050, 2450, 5250, 10_850, 22_050, 44_450]
        );
        // Not as long as there are packets; and packets in between start it over.
        assert_eq!(
            pings(&mut probe(), &packet, &[0, 300, 600, 900, 1300], 1500),
            [1250]
        );
        assert_eq!(
            pings(&mut probe(), &packet, &[0, 4000], 7000),
            [350, 1050, 2450, 4350, 5050, 6450]
        );
    }

    #[test]
    fn a_ping_goes_to_the_other_end_and_is_no_reason_for_another() {
        let mut probe = probe();
        probe.sent(Instant::ZERO, &datagram());
        let ping = probe.poll(Instant::from_millis(350)).unwrap();
        let sliced = SlicedPacket::from_ip(&ping).unwrap();
        let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Icmpv4(icmp))) =
            (&sliced.net, &sliced.transport)
        else {
            panic!("not IPv4 and ICMP");
        };
        let header = ip.header();
        assert_eq!(
            (
                header.source_addr(),
                header.destination_addr(),
                header.ttl()
            ),
            (OWN, PEER, 1)
        );
        // RFC 792: an echo is of type 8, its answer of type 0, and the sum of all is right.
        assert_eq!((icmp.type_u8(), icmp.code_u8()), (8, 0));
        let sum = icmp
            .slice()
            .chunks(2)
            .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
        assert_eq!(sum.sum::<u32>(), 0xffff);
        let mut answer = ping.clone();
        answer[20] = 0;
        for packet in [&ping, &answer] {
            assert_eq!(pings(&mut self::probe(), packet, &[0], 5000), NONE);
        }
        // Other ICMP is.
        let mut unreachable = datagram();
        unreachable[9] = 1;
        unreachable[20] = 3;
        assert_eq!(pings(&mut self::probe(), &unreachable, &[0], 500), [350]);
    }

    #[test]
    fn there_are_none_where_nothing_is_to_be_found_out() {
        let (stateless, stateful) = (Some(Mode::Stateless), Some(Mode::Stateful));
        for (ends, modes, pinged) in [
            ((Some(OWN), Some(PEER)), (stateless, stateless), false),
            ((Some(OWN), Some(PEER)), (None, None), false),
            ((Some(OWN), None), (stateful, stateful), false),
            ((None, Some(PEER)), (stateful, stateful), false),
            ((Some(OWN), Some(PEER)), (stateless, stateful), true),
            ((Some(OWN), Some(PEER)), (stateful, None), true),
        ] {
            let mut probe = Probe::default();
            probe.start(ends.0, ends.1, modes);
            let found = pings(&mut probe, &datagram(), &[0], 500);
            assert_eq!(!found.is_empty(), pinged, "{ends:?} {modes:?}");
        }
        let mut probe = probe();
        probe.sent(Instant::ZERO, &datagram());
        probe.stop();
        assert_eq!(pings(&mut probe, &datagram(), &[0], 500), NONE);
    }

    const fn resets(taken: u32, granted: u16) -> ResetCounts {
        ResetCounts { taken, granted }
    }

    fn segment() -> Vec<u8> {
        let mut packet = Vec::new();
        let builder = PacketBuilder::ipv4(OWN.octets(), [192, 0, 2, 1], 64).tcp(80, 9, 1, 1000);
        builder.write(&mut packet, b"text").unwrap();
        packet
    }

    #[test]
    fn what_was_not_read_is_sent_again_for_a_while() {
        let mut probe = probe();
        let at = Instant::from_millis;
        assert_eq!(probe.again(at(0), resets(1, 0)), None, "nothing was sent");
        probe.sent(at(0), &segment());
        probe.sent(at(0), &datagram());
        // A ping in between is not what is sent again.
        let ping = probe.poll(at(350)).unwrap();
        probe.sent(at(350), &ping);
        assert_eq!(probe.again(at(350), resets(1, 0)), None);
        for taken in 2..6 {
            assert_eq!(probe.again(at(360), resets(taken, 0)), Some(datagram()));
            probe.sent(at(360), &datagram());
            assert_eq!(probe.again(at(360), resets(taken, 0)), None);
        }
        assert_eq!(probe.again(at(370), resets(6, 0)), None, "often enough");
        probe.sent(at(400), &segment());
        assert_eq!(probe.again(at(4400), resets(7, 0)), Some(segment()));
        assert_eq!(probe.again(at(4401), resets(8, 0)), None, "too late");
    }

    #[test]
    fn what_had_no_answer_is_sent_again_if_it_is_tcp() {
        let mut probe = probe();
        let at = Instant::from_millis;
        probe.sent(at(0), &datagram());
        assert_eq!(probe.again(at(1), resets(0, 1)), None);
        probe.sent(at(2), &segment());
        assert_eq!(probe.again(at(3), resets(0, 2)), Some(segment()));
        assert_eq!(probe.again(at(4), resets(0, 2)), None);
    }

    #[test]
    fn nothing_is_sent_again_in_stateless_mode_or_when_it_is_down() {
        let at = Instant::from_millis;
        let stateless = Some(Mode::Stateless);
        let mut other = Probe::default();
        other.start(Some(OWN), Some(PEER), (stateless, stateless));
        let mut down = probe();
        for probe in [&mut other, &mut down] {
            probe.sent(at(0), &segment());
            probe.stop();
            assert_eq!(probe.again(at(1), resets(1, 1)), None);
        }
    }
}
