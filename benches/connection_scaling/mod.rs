//! The cells in their order, and the parts that they share.

mod calls;
mod chart;
mod company;
mod dialects;
mod kept;
mod load;
mod memory;
mod rooms;
mod trouble;

use std::path::Path;
use std::time::Duration;

use crate::rig::dialect::PARLOIR;
use crate::rig::load::{self as rig_load, Measured, Pace};
use crate::rig::machine::{Cores, Machine};
use crate::rig::options::Options;
use crate::rig::process::ServerProcess;
use crate::rig::results::Book;
use crate::rig::swarm::Swarm;
use crate::rig::{Outcome, check};

/// The server's arguments. The limits are high enough for the whole load to come from one address
/// at full speed.
const SERVER: &[&str] = &["--listen", "127.0.0.1:0", "--rate", "0", "-q"];

/// A run of the benchmark.
#[derive(Debug)]
struct Bench {
    options: Options,
    cores: Cores,
    book: Book,
}

/// Runs all cells that the arguments ask for.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    check::prove()?;
    let cores = Cores::choose();
    let mut machine = Machine::describe(&cores).lines();
    machine.push(format!("server: parloir {}", SERVER.join(" ")));
    machine.push(format!(
        "rounds: {} of each",
        if options.quick { "3 short ones" } else { "5" }
    ));
    for line in &machine {
        println!("{line}");
    }
    let mut bench = Bench {
        options: options.clone(),
        cores,
        book: Book::open(program(), "connection_scaling")?,
    };
    load::throughput(&mut bench)?;
    load::latency(&mut bench)?;
    memory::run(&mut bench)?;
    company::run(&mut bench)?;
    rooms::run(&mut bench)?;
    dialects::run(&mut bench)?;
    trouble::run(&mut bench)?;
    kept::run(&mut bench)?;
    calls::run(&mut bench)?;
    chart::draw(&bench.book)?;
    bench.book.finish(options, &machine)?;
    println!("Every line came once and in order.");
    Ok(())
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_parloir"))
}

impl Bench {
    fn wants(&self, cell: &str) -> bool {
        self.options.wants(cell)
    }

    /// Returns whether the arguments name a cell, and do not merely leave it in.
    fn wants_by_name(&self, cell: &str) -> bool {
        !self.options.only.is_empty() && self.wants(cell)
    }

    fn server(&self) -> Outcome<ServerProcess> {
        self.server_with(SERVER)
    }

    fn server_with(&self, args: &[&str]) -> Outcome<ServerProcess> {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        ServerProcess::announced(program(), &args, &self.cores)
    }

    /// A server and a full room.
    fn room(&self, senders: usize, receivers: usize) -> Outcome<Room> {
        let server = self.server()?;
        let swarm = Swarm::join(&server.addresses, PARLOIR, senders, receivers)?;
        Ok(Room { server, swarm })
    }

    fn rounds(&self) -> usize {
        if self.options.quick { 3 } else { 5 }
    }

    fn round(&self) -> Duration {
        Duration::from_millis(if self.options.quick { 300 } else { 1_000 })
    }

    /// Prints the progress of a cell.
    fn progress(&self, cell: &str, what: &str) {
        eprintln!("{cell}: {what}");
    }
}

/// A server and the clients in its one busy room.
#[derive(Debug)]
struct Room {
    server: ServerProcess,
    swarm: Swarm,
}

impl Room {
    fn load(&mut self, pace: Pace, duration: Duration) -> Outcome<Measured> {
        rig_load::run(&mut self.swarm, &self.server, pace, duration)
    }
}
