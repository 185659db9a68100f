//! `eapol_test`, which is wpa_supplicant's peer behind RADIUS, before a front that reads its requests and asks FreeRADIUS in
//! its own: both ends of both sides of ours are somebody else's. `eapol_test` has keys of its own to compare.

use crate::SECRET;
use crate::server::{FreeRadius, ask};
use pptp_radius::{
    Code, Decision, MAX_PACKET_LEN, MessageAuthenticator, Request, Schedule, Secret,
};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

pub(crate) const FRONT_SECRET: &[u8] =
    b"a secret of the front's own, longer than the sixty-four octets of HMAC's block";

/// Answers one request by asking the server.
fn answer(server: &FreeRadius, datagram: &[u8], room: &mut [u8]) -> usize {
    let secret = Secret::new(FRONT_SECRET).unwrap();
    let request = Request::parse(datagram, secret, MessageAuthenticator::Required).unwrap();
    let mut packet = [0; MAX_PACKET_LEN];
    let packet = request.eap(&mut packet).unwrap().unwrap();
    let demand = MessageAuthenticator::Required;
    let asked = ask(
        server.address,
        SECRET,
        demand,
        Schedule::default(),
        |it| {
            it.user_name(request.user_name().unwrap()).eap(packet);
            if let Some(state) = request.state() {
                it.state(state);
            }
        },
        |reply| {
            let code = match reply.decision() {
                Decision::Accept => Code::ACCESS_ACCEPT,
                Decision::Reject => Code::ACCESS_REJECT,
                Decision::Challenge => Code::ACCESS_CHALLENGE,
            };
            let mut answer = request.answer(code, room);
            if let Some(state) = reply.state() {
                answer.state(state);
            }
            let mut packet = [0; MAX_PACKET_LEN];
            if let Some(packet) = reply.eap(&mut packet).unwrap() {
                answer.eap(packet);
            }
            if let Some(keys) = reply.keys().unwrap() {
                answer.keys(keys.send.as_bytes(), keys.receive.as_bytes(), 0x1234);
            }
            answer.finish().unwrap().len()
        },
    );
    asked.unwrap_or_else(|error| panic!("{error}:\n{}", server.log()))
}

/// What `eapol_test` says of a network of these settings, and whether it was let in, with keys if there have to be any.
/// Its requests go to `answer`; in `folder` there is room for its configuration.
pub(crate) fn eapol_test(
    folder: &Path,
    settings: &str,
    keys: bool,
    mut answer: impl FnMut(&[u8], &mut [u8]) -> usize,
) -> (bool, String) {
    let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = front.local_addr().unwrap().port().to_string();
    let config = folder.join("eapol_test.conf");
    let settings = settings.replace("FOLDER", &folder.display().to_string());
    let network = format!("network={{\nkey_mgmt=WPA-EAP\n{settings}\n}}\n");
    fs::write(&config, network).unwrap();
    let mut command = Command::new("eapol_test");
    command.args(["-a", "127.0.0.1", "-p", &port, "-t", "4"]);
    command.args(["-s", str::from_utf8(FRONT_SECRET).unwrap()]);
    command.arg("-c").arg(&config);
    if !keys {
        command.arg("-n");
    }
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    let reader = thread::spawn(move || std::io::read_to_string(&mut output).unwrap());
    front
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    let (mut datagram, mut room) = ([0; MAX_PACKET_LEN], [0; MAX_PACKET_LEN]);
    let status = loop {
        if let Ok((len, peer)) = front.recv_from(&mut datagram) {
            let len = answer(&datagram[..len], &mut room);
            front.send_to(&room[..len], peer).unwrap();
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    (status.success(), reader.join().unwrap())
}

pub(crate) const TRUST: &str = "ca_cert=\"FOLDER/ca.pem\"\ndomain_match=\"radius.example\"\n";

#[test]
#[ignore = "needs FreeRADIUS and eapol_test"]
fn every_method_passes_through() {
    let server = FreeRadius::start("md5");
    let inner = "eap=PEAP\nphase2=\"auth=MSCHAPV2\"\nidentity=\"alice\"\n";
    let wonderland = "password=\"wonderland\"\n";
    let methods = [
        (
            "eap=MD5\nidentity=\"alice\"\npassword=\"wonderland\"".to_owned(),
            false,
        ),
        (
            "eap=MSCHAPV2\nidentity=\"alice\"\npassword=\"wonderland\"".to_owned(),
            true,
        ),
        (format!("{inner}{wonderland}{TRUST}"), true),
        (
            format!(
                "eap=TLS\nidentity=\"alice\"\n{TRUST}client_cert=\"FOLDER/client.pem\"\n\
                 private_key=\"FOLDER/client.key\"\n"
            ),
            true,
        ),
    ];
    let asked = |datagram: &[u8], room: &mut [u8]| answer(&server, datagram, room);
    for (settings, keys) in &methods {
        let (accepted, said) = eapol_test(&server.folder, settings, *keys, asked);
        assert!(accepted, "{settings}\n{said}\n{}", server.log());
        assert!(said.ends_with("SUCCESS\n"), "{said}");
        let compared = said.contains("MPPE keys OK: 1  mismatch: 0");
        assert_eq!(compared, *keys, "{said}");
    }
    for settings in [
        "eap=MSCHAPV2\nidentity=\"alice\"\npassword=\"looking-glass\"".to_owned(),
        format!("{inner}password=\"looking-glass\"\n{TRUST}"),
    ] {
        let (accepted, said) = eapol_test(&server.folder, &settings, true, asked);
        assert!(!accepted && said.ends_with("FAILURE\n"), "{said}");
    }
}
