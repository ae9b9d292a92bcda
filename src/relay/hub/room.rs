//! One room: its state, and the checks whether a client may enter and speak.
//!
//! A room is all that lasts while people come and go: topic, rules, metadata and history stay as long as
//! the room does, members or none. When the rules went with the last named member, the next guest ruled the
//! room and could read what it kept.
//!
//! People who are not there (absent operators, programs with the message they have read last) are remembered
//! by nickname and host, which is all that can be known again, and in bounded numbers.

use std::collections::VecDeque;

use super::command_error::CommandError;
use super::fold::fold;
use super::history::{History, MessageId};
use super::join_digest::Gathering;
use super::masks::MaskSubject;
use super::members::{Member, Members};
use super::memberships::Membership;
use super::people::Client;
use super::person::{Host, Person};
use super::rules::{ListVerdict, Rules};
use super::terms::{Rank, Ranks};
use super::values::Metadata;
use crate::protocol::{Monotonic, Time};

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    /// The serial number of the room among all rooms that were ever made. With the index it is the room's
    /// [`RoomId`](super::RoomId).
    pub(super) number: u32,
    /// The name, in the spelling of the client that made the room.
    pub(super) name: Box<str>,
    /// The folded name, by which the room is found.
    pub(super) folded: Box<str>,
    /// The members. Each client knows its place among them (`memberships.rs`), so both change together.
    pub(super) members: Members,
    /// Time at which the room was made, in seconds since 1970.
    pub(super) made_at: u64,
    /// The host that the room was made from; none: the server made it, as the default room.
    pub(super) made_by: Option<Host>,
    /// Operators who have left, the one gone longest first. They become operators again when they come
    /// back.
    absent_operators: Vec<MaskSubject<'static>>,
    pub(super) topic: Option<Topic>,
    /// The metadata. Like the topic, it is kept as long as the room is.
    pub(super) metadata: Metadata,
    pub(super) rules: Rules,
    pub(super) history: History,
    /// The number from which on messages are of this room, and not of an earlier one of its name.
    pub(super) first_id: MessageId,
    /// Time of the last message, in microseconds since 1970. The next message gets a later time, even if
    /// the clock was set back: clients ask for what was said before and after a time. It is not that of
    /// the newest line in the history, which may have been taken back, or not be kept at all.
    pub(super) said_us: u64,
    /// Programs that have left, each with the id that the next message had at that time, the one gone
    /// longest first. A program that comes back is not shown the messages before that one again: bots
    /// answered what was said long ago, and bridges passed it on a second time.
    readers: VecDeque<(MaskSubject<'static>, MessageId)>,
    pub(super) gathering: Gathering,
    /// True if this is the default room, which clients arrive in. No client becomes its operator by
    /// entering first.
    pub(super) is_default: bool,
    /// Time since which the room has had no members; none if it has some.
    pub(super) empty_since: Option<Monotonic>,
}

/// The topic of a room. An example is at [`RoomView`](super::RoomView).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The text.
    pub text: Box<str>,
    /// The person who set the topic, as `nick!user@host`.
    pub by: Box<str>,
    /// Time at which the topic was set, in seconds since 1970, UTC.
    pub unix_seconds: u64,
}

impl Topic {
    pub(super) fn new(text: &str, by: Person<'_>, now: Time) -> Self {
        Self {
            text: text.into(),
            by: by.mask().to_string().into(),
            unix_seconds: now.unix_seconds(),
        }
    }
}

/// Programs that one room remembers after they have left, at most.
const READERS_MAX: usize = 64;

/// Operators that one room remembers after they have left, at most.
const ABSENT_OPERATORS_MAX: usize = 16;

impl Room {
    /// An empty room.
    pub(super) fn new(name: &str, number: u32, now: Time) -> Self {
        Self {
            number,
            name: name.into(),
            folded: fold(name).into(),
            members: Members::default(),
            made_at: now.unix_seconds(),
            made_by: None,
            absent_operators: Vec::new(),
            topic: None,
            metadata: Metadata::default(),
            rules: Rules::default(),
            history: History::default(),
            first_id: MessageId::default(),
            said_us: 0,
            readers: VecDeque::new(),
            gathering: Gathering::default(),
            is_default: false,
            empty_since: None,
        }
    }

