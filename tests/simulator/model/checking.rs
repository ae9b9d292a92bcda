//! Compares the outcome of each call with the model's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, UNIX_EPOCH};

use parloir::ConnId;
use parloir::relay::Role;
use parloir::relay::hub::Hub;

use super::{Client, Model, Stage};
use crate::frames::{self, Control};
use crate::irc::{Expected, compare, server_name};
use crate::json;
use crate::support::{Happening, START_UNIX_SECONDS, What};

/// Stands for any HTTP answer.
pub(super) const HTTP_ANSWER: &[u8] = b"HTTP/1.1 ";

/// A message in the form in which the model writes it.
fn shortened(bytes: &[u8]) -> Vec<u8> {
    match bytes.starts_with(HTTP_ANSWER) {
        true => HTTP_ANSWER.to_vec(),
        false => bytes.to_vec(),
    }
}

/// The accept value and the subprotocol in an answer that turns a connection into a WebSocket.
fn agreed(bytes: &[u8]) -> Option<Control> {
    let text = String::from_utf8_lossy(bytes);
    let field = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|it| it.0 == name)
            .map_or("", |it| it.1)
            .to_owned()
    };
    let (accept, subprotocol) = (
        field("Sec-WebSocket-Accept"),
        field("Sec-WebSocket-Protocol"),
    );
    let is_one = text.starts_with("HTTP/1.1 101 ") && text.ends_with("\r\n\r\n");
    is_one.then_some(Control::Agreed(accept, subprotocol))
}

impl Model {
    /// Compares the outcome of one call with the expected one.
    pub(crate) fn check(&mut self, it: &Happening) {
        (self.now, self.chat.now) = (it.now, it.now);
        match &it.what {
            What::Opened(id, tag) => self.opened(*id, *tag),
            What::Received {
                id,
                bytes,
                end,
                taken,
            } => {
                let mut client = self.clients.remove(id).expect("it is connected");
                self.received(&mut client, bytes, *end, *taken);
                self.clients.insert(*id, client);
            }
            What::Freed(id, reason) => self.freed(*id, *reason),
            What::Called(call) => self.called(call),
            What::Expired => self.chat.expire(),
            What::Stopped => self.stopped(),
        }
        let expected = by_client(std::mem::take(&mut self.chat.sent));
        let mut sent = self.unframed(&it.sent);
        self.check_irc(it, &mut sent);
        self.check_json(it, &mut sent);
        for id in expected.keys().chain(sent.keys()) {
            let text = |sent: &BTreeMap<ConnId, Vec<u8>>| {
                let bytes = sent.get(id).cloned().unwrap_or_default();
                bytes.escape_ascii().to_string().replace("\\n", "\n")
            };
            let (expected, sent) = (text(&expected), text(&sent));
            assert!(
                expected == sent,
                "{id} is to be sent\n{expected}\nand was sent\n{sent}\nat {:?} for {:?}",
                it.now,
                it.what
            );
        }
        let closed: BTreeSet<ConnId> = it.closed.iter().copied().collect();
        let expected = std::mem::take(&mut self.closed);
        assert_eq!(
            expected, closed,
            "to be closed, and closed, at {:?}",
            it.what
        );
    }

    /// The bytes that each client was sent, with the frames of WebSockets removed. Control frames
    /// are checked here.
    fn unframed(&mut self, sent: &[(ConnId, Vec<u8>)]) -> BTreeMap<ConnId, Vec<u8>> {
        let (mut plain, mut framed) = (Vec::new(), Vec::new());
        let mut heard: BTreeMap<ConnId, Vec<Control>> = BTreeMap::new();
        for (id, bytes) in sent {
            match agreed(bytes) {
                Some(agreed) => heard.entry(*id).or_default().push(agreed),
                None if self.is_socket(*id) => framed.push((*id, bytes.clone())),
                None => plain.push((*id, shortened(bytes))),
            }
        }
        let mut controls: BTreeMap<ConnId, Vec<Control>> = BTreeMap::new();
        for (id, control) in std::mem::take(&mut self.controls) {
            controls.entry(id).or_default().push(control);
        }
        for (id, bytes) in by_client(framed) {
            self.framed += 1;
            let (lines, frames) = self.hear_frames(id, &bytes);
            plain.push((id, lines));
            heard.entry(id).or_default().extend(frames);
        }
        heard.retain(|_, controls| !controls.is_empty());
        assert_eq!(controls, heard, "control frames");
        by_client(plain)
    }

    pub(crate) fn is_socket(&self, id: ConnId) -> bool {
        let client = self.clients.get(&id);
        client.is_some_and(|client| client.socket.is_some())
    }

    pub(crate) fn hear_frames(&self, id: ConnId, bytes: &[u8]) -> (Vec<u8>, Vec<Control>) {
        let is_binary = self.clients[&id].is_binary_socket().unwrap_or_default();
        let end = if self.views.contains_key(&id) {
            "\r\n"
        } else {
            "\n"
        };
        frames::hear(bytes, is_binary, end)
    }

