//! `pptp-inspect`: reads a captured PPTP session. See `--help`.

use anyhow::{Context, Result, bail};
use clap::Parser;
use pptp_examples::inspect::authentication::{Credentials, Verdict};
use pptp_examples::inspect::capture::RawIpWriter;
use pptp_examples::inspect::{Report, inspect, json, text};
use pptp_ppp::mschap::NtHash;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Reads captured PPTP sessions: the conversation, who the peers are, and what went through the tunnel.
///
/// Takes pcap and pcapng files of Ethernet, Linux "cooked" (any), loopback or raw IP packets. IP fragments and TCP
/// streams are put together, GRE packets put in order. A capture may begin in the middle of a session, and hold many.
///
/// With a password it verifies each MS-CHAPv2 exchange (also inside EAP) and decrypts MPPE: 40, 56 and 128 bits,
/// stateless and stateful, both directions, over losses and reordering. After MS-CHAPv1, which it does not verify, it
/// decrypts 128 bits.
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXAMPLES)]
struct Arguments {
    /// The capture; "-" reads standard input
    #[arg(value_name = "FILE.pcap")]
    file: PathBuf,

    /// Verify only this user's exchanges; without it the password is tried on all
    ///
    /// The name that is hashed is always the one on the wire. A Windows domain before it (DOMAIN\user) does not count.
    #[arg(short, long, value_name = "NAME", requires = "secret")]
    user: Option<String>,

    /// The password, to verify and decrypt with
    #[arg(short, long, value_name = "PASSWORD", group = "secret")]
    password: Option<String>,

    /// The NT hash of the password instead: MD4 of its UTF-16LE form, 32 hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = nt_hash, group = "secret")]
    nt_hash: Option<NtHash>,

    /// Write the packets inside the tunnel to a pcap file of raw IP, each direction in the order in which it was sent
    ///
    /// A packet's time is when it and all before it had been captured: when a receiver could have had it.
    #[arg(short, long, value_name = "OUT.pcap")]
    write: Option<PathBuf>,

    /// Print the packets inside the tunnel as well, a line each
    #[arg(long)]
    packets: bool,

    /// Print one JSON object a line instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  pptp-inspect session.pcap
      the conversation, what was negotiated, and who the peers are
  pptp-inspect session.pcap --user alice --password wonderland --write inner.pcap
      the same, verified and decrypted; Wireshark opens inner.pcap
  tcpdump -i any -w - 'tcp port 1723 or proto gre' | pptp-inspect - --json
      for programs: connection, message, call and capture objects
  pptp-inspect session.pcap --nt-hash 8846f7eaee8fb117ad06bdd830b7586c
      the password itself is not needed: MS-CHAPv2 knows only its hash

What is not read is named in the report and is no error: Van Jacobson, Deflate, BSD and other compression but MPPC,
Multilink, and all authentication but MS-CHAPv2 (whose sessions are read as far as they are in the clear).

Exit status:
  0  the capture was read
  1  it could not be read, or the output not written
  2  the arguments are wrong
  3  there is no PPTP in it
  4  an MS-CHAPv2 exchange was not made with the password given";

const NO_PPTP: u8 = 3;
const WRONG_PASSWORD: u8 = 4;

fn nt_hash(text: &str) -> Result<NtHash> {
    let digits: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => {
                let digit = |octet: &u8| char::from(*octet).to_digit(16);
                u8::try_from(digit(high)? << 4 | digit(low)?).ok()
            }
            _ => None,
        })
        .collect();
    match digits.and_then(|digits| <[u8; 16]>::try_from(digits).ok()) {
        Some(hash) => Ok(NtHash::new(hash)),
        None => bail!("an NT hash has 32 hexadecimal digits"),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(&arguments).unwrap_or_else(|error| {
        eprintln!("pptp-inspect: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let nt_hash = match (&arguments.password, &arguments.nt_hash) {
        (Some(password), _) => Some(NtHash::from_password(password)),
        (None, hash) => hash.clone(),
    };
    let credentials = nt_hash.map(|nt_hash| Credentials {
        user: arguments.user.clone(),
        nt_hash,
    });
    let report = read(&arguments.file, credentials.as_ref())
        .with_context(|| format!("cannot read {}", arguments.file.display()))?;
    if let Some(path) = &arguments.write {
        write_inner(&report, path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    match print(&report, arguments) {
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        result => result.context("cannot write the report")?,
    }
    Ok(
        if report.calls.is_empty() && report.connections.is_empty() {
            ExitCode::from(NO_PPTP)
        } else if report.verdict() == Verdict::Wrong {
            ExitCode::from(WRONG_PASSWORD)
        } else {
            ExitCode::SUCCESS
        },
    )
}

fn read(path: &Path, credentials: Option<&Credentials>) -> Result<Report> {
    let file: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    inspect(file, credentials)
}

fn print(report: &Report, arguments: &Arguments) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    if arguments.json {
        json::write(report, arguments.packets, &mut out)?;
    } else {
        text::write(report, arguments.packets, &mut out)?;
    }
    out.flush()
}

fn write_inner(report: &Report, path: &Path) -> Result<()> {
    let mut out = RawIpWriter::new(BufWriter::new(File::create(path)?))?;
    for (_, inner) in report.inner() {
        out.packet(inner.due, &inner.packet)?;
    }
    out.finish()?;
    Ok(())
}
