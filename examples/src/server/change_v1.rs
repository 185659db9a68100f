//! A change of password by MS-CHAPv1 (RFC 2433 §9, §10), kept until somebody has judged it.

use super::passwords::NewSecret;
use pptp_core::codec::Writer;
use pptp_core::ppp::AuthId;
use pptp_core::ppp::auth::mschapv1::{ChangeRequest, Changes};
use pptp_core::ppp::mschap::NtHash;
use pptp_core::ppp::mschap::change::NewPassword;
use pptp_core::ppp::wire::change_password::{Version1, Version2};
use pptp_radius::{Builder, MsChapCpw1, MsChapCpw2};

/// A new password, from a client that has to show that it knows the old one.
#[derive(Debug)]
pub struct ChangeV1 {
    /// To be given back.
    id: AuthId,
    /// The identifier of the message.
    identifier: u8,
    /// What the client was challenged with.
    pub(super) challenge: [u8; 8],
    message: Message,
}

#[derive(Debug)]
enum Message {
    Version1(Version1),
    /// The octets of it.
    Version2(Vec<u8>),
}

impl ChangeV1 {
    /// What `request` shows. `None`: it is a message that this program does not know.
    pub(super) fn new(request: &ChangeRequest<'_>) -> Option<Self> {
        let message = match &request.change {
            Changes::Version1(change) => Message::Version1(**change),
            Changes::Version2(change) => {
                let mut data = vec![0; Version2::LEN];
                change.encode(&mut Writer::new(&mut data));
                Message::Version2(data)
            }
            _ => return None,
        };
        Some(Self {
            id: request.id,
            identifier: request.identifier,
            challenge: *request.challenge,
            message,
        })
    }

    /// The new password of `name`, if whoever sends it knows the old one, which has this hash.
    pub(super) fn open(&self, name: &[u8], old: &NtHash) -> Option<NewSecret> {
        let change = match &self.message {
            Message::Version1(change) => Changes::Version1(change),
            Message::Version2(data) => Changes::Version2(Version2::parse(data).ok()?),
        };
        let request = ChangeRequest {
            id: self.id,
            user_name: name,
            identifier: self.identifier,
            challenge: &self.challenge,
            change,
        };
        match request.change {
            Changes::Version1(_) => request.new_hash(old).ok().map(NewSecret::of_hash),
            _ => {
                let mut password = NewPassword::new();
                request.open(old, &mut password).ok()?;
                Some(NewSecret::of(&password))
            }
        }
    }

