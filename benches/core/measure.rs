//! Measures time by samples, and instructions by difference.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::cases::{Case, cases};
use crate::rig::Outcome;

/// The argument that makes this program run one case so many times, and nothing else.
const REPEAT: &str = "--repeat";
/// The minimum length of a sample, because reading the clock has a cost of its own.
const SAMPLE: Duration = Duration::from_millis(2);
/// The numbers of runs in the two processes whose difference is counted.
const COUNTED: [usize; 2] = [2, 22];

/// Runs a case without measuring it, if the arguments ask for that.
pub(crate) fn repeat_if_asked() -> Outcome<bool> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [first, name, times] = &args[..] else {
        return Ok(false);
    };
    if first != REPEAT {
        return Ok(false);
    }
    let case = cases().find(|case| case.name == name);
    let mut run = (case.ok_or("no such case")?.prepare)();
    for _ in 0..times.parse::<usize>()? {
        run();
    }
    Ok(true)
}

/// Nanoseconds for one unit of a case, one value for each sample.
pub(crate) fn nanoseconds(case: &Case, quick: bool) -> Vec<f64> {
    let mut run = (case.prepare)();
    let mut sample = |times: usize| {
        let start = Instant::now();
        for _ in 0..times {
            run();
        }
        start.elapsed()
    };
    let mut times = 1;
    while sample(times) < SAMPLE {
        times *= 2;
    }
    let samples = if quick { 20 } else { 200 };
    let units = times * (case.units)();
    let each = |elapsed: Duration| elapsed.as_secs_f64() * 1e9 / units as f64;
    (0..samples).map(|_| each(sample(times))).collect()
}

/// Instructions for one unit of a case. None where valgrind is not installed.
pub(crate) fn instructions(case: &Case) -> Outcome<Option<f64>> {
    if !has_valgrind() {
        return Ok(None);
    }
    let [few, many] = COUNTED;
    let more = count(case, many)? - count(case, few)?;
    Ok(Some(more / ((many - few) * (case.units)()) as f64))
}

pub(crate) fn has_valgrind() -> bool {
    Path::new("/usr/bin/valgrind").exists()
}

/// All instructions of a process that runs a case so many times.
fn count(case: &Case, times: usize) -> Outcome<f64> {
    let output = Command::new("/usr/bin/valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no"])
        .arg("--cachegrind-out-file=/dev/null")
        .arg(std::env::current_exe()?)
        .args([REPEAT, case.name, &times.to_string()])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains(" refs:"));
    let number = line.and_then(|line| line.rsplit(' ').next());
    let number = number.ok_or_else(|| format!("no count: {text}"))?;
    Ok(number.replace(',', "").parse()?)
}
