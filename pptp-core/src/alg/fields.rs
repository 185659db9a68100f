//! Which control messages have call ids, and whose (RFC 2637 §2).

use crate::wire::ControlType;

/// Whose call id a field of a message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// It is no call id.
    Nobodys,
    /// The id that the message's sender gave to the call.
    Senders,
    /// The id that its receiver did.
    Receivers,
}

/// What the two fields behind a message's header hold: no message has a call id further back.
pub(super) const fn fields(message: ControlType) -> [Whose; 2] {
    use Whose::{Nobodys, Receivers, Senders};
    match message {
        ControlType::OutgoingCallRequest
        | ControlType::IncomingCallRequest
        | ControlType::CallClearRequest
        | ControlType::CallDisconnectNotify => [Senders, Nobodys],
        ControlType::OutgoingCallReply | ControlType::IncomingCallReply => [Senders, Receivers],
        ControlType::IncomingCallConnected
        | ControlType::WanErrorNotify
        | ControlType::SetLinkInfo => [Receivers, Nobodys],
        _ => [Nobodys, Nobodys],
    }
}

/// Whether the sender's id in a message may be that of a call which did not exist before.
pub(super) const fn names_a_call(message: ControlType) -> bool {
    matches!(
        message,
        ControlType::OutgoingCallRequest
            | ControlType::OutgoingCallReply
            | ControlType::IncomingCallRequest
            | ControlType::IncomingCallReply
    )
}
