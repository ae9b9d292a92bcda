//! The cost of keeping the chat in a file: to the loop, to the thread that writes, and to those who wait for a line.
//!
//! Two servers, one without a file and one with, are measured in turns. Both threads of the second are on the server's
//! one core, so that its loop has less of it: on a machine with a free core it is better off.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Bench, Room, SERVER};
use crate::rig::dialect::PARLOIR;
use crate::rig::load::{Measured, Pace};
use crate::rig::swarm::Swarm;
use crate::rig::{Failure, Outcome};

/// The name of the thread that writes.
const WRITER: &str = "parloir-store";

/// A folder for the file, on the disk that the program is built on; gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(cell: &str) -> Outcome<Self> {
        let name = format!("{cell}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The measurements of one cell, round by round.
#[derive(Default)]
struct Rounds {
    without: Vec<Measured>,
    with: Vec<Measured>,
    /// CPU of the thread that writes, in each round with a file.
    writer: Vec<Duration>,
}

/// Runs cells KEPT.
pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    let cells = [("KEPT-W1", Pace::Window(1)), ("KEPT-L100", Pace::Rate(100))];
    for (cell, pace) in cells {
        if bench.wants(cell) || bench.wants("KEPT") {
            let folder = Folder::new(cell)?;
            let rounds = measure(bench, cell, pace, &folder.0)?;
            note(bench, cell, &rounds);
        }
    }
    if bench.wants("HANGS") {
        hangs(bench)?;
    }
    bench.book.show(
        "What keeping the chat in a file costs, 10 × 100, against a server without one",
        &["KEPT-W1", "KEPT-L100"],
        &[
            "loop",
            "loop without",
            "writer",
            "p50",
            "p50 without",
            "p99",
            "p99 without",
        ],
    );
    bench.book.show(
        "How long a line takes while the disk of the file hangs, 100 a second × 100",
        &["HANGS"],
        &["p50", "p99", "max", "p99 before"],
    );
    Ok(())
}

fn kept_in(bench: &Bench, file: &Path) -> Outcome<Room> {
    let file = file.to_str().ok_or("a path that is no UTF-8")?;
    let server = bench.server_with(&[SERVER, &["--data", file]].concat())?;
    let swarm = Swarm::join(&server.addresses, PARLOIR, 10, 100)?;
    Ok(Room { server, swarm })
}

fn measure(bench: &Bench, cell: &str, pace: Pace, folder: &Path) -> Outcome<Rounds> {
    bench.progress(cell, "everyone joins");
    let mut without = bench.room(10, 100)?;
    let mut with = kept_in(bench, &folder.join("chat.db"))?;
    let mut rounds = Rounds::default();
    for n in 0..=2 * bench.rounds() {
        let base = without.load(pace, bench.round())?;
        let before = with.server.cpu_of(WRITER)?;
        let mut kept = with.load(pace, bench.round())?;
        let writer = with.server.cpu_of(WRITER)?.saturating_sub(before);
        kept.cpu = kept.cpu.saturating_sub(writer);
        // The first round warms up.
        if n > 0 {
            rounds.without.push(base);
            rounds.with.push(kept);
            rounds.writer.push(writer);
        }
        bench.progress(cell, &format!("round {n}"));
    }
    Ok(rounds)
}

fn note(bench: &mut Bench, cell: &str, rounds: &Rounds) {
    let per_line = |cpu: Duration, it: &Measured| cpu.as_secs_f64() * 1e6 / it.lines.max(1) as f64;
    let of_loop = |rounds: &[Measured]| -> Vec<f64> {
        let each = rounds.iter().map(|it| per_line(it.cpu, it));
        each.collect()
    };
    let writer = rounds.writer.iter().zip(&rounds.with);
    let writer: Vec<f64> = writer.map(|(cpu, it)| per_line(*cpu, it)).collect();
    let unit = "µs/line";
    bench.book.note(cell, "loop", unit, &of_loop(&rounds.with));
    let without = of_loop(&rounds.without);
    bench.book.note(cell, "loop without", unit, &without);
    bench.book.note(cell, "writer", unit, &writer);
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
        let latency = |rounds: &[Measured]| latency(rounds, quantile);
        bench.book.note(cell, name, "ms", &latency(&rounds.with));
        let without = format!("{name} without");
        let base = latency(&rounds.without);
        bench.book.note(cell, &without, "ms", &base);
    }
}

fn latency(rounds: &[Measured], quantile: f64) -> Vec<f64> {
    let ms = rounds.iter().filter_map(|round| round.latency_ms(quantile));
    ms.collect()
}

/// A small disk that can be made to hang.
struct Disk {
    place: PathBuf,
    _folder: Folder,
}

impl Disk {
    fn mount() -> Outcome<Self> {
        let folder = Folder::new("HANGS")?;
        let (image, place) = (folder.0.join("image"), folder.0.join("disk"));
        fs::File::create(&image)?.set_len(128 << 20)?;
        fs::create_dir(&place)?;
        tool(Command::new("mkfs.ext4").arg("-q").arg("-F").arg(&image))?;
        tool(
            Command::new("mount")
                .args(["-o", "loop"])
                .args([&image, &place]),
        )?;
        let _folder = folder;
        Ok(Self { place, _folder })
    }

    fn freeze(&self, how: &str) -> Outcome<()> {
        tool(Command::new("fsfreeze").arg(how).arg(&self.place))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.freeze("-u");
        let _ = tool(Command::new("umount").arg(&self.place));
    }
}

fn tool(command: &mut Command) -> Outcome<()> {
    let status = command.stderr(Stdio::null()).status();
    match status.map_err(Failure::from)?.success() {
        true => Ok(()),
        false => Err(format!("{command:?} failed").into()),
    }
}

/// The disk hangs for ten seconds.
fn hangs(bench: &mut Bench) -> Outcome<()> {
    let cell = "HANGS";
    let disk = match Disk::mount() {
        Ok(disk) => disk,
        Err(error) => {
            bench.progress(
                cell,
                &format!("left out, since only root can do this: {error}"),
            );
            return Ok(());
        }
    };
    let mut room = kept_in(bench, &disk.place.join("chat.db"))?;
    let pace = Pace::Rate(100);
    let mut before = Vec::new();
    for _ in 0..bench.rounds() {
        before.push(room.load(pace, bench.round())?);
    }
    disk.freeze("-f")?;
    let began = Instant::now();
    let mut rounds = Vec::new();
    while began.elapsed() < Duration::from_secs(10) && rounds.len() < 2 * bench.rounds() {
        bench.progress(cell, &format!("for {:.0?}", began.elapsed()));
        rounds.push(room.load(pace, bench.round())?);
    }
    disk.freeze("-u")?;
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        let values = latency(&rounds, quantile);
        bench.book.note(cell, name, "ms", &values);
    }
    let before = latency(&before, 0.99);
    bench.book.note(cell, "p99 before", "ms", &before);
    // The server has the file open, and is stopped before the disk is unmounted.
    drop(room);
    Ok(())
}
