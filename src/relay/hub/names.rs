//! The rules for nicknames and room names: which characters are legal, and which names are the same.
//!
//! Every text that might be a name comes from a client that may be hostile. Nothing here looks at more
//! of a text than a name could have, since there are letters that fold to eighteen characters.
//!
//! ```text
//! typed ── legalize, room_name ──▶ a name ── fold ──▶ same name? ── skeleton ──▶ looks the same?
//!          shown as it is          "Zoé"              "zoé"                      UTS 39, 4
//! ```
//!
//! All dialects and the host program go through here, so that a name from one can be typed in the others.
//! Folded names and skeletons are for comparison, and never shown.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

pub use super::confusables::{guises, skeleton};
use super::fold::LOOKED_AT_MAX;
pub use super::fold::{FOLDED_CHARS_MAX, fold, is_same};

/// Characters in a nickname or a room's name, at most, not bytes: 32 characters have up to 128 bytes.
pub const NAME_CHARS_MAX: usize = 32;

/// The nickname of a client whose requested nickname has no legal character.
pub const NAMELESS: &str = "guest";

/// Punctuation that is legal in a nickname: as in IRC, but without the characters that the line protocol
/// labels lines with.
const PUNCTUATION: &str = "_-.[]{}\\|^`";

/// Letters and marks that are invisible and could make two different names look the same: those with the
/// property Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties) that are not format
/// characters. Format characters are no letters, and so are illegal anyway.
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

/// Makes a nickname legal. The result is empty if the text has no legal character.
///
/// The text is trimmed and brought to NFC, white space inside it becomes one `_`, and illegal characters
/// are dropped. It is cut at [`NAME_CHARS_MAX`], or earlier if it would fold to more than
/// [`FOLDED_CHARS_MAX`]. Legal are letters, combining marks behind a letter, decimal digits, and
/// ``_-.[]{}\|^` ``. A nickname does not begin with `-` or `.`, and has no invisible characters.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::names::legalize;
///
/// assert_eq!(legalize("  Anna  Maria! "), "Anna_Maria");
/// assert_eq!(legalize("-bob-"), "bob-");
/// assert_eq!(legalize("e\u{301}va\u{200b}"), "éva", "one form, and nothing invisible");
/// assert_eq!(legalize("<*>"), "", "the line protocol labels lines with these");
/// assert_eq!(legalize(&"x".repeat(100)).len(), 32);
/// ```
pub fn legalize(text: &str) -> String {
    legalize_by(text, legal_in_nickname)
}

/// Returns a legal nickname: [`NAMELESS`] if the text has no legal character. A caller that has to have a
/// name uses this: a line from the host program that had none legal was once from nobody, `<> hello`.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::names::nickname;
///
/// assert_eq!(nickname("Bob "), "Bob");
/// assert_eq!(nickname("???"), "guest");
/// ```
pub fn nickname(text: &str) -> String {
    let name = legalize(text);
    if name.is_empty() {
        return NAMELESS.to_owned();
    }
    name
}

/// Returns a legal room name, without the leading `#`; none if nothing is left.
///
/// The name is made legal as a [nickname](legalize) is, but more characters are legal: all visible ones
/// that IRC allows in a channel name, that is, all but blanks, commas, control characters and invisible
/// ones (RFC 2812, 1.3).
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::names::{legalize_room, room_name};
///
/// assert_eq!(room_name("#dev").as_deref(), Some("dev"));
/// assert_eq!(room_name("C++ help").as_deref(), Some("C++_help"));
/// assert_eq!(room_name("##chat").as_deref(), Some("#chat"), "one # is IRC's, the next is the room's");
/// assert_eq!(legalize_room("#chat"), "#chat", "where no # of IRC's can stand before it");
/// assert_eq!(room_name(" , "), None);
/// ```
pub fn room_name(text: &str) -> Option<String> {
    let text = text.trim();
    let name = legalize_room(text.strip_prefix('#').unwrap_or(text));
    (!name.is_empty()).then_some(name)
}

/// Makes a room name legal that is written without the `#`: a `#` at its beginning is part of the name.
pub fn legalize_room(text: &str) -> String {
    legalize_by(text, legal_in_room)
}

/// Returns whether a character is legal, given the legal character before it, if there is one.
type IsLegal = fn(char, Option<char>) -> bool;

fn legalize_by(text: &str, is_legal: IsLegal) -> String {
    let words = text.split_whitespace().flat_map(|word| ["_", word]).skip(1);
    let chars = words.flat_map(str::chars);
    // Dropping a character can bring together two that compose, and composing can make a legal character
    // out of two. Two rounds are enough, as a test checks.
    let once = legal_chars(chars.nfc(), is_legal);
    let twice = legal_chars(once.nfc(), is_legal);
    let mut name: String = twice.nfc().take(NAME_CHARS_MAX).collect();
    // ASCII folds to as many characters, so only other names have to be measured.
    if !name.is_ascii() && fold(&name).chars().count() > FOLDED_CHARS_MAX {
        name.truncate(before_number(&name, 0).len());
    }
    name
}

