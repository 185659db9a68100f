//! Calls of the whole public API, a module for each part of it.

mod admission;
mod alg;
mod auth;
mod control;
mod eap;
mod gre;
mod lines;
mod mppc;
mod mppe;
mod ppp;
mod ppp_base;
mod ppp_wire;
mod radius;
mod tunnel;

/// Everything.
pub fn all() {
    ppp_base::codec();
    ppp_base::time();
    ppp_base::random();
    ppp_wire::frames();
    ppp_wire::packets();
    ppp_wire::automaton();
    ppp_wire::messages();
    auth::computations();
    auth::messages();
    auth::peer();
    auth::authenticator();
    eap::peer();
    eap::authenticator();
    ppp::plausibility();
    ppp::links();
    radius::requests();
    radius::packets();
    radius::answers();
    mppc::levels();
    mppc::decompression();
    mppe::keys();
    mppe::cipher();
    mppe::both_modes();
    mppe::each_mode();
    mppe::several_sessions();
    admission::connections();
    admission::filters();
    control::messages();
    control::connection();
    gre::header();
    gre::session();
    gre::reorder();
    gre::path();
    lines::framing();
    lines::incoming();
    lines::concentrator();
    lines::table();
    alg::checksums();
    alg::gateway();
    tunnel::ends();
    tunnel::run_loop();
}
