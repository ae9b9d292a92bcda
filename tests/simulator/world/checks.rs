//! The checks of a world after each step and at its end, and the report of a failure.

use std::collections::BTreeMap;
use std::hash::Hash;

use parloir::{Protocol, Skipped};

use super::World;

impl World {
    /// Lets all written bytes arrive and time pass, checks that nothing is left undone, and stops
    /// the server.
    pub(super) fn come_to_rest(&mut self) {
        for at in 0..self.clients.len() {
            let client = &mut self.clients[at];
            if !client.has_ended {
                let bytes = std::mem::take(&mut client.pending);
                self.stage.send(client.id, bytes);
            }
        }
        self.note("all comes to rest");
        self.stage.wait_ms(24 * 3600 * 1000);
        self.check();
        self.free_closed();
        for client in &self.clients {
            let unread = self.stage.unread(client.id);
            let max = self.setting.config.line_bytes_max;
            assert!(unread <= max, "{} has {unread} bytes unread", client.id);
        }
        self.note("the server stops");
        self.stage.stop();
        self.check();
    }

    pub(super) fn check(&mut self) {
        for happening in self.stage.happenings() {
            // The number of pieces in which a client is sent its bytes does not matter.
            let mut sent = BTreeMap::<_, Vec<u8>>::new();
            for (id, bytes) in &happening.sent {
                sent.entry(id).or_default().extend_from_slice(bytes);
            }
            sent.hash(&mut self.transcript);
            self.model.check(&happening);
            self.plain.check(&happening, &self.model);
        }
        if self.steps.is_multiple_of(8) {
            self.model.check_views(self.stage.relay.hub());
            self.check_skipped();
        }
        if let Some(kept) = &self.kept
            && self.steps.is_multiple_of(64)
        {
            self.stage.relay.turn_ended();
            let hub = self.stage.relay.hub();
            kept.check(hub, &self.setting.config, self.stage.now());
        }
        self.model.check_nothing_is_overdue(self.stage.clock());
        let config = &self.setting.config;
        let rooms = &self.model.chat.rooms;
        let empty = rooms
            .iter()
            .filter(|(_, room)| room.members.is_empty())
            .count();
        // The default room is made even above the limit on rooms.
        assert!(rooms.len() <= config.rooms_max + 1 && empty <= config.empty_rooms_max);
        assert_eq!(
            self.stage.relay.hub().named(),
            self.model.chat.named_everywhere()
        );
        for (id, person) in &self.model.chat.people {
            assert_eq!(self.stage.relay.hub().name(*id), person.name.as_deref());
        }
    }
}

impl World {
    /// Checks that a client that misses something is told how many messages or lines.
    fn check_skipped(&mut self) {
        for (id, client) in self.model.clients.iter().filter(|(_, it)| !it.is_gone()) {
            let mut notice = Vec::new();
            let skipped = Skipped {
                shared: self.steps,
                direct: 0,
            };
            self.stage.relay.skipped(*id, skipped, &mut notice);
            let missed = self.steps;
            let wanted = match self.model.views.contains_key(id) {
                _ if self.model.programs.contains(id) => {
                    format!("{{\"event\":\"skipped\",\"missed\":{missed},\"missed_private\":0}}")
                }
                true => format!("NOTICE * :{missed} messages skipped: you were"),
                false => format!("* {missed} lines skipped: you were"),
            };
            if self.model.is_socket(*id) {
                notice = self.model.hear_frames(*id, &notice).0;
            }
            let notice = String::from_utf8(notice).unwrap();
            assert!(notice.starts_with(&wanted), "{:?} {notice:?}", client.role);
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "\nthe last actions of seed {}, to step {}:",
                self.seed, self.steps
            );
            for action in &self.trail {
                eprintln!("  {action}");
            }
            eprintln!(
                "to see it again: PARLOIR_SIM_STEPS={} PARLOIR_SIM_SEED={} cargo test --test simulator",
                self.steps, self.seed
            );
        }
    }
}
