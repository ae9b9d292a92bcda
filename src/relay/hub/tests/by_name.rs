//! Actions by the names of rooms, as a dialect makes them from a line before it applies them.

use super::*;

type Told<'a, T = ()> = Result<T, CommandError<'a>>;

/// The time of actions that do not depend on it.
fn no_time() -> Time {
    Time::new(Duration::ZERO, Duration::ZERO)
}

impl Hub {
    pub(super) fn room_called(&self, name: &str) -> RoomId {
        self.find_room(name).unwrap_or_default()
    }

    /// Applies an action of which the only result is that it was carried out.
    fn act<'a>(
        &mut self,
        id: ConnId,
        action: Action<'a>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'a> {
        self.apply(id, &action, now, sink).map(|_| ())
    }

    pub(super) fn admit_roomless(&mut self, id: ConnId, format: Format, level: EventLevel) {
        let admit = Action::Admit {
            level,
            host: Host::default(),
            address: None,
            enters_default: false,
        };
        assert_eq!(self.act(id, admit, no_time(), &mut Nowhere), Ok(()));
        self.set_format(id, format);
    }

    pub(super) fn set_origin(&mut self, id: ConnId, host: Host) {
        if let Some(client) = self.people.get_mut(id) {
            client.profile.set_origin(host, None);
        }
    }

    pub(super) fn tick(&mut self, now: Time, sink: &mut impl Sink) {
        let nobody = ConnId::new(0, 0);
        assert_eq!(self.act(nobody, Action::Tick, now, sink), Ok(()));
    }

    pub(super) fn arrive_like(&mut self, id: ConnId, asked: &str, now: Time, sink: &mut impl Sink) {
        let (nick, names) = (Nick::Like(asked), None);
        let arrived = self.act(id, Action::Arrive { nick, names }, now, sink);
        assert_eq!(arrived, Ok(()));
    }

    pub(super) fn arrive_exactly(
        &mut self,
        id: ConnId,
        name: &str,
        names: (&str, &str),
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        let (nick, names) = (Nick::Exactly(name), Some(names));
        nameless(self.act(id, Action::Arrive { nick, names }, now, sink))
    }

    pub(super) fn rename_exactly(
        &mut self,
        id: ConnId,
        name: &str,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        nameless(self.act(id, Action::Rename(Nick::Exactly(name)), now, sink))
    }

    pub(super) fn rename_like(
        &mut self,
        id: ConnId,
        name: &str,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        nameless(self.act(id, Action::Rename(Nick::Like(name)), now, sink))
    }

    pub(super) fn enter(
        &mut self,
        id: ConnId,
        room: &str,
        key: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        let leaves_others = false;
        let join = Action::Join {
            room,
            key,
            leaves_others,
        };
        nameless(self.act(id, join, now, sink))
    }

    pub(super) fn go_to(
        &mut self,
        id: ConnId,
        room: &str,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        let (key, leaves_others) = (None, true);
        let join = Action::Join {
            room,
            key,
            leaves_others,
        };
        nameless(self.act(id, join, now, sink))
    }

    pub(super) fn part_from(
        &mut self,
        id: ConnId,
        room: &str,
        reason: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        let room = self.room_called(room);
        nameless(self.act(
            id,
            Action::Part {
                room: room.into(),
                reason,
            },
            now,
            sink,
        ))
    }

    /// Says something in the room that the client entered first.
    pub(super) fn speak(
        &mut self,
        id: ConnId,
        what: Utterance<'_>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        let room = self.first_room(id).ok_or(CommandError::NotIn)?;
        let at_least = Rank::Member;
        let say = Action::Say {
            room: room.into(),
            at_least,
            what,
        };
        nameless(self.act(id, say, now, sink))
    }

    pub(super) fn speak_to(
        &mut self,
        id: ConnId,
        (room, at_least): (&str, Rank),
        what: Utterance<'_>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static, Receipt> {
        let room = self.room_called(room);
        let say = Action::Say {
            room: room.into(),
            at_least,
            what,
        };
        match self.apply(id, &say, now, sink) {
            Ok(Done::Said(receipt)) => Ok(receipt),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(without_names(why)),
        }
    }

    pub(super) fn set_topic_of(
        &mut self,
        id: ConnId,
        room: &str,
        topic: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        let room = self.room_called(room);
        nameless(self.act(
            id,
            Action::SetTopic {
                room: room.into(),
                topic,
            },
            now,
            sink,
        ))
    }

