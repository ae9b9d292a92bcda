//! The cost of a line against the number of its recipients, and its latency.

use super::Bench;
use crate::rig::Outcome;
use crate::rig::load::{Measured, Pace};

const RECEIVERS: [usize; 5] = [10, 100, 1_000, 5_000, 15_000];

/// Runs cells T, U and W1.
pub(super) fn throughput(bench: &mut Bench) -> Outcome<()> {
    let mut cells = vec![(String::from("W1"), 10, 100, Pace::Window(1))];
    for (letter, senders) in [("T", 10), ("U", 1)] {
        for receivers in RECEIVERS {
            let cell = format!("{letter}{receivers}");
            // A quick run has no time for thousands of clients to arrive, unless their cell is
            // named in the arguments.
            let is_large = receivers > 1_000 || senders == 1;
            if !(bench.options.quick && is_large) || bench.wants_by_name(&cell) {
                cells.push((cell, senders, receivers, Pace::Window(64)));
            }
        }
    }
    for (cell, senders, receivers, pace) in &cells {
        if bench.wants(cell) {
            let rounds = measure(bench, cell, *senders, *receivers, *pace)?;
            note(bench, cell, &rounds);
        }
    }
    let cells: Vec<&str> = cells.iter().map(|(cell, ..)| cell.as_str()).collect();
    bench.book.show(
        "What a line costs against how many hear it",
        &cells,
        &["CPU", "deliveries", "user", "lines/read"],
    );
    Ok(())
}

/// Runs cells L.
pub(super) fn latency(bench: &mut Bench) -> Outcome<()> {
    let cells = [
        ("L100", 100, 100),
        ("L1000", 1_000, 100),
        ("L100x10", 100, 1_000),
    ];
    for (cell, receivers, rate) in cells {
        let is_extra = bench.options.quick && cell == "L100x10";
        if bench.wants(cell) && (!is_extra || bench.wants_by_name(cell)) {
            let rounds = measure(bench, cell, 10, receivers, Pace::Rate(rate))?;
            note(bench, cell, &rounds);
            for (figure, quantile) in QUANTILES {
                let values: Vec<f64> = rounds
                    .iter()
                    .filter_map(|round| round.latency_ms(quantile))
                    .collect();
                bench.book.note(cell, figure, "ms", &values);
            }
        }
    }
    bench.book.show(
        "How long a line takes at a fixed rate, from when it was meant to be sent",
        &cells.map(|(cell, ..)| cell),
        &["p50", "p90", "p99", "p99.9", "max", "CPU", "lines/read"],
    );
    Ok(())
}

pub(super) const QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("max", 1.0),
];

fn measure(
    bench: &Bench,
    cell: &str,
    senders: usize,
    receivers: usize,
    pace: Pace,
) -> Outcome<Vec<Measured>> {
    bench.progress(cell, "everyone joins");
    let mut room = bench.room(senders, receivers)?;
    room.load(pace, bench.round() / 2)?;
    let mut rounds = Vec::new();
    for n in 1..=bench.rounds() {
        let round = room
            .load(pace, bench.round())
            .map_err(|error| format!("{cell}: {error}"))?;
        let cpu = round.cpu_us_per_delivery();
        bench.progress(cell, &format!("round {n}: {cpu:.4} µs per delivery"));
        rounds.push(round);
    }
    Ok(rounds)
}

fn note(bench: &mut Bench, cell: &str, rounds: &[Measured]) {
    let mut put = |figure, unit, value: fn(&Measured) -> f64| {
        let values: Vec<f64> = rounds.iter().map(value).collect();
        bench.book.note(cell, figure, unit, &values);
    };
    put("CPU", "µs/delivery", Measured::cpu_us_per_delivery);
    put("deliveries", "M/s", |it| it.deliveries_per_second() / 1e6);
    put("lines/read", "lines", Measured::lines_per_read);
    // Only the last round has enough ticks of the clock behind it.
    if let Some(last) = rounds.last() {
        let user = last.user_share * 100.0;
        bench.book.note(cell, "user", "%", &[user]);
    }
}
