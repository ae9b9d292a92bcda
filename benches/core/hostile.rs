//! The cost of hostile lines for the loop, against the number of lines that each counts as.
//!
//! `hostile-chat` is the measure: an ordinary line of some length, sent to one recipient. Each
//! other case is a line that once cost a thousand times as much. Its figure is for each line that
//! it counts as in its sender's allowance, so it is to stay within some ten times the measure.

use parloir::{ConnId, Demand, Protocol, Relay, RelayConfig, Tag};

use super::{Case, Counter, LINES, come, input, now};

/// The lines that are sent first, each with the index of its client, and the line that the first
/// client then sends over and over.
struct Attack {
    before: Vec<(u32, String)>,
    line: String,
}

/// A letter that folds to eighteen letters, and one that folds to two.
const EIGHTEEN: &str = "\u{fdfa}";
const TWO: &str = "ß";

/// The first lines of an IRC client.
fn irc(name: &str) -> String {
    format!("NICK {name}\r\nUSER {name} 0 * :{name}\r\n")
}

/// Many numbered items, with commas between them.
fn many(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect::<Vec<_>>().join(",")
}

fn chat() -> Attack {
    Attack {
        before: vec![(0, "mallory\n".into()), (1, "bob\n".into())],
        line: format!("{}\n", "a line that says something ".repeat(18)),
    }
}

/// An invite-only room with ninety-nine masks, and a client whose name they do not match.
fn masks() -> Vec<(u32, String)> {
    let mut owner = irc("owner") + "JOIN #a\r\n";
    for n in 0..33 {
        let mask = |n: usize| format!("*{}{n:02}x!*a*b@*c*d", "a?".repeat(14));
        owner += &format!(
            "MODE #a +bbb {} {} {}\r\n",
            mask(3 * n),
            mask(3 * n + 1),
            mask(3 * n + 2)
        );
    }
    owner += "MODE #a +b *!*@*\r\n";
    vec![(1, owner), (0, irc(&TWO.repeat(32)))]
}

fn joins() -> Attack {
    Attack {
        before: masks(),
        line: format!("JOIN {}\r\n", many(167, |_| "#a".into())),
    }
}

fn speaks() -> Attack {
    let mut before = masks();
    for (_, lines) in &mut before {
        *lines = lines
            .replace("+bbb", "+qqq")
            .replace("MODE #a +b *!*@*\r\n", "");
    }
    before.push((0, "JOIN #a\r\n".into()));
    Attack {
        before,
        line: "PRIVMSG #a :x\r\n".into(),
    }
}

fn monitor() -> Attack {
    let name = |n: usize| format!("{}{n}", EIGHTEEN.repeat(3));
    let watch = (0..9).map(|part| {
        let names = many(11, |n| name(11 * part + n));
        format!("MONITOR + {names}\r\n")
    });
    Attack {
        before: vec![(0, irc("mallory") + &watch.collect::<String>())],
        line: format!("MONITOR - {}\r\n", many(240, |n| format!("{}", n % 10))),
    }
}

fn list() -> Attack {
    let rooms = |from: usize| -> String {
        let join = |n: usize| format!("JOIN #{}{n}\r\n", EIGHTEEN.repeat(3));
        (from..from + 100).map(join).collect()
    };
    let people = (1..=10).map(|n| (n, irc(&format!("p{n}")) + &rooms(n as usize * 100)));
    let mut before: Vec<(u32, String)> = people.collect();
    before.push((0, irc("mallory")));
    Attack {
        before,
        line: format!("LIST {}\r\n", many(16, |n| format!("!*a*b*{n}*"))),
    }
}

fn whowas() -> Attack {
    let name = |n: usize| format!("NICK {}{n}\r\n", EIGHTEEN.repeat(3));
    let names: String = (0..500).map(name).collect();
    Attack {
        before: vec![(1, irc("p") + &names), (0, irc("mallory"))],
        line: format!(
            "WHOWAS {}\r\n",
            many(4, |n| format!("{}{n}", EIGHTEEN.repeat(30)))
        ),
    }
}

fn long_name() -> Attack {
    Attack {
        before: vec![(0, "mallory\n".into())],
        line: format!("/msg {} x\n", EIGHTEEN.repeat(1_300)),
    }
}

fn modes() -> Attack {
    Attack {
        before: vec![
            (0, irc("mallory") + "JOIN #a\r\n"),
            (1, irc("bob") + "JOIN #a\r\n"),
        ],
        line: format!("MODE #a {}\r\n", "-n+n".repeat(100)),
    }
}

fn unknown_modes() -> Attack {
    Attack {
        before: vec![(0, irc("mallory") + "JOIN #a\r\n")],
        line: format!("MODE #a {}\r\n", "z".repeat(490)),
    }
}

fn comes_and_goes() -> Attack {
    Attack {
        before: vec![(0, irc("mallory"))],
        line: format!("JOIN {}\r\nJOIN 0\r\n", many(60, |n| format!("#r{n}"))),
    }
}

