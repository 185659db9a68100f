//! Measuring ways to do the same thing against each other.
//!
//! A clock that changes its pace, or a neighbour on the same processor, falsifies any figure that is measured alone. So
//! all ways take turns, many times, and what counts are the medians and their ratios.
//!
//! Where two threads share a core, what fills an idle core's units best suffers most from a busy neighbour. So before
//! and after each turn a probe of that kind is timed, and a turn in which it was slow is taken again.
//!
//! Cycles are those of the core: with each turn a chain of operations that takes a known number of them is timed.

use crate::callgrind;
use crate::goal::{Goal, Goals};
use crate::report::{Bar, Report};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How long one turn takes at least.
const TURN: Duration = Duration::from_micros(100);

/// How often a turn is taken at most for each that counts.
const MOST_ATTEMPTS: usize = 30;

/// How long a table is measured at most.
const LONGEST: Duration = Duration::from_secs(20);

/// Ways to do the same thing; the first is what the others are compared with.
#[derive(Default)]
pub struct Table<'a> {
    title: String,
    unit: &'static str,
    rows: Vec<Row<'a>>,
    /// Some turns count in which the neighbours were not quiet.
    disturbed: bool,
    notes: Vec<String>,
}

struct Row<'a> {
    name: String,
    units: f64,
    goals: Goals,
    /// Not all that `run` does counts.
    timed: bool,
    run: Box<dyn FnMut(u32) -> Duration + 'a>,
    repeat: u32,
    samples: Vec<Sample>,
    disturbed: Vec<Sample>,
}

/// What a unit took.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Nanoseconds.
    pub ns: f64,
    /// Cycles of the core.
    pub cycles: f64,
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("title", &self.title).finish()
    }
}

impl<'a> Table<'a> {
    /// A table of times for each `unit` ("packet", "octet").
    #[must_use]
    pub fn new(title: impl Into<String>, unit: &'static str) -> Self {
        Self {
            title: title.into(),
            unit,
            ..Self::default()
        }
    }

    /// Adds a way, of which one call of `run` does so many units.
    pub fn row(&mut self, name: impl Into<String>, units: u32, mut run: impl FnMut() + 'a) {
        self.push(name.into(), units, false, move |times| {
            let start = Instant::now();
            for _ in 0..times {
                run();
            }
            start.elapsed()
        });
    }

    /// As [`Table::row`], of what has something to do that does not count: `run` says how long the rest took.
    pub fn timed_row(
        &mut self,
        name: impl Into<String>,
        units: u32,
        mut run: impl FnMut() -> Duration + 'a,
    ) {
        self.push(name.into(), units, true, move |times| {
            (0..times).map(|_| run()).sum()
        });
    }

    fn push(
        &mut self,
        name: String,
        units: u32,
        timed: bool,
        run: impl FnMut(u32) -> Duration + 'a,
    ) {
        self.rows.push(Row {
            name,
            units: units.into(),
            goals: Goals::default(),
            timed,
            run: Box::new(run),
            repeat: 1,
            samples: Vec::new(),
            disturbed: Vec::new(),
        });
    }

    /// How many times as fast as that of the name `peer` the way just added has to be.
    pub fn goals(&mut self, peer: &str, goals: &[Goal]) {
        if let Some(row) = self.rows.last_mut() {
            row.goals.push(peer, goals);
        }
    }

    /// Adds a line below the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// What it is about.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Goes one way after the other, so many units, under [callgrind], which writes down how many
    /// instructions each took. Gives how many units that were of each; ways of which not all counts are left out.
    pub fn count(&mut self, units: u32) -> Vec<(String, f64)> {
        let rows = self.rows.iter_mut().filter(|row| !row.timed);
        rows.map(|row| {
            let times = (f64::from(units) / row.units).ceil() as u32;
            // Warms up.
            (row.run)(1);
            callgrind::zero();
            std::hint::black_box((row.run)(times));
            callgrind::dump();
            (row.name.clone(), row.units * f64::from(times))
        })
        .collect()
    }

