//! The option negotiation automaton, as a pure function (RFC 1661 §4).
//!
//! LCP and every network control protocol run this one automaton. It holds no timers, counters or packets: [`step`]
//! says what the state becomes and what there is to do, and its caller does it.

#[cfg(test)]
mod tests;

use bitflags::bitflags;
use core::fmt;

/// The states of the automaton (RFC 1661 §4.2), in the order of their numbers in §4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// The lower layer is down, and no Open has come.
    #[default]
    Initial,
    /// Open, but the lower layer is down.
    Starting,
    /// The lower layer is up, and no Open has come.
    Closed,
    /// Open, and finished all the same: the peer terminated, or does not answer or agree.
    Stopped,
    /// A Close has come: waits for the Terminate-Ack.
    Closing,
    /// The peer has to be told to terminate, though no Close has come: waits for the Terminate-Ack.
    Stopping,
    /// A Configure-Request was sent; neither side has acknowledged.
    ReqSent,
    /// The peer has acknowledged our request; we have not acknowledged the peer's.
    AckRcvd,
    /// We have acknowledged the peer's request; the peer has not acknowledged ours.
    AckSent,
    /// Both sides have acknowledged.
    Opened,
}

impl State {
    /// Whether the Restart timer runs in this state: where §4.1 has TO events.
    #[must_use]
    pub const fn runs_restart_timer(self) -> bool {
        matches!(
            self,
            Self::Closing | Self::Stopping | Self::ReqSent | Self::AckRcvd | Self::AckSent
        )
    }
}

/// What happens to the automaton (RFC 1661 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// The lower layer is up.
    Up,
    /// The lower layer is down.
    Down,
    /// Administrative: the layer may be opened.
    Open,
    /// Administrative: the layer is to be closed.
    Close,
    /// TO+: the Restart timer went off, and the Restart counter is above zero.
    TimeoutPositive,
    /// TO-: the Restart timer went off, and the Restart counter has reached zero.
    TimeoutNegative,
    /// RCR+: a Configure-Request came that can be acknowledged.
    RcrPositive,
    /// RCR-: a Configure-Request came that has to be answered by a Nak or a Reject.
    RcrNegative,
    /// A Configure-Ack to our current request came.
    Rca,
    /// A Configure-Nak or Configure-Reject of our current request came.
    Rcn,
    /// A Terminate-Request came.
    Rtr,
    /// A Terminate-Ack came.
    Rta,
    /// A packet with an unknown code came.
    Ruc,
    /// RXJ+: a Code-Reject or Protocol-Reject came that can be lived with.
    RxjPermitted,
    /// RXJ-: a Code-Reject or Protocol-Reject came of something that cannot be done without.
    RxjCatastrophic,
    /// An Echo-Request, Echo-Reply or Discard-Request came.
    Rxr,
}

/// A set of actions (RFC 1661 §4.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Actions(u16);

