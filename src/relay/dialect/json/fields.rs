//! Fields that several requests have: nicknames, rooms, reasons, texts of one line.
//!
//! The answer to a mistake names the field.

use super::errors::Fault;
use super::request::Request;
use super::text::{KICK_BYTES_MAX, cleaned, is_exact};
use crate::relay::hub::names::legalize_room;

/// Checks that a nickname is legal as it is. Line clients get a name that can be had made of theirs; a
/// program would not know of another.
pub(super) fn check_nick(nick: &str) -> Result<(), Fault> {
    match is_exact(nick) {
        true => Ok(()),
        false => Err(Fault::new("bad_nick", "that is no nickname")),
    }
}

/// The room that a request names.
pub(super) fn room(it: &Request) -> Result<&str, Fault> {
    let room = it.text("room")?;
    match !room.is_empty() && legalize_room(room) == room {
        true => Ok(room),
        false => Err(Fault::new("bad_room", "that is no name for a room")),
    }
}

/// A text of one line, cleaned; none, if it is missing or nothing is left of it. Too long a text is refused,
/// and not cut as IRC has it.
pub(super) fn one_line(
    it: &Request,
    field: &'static str,
    bytes_max: usize,
) -> Result<Option<String>, Fault> {
    let Some(text) = it.optional(field)? else {
        return Ok(None);
    };
    if text.contains('\n') {
        return Err(Fault::field(field, "one line"));
    }
    let text = cleaned(text);
    if text.len() > bytes_max {
        let must_be = format!("at most {bytes_max} bytes");
        return Err(Fault::field(field, &must_be));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The reason for which somebody does something, with the limit that IRC has for it.
pub(super) fn reason(it: &Request, field: &'static str) -> Result<Option<String>, Fault> {
    one_line(it, field, KICK_BYTES_MAX)
}
