//! `pptp-client`: connects this machine to a PPTP server. See `--help`.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use clap::Parser;
    use pptp_examples::client::arguments::Arguments;
    use pptp_examples::client::{progress, run};

    let arguments = Arguments::parse();
    let level = match arguments.verbose {
        0 => "warn",
        1 => "debug",
        _ => "trace",
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level)).init();
    match run(&arguments) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            progress::line(format_args!("pptp-client: {failure}"));
            failure.exit_code().into()
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("pptp-client runs on Linux only");
    std::process::ExitCode::FAILURE
}
