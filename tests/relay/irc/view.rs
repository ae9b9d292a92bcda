//! The state that an IRC client keeps from the lines that it is sent is the true one, after every
//! kind of event.
//!
//! Each client keeps the books that every IRC client keeps: the members of each channel, their
//! ranks, the topic and the modes. It asks once, on joining, and updates its books from the events
//! after that. After every step it asks again, and the answer must agree with its books.

use std::collections::{BTreeMap, BTreeSet};

use parloir::relay::Role;
use parloir::{ConnId, OperatorConfig, RelayConfig};

use crate::support::Stage;

const CHANNELS: [&str; 3] = ["#lobby", "#dev", "#ops"];
const NAMES: [&str; 8] = ["ann", "ben", "cyd", "dan", "eve", "fay", "gus", "hal"];
const STEPS: usize = 500;

/// A parsed line, as far as this test needs it.
struct Told {
    /// The nickname of the source, without user and host.
    nick: String,
    command: String,
    words: Vec<String>,
}

impl Told {
    fn read(line: &str) -> Self {
        let (source, rest) = line.strip_prefix(':').map_or(("", line), |line| {
            line.split_once(' ').expect("something behind the source")
        });
        let (middle, last) = match rest.split_once(" :") {
            Some((middle, last)) => (middle, Some(last)),
            None => (rest, None),
        };
        let mut words = middle.split(' ').chain(last).map(str::to_owned);
        Self {
            nick: source.split('!').next().unwrap_or_default().to_owned(),
            command: words.next().expect("a command"),
            words: words.collect(),
        }
    }

    fn word(&self, n: usize) -> &str {
        self.words.get(n).map_or("", |word| word)
    }
}

/// The books of one client about one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Channel {
    /// The members, with the marks of all ranks: `@`, `+`.
    people: BTreeMap<String, BTreeSet<char>>,
    topic: String,
    /// The modes by letter, with their parameters.
    modes: BTreeMap<char, String>,
}

impl Channel {
    fn change(&mut self, words: &[String]) {
        let (letters, mut arguments) = (&words[0], words[1..].iter());
        let mut is_set = true;
        for letter in letters.chars() {
            let mut argument = || arguments.next().cloned().expect("an argument");
            match letter {
                '+' | '-' => is_set = letter == '+',
                'o' | 'v' => {
                    let mark = if letter == 'o' { '@' } else { '+' };
                    let name = argument();
                    let marks = self.people.get_mut(&name).expect("someone in the channel");
                    let is_new = if is_set {
                        marks.insert(mark)
                    } else {
                        marks.remove(&mark)
                    };
                    assert!(is_new, "{name} had that already, or had it not: {words:?}");
                }
                // Bans, exceptions and mutes are not in the books.
                'b' | 'e' | 'I' | 'q' => {
                    argument();
                }
                'k' if !is_set => {
                    argument();
                    assert!(self.modes.remove(&'k').is_some(), "there was no key");
                }
                'k' | 'l' if is_set => {
                    self.modes.insert(letter, argument());
                }
                _ if is_set => assert!(self.modes.insert(letter, String::new()).is_none()),
                _ => assert!(self.modes.remove(&letter).is_some(), "{letter} was not set"),
            }
        }
    }
}

/// An IRC client and its books.
struct Client {
    id: ConnId,
    nick: String,
    channels: BTreeMap<String, Channel>,
    /// The lines in both directions, which are shown if a check fails.
    log: Vec<String>,
}

impl Client {
    fn channel(&mut self, name: &str) -> &mut Channel {
        let recent = &self.log[self.log.len().saturating_sub(60)..];
        let channel = self.channels.get_mut(name);
        channel
            .unwrap_or_else(|| panic!("{}\ntold of {name} without being there", recent.join("\n")))
    }

    fn hear(&mut self, heard: &str) {
        for line in heard.lines() {
            self.log.push(format!("  <- {line}"));
            self.note(&Told::read(line));
        }
    }

