//! The interleaved comparison: cell by cell, round by round, server by server.

mod cells;
mod servers;

use std::time::Duration;

use crate::rig::load::{self, Measured, Pace};
use crate::rig::machine::{Cores, Machine};
use crate::rig::options::Options;
use crate::rig::process::ServerProcess;
use crate::rig::stats::{median, median_ratio, range};
use crate::rig::swarm::Swarm;
use crate::rig::table::{print, short};
use crate::rig::{Outcome, check};

use cells::Cell;
use servers::Contender;

/// A contender with everyone of a cell connected to it.
struct Session {
    name: &'static str,
    server: ServerProcess,
    swarm: Swarm,
    rounds: Vec<Measured>,
}

/// Runs the cells.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    check::prove()?;
    let cores = Cores::choose();
    for line in Machine::describe(&cores).lines() {
        println!("{line}");
    }
    let contenders = servers::contenders();
    for contender in &contenders {
        println!("{}: {}", contender.name, contender.settings());
    }
    for cell in cells::CELLS {
        if options.wants(cell.name) && (!options.quick || cell.is_quick) {
            let sessions = measure(cell, &contenders, &cores, options)?;
            show(cell, &sessions);
        }
    }
    Ok(())
}

/// All contenders are up at once, idle but for the one whose turn it is.
fn measure(
    cell: &Cell,
    contenders: &[Contender],
    cores: &Cores,
    options: &Options,
) -> Outcome<Vec<Session>> {
    let mut sessions = Vec::new();
    for contender in contenders {
        if options.quick && !contender.is_quick {
            continue;
        }
        eprintln!(
            "{}: {} clients join {}",
            cell.name,
            cell.senders + cell.receivers,
            contender.name
        );
        let server = contender.start(cores)?;
        let swarm = Swarm::join(
            server.address,
            contender.dialect,
            cell.senders,
            cell.receivers,
        )?;
        sessions.push(Session {
            name: contender.name,
            server,
            swarm,
            rounds: Vec::new(),
        });
    }
    let (rounds, duration) = if options.quick {
        (5, cell.quick_ms)
    } else {
        (9, cell.full_ms)
    };
    let duration = Duration::from_millis(duration);
    for round in 0..=rounds {
        for session in &mut sessions {
            // The first one warms caches and windows, and does not count.
            let duration = if round == 0 { duration / 2 } else { duration };
            let measured = load::run(&mut session.swarm, &session.server, cell.pace, duration)
                .map_err(|error| format!("{} on {}: {error}", cell.name, session.name))?;
            if round > 0 {
                session.rounds.push(measured);
            }
        }
        eprintln!("{}: round {round} of {rounds}", cell.name);
    }
    Ok(sessions)
}

fn show(cell: &Cell, sessions: &[Session]) {
    let figures = |session: &Session, figure: fn(&Measured) -> f64| -> Vec<f64> {
        session.rounds.iter().map(figure).collect()
    };
    let p99 = |measured: &Measured| measured.latency_ms(0.99).unwrap_or(f64::NAN);
    let Some(floor) = sessions.iter().find(|session| session.name == "floor") else {
        return;
    };
    let floor_cpu = figures(floor, Measured::cpu_us_per_delivery);
    let floor_p99 = figures(floor, p99);
    let rows: Vec<Vec<String>> = sessions
        .iter()
        .map(|session| {
            let cpu = figures(session, Measured::cpu_us_per_delivery);
            let (least, greatest) = range(&cpu);
            let late = figures(session, p99);
            vec![
                session.name.to_owned(),
                short(median(&cpu)),
                format!("{}–{}", short(least), short(greatest)),
                format!("{:.2}", median_ratio(&cpu, &floor_cpu)),
                format!(
                    "{:.0} %",
                    100.0 * median(&figures(session, |it| it.user_share))
                ),
                short(median(&figures(session, Measured::lines_per_read))),
                short(median(&figures(session, Measured::deliveries_per_second)) / 1e6),
                short(median(&late)),
                format!("{:.2}", median_ratio(&late, &floor_p99)),
            ]
        })
        .collect();
    let pace = match cell.pace {
        Pace::Window(lines) => format!("{lines} lines under way each"),
        Pace::Rate(rate) => format!("{rate} lines a second in all"),
    };
    print(
        &format!(
            "{}: {} senders, {} receivers, {pace}. Every line came once and in order.",
            cell.name, cell.senders, cell.receivers
        ),
        &[
            "server",
            "CPU µs/delivery",
            "range",
            "× floor",
            "user",
            "lines/read",
            "M deliveries/s",
            "p99 ms",
            "× floor",
        ],
        &rows,
    );
}
