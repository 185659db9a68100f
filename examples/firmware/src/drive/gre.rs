//! The GRE header and, once there is one, the session.

use crate::{any, bytes, printed, used};
use pptp_core::wire::GreHeader;

pub(super) fn header() {
    match GreHeader::parse(bytes()) {
        Ok((header, payload)) => {
            printed(header);
            used(payload);
        }
        Err(error) => printed(error),
    }
    let header = any(GreHeader {
        payload_len: 1,
        call_id: 2,
        sequence: Some(3),
        acknowledgment: None,
    });
    let mut buffer = [0; GreHeader::MAX_LEN];
    if let Some(out) = buffer.get_mut(..any(12)) {
        match header.encode(out) {
            Ok(encoded) => used(encoded),
            Err(error) => printed(error),
        }
    }
    used(header.len());
}
