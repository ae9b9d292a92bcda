//! What is allowed in a room: its modes, its lists, and who is kept out or kept quiet by them.

use super::command::{Flag, List, Ranks};
use super::masks::{Mask, matches};
use super::names::fold;
use super::past::Past;
use super::person::{Host, Person};
use super::refused::Refused;
use crate::protocol::ConnId;

/// Masks on all lists of a room together, at most.
pub const MASKS_MAX: usize = 100;

/// Masks in all rooms together, at most.
pub const MASKS_TOTAL_MAX: usize = 20_000;

/// Bytes in a room's key, at most: what IRC clients allow (RFC 2812, 2.3.1).
pub const KEY_BYTES_MAX: usize = 23;

/// Whether a text can be a room's key: one word that can be typed wherever keys are, so without the
/// comma between the keys of several rooms.
pub fn is_key(text: &str) -> bool {
    let is_legal = |c: char| !c.is_control() && !c.is_whitespace() && c != ',';
    let length = 1..=KEY_BYTES_MAX;
    length.contains(&text.len()) && !text.starts_with(':') && text.chars().all(is_legal)
}

/// People who are invited to a room and have not come yet, at most; the oldest invitation goes.
const INVITED_MAX: usize = 100;

/// A room's rules. A new room has one: only those in it speak in it.
#[derive(Debug)]
pub(super) struct Rules {
    flags: u8,
    pub(super) key: Option<Box<str>>,
    pub(super) limit: Option<u32>,
    lists: [Vec<Mask>; List::ALL.len()],
    invited: Vec<ConnId>,
}

impl Default for Rules {
    fn default() -> Self {
        let mut rules = Self {
            flags: 0,
            key: None,
            limit: None,
            lists: Default::default(),
            invited: Vec::new(),
        };
        rules.set(Flag::NoExternal, true);
        rules
    }
}

impl Rules {
    pub(super) fn has(&self, flag: Flag) -> bool {
        self.flags & 1 << flag as u8 != 0
    }

    pub(super) fn set(&mut self, flag: Flag, is_on: bool) {
        let bit = 1 << flag as u8;
        match is_on {
            true => self.flags |= bit,
            false => self.flags &= !bit,
        }
    }

    pub(super) fn list(&self, list: List) -> &[Mask] {
        &self.lists[list as usize]
    }

    pub(super) fn list_mut(&mut self, list: List) -> &mut Vec<Mask> {
        &mut self.lists[list as usize]
    }

    /// How many masks are on all lists together.
    pub(super) fn masks(&self) -> usize {
        self.lists.iter().map(Vec::len).sum()
    }

    pub(super) fn invite(&mut self, id: ConnId) {
        self.invited.retain(|other| *other != id);
        if self.invited.len() == INVITED_MAX {
            self.invited.remove(0);
        }
        self.invited.push(id);
    }

    /// Someone has come in, or will not.
    pub(super) fn uninvite(&mut self, id: ConnId) {
        self.invited.retain(|other| *other != id);
    }

    pub(super) fn is_invited(&self, id: ConnId) -> bool {
        self.invited.contains(&id)
    }

    /// Whether someone who is not there may come in, with this key. Whoever was invited may.
    pub(super) fn bar_entry(
        &self,
        id: ConnId,
        person: Option<Person<'_>>,
        key: Option<&str>,
        count: usize,
    ) -> Result<(), Refused<'static>> {
        if self.is_invited(id) {
            return Ok(());
        }
        if self.lists(person, List::Bans) && !self.lists(person, List::BanExceptions) {
            return Err(Refused::Banned);
        }
        if self.key.is_some() && self.key.as_deref() != key {
            return Err(Refused::NeedsKey);
        }
        if self.has(Flag::InviteOnly) && !self.lists(person, List::InviteExceptions) {
            return Err(Refused::InviteOnly);
        }
        if self.limit.is_some_and(|limit| count >= limit as usize) {
            return Err(Refused::Full);
        }
        Ok(())
    }

    /// Whether someone may speak; `ranks` are none for someone who is not in the room.
    pub(super) fn bar_speech(
        &self,
        person: Person<'_>,
        ranks: Option<Ranks>,
    ) -> Result<(), Refused<'static>> {
        if ranks.is_none() && self.has(Flag::NoExternal) {
            return Err(Refused::NoExternal);
        }
        if ranks.is_some_and(|ranks| ranks.is_operator || ranks.has_voice) {
            return Ok(());
        }
        if self.has(Flag::Moderated) {
            return Err(Refused::Moderated);
        }
        let person = Some(person);
        let why = match () {
            () if self.lists(person, List::Bans) => Refused::BannedThere,
            () if self.lists(person, List::Mutes) => Refused::Muted,
            () => return Ok(()),
        };
        match self.lists(person, List::BanExceptions) {
            true => Ok(()),
            false => Err(why),
        }
    }

    /// Whether someone is on a list. Nobody without a name is on one that says anything of names.
    fn lists(&self, person: Option<Person<'_>>, list: List) -> bool {
        let masks = self.list(list);
        let Some(person) = person.filter(|_| !masks.is_empty()) else {
            return false;
        };
        let source = source(person);
        masks.iter().any(|mask| matches(&mask.folded, &source))
    }
}

/// What masks are held against: `nick!user@host`, folded. Folding can make a name eighteen times as
/// long, and a line said costs the square of that for every mask there is, so it is cut: masks that
/// mean so long a name mean nobody, and those that mean a host are no matter of names.
pub(super) fn source(person: Person<'_>) -> String {
    let profile = person.profile;
    source_in_full(person.name, profile.user(), profile.host())
}

/// The same of someone who is no longer called so.
pub(super) fn source_of_past(past: &Past) -> String {
    source_in_full(&past.name, &past.user, past.host)
}

fn source_in_full(name: &str, user: &str, host: Host) -> String {
    let name = fold(name);
    let name = name.chars().take(FOLDED_CHARS_MAX);
    let rest = fold(&format!("!{user}@{host}"));
    name.chain(rest.chars()).collect()
}

/// Characters of a folded name that masks are held against.
const FOLDED_CHARS_MAX: usize = 64;
