//! What messages are called: the same by everyone, then and later, and no two alike.

use std::collections::BTreeMap;

use super::expected::Named;

/// Which message is called what.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    numbers: BTreeMap<String, u64>,
    names: BTreeMap<u64, String>,
}

impl Ids {
    /// Looks at what messages were called when somebody was sent them.
    pub(crate) fn check(&mut self, named: &[Named]) {
        for (id, number) in named {
            let known = self.numbers.entry(id.clone()).or_insert(*number);
            assert!(known == number, "{id} is two messages");
            let known = self.names.entry(*number).or_insert_with(|| id.clone());
            assert!(known == id, "one message is {known}, and {id}");
        }
    }
}
