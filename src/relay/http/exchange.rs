//! One request: waited for until its head is whole, answered once, and then over; or an upgrade.
//!
//! The bytes of a request stay with the loop until its head is whole, so a connection that asks slowly holds
//! no buffer here. Whatever the bytes, the head has a greatest length (16 KiB) and a time (10 s by default):
//! a request that takes longer is answered 408 and closed.

use std::time::Duration;

use super::serve::serve;
use super::{Asked, HttpStatus, Served, Subprotocol, answer, end_of_head};
use crate::protocol::{Delivery, Input, Monotonic, Output};
use crate::relay::conn::Conn;
use crate::relay::context::Context;
use crate::relay::sniff::Method;

/// The least time between two lines in the log about refused pages, or anybody could fill the disk with them:
/// a line has 700 bytes, and 34,000 came in a second.
const REFUSED_LOGGED_EVERY: Duration = Duration::from_secs(1);

/// The state of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Exchange {
    /// More of it is waited for.
    Awaited,
    /// It is answered, or nobody makes it any more: the connection is over.
    Over,
    /// The connection is a WebSocket, behind so many bytes.
    Upgraded(Option<Subprotocol>, usize),
}

/// Bytes that are looked at, and left where they are.
#[derive(Clone, Copy, Debug)]
pub(in crate::relay) struct Offer<'a> {
    pub(in crate::relay) input: Input<'a>,
    /// So many of the bytes were looked at before.
    pub(in crate::relay) seen: usize,
}

/// Takes a request once its head is whole, which must be by then.
pub(in crate::relay) fn take(
    conn: &Conn,
    offer: Offer<'_>,
    by: Monotonic,
    cx: &mut Context<'_, impl Output>,
) -> Exchange {
    let Offer { input, seen } = offer;
    let bytes = input.bytes;
    let max = cx.config().web.head_bytes_max;
    if let Some(end) = end_of_head(&bytes[..bytes.len().min(max)], seen) {
        return serve_head(conn, &bytes[..end], cx);
    }
    // A head without any line end so far is nothing but its target.
    let status = if bytes.len() >= max {
        let is_line = !bytes[..max].contains(&b'\n');
        [HttpStatus::HEAD_TOO_LARGE, HttpStatus::URI_TOO_LONG][usize::from(is_line)]
    } else if bytes.is_empty() && (input.end.is_some() || by <= cx.now) {
        // A browser's spare connection, which it had no use for. It gets no answer: nothing was asked.
        return Exchange::Over;
    } else if by <= cx.now {
        HttpStatus::TIMEOUT
    } else if input.end.is_some() {
        HttpStatus::BAD_REQUEST
    } else {
        return Exchange::Awaited;
    };
    send_status(conn, status, true, cx);
    Exchange::Over
}

/// Answers a request by its first line alone. The head is not waited for: of methods that are not served, the
/// first line says all.
pub(in crate::relay) fn answer_method(
    conn: &Conn,
    method: Method,
    cx: &mut Context<'_, impl Output>,
) {
    let status = match method {
        Method::Get | Method::Head => HttpStatus::NOT_FOUND,
        Method::Options => HttpStatus::NO_CONTENT,
        Method::Other => HttpStatus::METHOD_NOT_ALLOWED,
    };
    send_status(conn, status, method != Method::Head, cx);
}

fn serve_head(conn: &Conn, head: &[u8], cx: &mut Context<'_, impl Output>) -> Exchange {
    // Browsers open connections beside the one that they load the page on, and ask on them later. From this
    // place, silence is left alone for a while: a greeting there was the invalid answer to the next reload.
    if is_browser_s(head) {
        let now = cx.now;
        cx.spares().note_request(conn.host, now);
    }
    let is_ready = !cx.is_store_failing();
    let parts = cx.parts();
    let asked = Asked {
        name: &parts.config.name,
        is_local: conn.is_local,
        is_ready,
        has_body: true,
        now: Some(parts.now),
    };
    let mut served = Served::Answered;
    let range = parts.out.encode(Delivery::Kept, |answer| {
        served = serve(head, asked, &parts.config.web, answer);
    });
    parts.out.send(conn.id, range);
    match served {
        Served::Answered => Exchange::Over,
        Served::Refused(origin) => {
            // The operator would otherwise look for the reason in vain: the page can only say that
            // it was refused.
            if cx.note_page_refused(REFUSED_LOGGED_EVERY) {
                log::warn!("refused a page from {origin:?}; --allow-origin lets it in");
            }
            Exchange::Over
        }
        Served::Upgraded(subprotocol) => Exchange::Upgraded(subprotocol, head.len()),
    }
}

fn send_status(conn: &Conn, status: HttpStatus, has_body: bool, cx: &mut Context<'_, impl Output>) {
    let parts = cx.parts();
    let asked = Asked {
        name: &parts.config.name,
        is_local: conn.is_local,
        is_ready: true,
        has_body,
        now: Some(parts.now),
    };
    let write = |out: &mut Vec<u8>| answer(status, asked, out);
    let range = parts.out.encode(Delivery::Kept, write);
    parts.out.send(conn.id, range);
}

/// Returns whether a request comes from a browser: all of them send these words, and hardly anything else
/// does. Programs that only ask, such as health checks, open no spare connections.
fn is_browser_s(head: &[u8]) -> bool {
    memchr::memmem::find(head, b"Mozilla/").is_some()
}
