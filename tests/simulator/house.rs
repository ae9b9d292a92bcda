//! The hooks that add to the chat, and the words that belong to HTTP: used by the relay and the
//! model alike.

use parloir::relay::{Answer, Hooks, Verdict};
use parloir::{Peer, Tag};

pub(crate) const HELP: &str = "\
* A line is a message to everyone in the room. These are commands:
* /nick NAME: be called something else
* /who: who is in this room
* /rooms: which rooms there are
* /join ROOM: go to another room, or make it
* /msg NAME TEXT: say something to one person
* /me TEXT: say what you do
* /topic [TEXT]: show or set the room's topic; /topic - clears it
* /history [N] [TIME]: the room's last lines, or those before a time
* /search WORDS: lines of the room with these words
* /away [TEXT]: say that you are away; without TEXT, that you are back
* /invite NAME: ask someone into this room
* /mode: what holds in this room
* Who makes a room is its operator, and may:
* /op NAME, /deop NAME: make someone else one, or no longer
* /voice NAME, /devoice NAME: let someone speak where not everyone may
* /kick NAME [REASON]: put someone out
* /ban NAME, /unban NAME: keep someone out; /mute NAME, /unmute NAME: keep someone quiet
* /mode +MODE or -MODE: moderated, invite-only, topic-locked, secret, key WORD, limit N
* /quit [REASON]: leave
* /help: this list. To begin a message with a slash, type two.
";

/// Hooks that admit, change, refuse and answer. Their results depend on their arguments alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct House {
    /// The listener whose peers are refused.
    pub(crate) barred: Tag,
}

impl House {
    pub(crate) fn turns_away(self, tag: Tag) -> Option<&'static str> {
        (tag == self.barred).then_some("not tonight")
    }

    pub(crate) fn verdict(self, text: &str) -> Verdict {
        match text {
            _ if text.contains("swap") => Verdict::Change(text.replace("swap", "\u{1b}[1mpaws\n!")),
            _ if text.contains("vanish") => Verdict::Change(String::from(" \u{202e}\t")),
            _ if text.contains("taboo") => Verdict::Refuse(String::from("no \u{7}taboo\nhere")),
            _ => Verdict::Pass,
        }
    }

    pub(crate) fn answer(self, name: &str, rest: &str) -> Option<String> {
        match name {
            "dice" => Some(format!("you rolled\n<bob> {rest}\u{1b}[0m")),
            "hush" => Some(String::new()),
            _ => None,
        }
    }
}

impl Hooks for House {
    fn admit(&mut self, peer: &Peer) -> Result<(), String> {
        // The relay has to remove the control characters in the reason.
        let reason = self.turns_away(peer.tag);
        reason.map_or(Ok(()), |reason| Err(format!("{reason}\n\u{1b}[0m")))
    }

    fn message(&mut self, _: &str, text: &str) -> Verdict {
        self.verdict(text)
    }

    fn command(&mut self, _: &str, name: &str, rest: &str) -> Option<Answer> {
        self.answer(name, rest).map(Answer::Sender)
    }
}

pub(crate) const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PRI",
];

/// The method of a line of the form `METHOD SP … SP HTTP/x.y`. Any method is accepted.
pub(crate) fn request(line: &str) -> Option<&str> {
    let is_method =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '-');
    let (method, rest) = line.split_once(' ').filter(|(word, _)| is_method(word))?;
    let (_, version) = rest.trim_ascii_end().rsplit_once(' ')?;
    let is_version = version.len() == 8
        && version.starts_with("HTTP/")
        && version.as_bytes()[6] == b'.'
        && [5, 7]
            .iter()
            .all(|n| version.as_bytes()[*n].is_ascii_digit());
    is_version.then_some(method)
}

/// The bytes behind leading blank lines, if there are not too many of those.
pub(crate) fn without_blank_lines(bytes: &[u8]) -> &[u8] {
    let count = bytes
        .iter()
        .position(|b| !matches!(b, b'\r' | b'\n'))
        .unwrap_or(bytes.len());
    &bytes[if count > 16 { 0 } else { count }..]
}

