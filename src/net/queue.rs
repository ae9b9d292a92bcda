//! The queue for a peer that reads too slowly: messages up to a limit, and a count of those left out.
//!
//! ```text
//!             queued while ≤ queue_bytes_max
//!  message ──────────────────────────────────▶ bytes ─▶ socket
//!     │ over it: Skippable and Direct are counted instead,
//!     │ and so is every later one until all bytes are delivered
//!     ▼
//!  skipped ─▶ a notice, at the place of the gap: before the next Kept message, or when all is delivered
//! ```
//!
//! The messages that the peer gets and those that its notices count are together all that were sent to it,
//! whatever the system takes and when; a test holds random scripts to that.

use std::collections::VecDeque;
use std::io::IoSlice;

use crate::protocol::{Delivery, Skipped, Time};

/// Multiple of the soft limit past which the connection is closed. Only messages that may not be skipped
/// get that far: answers, which the peer has asked for itself. Messages of others never do, or they could
/// have anybody closed who reads slowly.
const HARD_FACTOR: usize = 4;

/// Bytes in a run, at most, plus a message. Runs are short because no message of a run that is partly
/// written can be dropped.
const RUN_BYTES: usize = 16 << 10;

/// The limits that a flush of a connection must respect, and the writer of notices about gaps.
#[derive(Debug)]
pub(crate) struct FlushRules<N> {
    pub(crate) now: Time,
    pub(crate) queue_bytes_max: usize,
    /// Writes the line that tells the peer of skipped messages.
    pub(crate) notice: N,
}

/// The bytes that wait for a peer. A queue exists only while bytes wait or a notice is owed, so that an
/// idle connection costs no more than a pointer.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    bytes: VecDeque<u8>,
    /// Runs that may be dropped and runs that may not. Together they cover `bytes` exactly.
    runs: VecDeque<QueuedRun>,
    /// Messages left out since the last notice.
    skipped: Skipped,
    /// Once over the limit, skippable messages are left out until everything is delivered, so that there
    /// is one notice for one gap, not one for every few lines.
    skipping: bool,
}

#[derive(Clone, Copy, Debug)]
struct QueuedRun {
    bytes: usize,
    /// Number of whole messages in the run that may be dropped; none if the run must be kept.
    messages: Skipped,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_over(&self, bytes_max: usize) -> bool {
        self.bytes.len() > HARD_FACTOR.saturating_mul(bytes_max)
    }

    /// Adds the rest of a message of which the peer already has the beginning.
    pub(crate) fn push_rest(&mut self, bytes: &[u8]) {
        self.push(bytes, Skipped::default());
    }

    /// Adds one message. `notice` writes the line that tells of a gap.
    pub(crate) fn push_message(
        &mut self,
        message: &[u8],
        delivery: Delivery,
        bytes_max: usize,
        notice: &mut impl FnMut(Skipped, &mut Vec<u8>),
    ) {
        match delivery {
            Delivery::Kept => {
                self.push_notice(notice);
                self.push(message, Skipped::default());
            }
            Delivery::Skippable | Delivery::Direct => {
                let one = Skipped::one(delivery);
                if self.skipping || self.len() + message.len() > bytes_max {
                    self.skipping = true;
                    self.skipped += one;
                } else {
                    self.push(message, one);
                }
            }
        }
    }

    /// Adds the notice of a gap, if there is one, at this place in the stream.
    pub(crate) fn push_notice(&mut self, notice: &mut impl FnMut(Skipped, &mut Vec<u8>)) {
        if !self.skipped.is_none() {
            let mut line = Vec::new();
            notice(std::mem::take(&mut self.skipped), &mut line);
            self.push(&line, Skipped::default());
        }
    }

    /// Adds bytes to the last run if it is of the same kind: a run is dropped as a whole, so what may be
    /// dropped and what may not are never in one.
    fn push(&mut self, bytes: &[u8], messages: Skipped) {
        if bytes.is_empty() {
            return;
        }
        self.bytes.extend(bytes);
        match self.runs.back_mut() {
            Some(run) if run.messages.is_none() == messages.is_none() && run.bytes < RUN_BYTES => {
                run.bytes += bytes.len();
                run.messages += messages;
            }
            _ => self.runs.push_back(QueuedRun {
                bytes: bytes.len(),
                messages,
            }),
        }
    }

    /// The bytes to write next, in two slices.
    pub(crate) fn slices(&self) -> [IoSlice<'_>; 2] {
        let (front, back) = self.bytes.as_slices();
        [IoSlice::new(front), IoSlice::new(back)]
    }

    /// Removes `written` bytes, which have gone to the peer.
    pub(crate) fn consume(&mut self, written: usize) {
        self.bytes.drain(..written);
        let mut left = written;
        while let Some(run) = self.runs.front_mut() {
            if left < run.bytes {
                run.bytes -= left;
                if left > 0 {
                    // Some bytes of the run are with the peer, and the ends of its messages are not
                    // known here, so all of it is kept.
                    run.messages = Skipped::default();
                }
                break;
            }
            left -= run.bytes;
            self.runs.pop_front();
        }
        if self.bytes.is_empty() {
            self.skipping = false;
        }
    }

    /// Returns whether no bytes wait and no notice is owed.
    pub(crate) fn is_done(&self) -> bool {
        self.bytes.is_empty() && self.skipped.is_none()
    }

