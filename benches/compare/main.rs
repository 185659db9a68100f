//! `compare [ROUNDS] [--charts FOLDER] [TABLE]...`: the libraries side by side with their peers, in one run; with
//! `--charts`, a picture of each table as well.
//!
//! `compare callgrind [--charts FOLDER]`: instructions of each packet, by `valgrind --tool=callgrind`.

mod callgrind;
mod data_path;
mod memory;
mod mppc;
mod mppe;
mod rc4;
mod sessions;

use pptp_benches::report::Report;
use pptp_benches::table::Table;
use std::error::Error;
use std::path::PathBuf;

/// How many turns each way takes, unless it is said.
const ROUNDS: usize = 101;

/// What takes reports as they are done.
type Sink<'a> = &'a mut dyn FnMut(Report);

/// A name, and what makes the tables of it in so many rounds.
type Tables = (&'static str, fn(usize, Sink<'_>));

/// What can be asked for by name.
const TABLES: &[Tables] = &[
    ("rc4", |rounds, sink| {
        measured(rc4::table, rc4::TABLES, rounds, sink);
    }),
    ("mppe", |rounds, sink| {
        measured(mppe::table, mppe::TABLES, rounds, sink);
    }),
    ("mppc", mppc::reports),
    ("path", data_path::reports),
    ("sessions", |rounds, sink| {
        measured(sessions::table, sessions::TABLES, rounds, sink);
    }),
    ("memory", memory::reports),
];

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rounds, mut charts, mut names) = (ROUNDS, None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--charts" => charts = Some(PathBuf::from(arguments.next().ok_or("which folder?")?)),
            "count" => return callgrind::count(arguments.next().as_deref()),
            _ => match argument.parse() {
                Ok(number) => rounds = number,
                Err(_) => names.push(argument),
            },
        }
    }
    let mut drawn = Ok(());
    let mut sink = |report: Report| {
        print!("{report}");
        if let (Some(folder), Ok(())) = (&charts, &drawn) {
            drawn = report.draw(folder);
        }
    };
    if names == ["callgrind"] {
        callgrind::run(&mut sink)?;
        return drawn;
    }
    if let Some(unknown) = names
        .iter()
        .find(|name| TABLES.iter().all(|(known, _)| known != name))
    {
        return Err(format!("there is no table {unknown}").into());
    }
    for (name, make) in TABLES {
        if names.is_empty() || names.iter().any(|asked| asked == name) {
            make(rounds, &mut sink);
        }
    }
    drawn
}

fn measured(table: fn(usize) -> Table<'static>, tables: usize, rounds: usize, sink: Sink<'_>) {
    for at in 0..tables {
        let mut table = table(at);
        table.measure(rounds);
        sink(table.report());
    }
}
