//! The peer's side.

use super::Binding;
use super::binding::Compound;
use super::inner::InnerPacket;
use super::method::{Proving, Said};
use super::tlv::{CryptoBinding, Extensions, Status, Tlv};
use crate::Failure;
use crate::keys::Keys;
use crate::packet::to_vec;
use alloc::vec::Vec;
use pptp_ppp::auth::NtIdentity;
use pptp_ppp::wire::eap::{Code, Type};

#[derive(Debug)]
pub(crate) struct Peer {
    method: Proving,
    binding: Binding,
    /// The server has refused us, and been told that we know.
    is_refused: bool,
}

/// What there is to say inside the tunnel, and what has happened.
pub(crate) enum Answer {
    Packet(Vec<u8>),
    /// What is missing is the server's Success.
    Done(Vec<u8>, Keys),
    Failed(Vec<u8>, Failure),
}

impl Peer {
    pub(crate) fn new(user: NtIdentity, binding: Binding, entropy: [u8; 32]) -> Self {
        Self {
            method: Proving::new(user, entropy),
            binding,
            is_refused: false,
        }
    }

    /// Takes what was in a Request, in a tunnel with `keys`.
    pub(crate) fn handle(&mut self, plaintext: &[u8], keys: &Keys) -> Result<Answer, Failure> {
        let request = InnerPacket::parse(plaintext, Code::REQUEST)?;
        if request.kind == Type::TLV {
            let extensions = Extensions::parse(request.data)?;
            return self.conclude(&extensions, request.identifier.unwrap_or_default(), keys);
        }
        match self.method.handle(&request)? {
            Said::Answer(packet) => Ok(Answer::Packet(packet)),
            Said::Refused(packet, failure) => {
                self.is_refused = true;
                Ok(Answer::Failed(packet, failure))
            }
        }
    }

    fn conclude(
        &mut self,
        asked: &Extensions,
        identifier: u8,
        keys: &Keys,
    ) -> Result<Answer, Failure> {
        let answer = |status: Status, binding: Option<Tlv<'_>>| {
            extensions(Code::RESPONSE, identifier, status, binding)
        };
        if let Some(kind) = asked.unknown {
            let nak = to_vec(|writer| Tlv::Nak { vendor: 0, kind }.encode(writer));
            let packet = InnerPacket {
                identifier: Some(identifier),
                kind: Type::TLV,
                data: &nak,
            };
            return Ok(Answer::Packet(packet.to_vec(Code::RESPONSE)));
        }
        let refuse = |failure| Ok(Answer::Failed(answer(Status::Failure, None), failure));
        match (asked.status, self.method.inner_key()) {
            (None, _) => Err(Failure::OutOfTurn),
            (Some(Status::Failure), _) if self.is_refused => {
                Ok(Answer::Packet(answer(Status::Failure, None)))
            }
            (Some(Status::Failure), _) => refuse(Failure::Failed),
            (Some(Status::Success), None) => refuse(Failure::EndedEarly),
            (Some(Status::Success), Some(inner)) => match (asked.binding, self.binding) {
                (None, Binding::Required) => refuse(Failure::NoBinding),
                (None, Binding::Never | Binding::IfOffered) | (Some(_), Binding::Never) => {
                    Ok(Answer::Done(answer(Status::Success, None), keys.clone()))
                }
                (Some((mandatory, theirs)), Binding::IfOffered | Binding::Required) => {
                    let compound = Compound::new(keys, Some(&inner));
                    if !compound.verify(CryptoBinding::REQUEST, mandatory, theirs) {
                        return refuse(Failure::WrongBinding);
                    }
                    let ours =
                        compound.prove(CryptoBinding::RESPONSE, self.method.random().array());
                    let packet = answer(Status::Success, Some(ours));
                    Ok(Answer::Done(packet, compound.session_keys()))
                }
            },
        }
    }
}

/// Extensions that say how it ended.
pub(super) fn extensions(
    code: Code,
    identifier: u8,
    status: Status,
    binding: Option<Tlv<'_>>,
) -> Vec<u8> {
    let data = to_vec(|writer| {
        Tlv::Result(status).encode(writer);
        if let Some(binding) = binding {
            binding.encode(writer);
        }
    });
    let packet = InnerPacket {
        identifier: Some(identifier),
        kind: Type::TLV,
        data: &data,
    };
    packet.to_vec(code)
}