/// Returns as much of a name as leaves room for a number of so many digits behind it.
pub(super) fn before_number(name: &str, digits: usize) -> &str {
    let mut room = FOLDED_CHARS_MAX - digits;
    let mut chars = name.char_indices().take(NAME_CHARS_MAX - digits);
    let end = chars.find_map(|(at, c)| {
        let left = room.checked_sub(folded_chars(c));
        room = left.unwrap_or_default();
        left.is_none().then_some(at)
    });
    let end = end.or_else(|| Some(name.char_indices().nth(NAME_CHARS_MAX - digits)?.0));
    &name[..end.unwrap_or(name.len())]
}

/// Returns the number of characters that one folds to by itself. Next to other characters it can only
/// become smaller.
fn folded_chars(c: char) -> usize {
    match c.is_ascii() {
        true => 1,
        false => fold(c.encode_utf8(&mut [0; 4])).chars().count(),
    }
}

/// Returns the legal characters, as many as a name can be made from.
fn legal_chars(chars: impl Iterator<Item = char>, is_legal: IsLegal) -> String {
    let mut name = String::new();
    let mut last = None;
    let mut count = 0;
    for c in chars {
        if !is_invisible(c) && is_legal(c, last) {
            name.push(c);
            last = Some(c);
            count += 1;
        }
        if count == LOOKED_AT_MAX {
            break;
        }
    }
    name
}

fn legal_in_nickname(c: char, behind: Option<char>) -> bool {
    match kind(c) {
        Kind::Letter | Kind::Digit => true,
        Kind::Mark => behind.is_some_and(|it| matches!(kind(it), Kind::Letter | Kind::Mark)),
        Kind::Other if behind.is_none() && matches!(c, '-' | '.') => false,
        Kind::Other => PUNCTUATION.contains(c),
    }
}

fn legal_in_room(c: char, behind: Option<char>) -> bool {
    // Format characters are invisible or change the direction of text; unassigned characters have no
    // meaning yet, and private ones none that everybody knows.
    let is_odd = || {
        use GeneralCategory as Kind;
        matches!(
            c.general_category(),
            Kind::Control
                | Kind::Format
                | Kind::Surrogate
                | Kind::PrivateUse
                | Kind::Unassigned
                | Kind::LineSeparator
                | Kind::ParagraphSeparator
                | Kind::SpaceSeparator
        )
    };
    match c {
        ',' | ' ' => false,
        c if c.is_ascii() => !c.is_control(),
        c if kind(c) == Kind::Mark => behind.is_some(),
        _ => !is_odd(),
    }
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
    if c.is_ascii() {
        return if c.is_ascii_digit() {
            Kind::Digit
        } else {
            Kind::Other
        };
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
    fn a_name_that_folds_to_more_than_sixty_four_characters_is_cut_before() {
        for (letter, folds_to, kept) in [("ß", 2, 32), ("ﬃ", 3, 21), ("ﷺ", 18, 3)] {
            let name = legalize(&letter.repeat(40));
            assert_eq!(name, letter.repeat(kept));
            assert_eq!(fold(&name).chars().count(), folds_to * kept);
        }
    }

    #[test]
    fn nothing_looks_at_more_of_a_text_than_a_name_could_have() {
        // If whole texts were looked at, each would take the better part of a minute here.
        for text in [
            "ﷺ",
            "a\u{301}",
            "\u{301}",
            "😀",
            "ß",
            "\u{1112}\u{1161}\u{11ab}",
        ] {
            let text = text.repeat(1_000_000);
            assert!(fold(&text).chars().count() <= FOLDED_CHARS_MAX + 1);
            assert_eq!(legalize(&text), legalize(&legalize(&text)));
            assert!(!is_same(&text, "bob"));
        }
        let long = "b".repeat(FOLDED_CHARS_MAX + 1);
        assert_ne!(fold(&long), fold(&long[1..]));
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
        assert_eq!(room_name(" ,\u{7}\u{200b}"), None);
    }

    #[test]
    fn rooms_are_called_what_channels_are() {
        for name in [
            "#chat", "c++", "c#", ".net", "r&d", "l'été", "🎉", "a/b", "-", "***", "<b>",
        ] {
            assert_eq!(room_name(&format!("#{name}")).as_deref(), Some(name));
            assert_eq!(legalize_room(name), name);
        }
        assert_eq!(legalize_room("a,b\u{7}\u{202e}c"), "abc");
        assert_eq!(legalize_room(&"🎉".repeat(33)), "🎉".repeat(32));
    }
}
