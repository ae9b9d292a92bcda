//! The words of a command.

/// The first word, and what follows the blanks behind it. Any white space separates, and any amount of it:
/// people type two blanks, or a tab.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}
