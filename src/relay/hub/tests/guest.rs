//! A client that is in one room at a time, as dialects for such clients treat it: its commands, and the
//! events that it gets, in the shorthand of the notes.

use super::names::room_name;
use super::*;

/// The commands of such a client.
#[derive(Clone, Copy)]
pub(super) enum Command<'a> {
    Speak(Speech, &'a str),
    Private {
        to: &'a str,
        text: &'a str,
    },
    Rename(&'a str),
    Who,
    Join(&'a str),
    SetTopic(Option<&'a str>),
    History(Option<usize>),
    Away(Option<&'a str>),
    Invite(&'a str),
    Kick {
        name: &'a str,
        reason: Option<&'a str>,
    },
    Change(ModeChange<'a>),
}

impl Play {
    pub(super) fn arrive(&mut self, name: &str) -> ConnId {
        let id = self.admit(EventLevel::Room);
        let (now, start) = (self.now(), self.notes.0.len());
        self.hub.arrive_like(id, name, now, &mut self.notes);
        self.note_place(id, start);
        id
    }

    pub(super) fn perform(&mut self, id: ConnId, command: Command<'_>) {
        // The answer is noted before the events for others: the order between the two means nothing.
        let (now, start) = (self.now(), self.notes.0.len());
        let (hub, notes) = (&mut self.hub, &mut self.notes);
        let own_room = hub.rooms_of(id).next().map(|room| room.name().to_owned());
        let own = own_room.as_deref().unwrap_or_default();
        let done = match command {
            Command::Rename(asked) if hub.name(id).is_some() => {
                let done = hub.rename_like(id, asked, now, notes);
                let name = hub.name(id).unwrap().to_owned();
                return match done {
                    Ok(()) => self.notes.0.insert(start, (id, format!("you={name}"))),
                    Err(why) => self.note(id, format!("kept: {why:?}")),
                };
            }
            Command::Rename(asked) => {
                hub.arrive_like(id, asked, now, notes);
                return self.note_place(id, start);
            }
            Command::Speak(speech, text) => {
                let what = Utterance::lines(speech, Texts::one(text));
                hub.speak(id, what, now, notes)
            }
            Command::Private { to, text } => {
                let done = hub.tell_privately(id, to, Utterance::message(text), now, notes);
                if matches!(done, Ok(Done::Said(receipt)) if receipt.is_away) {
                    return self.note(id, format!("{} is away", to.to_lowercase()));
                }
                done.map(|_| ())
            }
            Command::Join(asked) => {
                let name = room_name(asked).unwrap();
                let done = hub.go_to(id, &name, now, notes);
                return match done {
                    Ok(()) => self.note_place(id, start),
                    Err(why) => {
                        let room = self
                            .hub
                            .room(&name)
                            .map_or(&*name, RoomView::name)
                            .to_owned();
                        self.note(id, format!("refused {room}: {why:?}"));
                    }
                };
            }
            Command::Who => {
                let everyone = hub.room(own).map(|room| people(&room.names(None)));
                return self.note(id, format!("who {own}: {}", everyone.unwrap()));
            }
            Command::History(count) => {
                let room = hub.room(own).unwrap();
                let skipped = count.map_or(0, |it| room.history().len().saturating_sub(it));
                let entries = room.history().skip(skipped);
                let texts: Vec<&str> = entries.map(|entry| &*entry.text).collect();
                let note = match texts.is_empty() {
                    true => format!("refused {own}: NoHistory"),
                    false => format!("history {}", texts.join(" ")),
                };
                return self.note(id, note);
            }
            Command::Away(away) => {
                hub.set_away(id, away, notes);
                return self.note(id, format!("NowAway({})", away.is_some()));
            }
            Command::SetTopic(topic) => hub.set_topic_of(id, own, topic, now, notes),
            Command::Invite(name) => hub.invite_to(id, own, name, notes),
            Command::Kick { name, reason } => hub.kick_from(id, own, (name, reason), now, notes),
            Command::Change(change) => {
                let changes = [change];
                let note = match hub
                    .change_modes_of(id, own, &changes, now, notes)
                    .as_deref()
                {
                    Ok([Outcome::Applied]) => return,
                    Ok([Outcome::Refused(why)]) | Err(why) => format!("refused {own}: {why:?}"),
                    _ => format!("refused {own}: Unchanged"),
                };
                return self.note(id, note);
            }
        };
        if let Err(why) = done {
            let note = format!("refused {own}: {why:?}");
            self.note(id, note);
        }
    }

    /// Returns the answer that a client gets to a command.
    pub(super) fn answer(&mut self, id: ConnId, command: Command<'_>) -> String {
        self.notes.0.clear();
        self.perform(id, command);
        self.heard(id).join("; ")
    }

    /// Notes the client's room and the others in it; or its nickname, if it is in no room.
    fn note_place(&mut self, id: ConnId, start: usize) {
        let note = match self.hub.rooms_of(id).last() {
            Some(room) => format!("in {}: {}", room.name(), people(&room.names(Some(id)))),
            None => format!("you={}", self.hub.name(id).unwrap_or_default()),
        };
        self.notes.0.insert(start, (id, note));
        if let Some(topic) = self.hub.rooms_of(id).last().and_then(RoomView::topic) {
            let note = format!("topic {:?}", Some(&*topic.text));
            self.notes.0.insert(start + 1, (id, note));
        }
    }

    fn note(&mut self, id: ConnId, note: String) {
        self.notes.0.push((id, note));
    }
}
