//! Figures of several ways on several kinds of data.

use crate::goal::{Goal, Goals};
use crate::report::{Bar, Report};
use std::fmt::Write as _;

/// A row for each way, a column for each kind, and the geometric mean; the first way is what the others are compared
/// with.
#[derive(Debug, Clone)]
pub struct Matrix {
    title: String,
    unit: &'static str,
    /// Less is better.
    cost: bool,
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    disturbed: bool,
}

#[derive(Debug, Clone)]
struct Row {
    name: String,
    figures: Vec<f64>,
    goals: Goals,
}

impl Matrix {
    /// Of figures in `unit`, of which less is better if they are a `cost`.
    #[must_use]
    pub fn new(title: impl Into<String>, unit: &'static str, cost: bool) -> Self {
        Self {
            title: title.into(),
            unit,
            cost,
            columns: Vec::new(),
            rows: Vec::new(),
            disturbed: false,
        }
    }

    /// Adds a way.
    pub fn row(&mut self, name: impl Into<String>) {
        self.rows.push(Row {
            name: name.into(),
            figures: Vec::new(),
            goals: Goals::default(),
        });
    }

    /// How many times as good as that of the name `peer` the way just added has to be.
    pub fn goals(&mut self, peer: &str, goals: &[Goal]) {
        if let Some(row) = self.rows.last_mut() {
            row.goals.push(peer, goals);
        }
    }

    /// Adds a kind of data, with a figure of each way.
    pub fn column(&mut self, name: &'static str, figures: impl IntoIterator<Item = f64>) {
        self.columns.push(name);
        for (row, figure) in self.rows.iter_mut().zip(figures) {
            row.figures.push(figure);
        }
    }

    /// Some turns count in which the neighbours were not quiet.
    pub const fn disturbed(&mut self) {
        self.disturbed = true;
    }

    /// The matrix as text, and its means as bars.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut text = String::new();
        let mut bars = Vec::new();
        if self.disturbed {
            text.push_str(
                "  (the processor was busy with something else: some figures are worth little)\n",
            );
        }
        let several = self.columns.len() > 1;
        let names = self.rows.iter().map(|row| row.name.len());
        let width = names.max().unwrap_or(0).max(self.unit.len());
        let _ = write!(text, "  {:width$}", self.unit);
        for name in &self.columns {
            let _ = write!(text, " {name:>8}");
        }
        text.push_str(if several { "     mean\n" } else { "\n" });
        let first = self.rows.first().map_or("", |row| row.name.as_str());
        let of = |name: &str| {
            let row = self.rows.iter().find(|row| row.name == name);
            row.map(Row::mean)
        };
        for row in &self.rows {
            let mean = row.mean();
            let ratio_to = |peer: &str| {
                let peer = of(peer)?;
                Some(if self.cost { peer / mean } else { mean / peer })
            };
            let ratio = ratio_to(first).unwrap_or(f64::NAN);
            let _ = write!(text, "  {:width$}", row.name);
            for figure in &row.figures {
                let _ = write!(text, " {figure:8.*}", digits(*figure));
            }
            if several {
                let _ = write!(text, " {mean:8.*}", digits(mean));
            }
            let _ = write!(text, " {ratio:6.2}x");
            text += &row.goals.verdicts(first, ratio_to);
            text.push('\n');
            bars.push(Bar {
                name: row.name.clone(),
                value: mean,
                label: format!("{mean:.*} ({ratio:.2}x)", digits(mean)),
            });
        }
        Report {
            title: self.title.clone(),
            axis: self.unit.to_owned(),
            text,
            bars,
        }
    }
}

fn digits(figure: f64) -> usize {
    if figure < 1000.0 { 2 } else { 0 }
}

impl Row {
    fn mean(&self) -> f64 {
        let logs: f64 = self.figures.iter().map(|figure| figure.ln()).sum();
        (logs / self.figures.len() as f64).exp()
    }
}
