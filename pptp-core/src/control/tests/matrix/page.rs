//! The rules as a page: `docs/control-states.md`.

use super::*;
use alloc::collections::BTreeSet;
use core::fmt::Write as _;
use std::env;
use std::fs;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/control-states.md");

/// Set to anything, the page is written instead of compared.
const WRITE: &str = "PPTP_WRITE_PAGES";

const HEAD: &str = "\
# Every control message in every state

What a `pptp_core::control::Connection` does about each message of RFC 2637 §2, whatever it is and wherever it stands, and
why. The rules are written by hand, in `pptp-core/src/control/tests/matrix/rules.rs`; this page is made from them, and the
tests `as_pns`, `as_pac` and `as_both` walk every cell, in either origin, and compare what the code sends, tells and is
afterwards. After a change of the rules

    PPTP_WRITE_PAGES=1 cargo test -p pptp-core matrix

writes it again. § are sections of RFC 2637.

In all tables a call is 100 to us and 200 to the peer. Messages are named as tcpdump does. A message that is sent is
followed by its result and error codes, or a Stop by its reason; an event by its cause. *ignored* is: nothing is sent,
nothing is told, and nothing has changed but a counter of `Stats`. In the last column but one `=` is the same state, and `+` the same
state and one more call.
";

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The letter of a rule in its section.
fn letter(index: usize) -> char {
    char::from(b'a' + u8::try_from(index).unwrap())
}

fn is_of(state: &str, role: Role) -> bool {
    let origins = [Origin::Originator, Origin::Receiver].into_iter();
    origins
        .map(|origin| connection_in::<2>(state, role, origin))
        .any(|it| it.is_some())
}

fn page() -> String {
    let mut page = HEAD.to_string();
    page.push_str("\n## States\n\n| state | what it is |\n| --- | --- |\n");
    for (name, about) in STATES {
        writeln!(page, "| `{name}` | {about} |").unwrap();
    }
    page.push_str("\n## Rules\n");
    for section in SECTIONS {
        write!(page, "\n### {}\n\n", section.title).unwrap();
        if !section.about.is_empty() {
            write!(page, "{}\n\n", section.about).unwrap();
        }
        page.push_str("| | message | role | in | we send | we tell | then | why |\n");
        page.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for (index, rule) in section.rules.iter().enumerate() {
            let (messages, roles, states, sends, tells, then, why) = rule;
            let sends = if *sends == IGNORED {
                "*ignored*"
            } else {
                sends
            };
            writeln!(
                page,
                "| {} | {} | {roles} | {} | {sends} | {tells} | {then} | {} |",
                letter(index),
                cell(messages),
                cell(states),
                cell(why)
            )
            .unwrap();
        }
    }
    for (role, name) in ROLES {
        let title = match role {
            Role::Both => "a connection that is both",
            Role::Pns => "a PNS",
            Role::Pac => "a PAC",
        };
        write!(page, "\n## Every cell of {title}\n\n").unwrap();
        page.push_str("By the letters of the rules above.\n\n| message |");
        let states = STATES
            .into_iter()
            .map(|(state, _)| state)
            .filter(|state| is_of(state, role))
            .collect::<Vec<_>>();
        for state in &states {
            write!(page, " {state} |").unwrap();
        }
        page.push_str("\n| --- |");
        page.push_str(&" --- |".repeat(states.len()));
        page.push('\n');
        for message in messages() {
            write!(page, "| {} |", message.name).unwrap();
            for state in &states {
                let (_, rule) = rule_for(message.name, name, state);
                write!(page, " {} |", letter(rule)).unwrap();
            }
            page.push('\n');
        }
    }
    page
}

#[test]
fn the_page_is_what_the_rules_say() {
    let page = page();
    if env::var_os(WRITE).is_some() {
        fs::write(PATH, &page).unwrap();
    }
    let written = fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        page == written,
        "docs/control-states.md is another: {WRITE}=1 cargo test -p pptp-core matrix writes it"
    );
}

#[test]
fn every_rule_is_about_something() {
    let mut unused = SECTIONS
        .iter()
        .flat_map(|section| (0..section.rules.len()).map(|rule| (section.title, rule)))
        .collect::<BTreeSet<_>>();
    let messages = messages();
    for (role, name) in ROLES {
        for (state, _) in STATES.into_iter().filter(|(state, _)| is_of(state, role)) {
            for message in &messages {
                let (section, rule) = rule_for(message.name, name, state);
                unused.remove(&(section.title, rule));
            }
        }
    }
    assert!(unused.is_empty(), "{unused:?}");
}
