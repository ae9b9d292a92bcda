//! The one way in which the chat is changed.

use super::Hub;
use super::action::{Action, Done};
use super::event::Sink;
use super::person::Person;
use super::refused::Refused;
use super::rooms::RoomId;
use crate::protocol::{ConnId, Time};

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
        match *action {
            Action::Arrive { nick, names } => self.arrive(actor, nick, names, now, sink)?,
            Action::Rename(nick) => self.rename(actor, nick, now, sink)?,
            Action::Join {
                room,
                key,
                leaves_others,
            } => return self.join(actor, (room, key), leaves_others, now, sink),
            Action::Part { room, reason } => {
                let room = self.find_visible(actor, room)?;
                self.part(actor, room, reason, now, sink)?;
            }
            Action::Say {
                room,
                at_least,
                what,
            } => return self.say(actor, (room, at_least), what, now, sink),
            Action::Tell { to, what } => return self.tell_privately(actor, to, what, now, sink),
            Action::SetTopic { room, topic } => self.set_topic(actor, room, topic, now, sink)?,
            Action::Invite { room, name } => self.invite(actor, room, name, sink)?,
            Action::Kick { room, name, reason } => {
                let room = self.find_visible(actor, room)?;
                self.kick(actor, room, (name, reason), now, sink)?;
            }
            Action::Redact {
                room,
                message,
                reason,
            } => self.redact(actor, room, message, reason, sink)?,
            Action::ChangeModes { room, changes } => {
                let outcomes = self.change_modes(actor, room, changes, now, sink)?;
                return Ok(Done::Changes(outcomes));
            }
            Action::SetAway(away) => self.set_away(actor, away, sink),
            Action::SetRealName(name) => self.set_real_name(actor, name, sink),
            Action::SetFlag(flag, is_on) => {
                let is_new = self.people.set_flag(actor, flag, is_on);
                return Ok(if is_new { Done::All } else { Done::Nothing });
            }
            Action::SetValue { whose, key, value } => {
                self.set_value(actor, whose, key, value, sink)
                    .map_err(Refused::NotSet)?;
            }
            Action::ClearValues(whose) => {
                let keys = self.clear_values(actor, whose, sink);
                return keys.map(Done::Cleared).map_err(Refused::NotSet);
            }
            Action::Announce(text) => self.tell_room(actor, text, sink),
            Action::Leave(reason) => self.leave(actor, reason, now, sink),
            Action::Disconnect { name, by, reason } => {
                return self.disconnect(actor, (name, by, reason), now, sink);
            }
        }
        Ok(Done::All)
    }

    fn disconnect<'a>(
        &mut self,
        actor: ConnId,
        (name, by, reason): (&'a str, Option<&str>, Option<&str>),
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<Done<'a>, Refused<'a>> {
        // Apart from the hub, which is changed by what they do.
        let actor = self.people.person(actor);
        let actor = actor.map(|it| (it.name.to_owned(), it.profile.clone()));
        let by = match (by, &actor) {
            (Some(by), _) => Person::absent(by),
            (None, Some((name, profile))) => Person { name, profile },
            (None, None) => return Err(Refused::NicknameFirst),
        };
        let removed = self.remove(name, by, reason, now, sink);
        removed
            .map(Done::Disconnected)
            .ok_or(Refused::NoOneCalled(name))
    }

    /// A room that somebody may know of.
    pub(super) fn find_visible(&self, id: ConnId, room: RoomId) -> Result<usize, Refused<'static>> {
        let room = self.rooms.by_id(room);
        let visible = room.filter(|room| self.view(*room).is_visible_to(id));
        visible.ok_or(Refused::NoSuchRoom)
    }
}
