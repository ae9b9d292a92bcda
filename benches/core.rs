//! The cost of the pure parts: a line found, cleaned, understood, encoded, handed to N recipients.
//!
//! No socket, no clock, no kernel: what the relay adds to the floor is in here. Two figures each:
//!
//! - **ns**: the median of many short samples. Says how long, and is as noisy as the machine.
//! - **instructions**: counted by `valgrind --tool=cachegrind`, where it is installed, as the
//!   difference between two runs of the same case. The same build gives the same count to a few
//!   parts in a million (hash seeds, allocator), on any machine and under any load: this is the
//!   figure to compare two commits by. It says nothing about caches and branches.
//!
//! ```text
//! cargo bench --bench core                    every case
//! cargo bench --bench core -- --quick         fewer samples and counts: some ten seconds
//! cargo bench --bench core -- CASE            one case, or all whose names begin so: `hostile`
//! … --save NAME, --compare NAME               as with the other benchmarks
//! ```
//!
//! # How to read it
//!
//! Each case says what its unit is: a line in, or a delivery out. `fan-out` divided by 1,000
//! recipients is what a delivery costs in user space, without the write: compare it with the CPU per
//! delivery of `connection_scaling`.
//!
//! # Why no framework
//!
//! Criterion and divan measure time alone, and time is what this machine is worst at; the wrappers
//! around callgrind need a runner of exactly their version installed. Counting by difference needs
//! nothing but valgrind, and is a page of code.

#[path = "core/cases.rs"]
mod cases;
#[path = "core/measure.rs"]
mod measure;
#[path = "core/relay.rs"]
mod relay;
#[path = "rig/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses what it needs of the rig")]
mod rig;

use std::path::Path;
use std::process::ExitCode;

use rig::Outcome;
use rig::machine::{Cores, Machine};
use rig::options::Options;
use rig::results::Book;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("core: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    if measure::repeat_if_asked()? {
        return Ok(());
    }
    let options = Options::parse()?;
    let machine = Machine::describe(&Cores::choose()).lines();
    for line in &machine {
        println!("{line}");
    }
    let mut book = Book::open(Path::new(env!("CARGO_BIN_EXE_parloir")), "core")?;
    for case in cases::cases().filter(|case| options.wants(case.name)) {
        eprintln!("{}: one {}", case.name, case.unit);
        let samples = measure::nanoseconds(case, options.quick);
        book.note(case.name, "time", "ns", &samples);
        match measure::instructions(case) {
            Ok(Some(count)) => book.note(case.name, "instructions", "each", &[count]),
            Ok(None) => {}
            Err(error) => return Err(format!("{}: {error}", case.name).into()),
        }
    }
    let names: Vec<&str> = cases::cases().map(|case| case.name).collect();
    book.show("The pure parts", &names, &["time", "instructions"]);
    for case in cases::cases().filter(|case| options.wants(case.name)) {
        println!("{}: for each {}; {}", case.name, case.unit, case.what);
    }
    if !measure::has_valgrind() {
        println!("instructions: not counted (apt install valgrind)");
    }
    book.finish(&options, &machine)
}
