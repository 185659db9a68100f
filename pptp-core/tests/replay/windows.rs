//! A Windows 7 client and a Windows RRAS server, one call from its start: all of the negotiation, and some of the packets
//! of each end.

use super::STATELESS;
use super::facts::Facts;
use super::recording::{Record, What};
use super::session::{Every, Saying, Session};
use pptp_core::ppp::wire::{Code, Protocol};
use pptp_core::testkit::Side::{Client as CLIENT, Server as SERVER};
use pptp_core::testkit::{Node, Side};
use pptp_core::time::Instant;
use std::net::Ipv4Addr;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Tcp,
    Gre,
}
use Layer::{Gre as GRE, Tcp as TCP};

/// Milliseconds, sender, what was sent in hexadecimal (`*N` stands for N octets of zero), and the network packet in it.
#[rustfmt::skip]
const CALL: [(u64, Side, Layer, &str, &str); 52] = [
    (0, CLIENT, TCP, "009c00011a2b3c4d00010000010000000000000100000001 *68 4d6963726f736f6674 *55", ""),
    (0, SERVER, TCP, "009c00011a2b3c4d00020000010001000000000200000003 *68 4d6963726f736f6674 *55", ""),
    (0, CLIENT, TCP, "00a800011a2b3c4d000700009d4900130000012c05f5e10000000003000000030040 *70 96157121fdb78f47b5d0be36d2e97e50 *48", ""),
    (1, SERVER, TCP, "002000011a2b3c4d00080000736a9d490100000000ca9a3b4000000000000000", ""),
    (5, CLIENT, TCP, "001800011a2b3c4d000f0000736a0000ffffffffffffffff", ""),
    (7, CLIENT, GRE, "3001880b0019736a 00000000 ff03 c021 01000015 01040578050675eb25d5070208020d0306", ""),
    (7, SERVER, GRE, "3081880b00389d49 00000000 00000000 ff03 c021 01000034 010405780304c227050670ed20e6070208020d03061104064e131701f3198e8764b2429f8d09ef637b516ea700000000", ""),
    (8, SERVER, GRE, "3001880b00199d49 00000001 ff03 c021 02000015 01040578050675eb25d5070208020d0306", ""),
    (8, CLIENT, GRE, "3081880b0023736a 00000001 00000001 ff03 c021 0400001f 1104064e131701f3198e8764b2429f8d09ef637b516ea700000000", ""),
    (8, SERVER, GRE, "3081880b001d9d49 00000002 00000001 ff03 c021 01010019 010405780304c227050670ed20e6070208020d0306", ""),
    (8, CLIENT, GRE, "3081880b000d736a 00000002 00000002 ff03 c021 03010009 0305c22381", ""),
    (9, SERVER, GRE, "3081880b001e9d49 00000003 00000002 ff03 c021 0102001a 010405780305c22381050670ed20e6070208020d0306", ""),
    (9, CLIENT, GRE, "3081880b001e736a 00000003 00000003 ff03 c021 0202001a 010405780305c22381050670ed20e6070208020d0306", ""),
    (10, CLIENT, GRE, "3001880b0014736a 00000004 c021 0c010012 75eb25d54d5352415356352e3230", ""),
    (10, CLIENT, GRE, "3001880b0021736a 00000005 c021 0c02001f 75eb25d54d535241532d302d57494e2d325252425553374e394745", ""),
    (10, CLIENT, GRE, "3001880b001a736a 00000006 c021 0c030018 75eb25d596157121fdb78f47b5d0be36d2e97e50", ""),
    (10, SERVER, TCP, "001800011a2b3c4d000f00009d490000ffffffffffffffff", ""),
    (10, CLIENT, TCP, "001800011a2b3c4d000f0000736a0000ffffffffffffffff", ""),
    (11, SERVER, GRE, "3081880b00269d49 00000004 00000006 c223 01000024 1005b2f10bdc3d6c92b6cd160adee148b457494e2d3942414753373056354950", ""),
    (11, CLIENT, GRE, "3081880b003f736a 00000007 00000004 c223 0200003d 31789223b02a0cc515404bca2c696edcff00000000000000008cd6161253eac63fa53cfc6f74692fd73b0768ca63d612f00076706e75736572", ""),
    (13, SERVER, GRE, "3081880b00309d49 00000005 00000007 c223 0300002e 533d39373445373943333530434337444335334642433546334131313443363342314546413136453139", ""),
    (14, SERVER, GRE, "3001880b00089d49 00000006 c029 01010006 0102", ""),
    (14, CLIENT, GRE, "3081880b0008736a 00000008 00000006 c029 02010006 0102", ""),
    (14, SERVER, GRE, "3081880b00089d49 00000007 00000008 c029 03010006 0102", ""),
    (15, CLIENT, GRE, "3081880b0010736a 00000009 00000007 8057 0104000e 010afcd3335cf10e5c31", ""),
    (15, CLIENT, GRE, "3001880b000c736a 0000000a 80fd 0105000a 120601000040", ""),
    (15, CLIENT, GRE, "3001880b0024736a 0000000b 8021 01060022 030600000000810600000000820600000000830600000000840600000000", ""),
    (16, SERVER, GRE, "3081880b000c9d49 00000008 0000000b 80fd 0104000a 120601000041", ""),
    (16, SERVER, GRE, "3001880b000c9d49 00000009 8021 0105000a 0306c0a82b6c", ""),
    (16, SERVER, GRE, "3001880b00169d49 0000000a c021 08060014 80570104000e010afcd3335cf10e5c31", ""),
    (16, SERVER, GRE, "3001880b000c9d49 0000000b 80fd 0205000a 120601000040", ""),
    (17, SERVER, GRE, "3001880b00189d49 0000000c 8021 04060016 820600000000830600000000840600000000", ""),
    (19, CLIENT, GRE, "3081880b000c736a 0000000c 0000000c 80fd 0304000a 120601000040", ""),
    (19, CLIENT, GRE, "3001880b000c736a 0000000d 8021 0205000a 0306c0a82b6c", ""),
    (19, CLIENT, GRE, "3001880b0012736a 0000000e 8021 01070010 030600000000810600000000", ""),
    (19, SERVER, GRE, "3081880b000c9d49 0000000d 0000000d 80fd 0107000a 120601000040", ""),
    (20, SERVER, GRE, "3081880b00129d49 0000000e 0000000e 8021 03070010 0306c0a82b6f8106c0a82b6e", ""),
    (20, CLIENT, GRE, "3081880b000c736a 0000000f 0000000d 80fd 0207000a 120601000040", ""),
    (20, CLIENT, GRE, "3081880b0012736a 00000010 0000000e 8021 01080010 0306c0a82b6f8106c0a82b6e", ""),
    (21, SERVER, GRE, "3081880b00129d49 0000000f 00000010 8021 02080010 0306c0a82b6f8106c0a82b6e", ""),
    (47, CLIENT, GRE, "3081880b002d736a 00000011 0000000f fd 9000 0e55bc7331b4cb89d6f49a82be2c59345b08192f4a7447d9c2d1a27088607ca1618f7a5fd741127f787c", "4600002800000000010258a2c0a82b6fe0000016940400002200f9010000000104000000e00000fc"),
    (131, CLIENT, GRE, "3001880b002d736a 00000016 fd 9005 7f9907cad61059dfe9718f9e69be447a7f70b56deba35b9ae4b6b3dd0ecb4ff540964a9785f53c8c477d", "46000028000500000102589dc0a82b6fe0000016940400002200ea030000000104000000effffffa"),
    (165, CLIENT, GRE, "3001880b0035736a 00000017 fd 9006 f5c7897d544495737a6cf4cc103bfa14f78c542510575e1089e3c71fa9d35b83befb87cd6e8f544a9fa2e3229bf730028027", "460000300006000001025894c0a82b6fe000001694040000220005060000000204000000e00000fc04000000effffffa"),
    (500, CLIENT, GRE, "3001880b002d736a 00000018 fd 9007 8186ef6a84ad1639348c459bc105c84386c049fa06394de9062d38bd0df781867e42f2d7a6011bfefdd1", "46000028000700000102589bc0a82b6fe0000016940400002200f9020000000104000000e00000fb"),
    (548, CLIENT, GRE, "3001880b0039736a 0000001b fd 900a 13f95a72c5cae2c03bb6776e2e65927f098441c60cb845c5be29b2f0702968de15c7a2cb2d1cfb0d96cac8c2c425799fa4cd564ab062", "45000034000a400080066e1ac0a82b6fd83ac84dcc2d01bb28d0bfc500000000800220000c560000020405500103030801010402"),
    (665, CLIENT, GRE, "3001880b002d736a 0000001c fd 900b 4fffa13b2a265acfe8c4c54a2a86bed1f8d9914b482f3a1c58978d409f18fd4ddab0d86317a67222ce52", "46000028000b000001025897c0a82b6fe0000016940400002200f9020000000104000000e00000fb"),
    (29018, SERVER, GRE, "3001880b00399d49 00000010 fd 9000 aa08ca24b704f5036dbc3b8b7943151cf6aed8e8d92763cc9b475b391fb7c143e8157045efb75b2740cf4ea4ee4df5479fa20c5f792c", "450000343a19000074062954cbd02b6fc0a82b6f01bbcc362f7700eddc75271d8012ffff8a240000020405500101040201030308"),
    (29034, SERVER, GRE, "3081880b00399d49 00000011 000000d3 fd 9001 c54d1b965595f29bd15fc8cad9bc34eefd333e1ca1942924e7704f7b10fc392934a259ff8f3345c5532d41485d76601c0d2f969c434c", "450000348a2100007406d94bcbd02b6fc0a82b6f01bbcc341e153767f0eb19fe8012ffff5db70000020405500101040201030308"),
    (29326, SERVER, GRE, "3081880b00399d49 00000012 000000d7 fd 9002 b01c613bf12919a2d373bd22f5875ade9590be65329134b1d4c88b929a2c7e1294acc403d0f8a3823a4bf191350700829a725760dd23", "450000348ad900007406d893cbd02b6fc0a82b6f01bbcc341e153767f0eb19fe8012ffff5db70000020405500101040201030308"),
    (29326, SERVER, GRE, "3001880b00399d49 00000013 fd 9003 4a7fc0d2e08859917e698e6df55bc2ead22f070dae417e85a63f0c65d79f6ea0d3d3e56c285a258b37017111e27202e1d04c38ec475c", "450000343b0300007406286acbd02b6fc0a82b6f01bbcc362f7700eddc75271d8012ffff8a240000020405500101040201030308"),
    (30956, SERVER, GRE, "3081880b00399d49 00000014 000000e0 fd 9004 7045f0c5c07e0b6dd2ba3d00aa566ab6568f2b8f2d57efb37c27e382814d59e7c4da380c1fdb00799c5b5c06eb2398129bd9df7c8cfe", "45000034030d400032065e013dd5bdc9c0a82b6f0050cc3d6036344d1069adb080127210f6750000020405500101040201030305"),
    (31318, SERVER, GRE, "3081880b00399d49 00000015 000000e6 fd 9005 4b2a3b70fa12b11fba2bde8cd2dad10d418e71ba090846962b85a2e132f37478d4531b6deda87501acc1af1b9b7f384bae1e734ceec9", "450000343e58000074062515cbd02b6fc0a82b6f01bbcc362f7700eddc75271d8012ffff8a240000020405500101040201030308"),
];

