//! Message tags: what a client says with its message, and what of it goes on to others.
//!
//! IRCv3 message-tags, "Format", "Escaping Values", "Rules for naming message tags".
//!
//! Values stay escaped as they stand on the wire, in the hub as well: IRC passes them on without a look. JSON
//! unescapes them, and IRC those of a search.

/// Bytes of a label (IRCv3 labeled-response, "The label tag").
const LABEL_BYTES_MAX: usize = 64;

/// The value of a tag as it stands on the wire; the last one counts if there are several.
pub(in crate::relay::dialect) fn value<'a>(tags: &'a str, key: &str) -> Option<&'a str> {
    let found = tags.split(';').rev().map(split).find(|tag| tag.0 == key);
    found.map(|tag| tag.1)
}

/// The label that is to stand on the answer, as it stands on the wire. One with a byte in it that no
/// value has is none: it would take the answer apart, though the line it came on is refused.
pub(in crate::relay::dialect) fn label(tags: &str) -> Option<&str> {
    let is_label = |label: &&str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len()) && !label.contains(['\0', '\r'])
    };
    value(tags, "label").filter(is_label)
}

/// The tags that clients tell each other, for the server to pass on: those that begin with `+`. All others,
/// such as `time` or `msgid`, are the server's to say; from a client they would be a forgery.
pub(in crate::relay::dialect) fn pass_on(tags: &str, out: &mut String) {
    out.clear();
    for (key, value) in tags.split(';').map(split) {
        if !is_client_key(key) || value.contains(['\0', '\r', '\n']) {
            continue;
        }
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(key);
        if !value.is_empty() {
            out.push('=');
            out.push_str(value);
        }
    }
}

pub(in crate::relay::dialect) fn split(tag: &str) -> (&str, &str) {
    tag.split_once('=').unwrap_or((tag, ""))
}

/// `+[vendor/]name`
pub(in crate::relay::dialect) fn is_client_key(key: &str) -> bool {
    let Some(key) = key.strip_prefix('+') else {
        return false;
    };
    let (vendor, name) = key.rsplit_once('/').unwrap_or(("", key));
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_vendor = |c: char| is_name(c) || c == '.';
    !name.is_empty()
        && name.chars().all(is_name)
        && vendor.chars().all(is_vendor)
        && !(vendor.is_empty() && key.starts_with('/'))
}

/// The value that an escaped one stands for.
pub(in crate::relay::dialect) fn unescape(value: &str) -> String {
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(':') => out.push(';'),
                Some('s') => out.push(' '),
                Some('r') => out.push('\r'),
                Some('n') => out.push('\n'),
                // Of any other character, the backslash means nothing.
                Some(c) => out.push(c),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_own_tags_are_passed_on() {
        for (tags, passed) in [
            ("", ""),
            ("label=1;time=x", ""),
            ("+a", "+a"),
            ("+a=", "+a"),
            ("+a=b;label=1;+draft/reply=c", "+a=b;+draft/reply=c"),
            ("+a=b\\:\\s\\\\", "+a=b\\:\\s\\\\"),
            ("+a=1;+a=2", "+a=1;+a=2"),
            ("+example.org/x=😀", "+example.org/x=😀"),
            ("+", ""),
            ("+/x", ""),
            ("+a b", ""),
            ("+a_b=c;+ok", "+ok"),
            (";;+a;;", "+a"),
        ] {
            let mut out = String::from("old");
            pass_on(tags, &mut out);
            assert_eq!(out, passed, "{tags:?}");
        }
    }

    #[test]
    fn a_label_has_a_length() {
        let long = "x".repeat(64);
        assert_eq!(label(&format!("+a;label={long};b")), Some(long.as_str()));
        assert_eq!(label(&format!("label={long}x")), None);
        assert_eq!(label("label="), None);
        assert_eq!(label("label=a\rb"), None);
        assert_eq!(label("label=\0"), None);
        assert_eq!(label("label"), None);
        assert_eq!(label("+label=1;labels=2"), None);
        assert_eq!(label("label=1;label=2"), Some("2"));
    }
}
