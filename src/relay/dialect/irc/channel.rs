//! The commands for channels: JOIN, PART, KICK, INVITE, TOPIC, NAMES and LIST.
//!
//! Modern IRC, "Channel Operations".
//!
//! Rules of rooms are the hub's: here a line becomes actions, one for each channel or name, and each is
//! answered by itself. To a client outside of it, a query about a secret channel is answered as if there were
//! none. What a list looks at is paid for, also what it does not show.

use std::collections::BTreeSet;
use std::iter;

use super::super::mode_letters::Mode;
use super::caps::Caps;
use super::dispatch::CommandContext;
use super::elist::{Filter, ListedChannel};
use super::isupport::{KICK_BYTES_MAX, TARGETS_MAX, TOPIC_BYTES_MAX};
use super::message::{Message, targets};
use super::metadata::MetadataTarget;
use super::numerics as n;
use super::reply::Reply;
use super::text::{cleaned, cut, shown};
use crate::protocol::{ConnId, Output};
use crate::relay::hub::names::{fold, legalize_room};
use crate::relay::hub::{
    Action, CommandError, Flag, Hub, MemberView, PersonFlag, Ranks, RoomId, RoomRef, RoomView,
    Whose, cost,
};

/// Bytes of an answer that could list everything on the server; the part of the answer beyond them is
/// left out.
pub(super) const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Maximum number of times that a LIST with several conditions compares a room with a condition. With a
/// thousand rooms, sixteen conditions took the loop 11 ms. Before there was a limit, sixteen masks among six
/// thousand rooms took it 36 ms, in which nobody else was served.
const LOOKS_MAX: usize = 8192;

/// Returns the name of the room that a channel's name means; none if that is not a legal name. It is never
/// changed into a legal one, as for line clients: the client would not know of it.
pub(super) fn room_of(channel: &str) -> Option<&str> {
    let name = channel.strip_prefix('#').filter(|name| !name.is_empty())?;
    (legalize_room(name) == name).then_some(name)
}

/// Returns the prefixes of a member's ranks, such as `@+`. A client without `multi-prefix` gets the
/// highest one alone.
pub(super) fn prefixes(ranks: Ranks, caps: Caps) -> &'static str {
    match (ranks.is_operator, ranks.has_voice) {
        (true, true) if caps.has(Caps::MULTI_PREFIX) => "@+",
        (true, _) => "@",
        (false, true) => "+",
        (false, false) => "",
    }
}