    /// Returns whether a client that is not in the room may enter with this key. `count` is the number of
    /// members that the limit is held against.
    pub(super) fn bar_entry(
        &self,
        client: &Client,
        key: Option<&str>,
        count: usize,
    ) -> Result<(), CommandError<'static>> {
        match self.expects(client) {
            true => Ok(()),
            false => self.rules.bar_entry(&client.source(), key, count),
        }
    }

    /// Returns whether a client may enter against every rule: an operator has invited it, or it is an
    /// operator who comes back. An operator who was put out, banned or deposed meanwhile is not remembered,
    /// so nobody comes back to rule against the will of the others.
    fn expects(&self, client: &Client) -> bool {
        let source = client.source();
        let mut absent = self.absent_operators.iter();
        self.rules.is_invited(client.id) || absent.any(|it| it.is_same_person(&source))
    }

    /// Returns whether the bans match a client that is not [expected](Self::expects). The caller checks
    /// whether the client is an operator.
    pub(super) fn is_banned(&self, client: &Client) -> bool {
        self.rules.masks() > 0
            && self.rules.verdict(&client.source()) == ListVerdict::Banned
            && !self.expects(client)
    }

    /// Returns whether a person may speak. `place` is the person's place among the members, if there is
    /// one.
    pub(super) fn bar_speech(
        &mut self,
        place: Option<Membership>,
        person: Person<'_>,
    ) -> Result<(), CommandError<'static>> {
        let mut member = place.and_then(|place| self.members.at_mut(place.slot()));
        let ranks = member.as_ref().map(|member| member.ranks());
        self.rules.bar_speech(ranks, |rules| {
            // The verdict is remembered with the member: held against each line that is said, the lists
            // of a hostile operator would make every line of the room cost as much as all its masks.
            let known = member.as_ref().and_then(|member| member.verdict());
            known.unwrap_or_else(|| {
                let verdict = match rules.masks() {
                    0 => ListVerdict::Free,
                    _ => rules.verdict(&MaskSubject::called(person)),
                };
                if let Some(member) = &mut member {
                    member.set_verdict(Some(verdict));
                }
                verdict
            })
        })
    }

    /// All of the room's state but its rules, members and history, for comparison. A field that decides
    /// what the room does later belongs here, or the digests of two chats that differ would be the same.
    pub(super) fn kept(&self) -> impl std::fmt::Debug {
        let Self { name, topic, .. } = self;
        let made = (self.made_at, self.made_by);
        let absent = (&self.absent_operators, &self.readers);
        let state = (self.said_us, self.is_default, self.empty_since);
        let told = (&self.metadata, &self.gathering);
        (name, topic, made, absent, state, told)
    }

    /// Adds a member, and returns its place. An operator who comes back is an operator again. A client
    /// that enters becomes an operator if no absent operators are remembered and no member has a
    /// nickname, except in the default room.
    pub(super) fn add_member(&mut self, client: &Client) -> usize {
        let is_named = client.name.is_some();
        let mut member = Member::new(client.id, client.format, client.level, is_named);
        if is_named && self.makes_operator(client) {
            let mut ranks = Ranks::default();
            ranks.set(Rank::Operator, true);
            member.set_ranks(ranks);
        }
        self.members.push(member)
    }

    /// Returns whether a client that enters with a nickname becomes an operator. While absent operators are
    /// remembered, the room is theirs, and waits for them.
    fn makes_operator(&mut self, client: &Client) -> bool {
        let source = client.source();
        let mut absent = self.absent_operators.iter();
        if let Some(at) = absent.position(|it| it.is_same_person(&source)) {
            self.absent_operators.remove(at);
            return true;
        }
        !self.is_default && self.members.named() == 0 && self.absent_operators.is_empty()
    }

    /// Remembers a member that leaves its place, if it is an operator.
    pub(super) fn remember_operator(&mut self, client: &Client, slot: usize) {
        let member = self.members.at(slot);
        if !member.is_some_and(|member| member.ranks().is_operator) {
            return;
        }
        let source = client.source().into_owned();
        self.forget_operators(|it| it.is_same_person(&source));
        if self.absent_operators.len() == ABSENT_OPERATORS_MAX {
            self.absent_operators.remove(0);
        }
        self.absent_operators.push(source);
    }

    pub(super) fn absent_operators(&self) -> &[MaskSubject<'static>] {
        &self.absent_operators
    }

    pub(super) fn readers(&self) -> impl Iterator<Item = &(MaskSubject<'static>, MessageId)> {
        self.readers.iter()
    }

    /// Remembers people from before a restart.
    pub(super) fn restore_people(
        &mut self,
        operators: impl Iterator<Item = MaskSubject<'static>>,
        readers: impl Iterator<Item = (MaskSubject<'static>, MessageId)>,
    ) {
        self.absent_operators = operators.collect();
        let surplus = self
            .absent_operators
            .len()
            .saturating_sub(ABSENT_OPERATORS_MAX);
        self.absent_operators.drain(..surplus);
        self.readers = readers.take(READERS_MAX).collect();
    }

    /// Remembers how far a program that leaves has read.
    pub(super) fn remember_reader(&mut self, client: &Client, next: MessageId) {
        let source = client.source().into_owned();
        self.readers.retain(|(it, _)| !it.is_same_person(&source));
        if self.readers.len() == READERS_MAX {
            self.readers.pop_front();
        }
        self.readers.push_back((source, next));
    }

    /// Returns the first message that a client that was in the room before has not been sent; none if
    /// nothing is known of the client.
    pub(super) fn first_unread(&self, source: &MaskSubject<'_>) -> Option<MessageId> {
        let mut readers = self.readers.iter();
        let reader = readers.find(|(it, _)| it.is_same_person(source));
        reader.map(|(_, next)| *next)
    }

    /// Forgets the absent operators that `is_meant` picks, who then do not become operators again.
    /// Returns whether there were any.
    pub(super) fn forget_operators(&mut self, is_meant: impl Fn(&MaskSubject<'_>) -> bool) -> bool {
        let before = self.absent_operators.len();
        self.absent_operators.retain(|it| !is_meant(it));
        self.absent_operators.len() < before
    }
}
