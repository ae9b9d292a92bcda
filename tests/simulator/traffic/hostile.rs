//! The input of hostile clients: names that are costly, lists of targets, masks made only of
//! wildcards, attempts to enter rooms that are closed to them.

use fastrand::Rng;

use super::irc::Mind;

/// Names that fold to many letters, look like another name, or are names that people trust.
const NAMES: [&str; 26] = [
    "ﷺﷺﷺﷺﷺ",
    "ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß",
    "ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßSS",
    "ﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃﬃ",
    "ﬃﬃ",
    "alice",
    "аlice",
    "aIice",
    "ALlCE",
    "alice2",
    "bob",
    "b0b",
    "bоb",
    "bo",
    "NickServ",
    "ｎｉｃｋserv",
    "reserv",
    "root",
    "r00t",
    "host",
    "hоst",
    "parloir",
    "рarloir",
    "аdmin",
    "system",
    "modern",
];

/// Rooms that people fight over.
const ROOMS: [&str; 6] = ["den", "DEN", "#chat", "🎉", "vault", "lobby"];

const MASKS: [&str; 18] = [
    "*!*@*",
    "**!***@*",
    "NAME",
    "NAME!*@*",
    "*NAME*!*@*",
    "NAME!?*?*@*",
    "*?*?*?*?*?*?*?*?*?*?*x!*@*",
    "?????????????????????????????????????????????????????*!*@*",
    "*!*?*?*?*?**user@*",
    "*!~user@*",
    "*!~i?*@*",
    "*!*@*.ip",
    "*!*@*?*?*?*?*?*?*?*",
    "u*!*@*",
    "ß*!*@*",
    "*ss*!*@*",
    "а*!*@*",
    "*ﷺ?*!*ﷺ*@*ﷺ*",
];

/// A name as the argument of a command, most often that of a person nearby.
pub(crate) fn name(random: &mut Rng, whom: Option<&str>) -> String {
    match (random.u8(..8), whom) {
        (0..4, Some(whom)) => whom.to_owned(),
        (0..6, _) => random.choice(NAMES).unwrap().to_owned(),
        _ => format!("u{}", random.u8(..6)),
    }
}

pub(crate) fn mask(random: &mut Rng, whom: Option<&str>) -> String {
    if random.u8(..3) == 0 {
        return format!("u{}!*@*", random.u8(..6));
    }
    let name = name(random, whom);
    random.choice(MASKS).unwrap().replace("NAME", &name)
}

/// One of the rooms that people fight over.
pub(crate) fn room(random: &mut Rng) -> &'static str {
    random.choice(ROOMS).unwrap()
}

/// A text that is far too long for a name.
fn endless(random: &mut Rng, bytes_max: usize) -> String {
    let letter = random.choice(["ﷺ", "ß", "ﬃ", "\u{301}", "а"]).unwrap();
    letter.repeat(random.usize(..bytes_max / letter.len()))
}

/// A list of so many items, some of which occur twice.
fn list(random: &mut Rng, count_max: usize, one: impl Fn(&mut Rng) -> String) -> String {
    let mut items: Vec<String> = Vec::new();
    for _ in 0..random.usize(1..=count_max) {
        let item = match random.u8(..3) {
            0 if !items.is_empty() => items[random.usize(..items.len())].clone(),
            _ => one(random),
        };
        items.push(item);
    }
    items.join(",")
}

/// The first lines of a person who comes back, sometimes without a name.
pub(crate) fn return_to(random: &mut Rng, name: &str, rooms: &[String]) -> String {
    if random.u8(..3) == 0 {
        return format!("/join {}\n/join {}\n", room(random), room(random));
    }
    let rooms = rooms.iter().map(|room| format!("/join {room}\n"));
    format!("{name}\n{}", rooms.collect::<String>())
}

