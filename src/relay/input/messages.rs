//! Lines in WebSocket messages: how they are cut, and whether their sender is still there.
//!
//! The decoder finds the pieces, the cutter the lines in them. A ping asks an idle client whether it is
//! there, by default after 50 seconds, and as long again without a byte closes the connection.

use std::time::Duration;

use crate::config::RelayConfig;
use crate::protocol::{Monotonic, Time};
use crate::relay::framing::websocket::{Decoder, FrameFault, Piece};
use crate::relay::framing::{Framed, Lines, ProgramLines};

/// A stream of messages, and the lines in them.
#[derive(Debug)]
pub(in crate::relay) struct Messages {
    decoder: Decoder,
    /// Cuts the text inside. LF alone ends a line there, and no telnet is looked for: a WebSocket has no
    /// terminal at its other end.
    lines: Cutter,
    /// The message at hand does not end in a line end so far, so that its end is that of a line. A message
    /// that ends in a newline of its own must not become an empty line besides.
    is_line_open: bool,
    /// Silence after which it is asked whether it is there; as long again, and it is given up. Zero: it is
    /// never asked.
    ping_after: Duration,
    /// The time at which it is asked, or given up. None: never.
    due: Option<Monotonic>,
    /// It has been asked, and has not said a thing since.
    was_asked: bool,
}

/// The framing of the lines in a message.
#[derive(Debug)]
enum Cutter {
    Text(Lines),
    Program(ProgramLines),
}

/// The next step about a silent connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Silence {
    /// Nothing yet.
    Bearable,
    /// Ask whether somebody is there.
    Ask,
    /// It was asked for so long in vain: nobody is there.
    Over(Duration),
}

impl Messages {
    pub(in crate::relay) fn new(config: &RelayConfig, now: Time) -> Self {
        let ping_after = config.web.ping_after;
        Self {
            decoder: Decoder::new(config.web.message_bytes_max),
            lines: Cutter::Text(Lines::plain(config.line_bytes_max)),
            is_line_open: false,
            ping_after,
            due: (!ping_after.is_zero()).then(|| now + ping_after),
            was_asked: false,
        }
    }

    /// From now on, its lines are those of a program. Whatever is left of the piece at hand is cut by its
    /// rules; the messages go on as they are.
    pub(in crate::relay) fn be_for(&mut self, lines: ProgramLines) {
        self.lines = Cutter::Program(lines);
    }

    /// Something has come: somebody is there. Any byte will do, not a pong alone: a client that sends is
    /// there.
    pub(in crate::relay) fn note_arrival(&mut self, now: Time) {
        self.due = self.due.map(|_| now + self.ping_after);
        self.was_asked = false;
    }

    /// The time at which silence is to be looked at.
    pub(in crate::relay) fn due(&self) -> Option<Monotonic> {
        self.due
    }

    /// The step that the silence calls for by now.
    pub(in crate::relay) fn note_silence(&mut self, now: Time) -> Silence {
        if self.due.is_none_or(|at| at > now) {
            return Silence::Bearable;
        }
        if self.was_asked {
            return Silence::Over(self.ping_after);
        }
        self.was_asked = true;
        self.due = Some(now + self.ping_after);
        Silence::Ask
    }

    /// Returns whether there is nothing to be taken. The end of a message may be left to be told although all
    /// its bytes are taken: that needs no byte, and must not wait for one.
    pub(in crate::relay) fn is_dry(&self, input: &[u8]) -> bool {
        input.is_empty() && !self.decoder.is_at_end()
    }

    /// The next piece of a message in `input`, which is shortened by what it took. None: all of it is taken.
    ///
    /// # Errors
    ///
    /// A fault of the peer's, which does not keep to the framing.
    pub(in crate::relay) fn next<'a>(
        &mut self,
        input: &mut &[u8],
        payload: &'a mut Vec<u8>,
    ) -> Result<Option<Piece<'a>>, FrameFault> {
        self.decoder.next(input, payload)
    }

    /// Notes whether the message at hand ends in a line end so far. Says whether it did before.
    pub(in crate::relay) fn note_line_open(&mut self, is_open: bool) -> bool {
        std::mem::replace(&mut self.is_line_open, is_open)
    }

    /// The next line in some bytes of a message.
    pub(in crate::relay) fn next_line<'a, 'input: 'a>(
        &mut self,
        part: &mut &'input [u8],
        line: &'a mut Vec<u8>,
    ) -> Option<Framed<'a>> {
        match &mut self.lines {
            Cutter::Text(lines) => lines.next(part, line),
            Cutter::Program(lines) => lines.next(part, line),
        }
    }
}
