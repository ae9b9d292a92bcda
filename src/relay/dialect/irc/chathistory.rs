//! Messages of the past: CHATHISTORY, the past that a channel's new members are sent, and read markers.
//!
//! IRCv3 draft/chathistory and draft/read-marker.
//!
//! The past of a room is for its members, that of a conversation for the two connections that had it: whoever
//! has one of the nicknames later sees none of it. Clients that know CHATHISTORY ask, and are sent nothing
//! unasked. To all others a room's last messages are shown on joining, in the form that does least harm: sent
//! as if they were new, they showed two times in clients, were answered by bots, and were passed on once more
//! by bridges.

use super::caps::Caps;
use super::channel::room_of;
use super::dispatch::CommandContext;
use super::history_query::{CHATHISTORY_MAX, parse_selection, parse_timestamp, stamp, time_shown};
use super::message::Message;
use super::reply::Reply;
use super::text::shown;
use crate::protocol::{ConnId, Output};
use crate::relay::hub::names::{fold, legalize};
use crate::relay::hub::{Entry, Hub, PersonFlag, Rank, RoomId, RoomView, Selection, To, cost};
use crate::relay::past::{PastQuestion, at_hand, chosen, readable};
use crate::store::{Abilities, QuestionResult};

/// The type of a batch of past messages (IRCv3 draft/chathistory, "chathistory batch").
const BATCH: &str = "chathistory";

