//! The secrets of rooms, checked without a model against the hub's lists of members: who hears a
//! message, sees a topic or members, enters despite a ban, is invited, has which name.
//!
//! Each call is compared with the one before, so each call is to be one line.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use parloir::relay::hub::names::{fold, guises, skeleton};
use parloir::relay::hub::{Flag, Hub, List, MessageId, PersonFlag, Ranks, RoomView};
use parloir::relay::{Relay, Role};
use parloir::{ConnId, Tag};

use crate::chat::rules::{host, means};
use crate::naive;
use crate::support::{Happening, Stage, What};

mod shown;

/// A unique word for a message or a topic, which tells who wrote it. It is no part of a name.
pub(crate) fn word(id: ConnId, number: u64) -> String {
    format!("s{}.{}={number}z", id.index(), id.generation())
}

/// All such words in a text, and for each whether this connection wrote it.
fn words(text: &str, id: ConnId) -> impl Iterator<Item = (&str, bool)> {
    let own = format!("s{}.{}=", id.index(), id.generation());
    let is_inside = |c: char| c.is_ascii_digit() || c == '.' || c == '=';
    text.match_indices('s').filter_map(move |(at, _)| {
        let word = &text[at..];
        let length = word[1..].find(|c| !is_inside(c))? + 2;
        let word = word.get(..length).filter(|word| word.ends_with('z'))?;
        (word.contains('=') && word.contains('.')).then(|| (word, word.starts_with(&own)))
    })
}

/// Identifies a room for as long as it lasts: its folded name, and the time at which it was made.
type Room = (String, u64);

/// The state of the hub between two calls.
#[derive(Default)]
struct Sight {
    people: BTreeMap<ConnId, Somebody>,
    rooms: BTreeMap<String, Rules>,
}

struct Somebody {
    who: Rc<Who>,
    rooms: BTreeSet<String>,
    rules_all: bool,
}

struct Who {
    name: Option<String>,
    folded: Option<String>,
    /// `nick!user@host`, with nothing before the `!` if the person has no name.
    source: String,
}

struct Rules {
    room: Room,
    is_secret: bool,
    is_invite_only: bool,
    key: Option<String>,
    bans: Rc<[String]>,
    exceptions: Rc<[String]>,
    invite_exceptions: Rc<[String]>,
    operators: BTreeSet<ConnId>,
    /// The operators, and the members with voice.
    ranked: BTreeSet<ConnId>,
    invited: BTreeSet<ConnId>,
}

fn lists(masks: &[String], source: &str) -> bool {
    masks.iter().any(|mask| means(mask, source))
}

impl Rules {
    fn bans(&self, source: &str) -> bool {
        lists(&self.bans, source) && !lists(&self.exceptions, source)
    }

    fn lets_in(&self, source: &str) -> bool {
        !self.is_invite_only || lists(&self.invite_exceptions, source)
    }
}

impl Sight {
    fn is_in(&self, id: ConnId, room: &str) -> bool {
        let somebody = self.people.get(&id);
        somebody.is_some_and(|it| it.rooms.contains(room))
    }

    fn is_operator(&self, id: ConnId, room: &str) -> bool {
        let rules_all = self.people.get(&id).is_some_and(|it| it.rules_all);
        let rules = self.rooms.get(room);
        rules_all || rules.is_some_and(|rules| rules.operators.contains(&id))
    }

    /// Returns whether a room is secret, and the person is neither a member of it nor a server
    /// operator.
    fn keeps_from(&self, id: ConnId, room: &str) -> bool {
        let is_secret = self.rooms.get(room).is_some_and(|rules| rules.is_secret);
        is_secret && !self.is_in(id, room) && !self.is_operator(id, room)
    }
}

/// Number of times that each property was checked, which shows that the checks have run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Looked {
    /// Words that a person heard in the room where they were said.
    pub(crate) heard: u64,
    /// In one of 16 calls: pairs of a person and a room that the person is outside of and whose
    /// rules keep the person out.
    pub(crate) barred: u64,
    /// Invitations that override rules.
    pub(crate) invitations: u64,
    /// In one of 16 calls: pairs of a person and a room that the person may not know of.
    pub(crate) outside: u64,
}

/// Number of a client's last bytes that are searched for a key: as many as may be on their way at
/// once, which is far more than a line if the client has to wait.
const WRITTEN_MAX: usize = 256 << 10;

