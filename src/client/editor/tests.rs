//! Tests the editor by its keys, and the row that is painted.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_width::UnicodeWidthStr;

use super::{Editor, HISTORY_MAX, KeyResult, TYPED_BYTES_MAX, paint};

const NAMES: [&str; 5] = ["Élodie", "bob", "alice", "bobby", "alan"];

/// Presses keys: text is typed; `<left>`, `<c-a>`, `<a-b>` and the like are keys.
fn press(editor: &mut Editor, keys: &str) -> KeyResult {
    let mut outcome = KeyResult::Edited;
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let (key, length) = match rest.find('>').filter(|_| c == '<') {
            Some(end) => (named(&rest[1..end]), end + 1),
            None => (KeyCode::Char(c).into(), c.len_utf8()),
        };
        rest = &rest[length..];
        outcome = editor.key(key, NAMES.into_iter());
    }
    outcome
}

fn named(name: &str) -> KeyEvent {
    let (modifiers, name) = match name.split_once('-') {
        Some(("c", name)) => (KeyModifiers::CONTROL, name),
        Some(("a", name)) => (KeyModifiers::ALT, name),
        _ => (KeyModifiers::NONE, name),
    };
    let code = match name {
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "back" => KeyCode::Backspace,
        "del" => KeyCode::Delete,
        "tab" => KeyCode::Tab,
        "enter" => KeyCode::Enter,
        _ => KeyCode::Char(name.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

#[test]
fn keys_edit_the_line() {
    // `|` is the cursor.
    for (keys, line) in [
        ("héllo", "héllo|"),
        ("abc<left><left>x", "ax|bc"),
        ("abc<home>x<end>y", "xabcy|"),
        ("abc<c-a><c-d>", "|bc"),
        ("e\u{301}x<left><left>", "|e\u{301}x"),
        ("ae\u{301}<back>", "a|"),
        ("👨‍👩‍👧x<left><back>", "|x"),
        ("ab<left><del><del>", "a|"),
        ("one two, three<a-b><a-b>", "one |two, three"),
        ("one two<c-a><a-f>", "one| two"),
        ("one two three<c-w>", "one two |"),
        ("one two <c-w>x", "one x|"),
        ("one two<c-u>", "|"),
        ("one two<c-left><c-k><c-a><c-y>", "two|one "),
        ("one two<a-back><c-y><c-y>", "one twotwo|"),
        ("<back><left><c-w><del><up><down>", "|"),
        ("x<a-q><c-q>", "x|"),
    ] {
        let mut editor = Editor::default();
        assert_eq!(press(&mut editor, keys), KeyResult::Edited, "{keys}");
        let (before, behind) = editor.text().split_at(editor.cursor());
        assert_eq!(format!("{before}|{behind}"), line, "{keys}");
    }
}

#[test]
fn lines_come_out_and_can_be_had_again() {
    let mut editor = Editor::default();
    for line in ["one", "two", "two", "  "] {
        let outcome = press(&mut editor, &format!("{line}<enter>"));
        assert_eq!(outcome, KeyResult::Line(line.into()));
    }
    for (keys, text) in [
        ("half", "half"),
        ("<up>", "two"),
        ("<c-p>", "one"),
        ("<up>", "one"),
        ("<down>", "two"),
        ("<c-n>", "half"),
        ("<down>", "half"),
        ("<up><up>!", "one!"),
    ] {
        press(&mut editor, keys);
        assert_eq!(editor.text(), text, "{keys}");
    }
    assert_eq!(
        press(&mut editor, "<enter>"),
        KeyResult::Line("one!".into())
    );
    assert_eq!(
        press(&mut editor, "<up><enter>"),
        KeyResult::Line("one!".into())
    );
    for n in 0..=HISTORY_MAX {
        press(&mut editor, &format!("{n}<enter>"));
    }
    press(&mut editor, &"<up>".repeat(HISTORY_MAX + 5));
    assert_eq!(editor.text(), "1");
}

#[test]
fn control_keys_mean_what_they_mean_in_a_shell() {
    let mut editor = Editor::default();
    assert_eq!(press(&mut editor, "<c-d>"), KeyResult::Ended);
    assert_eq!(press(&mut editor, "x<c-d>"), KeyResult::Edited);
    assert_eq!(press(&mut editor, "<c-c>"), KeyResult::Interrupted);
    assert_eq!(editor.text(), "");
    assert_eq!(press(&mut editor, "<c-z>"), KeyResult::Suspend);
    assert_eq!(press(&mut editor, "<c-l>"), KeyResult::Clear);
    assert_eq!(press(&mut editor, "x<c-j>"), KeyResult::Line("x".into()));
}

#[test]
fn a_line_is_as_long_as_a_relay_takes() {
    let mut editor = Editor::default();
    press(&mut editor, &"x".repeat(TYPED_BYTES_MAX - 1));
    press(&mut editor, "é");
    assert_eq!(editor.text().len(), TYPED_BYTES_MAX - 1);
    press(&mut editor, "yz");
    assert_eq!(editor.text().len(), TYPED_BYTES_MAX);
}

#[test]
fn a_secret_leaves_no_trace() {
    let mut editor = Editor {
        is_secret: true,
        ..Editor::default()
    };
    press(&mut editor, "sesa<c-u>sesame<tab><enter>");
    editor.is_secret = false;
    press(&mut editor, "<up><c-y>");
    assert_eq!(editor.text(), "");
    let seen = paint("> ", "sésame", 7, true, 80);
    assert_eq!(seen, "\r> ******\x1b[K\r\x1b[8C");
}

#[test]
fn tab_completes_commands_and_nicknames() {
    for (keys, text, choices) in [
        ("/q<tab>", "/quit ", &[][..]),
        ("/h<tab>", "/h", &["/help", "/history"]),
        ("/hi<tab>", "/history ", &[]),
        ("/m<tab>", "/m", &["/me", "/mode", "/msg", "/mute"]),
        ("hi /q<tab>", "hi /q", &[]),
        ("al<tab>", "al", &["alan", "alice"]),
        ("ALI<tab>", "alice ", &[]),
        ("/msg b<tab>", "/msg bob", &[]),
        ("/msg bob<tab>", "/msg bob", &["bob", "bobby"]),
        ("é<tab>", "Élodie ", &[]),
        ("alic rest<home><c-right><tab>", "alice rest", &[]),
        ("zoé<tab>", "zoé", &[]),
        ("<tab>", "", &[]),
        ("hi <tab>", "hi ", &[]),
    ] {
        let mut editor = Editor::default();
        let outcome = press(&mut editor, keys);
        assert_eq!(editor.text(), text, "{keys}");
        match outcome {
            KeyResult::Choices(found) => assert_eq!(found, choices, "{keys}"),
            _ => assert!(choices.is_empty(), "{keys}: {outcome:?}"),
        }
    }
}

#[test]
fn one_row_is_seen_whatever_is_typed() {
    for (text, cursor, columns, seen, column) in [
        ("", 0, 80, "> ", 2),
        ("héllo", 6, 80, "> héllo", 7),
        ("hello", 0, 80, "> hello", 2),
        ("a\tb", 3, 80, "> a b", 5),
        ("0123456789", 10, 10, "> 456789", 8),
        ("0123456789", 0, 10, "> 0123456", 2),
        ("0123456789", 8, 10, "> 2345678", 8),
        ("日本語", 9, 10, "> 日本語", 8),
        ("日本語です", 15, 10, "> 語です", 8),
        ("日本語です", 0, 10, "> 日本語", 2),
        ("x", 1, 0, "> x", 3),
    ] {
        let painted = paint("> ", text, cursor, false, columns);
        let expected = format!("\r{seen}\x1b[K\r\x1b[{column}C");
        assert_eq!(painted, expected, "{text:?} {cursor} {columns}");
    }
}

/// After any keys, the cursor is between two characters and the row does not wrap.
#[test]
fn no_keys_break_the_line() {
    let keys = [
        "a",
        " ",
        "\t",
        "é",
        "e\u{301}",
        "👨‍👩‍👧",
        "日",
        "\u{200d}",
        "/",
        "<left>",
        "<right>",
        "<up>",
        "<down>",
        "<home>",
        "<end>",
        "<back>",
        "<del>",
        "<tab>",
        "<enter>",
        "<c-a>",
        "<c-e>",
        "<c-b>",
        "<c-f>",
        "<c-d>",
        "<c-h>",
        "<c-k>",
        "<c-u>",
        "<c-w>",
        "<c-y>",
        "<c-left>",
        "<c-right>",
        "<a-b>",
        "<a-f>",
        "<a-d>",
        "<a-back>",
        "<c-c>",
        "<c-p>",
        "<c-n>",
        "<c-x>",
    ];
    let mut random = fastrand::Rng::with_seed(1);
    let mut editor = Editor::default();
    for _ in 0..20_000 {
        let pressed = keys[random.usize(..keys.len())];
        // Text is typed more often than it is removed.
        let pressed = if random.bool() {
            keys[random.usize(..9)]
        } else {
            pressed
        };
        press(&mut editor, pressed);
        let (text, cursor) = (editor.text(), editor.cursor());
        assert!(
            text.is_char_boundary(cursor),
            "{pressed}: {text:?} {cursor}"
        );
        let columns = random.usize(..40).max(4);
        let painted = paint("> ", text, cursor, random.bool(), columns);
        let (row, to_cursor) = painted.split_once("\x1b[K").unwrap();
        assert!(
            row[1..].width() < columns.max(5),
            "{text:?} in {columns}: {row:?}"
        );
        let column: usize = to_cursor[3..to_cursor.len() - 1].parse().unwrap();
        assert!(column < columns.max(5), "{text:?} {cursor} in {columns}");
    }
}
