//! One room: what is kept of it, and whom its rules let in and let speak.

use std::collections::VecDeque;

use super::command::{Rank, Ranks};
use super::fold::fold;
use super::gather::Gathering;
use super::history::{History, MessageId};
use super::masks::Source;
use super::members::{Member, Members};
use super::memberships::Membership;
use super::people::Client;
use super::person::{Host, Person};
use super::refused::Refused;
use super::rules::{Rules, Verdict};
use super::values::Metadata;
use crate::protocol::{Moment, Time};

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    /// Which of all that were ever made.
    pub(super) number: u32,
    /// As whoever made it wrote it.
    pub(super) name: Box<str>,
    /// The same, folded: what it is found by.
    pub(super) folded: Box<str>,
    pub(super) members: Members,
    /// When it was made, in seconds since 1970.
    pub(super) made_at: u64,
    /// Where it was made from; none: it is the one that everybody arrives in.
    pub(super) made_by: Option<Host>,
    /// Operators who have left, the one gone longest first: they rule it again when they come back.
    absent_operators: Vec<Source<'static>>,
    pub(super) topic: Option<Topic>,
    /// Kept as long as the room is, like its topic.
    pub(super) metadata: Metadata,
    pub(super) rules: Rules,
    pub(super) history: History,
    /// When the last message was said, in microseconds since 1970: the next one is said later.
    pub(super) said_us: u64,
    /// Programs that have left, and the message that was the next one then, the one gone longest
    /// first: of what they have had they are shown nothing again.
    readers: VecDeque<(Source<'static>, MessageId)>,
    pub(super) gathering: Gathering,
    /// Whether it is the one that everybody arrives in, which is nobody's.
    pub(super) is_default: bool,
    /// Since when nobody has been in it.
    pub(super) empty_since: Option<Moment>,
}

/// What a room is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// What was written.
    pub text: Box<str>,
    /// By whom, as `nick!user@host`.
    pub by: Box<str>,
    /// When, in seconds since 1970, UTC.
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

/// Programs that have left one room and are remembered, at most.
const READERS_MAX: usize = 64;

/// Operators of one room who are remembered while they are away, at most.
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
            said_us: 0,
            readers: VecDeque::new(),
            gathering: Gathering::default(),
            is_default: false,
            empty_since: None,
        }
    }

    /// Whether someone who is not there may come in, with this key.
    pub(super) fn bar_entry(
        &self,
        client: &Client,
        key: Option<&str>,
        count: usize,
    ) -> Result<(), Refused<'static>> {
        match self.expects(client) {
            true => Ok(()),
            false => self.rules.bar_entry(&client.source(), key, count),
        }
    }

    /// Whether someone may come in whatever the rules say: an operator invited them, or they are one
    /// who is coming back.
    fn expects(&self, client: &Client) -> bool {
        let source = client.source();
        let mut absent = self.absent_operators.iter();
        self.rules.is_invited(client.id) || absent.any(|it| it.is_same_person(&source))
    }

    /// Whether the bans mean someone who does not rule here, and is not [expected](Self::expects).
    pub(super) fn is_banned(&self, client: &Client) -> bool {
        self.rules.masks() > 0
            && self.rules.verdict(&client.source()) == Verdict::Banned
            && !self.expects(client)
    }

    /// Whether someone with a nickname may speak; `place` is theirs in it, if they have one.
    pub(super) fn bar_speech(
        &mut self,
        place: Option<Membership>,
        person: Person<'_>,
    ) -> Result<(), Refused<'static>> {
        let mut member = place.and_then(|place| self.members.at_mut(place.slot()));
        let ranks = member.as_ref().map(|member| member.ranks());
        self.rules.bar_speech(ranks, |rules| {
            let known = member.as_ref().and_then(|member| member.verdict());
            known.unwrap_or_else(|| {
                let verdict = match rules.masks() {
                    0 => Verdict::Free,
                    _ => rules.verdict(&Source::called(person)),
                };
                if let Some(member) = &mut member {
                    member.set_verdict(Some(verdict));
                }
                verdict
            })
        })
    }

    /// What is kept of it besides its rules, its members and its history.
    pub(super) fn kept(&self) -> impl std::fmt::Debug {
        let Self { name, topic, .. } = self;
        let made = (self.made_at, self.made_by);
        let absent = (&self.absent_operators, &self.readers);
        let state = (self.said_us, self.is_default, self.empty_since);
        let told = (&self.metadata, &self.gathering);
        (name, topic, made, absent, state, told)
    }

    /// Gives a place. Operators who come back rule the room again; where there are none to wait for,
    /// and nobody with a name is in a room that is not everybody's, whoever comes does.
    pub(super) fn add_member(&mut self, client: &Client) -> usize {
        let is_named = client.name.is_some();
        let mut member = Member::new(client.id, client.format, client.hears, is_named);
        if is_named && self.makes_operator(client) {
            let mut ranks = Ranks::default();
            ranks.set(Rank::Operator, true);
            member.set_ranks(ranks);
        }
        self.members.push(member)
    }

    fn makes_operator(&mut self, client: &Client) -> bool {
        let source = client.source();
        let mut absent = self.absent_operators.iter();
        if let Some(at) = absent.position(|it| it.is_same_person(&source)) {
            self.absent_operators.remove(at);
            return true;
        }
        !self.is_default && self.members.named() == 0 && self.absent_operators.is_empty()
    }

    /// Remembers whoever rules it and goes out, from a place.
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

    /// Remembers up to where a program that goes out has read.
    pub(super) fn remember_reader(&mut self, client: &Client, next: MessageId) {
        let source = client.source().into_owned();
        self.readers.retain(|(it, _)| !it.is_same_person(&source));
        if self.readers.len() == READERS_MAX {
            self.readers.pop_front();
        }
        self.readers.push_back((source, next));
    }

    /// The first message that someone has not had who was in it before; none: they have had nothing of
    /// it, as far as is known.
    pub(super) fn first_unread(&self, source: &Source<'_>) -> Option<MessageId> {
        let mut readers = self.readers.iter();
        let reader = readers.find(|(it, _)| it.is_same_person(source));
        reader.map(|(_, next)| *next)
    }

    /// Operators who are away and meant will be none on coming back; says whether there were any.
    pub(super) fn forget_operators(&mut self, is_meant: impl Fn(&Source<'_>) -> bool) -> bool {
        let before = self.absent_operators.len();
        self.absent_operators.retain(|it| !is_meant(it));
        self.absent_operators.len() < before
    }
}
