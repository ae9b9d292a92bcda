//! The text that is said of a line's bytes: line ends, telnet, encodings, and characters that are
//! not fit to show.

use crate::script::check;

/// Checks the lines that alice reads when bob sends these bytes.
fn check_said(sent: &str, said: &[&str]) {
    let lines: String = said
        .iter()
        .map(|line| format!("alice<< \"<bob> {line}\\n\"\n"))
        .collect();
    check(&format!("here alice bob\nbob>> \"{sent}\"\n{lines}"));
}

#[test]
fn a_line_ends_with_lf_crlf_or_crnul() {
    check_said("a\\nb\\r\\nc\\r\\0d\\n", &["a", "b", "c", "d"]);
    check_said("a\\rb\\r\\r\\nc\\r\\rd\\n", &["ab", "cd"]);
    check_said("a\\0b\\n", &["ab"]);
    check_said("\\ra\\n\\r\\r\\n", &["a"]);
    check_said("a\\r", &[]);
}

#[test]
fn a_byte_order_mark_at_the_start_is_dropped() {
    check_said("\\u{feff}a\\n", &["a"]);
    check_said("\\u{feff}\\n\\u{feff} \\n", &[]);
    check_said("a\\u{feff}b\\n", &["a\\u{feff}b"]);
    check(
        r#"
        here alice bob
        bob>> "\u{feff}/me waves\n"
        alice< ~ bob waves
        "#,
    );
}

#[test]
fn a_line_is_utf8_or_else_windows_1252() {
    check_said("é\\n", &["é"]);
    check_said("caf\\xe9\\n", &["café"]);
    check_said("\\x80 \\x93quoted\\x94 \\x85\\n", &["€ “quoted” …"]);
    // One wrong byte makes the whole line Windows-1252.
    check_said("é\\xe9\\n", &["Ã©é"]);
    check_said("é\\xe9\\né\\n", &["Ã©é", "é"]);
    // A byte that Windows-1252 leaves undefined is a control character, and is removed.
    check_said("a\\x81\\x8db\\xe9\\n", &["abé"]);
    // Overlong forms, surrogates and code points beyond Unicode are not UTF-8.
    check_said("\\xc0\\xaf\\n", &["À¯"]);
    check_said("\\xed\\xa0\\x80\\n", &["í\\u{a0}€"]);
    check_said("\\xf4\\x90\\x80\\x80\\n", &["ô€€"]);
    check_said("caf\\xc3\\n", &["cafÃ"]);
}

#[test]
fn telnet_is_parsed_removed_and_refused() {
    check(
        r#"
        here alice bob
        bob>> "a\xff\xf1b\xff\xfa\x18\0x\n\xff\xffy\xff\xf0c\n"
        alice< <bob> abc
        bob>> "\xff\xfd\x01\xff\xfb\x03d\xff\xfc\x01\xff\xfe\x01\n"
        bob<< "\xff\xfc\x01\xff\xfe\x03"
        alice< <bob> d
        bob>> "x\xff\xfd\x06y\n"
        bob<< "\xff\xfb\x06"
        alice< <bob> xy
        bob>> "\xff\xfb\x06\n"
        bob<< "\xff\xfe\x06"
        bob>> "\xff\xff\n"
        alice< <bob> ÿ
        bob>> "\xffa\xff \xe9\n"
        alice< <bob> ÿaÿ é
        bob>> "\xff\xf4\xff\xfd\x06"
        bob<< "\xff\xfb\x06"
        "#,
    );
}

#[test]
fn telnet_is_refused_at_most_32_times() {
    check(
        r#"
        here alice bob
        bob>> "\xff\xfd\x01"*31
        bob<< "\xff\xfc\x01"*31
        bob>> "\xff\xfb\x01"
        bob<< "\xff\xfe\x01"
        bob>> "\xff\xfb\x01\xff\xfd\x01"
        bob>> "\xff\xfd\x06\n"
        bob<< "\xff\xfb\x06"
        "#,
    );
}

#[test]
fn controls_and_escape_sequences_go() {
    for (sent, said) in [
        ("a\\tb", "a\\tb"),
        ("\\x01a\\x07\\x08\\x0b\\x0c\\x1fb\\x7f", "ab"),
        ("a\\u{80}\\u{85}\\u{9f}b", "ab"),
        ("\\e[31mred\\e[0m", "red"),
        ("\\e[?25l\\e[38;5;1mx\\e[2 qy", "xy"),
        ("\\u{9b}31mred", "red"),
        ("\\e]0;title\\x07x\\e]8;;http://e.org\\e\\\\y", "xy"),
        ("\\u{9d}0;t\\u{9c}x", "x"),
        (
            "\\ePdcs\\e\\\\a\\eXsos\\e\\\\b\\e^pm\\e\\\\c\\e_apc\\e\\\\d",
            "abcd",
        ),
        (
            "\\u{90}dcs\\u{9c}x\\u{98}y\\u{9c}\\u{9e}y\\u{9c}\\u{9f}y\\u{9c}z",
            "xz",
        ),
        ("\\e(0x\\e#8y\\e7z\\ec", "xyz"),
        ("\\e]0;no end", "0;no end"),
        ("\\e[31", "31"),
        ("x\\e", "x"),
        ("\\e\\e[mx", "x"),
        ("x\\e[\\u{e9}", "x\\u{e9}"),
        ("\\u{202e}evil\\u{202c}\\u{2066}x\\u{2069}", "evilx"),
        ("\\u{200e}a\\u{200f}", "\\u{200e}a\\u{200f}"),
        ("a\\u{2028}b\\u{2029}c", "a b c"),
        ("a\\u{a0}\\u{3000}b", "a\\u{a0}\\u{3000}b"),
    ] {
        check_said(&format!("{sent}\\n"), &[said]);
    }
}

/// An 8-bit introducer in the text of an old Windows terminal is punctuation there.
#[test]
fn windows_1252_has_letters_where_escapes_begin() {
    check_said("\\x9bcit\\xe9\\x9b\\n", &["›cité›"]);
}

/// No user can make a line of another kind, or a line on which a strict UTF-8 reader fails.
#[test]
fn labels_cannot_be_forged() {
    check(
        r#"
        here alice bob
        bob>> "x\r* the server is stopping\n"
        alice< <bob> x* the server is stopping
        bob>> "x\u{2028}* forged\n"
        alice< <bob> x * forged
        bob>> "x\u{85}* forged\x0b\n"
        alice< <bob> x* forged
        bob> /me > bob joined
        alice< ~ bob > bob joined
        bob>> "/topic a\rb\u{2028}c\n"
        alice< * topic: ab c
        bob< * topic: ab c
        bob>> "/quit a\u{202e}\x07b\n"
        bob< * Bye.
        bob closed
        alice< * bob left (ab)
        "#,
    );
}
