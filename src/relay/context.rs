//! The state that all connections share, and the access to it on behalf of one of them.
//!
//! The one rule: nothing is changed or sent before the messages that the connection said earlier. `parts`
//! keeps it. It was once seven calls that must not be forgotten, and a broker's line was past all of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::broker::Broker;
use super::conn::{Conn, Others};
use super::dialect::irc::{self, IrcShared, server_name};
use super::dialect::line::dispatch::CommandContext;
use super::encoder::{self, Encoder, Wire};
use super::framing::is_blank;
use super::hooks::{Hooks, NoHooks, Verdict, one_line};
use super::hub::{Action, Hub, Reason, Recipient, Speech};
use super::keeper::Keeper;
use super::message_batch::MessageBatch;
use super::origins::Origins;
use super::pending::Pending;
use super::preconnect::Preconnects;
use super::role::HOST_NAME;
use crate::config::RelayConfig;
use crate::protocol::{ConnId, Delivery, Monotonic, Output, Tag, Time};
use crate::store::Abilities;

/// The actor of actions that no client does: calls of the host program, the passing of time.
pub(super) const NOBODY: ConnId = ConnId::new(0, 0);

/// The state that all connections share.
pub(super) struct Chat {
    pub(super) config: RelayConfig,
    pub(super) hub: Hub,
    pub(super) hooks: Box<dyn Hooks>,
    pub(super) wire: Wire,
    /// The state that all IRC clients share.
    pub(super) irc_shared: IrcShared,
    irc_reply: irc::Reply,
    pub(super) origins: Origins,
    /// The brokers, by tag. Each tag has one, which is used only if its role is a broker's.
    pub(super) brokers: Vec<Broker>,
    /// Places from which browsers have asked lately.
    pub(super) spares: Preconnects,
    /// Time at which a refused page was last logged. Each is a line of 700 bytes, and 34,000 of them came in
    /// a second.
    pub(super) page_refused_at: Option<Monotonic>,
    /// Messages of the connection at hand that are not sent yet: empty between calls.
    run: MessageBatch,
    /// Lines that the connection at hand may still count as in this turn. Costly lines use it up faster.
    pub(super) share: u32,
    /// Turns after which the actions of a line take effect; none if at once.
    pub(super) delay: Option<u32>,
    /// Actions of the line at hand that are delayed: empty between calls.
    pub(super) pending: Pending,
    /// Actions whose outcomes are still to come, by the connection that waits for them. They are not in the
    /// sessions: where nothing is delayed, nobody waits.
    pub(super) waiting: BTreeMap<ConnId, Pending>,
    /// The place that keeps what changes, if there is one.
    pub(super) keeper: Option<Keeper>,
}

/// The last changes are kept even if the loop made no turn after them.
impl Drop for Chat {
    fn drop(&mut self) {
        self.keep_changes();
    }
}

impl Chat {
    pub(super) fn new(config: RelayConfig) -> Self {
        Self {
            hub: Hub::new(config.clone()),
            hooks: Box::new(NoHooks),
            wire: Wire::new(&config.name),
            irc_shared: IrcShared::new(&config.name),
            irc_reply: irc::Reply::new(server_name(&config.name)),
            origins: Origins::new(&config),
            brokers: vec![Broker::default()],
            spares: Preconnects::default(),
            page_refused_at: None,
            run: MessageBatch::default(),
            share: 0,
            delay: None,
            pending: Pending::default(),
            waiting: BTreeMap::new(),
            keeper: None,
            config,
        }
    }

    /// From now on, changes go to a store. Nobody is here yet.
    pub(super) fn keep_in(&mut self, keeper: Keeper) {
        if let Some(seed) = keeper.seed() {
            self.config.seed = seed;
            self.hub = Hub::new(self.config.clone());
        }
        self.keeper = Some(keeper);
    }

    /// The chat begins: what was kept comes back.
    pub(super) fn restore(&mut self, now: Time) {
        if let Some(keeper) = &mut self.keeper {
            keeper.restore(&mut self.hub, now);
        }
    }

    /// Hands what has changed in a turn to the store. Once a turn and not at each call: waking the thread
    /// that writes is most of what it costs.
    pub(super) fn keep_changes(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            keeper.keep(&mut self.hub);
        }
    }

    /// Forgets the collected messages and actions, after a hook has panicked in the middle of a line.
    pub(super) fn forget_run(&mut self) {
        self.run.clear();
        self.pending = Pending::default();
    }
}

