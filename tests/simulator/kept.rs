//! A store that is told every change, in some worlds one that loses some of them now and then; and a chat that goes on
//! from it, which must be the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use parloir::protocol::{Protocol, Time};
use parloir::relay::hub::names::fold;
use parloir::relay::hub::{Change, Entry, Hub, RoomRecord};
use parloir::store::{Abilities, Asked, LoadLimits, Saved, Store, StoreError};
use parloir::{Relay, RelayConfig};

use crate::support::archive::look_up;

#[derive(Default)]
struct Tables {
    rooms: BTreeMap<String, (Option<RoomRecord>, Vec<Entry>)>,
    /// One in so many calls loses the messages in it; 0: none does.
    loses_one_in: u64,
    calls: u64,
    /// Changes of rooms were lost, and all are to be told anew.
    has_lost_track: bool,
    lost: u64,
}

/// The store, and the eyes of the test on it.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Tables>>);

impl Kept {
    pub(crate) fn new(loses_one_in: u64) -> Self {
        let kept = Self::default();
        kept.tables().loses_one_in = loses_one_in;
        kept
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().expect("no test goes on after a panic")
    }

    /// Returns whether questions are answered. One that loses messages answers none: what it would have depends on when it
    /// was asked.
    pub(crate) fn answers(&self) -> bool {
        self.tables().loses_one_in == 0
    }

    /// Compares what was kept with the chat, and a chat that begins with it.
    pub(crate) fn check(&self, hub: &Hub, config: &RelayConfig, now: Time) {
        let kept = self.tables();
        let records: Vec<_> = hub.records().collect();
        assert_eq!(kept.rooms.len(), records.len(), "the rooms that are kept");
        for ((record, _), is) in kept.rooms.values().zip(&records) {
            assert_eq!(record.as_ref(), Some(is), "what is kept of a room");
        }
        let mut saved = Saved::default();
        for (room, (record, said)) in &kept.rooms {
            assert!(said.is_sorted_by(|one, next| one.id < next.id), "in {room}");
            assert!(
                config.history > 0 || said.is_empty(),
                "no history is wanted"
            );
            let history: Vec<_> = hub
                .room(room)
                .expect("it is there")
                .history()
                .map(bare)
                .collect();
            let first = history.first().map(|entry| entry.id);
            let recent: Vec<_> = said
                .iter()
                .filter(|entry| Some(entry.id) >= first && first.is_some())
                .collect();
            let is_part = recent.iter().all(|entry| history.contains(entry));
            assert!(is_part, "nothing is kept in {room} that is not said there");
            if kept.lost == 0 {
                assert!(recent.into_iter().eq(&history), "what is kept of {room}");
            }
            let record = record.clone().expect("no room is without its facts");
            saved.rooms.push((record, history));
        }
        drop(kept);
        let mut again = Relay::new(config.clone()).expect("a valid configuration");
        again = again.with_store(Again(Some(saved))).expect("it is read");
        again.started(now);
        assert!(
            again.hub().records().eq(hub.records()),
            "the rooms after a restart"
        );
    }
}

/// A message without the connection that sent it, which nobody knows after a restart.
fn bare(entry: &Entry) -> Entry {
    Entry {
        by: None,
        ..entry.clone()
    }
}

impl Store for Kept {
    fn abilities(&self) -> Abilities {
        Abilities {
            has_history: self.answers(),
            has_search: self.answers(),
        }
    }

    fn ask(&mut self, asked: Asked) {
        let kept = self.tables();
        let of_room = |room: &str| kept.rooms.get(room).map_or(&[][..], |(_, said)| said);
        let answer = look_up(&of_room, asked.question());
        drop(kept);
        asked.answer(answer);
    }

    fn load(&mut self, _: LoadLimits) -> Result<Saved, StoreError> {
        Ok(Saved::default())
    }

    fn has_lost_track(&mut self) -> bool {
        std::mem::take(&mut self.tables().has_lost_track)
    }

    fn keep(&mut self, changes: &mut Vec<Change>) {
        let mut kept = self.tables();
        kept.calls += 1;
        let fails = kept.loses_one_in > 0 && kept.calls.is_multiple_of(kept.loses_one_in);
        kept.has_lost_track |= fails;
        for change in changes.drain(..) {
            match change {
                Change::Said { .. } if fails => kept.lost += 1,
                Change::Room(_) | Change::Forgotten { .. } | Change::AllRooms(_) if fails => {}
                Change::Said { room, entry } => {
                    kept.rooms.entry(room).or_default().1.push(bare(&entry));
                }
                Change::Redacted { room, id } => {
                    let (_, said) = kept.rooms.entry(room).or_default();
                    said.retain(|entry| entry.id != id);
                }
                Change::ForgottenName { name } => {
                    let rooms = kept.rooms.values_mut();
                    rooms.for_each(|(_, said)| said.retain(|entry| fold(&entry.from) != name));
                }
                Change::Room(record) => {
                    let room = fold(&record.name);
                    let (known, said) = kept.rooms.entry(room).or_default();
                    if known
                        .as_ref()
                        .is_some_and(|it| it.made_at != record.made_at)
                    {
                        // Another room of that name, whose end was lost.
                        said.retain(|entry| entry.unix_us >= record.made_at * 1_000_000);
                    }
                    *known = Some(record);
                }
                Change::Forgotten { room } => {
                    kept.rooms.remove(&room);
                }
                Change::AllRooms(rooms) => kept.rooms.retain(|room, _| rooms.contains(room)),
            }
        }
    }
}

/// The kept rooms, at the next start.
struct Again(Option<Saved>);

impl Store for Again {
    fn load(&mut self, _: LoadLimits) -> Result<Saved, StoreError> {
        Ok(self.0.take().unwrap_or_default())
    }

    fn keep(&mut self, changes: &mut Vec<Change>) {
        changes.clear();
    }
}
