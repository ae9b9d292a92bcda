//! The loads under which the servers are compared.

use crate::rig::load::Pace;

/// One load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) name: &'static str,
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    pub(crate) pace: Pace,
    /// True if the cell is part of a quick run.
    pub(crate) is_quick: bool,
    /// True if only parloir and the floor run the cell, because it takes thousands of clients for
    /// each server, and the others need a write for each message.
    pub(crate) is_ours_alone: bool,
    /// The length of a round, in a quick run and in a full one.
    pub(crate) quick_ms: u64,
    pub(crate) full_ms: u64,
}

const fn cell(name: &'static str, receivers: usize, pace: Pace, is_quick: bool) -> Cell {
    Cell {
        name,
        senders: 10,
        receivers,
        pace,
        is_quick,
        is_ours_alone: receivers > 1_000,
        quick_ms: 300,
        full_ms: 400,
    }
}

/// All cells.
pub(crate) const CELLS: &[Cell] = &[
    cell("W1", 100, Pace::Window(1), true),
    cell("L100", 100, Pace::Rate(100), true),
    cell("L1000", 1_000, Pace::Rate(100), false),
    cell("T100", 100, Pace::Window(64), true),
    cell("T1000", 1_000, Pace::Window(64), true),
    cell("T5000", 5_000, Pace::Window(64), false),
];