#[derive(Default)]
pub(crate) struct Secrets {
    roles: BTreeMap<Tag, Role>,
    hosts: BTreeSet<ConnId>,
    ids: BTreeSet<ConnId>,
    before: Sight,
    /// The room in which each word was said, or set as a topic.
    said: BTreeMap<String, Room>,
    topics: BTreeMap<String, Room>,
    last: BTreeMap<Room, MessageId>,
    /// The folded names of all people who were operators of a room: they may come back at any time.
    rulers: BTreeMap<Room, BTreeSet<String>>,
    default_room: String,
    /// The last bytes that each client wrote, before they were cut or put into frames.
    written: BTreeMap<ConnId, Vec<u8>>,
    /// The source that masks are matched against for a person without a name.
    nobody: String,
    calls: u64,
    /// Skeletons of the names that no person may have.
    reserved: Vec<String>,
    pub(crate) looked: Looked,
}

impl Secrets {
    /// Checks every call on a stage from now on.
    pub(crate) fn watch(
        stage: &mut Stage,
        roles: BTreeMap<Tag, Role>,
        (default_room, own_name): (&str, &str),
    ) -> Rc<RefCell<Self>> {
        let reserved = [
            own_name, "host", "server", "root", "admin", "operator", "system",
        ];
        let secrets = Rc::new(RefCell::new(Self {
            roles,
            default_room: fold(default_room),
            nobody: format!("!~user@{}", host()),
            reserved: reserved.map(|it| skeleton(&fold(it))).into(),
            ..Self::default()
        }));
        let watcher = Rc::clone(&secrets);
        stage.on_each(move |relay: &Relay, it| watcher.borrow_mut().check(it, relay.hub()));
        secrets
    }

    /// Notes bytes that a client has written and that arrive some time later.
    pub(crate) fn note_written(&mut self, id: ConnId, text: &[u8]) {
        let written = self.written.entry(id).or_default();
        written.extend_from_slice(text);
        let over = written.len().saturating_sub(WRITTEN_MAX);
        written.drain(..over);
    }

    fn check(&mut self, it: &Happening, hub: &Hub) {
        if let What::Opened(id, tag) = it.what {
            self.ids.insert(id);
            let is_host = self.roles.get(&tag) == Some(&Role::Host);
            self.hosts.extend(is_host.then_some(id));
        }
        // A call that takes no bytes, sends nothing and closes nothing has changed nothing.
        let is_idle =
            matches!(&it.what, What::Received { taken, end: None, .. } if taken.bytes == 0);
        if is_idle && it.sent.is_empty() && it.closed.is_empty() {
            return;
        }
        let after = self.look(hub);
        // A person who arrives and leaves within one call was present in between.
        let passing = match it.what {
            What::Received { id, end, .. } => end.map(|_| id),
            _ => None,
        };
        for (id, bytes) in it.sent.iter().filter(|(id, _)| Some(*id) != passing) {
            let text = String::from_utf8_lossy(bytes);
            self.check_words(*id, &text, &after);
            self.check_numerics(*id, &text, &after);
            self.check_objects(*id, &text, &after);
        }
        self.check_comings(&after);
        self.check_invitations(it, &after);
        self.check_names(&after);
        self.note_rulers(it, &after);
        self.count_outsiders(it, &after);
        self.before = after;
        if let What::Freed(id, _) = it.what {
            self.ids.remove(&id);
            self.written.remove(&id);
        }
    }

    fn count_outsiders(&mut self, it: &Happening, after: &Sight) {
        let What::Received { id, taken, .. } = &it.what else {
            return;
        };
        self.calls += 1;
        if !self.calls.is_multiple_of(16) {
            return;
        }
        let Some(somebody) = after.people.get(id).filter(|_| taken.bytes > 0) else {
            return;
        };
        for (room, rules) in &after.rooms {
            let source = &somebody.who.source;
            let is_barred = rules.bans(source) || !rules.lets_in(source) || rules.key.is_some();
            self.looked.barred += u64::from(is_barred && !after.is_in(*id, room));
            self.looked.outside += u64::from(after.keeps_from(*id, room));
        }
    }

    fn note_rulers(&mut self, it: &Happening, after: &Sight) {
        let caller = match it.what {
            What::Received { id, .. } => Some(id),
            _ => None,
        };
        let people =
            [&self.before, after].map(|sight| sight.people.get(&caller?)?.who.folded.clone());
        for rules in after.rooms.values() {
            // In a room without operators, a person who entered and left within this call may have
            // been one.
            let was = self.before.rooms.get(&rules.room.0);
            let is_nobodys = was.is_none_or(|was| was.operators.is_empty());
            let callers = people.iter().flatten().filter(|_| is_nobodys);
            let names = rules
                .operators
                .iter()
                .filter_map(|id| after.people.get(id)?.who.folded.as_ref());
            let mut ruling = names.chain(callers).peekable();
            if ruling.peek().is_none() {
                continue;
            }
            if !self.rulers.contains_key(&rules.room) {
                self.rulers.insert(rules.room.clone(), BTreeSet::new());
            }
            let rulers = self.rulers.get_mut(&rules.room);
            let rulers = rulers.expect("it is there, or was put there");
            for name in ruling {
                if !rulers.contains(name) {
                    rulers.insert(name.clone());
                }
            }
        }
    }

