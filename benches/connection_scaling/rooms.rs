//! The cost of a line while others talk in rooms that its recipients are not in.

use std::thread;

use super::{Bench, Room};
use crate::rig::Outcome;
use crate::rig::dialect::{Dialect, PARLOIR, name};
use crate::rig::load::{self, Measured, Pace};
use crate::rig::process::ServerProcess;
use crate::rig::stats::median_ratio;
use crate::rig::swarm::Swarm;

/// Number of rooms that talk at once.
const ROOMS: usize = 4;

/// One dialect for each room, with its own names for the clients and the room.
const DIALECTS: [Dialect; ROOMS] = [busy::<0>(), busy::<1>(), busy::<2>(), busy::<3>()];

const fn busy<const ROOM: usize>() -> Dialect {
    Dialect {
        join: |client, _| format!("r{ROOM}{}\n/join bench{ROOM}\n", name(client)).into_bytes(),
        ..PARLOIR
    }
}

/// Runs cell BUSY: a server with one room of 10 × 100 against one with four such rooms, all
/// talking.
pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    let cell = "BUSY4";
    let is_wanted = !bench.options.quick || bench.wants_by_name(cell);
    if !(is_wanted && (bench.wants("BUSY") || bench.wants(cell))) {
        return Ok(());
    }
    bench.progress(cell, "everyone joins");
    let mut alone = bench.room(10, 100)?;
    let server = bench.server()?;
    let mut rooms = Vec::new();
    for dialect in DIALECTS {
        rooms.push(Swarm::join(&server.addresses, dialect, 10, 100)?);
    }
    for (figure, pace) in [
        ("× alone, L100", Pace::Rate(100)),
        ("× alone, T100", Pace::Window(64)),
    ] {
        bench.progress(cell, figure);
        let ratios = pairs(bench, &mut alone, &server, &mut rooms, pace)?;
        bench.book.note(cell, figure, "times", &ratios);
    }
    bench.book.show(
        &format!(
            "CPU per delivery with {ROOMS} rooms of 10 × 100 talking at once, against that with one"
        ),
        &[cell],
        &["× alone, L100", "× alone, T100"],
    );
    Ok(())
}

fn pairs(
    bench: &Bench,
    alone: &mut Room,
    server: &ServerProcess,
    rooms: &mut [Swarm],
    pace: Pace,
) -> Outcome<Vec<f64>> {
    let mut ratios = Vec::new();
    for n in 0..=2 * bench.rounds() {
        let base = alone.load(pace, bench.round() / 2)?.cpu_us_per_delivery();
        let all = all_at_once(bench, server, rooms, pace)?;
        // The first round warms up.
        if n > 0 {
            ratios.push(median_ratio(&[all], &[base]));
        }
    }
    Ok(ratios)
}

/// Server CPU per delivery, of all rooms together.
fn all_at_once(
    bench: &Bench,
    server: &ServerProcess,
    rooms: &mut [Swarm],
    pace: Pace,
) -> Outcome<f64> {
    let before = server.cpu()?;
    let measured: Result<Vec<Measured>, String> = thread::scope(|scope| {
        let threads: Vec<_> = rooms
            .iter_mut()
            .map(|swarm| {
                scope.spawn(|| {
                    load::run(swarm, server, pace, bench.round() / 2)
                        .map_err(|error| error.to_string())
                })
            })
            .collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|result| result.unwrap_or_else(|_| Err("a room's load panicked".into())))
            .collect()
    });
    let deliveries: u64 = measured?.iter().map(|it| it.deliveries).sum();
    let cpu = server.cpu()?.saturating_sub(before);
    Ok(cpu.as_secs_f64() * 1e6 / deliveries.max(1) as f64)
}
