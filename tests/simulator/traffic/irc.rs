//! The input of IRC clients: valid, invalid, labelled, cut off, and long.

use fastrand::Rng;

use super::{nickname, room};

pub(crate) mod batch;

/// Some of the capabilities that a client may request.
const CAPS: [&str; 13] = [
    "away-notify",
    "batch",
    "draft/chathistory",
    "draft/multiline",
    "draft/no-implicit-names",
    "echo-message",
    "extended-join",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "server-time",
    "userhost-in-names",
];

const ALL: &str = "account-notify away-notify batch cap-notify chghost draft/chathistory \
                   draft/message-redaction draft/multiline draft/read-marker echo-message extended-join \
                   extended-monitor invite-notify labeled-response message-tags multi-prefix \
                   server-time setname standard-replies userhost-in-names";

/// The state of a client on which its next lines depend.
pub(crate) struct Mind {
    /// A text that no other client sends.
    pub(crate) trace: String,
    /// A room that the client is in, and a member of it.
    pub(crate) room: Option<String>,
    pub(crate) whom: Option<String>,
    /// The id of a message that is kept of that room.
    pub(crate) message: Option<String>,
    pub(crate) is_named: bool,
    /// True if the client is an operator of that room.
    pub(crate) rules: bool,
    /// True if the client may send several lines as one message.
    pub(crate) says_several: bool,
    /// The limits of a message.
    pub(crate) bytes_max: usize,
    pub(crate) lines_max: u32,
}

/// The first lines of a client.
pub(crate) fn opening(random: &mut Rng, password: Option<&str>) -> String {
    let mut lines = Vec::new();
    if let Some(password) = password {
        let word = if random.u8(..6) > 0 {
            password
        } else {
            "nonsense"
        };
        lines.push(format!("PASS :{word}"));
    }
    let caps = match random.u8(..6) {
        0 => String::new(),
        1 => String::from("server-time message-tags echo-message"),
        2 => String::from(ALL),
        3 => String::from("batch draft/multiline message-tags echo-message labeled-response"),
        4 => String::from("batch draft/multiline draft/chathistory server-time"),
        _ => subset(random),
    };
    let has_caps = !caps.is_empty();
    if has_caps {
        lines.push(String::from("CAP LS 302"));
        lines.push(format!("CAP REQ :{caps}"));
    }
    let number = random.u8(..40);
    let name = match random.u8(..3) {
        0 => nickname(random),
        _ => format!("u{number}"),
    };
    let at = random.usize(..=lines.len());
    let user = match random.bool() {
        true => format!("USER i{number} 0 * :Real {number}"),
        false => String::from("USER user 0 * :x"),
    };
    lines.insert(at, format!("NICK {name}"));
    lines.insert(random.usize(..=lines.len()), user);
    lines.extend(has_caps.then(|| String::from("CAP END")));
    if random.u8(..4) > 0 {
        lines.push(String::from("JOIN #lobby,#dev"));
    }
    // A client whose first word is another one is no IRC client to the relay.
    lines.join("\r\n") + "\r\n"
}

fn subset(random: &mut Rng) -> String {
    let chosen = CAPS.iter().filter(|_| random.bool());
    let chosen: Vec<&str> = chosen.copied().collect();
    chosen.join(" ")
}

pub(crate) fn channel(random: &mut Rng, mind: &Mind) -> String {
    match &mind.room {
        Some(room) if random.u8(..5) > 0 => format!("#{room}"),
        _ => format!("#{}", room(random).trim_start_matches('#')),
    }
}

fn whom(random: &mut Rng, mind: &Mind) -> String {
    let whom = mind.whom.clone().filter(|_| random.u8(..6) > 0);
    whom.unwrap_or_else(|| nickname(random))
}

/// One line with its end, or several that belong together.
pub(crate) fn line(random: &mut Rng, mind: &Mind) -> Vec<u8> {
    let one_in = if mind.says_several { 3 } else { 20 };
    if random.u8(..one_in) == 0 {
        return batch::lines(random, mind);
    }
    let trace = &mind.trace;
    let channel = channel(random, mind);
    let other = self::channel(random, mind);
    let name = whom(random, mind);
    let text = text(random, trace);
    let line = match random.u8(..100) {
        _ if mind.rules && random.u8(..4) == 0 => mode(random, &channel, &name),
        0..32 => format!("PRIVMSG {channel} :{text}"),
        32..36 => format!("NOTICE {channel} :{text}"),
        36..38 => format!("PRIVMSG @{channel},+{other},{name} :{text}"),
        38 => format!("@label={trace} PRIVMSG {channel},{channel} :{trace} BATCH +m BATCH -m"),
        39..44 => format!("PRIVMSG {name} :{text}"),
        44..46 => format!("NOTICE {name} :{text}"),
        46..48 => format!("@+typing=active;x=y TAGMSG {channel}"),
        48..56 => join(random, &channel, &other),
        56..59 => format!("PART {channel} :{text}"),
        59 => String::from("JOIN 0"),
        60..64 => format!("TOPIC {channel} :{text}"),
        64 => format!("TOPIC {channel} :"),
        65..69 => format!("KICK {channel} {name} :{text}"),
        69..81 => mode(random, &channel, &name),
        81..84 => format!("INVITE {name} {channel}"),
        84..86 => format!("AWAY :{text}"),
        86 => String::from("AWAY"),
        87..91 => format!("NICK {}", nickname(random)),
        91..94 => question(random, &channel, &name),
        94 => format!("CHATHISTORY LATEST {channel} * {}", random.u8(1..30)),
        95 => format!(
            "CAP REQ :{}{}",
            random.choice(["", "-"]).unwrap(),
            subset(random)
        ),
        96 => format!("SETNAME :{trace} name"),
        97 if random.u8(..3) == 0 => format!("QUIT :{text}"),
        _ => junk(random, trace),
    };
    let line = match random.u8(..8) {
        0 if !line.starts_with('@') => format!("@label={trace};+x=1 {line}"),
        1 if !line.starts_with('@') => format!("@label={trace} :me {line}"),
        _ => line,
    };
    let end = if random.u8(..6) > 0 { "\r\n" } else { "\n" };
    (line + end).into_bytes()
}

