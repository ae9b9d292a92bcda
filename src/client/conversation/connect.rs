//! Dials the connection that is talked on, writes to it, and handles its loss.

use std::time::Duration;

use parloir::lines::LineReader;
use parloir::{Monotonic, Time};

use super::link::{Link, Open, Stage};
use super::state::{Known, Typed};
use super::words::quoted;
use super::{Dialogue, Effect, Failure, LINE_BYTES_MAX, LineKind, LinkId};

/// A peer that greets within this time plus the round trip is a relay, which greets after 300 ms.
const GREETING_WITHIN: Duration = Duration::from_millis(500);
/// The part of the round trip that is added, at most.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(1);

/// A peer that has not closed this long after its first message takes more messages. A second one that was
/// sent at once would be lost with a connection that the peer closes after each.
pub(super) const CLOSES_WITHIN: Duration = Duration::from_millis(500);

/// The first pause before another attempt; each next pause is twice as long, up to a limit.
const RETRY_AFTER: Duration = Duration::from_millis(500);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);
/// The limit for input from a pipe, where a caller waits for the exit status.
const RETRY_AFTER_MAX_PIPED: Duration = Duration::from_secs(1);

/// A connection that was lost sooner than this does not reset the pauses: a peer that closes each
/// connection as soon as it is made would otherwise be dialed twice a second for ever.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// Lines sent this shortly before a connection is lost may be lost with it, also if it ended in good order:
/// the peer may have closed before they came. The user is told which.
const RECENT: Duration = Duration::from_secs(1);
const RECENT_MAX: usize = 16;

impl Dialogue {
    pub(super) fn is_current(&self, link: LinkId) -> bool {
        match &self.link {
            Link::Dialing(id) => *id == link,
            Link::Open(open) => open.id == link,
            Link::None | Link::Later(_) => false,
        }
    }

    /// Closes the connection in good order, or cancels its dial.
    pub(super) fn hang_up(&mut self) {
        match std::mem::replace(&mut self.link, Link::None) {
            Link::Open(open) => self.out.push(Effect::Close(open.id)),
            Link::Dialing(id) => self.out.push(Effect::Close(id)),
            Link::None | Link::Later(_) => {}
        }
        self.unwritten = 0;
        self.recent.clear();
    }

    /// Dials the target. With input from a pipe, all attempts have one time limit together: a relay that
    /// takes the connection only to say that it is full would be dialed for ever otherwise.
    pub(super) fn dial(&mut self, now: Time) {
        let Some(target) = self.target.clone() else {
            return;
        };
        let mut within = self.settings.timeout;
        if !self.settings.is_interactive {
            let by = *self.give_up_at.get_or_insert(now + within);
            within = by.since(now);
        }
        self.dialed += 1;
        let link = LinkId::Dialed(self.dialed);
        self.link = Link::Dialing(link);
        self.out.push(Effect::Dial {
            link,
            target,
            within,
        });
    }

    /// Handles a connection that was made. One that is no longer wanted, because the user has turned to
    /// another target meanwhile, is closed.
    pub(super) fn take_connected(&mut self, id: LinkId, round_trip: Duration, now: Time) {
        self.change_over(id);
        let is_wanted = matches!(&self.link, Link::Dialing(wanted) if *wanted == id);
        let Some(target) = self.target.clone().filter(|_| is_wanted) else {
            self.out.push(Effect::Close(id));
            return;
        };
        let until = now + GREETING_WITHIN + round_trip.min(ROUND_TRIP_MAX);
        self.link = Link::Open(Open {
            id,
            inbound: LineReader::new(LINE_BYTES_MAX),
            stage: Stage::Probing(until),
            since: now,
            lines: 0,
            is_removed: false,
        });
        self.unwritten = 0;
        if self.known == Known::OneMessage {
            self.post(now);
        } else {
            self.show(LineKind::Note, format!("{target} JOINED"));
        }
    }

