//! The effect on the other clients when one reader stops, and when one client floods.
//!
//! CPU is divided by the deliveries to the other clients. It includes the work for the flood
//! itself, which comes as fast as the limit permits.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use super::{Bench, Room};
use crate::rig::Outcome;
use crate::rig::dialect::PARLOIR;
use crate::rig::load::{Measured, Pace};
use crate::rig::swarm::Swarm;

/// Time in which a room says more than a socket's buffers and the server's queue hold, so that
/// lines are skipped.
const FILL: Duration = Duration::from_millis(1_500);
/// The server's arguments. The rate is twice that of each of the ten senders, so that only the
/// flood is held up.
const LIMITED: &[&str] = &["--listen", "127.0.0.1:0", "--rate", "20", "-q"];

/// Runs cells STOPPED and FLOOD.
pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    if bench.wants("STOPPED") {
        stopped(bench)?;
    }
    if bench.wants("FLOOD") {
        flood(bench)?;
    }
    bench.book.show(
        "What 100 others feel at 100 lines a second, against a room without the one in question",
        &["STOPPED", "FLOOD"],
        &["p50", "p50 without", "p99", "p99 without", "× CPU"],
    );
    Ok(())
}

/// One reader of a hundred stops for good, and its queue is full.
fn stopped(bench: &mut Bench) -> Outcome<()> {
    bench.progress("STOPPED", "one stops reading");
    let mut calm = bench.room(10, 100)?;
    let mut room = bench.room(10, 100)?;
    let mut reader = Swarm::join(&room.server.addresses, PARLOIR, 0, 1)?;
    reader.set_reading(0, false)?;
    room.load(Pace::Window(64), FILL)?;
    compare(bench, "STOPPED", &mut calm, &mut room)
}

/// One client sends as fast as it can, under the server's limit on rates.
fn flood(bench: &mut Bench) -> Outcome<()> {
    bench.progress("FLOOD", "one floods");
    let limited = || -> Outcome<Room> {
        let server = bench.server_with(LIMITED)?;
        let swarm = Swarm::join(&server.addresses, PARLOIR, 10, 100)?;
        Ok(Room { server, swarm })
    };
    let mut calm = limited()?;
    let mut room = limited()?;
    let mut stream = TcpStream::connect(room.server.addresses[0])?;
    let mut flooder = stream.try_clone()?;
    stream.write_all(b"flood\n/join bench\n")?;
    // A write blocks as soon as TCP holds it up, so this thread takes no time from the load's core.
    // The thread ends with the stream.
    let flooding = thread::spawn(move || {
        let lines = b"so much to say\n".repeat(1_000);
        while flooder.write_all(&lines).is_ok() {}
    });
    let mut listener = stream.try_clone()?;
    let listening = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while listener.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
    let compared = compare(bench, "FLOOD", &mut calm, &mut room);
    stream.shutdown(Shutdown::Both)?;
    let ended = flooding.join().is_ok() & listening.join().is_ok();
    compared?;
    if ended {
        Ok(())
    } else {
        Err("a helper died".into())
    }
}

fn compare(bench: &mut Bench, cell: &str, calm: &mut Room, troubled: &mut Room) -> Outcome<()> {
    let mut rounds: [Vec<Measured>; 2] = Default::default();
    for n in 0..=bench.rounds() {
        let pair =
            [&mut *calm, &mut *troubled].map(|room| room.load(Pace::Rate(100), bench.round()));
        for (rounds, round) in rounds.iter_mut().zip(pair) {
            let round = round.map_err(|error| format!("{cell}: {error}"))?;
            if n > 0 {
                rounds.push(round);
            }
        }
        bench.progress(cell, &format!("round {n}"));
    }
    let [calm, troubled] = rounds;
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
        let latency = |rounds: &[Measured]| -> Vec<f64> {
            let ms = rounds.iter().filter_map(|round| round.latency_ms(quantile));
            ms.collect()
        };
        bench.book.note(cell, name, "ms", &latency(&troubled));
        let without = format!("{name} without");
        bench.book.note(cell, &without, "ms", &latency(&calm));
    }
    let cpu = |round: &Measured| round.cpu_us_per_delivery();
    let ratios: Vec<f64> = troubled
        .iter()
        .zip(&calm)
        .map(|(with, without)| cpu(with) / cpu(without))
        .collect();
    bench
        .book
        .note(cell, "× CPU", "of the room without", &ratios);
    Ok(())
}
