//! The keys and values of one person or one room, and what may be one.

/// Keys that one person may have, and one room, at most.
pub const METADATA_KEYS_MAX: usize = 20;

/// Bytes of a key.
pub const METADATA_KEY_BYTES_MAX: usize = 64;

/// Bytes of a value.
pub const METADATA_VALUE_BYTES_MAX: usize = 300;

/// Keys, each with its value, in the order of the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(Box<str>, Box<str>)>);

/// That of most.
pub(super) static NOTHING: Metadata = Metadata(Vec::new());

impl Metadata {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.find(key).ok()?;
        Some(&self.0[at].1)
    }

    /// All keys with their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(key))
    }

    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), NotSet> {
        match self.find(key) {
            Ok(at) => self.0[at].1 = value.into(),
            Err(_) if self.0.len() >= METADATA_KEYS_MAX => return Err(NotSet::TooMany),
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

/// Why a value is not set, or a key not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSet {
    /// There is nobody and no room like that, for all that one may know.
    NoSuchTarget,
    /// That is no key.
    KeyIllegal,
    /// It is neither oneself, nor a room that one rules.
    NotAllowed,
    /// It is too long, or nothing.
    ValueIllegal,
    /// There are as many as there may be.
    TooMany,
}

/// Whether something may be a key: `a-z`, `0-9` and `_./-`, and not too many of them.
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
