use super::*;
use std::vec::Vec;

/// RFC 1661 §4.1, both halves, as printed.
const TABLE: &str = "
      | State
      |    0         1         2         3         4         5
Events| Initial   Starting  Closed    Stopped   Closing   Stopping
------+-----------------------------------------------------------
 Up   |    2     irc,scr/6     -         -         -         -
 Down |    -         -         0       tls/1       0         1
 Open |  tls/1       1     irc,scr/6     3r        5r        5r
 Close|    0       tlf/0       2         2         4         4
      |
  TO+ |    -         -         -         -       str/4     str/5
  TO- |    -         -         -         -       tlf/2     tlf/3
      |
 RCR+ |    -         -       sta/2 irc,scr,sca/8   4         5
 RCR- |    -         -       sta/2 irc,scr,scn/6   4         5
 RCA  |    -         -       sta/2     sta/3       4         5
 RCN  |    -         -       sta/2     sta/3       4         5
      |
 RTR  |    -         -       sta/2     sta/3     sta/4     sta/5
 RTA  |    -         -         2         3       tlf/2     tlf/3
      |
 RUC  |    -         -       scj/2     scj/3     scj/4     scj/5
 RXJ+ |    -         -         2         3         4         5
 RXJ- |    -         -       tlf/2     tlf/3     tlf/2     tlf/3
      |
 RXR  |    -         -         2         3         4         5

      | State
      |    6         7         8           9
Events| Req-Sent  Ack-Rcvd  Ack-Sent    Opened
------+-----------------------------------------
 Up   |    -         -         -           -
 Down |    1         1         1         tld/1
 Open |    6         7         8           9r
 Close|irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4
      |
  TO+ |  scr/6     scr/6     scr/8         -
  TO- |  tlf/3p    tlf/3p    tlf/3p        -
      |
 RCR+ |  sca/8   sca,tlu/9   sca/8   tld,scr,sca/8
 RCR- |  scn/6     scn/7     scn/6   tld,scr,scn/6
 RCA  |  irc/7     scr/6x  irc,tlu/9   tld,scr/6x
 RCN  |irc,scr/6   scr/6x  irc,scr/8   tld,scr/6x
      |
 RTR  |  sta/6     sta/6     sta/6   tld,zrc,sta/5
 RTA  |    6         6         8       tld,scr/6
      |
 RUC  |  scj/6     scj/7     scj/8       scj/9
 RXJ+ |    6         6         8           9
 RXJ- |  tlf/3     tlf/3     tlf/3   tld,irc,str/5
      |
 RXR  |    6         7         8         ser/9
";

const STATES: [State; 10] = [
    State::Initial,
    State::Starting,
    State::Closed,
    State::Stopped,
    State::Closing,
    State::Stopping,
    State::ReqSent,
    State::AckRcvd,
    State::AckSent,
    State::Opened,
];

fn event(name: &str) -> Event {
    match name {
        "Up" => Event::Up,
        "Down" => Event::Down,
        "Open" => Event::Open,
        "Close" => Event::Close,
        "TO+" => Event::TimeoutPositive,
        "TO-" => Event::TimeoutNegative,
        "RCR+" => Event::RcrPositive,
        "RCR-" => Event::RcrNegative,
        "RCA" => Event::Rca,
        "RCN" => Event::Rcn,
        "RTR" => Event::Rtr,
        "RTA" => Event::Rta,
        "RUC" => Event::Ruc,
        "RXJ+" => Event::RxjPermitted,
        "RXJ-" => Event::RxjCatastrophic,
        "RXR" => Event::Rxr,
        other => panic!("unknown event {other}"),
    }
}

fn action(name: &str) -> Actions {
    match name {
        "tlu" => Actions::TLU,
        "tld" => Actions::TLD,
        "tls" => Actions::TLS,
        "tlf" => Actions::TLF,
        "irc" => Actions::IRC,
        "zrc" => Actions::ZRC,
        "scr" => Actions::SCR,
        "sca" => Actions::SCA,
        "scn" => Actions::SCN,
        "str" => Actions::STR,
        "sta" => Actions::STA,
        "scj" => Actions::SCJ,
        "ser" => Actions::SER,
        other => panic!("unknown action {other}"),
    }
}

fn cell(text: &str) -> Option<(State, Actions)> {
    if text == "-" {
        return None;
    }
    let (actions, state) = text.split_once('/').unwrap_or(("", text));
    let state = state.trim_end_matches(['p', 'r', 'x']);
    let actions = actions.split(',').filter(|name| !name.is_empty());
    let actions = actions.map(action).fold(Actions::empty(), Actions::union);
    Some((STATES[state.parse::<usize>().unwrap()], actions))
}

type Cell = (State, Event, Option<(State, Actions)>);

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut columns = Vec::new();
    for line in TABLE.lines() {
        let Some((name, row)) = line.split_once('|') else {
            continue;
        };
        let row: Vec<&str> = row.split_whitespace().collect();
        match name.trim() {
            "" if row.first().is_some_and(|word| *word != "State") => {
                columns = row
                    .iter()
                    .map(|n| STATES[n.parse::<usize>().unwrap()])
                    .collect();
            }
            "" | "Events" => {}
            name => {
                assert_eq!(row.len(), columns.len(), "row {name}");
                for (&state, text) in columns.iter().zip(row) {
                    cells.push((state, event(name), cell(text)));
                }
            }
        }
    }
    cells
}

#[test]
fn every_cell_is_as_in_the_rfc() {
    let cells = cells();
    assert_eq!(cells.len(), 160);
    for (state, event, expected) in cells {
        assert_eq!(step(state, event), expected, "{event:?} in {state:?}");
    }
}

#[test]
fn the_restart_timer_runs_where_there_are_timeouts() {
    for (state, event, expected) in cells() {
        if matches!(event, Event::TimeoutPositive | Event::TimeoutNegative) {
            assert_eq!(state.runs_restart_timer(), expected.is_some(), "{state:?}");
        }
    }
}

#[test]
fn actions_are_named_in_debug_output() {
    let actions = Actions::TLU | Actions::SCA;
    assert_eq!(std::format!("{actions:?}"), "Actions(TLU | SCA)");
}
