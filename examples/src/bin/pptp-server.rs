//! `pptp-server`: lets PPTP clients in. See `--help`.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use clap::Parser;
    use pptp_examples::server::{arguments::Arguments, run};

    match run(&Arguments::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("pptp-server: {failure}");
            failure.exit_code().into()
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("pptp-server runs on Linux only");
    std::process::ExitCode::FAILURE
}
