//! A Windows 7 client and a Windows RRAS server as they were captured, each against our other end.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::script::{CCP, CHAP, IPCP, LCP, Script, hex, unhex};
use core::net::Ipv4Addr;
use pptp_ppp::config::Ipv4Config;
use pptp_ppp::{
    Credentials, Demand, Discard, DownReason, Grant, Methods, Network, PppConfig, Random, Verdict,
};

/// Two Magic-Numbers, then the challenge of the captured server.
const SERVER_SCRIPT: &[u8] = &[
    0x70, 0xed, 0x20, 0xe6, 1, 1, 1, 1, //
    0x05, 0xb2, 0xf1, 0x0b, 0xdc, 0x3d, 0x6c, 0x92, 0xb6, 0xcd, 0x16, 0x0a, 0xde, 0xe1, 0x48, 0xb4,
];

/// Two Magic-Numbers, then the Peer-Challenge of the captured client.
const CLIENT_SCRIPT: &[u8] = &[
    0x75, 0xeb, 0x25, 0xd5, 1, 1, 1, 1, //
    0x78, 0x92, 0x23, 0xb0, 0x2a, 0x0c, 0xc5, 0x15, 0x40, 0x4b, 0xca, 0x2c, 0x69, 0x6e, 0xdc, 0xff,
];

/// The first packet of each direction, and what is in it.
const FROM_CLIENT: &str =
    "fd 9000 0e55bc7331b4cb89d6f49a82be2c59345b08192f4a7447d9c2d1a27088607ca1618f7a5fd741127f787c";
const PLAIN_FROM_CLIENT: &str =
    "4600002800000000010258a2c0a82b6fe0000016940400002200f9010000000104000000e00000fc";
const FROM_SERVER: &str = "fd 9000 aa08ca24b704f5036dbc3b8b7943151cf6aed8e8d92763cc9b475b391fb7c143e8157045efb75b2740cf4ea4ee4df5479fa20c5f792c";
const PLAIN_FROM_SERVER: &str = "450000343a19000074062954cbd02b6fc0a82b6f01bbcc362f7700eddc75271d8012ffff8a240000020405500101040201030308";

#[test]
fn our_server_takes_the_windows_client() {
    let config = PppConfig {
        demand: Some(Demand::new(Methods::MS_CHAP_V2, "RRAS").unwrap()),
        ipv4: Ipv4Config {
            local: Some(Ipv4Addr::new(192, 168, 43, 108)),
            remote: Some(Ipv4Addr::new(192, 168, 43, 111)),
            dns: [Some(Ipv4Addr::new(192, 168, 43, 110)), None],
            ..Ipv4Config::default()
        },
        ..PppConfig::default()
    };
    let mut script = Script::with_random(config, Random::scripted(SERVER_SCRIPT, [0; 32]));
    let (own, own_options) = script.newest(LCP, 1);
    script
        .say_hex("ff03c0210100001501040578050675eb25d5070208020d0306")
        .unwrap();
    assert_eq!(script.newest(LCP, 4), (0, "0d0306".into()));
    script
        .say_hex("ff03c0210102001201040578050675eb25d507020802")
        .unwrap();
    assert_eq!(script.newest(LCP, 2).0, 2);
    script.tell(LCP, 2, own, &own_options);
    for identification in [
        "c0210c01001275eb25d54d5352415356352e3230",
        "c0210c02001f75eb25d54d535241532d302d57494e2d325252425553374e394745",
        "c0210c03001875eb25d596157121fdb78f47b5d0be36d2e97e50",
    ] {
        script.say_hex(identification).unwrap();
        let text = format!("Identification {}", &identification[20..]);
        assert_eq!(script.events.last(), Some(&text));
    }
    let (challenge, value) = script.newest(CHAP, 1);
    assert!(value.starts_with("1005b2f10bdc3d6c92b6cd160adee148b4"));
    let response = "c223 02 01 003d 31789223b02a0cc515404bca2c696edcff00000000000000008cd6161253eac63fa53cfc6f74692fd73b0768ca63d612f00076706e75736572";
    let response = response.replace("02 01", &format!("02 {challenge:02x}"));
    script.say_hex(&response).unwrap();
    let id = script.request.take().unwrap();
    let verdict = Verdict::Password("vpnuser123");
    script
        .ppp
        .authorize(script.now, id, &verdict, Grant::default());
    script.drain();
    let success = script.sent.iter().find(|sent| sent.protocol == CHAP);
    // Windows's own proof, octet by octet, with nothing behind it.
    assert_eq!(
        success.unwrap().packet().2,
        "533d39373445373943333530434337444335334642433546334131313443363342314546413136453139"
    );
    // It starts three protocols at once, and their Identifiers count on.
    let own_ccp = script
        .sent
        .iter()
        .find(|sent| sent.protocol == CCP)
        .unwrap()
        .packet();
    let own_ipcp = script
        .sent
        .iter()
        .find(|sent| sent.protocol == IPCP)
        .unwrap()
        .packet();
    script.sent.clear();
    let ipv6cp = script.say_hex("80570104000e010afcd3335cf10e5c31");
    assert!(matches!(ipv6cp, Err(Discard::UnknownProtocol(_))));
    assert_eq!(script.newest(LCP, 8).1, "80570104000e010afcd3335cf10e5c31");
    script.say_hex("80fd0105000a120601000040").unwrap();
    assert_eq!(script.newest(CCP, 2), (5, "120601000040".into()));
    script
        .say_hex("802101060022030600000000810600000000820600000000830600000000840600000000")
        .unwrap();
    // What is not to be had is rejected first, as RRAS does it.
    assert_eq!(
        script.newest(IPCP, 4),
        (6, "820600000000830600000000840600000000".into())
    );
    script.tell(CCP, 2, own_ccp.1, &own_ccp.2);
    script.tell(IPCP, 2, own_ipcp.1, &own_ipcp.2);
    script
        .say_hex("802101070010030600000000810600000000")
        .unwrap();
    assert_eq!(
        script.newest(IPCP, 3),
        (7, "0306c0a82b6f8106c0a82b6e".into())
    );
    script
        .say_hex("8021010800100306c0a82b6f8106c0a82b6e")
        .unwrap();
    assert_eq!(
        script.newest(IPCP, 2),
        (8, "0306c0a82b6f8106c0a82b6e".into())
    );
    assert!(script.ppp.is_up(Network::Ipv4));
    let packet = script.say_hex(FROM_CLIENT).unwrap().unwrap();
    assert_eq!(hex(&packet), PLAIN_FROM_CLIENT);
    script.events.clear();
    script
        .say_hex("ff03c02105090010162a1f3a003ccd7400000000")
        .unwrap();
    assert_eq!(script.newest(LCP, 6).0, 9);
    assert_eq!(script.down_reason(), Some(DownReason::PeerClosed));
}

