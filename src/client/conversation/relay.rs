//! Reads a relay's own lines: its greeting, the client's nickname and room, and the names of others.
//!
//! The sentences are those of the line dialect. A line that is not understood is shown like any other.

use std::collections::VecDeque;

/// The lines that a relay greets with.
const WELCOME: &str = "* Welcome to ";
const ASKS: &str = "* This server asks for a password.";
/// Lines that a relay sends before it closes a connection for which it has no room.
const FULL: [&str; 2] = ["* server full", "* too many connections from your address"];

/// Number of names kept for completion; the name heard of longest ago goes first.
const NAMES_MAX: usize = 1000;

/// The meaning of a relay's line for the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RelayLine<'a> {
    Welcome,
    AsksForPassword,
    WrongPassword,
    Full,
    /// The client's nickname, and its room.
    YouAre(&'a str, &'a str),
    /// The client's new nickname.
    NowCalled(&'a str),
    Removed,
    Bye,
    Other,
}

pub(super) fn read(line: &str) -> RelayLine<'_> {
    if line.starts_with(WELCOME) {
        return RelayLine::Welcome;
    }
    if FULL.contains(&line) {
        return RelayLine::Full;
    }
    if let Some(name) = line.strip_prefix("* You are now ") {
        return RelayLine::NowCalled(name.trim_end_matches('.'));
    }
    match line {
        ASKS => RelayLine::AsksForPassword,
        "* wrong password" => RelayLine::WrongPassword,
        "* Bye." => RelayLine::Bye,
        _ if line.starts_with("* you were removed from ") => RelayLine::Removed,
        _ if line.starts_with("* you were disconnected by ") => RelayLine::Removed,
        _ => arrival(line).map_or(RelayLine::Other, |(name, room)| {
            RelayLine::YouAre(name, room)
        }),
    }
}

/// Parses `* You are bob, in lobby with alice.` or `* You are bob, alone in lobby.`
fn arrival(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("* You are ")?.split_once(", ")?;
    let room = match rest.strip_prefix("alone in ") {
        Some(room) => room.strip_suffix('.')?,
        None => rest.strip_prefix("in ")?.split_once(" with ")?.0,
    };
    (!name.contains(' ')).then_some((name, room))
}

/// The nicknames heard of, for completion. They are taken from what is shown anyway, so that no question is
/// sent to the relay; a name that has left is a wrong proposal and does no harm.
#[derive(Debug, Default)]
pub(super) struct HeardNames(VecDeque<String>);

impl HeardNames {
    /// Notes the names in a relay's line.
    pub(super) fn learn(&mut self, line: &str) {
        let mut chars = line.chars();
        let (first, rest) = (chars.next(), chars.as_str());
        let name = match first {
            Some('<') => rest.split_once("> ").map(|(name, _)| name),
            Some('-') => rest.split_once("- ").map(|(name, _)| name),
            Some('~') => rest.trim_start().split(' ').next(),
            Some('*') => return self.learn_of_server(rest.trim_start()),
            _ => None,
        };
        if let Some(name) = name {
            self.note(name);
        }
    }

    /// Notes the names in `bob joined`, `bob is now rob`, `lobby: alice and bob`, `You are bob, in lobby
    /// with alice.`
    fn learn_of_server(&mut self, text: &str) {
        if let Some((_, list)) = text.split_once(" with ").filter(|_| is_own(text)) {
            return self.learn_list(list.trim_end_matches('.'));
        }
        if let Some((room, list)) = text.split_once(": ") {
            // A notice may have a colon as well, but hardly after its first word.
            if !room.contains(' ') && room != "topic" && room != "usage" {
                self.learn_list(list);
            }
            return;
        }
        if let Some((_, new)) = text.split_once(" is now ") {
            return self.note(new);
        }
        if let Some(joined) = text.strip_suffix(" joined") {
            self.learn_list(joined);
        }
    }

    /// Notes the names in `alice, bob and 2 listeners`; a name may be followed by its place in
    /// parentheses.
    fn learn_list(&mut self, list: &str) {
        for part in list.split(", ").flat_map(|part| part.split(" and ")) {
            let mut words = part.split(' ');
            let (name, next) = (words.next().unwrap_or_default(), words.next());
            let is_count = next.is_some_and(|next| !next.starts_with('('));
            if !is_count {
                self.note(name);
            }
        }
    }

    fn note(&mut self, name: &str) {
        // Nicknames have no blanks and at most 32 characters.
        if name.is_empty() || name.contains(char::is_whitespace) || name.chars().count() > 32 {
            return;
        }
        self.0.retain(|known| known != name);
        self.0.push_back(name.to_owned());
        if self.0.len() > NAMES_MAX {
            self.0.pop_front();
        }
    }

    /// The names, the one heard of last first.
    pub(super) fn latest_first(&self) -> impl Iterator<Item = &str> {
        self.0.iter().rev().map(String::as_str)
    }
}

fn is_own(text: &str) -> bool {
    text.starts_with("You are ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_lines_are_understood() {
        for (line, said) in [
            ("* Welcome to salon. Type a nickname…", RelayLine::Welcome),
            (
                "* This server asks for a password.",
                RelayLine::AsksForPassword,
            ),
            ("* wrong password", RelayLine::WrongPassword),
            ("* server full", RelayLine::Full),
            (
                "* You are bob, alone in lobby.",
                RelayLine::YouAre("bob", "lobby"),
            ),
            (
                "* You are bob, in a.b with x, y and z.",
                RelayLine::YouAre("bob", "a.b"),
            ),
            ("* You are now rob.", RelayLine::NowCalled("rob")),
            ("* You are a listener, alone in lobby.", RelayLine::Other),
            ("* you were removed from lobby by host", RelayLine::Removed),
            (
                "* you were disconnected by host (too loud)",
                RelayLine::Removed,
            ),
            ("* Bye.", RelayLine::Bye),
            ("<eve> * Bye.", RelayLine::Other),
            ("Welcome to Messenger !", RelayLine::Other),
        ] {
            assert_eq!(read(line), said, "{line}");
        }
    }

    #[test]
    fn names_are_learnt_from_what_it_says() {
        let mut names = HeardNames::default();
        for line in [
            "* You are me, in lobby with alice, carol and 2 listeners.",
            "<bob> hi: you and me",
            "-dora- psst",
            "~ erin waves to all",
            "* frank joined",
            "* grace, heidi and 35 others joined; ivan left",
            "* judy is now judith",
            "* lobby: Ana (192.168.1.7:51034), Bob (192.168.1.8:40000) and 1 listener",
            "* topic: no names here",
            "[2026-11-20 14:03:07Z] <old> hello",
        ] {
            names.learn(line);
        }
        let known: Vec<_> = names.latest_first().collect();
        assert_eq!(
            known,
            [
                "Bob", "Ana", "judith", "frank", "erin", "dora", "bob", "carol", "alice"
            ]
        );
    }

    #[test]
    fn names_are_bounded() {
        let mut names = HeardNames::default();
        for n in 0..=NAMES_MAX {
            names.learn(&format!("<n{n}> hi"));
        }
        names.learn(&format!("<{}> hi", "x".repeat(33)));
        assert_eq!(names.latest_first().count(), NAMES_MAX);
        assert_eq!(names.latest_first().last(), Some("n1"));
    }
}
