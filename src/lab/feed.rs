//! `feed`: a line at once and one every second, for ever.

use std::time::Duration;

use super::Language;
use super::slots::Slots;
use super::texts::line;
use crate::protocol::{
    CloseReason, ConnId, Consumed, Delivery, Demand, Input, Monotonic, Output, Peer, Protocol, Time,
};

/// Writes lines to every client. Bytes from a client are dropped, and the end of its input does not end
/// its connection: programs that only read end their output first. Each client has a count of its own,
/// which begins with its first line.
#[derive(Debug)]
pub struct Feed {
    language: Language,
    every: Duration,
    /// Number of lines that each client has had, and time at which its next line is due.
    readers: Slots<(u64, Monotonic)>,
}

impl Feed {
    /// A feed that writes a line at once, and one after each interval of this length.
    pub fn new(language: Language, every: Duration) -> Self {
        Self {
            language,
            every,
            readers: Slots::default(),
        }
    }

    fn write(&self, id: ConnId, n: u64, out: &mut impl Output) {
        // A client that does not read misses lines, and sees it by the numbers of the lines.
        let range = out.encode(Delivery::Skippable, |buffer| {
            buffer.extend_from_slice(line(self.language, n).as_bytes());
        });
        out.send(id, range);
    }
}

impl Protocol for Feed {
    type Call = ();

    fn opened(&mut self, id: ConnId, _: &Peer, now: Time, out: &mut impl Output) -> Demand {
        self.write(id, 1, out);
        let next = now + self.every;
        self.readers.insert(id, (1, next));
        Demand::ReadOrAt(next)
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let bytes = input.bytes.len();
        let every = self.every;
        let Some((count, next)) = self.readers.get_mut(id) else {
            let demand = Demand::More;
            return Consumed { bytes, demand };
        };
        let is_due = *next <= now;
        if is_due {
            *count += 1;
            // The lines are in step with the clock, unless the loop itself was late by more than a line.
            *next = (*next + every).max(now.monotonic());
            if *next == now {
                *next = now + every;
            }
        }
        let (count, demand) = (*count, Demand::ReadOrAt(*next));
        if is_due {
            self.write(id, count, out);
        }
        Consumed { bytes, demand }
    }

    fn closed(&mut self, id: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {
        self.readers.remove(id);
    }
}