    /// Gives memory back by dropping all messages that may be dropped. Returns the number of bytes
    /// freed. Messages that must be kept stay, with a notice before them wherever messages are missing
    /// there. (Dropping from the end alone was rejected: one message to be kept there kept all before it,
    /// and cost its reader the connection.)
    pub(crate) fn drop_skippable(
        &mut self,
        notice: &mut impl FnMut(Skipped, &mut Vec<u8>),
    ) -> usize {
        let before = self.bytes.len();
        let owed = std::mem::take(&mut self.skipped);
        let runs = std::mem::take(&mut self.runs);
        let mut bytes = std::mem::take(&mut self.bytes);
        for run in runs {
            let part = bytes.drain(..run.bytes);
            if !run.messages.is_none() {
                self.skipped += run.messages;
                continue;
            }
            let part: Vec<u8> = part.collect();
            self.push_notice(notice);
            self.push(&part, Skipped::default());
        }
        self.skipped += owed;
        self.skipping |= !self.skipped.is_none();
        self.bytes.shrink_to_fit();
        before.saturating_sub(self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(skipped: Skipped, line: &mut Vec<u8>) {
        let direct = "!".repeat(skipped.direct as usize);
        line.extend_from_slice(format!("({}{direct})", skipped.shared).as_bytes());
    }

    fn push(queue: &mut Queue, text: &str, delivery: Delivery) {
        queue.push_message(text.as_bytes(), delivery, 10, &mut notice);
    }

    fn drain(queue: &mut Queue) -> String {
        let text = queue.slices().iter().flat_map(|s| s.to_vec()).collect();
        queue.consume(queue.len());
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn at_the_limit_nothing_is_skipped_and_above_it_all_is_until_caught_up() {
        let mut queue = Queue::default();
        push(&mut queue, "12345", Delivery::Skippable);
        push(&mut queue, "67890", Delivery::Skippable);
        push(&mut queue, "x", Delivery::Skippable);
        queue.consume(9);
        push(&mut queue, "y", Delivery::Skippable);
        assert_eq!(drain(&mut queue), "0");
        assert!(!queue.is_done());
        queue.push_notice(&mut notice);
        push(&mut queue, "z", Delivery::Skippable);
        assert_eq!(drain(&mut queue), "(2)z");
        assert!(queue.is_done());
    }

    #[test]
    fn the_notice_stands_where_the_lines_are_missing() {
        let mut queue = Queue::default();
        push(&mut queue, "1234567890", Delivery::Skippable);
        push(&mut queue, "a", Delivery::Skippable);
        push(&mut queue, "-private-", Delivery::Kept);
        push(&mut queue, "b", Delivery::Skippable);
        push(&mut queue, "c", Delivery::Skippable);
        assert_eq!(drain(&mut queue), "1234567890(1)-private-");
        queue.push_notice(&mut notice);
        assert_eq!(drain(&mut queue), "(2)");
    }

    #[test]
    fn shedding_counts_what_it_drops_and_keeps_what_was_begun() {
        let mut queue = Queue::default();
        push(&mut queue, "ab", Delivery::Kept);
        push(&mut queue, "12", Delivery::Skippable);
        push(&mut queue, "34", Delivery::Skippable);
        assert_eq!(queue.drop_skippable(&mut notice), 4);
        queue.push_notice(&mut notice);
        assert_eq!(drain(&mut queue), "ab(2)");
        push(&mut queue, "12", Delivery::Skippable);
        queue.consume(1);
        assert_eq!(queue.drop_skippable(&mut notice), 0);
        assert_eq!(drain(&mut queue), "2");
    }

    #[test]
    fn one_message_to_be_kept_kept_all_before_it_from_being_shed() {
        let mut queue = Queue::default();
        for text in ["1111", "2222"] {
            push(&mut queue, text, Delivery::Skippable);
        }
        push(&mut queue, "-kept-", Delivery::Kept);
        push(&mut queue, "3333", Delivery::Skippable);
        push(&mut queue, "-also-", Delivery::Kept);
        // One line did not fit, and its notice is queued already.
        assert_eq!(queue.len(), "11112222-kept-(1)-also-".len());
        assert!(queue.drop_skippable(&mut notice) > 0);
        assert_eq!(drain(&mut queue), "(2)-kept-(1)-also-");
        assert!(queue.is_done());
    }

    #[test]
    fn what_is_said_to_one_alone_is_left_out_too_and_counted_by_itself() {
        let mut queue = Queue::default();
        push(&mut queue, "1234567890", Delivery::Direct);
        for n in 0..1000 {
            push(&mut queue, "psst", Delivery::Direct);
            if n % 500 == 0 {
                push(&mut queue, "room", Delivery::Skippable);
            }
        }
        assert_eq!(queue.len(), 10);
        push(&mut queue, "answer", Delivery::Kept);
        let text = drain(&mut queue);
        assert_eq!(text.matches('!').count(), 1000);
        assert!(text.starts_with("1234567890(2!") && text.ends_with("!)answer"));
        // Below the limit, a direct message is dropped like any other.
        push(&mut queue, "psst", Delivery::Direct);
        push(&mut queue, "room", Delivery::Skippable);
        assert_eq!(queue.drop_skippable(&mut notice), 8);
        queue.push_notice(&mut notice);
        assert_eq!(drain(&mut queue), "(1!)");
    }

    #[test]
    fn the_hard_limit_is_four_times_the_soft_one() {
        let mut queue = Queue::default();
        push(&mut queue, &"k".repeat(40), Delivery::Kept);
        assert!(!queue.is_over(10));
        push(&mut queue, "k", Delivery::Kept);
        assert!(queue.is_over(10));
    }
}
