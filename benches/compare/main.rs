//! `compare [ROUNDS] [TABLE]...`: the libraries side by side with their peers, in one run.

mod mppe;
mod rc4;

use pptp_benches::table::Table;

/// A name and what prints the tables of it, in so many rounds.
type Tables = (&'static str, fn(usize));

/// What can be asked for by name.
const TABLES: &[Tables] = &[("rc4", rc4::print), ("mppe", mppe::print)];

fn main() {
    let (rounds, names): (Vec<_>, Vec<_>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.parse::<usize>().is_ok());
    let rounds = rounds.first().and_then(|rounds| rounds.parse().ok());
    for (name, print) in TABLES {
        if names.is_empty() || names.iter().any(|asked| asked == name) {
            print(rounds.unwrap_or(101));
        }
    }
}

fn finish(mut table: Table<'_>, rounds: usize) {
    table.measure(rounds);
    print!("{}", table.text());
}
