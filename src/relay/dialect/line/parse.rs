//! A clean line in, a command out.
//!
//! Nothing here knows the chat, so a line means the same to everybody. A command that is used wrongly is not
//! said in the room: it is answered by how it is used.

use super::command::Command;
use super::modes::mode_change;
use super::words::split_word;
use crate::relay::dialect::history_query::parse_time;
use crate::relay::hub::{List, Rank, Speech};

/// The meaning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Parsed<'a> {
    /// To be said in the room; or a nickname, if it is the first.
    Text(&'a str),
    /// For the hub.
    Command(Command<'a>),
    /// `/help`
    Help,
    /// `/quit`, perhaps with a reason.
    Quit(Option<&'a str>),
    /// A command with its argument missing or wrong, and how it is used.
    Usage(&'static str),
    /// A command that does not exist: its name, and the rest.
    Unknown(&'a str, &'a str),
}

pub(in crate::relay) fn parse(line: &str) -> Parsed<'_> {
    let Some(command) = line.strip_prefix('/') else {
        return Parsed::Text(line);
    };
    // The way to say a line that begins with a slash. It drops one of the two.
    if command.starts_with('/') {
        return Parsed::Text(command);
    }
    let (name, rest) = split_word(command);
    let argument = Some(rest).filter(|rest| !rest.is_empty());
    let whom = argument.map(str::trim_end);
    let command = match name.to_ascii_lowercase().as_str() {
        "help" => return Parsed::Help,
        "quit" => return Parsed::Quit(argument.map(str::trim_end)),
        "nick" => argument.map(Command::Rename).ok_or("/nick NAME"),
        "who" => Ok(Command::Who),
        "rooms" => Ok(Command::Rooms),
        "join" => argument.map(Command::Join).ok_or("/join ROOM"),
        "msg" => private(rest).ok_or("/msg NAME TEXT"),
        "me" => argument
            .map(|text| Command::Speak(Speech::Action, text))
            .ok_or("/me TEXT"),
        "topic" => Ok(match argument.map(str::trim_end) {
            None => Command::Topic,
            // An empty argument shows the topic, so clearing it needs a word.
            Some("-") => Command::SetTopic(None),
            Some(text) => Command::SetTopic(Some(text)),
        }),
        "history" => history(rest).ok_or("/history [N]"),
        "search" => whom.map(Command::Search).ok_or("/search WORDS"),
        "away" => Ok(Command::Away(argument.map(str::trim_end))),
        "invite" => whom.map(Command::Invite).ok_or("/invite NAME"),
        "kick" => kick(rest).ok_or("/kick NAME [REASON]"),
        "op" => rank(whom, Rank::Operator, true).ok_or("/op NAME"),
        "deop" => rank(whom, Rank::Operator, false).ok_or("/deop NAME"),
        "voice" => rank(whom, Rank::Voice, true).ok_or("/voice NAME"),
        "devoice" => rank(whom, Rank::Voice, false).ok_or("/devoice NAME"),
        "ban" => mask(whom, List::Bans, true).ok_or("/ban NAME or /ban MASK"),
        "unban" => mask(whom, List::Bans, false).ok_or("/unban NAME or /unban MASK"),
        "mute" => mask(whom, List::Mutes, true).ok_or("/mute NAME or /mute MASK"),
        "unmute" => mask(whom, List::Mutes, false).ok_or("/unmute NAME or /unmute MASK"),
        "forget" => whom.map(Command::Forget).ok_or("/forget NAME"),
        "mode" => match whom {
            None => Ok(Command::Modes),
            Some(change) => mode_change(change).map(Command::SetMode).ok_or(MODE_USAGE),
        },
        _ => return Parsed::Unknown(name, rest),
    };
    command.map_or_else(Parsed::Usage, Parsed::Command)
}

/// The usage of `/mode`: each mode has a word and, as on IRC, a letter.
const MODE_USAGE: &str = "/mode [+MODE or -MODE], where MODE is moderated, invite-only, \
    topic-locked, secret, no-external, key WORD or limit N";

fn kick(rest: &str) -> Option<Command<'_>> {
    let (name, reason) = split_word(rest.trim_end());
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    (!name.is_empty()).then_some(Command::Kick { name, reason })
}

fn rank(whom: Option<&str>, rank: Rank, is_on: bool) -> Option<Command<'_>> {
    whom.map(|name| Command::SetRank { name, rank, is_on })
}

fn mask(whom: Option<&str>, list: List, is_on: bool) -> Option<Command<'_>> {
    whom.map(|whom| Command::SetMask { list, whom, is_on })
}

