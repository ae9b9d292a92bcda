//! The view of one IRC client, which knows only the lines that it reads.

use std::collections::{BTreeMap, BTreeSet};

use parloir::relay::hub::Hub;
use parloir::relay::hub::names::fold;
use parloir::{ConnId, RelayConfig};

use super::{Message, mode_changes, server_name};

/// A member of a channel. A voice is not known where `@` hides it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    is_operator: bool,
    has_voice: Option<bool>,
}

#[derive(Debug, Default)]
struct Channel {
    members: BTreeMap<String, Standing>,
    /// The list of members that is being read, until its end arrives.
    listed: Option<BTreeMap<String, Standing>>,
    /// True once a list was read to its end.
    is_known: bool,
    topic: String,
}

/// The state of a client.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) nick: Option<String>,
    pub(crate) caps: BTreeSet<String>,
    channels: BTreeMap<String, Channel>,
    batches: BTreeSet<String>,
    /// The batch of the message of several lines that is being read.
    several: Option<String>,
    /// Number of messages of several lines that came.
    pub(crate) whole: u64,
    /// The labels that came, in order.
    pub(crate) labels: Vec<String>,
    /// Time of the last message in each room.
    said_at: BTreeMap<String, String>,
}

/// The commands of messages.
const SAID: [&str; 3] = ["PRIVMSG", "NOTICE", "TAGMSG"];

impl View {
    /// Reads the bytes of one call. `now` is the time as IRC writes it.
    pub(crate) fn read(&mut self, bytes: &[u8], config: &RelayConfig, now: &str) -> Vec<String> {
        let text = std::str::from_utf8(bytes).expect("what is sent is UTF-8");
        let text = text.strip_suffix("\r\n").expect("whole lines are sent");
        let lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
        for line in &lines {
            assert!(
                !line.contains(['\r', '\n', '\0']) && !line.is_empty(),
                "{line:?}"
            );
            let plain = match line.strip_prefix('@') {
                Some(tagged) => tagged.split_once(' ').expect("tags, and a message").1,
                None => line,
            };
            assert!(plain.len() <= 510, "{} bytes: {line:?}", plain.len());
            let message = Message::read(line).expect("a line has a command");
            self.read_one(&message, config, now);
        }
        assert!(self.batches.is_empty(), "not ended: {:?}", self.batches);
        lines
    }

    fn read_one(&mut self, it: &Message, config: &RelayConfig, now: &str) {
        // A line that has a label and gives up the capability for labels still gets an answer with
        // the label.
        let has_label = it.tag("label").is_some();
        assert!(
            !has_label || self.caps.contains("labeled-response"),
            "{it:?}"
        );
        if it.command == "CAP" && it.param(1) == "ACK" {
            for word in it.param(2).split(' ').filter(|word| !word.is_empty()) {
                match word.strip_prefix('-') {
                    Some(cap) => self.caps.remove(cap),
                    None => self.caps.insert(word.to_owned()),
                };
            }
        }
        if it.command == "CAP" && it.param(1) == "LS" {
            check_limits(it.params.last().unwrap(), config);
        }
        if it.command == "001" {
            assert!(self.nick.is_none(), "welcomed twice");
            self.nick = Some(it.param(0).to_owned());
        }
        self.check_source(it, config);
        self.check_tags(it, now);
        if it.is_numeric() {
            let me = self.nick.as_deref().unwrap_or(it.param(0));
            assert_eq!(it.param(0), me, "a numeric for another: {it:?}");
            assert!(!it.source.contains('!'), "a numeric of a person: {it:?}");
        }
        self.follow(it);
    }

    fn check_source(&self, it: &Message, config: &RelayConfig) {
        let bare = ["PING", "ERROR"];
        let is_bare =
            bare.contains(&&*it.command) || it.command == "NOTICE" && it.source.is_empty();
        let person = it.source.split_once('!');
        let is_person = person.is_some_and(|(name, rest)| {
            let host = rest.split_once('@');
            !name.is_empty()
                && host.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        });
        assert!(
            is_bare || it.source == server_name(config) || is_person,
            "nobody's: {it:?}"
        );
    }

    /// Checks that a line has no tags that the client did not request, and has those that it did.
    fn check_tags(&mut self, it: &Message, now: &str) {
        let has = |cap: &str| self.caps.contains(cap);
        for (key, _) in &it.tags {
            let needed = match &**key {
                "time" => "server-time",
                "label" => continue,
                "batch" => "batch",
                "draft/multiline-concat" => "draft/multiline",
                "msgid" | "bot" => "message-tags",
                key if key.starts_with('+') => "message-tags",
                key => panic!("no such tag: {key}"),
            };
            assert!(has(needed), "nobody asked for that: {it:?}");
        }
        let needed = match &*it.command {
            "BATCH" => Some("batch"),
            "AWAY" => Some("away-notify"),
            "TAGMSG" => Some("message-tags"),
            "SETNAME" => Some("setname"),
            "MARKREAD" => Some("draft/read-marker"),
            "CHATHISTORY" => Some("draft/chathistory"),
            _ => None,
        };
        let has_needed = needed.is_none_or(&has);
        assert!(has_needed, "nobody asked for that: {it:?}");
        self.check_time(it, now);
        let is_said = SAID.contains(&&*it.command);
        let is_several = it.command == "BATCH" && it.param(1) == "draft/multiline";
        let has_id = it.tag("msgid").is_some();
        assert!(!has_id || is_said || is_several, "no message: {it:?}");
        self.labels.extend(it.tag("label").map(str::to_owned));
        if let Some(batch) = it.tag("batch") {
            assert!(self.batches.contains(batch), "in no batch: {it:?}");
        }
        self.check_batch(it);
    }

