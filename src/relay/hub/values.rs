//! The metadata of one person or one room, and the rules for keys.

/// Keys that one person or one room may have, at most.
pub const METADATA_KEYS_MAX: usize = 20;

/// Bytes in a key, at most.
pub const METADATA_KEY_BYTES_MAX: usize = 64;

/// Bytes in a value, at most.
pub const METADATA_VALUE_BYTES_MAX: usize = 300;

/// Keys with their values, in the order of the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(Box<str>, Box<str>)>);

/// The empty metadata, which most people and rooms have.
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
    /// There is no such person or room, or the client may not know of it.
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
