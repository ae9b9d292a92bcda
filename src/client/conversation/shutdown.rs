//! The end of a conversation: the last deliveries, the report about the rest, the exit status.
//!
//! A script may rely on status 0, so it needs a proof that everything was taken, and not only sent:
//!
//! | target | proof |
//! | --- | --- |
//! | a relay | its `* Bye.`: it answers `/quit` in its turn, behind all that came before; and no refusal |
//! | a peer | it closes in good order after our end of stream: it has read to the end |
//!
//! Everything else is status 1: a reset, a time that is over, an interruption, a line that waits. To a person
//! nothing is proved, and the status is 0; what may be lost is named on the screen.

use std::time::Duration;

use parloir::{Monotonic, Time};

use super::link::{Link, Stage};
use super::state::{Leaving, Typed};
use super::words::quoted;
use super::{Dialogue, Effect, LineKind};

/// Time for which an interactive client that leaves is kept for what is still to be sent.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// Time to wait per line: a relay may hold up a client that sends fast. One that takes a line a second
/// is waited for.
const LINE_WITHIN: Duration = Duration::from_secs(1);

impl Dialogue {
    /// Begins to leave; a second request leaves at once.
    pub(super) fn leave(&mut self, farewell: Option<String>, now: Time) {
        if self.leaving.is_some() {
            return self.leave_at_once();
        }
        let until = self.settings.is_interactive.then(|| now + LEAVE_WITHIN);
        self.leaving = Some(Leaving {
            farewell: farewell.unwrap_or_else(|| String::from("/quit")),
            is_said: false,
            until,
        });
    }

    /// Returns whether lines wait, or were sent to a peer that has not confirmed that they arrived.
    pub(super) fn has_something_under_way(&self) -> bool {
        let is_sent = match &self.link {
            Link::None => false,
            Link::Dialing(_) | Link::Later(_) => true,
            Link::Open(open) => open.lines > 0,
        };
        is_sent || !self.waiting.is_empty()
    }

    /// Leaves after all input was handled, with no peer to talk to. A client that listens for peers goes
    /// on waiting when a pipe ends, but not at the end of a terminal.
    pub(super) fn leave_alone(&mut self) {
        if self.settings.is_interactive || self.target.is_some() {
            self.finish();
        } else if self.settings.is_listening {
            self.leaving = None;
        } else {
            self.give_up();
        }
    }

    /// Leaves at once, because there is no more time.
    pub(super) fn leave_at_once(&mut self) {
        if !self.settings.is_interactive {
            let target = self.target.as_ref();
            let who = target.map_or_else(|| String::from("nobody"), ToString::to_string);
            let text = format!("no word from {who} that everything arrived");
            self.show(LineKind::Trouble, text);
        }
        self.is_undelivered = true;
        self.finish();
    }

    /// Says goodbye after all typed lines were handed over, and waits for the proof that they arrived.
    pub(super) fn say_goodbye(&mut self, now: Time) {
        let Some(leaving) = self.leaving.as_mut().filter(|leaving| !leaving.is_said) else {
            return self.leave_when_written();
        };
        leaving.is_said = true;
        let farewell = leaving.farewell.clone();
        let Link::Open(open) = &self.link else {
            return self.finish();
        };
        let (id, lines) = (open.id, open.lines);
        let is_relay = open.stage == Stage::Relay;
        if !self.settings.is_interactive {
            let patience = self.settings.timeout + LINE_WITHIN * lines;
            self.set_leaving_until(now + patience);
        }
        // A relay that has not let the client in cannot be sent the farewell: it would take it for a
        // password.
        if is_relay {
            self.send_line(&farewell, now);
        } else {
            self.out.push(Effect::EndOutput(id));
            self.leave_when_written();
        }
    }

    fn set_leaving_until(&mut self, until: Monotonic) {
        if let Some(leaving) = &mut self.leaving {
            leaving.until = Some(until);
        }
    }

    /// Leaves once the last line is on its way: an interactive client does not wait for a peer to see
    /// the end.
    fn leave_when_written(&mut self) {
        let is_relay = matches!(&self.link, Link::Open(open) if matches!(open.stage, Stage::Relay));
        if self.settings.is_interactive && !is_relay && self.unwritten == 0 {
            self.finish();
        }
    }

    /// Handles a relay's goodbye, which shows that the relay has taken everything before it. Returns
    /// whether it is the answer to the client's own goodbye.
    pub(super) fn take_goodbye(&mut self) -> bool {
        let is_answer = self.leaving.as_ref().is_some_and(|leaving| leaving.is_said);
        if is_answer {
            self.finish();
        }
        is_answer
    }

    /// Handles the end of the connection while the client is leaving. Returns whether the client ends
    /// with it.
    pub(super) fn take_last_end(&mut self, is_in_order: bool) -> bool {
        let is_said = self.leaving.as_ref().is_some_and(|leaving| leaving.is_said);
        if !is_said {
            return false;
        }
        let is_peer = matches!(&self.link, Link::Open(open) if open.stage.is_peer());
        // A peer that has read to the end closes the connection. A relay would have said goodbye.
        if is_peer && is_in_order {
            self.finish();
        } else {
            self.leave_at_once();
        }
        true
    }

    /// Gives up lines that come from a pipe, because no peer is there.
    pub(super) fn give_up(&mut self) {
        let timeout = self.settings.timeout.as_secs_f32();
        let text = match &self.target {
            Some(target) if self.trouble.is_empty() => {
                let hint = match self.settings.is_encrypted {
                    true => " (if it does not speak TLS, try without --tls)",
                    false => "",
                };
                format!("{target} has not answered within {timeout} s{hint}")
            }
            Some(target) => format!("{target} {}; given up after {timeout} s", self.trouble),
            None => String::from("nobody to talk to: name a HOST, or begin with /join HOST PORT"),
        };
        self.show(LineKind::Trouble, text);
        self.is_undelivered = true;
        self.say_what_is_unsent("");
        self.end();
    }

    /// Finishes: shows the input that has come, and reports the lines that were not sent.
    pub(super) fn finish(&mut self) {
        if self.is_finished {
            return;
        }
        self.show_rest();
        self.say_what_is_unsent("");
        self.show(LineKind::Note, "BEY");
        self.end();
    }

    fn end(&mut self) {
        self.is_finished = true;
        (self.give_up_at, self.leaving) = (None, None);
        let is_failure = self.is_undelivered && !self.settings.is_interactive;
        self.out.push(Effect::Finish(u8::from(is_failure)));
    }

    /// Forgets the lines that wait, and reports them in one line with the reason.
    pub(super) fn say_what_is_unsent(&mut self, because: &str) {
        let mut lines = Vec::new();
        for typed in self.waiting.drain(..) {
            if let Typed::Line(line) = typed {
                lines.push(line);
            }
        }
        self.waiting_bytes = 0;
        let text = match &lines[..] {
            [] if because.is_empty() => return,
            [] => because.to_owned(),
            [first, others @ ..] => {
                self.is_undelivered = true;
                let between = if because.is_empty() { "" } else { "; " };
                let more = match others.len() {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                format!("{because}{between}not sent: {}{more}", quoted(first))
            }
        };
        self.show(LineKind::Trouble, text);
    }
}
