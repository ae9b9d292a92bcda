//! REDACT: takes a message back (IRCv3 draft/message-redaction).
//!
//! The hub decides who may take a message back: the person who said it, and operators. A `msgid` is read
//! here; the message is meant by number and time, since numbers begin anew with each process that has no
//! store.

use super::dispatch::CommandContext;
use super::history_query::parse_message_id;
use super::message::Message;
use super::text::{cleaned, shown};
use crate::protocol::Output;
use crate::relay::hub::{Action, CommandError, RoomRef};

impl<O: Output> CommandContext<'_, O> {
    /// Carries out `REDACT channel msgid reason`, where the reason may be missing.
    pub(super) fn redact(&mut self, it: &Message<'_>) {
        if !self.needs(it, 2) {
            return;
        }
        let (channel, msgid) = (it.param(0), it.param(1));
        let reason = it.some(2).map(cleaned).filter(|reason| !reason.is_empty());
        let reason = reason.as_deref();
        let Some((message, unix_us)) = parse_message_id(msgid) else {
            let room = self.find_room(channel);
            let room = room.and_then(|room| self.hub.room_at(room));
            // An id that is none of ours is that of no message; but only members are told about messages of a
            // channel.
            let why = match room.and_then(|it| it.ranks_of(self.id)) {
                Some(_) => CommandError::NoSuchMessage,
                None => CommandError::NotIn,
            };
            return self.refuse_redaction(why, channel, msgid);
        };
        let Some(name) = channel.strip_prefix('#') else {
            return self.refuse_redaction(CommandError::NoSuchRoom, channel, msgid);
        };
        self.act(&Action::Redact {
            room: RoomRef::Named(name),
            message,
            unix_us,
            reason,
        });
    }

    /// Answers with the reason why a message is not taken back.
    pub(super) fn refuse_redaction(&mut self, why: CommandError<'_>, channel: &str, msgid: &str) {
        let reply = &mut *self.reply;
        let (channel, msgid) = (shown(channel), shown(msgid));
        match why {
            CommandError::NoSuchMessage => {
                let words = "There is no such message";
                reply.fail("REDACT", "UNKNOWN_MSGID", &[channel, msgid], words);
            }
            CommandError::NotOperator => {
                let words = "Only who said it and channel operators may do that";
                reply.fail("REDACT", "REDACT_FORBIDDEN", &[channel, msgid], words);
            }
            _ => {
                let words = "You cannot take anything back there";
                reply.fail("REDACT", "INVALID_TARGET", &[channel], words);
            }
        }
    }
}
