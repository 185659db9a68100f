//! What a link is made of, chosen by type.

use crate::auth::{Auth, EveryMethod, MsChapV2, NoAuth};
use crate::networks::{Ipv4Only, Networks};
use crate::suite::{MppcMppe, Mppe, NoSuite, Suite};
use core::fmt::Debug;

/// The parts of a link that cost memory and code, chosen once, by type.
///
/// ```
/// # use pptp_ppp::{Mppe, MsChapV2, Ipv4Only, Profile};
/// #[derive(Debug, Clone)]
/// struct Mine;
///
/// impl Profile for Mine {
///     type Suite = Mppe;
///     type Auth = MsChapV2;
///     type Networks = Ipv4Only;
/// }
/// ```
pub trait Profile: Debug + Clone {
    /// Compression and encryption.
    type Suite: Suite;
    /// Methods of authentication.
    type Auth: Auth;
    /// Network protocols.
    type Networks: Networks;
}

/// What a PPTP link needs to be worth its name: MS-CHAPv2 without the change of passwords, MPPE, IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minimal;

impl Profile for Minimal {
    type Suite = Mppe;
    type Auth = MsChapV2;
    type Networks = Ipv4Only;
}

/// All that there is: what [`Minimal`] has; every method of authentication, as far as it is allowed by name, with changes of
/// password and with room for the caller's own methods of EAP, which takes 5 KiB more; and MPPC, which takes 20 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Profile for Full {
    type Suite = MppcMppe;
    type Auth = EveryMethod;
    type Networks = Ipv4Only;
}

/// IPv4 in the clear, for everybody: the smallest link there is, for tests and for private wires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bare;

impl Profile for Bare {
    type Suite = NoSuite;
    type Auth = NoAuth;
    type Networks = Ipv4Only;
}
