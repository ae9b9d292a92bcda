//! The form in which names are compared, which decides when two names are the same.
//!
//! As in [`names`](super::names), nothing here looks at more of a text than a name could have.

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

/// Returns the same as [`fold`], without a copy if there is nothing to fold.
pub(super) fn folded(name: &str) -> Cow<'_, str> {
    let is_folded = |b: u8| b.is_ascii() && !b.is_ascii_uppercase();
    match name.len() <= FOLDED_CHARS_MAX && name.bytes().all(is_folded) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(fold(name)),
    }
}

/// Returns whether two names are the same. Names that differ only in Unicode form or in case are.
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
