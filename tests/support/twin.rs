//! A second relay beside the first, which receives the same calls with other connection ids: its
//! output must be the same.

use parloir::{ConnId, OutputRange, Relay};

use super::recorder::Recorder;

pub(super) struct Twin {
    pub(super) relay: Relay,
    pub(super) out: Recorder,
}

/// The id of a connection at the twin: another place in every table, another order, and another
/// generation.
fn other(id: ConnId) -> ConnId {
    let index = id.index() as u32;
    ConnId::new((index ^ 5) * 3 + 1, id.generation() * 2 + 1)
}

impl Twin {
    pub(super) fn new(relay: Relay, turn_bytes_max: usize) -> Self {
        let out = Recorder {
            turn_bytes_max,
            ..Recorder::default()
        };
        Self { relay, out }
    }

    /// Notes that a connection is open now, or closed. Returns its id at the twin.
    pub(super) fn note_open(&mut self, id: ConnId, is_open: bool) -> ConnId {
        self.out.open.insert(other(id), is_open);
        other(id)
    }

    pub(super) fn id(id: ConnId) -> ConnId {
        other(id)
    }

    /// Compares the twin with the first relay and its output.
    pub(super) fn compare(&mut self, relay: &Relay, out: &Recorder) {
        let sent = |out: &Recorder, id: fn(ConnId) -> ConnId| -> Vec<(ConnId, String)> {
            let sent = out.sent.iter();
            let text =
                |chunk: &OutputRange| String::from_utf8_lossy(&out.arena[chunk.range()]).into();
            let mut sent: Vec<_> = sent.map(|(to, chunk)| (id(*to), text(chunk))).collect();
            // The order of the recipients depends on their places in a table.
            sent.sort_by_key(|(to, _)| *to);
            sent
        };
        assert_eq!(sent(out, other), sent(&self.out, |id| id), "the twin says");
        let mut closing: Vec<_> = out.closing.iter().copied().map(other).collect();
        closing.sort_unstable();
        self.out.closing.sort_unstable();
        assert_eq!(closing, self.out.closing, "the twin closes");
        let digests = [relay, &self.relay].map(|relay| relay.hub().digest());
        assert_eq!(digests[0], digests[1], "what the twin knows");
        self.out.clear();
    }
}
