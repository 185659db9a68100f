//! Instructions of a packet, counted by callgrind: figures that no neighbour disturbs, and that hide nothing that
//! runs side by side.
//!
//! `compare callgrind` runs `compare count TABLE` under valgrind, which writes a file for each way.

use crate::{Sink, data_path, mppe, sessions};
use pptp_benches::SIZES;
use pptp_benches::matrix::Matrix;
use pptp_benches::table::Table;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// How many packets are counted. Stateful MPPE changes keys with each 256th.
const PACKETS: u32 = 256;

/// A name, what it is, and the table for each size.
type Counted = (&'static str, &'static str, fn(usize) -> Table<'static>);

const COUNTED: [Counted; 3] = [
    ("mppe", "stateless MPPE-128, instructions", mppe::table),
    ("path", "data path, instructions", data_path::table),
    ("sessions", "sessions, instructions", sessions::table),
];

/// What runs under valgrind: prints how many units each way did.
pub(crate) fn count(name: Option<&str>) -> Result<(), Box<dyn Error>> {
    let (_, _, table) = COUNTED
        .iter()
        .find(|(known, _, _)| name == Some(known))
        .ok_or("count what?")?;
    for at in 0..SIZES.len() {
        for (row, units) in table(at).count(PACKETS) {
            println!("{at}\t{units}\t{row}");
        }
    }
    Ok(())
}

pub(crate) fn run(sink: Sink<'_>) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("pptp-callgrind-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let done = COUNTED.iter().try_for_each(|(name, title, _)| {
        sink(counted(name, title, &folder)?.report());
        Ok(())
    });
    fs::remove_dir_all(&folder)?;
    done
}

fn counted(name: &str, title: &str, folder: &Path) -> Result<Matrix, Box<dyn Error>> {
    let file = folder.join(name);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(std::env::current_exe()?)
        .args(["count", name])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let output = String::from_utf8(output.stdout)?;
    let mut rows: Vec<(&str, Vec<f64>)> = Vec::new();
    for (line, dump) in output.lines().zip(1..) {
        let mut fields = line.split('\t').skip(1);
        let units: f64 = fields.next().ok_or("no units")?.parse()?;
        let row = fields.next().ok_or("no name")?;
        let text = fs::read_to_string(file.with_extension(dump.to_string()))?;
        let mut totals = text
            .lines()
            .filter_map(|line| line.strip_prefix("totals: "));
        let instructions: f64 = totals.next_back().ok_or("no totals")?.trim().parse()?;
        match rows.iter_mut().find(|(name, _)| *name == row) {
            Some((_, figures)) => figures.push(instructions / units),
            None => rows.push((row, vec![instructions / units])),
        }
    }
    let mut matrix = Matrix::new(title, "instructions/packet", true);
    for (row, _) in &rows {
        matrix.row(*row);
    }
    for (at, name) in ["40", "576", "1400"].into_iter().enumerate() {
        matrix.column(name, rows.iter().map(|(_, figures)| figures[at]));
    }
    Ok(matrix)
}
