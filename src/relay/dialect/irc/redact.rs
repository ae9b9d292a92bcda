//! REDACT: something said is taken back (IRCv3 draft/message-redaction).

use super::message::Message;
use super::select::parse_message_id;
use super::talk::Talk;
use super::text::{cleaned, shown};
use crate::protocol::Output;
use crate::relay::hub::{Action, Refused};

impl<O: Output> Talk<'_, O> {
    /// REDACT: something said is taken back.
    pub(super) fn redact(&mut self, it: &Message<'_>) {
        if !self.needs(it, 2) {
            return;
        }
        let (channel, msgid) = (it.param(0), it.param(1));
        let reason = it.some(2).map(cleaned).filter(|reason| !reason.is_empty());
        let reason = reason.as_deref();
        let done = match parse_message_id(msgid) {
            Some(message) => self.apply_in(channel, |room| Action::Redact {
                room,
                message,
                reason,
            }),
            None => {
                let room = self.find_room(channel);
                let room = room.and_then(|room| self.hub.room_at(room));
                Err(match room.and_then(|it| it.ranks_of(self.id)) {
                    Some(_) => Refused::NoSuchMessage,
                    None => Refused::NotIn,
                })
            }
        };
        let reply = &mut *self.reply;
        let (channel, msgid) = (shown(channel), shown(msgid));
        match done {
            Ok(_) => {}
            Err(Refused::NoSuchMessage) => {
                let words = "There is no such message";
                reply.fail("REDACT", "UNKNOWN_MSGID", &[channel, msgid], words);
            }
            Err(Refused::NotOperator) => {
                let words = "Only who said it and channel operators may do that";
                reply.fail("REDACT", "REDACT_FORBIDDEN", &[channel, msgid], words);
            }
            Err(_) => {
                let words = "You cannot take anything back there";
                reply.fail("REDACT", "INVALID_TARGET", &[channel], words);
            }
        }
    }
}
