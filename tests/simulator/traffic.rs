//! The input of clients: messages that can be traced, in every disguise; commands, valid and
//! invalid; and junk.

use std::time::{Duration, UNIX_EPOCH};

use fastrand::Rng;

use crate::house::METHODS;
use crate::support::START_UNIX_SECONDS;

pub(crate) mod hostile;
pub(crate) mod irc;
pub(crate) mod json;
pub(crate) mod web;

/// As many characters as a name may have, each of as many bytes as a character may have.
const WIDE: &str = "𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨";

const NAMES: [&str; 25] = [
    WIDE,
    "alice",
    "Alice",
    "ALICE",
    "bob",
    "bob2",
    "BOB",
    "ＢＯＢ",
    "guest",
    "guest2",
    "host",
    "Zoé",
    "Zoe\u{301}",
    "straße",
    "STRASSE",
    "<b>",
    "-.-",
    "😀",
    "a b  c",
    "山田",
    "*x*",
    "[x]",
    "q\u{323}\u{307}",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "éééééééééééééééééééééééééééééééé",
];

const ROOMS: [&str; 9] = [
    WIDE,
    "lobby",
    "#lobby",
    "LOBBY",
    "dev",
    "#Dev",
    "Café du Nord",
    "***",
    "#",
];

/// Bytes to insert between the characters of a text. Some of them are removed from the shown text,
/// others are not.
const DECORATIONS: [&[u8]; 34] = [
    b"\x1b[31m",
    b"\x1b[0;1m",
    b"\x1b]0;title\x07",
    b"\x1b]0;t\x1b\\",
    b"\x1bPdcs\x1b\\",
    b"\x1b(B",
    b"\x1bc",
    b"\x1b",
    b"\x1b[",
    b"\x1b]no end",
    b"\xc2\x9b7m",
    b"\xc2\x90x\xc2\x9c",
    b"\x07",
    b"\0",
    b"\r",
    b"\x7f",
    b"\xc2\x85",
    b"\t",
    "\u{202e}".as_bytes(),
    "\u{2066}x\u{2069}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{feff}".as_bytes(),
    "é".as_bytes(),
    "😀".as_bytes(),
    b"\xff\xf1",
    b"\xff\xfd\x06",
    b"\xff\xfd\x01",
    b"\xff\xfb\x18",
    b"\xff\xfe\x03",
    b"\xff\xfa\x18\x00\n\xff\xff\xff\xf0",
    b"\xff\xff",
    b"\xffx",
    b"\xe9",
    b"\x93quoted\x94",
];

pub(crate) fn nickname(random: &mut Rng) -> String {
    match random.u8(..4) {
        0 => format!("u{}", random.u8(..40)),
        _ => random.choice(NAMES).unwrap().to_owned(),
    }
}

pub(crate) fn room(random: &mut Rng) -> String {
    match random.u8(..3) {
        0 => format!("r{}", random.u8(..24)),
        _ => random.choice(ROOMS).unwrap().to_owned(),
    }
}

/// One line, mostly with a line end. `trace` is a text that no other client sends.
pub(crate) fn line(random: &mut Rng, trace: &str, line_bytes_max: usize) -> Vec<u8> {
    let mut line = match random.u8(..100) {
        0..40 => trace.as_bytes().to_vec(),
        40..48 => message(random, trace),
        48..71 => command(random, trace),
        71..78 => ruling(random, trace, None),
        78..84 => malformed(random),
        84..88 => nickname(random).into_bytes(),
        88..91 => random
            .choice([" ", "", "\t \u{a0}", "\u{3000}\r", "\0"])
            .unwrap()
            .into(),
        91..94 => overlong(random, line_bytes_max),
        94 => opening(random),
        95 => paragraph(random, trace, line_bytes_max),
        96..98 => std::iter::repeat_with(|| random.u8(..)).take(40).collect(),
        _ => junk(random),
    };
    if random.u8(..3) == 0 {
        decorate(random, &mut line);
    }
    line.extend_from_slice(match random.u8(..20) {
        0..13 => b"\n",
        13..17 => b"\r\n",
        17 => b"\r\0",
        18 => b"\r\r\n",
        _ => b"",
    });
    line
}

