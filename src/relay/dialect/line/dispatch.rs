//! Commands of a person: carried out, and answered.
//!
//! Each command that changes something becomes one action. One about the room that the client is in names
//! that by a handle, so that it means the same when it takes effect later and the client may have moved on.
//! The answer comes from `outcome.rs`. Questions are answered here at once, and count for what they look at.

use std::fmt;

use super::answers;
use super::command::Command;
use super::phrases::Text;
use super::refusals::{Sentence, write_refused};
use crate::config::RelayConfig;
use crate::protocol::{ConnId, Output, Time};
use crate::relay::encoder::{Encoder, Wire, encode_answer};
use crate::relay::hub::names::room_name;
use crate::relay::hub::{
    Action, CommandError, Hub, List, ModeChange, Nick, PersonFlag, Rank, Recipient, RoomId,
    RoomRef, RoomView, Speech, Texts, Utterance, cost,
};
use crate::relay::pending::Pending;
use crate::store::Abilities;

/// The context of one line: all that carrying it out may look at or change.
pub(in crate::relay) struct CommandContext<'r, O> {
    pub(in crate::relay) id: ConnId,
    /// None for a connection that only talks, or only listens: it gets no answers.
    pub(in crate::relay) answered_to: Option<Recipient>,
    pub(in crate::relay) hub: &'r mut Hub,
    pub(in crate::relay) config: &'r RelayConfig,
    pub(in crate::relay) wire: &'r Wire,
    /// The place for actions that take effect later, and for a question to the store.
    pub(in crate::relay) pending: &'r mut Pending,
    /// Actions take effect later, and not at once.
    pub(in crate::relay) is_delayed: bool,
    /// The questions that the store answers.
    pub(in crate::relay) abilities: Abilities,
    pub(in crate::relay) now: Time,
    pub(in crate::relay) out: &'r mut O,
}

