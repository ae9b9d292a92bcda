//! Protocols and dialects, told from their first bytes.
//!
//! Everything here is a pure function of the bytes so far, and of the fact that more may come or not. Two
//! rules hold: the same bytes tell the same, however they were cut, and the text of a person is not taken
//! for anything else. So IRC's commands count in upper case with a parameter, and HTTP's methods with
//! something like a target behind them.

use super::dialect::{Program, json};

/// TLS: a handshake record of version 3.x (RFC 8446, 5.1).
const TLS: [u8; 2] = [0x16, 0x03];

/// The methods of RFC 9110, PATCH, and HTTP/2's preface.
const METHODS: [&[u8]; 10] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI",
];

/// Bytes of a URL's scheme, at most: nobody asks for a longer one. First bytes that may become a scheme are
/// looked at again with each byte that comes.
const SCHEME_BYTES_MAX: usize = 16;

/// Commands that IRC clients begin with: in upper case, with a parameter, they are taken for no text.
const IRC: [&[u8]; 4] = [b"CAP", b"NICK", b"USER", b"PASS"];

/// Line ends before a request that are none of it (RFC 9112, 2.2): more than any client sends.
const BLANK_BYTES_MAX: usize = 16;

/// Returns the number of bytes of line ends at the start; zero if there are too many of them.
pub(super) fn blank_lines(bytes: &[u8]) -> usize {
    let ends = bytes.iter().take(BLANK_BYTES_MAX + 1);
    let count = ends.take_while(|b| matches!(b, b'\r' | b'\n')).count();
    if count > BLANK_BYTES_MAX { 0 } else { count }
}

/// The protocol or dialect that the first bytes belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// Text, to be taken as lines.
    Line,
    /// An HTTP request.
    Http(Method),
    /// A TLS client's hello.
    Tls,
    /// A program's dialect.
    Program(Program),
    /// The bytes may become HTTP or TLS; or a line, if nothing more comes for a while.
    Undecided,
    /// The bytes can hardly be anything but HTTP, of which the request line is not there yet.
    Request,
}

/// An HTTP method, as far as it matters for turning a request away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    /// As GET, but the answer has no body (RFC 9110, 9.3.2).
    Head,
    /// The method of many health checks.
    Options,
    Other,
}

