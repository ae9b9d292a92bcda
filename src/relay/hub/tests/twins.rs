//! Two hubs that carry out the same actions have the same state, whatever the ids of their connections
//! and the seeds of their hash tables: a restart, an upgrade and a chat on several machines rest on
//! that.

use super::*;

const STEPS: usize = 1_500;

/// One client, by its ids at the two hubs.
#[derive(Clone, Copy, Debug)]
struct Twin([ConnId; 2]);

struct Twins {
    random: fastrand::Rng,
    hubs: [Hub; 2],
    people: Vec<Twin>,
    next: u32,
    ms: u64,
    /// Number of actions that were carried out, of all.
    done: usize,
}

fn config(seed: u64) -> RelayConfig {
    RelayConfig {
        seed,
        history: 5,
        history_total_bytes_max: 20_000,
        rooms_max: 8,
        empty_rooms_max: 2,
        gather_above: 4,
        ..RelayConfig::default()
    }
}

impl Twins {
    fn now(&self) -> Time {
        let now = Duration::from_millis(self.ms);
        Time::new(now, now)
    }

    fn connect(&mut self) {
        self.next += 1;
        let n = self.next;
        // The ids differ between the two hubs in their index and generation.
        let ids = [ConnId::new(n, 1), ConnId::new(n * 7 % 1_009, n)];
        let level = self
            .random
            .choice([EventLevel::Raw, EventLevel::Room, EventLevel::Messages]);
        let level = level.unwrap();
        let (now, host) = (self.now(), Host::cloak(1, address(n % 5)));
        for (hub, id) in self.hubs.iter_mut().zip(ids) {
            let admit = Action::Admit {
                level,
                host,
                address: None,
                enters_default: level != EventLevel::Raw,
            };
            assert_eq!(hub.apply(id, &admit, now, &mut Nowhere), Ok(Done::All));
        }
        self.people.push(Twin(ids));
    }

    fn name(&mut self) -> String {
        format!("p{}", self.random.u8(..12))
    }

    /// Applies the action at both hubs. Each hub finds the room by its name, and `action` makes the
    /// action for it.
    fn act<'a>(&mut self, who: Twin, room: &str, action: &dyn Fn(RoomId) -> Action<'a>) {
        let now = self.now();
        let mut told = Vec::new();
        for (hub, id) in self.hubs.iter_mut().zip(who.0) {
            let room = hub.find_room(room).unwrap_or_default();
            let done = hub.apply(id, &action(room), now, &mut Nowhere);
            // A client that was disconnected has another id at each hub.
            told.push(match done {
                Ok(Done::Disconnected(id)) => format!("disconnected {}", hub.is_here(id)),
                other => format!("{other:?}"),
            });
            self.done += usize::from(told[0].starts_with("Ok"));
        }
        assert_eq!(told[0], told[1]);
    }

    fn said_us(&self, room: &str, message: MessageId) -> u64 {
        let room = self.hubs[0].room(room);
        let mut said = room.into_iter().flat_map(RoomView::history);
        said.find(|it| it.id == message).map_or(0, |it| it.unix_us)
    }

    fn step(&mut self) {
        self.ms += self.random.u64(..50);
        if self.people.len() < 3 || self.random.u8(..12) == 0 {
            return self.connect();
        }
        let at = self.random.usize(..self.people.len());
        let (who, name, other) = (self.people[at], self.name(), self.name());
        let room = ["lobby", "one", "two", "three"][self.random.usize(..4)];
        let is_on = self.random.bool();
        let text = format!("hello {}", self.ms);
        let reason = is_on.then_some(&*other);
        let message = MessageId(self.random.u64(..200));
        let unix_us = self.said_us(room, message);
        let flags = [(PersonFlag::Operator, is_on)];
        match self.random.u8(..27) {
            0..4 => self.act(who, room, &|_| Action::Arrive {
                nick: if is_on {
                    Nick::Like(&name)
                } else {
                    Nick::Exactly(&name)
                },
                names: (!is_on).then_some(("user", "Some Body")),
            }),
            4 => self.act(who, room, &|_| Action::Rename(Nick::Like(&name))),
            5 => self.act(who, room, &|_| Action::Rename(Nick::Exactly(&name))),
            6..10 => self.act(who, room, &|_| Action::Join {
                room,
                key: reason,
                leaves_others: is_on,
            }),
            10 => self.act(who, room, &|room| Action::Part {
                room: room.into(),
                reason,
            }),
            11..14 => self.act(who, room, &|room| Action::Say {
                room: room.into(),
                at_least: Rank::Member,
                what: Utterance::message(&text),
            }),
            14 => self.act(who, room, &|_| Action::Tell {
                to: &name,
                what: Utterance::message(&text),
            }),
            15 => self.act(who, room, &|room| Action::SetTopic {
                room: room.into(),
                topic: reason,
            }),
            16 => self.act(who, room, &|room| Action::Invite {
                room: room.into(),
                name: &name,
            }),
            17 => self.act(who, room, &|room| Action::Kick {
                room: room.into(),
                name: &name,
                reason,
            }),
            18 => self.act(who, room, &|room| Action::Redact {
                room: room.into(),
                message,
                unix_us,
                reason,
            }),
            19 => {
                let changes = [
                    rank(Rank::Operator, &name, is_on),
                    list(List::Bans, &other, is_on),
                    ModeChange::Flag(Flag::ALL[self.random.usize(..5)], is_on),
                    ModeChange::Key(reason),
                ];
                self.act(who, room, &|room| Action::ChangeModes {
                    room: room.into(),
                    changes: &changes,
                });
            }
            20 => self.act(who, room, &|_| Action::SetAway(reason)),
            21 => self.act(who, room, &|_| Action::SetRealName(&text)),
            22 => self.act(who, room, &|_| Action::SetFlags(&flags)),
            23 => self.act(who, room, &|room| Action::SetValue {
                whose: Whose::Room(room),
                key: "key",
                value: reason,
            }),
            24 => self.act(who, room, &|_| Action::Forget { name: &name }),
            25 => {
                let now = self.now();
                self.hubs
                    .iter_mut()
                    .for_each(|hub| hub.tick(now, &mut Nowhere));
            }
            _ => {
                self.act(who, room, &|_| Action::Leave(reason.map(Reason::Words)));
                self.people.swap_remove(at);
            }
        }
        // Some clients have been removed by others.
        let hub = &self.hubs[0];
        self.people.retain(|it| hub.is_here(it.0[0]));
    }
}