fn unhex(text: &str) -> Vec<u8> {
    let octets = |word: &str| match word.strip_prefix('*') {
        Some(zeros) => vec![0; zeros.parse().unwrap()],
        None => (0..word.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&word[at..at + 2], 16).unwrap())
            .collect(),
    };
    text.split_whitespace().flat_map(octets).collect()
}

fn session() -> Session {
    let record = |(at, from, layer, octets, _): &(u64, Side, Layer, &str, &str)| Record {
        at: Instant::from_millis(*at),
        from: *from,
        what: match layer {
            TCP => What::Control(unhex(octets)),
            GRE => What::Gre(unhex(octets)),
        },
    };
    let records: Vec<_> = CALL.iter().map(record).collect();
    Session {
        name: "Windows".into(),
        facts: Facts::new(&records),
        records,
        user: "vpnuser",
        password: "vpnuser123",
        client_password: Some("vpnuser123"),
    }
}

fn packets_of(side: Side) -> Vec<Vec<u8>> {
    CALL.iter()
        .filter(|(_, from, _, _, packet)| *from == side && !packet.is_empty())
        .map(|(.., packet)| unhex(packet))
        .collect()
}

/// Our end said it, in these very octets.
fn assert_said(said: &[Saying], protocol: Protocol, code: Code, data: &str) {
    assert!(
        said.contains(&(protocol, code, unhex(data))),
        "{protocol} {code} {data}: {said:02x?}"
    );
}