    /// The state after a call.
    fn look(&mut self, hub: &Hub) -> Sight {
        let mut sight = Sight::default();
        // A room that everybody has left keeps its rules. The call in which its last member left may
        // have changed them before.
        let known = self.before.rooms.keys();
        let views = known.filter_map(|name| hub.room(name));
        let mut views: BTreeMap<_, _> = views.map(|it| (it.folded(), it)).collect();
        for id in &self.ids {
            let rooms = hub.rooms_of(*id).map(|it| it.folded().to_owned());
            let rooms: BTreeSet<String> = rooms.collect();
            views.extend(hub.rooms_of(*id).map(|it| (it.folded(), it)));
            let person = hub.person_of(*id);
            let name = hub.name(*id);
            let was = self.before.people.get(id).map(|it| Rc::clone(&it.who));
            let was = was.filter(|was| was.name.as_deref() == name);
            let who = || Who {
                name: name.map(str::to_owned),
                folded: name.map(fold),
                source: match person {
                    Some(person) => person.mask().to_string(),
                    None => self.nobody.clone(),
                },
            };
            let somebody = Somebody {
                who: was.unwrap_or_else(|| Rc::new(who())),
                rooms,
                rules_all: person.is_some_and(|it| it.profile.is(PersonFlag::Operator)),
            };
            sight.people.insert(*id, somebody);
        }
        for (name, view) in views {
            let was = self.before.rooms.get(name);
            let masks = |list, was: Option<&Rc<[String]>>| {
                let now = || view.list(list).map(|it| it.mask);
                let was = was.filter(|was| was.iter().map(|it| &**it).eq(now()));
                was.map_or_else(|| now().map(str::to_owned).collect(), Rc::clone)
            };
            let operators = view.members().filter(|it| it.ranks.is_operator);
            let ranked = view.members().filter(|it| it.ranks != Ranks::default());
            let invited = self.ids.iter().copied();
            let rules = Rules {
                room: (name.to_owned(), view.made_unix_seconds()),
                is_secret: view.has(Flag::Secret),
                is_invite_only: view.has(Flag::InviteOnly),
                key: view.key().map(str::to_owned),
                ranked: ranked.map(|it| it.id).collect(),
                invite_exceptions: masks(
                    List::InviteExceptions,
                    was.map(|it| &it.invite_exceptions),
                ),
                bans: masks(List::Bans, was.map(|it| &it.bans)),
                exceptions: masks(List::BanExceptions, was.map(|it| &it.exceptions)),
                operators: operators.map(|it| it.id).collect(),
                invited: invited.filter(|id| view.has_invited(*id)).collect(),
            };
            self.note_words(view, &rules.room);
            sight.rooms.insert(name.to_owned(), rules);
        }
        sight
    }

    /// Notes the words that were said in a room since the last look, and its topic.
    fn note_words(&mut self, view: RoomView<'_>, room: &Room) {
        let nobody = ConnId::new(u32::MAX, u32::MAX);
        let last = self.last.get(room).copied();
        let new = view.history().rev().take_while(|it| Some(it.id) > last);
        for entry in new {
            for (word, _) in words(&entry.text, nobody) {
                let was = self.said.insert(word.to_owned(), room.clone());
                assert!(was.is_none(), "{word} is said again, in {room:?}");
            }
        }
        if let Some(entry) = view.history().next_back() {
            self.last.insert(room.clone(), entry.id);
        }
        for (word, _) in words(view.topic().map_or("", |it| &it.text), nobody) {
            self.topics.insert(word.to_owned(), room.clone());
        }
    }

    fn check_words(&mut self, id: ConnId, text: &str, after: &Sight) {
        for (word, is_own) in words(text, id) {
            if let Some(room) = self.said.get(word).filter(|_| !is_own) {
                let is_there = |sight: &Sight| {
                    let rules = sight.rooms.get(&room.0);
                    rules.is_some_and(|it| it.room == *room) && sight.is_in(id, &room.0)
                };
                assert!(
                    is_there(&self.before) || is_there(after),
                    "{id} hears {word}, said in {room:?}, where it is not: {text:?}"
                );
                self.looked.heard += 1;
            }
            if let Some((room, _)) = self.topics.get(word).filter(|_| !is_own) {
                let is_kept = self.before.keeps_from(id, room) && after.keeps_from(id, room);
                assert!(!is_kept, "{id} sees the topic of {room:?}: {text:?}");
            }
        }
    }