/// The host removes a person, now and then itself.
pub(crate) fn kick(random: &mut Rng) -> Vec<u8> {
    let name = match random.u8(..8) {
        0 => String::from("host"),
        _ => nickname(random),
    };
    format!("/kick {name}\n").into_bytes()
}

fn message(random: &mut Rng, trace: &str) -> Vec<u8> {
    let words = [
        "swap",
        "vanish",
        "taboo",
        "<bob> I am bob",
        "* bob left",
        "[x]",
        "//",
        "/ /",
        " ",
    ];
    let word = random.choice(words).unwrap();
    match random.bool() {
        true => format!("{word} {trace}").into_bytes(),
        false => format!("{trace} {word}").into_bytes(),
    }
}

/// A time within some hours of the beginning.
fn moment(random: &mut Rng) -> String {
    let seconds = START_UNIX_SECONDS + random.u64(..20_000);
    let time = UNIX_EPOCH + Duration::from_secs(seconds);
    humantime::format_rfc3339_seconds(time)
        .to_string()
        .replace('T', " ")
}

fn command(random: &mut Rng, trace: &str) -> Vec<u8> {
    let (name, to) = (nickname(random), nickname(random));
    let room = room(random);
    let count = random.u8(..30);
    let text = match random.u8(..40) {
        0..7 => format!("/join {room}"),
        7..12 => format!("/nick {name}"),
        12..17 => format!("/msg {to} {trace}"),
        17..20 => format!("/me {trace}"),
        20..23 => String::from("/who"),
        23..25 => String::from("/ROOMS now"),
        25 => format!("/history {count}"),
        26 => format!("/history {count} {}", moment(random)),
        27 => match random.u8(..4) {
            0 => String::from("/search swap"),
            1 => format!("/search {trace}"),
            2 => String::from("/forget alice"),
            _ => String::from("/history"),
        },
        28 => String::from("/help"),
        29..31 => format!("/topic {trace} "),
        31 => String::from("/topic -"),
        32 => String::from("/topic"),
        33 => format!("/quit {trace}"),
        34 => format!("/dice {trace}"),
        35 => String::from("/hush"),
        36 => format!("/kick {to} {trace}"),
        37 => format!("/kick {to}"),
        38 => format!("/msg {to} taboo {trace}"),
        _ => format!("//{trace}"),
    };
    text.into_bytes()
}

/// A command of operators, which other people try as well, most often aimed at `whom`.
pub(crate) fn ruling(random: &mut Rng, trace: &str, whom: Option<String>) -> Vec<u8> {
    let room = room(random);
    let name = whom
        .filter(|_| random.u8(..6) > 0)
        .unwrap_or_else(|| nickname(random));
    let whom = match random.u8(..12) {
        0..3 => format!(
            "{}*!*@*",
            &name[..name.chars().next().map_or(0, char::len_utf8)]
        ),
        3 => String::from("*!*@*.ip"),
        _ => name.clone(),
    };
    let modes = [
        "+m",
        "-m",
        "-moderated",
        "i",
        "-i",
        "-invite-only",
        "-n",
        "+n",
        "+s",
        "-secret",
        "t",
        "-TOPIC-LOCKED",
        "key sesame",
        "+k open",
        "+k open sesame",
        "key a,b",
        "key abcdefghijklmnopqrstuvwx",
        "-k",
        "-key",
        "limit 3",
        "+l 40",
        "-l",
        "+l 0",
        "+k",
        "+M",
        "-m now",
        "+o",
    ];
    let mode = random.choice(modes).unwrap();
    let text = match random.u8(..40) {
        0..4 | 32..40 => format!("/mode {mode}"),
        4 => String::from("/mode"),
        5..8 => format!("/op {name}"),
        8 => format!("/deop {name}"),
        9..12 => format!("/voice {name}"),
        12 => format!("/devoice {name}"),
        13 => format!("/ban {whom}"),
        14..16 => format!("/unban {whom}"),
        16 => format!("/mute {whom}"),
        17..19 => format!("/unmute {whom}"),
        19..21 => format!("/kick {name} {trace} "),
        21 => format!("/Kick {name}"),
        22..24 => format!("/invite {name}"),
        24 => format!("/away {trace} "),
        25 => String::from("/away"),
        26..29 => format!("/join {room} sesame"),
        29 => format!("/join {room} open "),
        _ => {
            let commands = ["ban", "op", "deop ", "kick", "invite", "UNMUTE", "voice  "];
            format!("/{}", random.choice(commands).unwrap())
        }
    };
    (text + "\n").into_bytes()
}

