//! From bytes to clean lines: where a line ends, what is telnet in it, what it says, what of that is fit to show.

mod clean;
mod decode;
mod lines;
mod telnet;

pub(super) use clean::{ends_inside_escape, is_blank};
pub(super) use lines::{Framed, Lines};

/// What a line says: decoded and cleaned into `text`.
pub(super) fn read_line(raw: &[u8], text: &mut String) {
    text.clear();
    clean::clean(&decode::decode(raw), text);
}

/// Whether bytes end inside a character.
pub(super) fn ends_inside_character(raw: &[u8]) -> bool {
    std::str::from_utf8(raw).is_err_and(|error| error.error_len().is_none())
}
