//! The limits and settings of the hub, taken from the configuration once.

use std::time::Duration;

use crate::config::RelayConfig;

/// The limits and settings of all rooms.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) rooms_max: usize,
    pub(super) empty_max: usize,
    pub(super) empty_kept: Duration,
    pub(super) default_name: Box<str>,
    pub(super) gather_above: usize,
    pub(super) gather_every: Duration,
    pub(super) history: usize,
    /// Messages shown to newcomers.
    pub(super) replay: usize,
    pub(super) history_bytes_max: usize,
}

impl Limits {
    pub(super) fn new(config: RelayConfig) -> Self {
        Self {
            rooms_max: config.rooms_max,
            empty_max: config.empty_rooms_max,
            empty_kept: config.empty_room_kept,
            default_name: config.default_room.into(),
            gather_above: config.gather_above,
            gather_every: config.gather_every,
            history: config.history,
            replay: config.replay,
            history_bytes_max: config.history_total_bytes_max,
        }
    }
}
