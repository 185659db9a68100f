//! What a RADIUS server has said.

use super::trouble::Trouble;
use crate::server::tunnel::Presented;
use pptp_core::ppp::Verdict;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::wire::Text;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_radius::{Reply, verdict};
use std::net::Ipv4Addr;
use std::time::Duration;

/// What a RADIUS server has said.
#[derive(Debug)]
pub struct Answer {
    /// Whether the user comes in.
    pub verdict: Verdict<'static>,
    /// What encryption there has to be. `None`: it demands some that the configuration does not allow.
    pub mppe: Option<MppePolicy>,
    /// The user's address, if it has one of its own.
    pub address: Option<Ipv4Addr>,
    /// The longest session.
    pub longest: Option<Duration>,
    /// Texts for people.
    pub messages: Vec<String>,
}

impl Answer {
    /// Makes of `reply` what can be made of it. `configured` is what encryption there has to be if it says nothing.
    ///
    /// # Errors
    /// [`Trouble::Unusable`] if that is nothing.
    pub fn new(
        reply: &Reply<'_>,
        presented: &Presented,
        configured: MppePolicy,
    ) -> Result<Self, Trouble> {
        let verdict = verdict::ms_chap2(reply).map_err(Trouble::Unusable)?;
        let is_explained = reply.ms_chap_error().is_some();
        let mut messages: Vec<String> = reply
            .reply_messages()
            .map(|message| Text(message).to_string())
            .collect();
        let verdict = match verdict {
            Verdict::AcceptWith {
                authenticator_response,
                keys,
            } => Verdict::AcceptWith {
                authenticator_response,
                keys,
            },
            Verdict::Accept { keys } => Verdict::Accept { keys },
            Verdict::Reject {
                error,
                retry,
                message,
            } => {
                if !message.is_empty() {
                    messages.push(Text(message).to_string());
                }
                let error = match presented {
                    Presented::Change { .. } if !is_explained => ErrorCode::ChangingPassword,
                    _ => error,
                };
                // There are peers that hang at a text.
                Verdict::Reject {
                    error,
                    retry,
                    message: b"",
                }
            }
            _ => Verdict::WRONG_PASSWORD,
        };
        Ok(Self {
            verdict,
            mppe: verdict::mppe_policy(reply, configured),
            address: reply.framed_ip_address(),
            longest: reply.session_timeout().filter(|it| !it.is_zero()),
            messages,
        })
    }
}
