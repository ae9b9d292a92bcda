//! MONITOR: tells a client when certain people come and go (IRCv3 monitor).
//!
//! The hub keeps whom a client watches, and tells it of arrivals and departures as events of its own. Each
//! name costs a look-up, and is paid for, also one that is not taken.

use super::dispatch::CommandContext;
use super::message::{Message, targets};
use super::numerics as n;
use super::text::shown;
use crate::protocol::Output;
use crate::relay::hub::{CommandError, WATCHED_MAX, cost};

impl<O: Output> CommandContext<'_, O> {
    pub(super) fn monitor(&mut self, it: &Message<'_>) {
        if !self.needs(it, 1) {
            return;
        }
        let names: Vec<&str> = targets(it.param(1)).collect();
        self.hub.note_work(cost::NAME as usize * names.len());
        match it.param(0) {
            "+" => self.watch(&names),
            "-" => names
                .iter()
                .for_each(|name| self.hub.unwatch(self.id, name)),
            "C" | "c" => self.hub.unwatch_all(self.id),
            "L" | "l" => {
                let watched = self.hub.watched(self.id);
                self.reply.numeric_list(n::MONITORED, &[], ",", watched);
                self.reply.numeric(n::END_OF_MONITORED, &[]);
            }
            "S" | "s" => {
                let watched: Vec<String> = self.hub.watched(self.id).map(String::from).collect();
                self.hub.note_work(cost::NAME as usize * watched.len());
                self.tell_presence(&watched.iter().map(String::as_str).collect::<Vec<_>>());
            }
            _ => {
                let words = "MONITOR takes +, -, C, L or S";
                self.reply
                    .numeric_with(n::UNKNOWN_ERROR, &["MONITOR"], words);
            }
        }
    }

    /// Watches names until there are as many as one may watch. Those before the limit are watched, and told
    /// of; the rest comes back in 734 (IRCv3 monitor).
    fn watch(&mut self, names: &[&str]) {
        let mut watched = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match self.hub.watch(self.id, name) {
                Ok(()) => watched.push(*name),
                Err(CommandError::WatchesTooMany) => {
                    self.tell_presence(&watched);
                    let limit = WATCHED_MAX.to_string();
                    let rest = names[at..].join(",");
                    return self.reply.numeric(n::MONITOR_FULL, &[&limit, shown(&rest)]);
                }
                // The nickname is not legal, so no client with that nickname comes or goes.
                Err(_) => {
                    let words = "Nobody can be called so";
                    let name = [shown(name)];
                    self.reply.warn("MONITOR", "INVALID_TARGET", &name, words);
                }
            }
        }
        self.tell_presence(&watched);
    }

    /// Tells which of these people are online, with their masks, and which are not; then the values of the
    /// keys that the client follows.
    fn tell_presence(&mut self, names: &[&str]) {
        let hub = &*self.hub;
        let online: Vec<_> = names.iter().filter_map(|name| hub.person(name)).collect();
        let masks = online.iter().map(|person| person.mask().to_string());
        self.reply.numeric_list(n::ONLINE, &[], ",", masks);
        let offline = names.iter().filter(|name| hub.find(name).is_none());
        self.reply.numeric_list(n::OFFLINE, &[], ",", offline);
        let online: Vec<String> = online.iter().map(|it| it.name.to_owned()).collect();
        for name in &online {
            self.sync(name);
        }
    }
}
