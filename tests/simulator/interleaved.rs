//! Outcomes that arrive late while other clients go on: each line takes effect when its outcome
//! arrives.
//!
//! Two relays receive the same lines from the same clients. In the first, the effect of a line
//! comes some turns later, and lines of other clients take effect in the meantime. The second is
//! given each line only when it has taken effect in the first, and acts on it at once. Every client
//! must read the same from both.

use std::time::Duration;

use fastrand::Rng;
use parloir::{ConnId, Relay, RelayConfig};
use serde_json::json;

use crate::support::Stage;

/// Those from `IRC` on speak IRC, and those from `JSON` on speak JSON.
const CLIENTS: usize = 10;
const IRC: usize = 5;
const JSON: usize = 8;

const ROOMS: [&str; 3] = ["one", "two", "three"];

struct Pair {
    late: Stage,
    at_once: Stage,
    ids: Vec<[ConnId; 2]>,
    /// For each client, the line whose effect it waits for.
    waiting: Vec<Option<String>>,
    overtaken: usize,
}

impl Pair {
    fn new(turns: u32) -> Self {
        let config = RelayConfig {
            rate: 0,
            ..RelayConfig::default()
        };
        let relay = || Relay::new(config.clone()).expect("a valid configuration");
        let mut late = Stage::with(relay().with_outcomes_after(turns));
        late.take_turns();
        let mut pair = Self {
            late,
            at_once: Stage::with(relay()),
            ids: Vec::new(),
            waiting: vec![None; CLIENTS],
            overtaken: 0,
        };
        for who in 0..CLIENTS {
            pair.ids.push([pair.late.connect(), pair.at_once.connect()]);
            if who >= JSON {
                pair.write(who, format!("{{\"do\":\"hello\",\"nick\":\"u{who}\"}}\n"));
            } else if who < IRC {
                pair.write(who, format!("u{who}\n"));
            } else {
                pair.write(who, format!("NICK u{who}\r\n"));
                pair.write(who, String::from("USER u 0 * :U\r\n"));
                // One client stays in each room all the time, so that no room is made anew.
                pair.write(who, format!("JOIN #{}\r\n", ROOMS.join(",#")));
            }
        }
        pair
    }

    /// Writes a line of a client, and waits until it has taken effect.
    fn write(&mut self, who: usize, line: String) {
        self.begin(who, line);
        while self.waiting[who].is_some() {
            self.turn(who);
        }
    }

    fn begin(&mut self, who: usize, line: String) {
        self.late.send(self.ids[who][0], &line);
        self.waiting[who] = Some(line);
        self.note_effect(who);
    }

    fn turn(&mut self, who: usize) {
        self.late.turn(self.ids[who][0]);
        self.note_effect(who);
    }

    /// Gives a line to the second relay once it has taken effect in the first.
    fn note_effect(&mut self, who: usize) {
        let [late, at_once] = self.ids[who];
        if self.late.relay.is_waiting(late) {
            return;
        }
        if let Some(line) = self.waiting[who].take() {
            self.overtaken += self.waiting.iter().flatten().count();
            self.at_once.send(at_once, &line);
            for [late, at_once] in &self.ids {
                let read = (self.late.hear(*late), self.at_once.hear(*at_once));
                assert_eq!(read.0, read.1, "{late} reads this of {line:?}");
            }
        }
    }

    fn wait(&mut self, ms: u64) {
        for stage in [&mut self.late, &mut self.at_once] {
            stage.be_late(Duration::from_millis(ms));
        }
    }
}

/// A random line. Its outcome must not depend on a look at the chat before the line takes effect.
fn line(random: &mut Rng, n: usize, who: usize) -> String {
    let (room, name) = (ROOMS[random.usize(..3)], random.usize(..CLIENTS));
    // Two clients often want the same nickname. A line client is never removed from a room, because
    // it would then speak in another one.
    let nick = random.usize(..3);
    if who >= JSON {
        return json_line(random, n, room, nick);
    }
    if who < IRC {
        return match random.u8(..9) {
            0 => format!("/join {room}\n"),
            1 => format!("/nick n{nick}\n"),
            2 => format!("/topic t{n}\n"),
            3 => format!("/msg u{name} m{n}\n"),
            4 => format!("/me waves {n}\n"),
            5 => String::from("/who\n"),
            6 => format!("/away a{n}\n"),
            _ => format!("m{n}\n"),
        };
    }
    match random.u8(..12) {
        0 => format!("NICK p{nick}\r\n"),
        1 => format!("TOPIC #{room} :t{n}\r\n"),
        2 => format!("PRIVMSG #{room},nobody,u{name},#{room} :m{n}\r\n"),
        3 => format!("PART #{room}\r\n"),
        4 | 5 => format!("JOIN #{room},&wrong,#{}\r\n", ROOMS[0]),
        6 => format!("MODE #{room} +v-o+v n{nick} p{nick} p0\r\n"),
        7 => String::from("MODE p1 +iB-w\r\n"),
        8 => format!("KICK #{room} p{nick},u{}\r\n", JSON - 1),
        9 => format!("AWAY :a{n}\r\n"),
        10 => format!("INVITE u{name} #{room}\r\n"),
        _ => format!("PRIVMSG #{room} :m{n}\r\n"),
    }
}

fn json_line(random: &mut Rng, n: usize, room: &str, nick: usize) -> String {
    let line = match random.u8(..9) {
        0 => json!({"do": "nick", "nick": format!("p{nick}")}),
        1 | 2 => json!({"do": "join", "room": room, "replay": 3}),
        3 => json!({"do": "part", "room": room, "reason": "tea"}),
        4 => {
            let voice = json!({"mode": "voice", "nick": format!("p{nick}")});
            json!({"do": "mode", "room": room, "changes": [voice, {"mode": "moderated", "on": false}]})
        }
        5 => json!({"do": "kick", "room": room, "nick": format!("p{nick}")}),
        6 => json!({"do": "away", "text": format!("a{n}")}),
        7 => json!({"do": "say", "to": format!("p{nick}"), "text": format!("m{n}"), "id": n}),
        _ => json!({"do": "say", "room": room, "text": format!("m{n}"), "id": n}),
    };
    format!("{line}\n")
}

#[test]
fn what_others_do_meanwhile_comes_first() {
    for (seed, turns) in [(1, 1), (2, 2), (3, 4), (4, 9)] {
        let mut random = Rng::with_seed(seed);
        let mut pair = Pair::new(turns);
        for n in 0..3_000 {
            let who = random.usize(..CLIENTS);
            match pair.waiting[who] {
                Some(_) => pair.turn(who),
                None => pair.begin(who, line(&mut random, n, who)),
            }
            pair.wait(random.u64(..5));
        }
        let overtaken = pair.overtaken;
        assert!(overtaken > 1_000, "seed {seed}: only {overtaken} overtaken");
    }
}