    /// Checks that nobody enters a room against the rules that it had before the call, except
    /// people who have been its operators or were invited, and that nobody takes a name in a room
    /// that bans it.
    fn check_comings(&mut self, after: &Sight) {
        for (id, somebody) in &after.people {
            let before = self.before.people.get(id);
            for room in &somebody.rooms {
                let is_new = !self.before.is_in(*id, room);
                let is_renamed = before.is_some_and(|before| before.who.name != somebody.who.name);
                let rules = self.before.rooms.get(room).filter(|_| is_new || is_renamed);
                let is = &after.rooms[room];
                let Some(was) = rules.filter(|was| was.room == is.room) else {
                    continue;
                };
                let rulers = self.rulers.get(&is.room);
                let name = somebody.who.folded.as_ref();
                let has_ruled = name.is_some_and(|name| rulers.is_some_and(|it| it.contains(name)));
                let is_asked = was.invited.contains(id);
                // A person who is removed from another room enters the default room.
                let is_default = *room == self.default_room;
                let is_ranked = somebody.rules_all || !is_new && was.ranked.contains(id);
                if has_ruled || is_asked || is_default || is_ranked {
                    continue;
                }
                assert!(
                    !was.bans(&somebody.who.source),
                    "{id}, banned, comes into {room}"
                );
                let is_key = |key: &String| {
                    let written = self.written.get(id).map_or(&[][..], |it| it);
                    // The key may stand in the bytes as they came, or in the text as it reads:
                    // telnet, controls and deleted keys may be in between.
                    let has_key = |line: &[u8]| {
                        let texts = [naive::read(line), naive::read_typed(line)];
                        texts.iter().any(|text| text.contains(key))
                    };
                    let text = without_telnet(written);
                    String::from_utf8_lossy(written).contains(key)
                        || text.split(|byte| *byte == b'\n').any(has_key)
                };
                if is_new {
                    assert!(
                        was.lets_in(&somebody.who.source),
                        "{id} comes into {room} uninvited"
                    );
                    let has_key = was.key.as_ref().is_none_or(is_key);
                    assert!(has_key, "{id} comes into {room} without a key");
                }
            }
        }
    }

    /// Checks that only an operator's invitation overrides a room's rules.
    fn check_invitations(&mut self, it: &Happening, after: &Sight) {
        for (room, is) in &after.rooms {
            let was = self.before.rooms.get(room);
            let is_new = |id: &&ConnId| was.is_none_or(|was| !was.invited.contains(id));
            let new = is.invited.iter().filter(is_new).count() as u64;
            if new == 0 {
                continue;
            }
            self.looked.invitations += new;
            let What::Received { id, .. } = it.what else {
                panic!("invitations to {room} without a call");
            };
            // A call may hold several lines: a person who entered or left with it may have been
            // operator in between.
            let was_there = self.before.is_in(id, room) && after.is_in(id, room);
            let rules = self.before.is_operator(id, room) || after.is_operator(id, room);
            assert!(rules || !was_there, "{id} invites to {room}");
        }
    }

    /// Checks that no person has a reserved name, nor a name that looks like another person's.
    fn check_names(&self, after: &Sight) {
        let names = |sight: &Sight| {
            let named = sight.people.iter();
            let named = named.map(|(id, it)| (*id, it.who.name.clone()));
            named.collect::<Vec<_>>()
        };
        if names(&self.before) == names(after) {
            return;
        }
        let mut seen = BTreeMap::new();
        for (id, somebody) in &after.people {
            let Some(name) = &somebody.who.name else {
                continue;
            };
            let other = seen.insert(skeleton(&fold(name)), *id);
            assert!(other.is_none(), "{id} looks like {other:?}: {name:?}");
            let is_one = |it: &String| it.ends_with("serv") || self.reserved.contains(it);
            let is_reserved = guises(name).iter().any(is_one);
            assert!(
                !is_reserved || self.hosts.contains(id),
                "{id} is called {name:?}"
            );
        }
    }
}

/// The bytes without telnet's requests (RFC 854, 855), which may stand inside a word.
fn without_telnet(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != 0xff {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(0xff) => out.push(0xff),
            // A subnegotiation goes on until its end. Two FF bytes in it stand for one.
            Some(0xfa) => while rest.any(|byte| byte == 0xff) && rest.next() != Some(0xf0) {},
            Some(0xfb..=0xfe) => _ = rest.next(),
            _ => {}
        }
    }
    out
}
