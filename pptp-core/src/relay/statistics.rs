//! What is said of a line that has been relayed.

use crate::control::{FieldText, WanErrors};
use core::fmt::{self, Write as _};
use pptp_ppp::hdlc::Stats;

/// What has gone through a call. The counts wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Traffic {
    /// Frames from the line into the tunnel.
    pub sent: u64,
    /// Their octets, without framing.
    pub sent_octets: u64,
    /// Frames from the tunnel to the line.
    pub received: u64,
    /// Their octets, without framing.
    pub received_octets: u64,
}

impl Traffic {
    pub(super) const ZERO: Self = Self {
        sent: 0,
        sent_octets: 0,
        received: 0,
        received_octets: 0,
    };

    pub(super) fn sent(&mut self, octets: usize) {
        count(&mut self.sent, &mut self.sent_octets, octets);
    }

    pub(super) fn received(&mut self, octets: usize) {
        count(&mut self.received, &mut self.received_octets, octets);
    }

    /// A line for the logs of the other end.
    pub(super) fn text(&self, line: &Stats) -> FieldText<128> {
        let mut text = Text {
            octets: [0; 128],
            len: 0,
        };
        // Only room can fail it, which is cut off.
        let _ = write!(
            text,
            "in {}/{} out {}/{} crc {} short {} long {} abort {}",
            self.sent,
            self.sent_octets,
            self.received,
            self.received_octets,
            line.bad_fcs,
            line.too_short,
            line.too_long,
            line.aborted
        );
        FieldText::new(text.octets.get(..text.len).unwrap_or_default())
    }
}

fn count(frames: &mut u64, octets: &mut u64, len: usize) {
    *frames = frames.wrapping_add(1);
    *octets = octets.wrapping_add(u64::try_from(len).unwrap_or_default());
}

/// Text of no more than the field's width.
struct Text {
    octets: [u8; 128],
    len: usize,
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let rest = self.octets.get_mut(self.len..);
        let place = rest.and_then(|rest| rest.get_mut(..text.len()));
        place.ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = self.len.saturating_add(text.len());
        Ok(())
    }
}

impl From<&Stats> for WanErrors {
    /// A frame that is too short or was given up is bad framing, one that is too long has overrun the buffer.
    fn from(line: &Stats) -> Self {
        let sum = |counts: &[u64]| {
            let sum = counts
                .iter()
                .fold(0, |sum: u64, &count| sum.saturating_add(count));
            u32::try_from(sum).unwrap_or(u32::MAX)
        };
        Self {
            crc: sum(&[line.bad_fcs]),
            framing: sum(&[line.framing, line.too_short, line.aborted]),
            hardware_overruns: sum(&[line.hardware_overruns]),
            buffer_overruns: sum(&[line.buffer_overruns, line.too_long]),
            time_outs: sum(&[line.time_outs]),
            alignment: sum(&[line.alignment]),
        }
    }
}
