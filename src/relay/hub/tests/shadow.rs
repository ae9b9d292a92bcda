//! Programs that keep member lists of their own: the events that they get are enough to keep these
//! right.

use std::collections::BTreeMap;

use super::*;

/// The members of each of a program's rooms with their ranks, as known from the program's events alone.
type Lists = BTreeMap<String, BTreeMap<String, (bool, bool)>>;

/// Applies the events for programs to their lists.
#[derive(Default)]
struct Shadows {
    lists: BTreeMap<ConnId, Lists>,
    dismissed: Vec<ConnId>,
}

impl Shadows {
    fn take(&mut self, to: ConnId, room: Option<&str>, event: &Event<'_>) {
        let Some(lists) = self.lists.get_mut(&to) else {
            return;
        };
        let list = room.map(|room| lists.get_mut(room).expect("it is one of its rooms"));
        match event {
            Event::Joined(person) => {
                let before = list.unwrap().insert(person.name.into(), (false, false));
                assert_eq!(before, None, "{} came twice", person.name);
            }
            Event::RulesAgain(person) => {
                let list = list.unwrap();
                let entry = list.get_mut(person.name).expect("they have come");
                entry.0 = true;
            }
            Event::Left { person, .. } | Event::Kicked { person, .. } => {
                let before = list.unwrap().remove(person.name);
                assert!(before.is_some(), "{} was not there", person.name);
            }
            Event::Quit { person, .. } => {
                let gone = lists.values_mut().filter_map(|it| it.remove(person.name));
                assert!(gone.count() > 0, "{} was in none of its rooms", person.name);
            }
            Event::Renamed { person, new } => {
                for list in lists.values_mut() {
                    if let Some(ranks) = list.remove(person.name) {
                        list.insert((*new).into(), ranks);
                    }
                }
            }
            Event::ModesChanged { changes, .. } => note_ranks(list.unwrap(), changes),
            Event::Removed { room, .. } => {
                lists.remove(*room);
            }
            Event::Gathered { .. } => panic!("a program was told of many at once"),
            _ => {}
        }
    }
}

fn note_ranks(list: &mut BTreeMap<String, (bool, bool)>, changes: &[ModeChange<'_>]) {
    for change in changes {
        if let ModeChange::Rank { rank, name, is_on } = change {
            let ranks = list.get_mut(*name).expect("whoever is raised is there");
            match rank {
                Rank::Operator => ranks.0 = *is_on,
                _ => ranks.1 = *is_on,
            }
        }
    }
}

impl Sink for Shadows {
    fn to_room<'e>(
        &mut self,
        room: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    ) {
        for to in audience {
            for event in events.clone() {
                self.take(to.id, Some(room), &event);
            }
        }
    }

    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        let mut told = Vec::new();
        for to in audience {
            assert!(!told.contains(&to.id), "told twice of {event:?}");
            told.push(to.id);
            self.take(to.id, None, event);
        }
    }

    fn to_one(&mut self, to: Addressee<'_>, event: &Event<'_>) {
        self.take(to.id, None, event);
    }

    fn dismissed(&mut self, id: ConnId) {
        self.dismissed.push(id);
    }
}

/// A hub, its programs and other clients, and the lists of the programs.
struct World {
    random: fastrand::Rng,
    hub: Hub,
    shadows: Shadows,
    programs: Vec<ConnId>,
    others: Vec<ConnId>,
    next: u32,
    ms: u64,
}

impl World {
    fn now(&self) -> Time {
        Time::new(
            Duration::from_millis(self.ms),
            Duration::from_millis(self.ms),
        )
    }

    fn room(&mut self) -> String {
        let rooms = ["lobby", "one", "two", "three"];
        (*self.random.choice(rooms.iter()).unwrap()).to_owned()
    }

    fn someone(&mut self) -> String {
        let all: Vec<ConnId> = self.hub.people().map(|(id, _)| id).collect();
        let id = self.random.choice(all);
        let name = id.and_then(|id| self.hub.name(id));
        name.unwrap_or("nobody").to_owned()
    }

    fn come(&mut self) {
        self.next += 1;
        let (id, now) = (ConnId::new(self.next % 40, self.next), self.now());
        if self
            .hub
            .people()
            .any(|(other, _)| other.index() == id.index())
        {
            return;
        }
        let name = format!("p{}", self.next % 150);
        if self.random.bool() {
            let admit = Action::Admit {
                level: EventLevel::Room,
                host: Host::default(),
                address: None,
                enters_default: true,
            };
            let admitted = self.hub.apply(id, &admit, now, &mut Nowhere);
            assert_eq!(admitted, Ok(Done::All));
            self.hub.arrive_like(id, &name, now, &mut self.shadows);
            self.others.push(id);
            return;
        }
        self.hub.admit_roomless(id, Format(1), EventLevel::Raw);
        let whom = ("u", "U");
        let arrived = self
            .hub
            .arrive_exactly(id, &name, whom, now, &mut self.shadows);
        match arrived {
            Ok(()) => {
                self.shadows.lists.insert(id, Lists::new());
                self.programs.push(id);
            }
            Err(_) => self.hub.leave(id, None, now, &mut self.shadows),
        }
    }