    fn check_time(&mut self, it: &Message, now: &str) {
        let has = |cap: &str| self.caps.contains(cap);
        let is_timed = it.tag("time");
        // In a message of several lines, the first line carries the time.
        let is_part = self.several.is_some();
        let is_untimed = it.source.is_empty() || is_part && is_timed.is_none();
        assert!(
            is_timed.is_some() == has("server-time") || is_untimed,
            "{it:?}"
        );
        // Only a batch tells which messages are old.
        let is_marked = it.tag("batch").is_some() || it.param(1).contains("[20");
        let is_past = is_marked || !has("batch") && it.command != "JOIN";
        // Each message in a room is at least one millisecond later than the message before it.
        let is_said = SAID.contains(&&*it.command) || it.command == "BATCH";
        assert!(
            is_timed.is_none_or(|at| at == now || is_past || is_said && at > now),
            "it is {now}: {it:?}"
        );
        let Some(at) = is_timed.filter(|_| SAID.contains(&&*it.command) && has("batch")) else {
            return;
        };
        let room = it.param(0).trim_start_matches(['@', '+']);
        if it.tag("batch").is_none() && room.starts_with('#') && !self.is_nobody(it) {
            let before = self.said_at.insert(fold(room), at.to_owned());
            let is_later = before.as_deref().is_none_or(|before| before <= at);
            assert!(is_later, "{it:?} comes behind what was said at {before:?}");
        }
    }

    /// Returns whether the client itself is the sender. A client may be sent its own message before
    /// it is sent those of others.
    fn is_nobody(&self, it: &Message) -> bool {
        let nick = self.nick.as_deref().unwrap_or_default();
        it.source.starts_with(&format!("{nick}!"))
    }

    /// Checks that batches begin and end, and that nothing comes between the lines of a message.
    fn check_batch(&mut self, it: &Message) {
        let (sign, batch) = match it.command == "BATCH" {
            true => it.param(0).split_at(1),
            false => ("", ""),
        };
        if let Some(name) = self.several.clone() {
            let is_part = it.tag("batch") == Some(&*name) && it.tags.iter().all(is_of_part);
            let is_end = sign == "-" && batch == name;
            assert!(is_part || is_end, "in the middle of a message: {it:?}");
        }
        if sign == "+" && it.param(1) == "draft/multiline" {
            assert!(self.caps.contains("draft/multiline"), "{it:?}");
            self.several = Some(batch.to_owned());
            self.whole += 1;
        }
        let is_so = match sign {
            "" => return,
            "+" => self.batches.insert(batch.to_owned()),
            _ => self.batches.remove(batch),
        };
        assert!(is_so && "+-".contains(sign), "{it:?}");
        if sign == "-" {
            self.several = None;
        }
    }

    /// Updates the view by a line.
    fn follow(&mut self, it: &Message) {
        let from = it.from().to_owned();
        let is_me = self.nick.as_deref() == Some(&from);
        let first = it.param(0);
        match &*it.command {
            "JOIN" if is_me => {
                let is_new = self.channels.insert(first.into(), Channel::default());
                assert!(is_new.is_none(), "in it already: {it:?}");
                let channel = self.channels.get_mut(first).unwrap();
                channel.members.insert(from, Standing::default());
            }
            "JOIN" => {
                let newcomer = Standing {
                    is_operator: false,
                    has_voice: Some(false),
                };
                let was = self.channel(first).members.insert(from, newcomer);
                assert!(was.is_none(), "there already: {it:?}");
            }
            "PART" => self.out(first, &from, is_me),
            "KICK" => {
                let is_me = self.nick.as_deref() == Some(it.param(1));
                self.out(first, it.param(1), is_me);
            }
            "QUIT" => {
                assert!(!is_me, "told of its own end");
                let mut was_seen = false;
                for channel in self.channels.values_mut() {
                    was_seen |= channel.members.remove(&from).is_some() || !channel.is_known;
                }
                assert!(was_seen, "{from} was nowhere to be seen");
            }
            "NICK" => {
                for channel in self.channels.values_mut() {
                    if let Some(standing) = channel.members.remove(&from) {
                        let was = channel.members.insert(first.into(), standing);
                        assert!(was.is_none(), "two are called so: {it:?}");
                    }
                }
                if is_me {
                    self.nick = Some(first.into());
                }
            }
            "TOPIC" => self.channel(first).topic = it.param(1).into(),
            "332" => {
                if let Some(channel) = self.channels.get_mut(it.param(1)) {
                    channel.topic = it.param(2).into();
                }
            }
            "MODE" if first.starts_with('#') => self.modes(it),
            "353" => self.listed(it),
            "366" => {
                for channel in self.channels.values_mut() {
                    if let Some(listed) = channel.listed.take() {
                        channel.members = listed;
                        channel.is_known = true;
                    }
                }
            }
            _ => {}
        }
    }

