//! The registration of a client: PASS, NICK, USER, CAP, and the welcome.
//!
//! ```text
//!  PASS (if one is set), NICK, USER: in any order, each as often as the client likes
//!  CAP LS or CAP REQ --> negotiating --CAP END--> no longer
//!  NICK and USER there, and not negotiating:
//!      the password is missing or wrong -> 464, disconnected
//!      the nickname is refused          -> 433 or 432; the client sends another NICK
//!      else                             -> 001 to 005, LUSERS, metadata, MOTD: registered
//! ```
//!
//! Until then the client is nobody: it is in no room, and is told nothing about anybody. Every line of such a
//! client ends in a look at whether everything is there.
//!
//! Modern IRC, "Connection Registration"; IRCv3 capability-negotiation.

use std::borrow::Cow;

use super::caps;
use super::caps::Caps;
use super::dispatch::{CommandContext, Disconnect, Told};
use super::draft::DraftLimits;
use super::isupport::{self, REAL_NAME_BYTES_MAX, USER_BYTES_MAX};
use super::line_builder::LINE_BYTES_MAX;
use super::message::Message;
use super::message_lines::MULTILINE;
use super::metadata::{self, METADATA};
use super::modes::all_letters;
use super::numerics as n;
use super::state::Password;
use super::text::{cleaned, cut, is_exact, shown};
use crate::protocol::Output;
use crate::relay::encoder::Encoder;
use crate::relay::hub::names::legalize;
use crate::relay::hub::{Action, CommandError, EventLevel, Nick};
use crate::relay::password::is_password;

