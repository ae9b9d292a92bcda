//! When two names are the same: what they are compared by.
//!
//! As in [`names`](super::names), nothing here looks at more of a text than a name could have.

use std::borrow::Cow;

use caseless::Caseless;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Characters of a name once it is [folded](fold), at most. Most letters fold to one, some to two or
/// three, a few to many more: of those, a name has less than [`NAME_CHARS_MAX`](super::names::NAME_CHARS_MAX).
pub const FOLDED_CHARS_MAX: usize = 64;

/// Characters of a text that can matter to a name. Normalizing makes one of at most four.
pub(super) const LOOKED_AT_MAX: usize = 4 * (FOLDED_CHARS_MAX + 1);

/// What a name is compared by: NFKC and case folding, until neither changes it. A text that folds to
/// more than [`FOLDED_CHARS_MAX`] is cut one character behind that, and so is nobody's name.
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
    // Folding can make something that NFKC composes and that folds again; twice settles it.
    fold_once(once.chars())
}

fn fold_once(chars: impl Iterator<Item = char>) -> String {
    let folded = chars.nfkc().default_case_fold().nfkc();
    folded.take(FOLDED_CHARS_MAX + 1).collect()
}

/// The same, without a copy where there is nothing to fold.
pub(super) fn folded(name: &str) -> Cow<'_, str> {
    let is_folded = |b: u8| b.is_ascii() && !b.is_ascii_uppercase();
    match name.len() <= FOLDED_CHARS_MAX && name.bytes().all(is_folded) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(fold(name)),
    }
}

/// Whether two names are the same, up to the form and case of their letters.
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
