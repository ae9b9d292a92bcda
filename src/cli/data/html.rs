//! Messages as one page that needs nothing else: no script, no other file, every word escaped.

use std::fmt::Write as _;
use std::io::{self, Write};

use parloir::relay::hub::{Entry, Speech};
use parloir::store::StoreFile;

use super::words::{advise, count, day, time};

/// Up to the title. Nothing is loaded from anywhere, whatever somebody has said.
const HEAD: &str = r#"<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem;
  color: #222; background: #fff; }
h2 { border-bottom: 1px solid; }
h3 { font-size: 1rem; position: sticky; top: 0; margin: 0; padding: .3rem 0; background: #fff; }
p { margin: 0; padding-left: 5rem; text-indent: -5rem; overflow-wrap: anywhere; white-space: pre-wrap; }
time { color: #666; font-variant-numeric: tabular-nums; }
.action, .notice { font-style: italic; }
@media (prefers-color-scheme: dark) {
  body, h3 { color: #ddd; background: #16181c; }
  time { color: #999; }
  a { color: #8ab4f8; }
}
</style>
"#;

/// Writes the messages of a room, or of all that have any, room by room and day by day.
pub(super) fn write(
    file: &StoreFile,
    room: Option<&str>,
    out: &mut impl Write,
) -> Result<io::Result<()>, String> {
    let rooms = file.rooms().map_err(|error| advise(&error))?;
    let is_asked = |name: &str| room.is_none_or(|room| room == name);
    let rooms: Vec<_> = rooms
        .iter()
        .filter(|it| is_asked(&it.name) && (it.messages > 0 || room.is_some()))
        .collect();
    let mut head = String::from(HEAD);
    let title = escaped(room.unwrap_or("The chat"));
    // Writing to a string cannot fail.
    let _ = writeln!(
        head,
        "<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>"
    );
    if room.is_none() {
        head.push_str("<ul>\n");
        for (number, it) in rooms.iter().enumerate() {
            let (name, said) = (escaped(&it.name), count(it.messages, "message"));
            let _ = writeln!(head, "<li><a href=\"#r{number}\">{name}</a>, {said}</li>");
        }
        head.push_str("</ul>\n");
    }
    if let Err(error) = out.write_all(head.as_bytes()) {
        return Ok(Err(error));
    }
    for (number, it) in rooms.iter().enumerate() {
        if room.is_none() {
            let heading = format!("<h2 id=\"r{number}\">{}</h2>\n", escaped(&it.name));
            if let Err(error) = out.write_all(heading.as_bytes()) {
                return Ok(Err(error));
            }
        }
        if let Err(error) = write_room(file, &it.name, out)? {
            return Ok(Err(error));
        }
    }
    Ok(out.write_all(b"<footer><p>All times are UTC.</p></footer>\n</body>\n</html>\n"))
}

fn write_room(
    file: &StoreFile,
    room: &str,
    out: &mut impl Write,
) -> Result<io::Result<()>, String> {
    let (mut today, mut written) = (String::new(), Ok(()));
    let shown = file.messages(Some(room), |_, entry| {
        let mut text = String::new();
        let day = day(entry.unix_us);
        if day != today {
            let _ = writeln!(text, "<h3>{day}</h3>");
            today = day;
        }
        text.push_str(&paragraph(entry));
        written = out.write_all(text.as_bytes());
        written.is_ok()
    });
    shown.map_err(|error| advise(&error))?;
    Ok(written)
}

fn paragraph(it: &Entry) -> String {
    let whole = time(it.unix_us).to_string();
    let shown = whole.get(11..19).unwrap_or_default();
    // Text from right to left must not turn around what is beside it.
    let from = format!("<b><bdi>{}</bdi></b>", escaped(&it.from));
    let text = format!("<bdi>{}</bdi>", linked(&it.text));
    let (class, said) = match it.speech {
        Speech::Action => (" class=\"action\"", format!("* {from} {text}")),
        Speech::Notice => (" class=\"notice\"", format!("-{from}- {text}")),
        _ => ("", format!("&lt;{from}&gt; {text}")),
    };
    format!("<p{class}><time datetime=\"{whole}\">{shown}</time> {said}</p>\n")
}

/// A text, escaped, with its addresses as links.
fn linked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = address(rest) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c));
        let (found, _) = from.split_at(end.unwrap_or(from.len()));
        // Signs that end a sentence are seldom part of an address.
        let link = found.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
        let link_text = escaped(link);
        out.push_str(&escaped(before));
        let _ = write!(
            out,
            "<a href=\"{link_text}\" rel=\"noopener noreferrer\">{link_text}</a>"
        );
        rest = &from[link.len()..];
    }
    out + &escaped(rest)
}

/// Where the next `http://` or `https://` begins that has something behind it.
fn address(text: &str) -> Option<usize> {
    let begins = |(at, _): &(usize, &str)| {
        let (before, from) = text.split_at(*at);
        let rest = from.strip_prefix("http://");
        let rest = rest.or_else(|| from.strip_prefix("https://"));
        let in_word = before.ends_with(|c: char| c.is_alphanumeric());
        !in_word && rest.is_some_and(|it| it.starts_with(|c: char| c.is_alphanumeric() || c == '['))
    };
    text.match_indices("http").find(begins).map(|(at, _)| at)
}

/// A text in which nothing means anything to a browser. Controls, which say how to format it, are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_is_markup() {
        for (text, expected) in [
            ("a < b && c > 'd'", "a &lt; b &amp;&amp; c &gt; &#39;d&#39;"),
            ("\u{2}bold\u{2}\nline", "bold\nline"),
            ("<script>", "&lt;script&gt;"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("xhttp://a", "xhttp://a"),
            ("http://", "http://"),
            (
                "see https://a.b/?x=1&y=\"z\".",
                "see <a href=\"https://a.b/?x=1&amp;y=\" rel=\"noopener noreferrer\">https://a.b/?x=1&amp;y=</a>&quot;z&quot;.",
            ),
            (
                "(http://a/'onclick)",
                "(<a href=\"http://a/&#39;onclick\" rel=\"noopener noreferrer\">http://a/&#39;onclick</a>)",
            ),
        ] {
            assert_eq!(linked(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_message_is_a_paragraph_with_its_time() {
        let entry = Entry {
            unix_us: 1_796_000_000_000_000,
            speech: Speech::Action,
            from: String::from("ana"),
            text: String::from("waves"),
            ..Entry::default()
        };
        assert_eq!(
            paragraph(&entry),
            "<p class=\"action\"><time datetime=\"2026-11-30T00:53:20.000Z\">00:53:20</time> * <b><bdi>ana</bdi></b> <bdi>waves</bdi></p>\n"
        );
    }
}