impl<O: Output> CommandContext<'_, O> {
    /// Carries out CHATHISTORY. Messages of a room that the hub does not have any more are asked of the store, and
    /// the answer waits for them.
    pub(super) fn chathistory(&mut self, it: &Message<'_>) {
        let subcommand = it.param(0).to_ascii_uppercase();
        let wanted = match &*subcommand {
            "BETWEEN" => 5,
            "AFTER" | "AROUND" | "BEFORE" | "LATEST" | "TARGETS" => 4,
            // An unknown subcommand that has parameters is refused below as invalid.
            _ => 3,
        };
        if it.params().len() < wanted {
            let words = "Missing parameters";
            let context = [shown(&subcommand)];
            return self
                .reply
                .fail("CHATHISTORY", "NEED_MORE_PARAMS", &context, words);
        }
        if subcommand == "TARGETS" {
            return self.history_targets(it);
        }
        let target = it.param(1);
        let Some((selection, limit)) = parse_selection(&subcommand, &it.params()[2..]) else {
            let words = "Invalid parameters";
            let context = [shown(&subcommand)];
            return self
                .reply
                .fail("CHATHISTORY", "INVALID_PARAMS", &context, words);
        };
        let Some(past) = past_of(self.hub, self.id, target) else {
            let words = "Messages of that target could not be retrieved";
            let context = [&*subcommand, shown(target)];
            return self
                .reply
                .fail("CHATHISTORY", "INVALID_TARGET", &context, words);
        };
        match past.select(selection, limit, self.abilities) {
            Ok(chosen) => {
                let to = past.audience();
                self.hub.note_replay(chosen.iter().copied());
                write_page(self.reply, self.state.caps, target, to, &chosen);
            }
            Err(view) => {
                let asked = PastQuestion::page(view, selection, limit, target);
                self.hub.note_work(cost::STORED as usize);
                self.pending.ask(asked, self.now);
            }
        }
    }

    /// Shows what the store has found.
    pub(super) fn show_past(&mut self, asked: PastQuestion, found: QuestionResult) {
        match asked {
            PastQuestion::Search { .. } => self.show_found(found),
            PastQuestion::Page {
                room,
                selection,
                limit,
                target,
                ..
            } => {
                let view = readable(self.hub, self.id, room);
                let (Some(view), Ok(found)) = (view, found) else {
                    let words = "Messages could not be retrieved";
                    let context = [shown(&target)];
                    return self
                        .reply
                        .fail("CHATHISTORY", "MESSAGE_ERROR", &context, words);
                };
                let chosen = chosen(&found, view, selection, limit);
                let to = Audience::Room(view.name());
                self.hub.note_replay(chosen.iter().copied());
                write_page(self.reply, self.state.caps, &target, to, &chosen);
            }
        }
    }

    /// Answers which of the client's channels and conversations had their last message between two times, and
    /// when that was. Conversations are among them: a client that reconnects its windows would otherwise lose
    /// the half of each that it had not drawn yet.
    fn history_targets(&mut self, it: &Message<'_>) {
        let time = |n: usize| parse_timestamp(it.param(n).strip_prefix("timestamp=")?);
        let (Some(one), Some(other), Ok(limit)) = (time(1), time(2), it.param(3).parse::<usize>())
        else {
            let words = "Invalid parameters";
            return self
                .reply
                .fail("CHATHISTORY", "INVALID_PARAMS", &["TARGETS"], words);
        };
        let (from, to) = (one.min(other), one.max(other));
        let hub = &*self.hub;
        let last = |view: RoomView<'_>| view.history().next_back().map(|entry| entry.unix_us);
        let rooms = hub.rooms_of(self.id);
        let rooms = rooms.filter_map(|view| Some((last(view)?, format!("#{}", view.name()))));
        let people = hub.partners(self.id).filter_map(|other| {
            let entry = hub.conversation(self.id, other).next_back()?;
            Some((entry.unix_us, hub.name(other)?.to_owned()))
        });
        let mut targets: Vec<(u64, String)> = rooms
            .chain(people)
            .filter(|(unix_us, _)| (from + 1..to).contains(&(unix_us / 1000)))
            .collect();
        targets.sort_unstable();
        let limit = limit.min(CHATHISTORY_MAX);
        let first = if one <= other {
            0
        } else {
            targets.len().saturating_sub(limit)
        };
        let write = |reply: &mut Reply| {
            for (unix_us, target) in targets.iter().skip(first).take(limit) {
                let line = reply.line().add("CHATHISTORY TARGETS ").add(target);
                line.add(" ").show(time_shown(*unix_us)).end();
            }
        };
        let reply = &mut *self.reply;
        let batch = reply.batch();
        match self.state.caps.has(Caps::BATCH) {
            true => reply.within(batch, &["draft/chathistory-targets"], write),
            false => write(reply),
        }
    }

    /// Sends a client that has joined a room, and cannot ask for its past, the latest messages that the
    /// client has not been sent before. With `batch`, they are a batch of history. Otherwise the time of
    /// each message is sent as a tag, or in its text for a client without `server-time`. A bot is sent
    /// nothing, since it would answer old messages.
    pub(super) fn play_back(&mut self, room: RoomId) {
        let me = self.hub.person_of(self.id);
        let is_bot = me.is_some_and(|me| me.profile.is(PersonFlag::Bot));
        let Some(view) = self.hub.room_at(room).filter(|_| !is_bot) else {
            return;
        };
        let from = self.hub.first_unread(self.id, room);
        let entries = view.history();
        let count = entries.len().min(self.config.replay);
        let entries = view.history().skip(entries.len() - count);
        let entries = entries.filter(|entry| from.is_none_or(|from| entry.id >= from));
        let entries: Vec<&Entry> = entries.collect();
        self.hub.note_replay(entries.iter().copied());
        let caps = self.state.caps;
        let reply = &mut *self.reply;
        let to = Audience::Room(view.name());
        if caps.has(Caps::BATCH) && !entries.is_empty() {
            let channel = format!("#{}", view.name());
            return reply.batched(&[BATCH, &channel], |reply| {
                write_entries(reply, to, &entries, |_| String::new());
            });
        }
        write_entries(reply, to, &entries, |entry| {
            match caps.has(Caps::SERVER_TIME) {
                true => String::new(),
                false => format!("[{}] ", stamp(entry.unix_us)),
            }
        });
    }

    /// MARKREAD: shows or sets the time up to which a target has been read. It is kept for as long as the
    /// client is connected. It only ever moves forward.
    pub(super) fn markread(&mut self, it: &Message<'_>) {
        let Some(target) = it.some(0) else {
            let words = "Missing parameters";
            return self.reply.fail("MARKREAD", "NEED_MORE_PARAMS", &[], words);
        };
        let name = target.strip_prefix('#').unwrap_or(target);
        if room_of(target).is_none() && (target.starts_with('#') || legalize(name) != name) {
            let words = "That is no target";
            return self
                .reply
                .fail("MARKREAD", "INVALID_PARAMS", &[shown(target)], words);
        }
        let folded = fold(target);
        if let Some(marker) = it.some(1) {
            let time = marker.strip_prefix("timestamp=").and_then(parse_timestamp);
            let Some(time) = time else {
                let words = "That is no timestamp";
                let context = [shown(target)];
                return self
                    .reply
                    .fail("MARKREAD", "INVALID_PARAMS", &context, words);
            };
            let known = self
                .state
                .marker(&folded)
                .and_then(|it| parse_timestamp(it.strip_prefix("timestamp=")?));
            if known.is_none_or(|known| known < time) {
                self.state.set_marker(&folded, marker);
            }
        }
        let marker = self.state.marker(&folded).unwrap_or("*").to_owned();
        let line = self.reply.line().add("MARKREAD ").add(target);
        line.add(" ").add(&marker).end();
    }
}

