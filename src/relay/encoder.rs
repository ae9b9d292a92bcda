//! An event into bytes, once for each wire format among its audience.
//!
//! Whatever is sent to a peer whose dialect is known passes [`encode`] here, with its format: events
//! by way of [`Encoder`], and what the relay itself has to say by way of [`tell`].

use super::LINE;
use super::dialect::line::{write_event, write_notice};
use super::hub::{Addressee, Event, Format, Recipient, Sink};
use crate::protocol::{Chunk, ConnId, Delivery, Output};

/// Wire formats of one event that are remembered while it is sent. Where more occur in an audience,
/// the event is encoded again for each further recipient: slower, and as right.
const FORMATS_MAX: usize = 16;

/// The hub's sink: encodes, and sends.
#[derive(Debug)]
pub(super) struct Encoder<'a, O> {
    out: &'a mut O,
}

impl<'a, O: Output> Encoder<'a, O> {
    pub(super) fn new(out: &'a mut O) -> Self {
        Self { out }
    }

    /// Sends events to everyone in an audience. Each is a message of its own, and together they are
    /// one range for each recipient; none, if they are nothing in its format.
    fn send<'e>(
        &mut self,
        audience: impl Iterator<Item = Recipient>,
        events: &(impl Iterator<Item = Event<'e>> + Clone),
    ) {
        let mut known = Known::default();
        for Recipient { id, format } in audience {
            let chunk = known.chunk(format, || {
                let encode = |event| encode_event(self.out, format, Delivery::Skippable, &event);
                events.clone().filter_map(encode).reduce(Chunk::through)
            });
            if let Some(chunk) = chunk {
                self.out.send(id, chunk);
            }
        }
    }
}

impl<O: Output> Sink for Encoder<'_, O> {
    fn to_room<'e>(
        &mut self,
        _: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    ) {
        self.send(audience, &events);
    }

    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        self.send(audience, &std::iter::once(event.clone()));
    }

    fn to_watchers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        self.send(audience, &std::iter::once(event.clone()));
    }

    fn to_one(&mut self, to: Addressee<'_>, event: &Event<'_>) {
        if let Some(chunk) = encode_event(self.out, to.format, Delivery::Kept, event) {
            self.out.send(to.id, chunk);
        }
    }

    fn dismissed(&mut self, id: ConnId) {
        self.out.close(id);
    }
}

/// What has been encoded already, by format.
#[derive(Default)]
struct Known {
    chunks: [(Format, Option<Chunk>); FORMATS_MAX],
    count: usize,
}

impl Known {
    fn chunk(&mut self, format: Format, encode: impl FnOnce() -> Option<Chunk>) -> Option<Chunk> {
        let known = &self.chunks[..self.count];
        if let Some((_, chunk)) = known.iter().find(|(known, _)| *known == format) {
            return *chunk;
        }
        let chunk = encode();
        if let Some(place) = self.chunks.get_mut(self.count) {
            *place = (format, chunk);
            self.count += 1;
        }
        chunk
    }
}

fn encode_event(
    out: &mut impl Output,
    format: Format,
    delivery: Delivery,
    event: &Event<'_>,
) -> Option<Chunk> {
    encode(out, format, delivery, |line| write_event(line, event))
}

/// Encodes lines that `write` writes in the dialect of a format; none, if it writes nothing.
pub(super) fn encode(
    out: &mut impl Output,
    format: Format,
    delivery: Delivery,
    write: impl FnOnce(&mut Vec<u8>),
) -> Option<Chunk> {
    debug_assert_eq!(format, LINE, "the only format so far");
    let chunk = out.encode(delivery, write);
    (!chunk.range().is_empty()).then_some(chunk)
}

/// Sends a line of the server's to one client.
pub(super) fn tell(out: &mut impl Output, to: Recipient, text: &str) {
    let write = |line: &mut Vec<u8>| write_notice(line, text);
    if let Some(chunk) = encode(out, to.format, Delivery::Kept, write) {
        out.send(to.id, chunk);
    }
}
