//! An event into bytes, once for each wire format among its audience.

use super::LINE;
use super::dialect::line::write_event;
use super::hub::{Event, Format, Recipient, Sink};
use crate::protocol::{Chunk, Delivery, Output};

/// Wire formats there are.
const FORMATS: usize = 1;

/// The hub's sink: encodes, and sends.
#[derive(Debug)]
pub(super) struct Encoder<'a, O> {
    out: &'a mut O,
}

impl<'a, O: Output> Encoder<'a, O> {
    pub(super) fn new(out: &'a mut O) -> Self {
        Self { out }
    }

    fn encode(&mut self, format: Format, delivery: Delivery, event: &Event<'_>) -> Chunk {
        debug_assert_eq!(format, LINE, "the only format so far");
        self.out.encode(delivery, |line| write_event(line, event))
    }

    /// Each event is a message of its own, and together they are one range for each recipient.
    fn encode_all<'e>(
        &mut self,
        format: Format,
        events: impl Iterator<Item = Event<'e>>,
    ) -> Option<Chunk> {
        events
            .map(|event| self.encode(format, Delivery::Skippable, &event))
            .reduce(Chunk::through)
    }
}

impl<O: Output> Sink for Encoder<'_, O> {
    fn to_room<'e>(
        &mut self,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    ) {
        let mut chunks = [None; FORMATS];
        for Recipient { id, format } in audience {
            let encoded = &mut chunks[usize::from(format.0)];
            if encoded.is_none() {
                *encoded = self.encode_all(format, events.clone());
            }
            if let Some(chunk) = *encoded {
                self.out.send(id, chunk);
            }
        }
    }

    fn to_one(&mut self, Recipient { id, format }: Recipient, event: &Event<'_>) {
        let chunk = self.encode(format, Delivery::Kept, event);
        self.out.send(id, chunk);
    }
}
