//! The parts that the benchmarks share: a server in a process of its own, a swarm of clients, and a
//! load.
//!
//! ```text
//!  core A: the server under test        core B: this process
//!  parloir, the floor, a peer  ◀──TCP──▶ swarm (all clients, one mio::Poll) ◀─ load (window or rate)
//!        │                                        │
//!        └── /proc: CPU time, memory              └── check: order and count of every line
//! ```
//!
//! The load is not a thread per client: thousands of threads would measure the scheduler.

pub(crate) mod check;
pub(crate) mod dialect;
pub(crate) mod load;
pub(crate) mod machine;
pub(crate) mod options;
pub(crate) mod process;
pub(crate) mod results;
pub(crate) mod stats;
pub(crate) mod swarm;
pub(crate) mod table;

/// A failure, in words for the terminal. A benchmark has no other place to report it.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// The result of a fallible function of the benchmarks.
pub(crate) type Outcome<T> = Result<T, Failure>;
