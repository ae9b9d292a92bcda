//! The page, as it is built in, with what browsers are told of it: its tag, and what it may do.
//!
//! The page is one file and loads nothing from anywhere, so all of it can be held to hashes: a script that
//! somebody else got into it would not run. The tests ask that nothing in the file is forbidden by its own
//! policy, since a browser would leave that out in silence.

use std::fmt::Write;
use std::sync::LazyLock;

use data_encoding::BASE64;
use flate2::{Compress, Compression, Crc, FlushCompress};
use sha2::{Digest, Sha256};

/// The page of `GET /`: one file, with its script and its style in it.
const PAGE: &str = include_str!("../../../web/page.html");

/// A page that can be served.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) bytes: Vec<u8>,
    /// The same, compressed. About a third, so both forms are kept.
    pub(super) gzip: Vec<u8>,
    /// Changes with the page (RFC 9110, 8.8.3), and is another for the compressed one.
    pub(super) tag: String,
    pub(super) gzip_tag: String,
    /// Its Content-Security-Policy: its own script and style, no others; itself to connect to.
    pub(super) policy: String,
}

/// Condensed, compressed and hashed once, when it is first asked for: a relay that nobody opens in a browser
/// never does this work.
pub(super) static CHAT: LazyLock<Page> = LazyLock::new(|| Page::new(condensed(PAGE).into_bytes()));

/// The page without what only its readers need: indentation, blank lines, and comments that have
/// lines to themselves. A fifth of it. A minifier would save another fifth, and what a browser shows
/// of the source could not be read any more; besides, it would be a step between the file and the page.
fn condensed(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    // The end of the comment that the line at hand is in.
    let mut comment: Option<&str> = None;
    for line in page.lines().map(str::trim) {
        let end = comment.or_else(|| match line {
            _ if line.starts_with("/*") => Some("*/"),
            _ if line.starts_with("<!--") => Some("-->"),
            _ => None,
        });
        if let Some(end) = end {
            comment = Some(end).filter(|end| !line.ends_with(end));
        } else if !(line.is_empty() || line.starts_with("//")) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

impl Page {
    fn new(bytes: Vec<u8>) -> Self {
        let mut policy = String::from("default-src 'none'");
        // By hashes and not by `unsafe-inline`, which would let any script in.
        for (directive, element) in [("script-src", "script"), ("style-src", "style")] {
            let _ = write!(policy, "; {directive}");
            let mut hashes = elements(&bytes, element).map(hash).peekable();
            if hashes.peek().is_none() {
                policy.push_str(" 'none'");
            }
            for hash in hashes {
                let _ = write!(policy, " 'sha256-{hash}'");
            }
        }
        // Nothing that a user wrote can become markup, even if the page tried.
        policy.push_str(
            "; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        );
        let hash = &hash(&bytes)[..16];
        Self {
            tag: format!("\"{hash}\""),
            gzip_tag: format!("\"{hash}-gzip\""),
            gzip: compressed(&bytes),
            bytes,
            policy,
        }
    }
}

/// As gzip (RFC 1952, 2.3): a head without a name and a time, the bytes, their sum and their number.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    // Incompressible data grows by five bytes in each block of at least 16 KiB.
    let mut deflated = Vec::with_capacity(bytes.len() + bytes.len() / 1000 + 64);
    let mut deflate = Compress::new(Compression::best(), false);
    // There is room for everything, so there is no error to handle.
    let _ = deflate.compress_vec(bytes, &mut deflated, FlushCompress::Finish);
    let mut crc = Crc::new();
    crc.update(bytes);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff];
    out.extend(deflated);
    out.extend(crc.sum().to_le_bytes());
    out.extend(crc.amount().to_le_bytes());
    out
}

fn hash(bytes: &[u8]) -> String {
    BASE64.encode(&Sha256::digest(bytes))
}

/// The text between the tags of each element of this name. The page is ours: its tags are in lower
/// case, and these elements have nothing in them that looks like one.
fn elements<'a>(page: &'a [u8], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut rest = page;
    std::iter::from_fn(move || {
        loop {
            let behind = &rest[memchr::memmem::find(rest, open.as_bytes())? + open.len()..];
            rest = behind;
            // `<styled>` is another.
            if !matches!(behind.first(), Some(b'>' | b' ' | b'\n')) {
                continue;
            }
            let start = memchr::memchr(b'>', behind)? + 1;
            let end = start + memchr::memmem::find(&behind[start..], close.as_bytes())?;
            rest = &behind[end..];
            return Some(&behind[start..end]);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_are_allowed_by_their_hashes() {
        let page = b"<!doctype html><style>\na{}</style><styled></styled><script type=\"module\">1</script>\n<script>2</script>";
        let found = |name| elements(page, name).collect::<Vec<_>>();
        assert_eq!(found("style"), [b"\na{}"]);
        assert_eq!(found("script"), [b"1", b"2"]);
        let policy = Page::new(page.to_vec()).policy;
        // printf 2 | openssl dgst -sha256 -binary | base64
        assert!(
            policy.contains("'sha256-1HNeOiZeFu7gP1lxi5tdAwGcB9i2xR+Q2jpmbuwTqzU='"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        let empty = Page::new(Vec::new()).policy;
        assert!(empty.starts_with("default-src 'none'; script-src 'none'; style-src 'none'; "));
    }

    /// The first read of a beginner's program, `recv(2048).decode()`, must not end within a character.
    #[test]
    fn the_page_begins_in_ascii() {
        assert!(CHAT.bytes.iter().take(2048).all(u8::is_ascii));
        assert!(CHAT.bytes.starts_with(b"<!doctype html>"));
    }

    #[test]
    fn the_page_is_one_request_of_less_than_100_kb_and_a_third_of_it_compressed() {
        let (plain, compressed) = (CHAT.bytes.len(), CHAT.gzip.len());
        assert!(plain < 100_000, "{plain} bytes");
        assert!(compressed * 5 < plain * 2, "{compressed} of {plain} bytes");
    }

    #[test]
    fn condensing_leaves_out_what_only_readers_need() {
        let page = "<p>\n  a // b\n\n  // c\n  /* d */\n  /* e\n     f\n  */\n<!-- g -->\n  <!--\n h\n-->\n  i /* j */\n</p>\n";
        assert_eq!(condensed(page), "<p>\na // b\ni /* j */\n</p>\n");
    }

    /// The policy would forbid it, silently.
    #[test]
    fn the_page_has_nothing_in_it_that_its_policy_forbids() {
        let page = PAGE;
        for name in ["script", "style"] {
            assert!(elements(PAGE.as_bytes(), name).count() <= 2, "{name}");
        }
        for forbidden in [
            " style=\"",
            " onclick=",
            " onload=",
            " onsubmit=",
            "javascript:",
            "innerHTML",
        ] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        for elsewhere in ["src=\"http", "href=\"http", "url(http", "@import"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }
}
