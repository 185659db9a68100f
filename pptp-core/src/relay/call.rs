//! One line, and the call that it goes through.

use super::Traffic;
use crate::Discard;
use crate::control::{CallInfo, FieldText, LinkInfo, WanErrors};
use crate::gre::{self, Proof, Received};
use crate::session::GreConfig;
use pptp_ppp::hdlc::{
    Decoder, Encoder, Encoding, Fcs, FcsAlternatives, LineError, Stats as LineStats,
};
use pptp_ppp::{BufferTooSmall, Instant, SendError};

/// One line and its call: frames are taken off the line and put into GRE packets, and the other way round.
///
/// `N` is how long a frame of the line may be, in octets, its check sequence included: 1508 for the usual MRU of 1500. Lines
/// that are not asynchronous, of which somebody else makes frames, need none of that: they have [`Self::send`] and the
/// frames that [`Self::deliver`] gives, and `N` may be 0.
///
/// A new call is a new relay, on whose line nothing has been negotiated. Any order of calls is safe; after those that take
/// the time [`Self::poll_ack`] is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay<const N: usize> {
    gre: gre::Session,
    encoder: Encoder,
    decoder: Decoder<N>,
    link_info: LinkInfo,
    traffic: Traffic,
}

impl<const N: usize> Relay<N> {
    /// How long the datagrams get that [`Self::send_from_line`] writes, in octets.
    pub const MAX_DATAGRAM: usize = gre::MAX_HEADER_LEN.saturating_add(N);

    /// The relay of a call that is established. Of the configuration only `ack_delay` counts: a line has its own pace, and
    /// frames are passed on in order or not at all.
    #[must_use]
    pub const fn new(call: &CallInfo, config: GreConfig) -> Self {
        let mut gre = gre::Config::new(call.our_call_id, call.peer_call_id);
        gre.our_window = call.our_window;
        gre.peer_window = call.peer_window;
        gre.ack_delay = config.ack_delay;
        Self {
            gre: gre::Session::new(gre),
            encoder: Encoder::new(),
            decoder: Decoder::new(),
            link_info: LinkInfo::DEFAULT,
            traffic: Traffic::ZERO,
        }
    }

    /// What is escaped on the line, and what dropped from it: as the PNS says it in a Set-Link-Info (RFC 2637 §2.15).
    pub const fn set_link_info(&mut self, info: LinkInfo) {
        self.link_info = info;
        self.encoder
            .set_accm(self.encoder.accm().with_controls(info.send_accm));
        self.decoder.set_accm(info.receive_accm);
    }

    /// What is escaped and dropped.
    #[must_use]
    pub const fn link_info(&self) -> LinkInfo {
        self.link_info
    }

    /// Has `octet` be escaped as well, whatever is negotiated: see
    /// [`SendAccm::with`](pptp_ppp::hdlc::SendAccm::with).
    pub fn escape(&mut self, octet: u8) {
        self.encoder.set_accm(self.encoder.accm().with(octet));
    }

    /// Which check sequences the line has, if not those of 16 bits (RFC 1570 §2.1): what is sent to it, and what may come.
    pub const fn set_fcs(&mut self, sent: Fcs, received: FcsAlternatives) {
        self.encoder.set_fcs(sent);
        self.decoder.set_fcs(received);
    }

