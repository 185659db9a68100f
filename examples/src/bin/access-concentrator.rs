//! `access-concentrator`: tunnels lines to a PPTP server. See `--help`.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use clap::Parser;
    use pptp_examples::concentrator::{arguments::Arguments, run};

    match run(&Arguments::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("access-concentrator: {failure}");
            failure.exit_code().into()
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("access-concentrator runs on Linux only");
    std::process::ExitCode::FAILURE
}
