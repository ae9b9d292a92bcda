//! The messages that clients send: PRIVMSG, NOTICE and TAGMSG.
//!
//! Modern IRC, "Sending Messages"; IRCv3 message-tags and echo-message.
//!
//! NOTICE never gets an automatic answer, also no error (Modern IRC, "NOTICE"), so that two bots cannot
//! answer each other for ever. A message is said in all dialects alike: what is cut for IRC is cut for
//! everybody.

use std::borrow::Cow;

use super::caps::Caps;
use super::dispatch::CommandContext;
use super::isupport::TARGETS_MAX;
use super::line_builder::{LINE_BYTES_MAX, LineSource};
use super::message::{Message, targets};
use super::numerics as n;
use super::tags;
use super::text::{cleaned, cut, read_speech, shown};
use crate::protocol::Output;
use crate::relay::framing::is_blank;
use crate::relay::hooks::{ask_each_line, one_line};
use crate::relay::hub::{Action, Rank, RoomRef, Speech, Texts, Utterance};

/// The target of a message, as the client wrote it.
#[derive(Clone, Copy)]
enum MessageTarget<'a> {
    /// A channel's members of at least this rank (`STATUSMSG`).
    Room(&'a str, Rank),
    Person(&'a str),
}

impl<'a> MessageTarget<'a> {
    fn parse(text: &'a str) -> Self {
        for (prefix, rank) in [
            ("@#", Rank::Operator),
            ("+#", Rank::Voice),
            ("#", Rank::Member),
        ] {
            if let Some(room) = text.strip_prefix(prefix) {
                return Self::Room(room, rank);
            }
        }
        Self::Person(text)
    }
}

impl<O: Output> CommandContext<'_, O> {
    /// Carries out PRIVMSG, NOTICE and TAGMSG. Text and tags are read once for all targets, into buffers that
    /// are kept for the next message.
    pub(super) fn say(&mut self, command: &str, it: &Message<'_>) {
        let is_notice = command == "NOTICE";
        let is_bare = command == "TAGMSG";
        if is_bare && !self.state.caps.has(Caps::MESSAGE_TAGS) {
            return self.reply.numeric(n::UNKNOWN_COMMAND, &[command]);
        }
        let Some(targets) = it.some(0) else {
            if !is_notice {
                let words = format!("No recipient given ({command})");
                self.reply.numeric_with(n::NO_RECIPIENT, &[], &words);
            }
            return;
        };
        // The shared buffers are lent out while the message is sent.
        let mut text = std::mem::take(&mut self.shared.text);
        let mut tags = std::mem::take(&mut self.shared.tags);
        text.clear();
        tags.clear();
        if self.state.caps.has(Caps::MESSAGE_TAGS) {
            tags::pass_on(it.tags, &mut tags);
        }
        let speech = match is_bare {
            true => Some(Speech::TagsOnly),
            false => read_speech(it.param(1), is_notice, &mut text),
        };
        match speech {
            Some(speech) => {
                let what = Utterance {
                    speech,
                    texts: Texts::one(&text),
                    concat_offsets: &[],
                    tags: &tags,
                };
                self.for_each_target(targets, is_notice, |talk, target| {
                    talk.say_to(target, talk.fit(target, speech, &text), what);
                });
            }
            None if is_notice => {}
            None => self.reply.numeric(n::NO_TEXT, &[]),
        }
        (self.shared.text, self.shared.tags) = (text, tags);
    }

    /// Calls `say_to` for each of at most `TARGETS_MAX` targets in a list. If there are more, that is
    /// answered, unless the message is a notice (Modern IRC, "NOTICE": no answer is ever sent).
    pub(super) fn for_each_target(
        &mut self,
        list: &str,
        is_notice: bool,
        say_to: impl Fn(&mut Self, &str),
    ) {
        let mut count = 0;
        for target in targets(list) {
            if count == TARGETS_MAX {
                if !is_notice {
                    self.reply.numeric(n::TOO_MANY_TARGETS, &[shown(target)]);
                }
                break;
            }
            count += 1;
            say_to(self, target);
        }
        self.count_targets(count);
    }

    /// Sends a text to one target. `what` holds everything else about the message.
    pub(super) fn say_to(&mut self, target: &str, text: &str, what: Utterance<'_>) {
        let text = match self.asked_hooks(what.speech, text) {
            Ok(text) => text,
            Err(reason) => {
                if what.speech != Speech::Notice {
                    let (reply, words) = (&mut *self.reply, one_line(&reason));
                    reply.numeric_with(n::CANNOT_SEND, &[shown(target)], &words);
                }
                return;
            }
        };
        // Blanks from a client are sent. A hook that leaves only blanks wants nothing sent.
        if matches!(&text, Cow::Owned(text) if is_blank(text)) {
            return;
        }
        if text.is_empty() && what.speech != Speech::TagsOnly {
            return;
        }
        let what = Utterance {
            texts: Texts::one(&text),
            // In a text that a hook has changed, the places of the seams are not known.
            concat_offsets: match &text {
                Cow::Borrowed(_) => what.concat_offsets,
                Cow::Owned(_) => &[],
            },
            ..what
        };
        match MessageTarget::parse(target) {
            MessageTarget::Room(room, at_least) => self.act(&Action::Say {
                room: RoomRef::Named(room),
                at_least,
                what,
            }),
            MessageTarget::Person(to) => self.act(&Action::Tell { to, what }),
        }
    }

    /// Returns the text as the hooks of the host program leave it, which are asked line by line; or the
    /// reason why it is not sent. CTCP and tags are between programs, and are not shown to them.
    fn asked_hooks<'t>(&mut self, speech: Speech, text: &'t str) -> Result<Cow<'t, str>, String> {
        match self.hub.name(self.id).filter(|_| speech.is_for_people()) {
            Some(me) => ask_each_line(self.hooks, me, text, cleaned),
            None => Ok(Cow::Borrowed(text)),
        }
    }

    /// Returns as much of a text as fits in a line that begins with its sender (Modern IRC, "Message size":
    /// cut, between characters). Recipients in every dialect get the same text. To refuse it with 417 was
    /// rejected: a client that counts characters, or does not know its own mask, would have a message refused
    /// although it kept to the limit as it knows it. Clients that know their mask split a text before.
    fn fit<'t>(&self, target: &str, speech: Speech, text: &'t str) -> &'t str {
        let marks = match speech {
            Speech::Message => "PRIVMSG  :".len(),
            Speech::Notice => "NOTICE  :".len(),
            Speech::Action => "PRIVMSG  :\u{1}ACTION \u{1}".len(),
            Speech::CtcpRequest => "PRIVMSG  :\u{1}\u{1}".len(),
            Speech::CtcpReply => "NOTICE  :\u{1}\u{1}".len(),
            Speech::TagsOnly => "TAGMSG ".len(),
        };
        let source = self.hub.person_of(self.id);
        let source = source.map_or(0, |me| LineSource::of(me).bytes());
        let used = source + marks + target.len();
        cut(text, LINE_BYTES_MAX.saturating_sub(used))
    }

    pub(super) fn tell_away(&mut self, name: &str) {
        if let Some(person) = self.hub.person(name)
            && let Some(away) = person.profile.away()
        {
            self.reply.numeric_with(n::AWAY, &[person.name], away);
        }
    }
}