fn malformed(random: &mut Rng) -> Vec<u8> {
    let lines = [
        "/nick",
        "/nick  ",
        "/join",
        "/join ###",
        "/msg",
        "/msg bob",
        "/msg bob  ",
        "/me",
        "/me\t ",
        "/history 0",
        "/history -1",
        "/history five",
        "/history 99999999999999999999999",
        "/",
        "/ who",
        "/kick",
        "/quit",
        "/xyzzy\u{301}",
        "/\u{a0}x",
        "/topic\u{3000}-",
        "/nick \u{200b}\u{3164}",
        "/averyveryveryverylongcommandthatgoesonandon",
        "/msg\tbob\thi",
    ];
    random.choice(lines).unwrap().into()
}

fn overlong(random: &mut Rng, max: usize) -> Vec<u8> {
    let length = max - 3 + random.usize(..7) + random.usize(..2) * random.usize(..3 * max);
    let mut line = vec![b'y'; length];
    if random.bool() {
        line[length - 1] = b'\r';
    }
    line
}

/// A short line and a long one.
fn paragraph(random: &mut Rng, trace: &str, max: usize) -> Vec<u8> {
    let words = "wörd word ".repeat(random.usize(..150).min((max - 20) / 11));
    format!("{trace}-1\n{trace}-2 {words}").into_bytes()
}

/// The beginning of another protocol, or something similar.
pub(crate) fn opening(random: &mut Rng) -> Vec<u8> {
    let method = random.choice(METHODS).unwrap();
    let rest = [
        "",
        " ",
        " /",
        " / HTTP/1.1",
        " / HTTP/1.1\r\nHost: x\r\n\r\n",
        " /healthz HTTP/1.0\n\n",
        " out of here",
        " * HTTP/2.0",
        " /x y",
        " HTTP/1.1",
        " http://x/ HTTP/11",
    ];
    let foreign: [&[u8]; 14] = [
        b"SSH-2.0-x",
        b"SSH-x",
        b"OPTIONS / RTSP/1.0",
        b"OPTIONS sip:x SIP/2.0",
        b"ehlo [x]",
        b"HELO x.y",
        b"HELO x",
        b"*1\r\n$4\r\nPING",
        b"\0\0\0\x08\x04\xd2\x16\x2f",
        b"\x05\x02\0\x01",
        b"l\0\x0b\0",
        b"0\x0c\x02\x01",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2",
        b"\r\n\r\n\0\r\nQUIT\n\x21",
    ];
    match random.u8(..10) {
        8.. => random.choice(foreign).unwrap().to_vec(),
        0 => b"\x16\x03\x01\x02\x00\x01\xfc".to_vec(),
        1 => b"\x16".to_vec(),
        2 => b"\x16\x04".to_vec(),
        _ => format!("{method}{}", random.choice(rest).unwrap()).into_bytes(),
    }
}

/// Bytes that mean something in some protocol, in random order; or one telnet request repeated.
fn junk(random: &mut Rng) -> Vec<u8> {
    if random.u8(..8) == 0 {
        return b"\xff\xfd\x18".repeat(random.usize(1..40));
    }
    let bytes = b"\x1b[]0;m\x07\\P\x90\x9b\x9c\x9d\xc2\xff\xfa\xf0\xfd\xfb\x06\r\0a1 /\xe2\x80\xae";
    std::iter::repeat_with(|| bytes[random.usize(..bytes.len())])
        .take(30)
        .collect()
}

fn decorate(random: &mut Rng, line: &mut Vec<u8>) {
    for _ in 0..random.u8(1..4) {
        let at = random.usize(..=line.len());
        let decoration = random.choice(DECORATIONS).unwrap();
        line.splice(at..at, decoration.iter().copied());
    }
}
