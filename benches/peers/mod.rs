//! The interleaved comparison: cell by cell, round by round, server by server.

mod cells;
mod chart;
mod servers;
mod words;

use std::path::Path;
use std::time::Duration;

use crate::rig::load::{self, Measured, Pace};
use crate::rig::machine::{Cores, Machine};
use crate::rig::options::Options;
use crate::rig::process::ServerProcess;
use crate::rig::results::Book;
use crate::rig::stats::{median, median_ratio, range};
use crate::rig::swarm::Swarm;
use crate::rig::table::{print, short};
use crate::rig::{Outcome, check};

use cells::Cell;
use servers::Contender;

/// The server by whose figures all others are divided.
const FLOOR: &str = "floor";
/// The servers that must not fail. A peer that fails becomes a row that says so.
const OURS: [&str; 2] = ["parloir", FLOOR];

/// A contender with all clients of a cell connected to it.
struct Session {
    name: &'static str,
    server: ServerProcess,
    swarm: Swarm,
    rounds: Vec<Measured>,
}

/// A run of the benchmark.
struct Bench<'a> {
    options: &'a Options,
    cores: Cores,
    contenders: Vec<Contender>,
    /// The table rows of servers that are not installed.
    missing: Vec<String>,
    book: Book,
}

/// Runs the cells.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    check::prove()?;
    let cores = Cores::choose();
    let (contenders, missing) = servers::contenders();
    let mut machine = Machine::describe(&cores).lines();
    for contender in &contenders {
        if contender.is_quick || !options.quick {
            let settings = format!("{}: {}", contender.name, contender.settings());
            machine.extend(settings.lines().map(str::to_owned));
        }
    }
    for line in &machine {
        println!("{line}");
    }
    let mut bench = Bench {
        options,
        cores,
        contenders,
        missing,
        book: Book::open(Path::new(env!("CARGO_BIN_EXE_parloir")), "peers")?,
    };
    for cell in cells::CELLS {
        let is_in = !options.quick || cell.is_quick || !options.only.is_empty();
        if options.wants(cell.name) && is_in {
            bench.compare(cell)?;
        }
    }
    chart::draw(&bench.book, &bench.contenders)?;
    bench.book.finish(options, &machine)
}

