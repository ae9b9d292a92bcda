//! The form in which names are compared, which decides when two names are the same.
//!
//! As in [`names`](super::names), nothing here looks at more of a text than a name could have. Names were
//! once folded in full whenever they were compared: one guest with long names in letters that fold to many
//! could stall the loop for seconds.
//!
//! Folding stands apart from [`names`](super::names) and from `confusables` because both need it: a skeleton
//! is made of a folded name, and a legal name is one that folds to few enough characters.

use std::borrow::Cow;

use caseless::Caseless;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Characters of a [folded](fold) name, at most. Most letters fold to one character, some to two or
/// three, and a few to many more: a name with such letters has fewer than
/// [`NAME_CHARS_MAX`](super::names::NAME_CHARS_MAX).
pub const FOLDED_CHARS_MAX: usize = 64;

/// Characters of a text that can matter to a name. Normalizing makes one character out of at most four.
pub(super) const LOOKED_AT_MAX: usize = 4 * (FOLDED_CHARS_MAX + 1);

/// Returns the form in which a name is compared: NFKC and case folding, repeated until neither changes
/// it. A text that folds to more than [`FOLDED_CHARS_MAX`] is cut one character later, and so equals no
/// name.
///
/// NFC and lower case alone would leave `ﬁx` and `fix` two names, and `STRASSE` another one than `straße`.
/// IRC clients are told that the case mapping is `ascii`, since IRC has no word for this one, and `ascii`
/// holds for the names that every client can compare.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::names::{FOLDED_CHARS_MAX, fold};
///
/// assert_eq!(fold("Bob"), "bob");
/// assert_eq!(fold("STRASSE"), fold("straße"));
/// assert_eq!(fold("ﬁx"), "fix");
/// assert_eq!(fold(&"x".repeat(1_000)).chars().count(), FOLDED_CHARS_MAX + 1);
/// ```
pub fn fold(name: &str) -> String {
    let chars = name.chars().take(LOOKED_AT_MAX);
    if name.is_ascii() {
        let chars = chars.take(FOLDED_CHARS_MAX + 1);
        return chars.map(|c| c.to_ascii_lowercase()).collect();
    }
    let once = fold_once(chars);
    if is_nfkc_quick(once.chars()) == IsNormalized::Yes
        && once.chars().default_case_fold().eq(once.chars())
    {
        return once;
    }
    // Folding can make characters that NFKC composes into one that folds again. A second round settles
    // it.
    fold_once(once.chars())
}

fn fold_once(chars: impl Iterator<Item = char>) -> String {
    let folded = chars.nfkc().default_case_fold().nfkc();
    folded.take(FOLDED_CHARS_MAX + 1).collect()
}

/// Returns the same as [`fold`], without a copy if there is nothing to fold. Most names that clients send
/// are in small ASCII letters, and with this a line that names its room is said without an allocation.
pub(super) fn folded(name: &str) -> Cow<'_, str> {
    let is_folded = |b: u8| b.is_ascii() && !b.is_ascii_uppercase();
    match name.len() <= FOLDED_CHARS_MAX && name.bytes().all(is_folded) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(fold(name)),
    }
}

/// Returns whether two names are the same. Names that differ only in Unicode form or in case are. Names that
/// only look alike are not: see [`skeleton`](super::names::skeleton).
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::names::is_same;
///
/// assert!(is_same("Zoé", "ZOE\u{301}"));
/// assert!(!is_same("bob", "b0b"));
/// ```
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || fold(one) == fold(other)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
