//! The metadata of one person or one room, and the rules for keys.
//!
//! Metadata is what programs agree upon, such as how a name is shown or where a picture is: IRC's
//! draft/metadata-3, which has these keys. The hub keeps and passes on, and understands none of it. The
//! limits below are per person and per room, so that what one client can make the hub keep is bounded by
//! its own profile and by the rooms that it may make.

/// Keys that one person or one room may have, at most.
pub const METADATA_KEYS_MAX: usize = 20;

/// Bytes in a key, at most.
pub const METADATA_KEY_BYTES_MAX: usize = 64;

/// Bytes in a value, at most.
pub const METADATA_VALUE_BYTES_MAX: usize = 300;

/// Keys with their values, in the order of the keys. The order of setting does not show, so two chats with
/// the same values are the same.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use parloir::relay::hub::{Action, CommandError, EventLevel, Host, Hub, MetadataError, Whose};
/// # use parloir::relay::hub::{Addressee, Event, Recipient, Sink};
/// use parloir::{ConnId, RelayConfig, Time};
///
/// # struct Quiet;
/// # impl Sink for Quiet {
/// #     fn to_room<'e>(&mut self, _: &str, _: impl Iterator<Item = Recipient>,
/// #         _: impl Iterator<Item = Event<'e>> + Clone) {}
/// #     fn to_peers(&mut self, _: impl Iterator<Item = Recipient>, _: &Event<'_>) {}
/// #     fn to_one(&mut self, _: Addressee<'_>, _: &Event<'_>) {}
/// #     fn dismissed(&mut self, _: ConnId) {}
/// # }
/// let (mut hub, id) = (Hub::new(RelayConfig::default()), ConnId::new(0, 0));
/// let now = Time::new(Duration::ZERO, Duration::ZERO);
/// let mut act = |action: &Action<'static>| hub.apply(id, action, now, &mut Quiet).map(drop);
/// let (level, host) = (EventLevel::Raw, Host::LOCAL);
/// act(&Action::Admit { level, host, address: None, enters_default: false })?;
///
/// let set = |key, value| Action::SetValue { whose: Whose::Person(id), key, value };
/// act(&set("url", Some("https://example.org")))?;
/// act(&set("avatar", Some("https://example.org/me.png")))?;
/// let illegal = Err(CommandError::MetadataError(MetadataError::KeyIllegal));
/// assert_eq!(act(&set("A Key", Some("x"))), illegal);
///
/// let metadata = hub.metadata(id, Whose::Person(id)).expect("one's own");
/// assert_eq!(metadata.get("url"), Some("https://example.org"));
/// assert!(metadata.iter().map(|(key, _)| key).eq(["avatar", "url"]));
/// # Ok::<(), CommandError<'static>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(Box<str>, Box<str>)>);

/// The empty metadata, which most people and rooms have. Questions about people without any are answered
/// with a reference to it, so that nothing need be allocated for them.
pub(super) static NOTHING: Metadata = Metadata(Vec::new());

impl Metadata {
    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.find(key).ok()?;
        Some(&self.0[at].1)
    }

    /// Returns all keys with their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(key))
    }

    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        match self.find(key) {
            Ok(at) => self.0[at].1 = value.into(),
            Err(_) if self.0.len() >= METADATA_KEYS_MAX => return Err(MetadataError::TooMany),
            Err(at) => self.0.insert(at, (key.into(), value.into())),
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Ok(at) = self.find(key) {
            self.0.remove(at);
        }
    }
}

/// The reason why a value is not set, or a key is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataError {
    /// There is no such person or room, or the client may not know of it. Both are one variant, or the
    /// answer would tell that a secret room exists.
    NoSuchTarget,
    /// The text cannot be a key.
    KeyIllegal,
    /// The metadata is neither the client's own, nor that of a room that the client is an operator of.
    NotAllowed,
    /// The value is too long, or empty, or all white space.
    ValueIllegal,
    /// There are as many keys as there may be.
    TooMany,
}

/// Returns whether a text can be a key: only `a-z`, `0-9` and `_./-`, and at most
/// [`METADATA_KEY_BYTES_MAX`] of them.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::is_metadata_key;
///
/// assert!(is_metadata_key("example.org/colour"));
/// assert!(!is_metadata_key("Colour"), "capitals are illegal, so that no two keys differ in case alone");
/// assert!(!is_metadata_key(""));
/// ```
pub fn is_metadata_key(text: &str) -> bool {
    let is_legal = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_./-".contains(&c);
    (1..=METADATA_KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_few_letters() {
        let (fits, long) = ("k".repeat(64), "k".repeat(65));
        for (text, is_key) in [
            ("display-name", true),
            ("a", true),
            ("0", true),
            ("soju.im/pinned_1", true),
            (&*fits, true),
            (&*long, false),
            ("", false),
            ("Avatar", false),
            ("a:b", false),
            ("$url", false),
            ("a b", false),
            ("é", false),
            ("*", false),
        ] {
            assert_eq!(is_metadata_key(text), is_key, "{text:?}");
        }
    }

    #[test]
    fn keys_are_in_order_and_each_is_there_once() {
        let mut metadata = Metadata::default();
        for (key, value) in [("c", "1"), ("a", "2"), ("b", "3"), ("a", "4")] {
            metadata.set(key, value).unwrap();
        }
        metadata.remove("b");
        metadata.remove("x");
        assert!(metadata.iter().eq([("a", "4"), ("c", "1")]));
        assert_eq!(metadata.get("a"), Some("4"));
        assert_eq!(metadata.get("b"), None);
    }
}
