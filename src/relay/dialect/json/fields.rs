//! Fields that several requests have: nicknames, rooms, reasons, texts of one line.
//!
//! The answer to a mistake names the field.

use super::errors::RequestError;
use super::request::JsonRequest;
use super::text::{KICK_BYTES_MAX, cleaned, is_exact};
use crate::relay::hub::names::legalize_room;

/// Checks that a nickname is legal as it is. Line clients get a name that can be had made of theirs; a
/// program would not know of another.
pub(super) fn check_nick(nick: &str) -> Result<(), RequestError> {
    match is_exact(nick) {
        true => Ok(()),
        false => Err(RequestError::new("bad_nick", "that is no nickname")),
    }
}

/// The room that a request names.
pub(super) fn room(it: &JsonRequest) -> Result<&str, RequestError> {
    let room = it.text("room")?;
    match !room.is_empty() && legalize_room(room) == room {
        true => Ok(room),
        false => Err(RequestError::new("bad_room", "that is no name for a room")),
    }
}

/// A text of one line, cleaned; none, if it is missing or nothing is left of it. Too long a text is refused,
/// and not cut as IRC has it.
pub(super) fn one_line(
    it: &JsonRequest,
    field: &'static str,
    bytes_max: usize,
) -> Result<Option<String>, RequestError> {
    let Some(text) = it.optional(field)? else {
        return Ok(None);
    };
    if text.contains('\n') {
        return Err(RequestError::field(field, "one line"));
    }
    let text = cleaned(text);
    if text.len() > bytes_max {
        let must_be = format!("at most {bytes_max} bytes");
        return Err(RequestError::field(field, &must_be));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The reason for which somebody does something, with the limit that IRC has for it.
pub(super) fn reason(
    it: &JsonRequest,
    field: &'static str,
) -> Result<Option<String>, RequestError> {
    one_line(it, field, KICK_BYTES_MAX)
}
