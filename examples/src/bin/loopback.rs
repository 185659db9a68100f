//! `loopback`: a client and a server over a bad link in memory. See `--help`.

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::testkit::{Conditions, Side, pcap};
use pptp_examples::loopback::{Line, PASSWORD, Settings, USER, report, run};
use std::borrow::Cow;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Brings up a PPTP tunnel between a client and a server of this library, in memory, and carries a file both ways.
///
/// Neither root nor a network is needed: the two ends are joined by a simulated path, which loses, doubles, delays and
/// reorders packets as told, in virtual time. They log in by MS-CHAPv2, encrypt by MPPE, give each other addresses, send
/// the file to each other at once, as UDP in IPv4 by a small reliable transfer, compare it octet by octet, and take the
/// tunnel down in good order. Each step is printed as it happens, and everything that was sent written to a capture.
///
/// The same arguments give the same run, down to the last octet.
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXAMPLES)]
struct Arguments {
    /// Where all chance comes from: another seed, another run
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How likely a packet is to be lost, 0 to 0.9
    ///
    /// The control connection is TCP: there a loss is a delay.
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.05, value_parser = below(0.9))]
    loss: f64,

    /// How likely a packet is to be overtaken by those behind it, by 20 ms at most, 0 to 1
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.1, value_parser = below(1.0))]
    reorder: f64,

    /// How likely a packet is to arrive twice, 0 to 1
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.02, value_parser = below(1.0))]
    duplicate: f64,

    /// How long a packet takes, one way, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 20)]
    delay: u64,

    /// Whether there must, may or must not be encryption
    #[arg(long, value_enum, default_value_t = Encryption::Require)]
    mppe: Encryption,

    /// The key lengths that will do, with commas between; the strongest is used
    #[arg(
        long,
        value_name = "BITS",
        value_enum,
        value_delimiter = ',',
        default_value = "128"
    )]
    strength: Vec<Strength>,

    /// Whether keys change with every packet, or every 256
    ///
    /// In stateful mode a lost packet costs all that follow until the receiver's Reset-Request is answered.
    #[arg(long, value_enum, default_value_t = Mode::Stateless)]
    mode: Mode,

    /// Compress by MPPC, before encrypting if there is encryption; the closing table has the ratio
    ///
    /// In stateless mode each packet stands alone; in stateful mode it builds on those before it.
    #[arg(long)]
    mppc: bool,

    /// The file to carry [default: a capture of this project's tests, 469 kB]
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,

    /// Where to write the capture
    #[arg(long, value_name = "PATH", default_value = "tunnel.pcap")]
    pcap: PathBuf,

    /// Drop packets that come late, as RFC 2637 has it, instead of putting them in order
    #[arg(long)]
    no_reorder_buffer: bool,

    /// Print nothing but the closing table
    #[arg(short, long)]
    quiet: bool,

    /// Print nothing but one JSON object, with what was negotiated and counted
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  loopback
      5 % lost, 10 % overtaken, 2 % doubled; MPPE of 128 bits, stateless
  loopback --loss 0.3 --reorder 0.3 --quiet
      a path that hardly works
  loopback --mppe refuse --loss 0 --pcap clear.pcap
      no encryption, no losses: Wireshark shows what is inside
  loopback --mode stateful --strength 40,56,128
      as in the nineties
  loopback --mppc --mode stateful --file README.md
      text, compressed and encrypted
  pptp-inspect tunnel.pcap --user alice --password wonderland --write inner.pcap
      what was inside an encrypted tunnel

Exit status:
  0  the file came through both ways, and the tunnel ended in good order
  1  it did not, or a file could not be read or written
  2  the arguments are wrong";

