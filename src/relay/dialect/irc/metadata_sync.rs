//! Sends a client the values of the metadata keys that it follows, of all people and channels in its
//! sight: when it asks for all at once, joins a channel or starts to watch a person (IRCv3
//! draft/metadata-3, "Automatic synchronization", "METADATA SYNC").
//!
//! A crowd may have many values, so a client that follows no keys costs no look at anybody, and the answer to
//! another command holds 64 KiB of them at most. Past that the client is told to ask, and what it asks for
//! says if it is not all there is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::channel::ANSWER_BYTES_MAX;
use super::dispatch::CommandContext;
use super::metadata::{BATCH, MetadataTarget};
use super::numerics as n;
use crate::protocol::{ConnId, Output};
use crate::relay::hub::{Hub, Metadata, Person, RoomView, Whose};

/// Maximum bytes of the answer to another command with values in it. If they do not fit, the client is
/// told to ask for them.
const UNASKED_BYTES_MAX: usize = 64 << 10;

/// The target that means everything in a client's sight.
const ALL: &str = "*ALL";

/// The name of a person or channel as it is written, and the metadata.
type NamedMetadata<'a> = (Cow<'a, str>, &'a Metadata);

fn person(it: Person<'_>) -> NamedMetadata<'_> {
    (Cow::Borrowed(it.name), it.profile.metadata())
}

fn room(view: RoomView<'_>) -> NamedMetadata<'_> {
    (Cow::Owned(format!("#{}", view.name())), view.metadata())
}

/// Returns a channel and all of its members.
fn room_and_members(view: RoomView<'_>) -> Vec<NamedMetadata<'_>> {
    let members = view.members().map(|it| person(it.person));
    std::iter::once(room(view)).chain(members).collect()
}

/// Returns everything in a client's sight, each once: its channels and their members, the client
/// itself, and the people it watches.
fn everything(hub: &Hub, id: ConnId) -> Vec<NamedMetadata<'_>> {
    let mut holders: Vec<_> = hub.rooms_of(id).map(room).collect();
    let mut seen = BTreeSet::new();
    let members = hub.rooms_of(id).flat_map(RoomView::members);
    let members = members.map(|member| member.id);
    let watched = hub.watched(id).filter_map(|name| hub.find(name));
    for id in std::iter::once(id).chain(members).chain(watched) {
        if let Some(it) = hub.person_of(id).filter(|_| seen.insert(id)) {
            holders.push(person(it));
        }
    }
    holders
}

impl<O: Output> CommandContext<'_, O> {
    /// Sends the client the values of a person whom it watches from now on.
    pub(super) fn sync(&mut self, name: &str) {
        if let Some(it) = MetadataTarget::of(self.hub, self.id, name) {
            self.sync_with(&it);
        }
    }

    /// Sends the client the values of a target that it sees from now on. If they are too long for the
    /// answer, the client is told to ask for them.
    pub(super) fn sync_with(&mut self, it: &MetadataTarget) {
        if !self.knows_metadata() {
            return;
        }
        let count = self.reply.lines().count();
        if !self.write_followed(&it.name, Some(it.whose), UNASKED_BYTES_MAX) {
            self.reply.truncate(count);
            self.reply.numeric(n::SYNC_LATER, &[&it.name, "0"]);
        }
    }

    /// Carries out `METADATA target SYNC`.
    pub(super) fn sync_asked(&mut self, target: &str) {
        let (name, whose) = match MetadataTarget::of(self.hub, self.id, target) {
            _ if target == ALL => (String::from(ALL), None),
            Some(it) => (it.name, Some(it.whose)),
            None => return self.no_target(target),
        };
        if !matches!(whose, Some(Whose::Person(_))) {
            let members = |hub: &Hub| hub.rooms_of(self.id).map(RoomView::named).sum();
            self.note_query(members(self.hub));
        }
        self.write_followed(&name, whose, ANSWER_BYTES_MAX);
    }

    /// Writes the values that the client follows of a target, or of everything in its sight, as a batch.
    /// Returns whether all of them fit in an answer of `bytes_max` bytes.
    fn write_followed(&mut self, name: &str, whose: Option<Whose>, bytes_max: usize) -> bool {
        let (hub, id) = (&*self.hub, self.id);
        let holders = match whose {
            // If the client follows no keys, the members are not looked at.
            _ if hub.followed(id).is_empty() => Vec::new(),
            None => everything(hub, id),
            Some(Whose::Room(room)) => {
                let view = hub.room_at(room);
                view.map(room_and_members).unwrap_or_default()
            }
            Some(Whose::Person(id)) => hub.person_of(id).map(person).into_iter().collect(),
        };
        let values = holders.iter().flat_map(|(name, metadata)| {
            let followed = hub.followed_of(id, metadata);
            followed.map(move |(key, value)| (&**name, key, value))
        });
        let mut is_whole = true;
        let reply = &mut *self.reply;
        let bytes_max = bytes_max.saturating_sub(reply.lines().bytes());
        reply.batched(&[BATCH, name], |reply| {
            let start = reply.lines().text_bytes();
            for (target, key, value) in values {
                if reply.lines().text_bytes() - start >= bytes_max {
                    let words = "There is more than one answer may hold: ask for each by itself";
                    reply.warn("METADATA", "INCOMPLETE", &[name], words);
                    is_whole = false;
                    break;
                }
                reply.value(target, key, Some(value));
            }
        });
        is_whole
    }

    /// Sends a client that has just been registered its own metadata.
    pub(super) fn show_own_metadata(&mut self) {
        if !self.knows_metadata() {
            return;
        }
        let Some(me) = self.hub.person_of(self.id) else {
            return;
        };
        self.reply.batched(&[BATCH, me.name], |reply| {
            for (key, value) in me.profile.metadata().iter() {
                reply.value(me.name, key, Some(value));
            }
        });
    }
}