    /// Lets a program act, and changes its lists by the answer that it gets.
    fn act(&mut self, id: ConnId) {
        let (room, name, now) = (self.room(), self.someone(), self.now());
        let own = self.hub.name(id).unwrap().to_owned();
        let is_on = self.random.bool();
        match self.random.u8(..10) {
            0..3 => {
                if self
                    .hub
                    .enter(id, &room, None, now, &mut self.shadows)
                    .is_ok()
                {
                    let list = members(&self.hub, &room);
                    self.shadows.lists.get_mut(&id).unwrap().insert(room, list);
                }
            }
            3 => {
                if self
                    .hub
                    .part_from(id, &room, None, now, &mut self.shadows)
                    .is_ok()
                {
                    self.shadows.lists.get_mut(&id).unwrap().remove(&room);
                }
            }
            4 => {
                let new = format!("q{}", self.random.u8(..30));
                let renamed = self.hub.rename_exactly(id, &new, now, &mut self.shadows);
                if renamed.is_ok() {
                    for list in self.shadows.lists.get_mut(&id).unwrap().values_mut() {
                        let ranks = list.remove(&own).expect("it is in all its rooms");
                        list.insert(new.clone(), ranks);
                    }
                }
            }
            5 | 6 => {
                let rank = if self.random.bool() {
                    Rank::Operator
                } else {
                    Rank::Voice
                };
                let name = &*name;
                let changes = [ModeChange::Rank { rank, name, is_on }];
                let outcomes =
                    self.hub
                        .change_modes_of(id, &room, &changes, now, &mut self.shadows);
                if outcomes.is_ok_and(|outcomes| outcomes == [Outcome::Applied])
                    && let Some(list) = self.shadows.lists.get_mut(&id).unwrap().get_mut(&room)
                {
                    note_ranks(list, &changes);
                }
            }
            7 => {
                let changes = [
                    ModeChange::Flag(Flag::InviteOnly, is_on && self.random.bool()),
                    ModeChange::Limit(Some(6).filter(|_| is_on)),
                ];
                let _ = self
                    .hub
                    .change_modes_of(id, &room, &changes, now, &mut self.shadows);
            }
            8 => {
                let kicked = self
                    .hub
                    .kick_from(id, &room, (&name, None), now, &mut self.shadows);
                let lists = self.shadows.lists.get_mut(&id).unwrap();
                // A program that puts itself out is told so by an event, like any other member.
                if kicked.is_ok() && name != own {
                    lists.get_mut(&room).map(|list| list.remove(&name));
                }
            }
            _ => {
                let _ = self.hub.invite_to(id, &room, &name, &mut self.shadows);
            }
        }
    }

    /// Lets a client act that is not a program.
    fn perform(&mut self, id: ConnId) {
        let (room, name, now) = (self.room(), self.someone(), self.now());
        let (rank, is_on) = (Rank::Operator, self.random.bool());
        let (name, reason) = (&*name, None);
        let (hub, sink) = (&mut self.hub, &mut self.shadows);
        let own = hub.rooms_of(id).next().map(|room| room.name().to_owned());
        let own = own.as_deref().unwrap_or_default();
        // A refusal does not matter here.
        match self.random.u8(..6) {
            0..3 => drop(hub.go_to(id, &room, now, sink)),
            3 => drop(hub.rename_like(id, name, now, sink)),
            4 => {
                let change = ModeChange::Rank { rank, name, is_on };
                drop(hub.change_modes_of(id, own, &[change], now, sink));
            }
            _ => drop(hub.kick_from(id, own, (name, reason), now, sink)),
        }
    }

    fn go(&mut self) {
        let from = if self.random.bool() {
            &mut self.programs
        } else {
            &mut self.others
        };
        if from.is_empty() {
            return;
        }
        let id = from.swap_remove(self.random.usize(..from.len()));
        let now = self.now();
        self.shadows.lists.remove(&id);
        self.hub.leave(id, None, now, &mut self.shadows);
    }

    fn step(&mut self) {
        match self.random.u8(..20) {
            0 | 1 => self.come(),
            2 => self.go(),
            3..13 => {
                if let Some(id) = self.random.choice(self.programs.clone()) {
                    self.act(id);
                }
            }
            13..19 => {
                if let Some(id) = self.random.choice(self.others.clone()) {
                    self.perform(id);
                }
            }
            _ => {
                self.ms += self.random.u64(..800);
                let now = self.now();
                self.hub.tick(now, &mut self.shadows);
            }
        }
        for id in std::mem::take(&mut self.shadows.dismissed) {
            self.others.retain(|other| *other != id);
            self.programs.retain(|other| *other != id);
            self.shadows.lists.remove(&id);
        }
    }

    /// Compares each list with the members in the hub. Returns how many people are on all lists.
    fn check(&self) -> usize {
        for (id, lists) in &self.shadows.lists {
            let rooms: Vec<&str> = self.hub.rooms_of(*id).map(RoomView::name).collect();
            assert_eq!(rooms.len(), lists.len(), "{id} is in {rooms:?}");
            for (room, list) in lists {
                assert_eq!(*list, members(&self.hub, room), "{room}, as {id} has it");
            }
        }
        let lists = self.shadows.lists.values().flat_map(BTreeMap::values);
        lists.map(BTreeMap::len).sum()
    }
}

fn members(hub: &Hub, room: &str) -> BTreeMap<String, (bool, bool)> {
    let members = hub.room(room).into_iter().flat_map(RoomView::members);
    let entry = |it: MemberView<'_>| {
        let ranks = (it.ranks.is_operator, it.ranks.has_voice);
        (it.person.name.to_owned(), ranks)
    };
    members.map(entry).collect()
}

#[test]
fn the_lists_that_programs_keep_are_right() {
    for seed in 0..4 {
        let config = RelayConfig {
            gather_above: 4,
            ..RelayConfig::default()
        };
        let mut world = World {
            random: fastrand::Rng::with_seed(seed),
            hub: Hub::new(config),
            shadows: Shadows::default(),
            programs: Vec::new(),
            others: Vec::new(),
            next: 0,
            ms: 0,
        };
        let mut compared = 0;
        for _ in 0..1_500 {
            world.step();
            compared += world.check();
        }
        assert!(compared > 40_000, "in {compared} places nobody learns much");
    }
}