    /// Sends one line to a peer that takes one line per connection, and at once ends the output: the end
    /// tells it that the message is whole, and its own end is the proof that it was read.
    fn post(&mut self, now: Time) {
        let Some(Typed::Line(text)) = self.next_typed() else {
            return self.hang_up();
        };
        (self.tries, self.give_up_at) = (0, None);
        self.send_line(&text, now);
        let until = now + self.settings.timeout;
        if let Link::Open(open) = &mut self.link {
            open.stage = Stage::OneShot { text, until };
            self.out.push(Effect::EndOutput(open.id));
        }
    }

    /// Handles a connection that could not be made. A failure that would be the same the next time, such as a
    /// certificate that is not trusted, is not tried again.
    pub(super) fn take_failed(&mut self, id: LinkId, failure: &Failure, now: Time) {
        let why = &failure.why;
        match self.is_current(id) {
            _ if self.stay(id, why) => {}
            true if failure.is_final => self.lose_for_good(why),
            true => self.fail(why, now),
            false => {}
        }
    }

    /// Handles a failed attempt to talk to the target. With input from a pipe, and for a relay that was
    /// lost, there is another attempt.
    fn fail(&mut self, why: &str, now: Time) {
        let is_retried = self.known == Known::Relay && self.tries > 0;
        if !self.settings.is_interactive || is_retried {
            self.give_up_at = match self.settings.is_interactive {
                true => None,
                false => self.give_up_at.or(Some(now + self.settings.timeout)),
            };
            why.clone_into(&mut self.trouble);
            self.hang_up();
            return self.try_later(now);
        }
        self.hang_up();
        let who = self.who();
        self.say_what_is_unsent(&format!("{who} {why}"));
    }

    fn try_later(&mut self, now: Time) {
        let max = match self.settings.is_interactive {
            true => RETRY_AFTER_MAX,
            false => RETRY_AFTER_MAX_PIPED,
        };
        let pause = RETRY_AFTER.saturating_mul(1 << self.tries.min(16)).min(max);
        self.tries += 1;
        self.link = Link::Later(now + pause);
    }

    pub(super) fn who(&self) -> String {
        self.target
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    }

    /// Hands a line to the connection, and remembers it as one that may be lost with it.
    pub(super) fn send_line(&mut self, line: &str, now: Time) {
        let Link::Open(open) = &mut self.link else {
            return;
        };
        let bytes = format!("{line}\n").into_bytes();
        open.lines = open.lines.saturating_add(1);
        self.unwritten += bytes.len();
        self.recent.push_back((now, line.to_owned()));
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
        let link = open.id;
        self.out.push(Effect::Send { link, bytes });
    }

    /// Handles the end of the connection. A relay is expected to come back; a peer that ended may be dialed
    /// with the next line; a relay that did not want the client is left alone.
    pub(super) fn take_end(&mut self, id: LinkId, broken: Option<&str>, now: Time) {
        if !self.is_current(id) {
            return;
        }
        self.show_rest_of_link();
        if self.take_last_end(broken.is_none()) {
            return;
        }
        let Link::Open(open) = &self.link else {
            return;
        };
        let words = broken.unwrap_or("has closed the connection");
        let is_relay = !open.stage.is_peer() && self.known == Known::Relay;
        match &open.stage {
            // The relay asked for a password, and must not be dialed again and again; nor one that
            // removed the client.
            Stage::AwaitPassword { .. } => self.lose_for_good(words),
            _ if open.is_removed => self.lose_for_good(words),
            _ if is_relay => self.lose(now),
            Stage::OneShot { text, .. } => {
                if broken.is_some() {
                    let text =
                        format!("{} {words}; perhaps not sent: {}", self.who(), quoted(text));
                    self.refuse(&text);
                }
                self.hang_up();
            }
            Stage::Peer { hold, .. } if hold.is_some() || open.lines == 1 => {
                self.known = Known::OneMessage;
                if broken.is_some() {
                    // The peer may have closed with some of the bytes unread.
                    let unsure = self.unsure(now);
                    let text = format!("{} {words}{unsure}", self.who());
                    self.refuse(&text);
                }
                self.hang_up();
            }
            Stage::Peer { .. } => {
                // The peer may have closed, in good order, before the last lines arrived.
                let unsure = self.unsure(now);
                let text = format!("{} {words}{unsure}", self.who());
                self.show(LineKind::Trouble, text);
                self.hang_up();
            }
            Stage::Probing(_) | Stage::Full | Stage::Relay => self.fail(words, now),
        }
    }

