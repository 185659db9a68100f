//! The gateway: control connections by their addresses, and what passes through it.

use super::calls::{self, Calls, Place};
use super::checksum::{TCP, is_tcp_intact};
use super::connection::{Connection, Phase};
use super::{Config, EndReason, Event, Flow, GreFlow, Refusal, Side, Stats, ipv4, tcp};
use crate::codec::ParseError;
use crate::error::Discard;
use crate::gre::{self, Ipv4Header};
use crate::log::debug;
use crate::time::Instant;
use core::net::Ipv4Addr;

/// Where the call id is in a GRE header (RFC 2637 §4.1).
const GRE_CALL_ID_AT: usize = 6;

/// The helper for PPTP of one NAT, with one address outside: `CONNECTIONS` control connections, and `CALLS` calls on them.
///
/// The caller translates addresses and ports, and hands over the TCP segments of each flow to or from port 1723
/// ([`handle_packet`](Self::handle_packet), [`handle_segment`](Self::handle_segment); a proxy, which has streams instead
/// of segments, [`handle_stream`](Self::handle_stream)) and all enhanced GRE packets
/// ([`handle_gre_from_inside`](Self::handle_gre_from_inside),
/// [`handle_gre_from_outside`](Self::handle_gre_from_outside)). A [`Flow`] has the address and port that the inside has
/// inside, whatever the NAT makes of them, and the real ones of the outside.
///
/// What it takes in memory is in its type: at most 330 octets a connection and 50 a call. A call is found at once by the id
/// that was given to it, and by the outside's by going through all calls.
///
/// Any order of calls is safe. After a call [`poll_event`](Self::poll_event) may have something to tell; a caller that
/// needs no events may leave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway<const CONNECTIONS: usize, const CALLS: usize> {
    config: Config,
    pub(super) connections: [Option<Connection>; CONNECTIONS],
    pub(super) calls: [Place; CALLS],
    last_id: u16,
    stats: Stats,
}

