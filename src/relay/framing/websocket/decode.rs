//! A client's frames into pieces of messages, across any split of the bytes.
//!
//! ```text
//!  no frame --head of a message--> frame --bytes--> frame ... --last byte--> no frame
//!      |                                                  (End, or Last, if it was the final frame)
//!      '--control frame, whole--> Ping, Pong, Close      (also between the frames of a message)
//!  any state --Fault--> the connection is closed; nothing behind it means anything
//! ```
//!
//! A message is not put together, so its size costs no memory. What comes of the bytes is the same wherever
//! they are cut; the tests compare every cut, and a fuzz target reads the same frames with tungstenite.

use super::head::{self, Head, Opcode};
use super::utf8::Utf8;
use super::{CloseCode, FrameFault, close};

/// Bytes that are unmasked at once. No more of a piece than its first line is taken, and what was
/// unmasked behind that is done again: a message of nothing but line ends must not cost much more.
const BLOCK: usize = 1024;

/// Reads one connection's frames.
#[derive(Clone, Debug)]
pub(in crate::relay) struct Decoder {
    /// The frame at hand, if its head has been read. Its head is taken with it: a head alone is left with the
    /// loop until all of it is there.
    frame: Option<Frame>,
    /// The message at hand, if its first frame has begun. It outlives its frames: a control frame may stand
    /// between two of them (RFC 6455, 5.4).
    message: Option<Message>,
    /// Bytes of the longest message. It has 64 bits, as the length in a head.
    message_bytes_max: u64,
}

/// The rest of a frame that carries a message.
#[derive(Clone, Copy, Debug)]
struct Frame {
    is_final: bool,
    /// Turned so that its first byte is for the next byte of the payload.
    mask: [u8; 4],
    /// Bytes of payload that have not been taken.
    left: u64,
}

/// The message at hand: as much of it as must outlive its frames.
#[derive(Clone, Copy, Debug)]
struct Message {
    is_text: bool,
    /// Bytes in the frames so far, the one at hand included.
    bytes: u64,
    /// The check of a text message, whose characters may be cut by its frames (RFC 6455, 5.6).
    utf8: Utf8,
}

