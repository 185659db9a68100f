//! How much may go out, how long it may be, and what has come in out of order.

use super::{MAX_PACKET, Session};
use crate::Discard;
use crate::gre::{MAX_HEADER_LEN, WindowState};
use pptp_ppp::{Inbound, Instant, MAX_FRAME_OVERHEAD, Network, Profile};

/// The IP header outside, without options.
const IP_HEADER: usize = 20;

impl<P: Profile, R> Session<P, R> {
    /// The longest packet, in octets, that [`Self::send`] takes.
    #[must_use]
    pub fn mtu(&self) -> usize {
        self.ppp.mtu().min(MAX_PACKET)
    }

    /// The longest packet, in octets, that [`Self::send`] takes and that fits a path whole that takes `path` octets, with
    /// 20 for the IP header: what a network device's MTU should be, once IPCP is through. Of a longer one the datagram is
    /// to be sent without Don't Fragment. How long the path is, [`FragmentationNeeded`](crate::path::FragmentationNeeded)
    /// may tell.
    #[must_use]
    pub fn path_mtu(&self, path: usize) -> usize {
        let frame = self.ppp.frame_len(Network::Ipv4, 0);
        let overhead = frame
            .unwrap_or(MAX_FRAME_OVERHEAD)
            .saturating_add(MAX_HEADER_LEN)
            .saturating_add(IP_HEADER);
        self.mtu().min(path.saturating_sub(overhead))
    }

    /// How many packets may go out before [`Self::send`] says [`SendError::WindowFull`](crate::SendError::WindowFull):
    /// [`u32::MAX`] without a [`SlidingWindow`](crate::gre::SlidingWindow).
    #[must_use]
    pub fn window_room(&self) -> u32 {
        self.gre.window_room()
    }

    /// How the sliding window stands, if there is one.
    #[must_use]
    pub fn window(&self) -> Option<WindowState> {
        self.gre.window()
    }

    /// How many packets were delivered though others had overtaken them: see
    /// [`Ppp::delivered_late`](pptp_ppp::Ppp::delivered_late).
    #[must_use]
    pub fn delivered_late(&self) -> u64 {
        self.ppp.delivered_late()
    }

    /// Takes a payload that is out of order, if the suite has kept a key for it.
    pub(super) fn deliver_late<'a>(
        &'a mut self,
        now: Instant,
        late: Discard,
        payload: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        let taken = if self.carrier && self.delivers_late {
            self.ppp.handle_late_frame(now, payload)
        } else {
            Err(pptp_ppp::Discard::Late)
        };
        match taken {
            Ok(_) => self.watch.accepted(),
            Err(_) => {
                self.watch.refused(&late);
                self.gre.count_discard(&late);
            }
        }
        taken.map_err(|_| late)
    }
}