#[test]
fn our_client_takes_rras() {
    let config = PppConfig {
        credentials: Some(Credentials::new("vpnuser", "vpnuser123").unwrap()),
        ipv4: Ipv4Config {
            ask_dns: true,
            ask_nbns: true,
            ..Ipv4Config::default()
        },
        ..PppConfig::default()
    };
    let mut script = Script::with_random(config, Random::scripted(CLIENT_SCRIPT, [0; 32]));
    let own = script.grant(LCP);
    assert_eq!(
        own, "01040578050675eb25d507020802",
        "as Windows asks, but for callback"
    );
    script
        .say_hex("ff03c02101000034010405780304c227050670ed20e6070208020d03061104064e131701f3198e8764b2429f8d09ef637b516ea700000000")
        .unwrap();
    assert_eq!(
        script.newest(LCP, 4),
        (
            0,
            "0d03061104064e131701f3198e8764b2429f8d09ef637b516ea700000000".into()
        )
    );
    script
        .say_hex("ff03c02101010016010405780304c227050670ed20e607020802")
        .unwrap();
    assert_eq!(script.newest(LCP, 3), (1, "0305c22381".into()));
    script
        .say_hex("ff03c02101020017010405780305c22381050670ed20e607020802")
        .unwrap();
    assert_eq!(script.newest(LCP, 2).0, 2);
    script
        .say_hex("c223010000241005b2f10bdc3d6c92b6cd160adee148b457494e2d3942414753373056354950")
        .unwrap();
    // The very Response that Windows gave.
    let (identifier, response) = script.newest(CHAP, 2);
    assert_eq!(identifier, 0);
    assert_eq!(
        response,
        "31789223b02a0cc515404bca2c696edcff00000000000000008cd6161253eac63fa53cfc6f74692fd73b0768ca63d612f00076706e75736572"
    );
    script
        .say_hex("c2230300002e533d39373445373943333530434337444335334642433546334131313443363342314546413136453139")
        .unwrap();
    let own_ccp = script
        .sent
        .iter()
        .find(|sent| sent.protocol == CCP)
        .unwrap()
        .packet();
    let own_ipcp = script
        .sent
        .iter()
        .find(|sent| sent.protocol == IPCP)
        .unwrap()
        .packet();
    assert_eq!(
        own_ipcp.2,
        "030600000000810600000000820600000000830600000000840600000000"
    );
    script.say_hex("80fd0104000a120601000041").unwrap();
    assert_eq!(script.newest(CCP, 3), (4, "120601000040".into()));
    script.say_hex("80210105000a0306c0a82b6c").unwrap();
    assert_eq!(script.newest(IPCP, 2), (5, "0306c0a82b6c".into()));
    script.tell(IPCP, 4, own_ipcp.1, "820600000000830600000000840600000000");
    script.tell(CCP, 2, own_ccp.1, &own_ccp.2);
    let (identifier, asked) = script.newest(IPCP, 1);
    assert_eq!(asked, "030600000000810600000000");
    script.say_hex("80fd0107000a120601000040").unwrap();
    assert_eq!(script.newest(CCP, 2).0, 7);
    script.tell(IPCP, 3, identifier, "0306c0a82b6f8106c0a82b6e");
    assert_eq!(script.grant(IPCP), "0306c0a82b6f8106c0a82b6e");
    assert!(script.ppp.is_up(Network::Ipv4));
    let up = script
        .events
        .iter()
        .find(|event| event.starts_with("Ipv4Up"))
        .unwrap();
    assert!(
        up.contains("local: Some(192.168.43.111), remote: Some(192.168.43.108)"),
        "{up}"
    );
    assert!(up.contains("dns: [Some(192.168.43.110), None]"), "{up}");
    let packet = script.say_hex(FROM_SERVER).unwrap().unwrap();
    assert_eq!(hex(&packet), PLAIN_FROM_SERVER);
    // And what we encrypt is what Windows encrypted.
    let sent = script.send(&unhex(PLAIN_FROM_CLIENT)).unwrap();
    assert_eq!(hex(&sent.raw), FROM_CLIENT.replace(' ', ""));
}
