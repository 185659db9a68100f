//! Vectors of the RFCs, and what holds for all packets.

use super::*;
use core::net::Ipv4Addr;
use core::time::Duration;
use pptp_ppp::Instant;
use pptp_ppp::Verdict;
use pptp_ppp::codec::BufferTooSmall;
use pptp_ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::wire::mschapv2::ErrorCode;
use std::format;
use std::vec::Vec;

mod answers;
mod exchanges;
mod laws;
mod recorded;
mod requests;
mod rfc2865;
mod verdicts;

const REQUEST_AUTHENTICATOR: [u8; 16] = *b"sixteen of them!";

fn secret() -> Secret<'static> {
    Secret::new(b"xyzzy5461").unwrap()
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// A request made by `build`, and what a server makes of it.
fn request(build: impl FnOnce(&mut Builder<'_, '_>)) -> Vec<u8> {
    let mut buffer = [0; MAX_PACKET_LEN];
    let mut builder = Builder::request(&mut buffer, secret(), 9, REQUEST_AUTHENTICATOR);
    build(&mut builder);
    builder.finish().unwrap().to_vec()
}

fn read(datagram: &[u8]) -> Request<'_> {
    Request::parse(datagram, secret(), MessageAuthenticator::Required).unwrap()
}

/// An answer made by `build` to an empty request.
fn answer(code: Code, build: impl FnOnce(&mut Builder<'_, '_>)) -> Vec<u8> {
    let request = request(|_| ());
    let mut buffer = [0; MAX_PACKET_LEN];
    let mut builder = read(&request).answer(code, &mut buffer);
    build(&mut builder);
    builder.finish().unwrap().to_vec()
}

fn reply(datagram: &[u8]) -> Result<Reply<'_>, Discard> {
    let demand = MessageAuthenticator::Required;
    Reply::parse(datagram, secret(), 9, &REQUEST_AUTHENTICATOR, demand)
}

fn error(build: impl FnOnce(&mut Builder<'_, '_>)) -> EncodeError {
    let mut buffer = [0; MAX_PACKET_LEN];
    let mut builder = Builder::request(&mut buffer, secret(), 9, REQUEST_AUTHENTICATOR);
    build(&mut builder);
    builder.finish().unwrap_err()
}