    /// Appends RADIUS's attributes for it.
    pub(super) fn write(&self, request: &mut Builder<'_, '_>) {
        match &self.message {
            Message::Version1(change) => {
                request.ms_chap_challenge(&self.challenge);
                request.change_password_1(&MsChapCpw1 {
                    identifier: self.identifier,
                    lm_old: change.old_lm,
                    lm_new: change.new_lm,
                    nt_old: change.old_nt,
                    nt_new: change.new_nt,
                    new_lm_password_len: change.password_length,
                    flags: change.flags,
                });
            }
            Message::Version2(data) => {
                // It was read before, and can be again.
                if let Ok(change) = Version2::parse(data) {
                    let proof = MsChapCpw2 {
                        identifier: self.identifier,
                        old_nt_hash: *change.old_nt,
                        old_lm_hash: *change.old_lm,
                        lm_response: *change.lm_response,
                        nt_response: *change.nt_response,
                        flags: change.flags,
                    };
                    request.change_password_2(
                        &self.challenge,
                        &proof,
                        change.password_under_nt,
                        None,
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tunnel::Every;
    use pptp_core::ppp::wire::mschapv2::ErrorCode;
    use pptp_core::ppp::{
        Credentials, Demand, Event, Grant, Ipv4Only, Methods, Mppe, MsChapV1, MsChapV1Change, Ppp,
        PppConfig, Profile, Proof, Random, Verdict,
    };
    use pptp_core::time::Instant;
    use pptp_radius::{MessageAuthenticator, MicrosoftAttributes, MicrosoftKind, Request, Secret};

    /// A client of the first message alone.
    #[derive(Debug, Clone)]
    struct First;

    impl Profile for First {
        type Suite = Mppe;
        type Auth = MsChapV1;
        type Networks = Ipv4Only;
    }

    /// A client that has the second one, too.
    #[derive(Debug, Clone)]
    struct Second;

    impl Profile for Second {
        type Suite = Mppe;
        type Auth = MsChapV1Change;
        type Networks = Ipv4Only;
    }

    /// What this program's end is asked when a client of `P` has to change its password, and whether it lets it in then.
    fn change<P: Profile>() -> (Option<ChangeV1>, bool) {
        let now = Instant::from_millis(1);
        let methods = Methods::MS_CHAP_V1 | Methods::CHANGE_PASSWORD_1;
        let who = Credentials::new("alice", "welcome").unwrap();
        let mut client = Ppp::<P>::new(
            PppConfig {
                credentials: Some(who.with_methods(methods).asking()),
                ..PppConfig::default()
            },
            Random::new([1; 32]),
        );
        let mut server = Ppp::<Every>::new(
            PppConfig {
                demand: Some(Demand::new(methods, "server").unwrap()),
                ..PppConfig::default()
            },
            Random::new([2; 32]),
        );
        client.open(now);
        server.open(now);
        let (mut kept, mut is_in) = (None, false);
        for _ in 0..50 {
            let mut buffer = [0; 2000];
            while let Ok(Some(frame)) = client.poll_frame(now, &mut buffer) {
                let _ = server.handle_frame(now, frame);
            }
            while let Ok(Some(frame)) = server.poll_frame(now, &mut buffer) {
                let _ = client.handle_frame(now, frame);
            }
            while let Some(event) = client.poll_event() {
                if let Event::PasswordWanted { change, .. } = event {
                    assert!(change);
                    client.change_password(now, "looking-glass").unwrap();
                }
            }
            let mut asked = None;
            while let Some(event) = server.poll_event() {
                match event {
                    Event::AuthRequested(request) => {
                        if let Proof::ChangePasswordV1(proof) = &request.proof {
                            kept = ChangeV1::new(proof);
                        }
                        asked = Some(request.id);
                    }
                    Event::Authenticated => is_in = true,
                    _ => {}
                }
            }
            if let Some(id) = asked {
                let new = NtHash::from_password("looking-glass");
                let verdict = match &kept {
                    Some(_) => Verdict::NtHash(&new),
                    None => Verdict::Reject {
                        error: ErrorCode::PasswordExpired,
                        retry: false,
                        message: b"",
                    },
                };
                server.authorize(now, id, &verdict, Grant::default());
            }
        }
        (kept, is_in)
    }

    /// RFC 2548 §2.1.6 and §2.1.7: what a RADIUS server is asked has all of the message in it.
    fn asks_radius(change: &ChangeV1, is_first: bool) {
        let secret = Secret::new(b"testing-secret").unwrap();
        let mut buffer = [0; 4096];
        let mut request = Builder::request(&mut buffer, secret, 1, [7; 16]);
        request.user_name(b"alice");
        change.write(&mut request);
        let datagram = request.finish().unwrap();
        let read = Request::parse(datagram, secret, MessageAuthenticator::Required).unwrap();
        let challenge = read.get_microsoft(MicrosoftKind::MS_CHAP_CHALLENGE);
        assert_eq!(challenge, Some(change.challenge.as_slice()));
        let (first, second) = (
            read.get_microsoft(MicrosoftKind::MS_CHAP_CPW_1),
            read.get_microsoft(MicrosoftKind::MS_CHAP_CPW_2),
        );
        assert_eq!((first.is_some(), second.is_some()), (is_first, !is_first));
        match &change.message {
            Message::Version1(sent) => {
                let value = MsChapCpw1::parse(first.unwrap()).unwrap();
                assert_eq!((value.nt_old, value.nt_new), (sent.old_nt, sent.new_nt));
                assert_eq!(value.flags, 1);
            }
            Message::Version2(sent) => {
                let sent = Version2::parse(sent).unwrap();
                let value = MsChapCpw2::parse(second.unwrap()).unwrap();
                assert_eq!(value.identifier, change.identifier);
                assert_eq!(value.old_nt_hash, *sent.old_nt);
                assert_eq!(value.nt_response, *sent.nt_response);
                // Each piece has four octets before its part of the password.
                let all: MicrosoftAttributes<'_> = read.microsoft();
                let pieces = all.filter(|it| it.kind == MicrosoftKind::MS_CHAP_NT_ENC_PW);
                let password: Vec<u8> = pieces.flat_map(|it| it.value[4..].to_vec()).collect();
                assert_eq!(password, sent.password_under_nt);
            }
        }
    }

    #[test]
    fn a_new_password_is_taken_by_either_message() {
        for (characters, (kept, is_in)) in
            [(None, change::<First>()), (Some(13), change::<Second>())]
        {
            let kept = kept.unwrap();
            let is_first = matches!(kept.message, Message::Version1(_));
            assert_eq!(is_first, characters.is_none());
            let new = kept.open(b"alice", &NtHash::from_password("welcome"));
            let new = new.unwrap();
            assert_eq!(new.hash, NtHash::from_password("looking-glass"));
            assert_eq!(new.characters, characters);
            assert!(is_in);
            asks_radius(&kept, is_first);
            // Who does not know the old one changes nothing.
            let other = NtHash::from_password("wonderland");
            assert!(kept.open(b"alice", &other).is_none());
        }
    }
}
