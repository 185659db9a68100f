//! Counters of a control connection.

/// What a control connection has seen since it was made. Counters wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Stats {
    /// Messages received.
    pub received: u32,
    /// Messages sent.
    pub sent: u32,
    /// Messages of a type, or of a PPTP Message Type, that RFC 2637 does not define; they are ignored.
    pub unknown: u32,
    /// Messages that have no meaning in the state that they met, or name no call that there is, and were ignored.
    pub unexpected: u32,
    /// Start-Control-Connection-Requests on a connection that was established: the peer has started anew, or is confused.
    pub restarts: u32,
    /// Outgoing-Call-Replies to a call id that no call was asked for with, counted among the unexpected too: a NAT on the way
    /// may have changed it.
    pub misdirected: u32,
    /// Echo-Replies with an identifier that nobody waits for; late ones are normal.
    pub unmatched_echo_replies: u32,
    /// Set-Link-Infos received. The character maps in them are of no use inside PPTP.
    pub link_infos: u32,
}

/// Counts one more.
pub(super) fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
