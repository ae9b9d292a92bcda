//! The command `parloir`: arguments in, exit status out. It uses the library as any program can.

// In what is shipped, a panic needs a proof on the spot: `expect("why it holds")`.
#![warn(clippy::unwrap_used)]

mod cli;
mod client;
mod stdio;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
