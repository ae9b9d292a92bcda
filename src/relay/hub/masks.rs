//! Masks, by which people are meant who need not be here: `nick!user@host` with `*` and `?`.

use super::names::fold;
use super::person::{Host, Person};

/// Characters in a mask, at most: any nickname, user and host fit.
pub const MASK_CHARS_MAX: usize = 150;

/// One entry of a list.
#[derive(Debug)]
pub(super) struct Mask {
    pub(super) text: Box<str>,
    pub(super) folded: Box<str>,
    /// Who put it there, as `nick!user@host`.
    pub(super) by: Box<str>,
    pub(super) unix_seconds: u64,
}

/// A mask in full: what is missing of `nick!user@host` is anything.
pub fn mask_in_full(text: &str) -> String {
    let text: String = text.chars().take(MASK_CHARS_MAX).collect();
    let (name, rest) = match text.split_once('!') {
        Some((name, rest)) => (name, rest),
        None if text.contains('@') => ("*", &*text),
        None => (&*text, "*@*"),
    };
    let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
    let part = |text: &str| match text {
        "" => String::from("*"),
        text => text.to_owned(),
    };
    format!("{}!{}@{}", part(name), part(user), part(host))
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
    pub(super) fn new(text: &str, by: Person<'_>, unix_seconds: u64) -> Self {
        Self {
            text: text.into(),
            folded: fold(text).into(),
            by: by.mask().to_string().into(),
            unix_seconds,
        }
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
        ] {
            assert_eq!(mask_in_full(text), full, "{text:?}");
        }
        assert_eq!(mask_of(Person::absent("bob")), "bob!*@*");
    }
}