    fn channel(&mut self, name: &str) -> &mut Channel {
        let channel = self.channels.get_mut(name);
        channel.unwrap_or_else(|| panic!("told of {name}, and is not in it"))
    }

    fn out(&mut self, channel: &str, name: &str, is_me: bool) {
        let it = self.channel(channel);
        let was_there = it.members.remove(name).is_some();
        assert!(was_there || !it.is_known, "{name} was not in {channel}");
        if is_me {
            self.channels.remove(channel);
        }
    }

    fn modes(&mut self, it: &Message) {
        let channel = self.channel(it.param(0));
        for (sets, letter, param) in mode_changes(&it.params[1..]) {
            if letter != 'o' && letter != 'v' {
                continue;
            }
            let name = param.expect("a rank is somebody's");
            match channel.members.get_mut(&name) {
                Some(standing) if letter == 'o' => standing.is_operator = sets,
                Some(standing) => standing.has_voice = Some(sets),
                // An absent operator, who loses the right to become operator on returning.
                None if letter == 'o' && !sets => {}
                None => assert!(!channel.is_known, "{name} is not there: {it:?}"),
            }
        }
    }

    fn listed(&mut self, it: &Message) {
        let has_all = self.caps.contains("multi-prefix");
        let has_hosts = self.caps.contains("userhost-in-names");
        let Some(channel) = self.channels.get_mut(it.param(2)) else {
            return;
        };
        let listed = channel.listed.get_or_insert_default();
        for word in it.param(3).split(' ') {
            let name = word.trim_start_matches(['@', '+']);
            let prefixes = &word[..word.len() - name.len()];
            let is_operator = prefixes.contains('@');
            let has_voice = prefixes.contains('+');
            let is_hidden = is_operator && !has_all;
            assert_eq!(name.contains('!'), has_hosts, "{it:?}");
            assert!(has_all || prefixes.len() < 2, "{it:?}");
            let standing = Standing {
                is_operator,
                has_voice: (!is_hidden).then_some(has_voice),
            };
            let name = name.split('!').next().unwrap();
            let was = listed.insert(name.to_owned(), standing);
            assert!(was.is_none(), "{name} is listed twice: {it:?}");
        }
    }

    /// Compares the view with the hub.
    pub(crate) fn check(&self, id: ConnId, hub: &Hub) {
        assert_eq!(self.nick.as_deref(), hub.name(id), "what {id} is called");
        let rooms = hub.rooms_of(id);
        let rooms: BTreeMap<String, _> = rooms.map(|it| (format!("#{}", it.name()), it)).collect();
        let known: Vec<&String> = self.channels.keys().collect();
        assert!(
            rooms.keys().eq(known.iter().copied()),
            "{id} is in {rooms:?}, not {known:?}"
        );
        for (name, channel) in &self.channels {
            let room = rooms[name];
            let topic = room.topic().map_or("", |topic| &topic.text);
            let is_topic = topic.starts_with(&channel.topic);
            // Beside the longest names, a line has room for some 200 bytes of topic.
            let is_cut = channel.topic.len() < topic.len();
            assert!(
                is_topic && (!is_cut || channel.topic.len() > 190),
                "{id} in {name}: {:?}, not {topic:?}",
                channel.topic
            );
            if !channel.is_known {
                continue;
            }
            let names = room.members().map(|it| it.person.name);
            let names: BTreeSet<&str> = names.collect();
            let known: BTreeSet<&str> = channel.members.keys().map(|name| &**name).collect();
            assert_eq!(known, names, "{id} sees so many in {name}");
            for member in room.members() {
                let standing = channel.members[member.person.name];
                let ranks = member.ranks;
                let is_right = standing.is_operator == ranks.is_operator
                    && standing.has_voice.is_none_or(|it| it == ranks.has_voice);
                assert!(
                    is_right,
                    "{id} takes {} in {name} for {standing:?}: {ranks:?}",
                    member.person.name
                );
            }
        }
    }
}

/// Returns whether a tag may stand on a part of a message.
fn is_of_part((key, _): &(String, String)) -> bool {
    ["batch", "draft/multiline-concat"].contains(&&**key)
}

/// Checks that the announced limits of a message are those of the configuration.
fn check_limits(offered: &str, config: &RelayConfig) {
    let mut offered = offered.split(' ');
    if let Some(limits) = offered.find_map(|cap| cap.strip_prefix("draft/multiline=")) {
        let (bytes, lines) = (config.line_bytes_max, config.burst);
        assert_eq!(limits, format!("max-bytes={bytes},max-lines={lines}"));
    }
}
