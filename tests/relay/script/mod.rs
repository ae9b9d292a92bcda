//! Conversations as scripts: the input of each client, and the lines that each client reads.
//!
//! ```text
//! set password=secret        a setting; before anything else
//! here alice bob             they connect and give their names; the answers are not checked
//! connect carol [role]       a bare connection; `broker:2` is a second listener of that role
//! irc dave erin              they connect to a listener of IRC and register; not checked either
//! caps dave batch setname    dave asks for these capabilities and gets them; not checked
//! json bot [in ROOM]         a program connects, says hello, and joins the room; not checked either
//! alice> text                alice sends the text and LF
//! bot! CODE {…}              bot sends this object, and reads an error of this code
//! alice>> "a\r\x00"*3 "b"    alice sends these bytes
//! bob< text                  bob reads this line next; a line of IRC is compared by its meaning (see
//!                            `irc`); in a JSON object, `…` stands for anything
//! bob<< "bytes"              bob reads these bytes next
//! bob<                       bob has nothing to read
//! bob closed                 the relay has closed bob's connection
//! wait 300ms                 time passes
//! late 300ms                 likewise, but the driver does nothing that falls due in it
//! end bob, reset bob         bob's stream ends, in good order or not
//! lost bob stalled           the driver gives bob up (stalled, queue, input)
//! kick bob REASON            another thread asks the relay to remove bob
//! say FROM ROOM TEXT         another thread says a text in a room
//! stop                       the server stops
//! host stops                 the host's /quit has asked the server to stop
//! skip                       the lines that have come so far are not checked
//! # words                    a comment
//! ```
//!
//! A script is strict: all output that a step causes, for any client, must be read before the next
//! step. So every case also shows which clients get nothing, and when. Each script is played four
//! times: with the input in one piece, byte by byte, with one line a turn, and with outcomes that
//! take effect some turns later. None of these may make a difference.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test uses what it needs of the language"
)]

mod irc;
mod read;

use std::collections::BTreeMap;

use parloir::relay::{Call, Role};
use parloir::{CloseReason, ConnId, Relay, RelayConfig, Tag};

use read::{Step, settings, steps};

use crate::support::Stage;

/// Plays a script on a plain relay.
#[track_caller]
pub fn check(script: &str) {
    check_with(script, |config| {
        Relay::new(config).expect("a valid configuration")
    });
}

/// Plays a script on the relay that `make` makes from the settings.
#[track_caller]
pub fn check_with(script: &str, make: impl Fn(RelayConfig) -> Relay) {
    let config = settings(script);
    let slow = RelayConfig {
        lines_per_turn: 1,
        ..config.clone()
    };
    for (how, config, in_bytes, turns) in [
        ("in one piece", config.clone(), false, 0),
        ("byte by byte", config.clone(), true, 0),
        ("a line a turn", slow, false, 0),
        ("and taking effect late", config, false, 2),
    ] {
        let relay = make(config).with_outcomes_after(turns);
        let mut play = Play::new(relay, in_bytes);
        if let Err(Wrong { line, what }) = play.run(script) {
            let shown: Vec<String> = script
                .lines()
                .enumerate()
                .map(|(n, text)| format!("{} {text}", if n + 1 == line { "->" } else { "  " }))
                .filter(|text| text.len() < 400)
                .collect();
            panic!(
                "{what}\nline {line} of the script, sent {how}:\n{}",
                shown.join("\n")
            );
        }
    }
}

/// The line at which the script and the relay differ, and the difference.
struct Wrong {
    line: usize,
    what: String,
}

struct Play {
    stage: Stage,
    actors: BTreeMap<String, Actor>,
    tags: BTreeMap<String, Tag>,
    in_bytes: bool,
    stop_seen: bool,
}

struct Actor {
    id: ConnId,
    role: Role,
    /// Bytes that the client was sent and the script has not read.
    unread: Vec<u8>,
}

impl Play {
    fn new(relay: Relay, in_bytes: bool) -> Self {
        Self {
            stage: Stage::with(relay),
            actors: BTreeMap::new(),
            tags: BTreeMap::new(),
            in_bytes,
            stop_seen: false,
        }
    }

