//! What pppd 2.4.9 said on both ends, from captures: eap-md5, eap-mschapv2, eap-mschapv2-pppd-bug.

use super::common::script::unhex;
use super::ends::{Asked, Asking, BUILT_IN};
use pptp_ppp::auth::eap::Step;
use pptp_ppp::auth::{Methods, Verdict};
use pptp_ppp::{Proof, Random};

/// The peer's 16 random octets, and then what passed.
struct Session {
    random: &'static [u8; 16],
    packets: [&'static str; 6],
}

const SESSIONS: [Session; 2] = [
    Session {
        random: b"\x5e\x9a\x77\xd2\x04\x92\x76\xb6\xd6\xfa\xa6\xe3\x49\xbb\xa2\xc5",
        packets: [
            "01d20009014e616d65",
            "02d2000a01616c696365",
            "01d3001f1a01d3001a102b80484ba59fffdf09e517a9489fa2847070747064",
            "02d300401a02d3003b315e9a77d2049276b6d6faa6e349bba2c50000000000000000736808a7d3776105fd096d7b\
             5924e95990c3b305fd32b79300616c696365",
            "01d400441a03d3003f533d41343032333434334243453335464533333544303341434136433843383242323536\
             314242314241204d3d416363657373206772616e746564",
            "02d400061a03",
        ],
    },
    // Here the Success has an MS-CHAPv2-ID that is not that of the Challenge.
    Session {
        random: b"\xd3\x53\xae\x7f\xd3\x6c\x39\x2b\xb7\x19\xd5\xef\x92\xe3\x0e\x7a",
        packets: [
            "01340009014e616d65",
            "0234000a01616c696365",
            "0135001f1a0135001a10c58c6fb47321c59134a9ccf991a8c5557070747064",
            "023500401a0235003b31d353ae7fd36c392bb719d5ef92e30e7a00000000000000001da445f34f70836823f65634\
             b6685ae79e2f9aa6ef9aeace00616c696365",
            "013600441a0336003f533d393834333032424434464435383042333646433437323845363741303232393630453\
             5303944414 5204d3d416363657373206772616e746564",
            "023600061a03",
        ],
    },
];

#[test]
fn our_peer_says_what_pppd_said() {
    for session in SESSIONS {
        let random = Random::scripted(session.random, [0; 32]);
        let mut asked = Asked::with_random(BUILT_IN, random);
        for [request, response] in session.packets.as_chunks().0 {
            assert_eq!(asked.take(&unhex(request)), Ok(Step::Nothing));
            assert_eq!(asked.says().unwrap(), unhex(response));
        }
        // pppd goes on without the Success of EAP.
        asked.peer.hurry();
        assert!(asked.peer.is_authenticated() && asked.peer.keys().is_some());
    }
}

#[test]
fn our_peer_says_what_pppd_said_in_md5() {
    let mut asked = Asked::new(Methods::EAP_MD5);
    for (request, response) in [
        ("015d0009014e616d65", "025d000a01616c696365"),
        (
            "015e001b0410c07ab86d93c6a6c9754896ff946e75cf7070747064",
            "025e001b0410db2a6556fe8f3f458f3ff8885bc92915616c696365",
        ),
    ] {
        assert_eq!(asked.take(&unhex(request)), Ok(Step::Nothing));
        assert_eq!(asked.says().unwrap(), unhex(response));
    }
    assert_eq!(asked.take(&unhex("035f0004")), Ok(Step::Done));
}

/// Identifiers are our own; all else is as recorded.
#[test]
fn our_authenticator_says_what_pppd_said() {
    let session = &SESSIONS[0];
    let [_, identity, challenge, response, success, ack] = session.packets.map(unhex);
    let mut asking = Asking::new(BUILT_IN);
    static CHALLENGE: [u8; 16] =
        *b"\x2b\x80\x48\x4b\xa5\x9f\xff\xdf\x09\xe5\x17\xa9\x48\x9f\xa2\x84";
    asking.random = Random::scripted(&CHALLENGE, [0; 32]);
    let (identifier, _) = asking.asks();
    asking.answer(identifier, &identity[4..]).unwrap();
    let (identifier, data) = asking.asks();
    assert_eq!((data[0], &data[6..22]), (26, &challenge[10..26]));
    let taken = asking.answer(identifier, &response[4..]);
    assert_eq!(taken, Ok(Step::Requested));
    assert!(matches!(
        asking.authenticator.request(),
        Some((b"alice", Proof::MsChapV2(_)))
    ));
    asking.judge(&Verdict::Password("wonderland"));
    let (identifier, data) = asking.asks();
    assert_eq!(data[..2], [26, 3]);
    assert_eq!(data[5..47], success[9..51], "S=");
    let taken = asking.answer(identifier, &ack[4..]);
    assert_eq!(taken, Ok(Step::Done));
}
