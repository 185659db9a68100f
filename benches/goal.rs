//! What figures have to be, and whether they are.

use std::fmt;

/// A bound for a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    words: &'static str,
    bound: f64,
    unit: &'static str,
    /// More is worse.
    cost: bool,
    /// How far beyond the bound counts as reached, as a part of it.
    slack: f64,
}

/// Two runs differ by 2 to 3 %.
const SLACK: f64 = 0.05;

impl Goal {
    /// To be at least so many times as good as a peer.
    #[must_use]
    pub const fn at_least(bound: f64) -> Self {
        Self {
            words: "at least",
            bound,
            unit: "x",
            cost: false,
            slack: SLACK,
        }
    }

    /// Hoped for beyond [`Goal::at_least`].
    #[must_use]
    pub const fn reach_for(bound: f64) -> Self {
        Self {
            words: "reach for",
            ..Self::at_least(bound)
        }
    }

    /// To take no more than so much.
    #[must_use]
    pub const fn at_most(bound: f64, unit: &'static str) -> Self {
        Self {
            words: "at most",
            bound,
            unit,
            cost: true,
            slack: SLACK,
        }
    }

    /// Hoped for beyond [`Goal::at_most`].
    #[must_use]
    pub const fn reach_down_to(bound: f64, unit: &'static str) -> Self {
        Self {
            words: "reach for",
            ..Self::at_most(bound, unit)
        }
    }

    /// Of what is counted, not timed: missed is missed.
    #[must_use]
    pub const fn exact(self) -> Self {
        Self { slack: 0.0, ..self }
    }

    /// The goal, and what has come of it. The figure counts as it is shown, with two places.
    #[must_use]
    pub fn verdict(&self, figure: f64) -> String {
        let figure = (figure * 100.0).round() / 100.0;
        let within = |slack: f64| {
            if self.cost {
                figure <= self.bound * (1.0 + slack)
            } else {
                figure >= self.bound * (1.0 - slack)
            }
        };
        let verdict = match (within(0.0), within(self.slack)) {
            (true, _) => "reached",
            (false, true) => "reached within 5 %",
            (false, false) => "missed",
        };
        format!("{self}: {verdict}")
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.words, self.bound, self.unit)
    }
}

/// What has come of several goals for one figure.
#[must_use]
pub fn verdicts(goals: &[Goal], figure: f64) -> String {
    let verdicts: Vec<_> = goals.iter().map(|goal| goal.verdict(figure)).collect();
    verdicts.join(", ")
}

/// Goals for how a way stands to others, whose names are beside them.
#[derive(Debug, Clone, Default)]
pub struct Goals(Vec<(String, Vec<Goal>)>);

impl Goals {
    /// Adds goals for how a way stands to the one called `peer`.
    pub fn push(&mut self, peer: &str, goals: &[Goal]) {
        if !goals.is_empty() {
            self.0.push((peer.to_owned(), goals.to_vec()));
        }
    }

    /// What has come of them, with what stands before: `ratio` has how many times as good as another the way is. What
    /// is missing is not compared with. The name of the one that is `first` goes without saying.
    #[must_use]
    pub fn verdicts(&self, first: &str, ratio: impl Fn(&str) -> Option<f64>) -> String {
        let mut text = String::new();
        for (peer, goals) in &self.0 {
            if let Some(ratio) = ratio(peer) {
                text += if text.is_empty() { "  " } else { "; " };
                text += &verdicts(goals, ratio);
                if peer != first {
                    text += &format!(" ({ratio:.2}x {peer})");
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missed_by_no_more_than_a_twentieth_is_reached() {
        let goals = [Goal::at_least(1.2), Goal::reach_for(1.35)];
        for (ratio, least, hoped) in [
            (1.4, "reached", "reached"),
            (1.3, "reached", "reached within 5 %"),
            (1.25, "reached", "missed"),
            (1.15, "reached within 5 %", "missed"),
            (1.1, "missed", "missed"),
            (f64::NAN, "missed", "missed"),
        ] {
            let wanted = format!("at least 1.2x: {least}, reach for 1.35x: {hoped}");
            assert_eq!(verdicts(&goals, ratio), wanted, "{ratio}");
        }
    }

    #[test]
    fn of_a_cost_less_is_better_and_what_is_counted_is_exact() {
        let share = Goal::at_most(5.0, " %");
        assert_eq!(share.verdict(4.0), "at most 5 %: reached");
        assert_eq!(share.verdict(5.2), "at most 5 %: reached within 5 %");
        assert_eq!(share.verdict(5.3), "at most 5 %: missed");
        let room = Goal::at_most(4096.0, "").exact();
        assert_eq!(room.verdict(4096.0), "at most 4096: reached");
        assert_eq!(room.verdict(4097.0), "at most 4096: missed");
        let hoped = Goal::reach_for(1.14).exact();
        assert_eq!(hoped.verdict(1.134), "reach for 1.14x: missed");
        // Shown as 1.14.
        assert_eq!(hoped.verdict(1.136), "reach for 1.14x: reached");
    }

    #[test]
    fn each_peer_has_goals_of_its_own() {
        let mut goals = Goals::default();
        goals.push("one", &[Goal::at_least(1.0)]);
        goals.push("other", &[Goal::at_least(2.0)]);
        goals.push("missing", &[Goal::at_least(3.0)]);
        let ratio = |peer: &str| match peer {
            "one" => Some(1.0),
            "other" => Some(1.5),
            _ => None,
        };
        let wanted = "  at least 1x: reached; at least 2x: missed (1.50x other)";
        assert_eq!(goals.verdicts("one", ratio), wanted);
    }
}
