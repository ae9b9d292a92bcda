//! WHO: lists the people in a channel, or those that a nickname or a mask means (Modern IRC, "WHO
//! message"; IRCv3 WHOX).
//!
//! People who are invisible (`+i`) are listed only for those who share a channel with them, but a client that
//! names one by the whole nickname finds them. A WHO without a target goes through everybody and counts as
//! several lines. Hosts are the labels that are shown everywhere; addresses are told to nobody here.

use super::caps::Caps;
use super::channel::{ANSWER_BYTES_MAX, prefixes};
use super::dispatch::CommandContext;
use super::message::Message;
use super::numerics as n;
use super::reply::Reply;
use super::text::shown;
use super::whox::{Whox, only_operators};
use crate::protocol::{ConnId, Output, Time};
use crate::relay::hub::names::fold;
use crate::relay::hub::{Hub, Person, PersonFlag, Ranks, RoomView, cost, matches};

/// A person as the answer lists them.
struct ListedPerson<'a> {
    person: Person<'a>,
    /// The channel that the person is listed in, and the person's ranks there.
    place: Option<(&'a str, Ranks)>,
}

impl<O: Output> CommandContext<'_, O> {
    pub(super) fn who(&mut self, it: &Message<'_>) {
        let mask = it.some(0).unwrap_or("*");
        let whox = Whox::parse(it.param(1));
        let only_operators = only_operators(it.param(1));
        match mask.strip_prefix('#') {
            Some(room) => {
                let members = self.hub.room(room).map_or(0, RoomView::named);
                self.hub.note_work(cost::LISTED as usize * members);
            }
            None if self.hub.find(mask).is_none() => {
                let named = self.hub.counts().named;
                self.note_query(named);
                if !mask.trim_matches('*').is_empty() && mask != "0" {
                    // The mask is compared with five properties of each person, folded. The more stars
                    // it has, the longer each comparison takes.
                    let stars = mask.matches('*').count();
                    let each = 5 * cost::CONDITION as usize * (1 + stars / 2);
                    self.hub.note_work(named * each);
                }
            }
            None => {}
        }
        let (hub, reply) = (&*self.hub, &mut *self.reply);
        let (server, caps) = (&*self.wire.server, self.state.caps);
        for listed in who_is(hub, self.id, mask, server) {
            let is_operator = listed.person.profile.is(PersonFlag::Operator);
            if (is_operator || !only_operators) && reply.lines().text_bytes() < ANSWER_BYTES_MAX {
                let flags = flags(&listed, caps);
                match whox {
                    Some(whox) => list_fields(reply, &listed, &flags, (server, self.now), whox),
                    None => list_one(reply, &listed, &flags, server),
                }
            }
        }
        reply.numeric(n::END_OF_WHO, &[shown(mask)]);
    }
}

/// Returns the people that a target means: the members of a channel, the one with this nickname, or all that
/// a mask matches. The mask and the server's name are folded once for all of them.
fn who_is<'h>(hub: &'h Hub, id: ConnId, mask: &str, server: &str) -> Vec<ListedPerson<'h>> {
    let may_see = |other: ConnId, person: Person<'_>| {
        !person.profile.is(PersonFlag::Invisible) || other == id || hub.share_a_room(id, other)
    };
    if let Some(room) = mask.strip_prefix('#') {
        let view = hub.room(room).filter(|view| view.is_visible_to(id));
        let Some(view) = view else {
            return Vec::new();
        };
        let is_there = view.ranks_of(id).is_some();
        let members = view
            .members()
            .filter(|it| is_there || may_see(it.id, it.person));
        let listed = members.map(|it| ListedPerson {
            person: it.person,
            place: Some((view.name(), it.ranks)),
        });
        return listed.collect();
    }
    let listed = |person| ListedPerson {
        person,
        place: None,
    };
    // A client that knows the nickname may know that the person is here, even if they are invisible.
    if let Some(person) = hub.person(mask) {
        return vec![listed(person)];
    }
    let mask = fold(if mask == "0" { "*" } else { mask });
    let server = fold(server);
    let people = hub.people().filter(|(id, person)| {
        may_see(*id, *person) && (mask == "*" || is_meant(&mask, *person, &server))
    });
    people.map(|(_, person)| listed(person)).collect()
}

/// Returns the channel that a person is listed in; `*` if there is none.
fn channel(it: &ListedPerson<'_>) -> String {
    it.place
        .map_or(String::from("*"), |(room, _)| format!("#{room}"))
}

/// Adds a line in the form of RFC 1459: 352, with a hop count of 0, as there is only one server.
fn list_one(reply: &mut Reply, it: &ListedPerson<'_>, flags: &str, server: &str) {
    let Person { name, profile } = it.person;
    let (channel, host) = (channel(it), profile.host().to_string());
    let words = [&channel, profile.user(), &host, server, name, flags];
    let line = reply.begin(n::WHO, &words);
    line.add(" :0 ").add(it.person.real_name()).end();
}

/// Lists a person with the fields that the client has asked for.
fn list_fields(
    reply: &mut Reply,
    it: &ListedPerson<'_>,
    flags: &str,
    (server, now): (&str, Time),
    whox: Whox<'_>,
) {
    let Person { name, profile } = it.person;
    let mut line = reply.begin(n::WHO_SPECIAL, &[]);
    for field in whox.fields() {
        line = match field {
            't' => line.add(" ").add(whox.token),
            'c' => line.add(" ").add(&channel(it)),
            'u' => line.add(" ").add(profile.user()),
            // The address is not told. The field holds an address that no client has, as on other
            // servers.
            'i' => line.add(" 255.255.255.255"),
            'h' => line.add(" ").show(profile.host()),
            's' => line.add(" ").add(server),
            'n' => line.add(" ").add(name),
            'f' => line.add(" ").add(flags),
            'd' => line.add(" 0"),
            'l' => line.add(" ").show(profile.idle(now).as_secs()),
            'a' => line.add(" 0"),
            'o' => line.add(" n/a"),
            _ => line.add(" :").add(it.person.real_name()),
        };
    }
    line.end();
}

/// Returns `H` for a person who is here or `G` for one who is away, then the marks of a server operator
/// and of a bot, then the prefixes in the channel.
fn flags(it: &ListedPerson<'_>, caps: Caps) -> String {
    let profile = it.person.profile;
    let mut flags = String::from(if profile.away().is_some() { "G" } else { "H" });
    if profile.is(PersonFlag::Operator) {
        flags.push('*');
    }
    if profile.is(PersonFlag::Bot) {
        flags.push('B');
    }
    if let Some((_, ranks)) = it.place {
        flags.push_str(prefixes(ranks, caps));
    }
    flags
}

/// Returns whether a folded mask matches a person by nickname, user name, host, real name or server (RFC
/// 2812, 3.6.1).
fn is_meant(mask: &str, person: Person<'_>, server: &str) -> bool {
    let is_meant = |text: &str| matches(mask, &fold(text));
    matches(mask, &person.folded())
        || is_meant(person.profile.user())
        || is_meant(&person.profile.host().to_string())
        || is_meant(person.real_name())
        || matches(mask, server)
}
