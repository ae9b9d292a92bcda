//! HTTP (RFC 9110, 9112): the head of a request in, its answer out. Each connection gets one answer.
//!
//! Nothing behind a head is ever read as a request: an answer closes the connection, and an upgrade
//! makes frames of the rest. So there is no second request to smuggle, and no body to understand.

mod answer;
mod head;
mod origin;
mod page;
mod upgrade;

use crate::config::WebConfig;

pub(super) use answer::{Asked, Status, answer, explain};
pub(super) use head::end_of_head;
pub(super) use upgrade::Subprotocol;

use head::Request;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// It is answered, and that is all.
    Answered,
    /// A page from there may not join; it is answered.
    Refused(String),
    /// The connection is a WebSocket from here on.
    Upgraded(Option<Subprotocol>),
}

/// Serves one request, whose head is whole.
pub(super) fn serve(head: &[u8], asked: Asked<'_>, rules: &WebConfig, out: &mut Vec<u8>) -> Served {
    let asked = Asked {
        has_body: !head.trim_ascii_start().starts_with(b"HEAD "),
        ..asked
    };
    let served = Request::read(head).and_then(|request| {
        if upgrade::is_stripped(&request)? {
            explain(Status::UPGRADE_REQUIRED, upgrade::STRIPPED, asked, out);
            return Ok(Served::Answered);
        }
        if upgrade::is_wanted(&request) {
            let agreed = match upgrade::agree(&request, asked.is_local, rules) {
                Err(Status::FORBIDDEN) => {
                    answer(Status::FORBIDDEN, asked, out);
                    let origin = request.field("origin")?.unwrap_or_default();
                    return Ok(Served::Refused(origin.chars().take(100).collect()));
                }
                agreed => agreed?,
            };
            agreed.write(asked, out);
            return Ok(Served::Upgraded(agreed.subprotocol));
        }
        answer::show(&request, asked, out);
        Ok(Served::Answered)
    });
    served.unwrap_or_else(|status| {
        answer(status, asked, out);
        Served::Answered
    })
}

#[cfg(test)]
mod tests;