impl<O: Output> CommandContext<'_, O> {
    /// Carries out a line of a client that is not registered yet. METADATA is allowed before registration
    /// (`before-connect`), for the client's own values alone.
    pub(super) fn register(&mut self, command: &str, it: &Message<'_>) {
        match command {
            "CAP" => self.cap(it),
            "PASS" => self.pass(it),
            "NICK" => self.first_nick(it),
            "USER" => self.user(it),
            "PING" => self.ping(it),
            "PONG" => {}
            "QUIT" => self.quit(it),
            "METADATA" if self.knows_metadata() && self.has_password() => {
                self.admit();
                self.metadata(it);
            }
            _ => self.reply.numeric(n::NOT_REGISTERED, &[]),
        }
        if self.leaving.is_none() {
            self.try_to_welcome();
        }
    }

    /// Notes whether a password is the right one; the last PASS counts. A wrong one is answered only once the
    /// rest of the registration is there.
    fn pass(&mut self, it: &Message<'_>) {
        if self.needs(it, 1) {
            let is_right = match &self.config.password {
                Some(password) => is_password(password, it.param(0)),
                None => true,
            };
            self.state.password = if is_right {
                Password::Right
            } else {
                Password::Wrong
            };
        }
    }

    /// Notes the nickname that a client asks for. Whether the nickname is taken is answered only once
    /// everything else for the registration is there. Until then it is reserved for nobody, so that an
    /// earlier answer could be wrong by that time; errors in the other lines are not held back by it;
    /// and a client that has not given the password does not learn who is here.
    fn first_nick(&mut self, it: &Message<'_>) {
        if let Some(name) = self.legal_nick(it) {
            self.state.nickname = Some(name.into());
        }
    }

    /// Returns the nickname that is asked for, if it is a legal one; if not, the error is answered here.
    fn legal_nick<'a>(&mut self, it: &Message<'a>) -> Option<&'a str> {
        let Some(name) = it.some(0) else {
            self.reply.numeric(n::NO_NICKNAME, &[]);
            return None;
        };
        // Other dialects allow a digit at the beginning. IRC does not, since numbers mean numerics
        // there.
        let has_digit = name.starts_with(|c: char| c.is_numeric());
        if !has_digit && is_exact(name) {
            return Some(name);
        }
        self.reply.numeric(n::BAD_NICKNAME, &[shown(name)]);
        None
    }

    /// Notes user name and real name. Nothing here depends on a user name, which is not verified; it is a
    /// part of masks.
    fn user(&mut self, it: &Message<'_>) {
        if !self.needs(it, 4) {
            return;
        }
        let user = user_name(it.param(0)).unwrap_or_else(|| {
            // The client is registered all the same: nothing depends on the user name, and a client that
            // cannot ask its user for another one would never be registered.
            self.reply.numeric(n::BAD_USER_NAME, &[]);
            String::from("~user")
        });
        let real_name = real_name(it.param(3));
        self.state.user = Some((user.into(), real_name.into()));
    }

    /// Returns whether the client needs no password, or has given it.
    fn has_password(&self) -> bool {
        self.config.password.is_none() || self.state.password == Password::Right
    }

    /// Registers the client, once everything that registration takes is there.
    fn try_to_welcome(&mut self) {
        let state = &*self.state;
        if state.is_negotiating || state.nickname.is_none() || state.user.is_none() {
            return;
        }
        if !self.has_password() {
            self.reply.numeric(n::WRONG_PASSWORD, &[]);
            if self.state.password == Password::Wrong {
                let count = self.conn.budget.note_wrong(self.origins, self.now);
                log::warn!(
                    "{} from {} gave a wrong password ({count} in all from there)",
                    self.id,
                    self.conn.budget.origin(self.origins)
                );
            }
            self.leaving = Some(Disconnect {
                farewell: String::from("Closing Link: wrong password"),
                told: Told::Nothing,
            });
            return;
        }
        // The nickname is taken out: if it is refused, the client has none, and is asked for another. User
        // and real name stay.
        let state = &mut *self.state;
        let (Some(nickname), Some((user, real_name))) = (state.nickname.take(), state.user.clone())
        else {
            return;
        };
        self.admit();
        let arrive = Action::Arrive {
            nick: Nick::Exactly(&nickname),
            names: Some((&user, &real_name)),
        };
        self.act(&arrive);
    }

    /// Notes that the client is registered.
    pub(super) fn note_registered(&mut self) {
        self.state.is_registered = true;
        if self.config.password.is_some() {
            let origin = self.conn.budget.origin(self.origins);
            log::info!("{} from {origin} gave the password", self.id);
        }
        self.state.user = None;
        self.shared.unregistered -= 1;
    }

    /// Admits the client to the hub without a nickname, if it is not there yet. No other client is told.
    /// Subscriptions and metadata belong to a client in the hub, so one that sets some before registration is
    /// admitted early.
    fn admit(&mut self) {
        if !self.hub.is_here(self.id) {
            let admit = self.conn.admit(EventLevel::Raw, false);
            let mut sink = Encoder::new(self.out, self.wire);
            let admitted = self.hub.apply(self.id, &admit, self.now, &mut sink);
            debug_assert!(admitted.is_ok(), "a guest is always let in");
            self.hub.set_format(self.id, self.state.format());
        }
    }

    /// Sends the welcome (Modern IRC, "Connection Registration"): 001 to 005, then LUSERS and MOTD.
    pub(super) fn welcome(&mut self) {
        let Some(me) = self.hub.person_of(self.id) else {
            return;
        };
        let version = concat!("parloir-", env!("CARGO_PKG_VERSION"));
        let network = &self.config.name;
        let reply = &mut *self.reply;
        let words = format!("Welcome to {network}, {}", me.mask());
        reply.numeric_with(n::WELCOME, &[], &words);
        let words = format!("Your host is {}, running version {version}", reply.server);
        reply.numeric_with(n::YOUR_HOST, &[], &words);
        let words = format!("This server was created {}", self.shared.started);
        reply.numeric_with(n::CREATED, &[], &words);
        let server = reply.server.clone();
        let [person, room, with_parameter] = all_letters();
        let info = [&*server, version, &person, &room, &with_parameter];
        reply.numeric_of(n::MY_INFO, &info);
        for tokens in isupport::lines(&self.shared.network) {
            reply.numeric(n::SUPPORTED, &[&tokens]);
        }
        self.lusers();
        self.show_own_metadata();
        self.motd();
    }

    /// Changes the nickname of a registered client. A nickname is never changed for an IRC client: a taken
    /// one is refused, and the client picks another.
    pub(super) fn nick(&mut self, it: &Message<'_>) {
        let Some(name) = self.legal_nick(it) else {
            return;
        };
        if self.hub.name(self.id) == Some(name) {
            return;
        }
        self.act(&Action::Rename(Nick::Exactly(name)));
    }

    /// Answers with the reason why a nickname is refused.
    pub(super) fn refuse_nick(&mut self, why: CommandError<'_>, name: &str) {
        let reply = &mut *self.reply;
        match why {
            CommandError::NameTaken => reply.numeric(n::NICKNAME_IN_USE, &[name]),
            CommandError::NameReserved => {
                reply.numeric_with(n::BAD_NICKNAME, &[name], "That nickname is reserved");
            }
            CommandError::NameKept { .. } => {
                let words = "You cannot change your nickname while you may not speak in a channel";
                reply.numeric_with(n::CANNOT_CHANGE_NICK, &[name], words);
            }
            _ => reply.numeric(n::BAD_NICKNAME, &[name]),
        }
    }

    /// Lists capabilities, and grants or refuses requests for them. The values of capabilities are shown only
    /// to clients that know version 302.
    pub(super) fn cap(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        let subcommand = it.param(0).to_ascii_uppercase();
        match &*subcommand {
            "LS" => {
                self.state.is_negotiating |= !self.state.is_registered;
                let version = it.param(1).parse::<u32>();
                self.state.knows_302 |= version.is_ok_and(|version| version >= 302);
                let knows_values = self.state.knows_302;
                let multiline = DraftLimits::new(self.config).shown();
                let metadata = metadata::limits();
                let offered = caps::names(caps::offered(self.abilities));
                let names = offered.map(|name| match name {
                    MULTILINE if knows_values => Cow::Owned(format!("{name}={multiline}")),
                    METADATA if knows_values => Cow::Owned(format!("{name}={metadata}")),
                    name => Cow::Borrowed(name),
                });
                self.list_caps("LS", names);
            }
            "LIST" => {
                let held = caps::names(self.state.caps);
                self.list_caps("LIST", held.map(Cow::Borrowed));
            }
            "REQ" => self.request_caps(it.param(1)),
            "END" => self.state.is_negotiating = false,
            _ => self
                .reply
                .numeric(n::INVALID_CAP_COMMAND, &[shown(it.param(0))]),
        }
    }

    /// Answers with a list in as many lines as it takes, all but the last marked with a star. A client that
    /// does not know version 302 gets one line, with the names that fit. With a server's name of 63 bytes and
    /// a nickname of 128, one line was cut in the middle of a word.
    fn list_caps(&mut self, subcommand: &str, names: impl Iterator<Item = Cow<'static, str>>) {
        let fits = LINE_BYTES_MAX.saturating_sub(self.cap_line_bytes() + "* ".len());
        let mut list = String::new();
        for name in names {
            if !list.is_empty() && list.len() + 1 + name.len() > fits {
                if !self.state.knows_302 {
                    break;
                }
                self.answer_cap(&format!("{subcommand} *"), &list);
                list.clear();
            }
            if !list.is_empty() {
                list.push(' ');
            }
            list.push_str(&name);
        }
        self.answer_cap(subcommand, &list);
    }

    fn request_caps(&mut self, list: &str) {
        self.state.is_negotiating |= !self.state.is_registered;
        let list = list.trim_end();
        // An answer that grants a request must repeat the whole request, so one that would not fit in a
        // line is not granted.
        let fits = self.cap_line_bytes() + list.len() <= LINE_BYTES_MAX;
        let offered = caps::offered(self.abilities);
        match caps::request(self.state.caps, offered, list).filter(|_| fits) {
            Some(caps) => {
                self.set_caps(caps);
                self.answer_cap("ACK", list);
            }
            None => self.answer_cap("NAK", list),
        }
    }

    /// Changes the capabilities of a client, and with them the wire format in which the hub has it told of
    /// events. Subscriptions to keys end with the capability, or with `batch`, without which it is nothing.
    fn set_caps(&mut self, caps: Caps) {
        let before = self.state.format();
        self.state.caps = caps;
        if !self.knows_metadata() {
            self.hub.unfollow_all(self.id);
        }
        let after = self.state.format();
        if before != after {
            self.hub.set_format(self.id, after);
        }
    }

    /// Number of bytes of a line of CAP without its list, for the longest of its subcommands.
    fn cap_line_bytes(&self) -> usize {
        let reply = &self.reply;
        ":".len() + reply.server.len() + " CAP ".len() + reply.me.len() + " LIST :".len()
    }

    fn answer_cap(&mut self, subcommand: &str, list: &str) {
        let me = self.reply.me.clone();
        let line = self.reply.line().add("CAP ").add(&me);
        line.add(" ").add(subcommand).add(" :").add(list).end();
    }
}

/// Returns a user name that can stand in a mask. It begins with a tilde, since the name is not verified.
/// None if no character of the requested name can stand in a mask.
fn user_name(asked: &str) -> Option<String> {
    let legal = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = legalize(asked).chars().filter(legal).collect();
    (!name.is_empty()).then(|| cut(&format!("~{name}"), USER_BYTES_MAX).to_owned())
}

/// Returns a real name, cleaned and cut to its maximum length.
pub(super) fn real_name(text: &str) -> String {
    let text = cleaned(text);
    cut(text.trim(), REAL_NAME_BYTES_MAX).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_made_fit_for_a_mask() {
        for (asked, name) in [
            ("bob", Some("~bob")),
            ("~bob", Some("~bob")),
            ("b!o@b*", Some("~bob")),
            ("😀", None),
            ("", None),
            ("zoé", Some("~zoé")),
            ("abcdefghijklmnopqrstuvwxyz", Some("~abcdefghijklmnopq")),
        ] {
            assert_eq!(user_name(asked).as_deref(), name, "{asked:?}");
        }
    }
}