    /// Takes octets from the line, and puts the next frame that they complete into a GRE packet in `out`. What has been
    /// taken is cut off the front of `octets`. `None`: all of them have been taken.
    ///
    /// Frames that are none are counted, and passed over.
    ///
    /// # Errors
    /// [`BufferTooSmall`] unless there is room for [`Self::MAX_DATAGRAM`] octets; then nothing has changed.
    pub fn send_from_line<'b>(
        &mut self,
        now: Instant,
        octets: &mut &[u8],
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        let needed = Self::MAX_DATAGRAM;
        if out.len() < needed {
            return Err(BufferTooSmall { needed });
        }
        let header = self.gre.header_len();
        let len = loop {
            match self.decoder.next_frame(octets) {
                None => return Ok(None),
                Some(Err(_)) => {}
                Some(Ok(frame)) => {
                    if let Some(place) = place(out, header, frame.len()) {
                        place.copy_from_slice(frame);
                        break frame.len();
                    }
                }
            }
        };
        match self.gre.seal(now, out, len) {
            Ok(datagram) => {
                self.traffic.sent(len);
                Ok(Some(datagram))
            }
            // Longer than any datagram.
            Err(_) => Ok(None),
        }
    }

    /// Puts a frame into a GRE packet in `out`, for lines whose frames somebody else finds.
    ///
    /// # Errors
    /// [`SendError::TooLong`] or [`SendError::BufferTooSmall`]; then nothing has changed.
    pub fn send<'b>(
        &mut self,
        now: Instant,
        frame: &[u8],
        out: &'b mut [u8],
    ) -> Result<&'b [u8], SendError> {
        if frame.len() > gre::MAX_PAYLOAD_LEN {
            let mtu = gre::MAX_PAYLOAD_LEN;
            return Err(SendError::TooLong { mtu });
        }
        let header = self.gre.header_len();
        let Some(place) = place(out, header, frame.len()) else {
            let needed = header.saturating_add(frame.len());
            return Err(BufferTooSmall { needed }.into());
        };
        place.copy_from_slice(frame);
        let datagram = self.gre.seal(now, out, frame.len())?;
        self.traffic.sent(frame.len());
        Ok(datagram)
    }

    /// Takes a GRE packet of the call, from its GRE header on, and gives the frame in it, if there is one: it goes to the
    /// line by [`Self::to_line`]. Packets that come after a later one are dropped (RFC 2637 §4.3).
    ///
    /// # Errors
    /// [`Discard`] if it was dropped.
    pub fn handle_gre<'d>(
        &mut self,
        now: Instant,
        datagram: &'d mut [u8],
    ) -> Result<Option<&'d [u8]>, Discard> {
        match self.gre.receive(now, datagram)? {
            Received::Acknowledgment => Ok(None),
            Received::Packet { sequence, payload } => self.deliver(now, sequence, payload),
        }
    }

    /// The first half of [`Self::handle_gre`]: between the halves the caller may put packets in order, with a
    /// [`gre::Reorder`].
    ///
    /// # Errors
    /// [`Discard`] if it was dropped.
    pub fn receive_gre<'d>(
        &mut self,
        now: Instant,
        datagram: &'d mut [u8],
    ) -> Result<Received<'d>, Discard> {
        self.gre.receive(now, datagram)
    }

    /// The second half of [`Self::handle_gre`].
    ///
    /// # Errors
    /// [`Discard::Late`] if a later packet was delivered before.
    pub fn deliver<'d>(
        &mut self,
        now: Instant,
        sequence: u32,
        payload: &'d mut [u8],
    ) -> Result<Option<&'d [u8]>, Discard> {
        self.gre.deliver(sequence)?;
        // Nobody here can tell who has sent it.
        self.gre.confirm(now, sequence, Proof::Unknown);
        if payload.is_empty() {
            return Ok(None);
        }
        self.traffic.received(payload.len());
        Ok(Some(payload))
    }

    /// A frame on its way to the line, to be written piece by piece as the line takes it. All of it has to go there before
    /// the next one.
    pub fn to_line<'f>(&mut self, now: Instant, frame: &'f [u8]) -> Encoding<'f> {
        self.encoder.start(now, frame)
    }

    /// The line has failed, by what its driver says: see [`Decoder::line_error`].
    pub const fn line_error(&mut self, error: LineError) {
        self.decoder.line_error(error);
    }

    /// What has gone wrong on the line, for [`report_wan_errors`](crate::control::Connection::report_wan_errors).
    #[must_use]
    pub fn wan_errors(&self) -> WanErrors {
        WanErrors::from(self.decoder.stats())
    }

    /// What has been counted on the line.
    #[must_use]
    pub const fn line_stats(&self) -> &LineStats {
        self.decoder.stats()
    }

    /// What has been counted of GRE packets.
    #[must_use]
    pub const fn gre_stats(&self) -> &gre::Stats {
        self.gre.stats()
    }

    /// What has gone through.
    #[must_use]
    pub const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// What a Call-Disconnect-Notify says of the call (RFC 2637 §2.13).
    #[must_use]
    pub fn statistics(&self) -> FieldText<128> {
        self.traffic.text(self.decoder.stats())
    }

    /// The call id in packets that come in.
    #[must_use]
    pub const fn our_call_id(&self) -> u16 {
        self.gre.config().our_call_id
    }

    /// Whether [`Self::poll_ack`] has something to send.
    #[must_use]
    pub const fn is_ack_due(&self) -> bool {
        self.gre.is_ack_due()
    }

    /// The acknowledgment that has waited long enough, if there is one: see [`gre::Session::poll_ack`].
    ///
    /// # Errors
    /// [`BufferTooSmall`]; the acknowledgment stays due.
    pub fn poll_ack<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        self.gre.poll_ack(now, out)
    }

    /// Does what is due by `now`. Too early a call does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.gre.handle_timeout(now);
    }

    /// When [`Self::handle_timeout`] is to be called next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.gre.next_timeout()
    }
}

/// So many octets behind the first `header`. Cut in two steps, so that the compiler sees their length.
fn place(out: &mut [u8], header: usize, len: usize) -> Option<&mut [u8]> {
    out.get_mut(header..)?.get_mut(..len)
}
