//! The sentences that the line dialect refuses with: one list, from which they are written and recognised.
//!
//! The terminal client and scripts must know a refusal from all other lines, since a script whose message was
//! refused has failed. A copied list in the client was short of several sentences, and such scripts ended
//! with status 0. So there is one list, and a test brings each sentence about. Sentences may be reworded
//! here, and nowhere else.

use std::fmt::{self, Display, Write};

use crate::relay::hub::{CommandError, KEY_BYTES_MAX};

/// Makes the type and the list of all together, so that no sentence can be written that is not
/// recognised. `{}` stands for what varies.
macro_rules! sentences {
    ($($name:ident: $text:literal,)*) => {
        /// A sentence that something is refused with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::relay) enum Sentence { $($name,)* }

        impl Sentence {
            const ALL: &[Self] = &[$(Self::$name,)*];

            const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

sentences! {
    // Refusals of the hub, by the names of `CommandError`.
    NicknameFirst: "give a nickname first",
    NoOneCalled: "no one here is called {}",
    ReadsNothing: "{} reads nothing here: not sent",
    NameTaken: "someone else is called so",
    NameIllegal: "that is no nickname",
    NameKept: "you cannot change your name here",
    NameKeptIn: "you cannot change your name in {}: {}",
    AlreadyIn: "you are in {}",
    NoSuchRoom: "there is no room {}",
    TooManyRooms: "too many rooms",
    InTooManyRooms: "you are in too many rooms",
    NotIn: "you are in no room",
    NoHistory: "nothing has been said in {} yet",
    NoSuchMessage: "that is no longer kept",
    CannotJoin: "you cannot join {}: {}",
    CannotSpeak: "you cannot speak in {}: {}",
    NotOperator: "you are not an operator of {}",
    NotWithYou: "{} is not in {}",
    AlreadyThere: "{} is in {} already",
    KeyIllegal: "a key is one word of at most {} bytes, without commas",
    ListFull: "{} has as many bans as it may have",
    Unchanged: "that is so already",
    WatchesTooMany: "you watch as many names as you may",
    Removed: "you were removed from {} by {}",
    Disconnected: "you were disconnected by {}",
    // Questions about the past.
    PastUnavailable: "what is kept cannot be read now; try again in a moment",
    NoSearch: "nothing can be searched here: the server runs without --search",
    SearchNotReady: "the index of words is still being made; try again in a minute",
    SearchTooBroad: "that search takes too long; search for less common words",
    NoWords: "there is no word in it to search for",
    NothingFound: "nothing was found",
    // Refusals of the relay itself.
    NotServerOperator: "only an operator of the server may do that",
    Usage: "usage: /{}",
    UnknownCommand: "unknown command /{}; /help lists the commands",
    WrongPassword: "wrong password",
    LineTooLong: "line too long (limit {} bytes): not sent",
    FirstLineUnended: "your first line never ended",
    OneselfKicked: "that is you; /quit stops the server",
    ServerFull: "server full",
    TooManyConnections: "too many connections from your address",
    TooMuchTraffic: "too much comes from your address: try again in a minute",
    LinesSkipped: "{} line{} skipped: you were reading too slowly",
    // For formats in which a message may take several lines.
    MessagesSkipped: "{} message{} skipped: you were reading too slowly",
    PrivateMessagesSkipped: "{} private message{} skipped: you were reading too slowly",
}

impl Sentence {
    /// Writes the line, with these in its places.
    pub(super) fn write(self, out: &mut impl Write, values: &[&dyn Display]) -> fmt::Result {
        out.write_str("* ")?;
        self.write_words(out, values)?;
        out.write_str("\n")
    }

    /// The words, without what makes a line of them.
    pub(in crate::relay) fn words(self, values: &[&dyn Display]) -> String {
        let mut words = String::new();
        // A string takes everything.
        let _ = self.write_words(&mut words, values);
        words
    }

    fn write_words(self, out: &mut impl Write, values: &[&dyn Display]) -> fmt::Result {
        let mut values = values.iter();
        for (n, part) in self.text().split("{}").enumerate() {
            if n > 0
                && let Some(value) = values.next()
            {
                write!(out, "{value}")?;
            }
            out.write_str(part)?;
        }
        Ok(())
    }

    /// Returns whether it says that there was nothing to do: a script that makes sure of something, or looks
    /// whether there is any history, has not failed.
    fn is_as_wanted(self) -> bool {
        matches!(
            self,
            Self::AlreadyIn | Self::Unchanged | Self::NoHistory | Self::NothingFound
        )
    }

    /// Returns whether a line, without its label, is this sentence.
    ///
    /// A name that a sentence begins with must be one word without a colon at its end: in `* topic: TEXT`
    /// anything may follow. Nothing that people can say looks like a refusal: a topic that ended in `: not
    /// sent` once did.
    fn is_in(self, text: &str) -> bool {
        let Some(sentence) = self.text().strip_prefix("{} ") else {
            return is_like(self.text(), text);
        };
        text.split_once(' ').is_some_and(|(name, rest)| {
            !name.is_empty() && !name.ends_with(':') && is_like(sentence, rest)
        })
    }
}

/// Returns whether a text is a sentence with anything in its places.
fn is_like(sentence: &str, text: &str) -> bool {
    let Some((before, last)) = sentence.rsplit_once("{}") else {
        return text == sentence;
    };
    let mut parts = before.split("{}");
    let first = parts.next().unwrap_or_default();
    let mut rest = text.strip_prefix(first);
    for part in parts {
        rest = rest.and_then(|rest| Some(rest.split_once(part)?.1));
    }
    rest.is_some_and(|rest| rest.ends_with(last))
}

/// Returns whether a line that a relay has written, without its end, is one of these sentences.
pub(crate) fn is_refusal(line: &str) -> bool {
    let text = line.strip_prefix("* ");
    let is_failure = |sentence: &&Sentence| !sentence.is_as_wanted();
    let failures = || Sentence::ALL.iter().filter(is_failure);
    text.is_some_and(|text| failures().any(|sentence| sentence.is_in(text)))
}

/// Writes the reason why something is not done. `room` is the one it was about. The match has no arm for the
/// rest, so a new reason does not compile before it has its sentence.
pub(in crate::relay::dialect) fn write_refused(
    out: &mut impl Write,
    room: &str,
    why: &CommandError<'_>,
) -> fmt::Result {
    let room: &dyn Display = &room;
    let (sentence, values): (Sentence, &[&dyn Display]) = match why {
        CommandError::NicknameFirst => (Sentence::NicknameFirst, &[]),
        CommandError::NoOneCalled(name) => (Sentence::NoOneCalled, &[name]),
        CommandError::ReadsNothing(name) => (Sentence::ReadsNothing, &[name]),
        CommandError::NameTaken => (Sentence::NameTaken, &[]),
        CommandError::NameIllegal | CommandError::NameReserved => (Sentence::NameIllegal, &[]),
        CommandError::NameKept { .. } | CommandError::MetadataError(_) => (Sentence::NameKept, &[]),
        CommandError::AlreadyIn => (Sentence::AlreadyIn, &[room]),
        CommandError::NoSuchRoom => (Sentence::NoSuchRoom, &[room]),
        CommandError::NoRoomName => (Sentence::Usage, &[&"join ROOM"]),
        CommandError::TooManyRooms => (Sentence::TooManyRooms, &[]),
        CommandError::InTooManyRooms => (Sentence::InTooManyRooms, &[]),
        CommandError::NotIn => (Sentence::NotIn, &[]),
        CommandError::NoHistory => (Sentence::NoHistory, &[room]),
        CommandError::NoSuchMessage => (Sentence::NoSuchMessage, &[]),
        CommandError::NeedsKey => {
            let why = format_args!("it needs a key (/join {room} KEY)");
            return Sentence::CannotJoin.write(out, &[room, &why]);
        }
        CommandError::InviteOnly => (Sentence::CannotJoin, &[room, &"only those invited may"]),
        CommandError::Banned => (Sentence::CannotJoin, &[room, &"you are banned"]),
        CommandError::Full => (Sentence::CannotJoin, &[room, &"it is full"]),
        CommandError::Moderated
        | CommandError::NoExternal
        | CommandError::Muted
        | CommandError::BannedThere => {
            return Sentence::CannotSpeak.write(out, &[room, &silence(why)]);
        }
        CommandError::NotOperator => (Sentence::NotOperator, &[room]),
        CommandError::NotWithYou(name) => (Sentence::NotWithYou, &[name, room]),
        CommandError::AlreadyThere(name) => (Sentence::AlreadyThere, &[name, room]),
        CommandError::KeyIllegal => (Sentence::KeyIllegal, &[&KEY_BYTES_MAX]),
        CommandError::ListFull(_) => (Sentence::ListFull, &[room]),
        CommandError::Unchanged => (Sentence::Unchanged, &[]),
        CommandError::WatchesTooMany => (Sentence::WatchesTooMany, &[]),
    };
    sentence.write(out, values)
}

/// The same of a nickname that someone keeps, since they may not speak in a room.
pub(super) fn write_name_kept(
    out: &mut impl Write,
    room: &str,
    why: &CommandError<'_>,
) -> fmt::Result {
    Sentence::NameKeptIn.write(out, &[&room, &silence(why)])
}

/// The reason why a client may not speak, in words.
fn silence(why: &CommandError<'_>) -> &'static str {
    match why {
        CommandError::Moderated => "it is moderated",
        CommandError::NoExternal => "you are not in it",
        CommandError::Muted => "you are muted",
        _ => "you are banned",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::is_refusal;
    use crate::relay::hub::{List, MetadataError, RoomId};

    /// Each reason leads to the next one: a new one does not compile until it has its place here.
    fn next(why: CommandError<'static>) -> Option<CommandError<'static>> {
        Some(match why {
            CommandError::NicknameFirst => CommandError::NoOneCalled("bob"),
            CommandError::NoOneCalled(_) => CommandError::ReadsNothing("bob"),
            CommandError::ReadsNothing(_) => CommandError::NameTaken,
            CommandError::NameTaken => CommandError::NameIllegal,
            CommandError::NameIllegal => CommandError::NameReserved,
            CommandError::NameReserved => CommandError::NameKept {
                room: RoomId::default(),
                why: &CommandError::Muted,
            },
            CommandError::NameKept { .. } => CommandError::MetadataError(MetadataError::NotAllowed),
            CommandError::MetadataError(_) => CommandError::NoSuchRoom,
            CommandError::NoSuchRoom => CommandError::NoRoomName,
            CommandError::NoRoomName => CommandError::TooManyRooms,
            CommandError::TooManyRooms => CommandError::InTooManyRooms,
            CommandError::InTooManyRooms => CommandError::AlreadyIn,
            CommandError::AlreadyIn => CommandError::NotIn,
            CommandError::NotIn => CommandError::NoHistory,
            CommandError::NoHistory => CommandError::NoSuchMessage,
            CommandError::NoSuchMessage => CommandError::NeedsKey,
            CommandError::NeedsKey => CommandError::InviteOnly,
            CommandError::InviteOnly => CommandError::Banned,
            CommandError::Banned => CommandError::Full,
            CommandError::Full => CommandError::Moderated,
            CommandError::Moderated => CommandError::NoExternal,
            CommandError::NoExternal => CommandError::Muted,
            CommandError::Muted => CommandError::BannedThere,
            CommandError::BannedThere => CommandError::NotOperator,
            CommandError::NotOperator => CommandError::NotWithYou("bob"),
            CommandError::NotWithYou(_) => CommandError::AlreadyThere("bob"),
            CommandError::AlreadyThere(_) => CommandError::KeyIllegal,
            CommandError::KeyIllegal => CommandError::ListFull(List::Bans),
            CommandError::ListFull(_) => CommandError::Unchanged,
            CommandError::Unchanged => CommandError::WatchesTooMany,
            CommandError::WatchesTooMany => return None,
        })
    }

    #[test]
    fn whatever_is_refused_is_recognised() {
        let mut count = 0;
        let mut why = Some(CommandError::NicknameFirst);
        while let Some(it) = why {
            let mut line = String::new();
            write_refused(&mut line, "dev", &it).unwrap();
            let line = line.strip_suffix('\n').unwrap();
            let is_as_wanted = matches!(
                it,
                CommandError::AlreadyIn | CommandError::Unchanged | CommandError::NoHistory
            );
            assert_eq!(is_refusal(line), !is_as_wanted, "{line}");
            assert!(!line.contains("{}"), "{line}");
            count += 1;
            why = next(it);
        }
        assert_eq!(count, 31);
    }

    #[test]
    fn a_sentence_is_recognised_with_anything_in_it() {
        for sentence in Sentence::ALL {
            let places = sentence.text().matches("{}").count();
            for value in ["x", "été", "{}", "a.b-c"] {
                let values: Vec<&dyn Display> = vec![&value; places];
                let mut line = String::new();
                sentence.write(&mut line, &values).unwrap();
                let line = line.strip_suffix('\n').unwrap();
                assert_eq!(is_refusal(line), !sentence.is_as_wanted(), "{line}");
                for other in [&line[2..], &format!("<eve> {line}")] {
                    assert!(!is_refusal(other), "{other:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_refusal_is_not_taken_for_one() {
        for line in [
            "* Welcome to parloir. Type a nickname and press Enter; /help lists the commands.",
            "* You are bob, in lobby with alice.",
            "* You are now rob.",
            "* This server asks for a password.",
            "* you are away",
            "* you are back",
            "* usage: alice and bob",
            "* topic: reads nothing here: not sent",
            "* topic: is not in dev",
            "* alice is away: usage: /join",
            "* alice left (no one here is called bob)",
            "* alice was removed by bob (wrong password)",
            "* alice is an operator now (by bob)",
            "* alice is invited to dev",
            "* alice invites you: /join dev",
            "* no topic is set",
            "* yes, still here",
            "* the server is stopping",
            "* Bye.",
            "",
            "*",
            "* ",
        ] {
            assert!(!is_refusal(line), "{line}");
        }
    }
}
