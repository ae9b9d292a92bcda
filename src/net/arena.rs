//! The bytes of a turn's output: each message is encoded once, and messages of one kind are contiguous.
//!
//! Kinds have lanes of their own because a room may receive a line in several wire formats. In one lane
//! for all kinds, a recipient's part of ten lines would be ten ranges, with the encodings for other
//! recipients in between. With lanes that part is one range, and one write of one piece. With plain
//! lines and WebSockets in one room, ten ranges per write cost a quarter more than one range. An answer to
//! one client does the same when it is encoded between two events of its room, so the relay gives answers
//! kinds of their own: without that a room of 1,000 JSON clients cost 21 times what a room of line clients
//! costs, and 2.6 times with it.
//!
//! The arena knows nothing of recipients: ranges of it are noted by `outbox`, and are good until the arena
//! is cleared.

use crate::protocol::{Delivery, OutputRange};
use crate::table::{KEPT, shrink, table};

/// Number of kinds that have a lane of their own in a turn. All further kinds share the last lane, which
/// is slower but still correct.
const LANES_MAX: usize = 8;
/// Number of low bits of a position that give the offset within its lane; the bits above them give the
/// lane. So a range of any lane is two numbers of 32 bits, and ranges of different lanes never look
/// adjacent, since no lane gets as long as 512 MiB.
const OFFSET_BITS: u32 = u32::BITS - LANES_MAX.ilog2();

#[derive(Debug, Default)]
pub(crate) struct Arena {
    lanes: Vec<Lane>,
    /// Number of lanes used in this turn; the lanes behind them belong to earlier turns and are empty.
    in_use: usize,
}

#[derive(Debug)]
struct Lane {
    kind: u16,
    bytes: Vec<u8>,
    /// The end of each message, in order, so that a merged range can be cut between messages.
    marks: Vec<Mark>,
}

/// The end offset of one message in its lane, and the delivery of that message.
#[derive(Clone, Copy, Debug)]
struct Mark {
    end: u32,
    delivery: Delivery,
}

impl Arena {
    pub(crate) fn encode(
        &mut self,
        kind: u16,
        delivery: Delivery,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> OutputRange {
        let at = self.lane(kind);
        let lane = &mut self.lanes[at];
        let start = offset(lane.bytes.len());
        write(&mut lane.bytes);
        let end = offset(lane.bytes.len());
        if start != end {
            lane.marks.push(Mark { end, delivery });
        }
        let first = (at as u32) << OFFSET_BITS;
        OutputRange::new(first | start, first | end)
    }

    /// The lane of a kind. Lanes are few, so looking through them is a matter of eight comparisons.
    fn lane(&mut self, kind: u16) -> usize {
        let lanes = &self.lanes[..self.in_use];
        if let Some(at) = lanes.iter().position(|lane| lane.kind == kind) {
            return at;
        }
        if self.in_use == LANES_MAX {
            return LANES_MAX - 1;
        }
        if self.in_use == self.lanes.len() {
            self.lanes.push(Lane {
                kind,
                bytes: table(),
                marks: table(),
            });
        }
        self.lanes[self.in_use].kind = kind;
        self.in_use += 1;
        self.in_use - 1
    }

    fn part(&self, range: OutputRange) -> (&Lane, u32, u32) {
        let offset = |position: u32| position & ((1 << OFFSET_BITS) - 1);
        let lane = &self.lanes[(range.start >> OFFSET_BITS) as usize];
        (lane, offset(range.start), offset(range.end))
    }

    /// The bytes of one message, or of several messages that follow each other.
    pub(crate) fn bytes(&self, range: OutputRange) -> &[u8] {
        let (lane, start, end) = self.part(range);
        &lane.bytes[start as usize..end as usize]
    }

    /// The messages of a chunk, one after the other, each with its delivery.
    pub(crate) fn messages(&self, range: OutputRange) -> impl Iterator<Item = (&[u8], Delivery)> {
        let (lane, mut start, end) = self.part(range);
        let first = lane.marks.partition_point(|mark| mark.end <= start);
        let marks = lane.marks[first..].iter();
        marks
            .take_while(move |mark| mark.end <= end)
            .map(move |mark| {
                let message = &lane.bytes[start as usize..mark.end as usize];
                start = mark.end;
                (message, mark.delivery)
            })
    }

    /// Number of bytes in all lanes of this turn.
    pub(crate) fn len(&self) -> usize {
        let lanes = &self.lanes[..self.in_use];
        lanes.iter().map(|lane| lane.bytes.len()).sum()
    }

    /// Forgets all messages. The memory is kept for the next turn, except for the part of a lane beyond
    /// `bytes_max`.
    pub(crate) fn clear(&mut self, bytes_max: usize) {
        for lane in &mut self.lanes[..self.in_use] {
            lane.bytes.clear();
            lane.bytes.shrink_to(bytes_max);
            lane.marks.clear();
        }
        self.in_use = 0;
    }

    /// Gives memory back. The arena must be empty.
    pub(crate) fn shrink(&mut self) {
        for lane in &mut self.lanes {
            lane.bytes.shrink_to(64 * KEPT);
            shrink(&mut lane.marks);
        }
    }
}

fn offset(n: usize) -> u32 {
    let small = u32::try_from(n).ok().filter(|n| n >> OFFSET_BITS == 0);
    small.expect("a turn is flushed long before 512 MiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(arena: &mut Arena, kind: u16, text: &str) -> OutputRange {
        arena.encode(kind, Delivery::Skippable, |b| {
            b.extend_from_slice(text.as_bytes());
        })
    }

    #[test]
    fn messages_of_one_kind_lie_one_after_another() {
        let mut arena = Arena::default();
        let first = say(&mut arena, 7, "one ");
        say(&mut arena, 9, "other");
        let last = say(&mut arena, 7, "two");
        assert_eq!(arena.bytes(first.through(last)), b"one two");
        let parts: Vec<_> = arena.messages(first.through(last)).collect();
        assert_eq!(
            parts,
            [
                (&b"one "[..], Delivery::Skippable),
                (&b"two"[..], Delivery::Skippable)
            ]
        );
        assert_eq!(arena.messages(first).count(), 1);
        assert_eq!(arena.len(), 12);
    }

    #[test]
    fn more_kinds_than_lanes_are_as_right() {
        let mut arena = Arena::default();
        let kinds = 0..3 * LANES_MAX as u16;
        for turn in 0..3 {
            let mut said = Vec::new();
            for n in 0..100 {
                for kind in kinds.clone() {
                    let text = format!("{turn} {n} {kind};");
                    said.push((say(&mut arena, kind, &text), text));
                }
            }
            for (range, text) in &said {
                assert_eq!(arena.bytes(*range), text.as_bytes());
                assert_eq!(arena.messages(*range).count(), 1);
            }
            assert_eq!(arena.lanes.len(), LANES_MAX);
            arena.clear(1 << 20);
            assert_eq!(arena.len(), 0);
        }
    }

    #[test]
    fn nothing_is_no_message() {
        let mut arena = Arena::default();
        let nothing = say(&mut arena, 0, "");
        assert!(nothing.range().is_empty());
        let range = say(&mut arena, 0, "x");
        assert_eq!(arena.messages(range).count(), 1);
    }
}
