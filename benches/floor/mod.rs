//! The floor, and two servers that a reader of the teaching texts would write: parloir is measured
//! against them.
//!
//! Each runs in a process of its own: the benchmark's own program, started again with
//! `--serve NAME`.

pub(crate) mod poll_loop;
pub(crate) mod threads;
pub(crate) mod turn;

use std::io::Write;
use std::net::SocketAddr;

use crate::rig::Outcome;

/// The argument that makes this program one of the servers.
pub(crate) const SERVE: &str = "--serve";

/// Runs as one of the servers if the arguments ask for it; returns only if they do not.
pub(crate) fn serve_if_asked() -> Outcome<bool> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [SERVE, "turn"] => turn::serve()?,
        [SERVE, "threads"] => threads::serve()?,
        [SERVE, "poll-loop"] => poll_loop::serve()?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Tells the benchmark the address that the server listens on.
fn announce(address: SocketAddr) -> Outcome<()> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{address}")?;
    Ok(stdout.flush()?)
}