bitflags! {
    impl Actions: u16 {
        /// This-Layer-Up: tell the layers above that the automaton enters Opened.
        const TLU = 1 << 0;
        /// This-Layer-Down: tell the layers above that it leaves Opened.
        const TLD = 1 << 1;
        /// This-Layer-Started: tell the layer below that it is needed.
        const TLS = 1 << 2;
        /// This-Layer-Finished: tell the layer below that it is no longer needed.
        const TLF = 1 << 3;
        /// Initialize-Restart-Count: to Max-Terminate where `STR` comes with it, otherwise to Max-Configure.
        const IRC = 1 << 4;
        /// Zero-Restart-Count: and start the Restart timer, so that the peer has time to terminate.
        const ZRC = 1 << 5;
        /// Send-Configure-Request.
        const SCR = 1 << 6;
        /// Send-Configure-Ack.
        const SCA = 1 << 7;
        /// Send-Configure-Nak or Configure-Reject.
        const SCN = 1 << 8;
        /// Send-Terminate-Request.
        const STR = 1 << 9;
        /// Send-Terminate-Ack.
        const STA = 1 << 10;
        /// Send-Code-Reject.
        const SCJ = 1 << 11;
        /// Send-Echo-Reply, if it was an Echo-Request.
        const SER = 1 << 12;
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Actions(")?;
        bitflags::parser::to_writer(self, &mut *f)?;
        f.write_str(")")
    }
}

/// The state after `event` in `state`, and the actions that go with the transition: RFC 1661 §4.1.
///
/// `None` is a `-` of the table: an event that cannot happen in that state, or shows a fault of the caller's. The
/// footnotes (`p` passive, `r` restart, `x` crossed) are options of the implementation and left to the caller.
#[must_use]
pub const fn step(state: State, event: Event) -> Option<(State, Actions)> {
    use Event::{
        Close, Down, Open, Rca, Rcn, RcrNegative, RcrPositive, Rta, Rtr, Ruc, RxjCatastrophic,
        RxjPermitted, Rxr, TimeoutNegative, TimeoutPositive, Up,
    };
    use State::{
        AckRcvd, AckSent, Closed, Closing, Initial, Opened, ReqSent, Starting, Stopped, Stopping,
    };
    type A = Actions;

    const NONE: A = A::empty();
    const REQUEST: A = A::IRC.union(A::SCR);
    const TERMINATE: A = A::IRC.union(A::STR);
    const RESTART: A = A::TLD.union(A::SCR);

    Some(match (event, state) {
        (Up, Initial) => (Closed, NONE),
        (Up, Starting) => (ReqSent, REQUEST),
        (Up, _) => return None,

        (Down, Initial | Starting) => return None,
        (Down, Closed | Closing) => (Initial, NONE),
        (Down, Stopped) => (Starting, A::TLS),
        (Down, Stopping | ReqSent | AckRcvd | AckSent) => (Starting, NONE),
        (Down, Opened) => (Starting, A::TLD),

        (Open, Initial) => (Starting, A::TLS),
        (Open, Closed) => (ReqSent, REQUEST),
        (Open, Closing) => (Stopping, NONE),
        (Open, Starting | Stopped | Stopping | ReqSent | AckRcvd | AckSent | Opened) => {
            (state, NONE)
        }

        (Close, Initial | Closed | Closing) => (state, NONE),
        (Close, Starting) => (Initial, A::TLF),
        (Close, Stopped) => (Closed, NONE),
        (Close, Stopping) => (Closing, NONE),
        (Close, ReqSent | AckRcvd | AckSent) => (Closing, TERMINATE),
        (Close, Opened) => (Closing, TERMINATE.union(A::TLD)),

        // Below, the lower layer is up: nothing is received or times out in Initial and Starting.
        (_, Initial | Starting) => return None,

        (TimeoutPositive | TimeoutNegative, Closed | Stopped | Opened) => return None,
        (TimeoutPositive, Closing | Stopping) => (state, A::STR),
        (TimeoutPositive, ReqSent | AckRcvd) => (ReqSent, A::SCR),
        (TimeoutPositive, AckSent) => (AckSent, A::SCR),
        (TimeoutNegative, Closing) => (Closed, A::TLF),
        (TimeoutNegative, Stopping | ReqSent | AckRcvd | AckSent) => (Stopped, A::TLF),

        (RcrPositive | RcrNegative | Rca | Rcn, Closed) => (Closed, A::STA),
        (RcrPositive | RcrNegative | Rca | Rcn, Closing | Stopping) => (state, NONE),

        (RcrPositive, Stopped) => (AckSent, REQUEST.union(A::SCA)),
        (RcrPositive, ReqSent | AckSent) => (AckSent, A::SCA),
        (RcrPositive, AckRcvd) => (Opened, A::SCA.union(A::TLU)),
        (RcrPositive, Opened) => (AckSent, RESTART.union(A::SCA)),

        (RcrNegative, Stopped) => (ReqSent, REQUEST.union(A::SCN)),
        (RcrNegative, ReqSent | AckSent) => (ReqSent, A::SCN),
        (RcrNegative, AckRcvd) => (AckRcvd, A::SCN),
        (RcrNegative, Opened) => (ReqSent, RESTART.union(A::SCN)),

        (Rca | Rcn, Stopped) => (Stopped, A::STA),
        (Rca, ReqSent) => (AckRcvd, A::IRC),
        (Rca, AckSent) => (Opened, A::IRC.union(A::TLU)),
        (Rcn, ReqSent) => (ReqSent, REQUEST),
        (Rcn, AckSent) => (AckSent, REQUEST),
        (Rca | Rcn, AckRcvd) => (ReqSent, A::SCR),
        (Rca | Rcn, Opened) => (ReqSent, RESTART),

        (Rtr, Closed | Stopped | Closing | Stopping) => (state, A::STA),
        (Rtr, ReqSent | AckRcvd | AckSent) => (ReqSent, A::STA),
        (Rtr, Opened) => (Stopping, A::TLD.union(A::ZRC).union(A::STA)),

        (Rta, Closed | Stopped | ReqSent | AckSent) => (state, NONE),
        (Rta, Closing) => (Closed, A::TLF),
        (Rta, Stopping) => (Stopped, A::TLF),
        (Rta, AckRcvd) => (ReqSent, NONE),
        (Rta, Opened) => (ReqSent, RESTART),

        (Ruc, _) => (state, A::SCJ),

        (RxjPermitted, AckRcvd) => (ReqSent, NONE),
        (RxjPermitted, _) => (state, NONE),

        (RxjCatastrophic, Closed | Closing) => (Closed, A::TLF),
        (RxjCatastrophic, Stopped | Stopping | ReqSent | AckRcvd | AckSent) => (Stopped, A::TLF),
        (RxjCatastrophic, Opened) => (Stopping, TERMINATE.union(A::TLD)),

        (Rxr, Opened) => (Opened, A::SER),
        (Rxr, _) => (state, NONE),
    })
}