/// What is carried by default: something real that does not compress well.
const FILE: &[u8] = include_bytes!("../../tests/captures/reordered-deflate.pcap");

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Encryption {
    /// No tunnel without it
    Require,
    /// If both ends will
    Allow,
    /// Everything crosses in the clear
    Refuse,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Strength {
    #[value(name = "128")]
    Bits128,
    #[value(name = "56")]
    Bits56,
    #[value(name = "40")]
    Bits40,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Stateless,
    Stateful,
}

fn below(end: f64) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if (0.0..=end).contains(&number) => Ok(number),
        _ => Err(format!("a number from 0 to {end} is wanted")),
    }
}

impl Arguments {
    fn settings(&self) -> Settings {
        let strengths = self.strength.iter().map(|strength| match strength {
            Strength::Bits128 => Strengths::BITS_128,
            Strength::Bits56 => Strengths::BITS_56,
            Strength::Bits40 => Strengths::BITS_40,
        });
        let named = |requirement| MppePolicy {
            requirement,
            strengths: strengths.clone().collect(),
            modes: match self.mode {
                Mode::Stateless => Modes::STATELESS,
                Mode::Stateful => Modes::STATEFUL,
            },
        };
        Settings {
            seed: self.seed,
            conditions: Conditions {
                delay: Duration::from_millis(self.delay),
                loss: self.loss,
                duplication: self.duplicate,
                reordering: self.reorder,
                ..Conditions::INTERNET
            },
            mppe: match self.mppe {
                Encryption::Require => named(Requirement::Require),
                Encryption::Allow => named(Requirement::Allow),
                // What the mode is of, then, is compression.
                Encryption::Refuse => MppePolicy {
                    modes: named(Requirement::Refuse).modes,
                    ..MppePolicy::REFUSE
                },
            },
            mppc: self.mppc,
            reorder: !self.no_reorder_buffer,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    go(&arguments).unwrap_or_else(|error| {
        eprintln!("loopback: {error:#}");
        ExitCode::FAILURE
    })
}

fn go(arguments: &Arguments) -> Result<ExitCode> {
    let file = match &arguments.file {
        Some(path) => {
            Cow::Owned(fs::read(path).with_context(|| format!("cannot read {}", path.display()))?)
        }
        None => Cow::Borrowed(FILE),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let speaks = !arguments.quiet && !arguments.json;
    let begin = Instant::now();
    let outcome = run(&arguments.settings(), &file, |line| {
        if speaks {
            let _ = print(&mut out, line);
        }
    });
    let wall = begin.elapsed();
    write_capture(&arguments.pcap, &pcap::write(&outcome.log))?;
    // Whoever reads the output may have seen enough of it; the exit status tells the rest.
    let _ = if arguments.json {
        writeln!(out, "{}", report::json(&outcome, &file, wall))
    } else {
        close(&mut out, arguments, &report::table(&outcome, &file, wall))
    };
    let _ = out.flush();
    if let Some(failure) = outcome.failure {
        eprintln!("loopback: {failure}");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(out: &mut impl Write, line: &Line) -> io::Result<()> {
    let name = match (line.side, line.sent) {
        (Side::Client, true) => "client > server",
        (Side::Server, true) => "client < server",
        (Side::Client, false) => "client",
        (Side::Server, false) => "         server",
    };
    let at = line.at.as_secs_f64();
    writeln!(out, "{at:>9.6}  {name:<15}  {}", line.text)
}

fn close(out: &mut impl Write, arguments: &Arguments, table: &str) -> io::Result<()> {
    let pcap = arguments.pcap.display();
    if !arguments.quiet {
        writeln!(out)?;
    }
    writeln!(out, "{table}")?;
    if arguments.mppc {
        return writeln!(
            out,
            "{pcap} has all that was sent. What is compressed, pptp-inspect does not read."
        );
    }
    writeln!(
        out,
        "{pcap} has all that was sent. To read it and what is inside:"
    )?;
    writeln!(
        out,
        "  pptp-inspect {pcap} --user {USER} --password {PASSWORD} --write inner.pcap"
    )
}

fn write_capture(path: &Path, capture: &[u8]) -> Result<()> {
    fs::write(path, capture).with_context(|| format!("cannot write {}", path.display()))
}