impl Method {
    fn of(word: &[u8]) -> Self {
        match word {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }
}

/// Looks at all bytes that have come so far. `ended` is true if no more will come.
pub(super) fn sniff(bytes: &[u8], ended: bool) -> Sniffed {
    if bytes.starts_with(&TLS) {
        return Sniffed::Tls;
    }
    if json::IS_SPOKEN && bytes.starts_with(b"{") {
        return Sniffed::Program(Program::Json);
    }
    let end = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
    // A CR is an end once something stands behind it.
    let has_end = bytes.get(end) == Some(&b'\n') || end + 1 < bytes.len();
    let line = &bytes[..end];
    if irc_line(line) {
        return Sniffed::Program(Program::Irc);
    }
    if has_end || ended {
        // A first piece does not tell of other methods, so they wait for the line to be cleaned, however it
        // was cut (`first_line.rs`).
        let known = split_method(line).and_then(|(method, target)| {
            // One that was cut off can hardly have become anything else.
            let is_cut = !has_end && looks_like_target(target);
            request_line(line).or_else(|| is_cut.then(|| Method::of(method)))
        });
        return known.map_or(Sniffed::Line, Sniffed::Http);
    }
    let may_be_method = |method: &&[u8]| method.starts_with(line);
    let may_be_command = |command: &&[u8]| {
        let argument = line.strip_prefix(*command);
        command.starts_with(line) || argument.is_some_and(|it| it.iter().all(|b| *b == b' '))
    };
    if bytes.is_empty()
        || TLS.starts_with(bytes)
        || METHODS.iter().any(may_be_method)
        || IRC.iter().any(may_be_command)
    {
        return Sniffed::Undecided;
    }
    match split_method(line) {
        Some((_, target)) if looks_like_target(target) => Sniffed::Request,
        Some(_) => Sniffed::Undecided,
        None => Sniffed::Line,
    }
}

/// Returns whether a line is a command that IRC clients begin with, and an argument.
pub(super) fn irc_line(line: &[u8]) -> bool {
    split_word(line)
        .is_some_and(|(command, rest)| IRC.contains(&command) && !rest.trim_ascii().is_empty())
}

/// Returns the method of a request line, `METHOD SP … SP HTTP/x.y` (RFC 9112, 3), with any method: there are
/// WebDAV's and others.
pub(super) fn request_line(line: &[u8]) -> Option<Method> {
    let (method, rest) = split_word(line)?;
    if !may_become_request(method) {
        return None;
    }
    let rest = rest.trim_ascii_end();
    let space = memchr::memrchr(b' ', rest)?;
    let version = rest[space + 1..].strip_prefix(b"HTTP/")?;
    let is_version = matches!(version, [major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit());
    is_version.then(|| Method::of(method))
}

/// Returns whether a request line may begin like this.
pub(super) fn may_become_request(text: &[u8]) -> bool {
    let (method, _) = split_word(text).unwrap_or((text, &[]));
    !method.is_empty() && method.iter().all(|b| matches!(b, b'A'..=b'Z' | b'-'))
}

fn split_method(line: &[u8]) -> Option<(&[u8], &[u8])> {
    split_word(line).filter(|(method, _)| METHODS.contains(method))
}

fn split_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memchr::memchr(b' ', line)?;
    Some((&line[..space], &line[space + 1..]))
}

/// Returns whether a text begins like a path, `*`, or a URL (RFC 9112, 3.2), with which a person who writes
/// GET hardly goes on.
fn looks_like_target(target: &[u8]) -> bool {
    target.starts_with(b"/") || target == b"*" || target.starts_with(b"* H") || {
        let scheme = target
            .iter()
            .take(SCHEME_BYTES_MAX)
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        scheme > 0 && target[scheme..].starts_with(b":")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell() {
        use Sniffed::{Http, Line, Request, Tls, Undecided};
        const IRC: Sniffed = Sniffed::Program(Program::Irc);
        for (bytes, ended, told) in [
            (&b""[..], false, Undecided),
            (b"b", false, Line),
            (b"bob\n", false, Line),
            (b"\x16", false, Undecided),
            (b"\x16\x03", false, Tls),
            (b"\x16\x03\x01\x02\x00", false, Tls),
            (b"\x16\x04", false, Line),
            (b"G", false, Undecided),
            (b"GET", false, Undecided),
            (b"GET ", false, Undecided),
            (b"GET /", false, Request),
            (b"GET / HTTP/1.1", false, Request),
            (b"GET / HTTP/1.1", true, Http(Method::Get)),
            (b"GET / HTTP/1.1\r\n", false, Http(Method::Get)),
            (b"GET / HTTP/1.1\r", false, Request),
            (b"GET\r", false, Undecided),
            (b"GET\rbob", false, Line),
            (b"NICK\r", false, Undecided),
            (b"NICK\rhello", false, Line),
            (b"GET / HTT", true, Http(Method::Get)),
            (b"POST /", true, Http(Method::Other)),
            (b"POST /\n", true, Line),
            (b"GET out", true, Line),
            (b"POST /x y HTTP/1.0\nHost", false, Http(Method::Other)),
            (b"PRI * HTTP/2.0\r\n\r\nSM", false, Http(Method::Other)),
            (b"CONNECT localhost:1", false, Request),
            (b"GET http://x/", false, Request),
            (b"GET out of here\n", false, Line),
            (b"GET out of here", false, Undecided),
            (b"GET", true, Line),
            (b"GETTING\n", false, Line),
            (b"PROPFIND / HTTP/1.1\r\n", false, Line),
            (b" / HTTP/1.1\r\n", false, Line),
            (b"get / HTTP/1.1\r\n", false, Line),
            (b"GET / HTTP/11\r\n", false, Line),
            (b"PAT", false, Undecided),
            (b"PAS", false, Undecided),
            (b"NICK", false, Undecided),
            (b"NICK ", false, Undecided),
            (b"NICK b", false, IRC),
            (b"NICK bob\r\n", false, IRC),
            (b"CAP LS 302\r\n", false, IRC),
            (b"USER a 0 * :b", true, IRC),
            (b"PASS \r\n", false, Line),
            (b"NICK", true, Line),
            (b"NICK\n", false, Line),
            (b"nick bob\n", false, Line),
            (b"Nick bob\n", false, Line),
            (b"NICK\t", false, Line),
            (b"\t", false, Line),
            (b" ", false, Line),
            (b"CAPTAIN\n", false, Line),
            (b"CAPT", false, Line),
        ] {
            assert_eq!(
                sniff(bytes, ended),
                told,
                "{:?}",
                bytes.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn a_split_request_is_never_taken_for_text() {
        let request = b"DELETE /rooms/lobby?x=1 HTTP/1.1\r\n";
        for end in 0..request.len() {
            let told = sniff(&request[..end], false);
            assert!(
                matches!(told, Sniffed::Undecided | Sniffed::Request),
                "{end}: {told:?}"
            );
        }
        assert_eq!(sniff(request, false), Sniffed::Http(Method::Other));
    }
}
