//! Answers to a client, written from the action and its outcome alone, so that an outcome may come at once
//! or later.
//!
//! Nothing here knows the request: its room and names are taken from the action, and of the state only what
//! the answer repeats. An answer that could be had from the request alone does not belong here, but in
//! `dispatch`.

use super::dispatch::{CommandContext, answer_ok};
use super::errors::RequestError;
use super::history::HistoryPage;
use super::history_query::{id_shown, time_shown};
use super::object::Object;
use super::queries::people;
use crate::protocol::Output;
use crate::relay::hub::{Action, CommandError, Done, Outcome, RoomId, RoomRef, RoomView, cost};

impl<O: Output> CommandContext<'_, O> {
    /// Answers what came of an action.
    pub(super) fn answer(
        &mut self,
        action: &Action<'_>,
        outcome: Result<Done<'_>, CommandError<'_>>,
    ) {
        match (*action, outcome) {
            (_, Err(why)) => {
                let room = match why {
                    // A new nickname is refused for the sake of a room that the action does not name.
                    CommandError::NameKept { room, .. } => Some(RoomRef::Id(room)),
                    _ => action.room(),
                };
                let room = room.map_or_else(String::new, |room| self.name_of(room));
                self.refuse(&RequestError::refused(&why, &room));
            }
            (Action::Arrive { .. }, Ok(_)) if !self.state.is_greeted => self.show_hello(),
            (Action::Arrive { .. } | Action::Rename(_), Ok(_)) => {
                let nick = self.hub.name(self.conn.id).map(str::to_owned);
                self.ok(|it| it.optional("nick", nick.as_deref()));
            }
            (Action::Join { .. }, Ok(Done::Joined(room))) => self.show_room(room),
            (Action::Say { .. } | Action::Tell { .. }, Ok(Done::Said(said))) => self.ok(|it| {
                let it = it.show("msgid", id_shown(said.id, said.unix_us));
                let it = it.show("time", time_shown(said.unix_us));
                it.flag("away", said.is_away)
            }),
            (Action::ChangeModes { room, .. }, Ok(Done::Changes(outcomes))) => {
                self.answer_changes(room, &outcomes);
            }
            // The others are done, and whatever they changed is in the request.
            (_, Ok(_)) => self.ok(|it| it),
        }
    }

    /// Each change is made or not by itself: that they are all made is done, else it is told which are not. A
    /// request with a single change is refused as any other.
    fn answer_changes(&mut self, room: RoomRef<'_>, outcomes: &[Outcome<'_>]) {
        let refused = outcomes
            .iter()
            .enumerate()
            .filter_map(|(n, outcome)| match outcome {
                Outcome::Refused(why) => Some((n, *why)),
                Outcome::Applied | Outcome::Unchanged => None,
            });
        let refused: Vec<_> = refused.collect();
        match &refused[..] {
            [] => self.ok(|it| it),
            [(_, why)] if outcomes.len() == 1 => {
                let room = self.name_of(room);
                self.refuse(&RequestError::refused(why, &room));
            }
            refused => {
                let room = self.name_of(room);
                self.ok(|it| {
                    it.array("refused", refused.iter(), |out, (n, why)| {
                        let fault = RequestError::refused(why, &room);
                        let it = Object::new(out).number("change", *n as u64);
                        it.text("code", fault.code)
                            .text("message", &fault.message)
                            .end();
                    })
                });
            }
        }
    }

    /// Answers a join: topic, members, and the last messages if they were asked for.
    fn show_room(&mut self, room: RoomId) {
        let Some(view) = self.hub.room_at(room) else {
            return;
        };
        let replay = self.state.replay;
        let skipped = view.history().len().saturating_sub(replay);
        self.hub.note_work(cost::LISTED as usize * view.named());
        let past = HistoryPage::newest(view.history().skip(skipped).collect());
        self.hub.note_replay(past.entries());
        let members = people(view, |_| true);
        answer_ok(self.out, self.conn, self.state, |it| {
            let topic = view.topic().map(|topic| &*topic.text);
            let it = it.text("room", view.name()).nullable("topic", topic);
            let it = members.add_to(it, "people");
            match replay {
                0 => it,
                _ => past.add_to(it),
            }
        });
    }

    fn name_of(&self, room: RoomRef<'_>) -> String {
        match room {
            RoomRef::Named(name) => name.to_owned(),
            RoomRef::Id(room) => self.hub.room_at(room).map_or("", RoomView::name).to_owned(),
        }
    }
}