fn check<R>(node: &Node<Every, R>, side: Side) {
    let packets = packets_of(side.peer());
    assert_eq!(packets.len(), 6);
    assert_eq!(
        node.packets, packets,
        "{:#?}\n{:?}",
        node.events, node.discards
    );
    let ipv4 = node.ipv4.unwrap();
    let [client, server] = [111, 108].map(|host| Some(Ipv4Addr::new(192, 168, 43, host)));
    let (local, remote) = match side {
        CLIENT => (client, server),
        SERVER => (server, client),
    };
    assert_eq!((ipv4.local, ipv4.remote), (local, remote));
}

#[test]
fn our_client_calls_rras() {
    let session = session();
    let mut node = session.client::<Every>(STATELESS);
    let said = session.replay(&mut node, CLIENT);
    check(&node, CLIENT);
    let ipv4 = node.ipv4.unwrap();
    assert_eq!(ipv4.dns, [Some(Ipv4Addr::new(192, 168, 43, 110)), None]);
    assert_eq!(ipv4.nbns, [None, None]);
    // As Windows asks, but for Callback.
    assert_said(
        &said,
        Protocol::LCP,
        Code::CONFIGURE_REQUEST,
        "01040578 050675eb25d5 0702 0802",
    );
    // Callback, and what is for Multilink.
    assert_said(
        &said,
        Protocol::LCP,
        Code::CONFIGURE_REJECT,
        "0d0306 1104064e 131701f3198e8764b2429f8d09ef637b516ea700000000",
    );
    // RRAS would like EAP best.
    assert_said(&said, Protocol::LCP, Code::CONFIGURE_NAK, "0305c22381");
    // Callback Control goes with the option.
    assert_said(
        &said,
        Protocol::LCP,
        Code::PROTOCOL_REJECT,
        "c029 01010006 0102",
    );
    // MPPC besides MPPE.
    assert_said(&said, Protocol::CCP, Code::CONFIGURE_NAK, "120601000040");
    assert_said(&said, Protocol::CCP, Code::CONFIGURE_ACK, "120601000040");
    assert_said(
        &said,
        Protocol::IPCP,
        Code::CONFIGURE_REQUEST,
        "030600000000 810600000000 820600000000 830600000000 840600000000",
    );
    assert_said(
        &said,
        Protocol::IPCP,
        Code::CONFIGURE_REQUEST,
        "030600000000 810600000000",
    );
    assert_said(
        &said,
        Protocol::IPCP,
        Code::CONFIGURE_REQUEST,
        "0306c0a82b6f 8106c0a82b6e",
    );
}

