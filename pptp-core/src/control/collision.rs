//! Two control connections opened at once (RFC 2637 §3.1.3).

use core::net::IpAddr;

/// Which of two colliding control connections stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Collision {
    /// The one that we opened. Nothing may be sent on the one that the peer opened, which the peer will close.
    OursStays,
    /// The one that the peer opened, whose Start-Control-Connection-Request is to be answered. Ours has to be closed
    /// at once: see [`Connection::collision_lost`](super::Connection::collision_lost).
    TheirsStays,
}

/// Decides a collision: a Start-Control-Connection-Request came on one TCP connection while our own, on another one to
/// the same peer, has not been answered. The end with the higher address wins (RFC 2637 §3.1.3).
///
/// Both ends come to the same decision, as long as each sees the addresses that the other sees.
#[must_use]
pub fn collision(ours: IpAddr, theirs: IpAddr) -> Collision {
    if ours > theirs {
        Collision::OursStays
    } else {
        Collision::TheirsStays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_address_wins() {
        // The example of RFC 2637 §3.1.3, and addresses whose order as text or as little endian is another.
        for (low, high) in [
            ("192.33.45.17", "192.33.45.89"),
            ("9.0.0.0", "10.0.0.0"),
            ("10.0.0.255", "10.0.1.0"),
            ("2001:db8::9", "2001:db8::10"),
        ] {
            let (low, high) = (low.parse().unwrap(), high.parse().unwrap());
            assert_eq!(collision(high, low), Collision::OursStays);
            assert_eq!(collision(low, high), Collision::TheirsStays);
        }
    }
}
