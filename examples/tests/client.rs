//! The program `pptp-client`, as far as it goes without a network of its own. The rest is in `examples/interop`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn client(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pptp-client"))
        .args(arguments)
        .env_remove("PPTP_PASSWORD")
        .output()
        .unwrap()
}

#[test]
fn what_makes_no_sense_is_told_before_anything_is_done() {
    for (arguments, text) in [
        (&["host"][..], "give --user"),
        (
            &["host", "--auth", "mschap-v2", "--mppe", "allow"],
            "takes --user",
        ),
        (&["host", "-u", "alice", "--auth", "none"], "of no use"),
        (&["host", "--password", "secret"], "unexpected argument"),
        (
            &["host", "--route", "10.0.0.1/8"],
            "not the start of a network",
        ),
        (&[], "required"),
    ] {
        let output = client(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(text), "{arguments:?}: {told}");
    }
}

#[test]
fn help_is_on_standard_output() {
    let output = client(&["--help"]);
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for part in [
        "Exit codes:",
        "Examples:",
        "PPTP_PASSWORD",
        "SIGUSR1",
        "--reconnect-max",
    ] {
        assert!(help.contains(part), "{part}");
    }
}