/// Returns whether the head of a request ends in these bytes, which begin with a request line.
pub(crate) fn ends_head(bytes: &[u8]) -> bool {
    let mut lines = bytes
        .split(|b| *b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    // Behind the last LF there is no complete line.
    lines.next_back();
    lines.any(<[u8]>::is_empty)
}

/// Returns whether an unfinished line is most likely a request line: a method and a target.
pub(crate) fn begins_request(line: &str) -> bool {
    let Some((method, target)) = line.split_once(' ') else {
        return false;
    };
    let scheme = target
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(0);
    let is_url = scheme > 0 && target[scheme..].starts_with(':');
    let is_target = target.starts_with('/') || target == "*" || target.starts_with("* H") || is_url;
    METHODS.contains(&method) && is_target
}

/// The commands that an IRC client begins with.
const IRC: [&str; 4] = ["CAP", "NICK", "USER", "PASS"];

/// Returns whether a first line, complete or not, comes from an IRC client.
pub(crate) fn begins_irc(line: &str) -> bool {
    let words = line.split_once(' ');
    words.is_some_and(|(word, rest)| IRC.contains(&word) && !rest.trim_ascii().is_empty())
}

/// Returns whether these bytes can be the beginning of a request, of an IRC client's line or of a
/// TLS hello.
pub(crate) fn may_begin_request(bytes: &[u8]) -> bool {
    // The CR may be part of a CR LF whose LF has not arrived.
    let line = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let begins = |method: &&str| {
        let with_space = format!("{method} ");
        bytes.starts_with(with_space.as_bytes()) || method.as_bytes().starts_with(line)
    };
    let begins_irc = |command: &&str| {
        let blanks = line.iter().rev().take_while(|b| **b == b' ').count();
        let has_blanks = &line[..line.len() - blanks] == command.as_bytes();
        command.as_bytes().starts_with(line) || has_blanks
    };
    bytes == [0x16] || METHODS.iter().any(begins) || IRC.iter().any(begins_irc)
}

/// The arguments of `/history`: a number, and a time in milliseconds since 1970.
pub(crate) fn history(text: &str) -> Option<(usize, Option<u64>)> {
    let (word, rest) = crate::model::split_word(text);
    let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    if !is_number {
        let before = (!text.is_empty()).then(|| moment(text));
        return before.map_or(Some((usize::MAX, None)), |at| Some((usize::MAX, Some(at?))));
    }
    let count = word.parse().unwrap_or(usize::MAX);
    let before = match rest {
        "" => None,
        time => Some(moment(time)?),
    };
    (count > 0).then_some((count, before))
}

/// A time as it is shown in the history, or some of it.
fn moment(text: &str) -> Option<u64> {
    let text = text.trim_start_matches('[').trim_end_matches([']', 'Z']);
    let rest = match text.len() {
        10 => " 00:00:00Z",
        16 => ":00Z",
        _ => "Z",
    };
    let text = format!("{text}{rest}").replacen(' ', "T", 1);
    let time = humantime::parse_rfc3339(&text).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

/// Returns whether all bytes so far are the beginning of another protocol that a single line does
/// not identify.
pub(crate) fn begins_foreign(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let redis = text.strip_prefix('*').and_then(|it| it.split_once("\r\n$"));
    let is_redis = redis.is_some_and(|(count, rest)| {
        let is_count = (1..9).contains(&count.len()) && count.bytes().all(|b| b.is_ascii_digit());
        is_count && rest.starts_with(|c: char| c.is_ascii_digit())
    });
    is_redis || text.starts_with("\r\n\r\n\0\r\nQUIT\n")
}

/// Returns whether a first line is the hello of another protocol.
pub(crate) fn is_foreign(raw: &[u8], text: &str) -> bool {
    is_binary(raw) || is_foreign_text(text)
}

fn is_binary(raw: &[u8]) -> bool {
    let byte = |at: usize| raw.get(at).copied().unwrap_or(b'.');
    let first = byte(0);
    let is_control = first < 32 && !(7..14).contains(&first) && first != 0x1b;
    let beginnings: [&[u8]; 17] = [
        b"\x13BitTorrent protocol",
        b"l\0\x0b\0",
        b"B\0\0\x0b",
        b"0\x84\0\0",
        b"\x04\x01",
        b"\x04\x02",
        b"GIOP\x01",
        b"AMQP\0",
        b"JRMI\0",
        b"JDWP-Handshake",
        b"TNMP\x04",
        b"ZBXD\x01",
        b"CNXN\0",
        b"\x1b%-12345X",
        b"<?xml ",
        b"@RSYNCD: ",
        b"RFB 003.",
    ];
    beginnings.iter().any(|it| raw.starts_with(it))
        || first == 0 && raw.iter().filter(|b| **b == 0).count() > 1
        || is_control && (1..4).any(|at| byte(at) == 0)
        || !raw.is_empty() && byte(1) < 8 && byte(2) == 0 && byte(3) == 0
        || first == b'0' && byte(2) == 2 && byte(3) == 1
        || first == 0x80 && (byte(1) == 0 && byte(2) == 0 || byte(2) == 1 && byte(3) < 4)
}

fn is_foreign_text(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let is_version = |it: &str, name: &str| {
        let version = it.strip_prefix(name).unwrap_or_default().as_bytes();
        matches!(version, [b'/', b'0'..=b'9', b'.', b'0'..=b'9'])
    };
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
    let is_verb = words[0]
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b == b'_');
    let last = words.last().unwrap();
    let is_request = words.len() > 2
        && is_verb
        && !words[0].is_empty()
        && ["RTSP", "SIP", "ICAP"]
            .iter()
            .any(|it| is_version(last, it));
    let is_ssh = words[0].strip_prefix("SSH-").is_some_and(|rest| {
        let version = rest.split_once('-').and_then(|it| it.0.split_once('.'));
        version.is_some_and(|(a, b)| is_number(a) && is_number(b))
    });
    let is_git = words[0].is_char_boundary(4)
        && words[0][..4].bytes().all(|b| b.is_ascii_hexdigit())
        && ["git-upload-pack", "git-receive-pack"].contains(&&words[0][4..]);
    let greets = match &words[..] {
        [hello, name] if !name.is_empty() => match &*hello.to_ascii_uppercase() {
            "EHLO" | "LHLO" => true,
            "HELO" => *name == "localhost" || name.contains('.') || name.starts_with('['),
            _ => false,
        },
        _ => false,
    };
    let is_proxy = ["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"];
    let is_proxy = is_proxy.iter().any(|it| text.starts_with(it));
    is_request || is_ssh || is_git || greets || is_proxy
}
