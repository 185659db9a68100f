//! Our authenticator of EAP before `eapol_test`, behind the front that a RADIUS server would be: what hostap's peer makes of
//! it, keys included.

use crate::proofs::server_keys;
use crate::proxy::{FRONT_SECRET, eapol_test};
use pptp_mppe::{StartKey, StartKeys};
use pptp_ppp::auth::eap::{Authenticator, Step};
use pptp_ppp::wire::Packet;
use pptp_ppp::{Instant, Methods, Proof, Random, Verdict};
use pptp_radius::{Code, MAX_PACKET_LEN, MessageAuthenticator, Request, Secret};
use std::{env, fs, process};

const NOW: Instant = Instant::ZERO;

/// One conversation.
struct Front {
    authenticator: Authenticator,
    random: Random,
    /// As a server sends them.
    keys: Option<[[u8; 16]; 2]>,
    methods: Methods,
}

impl Front {
    fn new(methods: Methods) -> Self {
        Self {
            authenticator: Authenticator::new(),
            random: Random::new([9; 32]),
            keys: None,
            methods,
        }
    }

    /// What is sent now.
    fn poll(&mut self) -> Vec<u8> {
        let mut room = [0; 512];
        let sent = self.authenticator.poll_packet(b"server", &mut room);
        let (len, _) = sent.unwrap().unwrap();
        room[..len].to_vec()
    }

    /// What follows on a Response.
    fn next(&mut self, mut response: Vec<u8>) -> Vec<u8> {
        if response[4] == 1 {
            // It has asked itself for the Identity, as who speaks RADIUS does.
            self.authenticator.open(NOW, self.methods);
            response[1] = self.poll()[1];
        }
        let packet = Packet::parse(&response).unwrap();
        let step = self
            .authenticator
            .handle_packet(NOW, packet, &mut self.random);
        if step.unwrap() == Step::Requested {
            let (name, proof) = self.authenticator.request().unwrap();
            assert_eq!(name, b"alice");
            if let Proof::MsChapV2(request) = proof {
                self.keys = Some(server_keys("wonderland", &request.response.nt_response));
            }
            let verdict = Verdict::Password("wonderland");
            self.authenticator
                .authorize(NOW, &verdict, &mut self.random);
        }
        self.poll()
    }

    /// Answers a request.
    fn answer(&mut self, datagram: &[u8], room: &mut [u8]) -> usize {
        let secret = Secret::new(FRONT_SECRET).unwrap();
        let request = Request::parse(datagram, secret, MessageAuthenticator::Required).unwrap();
        let mut packet = [0; MAX_PACKET_LEN];
        let packet = request.eap(&mut packet).unwrap().unwrap();
        let next = self.next(packet.to_vec());
        let code = match next[0] {
            3 => Code::ACCESS_ACCEPT,
            4 => Code::ACCESS_REJECT,
            _ => Code::ACCESS_CHALLENGE,
        };
        let mut answer = request.answer(code, room);
        answer.state(b"one").eap(&next);
        if code == Code::ACCESS_ACCEPT {
            assert!(self.authenticator.is_authenticated());
            let expected = self.keys.map(|keys| {
                let [send, receive] = keys.map(StartKey::from_bytes);
                StartKeys { send, receive }
            });
            assert_eq!(self.authenticator.keys(), expected.as_ref());
            if let Some([send, receive]) = &self.keys {
                answer.keys(send, receive, 0x1234);
            }
        }
        answer.finish().unwrap().len()
    }
}

const BOTH: Methods = Methods::EAP_MD5.union(Methods::EAP_MS_CHAP_V2);

#[test]
#[ignore = "needs eapol_test"]
fn eapol_test_is_let_in_by_our_authenticator() {
    let name = format!("pptp-eap-{}", process::id());
    let folder = env::temp_dir().join(name);
    fs::create_dir_all(&folder).unwrap();
    let alice = "identity=\"alice\"\n";
    for (methods, theirs, password, keys, accepted) in [
        (BOTH, "MSCHAPV2", "wonderland", true, true),
        // With a Nak.
        (BOTH, "MD5", "wonderland", false, true),
        (Methods::EAP_MD5, "MD5 MSCHAPV2", "wonderland", false, true),
        (BOTH, "MSCHAPV2", "looking-glass", true, false),
        (BOTH, "MD5", "looking-glass", false, false),
        // With nothing in common, and with nothing that is strong enough.
        (BOTH, "GTC", "wonderland", false, false),
        (Methods::EAP_MS_CHAP_V2, "MD5", "wonderland", false, false),
    ] {
        let settings = format!("eap={theirs}\n{alice}password=\"{password}\"\n");
        let mut front = Front::new(methods);
        let (was_accepted, said) = eapol_test(&folder, &settings, keys, |datagram, room| {
            front.answer(datagram, room)
        });
        assert_eq!(was_accepted, accepted, "{settings}\n{said}");
        assert!(said.ends_with(if accepted { "SUCCESS\n" } else { "FAILURE\n" }));
        let compared = said.contains("MPPE keys OK: 1  mismatch: 0");
        assert_eq!(compared, keys && accepted, "{said}");
    }
    fs::remove_dir_all(&folder).unwrap();
}
