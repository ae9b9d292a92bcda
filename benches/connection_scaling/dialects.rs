//! What does a line cost those who hear it as IRC?

use super::{Bench, Room, SERVER};
use crate::rig::Outcome;
use crate::rig::dialect::{Dialect, IRC, MIXED, PARLOIR};
use crate::rig::load::Pace;
use crate::rig::stats::median_ratio;
use crate::rig::swarm::Swarm;

/// Who hears it.
const RECEIVERS: usize = 1_000;

/// Cells IRC1000 and MIXED1000, each against a room of the line dialect alone, round by round.
pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    let cells = [("IRC1000", IRC), ("MIXED1000", MIXED)];
    for (cell, dialect) in cells {
        let is_wanted = !bench.options.quick || bench.wants_by_name(cell);
        if is_wanted && bench.wants(cell) {
            measure(bench, cell, dialect)?;
        }
    }
    bench.book.show(
        "CPU per delivery of a room of 10 × 1,000 who speak IRC, and of which every second one does, \
         against that of one whose lines are plain",
        &cells.map(|(cell, _)| cell),
        &["× plain, L", "× plain, T"],
    );
    Ok(())
}

fn measure(bench: &mut Bench, cell: &str, dialect: Dialect) -> Outcome<()> {
    bench.progress(cell, "everyone joins");
    let mut plain = room(bench, PARLOIR)?;
    let mut other = room(bench, dialect)?;
    for (figure, pace) in [
        ("× plain, L", Pace::Rate(50)),
        ("× plain, T", Pace::Window(64)),
    ] {
        bench.progress(cell, figure);
        let mut ratios = Vec::new();
        for n in 0..=bench.rounds() {
            let base = plain.load(pace, bench.round())?.cpu_us_per_delivery();
            let with = other.load(pace, bench.round())?.cpu_us_per_delivery();
            // The first one warms up.
            if n > 0 {
                ratios.push(median_ratio(&[with], &[base]));
            }
        }
        bench.book.note(cell, figure, "times", &ratios);
    }
    Ok(())
}

fn room(bench: &Bench, dialect: Dialect) -> Outcome<Room> {
    let server = bench.server_with(SERVER)?;
    let swarm = Swarm::join(&server.addresses, dialect, 10, RECEIVERS)?;
    Ok(Room { server, swarm })
}
