//! The rules of a room: its modes and lists, and the checks whether a client may enter and speak.

use super::command_error::CommandError;
use super::masks::{Mask, MaskSubject};
use super::terms::{Flag, List, ModeChange, Ranks};
use crate::protocol::ConnId;

/// Masks on all lists of one room together, at most: each may have to be compared with whoever enters or
/// speaks.
pub const MASKS_MAX: usize = 100;

/// Masks in all rooms together, at most.
pub const MASKS_TOTAL_MAX: usize = 20_000;

/// Bytes in a room's key, at most: what IRC clients allow (RFC 2812, 2.3.1).
pub const KEY_BYTES_MAX: usize = 23;

/// Returns whether a text can be a room's key: one word that can be typed in every place for keys, so
/// without the comma that separates the keys of several rooms, and without the characters that are
/// shown nowhere: a byte-order mark, and those that turn text around.
///
/// The rule is the room's and not each dialect's: a key with a comma or of thirty letters, set by one who
/// types lines, could not be given by an IRC client, which separates keys by commas and cuts them.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::is_key;
///
/// assert!(is_key("sesame"));
/// assert!(!is_key("open,sesame") && !is_key("open sesame") && !is_key(":sesame") && !is_key(""));
/// assert!(!is_key(&"x".repeat(24)));
/// ```
pub fn is_key(text: &str) -> bool {
    let is_hidden =
        |c: char| matches!(c, '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_legal = |c: char| !c.is_control() && !c.is_whitespace() && c != ',' && !is_hidden(c);
    let length = 1..=KEY_BYTES_MAX;
    length.contains(&text.len()) && !text.starts_with(':') && text.chars().all(is_legal)
}

/// People who are invited to a room and have not entered yet, at most. Beyond that, the oldest
/// invitation is dropped.
const INVITED_MAX: usize = 100;

/// The verdict of a room's lists on a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListVerdict {
    Free,
    /// The client may not speak.
    Muted,
    /// The client may neither enter nor speak.
    Banned,
}

/// The rules of a room, which last as long as the room does. A new room has one rule: only members speak
/// in it.
#[derive(Debug)]
pub(super) struct Rules {
    flags: u8,
    pub(super) key: Option<Box<str>>,
    pub(super) limit: Option<u32>,
    lists: [Vec<Mask>; List::ALL.len()],
    /// Clients that an operator has invited, the oldest invitation first. An id of a client that has left
    /// stays until its turn to be dropped; it is never another client's.
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

    /// Makes a change that concerns the rules alone, if it can be made. Returns whether anything has
    /// changed: only that is told to the room.
    pub(super) fn change(&mut self, change: ModeChange<'_>) -> Result<bool, CommandError<'static>> {
        match change {
            ModeChange::Flag(flag, is_on) => {
                let was_on = self.has(flag);
                self.set(flag, is_on);
                Ok(was_on != is_on)
            }
            ModeChange::Key(Some(key)) if !is_key(key) => Err(CommandError::KeyIllegal),
            ModeChange::Key(key) => {
                let was = std::mem::replace(&mut self.key, key.map(Box::from));
                Ok(was.as_deref() != key)
            }
            ModeChange::Limit(limit) => Ok(std::mem::replace(&mut self.limit, limit) != limit),
            ModeChange::Rank { .. } | ModeChange::List { .. } => Ok(false),
        }
    }

    pub(super) fn list(&self, list: List) -> &[Mask] {
        &self.lists[list as usize]
    }

    pub(super) fn list_mut(&mut self, list: List) -> &mut Vec<Mask> {
        &mut self.lists[list as usize]
    }

    /// Number of masks on all lists together.
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

    /// Drops a client's invitation.
    pub(super) fn uninvite(&mut self, id: ConnId) {
        self.invited.retain(|other| *other != id);
    }

    /// Returns the clients that are invited and have not entered yet.
    pub(super) fn invited(&self) -> &[ConnId] {
        &self.invited
    }

    pub(super) fn is_invited(&self, id: ConnId) -> bool {
        self.invited.contains(&id)
    }

    /// Returns whether a client that is not in the room may enter with this key. The room has `count`
    /// members.
    pub(super) fn bar_entry(
        &self,
        source: &MaskSubject<'_>,
        key: Option<&str>,
        count: usize,
    ) -> Result<(), CommandError<'static>> {
        if self.verdict(source) == ListVerdict::Banned {
            return Err(CommandError::Banned);
        }
        if self.key.is_some() && self.key.as_deref() != key {
            return Err(CommandError::NeedsKey);
        }
        if self.has(Flag::InviteOnly) && !self.lists(source, List::InviteExceptions) {
            return Err(CommandError::InviteOnly);
        }
        if self.limit.is_some_and(|limit| count >= limit as usize) {
            return Err(CommandError::Full);
        }
        Ok(())
    }

    /// Returns whether a client may speak. `ranks` are none if the client is not in the room. The lists
    /// are asked only if nothing else decides.
    pub(super) fn bar_speech(
        &self,
        ranks: Option<Ranks>,
        verdict: impl FnOnce(&Self) -> ListVerdict,
    ) -> Result<(), CommandError<'static>> {
        if ranks.is_none() && self.has(Flag::NoExternal) {
            return Err(CommandError::NoExternal);
        }
        if ranks.is_some_and(|ranks| ranks.is_operator || ranks.has_voice) {
            return Ok(());
        }
        if self.has(Flag::Moderated) {
            return Err(CommandError::Moderated);
        }
        match verdict(self) {
            ListVerdict::Free => Ok(()),
            ListVerdict::Muted => Err(CommandError::Muted),
            ListVerdict::Banned => Err(CommandError::BannedThere),
        }
    }

    /// Returns the verdict of the lists on a client. The exceptions are asked last, and only about clients
    /// that a ban or a mute matches.
    pub(super) fn verdict(&self, source: &MaskSubject<'_>) -> ListVerdict {
        let verdict = match () {
            () if self.lists(source, List::Bans) => ListVerdict::Banned,
            () if self.lists(source, List::Mutes) => ListVerdict::Muted,
            () => return ListVerdict::Free,
        };
        match self.lists(source, List::BanExceptions) {
            true => ListVerdict::Free,
            false => verdict,
        }
    }

    fn lists(&self, source: &MaskSubject<'_>, list: List) -> bool {
        self.list(list).iter().any(|mask| mask.means(source))
    }
}
