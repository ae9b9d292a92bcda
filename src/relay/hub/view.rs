//! Rooms to look at, and who is in them.

use super::command::{Flag, List, Ranks, RoomId, RoomRef};
use super::history::Entry;
use super::masks::Mask;
use super::people::People;
use super::person::Person;
use super::refused::Refused;
use super::room::{Room, Topic};
use super::rooms::Rooms;
use super::roster::{NAMES_SHOWN_MAX, Names};
use super::values::Metadata;
use crate::protocol::ConnId;

/// A room, to look at.
#[derive(Clone, Copy, Debug)]
pub struct RoomView<'a> {
    people: &'a People,
    rooms: &'a Rooms,
    key: usize,
}

/// Someone in a room.
#[derive(Clone, Copy, Debug)]
pub struct MemberView<'a> {
    /// Their connection.
    pub id: ConnId,
    /// Who it is.
    pub person: Person<'a>,
    /// What they are in the room.
    pub ranks: Ranks,
}

/// A mask on one of a room's lists.
#[derive(Clone, Copy, Debug)]
pub struct MaskView<'a> {
    /// `nick!user@host`
    pub mask: &'a str,
    /// Who put it there, as `nick!user@host`.
    pub by: &'a str,
    /// When, in seconds since 1970, UTC.
    pub unix_seconds: u64,
}

impl<'a> RoomView<'a> {
    pub(super) fn new(people: &'a People, rooms: &'a Rooms, key: usize) -> Self {
        Self { people, rooms, key }
    }

    fn room(self) -> &'a Room {
        &self.rooms[self.key]
    }

    /// Which it is.
    pub fn id(self) -> RoomId {
        self.rooms.id(self.key)
    }

    /// What it is called, as whoever made it wrote it.
    pub fn name(self) -> &'a str {
        &self.room().name
    }

    /// The same, [folded](super::names::fold).
    pub fn folded(self) -> &'a str {
        &self.room().folded
    }

    /// When it was made, in seconds since 1970, UTC.
    pub fn made_unix_seconds(self) -> u64 {
        self.room().made_at
    }

    /// What it is about.
    pub fn topic(self) -> Option<&'a Topic> {
        self.room().topic.as_ref()
    }

    /// Whether a rule holds in it.
    pub fn has(self, flag: Flag) -> bool {
        self.room().rules.has(flag)
    }

    /// Whether someone was asked into it, and has not come yet.
    pub fn has_invited(self, id: ConnId) -> bool {
        self.room().rules.is_invited(id)
    }

    /// The word without which one does not come in.
    pub fn key(self) -> Option<&'a str> {
        self.room().rules.key.as_deref()
    }

    /// How many may be in it.
    pub fn limit(self) -> Option<u32> {
        self.room().rules.limit
    }

    /// One of its lists, in the order in which it was made.
    pub fn list(self, list: List) -> impl ExactSizeIterator<Item = MaskView<'a>> {
        let view = |mask: &'a Mask| MaskView {
            mask: &mask.text,
            by: &mask.by,
            unix_seconds: mask.unix_seconds,
        };
        self.room().rules.list(list).iter().map(view)
    }

    /// Everyone with a nickname in it, in order of arrival.
    pub fn members(self) -> impl Iterator<Item = MemberView<'a>> {
        let named = self
            .room()
            .members
            .iter()
            .filter(|member| member.is_named());
        named.filter_map(move |member| {
            Some(MemberView {
                id: member.id,
                person: self.people.person(member.id)?,
                ranks: member.ranks(),
            })
        })
    }

    /// How many with a nickname are in it.
    pub fn named(self) -> usize {
        self.room().members.named()
    }

    /// How many without one are in it.
    pub fn listeners(self) -> usize {
        self.room().members.listeners()
    }

    /// What someone is in it; none: they are not there.
    pub fn ranks_of(self, id: ConnId) -> Option<Ranks> {
        self.rooms.ranks(self.people.get(id)?, self.key)
    }

    /// Whether someone may know of it: those in a secret room do, and who rules the server.
    pub fn is_visible_to(self, id: ConnId) -> bool {
        !self.has(Flag::Secret) || self.is_for(id)
    }

    /// Whether someone may know what it has: those in it do, who could come in as they are while it
    /// is not secret, and who rules the server.
    pub fn is_open_to(self, id: ConnId) -> bool {
        let could_come_in = || {
            let client = self.people.get(id);
            client.is_some_and(|client| self.room().bar_entry(client, None, 0).is_ok())
        };
        self.is_for(id) || (!self.has(Flag::Secret) && could_come_in())
    }

    fn is_for(self, id: ConnId) -> bool {
        let client = self.people.get(id);
        client.is_some_and(|it| it.memberships.has(self.key) || it.rules_server())
    }

    /// Keys and values that it has.
    pub fn metadata(self) -> &'a Metadata {
        &self.room().metadata
    }

    /// What was said in it and is kept, oldest first.
    pub fn history(self) -> impl DoubleEndedIterator<Item = &'a Entry> + ExactSizeIterator {
        self.room().history.last(usize::MAX)
    }

    /// Everyone in it, but one, as they are listed.
    pub(crate) fn names(self, except: Option<ConnId>) -> Names<'a> {
        let members = &self.room().members;
        let is_there = |id| self.ranks_of(id).is_some();
        let except = except.filter(|id| is_there(*id));
        let except_named = except.is_some_and(|id| self.people.person(id).is_some());
        let named = members.named() - usize::from(except_named);
        let others = self.members().filter(|it| Some(it.id) != except);
        let names: Vec<&str> = others
            .take(named.min(NAMES_SHOWN_MAX))
            .map(|it| it.person.name)
            .collect();
        Names {
            others: named - names.len(),
            listeners: members.listeners() - usize::from(except.is_some() && !except_named),
            names,
        }
    }
}

/// A room that somebody may know of.
pub(super) fn find_visible(
    people: &People,
    rooms: &Rooms,
    id: ConnId,
    room: RoomRef<'_>,
) -> Result<usize, Refused<'static>> {
    let key = rooms.by_ref(room);
    let visible = key.filter(|key| RoomView::new(people, rooms, *key).is_visible_to(id));
    visible.ok_or(Refused::NoSuchRoom)
}
