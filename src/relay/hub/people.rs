//! All connected clients, by the index of their connection and by nickname.
//!
//! `clients` is the table, `nicks` the index into it by nickname. The index does not hold the names but asks
//! for them ([`owned`]), so the name of a client is in one place. A nickname is claimed in the index first,
//! which may refuse it, and then set; a client that leaves gives it back.
//!
//! An id has an index and a generation. Every access compares both, so an id of a client that has left finds
//! nobody, although its index is in use again.

use compact_str::CompactString;

use super::command_error::CommandError;
use super::confusables::skeleton;
use super::fold::fold;
use super::masks::MaskSubject;
use super::members::EventLevel;
use super::memberships::Memberships;
use super::monitored::Watch;
use super::names::legalize;
use super::nicks::{Nick, Nicks, Owned};
use super::person::{Person, PersonFlag, Profile};
use super::recipient::{Addressee, Format, Recipient};
use super::whowas::Pasts;
use crate::protocol::{ConnId, Time};
use crate::table::{table, trim};

/// A connected client, with a nickname or without.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: ConnId,
    /// The nickname. A short one is stored in place, since a heap of thousands of small strings is never
    /// given back as a whole: an idle client with a name takes some 50 bytes less, and of 15,000 who came
    /// and went a third less memory is left.
    pub(super) name: Option<CompactString>,
    pub(super) memberships: Memberships,
    pub(super) profile: Profile,
    pub(super) format: Format,
    pub(super) level: EventLevel,
}

impl Client {
    pub(super) fn new(id: ConnId, format: Format, level: EventLevel) -> Self {
        Self {
            id,
            name: None,
            memberships: Memberships::default(),
            profile: Profile::default(),
            format,
            level,
        }
    }

    /// Returns the client as others see it; none while it has no nickname.
    pub(super) fn person(&self) -> Option<Person<'_>> {
        Some(Person {
            name: self.name.as_deref()?,
            profile: &self.profile,
        })
    }

    /// Returns the parts of the client that masks are compared with.
    pub(super) fn source(&self) -> MaskSubject<'_> {
        match self.person() {
            Some(person) => MaskSubject::called(person),
            None => MaskSubject::nameless(self.profile.host()),
        }
    }

    pub(super) fn addressee(&self) -> Addressee<'_> {
        Addressee {
            id: self.id,
            format: self.format,
            name: self.name.as_deref(),
        }
    }

    pub(super) fn recipient(&self) -> Recipient {
        Recipient {
            id: self.id,
            format: self.format,
        }
    }

    /// Returns whether the client is a server operator.
    pub(super) fn rules_server(&self) -> bool {
        self.profile.is(PersonFlag::Operator)
    }
}

/// Returns a function that answers whether a client has a given name, or a name with a given skeleton.
fn owned(clients: &[Option<Client>]) -> impl Fn(ConnId, Owned<'_>) -> bool {
    |id, it| {
        let client = clients.get(id.index()).and_then(Option::as_ref);
        let person = client.filter(|it| it.id == id).and_then(Client::person);
        person.is_some_and(|person| match it {
            Owned::Folded(name) => person.folded() == name,
            Owned::Skeleton(like) => skeleton(&person.folded()) == like,
        })
    }
}

/// All connected clients, the names that they watch, and the names that were given up.
#[derive(Debug)]
pub(super) struct People {
    /// The clients, by the index of a connection's id. The index is small and dense, so this is a table and
    /// no map; it gives its memory back once the highest indices are free (see [`crate::table`]).
    clients: Vec<Option<Client>>,
    nicks: Nicks,
    pub(super) watch: Watch,
    past: Pasts,
    /// Number of clients with each flag. It is counted, since IRC's `LUSERS` is part of each welcome and
    /// must not go through everybody.
    flagged: [usize; PersonFlag::COUNT],
    /// Number of clients without a nickname; those with one are counted by the index.
    unnamed: usize,
    /// The highest number of clients that had a nickname at the same time.
    named_max: usize,
}