    pub(super) fn invite_to<'a>(
        &mut self,
        id: ConnId,
        room: &str,
        name: &'a str,
        sink: &mut impl Sink,
    ) -> Told<'a> {
        let room = self.room_called(room);
        self.act(
            id,
            Action::Invite {
                room: room.into(),
                name,
            },
            no_time(),
            sink,
        )
    }

    pub(super) fn kick_from<'a>(
        &mut self,
        id: ConnId,
        room: &str,
        (name, reason): (&'a str, Option<&'a str>),
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'a> {
        let room = self.room_called(room);
        self.act(
            id,
            Action::Kick {
                room: room.into(),
                name,
                reason,
            },
            now,
            sink,
        )
    }

    pub(super) fn change_modes_of<'a>(
        &mut self,
        id: ConnId,
        room: &str,
        changes: &'a [ModeChange<'a>],
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'a, Vec<Outcome<'a>>> {
        let room = self.room_called(room);
        match self.apply(
            id,
            &Action::ChangeModes {
                room: room.into(),
                changes,
            },
            now,
            sink,
        )? {
            Done::Changes(outcomes) => Ok(outcomes),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn redact(
        &mut self,
        id: ConnId,
        room: &str,
        message: MessageId,
        reason: Option<&str>,
        sink: &mut impl Sink,
    ) -> Told<'static> {
        let room = self.room_called(room);
        let view = self.room_at(room);
        let said = view.and_then(|view| view.history().find(|it| it.id == message));
        let unix_us = said.map_or(0, |it| it.unix_us);
        let redact = Action::Redact {
            room: room.into(),
            message,
            unix_us,
            reason,
        };
        nameless(self.act(id, redact, no_time(), sink))
    }

    pub(super) fn tell_privately<'a>(
        &mut self,
        id: ConnId,
        to: &'a str,
        what: Utterance<'a>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Told<'a, Done<'a>> {
        self.apply(id, &Action::Tell { to, what }, now, sink)
    }

    pub(super) fn set_away(&mut self, id: ConnId, away: Option<&str>, sink: &mut impl Sink) {
        let done = self.act(id, Action::SetAway(away), no_time(), sink);
        assert_eq!(done, Ok(()));
    }

    pub(super) fn set_real_name(&mut self, id: ConnId, name: &str, sink: &mut impl Sink) {
        let done = self.act(id, Action::SetRealName(name), no_time(), sink);
        assert_eq!(done, Ok(()));
    }

    pub(super) fn set_value(
        &mut self,
        id: ConnId,
        whose: Whose,
        key: &str,
        value: Option<&str>,
        sink: &mut impl Sink,
    ) -> Result<(), MetadataError> {
        let set = Action::SetValue { whose, key, value };
        let done = self.apply(id, &set, no_time(), sink);
        done.map(|_| ()).map_err(not_set)
    }

    pub(super) fn clear_values(
        &mut self,
        id: ConnId,
        whose: Whose,
        sink: &mut impl Sink,
    ) -> Result<Vec<Box<str>>, MetadataError> {
        match self.apply(id, &Action::ClearValues(whose), no_time(), sink) {
            Ok(Done::Cleared(keys)) => Ok(keys),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(not_set(why)),
        }
    }

    pub(super) fn leave(
        &mut self,
        id: ConnId,
        reason: Option<Reason<'_>>,
        now: Time,
        sink: &mut impl Sink,
    ) {
        assert_eq!(self.act(id, Action::Leave(reason), now, sink), Ok(()));
    }

    pub(super) fn set_flag(&mut self, id: ConnId, flag: PersonFlag, is_on: bool) -> bool {
        self.people.set_flag(id, flag, is_on)
    }

    pub(super) fn masks_in(&self, room: &str, list: List, whom: &str, is_on: bool) -> Vec<String> {
        self.masks_meant(self.room_called(room), list, whom, is_on)
    }
}

/// Returns a refusal that outlives the action. Panics if the refusal has a borrowed name in it.
fn without_names(why: CommandError<'_>) -> CommandError<'static> {
    match why {
        CommandError::NicknameFirst => CommandError::NicknameFirst,
        CommandError::NameTaken => CommandError::NameTaken,
        CommandError::NameIllegal => CommandError::NameIllegal,
        CommandError::NameReserved => CommandError::NameReserved,
        CommandError::NameKept { room, why } => CommandError::NameKept { room, why },
        CommandError::NoSuchRoom => CommandError::NoSuchRoom,
        CommandError::NoRoomName => CommandError::NoRoomName,
        CommandError::TooManyRooms => CommandError::TooManyRooms,
        CommandError::InTooManyRooms => CommandError::InTooManyRooms,
        CommandError::AlreadyIn => CommandError::AlreadyIn,
        CommandError::NotIn => CommandError::NotIn,
        CommandError::NoSuchMessage => CommandError::NoSuchMessage,
        CommandError::NeedsKey => CommandError::NeedsKey,
        CommandError::InviteOnly => CommandError::InviteOnly,
        CommandError::Banned => CommandError::Banned,
        CommandError::Full => CommandError::Full,
        CommandError::Moderated => CommandError::Moderated,
        CommandError::NoExternal => CommandError::NoExternal,
        CommandError::Muted => CommandError::Muted,
        CommandError::BannedThere => CommandError::BannedThere,
        CommandError::NotOperator => CommandError::NotOperator,
        other => panic!("{other:?}"),
    }
}

fn not_set(why: CommandError<'_>) -> MetadataError {
    match why {
        CommandError::MetadataError(why) => why,
        other => panic!("{other:?}"),
    }
}

fn nameless(told: Told<'_>) -> Told<'static> {
    told.map_err(without_names)
}
