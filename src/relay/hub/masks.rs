//! Masks: `nick!user@host` patterns with `*` and `?` that mean people, connected or not.
//!
//! Masks are held against a client part by part, and both sides are folded once: the mask when it is put on a
//! list, the client once for all masks of a room. A nickname that folds to hundreds of characters made each
//! line be held against all masks at the square of that; now neither side is longer than a bound.

use std::borrow::Cow;

use super::fold::{fold, folded};
use super::person::{Host, Person};
use super::record::PersonRecord;
use super::whowas::Past;

/// Characters in each of a mask's three parts, at most. Any nickname, user name and host fit, with room
/// for some `*`.
pub const MASK_PART_CHARS_MAX: usize = 48;

/// One mask on a room's list.
#[derive(Debug)]
pub(super) struct Mask {
    pub(super) text: Box<str>,
    /// The patterns for nickname, user name and host, folded.
    parts: [Box<str>; 3],
    /// The person who put the mask on the list, as `nick!user@host`.
    pub(super) by: Box<str>,
    pub(super) unix_seconds: u64,
}

/// A client in the form that masks are compared with: each part is folded, once for all masks of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MaskSubject<'a> {
    /// The nickname; none for a client without one, which only masks with `*` for nickname and user name
    /// match.
    name: Option<Cow<'a, str>>,
    user: Cow<'a, str>,
    host: Host,
}

/// Returns a mask in full: missing parts of `nick!user@host` become `*`. Parts are cut at
/// [`MASK_PART_CHARS_MAX`]. Of several stars in a row one is kept, which means the same and is compared
/// faster.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::mask_in_full;
///
/// assert_eq!(mask_in_full("bob"), "bob!*@*");
/// assert_eq!(mask_in_full("*@192.0.2.1"), "*!*@192.0.2.1");
/// assert_eq!(mask_in_full("b*?*b!~b"), "b?*b!~b@*");
/// ```
pub fn mask_in_full(text: &str) -> String {
    let (name, rest) = match text.split_once('!') {
        Some((name, rest)) => (name, rest),
        None if text.contains('@') => ("*", text),
        None => (text, "*@*"),
    };
    let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
    let [name, user, host] = [name, user, host].map(simple);
    format!("{name}!{user}@{host}")
}

/// Simplifies one part of a mask: in each run of wildcards, the `?` come first, then one `*` if the run
/// has any.
fn simple(part: &str) -> String {
    let mut simple = String::new();
    let mut has_star = false;
    for c in part.chars().take(MASK_PART_CHARS_MAX) {
        if c == '*' {
            has_star = true;
            continue;
        }
        if c != '?' && std::mem::take(&mut has_star) {
            simple.push('*');
        }
        simple.push(c);
    }
    if has_star || simple.is_empty() {
        simple.push('*');
    }
    simple
}

/// Returns the mask that matches a person who comes back from the same host under another nickname. On
/// [`Host::LOCAL`], which many people share, the mask has only the nickname.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::{Person, mask_of};
///
/// assert_eq!(mask_of(Person::absent("bob")), "bob!*@*", "the host program is local");
/// ```
pub fn mask_of(person: Person<'_>) -> String {
    match person.profile.host() {
        Host::LOCAL => format!("{}!*@*", person.name),
        host => format!("*!*@{host}"),
    }
}

impl Mask {
    /// An entry for a mask that is written [in full](mask_in_full).
    pub(super) fn new(text: &str, by: Person<'_>, unix_seconds: u64) -> Self {
        Self {
            text: text.into(),
            parts: parts(text),
            by: by.mask().to_string().into(),
            unix_seconds,
        }
    }

    /// An entry as it was kept.
    pub(super) fn restored(text: &str, by: String, unix_seconds: u64) -> Self {
        Self {
            text: text.into(),
            parts: parts(text),
            by: by.into(),
            unix_seconds,
        }
    }