    /// Handles the loss of a target that is not dialed again by itself. A script ends with it.
    fn lose_for_good(&mut self, words: &str) {
        self.tries = 0;
        self.hang_up();
        let who = self.who();
        self.say_what_is_unsent(&format!("{who} {words}"));
        if !self.settings.is_interactive {
            self.is_undelivered = true;
            self.finish();
        }
    }

    /// Handles the loss of a relay, which is expected to come back and is dialed again.
    fn lose(&mut self, now: Time) {
        let Link::Open(open) = &self.link else {
            return;
        };
        if now.since(open.since) >= STEADY_AFTER {
            self.tries = 0;
        }
        // Attempts that come to nothing are not reported one by one.
        if open.stage == Stage::Relay || self.tries == 0 {
            let unsure = self.unsure(now);
            let text = format!(
                "the connection to {} is lost; trying again{unsure}",
                self.who()
            );
            self.show(LineKind::Trouble, text);
        }
        self.hang_up();
        self.fail_again(now);
    }

    /// The words about lines that may be lost with the connection; empty without such lines.
    fn unsure(&mut self, now: Time) -> String {
        let recent = std::mem::take(&mut self.recent);
        let mut lines = recent
            .iter()
            .filter(|(at, _)| now.since(*at) <= RECENT)
            .map(|(_, line)| quoted(line));
        let Some(first) = lines.next() else {
            return String::new();
        };
        self.is_undelivered = true;
        let more = match lines.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        format!("; perhaps not sent: {first}{more}")
    }

    fn fail_again(&mut self, now: Time) {
        if !self.settings.is_interactive {
            let by = now + self.settings.timeout;
            self.give_up_at.get_or_insert(by);
        }
        self.try_later(now);
    }

    pub(super) fn link_due(&self) -> Option<Monotonic> {
        match &self.link {
            Link::None | Link::Dialing(_) => None,
            Link::Later(at) => Some(*at),
            Link::Open(open) => {
                let quiet = open.inbound.due().filter(|_| open.stage.is_peer());
                let stage = match open.stage {
                    Stage::Probing(until) | Stage::OneShot { until, .. } => Some(until),
                    Stage::Peer { hold, .. } => hold,
                    Stage::AwaitPassword { .. } | Stage::Full | Stage::Relay => None,
                };
                quiet.into_iter().chain(stage).min()
            }
        }
    }

    /// Handles what is due on the connection. Silence is an answer here: to a dial it says that a peer is no
    /// relay, and to a first message that it takes more of them.
    pub(super) fn tick_link(&mut self, now: Time) {
        let open = match &mut self.link {
            Link::Later(at) if *at <= now => return self.dial(now),
            Link::Open(open) => open,
            _ => return,
        };
        match &mut open.stage {
            Stage::Probing(until) if *until <= now => {
                if self.known == Known::Relay {
                    // The target was a relay before, so it is merely slow, and a line typed is no first
                    // message to a peer.
                    self.introduce(now);
                } else {
                    open.stage = Stage::Peer {
                        hold: None,
                        keeps: false,
                    };
                    (self.tries, self.give_up_at) = (0, None);
                }
            }
            Stage::OneShot { until, text } if *until <= now => {
                let text = quoted(text);
                let text = format!("no word from {}; perhaps not sent: {text}", self.who());
                self.refuse(&text);
                self.hang_up();
            }
            Stage::Peer { hold, keeps } if hold.is_some_and(|until| until <= now) => {
                (*hold, *keeps) = (None, true);
                // The peer has had time to take the first message.
                self.recent.clear();
            }
            _ => {}
        }
        self.show_quiet(now);
    }

    pub(super) fn next_typed(&mut self) -> Option<Typed> {
        let typed = self.waiting.pop_front()?;
        if let Typed::Line(line) = &typed {
            self.waiting_bytes -= line.len();
        }
        Some(typed)
    }
}
