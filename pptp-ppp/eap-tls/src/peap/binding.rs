//! The keys that come of the tunnel and of what is inside it, and the proof that one has them.

use super::method::InnerKey;
use super::tlv::{CryptoBinding, Tlv};
use crate::keys::Keys;
use hmac::{Hmac, KeyInit as _, Mac as _};
use pptp_ppp::codec::Writer;
use pptp_ppp::wire::eap::Type;
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The compound keys.
#[derive(ZeroizeOnDrop)]
pub(crate) struct Compound {
    /// IPMK and CMK, one behind the other.
    keys: [u8; 60],
}

impl Compound {
    /// The keys that a tunnel's and those of the method inside it make together.
    pub(crate) fn new(tunnel: &Keys, inner: Option<&InnerKey>) -> Self {
        const LABEL: &[u8] = b"Inner Methods Compound Keys";
        // The session key of a method that has none.
        let none = [0; 32];
        let inner = inner.map_or(&none, |key| &**key);
        let tunnel_key = tunnel.msk().get(..40).unwrap_or_default();
        let mut keys = [0; 60];
        expand(tunnel_key, &[LABEL, inner], &mut keys);
        Self { keys }
    }

    /// The keys of the link, the tunnel being bound to what is inside it.
    pub(crate) fn session_keys(&self) -> Keys {
        const LABEL: &[u8] = b"Session Key Generating Function";
        let (intermediate, _) = self.keys.split_at(40);
        let mut octets = Zeroizing::new([0; Keys::LEN]);
        expand(intermediate, &[LABEL, &[0]], &mut *octets);
        Keys::new(*octets)
    }

    /// A TLV with its proof.
    pub(crate) fn prove(&self, sub_type: u8, nonce: [u8; 32]) -> Tlv<'static> {
        let mut binding = CryptoBinding {
            version: 0,
            received_version: 0,
            sub_type,
            nonce,
            mac: [0; 20],
        };
        binding.mac = self.mac(false, binding);
        Tlv::CryptoBinding {
            mandatory: false,
            binding,
        }
    }

    /// Whether a TLV of `sub_type`, whose M bit is `mandatory`, has the right proof in it.
    pub(crate) fn verify(&self, sub_type: u8, mandatory: bool, binding: CryptoBinding) -> bool {
        let is_right: bool = self.mac(mandatory, binding).ct_eq(&binding.mac).into();
        is_right
            && binding.sub_type == sub_type
            && binding.version == 0
            && binding.received_version == 0
    }

    fn mac(&self, mandatory: bool, binding: CryptoBinding) -> [u8; 20] {
        let mut octets = [0; CryptoBinding::LEN];
        let binding = CryptoBinding {
            mac: [0; 20],
            ..binding
        };
        Tlv::CryptoBinding { mandatory, binding }.encode(&mut Writer::new(&mut octets));
        let (_, key) = self.keys.split_at(40);
        hmac(key, &[&octets, &[Type::PEAP.0]])
    }
}

/// `PRF+` of PEAP version 0.
fn expand(key: &[u8], seed: &[&[u8]], out: &mut [u8]) {
    let mut block = Zeroizing::new([0; 20]);
    let mut before: &[u8] = &[];
    let mut last;
    for (chunk, counter) in out.chunks_mut(20).zip(1_u8..) {
        let mut mac = keyed(key);
        mac.update(before);
        for part in seed {
            mac.update(part);
        }
        mac.update(&[counter, 0, 0]);
        *block = mac.finalize().into_bytes().into();
        for (place, octet) in chunk.iter_mut().zip(block.iter()) {
            *place = *octet;
        }
        last = block.clone();
        before = last.as_slice();
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A key may have any length, so that there is always one.
fn keyed(key: &[u8]) -> Hmac<Sha1> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}
