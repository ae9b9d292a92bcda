//! Messages, actions and notices of a client, its reactions, and messages that it takes back.
//!
//! A `text` may have line ends: it is one message, with one id, and others hear it as their dialect can. It
//! counts as as many lines as it has, since each is one to whoever reads lines. Host programs are asked line
//! by line, as for every other dialect.

use super::dispatch::CommandContext;
use super::errors::RequestError;
use super::fields::{reason, room};
use super::history_query::{id_shown, parse_message_id};
use super::request::JsonRequest;
use super::tags;
use super::text::{cleaned, cut};
use super::values::{REACT, REPLY, escape};
use crate::protocol::Output;
use crate::relay::framing::is_blank;
use crate::relay::hooks::{ask_each_line, one_line};
use crate::relay::hub::{Action, MessageId, Rank, RoomRef, Speech, Texts, Utterance, cost};

/// Bytes of a reaction: an emoji may be several characters.
const REACTION_BYTES_MAX: usize = 64;

impl<O: Output> CommandContext<'_, O> {
    pub(super) fn say(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let speech = match it.optional("kind")? {
            None | Some("message") => Speech::Message,
            Some("action") => Speech::Action,
            Some("notice") => Speech::Notice,
            Some(_) => return Err(RequestError::field("kind", "message, action or notice")),
        };
        let lines = it.text("text")?.trim_end_matches('\n').split('\n');
        let text: Vec<String> = lines.map(cleaned).collect();
        let lines_max = self.config.burst.max(1) as usize;
        if text.len() > lines_max {
            let words = format!("a message has at most {lines_max} lines: not sent");
            return Err(RequestError::new("too_many_lines", &words));
        }
        // Each is a line to those who read lines.
        self.hub
            .note_work(cost::LINE_MORE as usize * (text.len() - 1));
        let text = text.join("\n");
        let text = match self.hub.name(self.conn.id) {
            Some(me) => ask_each_line(self.hooks, me, &text, cleaned),
            None => return Err(RequestError::new("nick_first", "give a nickname first")),
        };
        let text = text.map_err(|why| RequestError::new("refused", &one_line(&why)))?;
        if is_blank(&text) {
            return Err(RequestError::new(
                "nothing_to_say",
                "there is nothing in it to be said",
            ));
        }
        let what = Utterance {
            speech,
            texts: Texts::one(&text),
            concat_offsets: &[],
            tags: &tags_of(it)?,
        };
        self.say_to(it, what)
    }

    pub(super) fn react(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let (message, unix_us) = message_id(it.text("msgid")?)?;
        let reaction = cleaned(it.text("text")?);
        if reaction.is_empty() || cut(&reaction, REACTION_BYTES_MAX) != reaction {
            let must_be = format!("an emoji or a word of at most {REACTION_BYTES_MAX} bytes");
            return Err(RequestError::field("text", &must_be));
        }
        let mut tags = format!("{REPLY}={};{REACT}=", id_shown(message, unix_us));
        escape(&reaction, &mut tags);
        let what = Utterance {
            speech: Speech::TagsOnly,
            texts: Texts::one(""),
            concat_offsets: &[],
            tags: &tags,
        };
        self.say_to(it, what)
    }

    /// Says something in a room or to a person. A request that names both, or neither, is refused: it cannot
    /// be known which was meant.
    fn say_to(&mut self, it: &JsonRequest, what: Utterance<'_>) -> Result<(), RequestError> {
        match (it.optional("room")?.is_some(), it.optional("to")?) {
            (true, None) => self.act(&Action::Say {
                room: RoomRef::Named(room(it)?),
                at_least: Rank::Member,
                what,
            }),
            (false, Some(to)) => self.act(&Action::Tell { to, what }),
            _ => {
                return Err(RequestError::new(
                    "bad_field",
                    "it takes \"room\", or else \"to\"",
                ));
            }
        }
        Ok(())
    }

    pub(super) fn redact(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let room = RoomRef::Named(room(it)?);
        let (message, unix_us) = message_id(it.text("msgid")?)?;
        let reason = reason(it, "reason")?;
        let reason = reason.as_deref();
        self.act(&Action::Redact {
            room,
            message,
            unix_us,
            reason,
        });
        Ok(())
    }
}

/// The message that an id is of, with the time at which it was said. The number alone would not do: without a
/// store, numbers begin anew with each process, and one of before a restart took back another message.
pub(super) fn message_id(text: &str) -> Result<(MessageId, u64), RequestError> {
    parse_message_id(text)
        .ok_or_else(|| RequestError::new("no_such_message", "that is no message's id"))
}

/// The client's tags for other programs, in the form that the hub carries.
fn tags_of(it: &JsonRequest) -> Result<String, RequestError> {
    let mut out = String::new();
    for (key, value) in it.texts("tags")? {
        if !tags::is_client_key(key) || value.contains('\0') {
            return Err(RequestError::field(
                "tags",
                "an object of texts whose keys begin with +",
            ));
        }
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(key);
        if !value.is_empty() {
            out.push('=');
            escape(value, &mut out);
        }
    }
    Ok(out)
}
