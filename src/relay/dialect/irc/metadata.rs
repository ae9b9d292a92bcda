//! METADATA: keys and values of people and channels (IRCv3 draft/metadata-3).
//!
//! It is version 3 of the draft, in which a change is told as numerics and the limits stand in the
//! capability. Values are texts that programs agree upon, such as a display name or a picture. The hub keeps
//! them, decides who may set what, and knows the keys that each client follows, so that a change reaches
//! exactly those who asked for its key, and is written once for each wire format.
//!
//! The values that a client is sent without asking for each key are handled in `metadata_sync`.

use super::caps::Caps;
use super::dispatch::CommandContext;
use super::message::Message;
use super::numerics as n;
use super::reply::Reply;
use super::text::{cleaned, shown};
use crate::protocol::{ConnId, Output};
use crate::relay::hub::names::is_same;
use crate::relay::hub::{
    Action, FOLLOWED_MAX, Hub, METADATA_KEY_BYTES_MAX, METADATA_KEYS_MAX, METADATA_VALUE_BYTES_MAX,
    Metadata, MetadataError, Whose, is_metadata_key,
};

/// Name of the capability.
pub(super) const METADATA: &str = "draft/metadata-3";

/// Name of the command, and below it the type of the batches.
const COMMAND: &str = "METADATA";
pub(super) const BATCH: &str = "metadata";

/// The answer to a key that is not legal.
const NO_KEY: &str = "A key is of a-z, 0-9 and _./-, and of at most 64 bytes";

/// Returns the value of the capability, which names the limits.
pub(super) fn limits() -> String {
    format!(
        "before-connect,max-subs={FOLLOWED_MAX},max-keys={METADATA_KEYS_MAX},\
         max-key-bytes={METADATA_KEY_BYTES_MAX},max-value-bytes={METADATA_VALUE_BYTES_MAX}"
    )
}

/// The person or channel that a command is about.
#[derive(Clone, Debug)]
pub(super) struct MetadataTarget {
    pub(super) whose: Whose,
    /// The nickname, or the name of the channel, as the server spells it; `*` for a client without a
    /// nickname.
    pub(super) name: String,
}

impl MetadataTarget {
    /// Returns the target that a client names with a word, if the client may know of it. `*` is the client
    /// itself. The values of a closed channel are read by those who could come in, and only by them: the hub
    /// says so.
    pub(super) fn of(hub: &Hub, id: ConnId, word: &str) -> Option<Self> {
        let own = hub.name(id);
        let (whose, name) = if word == "*" {
            (Whose::Person(id), own.unwrap_or("*").to_owned())
        } else if let Some(room) = word.strip_prefix('#') {
            let view = hub.room(room)?;
            (Whose::Room(view.id()), format!("#{}", view.name()))
        } else {
            let name = hub.person(word)?.name.to_owned();
            (Whose::Person(hub.find(word)?), name)
        };
        // A client that has no nickname yet may know of itself only.
        let is_own = whose == Whose::Person(id);
        hub.metadata(id, whose)
            .filter(|_| is_own || own.is_some())?;
        Some(Self { whose, name })
    }
}

/// Returns the metadata of a target, and the name of the target as the server spells it.
fn metadata_of<'h>(hub: &'h Hub, id: ConnId, target: &str) -> Option<(&'h Metadata, String)> {
    let it = MetadataTarget::of(hub, id, target)?;
    Some((hub.metadata(id, it.whose)?, it.name))
}

