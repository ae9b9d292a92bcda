//! Errors: a code for programs, which never changes, and a message for people.
//!
//! The messages are those of the line dialect, from its one list, so that the same refusal reads the same
//! everywhere. Only a message that would tell a program to type something has words of its own. The match in
//! `code` has no arm for the rest: a new refusal of the hub's does not compile before it has a code.

use crate::relay::dialect::line::refusals::write_refused;
use crate::relay::hub::CommandError;

/// The reason why a request is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestError {
    /// For programs: never changes. A message may be reworded at any time.
    pub(super) code: &'static str,
    /// For people.
    pub(super) message: String,
}

impl RequestError {
    pub(super) fn new(code: &'static str, message: &str) -> Self {
        let message = message.to_owned();
        Self { code, message }
    }

    /// A field must be something else.
    pub(super) fn field(field: &str, must_be: &str) -> Self {
        Self::new("bad_field", &format!("\"{field}\" must be {must_be}"))
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::new("missing_field", &format!("\"{field}\" is missing"))
    }

    /// A refusal by the rules of the chat; `room` is the room that the request was about.
    pub(super) fn refused(why: &CommandError<'_>, room: &str) -> Self {
        let message = match why {
            // Line clients are in one room at a time, and type the key behind its name.
            CommandError::NotIn => format!("you are not in {room}"),
            CommandError::NeedsKey => format!("you cannot join {room}: it needs a key"),
            CommandError::NoRoomName => String::from("that is no name for a room"),
            _ => refused_words(room, why),
        };
        Self {
            code: code(why),
            message,
        }
    }
}

/// The reason why something is not done, in the words that people are told.
pub(super) fn refused_words(room: &str, why: &CommandError<'_>) -> String {
    let mut line = String::new();
    // A string takes everything.
    let _ = write_refused(&mut line, room, why);
    let words = line.trim_end();
    words.strip_prefix("* ").unwrap_or(words).to_owned()
}

fn code(why: &CommandError<'_>) -> &'static str {
    match why {
        CommandError::NicknameFirst => "nick_first",
        CommandError::NoOneCalled(_) => "no_such_nick",
        CommandError::ReadsNothing(_) => "reads_nothing",
        CommandError::NameTaken => "nick_taken",
        CommandError::NameIllegal => "bad_nick",
        CommandError::NameReserved => "nick_reserved",
        CommandError::NameKept { .. } => "nick_kept",
        CommandError::NoSuchRoom => "no_such_room",
        CommandError::NoRoomName => "bad_room",
        CommandError::TooManyRooms => "too_many_rooms",
        CommandError::InTooManyRooms => "in_too_many_rooms",
        CommandError::AlreadyIn => "already_in",
        CommandError::NotIn => "not_in",
        CommandError::NoHistory | CommandError::NoSuchMessage => "no_such_message",
        CommandError::NeedsKey => "needs_key",
        CommandError::InviteOnly => "invite_only",
        CommandError::Banned | CommandError::BannedThere => "banned",
        CommandError::Full => "full",
        CommandError::Moderated => "moderated",
        CommandError::NoExternal => "no_external",
        CommandError::Muted => "muted",
        CommandError::NotOperator => "not_operator",
        CommandError::NotWithYou(_) => "not_with_you",
        CommandError::AlreadyThere(_) => "already_there",
        CommandError::KeyIllegal => "bad_key",
        CommandError::ListFull(_) => "list_full",
        CommandError::Unchanged => "unchanged",
        CommandError::MetadataError(_) => "not_set",
        CommandError::WatchesTooMany => "watches_too_many",
    }
}