impl<O: Output> CommandContext<'_, O> {
    /// Carries out JOIN: channels and their keys, in pairs. A channel that is named twice is joined once.
    /// `JOIN 0` leaves all channels (RFC 2812, 3.2.1).
    pub(super) fn join(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        if it.param(0) == "0" {
            return self.part_all();
        }
        let keys = it.param(1).split(',').map(Some).chain(iter::repeat(None));
        let channels = it.param(0).split(',').filter(|it| !it.is_empty());
        let mut seen = BTreeSet::new();
        for (channel, key) in channels.zip(keys).filter(|it| seen.insert(it.0)) {
            self.join_one(channel, key.filter(|key| !key.is_empty()));
        }
        self.count_targets(seen.len());
    }

    /// Counts each target but the first as one more line of the client. A line with four targets does the
    /// work of four.
    pub(super) fn count_targets(&mut self, count: usize) {
        self.hub
            .note_work(cost::TARGET as usize * count.saturating_sub(1));
    }

    fn join_one(&mut self, channel: &str, key: Option<&str>) {
        let Some(room) = room_of(channel) else {
            return self.refuse_channel(channel);
        };
        let join = Action::Join {
            room,
            key,
            leaves_others: false,
        };
        self.act(&join);
    }

    /// Answers 403 for a name that no channel can have, with words that tell a wrong name from a missing `#`.
    fn refuse_channel(&mut self, channel: &str) {
        let words = match channel.starts_with('#') {
            true => "That name has characters that are not allowed here, or too many",
            false => n::NO_SUCH_CHANNEL.words,
        };
        let channel = shown(channel);
        self.reply
            .numeric_with(n::NO_SUCH_CHANNEL, &[channel], words);
    }

    /// Sends a client that has joined a channel its topic, read marker, names, metadata and past, as far as
    /// the client's capabilities ask for them. The JOIN itself is in the answer already: the hub has told it,
    /// so that it stands where all others read it.
    pub(super) fn show_joined(&mut self, room: RoomId) {
        let caps = self.state.caps;
        let Some(view) = self.hub.room_at(room) else {
            return;
        };
        let reply = &mut *self.reply;
        show_topic(reply, view);
        let channel = format!("#{}", view.name());
        if caps.has(Caps::READ_MARKER) {
            let marker = self.state.marker(&fold(&channel));
            let line = reply.line().add("MARKREAD ").add(&channel);
            line.add(" ").add(marker.unwrap_or("*")).end();
        }
        if caps.wants_names() {
            let work = cost::LISTED as usize * view.named();
            show_names(reply, self.hub, view, caps, self.id);
            reply.numeric(n::END_OF_NAMES, &[&channel]);
            self.hub.note_work(work);
        }
        self.sync_with(&MetadataTarget {
            whose: Whose::Room(room),
            name: channel,
        });
        if !caps.has(Caps::CHATHISTORY) {
            self.play_back(room);
        }
    }

    /// Leaves all channels, for `JOIN 0`. The names are copied first: each that is left changes the list.
    fn part_all(&mut self) {
        let rooms: Vec<String> = self
            .hub
            .rooms_of(self.id)
            .map(|it| it.name().to_owned())
            .collect();
        for room in &rooms {
            self.part_one(&format!("#{room}"), None);
        }
        self.count_targets(rooms.len());
    }

    pub(super) fn part(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        let reason = it.some(1).map(cleaned).filter(|reason| !reason.is_empty());
        let mut count = 0;
        for channel in targets(it.param(0)) {
            self.part_one(channel, reason.as_deref());
            count += 1;
        }
        self.count_targets(count);
    }

    fn part_one(&mut self, channel: &str, reason: Option<&str>) {
        self.act_in(channel, |room| Action::Part { room, reason });
    }

    pub(super) fn kick(&mut self, it: &Message<'_>) {
        if !self.needs(it, 2) {
            return;
        }
        let reason = it.some(2).map(cleaned).filter(|reason| !reason.is_empty());
        let reason = reason.as_deref().map(|reason| cut(reason, KICK_BYTES_MAX));
        let channels: Vec<&str> = it.param(0).split(',').collect();
        let names: Vec<&str> = it.param(1).split(',').take(TARGETS_MAX).collect();
        self.count_targets(names.len());
        // One channel for all names, or one for each (RFC 2812, 3.2.8).
        for (n, name) in names.into_iter().enumerate() {
            if let Some(channel) = channels
                .get(n)
                .or(channels.first().filter(|_| channels.len() == 1))
            {
                self.act_in(channel, |room| Action::Kick { room, name, reason });
            }
        }
    }

    pub(super) fn invite(&mut self, it: &Message<'_>) {
        if it.params().is_empty() {
            return self.invitations();
        }
        if !self.needs(it, 2) {
            return;
        }
        let (name, channel) = (it.param(0), it.param(1));
        self.act_in(channel, |room| Action::Invite { room, name });
    }

    /// Answers an invitation, with the names as the server spells them, and with 301 if the person is away.
    pub(super) fn show_inviting(&mut self, room: RoomRef<'_>, name: &str) {
        let (view, person) = (self.hub.room_of(room), self.hub.person(name));
        let (Some(view), Some(person)) = (view, person) else {
            return;
        };
        let channel = format!("#{}", view.name());
        let reply = &mut *self.reply;
        reply.numeric_of(n::INVITING, &[person.name, &channel]);
        if let Some(away) = person.profile.away() {
            reply.numeric_with(n::AWAY, &[person.name], away);
        }
    }

    /// Counts a query that goes through `looked_at` people or rooms as several lines of the client.
    pub(super) fn note_query(&mut self, looked_at: usize) {
        let work = cost::QUERY as usize + cost::LISTED as usize * looked_at;
        self.hub.note_work(work);
    }

    /// Lists the channels that the client has been invited to and has not joined yet (Modern IRC, "INVITE").
    /// A client that has missed an INVITE can look it up in no other way.
    fn invitations(&mut self) {
        self.note_query(self.hub.counts().rooms);
        let (hub, reply) = (&*self.hub, &mut *self.reply);
        for view in hub.rooms().filter(|it| it.has_invited(self.id)) {
            reply.numeric_of(n::INVITED_TO, &[&format!("#{}", view.name())]);
        }
        reply.numeric(n::END_OF_INVITATIONS, &[]);
    }

    /// Carries out TOPIC. Without a text it shows the topic; an empty one clears it. What would change
    /// nothing is not told to anybody, but whether the client may set a topic is asked all the same.
    pub(super) fn topic(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        let channel = it.param(0);
        let room = channel.strip_prefix('#').unwrap_or_default();
        let view = self.hub.room(room);
        let Some(view) = view.filter(|it| it.is_visible_to(self.id)) else {
            return self.refuse(CommandError::NoSuchRoom, channel);
        };
        if it.params().len() < 2 {
            let reply = &mut *self.reply;
            if view.topic().is_none() {
                reply.numeric(n::NO_TOPIC, &[&format!("#{}", view.name())]);
            }
            return show_topic(reply, view);
        }
        let text = cleaned(it.param(1));
        let text = cut(&text, TOPIC_BYTES_MAX);
        let topic = Some(text).filter(|text| !text.is_empty());
        let (id, room) = (self.id, view.id());
        let is_news = view.topic().map(|topic| &*topic.text) != topic;
        if !is_news && self.hub.bar_topic(id, room).is_ok() {
            // Modern IRC, "TOPIC": everyone is told when the topic is changed or cleared. A bot that
            // sets the same topic every minute does neither.
            return;
        }
        self.act_in(channel, |room| Action::SetTopic { room, topic });
    }

    /// Carries out NAMES. Without a channel, it lists every channel that the client may see, up to a limit of
    /// bytes.
    pub(super) fn names(&mut self, it: &Message<'_>) {
        let caps = self.state.caps;
        let Some(channels) = it.some(0) else {
            self.note_query(self.hub.counts().named);
            let (hub, reply) = (&*self.hub, &mut *self.reply);
            for view in hub.rooms().filter(|it| it.is_visible_to(self.id)) {
                if reply.lines().text_bytes() < ANSWER_BYTES_MAX {
                    show_names(reply, hub, view, caps, self.id);
                }
            }
            return reply.numeric(n::END_OF_NAMES, &["*"]);
        };
        let channels: Vec<&str> = targets(channels).take(TARGETS_MAX).collect();
        self.count_targets(channels.len());
        for channel in channels {
            let (hub, reply) = (&*self.hub, &mut *self.reply);
            let room = channel.strip_prefix('#').and_then(|room| hub.room(room));
            let Some(view) = room.filter(|it| it.is_visible_to(self.id)) else {
                reply.numeric(n::END_OF_NAMES, &[shown(channel)]);
                continue;
            };
            show_names(reply, hub, view, caps, self.id);
            // The end of the list names the channel in the same spelling as the list.
            reply.numeric(n::END_OF_NAMES, &[&format!("#{}", view.name())]);
            let work = cost::LISTED as usize * view.named();
            self.hub.note_work(work);
        }
    }

    /// Carries out LIST. Rooms in which nobody has a name are not shown, as in the other dialects.
    pub(super) fn list(&mut self, it: &Message<'_>) {
        let filter = Filter::new(it.param(0));
        let rooms = self.hub.counts().rooms;
        if filter.conditions() > 1 && rooms * filter.conditions() > LOOKS_MAX {
            // RFC 2812, 5.1: a server that drops a command tells the client so.
            let words = "There are too many channels for so many conditions: try again with one";
            return self.reply.numeric_with(n::TRY_AGAIN, &["LIST"], words);
        }
        self.note_query(rooms);
        self.hub
            .note_work(cost::CONDITION as usize * rooms * filter.conditions());
        let now = self.now.unix_seconds();
        let (hub, reply) = (&*self.hub, &mut *self.reply);
        reply.numeric(n::LIST_START, &["Channel"]);
        for view in hub
            .rooms()
            .filter(|it| it.named() > 0 && it.is_visible_to(self.id))
        {
            let topic = view.topic();
            let listed = ListedChannel {
                room: view.folded(),
                people: view.named(),
                age_seconds: now.saturating_sub(view.made_unix_seconds()),
                topic_age_seconds: topic.map(|it| now.saturating_sub(it.unix_seconds)),
            };
            if filter.shows(&listed) && reply.lines().text_bytes() < ANSWER_BYTES_MAX {
                let channel = format!("#{}", view.name());
                let text = topic.map_or("", |topic| &topic.text);
                reply.numeric_with(n::LIST, &[&channel, &view.named().to_string()], text);
            }
        }
        reply.numeric(n::LIST_END, &[]);
    }

    /// Answers with the reason why an action is refused. `target` is the name that the client gave. The same
    /// reasons have sentences in the line dialect and codes in JSON.
    pub(super) fn refuse(&mut self, why: CommandError<'_>, target: &str) {
        let target = shown(target);
        let reply = &mut *self.reply;
        match why {
            CommandError::NoSuchRoom | CommandError::NoRoomName => {
                reply.numeric(n::NO_SUCH_CHANNEL, &[target]);
            }
            CommandError::TooManyRooms => {
                reply.numeric_with(
                    n::TOO_MANY_CHANNELS,
                    &[target],
                    "There are too many channels",
                );
            }
            CommandError::InTooManyRooms => reply.numeric(n::TOO_MANY_CHANNELS, &[target]),
            CommandError::NotIn => reply.numeric(n::NOT_ON_CHANNEL, &[target]),
            CommandError::NeedsKey => reply.numeric(n::BAD_KEY, &[target]),
            CommandError::InviteOnly => reply.numeric(n::INVITE_ONLY, &[target]),
            CommandError::Banned => reply.numeric(n::BANNED, &[target]),
            CommandError::Full => reply.numeric(n::CHANNEL_FULL, &[target]),
            CommandError::Moderated => cannot_send(reply, target, "it is moderated (+m)"),
            CommandError::NoExternal => cannot_send(reply, target, "you are not on it (+n)"),
            CommandError::Muted => cannot_send(reply, target, "you are muted (+q)"),
            CommandError::BannedThere => cannot_send(reply, target, "you are banned (+b)"),
            CommandError::NotOperator => reply.numeric(n::NOT_OPERATOR, &[target]),
            CommandError::NotWithYou(name) => {
                reply.numeric(n::NOT_IN_CHANNEL, &[shown(name), target]);
            }
            CommandError::AlreadyThere(name) => {
                reply.numeric(n::ALREADY_ON_CHANNEL, &[shown(name), target]);
            }
            CommandError::NoOneCalled(name) => reply.numeric(n::NO_SUCH_NICK, &[shown(name)]),
            CommandError::ReadsNothing(name) => {
                let words = "This client only sends and reads nothing";
                reply.numeric_with(n::CANNOT_SEND, &[shown(name)], words);
            }
            CommandError::ListFull(list) => {
                let letter = Mode::List(list).letter().to_string();
                reply.numeric(n::LIST_FULL, &[target, &letter]);
            }
            why => {
                let words = match why {
                    CommandError::NoHistory | CommandError::NoSuchMessage => {
                        "There is no such message"
                    }
                    CommandError::NicknameFirst => "That takes a nickname",
                    _ => "That could not be done",
                };
                reply.numeric_with(n::UNKNOWN_ERROR, &[target], words);
            }
        }
    }
}

