//! `feed`: a line at once and one every second, for ever.

use std::time::Duration;

use super::Language;
use super::slots::Slots;
use super::texts::line;
use crate::protocol::{
    CloseReason, ConnId, Delivery, Demand, Input, Moment, Output, Peer, Protocol, Taken, Time,
};

/// Writes lines to whoever connects. What they send is dropped, and ending it is not leaving.
#[derive(Debug)]
pub struct Feed {
    language: Language,
    every: Duration,
    /// How many lines each has had, and when the next one is due.
    readers: Slots<(u64, Moment)>,
}

impl Feed {
    /// A feed of one line in so much time.
    pub fn new(language: Language, every: Duration) -> Self {
        Self {
            language,
            every,
            readers: Slots::default(),
        }
    }

    fn write(&self, id: ConnId, n: u64, out: &mut impl Output) {
        // Who does not read misses lines, and sees it by their numbers.
        let chunk = out.encode(Delivery::Skippable, |buffer| {
            buffer.extend_from_slice(line(self.language, n).as_bytes());
        });
        out.send(id, chunk);
    }
}

impl Protocol for Feed {
    type Call = ();

    fn opened(&mut self, id: ConnId, _: &Peer, now: Time, out: &mut impl Output) -> Demand {
        self.write(id, 1, out);
        let next = now + self.every;
        self.readers.insert(id, (1, next));
        Demand::MoreOr(next)
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Taken {
        let bytes = input.bytes.len();
        let every = self.every;
        let Some((count, next)) = self.readers.get_mut(id) else {
            let demand = Demand::More;
            return Taken { bytes, demand };
        };
        let is_due = *next <= now;
        if is_due {
            *count += 1;
            // In step with the clock, unless the loop itself was late by more than a line.
            *next = (*next + every).max(now.moment());
            if *next == now {
                *next = now + every;
            }
        }
        let (count, demand) = (*count, Demand::MoreOr(*next));
        if is_due {
            self.write(id, count, out);
        }
        Taken { bytes, demand }
    }

    fn closed(&mut self, id: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {
        self.readers.remove(id);
    }
}
