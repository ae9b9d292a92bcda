//! The cost of a connection, and the cost of a line against the number of recipients.
//!
//! A relay's work is the fan-out: one line in, N lines out. The limit of one thread with plain
//! system calls is one write per recipient and turn, and nothing else. This measures the real
//! server, as `parloir` starts it, in a process of its own on one core, with the load on another:
//!
//! | cells | question |
//! | --- | --- |
//! | T10 … T15000 | deliveries a second and server CPU per delivery, 10 senders × N receivers, 64 lines of 64 bytes under way each |
//! | U10 … U15000 | the same with 1 sender |
//! | W1 | 10 × 100, one line under way each: little to gather |
//! | L100, L1000, L100x10 | latency at a fixed rate: 100 lines a second × N receivers, 1,000 × 100 |
//! | IDLE, IDLEWEB, NAMED | memory of an idle connection, WebSocket, and one with a nickname, user space and kernel apart; what is left when all are gone |
//! | CONNECT, UPGRADE, ARRIVE | connections a second that only connect; that become WebSockets; that give a nickname and enter one room |
//! | BESIDE | does an active room cost more with 1,000, 5,000, 15,000 idle connections beside it? |
//! | ROOMS | and with 1,000 other rooms? |
//! | BUSY4 | and while others talk in three rooms that its readers are not in? |
//! | IRC1000, JSON1000, WEB1000, MIXED1000 | does it cost more if all who hear a line speak IRC or JSON, or are WebSockets, or if every second one speaks IRC? |
//! | PARTS1000 | and the last, more than the mean of a plain one and an IRC one? |
//! | STOPPED, FLOOD | what the others feel when one reader stops, when one client floods |
//! | KEPT-W1, KEPT-L100 | what does keeping the chat in a file cost: the loop, the thread that writes, and latency, against a server without |
//! | HANGS | how long does a line take while the disk of that file hangs? |
//! | CALLS | system calls per delivery |
//!
//! ```text
//! cargo bench --bench connection_scaling                     all of it, under ten minutes
//! cargo bench --bench connection_scaling -- --quick          under a minute
//! cargo bench --bench connection_scaling -- --only T1000     one cell
//! … --save NAME                                              keeps the results under a name
//! … --compare NAME                                           compares with those, not with the last run
//! ```
//!
//! # How to read it
//!
//! - **CPU per delivery** is the figure: the server's own time (user and kernel, from `schedstat`)
//!   by lines received. It begins and ends in silence, so nothing is half counted. Deliveries a
//!   second are those of server and load together, and often the load's limit.
//! - It depends on how many lines a turn gathers (`lines/read`, as the receivers see it): compare
//!   cells and runs only where that is alike. The window is over when the *reference receiver*, who
//!   is served last, has a line.
//! - Latency is of every delivery, from when its line was meant to be sent (no coordinated
//!   omission), and includes the load's own time to read it from N sockets.
//! - Every line carries its sender and number, and every receiver checks both. A line that is lost,
//!   doubled or out of order ends the run with an error.
//! - Values are medians of rounds. In a comparison, only what lies outside the range of both runs'
//!   rounds is called beyond the noise.
//! - `parloir` is built as benchmarks are: as a release, but with unwinding panics.
//!
//! # What was tried
//!
//! Server CPU per delivery in µs, medians of runs interleaved with the floor of `peers`, on two cores
//! of a Xeon under Linux 6.18. Ratios hold elsewhere; figures do not.
//!
//! Kept:
//!
//! | what | what it gave |
//! | --- | --- |
//! | one arena a turn, a message encoded once, adjacent messages one range, one write each | the shape: at 10 × 100 with 64 lines under way, a write per message costs 75 times as much (`peers`: poll loop) |
//! | no buffer, count or allocation per recipient: 16 bytes of range, 12 of membership | T1000 at 1.3 × the floor from the first day |
//! | the range that grows looked at first, the rest out of line | T100 .019 → .018 |
//! | what one person says in one go is one pass through the room | T100 .021 → .017, T1000 .021 → .018, T5000 .038 → .026 (floor .013, .018, .034 in the same runs) |
//! | a turn writes to 64 at most, then looks at the sockets: what came goes out in the same writes to those who have not had theirs | × floor, on an AMD EPYC: W1 1.87 → 1.09, since ten senders fall into step; T100 1.45 → 1.27, T1000 1.34 → .92 (the last a short run; other changes lie between); 16 or 32 did no better in short runs, for more looks |
//! | wire formats in lanes of their own, so that what one gets of ten lines is one range | WEB1000 W1 1.22–1.29 → 1.02, T 1.17 → 1.01; MIXED1000 T 1.51 → 1.35, W1 1.26 → 1.01 |
//! | a short read is the last one: no read that only says `WouldBlock` | one system call less a line |
//! | socket options inherited from the listener; registered once | an arrival costs five system calls less, a write no `epoll_ctl` |
//! | sessions in their table, not boxed; tables shrink | after 15,000 came and went, 3.3 MB resident and not 6.5, from 3.0 |
//! | tables with pages of their own, never freed | 4.3 MB resident after two crowds of 15,000, and not 12, from 4.0 |
//! | who has which name in one such table of hashes, not a tree of names | NAMED 504 → 474 bytes; left over 1.3 × → 1.07 × the start |
//! | moments on one clock, not two | IDLE 500 → 422 bytes, NAMED 584 → 504 |
//!
//! Rejected:
//!
//! | what | why |
//! | --- | --- |
//! | holding a busy room's flush back for 100, 200 or 400 µs | W1 .383, .389, .373 against .385 without: ten senders in step fill the turn by themselves, and the line waits for nothing |
//! | writing in turns from the first to the last and from the last to the first | W1 .81 → .66: half of what looking at the sockets in between gives |
//! | writing to the newest first | W1 .81 → .45, but only because the load's next line waits for its newest receiver |
//! | refcounted buffers and one `writev` | a third dearer at ten lines a turn, and memory held by the slowest reader |
//! | a wheel for the timers | the heap is not in any profile: a connection has an entry or two, cancelled lazily |

#[path = "connection_scaling/mod.rs"]
mod connection_scaling;
#[path = "rig/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses what it needs of the rig")]
mod rig;

use std::process::ExitCode;

fn main() -> ExitCode {
    match rig::options::Options::parse().and_then(|options| connection_scaling::run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("connection_scaling: {error}");
            ExitCode::FAILURE
        }
    }
}
