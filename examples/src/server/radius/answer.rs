//! What a RADIUS server has said.

use super::trouble::Trouble;
use crate::server::change_v1::ChangeV1;
use crate::server::plain::Plain;
use crate::server::tunnel::Presented;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::wire::Text;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::ppp::{StartKeys, Verdict};
use pptp_radius::verdict::{self, Unusable};
use pptp_radius::{Decision, Kind, MAX_PACKET_LEN, Reply};
use std::net::Ipv4Addr;
use std::time::Duration;

/// What a RADIUS server has said.
#[derive(Debug)]
pub struct Answer {
    /// Whether the user comes in.
    pub said: Said,
    /// What encryption there has to be. `None`: it demands some that the configuration does not allow.
    pub mppe: Option<MppePolicy>,
    /// The user's name, if it is another one than was presented (RFC 2865 §5.1).
    pub name: Option<Vec<u8>>,
    /// The user's address, if it has one of its own.
    pub address: Option<Ipv4Addr>,
    /// The longest session.
    pub longest: Option<Duration>,
    /// Texts for people.
    pub messages: Vec<String>,
}

/// Whether the user comes in.
#[derive(Debug)]
pub enum Said {
    /// The user does.
    In(Verdict<'static>),
    /// The user does, by EAP.
    InByEap {
        /// The keys of MPPE.
        keys: Option<StartKeys>,
    },
    /// The user does not.
    Out {
        /// Why.
        error: ErrorCode,
        /// Whether another try may help.
        retry: bool,
    },
    /// There is more to ask in EAP.
    More(More),
}

/// What more there is to ask.
#[derive(Debug)]
pub struct More {
    /// The packet for the client.
    pub packet: Vec<u8>,
    /// What is to be given back with the answer.
    pub state: Vec<u8>,
    /// The number of the server that has asked.
    pub server: usize,
}

impl Answer {
    /// Makes of `reply`, of that server, what can be made of it. `configured` is what encryption there has to be if it says
    /// nothing.
    ///
    /// # Errors
    /// [`Trouble::Unusable`] if that is nothing.
    pub fn new(
        reply: &Reply<'_>,
        presented: &Presented,
        server: usize,
        configured: MppePolicy,
    ) -> Result<Self, Trouble> {
        let messages = reply.reply_messages();
        let mut messages: Vec<String> = messages.map(|it| Text(it).to_string()).collect();
        if let Some(error) = reply.ms_chap_error()
            && !error.failure.message.is_empty()
        {
            messages.push(Text(error.failure.message).to_string());
        }
        let said = match presented {
            Presented::Eap { .. } => Said::of_eap(reply, server),
            Presented::Response { .. } | Presented::Change { .. } => {
                verdict::ms_chap2(reply).and_then(|verdict| Said::of(verdict, reply, presented))
            }
            Presented::Plain(Plain::MsChapV1 { challenge, .. })
            | Presented::ChangeV1(ChangeV1 { challenge, .. }) => {
                verdict::ms_chap1(reply, challenge)
                    .and_then(|verdict| Said::of(verdict, reply, presented))
            }
            Presented::Plain(Plain::Pap(_) | Plain::ChapMd5 { .. }) => {
                verdict::plain(reply).and_then(|verdict| Said::of(verdict, reply, presented))
            }
        };
        Ok(Self {
            said: said.map_err(Trouble::Unusable)?,
            mppe: verdict::mppe_policy(reply, configured),
            name: reply.get(Kind::USER_NAME).map(<[u8]>::to_vec),
            address: reply.framed_ip_address(),
            longest: reply.session_timeout().filter(|it| !it.is_zero()),
            messages,
        })
    }
}

impl Said {
    /// That, without the text.
    fn of(
        verdict: Verdict<'_>,
        reply: &Reply<'_>,
        presented: &Presented,
    ) -> Result<Self, Unusable> {
        Ok(match verdict {
            Verdict::Accept { keys } => Self::In(Verdict::Accept { keys }),
            Verdict::AcceptWith {
                authenticator_response,
                keys,
            } => Self::In(Verdict::AcceptWith {
                authenticator_response,
                keys,
            }),
            Verdict::Reject { error, retry, .. } => Self::Out {
                error: match presented {
                    Presented::Change { .. } | Presented::ChangeV1(_)
                        if reply.ms_chap_error().is_none() =>
                    {
                        ErrorCode::ChangingPassword
                    }
                    _ => error,
                },
                retry,
            },
            _ => return Err(Unusable::NoProof),
        })
    }

    /// The decision is that of the packet's code, whatever EAP's packet in it says (RFC 3579 §2.6.3).
    fn of_eap(reply: &Reply<'_>, server: usize) -> Result<Self, Unusable> {
        Ok(match reply.decision() {
            Decision::Accept => Self::InByEap {
                keys: reply.keys()?.map(|keys| keys.start_keys()),
            },
            Decision::Reject => Self::Out {
                error: ErrorCode::AuthenticationFailure,
                retry: false,
            },
            Decision::Challenge => {
                let mut room = [0; MAX_PACKET_LEN];
                let packet = reply.eap(&mut room).ok().flatten();
                Self::More(More {
                    packet: packet.ok_or(Unusable::Challenge)?.to_vec(),
                    state: reply.get(Kind::STATE).unwrap_or_default().to_vec(),
                    server,
                })
            }
        })
    }
}