/// The chat, for the connection at hand and at this time.
///
/// Messages of one client are collected, so that a room is gone through once for all of them, and sent before
/// anything else comes about: code that wants to change or send something asks for [`Self::parts`], which
/// tells them first. Nothing of the chat is changed, and nobody answered, in another way.
pub(super) struct Context<'r, O> {
    pub(super) chat: &'r mut Chat,
    others: &'r dyn Others,
    pub(super) now: Time,
    pub(super) out: &'r mut O,
}

/// All state that an action or its answer can need, borrowed part by part.
pub(super) struct Parts<'r, O> {
    pub(super) config: &'r RelayConfig,
    pub(super) hub: &'r mut Hub,
    pub(super) hooks: &'r mut dyn Hooks,
    pub(super) wire: &'r Wire,
    pub(super) irc_shared: &'r mut IrcShared,
    pub(super) irc_reply: &'r mut irc::Reply,
    pub(super) origins: &'r mut Origins,
    pub(super) others: &'r dyn Others,
    /// The place for actions that take effect later, and for a question to the store.
    pub(super) pending: &'r mut Pending,
    /// Actions take effect later, and not at once.
    pub(super) is_delayed: bool,
    /// The questions that the store answers.
    pub(super) abilities: Abilities,
    pub(super) now: Time,
    pub(super) out: &'r mut O,
}

impl<'r, O: Output> Context<'r, O> {
    pub(super) fn new(
        chat: &'r mut Chat,
        others: &'r dyn Others,
        now: Time,
        out: &'r mut O,
    ) -> Self {
        Self {
            chat,
            others,
            now,
            out,
        }
    }

    /// Returns whether the connection's share of this turn, or the room for output, is used up.
    pub(super) fn is_turn_over(&self) -> bool {
        self.chat.share == 0 || self.out.is_full()
    }

    pub(super) fn config(&self) -> &RelayConfig {
        &self.chat.config
    }

    /// The chat, for questions only.
    pub(super) fn hub(&self) -> &Hub {
        &self.chat.hub
    }

    /// Returns whether changes are not kept now, though there is a store.
    pub(super) fn is_store_failing(&self) -> bool {
        self.chat.keeper.as_ref().is_some_and(Keeper::is_failing)
    }

    /// The allowances by place.
    pub(super) fn origins(&mut self) -> &mut Origins {
        &mut self.chat.origins
    }

    pub(super) fn spares(&mut self) -> &mut Preconnects {
        &mut self.chat.spares
    }

    /// Notes that a page was refused; returns whether the last one was longer ago than `within`.
    pub(super) fn note_page_refused(&mut self, within: std::time::Duration) -> bool {
        let last = self.chat.page_refused_at;
        let is_news = last.is_none_or(|at| at + within <= self.now);
        if is_news {
            self.chat.page_refused_at = Some(self.now.monotonic());
        }
        is_news
    }

    /// Charges a line that was taken: it counts as one, and as more if it had the hub do more.
    pub(super) fn spend(&mut self, conn: &mut Conn) {
        if self.chat.delay.is_some() {
            // A message is told alone then, since the next line waits for its outcome.
            self.tell_said();
        }
        let chat = &mut *self.chat;
        if !chat.pending.is_empty() {
            // The line is charged once all of its work has been done.
            chat.pending.work = chat.hub.take_work_parts();
            return;
        }
        let lines = chat.hub.take_work().saturating_add(1);
        chat.share = chat.share.saturating_sub(lines);
        conn.budget.spend(&mut chat.origins, lines, self.now);
    }

    /// Says a message in the room, together with those around it, unless the host program has something
    /// against it.
    pub(super) fn say(&mut self, conn: &Conn, text: &str) {
        if let Some(text) = self.ask_hooks(conn, text) {
            self.chat.run.push(conn.id, conn.answered_to(), &text);
        }
    }

    /// Tells the room the messages that were collected. Everything else does this first.
    pub(super) fn tell_said(&mut self) {
        let chat = &mut *self.chat;
        let Some((id, answered_to)) = chat.run.speaker() else {
            return;
        };
        let mut talk = CommandContext {
            id,
            answered_to,
            hub: &mut chat.hub,
            config: &chat.config,
            wire: &chat.wire,
            pending: &mut chat.pending,
            is_delayed: chat.delay.is_some(),
            abilities: Abilities::default(),
            now: self.now,
            out: &mut *self.out,
        };
        talk.speak(Speech::Message, chat.run.texts());
        chat.run.clear();
    }

