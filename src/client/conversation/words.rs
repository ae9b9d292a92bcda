//! Words that several messages to the user have in common.

/// Number of characters of a line that are quoted in a message about it.
const QUOTED_MAX: usize = 60;

/// Quotes a line in a message about it; a long line is cut.
pub(super) fn quoted(line: &str) -> String {
    match line.char_indices().nth(QUOTED_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
