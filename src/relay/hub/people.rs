//! Everyone who is here: by the index of their connection, and by name.

use compact_str::CompactString;

use super::fold::fold;
use super::looks::skeleton;
use super::masks::Source;
use super::members::Hears;
use super::nicks::{Nicks, Owned};
use super::person::{Person, PersonFlag, Profile};
use super::recipient::{Addressee, Format};
use super::refused::Refused;
use crate::protocol::ConnId;
use crate::table::{table, trim};

/// Someone who is here, named or not.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: ConnId,
    /// Where it is short it is stored right here: a heap of thousands of small strings is never given
    /// back whole.
    pub(super) name: Option<CompactString>,
    pub(super) seats: Seats,
    pub(super) profile: Profile,
    pub(super) format: Format,
    pub(super) hears: Hears,
}

impl Client {
    pub(super) fn new(id: ConnId, format: Format, hears: Hears) -> Self {
        Self {
            id,
            name: None,
            seats: Seats::default(),
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
}

/// A place in a room's list of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    room: u32,
    slot: u32,
}

impl Seat {
    fn new(room: usize, slot: usize) -> Self {
        let small = |n| u32::try_from(n).expect("rooms and people are fewer than 2^32 bytes");
        Self {
            room: small(room),
            slot: small(slot),
        }
    }

    pub(super) fn room(self) -> usize {
        self.room as usize
    }

    pub(super) fn slot(self) -> usize {
        self.slot as usize
    }
}

/// The rooms that someone is in, in the order in which they came. Most are in one: a list of its
/// own for each of ten thousand clients would be the largest thing known of them.
#[derive(Debug, Default)]
pub(super) enum Seats {
    #[default]
    None,
    One(Seat),
    Several(Box<List>),
}

#[derive(Debug)]
pub(super) struct List(Vec<Seat>);

impl Seats {
    pub(super) fn all(&self) -> &[Seat] {
        match self {
            Self::None => &[],
            Self::One(seat) => std::slice::from_ref(seat),
            Self::Several(list) => &list.0,
        }
    }

    fn all_mut(&mut self) -> &mut [Seat] {
        match self {
            Self::None => &mut [],
            Self::One(seat) => std::slice::from_mut(seat),
            Self::Several(list) => &mut list.0,
        }
    }

    pub(super) fn first(&self) -> Option<Seat> {
        self.all().first().copied()
    }

    pub(super) fn slot_in(&self, room: usize) -> Option<usize> {
        let seat = self.all().iter().find(|seat| seat.room() == room)?;
        Some(seat.slot())
    }

    /// Notes a place in a room that they are not in.
    pub(super) fn add(&mut self, room: usize, slot: usize) {
        let seat = Seat::new(room, slot);
        match self {
            Self::None => *self = Self::One(seat),
            Self::One(first) => *self = Self::Several(Box::new(List(vec![*first, seat]))),
            Self::Several(list) => list.0.push(seat),
        }
    }

    /// Their place in a room has changed.
    pub(super) fn moved(&mut self, room: usize, slot: usize) {
        let mut seats = self.all_mut().iter_mut();
        if let Some(seat) = seats.find(|seat| seat.room() == room) {
            *seat = Seat::new(room, slot);
        }
    }

    /// Forgets their place in a room; says which it was.
    pub(super) fn remove(&mut self, room: usize) -> Option<usize> {
        let slot = self.slot_in(room)?;
        let rest: Vec<Seat> = self
            .all()
            .iter()
            .copied()
            .filter(|seat| seat.room() != room)
            .collect();
        *self = match rest[..] {
            [] => Self::None,
            [seat] => Self::One(seat),
            _ => Self::Several(Box::new(List(rest))),
        };
        Some(slot)
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

/// Everyone who is here.
#[derive(Debug)]
pub(super) struct People {
    /// By the index of a connection's id.
    clients: Vec<Option<Client>>,
    nicks: Nicks,
    /// How many have each flag.
    flagged: [usize; PersonFlag::COUNT],
    unnamed: usize,
}

impl People {
    pub(super) fn new<'a>(seed: u64, reserved: impl Iterator<Item = &'a str>) -> Self {
        Self {
            clients: table(),
            nicks: Nicks::new(seed, reserved),
            flagged: [0; PersonFlag::COUNT],
            unnamed: 0,
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

    /// Takes a name for someone who has none, or something like it; says what it became. It is theirs
    /// to be [set](Self::set_name).
    pub(super) fn claim(&mut self, asked: &str, id: ConnId) -> String {
        self.nicks.claim(asked, id, owned(&self.clients))
    }

    /// Takes exactly this name for someone, if it is reserved for nobody and nobody else has it, or
    /// one that looks like it.
    pub(super) fn claim_exactly(&mut self, name: &str, id: ConnId) -> Result<(), Refused<'static>> {
        self.nicks.claim_exactly(name, id, owned(&self.clients))
    }

    /// Takes a reserved name for the one it is reserved for; says what it became.
    pub(super) fn claim_reserved(&mut self, name: &str, id: ConnId) -> String {
        self.nicks.claim_reserved(name, id, owned(&self.clients))
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

    /// Whether someone rules the whole server.
    pub(super) fn rules(&self, id: ConnId) -> bool {
        let person = self.person(id);
        person.is_some_and(|person| person.profile.is(PersonFlag::Operator))
    }

    pub(super) fn called(&self, name: &str) -> Option<&Client> {
        self.get(self.owner(name)?)
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
    pub(super) fn take(&mut self, id: ConnId) -> Option<Client> {
        self.get(id)?;
        let client = self.clients[id.index()].take()?;
        match &client.name {
            Some(name) => self.nicks.release(name, id),
            None => self.unnamed -= 1,
        }
        for flag in PersonFlag::ALL {
            self.flagged[flag as usize] -= usize::from(client.profile.is(flag));
        }
        trim(&mut self.clients);
        Some(client)
    }

    /// Someone is called so now, by a name that is theirs already.
    pub(super) fn set_name(&mut self, id: ConnId, name: &str) {
        if let Some(client) = self.get_mut(id) {
            client.profile.set_folded(name, &fold(name));
            if client.name.replace(name.into()).is_none() {
                self.unnamed -= 1;
            }
        }
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
    fn a_client_in_one_room_has_no_list() {
        assert_eq!(size_of::<Seats>(), 16);
        assert!(size_of::<Option<Client>>() <= 80);
        let mut seats = Seats::default();
        let rooms =
            |seats: &Seats| -> Vec<usize> { seats.all().iter().map(|seat| seat.room()).collect() };
        seats.add(5, 0);
        assert!(matches!(seats, Seats::One(_)));
        seats.add(3, 9);
        seats.add(4, 1);
        assert_eq!(rooms(&seats), [5, 3, 4]);
        seats.moved(3, 2);
        assert_eq!(seats.slot_in(3), Some(2));
        assert_eq!(seats.remove(5), Some(0));
        assert_eq!(seats.remove(5), None);
        assert_eq!(rooms(&seats), [3, 4]);
        assert_eq!(seats.remove(3), Some(2));
        assert!(matches!(seats, Seats::One(_)));
        assert_eq!(seats.first().map(Seat::room), Some(4));
        assert_eq!(seats.remove(4), Some(1));
        assert_eq!(seats.first(), None);
    }
}