    fn note(&mut self, told: &Told) {
        let is_me = told.nick == self.nick;
        let is_elsewhere = |name: &str| name.starts_with('#') && !self.channels.contains_key(name);
        if is_me
            && matches!(&*told.command, "TOPIC" | "MODE" | "KICK")
            && is_elsewhere(told.word(0))
        {
            // Server operators can act on a channel that they are not in, and are told of the
            // effect.
            return;
        }
        match &*told.command {
            "001" => self.nick = told.word(0).to_owned(),
            "JOIN" if is_me => {
                let before = self
                    .channels
                    .insert(told.word(0).to_owned(), Channel::default());
                assert!(before.is_none(), "joined where it was");
            }
            "JOIN" => {
                let people = &mut self.channel(told.word(0)).people;
                let before = people.insert(told.nick.clone(), BTreeSet::new());
                assert!(before.is_none(), "{} joins again", told.nick);
            }
            "PART" | "KICK" => {
                let gone = told.word(usize::from(told.command == "KICK"));
                let gone = if told.command == "PART" {
                    &told.nick
                } else {
                    gone
                };
                if gone == self.nick {
                    self.channels.remove(told.word(0)).expect("where it was");
                } else {
                    let before = self.channel(told.word(0)).people.remove(gone);
                    before.expect("someone in the channel goes");
                }
            }
            "QUIT" => {
                let channels = self.channels.values_mut();
                let count = channels
                    .filter_map(|it| it.people.remove(&told.nick))
                    .count();
                assert!(count > 0, "a stranger quits");
            }
            "NICK" => {
                if is_me {
                    self.nick = told.word(0).to_owned();
                }
                let mut count = 0;
                for channel in self.channels.values_mut() {
                    if let Some(marks) = channel.people.remove(&told.nick) {
                        let before = channel.people.insert(told.word(0).to_owned(), marks);
                        assert!(before.is_none(), "two of one name");
                        count += 1;
                    }
                }
                assert!(is_me || count > 0, "a stranger's nickname");
            }
            "TOPIC" => self.channel(told.word(0)).topic = told.word(1).to_owned(),
            "MODE" if told.word(0).starts_with('#') => {
                self.channel(told.word(0)).change(&told.words[1..]);
            }
            "353" => {
                let people = &mut self.channel(told.word(2)).people;
                for name in told.word(3).split(' ').filter(|name| !name.is_empty()) {
                    let bare = name.trim_start_matches(['@', '+']);
                    let marks = name[..name.len() - bare.len()].chars().collect();
                    people.insert(bare.to_owned(), marks);
                }
            }
            "332" => self.channel(told.word(1)).topic = told.word(2).to_owned(),
            "324" => {
                let words = told.words[2..].to_vec();
                self.channel(told.word(1)).change(&words);
            }
            _ => {}
        }
    }
}

/// All clients, and their actions.
struct Play {
    stage: Stage,
    random: fastrand::Rng,
    clients: Vec<Client>,
    /// The clients on netcat.
    others: Vec<ConnId>,
    irc: parloir::Tag,
}