fn who() -> Attack {
    let people = (1..=500).map(|n| (n, irc(&format!("{}{n}", EIGHTEEN.repeat(3)))));
    let mut before: Vec<(u32, String)> = people.collect();
    before.push((0, irc("mallory")));
    Attack {
        before,
        line: format!("WHO *{}*z\r\n", "a*".repeat(20)),
    }
}

fn history() -> Attack {
    let lines = format!("{}\n", "x".repeat(400)).repeat(200);
    Attack {
        before: vec![(1, format!("bob\n{lines}")), (0, "mallory\n".into())],
        line: "/history\n".into(),
    }
}

fn names() -> Attack {
    let people = (1..=1000).map(|n| (n, irc(&format!("p{n}")) + "JOIN #a\r\n"));
    let mut before: Vec<(u32, String)> = people.collect();
    before.push((0, irc("mallory") + "JOIN #a\r\n"));
    Attack {
        before,
        line: "NAMES #a\r\n".into(),
    }
}

fn nicks() -> Attack {
    let name = |letter: &str| format!("NICK {letter}{}\r\n", TWO.repeat(31));
    Attack {
        before: vec![(0, irc("mallory"))],
        line: name("a") + &name("b"),
    }
}

fn nuls() -> Attack {
    Attack {
        before: vec![(0, "mallory\n".into())],
        line: format!("{}\n", "\0".repeat(4_000)),
    }
}

/// A relay that has handled everything that comes before the attack.
fn prepared(attack: &Attack, rate: u32, burst: u32) -> (Relay, Counter) {
    let mut relay = relay_of(rate, burst);
    let mut out = Counter::default();
    for (index, lines) in &attack.before {
        let id = ConnId::new(*index, 1);
        match relay.hub().is_here(id) {
            true => relay.received(id, input(lines.as_bytes()), now(), &mut out),
            false => come(&mut relay, *index, Tag(0), lines.as_bytes(), &mut out),
        };
        out.begin_turn();
    }
    (relay, out)
}

fn relay_of(rate: u32, burst: u32) -> Relay {
    let config = RelayConfig {
        rate,
        burst,
        lines_per_turn: usize::MAX,
        ..RelayConfig::default()
    };
    Relay::new(config).expect("only the allowance differs from the defaults")
}

fn run(attack: fn() -> Attack) -> Box<dyn FnMut()> {
    let attack = attack();
    let (mut relay, mut out) = prepared(&attack, 0, 1);
    let bytes = attack.line.repeat(LINES).into_bytes();
    Box::new(move || {
        out.begin_turn();
        let taken = relay.received(ConnId::new(0, 1), input(&bytes), now(), &mut out);
        assert_eq!(taken.bytes, bytes.len(), "all of it is taken in one call");
    })
}

/// The number of lines that the attack counts as. At one line a second, that is the time until the
/// next line is taken.
fn charged(attack: fn() -> Attack) -> usize {
    let attack = attack();
    let burst = 1_000_000;
    let (mut relay, mut out) = prepared(&attack, 1, burst);
    let id = ConnId::new(0, 1);
    let probe = |relay: &mut Relay, out: &mut Counter| {
        // Counts the lines that are still taken before the client is held up.
        let mut left = 0;
        while !matches!(
            relay.received(id, input(b" \n"), now(), out).demand,
            Demand::PauseUntil(_) | Demand::Paced(_)
        ) {
            left += 1;
        }
        left
    };
    relay.received(id, input(attack.line.as_bytes()), now(), &mut out);
    let after = probe(&mut relay, &mut out);
    let (mut relay, mut out) = prepared(&attack, 1, burst);
    probe(&mut relay, &mut out) - after
}

macro_rules! cases {
    ($($name:literal $attack:ident $what:literal)*) => {
        /// All cases, each with a description of its figure.
        pub(super) const CASES: &[Case] = &[$(
            Case {
                name: $name,
                unit: "line that it counts as",
                what: $what,
                units: || LINES * charged($attack),
                prepare: || run($attack),
            },
        )*];
    };
}

cases! {
    "hostile-chat" chat "the measure: 490 bytes, said to one other"
    "hostile-joins" joins "JOIN of one closed room with 100 masks, named 167 times"
    "hostile-speaks" speaks "a word in a room with 99 mutes that mean somebody else"
    "hostile-monitor" monitor "MONITOR - of 240 names, ten different ones, watching 99 that fold to 55 letters"
    "hostile-list" list "LIST with 16 conditions, 1,000 rooms"
    "hostile-whowas" whowas "WHOWAS of four long names, 500 remembered"
    "hostile-name" long_name "/msg to 1,300 letters that fold to eighteen each"
    "hostile-modes" modes "MODE with 200 changes"
    "hostile-letters" unknown_modes "MODE with 490 letters that are none"
    "hostile-passage" comes_and_goes "JOIN of 60 rooms, and JOIN 0"
    "hostile-who" who "WHO with twenty stars, 500 people"
    "hostile-history" history "/history of 200 lines of 400 bytes"
    "hostile-names" names "NAMES of 1,000"
    "hostile-nicks" nicks "another nickname of letters that fold to two, twice"
    "hostile-nuls" nuls "4,000 bytes NUL"
}
