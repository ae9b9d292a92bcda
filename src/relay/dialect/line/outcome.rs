//! Answers to a person, written from the action and its outcome alone, so that an outcome may come at once
//! or later.
//!
//! The line itself is gone by then, and the client may be in another room. So rooms and names are taken from
//! the action, and no state of the line is kept. Most outcomes need no answer: a person reads the event as
//! everybody in the room does.

use super::answers;
use super::dispatch::CommandContext;
use super::refusals::{write_name_kept, write_refused};
use crate::protocol::Output;
use crate::relay::hub::{Action, CommandError, Done, Outcome, RoomRef, RoomView};

impl<O: Output> CommandContext<'_, O> {
    /// Answers what came of an action.
    pub(super) fn answer_outcome(
        &mut self,
        action: &Action<'_>,
        came: Result<Done<'_>, CommandError<'_>>,
    ) {
        match (*action, came) {
            // The room is named as it is called, if there is one, and else as it was typed.
            (Action::Join { room, .. }, Err(why)) => self.answer_by(|hub, out| {
                let room = hub.room(room).map_or(room, RoomView::name);
                write_refused(out, room, &why)
            }),
            (Action::Rename(_), Err(CommandError::NameKept { room, why })) => {
                self.answer_by(|hub, out| {
                    let room = hub.room_at(room).map_or("", RoomView::name);
                    write_name_kept(out, room, why)
                });
            }
            (Action::Say { room, what, .. }, Err(why)) => {
                // Several lines may have been said in one go; each that is not sent is answered.
                what.texts.iter().for_each(|_| self.refuse_in(room, why));
            }
            (action, Err(why)) => match action.room() {
                Some(room) => self.refuse_in(room, why),
                None => self.refuse(why),
            },
            (Action::Arrive { .. }, Ok(_)) => self.show_arrived(),
            (Action::Join { .. }, Ok(_)) => self.show_room(false),
            (Action::Rename(_), Ok(_)) => self.show_name(),
            (Action::Tell { to, .. }, Ok(Done::Said(receipt))) if receipt.is_away => {
                self.answer_by(|hub, out| match hub.person(to) {
                    Some(person) => answers::is_away(out, person),
                    None => Ok(()),
                });
            }
            (Action::Invite { room, name }, Ok(_)) => self.answer_by(|hub, out| {
                let name = hub.person(name).map_or(name, |person| person.name);
                answers::inviting(out, name, hub.room_of(room).map_or("", RoomView::name))
            }),
            (Action::ChangeModes { room, .. }, Ok(Done::Changes(outcomes))) => {
                for outcome in outcomes {
                    match outcome {
                        Outcome::Applied => {}
                        Outcome::Refused(why) => self.refuse_in(room, why),
                        Outcome::Unchanged => self.refuse_in(room, CommandError::Unchanged),
                    }
                }
            }
            (Action::Forget { name }, Ok(_)) => self.answer(|out| answers::forgotten(out, name)),
            (Action::SetAway(away), Ok(_)) => {
                self.answer(|out| answers::now_away(out, away.is_some()));
            }
            // The other outcomes are events for everyone in the room, or show by themselves.
            _ => {}
        }
    }

    /// Answers with the reason why something is not done in a room. The room is that of the action: by then,
    /// the client may be in another.
    fn refuse_in(&mut self, room: RoomRef<'_>, why: CommandError<'_>) {
        self.answer_by(|hub, out| {
            write_refused(out, hub.room_of(room).map_or("", RoomView::name), &why)
        });
    }

    fn show_arrived(&mut self) {
        match self.own_room() {
            Some(_) => self.show_room(true),
            None => self.show_name(),
        }
    }

    fn show_name(&mut self) {
        let id = self.id;
        self.answer_by(|hub, out| answers::now_called(out, hub.name(id).unwrap_or_default()));
    }
}