    /// Returns everything that can be changed and sent with, once the collected messages are told.
    pub(super) fn parts(&mut self) -> Parts<'_, O> {
        self.tell_said();
        let chat = &mut *self.chat;
        Parts {
            config: &chat.config,
            hub: &mut chat.hub,
            hooks: &mut *chat.hooks,
            wire: &chat.wire,
            irc_shared: &mut chat.irc_shared,
            irc_reply: &mut chat.irc_reply,
            origins: &mut chat.origins,
            others: self.others,
            pending: &mut chat.pending,
            is_delayed: chat.delay.is_some(),
            abilities: chat
                .keeper
                .as_ref()
                .map(Keeper::abilities)
                .unwrap_or_default(),
            now: self.now,
            out: &mut *self.out,
        }
    }

    /// The line dialect, for a connection.
    pub(super) fn line_commands(&mut self, conn: &Conn) -> CommandContext<'_, O> {
        let parts = self.parts();
        CommandContext {
            id: conn.id,
            answered_to: conn.answered_to(),
            hub: parts.hub,
            config: parts.config,
            wire: parts.wire,
            pending: parts.pending,
            is_delayed: parts.is_delayed,
            abilities: parts.abilities,
            now: parts.now,
            out: parts.out,
        }
    }

    /// Applies an action that nobody is answered, never delayed. Returns whether it was allowed.
    pub(super) fn apply(&mut self, actor: ConnId, action: &Action<'_>) -> bool {
        let parts = self.parts();
        let mut sink = Encoder::new(parts.out, parts.wire);
        parts.hub.apply(actor, action, parts.now, &mut sink).is_ok()
    }

    /// Returns the text as the hooks leave it; none if they refuse it, or leave nothing to see of it.
    pub(super) fn ask_hooks<'t>(&mut self, conn: &Conn, text: &'t str) -> Option<Cow<'t, str>> {
        let chat = &mut *self.chat;
        let from = chat.hub.name(conn.id)?;
        match chat.hooks.message(from, text) {
            Verdict::Pass => Some(Cow::Borrowed(text)),
            Verdict::Change(text) => {
                Some(Cow::Owned(one_line(&text))).filter(|text| !is_blank(text))
            }
            Verdict::Refuse(reason) => {
                self.answer(conn, &one_line(&reason));
                None
            }
        }
    }

    /// Tells a connection a line of the server's, if it is told anything.
    pub(super) fn answer(&mut self, conn: &Conn, text: &str) {
        if let Some(to) = conn.answered_to() {
            self.tell(to, text);
        }
    }

    /// Sends a line of the server's.
    pub(super) fn tell(&mut self, to: Recipient, text: &str) {
        encoder::tell(self.parts().out, to, text);
    }

    /// Sends bytes as they are, at once.
    pub(super) fn reply(&mut self, id: ConnId, bytes: &[u8]) {
        self.parts().out.reply(id, bytes);
    }

    /// Sends bytes that are no line of a dialect.
    pub(super) fn send(&mut self, id: ConnId, write: impl FnOnce(&mut Vec<u8>)) {
        let out = self.parts().out;
        let range = out.encode(Delivery::Kept, write);
        out.send(id, range);
    }

    /// Lets a listener into the default room.
    pub(super) fn admit(&mut self, conn: &Conn) {
        if !self.hub().is_here(conn.id) {
            self.apply(conn.id, &conn.admit(conn.role.event_level(), true));
            self.parts().hub.set_format(conn.id, conn.format);
        }
    }

    /// The broker of a listener.
    pub(super) fn broker(&mut self, tag: Tag) -> Option<&mut Broker> {
        self.chat.brokers.get_mut(tag.0 as usize)
    }

    /// Sends a line to all others on the connection's listener.
    pub(super) fn pass_on(&mut self, conn: &Conn, text: &str) {
        self.tell_said();
        if let Some(broker) = self.chat.brokers.get(conn.tag().0 as usize) {
            broker.pass_on(conn.id, text, self.out);
        }
    }

    /// Removes a person from the server, in the host's name. Returns whether that person was there.
    pub(super) fn kick(&mut self, name: &str, reason: Option<&str>) -> bool {
        let by = Some(HOST_NAME);
        self.apply(NOBODY, &Action::Disconnect { name, by, reason })
    }

    /// Takes a connection out of its broker and out of the chat.
    pub(super) fn leave(&mut self, conn: &Conn, reason: Option<Reason<'_>>) {
        if let Some(broker) = self.broker(conn.tag()) {
            broker.leave(conn.id);
        }
        self.apply(conn.id, &Action::Leave(reason));
    }

    /// Closes a connection.
    pub(super) fn close(&mut self, id: ConnId) {
        self.parts().out.close(id);
    }

    /// Stops the server.
    pub(super) fn stop(&mut self) {
        self.parts().out.stop();
    }
}