    /// Returns whether another mask is the same, no matter who put it on the list.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.parts == other.parts
    }

    /// Returns whether the mask matches a client.
    pub(super) fn means(&self, source: &MaskSubject<'_>) -> bool {
        let [name, user, host] = &self.parts;
        match &source.name {
            Some(own) => {
                (**host == *"*" || matches(host, &source.host.to_string()))
                    && matches(user, &source.user)
                    && matches(name, own)
            }
            // A mask that asks for a nickname or a user cannot mean a client without. A ban of everybody, or
            // of a host, has to: whoever was banned could listen on without a name.
            None => **name == *"*" && **user == *"*" && matches(host, &source.host.to_string()),
        }
    }
}

fn parts(text: &str) -> [Box<str>; 3] {
    let (name, rest) = text.split_once('!').unwrap_or((text, ""));
    let (user, host) = rest.split_once('@').unwrap_or((rest, ""));
    [name, user, host].map(|part| fold(part).into())
}

impl<'a> MaskSubject<'a> {
    /// A person who has a nickname, or is about to have it.
    pub(super) fn called(person: Person<'a>) -> Self {
        Self {
            name: Some(person.folded()),
            user: folded(person.profile.user()),
            host: person.profile.host(),
        }
    }

    /// The same person with another nickname.
    pub(super) fn renamed(self, name: &'a str) -> Self {
        Self {
            name: Some(folded(name)),
            ..self
        }
    }

    /// A client without a nickname.
    pub(super) fn nameless(host: Host) -> Self {
        Self {
            name: None,
            user: Cow::Borrowed(""),
            host,
        }
    }

    /// A person who has given up a nickname.
    pub(super) fn past(past: &'a Past) -> Self {
        Self {
            name: Some(folded(&past.name)),
            user: folded(&past.user),
            host: past.host,
        }
    }

    /// Returns the person as it is kept.
    pub(super) fn record(&self) -> PersonRecord {
        PersonRecord {
            name: self.name().unwrap_or_default().to_owned(),
            user: self.user.to_string(),
            host: self.host,
        }
    }