fn private(rest: &str) -> Option<Command<'_>> {
    let (to, text) = split_word(rest);
    (!text.is_empty()).then_some(Command::Private { to, text })
}

/// `[N] [TIME]`
fn history(rest: &str) -> Option<Command<'_>> {
    let (word, behind) = split_word(rest.trim_end());
    let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    // More digits than fit are more lines than there are.
    let count = is_number.then(|| word.parse().unwrap_or(usize::MAX));
    let time = match is_number {
        true => behind,
        false => rest.trim_end(),
    };
    let before = match time {
        "" => None,
        time => Some(parse_time(time)?),
    };
    (count != Some(0)).then_some(Command::History { count, before })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_mean_what_they_say() {
        use Parsed::{Help, Quit, Text, Unknown, Usage};
        let speak = |speech, text| Parsed::Command(Command::Speak(speech, text));
        let rank = |rank, is_on| {
            let name = "bob";
            Parsed::Command(Command::SetRank { name, rank, is_on })
        };
        let mask = |list, is_on| {
            let whom = "bob";
            Parsed::Command(Command::SetMask { list, whom, is_on })
        };
        let history = |count, before| Parsed::Command(Command::History { count, before });
        let kick = |name, reason| Parsed::Command(Command::Kick { name, reason });
        for (line, meaning) in [
            ("hello", Text("hello")),
            (" /who", Text(" /who")),
            ("//etc is a folder", Text("/etc is a folder")),
            ("/HELP me", Help),
            ("/quit", Quit(None)),
            ("/quit so long ", Quit(Some("so long"))),
            ("/nick  Zoé", Parsed::Command(Command::Rename("Zoé"))),
            ("/nick", Usage("/nick NAME")),
            ("/nick  ", Usage("/nick NAME")),
            ("/who", Parsed::Command(Command::Who)),
            ("/join #dev", Parsed::Command(Command::Join("#dev"))),
            ("/join", Usage("/join ROOM")),
            (
                "/msg bob  hi there",
                Parsed::Command(Command::Private {
                    to: "bob",
                    text: "hi there",
                }),
            ),
            ("/msg bob", Usage("/msg NAME TEXT")),
            ("/msg", Usage("/msg NAME TEXT")),
            ("/me\twaves", speak(Speech::Action, "waves")),
            ("/me", Usage("/me TEXT")),
            ("/topic", Parsed::Command(Command::Topic)),
            ("/topic -", Parsed::Command(Command::SetTopic(None))),
            (
                "/topic - x",
                Parsed::Command(Command::SetTopic(Some("- x"))),
            ),
            ("/history", history(None, None)),
            ("/history 5", history(Some(5), None)),
            (
                "/history 5 1970-01-02 00:00:01Z",
                history(Some(5), Some(86_401_000)),
            ),
            ("/history 1970-01-02", history(None, Some(86_400_000))),
            ("/history 5 yesterday", Usage("/history [N]")),
            ("/search", Usage("/search WORDS")),
            (
                "/search new release ",
                Parsed::Command(Command::Search("new release")),
            ),
            ("/history 0", Usage("/history [N]")),
            ("/history -1", Usage("/history [N]")),
            ("/history five", Usage("/history [N]")),
            (
                "/history 99999999999999999999999",
                history(Some(usize::MAX), None),
            ),
            ("/away", Parsed::Command(Command::Away(None))),
            ("/away out  ", Parsed::Command(Command::Away(Some("out")))),
            ("/invite bob", Parsed::Command(Command::Invite("bob"))),
            ("/invite", Usage("/invite NAME")),
            ("/kick bob", kick("bob", None)),
            ("/KICK  bob  too loud ", kick("bob", Some("too loud"))),
            ("/kick  ", Usage("/kick NAME [REASON]")),
            ("/op bob ", rank(Rank::Operator, true)),
            ("/deop bob", rank(Rank::Operator, false)),
            ("/voice bob", rank(Rank::Voice, true)),
            ("/devoice bob", rank(Rank::Voice, false)),
            ("/op", Usage("/op NAME")),
            ("/ban bob", mask(List::Bans, true)),
            ("/unban bob", mask(List::Bans, false)),
            ("/mute bob", mask(List::Mutes, true)),
            ("/unmute bob", mask(List::Mutes, false)),
            ("/ban", Usage("/ban NAME or /ban MASK")),
            ("/mode", Parsed::Command(Command::Modes)),
            ("/mode nonsense", Usage(MODE_USAGE)),
            ("/foo bar", Unknown("foo", "bar")),
            ("/", Unknown("", "")),
            ("/ who", Unknown("", "who")),
        ] {
            assert_eq!(parse(line), meaning, "{line:?}");
        }
    }
}
