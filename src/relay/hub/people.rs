//! Everyone who is here: by the index of their connection, and by name.

use compact_str::CompactString;

use super::fold::fold;
use super::looks::skeleton;
use super::masks::Source;
use super::members::Hears;
use super::memberships::Memberships;
use super::names::legalize;
use super::nicks::{Nick, Nicks, Owned};
use super::past::Pasts;
use super::person::{Person, PersonFlag, Profile};
use super::recipient::{Addressee, Format, Recipient};
use super::refused::Refused;
use super::watched::Watch;
use crate::protocol::{ConnId, Time};
use crate::table::{table, trim};

/// Someone who is here, named or not.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: ConnId,
    /// Where it is short it is stored right here: a heap of thousands of small strings is never given
    /// back whole.
    pub(super) name: Option<CompactString>,
    pub(super) memberships: Memberships,
    pub(super) profile: Profile,
    pub(super) format: Format,
    pub(super) hears: Hears,
}

impl Client {
    pub(super) fn new(id: ConnId, format: Format, hears: Hears) -> Self {
        Self {
            id,
            name: None,
            memberships: Memberships::default(),
            profile: Profile::default(),
            format,
            hears,
        }
    }

    /// None while they have no nickname.
    pub(super) fn person(&self) -> Option<Person<'_>> {
        Some(Person {
            name: self.name.as_deref()?,
            profile: &self.profile,
        })
    }

    /// As masks are held against it.
    pub(super) fn source(&self) -> Source<'_> {
        match self.person() {
            Some(person) => Source::called(person),
            None => Source::nameless(self.profile.host()),
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

    /// Whether they rule the whole server.
    pub(super) fn rules_server(&self) -> bool {
        self.profile.is(PersonFlag::Operator)
    }
}

/// What of a name is somebody's.
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

/// Everyone who is here, who waits for them, and who was here.
#[derive(Debug)]
pub(super) struct People {
    /// By the index of a connection's id.
    clients: Vec<Option<Client>>,
    nicks: Nicks,
    pub(super) watch: Watch,
    past: Pasts,
    /// How many have each flag.
    flagged: [usize; PersonFlag::COUNT],
    unnamed: usize,
    /// The most that ever had a nickname at once.
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

    /// Who is called so, up to the form and case of the letters.
    pub(super) fn owner(&self, name: &str) -> Option<ConnId> {
        self.nicks.owner(name, owned(&self.clients))
    }

    /// How many have a nickname.
    pub(super) fn named(&self) -> usize {
        self.nicks.len()
    }

    pub(super) fn named_max(&self) -> usize {
        self.named_max
    }

    /// Takes a name for someone; says what it became. It is theirs to be [set](Self::set_name).
    pub(super) fn claim(&mut self, id: ConnId, nick: Nick<'_>) -> Result<String, Refused<'static>> {
        if let Nick::Exactly(name) = nick
            && (name.is_empty() || legalize(name) != name)
        {
            return Err(Refused::NameIllegal);
        }
        self.get(id).ok_or(Refused::NicknameFirst)?;
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

    /// Gives a name back, which someone has or has had.
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

    /// Where answers to someone go, who is here or was when they asked.
    pub(super) fn addressee(&self, id: ConnId) -> Addressee<'_> {
        let absent = Addressee {
            id,
            format: Format::default(),
            name: None,
        };
        self.get(id).map_or(absent, Client::addressee)
    }

    /// The rooms that someone is in, in the order in which they came.
    pub(super) fn rooms_of(&self, id: ConnId) -> Vec<usize> {
        let client = self.get(id);
        client.map_or(Vec::new(), |it| it.memberships.rooms().collect())
    }

    /// Whether two are in a room together.
    pub(super) fn share_a_room(&self, one: ConnId, other: ConnId) -> bool {
        let (Some(one), Some(other)) = (self.get(one), self.get(other)) else {
            return false;
        };
        let mut rooms = one.memberships.rooms();
        rooms.any(|room| other.memberships.has(room))
    }

    /// Someone who is in a room, or rules the whole server.
    pub(super) fn require_member(
        &self,
        id: ConnId,
        room: usize,
    ) -> Result<Person<'_>, Refused<'static>> {
        let client = self.get(id).ok_or(Refused::NicknameFirst)?;
        let person = client.person().ok_or(Refused::NicknameFirst)?;
        let may = client.memberships.has(room) || client.rules_server();
        may.then_some(person).ok_or(Refused::NotIn)
    }

    pub(super) fn called(&self, name: &str) -> Option<&Client> {
        self.get(self.owner(name)?)
    }

    /// Those who had a name and have given it up.
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

    /// Someone is no longer here, and their name is free.
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

    /// Someone is called so now, by a name that is theirs already. Says whether they give up another
    /// name for it, and not the same in another case.
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

    /// Notes whether something is so of someone; says whether that is new.
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
