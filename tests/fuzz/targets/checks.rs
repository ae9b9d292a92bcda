//! The properties of every line that a client of the line dialect is sent.

use parloir::relay::hub::names::legalize;

/// Checks that a line can be shown on a terminal.
pub fn check_shown(line: &str) {
    let is_shown = |c| match c {
        '\t' => true,
        '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        c => !c.is_control(),
    };
    assert!(line.chars().all(is_shown), "not fit to show: {line:?}");
}

/// Checks that a line begins with a label, and is of the kind that the label says.
pub fn check_label(line: &str, is_sender: bool) {
    let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric());
    let names = |name: &str| !name.is_empty() && (is_plain(name) || legalize(name) == name);
    let speaks = |line: &str, end| line.split_once(end).is_some_and(|(name, _)| names(name));
    let is_speech = |line: &str| match line.split_at_checked(1) {
        Some(("<", rest)) => speaks(rest, "> "),
        Some(("~", rest)) => rest.strip_prefix(' ').is_some_and(|rest| speaks(rest, " ")),
        _ => false,
    };
    let is_true = match line.split_at_checked(1) {
        Some(("*", rest)) => rest.starts_with(' '),
        Some(("[", rest)) => rest
            .split_once("Z] ")
            .is_some_and(|(_, line)| is_speech(line)),
        // A name may have a hyphen in it.
        Some(("-", rest)) => rest.contains("- "),
        // The only speaker here is the sender, who does not get its own lines.
        Some(_) => is_speech(line) && !is_sender,
        None => false,
    };
    assert!(is_true, "a false label: {line:?}");
}