fn text(random: &mut Rng, trace: &str) -> String {
    let words = "wörd word ".repeat(random.usize(..50));
    match random.u8(..26) {
        24 => format!("{trace} \u{2}bold\u{2}"),
        25 => format!("\u{3}4{trace},\u{3}04,2{trace}\u{4}0aF"),
        0..8 => trace.to_owned(),
        8..10 => format!("\u{1}ACTION {trace} waves\u{1}"),
        10 => format!("\u{1}VERSION {trace}\u{1}"),
        11 => format!("\u{1}ACTION {trace}"),
        12..14 => format!("\u{2}{trace}\u{2} \u{3}4,12red\u{3} \u{1d}x\u{f} \u{3}123 \u{4}ff00aay"),
        14..16 => format!("{trace} {words}"),
        16 => format!("\u{1}ACTION {words}{trace}\u{1}"),
        17 => format!("{trace}{}", "x".repeat(random.usize(300..520))),
        18 => format!("{trace} swap {words}"),
        19 => format!("{trace} taboo"),
        20 => format!("{trace} vanish"),
        21 => format!("{trace}\u{1b}[31m\u{7}\u{202e}é\u{2028}\t😀\u{feff}"),
        22 => format!("/quit {trace}"),
        _ => format!(":{trace} PRIVMSG #lobby :forged"),
    }
}

fn join(random: &mut Rng, channel: &str, other: &str) -> String {
    let key = random.choice(["", "sesame", "open", ",sesame"]).unwrap();
    match random.bool() {
        true => format!("JOIN {channel} {key}"),
        false => format!("JOIN {channel},{other} {key}"),
    }
}

fn mode(random: &mut Rng, channel: &str, name: &str) -> String {
    let modes = [
        "+o NAME",
        "-o NAME",
        "+v NAME",
        "-v NAME",
        "+ov-v NAME NAME NAME",
        "+vo NAME NAME",
        "+m",
        "-m",
        "+i",
        "-i",
        "-i-m",
        "+s",
        "-s+t",
        "-t",
        "-n",
        "+n-i",
        "+k sesame",
        "-k *",
        "-k",
        "+l 3",
        "+l 40",
        "-l",
        "-lkim x",
        "+b NAME",
        "-b NAME",
        "+b *!i1*@*",
        "-b+e *!*@* NAME!*@*",
        "+e *!*@*",
        "+I NAME",
        "+q NAME!*@*",
        "+qe NAME!*@* *!*@*",
        "+be *!*@* NAME!*@*",
        "-qbe NAME!*@* NAME *!*@*",
        "b",
        "",
        "+xyz",
        "+l none",
        "+bbb-m+v a b c NAME",
    ];
    let mode = random.choice(modes).unwrap();
    format!("MODE {channel} {}", mode.replace("NAME", name))
}

fn question(random: &mut Rng, channel: &str, name: &str) -> String {
    match random.u8(..14) {
        0..3 | 10..14 => format!("NAMES {channel}"),
        3 => String::from("NAMES"),
        4 => format!("WHO {channel} %tcuhnfdar,743"),
        5 => format!("WHOIS {name}"),
        6 => String::from("LIST"),
        7 => format!("TOPIC {channel}"),
        8 => format!("MODE {name} +i"),
        _ => String::from("PING :x y"),
    }
}

fn junk(random: &mut Rng, trace: &str) -> String {
    match random.u8(..10) {
        0 => String::new(),
        1 => format!("PRIVMSG #lobby :{}", trace.repeat(100)),
        2 => format!("PRIVMSG #lobby :{trace}\0{trace}"),
        3 => format!("PRIVMSG #lobby :{trace}\rQUIT :{trace}"),
        4 => String::from("JOIN :"),
        5 => String::from("KICK #lobby"),
        6 => format!("  privmsg   #lobby   {trace}  rest"),
        7 => format!("FROB {trace}"),
        8 => String::from("dice 6"),
        _ => format!("@{} PING x", "t=v;".repeat(random.usize(1000..1100))),
    }
}
