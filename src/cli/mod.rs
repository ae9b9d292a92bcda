//! The command line: the only user of clap and env_logger, and the only part that prints.

mod args;
mod console;
mod listener;
mod logger;
mod opening;
mod serve;
mod units;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

/// What a set-up error exits with; clap uses the same for a bad flag.
const SETUP_FAILED: u8 = 2;

/// Runs the command that the arguments ask for.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logger::install(&arguments.logging);
    let result = match arguments.command {
        Some(Command::Serve(options)) => serve::serve(&options),
        None => serve::serve(&arguments.serve),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nothing can be done about a stderr that is closed.
            let _ = writeln!(std::io::stderr(), "parloir: {message}");
            ExitCode::from(SETUP_FAILED)
        }
    }
}
