//! Is parloir at the kernel's limit, and ahead of what a user would pick instead?
//!
//! The same load for every server, interleaved in the same run.

#[path = "floor/mod.rs"]
mod floor;
#[path = "peers/mod.rs"]
mod peers;
#[path = "rig/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses what it needs of the rig")]
mod rig;

use std::process::ExitCode;

fn main() -> ExitCode {
    let run = || -> rig::Outcome<()> {
        if floor::serve_if_asked()? {
            return Ok(());
        }
        peers::run(&rig::options::Options::parse()?)
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}
