//! MODE: the rules, lists and ranks of a channel, and a client's own user modes.
//!
//! Modern IRC, "MODE message".
//!
//! A MODE of a channel is one action with all its changes. The hub tells what has changed in one event, in
//! the order of the line; the answer then names what was refused. Masks are kept as they are shown, so that
//! what is shown can be typed to lift it.

use std::collections::BTreeSet;

use super::super::mode_letters::{Mode, person_letter};
use super::dispatch::CommandContext;
use super::message::Message;
use super::modes::{Changes, Letter, letters};
use super::numerics as n;
use super::numerics::Numeric;
use super::text::{middle, shown};
use crate::protocol::Output;
use crate::relay::hub::names::is_same;
use crate::relay::hub::{
    Action, CommandError, Flag, List, ModeChange, PersonFlag, RoomView, is_key, mask_in_full,
};

/// The meaning of one letter of a MODE, with its parameter.
enum Wanted<'a> {
    /// A change whose texts are borrowed from the line.
    Change(ModeChange<'a>),
    /// A mask to put on a list, or to take off it if the flag is false.
    Mask(List, String, bool),
    /// A request to show a list.
    Show(List),
}

impl<O: Output> CommandContext<'_, O> {
    pub(super) fn mode(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        match it.param(0).strip_prefix('#') {
            Some(room) => self.channel_mode(room, it),
            None => self.user_mode(it),
        }
    }

    /// Shows or changes the modes of a channel. All letters are read before anything is done, so that the
    /// changes are one action; a list that is asked for is shown before it takes effect.
    fn channel_mode(&mut self, room: &str, it: &Message<'_>) {
        let Some(view) = self
            .hub
            .room(room)
            // A room that is kept while nobody is in it is no channel that has modes to show.
            .filter(|it| it.named() + it.listeners() > 0 && it.is_visible_to(self.id))
        else {
            return self.refuse(CommandError::NoSuchRoom, it.param(0));
        };
        let channel = format!("#{}", view.name());
        let rest = &it.params()[1..];
        if rest.is_empty() {
            // Clients ask for the modes on joining, since no event tells them.
            let is_there = view.ranks_of(self.id).is_some();
            let modes = modes_of(view, is_there);
            let made = view.made_unix_seconds().to_string();
            let reply = &mut *self.reply;
            reply.numeric_of(n::CHANNEL_MODE_IS, &[&channel, &modes]);
            return reply.numeric_of(n::CREATION_TIME, &[&channel, &made]);
        }
        let mut wanted = Vec::new();
        let mut unknown = BTreeSet::new();
        for letter in letters(rest) {
            match letter.mode {
                Some(mode) => wanted.extend(self.want(&channel, mode, letter)),
                // A letter that is no mode is answered once, however often it occurs.
                None if unknown.insert(letter.letter) => {
                    let letter = letter.letter.to_string();
                    self.reply.numeric(n::UNKNOWN_MODE, &[shown(&letter)]);
                }
                None => {}
            }
        }
        let mut changes = Vec::new();
        let mut shown_lists = Vec::new();
        for it in &wanted {
            match it {
                Wanted::Change(change) => changes.push(*change),
                Wanted::Mask(list, mask, is_on) => changes.push(ModeChange::List {
                    list: *list,
                    mask,
                    is_on: *is_on,
                }),
                Wanted::Show(list) => {
                    // Each list is shown once, however often it is asked for: a list is far longer than the
                    // letter that asks for it, and 490 letters were worth ten megabytes.
                    if !shown_lists.contains(list) {
                        shown_lists.push(*list);
                        self.show_list(room, *list);
                    }
                }
            }
        }
        if !changes.is_empty() {
            self.change_modes(&channel, &changes);
        }
    }

    /// Returns the meaning of one letter; none if its parameter is missing or wrong, which is answered
    /// here.
    fn want<'a>(&mut self, channel: &str, mode: Mode, it: Letter<'a>) -> Option<Wanted<'a>> {
        let is_on = it.sets;
        let change = match (mode, it.param) {
            (Mode::List(list), Some(mask)) if !mask.is_empty() => {
                return Some(Wanted::Mask(list, mask_in_full(&middle(mask)), is_on));
            }
            (Mode::List(list), _) => return Some(Wanted::Show(list)),
            (Mode::Flag(flag), _) => ModeChange::Flag(flag, is_on),
            (Mode::Key, _) if !is_on => ModeChange::Key(None),
            (Mode::Key, Some(key)) if is_key(key) => ModeChange::Key(Some(key)),
            (Mode::Limit, _) if !is_on => ModeChange::Limit(None),
            (Mode::Limit, Some(limit)) if is_limit(limit) => ModeChange::Limit(limit.parse().ok()),
            (Mode::Rank(rank), Some(name)) if !name.is_empty() => {
                ModeChange::Rank { rank, name, is_on }
            }
            (Mode::Key | Mode::Limit | Mode::Rank(_), param) => {
                // The parameter of mode `k` is not repeated in the answer, whether it is a legal key or
                // not.
                let param = param.filter(|_| mode != Mode::Key).unwrap_or_default();
                let letter = it.letter.to_string();
                let words = format!("That is no parameter of the mode {letter}");
                let middle = [channel, &letter, shown(param)];
                self.reply
                    .numeric_with(n::INVALID_MODE_PARAM, &middle, &words);
                return None;
            }
        };
        Some(Wanted::Change(change))
    }

    /// Carries out BAN, UNBAN, MUTE and UNMUTE. They take a nickname or a mask, as in the line dialect, where
    /// MODE takes a mask alone. Only the server knows who comes from which host, and who was called so last;
    /// a client cannot make a mask of that.
    pub(super) fn keep_out(&mut self, it: &Message<'_>, list: List, is_on: bool) {
        if !self.needs(it, 2) {
            return;
        }
        let room = self.find_room(it.param(0));
        let view = room.and_then(|room| self.hub.room_at(room));
        let Some(view) = view.filter(|view| view.is_visible_to(self.id)) else {
            return self.refuse(CommandError::NoSuchRoom, it.param(0));
        };
        let masks = self.hub.masks_meant(view.id(), list, it.param(1), is_on);
        let change = |mask| ModeChange::List { list, mask, is_on };
        let changes: Vec<_> = masks.iter().map(|mask| change(mask)).collect();
        self.change_modes(it.param(0), &changes);
    }

    fn change_modes(&mut self, channel: &str, changes: &[ModeChange<'_>]) {
        self.act_in(channel, |room| Action::ChangeModes { room, changes });
    }

    /// Shows a list of a channel. The mutes have no numerics in Modern IRC; those of Solanum name the mode
    /// letter before the mask.
    fn show_list(&mut self, room: &str, list: List) {
        let Some(view) = self.hub.room(room) else {
            return;
        };
        let (entry, end) = numerics_of(list);
        let channel = format!("#{}", view.name());
        let is_mutes = list == List::Mutes;
        let reply = &mut *self.reply;
        if view.is_visible_to(self.id) {
            for it in view.list(list) {
                let when = it.unix_seconds.to_string();
                let mask = middle(it.mask);
                let params = [&*channel, "q", &mask, it.by, &when];
                match is_mutes {
                    true => reply.numeric_of(entry, &params),
                    false => reply.numeric_of(entry, &[&channel, &mask, it.by, &when]),
                }
            }
        }
        match is_mutes {
            true => reply.numeric(end, &[&channel, "q"]),
            false => reply.numeric(end, &[&channel]),
        }
    }

    /// Shows or changes the user modes of the client itself; those of others are refused.
    fn user_mode(&mut self, it: &Message<'_>) {
        let name = it.param(0);
        let Some(me) = self.hub.person_of(self.id) else {
            return;
        };
        if !is_same(name, me.name) {
            let answer = if self.hub.find(name).is_some() {
                n::NOT_YOU
            } else {
                n::NO_SUCH_NICK
            };
            let middle = [shown(name)];
            let middle = if answer == n::NOT_YOU {
                &[][..]
            } else {
                &middle
            };
            return self.reply.numeric(answer, middle);
        }
        if it.params().len() == 1 {
            let mut modes = Changes::default();
            for flag in PersonFlag::ALL
                .into_iter()
                .filter(|flag| me.profile.is(*flag))
            {
                modes.push_person(true, flag);
            }
            let modes = if modes.is_empty() {
                String::from("+")
            } else {
                modes.text()
            };
            return self.reply.numeric_of(n::USER_MODE_IS, &[&modes]);
        }
        let mut wanted = Vec::new();
        let mut has_unknown = false;
        for Letter { sets, letter, .. } in letters(&it.params()[1..2]) {
            let mut flags = PersonFlag::ALL.into_iter();
            match flags.find(|flag| person_letter(*flag) == letter) {
                // Only OPER gives the operator mode.
                Some(PersonFlag::Operator) if sets => {}
                Some(flag) => wanted.push((flag, sets)),
                None => has_unknown = true,
            }
        }
        if has_unknown {
            self.reply.numeric(n::UNKNOWN_USER_MODE, &[]);
        }
        if !wanted.is_empty() {
            self.act(&Action::SetFlags(&wanted));
        }
    }

    /// Adds `MODE me +i` for the modes that have changed; nothing if none has.
    pub(super) fn tell_user_mode(&mut self, flags: &[(PersonFlag, bool)]) {
        let mut changed = Changes::default();
        for (flag, is_on) in flags {
            changed.push_person(*is_on, *flag);
        }
        if let Some(me) = self.hub.person_of(self.id).filter(|_| !flags.is_empty()) {
            let line = self.reply.line_by(me).add("MODE ").add(me.name);
            line.add(" ").add(&changed.text()).end();
        }
    }
}

