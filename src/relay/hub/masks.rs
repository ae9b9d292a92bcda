//! Masks, by which people are meant who need not be here: `nick!user@host` with `*` and `?`.

use std::borrow::Cow;

use super::fold::{fold, folded};
use super::past::Past;
use super::person::{Host, Person};

/// Characters in each of a mask's three parts, at most: any nickname, user name and host fit, with
/// room for some `*`.
pub const MASK_PART_CHARS_MAX: usize = 48;

/// One entry of a list.
#[derive(Debug)]
pub(super) struct Mask {
    pub(super) text: Box<str>,
    /// Nickname, user name and host, folded.
    parts: [Box<str>; 3],
    /// Who put it there, as `nick!user@host`.
    pub(super) by: Box<str>,
    pub(super) unix_seconds: u64,
}

/// Somebody as masks are held against them: each part folded, once for all masks of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source<'a> {
    /// None for somebody without a nickname, whom only a mask means that says nothing of names.
    name: Option<Cow<'a, str>>,
    user: Cow<'a, str>,
    host: Host,
}

/// A mask in full: what is missing of `nick!user@host` is anything. Parts are cut at
/// [`MASK_PART_CHARS_MAX`], and of several stars that stand together one is left: that means the
/// same, and is held against a name in less time.
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

/// One part of a mask: of each run of wildcards first the `?`, then one `*` if there was any.
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

/// The mask that means someone wherever they come back from the same host under another name; on
/// a host that many share, only the nickname tells.
pub fn mask_of(person: Person<'_>) -> String {
    match person.profile.host() {
        Host::LOCAL => format!("{}!*@*", person.name),
        host => format!("*!*@{host}"),
    }
}

impl Mask {
    /// A mask [in full](mask_in_full).
    pub(super) fn new(text: &str, by: Person<'_>, unix_seconds: u64) -> Self {
        Self {
            text: text.into(),
            parts: parts(text),
            by: by.mask().to_string().into(),
            unix_seconds,
        }
    }

    /// Whether it is the same as another, whoever put that there.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.parts == other.parts
    }

    /// Whether somebody is meant.
    pub(super) fn means(&self, source: &Source<'_>) -> bool {
        let [name, user, host] = &self.parts;
        match &source.name {
            Some(own) => {
                (**host == *"*" || matches(host, &source.host.to_string()))
                    && matches(user, &source.user)
                    && matches(name, own)
            }
            None => **name == *"*" && **user == *"*" && matches(host, &source.host.to_string()),
        }
    }
}

fn parts(text: &str) -> [Box<str>; 3] {
    let (name, rest) = text.split_once('!').unwrap_or((text, ""));
    let (user, host) = rest.split_once('@').unwrap_or((rest, ""));
    [name, user, host].map(|part| fold(part).into())
}

impl<'a> Source<'a> {
    /// Somebody who is called so, or will be.
    pub(super) fn called(person: Person<'a>) -> Self {
        Self {
            name: Some(person.folded()),
            user: folded(person.profile.user()),
            host: person.profile.host(),
        }
    }

    /// The same, if they are called something else.
    pub(super) fn renamed(self, name: &'a str) -> Self {
        Self {
            name: Some(folded(name)),
            ..self
        }
    }

    /// Somebody without a nickname.
    pub(super) fn nameless(host: Host) -> Self {
        Self {
            name: None,
            user: Cow::Borrowed(""),
            host,
        }
    }

    /// Somebody who is no longer called so.
    pub(super) fn past(past: &'a Past) -> Self {
        Self {
            name: Some(folded(&past.name)),
            user: folded(&past.user),
            host: past.host,
        }
    }

    pub(super) fn into_owned(self) -> Source<'static> {
        Source {
            name: self.name.map(|name| Cow::Owned(name.into_owned())),
            user: Cow::Owned(self.user.into_owned()),
            host: self.host,
        }
    }

    /// Whether this is the same person come back, as far as can be known: the same name from the
    /// same host.
    pub(super) fn is_same_person(&self, other: &Source<'_>) -> bool {
        self.name.is_some() && self.name == other.name && self.host == other.host
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// Whether a text is one that a pattern means, both folded: `*` is any run of characters, `?` any one.
///
/// On a mismatch it goes back to the last `*` and lets that take one character more. That costs at
/// most the product of the lengths, where trying every `*` anew would cost a power of it.
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

    /// The same, from the definition.
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
            // What is made simpler means the same, but for nothing at all, which is anything.
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
        // However they fold.
        let mask = Mask::new(&mask_in_full(&"ﷺ".repeat(1000)), Person::absent("bob"), 0);
        assert!(mask.parts.iter().all(|part| part.chars().count() <= 65));
    }

    #[test]
    fn a_mask_means_its_three_parts_each() {
        let means = |mask: &str, name: Option<&str>| {
            let mask = Mask::new(&mask_in_full(mask), Person::absent("op"), 0);
            match name {
                Some(name) => mask.means(&Source::called(Person::absent(name))),
                None => mask.means(&Source::nameless(Host::LOCAL)),
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
            // A star ends where its part does.
            ("b*host!*@*", false, false),
            ("*local*!*@*", false, false),
        ] {
            assert_eq!(means(mask, Some("Bob")), bob, "{mask}");
            assert_eq!(means(mask, None), nobody, "{mask}");
        }
    }
}
