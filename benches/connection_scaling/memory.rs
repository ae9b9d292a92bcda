//! The cost of an idle connection, the speed of arrivals, and the memory left when the clients are
//! gone.

use std::fs;
use std::time::{Duration, Instant};

use super::{Bench, SERVER};
use crate::rig::Outcome;
use crate::rig::dialect::{ARRIVING, Dialect, SILENT, SILENT_WEB};
use crate::rig::process::ServerProcess;
use crate::rig::swarm::Swarm;

/// The time that a greeting waits for. The greeting shows that a silent connection was accepted.
const SILENCE: Duration = Duration::from_millis(300);
/// The kernel's slabs for a connection, which come in addition to its buffers.
const SLABS: [&str; 5] = [
    "TCP",
    "sock_inode_cache",
    "filp",
    "eventpoll_epi",
    "eventpoll_pwq",
];

/// Number of ports that the server listens on. With thousands of connections to one port, the
/// system is mostly busy looking for a free port on the *clients'* side (`__inet_check_established`
/// was 38 % of the load's time), which would distort the figure for arrivals.
const LISTENERS: usize = 8;

/// Runs cells IDLE, IDLEWEB, NAMED, CONNECT, UPGRADE and ARRIVE.
pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    let count = if bench.options.quick { 2_000 } else { 15_000 };
    let rounds = if bench.options.quick { 1 } else { 3 };
    // A cell of memory and a cell of speed are two views of the same crowd.
    for (memory, speed, dialect, silence) in [
        ("IDLE", "CONNECT", SILENT, SILENCE),
        ("IDLEWEB", "UPGRADE", SILENT_WEB, SILENCE),
        ("NAMED", "ARRIVE", ARRIVING, Duration::ZERO),
    ] {
        if !(bench.wants(memory) || bench.wants(speed)) {
            continue;
        }
        // A quick run has no time for these cells, unless they are named in the arguments.
        let is_asked_for = bench.wants_by_name(memory) || bench.wants_by_name(speed);
        if bench.options.quick && memory == "IDLEWEB" && !is_asked_for {
            continue;
        }
        let mut crowds = Vec::new();
        for _ in 0..rounds {
            bench.progress(speed, &format!("{count} come and go"));
            let args = [
                &["--listen", "127.0.0.1:0"].repeat(LISTENERS - 1)[..],
                SERVER,
            ]
            .concat();
            let crowd = crowd(&bench.server_with(&args)?, dialect, count, silence);
            crowds.push(crowd.map_err(|error| format!("{speed}: {error}"))?);
        }
        let mut put = |cell, figure, unit, value: fn(&Crowd) -> Option<f64>| {
            let values: Vec<f64> = crowds.iter().filter_map(value).collect();
            bench.book.note(cell, figure, unit, &values);
        };
        put(memory, "user space", "bytes", |it| Some(it.user_bytes));
        put(memory, "kernel", "bytes", |it| it.kernel_bytes);
        put(memory, "kernel buffers", "bytes", |it| {
            Some(it.buffer_bytes)
        });
        put(memory, "left over", "× start", |it| Some(it.left_over));
        put(speed, "connections", "1/s", |it| Some(it.per_second));
        put(speed, "CPU each", "µs", |it| Some(it.cpu_us));
    }
    bench.book.show(
        &format!(
            "Memory of each of {count} idle connections; the kernel's is of both ends, from slabinfo and sockstat"
        ),
        &["IDLE", "IDLEWEB", "NAMED"],
        &["user space", "kernel", "kernel buffers", "left over"],
    );
    bench.book.show(
        &format!("How fast {count} connect, become WebSockets, take a nickname and enter one room"),
        &["CONNECT", "UPGRADE", "ARRIVE"],
        &["connections", "CPU each"],
    );
    Ok(())
}

/// The cost of one crowd of clients.
struct Crowd {
    per_second: f64,
    cpu_us: f64,
    user_bytes: f64,
    kernel_bytes: Option<f64>,
    buffer_bytes: f64,
    left_over: f64,
}

fn crowd(
    server: &ServerProcess,
    dialect: Dialect,
    count: usize,
    silence: Duration,
) -> Outcome<Crowd> {
    let each = |before: u64, after: u64| (after as f64 - before as f64) / count as f64;
    let empty = server.resident_bytes()?;
    let (cpu, slabs, buffers) = (server.cpu()?, slab_bytes(), buffer_bytes()?);
    let start = Instant::now();
    let mut swarm = Swarm::join(&server.addresses, dialect, 0, count)?;
    let elapsed = start.elapsed().saturating_sub(silence);
    let cpu = server.cpu()?.saturating_sub(cpu);
    // Arrivals that are announced once a second have been announced by then.
    swarm.settle(Duration::from_millis(1_200))?;
    let full = server.resident_bytes()?;
    let kernel_bytes = slabs.zip(slab_bytes()).map(|(old, new)| each(old, new));
    let buffer_bytes = each(buffers, buffer_bytes()?);
    drop(swarm);
    await_rest(server)?;
    Ok(Crowd {
        per_second: count as f64 / elapsed.as_secs_f64(),
        cpu_us: cpu.as_secs_f64() * 1e6 / count as f64,
        user_bytes: each(empty, full),
        kernel_bytes,
        buffer_bytes,
        left_over: server.resident_bytes()? as f64 / empty as f64,
    })
}

/// Waits until a server is idle. It says goodbye to no client that is gone.
fn await_rest(server: &ServerProcess) -> Outcome<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut before = server.cpu()?;
    while Instant::now() < deadline {
        // Nothing reports that another program is idle.
        std::thread::sleep(Duration::from_millis(300));
        let now = server.cpu()?;
        if now == before {
            return Ok(());
        }
        before = now;
    }
    Err("the server does not come to rest".into())
}

/// Reads the kernel's slabs. This needs the right to read `slabinfo`.
fn slab_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/slabinfo").ok()?;
    let bytes = |line: &str| {
        let mut fields = line.split_whitespace();
        let is_one = SLABS.contains(&fields.next()?);
        let objects: u64 = fields.next()?.parse().ok()?;
        let size: u64 = fields.nth(1)?.parse().ok()?;
        is_one.then_some(objects * size)
    };
    Some(text.lines().filter_map(bytes).sum())
}

/// Number of bytes in the buffers of all TCP sockets.
fn buffer_bytes() -> Outcome<u64> {
    let text = fs::read_to_string("/proc/net/sockstat")?;
    let line = text.lines().find(|line| line.starts_with("TCP:"));
    let pages = line.and_then(|line| line.rsplit(' ').next());
    Ok(pages.ok_or("no TCP in sockstat")?.trim().parse::<u64>()? * 4096)
}