/// Returns the modes of a channel, such as `+kl key 5`. Only a member is shown the key; others get `*`.
fn modes_of(view: RoomView<'_>, shows_key: bool) -> String {
    let mut modes = Changes::default();
    for flag in Flag::ALL.into_iter().filter(|flag| view.has(*flag)) {
        modes.push(true, Mode::Flag(flag), None);
    }
    if let Some(key) = view.key() {
        let key = middle(if shows_key { key } else { "*" });
        modes.push(true, Mode::Key, Some(&key));
    }
    if let Some(limit) = view.limit() {
        modes.push(true, Mode::Limit, Some(&limit.to_string()));
    }
    if modes.is_empty() {
        String::from("+")
    } else {
        modes.text()
    }
}

fn numerics_of(list: List) -> (Numeric, Numeric) {
    match list {
        List::Bans => (n::BAN, n::END_OF_BANS),
        List::BanExceptions => (n::BAN_EXCEPTION, n::END_OF_BAN_EXCEPTIONS),
        List::InviteExceptions => (n::INVITE_EXCEPTION, n::END_OF_INVITE_EXCEPTIONS),
        List::Mutes => (n::MUTE, n::END_OF_MUTES),
    }
}

/// Returns whether a limit is a number of members, from 1 on.
fn is_limit(limit: &str) -> bool {
    limit.bytes().all(|b| b.is_ascii_digit()) && limit.parse::<u32>().is_ok_and(|it| it > 0)
}

#[cfg(test)]
mod tests {
    use super::super::isupport::KEY_BYTES_MAX;
    use super::*;

    #[test]
    fn keys_and_limits_are_checked() {
        for (key, is_legal) in [
            ("beer", true),
            ("k", true),
            (&"x".repeat(KEY_BYTES_MAX), true),
            (&"x".repeat(KEY_BYTES_MAX + 1), false),
            ("", false),
            ("a b", false),
            ("a,b", false),
            (":a", false),
            ("a\tb", false),
            ("\u{feff}a", false),
            ("a\u{202e}b", false),
        ] {
            assert_eq!(is_key(key), is_legal, "{key:?}");
        }
        for (limit, is_legal) in [
            ("1", true),
            ("4294967295", true),
            ("4294967296", false),
            ("0", false),
            ("-1", false),
            ("+1", false),
            ("", false),
            ("abc", false),
        ] {
            assert_eq!(is_limit(limit), is_legal, "{limit:?}");
        }
    }
}
