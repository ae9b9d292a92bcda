//! Reads a script: its settings, and its steps with their line numbers.

use std::time::Duration;

use parloir::{CloseReason, OperatorConfig, RelayConfig};

pub(super) enum Step {
    Here(Vec<String>),
    Irc(Vec<String>),
    Caps(String, String),
    Json(String, Option<String>),
    Connect(String, String),
    Send(String, Vec<u8>),
    Refused(String, String, String),
    ReadLine(String, String),
    ReadBytes(String, Vec<u8>),
    Closed(String),
    Wait(Duration),
    Late(Duration),
    End(String, CloseReason),
    Lost(String, CloseReason),
    Kick(String, Option<String>),
    Say(String, String, String),
    Stop,
    HostStops,
    Skip,
}

impl Step {
    /// Returns whether a step makes something happen; other steps only check.
    pub(super) fn acts(&self) -> bool {
        !matches!(
            self,
            Self::ReadLine(..)
                | Self::ReadBytes(..)
                | Self::Closed(_)
                | Self::HostStops
                | Self::Skip
        )
    }
}

pub(super) fn settings(script: &str) -> RelayConfig {
    let mut config = RelayConfig::default();
    for line in script.lines().map(str::trim_start) {
        if let Some(setting) = line.strip_prefix("set ") {
            let (key, value) = setting.split_once('=').expect("set KEY=VALUE");
            set(&mut config, key, value);
        }
    }
    config
}

fn set(config: &mut RelayConfig, key: &str, value: &str) {
    let number = || value.parse().expect("a number");
    match key {
        "name" => config.name = value.into(),
        "password" => config.password = Some(value.into()),
        "motd" => config.motd = value.split('|').map(Into::into).collect(),
        "default_room" => config.default_room = value.into(),
        "rate" => config.rate = number() as u32,
        "burst" => config.burst = number() as u32,
        "line_bytes_max" => config.line_bytes_max = number(),
        "history" => config.history = number(),
        "replay" => config.replay = number(),
        "history_total_bytes_max" => config.history_total_bytes_max = number(),
        "rooms_max" => config.rooms_max = number(),
        "empty_rooms_max" => config.empty_rooms_max = number(),
        "greet_after" => config.greet_after = duration(value),
        "who_shows_addresses" => config.who_shows_addresses = value == "true",
        "first_line_within" => config.first_line_within = duration(value),
        "ping_after" => config.ping_after = duration(value),
        "operator" => {
            let (name, password) = value.split_once(' ').expect("set operator=NAME PASSWORD");
            let (name, password) = (name.into(), password.into());
            config.operators.push(OperatorConfig { name, password });
        }
        "gather_above" => config.gather_above = number(),
        other => panic!("no setting is called {other:?}"),
    }
}

pub(super) fn steps(script: &str) -> Vec<(usize, Step)> {
    let numbered = script.lines().zip(1..);
    let steps = numbered.filter_map(|(line, number)| Some((number, step(line.trim_start())?)));
    steps.collect()
}

