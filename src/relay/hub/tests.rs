//! The chat by itself: the events for each client, with a sink that only takes notes.

#[path = "../../../tests/support/nowhere.rs"]
mod nowhere;

use std::time::Duration;

use super::*;

use guest::Command;
pub(in crate::relay) use nowhere::Nowhere;

mod by_name;
mod doors;
mod gathering;
mod guest;
mod metadata;
mod operators;
mod people;
mod rooms;
mod several;
mod shadow;
mod twins;

/// Takes notes of events in its own shorthand, so that no dialect is needed. The events that clients
/// read about their own actions are noted apart, and so are the formats of all that is told in rooms or
/// to one.
#[derive(Default)]
struct Notes(Vec<(ConnId, String)>, Vec<(ConnId, String)>, Vec<Format>);

impl Sink for Notes {
    fn to_room<'e>(
        &mut self,
        _: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    ) {
        for to in audience {
            let notes = events.clone().map(|event| (to.id, shorthand(&event)));
            self.0.extend(notes);
            self.2.push(to.format);
        }
    }

    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        self.0.extend(audience.map(|to| (to.id, shorthand(event))));
    }

    fn to_watchers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        let note = format!("watching {}", shorthand(event));
        self.0.extend(audience.map(|to| (to.id, note.clone())));
    }

    fn to_actor(&mut self, actor: Addressee<'_>, _: &str, event: &Event<'_>) {
        self.1.push((actor.id, shorthand(event)));
    }

    fn to_one(&mut self, to: Addressee<'_>, event: &Event<'_>) {
        self.2.push(to.format);
        self.0.push((to.id, shorthand(event)));
    }

    fn dismissed(&mut self, id: ConnId) {
        self.0.push((id, String::from("dismissed")));
    }
}

fn shorthand(event: &Event<'_>) -> String {
    match event {
        Event::Spoken(said) => format!("<{}> {}", said.from.name, said.text),
        Event::Private(said) => format!("-{}- {}", said.from.name, said.text),
        Event::Joined(person) => format!("+{}", person.name),
        Event::RulesAgain(person) => format!("again {}", person.name),
        Event::Left { person, reason } => format!("-{}{}", person.name, because(words(*reason))),
        Event::Quit { person, reason } => format!("--{}{}", person.name, because(words(*reason))),
        Event::Gathered { joined, left } => format!("+[{}] -[{}]", people(joined), people(left)),
        Event::Renamed { person, new } => format!("{}={new}", person.name),
        Event::TopicSet { topic, .. } => format!("topic {:?}", topic.map(|topic| &*topic.text)),
        Event::Moved { room, others, .. } => {
            format!("in {}: {}", room.name(), people(others))
        }
        Event::Kicked { person, by, reason } => {
            format!("{} kicks {}{}", by.name, person.name, because(*reason))
        }
        Event::Removed {
            room,
            by,
            reason,
            is_final,
            ..
        } => {
            let how = if *is_final { "removes" } else { "kicks" };
            format!("{} {how} you, {room}{}", by.name, because(*reason))
        }
        Event::Disconnected { by, reason } => {
            format!("{} disconnects you{}", by.name, because(*reason))
        }
        Event::ModesChanged { by, changes } => format!("{} sets {changes:?}", by.name),
        Event::InvitedTo { room, by } => format!("{} asks you into {room}", by.name),
        Event::Invited { name, by } => format!("{} asks {name} in", by.name),
        Event::Online { person, values } => match &values[..] {
            [] => format!("here {}", person.name),
            values => format!("here {} {values:?}", person.name),
        },
        Event::ValueChanged { of, key, value } => {
            let of = of.map_or("room", |person| person.name);
            format!("{of} {key}={}", value.unwrap_or_default())
        }
        Event::Offline(name) => format!("gone {name}"),
        Event::AwayChanged(person) => format!("{} away {:?}", person.name, person.profile.away()),
        Event::RealNameChanged(person) => format!("{} real {}", person.name, person.real_name()),
        Event::TakenBack { by, id, .. } => format!("{} unsays {}", by.name, id.0),
        Event::KeptOut { room, why } => format!("refused {room}: {why:?}"),
        other => format!("{other:?}"),
    }
}

fn words(reason: Option<Reason<'_>>) -> Option<&str> {
    match reason? {
        Reason::Words(words) | Reason::Server(words) => Some(words),
        Reason::Closed => Some("closed"),
        Reason::Reset => Some("reset"),
        Reason::Removed { by, .. } => Some(by),
    }
}

fn because(reason: Option<&str>) -> String {
    reason
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default()
}