    fn run(&mut self, script: &str) -> Result<(), Wrong> {
        let steps = steps(script);
        for (line, step) in &steps {
            let wrong = |what| Wrong { line: *line, what };
            if step.acts() {
                self.nothing_is_left().map_err(wrong)?;
            }
            self.play(step).map_err(wrong)?;
            self.gather_output();
        }
        let line = steps.last().map_or(0, |(line, _)| *line);
        self.nothing_is_left().map_err(|what| Wrong { line, what })
    }

    fn play(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Here(names) => {
                for name in names {
                    self.connect(name, "auto")?;
                    self.send(name, format!("{name}\n").as_bytes())?;
                }
                self.skip();
            }
            Step::Irc(names) => {
                for name in names {
                    self.connect(name, "irc")?;
                    let lines = format!("NICK {name}\r\nUSER {name} 0 * :{name}\r\n");
                    self.send(name, lines.as_bytes())?;
                }
                self.skip();
            }
            Step::Caps(name, caps) => {
                self.send(name, format!("CAP REQ :{caps}\r\n").as_bytes())?;
                self.gather_output();
                let unread = &self.actor(name)?.unread;
                if !String::from_utf8_lossy(unread).contains(" ACK :") {
                    return Err(format!("{name} does not get {caps}"));
                }
                self.skip();
            }
            Step::Json(name, room) => {
                self.connect(name, "json")?;
                self.request(name, &format!(r#"{{"do":"hello","nick":"{name}"}}"#))?;
                self.read_line(name, r#"{"ok":"hello",…}"#)?;
                if let Some(room) = room {
                    self.request(name, &format!(r#"{{"do":"join","room":"{room}"}}"#))?;
                    self.read_line(name, r#"{"ok":"join",…}"#)?;
                }
                self.skip();
            }
            Step::Refused(name, code, what) => {
                self.request(name, what)?;
                self.read_line(name, &format!(r#"{{"error":{{"code":"{code}",…}}}}"#))?;
            }
            Step::Connect(name, role) => self.connect(name, role)?,
            Step::Send(name, bytes) => self.send(name, bytes)?,
            Step::ReadLine(name, line) => self.read_line(name, line)?,
            Step::ReadBytes(name, bytes) => self.read_bytes(name, bytes)?,
            Step::Closed(name) => self.closed(name)?,
            Step::Wait(duration) => self.stage.wait(*duration),
            Step::Late(duration) => self.stage.be_late(*duration),
            Step::End(name, reason) => {
                let id = self.actor(name)?.id;
                self.stage.end_with(id, *reason);
            }
            Step::Lost(name, reason) => self.free(name, *reason)?,
            Step::Kick(name, reason) => self.stage.call(Call::Kick {
                name: name.clone(),
                reason: reason.clone(),
            }),
            Step::Say(from, room, text) => self.stage.call(Call::Say {
                from: from.clone(),
                room: room.clone(),
                text: text.clone(),
            }),
            Step::Stop => self.stage.stop(),
            Step::HostStops if self.stage.was_stopped() => self.stop_seen = true,
            Step::HostStops => return Err("nobody has asked the server to stop".into()),
            Step::Skip => self.skip(),
        }
        Ok(())
    }

    fn connect(&mut self, name: &str, listener: &str) -> Result<(), String> {
        if self.actors.contains_key(name) {
            return Err(format!("{name} is connected already"));
        }
        let role = match listener.split(':').next() {
            Some("auto") => Role::Auto,
            Some("line") => Role::Line,
            Some("listen") => Role::Listen,
            Some("talk") => Role::Talk,
            Some("broker") => Role::Broker,
            Some("host") => Role::Host,
            Some("irc") => Role::Irc,
            Some("json") => Role::Json,
            _ => return Err(format!("there is no role {listener:?}")),
        };
        let tag = match self.tags.get(listener) {
            Some(tag) => *tag,
            None => self.stage.listener(role),
        };
        self.tags.insert(listener.into(), tag);
        let id = self.stage.connect_to(tag);
        let unread = Vec::new();
        self.actors.insert(name.into(), Actor { id, role, unread });
        Ok(())
    }

    fn send(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let id = self.actor(name)?.id;
        let length = if self.in_bytes { 1 } else { bytes.len().max(1) };
        for piece in bytes.chunks(length) {
            self.stage.send(id, piece);
        }
        Ok(())
    }

    /// Sends a line of JSON, and takes what everyone reads because of it.
    fn request(&mut self, name: &str, what: &str) -> Result<(), String> {
        self.send(name, format!("{what}\n").as_bytes())?;
        self.gather_output();
        Ok(())
    }

    fn read_line(&mut self, name: &str, expected: &str) -> Result<(), String> {
        let actor = self.actor(name)?;
        let end = actor.unread.iter().position(|byte| *byte == b'\n');
        let Some(end) = end else {
            let rest = actor.unread.escape_ascii();
            return Err(format!("{name} reads no line, but \"{rest}\""));
        };
        let line: Vec<u8> = actor.unread.drain(..=end).collect();
        let line = std::str::from_utf8(&line[..end])
            .map_err(|_| format!("{name} reads bytes that are not UTF-8: {line:?}"))?;
        if let Some(line) = line.strip_suffix('\r') {
            return irc::compare(line, expected).map_err(|what| format!("{name} reads  {what}"));
        }
        let is_json = || serde_json::from_str::<serde_json::Value>(line).is_ok();
        if line.starts_with('{') && is_json() && irc::is_like(line, expected) {
            return Ok(());
        }
        let is_clean = !line.contains(|c: char| c.is_control() && c != '\t');
        let is_labelled = actor.role == Role::Broker || line.starts_with(['<', '-', '~', '*', '[']);
        if line == expected && is_clean && is_labelled {
            return Ok(());
        }
        Err(format!("{name} reads  {line:?}\ninstead of  {expected:?}"))
    }

    fn read_bytes(&mut self, name: &str, expected: &[u8]) -> Result<(), String> {
        let actor = self.actor(name)?;
        if expected.is_empty() && !actor.unread.is_empty() || !actor.unread.starts_with(expected) {
            let (read, expected) = (actor.unread.escape_ascii(), expected.escape_ascii());
            return Err(format!(
                "{name} reads  \"{read}\"\ninstead of  \"{expected}\""
            ));
        }
        actor.unread.drain(..expected.len());
        Ok(())
    }

    /// The driver frees a connection that the relay has closed, once all its bytes are delivered.
    fn closed(&mut self, name: &str) -> Result<(), String> {
        let actor = self.actor(name)?;
        let (id, unread) = (actor.id, actor.unread.escape_ascii().to_string());
        if !self.stage.is_closed(id) {
            return Err(format!("{name} is not closed"));
        }
        if !unread.is_empty() {
            return Err(format!("{name} has yet to read \"{unread}\""));
        }
        self.free(name, CloseReason::Asked)
    }

    fn free(&mut self, name: &str, reason: CloseReason) -> Result<(), String> {
        let id = self.actor(name)?.id;
        self.stage.free(id, reason);
        self.actors.remove(name);
        Ok(())
    }

    fn actor(&mut self, name: &str) -> Result<&mut Actor, String> {
        self.actors
            .get_mut(name)
            .ok_or_else(|| format!("{name} is not connected"))
    }

    fn gather_output(&mut self) {
        for actor in self.actors.values_mut() {
            actor.unread.extend(self.stage.hear_bytes(actor.id));
        }
    }

    fn skip(&mut self) {
        self.gather_output();
        for actor in self.actors.values_mut() {
            actor.unread.clear();
        }
    }

    fn nothing_is_left(&self) -> Result<(), String> {
        if self.stage.was_stopped() && !self.stop_seen {
            return Err("before this the server is asked to stop".into());
        }
        for (name, actor) in &self.actors {
            if !actor.unread.is_empty() {
                let text = String::from_utf8_lossy(&actor.unread);
                return Err(format!("before this {name} reads  {text:?}"));
            }
            if self.stage.is_closed(actor.id) {
                return Err(format!("before this {name} is closed"));
            }
        }
        Ok(())
    }
}
