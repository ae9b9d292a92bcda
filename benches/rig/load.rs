//! A load: a window of lines under way, or a fixed rate; and its cost to the server.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::Outcome;
use super::check::payload;
use super::process::ServerProcess;
use super::swarm::{Seen, Swarm};

/// The time that the last lines may take once sending has stopped.
const DRAIN_STALL: Duration = Duration::from_secs(10);
/// Number of intended times that are remembered for each sender, for latencies. A power of two, and
/// more than are ever under way.
const TIMES: usize = 1 << 12;

/// The speed at which lines are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// Number of lines that each sender has under way: the next one is sent when the reference
    /// receiver has seen an earlier one. This measures the cost of a line at the server's own
    /// speed.
    Window(u32),
    /// Number of lines a second from all senders, at times fixed beforehand, regardless of the
    /// server's progress.
    Rate(u32),
}

/// The result of a load.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// Number of lines sent.
    pub(crate) lines: u64,
    /// Number of lines received, over all receivers: exactly as many as there had to be.
    pub(crate) deliveries: u64,
    pub(crate) elapsed: Duration,
    /// CPU time of the server.
    pub(crate) cpu: Duration,
    /// Share of the server's CPU time since its start that was spent in user mode. The value is
    /// coarse.
    pub(crate) user_share: f64,
    /// Number of reads at the receivers, none of them empty.
    pub(crate) reads: u64,
    /// Latency of each delivery in microseconds, from the time at which the line was *meant* to be
    /// sent: a load that waits for a slow server must not forget the lines that it would have sent
    /// meanwhile.
    pub(crate) latency: Option<Histogram<u64>>,
}

impl Measured {
    pub(crate) fn cpu_us_per_delivery(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.deliveries.max(1) as f64
    }

    pub(crate) fn deliveries_per_second(&self) -> f64 {
        self.deliveries as f64 / self.elapsed.as_secs_f64()
    }

    /// Number of lines that came together, on average: the server saves work by gathering them.
    pub(crate) fn lines_per_read(&self) -> f64 {
        self.deliveries as f64 / self.reads.max(1) as f64
    }

    /// The latency at a quantile, in milliseconds.
    pub(crate) fn latency_ms(&self, quantile: f64) -> Option<f64> {
        let histogram = self.latency.as_ref()?;
        Some(histogram.value_at_quantile(quantile) as f64 / 1e3)
    }
}

/// Puts load on a server for this time, waits until every line has reached every receiver, and
/// returns the cost. The load begins and ends in silence, so nothing is half counted.
pub(crate) fn run(
    swarm: &mut Swarm,
    server: &ServerProcess,
    pace: Pace,
    duration: Duration,
) -> Outcome<Measured> {
    let mut load = Load::new(swarm, pace)?;
    let before = (swarm.deliveries, server.cpu()?, swarm.reads);
    let start = Instant::now();
    match pace {
        Pace::Window(lines) => load.hold_window(swarm, lines, start + duration)?,
        Pace::Rate(rate) => load.hold_rate(swarm, rate, start, duration)?,
    }
    load.drain(swarm, before.0)?;
    let elapsed = start.elapsed();
    Ok(Measured {
        lines: load.lines,
        deliveries: swarm.deliveries - before.0,
        elapsed,
        cpu: server.cpu()?.saturating_sub(before.1),
        user_share: server.user_share()?,
        reads: swarm.reads - before.2,
        latency: load.latency,
    })
}

/// The sending side.
#[derive(Debug)]
struct Load {
    /// By sender: the number of its next line.
    next: Vec<u32>,
    lines: u64,
    /// By sender and number, modulo [`TIMES`]: the time at which a line was meant to be sent.
    meant: Vec<Vec<Instant>>,
    latency: Option<Histogram<u64>>,
}