impl<const CONNECTIONS: usize, const CALLS: usize> Gateway<CONNECTIONS, CALLS> {
    /// A gateway that knows nothing yet.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            last_id: config.first_call_id.wrapping_sub(1),
            config,
            connections: [const { None }; CONNECTIONS],
            calls: [const { None }; CALLS],
            stats: Stats::ZERO,
        }
    }

    /// What the gateway has counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The calls whose packets pass.
    pub fn flows(&self) -> impl Iterator<Item = GreFlow> {
        let calls = self.calls.iter().flatten();
        calls.filter(|call| call.is_live()).map(|call| call.flow)
    }

    /// How many control connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.iter().flatten().count()
    }

    /// Whether a control connection is followed: its SYN was seen, and it has not been forgotten.
    #[must_use]
    pub fn knows(&self, flow: Flow) -> bool {
        self.find(flow).is_some()
    }

    /// Takes an IPv4 packet of a control connection, as [`handle_segment`](Self::handle_segment) does the TCP segment in
    /// it, whose checksum is looked at. Gives what is to go on, with both checksums right: the whole packet or, if it ends
    /// with half of a call id, all but that. Octets behind the packet's own end are cut off.
    ///
    /// # Errors
    /// Why it is to be dropped.
    pub fn handle_packet<'p>(
        &mut self,
        now: Instant,
        flow: Flow,
        from: Side,
        packet: &'p mut [u8],
    ) -> Result<&'p mut [u8], Refusal> {
        let result = self.segment_of(packet).and_then(|header| {
            let segment = packet.get_mut(header.payload.clone()).unwrap_or_default();
            let len = segment.len();
            let kept = self.follow_segment(now, flow, from, segment)?;
            Ok((header.payload.start.saturating_add(kept), kept < len))
        });
        match self.counted(result)? {
            (len, true) => Ok(ipv4::cut(packet, len)),
            (len, false) => Ok(packet.get_mut(..len).unwrap_or_default()),
        }
    }

    fn segment_of(&self, packet: &[u8]) -> Result<Ipv4Header, Refusal> {
        let header = Ipv4Header::parse(packet)?;
        if header.is_fragment {
            return Err(Refusal::Fragment);
        }
        if header.protocol != TCP {
            return Err(ParseError::invalid("IPv4 Protocol", 9).into());
        }
        let segment = packet.get(header.payload.clone()).unwrap_or_default();
        if !is_tcp_intact(header.source, header.destination, segment) {
            return Err(Refusal::Checksum);
        }
        Ok(header)
    }

    /// Takes a TCP segment of a control connection, from its header on, whose checksum is known to be right: a
    /// corrupted segment would be taken for what was sent. Rewrites the call ids in it, updates the checksum, and gives
    /// what is to go on: the whole segment or, if it ends with half of a call id, all but that.
    ///
    /// A segment of a connection whose SYN was not seen is left as it is.
    ///
    /// # Errors
    /// Why it is to be dropped.
    pub fn handle_segment<'s>(
        &mut self,
        now: Instant,
        flow: Flow,
        from: Side,
        segment: &'s mut [u8],
    ) -> Result<&'s mut [u8], Refusal> {
        let result = self.follow_segment(now, flow, from, segment);
        let len = self.counted(result)?;
        Ok(segment.get_mut(..len).unwrap_or_default())
    }

    /// As [`handle_segment`](Self::handle_segment); what has been cut off is still there.
    fn follow_segment(
        &mut self,
        now: Instant,
        flow: Flow,
        from: Side,
        segment: &mut [u8],
    ) -> Result<usize, Refusal> {
        let header = tcp::Header::parse(segment)?;
        let is_first = header.syn && header.acknowledgment.is_none() && !header.rst;
        let index = match self.find(flow) {
            Some(index) if is_first && self.is_over(index) => {
                self.forget(index, EndReason::Closed);
                None
            }
            index => index,
        };
        let index = match index {
            Some(index) => index,
            None if is_first => self.insert(now, flow, from)?,
            None => {
                self.stats.untracked = self.stats.untracked.wrapping_add(1);
                return Ok(segment.len());
            }
        };
        let place = self.connections.get(index).and_then(Option::as_ref);
        if let Some(renewed) = place.and_then(|it| it.renewed(&header, from, now)) {
            self.forget(index, EndReason::Closed);
            if let Some(place) = self.connections.get_mut(index) {
                *place = Some(renewed);
            }
        }
        let Some((connection, mut book)) = self.connection(now, index, from) else {
            return Ok(segment.len());
        };
        let passed = connection.follow(&header, segment, &mut book)?;
        connection.heard = now;
        if connection.phase == Phase::Reset {
            self.forget(index, EndReason::Reset);
        }
        Ok(passed)
    }

    /// Begins with a control connection whose TCP connections end here: that of the inside, which opened it or was to
    /// take it, and that of the outside. What is in its two streams goes through [`handle_stream`](Self::handle_stream).
    ///
    /// # Errors
    /// [`Refusal::NoRoom`].
    pub fn open_stream(&mut self, now: Instant, flow: Flow, opener: Side) -> Result<(), Refusal> {
        if self.find(flow).is_none() {
            let result = self.insert(now, flow, opener);
            let index = self.counted(result)?;
            if let Some(Some(connection)) = self.connections.get_mut(index) {
                connection.open_stream();
            }
        }
        Ok(())
    }

    /// Takes what came in a stream of [`open_stream`](Self::open_stream), rewrites the call ids in it, and tells how many
    /// octets from the front are to go on. The others, at most one, are to be presented again with what follows.
    ///
    /// # Errors
    /// [`Refusal::NoRoom`]: for now nothing can go on.
    pub fn handle_stream(
        &mut self,
        now: Instant,
        flow: Flow,
        from: Side,
        octets: &mut [u8],
    ) -> Result<usize, Refusal> {
        let Some(index) = self.find(flow) else {
            self.stats.untracked = self.stats.untracked.wrapping_add(1);
            return Ok(octets.len());
        };
        let Some((connection, mut book)) = self.connection(now, index, from) else {
            return Ok(octets.len());
        };
        connection.heard = now;
        match connection.follow_stream(from, octets, &mut book) {
            Err(Refusal::HalfAnId) => Ok(0),
            result => self.counted(result),
        }
    }

    /// Ends what [`open_stream`](Self::open_stream) began, and the calls with it.
    pub fn close_stream(&mut self, flow: Flow) {
        if let Some(index) = self.find(flow) {
            self.forget(index, EndReason::Closed);
        }
    }

    /// Takes a packet from inside, from its GRE header on, which needs no change, and tells to which call it belongs. It
    /// is to go to the outside, from the NAT's own address.
    ///
    /// # Errors
    /// [`Discard::Malformed`] if it is no enhanced GRE that carries PPP, [`Discard::NoCall`] if there is no such call.
    pub fn handle_gre_from_inside(
        &mut self,
        now: Instant,
        inside: Ipv4Addr,
        outside: Ipv4Addr,
        datagram: &[u8],
    ) -> Result<GreFlow, Discard> {
        let result = gre::peek_call_id(datagram).and_then(|id| {
            let mut calls = self.calls.iter().flatten();
            let call = calls.find(|call| {
                let flow = &call.flow;
                flow.outside_id == Some(id)
                    && flow.inside == inside
                    && flow.outside == outside
                    && call.is_live()
            });
            call.map(|call| (call.connection, call.flow))
                .ok_or(Discard::NoCall)
        });
        let (connection, flow) = self.counted_gre(result)?;
        if let Some(Some(connection)) = self.connections.get_mut(connection) {
            connection.heard = now;
        }
        Ok(flow)
    }

    /// Takes a packet from outside, from its GRE header on, writes the inside's call id into it, and tells to which call
    /// it belongs: it is to go to the inside.
    ///
    /// A call takes packets as soon as it has been asked for, for they may overtake the reply.
    ///
    /// # Errors
    /// [`Discard::Malformed`] if it is no enhanced GRE that carries PPP, [`Discard::NoCall`] if there is no such call. The
    /// packet is unchanged then.
    pub fn handle_gre_from_outside(
        &mut self,
        outside: Ipv4Addr,
        datagram: &mut [u8],
    ) -> Result<GreFlow, Discard> {
        let result = gre::peek_call_id(datagram).and_then(|id| {
            let call = calls::by_given_id(&mut self.calls, id);
            let call = call.filter(|call| call.flow.outside == outside);
            call.map(|call| call.flow).ok_or(Discard::NoCall)
        });
        let flow = self.counted_gre(result)?;
        let id = datagram.get_mut(GRE_CALL_ID_AT..).unwrap_or_default();
        if let Some(id) = id.first_chunk_mut() {
            *id = flow.inside_id.to_be_bytes();
        }
        Ok(flow)
    }

    /// Something that has happened, if there is something to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.calls.iter_mut().find_map(calls::tell)?;
        debug!("alg: {:?}", event);
        Some(event)
    }

    /// Forgets what has been silent for too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        for index in 0..CONNECTIONS {
            let connection = self.connections.get(index).and_then(Option::as_ref);
            let deadline = connection.map(|connection| connection.deadline(&self.config));
            if deadline.is_some_and(|at| at <= now) {
                self.forget(index, EndReason::Idle);
            }
        }
        for place in &mut self.calls {
            calls::expire(place, now);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due. Any call can change that.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let connections = self.connections.iter().flatten();
        let connections = connections.map(|connection| connection.deadline(&self.config));
        let calls = self.calls.iter().flatten();
        connections
            .chain(calls.filter_map(calls::Call::deadline))
            .min()
    }

    fn find(&self, flow: Flow) -> Option<usize> {
        let mut places = self.connections.iter();
        places.position(|place| {
            place
                .as_ref()
                .is_some_and(|connection| connection.flow == flow)
        })
    }

    /// Whether both ends have closed the connection.
    fn is_over(&self, index: usize) -> bool {
        let connection = self.connections.get(index).and_then(Option::as_ref);
        connection.is_some_and(|connection| connection.phase == Phase::Over)
    }

    fn has_calls(&self, index: usize) -> bool {
        let mut calls = self.calls.iter().flatten();
        calls.any(|call| call.connection == index && call.is_live())
    }

    /// Puts a connection into a free place, or into that of one that can be spared.
    fn insert(&mut self, now: Instant, flow: Flow, opener: Side) -> Result<usize, Refusal> {
        let new = Connection::new(flow, opener, now);
        let is_from_there = |it: &Connection| it.opener() == new.opener();
        let connections = self.connections.iter().flatten();
        let count = connections.filter(|it| is_from_there(it)).count();
        let index = if count >= self.config.connections_per_opener {
            self.spare(now, is_from_there)
        } else {
            let free = self.connections.iter().position(Option::is_none);
            free.or_else(|| self.spare(now, |_| true))
        };
        let index = index.ok_or(Refusal::NoRoom)?;
        self.forget(index, EndReason::Idle);
        *self.connections.get_mut(index).ok_or(Refusal::NoRoom)? = Some(new);
        self.stats.connections = self.stats.connections.wrapping_add(1);
        Ok(index)
    }

    /// A connection, and the calls as they are when something comes from that side of it.
    fn connection(
        &mut self,
        now: Instant,
        index: usize,
        from: Side,
    ) -> Option<(&mut Connection, Calls<'_>)> {
        let connection = self.connections.get_mut(index)?.as_mut()?;
        let book = Calls {
            calls: &mut self.calls,
            config: &self.config,
            last_id: &mut self.last_id,
            untold: &mut self.stats.untold,
            now,
            connection: index,
            flow: connection.flow,
            from,
        };
        Some((connection, book))
    }

    /// The connection that is missed the least, of those that `may` make way: of those that are over, being opened, or open
    /// and without a call for long enough to have asked for one, in this order, the one that has been silent for the
    /// longest time. None that has a call.
    fn spare(&self, now: Instant, may: impl Fn(&Connection) -> bool) -> Option<usize> {
        let places = self.connections.iter().enumerate();
        let spared = places.filter_map(|(index, place)| {
            let connection = place.as_ref().filter(|connection| may(connection))?;
            let rank = match connection.phase {
                Phase::Over | Phase::Reset => 0,
                Phase::Opening => 1,
                Phase::Open | Phase::Closing => 2,
            };
            let is_spared = rank < 2 || now.saturating_since(connection.heard) >= self.config.setup;
            let is_spared = is_spared && !self.has_calls(index);
            is_spared.then_some((rank, connection.heard, index))
        });
        spared.min().map(|(_, _, index)| index)
    }

    /// Empties the connection's place, and ends its calls.
    fn forget(&mut self, index: usize, reason: EndReason) {
        if let Some(place) = self.connections.get_mut(index) {
            *place = None;
        }
        for place in &mut self.calls {
            let is_its = |call: &calls::Call| call.connection == index && call.is_live();
            if place.as_ref().is_some_and(is_its) {
                calls::end(place, reason);
            }
        }
    }

    fn counted<T>(&mut self, result: Result<T, Refusal>) -> Result<T, Refusal> {
        if let Err(refusal) = &result {
            self.stats.count_refusal(refusal);
        }
        result
    }

    fn counted_gre<T>(&mut self, result: Result<T, Discard>) -> Result<T, Discard> {
        let counter = match result {
            Ok(_) => &mut self.stats.gre_passed,
            Err(_) => &mut self.stats.gre_dropped,
        };
        *counter = counter.wrapping_add(1);
        result
    }
}
