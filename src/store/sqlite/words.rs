//! Words in the tables for what the hub has types for.

use crate::relay::hub::{Flag, List, Speech};

/// Each value with its word, in the order of the values.
type WordTable<T> = [(T, &'static str)];

const FLAGS: [(Flag, &str); Flag::ALL.len()] = [
    (Flag::InviteOnly, "invite-only"),
    (Flag::Moderated, "moderated"),
    (Flag::NoExternal, "no-external"),
    (Flag::Secret, "secret"),
    (Flag::TopicLocked, "topic-locked"),
];

const LISTS: [(List, &str); List::ALL.len()] = [
    (List::Bans, "ban"),
    (List::BanExceptions, "ban-exception"),
    (List::InviteExceptions, "invite-exception"),
    (List::Mutes, "mute"),
];

/// The kinds that are kept: those for people.
const KINDS: [(Speech, &str); 3] = [
    (Speech::Message, "message"),
    (Speech::Action, "action"),
    (Speech::Notice, "notice"),
];

fn word<T: PartialEq>(words: &WordTable<T>, value: &T) -> &'static str {
    let found = words.iter().find(|(known, _)| known == value);
    found.map_or("", |(_, word)| word)
}

fn value<T: Copy>(words: &WordTable<T>, word: &str) -> Option<T> {
    let found = words.iter().find(|(_, known)| *known == word);
    found.map(|(value, _)| *value)
}

/// The words of all flags that are set.
pub(super) fn flags(flags: &[Flag]) -> String {
    let words: Vec<_> = flags.iter().map(|flag| word(&FLAGS, flag)).collect();
    words.join(" ")
}

/// The flags, in the order of the table. Words that are none are left out.
pub(super) fn read_flags(text: &str) -> Vec<Flag> {
    let words: Vec<_> = text.split(' ').collect();
    let is_set = |flag: &Flag| words.contains(&word(&FLAGS, flag));
    Flag::ALL.into_iter().filter(is_set).collect()
}

pub(super) fn list(list: List) -> &'static str {
    word(&LISTS, &list)
}

pub(super) fn read_list(word: &str) -> Option<List> {
    value(&LISTS, word)
}

pub(super) fn kind(speech: Speech) -> &'static str {
    word(&KINDS, &speech)
}

/// The manner of speaking; that of a message for a word that is none.
pub(super) fn read_kind(word: &str) -> Speech {
    value(&KINDS, word).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_a_word_and_is_read_from_it() {
        assert_eq!(read_flags(&flags(&Flag::ALL)), Flag::ALL);
        assert_eq!(read_flags(""), []);
        for it in List::ALL {
            assert_eq!(read_list(list(it)), Some(it));
        }
        for it in Speech::ALL.into_iter().filter(|it| it.is_for_people()) {
            assert_eq!(read_kind(kind(it)), it);
        }
    }
}