impl<O: Output> CommandContext<'_, O> {
    /// Carries out a command, and answers it.
    pub(in crate::relay) fn perform(&mut self, command: Command<'_>) {
        let is_named = self.hub.name(self.id).is_some();
        match command {
            Command::Rename(asked) if is_named => self.act(&Action::Rename(Nick::Like(asked))),
            // A client without a name takes its first one by `/nick` as by a line.
            Command::Rename(asked) => self.arrive(Nick::Like(asked)),
            Command::Who => self.tell_of_room(answers::who),
            Command::Rooms => self.tell_rooms(),
            Command::Join(asked) => self.join(asked),
            Command::History { count, before } => self.tell_history(count, before),
            _ if !is_named => self.refuse(CommandError::NicknameFirst),
            Command::Speak(speech, text) => self.speak(speech, Texts::one(text)),
            Command::Private { to, text } => self.speak_privately(to, text),
            Command::Topic => self.tell_of_room(|out, room, _| answers::topic(out, room.topic())),
            Command::Modes => self.tell_of_room(|out, room, _| answers::modes(out, room)),
            Command::Search(words) => self.search(words),
            Command::Forget(name) => self.forget(name),
            Command::Away(away) => {
                self.act(&Action::SetAway(away));
            }
            command => self.perform_in_room(command),
        }
    }

    /// Takes a first nickname.
    pub(in crate::relay) fn arrive(&mut self, nick: Nick<'_>) {
        self.act(&Action::Arrive { nick, names: None });
    }

    /// Says several things in one go, in the room that one is in. Each that is not said is answered. They are
    /// one action, so the room is gone through once for all of them.
    pub(in crate::relay) fn speak(&mut self, speech: Speech, texts: Texts<'_>) {
        match self.hub.first_room(self.id) {
            Some(room) => self.act(&Action::Say {
                room: room.into(),
                at_least: Rank::Member,
                what: Utterance::lines(speech, texts),
            }),
            None => texts.iter().for_each(|_| self.refuse(CommandError::NotIn)),
        }
    }

    fn speak_privately(&mut self, to: &str, text: &str) {
        let what = Utterance::message(text);
        self.act(&Action::Tell { to, what });
    }

    /// Goes to another room, and out of the one that one is in.
    fn join(&mut self, asked: &str) {
        let (asked, key) = self.split_key(asked);
        let Some(name) = room_name(asked) else {
            return self.refuse(CommandError::NoRoomName);
        };
        self.act(&Action::Join {
            room: &name,
            key,
            leaves_others: true,
        });
    }

    /// Splits a key off what was typed, if there is no room of that whole name and the last word stands
    /// behind the name of one that needs a key. A room's name may have blanks in it, so the last word is no
    /// key in general.
    fn split_key<'a>(&self, asked: &'a str) -> (&'a str, Option<&'a str>) {
        let find = |text| self.hub.room(&room_name(text)?);
        if find(asked).is_none()
            && let Some((name, key)) = asked.trim_end().rsplit_once(char::is_whitespace)
            && find(name).is_some_and(|room| room.key().is_some())
        {
            return (name, Some(key));
        }
        (asked, None)
    }

    /// Carries out a command about the room that the client is in.
    fn perform_in_room(&mut self, command: Command<'_>) {
        let Some(id) = self.hub.first_room(self.id) else {
            return self.refuse(CommandError::NotIn);
        };
        let room = id.into();
        match command {
            Command::SetTopic(topic) => self.act(&Action::SetTopic { room, topic }),
            Command::Invite(name) => self.act(&Action::Invite { room, name }),
            Command::Kick { name, reason } => self.act(&Action::Kick { room, name, reason }),
            Command::SetRank { name, rank, is_on } => {
                let change = ModeChange::Rank { rank, name, is_on };
                self.change_modes(room, &[change]);
            }
            Command::SetMask { list, whom, is_on } => self.set_mask(id, list, whom, is_on),
            Command::SetMode(change) => self.change_modes(room, &[change]),
            // Carried out by `perform`. They are named so that the compiler asks about a new one.
            Command::Rename(_)
            | Command::Who
            | Command::Rooms
            | Command::Join(_)
            | Command::History { .. }
            | Command::Search(_)
            | Command::Forget(_)
            | Command::Speak(..)
            | Command::Private { .. }
            | Command::Topic
            | Command::Modes
            | Command::Away(_) => {}
        }
    }

    /// Keeps somebody out or quiet, or no longer. What a nickname means is looked up here, when the line is
    /// taken: `/unban bob` lifts every ban that means bob, so it may be several changes.
    fn set_mask(&mut self, room: RoomId, list: List, whom: &str, is_on: bool) {
        let masks = self.hub.masks_meant(room, list, whom, is_on);
        let change = |mask| ModeChange::List { list, mask, is_on };
        let changes: Vec<_> = masks.iter().map(|mask| change(mask)).collect();
        self.change_modes(room.into(), &changes);
    }

    fn change_modes(&mut self, room: RoomRef<'_>, changes: &[ModeChange<'_>]) {
        self.act(&Action::ChangeModes { room, changes });
    }

    /// Has what somebody said forgotten, for an operator of the server.
    fn forget(&mut self, name: &str) {
        let me = self.hub.person_of(self.id);
        match me.is_some_and(|me| me.profile.is(PersonFlag::Operator)) {
            true => self.act(&Action::Forget { name }),
            false => self.answer(|out| Sentence::NotServerOperator.write(out, &[])),
        }
    }

    fn tell_rooms(&mut self) {
        let rooms = self.hub.counts().rooms;
        self.hub.note_work(cost::LISTED as usize * rooms);
        let id = self.id;
        self.answer_by(|hub, out| answers::rooms(out, hub, id));
    }

    /// Shows a room to a client that has joined it: members, topic, the last lines. It is written from what
    /// is so now: the outcome that brought the client here may have come later than its line.
    pub(super) fn show_room(&mut self, is_first: bool) {
        let id = self.id;
        let motd = &self.config.motd;
        if let Some(to) = self.answered_to {
            answer(self.out, to, |out| match self.hub.rooms_of(id).last() {
                Some(room) => {
                    let others = room.names(Some(id));
                    answers::arrived(out, self.hub.person_of(id), room, &others)?;
                    if is_first {
                        answers::motd(out, motd)?;
                    }
                    match room.topic() {
                        Some(topic) => answers::topic(out, Some(topic)),
                        None => Ok(()),
                    }
                }
                None => Ok(()),
            });
        }
        self.replay(self.config.replay);
    }

    /// The last lines of the room, if there are any.
    fn replay(&mut self, count: usize) {
        let room = self.hub.rooms_of(self.id).last();
        if let (Some(to), Some(room)) = (self.answered_to, room) {
            let skipped = room.history().len().saturating_sub(count);
            self.hub.note_replay(room.history().skip(skipped));
            answer(self.out, to, |out| {
                answers::history(out, room.history().skip(skipped))
            });
        }
    }

    pub(super) fn own_room(&self) -> Option<RoomView<'_>> {
        self.hub.rooms_of(self.id).next()
    }

    /// Tells something of the room that one is in; that there is none is told as well.
    fn tell_of_room(
        &mut self,
        write: impl FnOnce(&mut Text<'_>, RoomView<'_>, &RelayConfig) -> fmt::Result,
    ) {
        let Some(room) = self.hub.rooms_of(self.id).next() else {
            return self.refuse(CommandError::NotIn);
        };
        if let Some(to) = self.answered_to {
            answer(self.out, to, |out| write(out, room, self.config));
        }
    }

    /// Answers with the reason why something is not done, in the room that the client is in.
    pub(super) fn refuse(&mut self, why: CommandError<'_>) {
        let id = self.id;
        self.answer_by(|hub, out| {
            let room = hub.rooms_of(id).next().map_or("", RoomView::name);
            write_refused(out, room, &why)
        });
    }

    pub(super) fn answer(&mut self, write: impl FnOnce(&mut Text<'_>) -> fmt::Result) {
        self.answer_by(|_, out| write(out));
    }

    pub(super) fn answer_by(&mut self, write: impl FnOnce(&Hub, &mut Text<'_>) -> fmt::Result) {
        if let Some(to) = self.answered_to {
            answer(self.out, to, |out| write(self.hub, out));
        }
    }

    /// Does what was asked for and was waited with.
    pub(in crate::relay) fn take_effect(&mut self, pending: &mut Pending) {
        self.is_delayed = false;
        pending.take_effect(|action, _| self.act(action));
        if let Some((asked, answer)) = pending.take_answer() {
            self.show_past(&asked, answer);
        }
    }

    /// Has something done, and answers what came of it.
    pub(in crate::relay) fn act(&mut self, action: &Action<'_>) {
        if self.is_delayed {
            return self.pending.push(action, 0);
        }
        let mut sink = Encoder::new(self.out, self.wire);
        let came = self.hub.apply(self.id, action, self.now, &mut sink);
        self.answer_outcome(action, came);
    }
}

/// Sends somebody what `write` writes.
pub(super) fn answer(
    out: &mut impl Output,
    to: Recipient,
    write: impl FnOnce(&mut Text<'_>) -> fmt::Result,
) {
    let range = encode_answer(out, to.format, |line| {
        // A vector takes everything, so there is no error to handle.
        let _ = write(&mut Text(line));
    });
    if let Some(range) = range {
        out.send(to.id, range);
    }
}
