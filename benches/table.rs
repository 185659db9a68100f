//! Measuring ways to do the same thing against each other.
//!
//! A clock that changes its pace, or a neighbour on the same processor, falsifies any figure that is measured alone. So
//! all ways take turns, many times, and what counts are the medians and their ratios.
//!
//! Where two threads share a core, what fills an idle core's units best suffers most from a busy neighbour. So before
//! and after each turn a probe of that kind is timed, and a turn in which it was slow is taken again.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How long one turn takes at least.
const TURN: Duration = Duration::from_micros(100);

/// How often a turn is taken at most for each that counts.
const MOST_ATTEMPTS: usize = 30;

/// Ways to do the same thing; the first is what the others are compared with.
#[derive(Default)]
pub struct Table<'a> {
    title: String,
    unit: &'static str,
    rows: Vec<Row<'a>>,
    /// Some turns count in which the neighbours were not quiet.
    disturbed: bool,
}

struct Row<'a> {
    name: String,
    units: f64,
    goal: Option<f64>,
    run: Box<dyn FnMut(u32) -> Duration + 'a>,
    repeat: u32,
    samples: Vec<f64>,
    disturbed: Vec<f64>,
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
            rows: Vec::new(),
            disturbed: false,
        }
    }

    /// Adds a way, of which one call of `run` does so many units.
    pub fn row(&mut self, name: impl Into<String>, units: u32, mut run: impl FnMut() + 'a) {
        self.push(name.into(), units, move |times| {
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
        self.push(name.into(), units, move |times| {
            (0..times).map(|_| run()).sum()
        });
    }

    fn push(&mut self, name: String, units: u32, run: impl FnMut(u32) -> Duration + 'a) {
        self.rows.push(Row {
            name,
            units: units.into(),
            goal: None,
            run: Box::new(run),
            repeat: 1,
            samples: Vec::new(),
            disturbed: Vec::new(),
        });
    }

    /// How many times as fast as the first way the one just added has to be.
    pub fn goal(&mut self, goal: f64) {
        if let Some(row) = self.rows.last_mut() {
            row.goal = Some(goal);
        }
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
        let mut quiet = (0..1000).map(|_| probe()).min().unwrap_or_default();
        let mut attempts = rounds * MOST_ATTEMPTS;
        while attempts > 0 && self.rows.iter().any(|row| row.samples.len() < rounds) {
            attempts -= 1;
            for row in &mut self.rows {
                let before = probe();
                let taken = (row.run)(row.repeat).as_secs_f64();
                let slowest = before.max(probe());
                quiet = quiet.min(before);
                let sample = taken * 1e9 / f64::from(row.repeat) / row.units;
                if slowest <= quiet.mul_f64(1.1) {
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
            }
            row.samples.sort_by(f64::total_cmp);
        }
    }

    /// How many times as fast as the first way that of this name is.
    #[must_use]
    pub fn ratio(&self, name: &str) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.name == name)?;
        Some(self.rows.first()?.median() / row.median())
    }

    /// The table as text; a goal that is missed by no more than a twentieth counts as reached.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("\n{}\n", self.title);
        if self.disturbed {
            text.push_str(
                "  (the processor was busy with something else: these figures are worth little)\n",
            );
        }
        let Some(first) = self.rows.first() else {
            return text;
        };
        for row in &self.rows {
            let ratio = first.median() / row.median();
            let _ = write!(
                text,
                "  {:44} {:9.2} ns/{}  {ratio:6.2}x",
                row.name,
                row.median(),
                self.unit
            );
            if let Some(goal) = row.goal {
                let verdict = if ratio >= goal {
                    "reached"
                } else if ratio >= goal * 0.95 {
                    "reached, within 5 %"
                } else {
                    "missed"
                };
                let _ = write!(text, "  goal {goal:.2}x: {verdict}");
            }
            text.push('\n');
        }
        text
    }
}

impl Row<'_> {
    fn median(&self) -> f64 {
        let middle = self.samples.len() / 2;
        self.samples.get(middle).copied().unwrap_or(f64::NAN)
    }
}

/// How long something takes that keeps all units of the processor busy.
fn probe() -> Duration {
    let mut sums = std::hint::black_box([1_u64, 2, 3, 4, 5, 6, 7, 8]);
    let start = Instant::now();
    for _ in 0..4000 {
        for sum in &mut sums {
            *sum = sum.rotate_left(7) ^ (*sum >> 3);
        }
    }
    let taken = start.elapsed();
    std::hint::black_box(sums);
    taken
}