impl Play {
    fn new(seed: u64) -> Self {
        let mut stage = Stage::new(RelayConfig {
            rate: 0,
            replay: 0,
            operators: vec![OperatorConfig {
                name: "root".into(),
                password: "sesame".into(),
            }],
            ..RelayConfig::default()
        });
        let irc = stage.listener(Role::Irc);
        Self {
            stage,
            random: fastrand::Rng::with_seed(seed),
            clients: Vec::new(),
            others: Vec::new(),
            irc,
        }
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.random.usize(..of.len())]
    }

    fn arrive(&mut self) {
        let id = self.stage.connect_to(self.irc);
        self.clients.push(Client {
            id,
            nick: String::new(),
            channels: BTreeMap::new(),
            log: Vec::new(),
        });
        let caps = "CAP REQ :multi-prefix\r\n";
        self.stage.send(id, caps);
        // Tries all names until one of them is free.
        for name in NAMES {
            self.stage.send(id, format!("NICK {name}\r\n"));
        }
        self.stage.send(id, "USER u 0 * :U\r\nCAP END\r\n");
        self.listen();
    }

    fn say(&mut self, n: usize, line: &str) {
        let client = &mut self.clients[n];
        client.log.push(format!("  -> {line}"));
        self.stage.send(client.id, format!("{line}\r\n"));
        self.listen();
    }

    fn listen(&mut self) {
        for client in &mut self.clients {
            client.hear(&self.stage.hear(client.id));
        }
    }

    fn step(&mut self) {
        if self.clients.len() < 4 {
            return self.arrive();
        }
        if self.others.len() < 2 {
            let id = self.stage.connect();
            let name = self.one(&NAMES);
            self.stage.send(id, format!("{name}\n"));
            self.others.push(id);
            return self.listen();
        }
        if self.random.u8(..4) == 0 {
            return self.step_of_other();
        }
        let n = self.random.usize(..self.clients.len());
        let channel = self.one(&CHANNELS);
        let (name, other) = (self.one(&NAMES), self.one(&NAMES));
        let line = match self.random.u8(..24) {
            0..4 => {
                self.say(n, &format!("JOIN {channel} key"));
                // Clients ask for the modes on joining, because no event tells them.
                let is_there = self.clients[n].channels.get(channel);
                if is_there.is_some_and(|channel| channel.modes.is_empty()) {
                    self.clients[n].channel(channel).modes.clear();
                    format!("MODE {channel}")
                } else {
                    return;
                }
            }
            4..6 => format!("PART {channel} :enough"),
            6 => format!("KICK {channel} {name},{other} :out"),
            7..10 => {
                let sign = self.one(&["+", "-"]);
                let letters = self.one(&["o", "v", "ov"]);
                format!("MODE {channel} {sign}{letters} {name} {other}")
            }
            10 => format!(
                "MODE {channel} {}",
                self.one(&["+mt-s", "-mt+s", "+n-i", "-n+t"])
            ),
            11 => format!(
                "MODE {channel} {}",
                self.one(&["+k key", "-k key", "+l 3", "-l"])
            ),
            12 => format!(
                "MODE {channel} {} {name}",
                self.one(&["+b", "-b", "+q", "-q", "+e"])
            ),
            13 => format!(
                "TOPIC {channel} :{}",
                self.one(&["plans", "", "other plans"])
            ),
            14..17 => format!("NICK {name}"),
            17..20 => format!("PRIVMSG {channel} :hello"),
            20 => format!("INVITE {name} {channel}"),
            21 => String::from("OPER root sesame"),
            22 => format!("KILL {name} :because"),
            _ => String::from("QUIT :bye"),
        };
        self.say(n, &line);
        self.forget_the_gone();
    }

    fn step_of_other(&mut self) {
        let n = self.random.usize(..self.others.len());
        let (name, channel) = (self.one(&NAMES), &self.one(&CHANNELS)[1..]);
        let line = match self.random.u8(..16) {
            0..4 => format!("/join {channel} key"),
            4..6 => format!("/nick {name}"),
            6 => format!("/kick {name}"),
            7 => format!("/op {name}"),
            8 => format!("/voice {name}"),
            9 => format!("/topic {name}"),
            10 => String::from("/quit"),
            _ => String::from("hello"),
        };
        self.stage.send(self.others[n], format!("{line}\n"));
        self.listen();
        self.forget_the_gone();
    }

    fn forget_the_gone(&mut self) {
        let stage = &mut self.stage;
        let mut gone = Vec::new();
        let mut is_here = |id: &ConnId| {
            let is_closed = stage.is_closed(*id);
            if is_closed {
                gone.push(*id);
            }
            !is_closed
        };
        self.others.retain(&mut is_here);
        self.clients.retain(|client| is_here(&client.id));
        for id in gone {
            self.stage.free(id, parloir::CloseReason::Finished);
        }
        self.listen();
    }

    /// Lets each client ask again, and compares the answers with its books.
    fn check(&mut self) {
        for client in &mut self.clients {
            let mut asked = String::from("WHOIS :");
            asked += &format!("{}\r\n", client.nick);
            for name in client.channels.keys() {
                asked += &format!("NAMES {name}\r\nTOPIC {name}\r\nMODE {name}\r\n");
            }
            self.stage.send(client.id, asked);
            let heard = self.stage.hear(client.id);
            let mut again = Client {
                id: client.id,
                nick: client.nick.clone(),
                channels: client
                    .channels
                    .keys()
                    .map(|name| (name.clone(), Channel::default()))
                    .collect(),
                log: Vec::new(),
            };
            again.hear(&heard);
            let is_so = again.channels == client.channels;
            let log = client.log[client.log.len().saturating_sub(60)..].join("\n");
            assert!(
                is_so,
                "{log}\n{} believes\n{:#?}\nand is told\n{:#?}",
                client.nick, client.channels, again.channels
            );
            let whois = heard
                .lines()
                .map(Told::read)
                .find(|told| told.command == "319");
            let listed: BTreeSet<String> = whois.map_or_else(BTreeSet::new, |told| {
                let names = told.word(2).split(' ').filter(|name| !name.is_empty());
                names
                    .map(|name| name.trim_start_matches(['@', '+']).to_owned())
                    .collect()
            });
            let believed: BTreeSet<String> = client.channels.keys().cloned().collect();
            assert_eq!(listed, believed, "{log}\n{} is elsewhere", client.nick);
        }
    }
}

#[test]
fn the_books_of_every_client_are_right() {
    for seed in 1..=4 {
        let mut play = Play::new(seed);
        for _ in 0..STEPS {
            play.step();
            play.check();
        }
    }
}