fn people(names: &Names<'_>) -> String {
    let mut all: Vec<String> = names.names.iter().map(ToString::to_string).collect();
    for (count, what) in [(names.others, "others"), (names.listeners, "listeners")] {
        if count > 0 {
            all.push(format!("{count} {what}"));
        }
    }
    all.join(" ")
}

fn flag(flag: Flag) -> ModeChange<'static> {
    ModeChange::Flag(flag, true)
}

fn rank(rank: Rank, name: &str, is_on: bool) -> ModeChange<'_> {
    ModeChange::Rank { rank, name, is_on }
}

fn list(list: List, mask: &str, is_on: bool) -> ModeChange<'_> {
    ModeChange::List { list, mask, is_on }
}

/// A hub with its notes and its clock.
struct Play {
    hub: Hub,
    notes: Notes,
    ms: u64,
    next: u32,
}

impl Play {
    fn new(change: impl FnOnce(&mut RelayConfig)) -> Self {
        let mut config = RelayConfig::default();
        change(&mut config);
        Self {
            hub: Hub::new(config),
            notes: Notes::default(),
            ms: 0,
            next: 0,
        }
    }

    fn now(&self) -> Time {
        Time::new(Duration::from_millis(self.ms), Duration::ZERO)
    }

    fn admit(&mut self, level: EventLevel) -> ConnId {
        self.next += 1;
        let id = ConnId::new(self.next, 1);
        self.admit_from(id, level, Host::default());
        id
    }

    fn admit_from(&mut self, id: ConnId, level: EventLevel, host: Host) {
        let admit = Action::Admit {
            level,
            host,
            address: None,
            enters_default: true,
        };
        let admitted = self.hub.apply(id, &admit, self.now(), &mut Nowhere);
        assert_eq!(admitted, Ok(Done::All));
    }

    /// A client whose program shows several rooms at once.
    fn program(&mut self, name: &str, rooms: &[&str]) -> ConnId {
        self.next += 1;
        let id = ConnId::new(self.next, 1);
        let now = self.now();
        self.hub.admit_roomless(id, Format(1), EventLevel::Raw);
        let whom = (name, "Someone Real");
        let arrived = self
            .hub
            .arrive_exactly(id, name, whom, now, &mut self.notes);
        assert_eq!(arrived, Ok(()), "{name}");
        for room in rooms {
            assert_eq!(self.enter(id, room), Ok(()), "{room}");
        }
        id
    }

    fn enter(&mut self, id: ConnId, room: &str) -> Result<(), CommandError<'static>> {
        self.enter_with(id, room, None)
    }

    fn enter_with(
        &mut self,
        id: ConnId,
        room: &str,
        key: Option<&str>,
    ) -> Result<(), CommandError<'static>> {
        let now = self.now();
        self.hub.enter(id, room, key, now, &mut self.notes)
    }

    fn part(&mut self, id: ConnId, room: &str) -> Result<(), CommandError<'static>> {
        let now = self.now();
        self.hub.part_from(id, room, None, now, &mut self.notes)
    }

    fn speak_to(
        &mut self,
        id: ConnId,
        room: &str,
        text: &str,
    ) -> Result<(), CommandError<'static>> {
        self.speak_to_rank(id, room, Rank::Member, text)
    }

    fn speak_to_rank(
        &mut self,
        id: ConnId,
        room: &str,
        rank: Rank,
        text: &str,
    ) -> Result<(), CommandError<'static>> {
        let now = self.now();
        let it = Utterance {
            speech: Speech::Message,
            texts: Texts::one(text),
            concat_offsets: &[],
            tags: "",
        };
        let to = (room, rank);
        let said = self.hub.speak_to(id, to, it, now, &mut self.notes);
        said.map(|_| ())
    }

    fn change<'a>(
        &mut self,
        id: ConnId,
        room: &str,
        changes: &'a [ModeChange<'a>],
    ) -> Result<Vec<Outcome<'a>>, CommandError<'a>> {
        let now = self.now();
        self.hub
            .change_modes_of(id, room, changes, now, &mut self.notes)
    }

    /// Returns all notes since the last call, as `name: note`, in order.
    fn told(&mut self) -> Vec<String> {
        let notes = std::mem::take(&mut self.notes.0);
        let name = |id| self.hub.name(id).unwrap_or("?");
        let told = notes
            .iter()
            .map(|(id, note)| format!("{}: {note}", name(*id)));
        told.collect()
    }

    /// Returns the notes of what clients have read about their own actions since the last call.
    fn own(&mut self) -> Vec<String> {
        self.notes.0 = std::mem::take(&mut self.notes.1);
        self.told()
    }

    fn arrive_all<const N: usize>(&mut self, names: [&str; N]) -> [ConnId; N] {
        names.map(|name| self.arrive(name))
    }

    fn say(&mut self, id: ConnId, text: &str) {
        self.perform(id, Command::Speak(Speech::Message, text));
    }

    fn leave(&mut self, id: ConnId, reason: Option<&str>) {
        let now = self.now();
        self.hub
            .leave(id, reason.map(Reason::Words), now, &mut self.notes);
    }

    /// Lets time pass, with each tick at the time at which it is due.
    fn wait(&mut self, ms: u64) {
        let until = self.ms + ms;
        let zero = Time::new(Duration::ZERO, Duration::ZERO);
        while let Some(at) = self.hub.deadline() {
            let at = at.since(zero).as_millis() as u64;
            if at > until {
                break;
            }
            self.ms = at.max(self.ms);
            let now = self.now();
            self.hub.tick(now, &mut self.notes);
            let next = self.hub.deadline();
            assert!(next.is_none_or(|next| next > now), "asked for again");
        }
        self.ms = until;
    }

    /// Returns the notes for one client, and drops all others.
    fn heard(&mut self, id: ConnId) -> Vec<String> {
        let notes = std::mem::take(&mut self.notes.0);
        let of_id = notes.into_iter().filter(|(to, _)| *to == id);
        of_id.map(|(_, note)| note).collect()
    }

    /// Checks that the bytes of history that the hub has counted are those of the rooms.
    fn check_history(&self) {
        let rooms = self.hub.rooms.iter();
        let kept: usize = rooms.map(|(_, room)| room.history.bytes()).sum();
        assert_eq!(self.hub.rooms.history_bytes, kept);
        assert!(kept <= self.hub.rooms.limits.history_bytes_max);
    }
}

