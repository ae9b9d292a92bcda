//! The cost of a line to recipients that get it as IRC, as JSON, or as messages of a WebSocket.

use super::{Bench, Room, SERVER};
use crate::rig::Outcome;
use crate::rig::dialect::{Dialect, IRC, JSON, MIXED, PARLOIR, WEB};
use crate::rig::load::Pace;
use crate::rig::stats::median_ratio;
use crate::rig::swarm::Swarm;

/// Number of recipients.
const RECEIVERS: usize = 1_000;
/// Number of rounds that count. There are fewer than elsewhere, because ratios vary less.
const ROUNDS: usize = 3;
const PACES: [(&str, Pace); 3] = [
    ("L", Pace::Rate(50)),
    ("W1", Pace::Window(1)),
    ("T", Pace::Window(64)),
];
const CELLS: [&str; 5] = ["IRC1000", "JSON1000", "WEB1000", "MIXED1000", "PARTS1000"];

/// Runs cells IRC1000, JSON1000, WEB1000 and MIXED1000, each against a room of plain lines alone,
/// and PARTS1000: the mixed room against the mean of a plain room and an IRC room of its size,
/// round by round.
pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    let plain: &[_] = &[PARLOIR];
    let parts: &[_] = &[PARLOIR, IRC];
    let against = [
        (IRC, plain),
        (JSON, plain),
        (WEB, plain),
        (MIXED, plain),
        (MIXED, parts),
    ];
    for (cell, (dialect, others)) in CELLS.into_iter().zip(against) {
        let is_wanted = !bench.options.quick || bench.wants_by_name(cell);
        if is_wanted && bench.wants(cell) {
            measure(bench, cell, dialect, others)?;
        }
    }
    bench.book.show(
        "CPU per delivery of a room of 10 × 1,000 who speak IRC or JSON, hear by WebSocket, or of which every \
         second one speaks IRC, against that of one with plain lines; and of the last against the mean \
         of such a one and one that speaks IRC",
        &CELLS,
        &PACES.map(|(figure, _)| figure),
    );
    Ok(())
}

fn measure(bench: &mut Bench, cell: &str, dialect: Dialect, others: &[Dialect]) -> Outcome<()> {
    bench.progress(cell, "everyone joins");
    let mut this = room(bench, dialect)?;
    let rooms = others.iter().map(|dialect| room(bench, *dialect));
    let mut others = rooms.collect::<Outcome<Vec<Room>>>()?;
    for (figure, pace) in PACES {
        bench.progress(cell, figure);
        let mut ratios = Vec::new();
        for n in 0..=ROUNDS {
            let mut base = 0.0;
            for other in &mut others {
                base += other.load(pace, bench.round())?.cpu_us_per_delivery();
            }
            base /= others.len() as f64;
            let with = this.load(pace, bench.round())?.cpu_us_per_delivery();
            // The first round warms up.
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
