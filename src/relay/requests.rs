//! HTTP on the port of the chat: a request waited for until its head is whole, answered once, and then
//! over; or an upgrade, and then a conversation in WebSocket messages.

use std::time::Duration;

use super::Relay;
use super::http::{self, Asked, Served, Status, Subprotocol};
use super::session::{Role, Session, Stage};
use super::sniff::Method;
use super::socket::Socket;
use crate::protocol::{Delivery, Input, Output, Time};

impl Role {
    /// Whether requests are served where it is.
    pub(super) fn serves_requests(self) -> bool {
        matches!(self, Self::Auto | Self::Web)
    }
}

impl Relay {
    /// Takes a request once its head is whole: how many bytes that was. None: it is waited for.
    pub(super) fn take_request(
        &mut self,
        session: &mut Session,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Option<usize> {
        let bytes = input.bytes;
        session.has_spoken |= !bytes.is_empty();
        session.forgive_at = None;
        let whole = self.config.request_within;
        let by = *session.request_by.get_or_insert(now + whole);
        let max = self.config.web.head_bytes_max;
        if let Some(end) =
            http::end_of_head(&bytes[..bytes.len().min(max)], session.untaken as usize)
        {
            return Some(self.serve(session, &bytes[..end], now, out));
        }
        if bytes.len() >= max {
            let is_line = !bytes[..max].contains(&b'\n');
            let status = [Status::HEAD_TOO_LARGE, Status::URI_TOO_LONG][usize::from(is_line)];
            self.answer(session, status, now, out);
        } else if bytes.is_empty() && (input.end.is_some() || by <= now) {
            // A browser's spare connection, which it had no use for.
            self.dismiss(session, None, now, out);
        } else if by <= now {
            self.answer(session, Status::TIMEOUT, now, out);
        } else if input.end.is_some() {
            self.answer(session, Status::BAD_REQUEST, now, out);
        } else {
            return None;
        }
        Some(0)
    }

    fn serve(
        &mut self,
        session: &mut Session,
        head: &[u8],
        now: Time,
        out: &mut impl Output,
    ) -> usize {
        if is_browser_s(head) {
            self.spares.note_request(session.host, now);
        }
        let asked = self.asked(session, true, now);
        let mut served = Served::Answered;
        let chunk = out.encode(Delivery::Kept, |answer| {
            served = http::serve(head, asked, &self.config.web, answer);
        });
        out.send(session.id, chunk);
        match served {
            Served::Answered => self.dismiss(session, None, now, out),
            Served::Refused(origin) => {
                self.warn_of_page(&origin, now);
                self.dismiss(session, None, now, out);
            }
            Served::Upgraded(subprotocol) => {
                // It may have been greeted, or let in to listen, before it said what it is.
                self.depart(session, None, now, out);
                let socket = Socket::new(subprotocol, &self.config.web, now);
                session.begin_in(socket, &self.config, now);
                match subprotocol {
                    Some(Subprotocol::Line) => session.stage = self.first_stage(session),
                    Some(Subprotocol::TextIrc | Subprotocol::BinaryIrc) => {
                        self.become_irc(session, now, out);
                    }
                    None => session.stage = Stage::Sniffing,
                }
            }
        }
        head.len()
    }

    /// Whoever runs the server would otherwise look for it in vain: the page can only say that it was
    /// refused. Once a second, or anybody could fill the disk with it.
    fn warn_of_page(&mut self, origin: &str, now: Time) {
        if self
            .page_refused_at
            .is_none_or(|at| at + Duration::from_secs(1) <= now)
        {
            self.page_refused_at = Some(now.moment());
            log::warn!("refused a page from {origin:?}; --allow-origin lets it in");
        }
    }

    /// Answers a request by its first line alone, and is done with it.
    pub(super) fn answer_method(
        &mut self,
        session: &mut Session,
        method: Method,
        now: Time,
        out: &mut impl Output,
    ) {
        let status = match method {
            Method::Get | Method::Head => Status::NOT_FOUND,
            Method::Options => Status::NO_CONTENT,
            Method::Other => Status::METHOD_NOT_ALLOWED,
        };
        let asked = self.asked(session, method != Method::Head, now);
        let chunk = out.encode(Delivery::Kept, |answer| http::answer(status, asked, answer));
        out.send(session.id, chunk);
        self.dismiss(session, None, now, out);
    }

    fn answer(&mut self, session: &mut Session, status: Status, now: Time, out: &mut impl Output) {
        let asked = self.asked(session, true, now);
        let chunk = out.encode(Delivery::Kept, |answer| http::answer(status, asked, answer));
        out.send(session.id, chunk);
        self.dismiss(session, None, now, out);
    }

    fn asked(&self, session: &Session, has_body: bool, now: Time) -> Asked<'_> {
        Asked {
            name: &self.config.name,
            is_local: session.is_local,
            has_body,
            now: Some(now),
        }
    }

    /// Turns away, in words, a peer that speaks nothing but HTTP.
    pub(super) fn write_request_refusal(&self, words: &str, answer: &mut Vec<u8>) {
        let asked = Asked {
            name: &self.config.name,
            is_local: false,
            has_body: true,
            now: None,
        };
        http::explain(Status::UNAVAILABLE, &format!("{words}\n"), asked, answer);
    }
}

/// Whether a request comes from a browser. All say so in these words, and hardly anything else does.
fn is_browser_s(head: &[u8]) -> bool {
    memchr::memmem::find(head, b"Mozilla/").is_some()
}
