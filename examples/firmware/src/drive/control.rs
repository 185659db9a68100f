//! The control messages and, once there is one, the control connection.

use crate::{any, bytes, printed, used};
use pptp_core::wire::{MAX_CONTROL_MESSAGE, Message};

pub(super) fn messages() {
    match Message::parse(bytes()) {
        Ok(Some((message, len))) => {
            printed(message);
            used((len, message.control_type()));
            let mut buffer = [0; MAX_CONTROL_MESSAGE];
            if let Some(out) = buffer.get_mut(..any(156)) {
                match message.encode(out) {
                    Ok(encoded) => used(encoded),
                    Err(error) => printed(error),
                }
            }
        }
        Ok(None) => {}
        Err(error) => printed(error),
    }
}
