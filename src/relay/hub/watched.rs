//! Names that are watched, and by whom.

use std::collections::BTreeMap;

use super::fold::fold;
use crate::protocol::ConnId;

/// A name that someone watches.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// As they wrote it.
    pub(super) name: Box<str>,
    pub(super) folded: Box<str>,
}

/// Who watches each name, by its folded form.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<Box<str>, Vec<ConnId>>);

impl Watch {
    pub(super) fn add(&mut self, id: ConnId, folded: String) {
        self.0.entry(folded.into()).or_default().push(id);
    }

    pub(super) fn forget(&mut self, id: ConnId, folded: &str) {
        if let Some(watchers) = self.0.get_mut(folded) {
            watchers.retain(|other| *other != id);
            if watchers.is_empty() {
                self.0.remove(folded);
            }
        }
    }

    /// Those who watch a name.
    pub(super) fn of(&self, name: &str) -> &[ConnId] {
        match self.0.is_empty() {
            true => &[],
            false => self.0.get(&*fold(name)).map_or(&[], Vec::as_slice),
        }
    }
}