pub(crate) fn irc_return(name: &str, user: &str, rooms: &[String]) -> String {
    let rooms = rooms.iter().map(|room| format!("JOIN #{room}\r\n"));
    let rooms = rooms.collect::<String>();
    format!("NICK {name}\r\nUSER {user} 0 * :x\r\n{rooms}")
}

/// One line of a line client. `secret` is a word that no other client says, and that is said once.
pub(crate) fn line(random: &mut Rng, secret: &str, mind: &Mind, max: usize) -> Vec<u8> {
    let whom = mind.whom.as_deref();
    let name = name(random, whom);
    let mask = mask(random, whom);
    let room = room(random);
    let text = match random.u8(..100) {
        0..30 if mind.rules => rule(random, &name, &mask),
        0..20 => secret.to_owned(),
        20..23 => format!("/me {secret}"),
        23..30 => format!("/topic {secret}"),
        30..38 => format!("/nick {name}"),
        38..46 => format!("/join {room}"),
        46..49 => format!("/join {room}"),
        49 => format!("/join {room} sesame"),
        50..56 => format!("/invite {name}"),
        56..60 => format!("/ban {mask}"),
        60..63 => format!("/unban {mask}"),
        63..65 => format!("/mute {mask}"),
        65..67 => format!("/unmute {mask}"),
        67..69 => format!("/kick {name} {secret}"),
        69..81 => mode(random),
        81..83 => format!("/msg {name} {secret}"),
        83 => format!("/away {secret}"),
        84 => format!("/quit {secret}"),
        85..87 => String::from("/rooms"),
        87 => String::from("/who"),
        88 => String::from("/history"),
        89 => match random.u8(..3) {
            0 => String::from("/history 50 2030-01-01 00:00:00Z"),
            1 => String::from("/search swap"),
            _ => String::from("/search vanish"),
        },
        90..92 => format!("/op {name}"),
        92 => format!("/deop {name}"),
        93 => format!("/voice {name}"),
        _ => {
            let commands = [
                "unban", "kick", "msg", "ban", "op", "invite", "nick", "join",
            ];
            let command = random.choice(commands).unwrap();
            format!("/{command} {}", endless(random, max - 16))
        }
    };
    let mut line = text.into_bytes();
    if random.u8(..12) == 0 {
        super::decorate(random, &mut line);
    }
    line.push(b'\n');
    line
}

/// A command of operators, aimed at a person who may be anywhere.
fn rule(random: &mut Rng, name: &str, mask: &str) -> String {
    match random.u8(..10) {
        0..3 => format!("/invite {name}"),
        3 => format!("/ban {mask}"),
        4 => format!("/unban {name}"),
        5 => format!("/mute {mask}"),
        6 => format!("/op {name}"),
        _ => mode(random),
    }
}

/// The host lifts bans and other restrictions, because otherwise nobody could be heard in the lobby
/// for the rest of the run.
pub(crate) fn relent(random: &mut Rng, whom: Option<String>) -> Vec<u8> {
    let name = whom.unwrap_or_default();
    let line = match random.u8(..5) {
        0 => format!("/unban {name}"),
        1..4 => format!("/unmute {name}"),
        _ => String::from("/mode -m"),
    };
    (line + "\n").into_bytes()
}

fn mode(random: &mut Rng) -> String {
    let modes = [
        "+i",
        "+i",
        "-i",
        "+k sesame",
        "-k",
        "+s",
        "+s",
        "-s",
        "+m",
        "-m",
        "-n",
        "+n",
        "+l 2",
        "-l",
    ];
    format!("/mode {}", random.choice(modes).unwrap())
}

