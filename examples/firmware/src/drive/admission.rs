//! Who may connect, and what is let in.

use crate::{any, bytes, now, printed, some_times, used};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use pptp_core::admission::{Admission, AdmissionConfig, Stage};
use pptp_core::filter::Filter;

pub(super) fn connections() {
    let mut admission = Admission::<4, 2>::new(any(AdmissionConfig::default()));
    for _ in some_times() {
        let source = any(IpAddr::V6(Ipv6Addr::LOCALHOST));
        match admission.admit(now(), source) {
            Ok(admitted) => {
                admission.reached(any(admitted.ticket), any(Stage::Called));
                used(admission.stage(any(admitted.ticket)));
                used((admission.is_full(), admission.up(), admission.half_open()));
                if let Some(evicted) = admitted.evicted {
                    admission.closed(any(evicted));
                }
                admission.closed(any(admitted.ticket));
            }
            Err(refusal) => printed(refusal),
        }
    }
}

pub(super) fn filters() {
    let address = any(Ipv4Addr::LOCALHOST);
    for filter in [Filter::server(address), Filter::client(address)] {
        match any(filter).decide(bytes(), |peer, call_id| any((peer, call_id)).1 == 1) {
            Ok(accepted) => used(accepted),
            Err(refused) => printed(refused),
        }
    }
}
