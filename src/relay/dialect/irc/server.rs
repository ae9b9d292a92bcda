//! Queries about the server, and the commands of server operators: MOTD, LUSERS, HELP, OPER, KILL …
//!
//! Modern IRC, "Server Queries and Commands" and "Operator Messages".
//!
//! There is one server, so a query to another is answered 402, and most of STATS is empty. Operators of the
//! server are named in its configuration, each with a password; they rule all rooms.

use super::dispatch::{CommandContext, Disconnect, Told};
use super::help;
use super::history_query::timestamp;
use super::line_builder::LineBuilder;
use super::message::Message;
use super::numerics as n;
use super::text::{cleaned, shown};
use crate::protocol::Output;
use crate::relay::encoder::send_lines;
use crate::relay::hub::names::fold;
use crate::relay::hub::{Action, PersonFlag, matches};
use crate::relay::password::{WRONG_PASSWORDS_MAX, is_password};

/// Name and version of the program that the server runs.
pub(super) const VERSION: &str = concat!("parloir-", env!("CARGO_PKG_VERSION"));

impl<O: Output> CommandContext<'_, O> {
    /// Returns whether a query is for this server, which is the only one: the query has no target, or
    /// its target is the server or a person on it. If not, the client is sent `402`.
    pub(super) fn is_meant(&mut self, it: &Message<'_>) -> bool {
        let Some(target) = it.some(0) else {
            return true;
        };
        let is_server = matches(&fold(target), &fold(&self.reply.server));
        let is_meant = is_server || self.hub.find(target).is_some();
        if !is_meant {
            self.reply.numeric(n::NO_SUCH_SERVER, &[shown(target)]);
        }
        is_meant
    }

    /// Sends the message of the day; 422 if there is none, which ends the welcome as 376 does.
    pub(super) fn motd(&mut self) {
        let reply = &mut *self.reply;
        if self.config.motd.is_empty() {
            return reply.numeric(n::NO_MOTD, &[]);
        }
        let words = format!("- {} message of the day -", reply.server);
        reply.numeric_with(n::MOTD_START, &[], &words);
        for line in &self.config.motd {
            reply.numeric_with(n::MOTD, &[], &format!("- {line}"));
        }
        reply.numeric(n::END_OF_MOTD, &[]);
    }

    /// Counts people, operators and channels. Clients that are not registered yet are the unknown
    /// connections.
    pub(super) fn lusers(&mut self) {
        let counts = self.hub.counts();
        let (named, named_max) = (counts.named, counts.named_max);
        let visible = named.saturating_sub(counts.invisible);
        let invisible = counts.invisible;
        let unknown = self.shared.unregistered;
        let reply = &mut *self.reply;
        let words = format!("There are {visible} users and {invisible} invisible on 1 servers");
        reply.numeric_with(n::USERS, &[], &words);
        for (numeric, count) in [
            (n::OPERATORS, counts.operators),
            (n::UNKNOWN_CONNECTIONS, unknown),
            (n::CHANNELS, counts.rooms),
        ] {
            reply.numeric(numeric, &[&count.to_string()]);
        }
        let words = format!("I have {named} clients and 0 servers");
        reply.numeric_with(n::MY_USERS, &[], &words);
        let (now, max) = (named.to_string(), named_max.to_string());
        let words = format!("Current local users {now}, max {max}");
        reply.numeric_with(n::LOCAL_USERS, &[&now, &max], &words);
        let words = format!("Current global users {now}, max {max}");
        reply.numeric_with(n::GLOBAL_USERS, &[&now, &max], &words);
    }

    /// Answers VERSION, and the tokens of 005 after it (Modern IRC, "VERSION").
    pub(super) fn version(&mut self) {
        let reply = &mut *self.reply;
        let server = reply.server.clone();
        reply.numeric_with(
            n::VERSION,
            &[VERSION, &server],
            "a chat relay for lines and IRC",
        );
        for tokens in super::isupport::lines(&self.shared.network) {
            self.reply.numeric(n::SUPPORTED, &[&tokens]);
        }
    }

    pub(super) fn time(&mut self) {
        let now = timestamp(self.now.unix_seconds() * 1_000_000);
        let reply = &mut *self.reply;
        let server = reply.server.clone();
        reply.numeric_with(n::TIME, &[&server], &now);
    }

    pub(super) fn admin(&mut self) {
        let reply = &mut *self.reply;
        let server = reply.server.clone();
        reply.numeric(n::ADMIN_ME, &[&server]);
        reply.numeric_with(n::ADMIN_PLACE, &[], &self.config.name);
        reply.numeric_with(n::ADMIN_DETAILS, &[], "A relay for lines of text and IRC");
        reply.numeric_with(
            n::ADMIN_MAIL,
            &[],
            "Whoever runs it has left no address here",
        );
    }

    pub(super) fn info(&mut self) {
        let started = format!("Running since {}", self.shared.started);
        for line in [
            VERSION,
            "A chat relay: netcat, telnet, browsers and IRC clients are in the same rooms.",
            "Channels are its rooms. Whoever comes by netcat is in one at a time, and in #lobby first.",
            &started,
        ] {
            self.reply.numeric_with(n::INFO, &[], line);
        }
        self.reply.numeric(n::END_OF_INFO, &[]);
    }

    /// Answers STATS: `u` is the uptime, and of everything else only the end is sent.
    pub(super) fn stats(&mut self, it: &Message<'_>) {
        let query = it
            .some(0)
            .and_then(|text| text.chars().next())
            .unwrap_or('*');
        if query == 'u' {
            let up = self.now.since(self.shared.started_at).as_secs();
            let (days, hours) = (up / 86_400, up / 3600 % 24);
            let words = format!(
                "Server Up {days} days {hours}:{:02}:{:02}",
                up / 60 % 60,
                up % 60
            );
            self.reply.numeric_with(n::STATS_UPTIME, &[], &words);
        }
        let query = query.to_string();
        self.reply.numeric(n::END_OF_STATS, &[shown(&query)]);
    }

    pub(super) fn help(&mut self, it: &Message<'_>) {
        let subject = it.some(0).unwrap_or("*");
        let Some(lines) = help::about(subject) else {
            return self.reply.numeric(n::HELP_NOT_FOUND, &[shown(subject)]);
        };
        let subject = shown(subject).to_owned();
        let reply = &mut *self.reply;
        let (first, rest) = lines.split_first().unwrap_or((&"", &[]));
        reply.numeric_with(n::HELP_START, &[&subject], first);
        for line in rest {
            reply.numeric_with(n::HELP_TEXT, &[&subject], line);
        }
        reply.numeric(n::END_OF_HELP, &[&subject]);
    }

    /// Makes a client a server operator. A wrong password costs the address more and more time, as that of
    /// the server does; each is a warning in the log, and three end the connection.
    pub(super) fn oper(&mut self, it: &Message<'_>) {
        if !self.needs(it, 2) {
            return;
        }
        if self.config.operators.is_empty() {
            return self.reply.numeric(n::NO_OPERATOR_HOST, &[]);
        }
        if let Some(at) = self.conn.budget.guess_at(self.origins, self.now) {
            let seconds = at.since(self.now).as_millis().div_ceil(1000);
            let words = format!("Too many wrong passwords from there: wait {seconds} s");
            return self.reply.numeric_with(n::WRONG_PASSWORD, &[], &words);
        }
        let (name, password) = (it.param(0), it.param(1));
        let known = self.config.operators.iter();
        // Every operator's password is compared, so that the time it takes does not tell which names
        // exist.
        let is_one = known.fold(false, |found, operator| {
            let is_right = is_password(&operator.password, password);
            found | (is_right & (operator.name == name))
        });
        let (me, origin) = (&self.reply.me, self.conn.budget.origin(self.origins));
        if is_one {
            log::info!(
                "{} ({me}) from {origin} rules the server now, as {name}",
                self.id
            );
            self.reply.numeric(n::YOU_ARE_OPERATOR, &[]);
            return self.act(&Action::SetFlags(&[(PersonFlag::Operator, true)]));
        }
        let count = self.conn.budget.note_wrong(self.origins, self.now);
        let name = shown(name).escape_debug();
        log::warn!(
            "{} ({me}) from {origin} gave a wrong password to rule the server as \"{name}\" \
             ({count} in all from there)",
            self.id
        );
        self.reply.numeric(n::WRONG_PASSWORD, &[]);
        self.state.wrong_opers += 1;
        if self.state.wrong_opers == WRONG_PASSWORDS_MAX {
            self.leaving = Some(Disconnect {
                farewell: String::from("Closing Link: wrong password"),
                told: Told::Nothing,
            });
        }
    }

    /// Returns whether the client is a server operator. If not, it is sent `481`.
    fn is_operator(&mut self) -> bool {
        let me = self.hub.person_of(self.id);
        let is_operator = me.is_some_and(|me| me.profile.is(PersonFlag::Operator));
        if !is_operator {
            self.reply.numeric(n::NO_PRIVILEGES, &[]);
        }
        is_operator
    }

    /// Disconnects a client, whatever channels it is in. The client itself goes at the end of its line, as by
    /// QUIT.
    pub(super) fn kill(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) || !self.is_operator() {
            return;
        }
        let name = it.param(0);
        let reason = it.some(1).map(cleaned).filter(|reason| !reason.is_empty());
        if self.hub.find(name) == Some(self.id) {
            // The client's own session is lent out here, so it ends as if the client had quit.
            let by = self.hub.name(self.id).unwrap_or_default().to_owned();
            self.leaving = Some(Disconnect {
                farewell: format!("Closing Link: killed by {by}"),
                told: Told::KilledBy(by),
            });
            return;
        }
        let reason = reason.as_deref();
        let by = None;
        self.act(&Action::Disconnect { name, by, reason });
    }

    /// Has everything forgotten that was said under a nickname, for server operators.
    pub(super) fn forget(&mut self, it: &Message<'_>) {
        if self.needs(it, 1) && self.is_operator() {
            let name = it.param(0);
            self.act(&Action::Forget { name });
        }
    }

    /// Sends a text to all clients with the user mode `w`. It is no event of any room, so it is written here
    /// and sent to each as it is.
    pub(super) fn wallops(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) || !self.is_operator() {
            return;
        }
        let text = cleaned(it.param(0));
        let Some(me) = self.hub.person_of(self.id) else {
            return;
        };
        let mut line = Vec::new();
        let wallops = LineBuilder::new(&mut line).person(me).add("WALLOPS :");
        wallops.add(&text).end();
        for (id, person) in self.hub.people() {
            if person.profile.is(PersonFlag::Wallops) {
                let to = self.hub.recipient(id);
                to.into_iter()
                    .for_each(|to| send_lines(self.out, to, &line));
            }
        }
    }

    pub(super) fn rehash(&mut self) {
        if self.is_operator() {
            self.reply.numeric(n::REHASHING, &["*"]);
        }
    }
}