impl<O: Output> CommandContext<'_, O> {
    /// Returns whether the capability is in effect, which takes `batch` as well.
    pub(super) fn knows_metadata(&self) -> bool {
        self.state.caps.in_effect().has(Caps::METADATA)
    }

    /// Carries out `METADATA target subcommand …`.
    pub(super) fn metadata(&mut self, it: &Message<'_>) {
        if !self.knows_metadata() {
            return self.unknown(it);
        }
        let subcommand = it.param(1).to_ascii_uppercase();
        let target = it.param(0);
        let keys = it.params().get(2..).unwrap_or_default();
        match (&*subcommand, keys) {
            ("GET", [_, ..]) => self.get_values(target, keys),
            ("LIST", []) => self.list_values(target),
            ("SET", [key]) => self.set_value(target, key, ""),
            ("SET", [key, value]) => self.set_value(target, key, value),
            ("CLEAR", []) => self.clear_values(target),
            ("SUB", [_, ..]) if self.is_self(target) => self.follow(keys),
            ("UNSUB", [_, ..]) if self.is_self(target) => self.unfollow(keys),
            ("SUBS", []) if self.is_self(target) => self.list_followed(),
            ("SUB" | "UNSUB", [_, ..]) | ("SUBS", []) => self.no_target(target),
            ("SYNC", []) => self.sync_asked(target),
            (known, _) => {
                let words = match known {
                    "GET" | "SUB" | "UNSUB" => "It takes keys, and at least one",
                    "SET" => "It takes a key, and a value unless that is to go",
                    "LIST" | "CLEAR" | "SUBS" | "SYNC" => "It takes nothing more",
                    _ => "There are GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS and SYNC",
                };
                let context = [shown(it.param(1))];
                self.reply.fail(COMMAND, "INVALID_PARAMS", &context, words);
            }
        }
    }

    fn is_self(&self, target: &str) -> bool {
        target == "*" || self.hub.name(self.id).is_some_and(|me| is_same(me, target))
    }

    pub(super) fn no_target(&mut self, target: &str) {
        let words = "There is no such target for you";
        let context = [shown(target)];
        self.reply.fail(COMMAND, "INVALID_TARGET", &context, words);
    }

    fn get_values(&mut self, target: &str, keys: &[&str]) {
        let Some((metadata, name)) = metadata_of(self.hub, self.id, target) else {
            return self.no_target(target);
        };
        self.reply.batched(&[BATCH, &name], |reply| {
            for key in keys {
                if is_metadata_key(key) {
                    reply.value(&name, key, metadata.get(key));
                } else {
                    reply.warn(COMMAND, "INVALID_KEY", &[shown(key)], NO_KEY);
                }
            }
        });
    }

    fn list_values(&mut self, target: &str) {
        let Some((metadata, name)) = metadata_of(self.hub, self.id, target) else {
            return self.no_target(target);
        };
        self.reply.batched(&[BATCH, &name], |reply| {
            for (key, value) in metadata.iter() {
                reply.value(&name, key, Some(value));
            }
        });
    }

    fn set_value(&mut self, target: &str, key: &str, value: &str) {
        let id = self.id;
        let Some(it) = MetadataTarget::of(self.hub, id, target) else {
            return self.no_target(target);
        };
        // An empty value removes the key. A value that is empty only after cleaning was meant to set
        // one, and is refused.
        let text = cleaned(value);
        let new = (!value.is_empty()).then_some(&*text);
        let set = Action::SetValue {
            whose: it.whose,
            key,
            value: new,
        };
        self.act(&set);
    }

    fn clear_values(&mut self, target: &str) {
        let id = self.id;
        let Some(it) = MetadataTarget::of(self.hub, id, target) else {
            return self.no_target(target);
        };
        self.act(&Action::ClearValues(it.whose));
    }

    pub(super) fn show_cleared(&mut self, target: &str, keys: &[Box<str>]) {
        self.reply.batched(&[BATCH, target], |reply| {
            for key in keys {
                reply.value(target, key, None);
            }
        });
    }

    pub(super) fn refuse_value(&mut self, why: MetadataError, target: &str, key: &str) {
        let key = shown(key);
        let keys_max = METADATA_KEYS_MAX.to_string();
        let too_long = format!("A value is a text of at most {METADATA_VALUE_BYTES_MAX} bytes");
        let (code, context, words): (_, &[&str], _) = match why {
            MetadataError::NoSuchTarget => return self.no_target(target),
            MetadataError::KeyIllegal => ("INVALID_KEY", &[key], NO_KEY),
            MetadataError::NotAllowed => {
                let words = "You may set that for yourself, and for channels that you rule";
                ("KEY_NO_PERMISSION", &[target, key], words)
            }
            MetadataError::ValueIllegal => ("INVALID_VALUE", &[key], &*too_long),
            MetadataError::TooMany => {
                let words = "There are as many keys as there may be: remove another first";
                ("LIMIT_REACHED", &["SET", target, &keys_max], words)
            }
        };
        self.reply.fail(COMMAND, code, context, words);
    }

    /// Subscribes the client to keys. Each key that is taken is answered, also when a later one is one too
    /// many.
    fn follow(&mut self, keys: &[&str]) {
        let (mut followed, mut illegal) = (Vec::new(), Vec::new());
        let (mut is_news, mut too_many) = (false, None);
        for key in keys {
            match self.hub.follow(self.id, key) {
                Ok(is_new) => {
                    is_news |= is_new;
                    followed.push(*key);
                }
                Err(MetadataError::KeyIllegal) => illegal.push(*key),
                Err(_) => {
                    too_many = Some(*key);
                    break;
                }
            }
        }
        let reply = &mut *self.reply;
        reply.numeric_words(n::FOLLOWING, &followed);
        for key in illegal {
            reply.warn(COMMAND, "INVALID_KEY", &[shown(key)], NO_KEY);
        }
        if let Some(key) = too_many {
            let words = "You follow as many keys as you may: UNSUB another first";
            let limit = FOLLOWED_MAX.to_string();
            reply.fail(COMMAND, "LIMIT_REACHED", &["SUB", key, &limit], words);
        }
        // Values of the new keys that people in its sight have already were not sent to it: it is told to ask
        // for them.
        if is_news && self.state.is_registered {
            reply.numeric(n::SYNC_LATER, &["*ALL", "0"]);
        }
    }

    /// Ends subscriptions. A key that was not followed is answered like the others: it is not followed now.
    fn unfollow(&mut self, keys: &[&str]) {
        let is_legal = |key: &&str| is_metadata_key(key);
        let (legal, illegal): (Vec<&str>, Vec<&str>) = keys.iter().copied().partition(is_legal);
        for key in &legal {
            self.hub.unfollow(self.id, key);
        }
        let reply = &mut *self.reply;
        reply.numeric_words(n::NOT_FOLLOWING, &legal);
        for key in illegal {
            reply.warn(COMMAND, "INVALID_KEY", &[shown(key)], NO_KEY);
        }
    }

    fn list_followed(&mut self) {
        let followed = self.hub.followed(self.id);
        let write = |reply: &mut Reply| reply.numeric_words(n::FOLLOWED, followed);
        self.reply.batched(&["metadata-subs"], write);
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::write_value;
    use super::super::sink::Direct;
    use super::*;

    #[test]
    fn a_key_s_value_or_none_is_one_line() {
        for (value, line) in [
            (Some("a b"), ":srv 761 bob #dev key * :a b\r\n"),
            (None, ":srv 766 bob #dev key :Key not set\r\n"),
        ] {
            let mut out = Vec::new();
            let mut lines = Direct::new(&mut out, None);
            write_value(&mut lines, ("srv", "bob"), "#dev", "key", value);
            assert_eq!(String::from_utf8(out).unwrap(), line);
        }
    }

    #[test]
    fn what_is_said_of_keys_is_so() {
        assert!(NO_KEY.contains(&format!(" {METADATA_KEY_BYTES_MAX} bytes")));
    }

    #[test]
    fn a_value_fits_a_line_where_names_are_ascii() {
        let (server, name, key) = ("s".repeat(63), "n".repeat(32), "k".repeat(64));
        let (channel, value) = (format!("#{name}"), "v".repeat(METADATA_VALUE_BYTES_MAX));
        let mut out = Vec::new();
        let mut lines = Direct::new(&mut out, None);
        write_value(&mut lines, (&server, &name), &channel, &key, Some(&value));
        assert!(out.ends_with(format!(":{value}\r\n").as_bytes()));
    }
}
