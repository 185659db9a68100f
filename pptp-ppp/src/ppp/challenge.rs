//! A peer that has to prove who it is once more, while the link is in use (RFC 1994 §4.1).

use super::{Phase, Ppp};
use crate::profile::Profile;
use crate::time::Instant;

impl<P: Profile> Ppp<P> {
    /// Has the peer prove once more who it is, while packets go on passing: it is challenged anew, and there is another
    /// [`Event::AuthRequested`](crate::Event::AuthRequested), the grant of whose answer does not count. The name in it may
    /// be another one, which is for the caller to judge.
    ///
    /// A peer that proves itself goes on, and [`Event::Authenticated`](crate::Event::Authenticated) is told again. With one
    /// that does not the link ends, for [`DownReason::PeerRejected`](crate::DownReason::PeerRejected) or
    /// [`DownReason::AuthenticationTimeout`](crate::DownReason::AuthenticationTimeout). The keys of MPPE in use stay.
    ///
    /// `false`, and nothing happens: if the peer has not proved itself before, is about to, or did by PAP, which has no
    /// challenges.
    pub fn reauthenticate(&mut self, now: Instant) -> bool {
        if self.phase != Phase::Network {
            return false;
        }
        let methods = self.lcp.policy().demanded();
        self.auth.challenge_again(now, methods, &mut self.random)
    }
}
