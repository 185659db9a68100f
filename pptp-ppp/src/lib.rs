//! PPP ([RFC 1661](https://www.rfc-editor.org/rfc/rfc1661)) without I/O: frames and time go in, frames and events come
//! out.
//!
//! One [`Ppp`] is one end of one link, client or server: LCP, authentication by MS-CHAPv2 and EAP in both roles, CCP with MPPE
//! and MPPC, IPCP, and the phases between them. It is the inside of a PPTP tunnel, and as good for SSTP, L2TP or PPPoE. `no_std`, no
//! allocation, no clock; the caller has the wire, the time and the randomness.
//!
//! * [`Ppp`] and what goes with it: [`PppConfig`], [`Event`], [`DownReason`], [`Discard`], [`SendError`].
//! * [`Profile`]: what a link is made of, chosen by type. [`Minimal`], [`Full`] and [`Bare`] are ready.
//! * [`auth::eap`], [`auth::mschapv2`], [`mschap`], [`automaton`]: the parts, useful alone.
//! * [`guard`]: against those who guess passwords.
//! * [`hdlc`]: frames on lines of octets, for serial ports and modems.
//! * [`wire`]: every message, parsed, written and printed.
//! * [`plausible`]: what tells a packet that decrypted well from one that did not.
//!
//! # Security
//!
//! **What this protects is not safe from somebody who records it.** MS-CHAPv2 falls to one search of DES's keys, which
//! gives the password's hash and with it every key; MPPE has no integrity, so that packets can be changed on the way. It
//! is for interoperating with what is there. Within that the defaults are the best there is: the server has to prove that
//! it knows the password, and packets pass encrypted with 128 bits and a key of their own, or not at all. Whatever is
//! weaker has to be named in the [`config`]. Somebody on the path who cannot decrypt can end a link, and that is all.
//!
//! # Use
//!
//! Whatever happens goes in; then frames and events are taken until there are none, and the timer is set.
//!
//! ```
//! use pptp_ppp::{
//!     Credentials, DownReason, Event, Inbound, Instant, Minimal, Ppp, PppConfig, Random,
//! };
//!
//! /// What the caller has: a wire for frames, a network device for packets, a clock.
//! trait World {
//!     /// The next frame, or `None` when it is `until`.
//!     fn receive(&mut self, until: Option<Instant>) -> Option<Vec<u8>>;
//!     fn transmit(&mut self, frame: &[u8]);
//!     fn deliver(&mut self, packet: &[u8]);
//!     fn now(&self) -> Instant;
//! }
//!
//! fn run(world: &mut impl World, entropy: [u8; 32]) -> Result<DownReason, Box<dyn core::error::Error>> {
//!     let config = PppConfig {
//!         credentials: Some(Credentials::new("alice", "wonderland")?),
//!         ..PppConfig::default()
//!     };
//!     let mut link: Ppp<Minimal> = Ppp::new(config, Random::new(entropy));
//!     link.open(world.now());
//!     let mut buffer = [0; Ppp::<Minimal>::MAX_CONTROL_FRAME];
//!     loop {
//!         while let Some(frame) = link.poll_frame(world.now(), &mut buffer)? {
//!             world.transmit(frame);
//!         }
//!         while let Some(event) = link.poll_event() {
//!             match event {
//!                 // From here on `link.send(Network::Ipv4, packet, &mut buffer)` makes frames of packets.
//!                 Event::Ipv4Up(ipv4) => println!("up as {:?}", ipv4.local),
//!                 Event::Down(reason) => return Ok(reason),
//!                 _ => {}
//!             }
//!         }
//!         match world.receive(link.next_timeout()) {
//!             None => link.handle_timeout(world.now()),
//!             Some(mut frame) => match link.handle_frame(world.now(), &mut frame) {
//!                 Ok(Inbound::Packet { packet, .. }) => world.deliver(packet),
//!                 Ok(_) => {}
//!                 Err(discard) => println!("dropped: {discard}"),
//!             },
//!         }
//!     }
//! }
//! #
//! # struct Silence(Instant);
//! # impl World for Silence {
//! #     fn receive(&mut self, until: Option<Instant>) -> Option<Vec<u8>> {
//! #         self.0 = until.unwrap_or(self.0);
//! #         None
//! #     }
//! #     fn transmit(&mut self, _: &[u8]) {}
//! #     fn deliver(&mut self, _: &[u8]) {}
//! #     fn now(&self) -> Instant {
//! #         self.0
//! #     }
//! # }
//! # assert_eq!(run(&mut Silence(Instant::ZERO), [7; 32])?, DownReason::NothingHeard);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Features
//!
//! * `alloc`: `AllocMppcMppe`, which allocates the memory that MPPC takes once it is agreed on.
//! * `log`, `defmt`: state changes are logged, through either or both. Secrets never are.
#![no_std]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::std_instead_of_alloc
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod auth;
pub mod automaton;
mod ccp;
pub mod codec;
pub mod config;
mod error;
mod event;
pub mod guard;
pub mod hdlc;
mod ipcp;
mod lcp;
mod log;
pub mod mschap;
mod negotiation;
mod networks;
pub mod plausible;
mod ppp;
mod profile;
pub mod random;
mod suite;
pub mod time;
pub mod wire;

pub use auth::eap::{Eap, EapError, EapPacket};
pub use auth::mschapv2::{RetryError, Wanted};
pub use auth::{
    Auth, AuthId, ChapMd5, Credentials, Demand, EveryMethod, Grant, Methods, MsChapV1,
    MsChapV1Change, MsChapV2, MsChapV2Change, NoAuth, Pap, Verdict,
};
pub use ccp::{Compression, Encryption};
pub use codec::BufferTooSmall;
pub use config::PppConfig;
pub use error::{Discard, SendError};
pub use event::{AuthRequest, DownReason, Event, Ipv4, Proof};
pub use networks::{Ipv4Only, Network, Networks};
pub use ppp::{Batch, Inbound, MAX_FRAME_OVERHEAD, Outgoing, Phase, Ppp, TimerKind};
pub use pptp_mppe::{BATCH, Side, StartKey, StartKeys, side_by_side};
pub use profile::{Bare, Full, Minimal, Profile};
pub use random::Random;
#[cfg(feature = "alloc")]
pub use suite::{AllocMppc, AllocMppcMppe};
pub use suite::{
    AnyOrder, Compress, Delivery, Early, InOrder, InTurn, Mppc, MppcMppe, Mppe, NoMppc, NoSuite,
    ResetCounts, Sealer, Suite,
};
pub use time::Instant;
