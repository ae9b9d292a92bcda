//! System calls per delivery, counted by the kernel's tracepoint where `perf` may, else by `strace`.
//!
//! Not from `/proc/PID/io`: its `syscr` and `syscw` leave out `recv` and `send`, which is what
//! sockets are read and written with. An idle server makes no calls, so one count over a span that
//! holds the whole load is exact. `strace` slows the server down, so that it gathers more lines in a
//! turn; the unbatched cell stays right.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Bench, Room};
use crate::rig::Outcome;
use crate::rig::load::Pace;

/// Time after which the counters are taken to be in place. They do not report it.
const ATTACH: Duration = Duration::from_millis(500);

/// Runs cell CALLS.
pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    if !bench.wants("CALLS") {
        return Ok(());
    }
    let paces = [
        ("L100", Pace::Rate(100)),
        ("W1", Pace::Window(1)),
        ("T100", Pace::Window(64)),
    ];
    let paces = &paces[..if bench.options.quick { 1 } else { 3 }];
    for &(figure, pace) in paces {
        bench.progress("CALLS", figure);
        let mut room = bench.room(10, 100)?;
        match count(&mut room, pace, bench.round()) {
            Ok(calls) => bench.book.note("CALLS", figure, "calls/delivery", &[calls]),
            Err(error) => {
                println!("\nCALLS: no count ({error}); apt install linux-perf or strace");
                return Ok(());
            }
        }
    }
    let figures = ["L100", "W1", "T100"];
    bench.book.show("System calls", &["CALLS"], &figures);
    Ok(())
}

fn count(room: &mut Room, pace: Pace, duration: Duration) -> Outcome<f64> {
    room.load(pace, duration / 4)?;
    let span = ATTACH + 2 * duration + Duration::from_millis(500);
    let counters: [fn(u32, Duration) -> Command; 2] = [perf, strace];
    let mut failure = String::from("neither perf nor strace");
    for counter in counters {
        let mut command = counter(room.server.id(), span);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let Ok(child) = command.spawn() else {
            continue;
        };
        // The counter does not report when it is in place. If it was too late, the total shows it.
        std::thread::sleep(ATTACH);
        let load = room.load(pace, duration);
        match (calls(child), load?) {
            (Ok(calls), load) => return Ok(calls / load.deliveries as f64),
            (Err(error), _) => failure = error.to_string(),
        }
    }
    Err(failure.into())
}

fn perf(server: u32, span: Duration) -> Command {
    let mut command = Command::new("perf");
    command.args(["stat", "-x", ",", "-e", "raw_syscalls:sys_enter"]);
    command.args(["-p", &server.to_string(), "--", "sleep"]);
    command.arg(span.as_secs_f64().to_string());
    command
}

fn strace(server: u32, span: Duration) -> Command {
    let mut command = Command::new("timeout");
    command.args(["-s", "INT", &span.as_secs_f64().to_string()]);
    command.args(["strace", "-c", "-f", "-p", &server.to_string()]);
    command
}

/// The total, in the output of `perf` or of `strace`.
fn calls(child: Child) -> Outcome<f64> {
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let perf = text
        .lines()
        .find(|line| line.contains("raw_syscalls"))
        .and_then(|line| line.split(',').next()?.parse().ok());
    let strace = text
        .lines()
        .find(|line| line.ends_with("total"))
        .and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    let last = text.lines().last().unwrap_or("nothing was said");
    perf.or(strace).ok_or_else(|| last.to_owned().into())
}
