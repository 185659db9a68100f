//! A hostapd of the tests' own, of which there is no more than its RADIUS server.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Runs until it is dropped, or until this process ends, however it does. It has the secret of raddb.sh, for alice PEAP,
/// whose outer name is anonymous, and for bob EAP-TLS.
pub(crate) struct Hostapd {
    /// Its input is what keeps it alive.
    child: Child,
    pub(crate) address: SocketAddrV4,
}

impl Hostapd {
    /// One with the certificates in `folder`, where it leaves its configuration.
    pub(crate) fn start(folder: &Path) -> Self {
        let free = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let at = folder.display();
        let config = format!(
            "driver=none\ninterface=none{port}\nlogger_stdout=-1\nlogger_stdout_level=0\neap_server=1\n\
             eap_user_file={at}/hostapd.users\nca_cert={at}/ca.pem\nserver_cert={at}/server.pem\n\
             private_key={at}/server.key\ntls_flags=[ENABLE-TLSv1.3]\n\
             radius_server_clients={at}/hostapd.clients\nradius_server_auth_port={port}\n"
        );
        let users = "\"anonymous\" PEAP\n\"bob\" TLS\n\"alice\" MSCHAPV2 \"wonderland\" [2]\n";
        fs::write(folder.join("hostapd.conf"), config).unwrap();
        fs::write(folder.join("hostapd.users"), users).unwrap();
        fs::write(
            folder.join("hostapd.clients"),
            "127.0.0.1/32 testing-secret\n",
        )
        .unwrap();
        let run = r#"PATH=$PATH:/usr/sbin
            hostapd "$0/hostapd.conf" & hostapd=$!
            cat; kill $hostapd; wait"#;
        let mut child = Command::new("sh")
            .args(["-c", run])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        while !said.contains("AP-ENABLED") {
            let read = output.read_line(&mut said).unwrap();
            assert_ne!(read, 0, "hostapd does not start:\n{said}");
        }
        // What it says later is of no interest, but has to go somewhere.
        std::thread::spawn(move || output.lines().for_each(drop));
        Self {
            child,
            address: SocketAddrV4::new(Ipv4Addr::LOCALHOST, port),
        }
    }
}

impl Drop for Hostapd {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