/// One thing found in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Piece<'a> {
    /// Some bytes of a message: at most to the end of a line.
    Part(&'a [u8]),
    /// The rest of a message that ends within a line, and the LF that this end stands for: a message of one
    /// line is a line that need not be put together. Without it a message's end would be known only after its
    /// text, which would be kept in between: an allocation for each message.
    Last(&'a [u8]),
    /// The message is over.
    End {
        /// There was nothing in it.
        is_empty: bool,
    },
    /// Wants this back.
    Ping(&'a [u8]),
    Pong,
    /// The client is leaving; no code, if it gives none.
    Close(Option<CloseCode>),
}

/// The same, before the payload is lent out. A step borrows nothing, so that it can be made in a loop that
/// still writes to the payload's memory.
enum FoundStep {
    Part,
    Last,
    End { is_empty: bool },
    Control(Opcode),
}

impl Decoder {
    pub(in crate::relay) fn new(message_bytes_max: usize) -> Self {
        Self {
            frame: None,
            message: None,
            message_bytes_max: message_bytes_max as u64,
        }
    }

    /// Returns whether a frame is taken whole, and its end is yet to be reported: the next call needs no
    /// bytes for it.
    pub(in crate::relay) fn is_at_end(&self) -> bool {
        self.frame.is_some_and(|frame| frame.left == 0)
    }

    /// The next thing in `input`, which is shortened by what it took. None: there is nothing whole
    /// in it, and more must come behind what is left of it.
    ///
    /// After a fault, nothing that follows means anything.
    pub(in crate::relay) fn next<'a>(
        &mut self,
        input: &mut &[u8],
        scratch: &'a mut Vec<u8>,
    ) -> Result<Option<Piece<'a>>, FrameFault> {
        scratch.clear();
        let Some(step) = self.step(input, scratch)? else {
            return Ok(None);
        };
        Ok(Some(match step {
            FoundStep::Part => Piece::Part(scratch),
            FoundStep::Last => Piece::Last(scratch),
            FoundStep::End { is_empty } => Piece::End { is_empty },
            FoundStep::Control(Opcode::Close) => Piece::Close(close::read(scratch)?),
            FoundStep::Control(Opcode::Ping) => Piece::Ping(scratch),
            FoundStep::Control(_) => Piece::Pong,
        }))
    }

    fn step(
        &mut self,
        input: &mut &[u8],
        scratch: &mut Vec<u8>,
    ) -> Result<Option<FoundStep>, FrameFault> {
        loop {
            if let Some(frame) = self.frame {
                if frame.left > 0 {
                    return self.take_part(frame, input, scratch);
                }
                self.frame = None;
                if frame.is_final {
                    return self.end_message().map(Some);
                }
            }
            let Some(head) = head::read(input)? else {
                return Ok(None);
            };
            if head.opcode.is_control() {
                return Ok(take_control(head, input, scratch));
            }
            self.begin(head)?;
            *input = &input[head.size..];
        }
    }

    /// A frame that carries a message, or goes on with one.
    fn begin(&mut self, head: Head) -> Result<(), FrameFault> {
        let message = match (self.message, head.opcode) {
            (None, Opcode::Continuation) => {
                return Err(FrameFault::Protocol("a continuation of nothing"));
            }
            (Some(message), Opcode::Continuation) => message,
            (Some(_), _) => return Err(FrameFault::Protocol("a message within a message")),
            (None, opcode) => Message {
                is_text: opcode == Opcode::Text,
                bytes: 0,
                utf8: Utf8::default(),
            },
        };
        let bytes = message.bytes.saturating_add(head.length);
        // Known from the head: nobody has to wait for the rest of what is wrong already.
        if bytes > self.message_bytes_max {
            return Err(FrameFault::TooBig);
        }
        self.message = Some(Message { bytes, ..message });
        self.frame = Some(Frame {
            is_final: head.is_final,
            mask: head.mask,
            left: head.length,
        });
        Ok(())
    }

    /// Takes some bytes of a message: up to a line end, so that whoever takes one line has taken no more than
    /// that. The rest of the block is unmasked again for the next line.
    fn take_part(
        &mut self,
        frame: Frame,
        input: &mut &[u8],
        scratch: &mut Vec<u8>,
    ) -> Result<Option<FoundStep>, FrameFault> {
        let left = usize::try_from(frame.left).unwrap_or(usize::MAX);
        let offered = &input[..input.len().min(left).min(BLOCK)];
        if offered.is_empty() {
            return Ok(None);
        }
        unmask(offered, frame.mask, scratch);
        if let Some(end) = memchr::memchr(b'\n', scratch) {
            scratch.truncate(end + 1);
        }
        if let Some(message) = &mut self.message
            && message.is_text
        {
            // The bytes before a wrong one are handed on first, as they would be had they come alone.
            let text = message.utf8.push(scratch);
            if text == 0 {
                return Err(FrameFault::NotUtf8);
            }
            scratch.truncate(text);
        }
        let taken = scratch.len();
        *input = &input[taken..];
        let mut mask = frame.mask;
        // The mask goes on where this piece ends: its four bytes are counted from the start of the frame.
        mask.rotate_left(taken % 4);
        let left = frame.left - taken as u64;
        self.frame = Some(Frame {
            mask,
            left,
            ..frame
        });
        let is_whole = self.message.is_none_or(|message| message.utf8.is_whole());
        if left == 0 && frame.is_final && is_whole && !scratch.ends_with(b"\n") {
            scratch.push(b'\n');
            (self.frame, self.message) = (None, None);
            return Ok(Some(FoundStep::Last));
        }
        Ok(Some(FoundStep::Part))
    }

    /// The final frame is taken. A text message must not end inside a character.
    fn end_message(&mut self) -> Result<FoundStep, FrameFault> {
        let message = self.message.take();
        if message.is_some_and(|message| !message.utf8.is_whole()) {
            return Err(FrameFault::NotUtf8);
        }
        let is_empty = message.is_none_or(|message| message.bytes == 0);
        Ok(FoundStep::End { is_empty })
    }
}

/// A control frame is short enough to be waited for whole. It has 125 bytes at most, so the loop holds what
/// has come of it.
fn take_control(head: Head, input: &mut &[u8], scratch: &mut Vec<u8>) -> Option<FoundStep> {
    let end = head.size + usize::try_from(head.length).ok()?;
    let payload = input.get(head.size..end)?;
    unmask(payload, head.mask, scratch);
    *input = &input[end..];
    Some(FoundStep::Control(head.opcode))
}

/// RFC 6455, 5.3. Sixteen bytes at a time, which the compiler turns into one instruction.
fn unmask(masked: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(masked);
    let wide: [u8; 16] = std::array::from_fn(|n| mask[n % mask.len()]);
    for range in out[start..].chunks_mut(wide.len()) {
        for (byte, mask) in range.iter_mut().zip(wide) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests;
