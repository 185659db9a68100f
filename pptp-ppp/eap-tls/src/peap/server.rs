//! The server's side.

use super::Binding;
use super::binding::Compound;
use super::inner::InnerPacket;
use super::method::{Asking, Heard, InnerKey};
use super::peer::extensions;
use super::tlv::{CryptoBinding, Extensions, Status};
use crate::Failure;
use crate::keys::Keys;
use alloc::vec::Vec;
use pptp_ppp::wire::eap::{Code, Type};
use pptp_ppp::{Proof, Verdict};

#[derive(Debug)]
pub(crate) struct Server {
    binding: Binding,
    method: Asking,
    ending: Option<Ending>,
}

/// How it ended, as the peer has been told.
#[derive(Debug)]
enum Ending {
    Success(Option<InnerKey>),
    Failure(Failure),
}

/// What the peer's packet comes to.
pub(crate) enum Step {
    /// The next Request, in the tunnel.
    Request(Vec<u8>),
    /// A verdict is wanted.
    Presented,
    Done(Keys),
}

impl Server {
    pub(crate) fn new(name: &[u8], binding: Binding, entropy: [u8; 32]) -> Self {
        Self {
            binding,
            method: Asking::new(name, entropy),
            ending: None,
        }
    }

    /// The first Request in the tunnel, to be sent with `identifier`.
    pub(crate) fn start(&mut self, identifier: u8, keys: &Keys) -> Result<Step, Failure> {
        let heard = self.method.next()?;
        Ok(self.go_on(heard, identifier, keys))
    }

    /// Takes what was in a Response, in a tunnel with `keys`. The next Request will have `identifier`.
    pub(crate) fn handle(
        &mut self,
        plaintext: &[u8],
        identifier: u8,
        keys: &Keys,
    ) -> Result<Step, Failure> {
        let response = InnerPacket::parse(plaintext, Code::RESPONSE)?;
        match (self.ending.take(), response.kind) {
            (Some(ending), Type::TLV) => self.end(ending, response.data, keys),
            (Some(_), _) => Err(Failure::OutOfTurn),
            (None, _) => {
                let heard = self.method.handle(&response)?;
                Ok(self.go_on(heard, identifier, keys))
            }
        }
    }

    fn go_on(&mut self, heard: Heard, identifier: u8, keys: &Keys) -> Step {
        let (status, binding, ending) = match heard {
            Heard::Request(packet) => return Step::Request(packet),
            Heard::Presented => return Step::Presented,
            Heard::Accepted(key) => {
                let nonce = self.method.random().array();
                let prove =
                    || Compound::new(keys, key.as_ref()).prove(CryptoBinding::REQUEST, nonce);
                let binding = (self.binding != Binding::Never).then(prove);
                (Status::Success, binding, Ending::Success(key))
            }
            Heard::Refused(failure) => (Status::Failure, None, Ending::Failure(failure)),
        };
        self.ending = Some(ending);
        Step::Request(extensions(Code::REQUEST, identifier, status, binding))
    }

    fn end(&self, ending: Ending, data: &[u8], keys: &Keys) -> Result<Step, Failure> {
        let key = match ending {
            Ending::Success(key) => key,
            Ending::Failure(failure) => return Err(failure),
        };
        let heard = Extensions::parse(data)?;
        match heard.status {
            Some(Status::Success) => {}
            Some(Status::Failure) => return Err(Failure::Failed),
            None => return Err(Failure::OutOfTurn),
        }
        match (heard.binding, self.binding) {
            (None, Binding::Required) => Err(Failure::NoBinding),
            (None, Binding::Never | Binding::IfOffered) | (Some(_), Binding::Never) => {
                Ok(Step::Done(keys.clone()))
            }
            (Some((mandatory, theirs)), Binding::IfOffered | Binding::Required) => {
                let compound = Compound::new(keys, key.as_ref());
                if compound.verify(CryptoBinding::RESPONSE, mandatory, theirs) {
                    Ok(Step::Done(compound.session_keys()))
                } else {
                    Err(Failure::WrongBinding)
                }
            }
        }
    }

    /// What is to be judged, and whose it is.
    pub(crate) fn presented(&self) -> Option<(&[u8], Proof<'_>)> {
        self.method.presented()
    }

    /// What a verdict comes to. The next Request will have `identifier`.
    pub(crate) fn authorize(
        &mut self,
        verdict: &Verdict<'_>,
        identifier: u8,
        keys: &Keys,
    ) -> Result<Step, Failure> {
        let heard = self.method.authorize(verdict)?;
        Ok(self.go_on(heard, identifier, keys))
    }
}