/// One line of an IRC client.
pub(crate) fn irc_line(random: &mut Rng, secret: &str, mind: &Mind) -> Vec<u8> {
    let whom = mind.whom.as_deref();
    let name = name(random, whom);
    let any = format!("#{}", room(random));
    let own = mind.room.as_ref().map(|room| format!("#{room}"));
    let own = own.unwrap_or_else(|| any.clone());
    let rooms = |random: &mut Rng, max| list(random, max, |random| format!("#{}", room(random)));
    let text = match random.u8(..100) {
        0..12 if mind.rules => format!("INVITE {name} {own}"),
        12..29 if mind.rules => irc_mode(random, &own, whom),
        0..18 => format!("PRIVMSG {own} :{secret}"),
        18..20 => format!("NOTICE {own} :{secret}"),
        20..22 => format!("PRIVMSG {any} :{secret}"),
        22..27 => format!("TOPIC {own} :{secret}"),
        27..29 => format!("PRIVMSG {} :{}", targets(random, whom), mind.trace),
        29..35 => format!("JOIN {}", rooms(random, 12)),
        35..38 => format!("JOIN {} sesame,sesame,x,sesame", rooms(random, 6)),
        38..40 => format!("PART {} :{secret}", rooms(random, 8)),
        40 => String::from("JOIN 0"),
        41..58 => irc_mode(random, &own, whom),
        58..65 => format!("INVITE {name} {own}"),
        65..68 => {
            let names = list(random, 6, |random| self::name(random, whom));
            format!("KICK {own} {names} :{secret}")
        }
        68 => format!("KICK {own},{any} {name},{name}"),
        69..74 => format!("NICK {name}"),
        74 => format!("AWAY :{secret}"),
        75 => format!("SETNAME :{secret}"),
        76 => format!("QUIT :{secret}"),
        77..95 => look(random, &any, &name),
        _ => {
            let commands = [
                "KICK #den",
                "PRIVMSG",
                "JOIN",
                "NICK",
                "INVITE",
                "MODE #den +b",
            ];
            let command = random.choice(commands).unwrap();
            format!("{command} {}", endless(random, 400))
        }
    };
    (text + "\r\n").into_bytes()
}

/// A list of targets: every kind of person and room, some of them twice, and the same rooms in
/// other spellings.
fn targets(random: &mut Rng, whom: Option<&str>) -> String {
    list(random, 12, |random| match random.u8(..4) {
        0 => format!("#{}", room(random)),
        1 => format!("@#{}", room(random)),
        _ => name(random, whom),
    })
}

/// A question about a room, asked by a person outside it.
fn look(random: &mut Rng, room: &str, name: &str) -> String {
    match random.u8(..9) {
        0 => format!("TOPIC {room}"),
        1 => format!("NAMES {room}"),
        2 => format!("WHO {room} %tcuhnfdar,743"),
        3 => format!("WHO {room}"),
        4 => format!("MODE {room}"),
        5 => format!("MODE {room} b"),
        6 => format!("CHATHISTORY LATEST {room} * 20"),
        7 => String::from("LIST"),
        _ => format!("WHOIS {name}"),
    }
}

fn irc_mode(random: &mut Rng, room: &str, whom: Option<&str>) -> String {
    let one = [
        "+i",
        "+i",
        "-i",
        "+s",
        "+s",
        "-s",
        "+k sesame",
        "-k *",
        "+b MASK",
        "+b MASK",
        "-b MASK",
        "+e MASK",
        "+I MASK",
        "+q MASK",
        "+q MASK",
        "-q MASK",
        "+m",
        "-m",
        "-n",
        "-t",
        "+o NAME",
        "-o NAME",
        "+v NAME",
        "+si",
        "+l 2",
        "-l",
    ];
    let modes = match random.u8(..8) {
        0 => {
            let count = random.usize(2..16);
            let letters: String = (0..count)
                .map(|_| random.choice(['b', 'q', 'e', 'I', 'o', 'v']).unwrap())
                .collect();
            let params = (0..count).map(|_| mask(random, whom));
            format!("+{letters} {}", params.collect::<Vec<_>>().join(" "))
        }
        _ => random.choice(one).unwrap().to_owned(),
    };
    let name = name(random, whom);
    let modes = modes.replace("MASK", &mask(random, whom));
    format!("MODE {room} {}", modes.replace("NAME", &name))
}