fn cannot_send(reply: &mut Reply, target: &str, why: &str) {
    let words = format!("Cannot send to channel: {why}");
    reply.numeric_with(n::CANNOT_SEND, &[target], &words);
}

/// Adds the topic, and the person who set it, if there is one.
fn show_topic(reply: &mut Reply, view: RoomView<'_>) {
    if let Some(topic) = view.topic() {
        let channel = format!("#{}", view.name());
        reply.numeric_with(n::TOPIC, &[&channel], &topic.text);
        let when = topic.unix_seconds.to_string();
        reply.numeric_of(n::TOPIC_BY, &[&channel, &topic.by, &when]);
    }
}

/// Adds the names of a room's members, as far as the client may see them. A client outside the room sees an
/// invisible member only if the two share another room. The list shows what JOIN, PART and QUIT lines will
/// keep up to date, so a member is shown everybody.
fn show_names(reply: &mut Reply, hub: &Hub, view: RoomView<'_>, caps: Caps, id: ConnId) {
    let is_there = view.ranks_of(id).is_some();
    let is_shown = |it: &MemberView<'_>| {
        is_there || !it.person.profile.is(PersonFlag::Invisible) || hub.share_a_room(id, it.id)
    };
    let members = view.members().filter(is_shown).map(|it| {
        let prefixes = prefixes(it.ranks, caps);
        match caps.has(Caps::USERHOST_IN_NAMES) {
            true => format!("{prefixes}{}", it.person.mask()),
            false => format!("{prefixes}{}", it.person.name),
        }
    });
    let symbol = if view.has(Flag::Secret) { "@" } else { "=" };
    let channel = format!("#{}", view.name());
    reply.numeric_list(n::NAMES, &[symbol, &channel], " ", members);
}
