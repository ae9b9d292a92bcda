//! What clients say: PRIVMSG, NOTICE and TAGMSG.
//!
//! Modern IRC, "Sending Messages"; IRCv3 message-tags and echo-message.

use std::borrow::Cow;

use super::caps::Caps;
use super::message::{Message, targets};
use super::numerics as n;
use super::support::TARGETS_MAX;
use super::tags;
use super::talk::Talk;
use super::text::{cleaned, cut, read_speech, shown};
use super::wire::{LINE_BYTES_MAX, Source};
use crate::protocol::Output;
use crate::relay::framing::is_blank;
use crate::relay::hooks::{Verdict, one_line};
use crate::relay::hub::{Rank, Refused, Speech, Utterance};

/// Whom something is for, as the client wrote it.
#[derive(Clone, Copy)]
enum Target<'a> {
    Room(&'a str, Rank),
    Person(&'a str),
}

impl<'a> Target<'a> {
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

impl<O: Output> Talk<'_, O> {
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
        // Lent out while it is said.
        let mut text = std::mem::take(&mut self.shared.text);
        let mut tags = std::mem::take(&mut self.shared.tags);
        text.clear();
        tags.clear();
        if self.state.caps.has(Caps::MESSAGE_TAGS) {
            tags::pass_on(it.tags, &mut tags);
        }
        let speech = match is_bare {
            true => Some(Speech::Bare),
            false => read_speech(it.param(1), is_notice, &mut text),
        };
        match speech {
            Some(speech) => {
                let what = Utterance {
                    speech,
                    text: &text,
                    seams: &[],
                    tags: &tags,
                };
                self.for_each_target(targets, is_notice, |talk, target| {
                    let text = talk.fit(target, what);
                    talk.say_to(target, Utterance { text, ..what })
                });
            }
            None if is_notice => {}
            None => self.reply.numeric(n::NO_TEXT, &[]),
        }
        (self.shared.text, self.shared.tags) = (text, tags);
    }

    /// Does something for each of several targets, and answers those that it cannot be done for,
    /// unless it is a notice (Modern IRC, "NOTICE": no answer is ever sent).
    pub(super) fn for_each_target(
        &mut self,
        list: &str,
        is_notice: bool,
        say_to: impl for<'t> Fn(&mut Self, &'t str) -> Result<(), Refused<'t>>,
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
            if let Err(why) = say_to(self, target)
                && !is_notice
            {
                self.refuse(why, target);
            }
        }
        self.count_targets(count);
    }

    pub(super) fn say_to<'a>(
        &mut self,
        target: &'a str,
        what: Utterance<'_>,
    ) -> Result<(), Refused<'a>> {
        let text = match self.asked_hooks(what) {
            Ok(text) => text,
            Err(reason) => {
                if what.speech != Speech::Notice {
                    let (reply, words) = (&mut *self.reply, one_line(&reason));
                    reply.numeric_with(n::CANNOT_SEND, &[shown(target)], &words);
                }
                return Ok(());
            }
        };
        // Blanks that a client sends are said; a hook that leaves nothing else wants nothing said.
        if matches!(&text, Cow::Owned(text) if is_blank(text)) {
            return Ok(());
        }
        if text.is_empty() && what.speech != Speech::Bare {
            return Ok(());
        }
        let what = Utterance {
            text: &text,
            // Where a text was changed, nobody knows where they are now.
            seams: match &text {
                Cow::Borrowed(_) => what.seams,
                Cow::Owned(_) => &[],
            },
            ..what
        };
        let (id, to) = (self.id, Target::parse(target));
        let receipt = self.act(|hub, sink, now| match to {
            Target::Room(room, at_least) => hub.speak_to(id, (room, at_least), what, now, sink),
            Target::Person(name) => hub.tell_privately(id, name, what, now, sink),
        })?;
        if receipt.is_away && what.speech != Speech::Notice {
            self.tell_away(target);
        }
        Ok(())
    }

    /// A text as the host program has it, which is asked line by line; or why it is not said.
    fn asked_hooks<'t>(&mut self, what: Utterance<'t>) -> Result<Cow<'t, str>, String> {
        let mut changed = None;
        let me = self
            .hub
            .name(self.id)
            .filter(|_| what.speech.is_for_people());
        for (n, line) in what.text.split('\n').enumerate() {
            let Some(me) = me.filter(|_| !line.is_empty()) else {
                continue;
            };
            match self.hooks.message(me, line) {
                Verdict::Pass => {}
                Verdict::Change(text) => {
                    let lines = what.text.split('\n').map(Cow::Borrowed);
                    let lines = changed.get_or_insert_with(|| lines.collect::<Vec<_>>());
                    lines[n] = Cow::Owned(cleaned(&text));
                }
                Verdict::Refuse(reason) => return Err(reason),
            }
        }
        Ok(match changed {
            None => Cow::Borrowed(what.text),
            Some(lines) => Cow::Owned(lines.join("\n")),
        })
    }

    /// As much of a text as there is room for once the line begins with who sent it (Modern IRC,
    /// "Message size": cut, between characters). Everyone gets the same, in whatever language they
    /// read.
    fn fit<'t>(&self, target: &str, what: Utterance<'t>) -> &'t str {
        let marks = match what.speech {
            Speech::Message => "PRIVMSG  :".len(),
            Speech::Notice => "NOTICE  :".len(),
            Speech::Action => "PRIVMSG  :\u{1}ACTION \u{1}".len(),
            Speech::Signal => "PRIVMSG  :\u{1}\u{1}".len(),
            Speech::Reply => "NOTICE  :\u{1}\u{1}".len(),
            Speech::Bare => "TAGMSG ".len(),
        };
        let source = self.hub.person_of(self.id);
        let source = source.map_or(0, |me| Source::of(me).bytes());
        let used = source + marks + target.len();
        cut(what.text, LINE_BYTES_MAX.saturating_sub(used))
    }

    fn tell_away(&mut self, name: &str) {
        if let Some(person) = self.hub.person(name)
            && let Some(away) = person.profile.away()
        {
            self.reply.numeric_with(n::AWAY, &[person.name], away);
        }
    }
}
