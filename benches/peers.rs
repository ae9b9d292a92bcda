//! Comparison of parloir with the limit of the kernel, and with the servers that a user would
//! choose instead.
//!
//! The same load for every server, interleaved in the same run: each has its clients connected all
//! the time, and they take turns, round by round, so that what else the machine does hits all alike.
//! The figure to look at is **× floor**, the median of the ratios round by round.
//!
//! | server | what it is |
//! | --- | --- |
//! | parloir | as the command starts it, without the limit on rates |
//! | floor | the smallest epoll relay that can do the job: no parsing, no names, one write per recipient and turn |
//! | poll loop | what a reader of the texts writes: one loop, a write for each message to each client |
//! | thread per client | and the other: one lock, blocking writes |
//! | redis, nats, ngircd, inspircd, mosquitto, ncat | where installed, each in its own dialect, limits raised; every setting is printed |
//!
//! ```text
//! cargo bench --bench peers                 all cells and servers, about five minutes
//! cargo bench --bench peers -- --quick      parloir and the floor, half a minute
//! cargo bench --bench peers -- --only W1    one cell
//! … --save NAME, --compare NAME             as with the other benchmarks
//! ```
//!
//! Cells: T, 10 senders × N receivers, 64 lines under way each; W1, one under way each; L, 100 lines
//! a second × N receivers, with latency.
//!
//! # How to read it
//!
//! - `µs/read` is the server's CPU for each read that a receiver had to make: close to the cost of a
//!   write. `lines/read` is how many lines came together. CPU per delivery is the first by the
//!   second: a server can be dearer because its writes are, or because it gathers less. W1 is nearly
//!   all of the second kind.
//! - A delivery is a line that someone received, so it does not matter that the senders hear nothing
//!   on redis and mosquitto.
//! - Bytes differ: parloir adds the speaker's name (9 bytes to 64), IRC some 45, redis 38, nats 18.
//! - The floor loses nothing but has no limits: it is a lower bound, not a server.

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
