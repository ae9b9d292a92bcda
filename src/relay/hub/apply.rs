//! The one way to change the chat: [`Hub::apply`].
//!
//! There were pairs of methods before, one for people in one room and one for programs in several, and some
//! calls besides (admission, the passing of time). An action as data replaced them: it can be kept until it
//! takes effect, be given to a second hub, and be compared. The arms of `ActionContext::apply` only find the
//! room and pass on; each action is carried out in the file of its subject.

use super::action::{Action, Done};
use super::command_error::CommandError;
use super::conversations::Conversations;
use super::cost::Work;
use super::event::Sink;
use super::people::People;
use super::rooms::Rooms;
use super::state::Hub;
use super::terms::{RoomId, RoomRef};
use super::view::find_visible;
use crate::protocol::{ConnId, Time};

/// One action of a client in progress: the actor and the time, the parts of the chat that may change,
/// and the sink for the events.
///
/// The parts are borrowed one by one, and not as a [`Hub`], so that an event can hold a person (from
/// `people`) while a room changes and the sink is written to.
pub(super) struct ActionContext<'h, S> {
    pub(super) actor: ConnId,
    /// The one time of the whole action. All that the action stamps has it, and no other time is read, so
    /// that a second hub comes to the same state.
    pub(super) now: Time,
    pub(super) people: &'h mut People,
    pub(super) rooms: &'h mut Rooms,
    pub(super) conversations: &'h mut Conversations,
    pub(super) work: &'h Work,
    pub(super) sink: &'h mut S,
}

impl Hub {
    /// Carries out an action of a connected client, if the action is allowed.
    ///
    /// All clients that the action concerns, the actor included, are told through the sink, in the order
    /// in which each of them is to read the events. The result depends only on the chat, the action and
    /// the time.
    ///
    /// The caller must check the rights of server operators: to become one, to remove a client, to speak
    /// in the server's name, to have what somebody said forgotten, or to have a reserved nickname. The hub does not check them, because a
    /// program that embeds a chat has its own reasons for such actions.
    ///
    /// # Errors
    ///
    /// The reason why the action is refused. Nothing has changed then, except that a client that tried
    /// to speak no longer counts as idle.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use parloir::relay::hub::{Action, CommandError, Done, EventLevel, Host, Hub, Nick, Rank, RoomRef};
    /// use parloir::relay::hub::Utterance;
    /// # use parloir::relay::hub::{Addressee, Event, Recipient, Sink};
    /// use parloir::{ConnId, RelayConfig, Time};
    ///
    /// # struct Quiet;
    /// # impl Sink for Quiet {
    /// #     fn to_room<'e>(&mut self, _: &str, _: impl Iterator<Item = Recipient>,
    /// #         _: impl Iterator<Item = Event<'e>> + Clone) {}
    /// #     fn to_peers(&mut self, _: impl Iterator<Item = Recipient>, _: &Event<'_>) {}
    /// #     fn to_one(&mut self, _: Addressee<'_>, _: &Event<'_>) {}
    /// #     fn dismissed(&mut self, _: ConnId) {}
    /// # }
    /// let (mut hub, bob) = (Hub::new(RelayConfig::default()), ConnId::new(0, 0));
    /// let now = Time::new(Duration::ZERO, Duration::from_secs(1_700_000_000));
    /// let mut act = |action: &Action<'static>| hub.apply(bob, action, now, &mut Quiet);
    /// let say = Action::Say {
    ///     room: RoomRef::Named("dev"),
    ///     at_least: Rank::Member,
    ///     what: Utterance::message("hello"),
    /// };
    /// let (level, host) = (EventLevel::Room, Host::LOCAL);
    /// act(&Action::Admit { level, host, address: None, enters_default: false }).unwrap();
    /// assert_eq!(act(&say), Err(CommandError::NicknameFirst));
    ///
    /// act(&Action::Arrive { nick: Nick::Exactly("bob"), names: None }).unwrap();
    /// assert_eq!(act(&say), Err(CommandError::NoSuchRoom));
    ///
    /// act(&Action::Join { room: "dev", key: None, leaves_others: false }).unwrap();
    /// let Ok(Done::Said(receipt)) = act(&say) else { panic!("bob is in the room") };
    /// assert_eq!(receipt.unix_us, 1_700_000_000_000_000, "the time of the action");
    /// ```
    pub fn apply<'a>(
        &mut self,
        actor: ConnId,
        action: &Action<'a>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<Done<'a>, CommandError<'a>> {
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

    /// Returns whether a client may set a room's topic.
    ///
    /// # Errors
    ///
    /// If the client is not in the room or may not speak there, or if the topic is locked and the client
    /// is not an operator of the room.
    pub fn bar_topic(&mut self, id: ConnId, room: RoomId) -> Result<(), CommandError<'static>> {
        let room = find_visible(&self.people, &self.rooms, id, room.into())?;
        self.rooms.bar_topic(&self.people, id, room)
    }
}

impl<S: Sink> ActionContext<'_, S> {
    fn apply<'a>(mut self, action: &Action<'a>) -> Result<Done<'a>, CommandError<'a>> {
        match *action {
            Action::Admit {
                level,
                host,
                address,
                enters_default,
            } => {
                self.admit(level, host, address);
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
                self.set_value(whose, key, value)
                    .map_err(CommandError::MetadataError)?;
            }
            Action::ClearValues(whose) => {
                let keys = self.clear_values(whose);
                return keys.map(Done::Cleared).map_err(CommandError::MetadataError);
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
            Action::Forget { name } => self.forget_name(name),
        }
        Ok(Done::All)
    }

    /// Returns a room that the actor may know of.
    fn find_visible(&self, room: RoomRef<'_>) -> Result<usize, CommandError<'static>> {
        find_visible(self.people, self.rooms, self.actor, room)
    }
}
