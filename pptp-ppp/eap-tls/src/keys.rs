//! What a method leaves behind for the link.

use core::fmt;
use pptp_mppe::{LinkKeys, Side, StartKeys};
use subtle::ConstantTimeEq as _;
use zeroize::ZeroizeOnDrop;

/// The keys that a method exports (RFC 5216 §2.3, RFC 3748 §7.10). Cleared on drop, never printed, compared in constant
/// time.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Keys {
    octets: [u8; Self::LEN],
}

impl Keys {
    /// The octets of the MSK and the EMSK.
    pub(crate) const LEN: usize = 128;

    pub(crate) const fn new(octets: [u8; Self::LEN]) -> Self {
        Self { octets }
    }

    /// The Master Session Key.
    #[must_use]
    pub fn msk(&self) -> &[u8; 64] {
        self.octets.first_chunk().unwrap_or(&[0; 64])
    }

    /// The Extended Master Session Key.
    #[must_use]
    pub fn emsk(&self) -> &[u8; 64] {
        self.octets.last_chunk().unwrap_or(&[0; 64])
    }

    /// The first half of the MSK: MS-MPPE-Recv-Key, of what the server receives (RFC 5216 §2.3, RFC 2548 §2.4.3).
    #[must_use]
    pub fn from_peer(&self) -> &[u8; 32] {
        self.msk().first_chunk().unwrap_or(&[0; 32])
    }

    /// The second half of the MSK: MS-MPPE-Send-Key, of what the server sends (RFC 5216 §2.3, RFC 2548 §2.4.2).
    #[must_use]
    pub fn from_server(&self) -> &[u8; 32] {
        self.msk().last_chunk().unwrap_or(&[0; 32])
    }

    /// The start keys of MPPE, seen from `side`: of each half the first 16 octets, of which shorter keys of MPPE take the
    /// first 8 (RFC 3079 §4).
    #[must_use]
    pub fn start_keys(&self, side: Side) -> StartKeys {
        StartKeys::from_msk(self.msk(), side)
    }

    /// [`Keys::start_keys`], as a link takes them.
    #[must_use]
    pub fn link_keys(&self, side: Side) -> LinkKeys {
        self.start_keys(side).into()
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.octets.ct_eq(&other.octets).into()
    }
}

impl Eq for Keys {}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}
