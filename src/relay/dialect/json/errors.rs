//! Errors: a code for programs, which never changes, and a message for people.

use crate::relay::dialect::line::refusals::write_refused;
use crate::relay::hub::Refused;

/// Why a request is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// For programs: never changes.
    pub(super) code: &'static str,
    /// For people.
    pub(super) message: String,
}

impl Fault {
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
    pub(super) fn refused(why: &Refused<'_>, room: &str) -> Self {
        let message = match why {
            // Line clients are in one room at a time, and type the key behind its name.
            Refused::NotIn => format!("you are not in {room}"),
            Refused::NeedsKey => format!("you cannot join {room}: it needs a key"),
            Refused::NoRoomName => String::from("that is no name for a room"),
            _ => refused_words(room, why),
        };
        Self {
            code: code(why),
            message,
        }
    }
}

/// Why something is not done, in the words that people are told.
pub(super) fn refused_words(room: &str, why: &Refused<'_>) -> String {
    let mut line = String::new();
    // A string takes everything.
    let _ = write_refused(&mut line, room, why);
    let words = line.trim_end();
    words.strip_prefix("* ").unwrap_or(words).to_owned()
}

fn code(why: &Refused<'_>) -> &'static str {
    match why {
        Refused::NicknameFirst => "nick_first",
        Refused::NoOneCalled(_) => "no_such_nick",
        Refused::ReadsNothing(_) => "reads_nothing",
        Refused::NameTaken => "nick_taken",
        Refused::NameIllegal => "bad_nick",
        Refused::NameReserved => "nick_reserved",
        Refused::NameKept { .. } => "nick_kept",
        Refused::NoSuchRoom => "no_such_room",
        Refused::NoRoomName => "bad_room",
        Refused::TooManyRooms => "too_many_rooms",
        Refused::InTooManyRooms => "in_too_many_rooms",
        Refused::AlreadyIn => "already_in",
        Refused::NotIn => "not_in",
        Refused::NoHistory | Refused::NoSuchMessage => "no_such_message",
        Refused::NeedsKey => "needs_key",
        Refused::InviteOnly => "invite_only",
        Refused::Banned | Refused::BannedThere => "banned",
        Refused::Full => "full",
        Refused::Moderated => "moderated",
        Refused::NoExternal => "no_external",
        Refused::Muted => "muted",
        Refused::NotOperator => "not_operator",
        Refused::NotWithYou(_) => "not_with_you",
        Refused::AlreadyThere(_) => "already_there",
        Refused::KeyIllegal => "bad_key",
        Refused::ListFull(_) => "list_full",
        Refused::Unchanged => "unchanged",
        Refused::NotSet(_) => "not_set",
        Refused::WatchesTooMany => "watches_too_many",
    }
}
