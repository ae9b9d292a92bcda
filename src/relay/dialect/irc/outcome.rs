//! Answers the actions of a client. An answer is made from the action and its outcome alone, so that it
//! is the same whether the outcome comes at once or later.
//!
//! The line itself, and what the client called a channel, may be gone by then. So everything is taken from
//! the action, which is complete in itself, and the order of the answer's lines is that of the actions.
//! Answers that depend on no outcome stand with their commands.

use super::dispatch::CommandContext;
use super::history_query::id_shown;
use super::numerics as n;
use super::text::shown;
use crate::protocol::Output;
use crate::relay::hub::{
    Action, CommandError, Done, Nick, Outcome, Rank, RoomRef, RoomView, Speech, Whose,
};

impl<O: Output> CommandContext<'_, O> {
    /// Answers an action of the client with its outcome.
    pub(super) fn answer(
        &mut self,
        action: &Action<'_>,
        outcome: Result<Done<'_>, CommandError<'_>>,
    ) {
        match (*action, outcome) {
            (
                Action::Arrive {
                    nick: Nick::Exactly(name),
                    ..
                },
                outcome,
            ) => self.answer_arrival(name, outcome.err()),
            (Action::Rename(Nick::Exactly(name)), Err(why)) => self.refuse_nick(why, name),
            (Action::Join { .. }, Ok(Done::Joined(room))) => self.show_joined(room),
            // To join a channel again is no error in IRC, and has no answer.
            (Action::Join { .. }, Err(CommandError::AlreadyIn)) => {}
            (Action::Join { room, .. }, Err(why)) => self.refuse_in(RoomRef::Named(room), why),
            // Modern IRC, "NOTICE": no answer is ever sent.
            (Action::Say { what, .. } | Action::Tell { what, .. }, Err(_))
                if matches!(what.speech, Speech::Notice | Speech::CtcpReply) => {}
            (Action::Say { room, at_least, .. }, Err(why)) => {
                let target = format!("{}{}", prefix(at_least), self.channel(room));
                self.refuse(why, &target);
            }
            (Action::Tell { to, .. }, Err(why)) => self.refuse(why, to),
            (Action::Tell { to, what }, Ok(Done::Said(receipt)))
                if receipt.is_away && what.speech != Speech::Notice =>
            {
                self.tell_away(to);
            }
            (Action::ChangeModes { room, .. }, Ok(Done::Changes(outcomes))) => {
                for outcome in outcomes {
                    if let Outcome::Refused(why) = outcome {
                        self.refuse_in(room, why);
                    }
                }
            }
            (Action::Invite { room, name }, Ok(_)) => self.show_inviting(room, name),
            (action, outcome) => self.answer_for_programs(&action, outcome),
        }
    }

    /// Answers the actions that the line dialect has no commands for, and those that change what a
    /// client says of itself.
    fn answer_for_programs(
        &mut self,
        action: &Action<'_>,
        outcome: Result<Done<'_>, CommandError<'_>>,
    ) {
        match (*action, outcome) {
            (
                Action::Redact {
                    room,
                    message,
                    unix_us,
                    ..
                },
                Err(why),
            ) => {
                let msgid = id_shown(message, unix_us).to_string();
                self.refuse_redaction(why, &self.channel(room), &msgid);
            }
            (Action::SetFlags(_), Ok(Done::Flags(flags))) => self.tell_user_mode(&flags),
            (Action::SetValue { whose, key, value }, Ok(_)) => {
                let target = self.target_of(whose);
                self.reply.value(&target, key, value);
            }
            (Action::SetValue { whose, key, .. }, Err(CommandError::MetadataError(why))) => {
                self.refuse_value(why, &self.target_of(whose), key);
            }
            (Action::ClearValues(whose), Ok(Done::Cleared(keys))) => {
                self.show_cleared(&self.target_of(whose), &keys);
            }
            (Action::ClearValues(whose), Err(CommandError::MetadataError(why))) => {
                self.refuse_value(why, &self.target_of(whose), "*");
            }
            (Action::SetAway(Some(_)), _) => self.reply.numeric(n::NOW_AWAY, &[]),
            (Action::SetAway(None), _) => self.reply.numeric(n::UN_AWAY, &[]),
            (Action::Disconnect { name, .. }, Err(_)) => {
                self.reply.numeric(n::NO_SUCH_NICK, &[shown(name)]);
            }
            (Action::Forget { name }, Ok(_)) => {
                let me = self.reply.me.clone();
                let notice = self.reply.line().add("NOTICE ").add(&me).add(" :");
                let notice = notice
                    .add("what ")
                    .add(shown(name))
                    .add(" said is forgotten; ");
                notice.add("copies that were made of it are not").end();
            }
            (action, Err(why)) => {
                if let Some(room) = action.room() {
                    self.refuse_in(room, why);
                }
            }
            // The outcome of any other action shows in the events that everyone is sent.
            (_, Ok(_)) => {}
        }
    }

    /// Answers the end of a registration. A refused client has no nickname, and is addressed as `*` again.
    fn answer_arrival(&mut self, nickname: &str, refused: Option<CommandError<'_>>) {
        match refused {
            None => {
                self.reply.me = nickname.into();
                self.note_registered();
                self.welcome();
            }
            Some(why) => {
                self.reply.me = String::from("*");
                self.refuse_nick(why, nickname);
            }
        }
    }

    /// Answers with the reason why an action in a room is refused.
    fn refuse_in(&mut self, room: RoomRef<'_>, why: CommandError<'_>) {
        let channel = self.channel(room);
        self.refuse(why, &channel);
    }

    /// Returns the channel of a room: as the client wrote it, or as the room is called if it is given by its
    /// id. The action holds no `#`: what the hub calls a room is the same for all dialects.
    fn channel(&self, room: RoomRef<'_>) -> String {
        let name = match room {
            RoomRef::Named(name) => name,
            RoomRef::Id(room) => self.hub.room_at(room).map_or("", RoomView::name),
        };
        format!("#{name}")
    }

    /// Returns the nickname of the person or the channel that metadata belongs to; `*` for a client
    /// without a nickname.
    fn target_of(&self, whose: Whose) -> String {
        match whose {
            Whose::Person(id) => self.hub.name(id).unwrap_or("*").to_owned(),
            Whose::Room(room) => self.channel(RoomRef::Id(room)),
        }
    }
}

/// Returns the prefix of a channel that limits a message to members of a certain rank.
fn prefix(at_least: Rank) -> &'static str {
    match at_least {
        Rank::Operator => "@",
        Rank::Voice => "+",
        Rank::Member => "",
    }
}
