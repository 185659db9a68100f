//! EAP (RFC 3748): the ends agree on a method once EAP itself is agreed on.
//!
//! Built in are Identity, Notification, both forms of Nak, MD5-Challenge and EAP-MSCHAPv2, which is MS-CHAPv2 in another
//! wrapping. Any other method is the caller's, who gets its packets and answers them: for an authenticator that is how a
//! RADIUS server behind it does the work.

mod answer;
mod authenticator;
mod md5;
mod message;
mod peer;
mod room;

pub use super::machine::Step;
use super::mschapv2::{ChangeRoom, NoChange};
use super::set::sealed::MethodSet;
use super::{Credentials, Methods};
pub use answer::{EapAnswer, EapError, EapPacket};
pub use authenticator::Authenticator;
use core::fmt;
use core::marker::PhantomData;
pub use md5::Md5Request;
pub use message::MAX_BUILT_IN_PACKET;
pub use peer::Peer;
pub use room::{EapRoom, NoRoom, PassThrough};

/// EAP (RFC 3748) in both roles, as a set of methods: MD5-Challenge and EAP-MSCHAPv2.
///
/// With [`Change`](super::mschapv2::Change) as `C` passwords can be changed, and with [`PassThrough`] as `R` there is room for methods
/// of the caller's: [`Event::Eap`](crate::Event::Eap). Each costs memory.
///
/// ```
/// use pptp_ppp::auth::eap::{Eap, PassThrough};
/// use pptp_ppp::auth::mschapv2::Change;
/// use pptp_ppp::{Ipv4Only, Mppe, MsChapV2Change, Profile};
///
/// /// MS-CHAPv2, by itself and in EAP, and whatever else the caller has.
/// #[derive(Debug, Clone)]
/// struct Mine;
///
/// impl Profile for Mine {
///     type Suite = Mppe;
///     type Auth = (MsChapV2Change, Eap<Change, PassThrough<1500>>);
///     type Networks = Ipv4Only;
/// }
/// ```
pub struct Eap<C = NoChange, R = NoRoom>(PhantomData<(C, R)>);

impl<C, R> Clone for Eap<C, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, R> Copy for Eap<C, R> {}

impl<C, R> fmt::Debug for Eap<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Eap")
    }
}

impl<C: ChangeRoom, R: EapRoom> MethodSet for Eap<C, R> {
    const METHODS: Methods = {
        let built_in = Methods::EAP_MD5.union(Methods::EAP_MS_CHAP_V2);
        if R::LEN > 0 {
            built_in.union(Methods::EAP)
        } else {
            built_in
        }
    };
    const MAX_PACKET: usize = {
        let built_in = message::max_built_in::<C>();
        if R::LEN > built_in { R::LEN } else { built_in }
    };
    type Identity = Credentials;
    type Peer = Peer<C, R>;
    type Authenticator = Authenticator<C, R>;
}
