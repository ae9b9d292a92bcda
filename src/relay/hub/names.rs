//! What a nickname or a room may be called, and when two names are the same.

use std::borrow::Cow;

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Characters in a nickname or a room's name, at most.
pub const NAME_CHARS_MAX: usize = 32;

/// What someone is called whose nickname has nothing legal in it.
pub const NAMELESS: &str = "guest";

/// Punctuation that a name may have, as IRC does, but for what the line protocol labels lines with.
const PUNCTUATION: &str = "_-.[]{}\\|^`";

/// Letters and marks that are invisible, and so could make two names look the same: those of the
/// property Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties) that are not format
/// characters, which are no letters anyway.
const INVISIBLE: [std::ops::RangeInclusive<char>; 10] = [
    '\u{34f}'..='\u{34f}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{2065}'..='\u{2065}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Makes a name legal; empty if nothing legal is in it.
///
/// Trimmed, NFC, inner white space one `_`, what is illegal dropped, cut at [`NAME_CHARS_MAX`].
/// Legal are letters, combining marks behind a letter, decimal digits, and ``_-.[]{}\|^` ``;
/// a name does not begin with `-` or `.`, nor has it anything invisible in it.
pub fn legalize(text: &str) -> String {
    let mut name: String = text.split_whitespace().collect::<Vec<_>>().join("_");
    // Dropping a character can bring together what composes, and composing can make a legal
    // character out of two: twice around is enough, which a test holds it to.
    for _ in 0..2 {
        name = legal_chars(name.nfc()).nfc().collect();
    }
    name.chars().take(NAME_CHARS_MAX).collect()
}

/// A legal nickname: [`NAMELESS`] if nothing legal is in the text.
pub fn nickname(text: &str) -> String {
    let name = legalize(text);
    if name.is_empty() {
        return NAMELESS.to_owned();
    }
    name
}

fn legal_chars(chars: impl Iterator<Item = char>) -> String {
    let mut name = String::new();
    let mut behind_letter = false;
    for c in chars.filter(|c| !is_invisible(*c)) {
        let legal = match kind(c) {
            Kind::Letter => true,
            Kind::Mark => behind_letter,
            Kind::Digit => true,
            Kind::Other => PUNCTUATION.contains(c),
        };
        let too_early = name.is_empty() && matches!(c, '-' | '.');
        if legal && !too_early {
            name.push(c);
            behind_letter = matches!(kind(c), Kind::Letter | Kind::Mark);
        }
    }
    name
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Mark,
    Digit,
    Other,
}

fn kind(c: char) -> Kind {
    if c.is_ascii_alphabetic() {
        return Kind::Letter;
    }
    match c.general_category_group() {
        GeneralCategoryGroup::Letter => Kind::Letter,
        GeneralCategoryGroup::Mark => Kind::Mark,
        _ if c.general_category() == GeneralCategory::DecimalNumber => Kind::Digit,
        _ => Kind::Other,
    }
}

fn is_invisible(c: char) -> bool {
    !c.is_ascii() && INVISIBLE.iter().any(|range| range.contains(&c))
}

/// What a name is compared by: NFKC and case folding, until neither changes it.
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let once = |text: &str| text.nfkc().default_case_fold().nfkc().collect::<String>();
    // Folding can make something that NFKC composes and that folds again; twice settles it.
    once(&once(name))
}

/// The same, without a copy where there is nothing to fold.
pub(super) fn folded(name: &str) -> Cow<'_, str> {
    match name
        .bytes()
        .all(|b| b.is_ascii() && !b.is_ascii_uppercase())
    {
        true => Cow::Borrowed(name),
        false => Cow::Owned(fold(name)),
    }
}

/// Whether two names are the same, up to the form and case of their letters.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || fold(one) == fold(other)
}

/// A room's name: legal as a nickname is, with a leading `#` dropped. None if nothing is left.
pub fn room_name(text: &str) -> Option<String> {
    let text = text.trim();
    let name = legalize(text.strip_prefix('#').unwrap_or(text));
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_legal() {
        for (typed, legal) in [
            ("bob", "bob"),
            ("  Jean  Paul ", "Jean_Paul"),
            ("Zoé", "Zoé"),
            ("Zoe\u{301}", "Zoé"),
            ("<b>bob</b>", "bbobb"),
            ("-.-bob", "bob"),
            ("b-o.b", "b-o.b"),
            ("\u{301}x", "x"),
            ("1\u{301}", "1"),
            ("q\u{323}\u{307}", "q\u{323}\u{307}"),
            ("山田", "山田"),
            ("٣", "٣"),
            ("½²", ""),
            ("a\u{200d}b\u{3164}c\u{fe0f}", "abc"),
            ("[]{}\\|^`_", "[]{}\\|^`_"),
            ("😀", ""),
            ("e*\u{301}", "é"),
        ] {
            assert_eq!(legalize(typed), legal, "{typed:?}");
        }
        assert_eq!(legalize(&"é".repeat(32)), "é".repeat(32));
        assert_eq!(legalize(&"é".repeat(33)), "é".repeat(32));
    }

    #[test]
    fn the_same_name_in_another_form_folds_alike() {
        for (one, other) in [
            ("Bob", "bOB"),
            ("ＢＯＢ", "bob"),
            ("Straße", "STRASSE"),
            ("ﬁn", "FIN"),
            ("Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("bob"), fold("bób"));
        for name in ["bob", "b-o.b[2]", "Bob", "bób", "ＢＯＢ", ""] {
            assert_eq!(folded(name), fold(name));
        }
    }

    #[test]
    fn legalizing_and_folding_again_change_nothing() {
        let mut random = fastrand::Rng::with_seed(7);
        let ranges = [
            0x20..0x250,
            0x300..0x370,
            0x370..0x600,
            0x1100..0x1200,
            0x1e00..0x2100,
        ];
        for round in 0..20_000 {
            let text: String = (0..random.usize(1..8))
                .filter_map(|_| {
                    let range = ranges[random.usize(..ranges.len())].clone();
                    char::from_u32(random.u32(range))
                })
                .collect();
            let name = legalize(&text);
            assert_eq!(legalize(&name), name, "round {round}: {text:?}");
            assert_eq!(fold(&fold(&name)), fold(&name), "round {round}: {text:?}");
        }
    }

    #[test]
    fn rooms_lose_their_hash() {
        assert_eq!(room_name("#dev").as_deref(), Some("dev"));
        assert_eq!(room_name("Café du Nord").as_deref(), Some("Café_du_Nord"));
        assert_eq!(room_name("#"), None);
        assert_eq!(room_name("***"), None);
    }
}
