//! The looks of names: which names people could take for one another.
//!
//! Two questions are kept apart. Names are under their [`skeleton`] in the index, one each, so that a name is
//! found with those that look like it. A name that is asked for is compared by all of its [`guises`], since
//! one name, as it is written, may be read in several ways. The data are those of UTS 39, by
//! `unicode-security`; those for ASCII are written out below, and a test holds the two together.

use unicode_security::confusable_detection::skeleton as skeleton_of;

use super::fold::folded;

/// Returns the common form of all names that look alike, made from a [folded](super::names::fold) name:
/// the skeleton of UTS 39, 4, in lower case. It is for comparison and must never be shown: `m` becomes `rn`.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::names::{fold, skeleton};
///
/// assert_eq!(skeleton(&fold("B0b")), skeleton("bob"));
/// assert_eq!(skeleton("аdmin"), skeleton("admin"), "the first letter is Russian");
/// assert_eq!(skeleton("modern"), "rnodern");
/// ```
pub fn skeleton(folded: &str) -> String {
    if !folded.is_ascii() {
        return skeleton_of(folded).flat_map(char::to_lowercase).collect();
    }
    let mut skeleton = String::with_capacity(folded.len());
    for c in folded.chars() {
        match c {
            '0' => skeleton.push('o'),
            '1' | '|' => skeleton.push('l'),
            'm' => skeleton.push_str("rn"),
            '`' => skeleton.push('\''),
            '"' => skeleton.push_str("''"),
            c => skeleton.push(c),
        }
    }
    skeleton
}

/// Returns the skeletons of all names that a name may be taken for: its own, and those of its looks as
/// it is written. Names are compared without their case, but people read a capital `I` as a small `l`,
/// and a small `l` among capitals as an `I`. They read `ВОВ`, which is Russian, as `BOB`, though they do
/// not read `вов` as `bob`.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::names::{guises, skeleton};
///
/// assert!(guises("aIice").contains(&skeleton("alice")));
/// assert!(guises("ВОВ").contains(&skeleton("bob")));
/// assert_eq!(guises("bob"), [skeleton("bob")]);
/// ```
pub fn guises(name: &str) -> Vec<String> {
    let mut guises = Vec::new();
    add_guises(&mut guises, name);
    if !name.is_ascii() {
        add_guises(&mut guises, &in_ascii(name));
    }
    guises
}

fn add_guises(guises: &mut Vec<String>, name: &str) {
    let mut add = |name: &str| {
        let guise = skeleton(&folded(name));
        if !guises.contains(&guise) {
            guises.push(guise);
        }
    };
    add(name);
    if name.contains('I') {
        add(&name.replace('I', "l"));
    }
    let is_capital = |c: char| c == 'l' || !c.is_lowercase();
    if name.contains('l') && name.chars().any(char::is_uppercase) && name.chars().all(is_capital) {
        add(&name.replace('l', "I"));
    }
}

/// Replaces each character that looks like an ASCII character by that one, in its own case.
fn in_ascii(name: &str) -> String {
    let mut looks = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            // A dot on a letter that has a dot already.
            '\u{307}' if looks.ends_with(['i', 'j']) => {}
            c if c.is_ascii() => looks.push(c),
            c => looks.extend(skeleton_of(c.encode_utf8(&mut [0; 4]))),
        }
    }
    looks
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        let skeleton = |name: &str| skeleton(&fold(name));
        for (one, other) in [
            ("аdmin", "admin"),
            ("Αdmin", "admin"),
            ("b0b", "bob"),
            ("rnodern", "modern"),
            ("bi1l", "bill"),
            ("раураl", "paypal"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        for (one, other) in [
            ("aIice", "alice"),
            ("ADMlN", "admin"),
            ("bob", "B0B"),
            ("ВОВ", "bob"),
            ("BОВ", "bob"),
            ("РАТRICK", "patrick"),
            ("PATRICΚ", "patrick"),
            ("НOST", "host"),
            ("ADΜIN", "admin"),
            ("OPERAΤOR", "operator"),
            ("ali\u{307}ce", "alice"),
        ] {
            assert!(guises(one).contains(&skeleton(other)), "{one} {other}");
        }
        assert_eq!(guises("Bill"), [skeleton("Bill")]);
        assert_eq!(guises("вов"), [skeleton("вов")]);
        assert_eq!(guises("Zoé"), [skeleton("zoé")]);
        assert_ne!(skeleton("bob"), skeleton("bob2"));
        assert_ne!(skeleton("zoé"), skeleton("zoe"));
        // The replacements written out for ASCII are those of the Unicode data.
        for c in ('!'..='~').filter(|c| !c.is_ascii_uppercase() && *c != '%') {
            let text = c.to_string();
            let expected: String = skeleton_of(&text).flat_map(char::to_lowercase).collect();
            assert_eq!(super::skeleton(&text), expected, "{c}");
        }
    }
}
