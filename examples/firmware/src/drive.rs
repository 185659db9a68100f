//! Calls of the whole public API, a module for each part of it.

mod ppp_base;

/// Everything.
pub fn all() {
    ppp_base::codec();
    ppp_base::time();
    ppp_base::random();
}