impl People {
    pub(super) fn new<'a>(seed: u64, reserved: impl Iterator<Item = &'a str>) -> Self {
        Self {
            clients: table(),
            nicks: Nicks::new(seed, reserved),
            watch: Watch::default(),
            past: Pasts::default(),
            flagged: [0; PersonFlag::COUNT],
            unnamed: 0,
            named_max: 0,
        }
    }

    /// Returns the client that has this nickname. Nicknames that differ only in Unicode form or in case
    /// are the same.
    pub(super) fn owner(&self, name: &str) -> Option<ConnId> {
        self.nicks.owner(name, owned(&self.clients))
    }

    /// Number of clients with a nickname.
    pub(super) fn named(&self) -> usize {
        self.nicks.len()
    }

    pub(super) fn named_max(&self) -> usize {
        self.named_max
    }

    /// Claims a nickname for a client, and returns the nickname as it was claimed. The caller must then
    /// [set](Self::set_name) it.
    pub(super) fn claim(
        &mut self,
        id: ConnId,
        nick: Nick<'_>,
    ) -> Result<String, CommandError<'static>> {
        if let Nick::Exactly(name) = nick
            && (name.is_empty() || legalize(name) != name)
        {
            return Err(CommandError::NameIllegal);
        }
        self.get(id).ok_or(CommandError::NicknameFirst)?;
        let owns = owned(&self.clients);
        match nick {
            Nick::Exactly(name) => {
                self.nicks.claim_exactly(name, id, owns)?;
                Ok(name.to_owned())
            }
            Nick::Like(asked) => Ok(self.nicks.claim(asked, id, owns)),
            Nick::Reserved(name) => Ok(self.nicks.claim_reserved(name, id, owns)),
        }
    }

    /// Gives back a nickname that a client has or has had.
    pub(super) fn release(&mut self, name: &str, id: ConnId) {
        self.nicks.release(name, id);
    }

    pub(super) fn get(&self, id: ConnId) -> Option<&Client> {
        self.clients
            .get(id.index())?
            .as_ref()
            .filter(|client| client.id == id)
    }

    pub(super) fn get_mut(&mut self, id: ConnId) -> Option<&mut Client> {
        self.clients
            .get_mut(id.index())?
            .as_mut()
            .filter(|client| client.id == id)
    }

    pub(super) fn person(&self, id: ConnId) -> Option<Person<'_>> {
        self.get(id)?.person()
    }

    /// Returns where to send answers to a client that is connected, or was when it asked.
    pub(super) fn addressee(&self, id: ConnId) -> Addressee<'_> {
        let absent = Addressee {
            id,
            format: Format::default(),
            name: None,
        };
        self.get(id).map_or(absent, Client::addressee)
    }

    /// Returns the rooms that a client is in, in the order in which it entered them.
    pub(super) fn rooms_of(&self, id: ConnId) -> Vec<usize> {
        let client = self.get(id);
        client.map_or(Vec::new(), |it| it.memberships.rooms().collect())
    }

    /// Returns whether two clients have a room in common.
    pub(super) fn share_a_room(&self, one: ConnId, other: ConnId) -> bool {
        let (Some(one), Some(other)) = (self.get(one), self.get(other)) else {
            return false;
        };
        let mut rooms = one.memberships.rooms();
        rooms.any(|room| other.memberships.has(room))
    }

    /// Returns the person behind a client that is in the room, or is a server operator.
    pub(super) fn require_member(
        &self,
        id: ConnId,
        room: usize,
    ) -> Result<Person<'_>, CommandError<'static>> {
        let client = self.get(id).ok_or(CommandError::NicknameFirst)?;
        let person = client.person().ok_or(CommandError::NicknameFirst)?;
        let may = client.memberships.has(room) || client.rules_server();
        may.then_some(person).ok_or(CommandError::NotIn)
    }

    pub(super) fn called(&self, name: &str) -> Option<&Client> {
        self.get(self.owner(name)?)
    }

    /// The nicknames that were given up.
    pub(super) fn past(&self) -> &Pasts {
        &self.past
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter().flatten()
    }

    pub(super) fn insert(&mut self, client: Client) {
        let at = client.id.index();
        if self.clients.len() <= at {
            self.clients.resize_with(at + 1, || None);
        }
        debug_assert!(self.clients[at].is_none(), "{} is here already", client.id);
        self.clients[at] = Some(client);
        self.unnamed += 1;
    }

    /// Removes a client and frees its nickname.
    pub(super) fn take(&mut self, id: ConnId, now: Time) -> Option<Client> {
        self.get(id)?;
        let client = self.clients[id.index()].take()?;
        match client.person() {
            Some(person) => {
                self.nicks.release(person.name, id);
                self.past.note(person, &person.folded(), now);
            }
            None => self.unnamed -= 1,
        }
        for flag in PersonFlag::ALL {
            self.flagged[flag as usize] -= usize::from(client.profile.is(flag));
        }
        trim(&mut self.clients);
        Some(client)
    }

    /// Gives a client a nickname that is claimed for it already. Returns whether the client gives up
    /// another nickname: the same name in another case is not another one. The caller has to know that too,
    /// and asks here, so that both names are folded once. Each found it out by itself before, which took a
    /// rename from 59,020 instructions to 75,655.
    pub(super) fn set_name(&mut self, id: ConnId, name: &str, now: Time) -> bool {
        let named = self.named();
        let client = self.clients.get_mut(id.index()).and_then(Option::as_mut);
        let Some(client) = client.filter(|client| client.id == id) else {
            return false;
        };
        let folded = fold(name);
        client.profile.set_folded(name, &folded);
        let Some(old) = client.name.replace(name.into()) else {
            client.profile.note_arrival(now);
            self.unnamed -= 1;
            self.named_max = self.named_max.max(named);
            return false;
        };
        let old_folded = fold(&old);
        let is_another = old_folded != folded;
        if is_another {
            let given_up = Person {
                name: &old,
                profile: &client.profile,
            };
            self.past.note(given_up, &old_folded, now);
        }
        is_another
    }

    /// Sets or clears a client's flag. Returns whether that changes the flag.
    pub(super) fn set_flag(&mut self, id: ConnId, flag: PersonFlag, is_on: bool) -> bool {
        let Some(client) = self.get_mut(id) else {
            return false;
        };
        if client.profile.is(flag) == is_on {
            return false;
        }
        client.profile.set(flag, is_on);
        let count = &mut self.flagged[flag as usize];
        *count = if is_on { *count + 1 } else { *count - 1 };
        true
    }

    pub(super) fn flagged(&self, flag: PersonFlag) -> usize {
        self.flagged[flag as usize]
    }

    pub(super) fn unnamed(&self) -> usize {
        self.unnamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_small() {
        assert!(size_of::<Option<Client>>() <= 80);
    }
}