    /// Takes out the bytes for IRC clients and checks them as those clients read them.
    fn check_irc(&mut self, it: &Happening, sent: &mut BTreeMap<ConnId, Vec<u8>>) {
        let told = std::mem::take(&mut self.chat.told);
        let labels = std::mem::take(&mut self.labels);
        let clock = Duration::from_secs(START_UNIX_SECONDS) + it.now;
        let now = humantime::format_rfc3339_millis(UNIX_EPOCH + clock).to_string();
        for (id, view) in &mut self.views {
            let bytes = sent.remove(id).unwrap_or_default();
            view.labels.clear();
            let before = view.whole;
            let lines = match bytes.is_empty() {
                true => Vec::new(),
                false => view.read(&bytes, &self.config, &now),
            };
            self.several += view.whole - before;
            let mine = told.iter().filter(|(to, _)| to == id);
            let expected: Vec<Expected> = mine.map(|(_, it)| it.clone()).collect();
            match compare(&expected, &lines, &server_name(&self.config)) {
                Ok(named) => self.ids.check(&named),
                Err(why) => panic!("{id}: {why}\nat {:?} for {:?}", it.now, it.what),
            }
            let labels = labels.iter().filter(|(to, _)| to == id);
            assert!(
                labels.map(|(_, label)| label).eq(&view.labels),
                "{id} has other labels: {lines:#?}"
            );
            let client = self.clients.get(id).and_then(|client| client.irc.as_ref());
            if let Some(irc) = client {
                assert_eq!(irc.caps, view.caps, "what {id} can do");
            }
        }
        let lost = told.iter().find(|(to, _)| !self.views.contains_key(to));
        assert!(lost.is_none(), "no IRC client: {lost:?}");
    }

    /// Takes out the bytes for JSON clients and compares the objects in them.
    fn check_json(&mut self, it: &Happening, sent: &mut BTreeMap<ConnId, Vec<u8>>) {
        let told = std::mem::take(&mut self.chat.objects);
        for id in &self.programs {
            let heard = json::read(&sent.remove(id).unwrap_or_default());
            let mine = told.iter().filter(|(to, _)| to == id);
            let expected: Vec<_> = mine.map(|(_, it)| it.clone()).collect();
            match json::compare(&expected, &heard, it.now) {
                Ok(named) => self.ids.check(&named),
                Err(why) => panic!("{id}: {why}\nat {:?} for {:?}", it.now, it.what),
            }
            self.objects += heard.len() as u64;
        }
        let lost = told.iter().find(|(to, _)| !self.programs.contains(to));
        assert!(lost.is_none(), "no JSON client: {lost:?}");
    }

    /// Compares what each client knows with the hub.
    pub(crate) fn check_views(&self, hub: &Hub) {
        for (id, view) in &self.views {
            if !self.clients.get(id).is_none_or(Client::is_gone) && view.nick.is_some() {
                view.check(*id, hub);
            }
        }
    }

    /// Checks that nothing is overdue that the relay should have done on its own.
    pub(crate) fn check_nothing_is_overdue(&self, now: Duration) {
        if let Some(what) = self.chat.overdue(now) {
            panic!("{what} at {now:?}");
        }
        for c in self.clients.values().filter(|c| !c.is_gone()) {
            let is_silent = !c.is_welcomed && !c.has_spoken && !c.is_held_up;
            let greeted_at = c.opened_at + self.config.greet_after;
            assert!(!is_silent || now < greeted_at, "{} is not greeted", c.id);
            let requested = c.requested_at.filter(|_| c.stage == Stage::Deciding);
            let is_late = requested.is_some_and(|at| at + self.config.request_within <= now);
            assert!(!is_late, "{} may take for ever over a request", c.id);
            let stays = c.role == Role::Listen;
            assert!(
                !c.ended || stays || c.is_held_up,
                "{} has ended, and lives on",
                c.id
            );
            assert!(
                c.is_held_up || !self.is_forgotten(c, now),
                "{} is not asked whether it is there",
                c.id
            );
            assert!(
                c.is_held_up || !self.is_quiet(c, now),
                "{} is not asked whether it is there",
                c.id
            );
            assert!(
                c.is_held_up || c.socket.is_some() || !self.is_forgiven(c, now),
                "{} is not forgiven its newline",
                c.id
            );
            let most = match requested {
                // A request is not taken before its head is complete.
                Some(_) if c.role == Role::Auto => self.config.web.head_bytes_max,
                _ => self.config.line_bytes_max,
            };
            assert!(
                c.is_held_up || c.untaken <= most,
                "{} has too much unread",
                c.id
            );
        }
    }
}

fn by_client(sent: Vec<(ConnId, Vec<u8>)>) -> BTreeMap<ConnId, Vec<u8>> {
    let mut all: BTreeMap<ConnId, Vec<u8>> = BTreeMap::new();
    for (id, bytes) in sent {
        all.entry(id).or_default().extend(bytes);
    }
    all
}