impl Load {
    fn new(swarm: &Swarm, pace: Pace) -> Outcome<Self> {
        let with_latency = matches!(pace, Pace::Rate(_));
        let reference = swarm.reference();
        let times = if with_latency { TIMES } else { 0 };
        Ok(Self {
            next: (0..swarm.senders)
                .map(|sender| swarm.seen_by(reference, sender))
                .collect(),
            lines: 0,
            meant: vec![vec![Instant::now(); times]; swarm.senders],
            latency: with_latency
                .then(|| Histogram::new_with_bounds(1, 60_000_000, 3))
                .transpose()?,
        })
    }

    fn hold_window(&mut self, swarm: &mut Swarm, lines: u32, until: Instant) -> Outcome<()> {
        let reference = swarm.reference();
        let mut stalled_at = Instant::now() + DRAIN_STALL;
        let mut now = Instant::now();
        while now < until {
            for sender in 0..swarm.senders {
                let full = swarm.seen_by(reference, sender) + lines;
                while self.next[sender] < full {
                    self.queue(swarm, sender);
                }
                swarm.flush(sender)?;
            }
            let before = swarm.deliveries;
            swarm.turn(Some(Duration::from_millis(100)), &mut |_| {})?;
            now = Instant::now();
            if swarm.deliveries > before {
                stalled_at = now + DRAIN_STALL;
            } else if now > stalled_at {
                return Err("lines were lost: nothing comes any more".into());
            }
        }
        Ok(())
    }

    /// Sends one line at each of the times that the rate gives; the senders take turns.
    fn hold_rate(
        &mut self,
        swarm: &mut Swarm,
        rate: u32,
        start: Instant,
        duration: Duration,
    ) -> Outcome<()> {
        let step = Duration::from_secs(1) / rate;
        let mut due = start;
        let mut sender = 0;
        while due < start + duration {
            if Instant::now() >= due {
                let at = self.next[sender] as usize % TIMES;
                self.meant[sender][at] = due;
                self.queue(swarm, sender);
                swarm.flush(sender)?;
                sender = (sender + 1) % swarm.senders;
                due += step;
            }
            self.turn_until(swarm, due)?;
        }
        Ok(())
    }

    /// Runs a turn that ends in time. The system waits in whole milliseconds, so the last
    /// millisecond is spent polling; otherwise every line would be late by half a millisecond.
    fn turn_until(&mut self, swarm: &mut Swarm, due: Instant) -> Outcome<()> {
        let left = due.saturating_duration_since(Instant::now());
        let timeout = Duration::from_millis((left.as_millis() as u64).saturating_sub(1));
        self.turn(swarm, timeout)
    }

    fn turn(&mut self, swarm: &mut Swarm, timeout: Duration) -> Outcome<()> {
        let Self { meant, latency, .. } = self;
        swarm.turn(Some(timeout), &mut |seen: Seen| {
            if let Some(latency) = latency {
                let meant = meant[seen.sender][seen.number as usize % TIMES];
                let us = seen.at.saturating_duration_since(meant).as_micros() as u64;
                latency.saturating_record(us.max(1));
            }
        })
    }

    fn queue(&mut self, swarm: &mut Swarm, sender: usize) {
        swarm.queue(sender, &payload(sender, self.next[sender]));
        self.next[sender] += 1;
        self.lines += 1;
    }

    /// Waits until the last line has reached the last receiver.
    fn drain(&mut self, swarm: &mut Swarm, deliveries_before: u64) -> Outcome<()> {
        let all = deliveries_before + self.lines * swarm.hearers();
        let mut stalled_at = Instant::now() + DRAIN_STALL;
        while swarm.deliveries < all {
            let before = swarm.deliveries;
            self.turn(swarm, Duration::from_millis(100))?;
            if swarm.deliveries > before {
                stalled_at = Instant::now() + DRAIN_STALL;
            } else if Instant::now() > stalled_at {
                let lost = all - swarm.deliveries;
                return Err(format!("{lost} deliveries of {all} were lost").into());
            }
        }
        if swarm.deliveries > all {
            return Err(format!("{} deliveries too many", swarm.deliveries - all).into());
        }
        Ok(())
    }
}
