//! Objects out: each member is written as it comes, in one pass.
//!
//! Members go straight into the buffer that is sent; there is no tree of values in between. serde_json
//! escapes the texts. Members stand in the order of the calls.

use std::fmt::Display;

/// An object in the making, at the end of a buffer.
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    /// The byte before the next member: an opening brace, then commas.
    before: u8,
}

impl<'o> Object<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b'{' }
    }

    /// A member, of which `write` writes the value.
    pub(super) fn member(mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        self.out.push(self.before);
        self.before = b',';
        write_text(self.out, key);
        self.out.push(b':');
        write(self.out);
        self
    }

    pub(super) fn text(self, key: &str, text: &str) -> Self {
        self.member(key, |out| write_text(out, text))
    }

    /// The same; null, if it is none.
    pub(super) fn nullable(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self.raw(key, "null"),
        }
    }

    /// The same; no member, if it is none.
    pub(super) fn optional(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    /// A text, as something shows itself.
    pub(super) fn show(self, key: &str, it: impl Display) -> Self {
        self.text(key, &it.to_string())
    }

    pub(super) fn number(self, key: &str, number: u64) -> Self {
        self.raw(key, &number.to_string())
    }

    pub(super) fn bool(self, key: &str, is_so: bool) -> Self {
        self.raw(key, if is_so { "true" } else { "false" })
    }

    /// The same; no member, if it is not so.
    pub(super) fn flag(self, key: &str, is_so: bool) -> Self {
        match is_so {
            true => self.bool(key, true),
            false => self,
        }
    }

    /// A value that is JSON already; no member, if it is nothing.
    pub(super) fn raw(self, key: &str, json: &str) -> Self {
        match json {
            "" => self,
            json => self.member(key, |out| out.extend_from_slice(json.as_bytes())),
        }
    }

    pub(super) fn object(self, key: &str, write: impl FnOnce(Object<'_>) -> Object<'_>) -> Self {
        self.member(key, |out| write(Object::new(out)).end())
    }

    /// An array, of which `write` writes each value.
    pub(super) fn array<T>(
        self,
        key: &str,
        items: impl Iterator<Item = T>,
        write: impl Fn(&mut Vec<u8>, T),
    ) -> Self {
        self.member(key, |out| {
            out.push(b'[');
            for (n, item) in items.enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write(out, item);
            }
            out.push(b']');
        })
    }

    pub(super) fn end(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }

    /// Ends it, and the line.
    pub(super) fn end_line(self) {
        self.out.extend_from_slice(match self.before {
            b'{' => b"{}\n",
            _ => b"}\n",
        });
    }
}

/// A text in quotes.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    // A vector takes everything, and a text is always one of JSON's.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_json() {
        let mut out = Vec::new();
        Object::new(&mut out).end_line();
        Object::new(&mut out)
            .text("a", "\"\n\u{1}é")
            .number("b", u64::MAX)
            .object("c", |it| {
                it.flag("d", true).flag("e", false).nullable("f", None)
            })
            .array("g", ["x", "y"].iter(), |out, it| write_text(out, it))
            .optional("h", None)
            .raw("i", "[1]")
            .end_line();
        let lines = String::from_utf8(out).unwrap();
        assert_eq!(
            lines,
            "{}\n{\"a\":\"\\\"\\n\\u0001é\",\"b\":18446744073709551615,\"c\":{\"d\":true,\"f\":null},\
             \"g\":[\"x\",\"y\"],\"i\":[1]}\n"
        );
        for line in lines.lines() {
            assert!(
                serde_json::from_str::<serde_json::Value>(line).is_ok(),
                "{line}"
            );
        }
    }
}