    /// Has all ways take turns, so many each. If the neighbours are never quiet for long, some turns count that were
    /// disturbed.
    pub fn measure(&mut self, rounds: usize) {
        for row in &mut self.rows {
            // Warms up as well.
            while (row.run)(row.repeat) < TURN {
                row.repeat *= 2;
            }
        }
        let quiet = quiet();
        let mut attempts = rounds * MOST_ATTEMPTS;
        let begin = Instant::now();
        while attempts > 0
            && begin.elapsed() < LONGEST
            && self.rows.iter().any(|row| row.samples.len() < rounds)
        {
            attempts -= 1;
            for row in &mut self.rows {
                let before = probe();
                let taken = (row.run)(row.repeat).as_secs_f64();
                let slowest = before.max(probe());
                let ns = taken * 1e9 / f64::from(row.repeat) / row.units;
                let cycles = ns * cycles_in_a_nanosecond();
                let sample = Sample { ns, cycles };
                if slowest <= quiet * 1.1 {
                    row.samples.push(sample);
                } else {
                    row.disturbed.push(sample);
                }
            }
        }
        for row in &mut self.rows {
            if row.samples.len() < rounds / 2 {
                self.disturbed = true;
                row.samples.append(&mut row.disturbed);
            } else if row.samples.is_empty() {
                row.samples.append(&mut row.disturbed);
            }
        }
    }

    /// The medians of the way of this name.
    #[must_use]
    pub fn median(&self, name: &str) -> Option<Sample> {
        self.rows
            .iter()
            .find(|row| row.name == name)
            .map(Row::median)
    }

    /// Those of all.
    #[must_use]
    pub fn medians(&self) -> Vec<Sample> {
        self.rows.iter().map(Row::median).collect()
    }

    /// Whether turns count that were disturbed.
    #[must_use]
    pub const fn is_disturbed(&self) -> bool {
        self.disturbed
    }

    /// The table as text, and as bars.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut text = String::new();
        let mut bars = Vec::new();
        if self.disturbed {
            text.push_str(
                "  (the processor was busy with something else: these figures are worth little)\n",
            );
        }
        let first = self.rows.first().map_or("", |row| row.name.as_str());
        let of = |name: &str| self.median(name).map(|it| it.ns);
        for row in &self.rows {
            let Sample { ns, cycles } = row.median();
            let ratio = of(first).unwrap_or(f64::NAN) / ns;
            let _ = write!(
                text,
                "  {:44} {ns:9.2} ns {cycles:9.2} cycles/{} {ratio:6.2}x",
                row.name, self.unit
            );
            text += &row.goals.verdicts(first, |peer| Some(of(peer)? / ns));
            text.push('\n');
            bars.push(Bar {
                name: row.name.clone(),
                value: cycles,
                label: format!("{cycles:.*} ({ratio:.2}x)", usize::from(cycles < 100.0)),
            });
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        Report {
            title: self.title.clone(),
            axis: format!("cycles/{}", self.unit),
            text,
            bars,
        }
    }
}

impl Row<'_> {
    fn median(&self) -> Sample {
        Sample {
            ns: median(self.samples.iter().map(|sample| sample.ns)),
            cycles: median(self.samples.iter().map(|sample| sample.cycles)),
        }
    }
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples: Vec<_> = samples.collect();
    samples.sort_by(f64::total_cmp);
    let middle = samples.len() / 2;
    samples.get(middle).copied().unwrap_or(f64::NAN)
}

/// What [`probe`] gives while nothing else is going on. Not the least: the clock, too, is a measurement that something
/// else may come between.
fn quiet() -> f64 {
    let mut probes: Vec<f64> = (0..2000).map(|_| probe()).collect();
    probes.sort_by(f64::total_cmp);
    probes[probes.len() / 10]
}

/// How many cycles something takes that keeps all units of the processor busy.
fn probe() -> f64 {
    let clock = cycles_in_a_nanosecond();
    let mut sums = std::hint::black_box([1_u64, 2, 3, 4, 5, 6, 7, 8]);
    let start = Instant::now();
    for _ in 0..4000 {
        for sum in &mut sums {
            *sum = sum.rotate_left(7) ^ (*sum >> 3);
        }
    }
    let taken = start.elapsed();
    std::hint::black_box(sums);
    taken.as_secs_f64() * 1e9 * clock
}

/// How fast the core is just now, by a chain of shifts and exclusive ors, each of which takes one cycle and waits for
/// the one before.
fn cycles_in_a_nanosecond() -> f64 {
    const STEPS: u32 = 4000;
    const CYCLES_A_STEP: u32 = 6;
    let mut chain = std::hint::black_box(1_u64);
    let start = Instant::now();
    for _ in 0..STEPS {
        chain ^= chain << 13;
        chain ^= chain >> 7;
        chain ^= chain << 17;
    }
    let taken = start.elapsed();
    std::hint::black_box(chain);
    f64::from(STEPS * CYCLES_A_STEP) / (taken.as_secs_f64() * 1e9)
}
