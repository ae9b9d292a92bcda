//! The texts of HELP, about the server and about each command.
//!
//! `HELP` alone lists the commands, and `HELP JOIN` says how JOIN is used. A new command is named in the list
//! under `*` and has a subject of its own.

/// A subject and its text, of which the first line is the heading.
type Subject = (&'static str, &'static [&'static str]);

/// All subjects of HELP.
const SUBJECTS: &[Subject] = &[
    (
        "*",
        &[
            "This is a chat relay; netcat and browsers are in the same rooms as you",
            "HELP and the name of a command says how that is used. There are:",
            "ADMIN AWAY BAN BATCH CAP CHATHISTORY FORGET HELP INFO INVITE ISON JOIN KICK KILL LINKS LIST LUSERS",
            "MARKREAD METADATA MODE MONITOR MOTD MUTE NAMES NICK NOTICE OPER PART PING PRIVMSG QUIT",
            "REDACT REHASH SETNAME STATS TAGMSG TIME TOPIC UNBAN UNMUTE USERHOST VERSION WALLOPS WHO",
            "WHOIS WHOWAS",
        ],
    ),
    ("ADMIN", &["ADMIN: who runs the server"]),
    (
        "AWAY",
        &["AWAY [:text]: says that you are away, and why; without text, that you are back"],
    ),
    (
        "BAN",
        &["BAN #channel nick|mask: keeps out whoever comes from the same host"],
    ),
    (
        "BATCH",
        &["BATCH +name draft/multiline target | -name: what is tagged batch=name is one message"],
    ),
    (
        "CAP",
        &["CAP LS 302 | LIST | REQ :names | END: capabilities of the protocol"],
    ),
    (
        "CHATHISTORY",
        &[
            "CHATHISTORY LATEST|BEFORE|AFTER|AROUND #channel msgid=…|timestamp=…|* limit",
            "CHATHISTORY BETWEEN #channel from to limit; CHATHISTORY TARGETS from to limit",
        ],
    ),
    ("HELP", &["HELP [command]: this"]),
    ("HELPOP", &["HELPOP [command]: the same as HELP"]),
    ("INFO", &["INFO: what the server is"]),
    (
        "INVITE",
        &[
            "INVITE nick #channel: asks someone in, past its modes and bans",
            "INVITE: the channels that you are asked into",
        ],
    ),
    ("ISON", &["ISON nick …: which of them are here"]),
    (
        "JOIN",
        &["JOIN #channel[,#channel] [key[,key]]: comes in; JOIN 0 leaves all channels"],
    ),
    (
        "FORGET",
        &["FORGET nick: takes back all that was said under a nickname; for the server's operators"],
    ),
    (
        "KICK",
        &["KICK #channel nick[,nick] [:reason]: puts someone out; for its operators"],
    ),
    (
        "KILL",
        &["KILL nick [:reason]: removes someone from the server; for its operators"],
    ),
    ("LINKS", &["LINKS: other servers; there are none"]),
    (
        "LIST",
        &[
            "LIST [conditions]: channels, with how many are in them and their topics",
            "Conditions, with commas between them: a mask, !mask, >people, <people,",
            "C>minutes, C<minutes since it was made, T>minutes, T<minutes since its topic was set",
        ],
    ),
    ("LUSERS", &["LUSERS: how many are here"]),
    (
        "MARKREAD",
        &["MARKREAD target [timestamp=…]: up to where you have read"],
    ),
    (
        "METADATA",
        &[
            "METADATA nick|#channel|* GET key … | LIST | SYNC: what somebody or a channel has",
            "METADATA *|#channel SET key [:value] | CLEAR: for yourself, or channels you rule",
            "METADATA * SUB key … | UNSUB key … | SUBS: be told of changes; METADATA *ALL SYNC",
        ],
    ),
    (
        "MODE",
        &[
            "MODE #channel [changes]: i invite only, m moderated, n no messages from outside,",
            "s secret, t topic for operators, k key, l limit, o operator, v voice,",
            "b ban, e exception, I invite exception, q mute; a list is shown without a mask",
            "MODE nick [changes]: i invisible, B bot, w hears WALLOPS, o operator",
        ],
    ),
    (
        "MONITOR",
        &["MONITOR + nick,… | - nick,… | C | L | S: be told when they come and go"],
    ),
    ("MOTD", &["MOTD: the message of the day"]),
    (
        "MUTE",
        &["MUTE #channel nick|mask: keeps whoever comes from the same host from speaking"],
    ),
    ("NAMES", &["NAMES [#channel]: who is there"]),
    ("NICK", &["NICK name: another nickname"]),
    (
        "NOTICE",
        &["NOTICE target :text: as PRIVMSG, but never answered by a program"],
    ),
    (
        "OPER",
        &["OPER name password: become an operator of the server"],
    ),
    ("PART", &["PART #channel[,#channel] [:reason]: goes out"]),
    ("PING", &["PING text: is answered with PONG and the text"]),
    (
        "PRIVMSG",
        &["PRIVMSG nick|#channel|@#channel :text: says something"],
    ),
    ("QUIT", &["QUIT [:reason]: leaves the server"]),
    (
        "REDACT",
        &["REDACT #channel msgid [:reason]: takes a message back"],
    ),
    (
        "REHASH",
        &["REHASH: does nothing here; for operators of the server"],
    ),
    ("SETNAME", &["SETNAME :text: another real name"]),
    ("STATS", &["STATS u: how long the server has been running"]),
    ("TAGMSG", &["TAGMSG target: tags without a text"]),
    ("TIME", &["TIME: what time it is here, UTC"]),
    (
        "TOPIC",
        &["TOPIC #channel [:text]: shows or sets its topic; an empty text clears it"],
    ),
    (
        "UNBAN",
        &["UNBAN #channel nick|mask: lifts every ban that means whoever is called so, or was last"],
    ),
    (
        "UNMUTE",
        &["UNMUTE #channel nick|mask: lifts every mute that means whoever is called so"],
    ),
    (
        "USERHOST",
        &["USERHOST nick …: user and host of up to five people"],
    ),
    ("VERSION", &["VERSION: what the server runs"]),
    (
        "WALLOPS",
        &["WALLOPS :text: to everyone with mode w; for operators of the server"],
    ),
    (
        "WHO",
        &["WHO #channel|nick|mask [%fields[,token]]: lists people"],
    ),
    ("WHOIS", &["WHOIS nick: who that is"]),
    ("WHOWAS", &["WHOWAS nick [count]: who that was"]),
];

/// Returns the text about a subject, whose case does not matter.
pub(super) fn about(subject: &str) -> Option<&'static [&'static str]> {
    let mut subjects = SUBJECTS.iter();
    let found = subjects.find(|(name, _)| name.eq_ignore_ascii_case(subject));
    found.map(|(_, lines)| *lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_is_listed_is_explained() {
        let overview = about("*").unwrap();
        for command in overview[2..].iter().flat_map(|line| line.split(' ')) {
            assert!(about(command).is_some(), "{command}");
        }
        assert!(about("privmsg").is_some());
        assert!(about("nonsense").is_none());
    }
}
