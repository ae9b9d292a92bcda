//! The state that a service keeps of each of its connections, found by the connection's id.

use crate::protocol::ConnId;

/// A table by the index of an id. A stale id finds nothing, because the whole id is kept beside the value.
#[derive(Debug)]
pub(super) struct Slots<T>(Vec<Option<(ConnId, T)>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Slots<T> {
    pub(super) fn insert(&mut self, id: ConnId, value: T) {
        if self.0.len() <= id.index() {
            self.0.resize_with(id.index() + 1, || None);
        }
        self.0[id.index()] = Some((id, value));
    }

    pub(super) fn get(&self, id: ConnId) -> Option<&T> {
        let (owner, value) = self.0.get(id.index())?.as_ref()?;
        (*owner == id).then_some(value)
    }

    pub(super) fn get_mut(&mut self, id: ConnId) -> Option<&mut T> {
        let (owner, value) = self.0.get_mut(id.index())?.as_mut()?;
        (*owner == id).then_some(value)
    }

    /// Removes an entry, and gives back the memory behind the last one.
    pub(super) fn remove(&mut self, id: ConnId) -> Option<T> {
        let slot = self.0.get_mut(id.index())?;
        let (_, value) = slot.take_if(|(owner, _)| *owner == id)?;
        while self.0.last().is_some_and(Option::is_none) {
            self.0.pop();
        }
        if self.0.len() < self.0.capacity() / 4 {
            self.0.shrink_to(2 * self.0.len());
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_id_finds_nothing() {
        let (old, new) = (ConnId::new(3, 1), ConnId::new(3, 2));
        let mut slots = Slots::default();
        slots.insert(old, "old");
        slots.insert(new, "new");
        assert_eq!(slots.get(old), None);
        assert_eq!(slots.remove(old), None);
        assert_eq!(slots.get_mut(new), Some(&mut "new"));
        assert_eq!(slots.remove(new), Some("new"));
        assert!(slots.0.is_empty());
    }
}
