//! Tags on lines that are written already, and batches of them (IRCv3 message-tags, batch).

use super::wire::Line;

/// Makes the lines from `start` on a batch of this name.
pub(super) fn put_in_batch(
    out: &mut Vec<u8>,
    start: usize,
    server: &str,
    name: &str,
    what: &[&str],
) {
    let lines = out.split_off(start);
    let mut line = Line::from(out, server).add("BATCH +").add(name);
    for word in what {
        line = line.add(" ").add(word);
    }
    line.end();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        add_tag(out, "batch", name, line);
    }
    Line::from(out, server).add("BATCH -").add(name).end();
}

/// Whether a line has a tag of this name and a value to it.
pub(super) fn has_tag(line: &[u8], key: &str) -> bool {
    let Some(tags) = line.strip_prefix(b"@") else {
        return false;
    };
    let tags = tags.split(|byte| *byte == b' ').next().unwrap_or_default();
    let mut tags = tags.split(|byte| *byte == b';');
    tags.any(|tag| {
        tag.strip_prefix(key.as_bytes())
            .is_some_and(|it| it.starts_with(b"="))
    })
}

/// Writes a line with one more tag before its others.
pub(super) fn add_tag(out: &mut Vec<u8>, key: &str, value: &str, line: &[u8]) {
    let (rest, between) = match line.strip_prefix(b"@") {
        Some(rest) => (rest, ";"),
        None => (line, " "),
    };
    for part in ["@", key, "=", value, between] {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(rest);
}