#[test]
fn lists_name_twenty_and_count_the_others_and_the_listeners() {
    let mut play = Play::new(|_| {});
    let names: Vec<String> = (0..20).map(|n| format!("p{n}")).collect();
    let first = play.arrive("first");
    for name in &names {
        play.arrive(name);
    }
    let listener = play.admit(EventLevel::Room);
    play.admit(EventLevel::Messages);
    play.notes.0.clear();
    let last = play.arrive("last");
    let shown = names[..19].join(" ");
    let others = format!("in lobby: first {shown} 1 others 2 listeners");
    assert_eq!(play.heard(last), [others]);
    let everyone = format!("who lobby: first {shown} 2 others 2 listeners");
    assert_eq!(play.answer(first, Command::Who), everyone);
    assert_eq!(play.answer(listener, Command::Who), everyone);
    // A client that enters a room is not counted among the listeners that it is shown.
    assert_eq!(play.answer(listener, Command::Join("dev")), "in dev: ");
    play.perform(listener, Command::Join("lobby"));
    // A listener that takes a nickname moves behind those that have one, and is no listener any more.
    play.leave(first, None);
    play.perform(listener, Command::Rename("late"));
    let told = play.heard(listener);
    assert_eq!(
        told.last(),
        Some(&format!(
            "in lobby: {} 1 others 1 listeners",
            names.join(" ")
        ))
    );
}

#[test]
fn who_only_talks_is_told_nothing_and_who_only_listens_only_what_is_said() {
    let mut play = Play::new(|_| {});
    let alice = play.arrive("alice");
    let talker = play.admit(EventLevel::None);
    let listener = play.admit(EventLevel::Messages);
    play.notes.0.clear();
    let now = play.now();
    play.hub.arrive_like(talker, "sensor", now, &mut play.notes);
    play.say(talker, "21 degrees");
    play.say(alice, "thanks");
    play.perform(alice, Command::SetTopic(Some("weather")));
    let (to, text) = ("sensor", "psst");
    play.perform(alice, Command::Private { to, text });
    play.leave(talker, None);
    let notes = std::mem::take(&mut play.notes.0);
    let of = |id| -> Vec<&str> {
        let notes = notes.iter().filter(move |(to, _)| *to == id);
        notes.map(|(_, note)| note.as_str()).collect()
    };
    assert_eq!(of(talker), [""; 0]);
    assert_eq!(of(listener), ["<sensor> 21 degrees", "<alice> thanks"]);
    let refused = "refused lobby: ReadsNothing(\"sensor\")";
    let to_alice = ["+sensor", "<sensor> 21 degrees", refused, "-sensor"];
    assert_eq!(of(alice), to_alice);
}
