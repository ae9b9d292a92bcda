//! Words that several messages to the user have in common.

/// Characters of a line in a message about it.
const QUOTED_MAX: usize = 60;

/// A line in a message about it: not all of a long one.
pub(super) fn quoted(line: &str) -> String {
    match line.char_indices().nth(QUOTED_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
