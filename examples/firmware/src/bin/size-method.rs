//! A client with one method of authentication, or one set of them, for what it costs: see README. Which one is up to
//! `--cfg one --cfg method="..."`; without that it is MS-CHAPv2, as in `size-client`.
#![no_std]
#![no_main]

use panic_halt as _;
#[cfg(any(method = "mschap-v2-change", method = "every"))]
use pptp_core::Client;
use pptp_core::ClientConfig;
use pptp_firmware::firmware_loop::run_forever;
use pptp_firmware::{AnyBoard, any, used};
use pptp_ppp::{Ipv4Only, Mppe, Profile};

#[cfg(method = "pap")]
type Methods = pptp_ppp::Pap;
#[cfg(method = "chap-md5")]
type Methods = pptp_ppp::ChapMd5;
#[cfg(method = "mschap-v1")]
type Methods = pptp_ppp::MsChapV1;
#[cfg(any(not(one), method = "mschap-v2"))]
type Methods = pptp_ppp::MsChapV2;
#[cfg(method = "mschap-v2-change")]
type Methods = pptp_ppp::MsChapV2Change;
#[cfg(method = "eap")]
type Methods = pptp_ppp::Eap;
#[cfg(method = "every")]
type Methods = pptp_ppp::EveryMethod;
#[cfg(method = "none")]
type Methods = pptp_ppp::NoAuth;

/// As `Minimal`, but for the methods.
#[derive(Debug, Clone)]
struct Method;

impl Profile for Method {
    type Suite = Mppe;
    type Auth = Methods;
    type Networks = Ipv4Only;
}

/// What has a password changed, which the run loop does not.
#[cfg(any(method = "mschap-v2-change", method = "every"))]
fn change(client: &mut Client<Method>) {
    let password = pptp_firmware::text();
    used(client.change_password(pptp_firmware::now(), password));
}

#[cortex_m_rt::entry]
fn main() -> ! {
    #[cfg(any(method = "mschap-v2-change", method = "every"))]
    used(change as fn(&mut Client<Method>));
    let config = any(ClientConfig::default());
    loop {
        used(run_forever::<Method>(&mut AnyBoard, &config));
    }
}
