//! The resources that are served: the page, the health check, and WebSockets.
//!
//! A WebSocket is let in at any path, the page is at `/` and the health checks at `/healthz` and `/readyz`; anything else is
//! a 404. `Request::read` refuses what is not in order before anything is looked at here. The order of the
//! questions matters: a request whose upgrade a proxy has dropped looks like one for the page, and got it.

mod about;
mod head;
mod origin;
mod page;
mod upgrade;

use super::answer::{NOT_STORED, NOTHING, TEXT, write, write_head};
use super::{Asked, HttpStatus, Served, answer, explain};
use crate::config::WebConfig;

pub(super) use about::{ADVICE, date};
use head::Request;
use page::CHAT;

/// Serves one request, whose head is whole.
pub(in crate::relay) fn serve(
    head: &[u8],
    asked: Asked<'_>,
    rules: &WebConfig,
    out: &mut Vec<u8>,
) -> Served {
    // Looked up before the head is read, since a head that cannot be read is answered as well.
    let asked = Asked {
        has_body: !head.trim_ascii_start().starts_with(b"HEAD "),
        ..asked
    };
    let served = Request::read(head).and_then(|request| {
        if upgrade::is_stripped(&request)? {
            explain(HttpStatus::UPGRADE_REQUIRED, upgrade::STRIPPED, asked, out);
            return Ok(Served::Answered);
        }
        if upgrade::is_wanted(&request) {
            let agreed = match upgrade::agree(&request, asked.is_local, rules) {
                Err(HttpStatus::FORBIDDEN) => {
                    answer(HttpStatus::FORBIDDEN, asked, out);
                    let origin = request.field("origin")?.unwrap_or_default();
                    // An origin can be as long as a head; 100 characters tell whose it is.
                    return Ok(Served::Refused(origin.chars().take(100).collect()));
                }
                agreed => agreed?,
            };
            agreed.write(asked, out);
            return Ok(Served::Upgraded(agreed.subprotocol()));
        }
        show(&request, asked, out);
        Ok(Served::Answered)
    });
    served.unwrap_or_else(|status| {
        answer(status, asked, out);
        Served::Answered
    })
}

/// Answers a request that is in order.
fn show(request: &Request<'_>, asked: Asked<'_>, out: &mut Vec<u8>) {
    match request.path {
        "/" => show_page(request, asked, out),
        "/healthz" => say(HttpStatus::OK, "ok\n", asked, out),
        "/readyz" if asked.is_ready => say(HttpStatus::OK, "ok\n", asked, out),
        "/readyz" => {
            let words = "The chat goes on, but what is said cannot be kept now: see the log.\n";
            say(HttpStatus::UNAVAILABLE, words, asked, out);
        }
        _ => answer(HttpStatus::NOT_FOUND, asked, out),
    }
}

/// Answers in a word, for programs that ask again and again.
fn say(status: HttpStatus, text: &str, asked: Asked<'_>, out: &mut Vec<u8>) {
    let fields = [TEXT, NOT_STORED, NOTHING];
    write(status, asked, text.as_bytes(), &fields, out);
}

/// Answers with the page, compressed for those who take that: a third of it then goes over the wire.
/// `no-cache` lets a browser keep it, and has it ask by the tag whether it is still the same.
fn show_page(request: &Request<'_>, asked: Asked<'_>, out: &mut Vec<u8>) {
    let is_packed = takes_gzip(request);
    let (tag, body) = match is_packed {
        true => (&CHAT.gzip_tag, &CHAT.gzip),
        false => (&CHAT.tag, &CHAT.bytes),
    };
    let fields = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-cache"),
        ("ETag", tag.as_str()),
        ("Vary", "Accept-Encoding"),
        ("Content-Security-Policy", CHAT.policy.as_str()),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ];
    // Last, so that it can be left out.
    let packed = [("Content-Encoding", "gzip")];
    let fields = [&fields[..], &packed[usize::from(!is_packed)..]].concat();
    // Compared weakly (RFC 9110, 13.1.2).
    let is_it = |it: &str| it == "*" || it.trim_start_matches("W/") == tag;
    if request.list("if-none-match").any(is_it) {
        // Without the length of what it would have been: that may be left out (RFC 9110, 8.6).
        write_head(HttpStatus::NOT_MODIFIED, asked, fields, out);
    } else {
        write(HttpStatus::OK, asked, body, &fields, out);
    }
}

/// Returns whether a request accepts a compressed answer (RFC 9110, 12.5.3): by name, and not with a weight
/// of nought. A program that reads what comes, and says nothing, gets it as it is. A beginner's program,
/// above all, reads and decodes what it gets.
fn takes_gzip(request: &Request<'_>) -> bool {
    request.list("accept-encoding").any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().trim_start_matches(['q', 'Q', '=']);
        name.trim().eq_ignore_ascii_case("gzip") && weight.parse() != Ok(0.0)
    })
}

#[cfg(test)]
mod tests;
