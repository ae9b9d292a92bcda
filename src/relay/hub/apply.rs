//! The one way in which the chat is changed.

use super::action::{Action, Done};
use super::command::{RoomId, RoomRef};
use super::conversations::Conversations;
use super::event::Sink;
use super::people::People;
use super::refused::Refused;
use super::rooms::Rooms;
use super::state::Hub;
use super::view::find_visible;
use super::work::Work;
use crate::protocol::{ConnId, Time};

/// Somebody doing something: who and when, what of the chat that may change, and where those are told
/// whom it concerns.
pub(super) struct ActionContext<'h, S> {
    pub(super) actor: ConnId,
    pub(super) now: Time,
    pub(super) people: &'h mut People,
    pub(super) rooms: &'h mut Rooms,
    pub(super) conversations: &'h mut Conversations,
    pub(super) work: &'h Work,
    pub(super) sink: &'h mut S,
}

impl Hub {
    /// Does what somebody wants done who is here, if it may be done.
    ///
    /// Whom it concerns is told through the sink, the actor too, in the order in which each of them is
    /// to read it. What comes of it depends on the chat, the action and the time alone.
    ///
    /// What an operator of the server alone may do (to be one, to remove somebody, to speak in the
    /// server's name, to have a reserved nickname) is for whoever calls this to ask for: a program that
    /// embeds a chat has its own reasons.
    ///
    /// # Errors
    ///
    /// Why it is not done; then nothing has changed, but that whoever tried to speak was not idle.
    pub fn apply<'a>(
        &mut self,
        actor: ConnId,
        action: &Action<'a>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<Done<'a>, Refused<'a>> {
        let context = ActionContext {
            actor,
            now,
            people: &mut self.people,
            rooms: &mut self.rooms,
            conversations: &mut self.conversations,
            work: &self.work,
            sink,
        };
        context.apply(action)
    }

    /// Whether one may set a room's topic.
    ///
    /// # Errors
    ///
    /// When one is not in the room or may not speak there, or its topic is locked and one is no
    /// operator of it.
    pub fn bar_topic(&mut self, id: ConnId, room: RoomId) -> Result<(), Refused<'static>> {
        let room = find_visible(&self.people, &self.rooms, id, room.into())?;
        self.rooms.bar_topic(&self.people, id, room)
    }
}

impl<S: Sink> ActionContext<'_, S> {
    fn apply<'a>(mut self, action: &Action<'a>) -> Result<Done<'a>, Refused<'a>> {
        match *action {
            Action::Admit {
                hears,
                host,
                address,
                enters_default,
            } => {
                self.admit(hears, host, address);
                if enters_default {
                    self.enter_default();
                }
            }
            Action::Arrive { nick, names } => self.arrive(nick, names)?,
            Action::Rename(nick) => self.rename(nick)?,
            Action::Join {
                room,
                key,
                leaves_others,
            } => return self.join(room, key, leaves_others).map(Done::Joined),
            Action::Part { room, reason } => {
                let room = self.find_visible(room)?;
                self.part(room, reason)?;
            }
            Action::Say {
                room,
                at_least,
                what,
            } => return self.say(room, at_least, what).map(Done::Said),
            Action::Tell { to, what } => return self.tell_privately(to, what),
            Action::SetTopic { room, topic } => {
                let room = self.find_visible(room)?;
                self.set_topic(room, topic)?;
            }
            Action::Invite { room, name } => {
                let room = self.find_visible(room)?;
                self.invite(room, name)?;
            }
            Action::Kick { room, name, reason } => {
                let room = self.find_visible(room)?;
                self.kick(room, name, reason)?;
            }
            Action::Redact {
                room,
                message,
                unix_us,
                reason,
            } => {
                let room = self.find_visible(room)?;
                self.redact(room, (message, unix_us), reason)?;
            }
            Action::ChangeModes { room, changes } => {
                let room = self.find_visible(room)?;
                return self.change_modes(room, changes).map(Done::Changes);
            }
            Action::SetAway(away) => self.set_away(away),
            Action::SetRealName(name) => self.set_real_name(name),
            Action::SetFlags(flags) => {
                let (people, actor) = (&mut *self.people, self.actor);
                let is_new = |(flag, is_on): &(_, _)| people.set_flag(actor, *flag, *is_on);
                return Ok(Done::Flags(flags.iter().copied().filter(is_new).collect()));
            }
            Action::SetValue { whose, key, value } => {
                self.set_value(whose, key, value).map_err(Refused::NotSet)?;
            }
            Action::ClearValues(whose) => {
                let keys = self.clear_values(whose);
                return keys.map(Done::Cleared).map_err(Refused::NotSet);
            }
            Action::Announce(text) => self.tell_room(text),
            Action::SayAs { name, room, text } => self.say_as(name, room, text)?,
            Action::Leave(reason) => self.leave(self.actor, reason),
            Action::Tick => {
                self.rooms.tell_gathered(self.now, self.sink);
                self.rooms.expire(self.now);
            }
            Action::Disconnect { name, by, reason } => {
                return self.disconnect(name, by, reason).map(Done::Disconnected);
            }
        }
        Ok(Done::All)
    }

    /// A room that the actor may know of.
    fn find_visible(&self, room: RoomRef<'_>) -> Result<usize, Refused<'static>> {
        find_visible(self.people, self.rooms, self.actor, room)
    }
}