fn step(line: &str) -> Option<Step> {
    if line.is_empty() || line.starts_with('#') || line.starts_with("set ") {
        return None;
    }
    if let Some(step) = spoken(line) {
        return Some(step);
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let owned = |words: &[&str]| words.join(" ");
    Some(match words[..] {
        ["here", ref names @ ..] => Step::Here(names.iter().map(|name| owned(&[name])).collect()),
        ["irc", ref names @ ..] => Step::Irc(names.iter().map(|name| owned(&[name])).collect()),
        ["caps", name, ref caps @ ..] => Step::Caps(name.into(), owned(caps)),
        ["json", name] => Step::Json(name.into(), None),
        ["json", name, "in", room] => Step::Json(name.into(), Some(room.into())),
        ["connect", name] => Step::Connect(name.into(), "auto".into()),
        ["connect", name, role] => Step::Connect(name.into(), role.into()),
        [name, "closed"] => Step::Closed(name.into()),
        ["wait", time] => Step::Wait(duration(time)),
        ["late", time] => Step::Late(duration(time)),
        ["end", name] => Step::End(name.into(), CloseReason::Finished),
        ["reset", name] => Step::End(name.into(), CloseReason::Reset),
        ["lost", name, "stalled"] => Step::Lost(name.into(), CloseReason::Stalled),
        ["lost", name, "queue"] => Step::Lost(name.into(), CloseReason::QueueFull),
        ["lost", name, "input"] => Step::Lost(name.into(), CloseReason::InputFull),
        ["kick", name] => Step::Kick(name.into(), None),
        ["kick", name, ref reason @ ..] => Step::Kick(name.into(), Some(owned(reason))),
        ["say", from, room, ref text @ ..] => Step::Say(from.into(), room.into(), owned(text)),
        ["stop"] => Step::Stop,
        ["host", "stops"] => Step::HostStops,
        ["skip"] => Step::Skip,
        _ => panic!("{line:?} is no step"),
    })
}

/// Parses `name> text` and similar steps: one word, the sign, and a blank or the end of the line
/// behind it.
fn spoken(line: &str) -> Option<Step> {
    let at = line.find(['<', '>', '!'])?;
    let (name, rest) = line.split_at(at);
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    let (sign, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let name = String::from(name);
    Some(match (sign, text) {
        (">", text) => Step::Send(name, format!("{text}\n").into_bytes()),
        (">>", text) => Step::Send(name, bytes(text)),
        ("!", text) => {
            let (code, what) = text.split_once(' ').expect("NAME! CODE OBJECT");
            Step::Refused(name, code.into(), what.into())
        }
        ("<", "") => Step::ReadBytes(name, Vec::new()),
        ("<", line) => Step::ReadLine(name, line.into()),
        ("<<", text) => Step::ReadBytes(name, bytes(text)),
        _ => panic!("{line:?} is no step"),
    })
}

fn duration(text: &str) -> Duration {
    let unit = text.find(|c: char| !c.is_ascii_digit()).expect("a unit");
    let count: u64 = text[..unit].parse().expect("a number");
    match &text[unit..] {
        "ms" => Duration::from_millis(count),
        "s" => Duration::from_secs(count),
        other => panic!("no time is in {other:?}"),
    }
}

/// Parses `"text"` with Rust's escapes, `"text"*N`, and several of these one after another.
fn bytes(text: &str) -> Vec<u8> {
    let mut all = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let body = rest.strip_prefix('"').expect("an opening quote");
        let mut part = Vec::new();
        rest = unescape(body, &mut part).trim_start();
        let mut count = 1;
        if let Some(times) = rest.strip_prefix('*') {
            let end = times.find(|c: char| !c.is_ascii_digit());
            let (digits, behind) = times.split_at(end.unwrap_or(times.len()));
            count = digits.parse().expect("a number of times");
            rest = behind.trim_start();
        }
        all.extend(part.repeat(count));
    }
    all
}

/// Reads up to the closing quote. Returns the text behind it.
fn unescape<'a>(body: &'a str, out: &mut Vec<u8>) -> &'a str {
    let mut chars = body.char_indices();
    let mut char = [0; 4];
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return &body[at + 1..],
            '\\' => {
                let (_, kind) = chars.next().expect("an escape");
                match kind {
                    'n' => out.push(b'\n'),
                    'r' => out.push(b'\r'),
                    't' => out.push(b'\t'),
                    '0' => out.push(0),
                    'e' => out.push(0x1b),
                    'x' => {
                        let digits: String = chars.by_ref().take(2).map(|(_, c)| c).collect();
                        out.push(u8::from_str_radix(&digits, 16).expect("two hex digits"));
                    }
                    'u' => {
                        let braced = chars.by_ref().map(|(_, c)| c);
                        let digits: String = braced.skip(1).take_while(|c| *c != '}').collect();
                        let code = u32::from_str_radix(&digits, 16).expect("hex digits");
                        let c = char::from_u32(code).expect("a character");
                        out.extend_from_slice(c.encode_utf8(&mut char).as_bytes());
                    }
                    '\\' | '"' => out.push(kind as u8),
                    other => panic!("no escape is \\{other}"),
                }
            }
            c => out.extend_from_slice(c.encode_utf8(&mut char).as_bytes()),
        }
    }
    panic!("no closing quote in {body:?}")
}