/// The recipients of past messages. A private message of the past is addressed as it was then: to the other
/// one, or to the client.
#[derive(Clone, Copy)]
enum Audience<'a> {
    /// The room with this name.
    Room(&'a str),
    /// The one of two people who did not send the message.
    Two {
        me: (ConnId, &'a str),
        other: &'a str,
    },
}

impl<'a> Audience<'a> {
    fn of(self, entry: &Entry) -> To<'a> {
        match self {
            Self::Room(name) => To::Room {
                name,
                at_least: Rank::Member,
            },
            Self::Two { me, other } if entry.by == Some(me.0) => To::Person(other),
            Self::Two { me, .. } => To::Person(me.1),
        }
    }
}

/// The messages that a client may read of one target.
enum Past<'a> {
    Room(RoomView<'a>),
    Conversation(Vec<&'a Entry>, Audience<'a>),
}

impl<'a> Past<'a> {
    fn audience(&self) -> Audience<'a> {
        match self {
            Self::Room(view) => Audience::Room(view.name()),
            Self::Conversation(_, audience) => *audience,
        }
    }

    /// Returns the messages that are meant.
    ///
    /// # Errors
    ///
    /// The room, if the store has to be asked for some of them.
    fn select(
        &self,
        selection: Selection,
        limit: usize,
        abilities: Abilities,
    ) -> Result<Vec<&'a Entry>, RoomView<'a>> {
        match self {
            Self::Room(view) => at_hand(*view, selection, limit, abilities).ok_or(*view),
            Self::Conversation(entries, _) => Ok(selection.of(entries, limit)),
        }
    }
}

/// Returns the past of a room that a client is in, or of its conversation with another one that is connected; none
/// if the target is neither.
fn past_of<'a>(hub: &'a Hub, id: ConnId, target: &str) -> Option<Past<'a>> {
    if let Some(room) = target.strip_prefix('#') {
        let view = hub.room(room).filter(|view| view.ranks_of(id).is_some())?;
        return Some(Past::Room(view));
    }
    let other = hub.find(target).filter(|other| *other != id)?;
    let entries = hub.conversation(id, other).collect();
    let audience = Audience::Two {
        me: (id, hub.name(id)?),
        other: hub.name(other)?,
    };
    Some(Past::Conversation(entries, audience))
}

/// Adds messages, in a batch for a client that knows batches.
fn write_page(reply: &mut Reply, caps: Caps, target: &str, to: Audience<'_>, entries: &[&Entry]) {
    let write = |reply: &mut Reply| write_entries(reply, to, entries, |_| String::new());
    match caps.has(Caps::BATCH) {
        true => reply.batched(&[BATCH, target], write),
        false => write(reply),
    }
}

/// Adds past messages. `before` returns the text that is put before the text of each.
fn write_entries(
    reply: &mut Reply,
    to: Audience<'_>,
    entries: &[&Entry],
    before: impl Fn(&Entry) -> String,
) {
    for entry in entries {
        reply.entry(to.of(entry), entry, &before(entry));
    }
}
