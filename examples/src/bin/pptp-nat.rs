//! `pptp-nat`: lets PPTP clients behind one address reach their servers. See `--help`.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use clap::Parser;
    use pptp_examples::nat::{arguments::Arguments, run};
    use pptp_examples::net::SystemError;

    match run(&Arguments::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("pptp-nat: {failure}");
            match failure {
                SystemError::NotPermitted(_) => 3.into(),
                SystemError::Failed(_) => std::process::ExitCode::FAILURE,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("pptp-nat runs on Linux only");
    std::process::ExitCode::FAILURE
}
