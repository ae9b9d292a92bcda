//! The cost of an active room beside others: idle connections, or other rooms.

use super::{Bench, Room};
use crate::rig::Outcome;
use crate::rig::dialect::{Dialect, HERMIT, SILENT};
use crate::rig::load::{Measured, Pace};
use crate::rig::stats::median_ratio;
use crate::rig::swarm::Swarm;

/// Runs cells BESIDE and ROOMS. Each compares two servers, with and without company, round by
/// round.
pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    let mut cells = vec![("BESIDE", "BESIDE1000", SILENT, 1_000)];
    if !bench.options.quick {
        cells.push(("BESIDE", "BESIDE5000", SILENT, 5_000));
        cells.push(("BESIDE", "BESIDE15000", SILENT, 15_000));
    }
    if !bench.options.quick || bench.wants_by_name("ROOMS") {
        cells.push(("ROOMS", "ROOMS1000", HERMIT, 1_000));
    }
    for &(group, cell, dialect, count) in &cells {
        if bench.wants(group) || bench.wants(cell) {
            measure(bench, cell, dialect, count)?;
        }
    }
    let cells: Vec<&str> = cells.iter().map(|(_, cell, ..)| *cell).collect();
    bench.book.show(
        "CPU per delivery of a room of 10 × 100, with so many idle connections or rooms beside it, \
         against that of one alone",
        &cells,
        &["× alone, W1", "× alone, L100", "× alone, T100"],
    );
    Ok(())
}

fn measure(bench: &mut Bench, cell: &str, dialect: Dialect, count: usize) -> Outcome<()> {
    bench.progress(cell, &format!("{count} come to stay"));
    let mut alone = bench.room(10, 100)?;
    let mut beside = bench.room(10, 100)?;
    let idle = Swarm::join(&beside.server.addresses, dialect, 0, count)?;
    let paces = [
        ("× alone, W1", Pace::Window(1)),
        ("× alone, L100", Pace::Rate(100)),
        ("× alone, T100", Pace::Window(64)),
    ];
    let paces = &paces[..if bench.options.quick { 2 } else { 3 }];
    for &(figure, pace) in paces {
        bench.progress(cell, figure);
        let ratios = pairs(bench, &mut alone, &mut beside, pace)?;
        bench.book.note(cell, figure, "times", &ratios);
    }
    drop(idle);
    Ok(())
}

/// The ratio of each pair of rounds. The rounds are shorter than elsewhere, and there are more of
/// them, because the difference to be found is a few percent.
fn pairs(bench: &Bench, alone: &mut Room, beside: &mut Room, pace: Pace) -> Outcome<Vec<f64>> {
    let mut ratios = Vec::new();
    for n in 0..=2 * bench.rounds() {
        let round = bench.round() / 2;
        let base = alone.load(pace, round)?;
        let with = beside.load(pace, round)?;
        let cpu = Measured::cpu_us_per_delivery;
        if n > 0 {
            ratios.push(median_ratio(&[cpu(&with)], &[cpu(&base)]));
        }
    }
    Ok(ratios)
}