    /// A person who was kept, and had a nickname.
    pub(super) fn restored(it: PersonRecord) -> MaskSubject<'static> {
        MaskSubject {
            name: Some(Cow::Owned(it.name)),
            user: Cow::Owned(it.user),
            host: it.host,
        }
    }

    pub(super) fn into_owned(self) -> MaskSubject<'static> {
        MaskSubject {
            name: self.name.map(|name| Cow::Owned(name.into_owned())),
            user: Cow::Owned(self.user.into_owned()),
            host: self.host,
        }
    }

    /// Returns whether this seems to be the same person who has come back: all that can be compared is
    /// the nickname and the host.
    pub(super) fn is_same_person(&self, other: &MaskSubject<'_>) -> bool {
        self.name.is_some() && self.name == other.name && self.host == other.host
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// Returns whether a pattern matches a text, both folded: `*` is any run of characters, `?` any one.
///
/// On a mismatch, the search goes back to the last `*` and lets it take one more character. That costs
/// at most the product of the two lengths, whereas trying every `*` anew would cost a power of it.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::matches;
///
/// assert!(matches("b?b*", "bob2"));
/// assert!(!matches("b?b", "bob2"), "the pattern has to match all of the text");
/// assert!(!matches("BOB", "bob"), "both have to be folded");
/// ```
pub fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut last_star = None;
    loop {
        let (before, mut ahead) = (text.clone(), pattern.clone());
        match (ahead.next(), text.next()) {
            (Some('*'), _) => {
                pattern = ahead;
                text = before;
                if pattern.as_str().is_empty() {
                    return true;
                }
                last_star = Some((pattern.clone(), text.clone()));
                continue;
            }
            (None, None) => return true,
            (Some(p), Some(c)) if p == '?' || p == c => {
                pattern = ahead;
                continue;
            }
            _ => {}
        }
        let Some((star, from)) = &mut last_star else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        (pattern, text) = (star.clone(), from.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same as `matches`, written after the definition.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['*', rest @ ..] => (0..=text.len()).any(|n| naive(rest, &text[n..])),
            ['?', rest @ ..] => !text.is_empty() && naive(rest, &text[1..]),
            [c, rest @ ..] => text.first() == Some(c) && naive(rest, &text[1..]),
        }
    }

    #[test]
    fn stars_and_question_marks_mean_what_they_say() {
        let mut random = fastrand::Rng::with_seed(5);
        let text = |random: &mut fastrand::Rng, of: &[char], max| -> String {
            let count = random.usize(..max);
            (0..count).map(|_| of[random.usize(..of.len())]).collect()
        };
        let mut matched = 0;
        for _ in 0..50_000 {
            let pattern = text(&mut random, &['a', 'é', '*', '?'], 8);
            let text = text(&mut random, &['a', 'é'], 10);
            let expected = {
                let chars = |text: &str| text.chars().collect::<Vec<_>>();
                naive(&chars(&pattern), &chars(&text))
            };
            matched += usize::from(expected);
            assert_eq!(matches(&pattern, &text), expected, "{pattern} {text}");
            // The simplified pattern means the same. Only the empty pattern becomes `*`, which matches
            // anything.
            if !pattern.is_empty() {
                assert_eq!(
                    matches(&simple(&pattern), &text),
                    expected,
                    "{pattern} {text}"
                );
            }
        }
        assert!((1_000..40_000).contains(&matched), "{matched}");
    }

    #[test]
    fn many_stars_take_no_longer_than_the_product() {
        let pattern = "*a".repeat(70);
        assert!(!matches(&pattern, &format!("{}b", "a".repeat(150))));
    }

    #[test]
    fn what_is_missing_of_a_mask_is_anything() {
        for (text, full) in [
            ("bob", "bob!*@*"),
            ("*.ip", "*.ip!*@*"),
            ("bob!b", "bob!b@*"),
            ("b@host", "*!b@host"),
            ("@host", "*!*@host"),
            ("!@", "*!*@*"),
            ("", "*!*@*"),
            ("a!b@c", "a!b@c"),
            ("**a***!*?*?@?**", "*a*!??*@?*"),
        ] {
            assert_eq!(mask_in_full(text), full, "{text:?}");
            assert_eq!(mask_in_full(full), full);
        }
        assert_eq!(mask_of(Person::absent("bob")), "bob!*@*");
    }

    #[test]
    fn each_part_of_a_mask_has_a_limit() {
        let max = MASK_PART_CHARS_MAX;
        for length in [max - 1, max, max + 1, 1000] {
            let kept = "x".repeat(length.min(max));
            let part = "x".repeat(length);
            assert_eq!(
                mask_in_full(&format!("{part}!{part}@{part}")),
                format!("{kept}!{kept}@{kept}")
            );
        }
        // The limit holds for characters that fold to many as well.
        let mask = Mask::new(&mask_in_full(&"ﷺ".repeat(1000)), Person::absent("bob"), 0);
        assert!(mask.parts.iter().all(|part| part.chars().count() <= 65));
    }

    #[test]
    fn a_mask_means_its_three_parts_each() {
        let means = |mask: &str, name: Option<&str>| {
            let mask = Mask::new(&mask_in_full(mask), Person::absent("op"), 0);
            match name {
                Some(name) => mask.means(&MaskSubject::called(Person::absent(name))),
                None => mask.means(&MaskSubject::nameless(Host::LOCAL)),
            }
        };
        for (mask, bob, nobody) in [
            ("bob", true, false),
            ("BÖB", false, false),
            ("b?b!*@*", true, false),
            ("*!*@*", true, true),
            ("*", true, true),
            ("*!*@local.host", true, true),
            ("*!*@*.ip", false, false),
            ("*!~user@*", true, false),
            // A star does not reach beyond its part.
            ("b*host!*@*", false, false),
            ("*local*!*@*", false, false),
        ] {
            assert_eq!(means(mask, Some("Bob")), bob, "{mask}");
            assert_eq!(means(mask, None), nobody, "{mask}");
        }
    }
}
