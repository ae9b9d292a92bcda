//! Handles input on the connection: finds the kind of the peer, and does what a relay's lines ask for.

use parloir::Time;
use parloir::lines::{Line, is_refusal};

use super::link::{Link, Stage};
use super::relay::{self, RelayLine};
use super::state::Known;
use super::{Dialogue, LINE_BYTES_MAX, LineKind, LinkId};

impl Dialogue {
    pub(super) fn take_received(&mut self, id: LinkId, bytes: &[u8], now: Time) {
        let Link::Open(open) = &mut self.link else {
            return;
        };
        if open.id != id {
            return;
        }
        for heard in open.inbound.read(bytes, now) {
            self.hear(heard, now);
        }
    }

    /// Takes one line. Only the first line of a connection tells its kind: a peer may say anything later,
    /// also what a relay would.
    fn hear(&mut self, heard: Line, now: Time) {
        let Link::Open(open) = &mut self.link else {
            return;
        };
        let said = match &heard {
            Line::Text(line) => relay::read(line),
            Line::TooLong => RelayLine::Other,
        };
        if let Stage::Probing(_) = open.stage {
            // A peer that greets with such a line is a relay, or one that has no room; any other is a
            // plain peer.
            open.stage = match said {
                RelayLine::Welcome | RelayLine::AsksForPassword => {
                    Stage::AwaitPassword { is_sent: true }
                }
                RelayLine::Full => Stage::Full,
                _ => Stage::Peer {
                    hold: None,
                    keeps: false,
                },
            };
            match open.stage {
                // There is no one to talk to yet, so the time limit stays: a relay that stays full is
                // given up.
                Stage::Full => self.trouble = String::from("has no room for another"),
                _ => self.give_up_at = None,
            }
        }
        if open.stage.is_peer() {
            return self.show_said_by_peer(heard);
        }
        self.known = Known::Relay;
        let line = match &heard {
            Line::Text(line) => line.clone(),
            Line::TooLong => format!("* (a line of more than {LINE_BYTES_MAX} bytes)"),
        };
        if said == RelayLine::Bye && self.take_goodbye() {
            return;
        }
        self.show(LineKind::Relay, line.clone());
        self.names.learn(&line);
        // A relay that is full is tried again, so nothing is lost by its refusal.
        self.is_undelivered |= said != RelayLine::Full && is_refusal(&line);
        self.obey(&said, now);
    }

    /// Does what a relay's line asks for. The stage moves on by the relay's own lines alone, never by what
    /// people say on it: those begin with another character.
    fn obey(&mut self, said: &RelayLine<'_>, now: Time) {
        let Link::Open(open) = &mut self.link else {
            return;
        };
        // A client that was removed from a room and receives more is still connected.
        open.is_removed = *said == RelayLine::Removed;
        match *said {
            RelayLine::Welcome => {
                if matches!(open.stage, Stage::AwaitPassword { .. }) {
                    self.introduce(now);
                }
            }
            RelayLine::AsksForPassword => {
                open.stage = Stage::AwaitPassword { is_sent: false };
                if let Some(password) = self.identity.password.clone() {
                    self.send_password(password, now);
                }
            }
            RelayLine::WrongPassword => {
                self.identity.password = None;
                open.stage = Stage::AwaitPassword { is_sent: false };
                // The next line from a pipe is not meant as another guess.
                if !self.settings.is_interactive {
                    self.finish();
                }
            }
            RelayLine::YouAre(name, room) => {
                self.identity.nick.get_or_insert_with(|| name.to_owned());
                self.identity.home.get_or_insert_with(|| room.to_owned());
                self.identity.room = Some(room.to_owned());
            }
            RelayLine::NowCalled(name) => self.identity.nick = Some(name.to_owned()),
            RelayLine::Removed | RelayLine::Full | RelayLine::Bye | RelayLine::Other => {}
        }
    }

    /// Sends a password. It is no line that may be lost, and must not be quoted on the screen as one.
    pub(super) fn send_password(&mut self, password: String, now: Time) {
        self.send_line(&password, now);
        self.recent.clear();
        self.identity.password = Some(password);
        if let Link::Open(open) = &mut self.link {
            open.stage = Stage::AwaitPassword { is_sent: true };
        }
    }

    /// Introduces the client to a relay that accepts lines: sends the nickname, and joins the room it
    /// was in before. None of that was typed as a line, so none of it is told of as lost.
    pub(super) fn introduce(&mut self, now: Time) {
        self.known = Known::Relay;
        self.give_up_at = None;
        if let Link::Open(open) = &mut self.link {
            open.stage = Stage::Relay;
        }
        if let Some(nick) = self.identity.nick.clone() {
            self.send_line(&nick, now);
            if self.identity.room != self.identity.home
                && let Some(room) = self.identity.room.clone()
            {
                self.send_line(&format!("/join {room}"), now);
            }
        }
        self.recent.clear();
    }

    fn show_said_by_peer(&mut self, heard: Line) {
        let from = self.target.as_ref().map(|target| target.host.clone());
        self.show_said(&from.unwrap_or_default(), [heard]);
    }

    /// Shows a peer's message that has no newline, once it is due.
    pub(super) fn show_quiet(&mut self, now: Time) {
        let Link::Open(open) = &mut self.link else {
            return;
        };
        if open.stage.is_peer()
            && open.inbound.due().is_some_and(|at| at <= now)
            && let Some(line) = open.inbound.flush()
        {
            self.show_said_by_peer(Line::Text(line));
        }
    }

    /// Shows input that has come without a newline, from all connections.
    pub(super) fn show_rest(&mut self) {
        let mut rest = Vec::new();
        for visitor in self.visitors.values_mut() {
            let line = visitor.inbound.flush();
            rest.extend(line.map(|line| (visitor.from.clone(), line)));
        }
        for (from, line) in rest {
            self.show_said(&from, [Line::Text(line)]);
        }
        self.show_rest_of_link();
    }

    pub(super) fn show_rest_of_link(&mut self) {
        let Link::Open(open) = &mut self.link else {
            return;
        };
        let Some(line) = open.inbound.flush() else {
            return;
        };
        if open.stage.is_peer() || matches!(open.stage, Stage::Probing(_)) {
            self.show_said_by_peer(Line::Text(line));
        } else {
            self.show(LineKind::Relay, line);
        }
    }
}