impl Bench<'_> {
    fn compare(&mut self, cell: &Cell) -> Outcome<()> {
        let (mut sessions, mut failures) = self.gather(cell)?;
        let (rounds, ms) = match self.options.quick {
            true => (5, cell.quick_ms),
            false => (5, cell.full_ms),
        };
        for round in 0..=rounds {
            eprintln!("{}: round {round} of {rounds}", cell.name);
            // The first round warms caches and windows, and does not count.
            let ms = if round == 0 { ms / 2 } else { ms };
            let mut failed = None;
            for (n, it) in sessions.iter_mut().enumerate() {
                let duration = Duration::from_millis(ms);
                match load::run(&mut it.swarm, &it.server, cell.pace, duration) {
                    Ok(measured) if round > 0 => it.rounds.push(measured),
                    Ok(_) => {}
                    Err(error) if OURS.contains(&it.name) => {
                        return Err(format!("{} on {}: {error}", cell.name, it.name).into());
                    }
                    Err(error) => failed = Some((n, error)),
                }
            }
            if let Some((n, error)) = failed {
                failures.push(format!("{}: failed ({error})", sessions.remove(n).name));
            }
        }
        self.note(cell, &sessions);
        self.show(cell, &sessions, &failures);
        Ok(())
    }

    /// Starts all contenders and connects the clients. All of them run at the same time, and only
    /// the one whose turn it is has any work.
    fn gather(&self, cell: &Cell) -> Outcome<(Vec<Session>, Vec<String>)> {
        let mut sessions = Vec::new();
        let mut failures = Vec::new();
        let clients = cell.senders + cell.receivers;
        for contender in &self.contenders {
            let name = contender.name;
            let is_left_out = cell.is_ours_alone && !OURS.contains(&name);
            if is_left_out || (self.options.quick && !contender.is_quick) {
                continue;
            }
            eprintln!("{}: {clients} clients join {name}", cell.name);
            match self.session(contender, cell) {
                Ok(session) => sessions.push(session),
                Err(error) if OURS.contains(&name) => {
                    return Err(format!("{} on {name}: {error}", cell.name).into());
                }
                Err(error) => failures.push(format!("{name}: failed ({error})")),
            }
        }
        Ok((sessions, failures))
    }

    fn session(&self, contender: &Contender, cell: &Cell) -> Outcome<Session> {
        let server = contender.start(&self.cores, self.book.folder())?;
        let dialect = contender.dialect;
        let swarm = Swarm::join(&server.addresses, dialect, cell.senders, cell.receivers)?;
        Ok(Session {
            name: contender.name,
            server,
            swarm,
            rounds: Vec::new(),
        })
    }

    fn note(&mut self, cell: &Cell, sessions: &[Session]) {
        let floor = sessions.iter().find(|session| session.name == FLOOR);
        for session in sessions {
            let name = format!("{} {}", cell.name, session.name);
            let cpu = session.figures(Measured::cpu_us_per_delivery);
            self.book.note(&name, "CPU", "µs/delivery", &cpu);
            if let Some(floor) = floor {
                let base = floor.figures(Measured::cpu_us_per_delivery);
                let ratios: Vec<f64> = cpu.iter().zip(&base).map(|(a, b)| a / b).collect();
                self.book.note(&name, "CPU by floor", "times", &ratios);
            }
            if matches!(cell.pace, Pace::Rate(_)) {
                self.book.note(&name, "p99", "ms", &session.figures(p99));
            }
        }
    }

    fn show(&self, cell: &Cell, sessions: &[Session], failures: &[String]) {
        let Some(floor) = sessions.iter().find(|session| session.name == FLOOR) else {
            return;
        };
        let mut rows: Vec<Vec<String>> = sessions.iter().map(|it| it.row(floor)).collect();
        rows.extend(failures.iter().map(|failure| vec![failure.clone()]));
        if !self.options.quick && !cell.is_ours_alone {
            rows.extend(self.missing.iter().map(|missing| vec![missing.clone()]));
        }
        let pace = match cell.pace {
            Pace::Window(lines) => format!("{lines} lines under way each"),
            Pace::Rate(rate) => format!("{rate} lines a second in all"),
        };
        let title = format!(
            "{}: {} senders, {} receivers, {pace}. Every line came once and in order.",
            cell.name, cell.senders, cell.receivers
        );
        let head = [
            "server",
            "CPU µs/delivery",
            "range",
            "× floor",
            "µs/read",
            "lines/read",
            "user",
            "M deliveries/s",
            "p99 ms",
            "× floor",
        ];
        print(&title, &head, &rows);
    }
}

impl Session {
    fn figures(&self, figure: impl FnMut(&Measured) -> f64) -> Vec<f64> {
        self.rounds.iter().map(figure).collect()
    }

    fn row(&self, floor: &Session) -> Vec<String> {
        let cpu = self.figures(Measured::cpu_us_per_delivery);
        let (least, greatest) = range(&cpu);
        let late = self.figures(p99);
        let user = self.rounds.last().map_or(f64::NAN, |last| last.user_share);
        let per_read = |it: &Measured| it.cpu_us_per_delivery() * it.lines_per_read();
        let over_floor = |values: &[f64], base: &[f64]| match median_ratio(values, base) {
            ratio if ratio.is_nan() => String::from("–"),
            ratio => format!("{ratio:.2}"),
        };
        vec![
            self.name.to_owned(),
            short(median(&cpu)),
            format!("{}–{}", short(least), short(greatest)),
            over_floor(&cpu, &floor.figures(Measured::cpu_us_per_delivery)),
            short(median(&self.figures(per_read))),
            short(median(&self.figures(Measured::lines_per_read))),
            format!("{:.0} %", 100.0 * user),
            short(median(&self.figures(Measured::deliveries_per_second)) / 1e6),
            short(median(&late)),
            over_floor(&late, &floor.figures(p99)),
        ]
    }
}

fn p99(measured: &Measured) -> f64 {
    measured.latency_ms(0.99).unwrap_or(f64::NAN)
}
