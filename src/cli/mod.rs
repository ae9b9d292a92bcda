//! The command line: the only user of clap and env_logger, and the only part that prints.
//!
//! The exit status is 0 if the command did what was asked, 1 if `chat` did not deliver, and 2 for a mistake
//! in the flags or in setting up. A mistake is one line on stderr that says what, to what, and what to do:
//! scripts log the last line of it, and of clap's own usage that is "For more information".

mod addresses;
mod args;
mod chat;
mod common;
mod console;
mod data;
mod keep;
mod lab;
mod listener;
mod logger;
mod opening;
mod screen;
mod serve;
mod units;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, CliCommand};

/// The exit status of a set-up error; clap uses the same for a bad flag.
const SETUP_FAILED: u8 = 2;

/// Runs the command that the arguments ask for.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return fail_at_once(&mistake(&error)),
        Err(help_or_version) => {
            // A closed stdout is no reason to fail.
            let _ = help_or_version.print();
            return ExitCode::SUCCESS;
        }
    };
    // The log and the last error are written by a thread of their own: a stderr that is not read holds up
    // nothing.
    let stderr = match logger::install(&arguments.logging) {
        Ok(stderr) => stderr,
        Err(error) => return fail_at_once(&format!("cannot write a log: {error}")),
    };
    let result = match arguments.command {
        Some(CliCommand::Chat(options)) => chat::chat(&options),
        Some(CliCommand::Serve(options)) => serve::serve(&options).map(|()| 0),
        Some(CliCommand::Data(options)) => data::data(&options),
        Some(CliCommand::Lab(options)) => lab::lab(&options).map(|()| 0),
        None => serve::serve(&arguments.serve).map(|()| 0),
    };
    let status = result.unwrap_or_else(|message| {
        stderr.push(&failure(&message));
        SETUP_FAILED
    });
    stderr.finish();
    ExitCode::from(status)
}

fn failure(message: &str) -> String {
    format!("parloir: {message}\n")
}

/// Reports an error that comes before there is a log.
fn fail_at_once(message: &str) -> ExitCode {
    // Nothing can be done about a stderr that is closed.
    let _ = std::io::stderr().write_all(failure(message).as_bytes());
    ExitCode::from(SETUP_FAILED)
}

/// The error in the arguments, on one line: clap's own message, without its usage.
fn mistake(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let what = text.strip_prefix("error: ").unwrap_or(&text);
    let what = what.split("\n\n").next().unwrap_or_default();
    let what: Vec<&str> = what.split_whitespace().collect();
    let tip = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("tip: "));
    let tip = tip.map(|tip| format!("; {tip}")).unwrap_or_default();
    format!("{}{tip}; parloir --help lists the flags", what.join(" "))
}
