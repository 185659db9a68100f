//! A FreeRADIUS of the tests' own, and somebody who asks it.

use crate::SECRET;
use pptp_ppp::Instant;
use pptp_radius::{
    Builder, Exchange, Link, MAX_PACKET_LEN, MessageAuthenticator, NoAnswer, Reply, Schedule,
    Secret,
};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{self, Duration};
use std::{env, fs, process, thread};

/// Runs until it is dropped, or until this process ends, however it does.
pub(crate) struct FreeRadius {
    /// Its input is what keeps it alive.
    child: Child,
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddrV4,
    log: Arc<Mutex<String>>,
}

impl FreeRadius {
    /// One whose default method of EAP is `method`.
    pub(crate) fn start(method: &str) -> Self {
        Self::start_with(method, "1.2")
    }

    /// The same, with `tls` the newest version of TLS that it speaks.
    pub(crate) fn start_with(method: &str, tls: &str) -> Self {
        static NUMBER: AtomicU8 = AtomicU8::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("pptp-radius-{}-{number}", process::id());
        let folder = env::temp_dir().join(name);
        let free = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/freeradius/raddb.sh");
        let made = Command::new("sh")
            .arg(script)
            .arg(&folder)
            .args(["127.0.0.1", &port.to_string(), method, tls])
            .status();
        assert!(made.unwrap().success());
        let run = r#"PATH=$PATH:/usr/sbin
            freeradius -f -xx -l stdout -d "$0" & server=$!
            cat; kill $server; wait; rm -r "$0""#;
        let mut child = Command::new("sh")
            .args(["-c", run])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let writer = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *writer.lock().unwrap() += &(line + "\n");
            }
        });
        let server = Self {
            child,
            folder,
            address: SocketAddrV4::new(Ipv4Addr::LOCALHOST, port),
            log,
        };
        for _ in 0..200 {
            if server.log().contains("Ready to process requests") {
                return server;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("freeradius does not start:\n{}", server.log());
    }

    /// What it has to say.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Asks, and looks at the answer.
    pub(crate) fn ask<T>(
        &self,
        build: impl FnOnce(&mut Builder<'_, '_>),
        judge: impl FnOnce(Reply<'_>) -> T,
    ) -> T {
        let demand = MessageAuthenticator::Required;
        let asked = ask(
            self.address,
            SECRET,
            demand,
            Schedule::default(),
            build,
            judge,
        );
        asked.unwrap_or_else(|error| panic!("{error}:\n{}", self.log()))
    }
}

impl Drop for FreeRadius {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn random<const N: usize>() -> [u8; N] {
    use std::io::Read as _;
    let mut octets = [0; N];
    let mut source = fs::File::open("/dev/urandom").unwrap();
    source.read_exact(&mut octets).unwrap();
    octets
}

/// Asks the server at `address` as a program would: an exchange, a socket and a clock.
pub(crate) fn ask<T>(
    address: SocketAddrV4,
    secret: &[u8],
    demand: MessageAuthenticator,
    schedule: Schedule,
    build: impl FnOnce(&mut Builder<'_, '_>),
    judge: impl FnOnce(Reply<'_>) -> T,
) -> Result<T, NoAnswer> {
    let secret = Secret::new(secret).unwrap();
    let mut buffer = [0; MAX_PACKET_LEN];
    let [identifier] = random();
    let mut request = Builder::request(&mut buffer, secret, identifier, random());
    request.link(&Link {
        nas_address: Some(Ipv4Addr::LOCALHOST),
        nas_identifier: b"test",
        port: Some(3),
        framed_mtu: Some(1396),
        calling_station: b"198.51.100.7",
        called_station: b"192.0.2.1",
        is_pptp: true,
    });
    build(&mut request);
    let request = request.finish().unwrap();

    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    socket.connect(address).unwrap();
    let start = time::Instant::now();
    let now = || Instant::from_micros(start.elapsed().as_micros().try_into().unwrap());
    let mut exchange = Exchange::new(now(), request, schedule).unwrap();
    let mut room = [0; MAX_PACKET_LEN];
    loop {
        while let Some(datagram) = exchange.poll_datagram() {
            socket.send(datagram).unwrap();
        }
        let wait = exchange.next_timeout().unwrap() - now();
        let wait = wait.max(Duration::from_millis(1));
        socket.set_read_timeout(Some(wait)).unwrap();
        if let Ok(len) = socket.recv(&mut room) {
            record(request, &room[..len]);
            match exchange.handle_datagram(&room[..len], secret, demand) {
                Ok(reply) => return Ok(judge(reply)),
                Err(discard) => println!("dropped: {discard}"),
            }
        }
        exchange.handle_timeout(now())?;
    }
}

/// Prints what was sent and what came, for tests that go without a server.
fn record(request: &[u8], answer: &[u8]) {
    let hex = |octets: &[u8]| -> String { octets.iter().map(|it| format!("{it:02x}")).collect() };
    println!("request {}\nanswer {}", hex(request), hex(answer));
}
