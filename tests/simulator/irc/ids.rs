//! Message ids: the same for every client, then and later, and no two messages have the same.

use std::collections::BTreeMap;

use super::expected::Named;

/// The ids of messages in both directions: number by id, and id by number.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    numbers: BTreeMap<String, u64>,
    names: BTreeMap<u64, String>,
}

impl Ids {
    /// The number of the message that has this id.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        self.numbers.get(id).copied()
    }

    /// The id of the message that has this number, once a client has been sent it.
    pub(crate) fn id(&self, number: u64) -> Option<&String> {
        self.names.get(&number)
    }

    /// Checks the ids with which messages were sent to a client.
    pub(crate) fn check(&mut self, named: &[Named]) {
        for (id, number) in named {
            let known = self.numbers.entry(id.clone()).or_insert(*number);
            assert!(known == number, "{id} is two messages");
            let known = self.names.entry(*number).or_insert_with(|| id.clone());
            assert!(known == id, "one message is {known}, and {id}");
        }
    }
}
