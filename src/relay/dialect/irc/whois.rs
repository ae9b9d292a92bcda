//! Queries about people: WHOIS, WHOWAS, USERHOST, ISON; and the commands with which clients describe
//! themselves: AWAY, SETNAME.
//!
//! Modern IRC, "User-Based Queries"; RFC 2812, 4.
//!
//! Queries show of a person what the client may see: channels that both are in, or that are not secret; a
//! host's label and not its address.

use super::caps::Caps;
use super::channel::prefixes;
use super::dispatch::CommandContext;
use super::isupport::{AWAY_BYTES_MAX, TARGETS_MAX};
use super::message::{Message, targets};
use super::numerics as n;
use super::registration::real_name;
use super::text::{cleaned, cut, shown};
use crate::protocol::Output;
use crate::relay::hub::{Action, Person, PersonFlag, cost};

/// Maximum number of nicknames in one USERHOST (RFC 2812, 4.8).
const USERHOST_MAX: usize = 5;

/// The metadata keys that WHOIS shows: those whose values are for people to read.
const WHOIS_KEYS: [&str; 4] = ["display-name", "homepage", "pronouns", "status"];

impl<O: Output> CommandContext<'_, O> {
    /// Carries out AWAY. A text that is empty after cleaning means that the client is back.
    pub(super) fn away(&mut self, it: &Message<'_>) {
        let text = cleaned(it.param(0));
        let away = Some(cut(&text, AWAY_BYTES_MAX)).filter(|text| !text.is_empty());
        self.act(&Action::SetAway(away));
    }

    pub(super) fn setname(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        let name = real_name(it.param(0));
        if name.is_empty() {
            let words = "That is no real name";
            return self.reply.fail("SETNAME", "INVALID_REALNAME", &[], words);
        }
        self.act(&Action::SetRealName(&name));
    }

    /// Carries out WHOIS. Only the first of several names is looked up (`TARGMAX`), and 318 ends the answer
    /// also after an error, since clients wait for it.
    pub(super) fn whois(&mut self, it: &Message<'_>) {
        // The first of two parameters names a server; it is ignored, since there is only one server.
        let name = it.some(1).or(it.some(0));
        let Some(names) = name else {
            return self.reply.numeric(n::NO_NICKNAME, &[]);
        };
        let name = names.split(',').next().unwrap_or_default();
        match self.hub.person(name).map(|person| person.name.to_owned()) {
            Some(real) => self.describe(&real),
            None => self.reply.numeric(n::NO_SUCH_NICK, &[shown(name)]),
        }
        let name = self.hub.person(name).map_or(name, |person| person.name);
        self.reply.numeric(n::END_OF_WHOIS, &[shown(name)]);
    }

    /// Adds all that WHOIS shows of a person. `671` is for those who come by TLS, `338` with the address for
    /// server operators alone, unless the configuration shows addresses.
    fn describe(&mut self, name: &str) {
        let (hub, reply) = (&*self.hub, &mut *self.reply);
        let (Some(person), Some(id)) = (hub.person(name), hub.find(name)) else {
            return;
        };
        let profile = person.profile;
        let conn = match id == self.id {
            true => Some(self.conn),
            false => self.others.conn(id),
        };
        let me = hub.person_of(self.id);
        let rules = me.is_some_and(|me| me.profile.is(PersonFlag::Operator));
        let host = profile.host().to_string();
        let user = [name, profile.user(), &host, "*"];
        reply.numeric_with(n::WHOIS_USER, &user, person.real_name());
        let is_hidden = profile.is(PersonFlag::Invisible) && id != self.id;
        let caps = self.state.caps;
        let rooms = hub.rooms_of(id).filter(|room| {
            let is_there = room.ranks_of(self.id).is_some();
            is_there || (!is_hidden && room.is_visible_to(self.id))
        });
        let rooms = rooms.map(|room| {
            let ranks = room.ranks_of(id).unwrap_or_default();
            format!("{}#{}", prefixes(ranks, caps), room.name())
        });
        reply.numeric_list(n::WHOIS_CHANNELS, &[name], " ", rooms);
        let server = reply.server.clone();
        reply.numeric_with(n::WHOIS_SERVER, &[name, &server], &self.config.name);
        if let Some(away) = profile.away() {
            reply.numeric_with(n::AWAY, &[name], away);
        }
        if profile.is(PersonFlag::Operator) {
            reply.numeric(n::WHOIS_OPERATOR, &[name]);
        }
        if profile.is(PersonFlag::Bot) {
            reply.numeric(n::WHOIS_BOT, &[name]);
        }
        if conn.is_some_and(|conn| conn.is_encrypted) {
            reply.numeric(n::WHOIS_SECURE, &[name]);
        }
        // Unless the configuration shows addresses, only a server operator is told where a connection
        // comes from.
        let conn = conn.filter(|_| rules);
        let origin = conn.map(|conn| conn.budget.origin(self.origins).to_string());
        if let Some(address) = profile.address().or(origin.as_deref()) {
            reply.numeric(n::WHOIS_ACTUALLY, &[name, shown(address)]);
        }
        if caps.in_effect().has(Caps::METADATA) {
            let values = WHOIS_KEYS.iter();
            let values = values.filter_map(|key| Some((key, profile.metadata().get(key)?)));
            for (key, value) in values {
                reply.numeric_with(n::WHOIS_KEY_VALUE, &[name, key, "*"], value);
            }
        }
        let idle = profile.idle(self.now).as_secs().to_string();
        let arrived = profile.arrived_unix_seconds().to_string();
        reply.numeric(n::WHOIS_IDLE, &[name, &idle, &arrived]);
    }

    /// Carries out WHOWAS: of each name the latest first. 369 ends the answer in any case.
    pub(super) fn whowas(&mut self, it: &Message<'_>) {
        let Some(target) = it.some(0) else {
            return self.reply.numeric(n::NO_NICKNAME, &[]);
        };
        let names: Vec<&str> = targets(target).take(TARGETS_MAX).collect();
        self.count_targets(names.len());
        // A count that is not positive means no limit (RFC 2812, 3.6.3).
        let count = it.param(1).parse::<usize>().ok().filter(|count| *count > 0);
        let reply = &mut *self.reply;
        let server = reply.server.clone();
        for name in names {
            let mut past = self.hub.was_called(name).peekable();
            if past.peek().is_none() {
                reply.numeric(n::WAS_NO_SUCH_NICK, &[shown(name)]);
            }
            for past in past.take(count.unwrap_or(usize::MAX)) {
                let host = past.host.to_string();
                let user = [&*past.name, &past.user, &host, "*"];
                reply.numeric_with(n::WHOWAS_USER, &user, &past.real_name);
                let when = super::history_query::timestamp(past.unix_seconds * 1_000_000);
                reply.numeric_with(n::WHOIS_SERVER, &[&past.name, &server], &when);
            }
        }
        reply.numeric(n::END_OF_WHOWAS, &[shown(target)]);
    }

    pub(super) fn userhost(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        let names = it.params().iter().flat_map(|param| param.split(' '));
        let names = names.filter(|name| !name.is_empty()).take(USERHOST_MAX);
        let people = names.filter_map(|name| self.hub.person(name));
        let hosts: Vec<String> = people.map(userhost).collect();
        self.reply.numeric_with(n::USERHOST, &[], &hosts.join(" "));
    }

    /// Carries out ISON. Names may come as one parameter with blanks or as several (RFC 2812, 4.9); each
    /// costs a look-up.
    pub(super) fn ison(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        let names = it.params().iter().flat_map(|param| param.split(' '));
        self.hub
            .note_work(cost::NAME as usize * names.clone().count());
        let people = names.filter_map(|name| self.hub.person(name));
        let here: Vec<&str> = people.map(|person| person.name).collect();
        self.reply.numeric_with(n::IS_ON, &[], &here.join(" "));
    }
}

/// Returns `nick*=+user@host`: a star for a server operator, plus for a person who is here and minus for
/// one who is away.
fn userhost(Person { name, profile }: Person<'_>) -> String {
    let star = if profile.is(PersonFlag::Operator) {
        "*"
    } else {
        ""
    };
    let sign = if profile.away().is_some() { '-' } else { '+' };
    format!("{name}{star}={sign}{}@{}", profile.user(), profile.host())
}
