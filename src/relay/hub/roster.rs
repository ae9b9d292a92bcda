//! Who is in a room, as it is told: the first by name, the rest by number.

/// Some people, in order of arrival: the first by name, the rest by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names<'a> {
    /// At most [`NAMES_SHOWN_MAX`].
    pub names: Vec<&'a str>,
    /// How many more have a name.
    pub others: usize,
    /// How many have none.
    pub listeners: usize,
}

/// How many people are listed by name.
pub const NAMES_SHOWN_MAX: usize = 20;

impl Names<'_> {
    /// Whether this is nobody at all.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.others == 0 && self.listeners == 0
    }
}