/// The chat as somebody knows it who is told its changes and nothing else.
#[derive(Default)]
struct Kept(std::collections::BTreeMap<String, (Option<RoomRecord>, Vec<Entry>)>);

impl Kept {
    fn follow(&mut self, hub: &mut Hub) {
        let mut changes = Vec::new();
        hub.take_changes(&mut changes);
        for change in changes {
            match change {
                Change::Said { room, entry } => self.0.entry(room).or_default().1.push(entry),
                Change::Redacted { room, id } => {
                    let (_, said) = self.0.entry(room).or_default();
                    said.retain(|entry| entry.id != id);
                }
                Change::ForgottenName { name } => {
                    let rooms = self.0.values_mut();
                    rooms.for_each(|(_, said)| said.retain(|it| names::fold(&it.from) != name));
                }
                Change::Room(record) => {
                    let room = names::fold(&record.name);
                    self.0.entry(room).or_default().0 = Some(record);
                }
                Change::Forgotten { room } => {
                    self.0.remove(&room);
                }
                Change::AllRooms(rooms) => self.0.retain(|room, _| rooms.contains(room)),
            }
        }
    }

    /// Compares the kept facts with the chat: no change may have been forgotten.
    fn check(&self, hub: &Hub, when: &str) {
        let kept: Vec<_> = self.0.values().map(|(record, _)| record.clone()).collect();
        let records: Vec<_> = hub.records().map(Some).collect();
        assert_eq!(kept, records, "{when}");
        for (name, (_, said)) in &self.0 {
            let bare = |entry: &Entry| Entry {
                by: None,
                ..entry.clone()
            };
            let history: Vec<_> = hub.room(name).unwrap().history().map(bare).collect();
            let last = &said[said.len() - history.len()..];
            let last: Vec<_> = last.iter().map(bare).collect();
            assert_eq!(last, history, "{when}, in {name}");
        }
    }

    fn restore(&self, hub: &mut Hub, now: Time) {
        for (record, said) in self.0.values() {
            let last = said[said.len().saturating_sub(5)..].to_vec();
            hub.restore(record.clone().unwrap(), last, now);
        }
    }
}

fn address(n: u32) -> crate::protocol::Address {
    crate::protocol::Address::Ip(([192, 0, 2, n as u8], 1).into())
}

#[test]
fn the_same_actions_make_the_same_chat() {
    for seed in 0..8 {
        let mut twins = Twins {
            random: fastrand::Rng::with_seed(seed),
            hubs: [Hub::new(config(1)), Hub::new(config(2))],
            people: Vec::new(),
            next: 0,
            ms: 0,
            done: 0,
        };
        let mut kept = Kept::default();
        twins.hubs[0].begin_journal();
        let mut before = twins.hubs[0].digest();
        let mut changes = 0;
        for step in 0..STEPS {
            twins.step();
            let [one, other] = [0, 1].map(|n| twins.hubs[n].digest());
            assert_eq!(one, other, "seed {seed}, step {step}");
            kept.follow(&mut twins.hubs[0]);
            kept.check(&twins.hubs[0], &format!("seed {seed}, step {step}"));
            changes += usize::from(one != before);
            before = one;
        }
        assert!(changes > STEPS / 3, "{changes} steps changed anything");
        assert!(twins.done > STEPS / 2, "{} actions were done", twins.done);
        let mut again = Hub::new(config(3));
        kept.restore(&mut again, twins.now());
        kept.check(&again, &format!("seed {seed}, after a restart"));
    }
}
