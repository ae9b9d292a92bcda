//! The members of a room as clients are shown them: the first by nickname, the rest counted.
//!
//! The type stands alone because both sides need it, the views that a dialect asks for and the events that
//! the hub sends, and neither of the two is to import the other.

/// Some people in order of arrival: the first by nickname, the rest counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names<'a> {
    /// The first nicknames, at most [`NAMES_SHOWN_MAX`].
    pub names: Vec<&'a str>,
    /// Number of further people with a nickname.
    pub others: usize,
    /// Number of people without a nickname. It is zero in an announcement: a listener comes and goes
    /// without a word to anybody.
    pub listeners: usize,
}

/// People listed by nickname, at most. It also bounds what a room keeps of joins that it has yet to
/// announce, however many there are.
pub const NAMES_SHOWN_MAX: usize = 20;

impl Names<'_> {
    /// Returns whether the list names and counts no people at all.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.others == 0 && self.listeners == 0
    }
}