#[test]
fn our_server_is_called_by_windows() {
    let session = session();
    let mut node = session.server::<Every>(STATELESS);
    let said = session.replay(&mut node, SERVER);
    check(&node, SERVER);
    assert_said(
        &said,
        Protocol::LCP,
        Code::CONFIGURE_REQUEST,
        "01040578 0305c22381 050670ed20e6 0702 0802",
    );
    assert_said(&said, Protocol::LCP, Code::CONFIGURE_REJECT, "0d0306");
    // IPv6, as RRAS rejects it.
    assert_said(
        &said,
        Protocol::LCP,
        Code::PROTOCOL_REJECT,
        "80570104000e010afcd3335cf10e5c31",
    );
    assert_said(&said, Protocol::CCP, Code::CONFIGURE_ACK, "120601000040");
    assert_said(
        &said,
        Protocol::IPCP,
        Code::CONFIGURE_REJECT,
        "820600000000 830600000000 840600000000",
    );
    assert_said(
        &said,
        Protocol::IPCP,
        Code::CONFIGURE_NAK,
        "0306c0a82b6f 8106c0a82b6e",
    );
    assert_said(
        &said,
        Protocol::IPCP,
        Code::CONFIGURE_ACK,
        "0306c0a82b6f 8106c0a82b6e",
    );
    let told = |text: &str| node.events.iter().any(|(_, event)| event.contains(text));
    // Who it is: version, computer, and a cookie.
    for start in ["MSRASV5.20", "MSRAS-0-WIN-"] {
        let octets = start
            .as_bytes()
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        assert!(told(&octets), "{start}: {:#?}", node.events);
    }
    // It has nothing to say of the character map, and says it twice.
    let links = node
        .events
        .iter()
        .filter(|(_, event)| event.starts_with("LinkInfo"));
    assert_eq!(links.count(), 2);
}
