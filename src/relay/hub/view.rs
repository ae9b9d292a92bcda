//! Read access to rooms and their members.
//!
//! A view shows a room as it is, without asking who looks: it is the caller who must ask
//! [`is_visible_to`](RoomView::is_visible_to) before showing anything of it to a client.

use super::command_error::CommandError;
use super::history::Entry;
use super::masks::Mask;
use super::past::ArchiveKey;
use super::people::People;
use super::person::Person;
use super::room::{Room, Topic};
use super::rooms::Rooms;
use super::roster::{NAMES_SHOWN_MAX, Names};
use super::terms::{Flag, List, Ranks, RoomId, RoomRef};
use super::values::Metadata;
use crate::protocol::ConnId;

/// A room to read from.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use parloir::relay::hub::{Action, EventLevel, Flag, Host, Hub, Nick, Rank, RoomRef, Utterance};
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
/// let (mut hub, ann) = (Hub::new(RelayConfig::default()), ConnId::new(0, 0));
/// let now = Time::new(Duration::ZERO, Duration::from_secs(1_700_000_000));
/// let (level, host, room) = (EventLevel::Room, Host::LOCAL, RoomRef::Named("dev"));
/// for action in [
///     Action::Admit { level, host, address: None, enters_default: false },
///     Action::Arrive { nick: Nick::Exactly("ann"), names: None },
///     Action::Join { room: "Dev", key: None, leaves_others: false },
///     Action::SetTopic { room, topic: Some("release on Friday") },
///     Action::Say { room, at_least: Rank::Member, what: Utterance::message("hello") },
/// ] {
///     hub.apply(ann, &action, now, &mut Quiet).expect("ann may do all of this");
/// }
/// let dev = hub.room("DEV").expect("names are compared without their case");
/// assert_eq!(dev.name(), "Dev", "as it was first written");
/// assert!(dev.has(Flag::NoExternal), "the one rule of a new room");
/// let topic = dev.topic().expect("it was set");
/// assert_eq!((&*topic.text, &*topic.by), ("release on Friday", "ann!~user@local.host"));
/// let member = dev.members().next().expect("ann is there");
/// assert_eq!(member.ranks.highest(), Rank::Operator, "she was the first");
/// assert!(dev.history().map(|entry| &*entry.text).eq(["hello"]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RoomView<'a> {
    people: &'a People,
    rooms: &'a Rooms,
    /// The room's index in the table, which no caller sees: outside of the hub a room is known by its
    /// [`RoomId`] or its name, since an index may come to mean another room.
    key: usize,
}

/// A member with a nickname.
#[derive(Clone, Copy, Debug)]
pub struct MemberView<'a> {
    /// The member's connection.
    pub id: ConnId,
    /// The member's nickname and profile.
    pub person: Person<'a>,
    /// The member's ranks in the room.
    pub ranks: Ranks,
}

/// A mask on one of a room's lists.
#[derive(Clone, Copy, Debug)]
pub struct MaskView<'a> {
    /// `nick!user@host`
    pub mask: &'a str,
    /// The person who put the mask on the list, as `nick!user@host`.
    pub by: &'a str,
    /// Time at which the mask was put on the list, in seconds since 1970, UTC.
    pub unix_seconds: u64,
}

impl<'a> RoomView<'a> {
    pub(super) fn new(people: &'a People, rooms: &'a Rooms, key: usize) -> Self {
        Self { people, rooms, key }
    }

    fn room(self) -> &'a Room {
        &self.rooms[self.key]
    }

    /// The id of the room.
    pub fn id(self) -> RoomId {
        self.rooms.id(self.key)
    }

    /// The name, in the spelling of the client that made the room, without a `#` before it.
    pub fn name(self) -> &'a str {
        &self.room().name
    }

    /// The [folded](super::names::fold) name.
    pub fn folded(self) -> &'a str {
        &self.room().folded
    }

    /// Time at which the room was made, in seconds since 1970, UTC.
    pub fn made_unix_seconds(self) -> u64 {
        self.room().made_at
    }

    /// The topic, if one is set.
    pub fn topic(self) -> Option<&'a Topic> {
        self.room().topic.as_ref()
    }

    /// Returns whether a rule is switched on.
    pub fn has(self, flag: Flag) -> bool {
        self.room().rules.has(flag)
    }

    /// Returns whether a client is invited and has not entered yet.
    pub fn has_invited(self, id: ConnId) -> bool {
        self.room().rules.is_invited(id)
    }

    /// The key, without which clients cannot enter; none if the room has no key.
    pub fn key(self) -> Option<&'a str> {
        self.room().rules.key.as_deref()
    }

    /// The highest number of members; none if there is no limit.
    pub fn limit(self) -> Option<u32> {
        self.room().rules.limit
    }

    /// Returns the masks on a list, in the order in which they were added.
    pub fn list(self, list: List) -> impl ExactSizeIterator<Item = MaskView<'a>> {
        let view = |mask: &'a Mask| MaskView {
            mask: &mask.text,
            by: &mask.by,
            unix_seconds: mask.unix_seconds,
        };
        self.room().rules.list(list).iter().map(view)
    }

    /// Returns all members with a nickname, in order of arrival.
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

    /// Number of members with a nickname.
    pub fn named(self) -> usize {
        self.room().members.named()
    }

    /// Number of members without a nickname.
    pub fn listeners(self) -> usize {
        self.room().members.listeners()
    }

    /// Returns the ranks of a client in the room; none if it is not a member.
    pub fn ranks_of(self, id: ConnId) -> Option<Ranks> {
        self.rooms.ranks(self.people.get(id)?, self.key)
    }

    /// Returns whether a client may know that the room exists. Only members and server operators may
    /// know of a secret room.
    pub fn is_visible_to(self, id: ConnId) -> bool {
        !self.has(Flag::Secret) || self.is_for(id)
    }

    /// Returns whether a client may know the room's metadata. Members and server operators may, and
    /// clients that could enter as they are, if the room is not secret.
    pub fn is_open_to(self, id: ConnId) -> bool {
        // The number of members is given as zero, so a limit on members is not asked here.
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

    /// The room's metadata.
    pub fn metadata(self) -> &'a Metadata {
        &self.room().metadata
    }

    /// Returns the messages that are kept, oldest first.
    pub fn history(self) -> impl DoubleEndedIterator<Item = &'a Entry> + ExactSizeIterator {
        self.room().history.last(usize::MAX)
    }

    /// Returns whether the room may have older messages than its history, in a [store](crate::store).
    pub fn has_older(self) -> bool {
        self.room().history.is_cut()
    }

    /// Returns what a store knows the room by.
    pub fn archive_key(self) -> ArchiveKey {
        let room = self.room();
        ArchiveKey {
            room: room.folded.to_string(),
            first_id: room.first_id,
        }
    }

    /// Returns all members, except one, in the form in which clients are shown them. The client that is
    /// shown them is left out, and must then not be counted either.
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

/// Returns the index of a room, if a client may know that it exists.
///
/// # Errors
///
/// [`CommandError::NoSuchRoom`], for a secret room as for none, or the answer would tell them apart.
pub(super) fn find_visible(
    people: &People,
    rooms: &Rooms,
    id: ConnId,
    room: RoomRef<'_>,
) -> Result<usize, CommandError<'static>> {
    let key = rooms.by_ref(room);
    let visible = key.filter(|key| RoomView::new(people, rooms, *key).is_visible_to(id));
    visible.ok_or(CommandError::NoSuchRoom)
}
