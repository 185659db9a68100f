//! EAP that passes through: Access-Challenge after Access-Challenge, with State.

use crate::proofs::version_2;
use crate::server::FreeRadius;
use md5::{Digest as _, Md5};
use pptp_radius::{Decision, Keys, MAX_PACKET_LEN};

/// How a conversation ended.
struct End {
    decision: Decision,
    /// The last packet of EAP.
    packet: Vec<u8>,
    keys: Option<Keys>,
    /// How many requests of EAP there were.
    rounds: usize,
}

/// An EAP Response of a type.
fn response(identifier: u8, kind: u8, data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len() + 5).unwrap().to_be_bytes();
    [&[2, identifier, len[0], len[1], kind], data].concat()
}

/// Has somebody who says he is `user`, and answers what he is asked by `peer`, talk to the server.
fn converse(
    server: &FreeRadius,
    user: &str,
    mut peer: impl FnMut(u8, &[u8]) -> (u8, Vec<u8>),
) -> End {
    let mut packet = response(0, 1, user.as_bytes());
    let mut state: Option<Vec<u8>> = None;
    for rounds in 0..20 {
        let (end, next_state) = server.ask(
            |it| {
                it.user_name(user.as_bytes()).eap(&packet);
                if let Some(state) = &state {
                    it.state(state);
                }
            },
            |reply| {
                let mut room = [0; MAX_PACKET_LEN];
                let end = End {
                    decision: reply.decision(),
                    packet: reply.eap(&mut room).unwrap().unwrap().to_vec(),
                    keys: reply.keys().unwrap(),
                    rounds,
                };
                (end, reply.state().map(<[u8]>::to_vec))
            },
        );
        if end.decision != Decision::Challenge {
            return end;
        }
        state = next_state;
        assert!(state.is_some(), "an Access-Challenge has a State");
        let [1, identifier, _, _, kind, data @ ..] = &end.packet[..] else {
            panic!("{:?}", end.packet);
        };
        let (kind, data) = peer(*kind, data);
        packet = response(*identifier, kind, &data);
    }
    panic!("it does not end");
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn eap_md5() {
    let server = FreeRadius::start("md5");
    let answer = |password: &'static str| {
        move |kind: u8, data: &[u8]| {
            assert_eq!((kind, data[0]), (4, 16), "MD5-Challenge");
            // The identifier is the one that is next: FreeRADIUS counts from the first response.
            let hash = |identifier: u8| {
                let text = [&[identifier], password.as_bytes(), &data[1..17]].concat();
                Md5::digest(text).to_vec()
            };
            (4, [vec![16], hash(1)].concat())
        }
    };
    let end = converse(&server, "alice", answer("wonderland"));
    assert_eq!((end.decision, end.rounds), (Decision::Accept, 1));
    assert_eq!(end.packet[0], 3, "EAP-Success");
    assert!(end.keys.is_none());
    let end = converse(&server, "alice", answer("looking-glass"));
    assert_eq!(end.decision, Decision::Reject);
    assert_eq!(end.packet[0], 4, "EAP-Failure");
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn eap_ms_chap_v2() {
    let server = FreeRadius::start("mschapv2");
    for (password, accepted) in [("wonderland", true), ("looking-glass", false)] {
        let mut after = None;
        let mut told = Vec::new();
        let end = converse(&server, "alice", |kind, data| {
            assert_eq!(kind, 26, "EAP-MSCHAPv2");
            match data {
                [1, id, _, _, 16, rest @ ..] => {
                    let challenge = *rest.first_chunk().unwrap();
                    let proof = version_2("alice", password, &challenge);
                    let value = [
                        &[49][..],
                        &proof.response.peer_challenge,
                        &[0; 8],
                        &proof.response.nt_response,
                        &[0],
                        b"alice",
                    ];
                    let value = value.concat();
                    let len = u8::try_from(value.len() + 4).unwrap();
                    after = Some(proof);
                    (26, [&[2, *id, 0, len][..], &value].concat())
                }
                [op @ (3 | 4), _, _, _, message @ ..] => {
                    told = message.to_vec();
                    (26, vec![*op])
                }
                other => panic!("{other:?}"),
            }
        });
        let after = after.unwrap();
        let told = String::from_utf8(told).unwrap();
        if accepted {
            let proof: String = after.proof.iter().map(|it| format!("{it:02X}")).collect();
            assert!(told.starts_with(&format!("S={proof}")), "{told}");
            assert_eq!(end.decision, Decision::Accept);
            assert_eq!(end.keys.unwrap().start_keys(), after.keys);
        } else {
            assert!(
                told.starts_with("E=691 R=1 C="),
                "{told:?} {:?}",
                end.packet
            );
            assert_eq!(end.decision, Decision::Reject);
        }
    }
}
